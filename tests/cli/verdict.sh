#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# match, rebuild-vars, predict and diagnose on loose files: what they print, write and refuse. e2e/predict.sh and
# e2e/diagnose.sh test what the firmware does.
. "$(dirname "$0")/../lib.sh"

# Fills the ESP of disk.img with FILES.
make_disk() {
        rm -f disk.img
        truncate -s 24M disk.img
        sgdisk -a 1 -n 1:64:20543 -t 1:EF00 -u 1:0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8 disk.img >/dev/null
        mformat -i disk.img@@32768 -T 20480 -h 16 -s 32 ::
        for file in "$@"; do
                mmd -D s -i disk.img@@32768 ::EFI "::$(dirname "$file")" >/dev/null 2>&1 </dev/null || :
                echo loader | mcopy -i disk.img@@32768 - "::$file"
        done
}

rebuild() {
        expect_exit 0 "$ESXIARM" rebuild-vars --disk disk.img -o vars.fd --force "$@"
}

# The store as efibootmgr shows it.
efibootmgr_says() {
        needs efibootmgr
        rm -rf efivars
        mkdir efivars
        "$AAVMF_VARS" export vars.fd --efivarfs efivars
        efibootmgr_shows efivars >said
}

test_efibootmgr_reads_rebuilt_vars() {
        make_disk EFI/VMware/safeboot64.efi EFI/BOOT/BOOTAA64.EFI
        rebuild --timeout 0
        contains stdout 'Boot0004 "VMware ESXi" HD(1,GPT,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,0x40,0x5000)/\EFI\VMware\safeboot64.efi'
        efibootmgr_says
        contains said 'Timeout: 0 seconds'
        contains said 'BootOrder: 0004'
        grep -q 'Boot0004\* VMware ESXi.*HD(1,GPT,0a48cc8f-f9c7-44dd-9eb5-af5635d049c8,0x40,0x5000)/\(File(\)\?.EFI.VMware.safeboot64.efi)\?' said ||
                fail "$(cat said)"
        expect_exit 0 "$AAVMF_VARS" assert vars.fd --first --entry 0004
        expect_exit 0 "$ESXIARM" match --disk disk.img --vars vars.fd
        expect_exit 0 "$ESXIARM" diagnose --disk disk.img --vars vars.fd
        # A pflash bank of QEMU's virt, sparse.
        [ "$(stat -c %s vars.fd)" = 67108864 ] || fail "$(ls -l vars.fd)"
        [ "$(du -k vars.fd | cut -f1)" -lt 1024 ] || fail "$(du -k vars.fd)"
}

test_other_systems() {
        make_disk EFI/debian/shimaa64.efi EFI/debian/grubaa64.efi EFI/BOOT/BOOTAA64.EFI
        rebuild
        contains stdout 'Boot0004 "debian"'
        contains stdout 'shimaa64.efi'
        rebuild --label 'My Debian' --loader /EFI/debian/grubaa64.efi --json
        contains stdout '"label": "My Debian"'
        contains stdout '\\EFI\\debian\\grubaa64.efi'
        make_disk EFI/BOOT/BOOTAA64.EFI
        rebuild
        contains stdout '\EFI\BOOT\BOOTAA64.EFI'
        expect_exit 1 "$ESXIARM" rebuild-vars --disk disk.img -o vars.fd --force --loader '\EFI\none.efi'
        contains stderr '\EFI\none.efi'
}

test_a_template_keeps_its_other_variables() {
        make_disk EFI/VMware/mboot64.efi
        "$AAVMF_VARS" format template.fd --timeout 7 --boot-add 'VMware ESXi' --bootnum 0009 --loader '\old.efi' \
                --hd 1,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,64,20480 --set Mine=00
        rebuild --template template.fd
        "$AAVMF_VARS" list vars.fd --all >list
        contains list 'Timeout: 7 seconds'
        contains list 'Mine'
        contains list 'mboot64.efi'
        lacks list 'old.efi'
        contains list 'BootOrder: 0004'
}

test_nothing_is_overwritten_without_force() {
        make_disk EFI/VMware/safeboot64.efi
        echo precious >vars.fd
        expect_exit 2 "$ESXIARM" rebuild-vars --disk disk.img -o vars.fd
        contains stderr '--force'
        [ "$(cat vars.fd)" = precious ] || fail 'it was overwritten'
        expect_exit 2 "$ESXIARM" rebuild-vars --disk disk.img
        contains stderr '-o FILE'
        expect_exit 2 "$ESXIARM" rebuild-vars --disk disk.img -o new.fd --timeout 65536
        expect_exit 2 "$ESXIARM" rebuild-vars --disk disk.img -o new.fd --template absent.fd
        expect_exit 2 "$ESXIARM" rebuild-vars --disk absent.img -o new.fd
        [ ! -e new.fd ] || fail 'something was left'
}

