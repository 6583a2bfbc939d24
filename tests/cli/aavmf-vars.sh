#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# aavmf-vars list, check, assert and clone, on stores written by put-variable and on those of distributions.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/store.sh"

esp_path() {
        echo "$(hd_node 1 64 204800)$(file_node "$1")7fff0400"
}

# An installed ESXi's variables in TARGET, a store or a folder.
installed_variables() {
        "$put" "$1" Boot0001 $global 7 "$(option 01000000 "UEFI QEMU USB HARDDRIVE" $usb_path $auto_created)"
        "$put" "$1" Boot0004 $global 7 "$(option 01000000 "VMware ESXi" "$(esp_path '\EFI\VMware\safeboot64.efi')")"
        "$put" "$1" BootOrder $global 7 04000100
}

installed() {
        formatted "$1"
        installed_variables "$1"
}

damaged() {
        installed "$1"
        printf 'X' | dd of="$1" bs=1 seek=100 conv=notrunc 2>/dev/null
}

# ---- list ----

test_list_shows_the_boot_chain() {
        installed vars.fd
        "$put" vars.fd BootNext $global 7 0100
        expect_exit 0 "$AAVMF_VARS" list vars.fd
        cat >expected <<EOF
BootNext: 0001
Timeout: 5 seconds
BootOrder: 0004,0001
Boot0001* UEFI QEMU USB HARDDRIVE${tab}PciRoot(0x0)/Pci(0x1,0x0)/USB(0x0,0x0)
Boot0004* VMware ESXi${tab}HD(1,GPT,$esp,0x40,0x32000)/\\EFI\\VMware\\safeboot64.efi
EOF
        diff expected stdout
}

test_list_agrees_with_efibootmgr() {
        needs efibootmgr
        installed vars.fd
        mkdir efivars
        installed_variables efivars
        for target in vars.fd efivars; do
                "$put" $target Boot0007 $global 7 "$(option 00000000 "Not active" $usb_path)"
                "$put" $target BootNext $global 7 0700
        done
        "$put" efivars Timeout $global 7 0500
        agrees_with_efibootmgr vars.fd efivars
        [ -s ours ]
}

test_list_of_a_blank_store_reports_that_the_firmware_formats_it() {
        blank vars.fd
        expect_exit 0 "$AAVMF_VARS" list vars.fd
        contains stdout 'vars.fd: blank; the firmware formats it when it first starts'
        expect_exit 0 "$AAVMF_VARS" list vars.fd --json
        contains stdout '"blank": true'
}

test_list_all_shows_every_other_variable() {
        installed vars.fd
        "$put" vars.fd PlatformLang $global 7 656e00
        "$put" vars.fd Secret 11111111-2222-3333-4444-555555555555 3 000102030405060708090a0b0c0d0e0f10
        expect_exit 0 "$AAVMF_VARS" list vars.fd --all
        contains stdout "PlatformLang${tab}EFI_GLOBAL_VARIABLE${tab}NV,BS,RT${tab}3 bytes${tab}\"en\""
        contains stdout "Secret${tab}11111111-2222-3333-4444-555555555555${tab}NV,BS${tab}17 bytes${tab}000102030405060708090a0b0c0d0e0f..."
        [ "$(grep -c Boot0004 stdout)" -eq 1 ]
}

test_list_json_has_the_documented_keys() {
        installed vars.fd
        expect_exit 0 "$AAVMF_VARS" list vars.fd --all --json
        for key in file blank verdict format size space capacity used dead left boot_next timeout boot_order entries \
                number label active hidden attributes position path loader partition gpt guid start optional_data \
                made_by_firmware damaged variables name vendor attribute_names value data offset; do
                contains stdout "\"$key\":"
                contains "$ROOT/docs/aavmf-vars.1" "$key"
        done
        contains stdout '"path": "HD(1,GPT,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,0x40,0x32000)/\\EFI\\VMware\\safeboot64.efi"'
        contains stdout "\"optional_data\": \"$auto_created\""
}

test_list_prints_labels_without_terminal_sequences() {
        formatted vars.fd
        "$put" vars.fd Boot0000 $global 7 "$(option 01000000 "$(printf '\033]0;x\007')" $usb_path)"
        expect_exit 0 "$AAVMF_VARS" list vars.fd
        contains stdout 'Boot0000* \x1b]0;x\x07'
        lacks stdout "$(printf '\033')"
}

