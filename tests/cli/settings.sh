#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The settings of a machine, seen through --print-command, which starts and writes nothing.
. "$(dirname "$0")/../lib.sh"

# A QEMU that prints its arguments, one a line.
argv() {
        printf '#!/bin/sh\nprintf "%%s\\n" "$@"\n' >"$1"
        chmod +x "$1"
}

# Creates the folder `machine` with an installed machine, sufficient for a command line; $1 are its settings.
installed_machine() {
        mkdir machine
        cat >machine/machine.json <<EOT
{"schema": 1, "profile": "rehearsal", "vars_sha256": "x", "firmware": {"code_sha256": "x", "code_path": "/fw/CODE.fd"},
 "boot_entry": {"label": "VMware ESXi"}, "settings": $1}
EOT
}

# The command line of an installation into $1 with the given options, parsed by a shell: ./argv.
print_install() {
        target=$1
        shift
        [ -x qemu ] || argv qemu
        use_firmware
        expect_exit 0 env AAVMF_CODE="$AAVMF_CODE" "$ESXIARM" install "$target" --rehearsal --print-command --qemu ./qemu "$@"
        sh -c "$(cat stdout)" >argv
}

has_argument() {
        grep -qxF -- "$1" argv && return
        fail "no argument '$1' in: $(cat argv)"
}

test_help_shows_default_and_unit_of_each_setting() {
        expect_exit 0 "$ESXIARM" install --help
        for option in accel machine-options cpu memory cpus boot-timeout nic mac forward qemu-arg qemu disk-size disk-bus \
                reboot-action reboot-observe; do
                awk -v option="--$option" '/^  -/ { wanted = $1 == option } wanted' stdout | grep -q default ||
                        fail "--$option does not show its default"
        done
        for name in ACCEL MACHINE_OPTS CPU_MODEL RAM_MB CPUS DISK_SIZE DISK_BUS REBOOT_ACTION REBOOT_OBSERVE_SEC \
                BOOT_TIMEOUT AAVMF_CODE AAVMF_VARS_TEMPLATE RUN_TAG LOG_DIR; do
                contains stdout "[$name]"
        done
}

test_every_environment_variable_is_used() {
        export ACCEL=kvm MACHINE_OPTS=virt,gic-version=3 CPU_MODEL=cortex-a72 RAM_MB=8192 CPUS=3 DISK_BUS=nvme
        print_install machine
        for argument in kvm virt,gic-version=3 cortex-a72 8192 3 nvme,serial=esxiarm-disk,drive=disk; do
                has_argument "$argument"
        done
        # A flag overrides it.
        print_install machine --memory 1000 --accel tcg
        has_argument 1000
        has_argument tcg
}

test_an_invalid_environment_variable_is_named() {
        for wrong in ACCEL=kmv MACHINE_OPTS= CPU_MODEL= RAM_MB=8G RAM_MB=0 CPUS=-1 CPUS=4.5 DISK_SIZE=40X DISK_SIZE=0 \
                DISK_BUS=scsi REBOOT_ACTION=reset REBOOT_OBSERVE_SEC=soon BOOT_TIMEOUT=1h; do
                case $wrong in
                *=) expect_exit 0 env "$wrong" "$ESXIARM" install m --rehearsal --print-command ;; # empty: not set
                *) expect_exit 2 env "$wrong" "$ESXIARM" install m --rehearsal --print-command ;;
                esac
        done
        expect_exit 2 env DISK_SIZE=4OG "$ESXIARM" install m --rehearsal --print-command
        contains stderr "DISK_SIZE: invalid value '4OG' (expected a size: a number with K, M, G or T)"
        expect_exit 2 env ACCEL=kmv "$ESXIARM" install m --rehearsal --print-command
        contains stderr "did you mean 'kvm'?"
}

test_wrong_flags_are_one_sentence_each() {
        while read -r message option; do
                # shellcheck disable=SC2086 # words
                expect_exit 2 "$ESXIARM" install m --rehearsal --print-command $option
                contains stderr "$(echo "$message" | tr _ ' ')"
                [ "$(grep -c . stderr)" -le 2 ] || fail "more than a sentence: $(cat stderr)"
        done <<'EOT'
needs_two_ports --forward 2222:70000
needs_two_ports --forward 0:22
another_forward_uses --forward 2222:22,2222:23
another_forward_uses --forward 2222:22 --forward 2222:22
has_no_IPv4_address --forward here:2222:22
needs_a_network_card --forward 2222:22 --nic none
is_not_the_name_of_a_device --nic vmxnet3,addr=5
is_not_a_network_card_address --mac 52:54
first_byte_must_be_even --mac 53:54:00:12:34:56
expected_usb_or_nvme --disk-bus sata
expected_at_least_1 --memory 0
expected_1_to_512 --cpus 513
did_you_mean_'--forward'? --foward 2222:22
EOT
        [ ! -e m ] || fail "the machine was created"
}

