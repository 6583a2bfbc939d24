#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# esxiarm check: its report on good and bad logs in text, JSON and JUnit XML, and its exit codes.
. "$(dirname "$0")/../lib.sh"

starts() {
        printf 'BdsDxe: %s Boot%s "%s" from HD(1,GPT,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,0x40,0x32000)/\\EFI\\x.efi\r\n' \
                loading "$1" "$2" starting "$1" "$2"
}

installs() {
        starts 0001 'UEFI Misc Device'
        printf '\033[2J\033[5;10H\033[44m+--- Installation \033[5;28HComplete ---+\033[0m\033[24;1H\r\n'
        printf 'Starting VMKernel shutdown\r\nThis system has been halted.\r\n'
}

boots() {
        starts "$@"
        printf 'VMware ESXi 8.0.3 [Releasebuild-1 ARM64]\r\nStarting VMKernel initialization\r\nBoot complete (2/2)\r\n'
        printf 'To manage this host, go to:\r\n'
}

panics() {
        starts 0004 'VMware ESXi'
        printf 'Starting VMKernel initialization\r\nVERIFY bora/vmkernel/hardware/arm64/its.c:2934\r\n'
}

test_an_installation() {
        (installs && starts 0004 'VMware ESXi') >log
        expect_exit 0 "$ESXIARM" check --install log
        contains stdout 'log: pass (raw log)'
        contains stdout 'Installation Complete'
        contains stdout 'started Boot0004 "VMware ESXi" (the system'\''s own entry), line '
        # Only optional criteria are missing.
        installs | grep -v halted >log
        expect_exit 0 "$ESXIARM" check --install log
        grep -q -- '- *system halted *not seen, which is fine' stdout || fail "$(cat stdout)"
        grep -q -- '- *firmware again *not seen, which is fine' stdout || fail "$(cat stdout)"
        # Lines are numbered as by grep.
        line=$(grep -n 'VMKernel shutdown' log | cut -d: -f1)
        contains stdout "line $line: Starting VMKernel shutdown"
        installs | grep -v shutdown >log
        expect_exit 1 "$ESXIARM" check --install log
        contains stdout '"VMkernel shutdown" was not seen'
}

# box ROW...: rows of the box that a scripted installation draws, 58 columns wide.
box() {
        printf '\033[2J\033[3;12H\033(0lqqqqqqqqk\033(B'
        row=4
        for text in "$@"; do
                printf '\033[%d;12H\033(0x\033(B %-54s \033(0x\033(B' "$row" "$text"
                row=$((row + 1))
        done
        printf '\033[%d;12H\033(0mqqqqqqqqj\033(B\033[24;1H\r\n' "$row"
}

# There is no Installation Complete, and after `poweroff` no firmware.
test_a_scripted_installation() {
        (starts 0001 'UEFI Misc Device' && box 'VMware ESXi 8.0.3 has been installed successfully.' &&
                printf 'Starting VMKernel shutdown\r\nThis system has been halted.\r\n') >off
        (cat off && starts 0004 'VMware ESXi') >log
        expect_exit 0 "$ESXIARM" check --install off log
        contains stdout 'VMware ESXi 8.0.3 has been installed successfully.'
        box 'VMware ESXi 8.0.3 has been installed succ' 'essfully.' >torn
        (starts 0001 'UEFI Misc Device' && cat torn && grep shutdown off) >log
        expect_exit 0 "$ESXIARM" check --install log
        (cat off && boots 0004 'VMware ESXi') >log
        expect_exit 0 "$ESXIARM" check --install log
        expect_exit 0 "$ESXIARM" check --boot log
}

