#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# esxiarm runs and bundle, on a machine built by hand. e2e/evidence.sh tests runs of real machines.
. "$(dirname "$0")/../lib.sh"

# run TAG KIND STARTED_AT [OUTCOME [BOOTED]] creates a run; without an outcome, its launcher was killed.
run() {
        mkdir -p "machine/runs/$1"
        printf '{"time":0.0,"event":"run-start","kind":"%s","started_at":"%s","program":"esxiarm 0"}\n' "$2" "$3" \
                >"machine/runs/$1/events.jsonl"
        echo "BdsDxe: starting Boot0004" >"machine/runs/$1/serial.log"
        [ $# -ge 4 ] || return 0
        jq -n --arg at "$3" --arg outcome "$4" --arg booted "${5:-}" \
                '{schema: 1, program: "esxiarm 0", started_at: $at, outcome: $outcome, booted: $booted, duration: 12.5}' \
                >"machine/runs/$1/result.json"
}

make_machine() {
        mkdir machine
        echo '{"schema": 1, "settings": {"qemu": "qemu-system-aarch64"}}' >machine/machine.json
}

test_runs_in_the_order_in_which_they_began() {
        make_machine
        run zz install 2026-05-04T09:00:00Z pass
        run aa boot 2026-05-04T09:10:00Z fail 'Boot0001 "UEFI Misc Device" from PciRoot(0x0)'
        run mm boot 2026-05-04T09:20:00Z
        expect_exit 0 "$ESXIARM" runs machine
        [ "$(awk '{ print $1 }' stdout | tr '\n' ' ')" = 'RUN zz aa mm ' ] || fail "$(cat stdout)"
        grep -q '^zz *install *2026-05-04T09:00:00Z *12.5 s *pass' stdout || fail "$(cat stdout)"
        grep -q '^aa *boot .*fail *Boot0001 "UEFI Misc Device"$' stdout || fail "$(cat stdout)"
        grep -q '^mm *boot .*unfinished' stdout || fail "$(cat stdout)"
        expect_exit 0 "$ESXIARM" runs machine --json
        [ "$(jq -c '[.runs[] | [.run, .state, .outcome]]' stdout)" = \
                '[["zz","ended","pass"],["aa","ended","fail"],["mm","unfinished",null]]' ] || fail "$(cat stdout)"
}

# QEMU's command line shows the kind, the recording the time.
test_a_run_of_an_older_program() {
        make_machine
        mkdir -p machine/runs/old
        echo '{"time":0.5,"event":"qemu-start","command":"qemu-system-aarch64 -device usb-storage,id=payload-device"}' \
                >machine/runs/old/events.jsonl
        echo '{"version": 2, "width": 80, "height": 24, "timestamp": 1777885632}' >machine/runs/old/console.cast
        expect_exit 0 "$ESXIARM" runs machine --json
        [ "$(jq -c '.runs[0] | [.kind, .began]' stdout)" = '["install","2026-05-04T09:07:12Z"]' ] || fail "$(cat stdout)"
}

test_damaged_runs_and_other_folders() {
        make_machine
        expect_exit 0 "$ESXIARM" runs machine
        contains stderr 'no run yet'
        run bad boot 2026-05-04T09:00:00Z pass
        echo '{"outcome": ' >machine/runs/bad/result.json
        run evil boot 'x' "$(printf 'a\033[31mb')"
        mkdir machine/runs/empty machine/runs/.hidden
        : >machine/runs/.hidden/events.jsonl
        echo file >machine/runs/file
        expect_exit 0 "$ESXIARM" runs machine
        grep -q '^bad .*unfinished' stdout || fail "$(cat stdout)"
        ! grep -q "$(printf '\033')" stdout || fail "$(cat -v stdout)"
        [ "$(wc -l <stdout)" -eq 3 ] || fail "$(cat stdout)"
        expect_exit 2 "$ESXIARM" runs nowhere
}

test_a_bundle_has_all_files_and_no_secret() {
        make_machine
        run one install 2026-05-04T09:00:00Z pass
        # shellcheck disable=SC2016 # hashes
        printf '%s\r\n' 'rootpw Plain-Secret-1' 'rootpw --iscrypted $6$saltsalt$abcdefghijklmnopqrstuvwxyz./0123456789' \
                'root:$y$j9T$abc/def$hash.hash:1:' "it is Known-Secret-2, in $HOME/ks.cfg and ${HOME}less" \
                'x password=Third-Secret-3,y' 'VMware ESXi' >>machine/runs/one/serial.log
        printf '{"time":1.0,"event":"x","command":"qemu -object secret,data=%s %s/vars.fd"}\n' "$HOME" "$HOME" \
                >>machine/runs/one/events.jsonl
        printf '\211PNG\r\n' >machine/runs/one/screen-1.png
        ln -s /etc/passwd machine/runs/one/link
        "$AAVMF_VARS" format machine/vars.fd --timeout 3
        expect_exit 0 env ROOT_PASSWORD=Known-Secret-2 "$ESXIARM" bundle machine -o out.tar.zst
        contains stdout 'out.tar.zst: '
        zstd -dc out.tar.zst | tar -xf -
        ! grep -raE 'Secret|[$]6[$]|[$]y[$]|saltsalt' machine-one || fail 'a secret is in it'
        ! grep -rF "$HOME/" machine-one || fail 'the home folder is in it'
        contains machine-one/run/serial.log "${HOME}less"
        # shellcheck disable=SC2088 # a literal tilde
        contains machine-one/run/serial.log '~/ks.cfg'
        contains machine-one/run/serial.log 'VMware ESXi'
        contains machine-one/boot-chain.txt 'Timeout: 3 seconds'
        contains machine-one/README.txt 'places were changed'
        jq -e .program machine-one/versions.json >/dev/null
        jq -e . machine-one/run/result.json machine-one/machine.json machine-one/run/events.jsonl >/dev/null
        cmp machine/vars.fd machine-one/vars.fd
        cmp machine/runs/one/screen-1.png machine-one/run/screen-1.png
        [ ! -e machine-one/run/link ] || fail 'a link was followed'
        [ "$(stat -c %s out.tar.zst)" -lt 100000 ] || fail "$(ls -l out.tar.zst)"
}

test_a_bundle_of_a_named_run() {
        make_machine
        run one install 2026-05-04T09:00:00Z pass
        run two boot 2026-05-04T09:10:00Z
        expect_exit 0 "$ESXIARM" bundle machine one -o one.tar.zst --json
        jq -e '(.run | endswith("/runs/one")) and (.packed | map(.name) | index("run/serial.log"))' stdout >/dev/null || fail "$(cat stdout)"
        expect_exit 0 "$ESXIARM" bundle machine machine/runs/one/ -o path.tar.zst
        expect_exit 0 "$ESXIARM" bundle machine -o two.tar.zst
        zstd -dc two.tar.zst | tar -tf - >files
        grep -q '^machine-two/run/events.jsonl$' files || fail "$(cat files)"
        expect_exit 2 "$ESXIARM" bundle machine three -o three.tar.zst
        contains stderr 'three is not a run'
        [ ! -e three.tar.zst ] || fail 'something was left'
}

test_a_long_log_is_cut_at_line_ends() {
        make_machine
        run one install 2026-05-04T09:00:00Z pass
        (echo first && yes 'a line of the middle, of which there are very many indeed' | head -c 70000000 && echo && echo last) \
                >machine/runs/one/serial.log
        expect_exit 0 "$ESXIARM" bundle machine -o out.tar.zst
        contains stdout 'without its middle'
        zstd -dc out.tar.zst | tar -xf -
        log=machine-one/run/serial.log
        [ "$(stat -c %s $log)" -le 67108864 ] || fail "$(ls -l $log)"
        [ "$(head -n 1 $log) $(tail -n 1 $log)" = 'first last' ] || fail "$(head -n 1 $log) $(tail -n 1 $log)"
        [ "$(sort -u $log | wc -l)" -le 4 ] || fail "a line was cut: $(sort -u $log)"
}

test_nothing_is_overwritten_without_force_and_a_failure_leaves_nothing() {
        make_machine
        expect_exit 2 "$ESXIARM" bundle machine -o out.tar.zst
        contains stderr 'no run'
        run one install 2026-05-04T09:00:00Z pass
        echo precious >out.tar.zst
        expect_exit 2 "$ESXIARM" bundle machine -o out.tar.zst
        contains stderr '--force'
        [ "$(cat out.tar.zst)" = precious ] || fail 'it was overwritten'
        expect_exit 0 "$ESXIARM" bundle machine -o out.tar.zst --force
        zstd -dc out.tar.zst | tar -tf - >/dev/null
        expect_exit 2 "$ESXIARM" bundle machine
        contains stderr '-o FILE'
        expect_exit 2 "$ESXIARM" bundle machine -o none/out.tar.zst
        # The disk is full: the old file stays.
        cp out.tar.zst before
        head -c 100000 /dev/urandom >>machine/runs/one/serial.log
        # shellcheck disable=SC2016 # expanded by the inner shell
        expect_exit 4 sh -c 'ulimit -f 2; trap "" XFSZ; exec "$0" "$@"' "$ESXIARM" bundle machine -o out.tar.zst --force
        cmp out.tar.zst before
}

run_tests
