;; Copies stdin to stdout, byte for byte. (A WASI preview-1 command.)
(module
	(import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
	(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
	(memory (export "memory") 2)
	(func (export "_start")
		(loop $again
			(i32.store (i32.const 0) (i32.const 4096))
			(i32.store (i32.const 4) (i32.const 60000))
			(br_if 1 (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
			(br_if 1 (i32.eqz (i32.load (i32.const 8))))
			(i32.store (i32.const 4) (i32.load (i32.const 8)))
			(loop $rest
				(br_if 2 (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
				(i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.load (i32.const 8))))
				(i32.store (i32.const 4) (i32.sub (i32.load (i32.const 4)) (i32.load (i32.const 8))))
				(br_if $rest (i32.load (i32.const 4))))
			(br $again))))
