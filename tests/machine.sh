# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# Shared by the tests of machines in real QEMU; sourced after lib.sh.

# The progress of a soak test goes to the terminal, not to the log of tests/run.
{ true >&3; } 2>/dev/null || exec 3>&1
progress() {
        echo "# $*" >&3
}

# Arguments of install for the quickest rehearsal, for tests of neither the reboot nor the pauses.
quickly='--rehearsal --cpus 1 --reboot-action poweroff --rehearsal-option pace=20'

# One installed machine for all scripts of a run, created by the first one that needs it. Sets $fixture.
use_fixture() {
        fixture=${results:-${TMPDIR:-/tmp}}/fixture-machine
        # shellcheck disable=SC2016,SC2086 # expanded by the inner shell; a list of words
        flock "$fixture.lock" sh -c 'test -f "$0/vars.sealed.fd" || exec "$@"' "$fixture" \
                "$ESXIARM" install "$fixture" $quickly --force >"$fixture.log" 2>&1 && return
        cat "$fixture.log"
        echo "not ok - the fixture is installed"
        exit 1
}

# A copy of it, by default in ./machine.
machine_here() {
        cp -R "$fixture" "${1:-machine}"
}

# install CODE [ARGUMENT...] installs ./machine as quickly as possible and expects the exit code.
install() {
        expected=$1
        shift
        # shellcheck disable=SC2086 # a list of words
        expect_exit "$expected" "$ESXIARM" install machine $quickly "$@"
}

# Starts the same in the background: $launcher, its output in ./out.
begin_install() {
        # shellcheck disable=SC2086 # a list of words
        "$ESXIARM" install machine $quickly "$@" >out 2>&1 &
        launcher=$!
}

# The QEMU started by the process.
qemu_of() {
        pgrep -P "$1" -f qemu-system
}

# Waits for the end of $launcher, and expects its exit code.
ends_with() {
        code=0
        wait "$launcher" || code=$?
        [ "$code" -eq "$1" ] || fail "exit code $code, expected $1: $(cat out)"
}

# Whether the run of ./machine has an event that contains this.
seen() {
        grep -q -- "$1" machine/runs/*/events.jsonl
}

at_step() {
        wait_for 90 seen "\"step\":\"$1\""
}

# No QEMU has the machine's variables open, and its folder run has only the lock.
nothing_is_left() {
        ! pgrep -f "$PWD/${1:-machine}/vars.fd" >pids || fail "still running: $(cat pids)"
        [ -z "$(ls "${1:-machine}/run" | grep -v '^lock$')" ] || fail "left in run: $(ls "${1:-machine}/run")"
}

# A failed run of ./machine has kept the screen, as text and as drawn, and the end of the console.
failure_is_kept() {
        for file in failure-screen.txt failure-screen.ansi failure-console.txt; do
                [ -n "$(find machine/runs -name "$file")" ] || fail "$file is missing"
        done
        [ "$(cat machine/runs/*/failure-console.txt | wc -l)" -le 200 ] || fail "failure-console.txt has more than 200 lines"
        contains machine/runs/*/failure-console.txt 'BdsDxe: '
}

# The rehearsal's profile as ./impatient.yaml, with this many seconds to wait for one step.
impatient_profile() {
        awk -v step="$1" -v seconds="$2" '
                $1 == "-" && $2 == "id:" { here = $3 == step }
                /^[a-z]/ { here = 0 }
                here && $1 == "wait:" { sub(/[0-9]+/, seconds) }
                { print }' "$BUILD/share/guests/rehearsal.yaml" >impatient.yaml
        cmp -s impatient.yaml "$BUILD/share/guests/rehearsal.yaml" && fail "the profile has no wait for the step $1"
        return 0
}

# tmux as the user's terminal: a separate server for each test.
terminal() {
        tmux -S "$PWD/tmux.sock" -f /dev/null "$@"
}

# in_terminal NAME COMMAND: a window of 100x30; the exit code of COMMAND is written to NAME.code.
in_terminal() {
        trap 'terminal kill-server 2>/dev/null || :' EXIT
        terminal new-session -d -x 100 -y 30 -s "$1" "$2; echo exit code \$? >$1.code; exec cat"
}

# Makes the window of NAME so small that the guest's screen does not fit, and larger than it.
resize() {
        terminal resize-window -t "$1" -x 40 -y 12
        terminal resize-window -t "$1" -x 120 -y 40
}

shows() {
        terminal capture-pane -p -t "$1" | grep -qF -- "$2"
}

# The command in the terminal NAME has ended with this exit code.
terminal_ends_with() {
        wait_for 30 test -s "$1.code"
        contains "$1.code" "exit code $2"
}

# COUNT scaled by SOAK percent, at least 1.
scaled() {
        count=$(($1 * ${SOAK:-100} / 100))
        echo $((count > 0 ? count : 1))
}
