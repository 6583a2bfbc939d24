#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# aavmf-vars mount, used by programs for efivarfs: efibootmgr, efivar, cp.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/store.sh"

suffix=8be4df61-93ca-11d2-aa0d-00e098032b8c

store() {
        formatted "$1"
        "$put" "$1" Boot0001 $global 7 "010000001c0041000000$usb_path"
        "$put" "$1" Boot0002 $global 7 "010000001c0042000000$usb_path"
        "$put" "$1" BootOrder $global 7 01000200
        "$put" "$1" db D719B2CB-3D3A-4596-A3BC-DAD00E67656F 27 00112233
}

# Mounts FILE on ./efivars for the rest of the test.
mount_store() {
        needs_linux FUSE
        mkdir -p efivars
        "$AAVMF_VARS" mount "$1" efivars --foreground 2>mount.errors &
        mounter=$!
        trap 'fusermount3 -u efivars 2>/dev/null || :; kill $mounter 2>/dev/null || :' EXIT
        wait_for 10 mountpoint -q efivars || {
                cat mount.errors
                exit 1
        }
        export EFIVARFS_PATH="$PWD/efivars/"
}

# The file is written before the command ends.
unmount_store() {
        needs_linux FUSE
        fusermount3 -u efivars
        wait $mounter
        trap - EXIT
}

test_efibootmgr_sees_and_changes_a_mounted_store() {
        store vars.fd
        truncate -s 8M disk.img
        sgdisk -n 1:2048:8191 -t 1:EF00 -u 1:0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8 disk.img >/dev/null
        mount_store vars.fd
        # efibootmgr creates entries only for block devices.
        loop=$(losetup -f --show disk.img)
        trap 'losetup -d $loop 2>/dev/null || :; fusermount3 -u efivars 2>/dev/null || :; kill $mounter 2>/dev/null || :' EXIT
        efibootmgr_shows efivars >theirs.txt
        "$AAVMF_VARS" list vars.fd >ours.txt
        sed 's/\t.*//' theirs.txt >theirs
        sed 's/\t.*//' ours.txt >ours
        diff theirs ours
        efibootmgr -q -c -d $loop -p 1 -L 'New one' -l '\EFI\new.efi'
        efibootmgr -q -o 0002,0000,0001
        efibootmgr -q -n 0001
        efibootmgr -q -t 9
        losetup -d $loop
        unmount_store
        expect_exit 0 "$AAVMF_VARS" check vars.fd
        contains stdout 'vars.fd: sound: '
        expect_exit 0 "$AAVMF_VARS" list vars.fd
        contains stdout 'BootNext: 0001'
        contains stdout 'Timeout: 9 seconds'
        contains stdout 'BootOrder: 0002,0000,0001'
        contains stdout 'Boot0000* New one	HD(1,GPT,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,0x800,0x1800)/\EFI\new.efi'
        mount_store vars.fd
        efibootmgr -q -b 0002 -B
        efibootmgr -q -N
        unmount_store
        expect_exit 0 "$AAVMF_VARS" list vars.fd
        lacks stdout 'Boot0002'
        lacks stdout 'BootNext'
        contains stdout 'BootOrder: 0000,0001'
}

test_efivar_and_cp_work_on_a_mounted_store() {
        store vars.fd
        mount_store vars.fd
        printf 'value' >data
        efivar -n $suffix-Written -w --attributes=7 -f data
        efivar -p -n $suffix-Written >printed
        contains printed 'value'
        cp efivars/Timeout-$suffix saved
        [ "$(od -An -tx1 saved | tr -d ' \n')" = 070000000500 ]
        printf '\003\000\000\000longer than before' >longer
        cp longer efivars/Timeout-$suffix
        cmp longer efivars/Timeout-$suffix
        cp saved efivars/Timeout-$suffix
        cmp saved efivars/Timeout-$suffix
        cp saved efivars/Copy-$suffix
        rm efivars/BootOrder-$suffix
        unmount_store
        expect_exit 0 "$AAVMF_VARS" list vars.fd --all
        contains stdout 'Timeout: 5 seconds'
        contains stdout 'Copy	EFI_GLOBAL_VARIABLE	NV,BS,RT	2 bytes	0500'
        contains stdout 'Written	EFI_GLOBAL_VARIABLE	NV,BS,RT	5 bytes	76616c7565'
        lacks stdout 'BootOrder'
}

test_rules_of_efivarfs_are_kept() {
        store vars.fd
        mount_store vars.fd
        ! printf 'ab' >efivars/Timeout-$suffix 2>/dev/null || fail 'two bytes were accepted as attributes'
        ! printf '\007\000\000\000\001' 2>/dev/null >>efivars/Timeout-$suffix || fail 'a write in the middle'
        ! mv efivars/Timeout-$suffix efivars/Other-$suffix 2>/dev/null || fail 'a variable was renamed'
        ! touch efivars/no-guid 2>/dev/null || fail 'a file that is not a variable was created'
        ! mkdir efivars/folder 2>/dev/null || fail 'a folder'
        ! rm -f efivars/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f 2>/dev/null || fail 'a key was deleted'
        [ "$(od -An -tx1 efivars/Timeout-$suffix | tr -d ' \n')" = 070000000500 ]
        before=$(sha256sum vars.fd)
        unmount_store
        [ "$(sha256sum vars.fd)" = "$before" ]
}

