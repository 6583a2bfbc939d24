#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The launcher is killed at random moments of an installation and a boot (the same ones each time: SEED). Then nothing runs,
# nothing half-written is taken for whole, and status, stop and a new installation work.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/machine.sh"

# so many milliseconds, between 0 and LIMIT, for each of COUNT rounds.
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

# What the machine says of itself is true: it boots if it is installed, and is refused if it is not.
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

run_tests
