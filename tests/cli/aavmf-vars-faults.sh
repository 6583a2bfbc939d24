#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# I/O errors injected into every system call that writes a store: the old file stays complete, the error is reported,
# and nothing is left over. Tests the program as shipped, because strace and LeakSanitizer exclude each other.
. "$(dirname "$0")/../lib.sh"

AAVMF_VARS=$BUILD/aavmf-vars

# The system calls with which each command writes the new file.
CALLS="pwrite64 ftruncate fsync rename"

fails_whole() {
        needs strace
        call=$1
        shift
        cp /usr/share/OVMF/OVMF_VARS_4M.ms.fd vars.fd
        sha256sum vars.fd >before
        expect_exit 4 strace -qq -o /dev/null -e trace="$call" -e inject="$call":error=EIO "$@"
        contains stderr 'Input/output error'
        sha256sum -c --quiet before
        [ "$(ls -A | grep -c partial)" -eq 0 ] || fail "left after $call: $(ls -A)"
}

test_an_edit_keeps_the_old_file_at_an_io_error() {
        for call in $CALLS; do
                fails_whole "$call" "$AAVMF_VARS" edit vars.fd --timeout 9
        done
}

test_a_clone_keeps_the_old_target_at_an_io_error() {
        for call in $CALLS; do
                fails_whole "$call" "$AAVMF_VARS" clone --force /usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd vars.fd
        done
}

run_tests
