#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What ESXi's installer asks or says beside its usual screens, purple screens, loaders that give up: the rehearsal guest shows
# all of it, and each ends the job at once, with its words, unless it needs no answer. Nothing is installed over a disk that
# is not empty.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/machine.sh"

# each FUNCTION ITEM...: calls it with every item, in a folder of its own, two at a time.
each() {
        function=$1
        shift
        while [ $# -gt 0 ]; do
                in_folder "$1" &
                first=$!
                second=
                if [ $# -gt 1 ]; then
                        in_folder "$2" &
                        second=$!
                        shift
                fi
                shift
                wait "$first"
                [ -z "$second" ] || wait "$second"
        done
}

in_folder() {
        mkdir "${1%%:*}"
        cd "${1%%:*}" || exit
        "$function" "$1"
}

# The profile, less patient with what it does not know.
quick_profile() {
        sed 's/^unknown_s: .*/unknown_s: 1/' "$BUILD/share/guests/rehearsal.yaml" >quick.yaml
}

# BOX:WORDS. The box ends the installation, with its words, and nothing was written. The disk was pointed out, so it may
# be somebody else's.
box_ends_it() {
        quick_profile
        install 1 --profile ./quick.yaml --rehearsal-option "box=${1%%:*}" --disk-position 2
        contains stderr "${1#*:}"
        failure_is_kept
        nothing_is_left
}

test_a_box_about_what_is_on_the_disk_ends_the_installation() {
        each box_ends_it 'esxi-found:ESXi Found' 'esxi-only:ESXi Found' 'force-migrate:(X) Force Migrate *' \
                'vmfs-found:VMFS Found' 'esxi-vmfs:ESXi and VMFS Found' 'vmfs-lost:VMFS Cannot Be Preserved' \
                'old-esx:ESX(i) Found' 'vsan:vSAN Claimed SSD' 'confirm:Confirm Disk Selection'
}

# BOX:STEP. A disk that was just made may be overwritten.
box_is_overwritten() {
        install 0 --rehearsal-option "box=${1%%:*}"
        seen "\"step\":\"${1#*:}\"" || fail "no step ${1#*:}"
        ! seen '"step":"upgrade"' || fail "an upgrade"
}

test_a_disk_that_may_be_overwritten_is() {
        each box_is_overwritten esxi-found:install-anew esxi-only:install-anew force-migrate:install-anew \
                vmfs-found:install-anew esxi-vmfs:install-anew vmfs-lost:overwrite old-esx:overwrite-old \
                vsan:overwrite-old confirm:overwrite
}

test_an_installed_machine_is_upgraded_or_overwritten_only_if_asked() {
        use_fixture
        machine_here
        disk=$(jq -r .disk.guid machine/machine.json)
        install 2
        contains stderr '--overwrite and --upgrade keep the disk'
        install 2 --overwrite --upgrade
        contains stderr '--force, --overwrite and --upgrade exclude each other'
        install 0 --upgrade
        seen '"step":"confirm-upgrade"' || fail "no upgrade"
        [ "$(jq -r .disk.guid machine/machine.json)" = "$disk" ] || fail "another disk"
        expect_exit 0 "$ESXIARM" boot-installed machine --check
        rm -r machine/runs
        install 0 --overwrite
        seen '"step":"install-anew"' || fail "not over the old ESXi"
        ! seen '"step":"confirm-upgrade"' || fail "an upgrade"
        [ "$(jq -r .disk.guid machine/machine.json)" != "$disk" ] || fail "the disk is the old one"
        expect_exit 0 "$ESXIARM" boot-installed machine --check
}

# BOX:WORDS.
upgrade_ends() {
        machine_here
        install 1 --upgrade --rehearsal-option "box=${1%%:*}"
        contains stderr 'the installer offers no upgrade of what is on the disk'
        contains stderr "${1#*:}"
}

test_what_cannot_be_upgraded_is_refused() {
        use_fixture
        each upgrade_ends 'esxi-only:ESXi Found' 'vmfs-lost:VMFS Cannot Be Preserved' 'old-esx:ESX(i) Found' \
                'vsan:vSAN Claimed' 'confirm:Confirm Disk Selection'
}

# It stays up in the background, and everybody is told.
test_a_panic_of_a_system_that_is_up() {
        install 0 --rehearsal-option panic=up --rehearsal-option panic-kind=pf
        expect_exit 0 "$ESXIARM" boot-installed machine --detach
        wait_for 30 sh -c "'$ESXIARM' status machine | grep -q panicked"
        expect_exit 0 "$ESXIARM" status machine
        contains stdout panicked
        "$ESXIARM" stop machine --wait 1 >out 2>&1 || :
        wait_for 30 nothing_is_left
        contains machine/runs/*-boot/result.json '"outcome": "panic"'
        expect_exit 6 "$ESXIARM" diagnose machine
        contains stdout '#PF Exception 14 in world'
}

test_an_upgrade_that_stops_leaves_the_machine_as_it_was() {
        use_fixture
        machine_here
        cp machine/machine.json before.json
        install 1 --upgrade --rehearsal-option box=no-disk
        cmp before.json machine/machine.json || fail "another machine.json"
        expect_exit 1 "$ESXIARM" boot-installed machine --check
        contains stderr 'The vars of the installation still match'
        expect_exit 0 "$ESXIARM" diagnose machine --fix
        expect_exit 0 "$ESXIARM" boot-installed machine --check
}

test_an_upgrade_needs_a_disk_with_vars() {
        install 2 --upgrade
        contains stderr 'has no disk with vars that --upgrade could keep'
}

test_a_box_that_says_no_ends_the_installation() {
        each box_ends_it 'small:minimum space' 'unscannable:cannot be scanned' \
                'no-drivers:Missing Device Drivers' 'no-disk:No Eligible Disks Found' 'no-network:No Network Adapters' \
                'errors:(F11) Reboot' 'failed:This program has encountered an error' 'unknown:Rehearsed Surprise'
}

test_what_needs_no_decision_is_answered() {
        install 0 --rehearsal-option box=geometry,alert --rehearsal-option only-install=1 --rehearsal-option slow-check=40 \
                --rehearsal-option line-frames=1
        seen '"step":"geometry"' || fail "no geometry"
        seen '"step":"alert"' || fail "no alert"
}

# A raw disk of 40 GiB, in the words $more, beside the machine's own.
second_disk() {
        truncate -s 40G second.raw
        more="--qemu-arg -drive --qemu-arg if=none,id=second,format=raw,file=$PWD/second.raw
                --qemu-arg -device --qemu-arg usb-storage,bus=xhci.0,drive=second"
}

chosen_disk_is_kept() {
        quick_profile
        head -c 64M second.raw | sha256sum >before
        # shellcheck disable=SC2086 # words
        install 1 --profile ./quick.yaml $more --disk-name 'USB port 2'
        contains stderr "$1"
        head -c 64M second.raw | sha256sum | cmp - before || fail "the disk was written to"
}

vmfs=AA31E02A-400F-11DB-9590-000C2911D1B8

# What is really there decides which box comes.
disk_with() {
        second_disk
        case $1 in
        esxi:*) qemu-img convert -O raw "$fixture/disk.qcow2" second.raw ;;
        esxi-and-vmfs:*)
                qemu-img convert -O raw "$fixture/disk.qcow2" second.raw
                osdata=$(sgdisk -p second.raw | awk '$1 == 7 { print $2 }')
                sgdisk -d 7 -n "7:$osdata:20G" -t 7:4EB2EA39-7855-4790-A79E-FAE495E21F8D -n 8:30G:+1G -t 8:$vmfs second.raw \
                        >sgdisk.txt
                ;;
        vmfs:*) sgdisk -n 1:10G:+1G -t 1:$vmfs second.raw >sgdisk.txt ;;
        vsan:*) sgdisk -n 1:10G:+1G -t 1:381CFCCC-7288-11E0-92EE-000C2911D0B2 second.raw >sgdisk.txt ;;
        other:*) sgdisk -n 1:10G:+1G second.raw >sgdisk.txt ;;
        esac
        chosen_disk_is_kept "${1#*:}"
        case $1 in
        vmfs:*) contains stderr ' * QEMU' ;;
        vsan:*) contains stderr ' # QEMU' ;;
        esac
}

test_the_box_depends_on_what_is_on_the_disk() {
        use_fixture
        each disk_with 'esxi:ESXi Found' 'esxi-and-vmfs:ESXi and VMFS Found' 'vmfs:VMFS Found' 'vsan:vSAN Claimed SSD' \
                'other:Confirm Disk Selection'
}

panics_with() {
        install 6 --rehearsal-option panic=eula --rehearsal-option "panic-kind=${1%%:*}"
        contains stderr 'purple screen'
        contains stderr "${1#*:}"
        contains machine/runs/*/failure-screen.txt 'Code start: 0x'
        contains machine/runs/*/failure-screen.txt '@vmkernel#nover+'
}

test_every_purple_screen_is_a_panic_and_its_reason_is_told() {
        each panics_with 'its:its.c:2934' 'excvec:EXCVEC_CUREL_SP_EL0_SYNCH Exception 0 in world' 'pf:#PF Exception 14 in world' \
                'bluescreen-spin:@BlueScreen: Spin count exceeded' 'bluescreen-pf:@BlueScreen: #PF Exception' \
                'bluescreen-assert:@BlueScreen: ASSERT' 'assert:ASSERT bora/' 'not-implemented:NOT_IMPLEMENTED bora/' \
                'hw-feature:HW feature incompatibility' 'cpu-mismatch:Fatal CPU mismatch' \
                'problem:The system has found a problem on your machine' 'unknown:no list of reasons has'
}

test_a_backtrace_alone_is_no_panic() {
        install 0 --rehearsal-option panic=eula --rehearsal-option panic-kind=warning
        contains machine/runs/*/console.txt '@vmkernel#nover+'
}

# FAULT:WORDS of a script that fails.
script_fails() {
        case $1 in
        argument:*) line='install --firstdisk=usb --overwritevfms' ;;
        no-disk:*) line='install --firstdisk=remote' ;;
        other-disk:*) line='install --disk=no-such-disk' ;;
        esac
        printf 'vmaccepteula\nrootpw Rehearsal-1\n%s\nreboot\n' "$line" >ks.cfg
        install 1 --kickstart ks.cfg
        contains stderr "${1#*:}"
        nothing_is_left
}

