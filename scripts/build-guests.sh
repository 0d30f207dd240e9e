#!/bin/sh
# Builds the guests of test/guests from their sources, each into test/guests/NAME/NAME.wasm with its SHA-256 beside it.
# The tests need none of this: the built files are in the repository, since these toolchains are slow to get.
#
#   sh scripts/build-guests.sh [NAME...]
#
# Debian:      rustc-web cargo-web rust-web-src lld-22 wasi-libc
# PyPI:        ziglang                       (as `python3 -m ziglang`)
# crates.io:   wit-bindgen-cli@0.63.0        (as `wit-bindgen`; built here if it is not on the PATH)
# npm:         @bytecodealliance/jco         (this project's own: WIT, adapter and componentizing)
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=${GUEST_WORK:-$root/test/.cache/guests}
jco=$root/node_modules/@bytecodealliance/jco
wit=$jco/lib/wit/builtin/0.2.12
mkdir -p "$work"

finish() { # NAME CORE.wasm
	"$root/node_modules/.bin/node" "$root/scripts/new-component.ts" "$2" "$root/test/guests/$1/$1.wasm"
	(cd "$root/test/guests/$1" && sha256sum "$1.wasm" >"$1.wasm.sha256" && wc -c "$1.wasm")
}

rust() { # NAME
	# Debian's compiler with Debian's sources of std: rustup's refuse each other.
	(
		cd "$root/test/guests/$1"
		export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/rust"
		export CARGO_TARGET_WASM32_WASIP1_LINKER=wasm-ld-22
		export RUSTFLAGS="-C link-self-contained=no -L native=/usr/lib/wasm32-wasi -C link-arg=/usr/lib/wasm32-wasi/crt1-reactor.o --remap-path-prefix=$HOME=. --remap-path-prefix=$root=."
		/usr/bin/cargo -Zbuild-std=std,panic_abort build --locked --release --target wasm32-wasip1
	)
	finish "$1" "$work/rust/wasm32-wasip1/release/$(echo "$1" | tr - _).wasm"
}

c_http() {
	PATH="$work/bin/bin:$PATH"
	command -v wit-bindgen >/dev/null ||
		cargo install --debug --locked wit-bindgen-cli@0.63.0 --no-default-features --features c --root "$work/bin"
	rm -rf "$work/c" && mkdir -p "$work/c/wit/deps"
	for package in "$wit"/*/; do
		mkdir "$work/c/wit/deps/$(basename "$package")"
		sed 's/@0\.2\.12/@0.2.0/g' "$package/package.wit" >"$work/c/wit/deps/$(basename "$package")/package.wit"
	done
	cp "$root/test/guests/c-http/world.wit" "$work/c/wit/"
	(
		cd "$work/c"
		wit-bindgen c wit --world c-http --out-dir .
		python3 -m ziglang cc --target=wasm32-wasi -mexec-model=reactor -Os -s -I. \
			"$root/test/guests/c-http/guest.c" c_http.c c_http_component_type.o -o core.wasm
	)
	finish c-http "$work/c/core.wasm"
}

[ $# -gt 0 ] || set -- rust-http rust-outbound c-http
for guest in "$@"; do
	case $guest in
	rust-*) rust "$guest" ;;
	c-http) c_http ;;
	*) echo "no guest $guest" >&2 && exit 2 ;;
	esac
done
