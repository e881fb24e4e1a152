# Set-up that demo and test share. Sourced, never run.
# shellcheck shell=bash

say() { printf '\n== %s\n' "$*"; }

# Runs the command as root where that needs no question; fails otherwise.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}

require_rust() {
    if ! command -v cargo >/dev/null; then
        echo "cargo is missing: install a Rust toolchain, 1.95 or later (https://rustup.rs)" >&2
        exit 2
    fi
}

has_libpcap() {
    command -v cc >/dev/null && printf 'int main(void){return 0;}\n' | cc -x c - -lpcap -o /dev/null 2>/dev/null
}

# Sets build_flags: empty where libpcap can be linked, else the file-only build.
# shellcheck disable=SC2034
set_up() {
    require_rust
    build_flags=()
    if ! has_libpcap && command -v apt-get >/dev/null; then
        say "installing libpcap-dev and a C compiler"
        as_root env DEBIAN_FRONTEND=noninteractive sh -c \
            'apt-get update -qq && apt-get install -y -qq --no-install-recommends libpcap-dev gcc libc6-dev' || true
    fi
    if ! has_libpcap; then
        say "libpcap cannot be linked here: building for files only (--no-default-features)"
        build_flags=(--no-default-features)
    fi
}