test_a_script_that_fails_ends_the_installation() {
        each script_fails 'argument:parsing the installation' 'no-disk:exceptional circumstance' \
                'other-disk:parsing the installation'
}

test_a_script_with_unknown_commands_is_followed_after_a_warning() {
        # What follows %end belongs to the section, and an unknown command is only a warning.
        printf 'vmaccepteula\nrootpw Rehearsal-1\nformat c:\ninstall --firstdisk=usb # this one\nreboot\n' >ks.cfg
        printf '%%post\ntrue\n%%end\nrubbish\n' >>ks.cfg
        install 0 --kickstart ks.cfg --rehearsal-option pace=5
        contains machine/runs/*/console.txt 'warning:'
        contains machine/runs/*/console.txt '"format"'
        lacks machine/runs/*/console.txt 'rubbish'
        lacks machine/runs/*/console.txt 'Installation Complete'
        contains machine/runs/*/console.txt 'has been installed successfully.'
}

loader_gives_up() {
        install 1 --rehearsal-option "installer-loader=${1%%:*}"
        contains stderr "${1#*:}"
        nothing_is_left
}

test_a_loader_that_gives_up_ends_the_installation() {
        each loader_gives_up 'fatal:Fatal error: 32 (' 'no-hypervisor:No hypervisor found.' \
                'unrecoverable:Unrecoverable error' 'unsupported-cpu:Unsupported CPU' \
                'exception:Synchronous Exception at 0x'
}

test_a_boot_bank_without_its_marker_does_not_boot() {
        use_fixture
        machine_here
        qemu-img convert -O raw machine/disk.qcow2 disk.raw
        for first in $(sgdisk -p disk.raw | awk '$1 == 5 || $1 == 6 { print $2 }'); do
                [ "$(dd if=disk.raw bs=512 skip=$((first + 1)) count=1 2>dd.txt | head -c 16)" = 'VMWARE FAT16    ' ] ||
                        fail "no marker in block $((first + 1))"
                dd if=/dev/zero of=disk.raw bs=512 seek=$((first + 1)) count=1 conv=notrunc 2>dd.txt
        done
        qemu-img convert -O qcow2 disk.raw machine/disk.qcow2
        rm disk.raw
        expect_exit 1 "$ESXIARM" boot-installed machine --check
        contains stderr 'No hypervisor found.'
}

test_an_installed_system_whose_loader_gives_up_or_falls_silent() {
        install 0 --rehearsal-option loader=fatal
        expect_exit 1 "$ESXIARM" boot-installed machine --check
        contains stderr 'Fatal error: 32 ('
        rm -rf machine
        install 0 --rehearsal-option loader=silent
        expect_exit 5 "$ESXIARM" boot-installed machine --check --boot-timeout 4
}

# press KEY...: types at the console, each key once the one before has had its effect on the screen.
press() {
        for key; do
                terminal capture-pane -p -t user >screen
                terminal send-keys -t user "$key"
                wait_for 10 changed
        done
}

changed() {
        ! terminal capture-pane -p -t user | cmp -s - screen
}

to_troubleshooting() {
        machine_is_shown
        press F2
        wait_for 10 shows user 'Authentication Required'
        press s e c r e t 1 Enter
        wait_for 10 shows user 'System Customization'
        press Down Down Down Down Down Down Enter
        wait_for 10 shows user 'Troubleshooting Mode Options'
}

machine_is_shown() {
        "$ESXIARM" boot-installed machine --detach >out 2>&1
        in_terminal user "$ESXIARM console machine"
        wait_for 10 shows user 'Customize System'
}

test_the_console_switches_ssh_and_remembers_it() {
        use_fixture
        machine_here
        to_troubleshooting
        press Down
        wait_for 10 shows user 'SSH is Disabled'
        press Enter
        wait_for 10 shows user 'SSH is Enabled'
        shows user 'Disable SSH' || fail "SSH cannot be disabled"
        "$ESXIARM" stop machine >out
        terminal kill-server
        to_troubleshooting
        shows user 'Enable ESXi Shell' || fail "the shell is enabled, too"
        shows user 'Disable SSH' || fail "SSH was forgotten"
        press Escape Escape
        wait_for 10 shows user 'To manage this host'
        "$ESXIARM" stop machine >out
        nothing_is_left
}

run_tests