test_match_names_each_part() {
        make_disk EFI/VMware/safeboot64.efi
        rebuild
        expect_exit 0 "$ESXIARM" match --disk disk.img --vars vars.fd --json
        [ "$(jq -r '.parts[] | select(.holds) | .part' stdout | tr '\n' ' ')" = 'disk vars entry partition loader order ' ] ||
                fail "$(cat stdout)"
        "$AAVMF_VARS" edit vars.fd --boot-deactivate 0004
        expect_exit 1 "$ESXIARM" match --disk disk.img --vars vars.fd
        grep -q '^order  *no .*not active' stdout || fail "$(cat stdout)"
        contains stdout 'match      no'
        mdel -i disk.img@@32768 ::EFI/VMware/safeboot64.efi
        expect_exit 1 "$ESXIARM" match --disk disk.img --vars vars.fd --json
        [ "$(jq -c '[.reason, (.parts[] | select(.part == "loader" or .part == "order").holds)]' stdout)" = \
                '["loader-missing",false,null]' ] || fail "$(cat stdout)"
}

test_match_prints_labels_safely() {
        make_disk EFI/VMware/safeboot64.efi
        rebuild
        "$AAVMF_VARS" edit vars.fd --boot-label "0004=$(printf 'Evil\033[31m')"
        expect_exit 1 "$ESXIARM" match --disk disk.img --vars vars.fd
        contains stdout 'found     "Evil\x1b[31m"'
}

test_every_format_and_a_backing_chain() {
        make_disk EFI/VMware/safeboot64.efi
        rebuild
        for format in qcow2 vmdk vdi; do
                qemu-img convert -f raw -O $format disk.img disk.$format
                expect_exit 0 "$ESXIARM" match --disk disk.$format --vars vars.fd
        done
        qemu-img create -q -f qcow2 -b disk.vmdk -F vmdk middle.qcow2
        qemu-img create -q -f qcow2 -b middle.qcow2 -F qcow2 top.qcow2
        sha256sum disk.vmdk middle.qcow2 top.qcow2 vars.fd >before
        expect_exit 0 "$ESXIARM" match --disk top.qcow2 --vars vars.fd
        expect_exit 0 "$ESXIARM" predict --disk top.qcow2 --vars vars.fd
        expect_exit 0 "$ESXIARM" diagnose --disk top.qcow2 --vars vars.fd
        sha256sum -c --quiet before
}

test_bad_images_are_reported() {
        make_disk EFI/VMware/safeboot64.efi
        rebuild
        qemu-img convert -f raw -O qcow2 disk.img good.qcow2
        head -c 100000 good.qcow2 >cut.qcow2
        qemu-img create -q -f qcow2 -b gone.img -F raw -u orphan.qcow2 24M
        # The header has the encryption method: 1 is AES.
        qemu-img create -q -f qcow2 locked.qcow2 24M
        printf '\001' | dd of=locked.qcow2 bs=1 seek=35 conv=notrunc 2>/dev/null
        for image in cut orphan locked; do
                expect_exit 3 "$ESXIARM" match --disk $image.qcow2 --vars vars.fd
                contains stderr "$image.qcow2"
                expect_exit 3 "$ESXIARM" predict --disk $image.qcow2 --vars vars.fd
                expect_exit 1 "$ESXIARM" diagnose --disk $image.qcow2 --vars vars.fd
                contains stdout 'disk-unreadable: '
                expect_exit 3 "$ESXIARM" rebuild-vars --disk $image.qcow2 -o new.fd
        done
        head -c 200000 vars.fd >short.fd
        expect_exit 3 "$ESXIARM" match --disk disk.img --vars short.fd
        contains stderr 'short.fd'
        expect_exit 2 "$ESXIARM" match --disk absent.img --vars vars.fd
        expect_exit 2 "$ESXIARM" match --disk . --vars vars.fd
        expect_exit 2 "$ESXIARM" match --disk disk.img --vars absent.fd
}

# Root may read everything, so as root this runs as nobody.
test_files_without_read_permission() {
        make_disk EFI/VMware/safeboot64.efi
        rebuild
        chmod 0 disk.img
        expect_exit 4 as_any_user "$ESXIARM" match --disk disk.img --vars vars.fd
        contains stderr 'disk.img'
        contains stderr 'Permission denied'
}

test_usage() {
        expect_exit 2 "$ESXIARM" match
        contains stderr 'either a MACHINE or --disk'
        expect_exit 2 "$ESXIARM" match machine --disk disk.img --vars vars.fd
        expect_exit 2 "$ESXIARM" predict --disk disk.img
        contains stderr '--vars'
        expect_exit 2 "$ESXIARM" predict --disk disk.img --vars vars.fd --disk-bus scsi
        expect_exit 2 "$ESXIARM" diagnose nowhere
        contains stderr 'nowhere'
        make_disk EFI/VMware/safeboot64.efi
        rebuild
        expect_exit 2 "$ESXIARM" diagnose --disk disk.img --vars vars.fd --log absent.log
        contains stderr 'absent.log'
        expect_exit 2 "$ESXIARM" diagnose --disk disk.img --vars vars.fd --payload .
        contains stderr 'BOOT.CFG'
}