test_list_of_a_damaged_store_shows_what_can_be_read_and_fails() {
        installed vars.fd
        # The last record's start.
        "$put" vars.fd Last $global 7 00
        size=$(LC_ALL=C grep -abo 'L.a.s.t' vars.fd | tail -n 1 | cut -d: -f1)
        printf 'X' | dd of=vars.fd bs=1 seek=$((size - 60)) conv=notrunc 2>/dev/null
        expect_exit 3 "$AAVMF_VARS" list vars.fd
        contains stdout 'Boot0004* VMware ESXi'
        contains stderr 'damaged'
}

test_list_refuses_other_files() {
        expect_exit 2 "$AAVMF_VARS" list missing.fd
        contains stderr 'missing.fd'
        echo 'not a store' >text
        expect_exit 3 "$AAVMF_VARS" list text
        : >empty
        expect_exit 3 "$AAVMF_VARS" list empty
        expect_exit 3 "$AAVMF_VARS" list .
        expect_exit 2 "$AAVMF_VARS" list
        expect_exit 2 "$AAVMF_VARS" list --al text
        contains stderr "did you mean '--all'?"
        expect_exit 2 "$AAVMF_VARS" lits text
        contains stderr "did you mean 'list'?"
}

# ---- check ----

test_check_finds_shipped_templates_sound() {
        needs_linux 'the package ovmf'
        found=0
        for template in /usr/share/OVMF/*VARS*.fd /usr/share/AAVMF/*VARS*.fd /usr/share/edk2/*/*VARS*.fd; do
                [ -f "$template" ] || continue
                found=$((found + 1))
                expect_exit 0 "$AAVMF_VARS" check "$template"
                contains stdout "$template: sound:"
        done
        [ $found -gt 0 ]
}

test_check_reports_problems_by_offset() {
        installed vars.fd
        expect_exit 0 "$AAVMF_VARS" check vars.fd
        contains stdout 'vars.fd: sound: 4 variables, '
        "$put" vars.fd Again $global 7 00 3e
        "$put" vars.fd BootNext $global 7 0900
        expect_exit 0 "$AAVMF_VARS" check vars.fd
        contains stdout 'vars.fd: sound, with remarks: 6 variables, '
        contains stdout ': note: the update of the variable Again was cut off; its old value is valid'
        contains stdout ': note: BootNext names Boot0009, which does not exist'
        damaged broken.fd
        expect_exit 3 "$AAVMF_VARS" check broken.fd
        contains stdout 'broken.fd: damaged, but readable: 0 variables'
        contains stdout 'broken.fd:0x64: damage: the records end here'
}

test_check_exits_with_the_worst_of_several_files() {
        installed good.fd
        damaged bad.fd
        echo 'not a store' >text
        expect_exit 3 "$AAVMF_VARS" check good.fd bad.fd text
        contains stdout 'good.fd: sound:'
        contains stdout 'bad.fd: damaged, but readable'
        contains stdout 'unreadable: text: not a UEFI variable store'
        expect_exit 2 "$AAVMF_VARS" check good.fd missing.fd
        contains stdout 'missing.fd: cannot open'
        expect_exit 3 "$AAVMF_VARS" check --json good.fd bad.fd text
        for verdict in sound damaged unreadable; do
                contains stdout "\"verdict\": \"$verdict\""
        done
        contains stdout '"offset": 100'
}

# ---- assert ----

test_assert_looks_for_an_installed_esxi_by_default() {
        installed vars.fd
        expect_exit 0 "$AAVMF_VARS" assert vars.fd
        contains stdout 'vars.fd: yes: Boot0004 "VMware ESXi" HD(1,GPT,'
        expect_exit 0 "$AAVMF_VARS" assert vars.fd --entry 0004 --label 'VMware ESXi' --active --first \
                --loader '\efi\vmware\SAFEBOOT64.EFI' --partition 0a48cc8f-f9c7-44dd-9eb5-af5635d049c8
        expect_exit 0 "$AAVMF_VARS" assert vars.fd --loader EFI/VMware/safeboot64.efi
}