test_the_network() {
        print_install machine --forward 2222:22,8443:443 --forward 0.0.0.0:80:80 --nic e1000e --mac 52:54:00:00:00:09
        has_argument user,id=net0,hostfwd=tcp:127.0.0.1:2222-:22,hostfwd=tcp:127.0.0.1:8443-:443,hostfwd=tcp:0.0.0.0:80-:80
        has_argument e1000e,netdev=net0,mac=52:54:00:00:00:09,romfile=
        print_install machine --nic none
        lacks argv net0
}

test_further_arguments_arrive_unchanged() {
        print_install machine --qemu-arg -fw_cfg --qemu-arg "name=opt/x,string=it's \"a\" \$b \`c\` ü" --qemu-arg -no-hpet
        tail -n 3 argv >last
        printf '%s\n' -fw_cfg "name=opt/x,string=it's \"a\" \$b \`c\` ü" -no-hpet | cmp - last
}

test_nothing_is_created_and_missing_files_are_reported() {
        argv qemu
        mkdir -m 755 empty
        print_install "$PWD/empty/new"
        [ -z "$(ls empty)" ] || fail "it created: $(ls -R empty)"
        contains stdout "# missing, esxiarm install makes it: $PWD/empty/new/run/payload.img"
        contains stdout "# missing, esxiarm install makes it: $PWD/empty/new/disk.qcow2"
        # All other lines are comments.
        [ "$(grep -vc '^#' stdout)" -eq 1 ] || fail "not one line: $(cat stdout)"
        expect_exit 0 "$ESXIARM" install empty/new --rehearsal --print-command --json
        [ "$(jq -r '.missing[0]' stdout)" = "$PWD/empty/new/vars.fd" ] || fail "missing: $(cat stdout)"
        jq -e '.arguments | index("mon:stdio") and (index("-S") | not)' stdout >/dev/null || fail "arguments: $(cat stdout)"
        expect_exit 4 "$ESXIARM" install empty/new --rehearsal --print-command --qemu ./nowhere
}

test_a_real_installer_gets_the_firmware_of_the_catalog() {
        argv qemu
        use_firmware
        mkdir -p data cache/esxiarm/firmware
        cp -r "$(dirname "$AAVMF_CODE")" cache/esxiarm/firmware/another
        export XDG_CACHE_HOME="$PWD/cache" ESXIARM_DATA="$PWD/data"
        unset AAVMF_CODE AAVMF_VARS_TEMPLATE
        printf '%s\n' 'default: known' 'firmware:' '  - name: known' '    package: qemu-efi-aarch64' '    version: 1.0-2' \
                '    suites: [bookworm]' '    component: main' '    architecture: amd64' \
                '    keys: F6ECB3762474EDA9D21B7022871920D1991BC93C' '    esxi: a test' >data/catalog.yaml
        installed=cache/esxiarm/firmware/qemu-efi-aarch64_1.0-2
        expect_exit 0 "$ESXIARM" install machine --iso any.iso --print-command --qemu ./qemu
        contains stdout "# missing, esxiarm install fetches it: $PWD/$installed/AAVMF_CODE.fd"
        contains stdout "file=$PWD/$installed/AAVMF_CODE.fd"
        # Once it is installed, in any place, there is no note.
        jq '.catalog = "known" | .version = "1.0-2"' cache/esxiarm/firmware/another/firmware.json >edited
        mv edited cache/esxiarm/firmware/another/firmware.json
        expect_exit 0 "$ESXIARM" install machine --iso any.iso --print-command --qemu ./qemu
        contains stdout "file=$PWD/cache/esxiarm/firmware/another/AAVMF_CODE.fd"
        ! grep fetches stdout || fail "a note was printed"
}

test_any_path_survives_the_shell() {
        name="a, b'c\"d \$e \`f\` ü;&|*"
        mkdir "$name"
        argv "$name/qemu"
        print_install "$name/machine" --qemu "$name/qemu"
        doubled=$(printf %s "$PWD/$name" | sed 's/,/,,/g')
        has_argument "if=pflash,unit=1,format=raw,file=$doubled/machine/vars.fd"
        has_argument "if=none,id=payload,format=raw,readonly=on,file=$doubled/machine/run/payload.img"
}

