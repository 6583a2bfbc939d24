#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# aavmf-vars edit, clone with EDITs, format, diff and show: what they do to files, and what they refuse.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/store.sh"

# Where the size matters, AAVMF's 64 MiB are formatted.
store_size=131072

edit() {
        expect_exit 0 "$AAVMF_VARS" edit vars.fd "$@"
        sound vars.fd
        expect_exit 0 "$AAVMF_VARS" list vars.fd --all
}

# ARGUMENTS... are refused with exit code CODE and MESSAGE, and vars.fd stays unchanged.
refused() {
        code_expected=$1
        message=$2
        shift 2
        cp vars.fd before.fd
        inode=$(stat -c %i vars.fd)
        expect_exit "$code_expected" "$AAVMF_VARS" edit vars.fd "$@"
        contains stderr "$message"
        cmp vars.fd before.fd
        [ "$(stat -c %i vars.fd)" = "$inode" ]
        rm before.fd
}

# ---- edit ----

test_edit_makes_every_change_in_order() {
        two_entries vars.fd
        printf '\001\002' >data
        edit --boot-add New --loader /EFI/new.efi --hd "2,$esp,2048,0x10" --bootnum 00aF --last --optional-data @data \
                --boot-label 'UiApp=Shell = x' --boot-deactivate 0000 --boot-next New --timeout 0 \
                --set "Mine:$mine=@data" --attributes NV,BS --set Other=c0ffee --boot-first 0000 --boot-activate 0000 \
                --boot-deactivate New
        cat >expected <<END
BootNext: 00AF
Timeout: 0 seconds
BootOrder: 0000,0001,00AF
Boot0000* Shell = x${tab}HD(1,GPT,$esp,0x40,0x32000)/\\ui.efi
Boot0001* VMware ESXi${tab}HD(1,GPT,$esp,0x40,0x32000)/\\EFI\\VMware\\safeboot64.efi
Boot00AF  New${tab}HD(2,GPT,$esp,0x800,0x10)/\\EFI\\new.efi

Mine${tab}$mine${tab}NV,BS${tab}2 bytes${tab}0102
Other${tab}EFI_GLOBAL_VARIABLE${tab}NV,BS,RT${tab}3 bytes${tab}c0ffee
END
        diff expected stdout
        edit --boot-remove New --boot-remove 'Shell = x' --delete "Mine:$mine" --delete Other --boot-order 'VMware ESXi'
        cat >expected <<END
Timeout: 0 seconds
BootOrder: 0001
Boot0001* VMware ESXi${tab}HD(1,GPT,$esp,0x40,0x32000)/\\EFI\\VMware\\safeboot64.efi
END
        diff expected stdout
        [ "$(ls -A)" = "data
expected
stderr
stdout
vars.fd" ]
}

test_edit_is_all_or_nothing() {
        two_entries vars.fd
        refused 1 "boot-remove: no boot entry has the number or label 'Nope'; the store has Boot0000 \"UiApp\"" \
                --timeout 0 --boot-add X --loader x --hd "$hd" --boot-remove Nope
        refused 1 "variable 'Nope' not found" --timeout 0 --delete Nope
        refused 1 "variable 'Timeout' of vendor $mine not found" --delete "Timeout:$mine"
        refused 2 'Boot0001 already exists: "VMware ESXi"' --boot-add X --loader x --hd "$hd" --bootnum 0001
        dd if=/dev/zero of=large bs=57200 count=1 2>/dev/null
        refused 4 'the store is full' --timeout 0 --set Large=@large
        refused 4 'cannot read' --timeout 0 --set Large=@.
}

test_edit_refuses_invalid_options() {
        two_entries vars.fd
        while IFS='|' read -r arguments message; do
                eval "refused 2 \"\$message\" $arguments"
        done <<END
|no EDIT given
--dry-run|no EDIT given
--timeout -1|invalid value '-1' (expected a number of seconds from 0 to 65535)
--timeout 65536|(expected a number of seconds
--timeout ''|(expected a number of seconds
--timeout|needs a value
--boot-add X|--boot-add needs --loader after it
--boot-add X --loader x|--boot-add needs --hd after it
--loader x --boot-add X --hd $hd|--loader must follow --boot-add
--boot-add X --timeout 1 --loader x|--loader must follow --boot-add
--attributes NV|--attributes must follow --set
--boot-add X --hd $hd --loader ''|invalid value '' (expected the path of a file)
--boot-add X --loader x --hd 1,$esp,64|(expected NUMBER,GUID,START,SIZE
--boot-add X --loader x --hd 0,$esp,64,1|(expected NUMBER,GUID,START,SIZE
--boot-add X --loader x --hd 1,$esp,64,0|(expected NUMBER,GUID,START,SIZE
--boot-add X --loader x --hd 1,$esp,64,1,|(expected NUMBER,GUID,START,SIZE
--boot-add X --loader x --hd 1,$esp,0x,1|(expected NUMBER,GUID,START,SIZE
--boot-add X --loader x --hd 4294967296,$esp,1,1|(expected NUMBER,GUID,START,SIZE
--boot-add X --loader x --hd 1,$esp,0x10000000000000000,1|(expected NUMBER,GUID,START,SIZE
--boot-add X --loader x --hd 1,0A48CC8F,64,1|(expected NUMBER,GUID,START,SIZE
--boot-add X --loader x --hd $hd --bootnum 1|invalid value '1' (expected four hexadecimal digits)
--boot-add X --loader x --hd $hd --optional-data 123|even number of hexadecimal digits
--boot-add X --loader x --hd $hd --optional-data @missing|missing: cannot open
--boot-add "\$(printf '\\377')" --loader x --hd $hd|not valid UTF-8
--boot-label 0000|(expected ENTRY=LABEL
--boot-label =x|(expected ENTRY=LABEL
--boot-order 0000,0000|Boot0000 is named twice
--boot-remove ''|invalid value '' (expected the number or label of an entry)
--set X|(expected NAME[:GUID]=HEX
--set =00|expected NAME or NAME:GUID
--set X=|use --delete to delete one
--set X=0|even number of hexadecimal digits
--set X=@missing|missing: cannot open
--set X:nobody=00|'nobody' is neither a GUID nor the name of a known vendor
--set X=00 --attributes NV,XX|invalid value 'NV,XX' (expected a list of the attributes
--set X=00 --attributes BS,RT|attributes without NV
--set X=00 --attributes NV,RT|attributes with RT but without BS
--delete :|expected NAME or NAME:GUID
--boot-ad X|did you mean '--boot-add'?
END
}

test_edit_leaves_authenticated_variables_alone_unless_forced() {
        for name in KEK:$global db:D719B2CB-3D3A-4596-A3BC-DAD00E67656F "Private:$mine"; do
                two_entries vars.fd
                "$put" vars.fd "${name%%:*}" "${name#*:}" 27 0102
                refused 2 "${name%%:*} is authenticated" --timeout 0 --set "$name=00"
                refused 2 "${name%%:*} is authenticated" --delete "$name"
                # Setting the current value changes nothing.
                edit --set "$name=0102"
                edit --force --set "$name=00"
                contains stdout "${name%%:*}$tab"
                contains stdout "${tab}NV,BS,RT,AT${tab}1 byte${tab}"
                edit --force --delete "$name"
                lacks stdout "${name%%:*}$tab"
        done
        two_entries vars.fd
        refused 2 'PK is authenticated' --set PK=00
        refused 2 'dbx is authenticated' --set dbx=00
}

test_edit_dry_run_prints_the_difference_and_writes_nothing() {
        two_entries vars.fd
        cp vars.fd before.fd
        chmod 444 vars.fd
        expect_exit 0 "$AAVMF_VARS" edit vars.fd --dry-run --timeout 0 --boot-first UiApp --set Mine=01 --boot-label UiApp=Ui
        cat >expected <<END
Boot0000 is labelled "Ui", was "UiApp"
Timeout is 0 seconds, was 5 seconds
BootOrder is 0000,0001, was 0001,0000
the entry that is tried first is Boot0000 "Ui", was Boot0001 "VMware ESXi"
+ Mine EFI_GLOBAL_VARIABLE: NV,BS,RT, 1 byte, 01
END
        diff expected stdout
        cmp vars.fd before.fd
        expect_exit 0 "$AAVMF_VARS" edit vars.fd --dry-run --timeout 5
        [ ! -s stdout ]
        expect_exit 1 "$AAVMF_VARS" edit vars.fd --dry-run --boot-next Nope
        cmp vars.fd before.fd
}

test_edit_that_changes_nothing_does_not_write() {
        two_entries vars.fd
        inode=$(stat -c %i vars.fd)
        edit --timeout 5 --boot-activate UiApp
        [ "$(stat -c %i vars.fd)" = "$inode" ]
}

test_edit_formats_a_blank_store_and_keeps_its_size() {
        blank vars.fd 67108864
        edit --timeout 0
        [ "$(stat -c %s vars.fd)" -eq 67108864 ]
        [ "$(du -k vars.fd | cut -f1)" -lt 1024 ]
        # The result is the same as a clone's.
        blank blank.fd 67108864
        "$AAVMF_VARS" clone blank.fd cloned.fd --timeout 0
        cmp vars.fd cloned.fd
}

test_edit_refuses_a_damaged_store_or_another_file() {
        two_entries vars.fd
        printf 'X' | dd of=vars.fd bs=1 seek=100 conv=notrunc 2>/dev/null
        refused 3 'vars.fd: damaged at offset 0x64' --timeout 0
        echo text >vars.fd
        refused 3 'not a UEFI variable store' --timeout 0
        expect_exit 2 "$AAVMF_VARS" edit missing.fd --timeout 0
        contains stderr 'missing.fd: cannot open'
        [ ! -e missing.fd ]
        expect_exit 3 "$AAVMF_VARS" edit . --timeout 0
}

test_edit_writes_through_symbolic_links_and_keeps_the_mode() {
        mkdir real
        two_entries real/vars.fd
        chmod 640 real/vars.fd
        ln -s real/vars.fd vars.fd
        ln -s vars.fd again.fd
        expect_exit 0 "$AAVMF_VARS" edit again.fd --timeout 0
        [ -L again.fd ]
        [ -L vars.fd ]
        [ ! -L real/vars.fd ]
        [ "$(stat -c %a real/vars.fd)" = 640 ]
        expect_exit 0 "$AAVMF_VARS" list real/vars.fd
        contains stdout 'Timeout: 0 seconds'
        [ "$(ls -A real)" = vars.fd ]
}

test_edit_keeps_the_old_file_if_the_new_one_cannot_be_written() {
        needs_linux 'mount namespaces'
        two_entries vars.fd
        cp vars.fd before.fd
        mkdir small
        # A full file system and a read-only one, in a separate mount namespace.
        in_mount_namespace sh -eu -c '
                mount -t tmpfs -o size=200k none small
                cp vars.fd small/vars.fd
                dd if=/dev/zero of=small/filler bs=4096 count=10 2>/dev/null
                code=0
                "$1" edit small/vars.fd --timeout 0 2>full || code=$?
                [ $code -eq 4 ]
                cmp small/vars.fd before.fd
                [ "$(ls -A small)" = "filler
vars.fd" ]
                mount -o remount,ro small
                code=0
                "$1" edit small/vars.fd --timeout 0 2>read-only || code=$?
                [ $code -eq 4 ]
                cmp small/vars.fd before.fd
        ' sh "$AAVMF_VARS"
        contains full 'No space left on device'
        contains read-only 'Read-only file system'
}

test_edits_at_the_same_time_are_all_kept() {
        two_entries vars.fd
        pids=
        for i in 1 2 3 4 5 6 7 8; do
                "$AAVMF_VARS" edit vars.fd --set "Mine$i:$mine=0$i" &
                pids="$pids $!"
        done
        for pid in $pids; do
                wait "$pid"
        done
        expect_exit 0 "$AAVMF_VARS" list vars.fd --all
        [ "$(grep -c '^Mine[1-8]' stdout)" -eq 8 ]
}

# ---- QEMU ----

# A QEMU that has not started the machine yet already has its flash open.
machine() {
        needs_linux /proc/locks
        qemu-system-aarch64 -machine virt -S -display none -nic none -serial none -monitor none \
                -drive if=pflash,format=raw,readonly=on,file=code.fd -drive "if=pflash,format=$2,file=$1" &
        qemu=$!
        trap 'kill $qemu 2>/dev/null || :' EXIT
        # QEMU locks bytes 100 and 101: it reads and writes.
        wait_for 30 grep -q ":$(stat -c %i "$1") 100 101" /proc/locks
}

stop_machine() {
        needs_linux /proc/locks
        kill "$qemu"
        wait "$qemu" || :
}

test_store_open_in_qemu_is_refused() {
        blank vars.fd 67108864
        blank code.fd 67108864
        two_entries other.fd
        machine vars.fd raw
        refused 4 'a running QEMU has this file open for writing' --timeout 0
        for arguments in "clone other.fd vars.fd --force" "format vars.fd --force"; do
                # shellcheck disable=SC2086 # a list of words
                expect_exit 4 "$AAVMF_VARS" $arguments
                contains stderr 'a running QEMU has this file open for writing'
        done
        # Reading it is harmless, and so is replacing a file that QEMU only reads.
        expect_exit 0 "$AAVMF_VARS" list vars.fd
        expect_exit 0 "$AAVMF_VARS" clone vars.fd copy.fd
        expect_exit 0 "$AAVMF_VARS" edit vars.fd --timeout 0 --dry-run
        expect_exit 0 "$AAVMF_VARS" edit code.fd --timeout 0
        stop_machine
        expect_exit 0 "$AAVMF_VARS" edit vars.fd --timeout 0
        # QEMU accepts the edited file.
        machine vars.fd raw
        stop_machine
}

# ---- clone ----

test_clone_with_edits_is_the_edited_source() {
        two_entries source.fd
        "$put" source.fd Gone $global 7 00 3c
        expect_exit 0 "$AAVMF_VARS" clone source.fd vars.fd --timeout 0 --boot-first UiApp
        cp source.fd edited.fd
        expect_exit 0 "$AAVMF_VARS" edit edited.fd --timeout 0 --boot-first UiApp
        cmp vars.fd edited.fd
        expect_exit 0 "$AAVMF_VARS" clone source.fd compact.fd --compact
        expect_exit 0 "$AAVMF_VARS" check compact.fd
        contains stdout '0 of them by deleted records'
        expect_exit 0 "$AAVMF_VARS" diff source.fd compact.fd
        expect_exit 1 "$AAVMF_VARS" clone source.fd none.fd --timeout 0 --boot-remove Nope
        [ ! -e none.fd ]
        blank blank.fd
        expect_exit 0 "$AAVMF_VARS" clone blank.fd also-blank.fd --compact
        cmp blank.fd also-blank.fd
}

# The firmware itself sometimes leaves bytes after the last record.
test_clone_rescues_what_can_be_read_of_a_damaged_store() {
        two_entries whole.fd
        "$put" whole.fd KEK $global 27 0102
        cp whole.fd damaged.fd
        printf 'XYZ' | dd of=damaged.fd bs=1 seek=50000 conv=notrunc 2>/dev/null
        expect_exit 3 "$AAVMF_VARS" clone damaged.fd new.fd
        contains stderr 'damaged.fd: damaged at offset'
        contains stderr 'use --compact --force to make a sound store of what can be read'
        for option in --compact --force; do
                expect_exit 3 "$AAVMF_VARS" clone damaged.fd new.fd $option
        done
        [ ! -e new.fd ]
        expect_exit 0 "$AAVMF_VARS" clone damaged.fd new.fd --compact --force --timeout 0
        expect_exit 0 "$AAVMF_VARS" check new.fd
        contains stdout 'new.fd: sound: '
        expect_exit 1 "$AAVMF_VARS" diff whole.fd new.fd
        [ "$(cat stdout)" = 'Timeout is 0 seconds, was 5 seconds' ]
        # The working block is created anew; a lost record stays lost.
        cp whole.fd damaged.fd
        printf 'X' | dd of=damaged.fd bs=1 seek=$((0xf000)) conv=notrunc 2>/dev/null
        expect_exit 0 "$AAVMF_VARS" clone damaged.fd new.fd --compact --force
        expect_exit 0 "$AAVMF_VARS" diff whole.fd new.fd
        cp whole.fd damaged.fd
        printf '\057' | dd of=damaged.fd bs=1 seek=102 conv=notrunc 2>/dev/null
        expect_exit 0 "$AAVMF_VARS" clone damaged.fd new.fd --compact --force
        expect_exit 0 "$AAVMF_VARS" check new.fd
        contains stdout 'new.fd: sound, with remarks: '
        expect_exit 3 "$AAVMF_VARS" diff whole.fd damaged.fd
        echo text >text
        for options in '' '--compact --force'; do
                # shellcheck disable=SC2086 # a list of words
                expect_exit 3 "$AAVMF_VARS" clone text none.fd $options
                lacks stderr 'makes a sound store'
        done
}

# ---- format ----

test_format_creates_an_empty_store() {
        expect_exit 0 "$AAVMF_VARS" format vars.fd
        [ "$(stat -c %s vars.fd)" -eq 67108864 ]
        expect_exit 0 "$AAVMF_VARS" check vars.fd
        contains stdout 'vars.fd: sound: 0 variables, 0 of'
        for size in 131072 540672 786432 67108864; do
                rm -f vars.fd
                blank vars.fd $size
                expect_exit 0 "$AAVMF_VARS" format vars.fd
                [ "$(stat -c %s vars.fd)" -eq $size ]
                expect_exit 0 "$AAVMF_VARS" check vars.fd
                contains stdout 'vars.fd: sound: 0 variables, 0 of'
        done
}

test_format_like_copies_the_layout_of_another_store() {
        needs_linux 'the package ovmf'
        use_firmware
        for template in /usr/share/OVMF/OVMF_VARS*.fd "$AAVMF_VARS_TEMPLATE"; do
                rm -f vars.fd
                expect_exit 0 "$AAVMF_VARS" format vars.fd --like "$template" --timeout 1
                [ "$(stat -c %s vars.fd)" -eq "$(stat -Lc %s "$template")" ]
                expect_exit 0 "$AAVMF_VARS" check vars.fd
                contains stdout 'vars.fd: sound: 1 variables'
        done
        # OVMF's shipped file equals what format creates.
        expect_exit 0 "$AAVMF_VARS" format empty.fd --like /usr/share/OVMF/OVMF_VARS_4M.ms.fd
        cmp empty.fd /usr/share/OVMF/OVMF_VARS_4M.fd
}

test_format_loses_no_variables_unless_forced() {
        two_entries vars.fd
        cp vars.fd before.fd
        expect_exit 2 "$AAVMF_VARS" format vars.fd
        contains stderr '--force'
        cmp vars.fd before.fd
        expect_exit 2 "$AAVMF_VARS" format vars.fd --like before.fd
        cmp vars.fd before.fd
        expect_exit 0 "$AAVMF_VARS" format vars.fd --force
        expect_exit 0 "$AAVMF_VARS" check vars.fd
        contains stdout 'sound: 0 variables'
        echo precious >text
        expect_exit 3 "$AAVMF_VARS" format text
        contains stderr '--force'
        [ "$(cat text)" = precious ]
        expect_exit 0 "$AAVMF_VARS" format text --like before.fd --force
        [ "$(stat -c %s text)" -eq 131072 ]
        expect_exit 2 "$AAVMF_VARS" format new.fd --like missing.fd
        expect_exit 1 "$AAVMF_VARS" format new.fd --boot-first Nope
        [ ! -e new.fd ]
}

# ---- diff ----

test_diff_shows_both_sides() {
        two_entries a.fd
        expect_exit 0 "$AAVMF_VARS" edit a.fd --set Gone=01 --set Lang=656e6700
        cp a.fd b.fd
        expect_exit 0 "$AAVMF_VARS" edit b.fd --set "New:$mine=02" --delete Gone --set Lang=64657500 --timeout 0
        expect_exit 1 "$AAVMF_VARS" diff a.fd b.fd
        cat >expected <<END
Timeout is 0 seconds, was 5 seconds
- Gone EFI_GLOBAL_VARIABLE: NV,BS,RT, 1 byte, 01
~ Lang EFI_GLOBAL_VARIABLE: "eng" -> "deu"
+ New $mine: NV,BS,RT, 1 byte, 02
END
        diff expected stdout
        expect_exit 1 "$AAVMF_VARS" diff a.fd b.fd --json
        [ "$(jq -c '[.same, .boot, (.only_a | map(.name)), (.only_b | map(.name)), (.changed | map(.b.value))]' stdout)" = \
                '[false,["Timeout is 0 seconds, was 5 seconds"],["Gone"],["New"],["\"deu\"","0"]]' ]
        expect_exit 0 "$AAVMF_VARS" clone a.fd c.fd --compact
        expect_exit 0 "$AAVMF_VARS" diff a.fd c.fd
        [ ! -s stdout ]
        expect_exit 0 "$AAVMF_VARS" diff a.fd a.fd --json
        [ "$(jq -c '[.same, .only_a, .changed]' stdout)" = '[true,[],[]]' ]
}

test_diff_refuses_unreadable_files() {
        two_entries a.fd
        echo text >text
        expect_exit 3 "$AAVMF_VARS" diff a.fd text
        expect_exit 3 "$AAVMF_VARS" diff text a.fd
        expect_exit 2 "$AAVMF_VARS" diff a.fd missing.fd
        expect_exit 2 "$AAVMF_VARS" diff a.fd
        blank blank.fd
        expect_exit 1 "$AAVMF_VARS" diff blank.fd a.fd
        contains stdout 'Boot0001 "VMware ESXi" is new: '
}

# ---- show ----

test_show_prints_a_variable() {
        two_entries vars.fd
        "$put" vars.fd Secret $mine 3 "$(printf '%064x' 1)41"
        expect_exit 0 "$AAVMF_VARS" show vars.fd BootOrder
        contains stdout 'BootOrder'
        contains stdout 'EFI_GLOBAL_VARIABLE'
        contains stdout 'NV,BS,RT'
        contains stdout '0001,0000'
        expect_exit 0 "$AAVMF_VARS" show vars.fd "Secret:$mine"
        contains stdout "$mine"
        contains stdout '0010  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01  |................|'
        contains stdout '0020  41                                               |A|'
        expect_exit 0 "$AAVMF_VARS" show vars.fd Boot0001 --hex
        contains stdout '0000  01 00 00 00 '
        expect_exit 0 "$AAVMF_VARS" show vars.fd Secret --raw
        [ "$(od -An -tx1 -v stdout | tr -d ' \n')" = "$(printf '%064x' 1)41" ]
        expect_exit 0 "$AAVMF_VARS" show vars.fd Timeout --json
        [ "$(jq -c '[.name, .guid, .attributes, .size, .value, .data]' stdout)" = "[\"Timeout\",\"$global\",7,2,\"5\",\"0500\"]" ]
}

test_show_refuses_missing_and_ambiguous_variables() {
        two_entries vars.fd
        "$put" vars.fd Timeout $mine 3 00
        expect_exit 1 "$AAVMF_VARS" show vars.fd Nope
        contains stderr "variable 'Nope' not found"
        expect_exit 1 "$AAVMF_VARS" show vars.fd "BootOrder:$mine"
        expect_exit 2 "$AAVMF_VARS" show vars.fd Timeout
        contains stderr 'several vendors'
        expect_exit 0 "$AAVMF_VARS" show vars.fd "Timeout:$mine"
        expect_exit 2 "$AAVMF_VARS" show vars.fd Timeout:nobody
        expect_exit 2 "$AAVMF_VARS" show vars.fd "Timeout:$mine" --raw --hex
        expect_exit 2 "$AAVMF_VARS" show vars.fd
        expect_exit 2 "$AAVMF_VARS" show missing.fd Timeout
        blank blank.fd
        expect_exit 1 "$AAVMF_VARS" show blank.fd Timeout
}

test_every_command_has_help() {
        for command in edit clone format diff show; do
                expect_exit 0 "$AAVMF_VARS" $command --help
                contains stdout "usage: aavmf-vars $command"
                contains "$ROOT/docs/aavmf-vars.1" ".It Cm $command"
        done
}

run_tests
