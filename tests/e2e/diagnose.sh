#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# diagnose: each cause, produced for real, is the only one reported, and its fix works. All tests share one installed
# machine; causes visible in files are produced in copies of it. The panic is in faults-guest.sh.
. "$(dirname "$0")/../lib.sh"

fixture=$(mktemp -d "${TMPDIR:-/tmp}/esxiarm-fixture-XXXXXX")
trap 'rm -rf "$fixture"' EXIT
"$ESXIARM" install "$fixture/machine" --rehearsal >"$fixture/log" 2>&1 || {
        cat "$fixture/log"
        echo "not ok - the fixture is installed"
        exit 1
}
# The programs by the names in the printed commands.
PATH=$PROGRAMS:$PATH

begin() {
        cp -R "$fixture/machine" machine
        vars=machine/vars.fd
}

# CAUSE is the only cause reported for the machine, or for the given arguments.
names() {
        cause=$1
        shift
        [ $# -gt 0 ] || set -- machine
        code=0
        "$ESXIARM" diagnose "$@" >stdout 2>stderr </dev/null || code=$?
        sed -n 's/^\([a-z-]*\): .*/\1/p' stdout >causes
        echo "$cause" | diff - causes >&2 || fail "exit code $code: $(cat stdout stderr)"
        case $cause in
        healthy) expected=0 ;;
        guest-panicked) expected=6 ;;
        *) expected=1 ;;
        esac
        [ "$code" = "$expected" ] || fail "exit code $code"
        [ "$cause" = healthy ] || contains stdout '    found     '
}

# Runs the printed command, as a user would paste it.
paste_command() {
        grep '^    [a-z]' stdout | grep -Ev '^    (found|expected)' | tail -n 1 >command
        [ -s command ] || fail "no command in: $(cat stdout)"
        sh -e command
}

fixes() {
        expect_exit 0 "$ESXIARM" diagnose machine --fix
        contains stdout 'fixed by'
        tail -n 1 stdout | grep -q '^healthy: Boot0004 ' || fail "not healthy: $(cat stdout)"
        ls machine/vars.fd.before-fix-* >/dev/null
        names healthy
}

# Converts the machine's disk to raw, changes it by COMMAND..., and converts it back.
change_disk() {
        qemu-img convert -f qcow2 -O raw machine/disk.qcow2 raw
        "$@" >changed 2>&1 || fail "$(cat changed)"
        qemu-img convert -f raw -O qcow2 raw machine/disk.qcow2
}