test_stored_settings_are_used_and_given_ones_replace_them() {
        installed_machine '{"nic": "e1000e", "mac": "52:54:00:00:00:07", "forwards": ["2222:22", "8443:443"],
                "qemu_args": ["-d", "unimp"], "cpus": 7, "from_the_future": {}}'
        argv qemu
        expect_exit 0 "$ESXIARM" boot-installed machine --print-command --qemu ./qemu
        sh -c "$(cat stdout)" >argv
        has_argument user,id=net0,hostfwd=tcp:127.0.0.1:2222-:22,hostfwd=tcp:127.0.0.1:8443-:443
        has_argument e1000e,netdev=net0,mac=52:54:00:00:00:07,romfile=
        has_argument unimp
        has_argument 7
        lacks argv payload
        lacks argv bootindex
        expect_exit 0 "$ESXIARM" boot-installed machine --print-command --qemu ./qemu --forward 9:9 --qemu-arg ''
        sh -c "$(cat stdout)" >argv
        has_argument user,id=net0,hostfwd=tcp:127.0.0.1:9-:9
        lacks argv unimp
        expect_exit 0 "$ESXIARM" boot-installed machine --print-command --qemu ./qemu --nic none
        lacks stdout net0
        [ "$(ls machine)" = machine.json ] || fail "something was created: $(ls machine)"
}

# The help for the option $1, as one line.
help_of() {
        awk -v option="--$1" '/^  -/ { wanted = $1 == option } wanted' stdout | tr -s '\n ' ' '
}

test_help_with_a_machine_shows_its_stored_settings() {
        installed_machine '{"nic": "e1000e", "forwards": ["2222:22", "8443:443"], "cpus": 7, "memory_mb": 6000,
                "disk_size": 42949672960}'
        for words in 'boot-installed machine --help' 'help boot-installed machine' 'install machine --help' \
                'e2e --help machine' 'help rehearse machine'; do
                # shellcheck disable=SC2086 # words
                expect_exit 0 env RAM_MB=8192 "$ESXIARM" $words
                help_of nic | grep -qF '[stored: e1000e]' || fail "$words: $(cat stdout)"
                help_of forward | grep -qF '[stored: 2222:22 8443:443]' || fail "$words: $(cat stdout)"
                help_of cpus | grep -qF '[CPUS] [stored: 7]' || fail "$words: $(cat stdout)"
                # The environment overrides it.
                help_of memory | grep -qF '[RAM_MB=8192]' || fail "$words: $(cat stdout)"
                lacks stdout 6000
        done
        expect_exit 0 "$ESXIARM" help install machine
        help_of disk-size | grep -qF '[stored: 40.00 GiB]' || fail "$(cat stdout)"
        [ "$(ls machine)" = machine.json ] || fail "something was created: $(ls machine)"
        # Help does not need a valid machine.
        echo '{' >machine/machine.json
        for other in machine missing stdout; do
                expect_exit 0 "$ESXIARM" help boot-installed $other
                lacks stdout stored:
                [ ! -s stderr ] || fail "it printed: $(cat stderr)"
        done
}

test_a_stored_setting_of_the_wrong_type_is_damage() {
        installed_machine '{"forwards": "2222:22"}'
        expect_exit 3 "$ESXIARM" boot-installed machine --print-command
        contains stderr 'machine.json: "forwards" in "settings" is not a list of texts'
}

test_more_memory_than_the_host_has_is_a_warning() {
        print_install machine --memory 100000000
        contains stderr 'warning: the machine needs 100000000 MiB of memory'
        print_install machine --memory 64 --cpus 512
        [ ! -s stderr ] || fail "it printed: $(cat stderr)"
}

# An installation is refused before anything is created.
test_a_program_that_is_not_qemu_is_refused_at_once() {
        use_firmware
        export AAVMF_CODE AAVMF_VARS_TEMPLATE
        argv qemu
        expect_exit 4 "$ESXIARM" install machine --rehearsal --qemu ./qemu
        contains stderr "/qemu is not QEMU: --version ended with exit code 0 and printed '--version'"
        [ ! -e machine/disk.qcow2 ] || fail "a disk was created"
        expect_exit 4 "$ESXIARM" install machine --rehearsal --nic vmxnet4
        contains stderr "has no device 'vmxnet4'; did you mean 'vmxnet3'?"
        expect_exit 4 "$ESXIARM" install machine --rehearsal --machine-options vrit
        contains stderr "has no machine 'vrit'; did you mean 'virt'?"
}

run_tests
