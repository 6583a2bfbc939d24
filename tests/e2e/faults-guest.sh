#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Guests that misbehave: each installation ends with the right code, reports the reason, keeps the evidence, and leaves
# nothing running. tests/soak/guest.sh covers every step of the guest and larger amounts.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/machine.sh"

test_a_hang_times_out_with_the_step_and_its_screen() {
        impatient_profile keyboard 2
        install 5 --profile ./impatient.yaml --rehearsal-option hang=keyboard
        contains stderr "step timed out: 'keyboard'"
        contains stderr 'The screen shows:'
        contains stderr 'rehearsal guest'
        contains machine/runs/*/result.json '"outcome": "timed out"'
        failure_is_kept
        nothing_is_left
        expect_exit 1 "$ESXIARM" boot-installed machine --check
        contains stderr 'is not installed completely'
}

test_a_panic_in_the_installer_is_a_panic() {
        install 6 --rehearsal-option panic=eula
        contains stderr 'purple screen'
        contains machine/runs/*/result.json '"outcome": "panic"'
        contains machine/runs/*/failure-screen.txt 'PanicvPanicInt'
        failure_is_kept
        nothing_is_left
}

test_gicv3_panics_on_reboot() {
        install 6 --reboot-action enter --machine-options virt,virtualization=off,gic-version=3
        contains machine/runs/*/serial.log 'its.c:2934'
        contains machine/runs/*/events.jsonl '"step":"complete"'
        nothing_is_left
        expect_exit 1 "$ESXIARM" boot-installed machine --check
        contains stderr 'is not installed completely'
        expect_exit 6 "$ESXIARM" diagnose machine
        [ "$(grep -c '^[a-z-]*: ' stdout)" = 1 ] || fail "more than one cause: $(cat stdout)"
        contains stdout 'guest-panicked: '
        contains stdout 'serial.log:'
        contains stdout 'gic-version=3'
        contains stdout "--machine-options virt,virtualization=off,gic-version=2"
}

test_an_installed_system_that_panics_is_a_panic() {
        install 0 --rehearsal-option panic=boot
        expect_exit 6 "$ESXIARM" boot-installed machine --check
        contains stderr 'purple screen'
        contains machine/runs/*-boot/result.json '"outcome": "panic"'
        nothing_is_left
}

test_a_lost_boot_entry_is_noticed() {
        install 1 --rehearsal-option lose-entry=1
        contains machine/runs/*/result.json '"reason": "entry-missing"'
}

test_a_reset_or_a_power_off_in_the_middle_is_noticed() {
        install 1 --rehearsal-option reset=password
        contains stderr 'reset itself'
        failure_is_kept
        nothing_is_left
        rm -rf machine
        install 1 --rehearsal-option poweroff=disk
        contains stderr 'powered itself off'
        failure_is_kept
        nothing_is_left
}

test_swallowed_keys_are_sent_again() {
        sed 's/resend_ms: [0-9]*/resend_ms: 300/' "$BUILD/share/guests/rehearsal.yaml" >keen.yaml
        install 0 --profile ./keen.yaml --rehearsal-option swallow-keys=1
}

test_a_slow_and_talkative_guest_is_installed() {
        install 0 --rehearsal-option slow-draw=5 --rehearsal-option flood=256K --rehearsal-option garbage=8K
        nothing_is_left
}

run_tests
