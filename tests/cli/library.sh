#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# libvarstore as its users see it: installed by `make install`, found by pkg-config, included outside the tree.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/store.sh"

installation() {
        needs_linux 'libvarstore.so'
        # Everything is built, this only copies. It must not use the outer make's jobs.
        env -u MAKEFLAGS -u MAKELEVEL make -s -C "$ROOT" BUILD="$BUILD" DESTDIR="$PWD/root" install >make.log 2>&1 || {
                cat make.log
                exit 1
        }
        prefix=$PWD/root/usr/local
        export PKG_CONFIG_PATH="$prefix/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$PWD/root"
        export LD_LIBRARY_PATH="$prefix/lib"
}

store() {
        formatted vars.fd
        "$put" vars.fd Boot0003 $global 7 "010000001c0041000000$usb_path"
}

strict='-std=c17 -Wall -Wextra -Werror'

test_everything_is_installed() {
        installation
        for program in aavmf-vars esxiarm; do
                "$prefix/bin/$program" --version >version
                contains version "$program $(pkg-config --modversion libvarstore)"
                [ -f "$prefix/share/man/man1/$program.1" ] || [ ! -f "$ROOT/docs/$program.1" ] || fail "no man page"
        done
        [ -f "$prefix/share/esxiarm/guests/esxi8.yaml" ]
        [ -f "$prefix/share/esxiarm/patches/esxi8-cpu-check.yaml" ]
        [ -f "$prefix/share/esxiarm/rehearsal/BOOTAA64.EFI" ]
        [ "$(readlink "$prefix/lib/libvarstore.so")" = libvarstore.so.0 ]
        [ "$(stat -c %a "$prefix/lib/libvarstore.a")" = 644 ]
        readelf -d "$prefix/lib/libvarstore.so.0" >dynamic
        contains dynamic 'Library soname: [libvarstore.so.0]'
}

test_example_lists_a_file_with_the_shared_library() {
        installation
        store
        # shellcheck disable=SC2046,SC2086 # lists of words
        cc $strict -o example "$ROOT/docs/example-list.c" $(pkg-config --cflags --libs libvarstore)
        readelf -d example >dynamic
        contains dynamic 'libvarstore.so.0'
        ./example vars.fd >ours
        "$AAVMF_VARS" list vars.fd | grep '^Boot0' >theirs
        diff theirs ours
        expect_exit 1 ./example missing.fd
        contains stderr 'missing.fd: cannot open: No such file or directory'
}

test_example_lists_a_file_with_the_static_library() {
        installation
        store
        # LDFLAGS: a library with coverage counting (make coverage) needs its runtime.
        # shellcheck disable=SC2046,SC2086
        cc $strict ${LDFLAGS:-} -o example "$ROOT/docs/example-list.c" $(pkg-config --cflags libvarstore) \
                "$prefix/lib/libvarstore.a" $(pkg-config --static --libs-only-l libvarstore | sed 's/-lvarstore//')
        readelf -d example >dynamic
        lacks dynamic 'libvarstore'
        ./example vars.fd >ours
        "$AAVMF_VARS" list vars.fd | grep '^Boot0' >theirs
        diff theirs ours
}

test_every_header_stands_alone_outside_the_tree() {
        installation
        for header in "$prefix"/include/libvarstore/*/*.h; do
                name=${header#"$prefix/include/libvarstore/"}
                echo "#include \"$name\"" >one.c
                # shellcheck disable=SC2046,SC2086
                cc $strict -fsyntax-only one.c $(pkg-config --cflags libvarstore)
                contains "$prefix/include/libvarstore/varstore.h" "#include \"$name\""
        done
}

# In the headers, functions and their types begin at the start of a line.
test_library_exports_what_its_headers_declare_and_nothing_else() {
        installation
        cat "$prefix"/include/libvarstore/*/*.h |
                sed -n 's/^[a-z][a-z0-9_ ]*[ *]\([a-z0-9_]*\)(.*/\1/p; s/^extern const struct guid \(GUID_[A-Z0-9_]*\);.*/\1/p' |
                sort -u >declared
        nm -D --defined-only "$prefix/lib/libvarstore.so" | sed -n 's/.* [A-Z] \([A-Za-z0-9_]*\)@.*/\1/p' |
                grep -v '^LIBVARSTORE' | sort -u >exported
        [ "$(wc -l <declared)" -gt 80 ]
        diff declared exported
}

test_the_readme_shows_the_compiled_example() {
        sed -n '/^```c$/,/^```$/p' "$ROOT/README.md" | sed '1d;$d' >shown
        tail -n +2 "$ROOT/docs/example-list.c" | cmp - shown
}

run_tests
