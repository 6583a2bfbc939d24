#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The launcher or QEMU is killed or stopped in the middle: nothing is left running, nothing half-written is taken for whole,
# and the next command works. tests/soak/kill.sh does it at many more moments.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/machine.sh"

qemu_of() {
        pgrep -P "$1" -f qemu-system
}

test_the_end_of_qemu_is_an_error_of_the_environment() {
        for signal in KILL TERM; do
                rm -rf machine
                begin_install
                at_step eula
                kill -$signal "$(qemu_of $launcher)"
                ends_with 4
                nothing_is_left
        done
        # It ends itself in good order at a SIGTERM.
        contains out 'QEMU ended'
}

test_a_qemu_that_stands_still_is_a_time_out_and_is_ended() {
        impatient_profile keyboard 2
        begin_install --profile ./impatient.yaml --rehearsal-option hang=keyboard
        at_step disk
        kill -STOP "$(qemu_of $launcher)"
        ends_with 5
        nothing_is_left
}

# At four moments: while the firmware starts, in the middle, while the disk is written, at the end.
test_an_interrupt_ends_everything_at_any_moment() {
        for moment in qemu-start '"step":"disk"' '"step":"progress"' '"step":"complete"'; do
                rm -rf machine
                begin_install
                wait_for 60 seen "$moment"
                kill -INT $launcher
                ends_with 130
                nothing_is_left
                expect_exit 0 "$AAVMF_VARS" check machine/vars.fd
                expect_exit 0 qemu-img check -q machine/disk.qcow2
                contains machine/runs/*/result.json '"exit_code": 130'
        done
}

test_a_killed_launcher_takes_qemu_along_and_the_next_one_works() {
        begin_install
        at_step password
        qemu=$(qemu_of $launcher)
        kill -KILL $launcher
        wait $launcher || true
        wait_for 10 sh -c "! kill -0 $qemu"
        expect_exit 1 "$ESXIARM" boot-installed machine --check
        contains stderr 'was not installed to the end'
        expect_exit 1 "$ESXIARM" status machine
        expect_exit 0 "$ESXIARM" stop machine
        nothing_is_left
        expect_exit 0 "$ESXIARM" e2e machine --rehearsal --cpus 1
        contains stdout 'result      PASS'
}

run_tests
