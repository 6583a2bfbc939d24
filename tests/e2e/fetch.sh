#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Firmware fetched through the chain of an archive boots in QEMU.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/firmware.sh"

test_firmware_from_a_signed_archive_boots() {
        use_server
        use_keys
        add_suite served/archive stable "$deb"
        write_catalog "$url/archive" "version: newest" "suites: stable"
        fetch_test 0
        installed_as_dpkg_does
        expect_exit 0 "$ESXIARM" fetch --verify test
        AAVMF_CODE=$installed/AAVMF_CODE.fd
        cp "$installed/AAVMF_VARS.fd" vars.fd
        start_firmware vars.fd
        wait_for 120 grep -q BdsDxe vars.fd.log
        stop_firmware "$pid"
        # It has formatted the blank template, so it was given its own template.
        expect_exit 0 "$AAVMF_VARS" list vars.fd
        contains stdout BootOrder
}

run_tests
