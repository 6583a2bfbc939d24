#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# aavmf-vars killed at any instant while it changes a file: afterwards either the old or the new file is there,
# complete, and the next run leaves no litter.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/store.sh"

kill_at=$BUILD/tests/kill-at
# As shipped: starting sanitizers takes most of a run, and their search for leaks cannot be traced.
AAVMF_VARS=$BUILD/aavmf-vars

store() {
        blank "$1" 131072
        "$AAVMF_VARS" format "$1" --boot-add A --loader a.efi --hd $hd --boot-add B --loader b.efi --hd $hd --timeout 5
}

# Runs the command COUNT times on a fresh copy of old.fd, kills it at a different place each time, and checks vars.fd.
kill_often() {
        kills=$1
        shift
        cp old.fd vars.fd
        stops=$("$kill_at" 0 "$@")
        cp vars.fd new.fd
        by_time || [ "$stops" -gt 100 ]
        killed=0
        replaced=0
        for at in $(random_numbers "$kills" "$stops"); do
                cp old.fd vars.fd
                code=0
                "$kill_at" "$at" "$@" >/dev/null || code=$?
                # The very last stop is the program's end.
                [ $code -eq 9 ] || [ $code -eq 0 ] || fail "exit code $code when killed at $at"
                killed=$((killed + (code == 9)))
                if cmp -s vars.fd new.fd; then
                        replaced=$((replaced + 1))
                elif ! cmp -s vars.fd old.fd; then
                        fail "killed at $at of $stops it left a mixture"
                fi
                "$AAVMF_VARS" check vars.fd | grep -q ': sound: '
        done
        echo "$killed kills at $stops places; the file was replaced in $replaced of them"
        by_time || {
                [ "$killed" -ge $((kills - 2)) ]
                [ "$replaced" -gt 0 ]
                [ "$replaced" -lt "$kills" ]
        }
        # The next run removes what the last one left.
        cp old.fd vars.fd
        "$@"
        cmp vars.fd new.fd
        [ "$(ls -A | grep -c partial)" -eq 0 ]
}

test_100_kills_during_an_edit_lose_nothing() {
        store old.fd
        kill_often 100 "$AAVMF_VARS" edit vars.fd --boot-first A --timeout 0 --boot-label B=C
}

test_100_kills_during_a_clone_lose_nothing() {
        store old.fd
        store source.fd
        "$AAVMF_VARS" edit source.fd --timeout 9
        cp source.fd before.fd
        kill_often 100 "$AAVMF_VARS" clone source.fd vars.fd --force
        cmp source.fd before.fd
}

# A new target is complete or missing.
test_kills_during_a_clone_to_a_new_file_leave_it_complete_or_missing() {
        store source.fd
        stops=$("$kill_at" 0 "$AAVMF_VARS" clone source.fd vars.fd)
        for at in $(random_numbers 40 "$stops"); do
                rm -f vars.fd
                "$kill_at" "$at" "$AAVMF_VARS" clone source.fd vars.fd >/dev/null || :
                [ ! -e vars.fd ] || cmp vars.fd source.fd
        done
        rm -f vars.fd
        "$AAVMF_VARS" clone source.fd vars.fd
        [ "$(ls -A)" = "source.fd
vars.fd" ]
}

test_kills_during_an_import_lose_nothing() {
        store old.fd
        store other.fd
        "$AAVMF_VARS" edit other.fd --boot-remove A --set X=00
        "$AAVMF_VARS" export other.fd --json-file all.json
        kill_often 40 "$AAVMF_VARS" import vars.fd --json-file all.json
}

run_tests
