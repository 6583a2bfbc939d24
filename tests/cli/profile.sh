#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# esxiarm profile: check and replay; task --list.
. "$(dirname "$0")/../lib.sh"

make_profile() {
        cat >my.yaml <<'END'
name: mine
title: my installer
machine: {memory: 512, cpus: 1, disk_size: 4G}
boot_label: mine
settle_ms: 50
disk_row: '(?<size>\d+) (?<unit>GiB)'
install:
  steps:
    - {id: hello, title: Hello, screen: Hello, keys: [Enter]}
    - {id: name, title: Host name, screen: 'Name:', keys: [Enter]}
    - {id: extra, title: Extra, screen: Extra, keys: [Enter], optional: true}
    - {id: ready, title: Ready, screen: Ready}
  anytime:
    - {id: box, title: A box, screen: Really, keys: [y]}
  criteria: [&done {name: done, kind: required, line: done}]
reboot: {criteria: [*done]}
boot: {criteria: [*done]}
END
}

# A recording: each argument is `TIME TEXT`, on an empty screen.
record() {
        echo '{"version": 2, "width": 80, "height": 24}' >console.cast
        for event in "$@"; do
                jq -nc --arg text "${event#* }" --argjson time "${event%% *}" \
                        '[$time, "o", "\u001b[2J\u001b[H" + $text]' >>console.cast
        done
}

replay() {
        expected=$1
        shift
        expect_exit "$expected" "$ESXIARM" profile replay my.yaml console.cast --json
        [ "$(jq -r '[.moments[].step] | join(" ")' stdout)" = "$*" ] || fail "other steps: $(cat stdout)"
}

test_a_profile_is_checked_with_the_line_of_its_mistake() {
        make_profile
        expect_exit 0 "$ESXIARM" profile check my.yaml
        contains stdout 'my.yaml: mine (my installer); steps: 4, at any time: 1, tasks: 0'
        expect_exit 0 "$ESXIARM" profile check esxi8 --json
        [ "$(jq -r '.tasks | join(" ")' stdout)" = 'enable-ssh disable-ssh' ] || fail "other tasks: $(cat stdout)"
        sed -i 's/\[Enter\]/[Entre]/' my.yaml
        expect_exit 3 "$ESXIARM" profile check ./my.yaml
        contains stderr "my.yaml:9: install: steps: hello: keys: unknown key 'Entre'; did you mean 'Enter'?"
        make_profile
        sed -i '/^disk_row/d' my.yaml
        expect_exit 0 "$ESXIARM" profile check my.yaml
        sed -i 's/\[Enter\]/[<target-disk>]/' my.yaml
        expect_exit 3 "$ESXIARM" profile check my.yaml
        contains stderr 'my.yaml:7: disk_row is missing'
        # The example of the documentation.
        make_profile
        sed -n '/^tasks:$/,/^```/p' "$ROOT/docs/guest-profiles.md" | grep -v '^```' >>my.yaml
        expect_exit 0 "$ESXIARM" profile check my.yaml
        contains stdout 'tasks: 1'
        expect_exit 2 "$ESXIARM" profile chek my.yaml
        contains stderr "unknown action 'chek'"
        expect_exit 2 "$ESXIARM" profile replay my.yaml
        expect_exit 2 "$ESXIARM" profile check none.yaml
}

test_mistakes_in_tasks_have_a_line() {
        for mistake in 'begin: [F22]|mine: begin: unknown key' 'keys: [<target-disk>]|<target-disk> belongs to an installation' \
                'keys: ["<row: (>"]|<row: (>: ' 'optional: true|the last step ends the task' 'keys: ["<row: >"]|unknown key'; do
                make_profile
                case $mistake in
                begin*) printf 'tasks: [{name: mine, title: t, %s, steps: [{id: a, title: A, screen: A}]}]\n' "${mistake%%|*}" ;;
                *) printf 'tasks: [{name: mine, title: t, steps: [{id: a, title: A, screen: A, %s}]}]\n' "${mistake%%|*}" ;;
                esac >>my.yaml
                expect_exit 3 "$ESXIARM" profile check my.yaml
                contains stderr 'my.yaml:18: '
                contains stderr "${mistake##*|}"
        done
        make_profile
        task='{name: mine, title: t, steps: [{id: a, title: A, screen: A}]}'
        printf 'tasks: [%s, %s]\n' "$task" "$task" >>my.yaml
        expect_exit 3 "$ESXIARM" profile check my.yaml
        contains stderr "two tasks have the name 'mine'"
}

