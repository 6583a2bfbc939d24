#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every firmware of Debian 12 to sid, with and without Secure Boot. Compares prediction and result for blank vars and
# templates, for vars rebuilt from a disk, for an entry of the installed system that is first, last or wrong, for vars
# written by another firmware, and for random ones; and runs a rehearsal on each. The packages come from the mirror of
# this host's apt, verified as the catalog requires.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/machine.sh"
. "$TESTS/firmware.sh"
. "$TESTS/store.sh"
. "$TESTS/predictions.sh"

export XDG_CACHE_HOME="$BUILD/cache/generations"

# ---- the firmware

mirror() {
        # shellcheck disable=SC2016 # apt's own placeholders
        apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(COMPONENT)' 'Created-By: Packages' |
                awk '$2 == "Debian" && $3 == "main" { print $1; exit }'
}

# A mirror that lags behind is refused because of its Valid-Until. If this host's apt is set to ignore that, a separate
# apt with that one suite verifies the package instead.
fetch_by_apt() {
        (
                own_apt "$PWD/apt-$1" \
                        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $1 main"
                apt-get -q update >"apt-$1/log" 2>&1 || fail "$(cat "apt-$1/log")"
                expect_exit 0 "$ESXIARM" fetch "debian-$2" --json
        )
}

# Fetches release SUITE, debian-NAME in the catalog, and adds its folder to ./folders.
fetch_release() {
        code=0
        "$ESXIARM" fetch "debian-$2" --mirror "$(mirror)" --json >stdout 2>stderr </dev/null || code=$?
        if grep -q 'it was valid until' stderr; then
                fetch_by_apt "$1" "$2"
        elif [ "$code" -ne 0 ]; then
                fail "$(cat stderr)"
        fi
        jq -r .folder stdout >>folders
}

# Lists the codes of all releases in ./codes, each with a name. They are fetched once by tests/run.
use_every_firmware() {
        known=${results:-$PWD}/firmware-codes
        [ -s "$known" ] || find_every_firmware
        cp "$known" codes
}

find_every_firmware() {
        : >folders
        fetch_release bookworm 12
        fetch_release trixie 13
        fetch_release sid sid
        while read -r folder; do
                for code in "$folder"/AAVMF_CODE*.fd; do
                        release=$(basename "$folder")
                        kind=$(basename "$code" .fd)
                        echo "${release#*_}${kind#AAVMF_CODE} $code"
                done
        done <folders >found
        mv found "$known"
}

# with_each COMMAND...: runs it for every firmware, in a folder of its name.
with_each() {
        while read -r current AAVMF_CODE <&4; do
                AAVMF_VARS_TEMPLATE=$(dirname "$AAVMF_CODE")/AAVMF_VARS.fd
                progress "$current"
                mkdir -p "$current"
                cd "$current" || exit 1
                "$@"
                cd ..
        done 4<codes
}

use_firmware() { :; } # with_each has chosen one

# ---- comparisons

# Compares the store without a disk, with the disk alone, with a payload, and with a payload that has a bootindex.
compare_everywhere() {
        compare "$1"
        compare "$1" disk.img '' "$disk_content"
        compare "$1" payload.img '' "$payload_content" disk.img '' "$disk_content"
        compare "$1" payload.img ,bootindex=0 "$payload_content" disk.img '' "$disk_content"
}

# Creates the store VARS with the system's entry for PARTITION.
system_store() {
        new_store "$1"
        entry "$1" 0004 01000000 "$2" 64
        order "$1" 0400
}

# Adds the system's entry to a store written by a firmware.
add_system() {
        store=$1
        shift
        "$AAVMF_VARS" edit "$store" --boot-add 'VMware ESXi' --loader "$loader" --hd 1,$esp,0x40,0x5000 --bootnum 0009 "$@" >/dev/null
}

compare_stores() {
        disks
        truncate -s 64M zeroes.fd
        "$AAVMF_VARS" clone zeroes.fd blank.fd --timeout 0
        new_store template.fd
        expect_exit 0 "$ESXIARM" rebuild-vars --disk disk.img -o rebuilt.fd --timeout 0 --template "$AAVMF_VARS_TEMPLATE"
        system_store first.fd 1
        system_store wrong.fd 2
        # As the firmware leaves it, with its own entries before the system's.
        cp blank.fd last.fd
        boot last.fd "$(usb 1 disk.img '')" >happened
        add_system last.fd --last
        for store in blank template rebuilt first wrong last; do
                compare_everywhere $store.fd
        done
        # Prints what each firmware made of a blank store, for the table in the documentation.
        cp blank.fd run.fd
        boot run.fd "$(usb 1 disk.img '')" >happened
        "$AAVMF_VARS" list run.fd --json | jq -r '.entries[] | "\(.number) \(.attributes) \(.label)"' |
                while read -r number attributes label; do
                        progress "$(printf '  Boot%s 0x%03x %s' "$number" "$attributes" "$label")"
                done
}

test_every_firmware_with_blank_rebuilt_and_other_vars() {
        use_every_firmware
        with_each compare_stores
}

# This firmware starts with the store that each of the others made, with the system's entry added.
compare_with_the_vars_of_others() {
        disks
        while read -r writer _ <&5; do
                compare_everywhere "../$writer.fd"
        done 5<../codes
}

write_vars() {
        disks
        new_store "../$current.fd"
        boot "../$current.fd" "$(usb 1 payload.img '') $(usb 2 disk.img '')" >happened
        add_system "../$current.fd"
}

test_every_firmware_with_the_vars_of_every_other() {
        use_every_firmware
        with_each write_vars
        with_each compare_with_the_vars_of_others
}

random_vars() {
        compare_random "$seed" "$(scaled 20)"
        seed=$state
}

test_every_firmware_with_random_vars_and_disks() {
        use_every_firmware
        seed=20261129
        with_each random_vars
}

# With keys in its template, a firmware with Secure Boot refuses files not signed with them, as predict says it may.
compare_keys() {
        disks
        for keys in ms snakeoil; do
                "$AAVMF_VARS" clone "${AAVMF_VARS_TEMPLATE%.fd}.$keys.fd" vars.fd --timeout 0 --force
                expect_exit 0 "$ESXIARM" predict --disk disk.img --vars vars.fd --code "$AAVMF_CODE" --json
                jq -e '.starts.certain | not' stdout >/dev/null || fail "$(cat stdout)"
                predicted=$(jq -r .starts.entry stdout)
                boot vars.fd "$(usb 1 disk.img '')" >happened
                head -n 1 happened | grep -qE "^(starting|failed) Boot$predicted\$" || fail "not $predicted: $(cat happened)"
                progress "  $keys: $(head -n 1 happened)"
        done
}

test_every_firmware_with_keys_in_its_vars() {
        use_every_firmware
        with_each compare_keys
}

# Installed, booted at the installer's reset with the payload, and then from the disk alone: both as predicted.
rehearse() {
        expect_exit 0 "$ESXIARM" e2e machine --rehearsal --aavmf-code "$AAVMF_CODE" --aavmf-vars-template "$AAVMF_VARS_TEMPLATE"
        [ "$(jq -s 'map(.agrees) == [true, true]' machine/runs/*/result.json)" = true ] || fail "$(cat machine/runs/*/result.json)"
        progress "  $(jq -r '.booted' machine/runs/*-boot/result.json)"
        rm -rf machine
}

test_every_firmware_with_a_rehearsal() {
        use_every_firmware
        with_each rehearse
}

run_tests
