;; Gives the host a pointer beyond its memory.
(module
	(memory (export "memory") 2)
	(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0x7fffff00))
	(func (export "pilot:function/handler@0.1.0#handle") (param i32) (result i32)
		;; An ok with the bytes of `"ok"`.
		(i32.store8 (i32.const 1024) (i32.const 0))
		(i32.store (i32.const 1028) (i32.const 1040))
		(i32.store (i32.const 1032) (i32.const 4))
		(i32.store (i32.const 1040) (i32.const 0x226b6f22))
		(i32.const 1024))
)
