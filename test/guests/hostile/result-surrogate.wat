;; Fails with a name that ends in half a character. Its strings are UTF-16.
(module
	(memory (export "memory") 2)
	;; Hands out room from 4 KiB on, and never takes any back.
	(global $top (mut i32) (i32.const 4096))
	(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
		(local $at i32)
		(local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
		(global.set $top (i32.add (local.get $at) (local.get 3)))
		(local.get $at))
	(func (export "pilot:function/handler@0.1.0#handle") (param i32) (result i32)
		(i32.store8 (i32.const 1024) (i32.const 1))
		(i32.store (i32.const 1028) (i32.const 2048))
		(i32.store (i32.const 1032) (i32.const 2))
		(i32.store16 (i32.const 2048) (i32.const 0x41))
		(i32.store16 (i32.const 2050) (i32.const 0xd800))
		(i32.const 1024))
)
