#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# aavmf-vars export and import: other programs' JSON, folders for efibootmgr, and stores in qcow2 images.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/store.sh"

lower_global=8be4df61-93ca-11d2-aa0d-00e098032b8c
template=/usr/share/OVMF/OVMF_VARS_4M.ms.fd

store_size=131072

installed() {
        two_entries "$1" --boot-deactivate UiApp --boot-next UiApp
}

# ---- JSON ----

test_json_is_what_qemu_and_virt_fw_vars_write() {
        blank vars.fd
        "$AAVMF_VARS" format vars.fd --set "Mine:$mine=C0ffee" --attributes NV,BS
        "$put" vars.fd KEK $global 27 0102
        expect_exit 0 "$AAVMF_VARS" export vars.fd --json-file out.json
        cat >expected <<END
{
    "version": 2,
    "variables": [
        {
            "name": "Mine",
            "guid": "$mine",
            "attr": 3,
            "data": "c0ffee"
        },
        {
            "name": "KEK",
            "guid": "$lower_global",
            "attr": 39,
            "data": "0102",
            "time": "00000000000000000000000000000000"
        }
    ]
}
END
        diff expected out.json
        [ "$(stat -c %a out.json)" = 644 ]
        blank blank.fd
        expect_exit 0 "$AAVMF_VARS" export blank.fd --json-file blank.json
        [ "$(jq -c . blank.json)" = '{"version":2,"variables":[]}' ]
}

# As QEMU's uefi-vars device saves it: keys in another order, and one that only QEMU knows.
test_json_of_qemu_is_imported() {
        cat >qemu.json <<END
{
    "version": 2,
    "variables": [
        {
            "guid": "d719b2cb-3d3a-4596-a3bc-dad00e67656f",
            "name": "db",
            "attr": 39,
            "data": "a159c0a5",
            "time": "e6070b0e0f1011000000000000000000",
            "digest": "00112233"
        },
        {
            "guid": "$lower_global",
            "name": "Timeout",
            "attr": 7,
            "data": "0000"
        },
        {
            "guid": "$lower_global",
            "name": "BootCurrent",
            "attr": 6,
            "data": "0000"
        }
    ]
}
END
        blank vars.fd
        expect_exit 2 "$AAVMF_VARS" import vars.fd --json-file qemu.json
        contains stderr 'db is authenticated'
        expect_exit 0 "$AAVMF_VARS" import vars.fd --json-file qemu.json --force
        contains stderr 'note: skipped 1 variable without the attribute NV'
        expect_exit 0 "$AAVMF_VARS" check vars.fd
        contains stdout 'vars.fd: sound: 2 variables'
        expect_exit 0 "$AAVMF_VARS" show vars.fd db
        contains stdout 'time:       2022-11-14 15:16:17'
        expect_exit 0 "$AAVMF_VARS" show vars.fd db --json
        [ "$(jq -c '[.guid, .attributes, .data]' stdout)" = '["D719B2CB-3D3A-4596-A3BC-DAD00E67656F",39,"a159c0a5"]' ]
        # Importing an existing value changes nothing and needs no force.
        expect_exit 0 "$AAVMF_VARS" import vars.fd --json-file qemu.json
        # The export is the same, except for what is not in the store.
        expect_exit 0 "$AAVMF_VARS" export vars.fd --json-file back.json
        jq -S '[.variables[] | select(.attr != 6) | del(.digest)] | sort_by(.name)' qemu.json >theirs
        jq -S '.variables | sort_by(.name)' back.json >ours
        diff theirs ours
}

