#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Paths and ports: folders with unusual names, a copied machine, forwarded ports.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/machine.sh"
use_fixture
use_firmware

# A folder name of 200 bytes: with it, no socket's path fits into the limit of 107 bytes.
long=$(printf '%0200d' 0)
line_break='line
break'

# Everything is in a folder of that name: machine, firmware, logs, profile.
install_in() {
        mkdir -p "$1/firmware"
        cp "$AAVMF_CODE" "$AAVMF_VARS_TEMPLATE" "$1/firmware"
        cp "$BUILD/share/guests/rehearsal.yaml" "$1/my profile.yaml"
        # shellcheck disable=SC2086 # a list of words
        expect_exit 0 "$ESXIARM" install "$1/machine" $quickly --log-dir "$1/logs" --profile "./$1/my profile.yaml" \
                --aavmf-code "$1/firmware/AAVMF_CODE.fd" --aavmf-vars-template "$1/firmware/AAVMF_VARS.fd"
        [ -z "$(ls "$1/machine/run" | grep -v '^lock$')" ] || fail "left in run: $(ls "$1/machine/run")"
        expect_exit 0 "$ESXIARM" boot-installed "$1/machine" --check --log-dir "$1/logs" --profile "./$1/my profile.yaml"
        contains stdout 'Boot0004 "VMware ESXi"'
        [ "$(ls "$1/logs" | wc -l)" -eq 2 ] || fail "in logs: $(ls "$1/logs")"
        [ ! -e "$1/machine/runs" ] || fail "there is evidence in the machine, too"
}

test_a_folder_with_every_kind_of_character() {
        install_in "a, 'b' \"c\" \$d \\e=f ü日本 $line_break"
}

test_a_folder_with_a_long_name() {
        mkdir "$long"
        machine_here "$long/machine"
        expect_exit 0 "$ESXIARM" boot-installed "$long/machine" --detach --cpus 1
        expect_exit 0 "$ESXIARM" status "$long/machine"
        expect_exit 0 "$ESXIARM" stop "$long/machine"
        # shellcheck disable=SC2086 # a list of words
        expect_exit 0 "$ESXIARM" install "$long/machine" $quickly --force --until welcome
        nothing_is_left "$long/machine"
}

test_an_iso_with_an_awkward_name() {
        mkdir -p in/EFI/BOOT
        cp "$BUILD/rehearsal/BOOTAA64.EFI" in/EFI/BOOT/
        printf 'kernel=/k.b00\nkernelopt=runweasel\nmodules=/k.b00\n' >in/BOOT.CFG
        cp in/BOOT.CFG in/EFI/BOOT/
        echo k >in/K.B00
        name="an ISO, with \"$line_break\" 日本.iso"
        xorriso -stdio_sync off -as mkisofs -quiet -R -o "$name" in
        ROOT_PASSWORD=Rehearsal-1 expect_exit 0 "$ESXIARM" install machine --iso "$name" --profile rehearsal --cpus 1 \
                --until welcome
        nothing_is_left
}

test_a_copied_machine_boots_in_its_new_place() {
        machine_here original
        mkdir -p elsewhere
        cp -R original 'elsewhere/the copy'
        rm -rf original
        expect_exit 0 "$ESXIARM" boot-installed 'elsewhere/the copy' --check
        contains stdout 'Boot0004 "VMware ESXi"'
}

# Whether a program listens on PORT of 127.0.0.1.
listens() {
        python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])))' "$1" 2>/dev/null
}

test_a_forwarded_port_is_open_while_the_machine_is_up_and_refused_to_others() {
        port=$((20000 + $$ % 20000))
        machine_here first
        machine_here second
        ! listens $port || fail "port $port is used by another program"
        expect_exit 0 "$ESXIARM" boot-installed first --detach --forward "$port:22" --cpus 1
        listens $port || fail "nobody listens on $port"
        expect_exit 0 "$ESXIARM" status first
        contains stdout "127.0.0.1:$port -> 22"
        expect_exit 4 "$ESXIARM" boot-installed second --check --forward "$port:22"
        contains stderr "port $port of the host"
        expect_exit 0 "$ESXIARM" stop first
        ! listens $port || fail "port $port is still open"
        expect_exit 0 "$ESXIARM" boot-installed second --check --forward "$port:22" --cpus 1
}

run_tests