test_a_script_that_is_refused() {
        while IFS='|' read -r name first second; do
                (starts 0001 'UEFI Misc Device' && box "$first" "$second") >log
                expect_exit 1 "$ESXIARM" check --install log
                contains stdout "A forbidden criterion was met: \"$name\""
        done <<END
script refused|An error has occurred while parsing the installation|script
script refused|error:/vmfs/volumes/mpx.vmhba32:C0:T0:L0/DIRECTORY/KS.C|FG:line 3: no
script not read|cannot open file: [Errno 2]|
script not read|Could not open file /vmfs/volumes/x/KS.CFG|
installation broken off|An exceptional circumstance has|occurred
installation broken off|The system was not installed correctly.|
installation broken off|This program has encountered an err|or:
no network adapter|No network adapters were det|ected. Either no
END
        # What a script is warned of ends nothing.
        (starts 0001 'UEFI Misc Device' && box 'warning:/vmfs/volumes/x/KS.CFG:line 3: no' &&
                box 'VMware ESXi 8.0.3 has been installed successfully.' && echo Starting VMKernel shutdown &&
                echo 'vmkernel: cannot open file x') >log
        expect_exit 0 "$ESXIARM" check --install log
}

test_a_boot_by_its_own_or_the_generic_entry() {
        boots 0004 'VMware ESXi' >own
        boots 0002 'UEFI Misc Device 2' >generic
        expect_exit 0 "$ESXIARM" check --boot own generic
        contains stdout "started Boot0004 \"VMware ESXi\" (the system's own entry), line 2"
        contains stdout "started Boot0002 \"UEFI Misc Device 2\" (a generic entry, not the system's own), line 2"
        for missing in BdsDxe 'Starting VMKernel' 'Boot complete' 'To manage'; do
                grep -v "$missing" own >log
                expect_exit 1 "$ESXIARM" check --boot log
        done
        grep -v 'VMware ESXi 8' own >log
        expect_exit 0 "$ESXIARM" check --boot log
        # In another order, they do not match.
        (tail -n 1 own && head -n -1 own) >log
        expect_exit 1 "$ESXIARM" check --boot log
}

test_a_panic_and_a_word_that_only_looks_like_one() {
        panics >log
        expect_exit 6 "$ESXIARM" check --boot log
        contains stdout 'The guest panicked'
        contains stdout 'its.c:2934'
        (boots 0004 'VMware ESXi' && echo 'VERIFY the checksums; VERIFY') >log
        expect_exit 0 "$ESXIARM" check --boot log
        for words in 'Module(s) involved in panic [vmkernel]' 'PanicvPanicInt@vmkernel' '@BlueScreen PSOD' 'VERIFY bora/x.c:1'; do
                (boots 0004 'VMware ESXi' && echo "$words") >log
                expect_exit 6 "$ESXIARM" check --boot log
        done
}

# After the console is up, as well: the reason is quoted, also one that nobody has seen before.
test_a_purple_screen_at_the_end_of_a_good_log() {
        for version in 'VMware ESX 7.0.0 [Releasebuild-1 aarch64]' 'VMware ESXi 5.1.0 [Releasebuild-799733 x86_64]'; do
                for reason in 'EXCVEC_CUREL_SP_EL0_SYNCH Exception 0 in world 1:X' 'a reason of tomorrow'; do
                        (boots 0004 'VMware ESXi' && printf '%s\r\n' "$version" "$reason" '[pc]0x1 [sp]0x2' \
                                'Code start: 0x1 VMK uptime: 0:00:05:35') >log
                        expect_exit 6 "$ESXIARM" check --boot log
                        contains stdout "\"purple screen\" in line 8: $reason"
                        (installs && cat log) >both
                        expect_exit 6 "$ESXIARM" check --install both
                done
        done
        (boots 0004 'VMware ESXi' && echo '0x1:[0x2]LinNetWatchdog@vmkernel#nover+0x1f5 stack: 0x100') >log
        expect_exit 0 "$ESXIARM" check --boot log
}

