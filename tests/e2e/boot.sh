#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# boot-installed: what it refuses, and its report if the system does not come up. All tests share one machine.
. "$(dirname "$0")/../lib.sh"

fixture=$(mktemp -d "${TMPDIR:-/tmp}/esxiarm-fixture-XXXXXX")
trap 'rm -rf "$fixture"' EXIT
for name in first second; do
        "$ESXIARM" install "$fixture/$name" --rehearsal >"$fixture/log" 2>&1 || {
                cat "$fixture/log"
                echo "not ok - the fixture is installed"
                exit 1
        }
done

copy_of() {
        cp -R "$fixture/$1" "$2"
}

no_qemu_was_started() {
        lacks machine/runs/*-boot/events.jsonl qemu-start
}

test_a_copied_machine_boots() {
        copy_of first "moved, here"
        expect_exit 0 "$ESXIARM" boot-installed "moved, here" --check
        contains stdout 'Boot0004 "VMware ESXi"'
        contains stderr 'DCUI'
        # It boots again: booting changes nothing relevant. A relative path to QEMU starts at the user's folder.
        printf '#!/bin/sh\nexec qemu-system-aarch64 "$@"\n' >qemu
        chmod +x qemu
        expect_exit 0 "$ESXIARM" boot-installed "moved, here" --check --json --qemu ./qemu
        contains stdout '"own_entry": true'
}

test_vars_of_another_machine_are_refused() {
        copy_of first machine
        cp "$fixture/second/vars.fd" machine/vars.fd
        expect_exit 1 "$ESXIARM" boot-installed machine --check
        contains stderr 'refusing to start'
        contains machine/runs/*-boot/result.json '"reason": "other-disk"'
        no_qemu_was_started
        # The printed command fixes it.
        sed -n 's/^  cp /cp /p' stderr >mend
        grep -q 'vars.sealed.fd' mend || fail "no command in: $(cat stderr)"
        sh mend
        expect_exit 0 "$ESXIARM" boot-installed machine --check
}

test_blank_vars_are_refused() {
        copy_of first machine
        truncate -s 0 machine/vars.fd
        truncate -s 64M machine/vars.fd
        expect_exit 1 "$ESXIARM" boot-installed machine --check
        contains machine/runs/*-boot/result.json '"reason": "vars-blank"'
        no_qemu_was_started
}

test_missing_vars_are_a_missing_input() {
        copy_of first machine
        rm machine/vars.fd
        expect_exit 2 "$ESXIARM" boot-installed machine --check
        contains stderr 'vars.fd'
        contains stderr 'vars.sealed.fd'
        no_qemu_was_started
}

test_truncated_vars_are_damaged() {
        copy_of first machine
        truncate -s 100K machine/vars.fd
        expect_exit 3 "$ESXIARM" boot-installed machine --check
        contains stderr 'vars.fd'
        no_qemu_was_started
}

test_another_firmware_is_refused() {
        copy_of first machine
        use_firmware
        cp "$AAVMF_CODE" other.fd
        printf x | dd of=other.fd bs=1 seek=4096 conv=notrunc 2>/dev/null
        expect_exit 1 env AAVMF_CODE="$PWD/other.fd" "$ESXIARM" boot-installed machine --check
        contains machine/runs/*-boot/result.json '"reason": "firmware-changed"'
        no_qemu_was_started
}

# The disk's fallback loader as an entry before the system's own: vars and disk match, but it would start first.
test_another_entry_that_would_start_first_is_refused() {
        copy_of first machine
        hd=$("$AAVMF_VARS" list machine/vars.fd | sed -n 's/.*VMware ESXi.*HD(\([0-9]*\),GPT,\([^)]*\)).*/\1,\2/p')
        "$AAVMF_VARS" edit machine/vars.fd --boot-add Other --loader '\EFI\BOOT\BOOTAA64.EFI' --hd "$hd"
        expect_exit 1 "$ESXIARM" boot-installed machine --check
        contains stderr 'refusing to start: the firmware would start Boot'
        contains stderr "\"Other\" and not the system's own Boot0004 \"VMware ESXi\""
        no_qemu_was_started
        # The fallback loader starts the same system.
        rm -rf machine/runs
        expect_exit 0 "$ESXIARM" boot-installed machine --check --force --json
        contains stdout '"own_entry": false'
}

test_a_silent_system_hangs() {
        copy_of first machine
        sed 's/quiet: 20/quiet: 3/' "$ROOT/launcher/guests/rehearsal.yaml" >quiet.yaml
        "$ESXIARM" install hangs --rehearsal --profile ./quiet.yaml --rehearsal-option hang=boot >log 2>&1 || fail "$(cat log)"
        began=$(date +%s)
        expect_exit 5 "$ESXIARM" boot-installed hangs --profile ./quiet.yaml --check
        contains stderr 'the installed system hangs: the console has printed nothing for 3 s, since the line: '
        [ $(($(date +%s) - began)) -lt 40 ] || fail 'it waited for the timeout'
        expect_exit 1 "$ESXIARM" diagnose hangs
        contains stdout 'run-failed'
}

test_an_unfinished_machine_is_refused() {
        expect_exit 2 "$ESXIARM" boot-installed nowhere --check
        mkdir machine
        expect_exit 2 "$ESXIARM" boot-installed machine --check
        contains stderr 'machine.json'
}

test_a_machine_in_use_is_refused_at_once() {
        copy_of first machine
        "$ESXIARM" boot-installed machine --check >first.out 2>&1 &
        first=$!
        wait_for 10 test -S machine/run/qmp.sock
        expect_exit 4 "$ESXIARM" boot-installed machine --check
        contains stderr "in use by another esxiarm (process $first)"
        wait $first || fail "the first one failed: $(cat first.out)"
}

test_a_system_that_does_not_come_up_times_out_with_its_screen() {
        expect_exit 0 "$ESXIARM" install machine --rehearsal --rehearsal-option no-dcui=1 --reboot-action poweroff
        expect_exit 5 "$ESXIARM" boot-installed machine --check --boot-timeout 8
        contains stderr 'DCUI'
        contains stderr 'The screen shows:'
        contains stderr 'Boot complete (2/2)'
        contains machine/runs/*-boot/junit.xml 'failures="1"'
}

# QEMU's own keys work on the console: Ctrl-A X ends it.
test_the_printed_command_boots_the_machine_in_a_shell() {
        copy_of first "it's, here"
        expect_exit 0 "$ESXIARM" boot-installed "it's, here" --print-command
        mkfifo keys
        sh -c "exec $(cat stdout)" <keys >console 2>&1 &
        qemu=$!
        trap 'kill $qemu 2>/dev/null || :' EXIT
        exec 3>keys
        wait_for 60 grep -q 'BdsDxe: starting Boot0004' console
        printf '\001x' >&3
        wait $qemu || fail "it did not end well: $(cat console)"
}

test_an_installed_machine_is_not_overwritten_without_force() {
        copy_of first machine
        sha256sum machine/disk.qcow2 machine/vars.fd >before
        expect_exit 2 "$ESXIARM" install machine --rehearsal
        contains stderr '--force'
        sha256sum -c --quiet before
        # Nor if the new installation cannot even begin.
        expect_exit 4 "$ESXIARM" install machine --rehearsal --force --qemu no-such-qemu
        sha256sum -c --quiet before
        expect_exit 0 "$ESXIARM" boot-installed machine --check
}

run_tests
