#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The firmware in QEMU judges aavmf-vars: it accepts stores formatted by it, its changes to them are read soundly, and
# device paths are spelled as in its log.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/store.sh"

boot() {
        start_firmware "$@"
        wait_for 30 firmware_is_done "$1.log"
        stop_firmware "$pid"
}

variables() {
        "$AAVMF_VARS" list --all "$1" | cut -f1,2,5
}

test_firmware_keeps_a_store_that_was_formatted_for_it_and_does_not_wait() {
        use_firmware
        blank slow.fd
        expect_exit 0 "$AAVMF_VARS" clone slow.fd quick.fd --timeout 0
        "$put" quick.fd Keepsake $mine 3 c0ffee
        overtakes quick.fd slow.fd
        sound quick.fd
        expect_exit 0 "$AAVMF_VARS" list quick.fd --all
        contains stdout 'Timeout: 0 seconds'
        contains stdout "Keepsake$tab$mine"
        grep -q '^Boot0000\* .*/FvFile(' stdout || fail "no menu: $(cat stdout)"
        contains stdout "Lang${tab}EFI_GLOBAL_VARIABLE${tab}NV,BS,RT${tab}4 bytes${tab}\"eng\""
        # A store formatted by the firmware has the same headers.
        wait_for 60 firmware_is_done slow.fd.log
        stop_firmware "$slow"
        for part in '1 100' '262145 262144'; do
                for store in slow quick; do
                        tail -c "+${part% *}" $store.fd | head -c "${part#* }" >$store.part
                done
                cmp slow.part quick.part
        done
        sound slow.fd
}

# An entry for each path in the unit test of device paths; the firmware tries them all in vain and logs each.
test_device_paths_are_spelled_as_in_the_firmwares_log() {
        use_firmware
        formatted vars.fd 0
        number=0
        order=
        for hex in $(sed -n 's/^ *{"\([0-9a-f]*\)",.*/\1/p' "$ROOT/tests/unit/varstore/test-devpath.c"); do
                number=$((number + 1))
                name=$(printf '%04X' $((0x1000 + number)))
                order=$order$(printf '%02x10' $number)
                # Active, the path and its end, the label "x".
                "$put" vars.fd "Boot$name" $global 7 \
                        "$(printf '01000000%02x0078000000%s7fff0400' $((${#hex} / 2 + 4)) "$hex")"
        done
        [ $number -gt 100 ]
        "$put" vars.fd BootOrder $global 7 "$order"
        expect_exit 0 "$AAVMF_VARS" list vars.fd
        sed -n "s/^\(Boot1...\)\* x$tab/\1 /p" stdout >ours
        # A disk, so that something starts in the end.
        truncate -s 4M payload.img
        mformat -i payload.img -T 8192 -h 16 -s 32 ::
        mmd -i payload.img ::EFI ::EFI/BOOT
        mcopy -i payload.img "$BUILD/rehearsal/BOOTAA64.EFI" ::EFI/BOOT
        boot vars.fd -device qemu-xhci -drive if=none,id=payload,format=raw,readonly=on,file=payload.img \
                -device usb-storage,drive=payload
        tr -d '\r' <vars.fd.log | sed -n 's/.*BdsDxe: failed to load \(Boot1...\) "x" from \(.*\): Not Found$/\1 \2/p' |
                sort >theirs
        [ "$(wc -l <theirs)" -eq $number ]
        diff theirs ours
        # And the entry that started in the end: its shell, unless that is an application.
        ! grep -q 'No bootable option' vars.fd.log || return 0
        expect_exit 0 "$AAVMF_VARS" list vars.fd
        tr -d '\r' <vars.fd.log | sed -n 's/.*BdsDxe: starting \(Boot....\) "\(.*\)" from \(.*\)$/\1* \2'"$tab"'\3/p' >started
        [ -s started ]
        contains stdout "$(cat started)"
}

test_pending_write_is_read_as_the_firmware_completes_it() {
        use_firmware
        formatted vars.fd 0
        cp vars.fd new.fd
        "$put" vars.fd Value $mine 3 00
        "$put" new.fd Value $mine 3 01
        make_write_pending vars.fd new.fd
        variables vars.fd >before
        contains before "Value$tab$mine${tab}01"
        boot vars.fd
        sound vars.fd
        variables vars.fd >after
        contains after "Value$tab$mine${tab}01"
}

test_store_that_the_firmware_compacted_is_read() {
        use_firmware
        formatted vars.fd 0
        "$put" vars.fd First $mine 3 01
        filler=$(dd if=/dev/zero bs=32000 count=1 2>/dev/null | od -An -v -tx1 | tr -d ' \n')
        for i in 1 2 3 4 5 6 7 8; do
                "$put" vars.fd Filler$i $mine 3 "$filler" 3c
        done
        # As left by a power cut in the middle of an update.
        "$put" vars.fd Cut $mine 3 02 3e
        "$put" vars.fd Filler9 $mine 3 "$(echo "$filler" | cut -c1-9200)" 3c
        variables vars.fd >before
        contains before "Cut$tab$mine${tab}02"
        boot vars.fd
        sound vars.fd
        expect_exit 0 "$AAVMF_VARS" list vars.fd --json
        # The fillers are gone.
        [ "$(sed -n 's/.*"used": \([0-9]*\).*/\1/p' stdout)" -lt 10000 ]
        variables vars.fd >after
        contains after "First$tab$mine${tab}01"
        contains after "Cut$tab$mine${tab}02"
}

run_tests
