#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A machine that stays up: in the background and in a terminal; status, console, stop, list; and after its launcher
# died.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/machine.sh"
use_fixture

json() {
        jq -r "$1" stdout
}

test_a_machine_runs_in_the_background_until_it_is_stopped() {
        machine_here 'a "b", c'
        expect_exit 0 "$ESXIARM" boot-installed 'a "b", c' --detach --json
        [ "$(json .up)" = true ] || fail "not up: $(cat stdout)"
        expect_exit 0 "$ESXIARM" status 'a "b", c' --json
        [ "$(json .state)" = up ] || fail "no state up: $(cat stdout)"
        [ "$(json .run.own_entry)" = true ] || fail "another entry: $(cat stdout)"
        keeper=$(json .run.pid)
        qemu=$(json .run.qemu_pid)
        kill -0 "$keeper" || fail "no process $keeper"
        kill -0 "$qemu" || fail "no process $qemu"
        # Several clients may read the console; one that leaves does not disturb the others.
        timeout 3 "$ESXIARM" console 'a "b", c' >raw.txt || :
        timeout 20 "$ESXIARM" console 'a "b", c' --raw >raw2.txt &
        reader=$!
        expect_exit 4 "$ESXIARM" boot-installed 'a "b", c' --check
        contains stderr "process $keeper"
        expect_exit 0 "$ESXIARM" list
        contains stdout 'up'
        # The power button: the guest shuts down itself.
        expect_exit 0 "$ESXIARM" stop 'a "b", c'
        contains stdout 'powered off'
        wait $reader || fail "the console did not end with the machine"
        contains raw2.txt 'Starting VMKernel shutdown'
        [ -s raw.txt ] || fail "nothing was read from the console"
        wait_for 5 sh -c "! kill -0 $keeper"
        nothing_is_left 'a "b", c'
        contains 'a "b", c'/runs/*-boot/result.json '"ended": "powered off"'
        expect_exit 1 "$ESXIARM" status 'a "b", c'
        contains stdout 'not up'
        # Stopping it again succeeds.
        expect_exit 0 "$ESXIARM" stop 'a "b", c'
        contains stdout 'was not up'
        expect_exit 1 "$ESXIARM" console 'a "b", c'
}

test_a_terminal_has_the_console_and_a_menu() {
        machine_here
        in_terminal foreground "$ESXIARM boot-installed machine"
        wait_for 30 shows foreground 'To manage this host'
        wait_for 5 shows foreground 'Ctrl-] for a menu'
        in_terminal visitor "$ESXIARM console machine"
        wait_for 10 shows visitor 'To manage this host'
        # A smaller terminal shows what fits; a larger one shows everything again.
        resize visitor
        wait_for 10 shows visitor 'this is not VMware ESXi'
        # Both clients see what one types.
        terminal send-keys -t visitor F12
        wait_for 10 shows foreground '(F11) Restart'
        terminal send-keys -t visitor Escape
        wait_for 10 shows foreground 'To manage this host'
        terminal send-keys -t foreground C-]
        wait_for 10 shows foreground 's screenshot'
        terminal send-keys -t foreground s
        wait_for 10 sh -c 'test -s machine/runs/*-boot/screen-*.ansi'
        contains machine/runs/*-boot/screen-*.txt 'To manage this host'
        terminal send-keys -t visitor C-] q
        terminal_ends_with visitor 0
        terminal send-keys -t foreground C-] q
        terminal_ends_with foreground 0
        nothing_is_left machine
}

test_a_terminal_that_closes_takes_the_machine_down() {
        machine_here
        in_terminal foreground "$ESXIARM boot-installed machine"
        wait_for 30 shows foreground 'To manage this host'
        terminal kill-server
        wait_for 10 test ! -e machine/run/control.sock
        nothing_is_left machine
        expect_exit 0 "$AAVMF_VARS" check machine/vars.fd
}

test_a_guest_that_ignores_its_power_button_is_ended_after_the_wait() {
        expect_exit 0 "$ESXIARM" install machine --rehearsal --reboot-action poweroff --rehearsal-option ignore-power-button=1
        expect_exit 0 "$ESXIARM" boot-installed machine --detach
        expect_exit 0 "$ESXIARM" stop machine --wait 1
        contains stdout 'quit'
        nothing_is_left machine
        expect_exit 0 "$ESXIARM" boot-installed machine --check
}

test_leftovers_of_a_dead_launcher_are_recognised_and_removed() {
        machine_here
        expect_exit 0 "$ESXIARM" boot-installed machine --detach
        expect_exit 0 "$ESXIARM" status machine --json
        keeper=$(json .run.pid)
        qemu=$(json .run.qemu_pid)
        kill -KILL "$keeper"
        wait_for 10 sh -c "! kill -0 $qemu"
        [ -S machine/run/control.sock ] || fail "nothing was left, so nothing is tested"
        expect_exit 1 "$ESXIARM" status machine
        contains stderr "process $keeper died while it ran this machine"
        nothing_is_left machine
        expect_exit 0 "$ESXIARM" boot-installed machine --check
        lacks stderr 'died'
}

test_an_installation_can_be_watched_and_stopped() {
        "$ESXIARM" install machine --rehearsal >out 2>&1 &
        launcher=$!
        at_step eula
        expect_exit 0 "$ESXIARM" status machine
        contains stdout 'install'
        expect_exit 0 "$ESXIARM" stop machine
        ends_with 130
        contains out 'stopped by'
        nothing_is_left machine
}

test_a_disk_and_vars_are_booted_without_a_machine() {
        use_firmware
        mkdir 'loose files'
        cp "$fixture/vars.fd" 'loose files/my vars.fd'
        qemu-img convert -O vmdk "$fixture/disk.qcow2" 'loose files/disk, 1.vmdk'
        expect_exit 2 "$ESXIARM" boot-installed 'loose files/disk, 1.vmdk' --check
        contains stderr '--vars'
        expect_exit 0 env AAVMF_CODE="$AAVMF_CODE" LOG_DIR=logs AAVMF_VARS_RUNTIME='loose files/my vars.fd' \
                "$ESXIARM" boot-installed 'loose files/disk, 1.vmdk' --check --profile rehearsal
        contains stdout 'Boot0004 "VMware ESXi"'
        contains logs/*-boot/result.json '"outcome": "pass"'
        [ "$(ls 'loose files' | wc -l)" -eq 2 ] || fail "left there: $(ls 'loose files')"
}

run_tests
