#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The firmware in QEMU judges aavmf-vars edit, clone, format and import: it accepts what they write, keeps every
# variable, obeys BootOrder, BootNext and Timeout, and leaves a sound store.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/store.sh"

variables() {
        "$AAVMF_VARS" list --all "$1" | grep -v '^$' | sort
}

# Boots the store and writes the labels of the tried entries to ./tried, in order. Every variable must remain; the
# firmware may only delete BootNext, extend BootOrder and MTC, and recreate its own entries and the keys for them.
boot() {
        sound "$1"
        variables "$1" >before
        start_firmware "$1"
        wait_for 60 firmware_is_done "$1.log"
        stop_firmware "$pid"
        sound "$1"
        variables "$1" >after
        comm -23 before after | grep -Ev '^BootNext|^BootOrder|^Key|^MTC|/FvFile\(' >lost || :
        [ ! -s lost ] || fail "the firmware lost: $(cat lost)"
        tr -d '\r' <"$1.log" | sed -n 's/.*BdsDxe: failed to load Boot.... "\([^"]*\)" from .*: Not Found$/\1/p' |
                tr '\n' ' ' >tried
}

tried() {
        [ "$(cat tried)" = "$* " ] || fail "tried $(cat tried), not $*"
}

edit() {
        expect_exit 0 "$AAVMF_VARS" edit vars.fd "$@"
}

test_firmware_obeys_every_kind_of_edit() {
        use_firmware
        # A store created by format, and entries.
        expect_exit 0 "$AAVMF_VARS" format vars.fd --boot-add A --loader a.efi --hd $hd --boot-add B --loader b.efi --hd $hd \
                --boot-add C --loader c.efi --hd $hd --last --optional-data c0ffee --timeout 0 --set "Mine:$mine=c0ffee" \
                --attributes NV,BS
        boot vars.fd
        tried B A C
        contains after "Mine${tab}$mine${tab}NV,BS${tab}3 bytes${tab}c0ffee"

        # First, label and activity, in the store that the firmware has extended.
        edit --boot-first C --boot-label C=New --boot-deactivate A
        boot vars.fd
        tried New B

        # BootNext counts only once.
        edit --boot-activate A --boot-next A --set "Mine:$mine=00"
        boot vars.fd
        tried A New B A
        lacks after BootNext
        contains after "Mine${tab}$mine${tab}NV,BS${tab}1 byte${tab}00"

        # Order, removal, deletion.
        edit --boot-order A,B --boot-remove New --delete "Mine:$mine"
        boot vars.fd
        tried A B
        lacks after Mine
        lacks after New

        # A compacted store, and a chosen number.
        expect_exit 0 "$AAVMF_VARS" clone vars.fd compact.fd --compact --boot-add Z --loader z.efi --hd $hd --bootnum 00AF
        sound compact.fd
        contains stdout ', 0 of them by deleted records'
        boot compact.fd
        tried Z A B
}

test_firmware_waits_for_the_timeout() {
        use_firmware
        expect_exit 0 "$AAVMF_VARS" clone "$AAVMF_VARS_TEMPLATE" vars.fd --timeout 0
        expect_exit 0 "$AAVMF_VARS" clone vars.fd slow.fd
        expect_exit 0 "$AAVMF_VARS" edit slow.fd --timeout 8
        overtakes vars.fd slow.fd
        stop_firmware "$slow"
}

# An edit that finds no space drops deleted records.
test_firmware_accepts_a_store_that_was_full() {
        use_firmware
        expect_exit 0 "$AAVMF_VARS" format vars.fd --boot-add A --loader a.efi --hd $hd --timeout 0
        dd if=/dev/zero of=filler bs=30002 count=1 2>/dev/null
        for i in 1 2 3 4 5 6 7 8; do
                edit --set "Filler$i:$mine=@filler"
        done
        edit --delete "Filler1:$mine" --delete "Filler2:$mine" --set "Mine:$mine=01"
        # 20,000 bytes were left.
        edit --set "Filler9:$mine=@filler" --boot-label A=New
        boot vars.fd
        tried New
        contains after "Mine$tab"
        contains after "Filler9$tab"
}

# The queue of fault-tolerant writes as AAVMF leaves it while compacting: the spare block is complete, the write is not.
test_firmware_accepts_an_edit_of_a_store_with_a_pending_write() {
        use_firmware
        expect_exit 0 "$AAVMF_VARS" format vars.fd --timeout 0 --set "Mine:$mine=00"
        expect_exit 0 "$AAVMF_VARS" clone vars.fd new.fd --set "Mine:$mine=01"
        make_write_pending vars.fd new.fd
        edit --set "Other:$mine=02"
        boot vars.fd
        contains after "Mine$tab$mine${tab}NV,BS,RT${tab}1 byte${tab}01"
        contains after "Other$tab"
}

# Keys with time stamps, from JSON: the firmware keeps them and enters user mode.
test_firmware_accepts_imported_keys() {
        use_firmware
        expect_exit 0 "$AAVMF_VARS" export /usr/share/OVMF/OVMF_VARS_4M.ms.fd --json-file all.json
        jq '.variables |= map(select(.name | IN("PK", "KEK", "db", "dbx")))' all.json >keys.json
        expect_exit 0 "$AAVMF_VARS" format vars.fd --timeout 0
        expect_exit 0 "$AAVMF_VARS" import vars.fd --json-file keys.json --force
        boot vars.fd
        expect_exit 0 "$AAVMF_VARS" export vars.fd --json-file after.json
        jq -S '.variables | sort_by(.name)' keys.json >expected
        jq -S '.variables | map(select(.name | IN("PK", "KEK", "db", "dbx"))) | sort_by(.name)' after.json >found
        [ "$(jq length found)" -eq 4 ]
        diff expected found
}

run_tests
