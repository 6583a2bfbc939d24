#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What the library predicts is what the firmware then does: the same stores and disks, in QEMU.
. "$(dirname "$0")/../lib.sh"

put=$BUILD/tests/put-variable
predict=$BUILD/tests/predict
global=8BE4DF61-93CA-11D2-AA0D-00E098032B8C
guid=0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8
guid_hex=8fcc480ac7f9dd449eb5af5635d049c8
auto_created=4eac0881119f594d850ee21a522c59b2
loader='\EFI\VMware\safeboot64.efi'
fallback='\EFI\BOOT\BOOTAA64.EFI'

# ---- disks ----

# A file system at OFFSET bytes of IMAGE, of SECTORS, with the EFI program under the names given.
fill() {
        image=$1@@$2
        mformat -i "$image" -T "$3" -h 16 -s 32 ::
        shift 3
        for file in "$@"; do
                mmd -D s -i "$image" ::EFI "::$(dirname "$file")" >/dev/null 2>&1 </dev/null || :
                mcopy -i "$image" "$BUILD/rehearsal/BOOTAA64.EFI" "::$file"
        done
}

# The disk of an installed system, with partition 1 of that GUID at sector 64; FILES are on it.
make_disk() {
        name=$1
        shift
        truncate -s 12M "$name"
        sgdisk -a 1 -n 1:64:20543 -t 1:EF00 -u 1:$guid "$name" >/dev/null
        fill "$name" 32768 20480 "$@"
}

make_payload() {
        truncate -s 4M "$1"
        fill "$1" 0 8192 EFI/BOOT/BOOTAA64.EFI
}

# ---- stores ----

little_endian() {
        printf "%0$((2 * $2))x" "$1" | sed 's/../& /g' | awk '{ for (i = NF; i > 0; i--) printf "%s", $i }'
}

utf16() {
        printf '%s' "$1" | od -An -v -tx1 | tr -d '\n' | sed 's/ \(..\)/\100/g'
        echo 0000
}

# ATTRIBUTES LABEL PATH [OPTIONAL-DATA], in hexadecimal but for the label.
option() {
        printf '%s%s%s%s%s\n' "$1" "$(little_endian $((${#3} / 2)) 2)" "$(utf16 "$2")" "$3" "$4"
}

hd_node() {
        printf '04012a00%s%s%s%s0202' "$(little_endian "$1" 4)" "$(little_endian "$2" 8)" "$(little_endian 20480 8)" $guid_hex
}

file_node() {
        name=$(utf16 "$1")
        printf '0404%s%s' "$(little_endian $((${#name} / 2 + 4)) 2)" "$name"
}

usb_node() {
        printf '02010c00d041030a0000000001010600000103050600%02x00' "$1"
}

end=7fff0400

new_store() {
        "$AAVMF_VARS" clone "$AAVMF_VARS_TEMPLATE" "$1" --timeout 0 --force
}

# An entry of the installed system: STORE NUMBER ATTRIBUTES PARTITION START
entry() {
        "$put" "$1" "Boot$2" $global 7 "$(option "$3" "VMware ESXi" "$(hd_node "$4" "$5")$(file_node "$loader")$end")"
}

order() {
        "$put" "$1" BootOrder $global 7 "$2"
}

# ---- the firmware ----

# What it does with the store VARS and the arguments for QEMU, in the words of the helper.
boot() {
        vars=$1
        shift
        : >"$vars.log"
        # shellcheck disable=SC2086 # a list of words
        qemu-system-aarch64 -machine virt -cpu cortex-a72 -accel tcg -m 256 -display none -nic none \
                -serial "file:$vars.log" -monitor none \
                -drive "if=pflash,format=raw,readonly=on,file=$(echo "$AAVMF_CODE" | sed 's/,/,,/g')" \
                -drive "if=pflash,format=raw,file=$vars" -device qemu-xhci $* 2>"$vars.errors" &
        pid=$!
        trap 'kill $pid 2>/dev/null || :' EXIT
        wait_for 60 grep -q 'BdsDxe: starting' "$vars.log"
        kill $pid
        wait $pid || :
        tr -d '\r' <"$vars.log" | sed -n 's/.*BdsDxe: failed to load \(Boot....\).*/failed \1/p; s/.*BdsDxe: \(starting Boot....\).*/\1/p'
        "$AAVMF_VARS" list "$vars" | sed -n 's/^BootOrder: /order /p'
}

usb() {
        echo "-drive if=none,id=d$1,file=$2,format=raw,readonly=on -device usb-storage,drive=d$1,port=$1$3"
}

# STORE, then for each device FILE, SUFFIX of its -device, and what the library is told of it.
compare() {
        store=$1
        shift
        cp "$store" run.fd
        qemu=
        port=0
        : >words
        while [ $# -gt 0 ]; do
                port=$((port + 1))
                qemu="$qemu $(usb $port "$1" "$2")"
                echo "PciRoot(0x0)/Pci(0x1,0x0)/USB(0x$((port - 1)),0x0)$(echo "$2" | tr , ';' | sed 's/=on//');$3" >>words
                shift 3
        done
        tr '\n' '\0' <words | xargs -0 "$predict" run.fd >predicted
        boot run.fd "$qemu" >happened
        diff predicted happened || fail "$store with $(cat words)"
        echo "$store: $(tr '\n' ' ' <happened)"
}

disk_content="gpt=1,$guid,40,5000;$loader;$fallback"
payload_content="fs;$fallback"

disks() {
        use_firmware
        make_disk disk.img EFI/VMware/safeboot64.efi EFI/BOOT/BOOTAA64.EFI
        make_payload payload.img
}

test_measured_table() {
        disks
        new_store first.fd
        entry first.fd 0004 01000000 1 64
        order first.fd 0400
        compare first.fd payload.img '' "$payload_content" disk.img '' "$disk_content"
        compare first.fd payload.img ,bootindex=0 "$payload_content" disk.img '' "$disk_content"
        new_store wrong.fd
        entry wrong.fd 0004 01000000 2 64
        order wrong.fd 0400
        compare wrong.fd disk.img '' "$disk_content"
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
        # Hidden, and with another start than the partition has: none of that matters.
        entry vars.fd 0009 09000000 1 80
        order vars.fd 0400050001000600070008000900
        compare vars.fd payload.img '' "$payload_content" disk.img '' "$disk_content"
}

test_boot_next_and_removable_media() {
        disks
        new_store vars.fd
        "$put" vars.fd BootNext $global 7 0200
        # There is no Boot0002, and no new entry becomes it. Removable media come first.
        compare vars.fd payload.img '' "$payload_content" disk.img ',removable=on' "$disk_content"
        new_store inactive.fd
        entry inactive.fd 0004 00000000 1 64
        "$put" inactive.fd BootNext $global 7 0400
        compare inactive.fd payload.img ,bootindex=0 "$payload_content" disk.img '' "$disk_content"
}

run_tests
