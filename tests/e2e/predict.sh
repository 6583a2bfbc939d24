#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The firmware does what the library predicts: the same stores and disks, in QEMU.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/store.sh"
. "$TESTS/predictions.sh"

# Compares `esxiarm predict` for the machine that the launcher would start with the firmware's actions. This is a row of
# the table: the store STORE with the disk alone, with a payload, and with a payload that has a bootindex. EXPECTED has
# a pattern for each, separated by slashes: entry, device and file.
compare_row() {
        expected=$2
        for how in '' '--payload payload.img' '--payload payload.img --payload-first'; do
                cp "$1" run.fd
                # shellcheck disable=SC2086 # a list of words
                "$ESXIARM" predict --disk disk.img --vars run.fd --code "$AAVMF_CODE" $how --json >predicted.json
                case $how in
                '') devices=$(usb 1 disk.img '') ;;
                *first) devices="$(usb 1 payload.img ,bootindex=0) $(usb 2 disk.img '')" ;;
                *) devices="$(usb 1 payload.img '') $(usb 2 disk.img '')" ;;
                esac
                boot run.fd "$devices" >happened
                fact=$(sed -n 's/^starting Boot//p' happened)
                prediction=$(jq -r .starts.entry predicted.json)
                what=$(jq -r '.starts | .device + " " + (.file | split("\\")[-1])' predicted.json)
                [ "$prediction" = "$fact" ] || fail "$1 $how: predicted $prediction, happened $fact"
                # shellcheck disable=SC2254 # a pattern
                case "$fact $what" in
                ${expected%%/*}) ;;
                *) fail "$1 $how: $fact $what, not ${expected%%/*}" ;;
                esac
                expected=${expected#*/}
        done
}

test_measured_table() {
        disks
        own='0004 disk.img safeboot64.efi'
        # The firmware's own entries; the numbers of new ones depend on its generation.
        disk='???? disk.img BOOTAA64.EFI'
        installer='???? the payload BOOTAA64.EFI'
        new_store first.fd
        entry first.fd 0004 01000000 1 64
        order first.fd 0400
        compare_row first.fd "$own/$own/$installer"
        # As after a start with the disks: the firmware's own entries come before.
        new_store last.fd
        entry last.fd 0004 01000000 1 64
        "$put" last.fd Boot0001 $global 7 "$(option 01000000 'UEFI QEMU QEMU USB HARDDRIVE 1-0000:00:01.0-1' \
                "$(usb_node 0)$end" $auto_created)"
        order last.fd 01000400
        compare_row last.fd "$disk/$installer/$installer"
        new_store wrong.fd
        entry wrong.fd 0004 01000000 2 64
        order wrong.fd 0400
        compare_row wrong.fd "$disk/$installer/$installer"
        new_store blank.fd
        compare_row blank.fd "$disk/$installer/$installer"
}

# Rebuilt from the disk alone, for every known system on it.
test_rebuilt_vars_boot_any_disk() {
        use_firmware
        for loader_file in EFI/VMware/safeboot64.efi EFI/debian/grubaa64.efi EFI/BOOT/BOOTAA64.EFI; do
                rm -f disk.img
                make_disk disk.img $loader_file
                "$ESXIARM" rebuild-vars --disk disk.img -o vars.fd --force --timeout 0 --template "$AAVMF_VARS_TEMPLATE"
                boot vars.fd "$(usb 1 disk.img '')" >happened
                contains happened 'starting Boot0004'
                contains vars.fd.log "$(basename $loader_file)"
        done
}

# When nothing in BootOrder can be started: a fallback file elsewhere, or the menu; older firmware starts its shell
# first.
test_an_exhausted_boot_order() {
        disks
        truncate -s 4M empty.img
        make_disk bare.img EFI/VMware/safeboot64.efi
        new_store blank.fd
        compare blank.fd empty.img ,bootindex=0 fs disk.img '' "$disk_content"
        compare blank.fd empty.img ,bootindex=0 fs bare.img '' "gpt=1,$esp,40,5000;$loader"
        compare blank.fd empty.img '' fs
}

ask() {
        expect_exit 0 "$ESXIARM" predict --disk disk.img --vars vars.fd "$@"
}

