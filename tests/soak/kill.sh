#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The launcher is killed at random moments of an installation and a boot (the same ones for the same SEED). Then nothing
# runs, no incomplete file is taken as complete, and status, stop and a new installation work.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/machine.sh"

# A random number of milliseconds between 0 and LIMIT for each of COUNT rounds.
moments() {
        awk -v seed="${SEED:-1}" -v count="$1" -v limit="$2" \
                'BEGIN { srand(seed); for (i = 0; i < count; i++) print int(rand() * limit) }'
}

kill_after() {
        sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"
        kill -KILL "$launcher" 2>/dev/null || :
        code=0
        wait "$launcher" || code=$?
}

no_qemu_runs() {
        ! pgrep -f "$PWD/machine/vars.fd"
}

# The machine's state is true: it boots if it is installed, and is refused if it is not.
machine_is_honest() {
        [ -d machine ] || return 0
        wait_for 10 no_qemu_runs
        code=0
        "$ESXIARM" status machine --json >stdout 2>stderr || code=$?
        [ -f machine/machine.json ] || [ "$code" -eq 2 ] || fail "status of no machine: exit code $code"
        [ ! -f machine/machine.json ] || [ "$code" -eq 1 ] || fail "status: exit code $code: $(cat stdout stderr)"
        code=0
        "$ESXIARM" stop machine >stdout 2>stderr || code=$?
        [ "$code" -eq 0 ] || [ "$code" -eq 2 ] || fail "stop: exit code $code: $(cat stderr)"
        installed=no
        [ -f machine/machine.json ] && grep -q vars_sha256 machine/machine.json && installed=yes
        code=0
        "$ESXIARM" boot-installed machine --check --cpus 1 >stdout 2>stderr || code=$?
        case $installed/$code in
        yes/0 | no/1 | no/2) ;;
        *) fail "installed: $installed, and boot-installed gives exit code $code: $(cat stderr)" ;;
        esac
        [ ! -d machine/run ] || nothing_is_left
}

test_a_launcher_killed_at_any_moment_of_an_installation() {
        rounds=$(scaled 20)
        round=0
        for moment in $(moments "$rounds" 6000); do
                round=$((round + 1))
                rm -rf machine
                begin_install
                kill_after "$moment"
                progress "killed after $moment ms ($round of $rounds), exit code $code"
                machine_is_honest
                install 0 --force
                nothing_is_left
        done
        expect_exit 0 "$ESXIARM" boot-installed machine --check
}

test_a_launcher_killed_at_any_moment_of_a_boot() {
        rounds=$(scaled 20)
        round=0
        use_fixture
        machine_here
        for moment in $(moments "$rounds" 3500); do
                round=$((round + 1))
                "$ESXIARM" boot-installed machine --check --cpus 1 >out 2>&1 &
                launcher=$!
                kill_after "$moment"
                progress "boot killed after $moment ms ($round of $rounds), exit code $code"
                machine_is_honest
                expect_exit 0 "$AAVMF_VARS" check machine/vars.fd
        done
}

test_a_keeper_killed_at_any_moment_leaves_a_machine_that_boots() {
        rounds=$(scaled 5)
        round=0
        use_fixture
        machine_here
        while [ "$round" -lt "$rounds" ]; do
                round=$((round + 1))
                expect_exit 0 "$ESXIARM" boot-installed machine --detach --cpus 1
                expect_exit 0 "$ESXIARM" status machine --json
                kill -KILL "$(jq -r .run.pid stdout)"
                progress "keeper killed ($round of $rounds)"
                machine_is_honest
        done
}

test_a_stopped_qemu_times_out_and_is_killed() {
        impatient_profile keyboard 2
        begin_install --profile ./impatient.yaml --rehearsal-option hang=keyboard
        at_step disk
        kill -STOP "$(qemu_of $launcher)"
        ends_with 5
        nothing_is_left
        progress 'QEMU stopped'
}

test_a_qemu_ended_at_any_step_is_an_environment_error() {
        for step in welcome disk password progress complete; do
                for signal in KILL TERM; do
                        rm -rf machine
                        # The guest resets at the end; otherwise QEMU would end by itself.
                        begin_install --reboot-action enter --rehearsal-option pace=100
                        at_step $step
                        kill -$signal "$(qemu_of $launcher)"
                        ends_with 4
                        nothing_is_left
                        progress "QEMU ended by SIG$signal at $step"
                done
        done
}

# During the start of the firmware, in the middle, during writes to the disk, and at the end.
test_an_interrupt_ends_everything_at_any_moment() {
        for moment in qemu-start '"step":"disk"' '"step":"password"' '"step":"progress"' '"step":"complete"'; do
                for signal in INT TERM HUP; do
                        rm -rf machine
                        begin_install --reboot-action enter --rehearsal-option pace=100
                        wait_for 60 seen "$moment"
                        kill -$signal $launcher
                        ends_with 130
                        nothing_is_left
                        expect_exit 0 "$AAVMF_VARS" check machine/vars.fd
                        expect_exit 0 qemu-img check -q machine/disk.qcow2
                        contains machine/runs/*/result.json '"exit_code": 130'
                        progress "SIG$signal at $moment"
                done
        done
}

run_tests