test_a_loader_or_firmware_that_gives_up() {
        for line in 'Fatal error: 32 (Not Found)' 'No hypervisor found.' 'Unrecoverable error' 'Unsupported CPU' \
                'Synchronous Exception at 0x00000000BFC3A5D4' 'BdsDxe: No bootable option or device was found.'; do
                (starts 0004 'VMware ESXi' && printf '%s\r\n' "$line") >log
                expect_exit 1 "$ESXIARM" check --boot log
                contains stdout "\"boot failed\" in line 3: $line"
        done
}

test_every_version_from_6_to_9() {
        for version in 6.7.0 7.0.3 8.0.3; do
                boots 0004 'VMware ESXi' | sed "s/8.0.3/$version/; s/host, go/host go/" >log
                expect_exit 0 "$ESXIARM" check --boot log
                contains stdout "line 3: VMware ESXi $version"
        done
        boots 0004 'VMware ESX' | sed 's/ESXi 8.0.3/ESX 9.0.0/' >log
        expect_exit 0 "$ESXIARM" check --boot log
        contains stdout 'line 3: VMware ESX 9.0.0'
        contains stdout "started Boot0004 \"VMware ESX\" (the system's own entry)"
}

test_boot_by_boot() {
        (panics && boots 0004 'VMware ESXi') >log
        expect_exit 0 "$ESXIARM" check --boot log
        contains stdout 'boot 1, lines 1 to 4: panic'
        contains stdout 'boot 2, lines 5 to 10: pass'
        expect_exit 6 "$ESXIARM" check --boot --every-boot log
        (boots 0004 'VMware ESXi' && panics) >log
        expect_exit 6 "$ESXIARM" check --boot log
        (installs && panics) >log
        expect_exit 6 "$ESXIARM" check --install log
}

test_json() {
        (printf '[   0.100] %s\n' 'BdsDxe: starting Boot0004 "VMware ESXi" from X' 'Starting VMKernel initialization' \
                'Boot complete (2/2)' && echo '[  61.250] Starting service DCUI') >log
        expect_exit 0 "$ESXIARM" check --boot --json log
        [ "$(jq -c '[.check, .profile, .outcome, .exit_code, .logs[0].kind, .logs[0].boots[0].started.own_entry]' stdout)" = \
                '["boot","esxi8","pass",0,"log with times",true]' ] || fail "$(cat stdout)"
        [ "$(jq -c '.logs[0].boots[0].criteria.boot[] | select(.name == "DCUI") | [.kind, .met, .line, .time, .text]' stdout)" = \
                '["required",true,4,61.25,"Starting service DCUI"]' ] || fail "$(cat stdout)"
        boots 0004 'VMware ESXi' >raw
        expect_exit 0 "$ESXIARM" check --boot --json raw
        [ "$(jq -c '[.logs[0].boots[0].criteria.boot[].time] | unique' stdout)" = '[null]' ] || fail "$(cat stdout)"
        (panics && printf '\033[31mPSOD "<&>" \377\000\r\n') >log
        expect_exit 2 "$ESXIARM" check --boot --json log absent
        jq -e '.exit_code == 2 and .logs[1].outcome == null and .outcome == "panic" and (.logs[1].error | test("absent"))' stdout >/dev/null || fail "$(cat stdout)"
}

test_junit() {
        (panics && printf 'PSOD "<&>" \033[0m\001 \377 ]]>\r\n') >log
        expect_exit 6 "$ESXIARM" check --boot --junit out.xml log
        xmllint --noout out.xml
        [ "$(xmllint --xpath 'string(//testsuite/@failures)' out.xml)" = 3 ] || fail "$(cat out.xml)"
        [ "$(xmllint --xpath 'count(//testcase)' out.xml)" = 7 ] || fail "$(cat out.xml)"
        (panics && boots 0004 'VMware ESXi') >log
        expect_exit 0 "$ESXIARM" check --boot --junit out.xml log
        [ "$(xmllint --xpath 'count(//failure) + count(//error)' out.xml)" = 0 ] || fail "$(cat out.xml)"
        (installs && starts 0004 x) >log
        expect_exit 0 "$ESXIARM" check --install --junit out.xml log
        [ "$(xmllint --xpath 'count(//failure) + count(//error)' out.xml)" = 0 ] || fail "$(cat out.xml)"
        expect_exit 2 "$ESXIARM" check --install --junit out.xml log absent
        [ "$(xmllint --xpath 'count(//error)' out.xml)" = 1 ] || fail "$(cat out.xml)"
        expect_exit 2 "$ESXIARM" check --install --junit none/out.xml log
}

