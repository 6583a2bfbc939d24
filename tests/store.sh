# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# What the tests of variable stores share; sourced after lib.sh.

put=$BUILD/tests/put-variable
global=8BE4DF61-93CA-11D2-AA0D-00E098032B8C
mine=11111111-2222-3333-4444-555555555555
esp=0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8
esp_hex=8fcc480ac7f9dd449eb5af5635d049c8
# For --hd: on no disk of the tests, so that the firmware logs that it tried the entry, and goes on to the next.
hd=1,$esp,0x40,0x32000
usb_path=02010c00d041030a000000000101060000010305060000007fff0400
auto_created=4eac0881119f594d850ee21a522c59b2
tab=$(printf '\t')

# The size of an image: AAVMF's. A script of many stores has a smaller one of OVMF's.
store_size=67108864

# blank FILE [SIZE]: zeroes, as qemu-efi-aarch64 ships AAVMF_VARS.fd.
blank() {
        rm -f "$1"
        dd if=/dev/null of="$1" bs=1 seek="${2:-$store_size}" 2>/dev/null
}

# formatted FILE [TIMEOUT]: 100 bytes of headers, erased flash, the working block, as AAVMF formats it.
formatted() {
        blank blank.fd
        "$AAVMF_VARS" clone blank.fd "$1" --timeout "${2:-5}"
        rm blank.fd
}

sound() {
        expect_exit 0 "$AAVMF_VARS" check "$1"
        contains stdout "$1: sound: "
}

# NUMBER SIZE, in hexadecimal.
little_endian() {
        printf "%0$((2 * $2))x" "$1" | sed 's/../& /g' | awk '{ for (i = NF; i > 0; i--) printf "%s", $i }'
}

# The text as UTF-16 with its NUL, in hexadecimal.
utf16() {
        printf '%s' "$1" | od -An -v -tx1 | tr -d '\n' | sed 's/ \(..\)/\100/g'
        echo 0000
}

# A load option in hexadecimal: ATTRIBUTES LABEL PATH [OPTIONAL-DATA]
option() {
        printf '%s%s%s%s%s\n' "$1" "$(little_endian $((${#3} / 2)) 2)" "$(utf16 "$2")" "$3" "$4"
}

# Nodes of a device path: the partition of that NUMBER, START and SIZE (by default of the disks that the firmware boots), and a file.
hd_node() {
        printf '04012a00%s%s%s%s0202' "$(little_endian "$1" 4)" "$(little_endian "$2" 8)" "$(little_endian "${3:-20480}" 8)" \
                $esp_hex
}

file_node() {
        name=$(utf16 "$1")
        printf '0404%s%s' "$(little_endian $((${#name} / 2 + 4)) 2)" "$name"
}

# two_entries FILE [EDIT...]: a store with the entries UiApp and VMware ESXi.
two_entries() {
        blank "$1"
        file=$1
        shift
        "$AAVMF_VARS" format "$file" --boot-add UiApp --loader '\ui.efi' --hd "$hd" \
                --boot-add 'VMware ESXi' --loader '\EFI\VMware\safeboot64.efi' --hd "$hd" --timeout 5 "$@"
}

# The queue of fault-tolerant writes of VARS, of 64 MiB, as AAVMF leaves it while it compacts: the spare block is complete, with
# what NEW has, and the write is not.
make_write_pending() {
        dd if="$2" of="$1" bs=262144 count=1 seek=2 conv=notrunc 2>/dev/null
        queue='\374\377\377\377\166\352\134\376\162\117\350\111\230\157\054\330\231\337\376\135\377\377\377\377'
        queue=$queue'\001\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\375\377\377\377\377\377\377\377'
        queue=$queue'\000\000\000\000\000\000\000\000\110\000\000\000\000\000\000\000\270\377\003\000\000\000\000\000'
        queue=$queue'\000\000\370\377\377\377\377\377'
        # shellcheck disable=SC2059 # the bytes are the format
        printf "$queue" | dd of="$1" bs=1 seek=$((0x40020)) conv=notrunc 2>/dev/null
        expect_exit 0 "$AAVMF_VARS" check "$1"
        contains stdout "$1:0x40048: note: a write of the firmware is pending"
}

# What list shows of VARS is what efibootmgr -v shows of FOLDER. It spells device paths in its own way; but those of files are the
# same except for the case of the GUID and the frame around the file.
agrees_with_efibootmgr() {
        efibootmgr_shows "$2" >theirs.txt
        expect_exit 0 "$AAVMF_VARS" list "$1"
        sed "s/$tab.*//" theirs.txt >theirs
        sed "s/$tab.*//" stdout >ours
        diff theirs ours
        sed -n "s/^Boot....[* ].*$tab\(.*File\)/\1/p" theirs.txt | sed 's/File(\(.*\))/\1/' | tr a-f A-F >theirs
        sed -n "s/^Boot....[* ].*$tab\(HD(.*\)/\1/p" stdout | tr a-f A-F >ours
        diff theirs ours
}

# Starts the firmware on both stores, first the one that waits longer: the other one has to overtake it. The latter is stopped;
# $slow is the process of the former.
overtakes() {
        start_firmware "$2"
        slow=$pid
        start_firmware "$1"
        wait_for 60 firmware_is_done "$1.log"
        lacks "$2.log" 'BdsDxe:'
        stop_firmware "$pid"
}
