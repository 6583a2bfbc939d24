#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A guest that hangs, panics, resets and powers off at every step in turn, swallows keys, and prints without end. Each
# installation ends with the right code, names the step, keeps the evidence, and leaves nothing running.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/machine.sh"

# Where the guest misbehaves, and the step of the profile that times out: the next required one.
steps='welcome:welcome eula:eula disk:disk osdata:keyboard usb:keyboard keyboard:keyboard password:password
        warnings:confirm confirm:confirm progress:complete halfway:complete complete:complete'

test_a_hang_at_every_step_times_out_there() {
        for pair in $steps; do
                step=${pair#*:}
                rm -rf machine
                # The firmware comes before the first screen, and the progress before the last.
                case $step in
                welcome) impatient_profile "$step" 10 ;;
                complete) impatient_profile "$step" 8 ;;
                *) impatient_profile "$step" 3 ;;
                esac
                install 5 --profile ./impatient.yaml --rehearsal-option "hang=${pair%:*}"
                contains stderr "step timed out: '$step'"
                contains machine/runs/*/result.json '"outcome": "timed out"'
                failure_is_kept
                nothing_is_left
                progress "hang at ${pair%:*}: timed out in $step"
        done
}

test_a_hang_after_the_installation_times_out() {
        install 5 --reboot-action enter --reboot-observe 3 --rehearsal-option hang=shutdown
        contains stderr "'complete'"
        failure_is_kept
        nothing_is_left
        progress 'hang at shutdown: timed out in the reboot'
        for step in boot dcui; do
                rm -rf machine
                install 0 --rehearsal-option hang=$step
                expect_exit 5 "$ESXIARM" boot-installed machine --check --boot-timeout 6
                contains machine/runs/*-boot/result.json '"outcome": "timed out"'
                nothing_is_left
                progress "hang at $step: timed out in the boot"
        done
}

test_a_panic_at_every_step_is_a_panic() {
        for pair in $steps; do
                rm -rf machine
                install 6 --rehearsal-option "panic=${pair%:*}"
                contains stderr 'purple screen'
                contains machine/runs/*/result.json '"outcome": "panic"'
                failure_is_kept
                nothing_is_left
                progress "panic at ${pair%:*}"
        done
        rm -rf machine
        install 6 --reboot-action enter --rehearsal-option panic=shutdown
        nothing_is_left
        for step in boot dcui; do
                rm -rf machine
                install 0 --rehearsal-option panic=$step
                expect_exit 6 "$ESXIARM" boot-installed machine --check
                nothing_is_left
                progress "panic at $step"
        done
}

test_a_reset_or_power_off_at_every_step_is_noticed() {
        for pair in $steps; do
                for way in reset poweroff; do
                        rm -rf machine
                        install 1 --rehearsal-option "$way=${pair%:*}"
                        failure_is_kept
                        nothing_is_left
                        expect_exit 1 "$ESXIARM" boot-installed machine --check
                        contains stderr 'is not installed completely'
                        progress "$way at ${pair%:*}"
                done
        done
}

test_swallowed_keys_are_sent_again() {
        sed 's/resend_ms: [0-9]*/resend_ms: 450/' "$BUILD/share/guests/rehearsal.yaml" >keen.yaml
        for option in swallow-keys=1 swallow=1 swallow=2; do
                rm -rf machine
                install 0 --profile ./keen.yaml --rehearsal-option $option
                progress "$option"
        done
}

test_a_guest_that_draws_slowly_and_never_stands_still() {
        # What the guest says about a password comes a row after its asterisks: both have to be there.
        sed 's/settle_ms: [0-9]*/settle_ms: 100/' "$BUILD/share/guests/rehearsal.yaml" >calm.yaml
        for options in slow-draw=60 clock=1 chatter=1 'slow-draw=30 clock=1 chatter=1'; do
                rm -rf machine
                # shellcheck disable=SC2046 # a list of words
                install 0 --profile ./calm.yaml $(printf -- '--rehearsal-option %s ' $options)
                progress "$options"
        done
}

test_a_guest_that_prints_binary() {
        install 0 --rehearsal-option garbage="$(scaled 1024)K"
        expect_exit 0 "$ESXIARM" boot-installed machine --check
        for file in machine/runs/*/events.jsonl machine/runs/*/console.cast machine/runs/*/result.json; do
                expect_exit 0 jq . "$file"
        done
}

test_a_flood_is_recorded_completely() {
        megabytes=$(scaled 100)
        sed 's/wait: 60/wait: 7200/' "$BUILD/share/guests/rehearsal.yaml" >patient.yaml
        install 0 --profile ./patient.yaml --rehearsal-option flood="${megabytes}M"
        [ "$(cat machine/runs/*/serial.log | wc -c)" -gt $((megabytes * 1048576)) ] || fail "serial.log is too short"
        # Every line, exactly once.
        grep -ao 'rehearsal flood [0-9]\{8\}' machine/runs/*/console.txt | awk '$3 != n++ { print; bad = 1 } END { exit bad }' ||
                fail "console.txt lacks lines"
        progress "a flood of $megabytes MiB: $(jq -c '[.duration, .launcher_cpu]' machine/runs/*/result.json)" \
                "seconds in all, and of the launcher's processor time"
}

run_tests
