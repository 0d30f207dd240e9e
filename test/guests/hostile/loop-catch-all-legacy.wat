;; Never returns, and catches whatever might stop it, by the older instructions; and throws, too.
(module
	(memory (export "memory") 2)
	;; Hands out room from 4 KiB on, and never takes any back.
	(global $top (mut i32) (i32.const 4096))
	(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
		(local $at i32)
		(local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
		(global.set $top (i32.add (local.get $at) (local.get 3)))
		(local.get $at))
	(tag $mine)
	(func (export "pilot:function/handler@0.1.0#handle") (param i32) (result i32)
		loop $again
			try
				try
					i32.const 100
					global.set $top
					loop $forever
						global.get $top
						i32.const 1
						i32.add
						global.set $top
						global.get $top
						br_if $forever
					end
				catch_all
					throw $mine
				end
				throw $mine
			catch $mine
				br $again
			catch_all
				rethrow 0
			end
			br $again
		end
		unreachable)
)
