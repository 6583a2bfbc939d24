#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installations from an ISO and by kickstart, and the choice of a disk; root's password appears nowhere.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/machine.sh"

secret='Never-4-any-file'

# Creates a.iso: the rehearsal guest on a disc, by xorriso.
make_iso() {
        mkdir -p in/EFI/BOOT
        cp "$BUILD/rehearsal/BOOTAA64.EFI" in/EFI/BOOT/
        printf 'bootstate=0\ntitle=T\ntimeout=5\nprefix=\nkernel=/k.b00\nkernelopt=runweasel\nmodules=/a.v00\nbuild=8\n' >in/BOOT.CFG
        cp in/BOOT.CFG in/EFI/BOOT/
        printf 'pace=20\n' >in/REHEARSE.CFG
        seq 20000 >in/K.B00
        echo a >in/A.V00
        xorriso -stdio_sync off -as mkisofs -quiet "$@" -o a.iso in
}

# Installs from a.iso in the background, like begin_install.
begin_iso() {
        "$ESXIARM" install machine --iso a.iso --profile rehearsal --cpus 1 "$@" >out 2>&1 &
        launcher=$!
}

# Records the hash of an automatic kickstart and the mode of its image.
look_at_payload() {
        # The file may disappear at any moment.
        ln -f machine/run/payload.img payload.img 2>/dev/null || return 0
        stat -c %a payload.img >payload-mode
        mtype -i payload.img ::/KS.CFG 2>/dev/null | sed -n 's/^rootpw --iscrypted //p' >hash
}

look_at_programs() {
        if [ ! -d /proc/self ]; then # macOS: command lines only
                ps -axww -o command= | tee -a seen-of-children >>seen-command-lines
                return
        fi
        for child in $(pgrep -P "$launcher"); do
                cat "/proc/$child/environ" "/proc/$child/cmdline" >>seen-of-children 2>/dev/null || :
        done
        cat /proc/[0-9]*/cmdline >>seen-command-lines 2>/dev/null || :
}

# The password is in no command line or environment of a program that the launcher starts, and in no file.
look_for_secret() {
        printf %s "$secret" >secret
        while kill -0 "$launcher" 2>/dev/null; do
                look_at_programs
                [ -s hash ] || [ ! -f machine/run/payload.img ] || look_at_payload
                sleep 0.1
        done
        [ -s seen-of-children ] || fail "no child was seen"
        ! grep -qaFf secret seen-of-children seen-command-lines || fail "the password is in a command line or environment"
        ! grep -rlaFf secret machine out || fail "the password is in a file"
}

test_an_iso_is_installed_and_boots() {
        make_iso -R
        begin_iso --root-password-file password --reboot-action poweroff
        wait $launcher && fail "a missing password file was accepted"
        echo "$secret" >password
        begin_iso --root-password-file password --reboot-action poweroff
        look_for_secret
        ends_with 0
        contains machine/runs/*/events.jsonl '"key":"<password>"'
        nothing_is_left
        expect_exit 0 "$ESXIARM" boot-installed machine --check
        contains stdout 'Boot0004 "VMware ESXi"'
}

test_a_kickstart_installs_without_a_key_and_its_password_is_a_hash() {
        make_iso -J
        ROOT_PASSWORD=$secret begin_iso --kickstart auto
        look_for_secret
        ends_with 0
        ! seen '"event":"key"' || fail "a key was sent"
        contains payload-mode 600
        [ ! -e machine/run/payload.img ] || fail "the payload with the hash is still there"
        # shellcheck disable=SC2016 # the text of a crypt(3) hash
        contains hash '$6$'
        ! grep -rlaFf hash machine out seen-command-lines || fail "the hash is in a file"
        nothing_is_left
        expect_exit 0 "$ESXIARM" boot-installed machine --check
}

test_a_kickstart_file_is_used_and_a_wrong_one_reported() {
        make_iso -R
        printf 'vmaccepteula\nrootpw Rehearsal-1\ninstall --firstdisk=usb --overwritevmfs\nreboot\n' >ks.cfg
        begin_iso --kickstart ks.cfg
        ends_with 0
        nothing_is_left
        printf 'vmaccepteula\nrootpw Rehearsal-1\ninstall --disk=no-such-disk\nreboot\n' >ks.cfg
        rm -rf machine
        begin_iso --kickstart ks.cfg
        ends_with 1
        contains out 'An error has occurred while parsing the installation'
        nothing_is_left
}

# more_disk ID SIZE DEVICE adds QEMU's options for another disk to $more.
more_disk() {
        truncate -s "$2" "$1.raw"
        more="${more:-} --qemu-arg -drive --qemu-arg if=none,id=$1,format=raw,file=$PWD/$1.raw --qemu-arg -device --qemu-arg $3,drive=$1"
}

test_the_right_one_of_two_equal_disks_is_chosen() {
        more_disk twin 40G usb-storage,bus=xhci.0
        # shellcheck disable=SC2086 # words
        install 1 $more
        contains stderr 'more than one disk'
        nothing_is_left
        # shellcheck disable=SC2086 # words
        install 0 $more --disk-position 2 --until osdata
        # shellcheck disable=SC2086 # words
        install 0 $more --disk-name 'USB port 1'
        [ "$(stat -c %b twin.raw)" -eq 0 ] || fail "the other disk was written to"
        # The payload is the first in the list, and never chosen.
        # shellcheck disable=SC2086 # words
        install 1 $more --disk-position 1 --force
        contains stderr "may be the installer's own medium"
        nothing_is_left
}

test_a_disk_beyond_the_end_of_the_screen_is_found() {
        more='--qemu-arg -device --qemu-arg nvme,id=many,serial=many'
        for number in 1 2 3 4 5 6 7 8 9 10 11 12; do
                more_disk "disk$number" ${number}G nvme-ns,bus=many,nsid=$number
        done
        # shellcheck disable=SC2086 # words
        install 0 $more --disk-bus nvme
        nothing_is_left
}

run_tests
