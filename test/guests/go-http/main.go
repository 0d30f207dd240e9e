// A small wasi:http guest in Go: GET answers a greeting, all else echoes the body as it comes.
package main

import (
	"fmt"
	"unsafe"
)

// area takes what a host function gives: a discriminant, and the case from the second word on.
var area [8]uint32

var areaPointer = unsafe.Pointer(&area)

// ok gives the second word of a result, or panics.
func ok(area [8]uint32) uint32 {
	if byte(area[0]) != 0 {
		panic(fmt.Sprint("the host refused: ", area))
	}
	return area[1]
}

//go:wasmexport wasi:http/incoming-handler@0.2.12#handle
func handle(request, outparam uint32) {
	incomingRequestMethod(request, areaPointer)
	get := byte(area[0]) == 0

	name, value := "x-method", "POST"
	if get {
		name, value = "content-type", "text/plain"
	}
	headers := newFields()
	n, v := []byte(name), []byte(value)
	fieldsAppend(headers, unsafe.Pointer(&n[0]), uint32(len(n)), unsafe.Pointer(&v[0]), uint32(len(v)), areaPointer)
	ok(area)
	response := newOutgoingResponse(headers)
	outgoingResponseBody(response, areaPointer)
	body := ok(area)
	outgoingBodyWrite(body, areaPointer)
	output := ok(area)
	responseOutparamSet(outparam, 0, response, 0, 0, 0, 0, 0, 0)

	if get {
		write(output, fmt.Appendln(nil, "Hello from", "Go!"))
	} else {
		echo(request, output)
	}
	dropOutputStream(output)
	outgoingBodyFinish(body, 0, 0, areaPointer)
	ok(area)
	dropIncomingRequest(request)
}

// echo reads in one goroutine and writes in another.
func echo(request, output uint32) {
	incomingRequestConsume(request, areaPointer)
	body := ok(area)
	incomingBodyStream(body, areaPointer)
	input := ok(area)
	chunks := make(chan []byte)
	go func() {
		defer close(chunks)
		for {
			var area [8]uint32
			blockingRead(input, 10_000, unsafe.Pointer(&area))
			if byte(area[0]) != 0 {
				if byte(area[1]) != 1 {
					panic("the body broke off")
				}
				return
			}
			chunks <- bytesAt(uint32(uintptr(unsafe.Pointer(&area[1]))))
		}
	}()
	for chunk := range chunks {
		write(output, chunk)
	}
	dropInputStream(input)
	dropIncomingBody(body)
}

func write(output uint32, bytes []byte) {
	for len(bytes) > 0 {
		size := min(len(bytes), 4096)
		blockingWriteAndFlush(output, unsafe.Pointer(&bytes[0]), uint32(size), areaPointer)
		ok(area)
		bytes = bytes[size:]
	}
}

// Never called; keeps the arena in the program.
func main() { println(&arena) }