test_a_healthy_machine_is_healthy() {
        begin
        names healthy
        contains stdout 'Boot0004 "VMware ESXi"'
        # The prediction at the installation's reset was right.
        contains machine/runs/*-install/result.json '"agrees": true'
        expect_exit 0 "$ESXIARM" boot-installed machine --check
        names healthy
        expect_exit 0 "$ESXIARM" diagnose machine --json
        contains stdout '"healthy": true'
        names healthy --disk machine/disk.qcow2 --vars $vars
        # Nothing is fixed if nothing is wrong.
        expect_exit 0 "$ESXIARM" diagnose machine --fix
        lacks stdout 'fixed'
}

# ---- the vars ----

test_vars_blank() {
        begin
        truncate -s 0 $vars
        truncate -s 64M $vars
        names vars-blank
        fixes
}

test_vars_missing() {
        begin
        rm $vars
        names vars-missing
        paste_command
        names healthy
}

test_vars_damaged() {
        begin
        printf '\377\377\377\377' | dd of=$vars bs=1 seek=16 conv=notrunc 2>/dev/null
        names vars-damaged
        fixes
}

test_a_cause_that_another_one_hid_is_fixed_too() {
        begin
        "$PROGRAMS/aavmf-vars" edit $vars --boot-deactivate 0004 --boot-next 0002
        names entry-inactive
        expect_exit 0 "$ESXIARM" diagnose machine --fix
        contains stdout 'boot-next: '
        [ "$(grep -c '^fixed by' stdout), $(grep -c 'copy of the vars before' stdout)" = '2, 1' ] || fail "$(cat stdout)"
}

# Such as a copy without its padding: sound, but not for QEMU.
test_vars_of_another_length() {
        begin
        truncate -s 768K $vars
        expect_exit 3 "$ESXIARM" match machine
        contains stderr 'has 786432 bytes, but QEMU accepts only 67108864'
        expect_exit 3 "$ESXIARM" predict machine
        expect_exit 3 "$ESXIARM" boot-installed machine --check
        contains stderr 'has 786432 bytes'
        rm -r machine/runs/*-boot
        names vars-damaged
        fixes
}

test_vars_recreated_by_the_firmware() {
        begin
        use_firmware
        cp "$AAVMF_VARS_TEMPLATE" $vars
        boot_by_hand
        names vars-recreated
        contains stdout 'only Boot0000 "'
        # Without the sealed vars, they are rebuilt from the disk.
        rm machine/vars.sealed.fd
        names vars-recreated
        contains stdout 'rebuild-vars'
        fixes
        expect_exit 0 "$ESXIARM" boot-installed machine --check
        contains stdout 'Boot0004 "VMware ESXi"'
        contains machine/runs/*-boot/result.json '"agrees": true'
        names healthy
}

another_disk() {
        cp machine/disk.qcow2 kept.qcow2
        change_disk sgdisk -G raw
        mv machine/disk.qcow2 other.qcow2
        mv kept.qcow2 machine/disk.qcow2
}

test_vars_of_another_install() {
        begin
        another_disk
        "$ESXIARM" rebuild-vars --disk other.qcow2 -o $vars --force
        names vars-of-another-install
        fixes
        "$ESXIARM" rebuild-vars --disk other.qcow2 -o loose.fd
        names vars-of-another-install --disk machine/disk.qcow2 --vars loose.fd
        paste_command
        names healthy --disk machine/disk.qcow2 --vars loose.fd
}

test_entry_missing_inactive_not_ordered_or_not_first() {
        begin
        "$AAVMF_VARS" edit $vars --boot-add Debian --loader '\EFI\debian\grubaa64.efi' \
                --hd 1,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,64,2048
        names healthy
        "$AAVMF_VARS" edit $vars --boot-remove 0004
        names entry-missing
        contains stdout 'Boot0004 "VMware ESXi", deleted'
        fixes
        "$AAVMF_VARS" edit $vars --boot-deactivate 0004
        names entry-inactive
        paste_command
        names healthy
        # The firmware's own entry for the first disk; its number depends on how many programs the firmware has.
        disk=$("$AAVMF_VARS" list $vars | sed -n 's/^Boot\(....\)\* UEFI QEMU.*/\1/p' | head -n 1)
        "$AAVMF_VARS" edit $vars --boot-order "$disk,0000"
        names entry-not-ordered
        paste_command
        names healthy
        "$AAVMF_VARS" edit $vars --boot-first "$disk"
        names entry-not-first
        contains stdout "BootOrder: $disk,0004"
        rm machine/vars.fd.before-fix-*
        fixes
        "$AAVMF_VARS" edit $vars --boot-next "$disk"
        names boot-next
        paste_command
        names healthy
}

# ---- the disk ----

test_disks_without_a_system() {
        begin
        change_disk sgdisk -t 1:8300 raw
        names disk-without-esp
        change_disk sgdisk -Z raw
        rm machine/vars.fd
        printf '\125\252' | dd of=raw bs=1 seek=510 conv=notrunc 2>/dev/null
        qemu-img convert -f raw -O qcow2 raw machine/disk.qcow2
        names disk-without-gpt
        qemu-img create -q -f qcow2 machine/disk.qcow2 40G
        names wrong-disk
        rm machine/disk.qcow2
        names disk-missing
        qemu-img create -q -f raw blank.img 8G
        "$AAVMF_VARS" format fresh.fd
        names disk-blank --disk blank.img --vars fresh.fd
        names wrong-disk --disk blank.img --vars machine/vars.sealed.fd
}

test_another_disk_in_its_place() {
        begin
        another_disk
        mv other.qcow2 machine/disk.qcow2
        names wrong-disk
        contains stdout 'disk GUID'
}

damage_both_tables() {
        dd if=/dev/zero of=raw bs=1 seek=520 count=8 conv=notrunc
        dd if=/dev/zero of=raw bs=1 seek=$(($(stat -c %s raw) - 504)) count=8 conv=notrunc
}

test_damaged_disks() {
        begin
        change_disk damage_both_tables
        names disk-damaged
        rm -r machine
        begin
        truncate -s 1M machine/disk.qcow2
        names disk-unreadable
        rm -r machine
        begin
        change_disk dd if=/dev/zero of=raw bs=512 seek=64 count=1 conv=notrunc
        names esp-damaged
}

test_loader_missing() {
        begin
        change_disk mdel -i raw@@32768 ::EFI/VMware/safeboot64.efi
        names loader-missing
        contains stdout 'safeboot64.efi'
        # The disk has another loader.
        fixes
        "$AAVMF_VARS" list $vars >list
        contains list 'mboot64.efi'
        change_disk mdeltree -i raw@@32768 ::EFI
        names loader-missing
        contains stdout 'esxiarm install'
}

