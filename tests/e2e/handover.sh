#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# An installation that stops at a step and is handed over to the user in a terminal, and one that is watched.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/machine.sh"

# install in the terminal `user`, up to the given step.
install_until() {
        until=$1
        shift
        in_terminal user "$ESXIARM install machine $quickly --until $until $*"
}

menu() {
        terminal send-keys -t user C-]
        wait_for 10 shows user 'screenshot'
        terminal send-keys -t user "$1"
}

is_unfinished() {
        nothing_is_left
        expect_exit 1 "$ESXIARM" boot-installed machine --check
        contains stderr 'is not installed completely'
}

# The launcher leaves the terminal as it found it: echo, line mode, cursor.
terminal_is_clean() {
        stty -a -F "$(terminal display-message -p -t user '#{pane_tty}')" >modes
        contains modes ' echo '
        contains modes ' icanon '
        [ "$(terminal display-message -p -t user '#{alternate_on} #{cursor_flag}')" = '0 1' ] ||
                fail "the terminal's screen or cursor is not restored"
}

test_an_installation_stops_at_a_step() {
        install 0 --until password
        contains stdout "stopped at the step 'password'"
        seen '"step":"password"' || fail "the step was not seen"
        ! seen '"key":"<password>"' || fail "its keys were sent"
        is_unfinished
        expect_exit 2 "$ESXIARM" install machine --rehearsal --until passwort
        contains stderr 'passwort'
        expect_exit 2 "$ESXIARM" install machine --rehearsal --until password --hand-over
        contains stderr 'terminal'
}

test_a_handed_over_installation_resumes() {
        install_until keyboard --hand-over
        wait_for 60 shows user 'Please select a keyboard layout'
        wait_for 10 shows user 'Ctrl-] for a menu'
        resize user
        wait_for 10 shows user '(Enter) Continue'
        # After two steps by hand, the automation finds its place again.
        terminal send-keys -t user Enter
        wait_for 10 shows user 'Enter a root password'
        menu a
        terminal_ends_with user 0
        terminal_is_clean
        nothing_is_left
        expect_exit 0 "$ESXIARM" boot-installed machine --check
}

test_the_user_finishes_by_hand() {
        in_terminal user "$ESXIARM install machine --rehearsal --cpus 1 --rehearsal-option pace=20 --until confirm --hand-over"
        wait_for 60 shows user '(F11) Install'
        terminal send-keys -t user F11
        wait_for 60 shows user '(Enter) Reboot'
        terminal send-keys -t user Enter
        terminal_ends_with user 0
        seen '"event":"hand-back"' || fail "it was not handed back"
        nothing_is_left
        expect_exit 0 "$ESXIARM" boot-installed machine --check
        contains stdout 'Boot0004 "VMware ESXi"'
}

test_a_stuck_installation_is_handed_over() {
        # A step that never comes, and a screen that no step knows.
        sed -e "s/'Please select a keyboard layout|Select a Keyboard Layout'/'Never'/" -e '/id: keyboard/,/wait:/s/wait: .*/wait: 3/' \
                "$ROOT/launcher/guests/rehearsal.yaml" >slow.yaml
        in_terminal user "$ESXIARM install machine $quickly --profile slow.yaml --hand-over"
        wait_for 60 shows user 'Please select a keyboard layout'
        wait_for 20 shows user 'Ctrl-] for a menu'
        seen '"event":"stuck"' || fail "the reason is not in the evidence"
        terminal send-keys -t user Enter
        wait_for 10 shows user 'Enter a root password'
        menu a
        terminal_ends_with user 0
        terminal kill-server
        expect_exit 0 "$ESXIARM" boot-installed machine --check
        # The user goes on to the last screen, and the automation from there.
        sed -e "s/screen: '\\\\(F11\\\\) Install'/screen: 'Never'/" -e 's/^unknown_s: .*/unknown_s: 2/' \
                "$ROOT/launcher/guests/rehearsal.yaml" >unknown.yaml
        rm -rf machine user.code
        in_terminal user "$ESXIARM install machine $quickly --profile unknown.yaml"
        wait_for 60 shows user 'Ctrl-] for a menu'
        terminal send-keys -t user F11
        wait_for 60 shows user '(Enter) Reboot'
        menu a
        terminal_ends_with user 0
        contains machine/runs/*/events.jsonl 'has asked for something for 2 s'
        # Without a terminal it fails.
        rm -rf machine
        install 5 --profile slow.yaml --hand-over
        contains stderr "'keyboard'"
}

test_the_user_ends_it() {
        for way in q o; do
                rm -rf machine user.code
                install_until disk --hand-over
                wait_for 60 shows user 'Select a Disk to Install'
                wait_for 10 shows user 'Ctrl-] for a menu'
                menu $way
                # The rehearsal guest powers off on request.
                terminal_ends_with user 130
                terminal_is_clean
                is_unfinished
                terminal kill-server
        done
}

test_a_terminal_that_closes_ends_the_installation() {
        install_until disk --hand-over
        wait_for 60 shows user 'Select a Disk to Install'
        wait_for 10 shows user 'Ctrl-] for a menu'
        terminal kill-server
        wait_for 20 sh -c 'ls machine/runs/*/result.json'
        wait_for 10 test ! -e machine/run/control.sock
        is_unfinished
}

test_a_watched_installation_shows_the_screen_and_leaves_a_clean_terminal() {
        in_terminal user "$ESXIARM install machine $quickly --watch"
        wait_for 60 shows user 'esxi-arm rehearsal guest'
        resize user
        terminal_ends_with user 0
        shows user 'matches the disk; sealed' || fail "its last lines are gone: $(terminal capture-pane -p -t user)"
        terminal_is_clean
}

run_tests
