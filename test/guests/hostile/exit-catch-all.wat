;; Catches its own exit, and goes on without end. (A WASI preview-1 command.)
(module
	(import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
	(memory (export "memory") 2)
	(func (export "_start")
		(block $caught
			(try_table (catch_all $caught) (call $proc_exit (i32.const 4))))
		(loop $forever (br $forever))))