test_json_carries_a_whole_shipped_store_both_ways() {
        needs_linux 'the package ovmf'
        expect_exit 0 "$AAVMF_VARS" export $template --json-file all.json
        [ "$(jq '[.variables[] | select(.attr == 39 and .name != "certdb" and .time == "00000000000000000000000000000000")] |
                length' all.json)" -eq 0 ]
        expect_exit 0 "$AAVMF_VARS" format vars.fd --like $template
        expect_exit 0 "$AAVMF_VARS" import vars.fd --json-file all.json --force
        expect_exit 0 "$AAVMF_VARS" diff vars.fd $template
        sound vars.fd
}

test_import_leaves_other_variables_alone_and_is_all_or_nothing() {
        installed vars.fd
        cp vars.fd before.fd
        printf '{"variables":[{"name":"Timeout","guid":"%s","attr":7,"data":"0000"}%s]}' $global '' >good.json
        expect_exit 0 "$AAVMF_VARS" import vars.fd --json-file good.json
        expect_exit 1 "$AAVMF_VARS" diff before.fd vars.fd
        [ "$(cat stdout)" = 'Timeout is 0 seconds, was 5 seconds' ]
        cp vars.fd before.fd
        large=$(dd if=/dev/zero bs=57200 count=1 2>/dev/null | od -An -v -tx1 | tr -d ' \n')
        while IFS='|' read -r code variable message; do
                printf '{"version":2,"variables":[{"name":"Timeout","guid":"%s","attr":7,"data":"0900"},%s]}' $global \
                        "$(printf %s "$variable" | sed "s/LARGE/$large/")" >wrong.json
                expect_exit "$code" "$AAVMF_VARS" import vars.fd --json-file wrong.json
                contains stderr "$message"
                cmp vars.fd before.fd
        done <<END
2|{"name":"PK","guid":"$global","attr":39,"data":"00"}|PK is authenticated
2|{"name":"X","guid":"$global","attr":71,"data":"00"}|attributes 0x47 cannot be stored
2|{"name":"X","guid":"$global","attr":5,"data":"00"}|attributes with RT but without BS
4|{"name":"X","guid":"$global","attr":7,"data":"LARGE"}|the store is full
3|{"name":"X","guid":"$global","attr":7,"data":""}|wrong.json: variables[1] "X": 'data' is not
3|{"name":"X","guid":"$global","attr":7,"data":"0"}|'data' is not
3|{"name":"X","guid":"$global","attr":7,"data":"0g"}|'data' is not
3|{"name":"X","guid":"$global","attr":7,"data":7}|'data' is not
3|{"name":"X","guid":"$global","attr":7}|'data' is not
3|{"name":"X","guid":"$global","attr":-1,"data":"00"}|'attr' is not
3|{"name":"X","guid":"$global","attr":4294967296,"data":"00"}|'attr' is not
3|{"name":"X","guid":"$global","attr":7.0,"data":"00"}|'attr' is not
3|{"name":"X","guid":"$global","data":"00"}|'attr' is not
3|{"name":"X","guid":"8be4df61","attr":7,"data":"00"}|'guid' is not
3|{"name":"X","attr":7,"data":"00"}|'guid' is not
3|{"name":"","guid":"$global","attr":7,"data":"00"}|'name' is not
3|{"guid":"$global","attr":7,"data":"00"}|'name' is not
3|{"name":"X\\u0000Y","guid":"$global","attr":7,"data":"00"}|not JSON
3|"X"|'name' is not
3|{"name":"X","guid":"$global","attr":39,"data":"00","time":"00"}|'time' is not
3|{"name":"X","guid":"$global","attr":39,"data":"00","time":7}|'time' is not
3|{"name":"Timeout","guid":"$lower_global","attr":7,"data":"00"}|the variable Timeout appears twice
END
        for text in '' '[]' '{}' '{"variables":{}}' '{"version":1,"variables":[]}' '{"version":2,"variables":[' 'text'; do
                printf '%s' "$text" >wrong.json
                expect_exit 3 "$AAVMF_VARS" import vars.fd --json-file wrong.json
                contains stderr 'wrong.json: '
                cmp vars.fd before.fd
        done
        # Cut off at every place.
        size=$(($(stat -c %s good.json) - 1))
        while [ $size -ge 0 ]; do
                head -c $size good.json >cut.json
                expect_exit 3 "$AAVMF_VARS" import vars.fd --json-file cut.json
                size=$((size - 7))
        done
        cmp vars.fd before.fd
        expect_exit 2 "$AAVMF_VARS" import vars.fd --json-file missing.json
        expect_exit 2 "$AAVMF_VARS" import missing.fd --json-file good.json
        expect_exit 2 "$AAVMF_VARS" import vars.fd
        expect_exit 2 "$AAVMF_VARS" import vars.fd --json-file good.json --efivarfs .
}

# ---- folders ----

test_efibootmgr_reads_the_folder_as_list_shows_the_store() {
        needs efibootmgr
        installed vars.fd
        expect_exit 0 "$AAVMF_VARS" export vars.fd --efivarfs efivars/
        agrees_with_efibootmgr vars.fd efivars
        [ "$(wc -l <ours)" -eq 2 ]
}

# The other way around: efibootmgr's changes to a folder are imported.
test_entry_changed_by_efibootmgr_is_imported() {
        needs efibootmgr
        installed vars.fd
        expect_exit 0 "$AAVMF_VARS" export vars.fd --efivarfs efivars
        EFIVARFS_PATH=$PWD/efivars/ efibootmgr -q -o 0000,0001
        EFIVARFS_PATH=$PWD/efivars/ efibootmgr -q -t 9
        expect_exit 0 "$AAVMF_VARS" import vars.fd --efivarfs efivars
        expect_exit 0 "$AAVMF_VARS" list vars.fd
        contains stdout 'BootOrder: 0000,0001'
        contains stdout 'Boot0000  UiApp'
        contains stdout 'Timeout: 9 seconds'
}

test_folder_carries_a_whole_shipped_store() {
        needs_linux 'the package ovmf'
        expect_exit 0 "$AAVMF_VARS" export $template --efivarfs efivars
        expect_exit 0 "$AAVMF_VARS" format vars.fd --like $template
        expect_exit 0 "$AAVMF_VARS" import vars.fd --efivarfs efivars --force
        # Only time stamps are not kept in it.
        expect_exit 1 "$AAVMF_VARS" diff vars.fd $template
        [ -z "$(grep -v '^~ [A-Za-z]* [A-Z_]*: different time stamp or count$' stdout)" ]
        [ "$(find efivars -type f | wc -l)" -eq "$("$AAVMF_VARS" list --all --json $template | jq '.variables | length')" ]
}

test_slash_in_a_name_is_an_exclamation_mark() {
        blank vars.fd
        "$AAVMF_VARS" format vars.fd --set "../a/b:$mine=00"
        expect_exit 0 "$AAVMF_VARS" export vars.fd --efivarfs efivars
        [ "$(ls -A efivars)" = "..!a!b-$mine" ]
}

test_import_refuses_a_folder_with_other_files() {
        installed vars.fd
        cp vars.fd before.fd
        expect_exit 2 "$AAVMF_VARS" import vars.fd --efivarfs missing
        expect_exit 4 "$AAVMF_VARS" import vars.fd --efivarfs before.fd
        for name in README "-$lower_global" "Boot0000_$lower_global" "Boot0000-8be4df61-93ca-11d2-aa0d-00e098032b8"; do
                mkdir wrong
                "$put" wrong Timeout $global 7 0900
                printf '\007\000\000\000\000' >"wrong/$name"
                expect_exit 3 "$AAVMF_VARS" import vars.fd --efivarfs wrong
                contains stderr "wrong/$name: the file name is not NAME-GUID"
                rm -r wrong
        done
        for size in 0 1 3 4; do
                mkdir wrong
                "$put" wrong Timeout $global 7 0900
                head -c $size /dev/zero >"wrong/X-$lower_global"
                expect_exit 3 "$AAVMF_VARS" import vars.fd --efivarfs wrong
                contains stderr 'too few for attributes and data'
                rm -r wrong
        done
        mkdir -p "wrong/X-$lower_global"
        expect_exit 3 "$AAVMF_VARS" import vars.fd --efivarfs wrong
        contains stderr 'not a regular file'
        rmdir "wrong/X-$lower_global"
        mkfifo "wrong/X-$lower_global"
        expect_exit 3 "$AAVMF_VARS" import vars.fd --efivarfs wrong
        rm "wrong/X-$lower_global"
        # One variable twice, by the case of its GUID.
        printf '\007\000\000\000\000' >"wrong/X-$lower_global"
        printf '\007\000\000\000\001' >"wrong/X-$global"
        expect_exit 3 "$AAVMF_VARS" import vars.fd --efivarfs wrong
        contains stderr 'the variable X appears twice'
        cmp vars.fd before.fd
}

# ---- existing files ----

test_export_replaces_nothing_without_force() {
        installed vars.fd
        echo precious >out.json
        expect_exit 2 "$AAVMF_VARS" export vars.fd --json-file out.json
        [ "$(cat out.json)" = precious ]
        expect_exit 0 "$AAVMF_VARS" export vars.fd --json-file out.json --force
        jq -e .version out.json >/dev/null
        expect_exit 2 "$AAVMF_VARS" export vars.fd --json-file vars.fd --force
        contains stderr 'are the same file'

        mkdir efivars
        expect_exit 0 "$AAVMF_VARS" export vars.fd --efivarfs efivars
        : >"efivars/Old-$mine"
        expect_exit 2 "$AAVMF_VARS" export vars.fd --efivarfs efivars
        contains stderr '--force'
        [ -e "efivars/Old-$mine" ]
        expect_exit 0 "$AAVMF_VARS" export vars.fd --efivarfs efivars --force
        [ ! -e "efivars/Old-$mine" ]
        # A file that is not a variable is never lost.
        echo precious >efivars/notes
        expect_exit 2 "$AAVMF_VARS" export vars.fd --efivarfs efivars --force
        contains stderr "contains 'notes', which is not a variable"
        [ "$(cat efivars/notes)" = precious ]
        expect_exit 2 "$AAVMF_VARS" export vars.fd --efivarfs out.json --force
        expect_exit 2 "$AAVMF_VARS" export vars.fd
        expect_exit 2 "$AAVMF_VARS" export missing.fd --json-file new.json
        [ ! -e new.json ]
        [ "$(ls -A | grep -c partial)" -eq 0 ]
}

test_export_of_a_damaged_store_is_refused() {
        installed vars.fd
        printf 'X' | dd of=vars.fd bs=1 seek=100 conv=notrunc 2>/dev/null
        expect_exit 3 "$AAVMF_VARS" export vars.fd --json-file out.json
        expect_exit 3 "$AAVMF_VARS" export vars.fd --efivarfs efivars
        [ ! -e out.json ]
        [ ! -e efivars ]
}

# ---- qcow2 ----

test_store_in_a_qcow2_image_is_read() {
        installed vars.fd
        qemu-img convert -q -f raw -O qcow2 vars.fd vars.qcow2
        for command in "list --all" check "assert --label UiApp --entry 0000"; do
                # shellcheck disable=SC2086 # a list of words
                expect_exit 0 "$AAVMF_VARS" $command vars.fd
                sed 's/vars\.fd/vars.qcow2/' stdout >expected
                # shellcheck disable=SC2086 # a list of words
                expect_exit 0 "$AAVMF_VARS" $command vars.qcow2
                diff expected stdout
        done
        expect_exit 0 "$AAVMF_VARS" diff vars.fd vars.qcow2
        expect_exit 0 "$AAVMF_VARS" show vars.qcow2 Timeout
        expect_exit 0 "$AAVMF_VARS" export vars.qcow2 --json-file out.json
        expect_exit 0 "$AAVMF_VARS" format like.fd --like vars.qcow2
        expect_exit 0 "$AAVMF_VARS" clone vars.qcow2 raw.fd
        cmp vars.fd raw.fd
        # Names that qemu-img would misinterpret.
        mkdir -- -x
        for name in -x/a.fd nbd:a.fd; do
                cp vars.qcow2 "./$name"
                expect_exit 0 "$AAVMF_VARS" diff vars.fd -- "$name"
        done
}

test_qcow2_image_is_not_written() {
        installed vars.fd
        qemu-img convert -q -f raw -O qcow2 vars.fd vars.qcow2
        cp vars.qcow2 before.qcow2
        printf '{"variables":[]}' >empty.json
        for command in "edit vars.qcow2 --timeout 0" "clone vars.fd vars.qcow2 --force" "format vars.qcow2 --force" \
                "import vars.qcow2 --json-file empty.json"; do
                # shellcheck disable=SC2086 # a list of words
                expect_exit 2 "$AAVMF_VARS" $command
                contains stderr 'qemu-img convert -O raw vars.qcow2 vars.fd'
                cmp vars.qcow2 before.qcow2
        done
        # As the message advises.
        qemu-img convert -q -O raw vars.qcow2 raw.fd
        expect_exit 0 "$AAVMF_VARS" edit raw.fd --timeout 0
}

test_broken_qcow2_image_is_refused() {
        installed vars.fd
        qemu-img convert -q -f raw -O qcow2 vars.fd vars.qcow2
        head -c 100 vars.qcow2 >cut.qcow2
        expect_exit 4 "$AAVMF_VARS" list cut.qcow2
        contains stderr 'cut.qcow2: a qcow2 image: '
        echo text >text
        qemu-img convert -q -f raw -O qcow2 text text.qcow2
        expect_exit 3 "$AAVMF_VARS" list text.qcow2
        contains stderr 'text.qcow2: a qcow2 image: not a UEFI variable store'
        # No temporary file is left in either case.
        mkdir scratch
        TMPDIR=$PWD/scratch expect_exit 3 "$AAVMF_VARS" list text.qcow2
        TMPDIR=$PWD/scratch expect_exit 0 "$AAVMF_VARS" list vars.qcow2
        [ -z "$(ls -A scratch)" ]
        TMPDIR=$PWD/nowhere expect_exit 2 "$AAVMF_VARS" list vars.qcow2
        # Without qemu-img, the message names it.
        PATH=/nonexistent expect_exit 4 "$AAVMF_VARS" list vars.qcow2
        contains stderr 'qemu-img'
}

test_every_command_has_help() {
        for command in export import; do
                expect_exit 0 "$AAVMF_VARS" $command --help
                contains stdout "usage: aavmf-vars $command"
                contains "$ROOT/docs/aavmf-vars.1" ".It Cm $command"
        done
}

run_tests
