#!/bin/sh
# Builds the guests of test/guests from their sources, each into test/guests/NAME/NAME.wasm with its SHA-256 beside it
# (Go's compressed: NAME.wasm.br). The tests need none of this: what is built here is in the repository, since these
# toolchains are slow to get. Python, QuickJS and StarlingMonkey guests are large, and built by the tests when they run
# (test/support/toolchains.ts).
#
#   sh scripts/build-guests.sh [NAME...]
#
# What a machine lacks is skipped, with a line that says so; what was asked for by name must be there.
# Debian:      rustc-web cargo-web rust-web-src lld-22 wasi-libc
# PyPI:        ziglang                       (as `python3 -m ziglang`)
# crates.io:   wit-bindgen-cli@0.63.0        (as `wit-bindgen`; built here if it is not on the PATH)
# npm:         @bytecodealliance/jco         (this project's own: WIT, adapter, wasm-tools)
#              assemblyscript@0.28.20        (as `asc`; installed here if it is not on the PATH)
# go.dev:      Go 1.26
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
guests=$root/test/guests
work=${GUEST_WORK:-$root/test/.cache/guests}
node=$root/node_modules/.bin/node
mkdir -p "$work"
PATH="$work/bin/bin:$work/npm/node_modules/.bin:$PATH"

lacks() {
	echo "skipped: $1 ($2)"
	[ -z "$strict" ] || exit 1
}

sum() { # NAME FILE
	(cd "$guests/$1" && sha256sum "$2" >"$2.sha256" && wc -c "$2")
}

finish() { # NAME CORE.wasm
	"$node" "$root/scripts/new-component.ts" "$2" "$guests/$1/$1.wasm"
	sum "$1" "$1.wasm"
}

rust() { # NAME
	[ -x /usr/bin/rustc ] && [ -d /usr/lib/wasm32-wasi ] || { lacks "$1" "no Debian rustc-web, rust-web-src, lld-22 or wasi-libc"; return 0; }
	# Debian's compiler with Debian's sources of std: rustup's refuse each other.
	(
		cd "$guests/$1"
		export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/rust"
		export CARGO_TARGET_WASM32_WASIP1_LINKER=wasm-ld-22
		export RUSTFLAGS="-C link-self-contained=no -L native=/usr/lib/wasm32-wasi -C link-arg=/usr/lib/wasm32-wasi/crt1-reactor.o --remap-path-prefix=$HOME=. --remap-path-prefix=$root=."
		/usr/bin/cargo -Zbuild-std=std,panic_abort build --locked --release --target wasm32-wasip1
	)
	finish "$1" "$work/rust/wasm32-wasip1/release/$(echo "$1" | tr - _).wasm"
}

zig() { python3 -m ziglang "$@"; }

# C bindings of a world, with the version that is written for WASI's, into $work/WORLD-VERSION.
bindings() { # WORLD VERSION
	command -v wit-bindgen >/dev/null ||
		cargo install --debug --locked wit-bindgen-cli@0.63.0 --no-default-features --features c --root "$work/bin"
	into=$work/$1-$2
	[ -d "$into" ] && return
	"$node" "$root/scripts/guest-wit.ts" "$work/wit-$2" "$2"
	mkdir -p "$into"
	(cd "$into" && wit-bindgen c "$work/wit-$2" --world "$1" --out-dir . >/dev/null)
}

c_like() { # NAME WORLD VERSION
	zig version >/dev/null 2>&1 || { lacks "$1" "no ziglang for python3"; return 0; }
	bindings "$2" "$3"
	flags="--target=wasm32-wasi -mexec-model=reactor -Os -s -I$into"
	extra="$into/$2.c $into/$2_component_type.o"
	case $1 in
	cpp-*) zig c++ $flags -fno-exceptions -fno-rtti "$guests/$1/guest.cpp" -x c "$into/$2.c" -x none "$into/$2_component_type.o" -o "$work/$1.wasm" ;;
	zig-*)
		mkdir -p "$work/$1" && cp "$guests/$1/guest.zig" "$work/$1/"
		zig translate-c "-I$into" -target wasm32-wasi -lc "$into/$2.h" >"$work/$1/bindings.zig"
		(cd "$work/$1" && zig build-exe guest.zig $extra -target wasm32-wasi -mexec-model=reactor -lc -O ReleaseSmall -fstrip -rdynamic -femit-bin="$work/$1.wasm")
		;;
	*) zig cc $flags "$guests/$1/guest.c" $extra -o "$work/$1.wasm" ;;
	esac
	finish "$1" "$work/$1.wasm"
}

# The preview-1 commands, each from its one file.
preview1() {
	zig version >/dev/null 2>&1 || { lacks preview1 "no ziglang for python3"; return 0; }
	for source in "$guests"/preview1/*.c; do
		zig cc --target=wasm32-wasi -Os -s "$source" -o "${source%.c}.wasm"
	done
}

assemblyscript() { # NAME WORLD INTERFACE
	command -v asc >/dev/null || npm install --silent --prefix "$work/npm" assemblyscript@0.28.20
	(cd "$guests/$1" && asc guest.ts -O --runtime minimal --use abort= --noAssert -t "$work/$1.wat")
	"$node" "$root/scripts/embed-component.ts" "$work/$1.wat" "$2" utf16 "$3" "$guests/$1/$1.wasm"
	sum "$1" "$1.wasm"
}

go_guest() { # NAME WORLD
	command -v go >/dev/null || { lacks "$1" "no Go"; return 0; }
	(cd "$guests/$1" && GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags="-s -w -buildid=" -o "$work/$1.wasm" .)
	"$node" "$root/scripts/go-component.ts" "$work/$1.wasm" "$2" "$guests/$1/$1.wasm.br"
	sum "$1" "$1.wasm.br"
}

strict=
[ $# -eq 0 ] || strict=yes
[ $# -gt 0 ] || set -- rust-http rust-event rust-outbound rust-wstd-http c-http c-event cpp-http cpp-event zig-http zig-event \
	assemblyscript-http assemblyscript-event go-http go-event preview1
for guest in "$@"; do
	case $guest in
	rust-*) rust "$guest" ;;
	# As old as wasi:http gets.
	c-http) c_like c-http http 0.2.0 ;;
	c-event | cpp-event | zig-event) c_like "$guest" plain 0.2.12 ;;
	cpp-http | zig-http) c_like "$guest" http 0.2.12 ;;
	assemblyscript-event) assemblyscript "$guest" plain pilot:function/handler@0.1.0 ;;
	assemblyscript-http) assemblyscript "$guest" http wasi:http/incoming-handler@0.2.3 ;;
	go-event) go_guest "$guest" plain ;;
	go-http) go_guest "$guest" http ;;
	preview1) preview1 ;;
	*) echo "no guest $guest" >&2 && exit 2 ;;
	esac
done
