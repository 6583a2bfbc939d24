#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A guest profile with `payload: any`: what is installed need not look like ESXi's installer.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/machine.sh"

export ROOT_PASSWORD=Rehearsal-1

# The rehearsal guest's files, of which the loader is the only one that ESXi's installer has, too.
make_files() {
        mkdir -p files/EFI/BOOT
        cp "$BUILD/rehearsal/BOOTAA64.EFI" files/EFI/BOOT/
        sed 's/^rehearsal: true/rehearsal: true\npayload: any/' "$ROOT/launcher/guests/rehearsal.yaml" >any.yaml
}

add_boot_cfg() {
        printf 'title=Any\nkernel=/k.b00\nkernelopt=runweasel\nmodules=\nbuild=1\n' >files/BOOT.CFG
        cp files/BOOT.CFG files/EFI/BOOT/
        echo kernel >files/K.B00
        echo pace=20 >files/REHEARSE.CFG
}

install_any() {
        expected=$1
        shift
        expect_exit "$expected" "$ESXIARM" install machine --cpus 1 --reboot-action poweroff "$@"
}

test_a_folder_that_is_no_installer_of_esxi() {
        make_files
        install_any 3 --profile rehearsal --payload files
        contains stderr 'no ESXi for Arm can be installed from files'
        # It is started unchanged. This guest finds that it has no BOOT.CFG.
        install_any 1 --profile any.yaml --payload files
        contains stderr 'No hypervisor found'
        install_any 2 --profile any.yaml --payload files --kernelopt a=b
        contains stderr 'takes any payload, unchanged'
        install_any 2 --profile any.yaml --payload none
        contains stderr 'none: cannot open the payload'
}

test_an_image_is_attached_as_it_is() {
        make_files
        add_boot_cfg
        expect_exit 0 "$ESXIARM" payload files -o any.img
        sum=$(sha256sum any.img)
        install_any 0 --profile any.yaml --payload any.img
        [ "$(sha256sum any.img)" = "$sum" ] || fail "the image was changed"
        nothing_is_left
        expect_exit 0 "$ESXIARM" boot-installed machine --check
}

run_tests
