#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installations that go wrong in real QEMU: each ends with the right code, says why, and leaves nothing running.
. "$(dirname "$0")/../lib.sh"

# The rehearsal's profile with short waits, so that a hang is found out soon.
impatient_profile() {
        sed 's/wait: [0-9]*/wait: 6/' "$BUILD/share/guests/rehearsal.yaml" >impatient.yaml
}

install() {
        expected=$1
        shift
        expect_exit "$expected" "$ESXIARM" install machine --rehearsal "$@"
}

seen() {
        grep -q "$1" machine/runs/*/events.jsonl
}

nothing_is_left() {
        ! pgrep -f "$PWD/$1/vars.fd" >pids || fail "still running: $(cat pids)"
        [ -z "$(ls "$1/run" | grep -v '^lock$')" ] || fail "left in run: $(ls "$1/run")"
}

test_a_hang_times_out_with_the_step_and_its_screen() {
        impatient_profile
        install 5 --profile ./impatient.yaml --rehearsal-option hang=keyboard
        contains stderr "the step 'keyboard'"
        contains stderr 'The screen shows:'
        contains stderr 'rehearsal guest'
        contains machine/runs/*/result.json '"outcome": "timed out"'
        nothing_is_left machine
}

test_a_panic_in_the_installer_is_a_panic() {
        install 6 --rehearsal-option panic=eula
        contains stderr 'purple screen'
        contains machine/runs/*/result.json '"outcome": "panic"'
        nothing_is_left machine
}

test_gicv3_panics_on_reboot() {
        install 6 --machine-options virt,virtualization=off,gic-version=3
        contains machine/runs/*/serial.log 'its.c:2934'
        contains machine/runs/*/events.jsonl '"step":"complete"'
        nothing_is_left machine
        expect_exit 1 "$ESXIARM" boot-installed machine --check
        contains stderr 'was not installed to the end'
        expect_exit 6 "$ESXIARM" diagnose machine
        [ "$(grep -c '^[a-z-]*: ' stdout)" = 1 ] || fail "more than one cause: $(cat stdout)"
        contains stdout 'guest-panicked: '
        contains stdout 'serial.log:'
        contains stdout 'gic-version=3'
        contains stdout "--machine-options virt,virtualization=off,gic-version=2"
}

test_a_lost_boot_entry_is_noticed() {
        install 1 --rehearsal-option lose-entry=1
        contains machine/runs/*/result.json '"reason": "entry-missing"'
}

test_a_reset_in_the_middle_is_noticed() {
        install 1 --rehearsal-option reset=password
        contains stderr 'reset itself'
        nothing_is_left machine
}

test_swallowed_keys_are_sent_again() {
        sed 's/resend_ms: [0-9]*/resend_ms: 450/' "$BUILD/share/guests/rehearsal.yaml" >keen.yaml
        install 0 --profile ./keen.yaml --rehearsal-option swallow-keys=1
}

test_a_slow_and_talkative_guest_is_installed() {
        install 0 --rehearsal-option slow-draw=25 --rehearsal-option flood=2M
}

test_a_missing_qemu_is_named() {
        install 4 --qemu /nowhere/qemu-system-aarch64
        contains stderr '/nowhere/qemu-system-aarch64'
        expect_exit 4 env PATH=/usr/bin:/bin "$ESXIARM" install other --rehearsal --qemu qemu-system-nothing
        contains stderr 'qemu-system-nothing is not installed'
}

test_a_qemu_that_refuses_says_why() {
        install 4 --cpu no-such-cpu
        contains stderr 'no-such-cpu'
        nothing_is_left machine
}

test_the_end_of_qemu_is_an_error_of_the_environment() {
        "$ESXIARM" install machine --rehearsal >out 2>&1 &
        launcher=$!
        wait_for 60 seen '"step":"eula"'
        kill -KILL "$(pgrep -P $launcher)"
        code=0
        wait $launcher || code=$?
        [ $code -eq 4 ] || fail "exit code $code: $(cat out)"
        contains out 'ended by signal 9'
        nothing_is_left machine
}

# At four moments: while the firmware starts, in the middle, while the disk is written, while it reboots.
test_an_interrupt_ends_everything_at_any_moment() {
        for moment in qemu-start '"step":"disk"' '"step":"progress"' '"step":"complete"'; do
                rm -rf machine
                "$ESXIARM" install machine --rehearsal >out 2>&1 &
                launcher=$!
                wait_for 60 seen "$moment"
                kill -INT $launcher
                code=0
                wait $launcher || code=$?
                [ $code -eq 130 ] || fail "exit code $code at $moment: $(cat out)"
                nothing_is_left machine
                expect_exit 0 "$AAVMF_VARS" check machine/vars.fd
                expect_exit 0 qemu-img check -q machine/disk.qcow2
                contains machine/runs/*/result.json '"exit_code": 130'
        done
}

test_a_killed_launcher_takes_qemu_along_and_the_next_one_works() {
        "$ESXIARM" install machine --rehearsal >out 2>&1 &
        launcher=$!
        wait_for 60 seen '"step":"password"'
        qemu=$(pgrep -P $launcher)
        kill -KILL $launcher
        wait $launcher || true
        wait_for 10 sh -c "! kill -0 $qemu"
        expect_exit 0 "$ESXIARM" e2e machine --rehearsal
        contains stdout 'result      PASS'
}

run_tests