# Without its CODE, a firmware is identified by the entries that it has written, otherwise not at all.
test_a_firmware_is_known_by_its_code_or_its_entries() {
        disks
        new_store vars.fd
        ask --json --code "$AAVMF_CODE"
        generation=$(jq -r .starts.generation stdout)
        [ "$generation" != null ] || fail "the firmware of this system is not of a known generation"
        jq -S 'del(.starts.generation)' stdout >by_code
        ask --json
        jq -e '.starts.generation == null and .starts.entry == null and (.starts.certain | not) and .starts.device == "disk.img"' stdout
        ask
        contains stdout 'firmware: unknown (use --code'
        boot vars.fd "$(usb 1 disk.img '')" >happened
        [ "starting Boot$(jq -r .starts.entry by_code)" = "$(head -n 1 happened)" ] || fail "$(cat by_code happened)"
        ask --json
        [ "$(jq -r .starts.generation stdout)" = "$generation" ] || fail "not $generation: $(cat stdout)"
        ask
        contains stdout "firmware: behaves as EDK2 $generation (read from the vars"
        ask --code "$AAVMF_CODE"
        contains stdout "firmware: behaves as EDK2 $generation (read from its CODE)"
        expect_exit 2 "$ESXIARM" predict --disk disk.img --vars vars.fd --code nowhere.fd
        contains stderr '--code: nowhere.fd'
        expect_exit 3 "$ESXIARM" predict --disk disk.img --vars vars.fd --code disk.img
        contains stderr '--code: disk.img: cannot read its firmware volumes'
}

test_random_stores_and_disks() {
        compare_random 20261124 4
}

test_entry_that_a_bootindex_drops_is_gone_for_later_starts() {
        disks
        new_store vars.fd
        entry vars.fd 0004 01000000 1 64
        entry vars.fd 0005 00000000 1 64
        order vars.fd 04000500
        "$put" vars.fd BootNext $global 7 0400
        compare vars.fd payload.img ,bootindex=0 "$payload_content" disk.img '' "$disk_content"
        "$AAVMF_VARS" list run.fd >list
        lacks list 'Boot0004'
        contains list 'Boot0005  VMware ESXi'
        cp run.fd later.fd
        compare later.fd payload.img '' "$payload_content" disk.img '' "$disk_content"
}

test_bootindex_on_both_orders_the_entries() {
        disks
        new_store vars.fd
        entry vars.fd 0004 01000000 1 64
        order vars.fd 0400
        compare vars.fd payload.img ,bootindex=1 "$payload_content" disk.img ,bootindex=0 "$disk_content"
}

test_kinds_of_device_paths() {
        disks
        new_store vars.fd
        # An application, an inactive one, a device that is gone, a partition on the wrong device, a file on none.
        entry vars.fd 0004 01010000 1 64
        entry vars.fd 0005 00000000 1 64
        "$put" vars.fd Boot0001 $global 7 "$(option 01000000 Gone "$(usb_node 5)$end" $auto_created)"
        "$put" vars.fd Boot0006 $global 7 "$(option 01000000 Other "$(usb_node 0)$(hd_node 1 64)$(file_node "$loader")$end")"
        "$put" vars.fd Boot0007 $global 7 "$(option 01000000 Direct "$(usb_node 1)$(file_node "$loader")$end")"
        "$put" vars.fd Boot0008 $global 7 "$(option 01000000 None "$(file_node '\EFI\none.efi')$end")"
        # A hidden entry, and one with a wrong start of its partition: neither matters.
        entry vars.fd 0009 09000000 1 80
        order vars.fd 0400050001000600070008000900
        compare vars.fd payload.img '' "$payload_content" disk.img '' "$disk_content"
}

test_boot_next_and_removable_media() {
        disks
        new_store vars.fd
        "$put" vars.fd BootNext $global 7 0200
        # Boot0002 does not exist, and no new entry gets that number. Removable media come first.
        compare vars.fd payload.img '' "$payload_content" disk.img ',removable=on' "$disk_content"
        new_store inactive.fd
        entry inactive.fd 0004 00000000 1 64
        "$put" inactive.fd BootNext $global 7 0400
        compare inactive.fd payload.img ,bootindex=0 "$payload_content" disk.img '' "$disk_content"
}

run_tests
