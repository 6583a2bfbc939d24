#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The launcher or QEMU is killed or stopped in the middle: nothing is left running, no incomplete file is taken as
# complete, and the next command works. tests/soak/kill.sh does this at many more moments.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/machine.sh"

test_the_end_of_qemu_is_an_environment_error() {
        begin_install
        at_step eula
        kill -KILL "$(qemu_of $launcher)"
        ends_with 4
        contains out 'killed by signal 9'
        nothing_is_left
}

# While the firmware starts, and while the disk is written.
test_an_interrupt_ends_everything_at_any_moment() {
        for moment in qemu-start '"step":"progress"'; do
                rm -rf machine
                begin_install --rehearsal-option hang=halfway
                wait_for 60 seen "$moment"
                kill -INT $launcher
                ends_with 130
                nothing_is_left
                expect_exit 0 "$AAVMF_VARS" check machine/vars.fd
                expect_exit 0 qemu-img check -q machine/disk.qcow2
                contains machine/runs/*/result.json '"exit_code": 130'
        done
}

# As on macOS, where a child outlives its parent: the real QEMU is gone here, and a stand-in takes its place.
test_a_qemu_that_outlived_its_launcher_is_ended() {
        begin_install
        at_step eula
        qemu=$(qemu_of $launcher)
        kill -KILL $launcher
        wait $launcher || true
        wait_for 10 sh -c "! kill -0 $qemu"
        rm machine/run/qmp.sock
        timeout 20 qemu-system-aarch64 -machine none -nodefaults -display none \
                -qmp "unix:$PWD/machine/run/qmp.sock,server=on,wait=off" &
        orphan=$!
        wait_for 10 test -S machine/run/qmp.sock
        expect_exit 1 "$ESXIARM" status machine
        contains stderr "process $launcher died while it ran this machine"
        code=0
        wait $orphan || code=$?
        [ $code -eq 0 ] || fail "it ended with exit code $code"
        nothing_is_left
}

test_a_killed_launcher_takes_qemu_along_and_the_next_one_works() {
        begin_install
        at_step password
        qemu=$(qemu_of $launcher)
        kill -KILL $launcher
        wait $launcher || true
        wait_for 10 sh -c "! kill -0 $qemu"
        expect_exit 1 "$ESXIARM" boot-installed machine --check
        contains stderr 'is not installed completely'
        expect_exit 1 "$ESXIARM" status machine
        expect_exit 0 "$ESXIARM" stop machine
        nothing_is_left
        install 0
        expect_exit 0 "$ESXIARM" boot-installed machine --check
}

run_tests