test_assert_names_the_failing_clause() {
        installed vars.fd
        "$put" vars.fd Boot0005 $global 7 "$(option 00000000 "Off" $usb_path)"
        while IFS='|' read -r arguments clause reason; do
                eval "expect_exit 1 \"\$AAVMF_VARS\" assert vars.fd $arguments"
                contains stdout "vars.fd: no ($clause): $reason"
        done <<'EOF'
--entry 0009|entry|Boot0009 not found; the store has Boot0001 "UEFI QEMU USB HARDDRIVE", Boot0004 "VMware ESXi", Boot0005 "Off"
--label Other|label|no entry is labelled "Other"; the store has Boot0001
--entry 0004 --label Other|label|Boot0004 is labelled "VMware ESXi", not "Other"
--entry 0004 --loader /other.efi|loader|Boot0004 starts \EFI\VMware\safeboot64.efi, not /other.efi
--entry 0001 --loader /other.efi|loader|Boot0001 starts PciRoot(0x0)/Pci(0x1,0x0)/USB(0x0,0x0), not /other.efi
--label 'VMware ESXi' --partition 11111111-2222-3333-4444-555555555555|partition|Boot0004 is on partition 0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8, not 11111111-2222-3333-4444-555555555555
--entry 0001 --partition 11111111-2222-3333-4444-555555555555|partition|Boot0001 names no GPT partition, but PciRoot
--label Off --active|active|Boot0005 "Off" is not active
--entry 0001 --first|first|in BootOrder Boot0004 "VMware ESXi" is tried before Boot0001
EOF
        "$put" vars.fd BootNext $global 7 0100
        expect_exit 1 "$AAVMF_VARS" assert vars.fd --entry 0004 --first
        contains stdout 'BootNext is set: Boot0001 "UEFI QEMU USB HARDDRIVE" is tried before Boot0004'
}

test_assert_reports_an_entry_that_is_not_booted() {
        formatted vars.fd
        "$put" vars.fd Boot0004 $global 7 "$(option 01000000 "VMware ESXi" "$(esp_path '\A')")"
        expect_exit 1 "$AAVMF_VARS" assert vars.fd
        contains stdout 'no (order): BootOrder does not name Boot0004; it is empty'
        "$put" vars.fd BootOrder $global 7 01000200
        expect_exit 1 "$AAVMF_VARS" assert vars.fd
        contains stdout 'no (order): BootOrder does not name Boot0004; it is 0001,0002'
        blank blank.fd
        expect_exit 1 "$AAVMF_VARS" assert blank.fd
        contains stdout 'blank.fd: no (entry): the store has no boot entries'
}

test_assert_reports_which_of_several_files_fail() {
        installed a.fd
        installed b.fd
        formatted c.fd
        damaged d.fd
        expect_exit 0 "$AAVMF_VARS" assert a.fd b.fd
        expect_exit 1 "$AAVMF_VARS" assert a.fd c.fd b.fd
        contains stdout 'a.fd: yes'
        contains stdout 'c.fd: no'
        contains stdout 'b.fd: yes'
        expect_exit 2 "$AAVMF_VARS" assert a.fd missing.fd c.fd
        expect_exit 3 "$AAVMF_VARS" assert a.fd d.fd missing.fd
        contains stderr 'd.fd: damaged at offset 0x64'
        expect_exit 1 "$AAVMF_VARS" assert a.fd c.fd --json
        contains stdout '"holds": false'
        contains stdout '"clause": "entry"'
}

test_assert_refuses_invalid_options() {
        installed vars.fd
        expect_exit 2 "$AAVMF_VARS" assert vars.fd --entry 00040
        expect_exit 2 "$AAVMF_VARS" assert vars.fd --entry xyzw
        expect_exit 2 "$AAVMF_VARS" assert vars.fd --partition 0A48CC8F
        expect_exit 2 "$AAVMF_VARS" assert
}

# ---- clone ----

allocated() {
        du -k "$1" | cut -f1
}

test_clone_is_the_source_byte_for_byte_and_sparse() {
        installed source.fd
        # Not sparse, as dpkg unpacks it.
        cat source.fd >full.fd
        chmod 444 full.fd
        expect_exit 0 "$AAVMF_VARS" clone full.fd target.fd
        cmp full.fd target.fd
        [ "$(allocated target.fd)" -lt 1024 ]
        [ -w target.fd ]
        [ "$(ls -A | grep -c partial)" -eq 0 ]
        blank blank.fd
        expect_exit 0 "$AAVMF_VARS" clone blank.fd also-blank.fd
        cmp blank.fd also-blank.fd
}

