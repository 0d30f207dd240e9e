;; Grows two memories, one of them with 64-bit addresses, one after the other, without end.
(module
	(memory (export "memory") 2)
	;; Hands out room from 4 KiB on, and never takes any back.
	(global $top (mut i32) (i32.const 4096))
	(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
		(local $at i32)
		(local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
		(global.set $top (i32.add (local.get $at) (local.get 3)))
		(local.get $at))
	(memory $wide i64 1)
	(func (export "pilot:function/handler@0.1.0#handle") (param i32) (result i32)
		(loop $again
			(drop (memory.grow 0 (i32.const 16)))
			(drop (memory.grow $wide (i64.const 16)))
			(drop (memory.grow $wide (i64.const 0x7fffffffffff)))
			(drop (memory.grow $wide (i64.const -1)))
			(br $again))
		(unreachable))
)
