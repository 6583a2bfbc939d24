# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# Shared by the tests of predictions; sourced after lib.sh and store.sh: disks, stores, and the firmware that boots them.

predict=$BUILD/tests/predict
loader='\EFI\VMware\safeboot64.efi'
fallback='\EFI\BOOT\BOOTAA64.EFI'

# ---- disks ----

# A file system of SECTORS at OFFSET bytes of IMAGE, with the EFI program under the given names.
fill() {
        image=$1@@$2
        mformat -i "$image" -T "$3" -h 16 -s 32 ::
        shift 3
        for file in "$@"; do
                mmd -D s -i "$image" ::EFI "::$(dirname "$file")" >/dev/null 2>&1 </dev/null || :
                mcopy -i "$image" "$BUILD/rehearsal/BOOTAA64.EFI" "::$file"
        done
}

# The disk of an installed system: partition 1 with that GUID at sector 64, with FILES on it.
make_disk() {
        name=$1
        shift
        rm -f "$name"
        truncate -s 12M "$name"
        sgdisk -a 1 -n 1:64:20543 -t 1:EF00 -u 1:$esp "$name" >/dev/null
        fill "$name" 32768 20480 "$@"
}

make_payload() {
        rm -f "$1"
        truncate -s 4M "$1"
        fill "$1" 0 8192 EFI/BOOT/BOOTAA64.EFI
}

# ---- stores ----

usb_node() {
        printf '02010c00d041030a0000000001010600000103050600%02x00' "$1"
}

# The path of one of the firmware's programs: UiApp, its boot menu, its shell, or one that does not exist.
program_path() {
        case $1 in
        setup) program=21aa2c4614760345836e8ab6f4662331 ;;
        menu) program=dc5bc2eef267954db1d5f81b2039d11d ;;
        shell) program=83a5047c3e9e1c4fad65e05268d0b4d1 ;;
        none) program=11111111222233334444555555555555 ;;
        esac
        volume=fe4a07640a34e64b94ba91b5b4d0f71e
        [ "${2:-}" != elsewhere ] || volume=c9bd7b7cebf8344faaea3ee4af6516a1
        echo "04071400${volume}04061400$program$end"
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

# Boots the store VARS with the arguments for QEMU and prints what the firmware does, in the words of the helper.
boot() {
        vars=$1
        shift
        # shellcheck disable=SC2048,SC2086 # a list of words
        start_firmware "$vars" -device qemu-xhci $*
        wait_for 60 grep -aqE 'BdsDxe: (starting Boot[0-9A-F]{4} |No bootable option)|Started as Boot.*USB\([^)]*\)' "$vars.log"
        stop_firmware "$pid"
        # The line may lack its end. BootNext's entry is tried again at its place in BootOrder. If no entry starts, the
        # firmware looks for the fallback file, which only the guest reports, or shows its menu.
        { tr -d '\r' <"$vars.log" && echo; } | sed -n '
                s/.*BdsDxe: failed to load \(Boot....\).*/failed \1/p
                s/.*BdsDxe: \(starting Boot....\).*/\1/p
                s/.*BdsDxe: No bootable option.*/menu/p
                s,.*Started as Boot.* from \(.*/USB([^)]*)\).*,recovery \1,p' |
                awk '!/^recovery/ || !started { if (!seen[$0]++) print } /^starting/ { started = 1 }'
        "$AAVMF_VARS" list "$vars" | sed -n 's/^BootOrder: /order /p'
}

# The firmware's name for the disk at a port, from 1.
usb_label() {
        echo "UEFI QEMU QEMU USB HARDDRIVE 1-0000:00:01.0-$1"
}

usb() {
        echo "-drive if=none,id=d$1,file=$2,format=raw,readonly=on -device usb-storage,drive=d$1,port=$1$3"
}

# compare STORE, then for each device FILE, SUFFIX of its -device, and its description for the library.
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
                echo "PciRoot(0x0)/Pci(0x1,0x0)/USB(0x$((port - 1)),0x0);label=$(usb_label $port)$(echo "$2" | tr , ';' | sed 's/=on//');$3" >>words
                shift 3
        done
        tr '\n' '\0' <words | xargs -0 "$predict" run.fd "$AAVMF_CODE" >predicted
        boot run.fd "$qemu" >happened
        diff predicted happened || fail "$store with $(cat words)"
        echo "$store: $(tr '\n' ' ' <happened)"
}

disk_content="gpt=1,$esp,40,5000;$loader;$fallback"
payload_content="fs;$fallback"

disks() {
        use_firmware
        make_disk disk.img EFI/VMware/safeboot64.efi EFI/BOOT/BOOTAA64.EFI
        make_payload payload.img
}

# ---- random stores and disks ----

# A random number below $1 in $value. The generator is our own, so that a seed means the same everywhere.
random() {
        state=$(((state * 1103515245 + 12345) % 2147483648))
        value=$((state / 65536 % $1))
}

