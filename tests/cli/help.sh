#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The help of both programs: groups, widths, and spellings.
. "$(dirname "$0")/../lib.sh"

# Prints the headings and commands of a program's help, one group a line.
groups() {
        awk '/^[a-z].*:$/ { printf "%s%s", newline, $0; newline = "\n" }
             /^  [a-z]/ { printf " %s", $1 }
             END { print "" }' stdout
}

commands_of() {
        "$1" help | awk '/^  [a-z]/ { print $1 }'
}

longest_line() {
        LC_ALL=C.UTF-8 awk '{ if (length($0) > most) most = length($0) } END { print most + 0 }' "$1"
}

test_commands_are_grouped_by_purpose() {
        expect_exit 0 "$ESXIARM" --help
        groups >found
        diff - found <<'EOT'
get ready: fetch payload
install: install profile e2e rehearse
run: boot-installed status console stop task list
find out why: match predict diagnose rebuild-vars check
evidence: runs report bundle
EOT
        expect_exit 0 "$AAVMF_VARS" --help
        groups >found
        diff - found <<'EOT'
read: list show check assert diff
change: clone edit format
exchange: export import mount
EOT
}

test_every_spelling_of_help_and_version() {
        for program in "$ESXIARM" "$AAVMF_VARS"; do
                expect_exit 0 "$program" --help
                mv stdout expected
                for word in help -h; do
                        expect_exit 0 "$program" $word
                        cmp stdout expected
                done
                expect_exit 0 "$program" --version
                mv stdout expected
                grep -q "^$(basename "$program") [0-9]" expected || fail "version: $(cat expected)"
                for word in version -V; do
                        expect_exit 0 "$program" $word
                        cmp stdout expected
                done
        done
}

test_help_command_is_command_help() {
        for program in "$ESXIARM" "$AAVMF_VARS"; do
                count=0
                for command in $(commands_of "$program"); do
                        expect_exit 0 "$program" "$command" --help
                        contains stdout "usage: $(basename "$program") $command"
                        mv stdout expected
                        expect_exit 0 "$program" help "$command"
                        cmp stdout expected
                        count=$((count + 1))
                done
                [ $count -ge 11 ] || fail "$program has only $count commands"
        done
        expect_exit 2 "$ESXIARM" help boot-instaled
        contains stderr "unknown command 'boot-instaled'; did you mean 'boot-installed'?"
        [ ! -s stdout ] || fail "it printed: $(cat stdout)"
        expect_exit 2 "$AAVMF_VARS" help lsit
        contains stderr "did you mean 'list'?"
}

test_no_line_of_piped_help_is_longer_than_80() {
        value=/a/path/of/many/folders/that/is/longer/than/any/line/of/the/help/may/be/so/that/it/has/to/be/broken/AAVMF_CODE.fd
        for program in "$ESXIARM" "$AAVMF_VARS"; do
                for columns in '' 40; do
                        most=${columns:-80}
                        for command in '' $(commands_of "$program"); do
                                # shellcheck disable=SC2086 # no command: no word
                                expect_exit 0 env COLUMNS=$columns AAVMF_CODE=$value "$program" help $command
                                longest=$(longest_line stdout)
                                [ "$longest" -le "$most" ] || fail "$program help $command: $longest columns of $most"
                        done
                done
        done
}

test_the_right_side_of_options_is_one_column() {
        for columns in 60 80; do
                expect_exit 0 env COLUMNS=$columns "$ESXIARM" help boot-installed
                awk '/^options:/ { options = 1; next }
                     options && /^  -/ && match($0, /[^ ]  +[^ ]/) { print RSTART + RLENGTH - 1 }
                     options && /^     / { match($0, /[^ ]/); print RSTART }' stdout | sort -u >found
                [ "$(wc -l <found)" -eq 1 ] || fail "with $columns columns: $(cat found stdout)"
        done
}

run_tests
