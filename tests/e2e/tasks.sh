#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Tasks on the console of an installed system (esxiarm task): in the background, in a terminal, and with a boot of
# their own.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/machine.sh"
use_fixture

# The ids of the steps that the task took, in one line. A quick guest is not seen to be busy.
steps() {
        jq -r '[.steps[].step | select(. != "busy")] | join(" ")' stdout
}

# The task NAME is done, in exactly the steps STEPS.
expect_done() {
        expect_exit 0 "$ESXIARM" task machine "$1" --json
        [ "$(jq .done stdout)" = true ] || fail "not done: $(cat stdout)"
        [ "$(steps)" = "$2" ] || fail "other steps: $(steps)"
}

start_machine() {
        machine_here
        expect_exit 0 "$ESXIARM" boot-installed machine --detach
}

test_a_task_is_done_once_and_its_result_survives_a_reboot() {
        start_machine
        expect_exit 0 "$ESXIARM" task machine enable-ssh
        contains stdout 'enable-ssh: done in'
        contains machine/runs/*-boot/events.jsonl '"task-end"'
        expect_done enable-ssh 'login customization done'
        expect_exit 0 "$ESXIARM" report machine -o report.html
        contains report.html 'The task enable-ssh is done'
        expect_exit 0 "$ESXIARM" stop machine
        grep -q '"task": "enable-ssh"' machine/runs/*-boot/result.json || fail "the result does not have the task"
        # In a boot of its own, after which the guest has powered itself off.
        expect_exit 0 "$ESXIARM" task machine enable-ssh --boot --json
        [ "$(steps)" = 'login customization done' ] || fail "it was forgotten: $(steps)"
        nothing_is_left machine
        expect_exit 0 "$ESXIARM" boot-installed machine --detach
        expect_done disable-ssh 'login customization ssh shell done'
        expect_done disable-ssh 'login customization done'
        expect_exit 0 "$ESXIARM" stop machine --now
}

test_a_wrong_password_is_refused_and_the_right_one_taken_afterwards() {
        start_machine
        echo short >password
        expect_exit 1 "$ESXIARM" task machine enable-ssh --root-password-file password
        contains stderr "refuses root's password"
        contains stderr 'evidence: '
        expect_exit 1 "$ESXIARM" task machine enable-ssh --root-password-file password --json
        [ "$(jq .exit_code stdout)" = 1 ] || fail "another exit code: $(cat stdout)"
        echo 'A-Secret-77' >password
        expect_exit 0 "$ESXIARM" task machine enable-ssh --root-password-file password
        expect_exit 0 "$ESXIARM" stop machine --now
        ! grep -rq 'A-Secret-77' machine || fail "the password is in the machine's folder"
}

test_a_task_goes_on_from_the_screen_that_is_there() {
        start_machine
        in_terminal visitor "$ESXIARM console machine"
        wait_for 10 shows visitor 'To manage this host'
        terminal send-keys -t visitor F2
        wait_for 10 shows visitor 'Authentication Required'
        terminal send-keys -t visitor rehearsal Enter
        wait_for 10 shows visitor 'System Customization'
        expect_done enable-ssh 'customization shell ssh done'
        wait_for 10 shows visitor 'To manage this host'
        terminal send-keys -t visitor C-] q
        terminal_ends_with visitor 0
        expect_exit 0 "$ESXIARM" stop machine --now
}

test_a_machine_that_cannot_do_it() {
        machine_here
        expect_exit 1 "$ESXIARM" task machine enable-ssh
        contains stderr 'is not up; --boot'
        expect_exit 2 "$ESXIARM" task nothing enable-ssh
        expect_exit 2 "$ESXIARM" task machine enable-shs --boot
        contains stderr "did you mean 'enable-ssh'?"
        expect_exit 0 "$ESXIARM" task --list machine
        contains stdout 'Enable the ESXi Shell and SSH'
        [ ! -e machine/run/control.sock ] || fail "something was started"
}

test_a_machine_keeps_the_profile_it_was_installed_with() {
        sed 's/^name: rehearsal/name: mine/' "$ROOT/launcher/guests/rehearsal.yaml" >my.yaml
        install 0 --profile my.yaml
        sum=$(sha256sum <my.yaml | cut -d ' ' -f 1)
        rm my.yaml
        [ "$(jq -r .profile.sha256 machine/runs/*-install/result.json)" = "$sum" ] || fail "another digest in result.json"
        [ "$(sha256sum <machine/profile.yaml | cut -d ' ' -f 1)" = "$sum" ] || fail "it is not a copy"
        expect_exit 0 "$ESXIARM" task machine enable-ssh --boot
        expect_exit 0 "$ESXIARM" task machine --list --json
        [ "$(jq -r .profile stdout)" = mine ] || fail "another profile: $(cat stdout)"
        # A machine of an older version has only the name.
        rm machine/profile.yaml
        expect_exit 4 "$ESXIARM" boot-installed machine --check
        contains stderr "unknown guest profile 'mine'"
        expect_exit 0 "$ESXIARM" boot-installed machine --check --profile rehearsal
}

# The installer's list of keyboard layouts, which is longer than its box.
test_a_row_of_a_long_list_is_chosen_by_its_text() {
        for layout in Belgian 'US Dvorak'; do
                sed "/id: keyboard/,/wait:/s/keys: .*/keys: ['<row: ^$layout\$>', Enter]/" "$ROOT/launcher/guests/rehearsal.yaml" >my.yaml
                rm -rf machine
                install 0 --profile my.yaml --until password --rehearsal-option line-frames=1
        done
        sed "/id: keyboard/,/wait:/s/keys: .*/keys: ['<row: Klingon>', Enter]/" "$ROOT/launcher/guests/rehearsal.yaml" >my.yaml
        install 1 --profile my.yaml
        contains stderr "no row matches 'Klingon'; the rows are: 'Belgian', 'Brazilian',"
        contains stderr "'US Dvorak'"
}

