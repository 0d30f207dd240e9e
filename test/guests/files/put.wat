;; A preview-1 command that keeps what it is sent in the file a.json of its first mount, and prints it.
(module
	(import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
	(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
	(import "wasi_snapshot_preview1" "path_open"
		(func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
	(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
	(memory (export "memory") 1)
	;; 0: an iovec; 8: a count; 12: the opened file; 32: its name; 1024: what was sent
	(data (i32.const 32) "a.json")
	(func $check (param $errno i32)
		(if (local.get $errno) (then (call $exit (local.get $errno)))))
	(func (export "_start")
		(i32.store (i32.const 0) (i32.const 1024))
		(i32.store (i32.const 4) (i32.const 32768))
		(call $check (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
		(i32.store (i32.const 4) (i32.load (i32.const 8)))
		;; oflags: create and truncate; rights: to write
		(call $check (call $open (i32.const 3) (i32.const 1) (i32.const 32) (i32.const 6)
			(i32.const 9) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 12)))
		(call $check (call $write (i32.load (i32.const 12)) (i32.const 0) (i32.const 1) (i32.const 8)))
		(call $check (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
