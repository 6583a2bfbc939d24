#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The evidence of real runs: that of a killed run is usable, that of a run that ends is complete.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../machine.sh"

# Plays a recording with asciinema, which needs a terminal.
play() {
        python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' asciinema cat "$1" </dev/null | tr -d '\r'
}

test_a_killed_launcher_leaves_usable_evidence() {
        begin_install --run-tag killed
        at_step eula
        expect_exit 0 "$ESXIARM" runs machine
        grep -q '^killed *install .*under way' stdout || fail "$(cat stdout)"
        kill -KILL "$launcher"
        wait "$launcher" || :
        expect_exit 0 "$ESXIARM" runs machine
        grep -q '^killed *install .*unfinished' stdout || fail "$(cat stdout)"
        run=machine/runs/killed
        [ ! -e $run/result.json ] || fail 'it has a result'
        # Every event is complete, except one that was being written.
        sed '$d' $run/events.jsonl | jq -es 'map(.event) | index("run-start") == 0 and index("step")' >/dev/null ||
                fail "$(cat $run/events.jsonl)"
        # Earlier output of the firmware is in every log, and each log can be judged.
        play $run/console.cast >played
        started=$(sed -n 's/.*BdsDxe: starting \(Boot....\) .*/\1/p' $run/serial.log)
        for log in $run/serial.log $run/console.txt played; do
                contains "$log" "BdsDxe: starting $started"
        done
        for log in serial.log console.txt console.cast; do
                expect_exit 1 "$ESXIARM" check --install $run/$log
                contains stdout "started $started"
        done
        expect_exit 0 "$ESXIARM" bundle machine -o bundle.tar.zst
        zstd -dc bundle.tar.zst | tar -tf - | grep -q '/run/serial.log$'
}

test_a_result_is_complete() {
        use_fixture
        machine_here
        expect_exit 0 "$ESXIARM" boot-installed machine --check --run-tag up
        # Of an installation, and of a boot.
        jq -e '.steps | length > 5 and all(.duration >= 0 and .step and .title)' machine/runs/*-install/result.json >/dev/null ||
                fail "$(jq .steps machine/runs/*-install/result.json)"
        for result in machine/runs/*-install/result.json machine/runs/up/result.json; do
                jq -e '.program and .qemu and .settings.cpus and .qemu_cpu > 0 and .qemu_memory > 100000000 and
                        .launcher_cpu > 0 and .launcher_memory > 1000000 and .exit_code == 0 and .firmware.code_sha256 and
                        .firmware.template_sha256 and .disk.esp_guid and .disk.size and .criteria and
                        (.booted | test("^Boot"))' "$result" >/dev/null || fail "$(cat "$result")"
        done
        jq -e '.prediction.entry == .fact.entry and .agrees' machine/runs/up/result.json >/dev/null ||
                fail "$(cat machine/runs/up/result.json)"
        # The digests are those of the files.
        code=$(jq -r .firmware.code machine/runs/up/result.json)
        [ "$(jq -r .firmware.code_sha256 machine/runs/up/result.json)" = "$(sha256sum <"$code" | cut -d' ' -f1)" ] || fail 'CODE'
        bytes=$(jq .vars_after.bytes machine/runs/up/result.json)
        [ "$(jq -r .vars_after.sha256 machine/runs/up/result.json)" = \
                "$(head -c "$bytes" machine/vars.fd | sha256sum | cut -d' ' -f1)" ] || fail 'vars_after'
        [ "$(jq -c .vars_before machine/runs/up/result.json)" = "$(jq -c .vars_after machine/runs/*-install/result.json)" ] ||
                fail 'vars_before'
        # Judging the logs afterwards gives the run's verdict.
        for log in serial.log console.txt console.cast; do
                expect_exit 0 "$ESXIARM" check --boot machine/runs/up/$log
        done
        xmllint --noout machine/runs/*/junit.xml
        play machine/runs/up/console.cast >played
        contains played 'Boot complete (2/2)'
}

run_tests