# A random boot entry, as a load option.
random_option() {
        random 8
        case $value in
        0) attributes=00000000 ;;
        1) attributes=01010000 ;;
        2) attributes=09000000 ;;
        *) attributes=01000000 ;;
        esac
        random 12
        case $value in
        0 | 1 | 2) option $attributes System "$(hd_node 1 64)$(file_node "$loader")$end" ;;
        3) option $attributes Elsewhere "$(hd_node 2 64)$(file_node "$loader")$end" ;;
        4) option $attributes Moved "$(hd_node 1 80)$(file_node '\EFI\none.efi')$end" ;;
        5)
                random 4
                port=$value
                random 3
                [ "$value" = 0 ] && made=Made || made=$(usb_label $((port + 1)))
                option $attributes "$made" "$(usb_node "$port")$end" $auto_created
                ;;
        6)
                random 3
                option $attributes Whole "$(usb_node "$value")$(hd_node 1 64)$(file_node "$loader")$end"
                ;;
        7) option $attributes File "$(file_node "$fallback")$end" ;;
        8) option $attributes None "$(file_node '\EFI\none.efi')$end" ;;
        *) random_program ;;
        esac
}

# An entry for one of the firmware's own programs, exactly as a generation creates it or slightly different.
random_program() {
        random 8
        case $value in
        0) option 09010000 UiApp "$(program_path setup)" ;;
        1) option 09010000 BootManagerMenuApp "$(program_path menu)" ;;
        2) option 01010000 'EFI Firmware Setup' "$(program_path setup)" ;;
        3) option 01010000 'EFI Internal Shell' "$(program_path shell)" ;;
        4) option 01000000 'EFI Internal Shell' "$(program_path shell)" ;;
        5) option 01000000 'EFI Internal Shell' "$(program_path shell)" aabb ;;
        6) option "$attributes" Shell "$(program_path shell)" ;;
        7)
                random 4
                kind=$(echo setup menu shell none | cut -d ' ' -f $((value + 1)))
                random 2
                place=$(echo here elsewhere | cut -d ' ' -f $((value + 1)))
                option "$attributes" UiApp "$(program_path "$kind" "$place")"
                ;;
        esac
}

# Random boot variables in store $1: up to five entries, an order that lacks some and may name one that does not exist,
# and perhaps a BootNext.
random_store() {
        new_store "$1"
        random 5
        count=$((value + 1))
        numbers=
        while [ $count -gt 0 ]; do
                count=$((count - 1))
                random 10
                number=$(printf '%04X' "$value")
                case $numbers in *$number*) continue ;; esac
                random_option >option
                "$put" "$1" "Boot$number" $global 7 "$(cat option)"
                random 2
                [ "$value" = 0 ] && numbers="$numbers $number" || numbers="$number $numbers"
        done
        orders=
        for number in $numbers; do
                random 6
                [ "$value" = 0 ] || orders="$orders${number#??}00"
        done
        random 4
        [ "$value" != 0 ] || orders="${orders}0F00"
        [ -z "$orders" ] || order "$1" "$orders"
        random 4
        [ "$value" != 0 ] || "$put" "$1" BootNext $global 7 "${number#??}00"
}

# Up to three of the images in random order, each perhaps removable or with a bootindex: arguments for compare.
random_devices() {
        random 3
        wanted=$((value + 1))
        left='payload disk bare empty'
        devices=
        index=0
        while [ $wanted -gt 0 ]; do
                wanted=$((wanted - 1))
                # shellcheck disable=SC2086 # a list of words
                set -- $left
                random $#
                shift "$value"
                image=$1
                left=$(echo " $left " | sed "s/ $image / /")
                random 8
                case $value in
                0) suffix=,removable=on ;;
                1 | 2)
                        suffix=,bootindex=$index
                        index=$((index + 1))
                        ;;
                *) suffix= ;;
                esac
                devices="$devices $image.img|$suffix|$image"
        done
}

content_of() {
        case $1 in
        payload) echo "$payload_content" ;;
        disk) echo "$disk_content" ;;
        bare) echo "gpt=1,$esp,40,5000;$loader" ;;
        empty) echo fs ;;
        esac
}

# Compares prediction and result for COUNT random stores and sets of disks from SEED.
compare_random() {
        disks
        make_disk bare.img EFI/VMware/safeboot64.efi
        truncate -s 4M empty.img
        state=$1
        case_count=$2
        for case in $(seq "$case_count"); do
                began=$state
                random_store "random-$case.fd"
                random_devices
                echo "case $case of state $began:$devices"
                set --
                for device in $devices; do
                        set -- "$@" "${device%%|*}" "$(echo "$device" | cut -d'|' -f2)" "$(content_of "${device##*|}")"
                done
                compare "random-$case.fd" "$@"
                rm -f "random-$case.fd" run.fd
        done
}