# Padding between holes, at the very end, and with an edit: all of it is kept.
test_clone_keeps_the_padding() {
        installed source.fd
        printf 'in between' | dd of=source.fd bs=1 seek=41943041 conv=notrunc 2>/dev/null
        expect_exit 0 "$AAVMF_VARS" clone source.fd target.fd
        cmp source.fd target.fd
        [ "$(allocated target.fd)" -lt 1024 ]
        printf 'the end' | dd of=source.fd bs=1 seek=67108857 conv=notrunc 2>/dev/null
        cat source.fd >full.fd
        for file in source.fd full.fd; do
                expect_exit 0 "$AAVMF_VARS" clone $file target.fd --force
                cmp source.fd target.fd
                expect_exit 0 "$AAVMF_VARS" clone $file target.fd --force --timeout 9
                tail -c +786433 source.fd >padding
                tail -c +786433 target.fd | cmp - padding
        done
        [ "$(allocated target.fd)" -lt 1024 ]
}

test_clone_does_not_replace_without_force() {
        installed source.fd
        echo precious >target.fd
        expect_exit 2 "$AAVMF_VARS" clone source.fd target.fd
        contains stderr '--force'
        [ "$(cat target.fd)" = precious ]
        chmod 600 target.fd
        expect_exit 0 "$AAVMF_VARS" clone source.fd target.fd --force
        cmp source.fd target.fd
        [ "$(stat -c %a target.fd)" = 600 ]
}

test_clone_refuses_its_own_source() {
        installed source.fd
        cp source.fd before.fd
        ln source.fd hard.fd
        ln -s source.fd soft.fd
        for target in source.fd ./source.fd hard.fd soft.fd; do
                expect_exit 2 "$AAVMF_VARS" clone source.fd $target --force
                contains stderr 'are the same file'
        done
        cmp source.fd before.fd
}

test_clone_sets_the_timeout() {
        blank blank.fd
        expect_exit 0 "$AAVMF_VARS" clone blank.fd target.fd --timeout 0
        expect_exit 0 "$AAVMF_VARS" list target.fd
        contains stdout 'Timeout: 0 seconds'
        expect_exit 0 "$AAVMF_VARS" check target.fd
        contains stdout 'target.fd: sound: 1 variables'
        [ "$(stat -c %s target.fd)" -eq 67108864 ]
        expect_exit 0 "$AAVMF_VARS" clone target.fd again.fd --timeout 65535
        expect_exit 0 "$AAVMF_VARS" list again.fd
        contains stdout 'Timeout: 65535 seconds'
        for wrong in -1 65536 soon ''; do
                expect_exit 2 "$AAVMF_VARS" clone target.fd wrong.fd "--timeout=$wrong"
        done
        [ ! -e wrong.fd ]
}

test_clone_refuses_a_damaged_source() {
        damaged source.fd
        expect_exit 3 "$AAVMF_VARS" clone source.fd target.fd
        contains stderr 'source.fd: damaged at offset 0x64'
        echo 'not a store' >text
        expect_exit 3 "$AAVMF_VARS" clone text target.fd
        expect_exit 2 "$AAVMF_VARS" clone missing.fd target.fd
        expect_exit 2 "$AAVMF_VARS" clone source.fd
        [ ! -e target.fd ]
}

test_clone_keeps_the_old_file_when_the_disk_is_full() {
        needs_linux 'mount namespaces'
        installed source.fd
        mkdir small
        # A file system of 300 KiB, in a separate mount namespace; a clone needs 768.
        in_mount_namespace sh -eu -c '
                mount -t tmpfs -o size=300k none small
                echo precious >small/target.fd
                code=0
                "$1" clone source.fd small/target.fd --force 2>stderr || code=$?
                [ $code -eq 4 ]
                [ "$(cat small/target.fd)" = precious ]
                [ "$(ls -A small)" = target.fd ]
        ' sh "$AAVMF_VARS"
        contains stderr 'No space left on device'
}

test_every_command_has_help() {
        for command in list check assert clone; do
                expect_exit 0 "$AAVMF_VARS" $command --help
                contains stdout "usage: aavmf-vars $command"
                contains "$ROOT/docs/aavmf-vars.1" ".Cm $command"
        done
}

run_tests
