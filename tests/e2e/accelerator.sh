#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# --accel auto from installation to boot: the machine and its evidence have the accelerator that was chosen.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../machine.sh"

# ./qemu: its KVM is in fact tcg, and available as long as the file kvm-works exists.
qemu_with_kvm() {
        cat >qemu <<'EOT'
#!/bin/sh
case "$1 $2" in
'-accel help') printf '%s\n' 'Accelerators supported in QEMU binary:' tcg kvm && exit ;;
esac
for argument; do
        shift
        case $argument in
        kvm)
                [ -e "${0%/*}/kvm-works" ] || {
                        echo 'qemu-system-aarch64: host does not support in-kernel GICv2 emulation' >&2
                        exit 1
                }
                argument=tcg
                ;;
        host) argument=max ;;
        esac
        set -- "$@" "$argument"
done
exec qemu-system-aarch64 "$@"
EOT
        chmod +x qemu
}

test_what_auto_chose_is_kept_and_reported() {
        qemu_with_kvm
        touch kvm-works
        install 0 --accel auto --qemu ./qemu --json
        [ "$(jq -r .accel stdout)" = kvm ] || fail "install reports: $(cat stdout)"
        [ "$(jq -r '.settings | .accel + " " + .cpu' machine/machine.json)" = 'kvm host' ] || fail "$(cat machine/machine.json)"
        [ "$(jq -r .settings.accel machine/runs/*-install/result.json)" = kvm ] || fail "$(cat machine/runs/*-install/result.json)"
        expect_exit 0 "$ESXIARM" boot-installed machine --check --json
        [ "$(jq -r .accel stdout)" = kvm ] || fail "boot reports: $(cat stdout)"
        # The machine is now on another host.
        rm kvm-works
        expect_exit 4 "$ESXIARM" boot-installed machine --check
        contains stderr "--accel kvm: KVM on this host cannot run virt,virtualization=off,gic-version=2 with --cpu host: this \
host's GICv3 cannot provide gic-version=2 under KVM"
        expect_exit 0 "$ESXIARM" boot-installed machine --check --json --accel auto --run-tag elsewhere
        [ "$(jq -r .accel stdout)" = tcg ] || fail "boot reports: $(cat stdout)"
        [ "$(jq -r '.settings | .accel + " " + .cpu' machine/runs/elsewhere/result.json)" = 'tcg max,pauth-impdef=on' ] ||
                fail "$(cat machine/runs/elsewhere/result.json)"
}

run_tests
