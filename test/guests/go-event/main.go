// What an event guest must do, by the event's first word; test/conformance/languages.ts says what is expected.
package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

var calls int

// area is `result<list<u8>, failure>`.
var area [7]uint32

//go:wasmexport pilot:function/handler@0.1.0#handle
func handle(arguments uint32) uint32 {
	calls++
	kept = kept[:0]
	event := bytesAt(arguments)
	word, rest, _ := bytes.Cut(event, []byte(" "))
	if string(word) == "fail" {
		frames := list([][2]uint32{text("at one"), text("at two")})
		kind, message := text("Sample"), text(string(rest))
		area = [7]uint32{1, kind[0], kind[1], message[0], message[1], frames[0], frames[1]}
	} else {
		answer := list(answer(string(word), rest, arguments+8))
		area = [7]uint32{0, answer[0], answer[1]}
	}
	return uint32(uintptr(unsafe.Pointer(&area[0])))
}

func answer(word string, rest []byte, context uint32) []byte {
	switch word {
	case "echo":
		return rest
	case "context":
		return []byte(describe(context))
	case "trap":
		panic("as asked")
	case "count":
		return []byte(strconv.Itoa(countElsewhere()))
	case "env":
		return []byte(orDash(os.LookupEnv(string(rest))))
	case "say":
		fmt.Printf("out %s\n", rest)
		fmt.Fprintf(os.Stderr, "err %s\n", rest)
		return []byte("said")
	case "read":
		content, err := os.ReadFile(string(rest))
		return []byte(orDash(string(content), err == nil))
	case "time":
		return []byte(strconv.FormatBool(time.Now().Unix() > 1_600_000_000 && time.Since(time.Now()) >= 0))
	case "collect":
		return []byte(collect())
	}
	return []byte("?")
}

func describe(it uint32) string {
	fields := []string{textAt(it), textAt(it + 8), textAt(it + 16), textAt(it + 24)}
	fields = append(fields, strconv.Itoa(int(at[uint32](it+32))), strconv.FormatBool(at[uint64](it+40) > 1_600_000_000_000))
	fields = append(fields, textAt(it+48), textAt(it+56), optionAt(it+64), optionAt(it+76), optionAt(it+88))
	return strings.Join(fields, "\n")
}

// countElsewhere asks another goroutine.
func countElsewhere() int {
	answer := make(chan int)
	go func() { answer <- calls }()
	return <-answer
}

// collect makes garbage and has it collected: what the host gave must still be there.
func collect() string {
	for range 100 {
		_ = make([]byte, 100_000)
	}
	runtime.GC()
	return "collected"
}

func orDash(text string, ok bool) string {
	if !ok {
		return "-"
	}
	return text
}

// Never called; keeps the arena in the program.
func main() { println(&arena) }