test_compressed_and_from_a_pipe() {
        boots 0004 'VMware ESXi' >log
        gzip -k log
        zstd -q log
        expect_exit 0 "$ESXIARM" check --boot log.gz log.zst
        contains stdout 'log.gz: pass (raw log, gzip)'
        contains stdout 'log.zst: pass (raw log, zstd)'
        "$ESXIARM" check --boot - <log.gz >stdout || fail "$(cat stdout)"
        # shellcheck disable=SC2002 # this tests a pipe
        cat log.zst | "$ESXIARM" check --boot - >stdout || fail "$(cat stdout)"
}

test_compressed_and_cut_off() {
        (boots 0004 'VMware ESXi' && seq 200000) >log
        for packer in gzip 'zstd -q'; do
                $packer <log | head -c 100000 >cut
                expect_exit 3 "$ESXIARM" check --boot cut
                contains stdout 'cut: pass'
                contains stdout 'read only in part'
                contains stderr 'damaged or cut off'
        done
}

test_logs_of_all_kinds_without_a_success() {
        : >empty
        head -c 3000000 /dev/urandom >noise
        head -c 3000000 /dev/zero >zeroes
        for log in empty noise zeroes; do
                expect_exit 1 "$ESXIARM" check --boot $log
                expect_exit 1 "$ESXIARM" check --install $log
        done
        boots 0004 'VMware ESXi' | tr '\n' '\r' >returns
        boots 0004 'VMware ESXi' | tr -d '\r' >feeds
        expect_exit 0 "$ESXIARM" check --boot returns feeds
        contains stdout 'To manage this host'
}

# A line of 1 GB would take the sanitized program minutes; the bench tests that.
test_one_endless_line() {
        (boots 0004 'VMware ESXi' && head -c 20000000 /dev/zero | tr '\0' x) | "$ESXIARM" check --boot - >stdout || fail "$(cat stdout)"
}

test_unreadable_inputs() {
        boots 0004 'VMware ESXi' >log
        expect_exit 2 "$ESXIARM" check --boot log absent log
        contains stderr 'absent'
        contains stdout 'absent: not judged'
        [ "$(grep -c '^log: pass' stdout)" = 2 ] || fail "$(cat stdout)"
        expect_exit 3 "$ESXIARM" check --boot .
        contains stderr 'is a directory'
        chmod 0 log
        expect_exit 4 as_any_user "$ESXIARM" check --boot log
        contains stderr 'Permission denied'
}

test_usage() {
        expect_exit 2 "$ESXIARM" check log
        contains stderr '--install or --boot'
        expect_exit 2 "$ESXIARM" check --install --boot log
        expect_exit 2 "$ESXIARM" check --boot
        expect_exit 4 "$ESXIARM" check --boot --profile nosuch log
        contains stderr "unknown guest profile 'nosuch'"
        expect_exit 2 "$ESXIARM" check --boot --profile nosuch.yaml log
        contains stderr 'nosuch.yaml: cannot open'
}

# No terminal sequence from a guest reaches the terminal.
test_what_a_guest_prints_is_harmless() {
        (starts 0004 "$(printf 'a\302\2331mb')" && printf 'PSOD \302\233 31m\r\n') >log
        expect_exit 6 "$ESXIARM" check --boot log
        ! LC_ALL=C grep -q "$(printf '[\033\233]')" stdout || fail "$(cat -v stdout)"
}

run_tests