test_sync_writes_the_file_and_unmounting_the_rest() {
        store vars.fd
        inode=$(stat -c %i vars.fd)
        mount_store vars.fd
        printf '\007\000\000\000\001\000' >efivars/Timeout-$suffix
        [ "$(stat -c %i vars.fd)" = "$inode" ]
        sync efivars/Timeout-$suffix
        "$AAVMF_VARS" list vars.fd >list
        contains list 'Timeout: 1 seconds'
        printf '\007\000\000\000\002\000' >efivars/Timeout-$suffix
        unmount_store
        "$AAVMF_VARS" list vars.fd >list
        contains list 'Timeout: 2 seconds'
        [ "$(ls -A | grep -c partial)" -eq 0 ]
}

test_signal_ends_the_mount_and_nothing_is_lost() {
        store vars.fd
        mount_store vars.fd
        printf '\007\000\000\000\003\000' >efivars/Timeout-$suffix
        kill $mounter
        wait $mounter || :
        trap - EXIT
        ! mountpoint -q efivars
        "$AAVMF_VARS" list vars.fd >list
        contains list 'Timeout: 3 seconds'
}

test_mounted_store_is_locked() {
        store vars.fd
        mount_store vars.fd
        mkdir other
        expect_exit 4 "$AAVMF_VARS" mount vars.fd other
        contains stderr 'another program is changing this file'
        expect_exit 4 "$AAVMF_VARS" edit vars.fd --timeout 1
        # Still locked after the file was replaced.
        printf '\007\000\000\000\001\000' >efivars/Timeout-$suffix
        sync efivars/Timeout-$suffix
        expect_exit 4 "$AAVMF_VARS" edit vars.fd --timeout 2
        expect_exit 0 "$AAVMF_VARS" list vars.fd
        unmount_store
        expect_exit 0 "$AAVMF_VARS" edit vars.fd --timeout 2
}

test_full_store_is_reported_and_unchanged() {
        store vars.fd
        mount_store vars.fd
        { printf '\007\000\000\000' && head -c 300000 /dev/zero; } >large
        ! cp large efivars/Large-$suffix 2>errors || fail 'larger than a variable'
        contains errors 'No space left on device'
        ! cp large efivars/Timeout-$suffix 2>errors || fail 'larger than a variable'
        [ "$(od -An -tx1 efivars/Timeout-$suffix | tr -d ' \n')" = 070000000500 ]
        [ ! -e efivars/Large-$suffix ]
        # Larger than cp's buffer.
        head -c 200000 large >fits
        cp fits efivars/Large-$suffix
        cmp fits efivars/Large-$suffix
        unmount_store
        expect_exit 0 "$AAVMF_VARS" check vars.fd
}

test_blank_store_is_formatted_by_its_first_variable() {
        blank vars.fd
        mount_store vars.fd
        unmount_store
        [ "$(du -k vars.fd | cut -f1)" -eq 0 ]
        mount_store vars.fd
        printf '\007\000\000\000\003\000' >efivars/Timeout-$suffix
        unmount_store
        expect_exit 0 "$AAVMF_VARS" list vars.fd
        contains stdout 'Timeout: 3 seconds'
}

test_mount_refuses_missing_and_invalid_operands() {
        needs_linux FUSE
        store vars.fd
        expect_exit 2 "$AAVMF_VARS" mount vars.fd missing
        mkdir folder
        expect_exit 2 "$AAVMF_VARS" mount missing.fd folder
        echo text >text
        expect_exit 3 "$AAVMF_VARS" mount text folder
        expect_exit 2 "$AAVMF_VARS" mount vars.fd text
        contains stderr 'text: not a folder'
        expect_exit 0 "$AAVMF_VARS" mount --help
        contains stdout 'usage: aavmf-vars mount'
}

test_mount_returns_once_it_is_ready() {
        needs_linux FUSE
        store vars.fd
        mkdir efivars
        expect_exit 0 "$AAVMF_VARS" mount vars.fd efivars
        mountpoint -q efivars
        [ -e efivars/Timeout-$suffix ]
        printf '\007\000\000\000\004\000' >efivars/Timeout-$suffix
        fusermount3 -u efivars
        # An edit waits until it is unmounted.
        expect_exit 0 "$AAVMF_VARS" edit vars.fd --boot-next none
        expect_exit 0 "$AAVMF_VARS" list vars.fd
        contains stdout 'Timeout: 4 seconds'
}

run_tests
