package main

import "unsafe"

// arena is what `cabi_realloc` gives out (scripts/go-component.ts finds it by its first bytes): the host's arguments lie
// in it until the call is over. Go's own allocator cannot serve: the adapter asks for memory before Go's runtime is
// up, and its collector reads the clock, which nobody may do inside an allocation.
var arena = [8 << 20]byte{'p', 'i', 'l', 'o', 't', ' ', 'a', 'r', 'e', 'n', 'a'}

func at[T any](address uint32) T { return *(*T)(unsafe.Pointer(uintptr(address))) }

// bytesAt copies a list<u8>, or a string's bytes, whose address and length are at `address`.
func bytesAt(address uint32) []byte {
	length := at[uint32](address + 4)
	if length == 0 {
		return nil
	}
	return append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(uintptr(at[uint32](address)))), length)...)
}

func textAt(address uint32) string { return string(bytesAt(address)) }

func optionAt(address uint32) string {
	if at[byte](address) == 0 {
		return "-"
	}
	return textAt(address + 4)
}

// kept holds what the host reads after the call has returned.
var kept []any

// list gives address and length of what it keeps.
func list[T any](items []T) [2]uint32 {
	if len(items) == 0 {
		return [2]uint32{4, 0}
	}
	kept = append(kept, items)
	return [2]uint32{uint32(uintptr(unsafe.Pointer(&items[0]))), uint32(len(items))}
}

func text(it string) [2]uint32 { return list([]byte(it)) }