test_a_guest_that_panics() {
        install 0 --rehearsal-option panic=up
        expect_exit 0 "$ESXIARM" boot-installed machine --detach
        wait_for 10 grep -q 'bora/rehearsal' machine/runs/*-boot/console.txt
        expect_exit 6 "$ESXIARM" task machine enable-ssh
        contains stderr 'purple screen'
        expect_exit 0 "$ESXIARM" stop machine --now
}

test_a_client_that_leaves_ends_the_task() {
        start_machine
        # A task whose last screen never comes.
        sed "s/Disable SSH', \*exit\]$/never', *exit]/" "$ROOT/launcher/guests/rehearsal.yaml" >my.yaml
        "$ESXIARM" task machine enable-ssh --profile ./my.yaml >out.txt 2>&1 &
        task=$!
        wait_for 10 grep -q '"task":"enable-ssh"' machine/runs/*-boot/events.jsonl
        sleep 2
        kill -TERM $task
        wait $task && fail "it was done"
        wait_for 10 grep -q '"exit_code":130' machine/runs/*-boot/events.jsonl
        # The machine is up, and does the next one, from the menu that the last one has left.
        expect_done enable-ssh 'done'
        # esxiarm stop does not wait for a task.
        "$ESXIARM" task machine disable-ssh --profile ./my.yaml >out.txt 2>&1 &
        task=$!
        wait_for 10 grep -q '"task":"disable-ssh"' machine/runs/*-boot/events.jsonl
        expect_exit 0 "$ESXIARM" stop machine
        wait $task && fail "it was done"
        nothing_is_left machine
}

test_a_task_on_a_machine_in_a_terminal() {
        machine_here
        in_terminal foreground "$ESXIARM boot-installed machine"
        wait_for 30 shows foreground 'To manage this host'
        expect_done enable-ssh 'login customization shell ssh done'
        wait_for 10 shows foreground 'To manage this host'
        terminal send-keys -t foreground F2
        wait_for 10 shows foreground 'Authentication Required'
        terminal send-keys -t foreground C-] q
        terminal_ends_with foreground 0
}

run_tests