test_predictions_give_reasons() {
        make_disk EFI/VMware/safeboot64.efi EFI/BOOT/BOOTAA64.EFI
        rebuild
        "$AAVMF_VARS" edit vars.fd --boot-add 'Evil
"\x1b[31m' --bootnum 0007 --loader '\none.efi' --hd 2,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,64,20480
        expect_exit 0 "$ESXIARM" predict --disk disk.img --vars vars.fd
        contains stdout 'Boot0004 "VMware ESXi" starts: \EFI\VMware\safeboot64.efi of disk.img'
        contains stdout 'Boot0007 no-partition "Evil\x0a'
        expect_exit 0 "$ESXIARM" predict --disk disk.img --vars vars.fd --payload-first --json
        [ "$(jq -r '.starts.device + " " + (.entries[] | select(.entry == "0004").reason)' stdout)" = 'the payload dropped' ] ||
                fail "$(cat stdout)"
        expect_exit 0 "$ESXIARM" predict --disk disk.img --vars vars.fd --disk-bus nvme --json
        contains stdout 'NVMe(0x1,00-00-00-00-00-00-00-00)'
}

test_the_entry_of_version_9_is_found_by_its_own_label() {
        make_disk EFI/VMware/safeboot64.efi
        rebuild --label 'VMware ESX'
        expect_exit 0 "$ESXIARM" match --disk disk.img --vars vars.fd
        expect_exit 0 "$ESXIARM" diagnose --disk disk.img --vars vars.fd
        # A machine remembers its label.
        mkdir machine
        qemu-img convert -O qcow2 disk.img machine/disk.qcow2
        echo '{"schema": 1, "boot_entry": {"label": "VMware ESX", "number": "0004"}}' >machine/machine.json
        expect_exit 0 "$ESXIARM" rebuild-vars machine -o machine/vars.fd
        contains stdout 'Boot0004 "VMware ESX" '
}

# Boots, as the firmware and ESXi print them.
starts() {
        echo "BdsDxe: loading Boot$1 \"$2\" from $3"
        echo "BdsDxe: starting Boot$1 \"$2\" from $3"
        shift 3
        printf '%s\n' "$@"
}

own='HD(1,GPT,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,0x40,0x5000)/\EFI\VMware\safeboot64.efi'

# log_means CODE CAUSE: what the log on standard input says about a machine whose files are fine.
log_means() {
        cat >console.log
        expect_exit "$1" "$ESXIARM" diagnose --disk disk.img --vars vars.fd --log console.log
        contains stdout "$2: "
}

test_a_last_boot_that_did_not_come_up_is_no_healthy_one() {
        make_disk EFI/VMware/safeboot64.efi
        rebuild
        up='Starting service DCUI'
        starts 0004 'VMware ESXi' "$own" "$up" | log_means 0 healthy
        { starts 0004 'VMware ESXi' "$own" "$up"; starts 0002 'EFI Internal Shell' 'Fv(0)' 'Shell>'; } |
                log_means 1 boot-incomplete
        contains stdout 'Boot0002 "EFI Internal Shell"'
        contains stdout 'an entry "VMware ESXi"'
        # A fallback that brings it up is one, too.
        starts 0001 'UEFI Misc Device' 'Pci(0x2,0x0)' "$up" | log_means 0 healthy
        # Only what comes right after an installation may be cut off.
        for text in 'Installation Complete' 'ESXi 8.0.3 has been installed successfully.'; do
                {
                        starts 0001 'UEFI Misc Device' 'Pci(0x2,0x0)' "$text"
                        starts 0001 'UEFI Misc Device' 'Pci(0x2,0x0)'
                        echo 'BdsDxe: failed to start Boot0001 "UEFI Misc Device" from Pci(0x2,0x0): Not Found'
                        starts 0004 'VMware ESXi' "$own" 'Loading VMware ESXi'
                } >installation
                log_means 0 healthy <installation
                { cat installation; starts 0004 'VMware ESXi' "$own" 'Loading VMware ESXi'; } | log_means 1 boot-incomplete
        done
}

test_every_cause_is_documented() {
        sed -n 's/.*{{"\([a-z-]*\)".*/\1/p; s/^ *{{"\([a-z-]*\)",.*/\1/p' "$ROOT/verify/causes.c" | sort -u >ids
        [ "$(wc -l <ids)" -gt 20 ] || fail "only these causes were found: $(cat ids)"
        while read -r id; do
                contains "$ROOT/docs/diagnosis.md" "\`$id\`"
        done <ids
}

run_tests