test_a_recording_is_played_to_the_steps() {
        make_profile
        record '0.1 BIOS (Enter) x' '1 Hello' '2 Hello' '3.0 Na' '3.01 Name: x' '3.5 Name: xy' '4 Name: Really?' '5 Name: xy' \
                '6 Ready' '7 What (Enter) else'
        replay 0 hello name box name ready
        [ "$(jq '.moments[1].duration * 100 | round' stdout)" = 99 ] || fail "another duration: $(cat stdout)"
        [ "$(jq -c .absent stdout)" = '["extra"]' ] || fail "others are absent: $(cat stdout)"
        expect_exit 0 "$ESXIARM" profile replay my.yaml console.cast
        contains stdout 'did not come: extra'
        # As another launcher recorded it: with times since the previous event, compressed.
        sed -i 's/"version": 2/"version": 3/' console.cast
        gzip console.cast && mv console.cast.gz console.cast
        replay 0 hello name box name ready
}

test_what_does_not_fit_is_reported() {
        make_profile
        # A screen that no step knows, a step that comes too early, one that matches two, and one that does not come.
        record '1 Hello' '2 What now? (F2) Go on' '3 Extra' '4 Name: Ready'
        replay 1 hello extra ready
        [ "$(jq -r .unknown[0].screen stdout)" = 'What now? (F2) Go on' ] || fail "unknown: $(cat stdout)"
        [ "$(jq .moments[1].unexpected stdout)" = true ] || fail "expected: $(cat stdout)"
        [ "$(jq -c .moments[2].also stdout)" = '["name"]' ] || fail "not ambiguous: $(cat stdout)"
        [ "$(jq -c .unseen stdout)" = '["name"]' ] || fail "others are unseen: $(cat stdout)"
        expect_exit 1 "$ESXIARM" profile replay my.yaml console.cast
        contains stdout 'no step knows this screen'
        contains stdout '    What now? (F2) Go on'
        contains stdout 'required, but did not come: name'
        echo Hello >console.cast
        expect_exit 3 "$ESXIARM" profile replay my.yaml console.cast
        contains stderr 'console.cast is a raw log, not an asciicast recording'
        expect_exit 2 "$ESXIARM" profile replay my.yaml none.cast
        expect_exit 2 "$ESXIARM" profile replay esxi8 console.cast --task enable-shh
        contains stderr "did you mean 'enable-ssh'?"
}

test_tasks_are_listed() {
        make_profile
        expect_exit 0 "$ESXIARM" task --list
        contains stdout 'Enable the ESXi Shell and SSH'
        expect_exit 0 "$ESXIARM" task --list --profile ./my.yaml
        contains stdout 'the profile mine has no tasks'
        expect_exit 0 "$ESXIARM" task --list --json
        [ "$(jq -r .tasks[1].task stdout)" = disable-ssh ] || fail "other tasks: $(cat stdout)"
        expect_exit 2 "$ESXIARM" task --list none
        expect_exit 2 "$ESXIARM" task none
        contains stderr 'no task given; esxiarm task --list shows the tasks'
        expect_exit 2 "$ESXIARM" task
}

test_values_belong_to_a_text() {
        expect_exit 2 "$ESXIARM" install machine --rehearsal --set name=x
        contains stderr 'no text of the guest profile has {name}'
        make_profile
        sed -i 's/screen: Hello, keys: \[Enter\]/screen: Hello, keys: ["<text: {name}>"]/' my.yaml
        expect_exit 2 "$ESXIARM" install machine --rehearsal --profile my.yaml
        contains stderr 'the guest profile types {name}, which has no value: use --set name=VALUE'
        expect_exit 2 "$ESXIARM" install machine --rehearsal --profile my.yaml --set name
        contains stderr "--set: invalid value 'name' (expected KEY=VALUE)"
        sed -i 's/{name}/{password}/' my.yaml
        expect_exit 3 "$ESXIARM" profile check my.yaml
        contains stderr 'use the key <password>'
        [ ! -e machine ] || fail "something was made"
}

run_tests
