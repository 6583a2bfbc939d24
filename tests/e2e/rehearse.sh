#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The main task: an installation and a boot of the disk alone, in QEMU with the firmware that tests/run has fetched.
. "$(dirname "$0")/../lib.sh"

# The GUID of partition 1, by sgdisk.
esp_guid() {
        qemu-img convert -O raw "$1/disk.qcow2" disk.raw
        sgdisk -i 1 disk.raw | sed -n 's/^Partition unique GUID: //p'
}

test_rehearse_installs_and_boots_the_disk_alone() {
        expect_exit 0 "$ESXIARM" rehearse machine
        contains stdout 'result      PASS'
        use_firmware
        contains stdout "($(jq -r .verified "$(dirname "$AAVMF_CODE")/firmware.json"))"
        contains stdout 'Boot0004 "VMware ESXi"'
        contains stderr 'the guest is not ESXi'

        guid=$(esp_guid machine)
        [ -n "$guid" ] || fail "sgdisk finds no partition 1"
        "$AAVMF_VARS" list machine/vars.sealed.fd >list
        contains list "Boot0004* VMware ESXi	HD(1,GPT,$guid,0x40,0x32000)/\\EFI\\VMware\\safeboot64.efi"
        contains list 'BootOrder: 0004'
        contains machine/machine.json "\"esp_guid\": \"$guid\""
        sgdisk -v disk.raw >verdict
        contains verdict 'No problems found'
        expect_exit 0 "$AAVMF_VARS" assert machine/vars.sealed.fd machine/vars.fd

        # The reboot at the end of the installation already followed the new entry, with the payload attached.
        contains machine/runs/*-install/console.txt 'BdsDxe: loading Boot0004 "VMware ESXi"'
        contains machine/runs/*-boot/serial.log 'BdsDxe: starting Boot0004 "VMware ESXi"'
        [ -z "$(ls machine/run | grep -v '^lock$')" ] || fail "left behind: $(ls machine/run)"
}

test_evidence_is_complete_and_has_no_password() {
        expect_exit 0 env ROOT_PASSWORD='Never-4-any-file' "$ESXIARM" e2e machine --rehearsal --run-tag first --json
        contains stdout '"pass": true'
        for run in first first-2; do
                for file in serial.log console.txt console.cast events.jsonl qemu.log result.json junit.xml; do
                        [ -f "machine/runs/$run/$file" ] || fail "no $file in $run"
                done
                contains machine/runs/$run/result.json '"outcome": "pass"'
                contains machine/runs/$run/junit.xml 'failures="0"'
        done
        contains machine/runs/first/events.jsonl '"step":"eula"'
        contains machine/runs/first/events.jsonl '"key":"<password>"'
        ! grep -rlE 'Never-4-any-file|Rehearsal-1' machine/runs machine/machine.json || fail "a password was written"
        # The reaction time is that from the last change of the screen to the key. The median is under 50 ms.
        sed -n 's/.*"event":"key".*"still_ms":\([0-9.]*\).*/\1/p' machine/runs/first/events.jsonl | sort -n >reactions
        middle=$(sed -n "$((($(wc -l <reactions) + 1) / 2))p" reactions)
        [ "${middle%.*}" -lt 50 ] || fail "keys were sent $middle ms after the last change of the screen"
}

test_nvme_disk_is_installed_and_boots() {
        expect_exit 0 "$ESXIARM" e2e machine --rehearsal --disk-bus nvme
        contains stdout 'result      PASS'
        lacks machine/runs/*-install/events.jsonl '"step":"usb"'
}

test_poweroff_ends_the_installation_at_its_last_screen() {
        use_firmware
        expect_exit 0 env REBOOT_ACTION=poweroff REBOOT_OBSERVE_SEC=17 BOOT_TIMEOUT=77 DISK_SIZE=33G RAM_MB=1100 CPUS=1 \
                CPU_MODEL=cortex-a72 RUN_TAG=by-script LOG_DIR="$PWD/logs" AAVMF_CODE="$AAVMF_CODE" \
                AAVMF_VARS_TEMPLATE="$AAVMF_VARS_TEMPLATE" "$ESXIARM" install machine --rehearsal --nic e1000e \
                --mac 52:54:00:00:00:07 --qemu-arg -device --qemu-arg virtio-rng-pci
        lacks logs/by-script/console.txt 'Starting VMKernel shutdown'
        # All settings are stored, and the boot uses them.
        jq -c '.settings | [.reboot_action, .reboot_observe_s, .boot_timeout_s, .disk_size, .memory_mb, .cpus, .cpu, .nic, .mac,
                .qemu_args]' machine/machine.json >kept
        contains kept '["poweroff",17,77,35433480192,1100,1,"cortex-a72","e1000e","52:54:00:00:00:07",["-device","virtio-rng-pci"]]'
        contains machine/machine.json '"name": "given by the user"'
        expect_exit 0 "$ESXIARM" boot-installed machine --check
        contains stdout 'Boot0004 "VMware ESXi"'
        contains machine/runs/*-boot/events.jsonl 'e1000e,netdev=net0,mac=52:54:00:00:00:07,romfile='
        contains machine/runs/*-boot/events.jsonl '-device virtio-rng-pci'
}

run_tests
