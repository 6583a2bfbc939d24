#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# esxiarm fetch killed at many instants, with a package from a URL and with one from an archive and its whole chain.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/firmware.sh"

test_a_url_killed_at_fifty_random_instants() {
        use_server
        use_small_server
        kill_often 50 "$BUILD/esxiarm" fetch --url "$url/small.deb" --sha256 "$sha256"
}

test_an_archive_killed_at_fifty_random_instants() {
        use_archive
        kill_often 50 "$BUILD/esxiarm" fetch test --keyring archive.gpg
}

test_the_real_package_killed_at_fifty_random_instants() {
        use_server
        kill_often 50 "$BUILD/esxiarm" fetch --url "$url/p.deb" --sha256 "$sha256"
}

run_tests
