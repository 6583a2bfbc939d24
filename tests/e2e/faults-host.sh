#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Missing programs and files, missing permissions, a full disk, files in use: each command reports it in one sentence
# with the right code and leaves existing files alone. And two launchers of one machine.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/machine.sh"
use_fixture

check() {
        expected=$1
        shift
        expect_exit "$expected" "$ESXIARM" boot-installed machine --check "$@"
}

# A folder ./bin with every program that the launcher may start, except the named one.
path_without() {
        rm -rf bin
        mkdir bin
        ln -s /usr/bin/* bin/
        rm -f "bin/$1"
}

one_sentence() {
        [ "$(grep -c '^esxiarm' stderr)" -eq 1 ] || fail "not one sentence: $(cat stderr)"
}

test_a_missing_qemu_is_named() {
        install 4 --qemu /nowhere/qemu-system-aarch64
        contains stderr '/nowhere/qemu-system-aarch64'
        install 4 --qemu qemu-system-nothing
        contains stderr 'qemu-system-nothing is not installed'
        nothing_is_left
}

test_the_error_of_qemu_is_reported() {
        install 4 --cpu no-such-cpu
        contains stderr 'no-such-cpu'
        install 4 --qemu-arg -no-such-option
        contains stderr 'no-such-option'
        nothing_is_left
}

test_a_missing_program_is_named_before_anything_is_lost() {
        machine_here
        for program in qemu-img mformat; do
                path_without $program
                before=$(cat machine/machine.json machine/vars.sealed.fd | cksum)
                expect_exit 4 env PATH="$PWD/bin" "$ESXIARM" install machine --rehearsal --force
                contains stderr "$program"
                one_sentence
                [ "$(cat machine/machine.json machine/vars.sealed.fd | cksum)" = "$before" ] || fail "$program: the machine was changed"
                nothing_is_left
        done
        check 0
}

test_missing_data_is_named() {
        mkdir bin
        cp "$ESXIARM" bin/
        expect_exit 4 env -u ESXIARM_DATA bin/esxiarm install machine --rehearsal --profile rehearsal
        contains stderr 'rehearsal'
        one_sentence
        mkdir -p data/guests
        cp "$BUILD/share/guests/rehearsal.yaml" data/guests
        expect_exit 4 env ESXIARM_DATA="$PWD/data" bin/esxiarm install machine --rehearsal
        contains stderr 'BOOTAA64.EFI'
        one_sentence
}

test_an_invalid_profile_is_refused_before_anything_starts() {
        for mistake in 's/wait: 30/wait: soon/' 's/\[Enter\]/[Return]/' 's/then: disk/then: disc/' "s/percent: .*/percent: '('/" \
                's/^name:/naem:/' '3,9d'; do
                sed "$mistake" "$BUILD/share/guests/rehearsal.yaml" >mistaken.yaml
                expect_exit 3 "$ESXIARM" install machine --rehearsal --profile ./mistaken.yaml
                contains stderr 'mistaken.yaml'
                one_sentence
                [ ! -e machine ] || fail "'$mistake': a machine was created"
        done
        expect_exit 2 "$ESXIARM" install machine --rehearsal --profile ./missing.yaml
        expect_exit 3 "$ESXIARM" install machine --rehearsal --profile /dev/null
}

test_a_missing_damaged_or_used_disk_is_not_booted() {
        machine_here
        mv machine/disk.qcow2 disk
        check 2
        contains stderr 'disk.qcow2'
        head -c 70000 /dev/urandom >machine/disk.qcow2
        check 3
        contains stderr 'disk.qcow2'
        mv disk machine/disk.qcow2
        # qemu-io is part of QEMU and locks the disk like another machine.
        mkfifo hold
        qemu-io machine/disk.qcow2 <hold >held 2>&1 &
        holder=$!
        exec 4>hold
        # It prompts once it has the image open.
        wait_for 10 grep -q 'qemu-io>' held
        check 4
        contains stderr 'disk.qcow2'
        contains stderr 'lock'
        nothing_is_left
        exec 4>&-
        wait $holder
        check 0
}

test_variables_in_use_are_not_booted() {
        machine_here
        use_firmware
        start_firmware "$PWD/machine/vars.fd"
        wait_for 20 test -s machine/vars.fd.log
        check 4
        contains stderr 'vars.fd'
        stop_firmware "$pid"
        nothing_is_left
}

test_files_without_write_permission_are_named() {
        needs_linux 'mounts'
        machine_here
        # Root may write anything, so this uses another user.
        chmod -R a+rX .. . machine 2>/dev/null || :
        mount --bind machine machine 2>/dev/null || fail "needs to mount"
        trap 'umount machine' EXIT
        mount -o remount,bind,ro machine
        check 4
        contains stderr 'Read-only file system'
        one_sentence
}

# The disk fills up while the installation writes the payload, the variables, the disk image, or the evidence.
test_a_full_file_system_is_an_error_that_leaves_nothing_running() {
        needs_linux 'mounts'
        mkdir small
        for kilobytes in 64 500 1500 6000; do
                mount -t tmpfs -o size=${kilobytes}k tmpfs small 2>/dev/null || fail "this test has to mount"
                trap 'umount small' EXIT
                # shellcheck disable=SC2086 # a list of words
                expect_exit 4 "$ESXIARM" install small/machine $quickly
                contains stderr 'No space left on device'
                nothing_is_left small/machine
                code=0
                "$ESXIARM" boot-installed small/machine --check >out 2>&1 || code=$?
                [ $code -eq 1 ] || [ $code -eq 2 ] || fail "$kilobytes KiB: booting it gives exit code $code: $(cat out)"
                umount small
                trap - EXIT
        done
}

test_a_second_launcher_of_a_machine_is_refused() {
        begin_install
        at_step welcome
        expect_exit 4 "$ESXIARM" install machine --rehearsal
        contains stderr "process $launcher"
        expect_exit 4 "$ESXIARM" boot-installed machine --check
        contains stderr "process $launcher"
        expect_exit 0 "$ESXIARM" status machine
        expect_exit 0 "$ESXIARM" stop machine
        ends_with 130
        nothing_is_left
}

test_two_stops_of_a_machine_both_succeed() {
        machine_here
        expect_exit 0 "$ESXIARM" boot-installed machine --detach --cpus 1
        "$ESXIARM" stop machine >first 2>&1 &
        first=$!
        expect_exit 0 "$ESXIARM" stop machine
        wait $first || fail "the first: $(cat first)"
        nothing_is_left
}

run_tests
