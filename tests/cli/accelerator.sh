#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# --accel kvm and auto, with a fake QEMU that answers as on the relevant hosts. The tests' own host does not matter.
. "$(dirname "$0")/../lib.sh"

gicv3_host='echo "qemu-system-aarch64: KVM does not support GICv2 emulation" >&2; exit 1'
no_device='echo "Could not access KVM kernel module: No such file or directory" >&2
        echo "qemu-system-aarch64: -accel kvm: failed to initialize kvm: No such file or directory" >&2; exit 1'

# Creates ./qemu, a QEMU with these accelerators (words); started with a bare machine, it runs $2.
fake_qemu() {
        cat >qemu <<EOT
#!/bin/sh
case \$1 in
--version) echo 'QEMU emulator version 10.0.2 (Fake)' ;;
-accel) printf '%s\\n' 'Accelerators supported in QEMU binary:' $1 ;;
-machine) printf '%s\\n' 'Supported machines are:' 'virt   QEMU 10.0 ARM Virtual Machine' ;;
-device) printf 'name "%s", bus PCI\\n' qemu-xhci usb-storage vmxnet3 nvme ;;
-cpu) printf '%s\\n' 'Available CPUs:' '  cortex-a72' '  max' ;;
-no-user-config) echo "\$*" >>$PWD/tried; $2 ;;
esac
EOT
        chmod +x qemu
        use_firmware
        export AAVMF_CODE AAVMF_VARS_TEMPLATE
}

# The accelerator and processor in --print-command --json with these options.
chosen() {
        expect_exit 0 "$ESXIARM" install machine --rehearsal --print-command --json --qemu ./qemu "$@"
        jq -r '.accel + " " + (.arguments | .[index("-accel") + 1] + " " + .[index("-cpu") + 1])' stdout
}

# Only on an arm64 host is a line printed that auto is tcg.
explains_tcg() {
        case $(uname -m) in
        aarch64 | arm64)
                contains stderr "--accel auto: tcg, because $1"
                [ "$(wc -l <stderr)" -eq 1 ] || fail "more than a line: $(cat stderr)"
                ;;
        *) [ ! -s stderr ] || fail "it printed: $(cat stderr)" ;;
        esac
}

test_auto_is_kvm_if_kvm_runs_the_machine() {
        fake_qemu 'tcg kvm' 'exit 0'
        [ "$(chosen --accel auto)" = 'kvm kvm host' ] || fail "$(cat stdout)"
        [ ! -s stderr ] || fail "it printed: $(cat stderr)"
        contains tried '-machine virt,virtualization=off,gic-version=2 -accel kvm -cpu host -smp 2 '
        ACCEL=auto MACHINE_OPTS=virt,gic-version=3 CPU_MODEL=max
        export ACCEL MACHINE_OPTS CPU_MODEL
        [ "$(chosen)" = 'kvm kvm max' ] || fail "$(cat stdout)"
        contains tried '-machine virt,gic-version=3 -accel kvm -cpu max '
}

test_auto_is_tcg_if_kvm_does_not() {
        fake_qemu 'tcg kvm' "$gicv3_host"
        [ "$(chosen --accel auto)" = 'tcg tcg max,pauth-impdef=on' ] || fail "$(cat stdout)"
        explains_tcg "KVM on this host cannot run virt,virtualization=off,gic-version=2 with --cpu host: this host's GICv3"
        fake_qemu 'tcg kvm' "$no_device"
        [ "$(chosen --accel auto)" = 'tcg tcg max,pauth-impdef=on' ] || fail "$(cat stdout)"
        explains_tcg "KVM on this host cannot run virt,virtualization=off,gic-version=2 with --cpu host: this host has no"
}

test_auto_is_never_hvf() {
        fake_qemu 'hvf tcg' 'exit 0'
        [ "$(chosen --accel auto)" = 'tcg tcg max,pauth-impdef=on' ] || fail "$(cat stdout)"
        [ ! -e tried ] || fail "it tried: $(cat tried)"
}

test_qemu_is_not_probed_without_auto() {
        fake_qemu 'tcg kvm' 'exit 0'
        [ "$(chosen)" = 'tcg tcg max,pauth-impdef=on' ] || fail "$(cat stdout)"
        [ "$(chosen --accel kvm)" = 'kvm kvm host' ] || fail "$(cat stdout)"
        [ ! -e tried ] || fail "it tried: $(cat tried)"
}

test_explicit_kvm_is_refused_before_anything_is_created() {
        fake_qemu 'tcg kvm' "$gicv3_host"
        expect_exit 4 "$ESXIARM" install machine --rehearsal --accel kvm --qemu ./qemu
        contains stderr "--accel kvm: KVM on this host cannot run virt,virtualization=off,gic-version=2 with --cpu host: this \
host's GICv3 cannot provide gic-version=2 under KVM (QEMU reports: qemu-system-aarch64: KVM does not support GICv2 emulation); \
--accel tcg runs it on any host"
        [ ! -e machine ] || fail "created: $(ls -R machine)"
        fake_qemu 'tcg kvm' "$no_device"
        expect_exit 4 env ACCEL=kvm "$ESXIARM" install machine --rehearsal --qemu ./qemu
        contains stderr "this host has no /dev/kvm (QEMU reports: Could not access KVM kernel module: No such file or directory); \
load the kernel's kvm module"
        # A QEMU for a host of another architecture does not know KVM at all.
        fake_qemu tcg 'exit 0'
        expect_exit 4 "$ESXIARM" e2e machine --rehearsal --accel kvm --qemu ./qemu
        contains stderr '--accel kvm: '
        contains stderr '; --accel tcg runs it on any host'
        [ ! -e machine ] || fail "created: $(ls -R machine)"
}

# The machine keeps the accelerator of its installation, and a processor that works only with that one.
test_a_machine_installed_with_another_accelerator() {
        fake_qemu 'tcg kvm' "$gicv3_host"
        mkdir machine
        for stored in '"accel": "kvm", "cpu": "host"' '"accel": "tcg", "cpu": "max,pauth-impdef=on"' '"accel": "auto"'; do
                cat >machine/machine.json <<EOT
{"schema": 1, "profile": "rehearsal", "vars_sha256": "x", "firmware": {"code_sha256": "x", "code_path": "/fw/CODE.fd"},
 "boot_entry": {"label": "VMware ESXi"}, "settings": {$stored}}
EOT
                expect_exit 0 "$ESXIARM" boot-installed machine --print-command --json --qemu ./qemu --accel auto
                [ "$(jq -r .accel stdout)" = tcg ] || fail "$(cat stdout)"
                contains stdout '"max,pauth-impdef=on"'
                expect_exit 0 "$ESXIARM" boot-installed machine --print-command --json --qemu ./qemu --accel kvm
                contains stdout '"host"'
        done
        expect_exit 0 "$ESXIARM" boot-installed machine --print-command --json --qemu ./qemu
        [ "$(jq -r .accel stdout)" = tcg ] || fail "$(cat stdout)"
}

run_tests