test_firmware_changed() {
        begin
        use_firmware
        cp "$AAVMF_CODE" other.fd
        printf x | dd of=other.fd bs=1 seek=4096 conv=notrunc 2>/dev/null
        names firmware-changed machine --code other.fd
        contains stdout "--aavmf-code $AAVMF_CODE"
        rm other.fd
        names firmware-changed machine --code other.fd
}

# ---- in QEMU ----

# Starts QEMU by hand with the machine's disk and vars and these additional arguments, until by-hand.log contains WORD.
boot_by_hand() {
        word=${1:-BdsDxe: starting}
        [ $# -eq 0 ] || shift
        : >by-hand.log
        qemu-system-aarch64 -machine virt,gic-version=2 -cpu cortex-a72 -accel tcg -m 512 -display none -nic none \
                -serial file:by-hand.log -monitor none -boot menu=on,splash-time=0 \
                -drive "if=pflash,format=raw,readonly=on,file=$AAVMF_CODE" -drive "if=pflash,format=raw,file=$vars" \
                -device qemu-xhci "$@" -drive if=none,id=disk,format=qcow2,file=machine/disk.qcow2 \
                -device usb-storage,drive=disk &
        pid=$!
        trap 'kill $pid 2>/dev/null || :' EXIT
        wait_for 60 grep -aq "$word" by-hand.log
        kill $pid
        wait $pid || :
}

test_payload_still_attached_and_first() {
        begin
        use_firmware
        truncate -s 64M payload.img
        mformat -i payload.img -F ::
        mmd -i payload.img ::EFI ::EFI/BOOT
        mcopy -i payload.img "$BUILD/rehearsal/BOOTAA64.EFI" ::EFI/BOOT/
        printf 'bootstate=0\nkernel=/k.b00\n' >BOOT.CFG
        mcopy -i payload.img BOOT.CFG ::
        boot_by_hand Continue -drive if=none,id=payload,format=raw,readonly=on,file=payload.img \
                -device usb-storage,drive=payload,bootindex=0
        names payload-first machine --log by-hand.log
        contains stdout 'by-hand.log:'
        contains stdout 'deleted'
        expect_exit 0 "$ESXIARM" diagnose machine --log by-hand.log --fix
        names healthy
}

test_norts_in_the_payload() {
        mkdir -p payload/EFI/BOOT
        cp "$BUILD/rehearsal/BOOTAA64.EFI" payload/EFI/BOOT/
        printf 'bootstate=0\nkernel=/k.b00\nNoRts= 1\n' >payload/BOOT.CFG
        : >payload/K.B00
        expect_exit 1 env ROOT_PASSWORD=Rehearsal-1 "$ESXIARM" install machine --payload payload --profile rehearsal
        names no-runtime-services
        names no-runtime-services machine --payload payload
        contains stdout 'payload/BOOT.CFG:3'
        # An image and an ISO of it give the same result.
        "$ESXIARM" payload payload -o payload.img >/dev/null
        names no-runtime-services machine --payload payload.img
        contains stdout 'payload.img/BOOT.CFG:3'
        xorriso -as mkisofs -quiet -J -o payload.iso payload 2>/dev/null
        names no-runtime-services machine --payload payload.iso
        contains stdout 'payload.iso/BOOT.CFG:3'
        # For loose files, vars are rebuilt from the disk.
        names no-runtime-services --disk machine/disk.qcow2 --vars machine/vars.fd --payload payload
        paste_command
        names healthy --disk machine/disk.qcow2 --vars machine/vars.fd --payload payload
}

has_event() {
        grep -qs "$1" machine/runs/*/events.jsonl
}

test_an_interrupted_install() {
        "$ESXIARM" install machine --rehearsal >launcher.log 2>&1 &
        launcher=$!
        wait_for 60 has_event '"step":"disk"'
        kill -9 $launcher
        wait $launcher || :
        names install-interrupted
        contains stdout 'result.json'
        contains stdout 'Installation Complete'
        contains stdout 'esxiarm install'
}

test_the_host_died_with_the_machine_up() {
        begin
        rm -r machine/runs
        "$ESXIARM" boot-installed machine --check >launcher.log 2>&1 &
        launcher=$!
        wait_for 60 has_event '"verb":"starting"'
        # It stays up until it is killed.
        kill -STOP $launcher
        # diagnose works while it is up.
        expect_exit 0 "$ESXIARM" match machine
        expect_exit 0 "$ESXIARM" predict machine
        names healthy
        expect_exit 4 "$ESXIARM" diagnose machine --fix
        contains stderr 'in use'
        kill -9 $launcher
        wait $launcher || :
        names host-died
        contains stdout "esxiarm boot-installed $PWD/machine"
}

test_a_run_that_timed_out() {
        begin
        expect_exit 5 "$ESXIARM" boot-installed machine --check --boot-timeout 1
        names run-failed
        contains stdout 'timed out'
}

run_tests
