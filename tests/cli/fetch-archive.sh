#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# esxiarm fetch from the catalog: the chain from the pinned key to the .deb, with the archive that this host's apt uses,
# and with archives that the test signs itself (tests/firmware.sh).
. "$(dirname "$0")/../lib.sh"
. "$TESTS/firmware.sh"

# Installs version 0.9, to see that nothing changes it.
use_bystander() {
        make_small bystander 0.9
        expect_exit 0 "$ESXIARM" fetch --deb "$small"
        bystanders=$XDG_CACHE_HOME/esxiarm/firmware
        find "$bystanders/${PACKAGE}_0.9" -exec stat -c '%n %i %s %y' {} + | sort >bystander.txt
}

# The fetch is refused with CODE and TEXT in one sentence, and installed firmware stays unchanged.
refused() {
        fetch_test "$1"
        contains stderr "$2"
        [ "$(grep -c . stderr)" -eq 1 ] || fail "more than a sentence: $(cat stderr)"
        find "$bystanders/${PACKAGE}_0.9" -exec stat -c '%n %i %s %y' {} + | sort | cmp - bystander.txt
        [ "$(ls -A "$bystanders" | grep -v '^\.part-')" = ".lock
${PACKAGE}_0.9" ] || fail "left: $(ls -A "$bystanders")"
}

# ---- verification

# The signed list of the archive that this host uses.
apt_list() {
        ls /var/lib/apt/lists/*_dists_*_InRelease | grep -v 'updates_InRelease\|security_InRelease\|backports' | head -n 1
}

test_the_archive_of_this_host_is_verified_to_its_key() {
        needs_linux apt
        use_server
        list=$(apt_list)
        suite=$(sed -n 's/^Codename: //p' "$list")
        packages=$(ls "${list%InRelease}"main_binary-*_Packages* | head -n 1)
        architecture=$(echo "$packages" | sed 's/.*_binary-\(.*\)_Packages.*/\1/')
        # As of its own time: this host may accept an expired list.
        state=$(date -u -d "$(sed -n 's/^Date: //p' "$list")" +%Y%m%dT%H%M%SZ)
        index=served/$state/dists/$suite/main/binary-$architecture
        mkdir -p "$index"
        cp "$list" "served/$state/dists/$suite/InRelease"
        /usr/lib/apt/apt-helper cat-file "$packages" >"$index/Packages"
        path=$(sed -n "/^Package: $PACKAGE\$/,/^\$/s/^Filename: //p" "$index/Packages")
        mkdir -p "served/$state/$(dirname "$path")"
        cp "$deb" "served/$state/$path"
        fingerprint=$(gpgv --keyring /usr/share/keyrings/debian-archive-keyring.gpg --status-fd 1 "$list" 2>/dev/null |
                awk '/VALIDSIG/ { print $NF; exit }')
        write_catalog "$url/$state" "version: newest" "suites: $suite"
        edit_file "s/architecture: .*/architecture: $architecture/" data/catalog.yaml
        expect_exit 0 "$ESXIARM" fetch test
        contains stdout "signed with the key $fingerprint"
        installed_as_dpkg_does
        # Each link of the chain, by sha256sum.
        jq -r '.chain[] | "\(.sha256) \(.size) \(.kind)"' "$installed/firmware.json" >links
        for file in "$list" "$index/Packages" "$deb"; do
                echo "$(sha256sum "$file" | cut -d ' ' -f 1) $(stat -c %s "$file")"
        done | paste -d ' ' - - - >expected
        [ "$(cut -d ' ' -f 1,2 links | paste -d ' ' - - -)" = "$(cat expected)" ] || fail "$(cat links expected)"
}

test_an_archive_is_verified_and_every_link_recorded() {
        use_archive
        fetch_test 0 --json
        jq -e --arg key "$fingerprint" '.source.kind == "archive" and .catalog == "test" and (.chain | length) == 3 and
                (.chain[0].proof | contains($key))' stdout
        [ "$(jq -r '.chain[0].sha256' "$installed/firmware.json")" = \
                "$(sha256sum served/archive/dists/stable/InRelease | cut -d ' ' -f 1)" ] || fail "another InRelease"
        fetch_test 0
        contains stdout "already there, checked"
        expect_exit 0 "$ESXIARM" fetch --list
        contains stdout "works in tests; installed: ${PACKAGE}_1.0"
        expect_exit 0 "$ESXIARM" fetch --list --json
        jq -e '.catalog[0].default and .catalog[0].installed != null' stdout
        # By the entry's name and by the folder's.
        expect_exit 0 "$ESXIARM" fetch --verify test
        contains stdout "all files are as they were"
        printf X | dd of="$installed/AAVMF_VARS.fd" bs=1 seek=5 conv=notrunc 2>/dev/null
        expect_exit 3 "$ESXIARM" fetch --verify "${PACKAGE}_1.0"
        contains stderr "AAVMF_VARS.fd has the SHA-256"
        fetch_test 0
        contains stderr "the installed firmware was replaced"
        expect_exit 0 "$ESXIARM" fetch --verify test --json
}

test_install_accepts_a_catalog_entry_or_a_folder() {
        use_archive
        fetch_test 0
        for name in test "$installed"; do
                expect_exit 0 "$ESXIARM" install machine --rehearsal --print-command --firmware "$name"
                contains stdout "$installed/AAVMF_CODE.fd"
        done
}

test_a_release_is_refused_unless_signed_with_a_pinned_key() {
        use_archive
        use_bystander
        dists=served/archive/dists/stable
        cp "$dists/Release" "$dists/InRelease"
        refused 3 "InRelease: it is not signed: refused"
        : >"$dists/InRelease"
        refused 3 "it is not signed"
        sign_release served/archive stable other
        refused 3 "it is not signed with any of the archive's keys, but with another one"
        sign_release served/archive stable archive
        edit_file 's/^Origin: Test/Origin: test/' "$dists/InRelease"
        refused 3 "it was changed after it was signed"
        head -c 300 "$dists/InRelease" >cut && cp cut "$dists/InRelease"
        refused 3 refused
        # Text outside of the signed part is ignored.
        sign_release served/archive stable archive
        { cat "$dists/Release" && cat "$dists/InRelease"; } >outside && cp outside "$dists/InRelease"
        edit_file '1,/^SHA256/s/^Suite: stable/Suite: evil/' "$dists/InRelease"
        if "$ESXIARM" fetch test --keyring archive.gpg 2>stderr; then
                contains "$installed/firmware.json" "suite stable of"
                rm -r "$installed"
        else
                contains stderr refused
        fi
        rm "$dists/InRelease"
        refused 4 "404"
}

test_an_invalid_release_is_refused() {
        use_archive
        use_bystander
        write_release served/archive stable stable -30 -1
        sign_release served/archive stable archive
        refused 3 "it was valid until"
        write_release served/archive stable testing
        sign_release served/archive stable archive
        refused 3 "it is for the suite testing"
        write_release served/archive stable stable 3
        sign_release served/archive stable archive
        refused 3 "which is in the future"
        edit_file 's/^Date: .*/Date: soon/' served/archive/dists/stable/Release
        sign_release served/archive stable archive
        refused 3 "its Date 'soon' is not a date"
        echo "Suite: stable" >served/archive/dists/stable/Release
        sign_release served/archive stable archive
        refused 3 "it has no Date"
        write_release served/archive stable stable -30 1
        sign_release served/archive stable archive
        fetch_test 0
}

test_an_index_or_package_other_than_signed_is_refused() {
        use_archive
        use_bystander
        index=served/archive/dists/stable/main/binary-amd64/Packages.xz
        cp "$index" good.xz
        printf '\377' | dd of="$index" bs=1 seek=100 conv=notrunc 2>/dev/null
        refused 3 "Packages.xz: has the SHA-256"
        { cat good.xz && echo; } >"$index"
        refused 3 "bytes, expected "
        rm "$index"
        refused 4 "404"
        # Signed, but not an index.
        echo "this is not xz" >"$index"
        write_release served/archive stable stable
        sign_release served/archive stable archive
        refused 4 "does not have $PACKAGE"
        printf 'Package: %s\nVersion: 2.0\nFilename: ../../etc/passwd\nSize: 5\nSHA256: %s\n' $PACKAGE "$sha256" | xz >"$index"
        write_release served/archive stable stable
        sign_release served/archive stable archive
        refused 3 "it has no valid Filename, Size and SHA256"
        head -c 60 good.xz >"$index"
        write_release served/archive stable stable
        sign_release served/archive stable archive
        refused 3 "damaged or cut off"
        cp good.xz "$index"
        write_release served/archive stable stable
        sign_release served/archive stable archive
        printf '\377' | dd of=served/archive/pool/one.deb bs=1 seek=1000 conv=notrunc 2>/dev/null
        refused 3 "one.deb: has the SHA-256"
        rm served/archive/pool/one.deb
        refused 4 "404"
        cp one.deb served/archive/pool/
        fetch_test 0
}

# ---- which version

test_the_newest_of_all_suites_is_used() {
        use_archive
        make_small ten 1.10
        add_suite served/archive updates "$small"
        make_small nine 1.9
        add_suite served/archive security "$small"
        write_catalog "$url/archive" "version: newest" "suites: [security, updates, stable]"
        fetch_test 0
        contains stdout "${PACKAGE}_1.10 (installed)"
}

test_a_superseded_version_comes_from_a_snapshot() {
        use_archive
        snapshot=served/20200102T030405Z
        make_small nine 0.9
        add_suite $snapshot stable "$small"
        write_release $snapshot stable stable 2020-01-01 2020-01-09
        sign_release $snapshot stable archive
        # The first snapshot does not have it either.
        mkdir served/other
        cp -r served/archive served/other/20210102T030405Z
        write_catalog "$url/archive" "version: 0.9" "suites: stable" \
                "snapshots: [$url/other/20210102T030405Z, $url/20200102T030405Z]"
        write_release served/other/20210102T030405Z stable stable 2021-01-01
        sign_release served/other/20210102T030405Z stable archive
        fetch_test 0
        contains stdout "${PACKAGE}_0.9 (installed)"
        contains stdout "$url/20200102T030405Z/pool/nine.deb"
        # The pinned version is installed: no network is needed any more.
        kill "$server"
        wait "$server" || true
        fetch_test 0
        contains stdout "already there, checked"
        rm -r "$XDG_CACHE_HOME"
        fetch_test 4
        contains stderr "refuses the connection"
}

test_a_snapshot_that_was_expired_at_its_time_is_refused() {
        use_archive
        mkdir served/snapshots
        cp -r served/archive served/snapshots/20200102T030405Z
        write_release served/snapshots/20200102T030405Z stable stable 2019-12-01 2019-12-09
        sign_release served/snapshots/20200102T030405Z stable archive
        write_catalog "$url/nowhere" "version: 1.0" "suites: stable" "snapshots: $url/snapshots/20200102T030405Z"
        fetch_test 3
        contains stderr "it was valid until"
}

test_an_entry_without_an_archive_comes_by_apt_or_from_a_mirror() {
        use_archive
        # In os-release, Debian's unstable has the codename of the next release.
        codename=$(sed -n 's/^Codename: //p' "$(apt_list)")
        write_catalog "" "version: newest" "suites: $codename"
        expect_exit 0 "$ESXIARM" fetch test --json
        jq -e '.source.kind == "apt" and .catalog == "test"' stdout
        mkdir empty
        expect_exit 4 env PATH="$PWD/empty" XDG_CACHE_HOME="$PWD/elsewhere" "$ESXIARM" fetch test
        contains stderr "apt-get is not installed"
        contains stderr "--mirror URL"
        write_catalog "" "version: newest" "suites: stable-of-another-system"
        expect_exit 4 "$ESXIARM" fetch test
        contains stderr "--mirror URL"
        write_catalog "" "version: newest" "suites: stable"
        # A final slash makes no difference.
        fetch_test 0 --mirror "$url/archive/"
        contains "$installed/firmware.json" "$url/archive/pool/"
        contains stdout "source    archive, $url/archive/pool/one.deb"
}

# ---- the key

# A key server: openssl's web server with the test's own certificate; it returns the file KEY for any request.
use_key_server() {
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.pem -days 2 \
                -subj /CN=localhost -addext 'subjectAltName=IP:127.0.0.1' 2>/dev/null
        mkdir keys keys/pks
        gpg --homedir gpg --batch --armor --export "$1" >"keys/pks/lookup?op=get&options=mr&search=0x$fingerprint"
        (cd keys && exec openssl s_server -accept 127.0.0.1:0 -cert ../tls.pem -key ../tls.key -WWW) >key-server.log 2>&1 &
        key_server=$!
        wait_for 10 grep -q '^ACCEPT' key-server.log
        key_url=https://$(sed -n 's/^ACCEPT //p' key-server.log)
        export CURL_CA_BUNDLE="$PWD/tls.pem"
        write_catalog "$url/archive" "version: newest" "suites: stable" "key_server: $key_url"
}

test_a_key_missing_from_all_keyrings_comes_from_the_key_server() {
        use_archive
        use_key_server archive
        expect_exit 0 "$ESXIARM" fetch test
        contains stdout "signed with the key $fingerprint (from $key_url)"
        rm -r "$XDG_CACHE_HOME"
        # Its certificate must be valid.
        expect_exit 4 env -u CURL_CA_BUNDLE "$ESXIARM" fetch test
        contains stderr "the server's certificate is not trusted"
        kill "$key_server"
}

test_a_key_server_that_gives_another_key_is_refused() {
        use_archive
        sign_release served/archive stable other
        use_key_server other
        expect_exit 3 "$ESXIARM" fetch test
        contains stderr "returned a key other than $fingerprint: refused"
        nothing_installed
        kill "$key_server"
}

test_a_key_found_nowhere_is_reported() {
        use_archive
        expect_exit 4 "$ESXIARM" fetch test
        contains stderr "the archive's key $fingerprint was not found in any keyring"
        expect_exit 4 "$ESXIARM" fetch test --keyring other.gpg
        expect_exit 2 "$ESXIARM" fetch test --keyring nowhere.gpg
        nothing_installed
}

test_an_expired_key_is_refused() {
        use_archive
        gpg --homedir gpg --batch --quiet --passphrase '' --quick-gen-key 'old <old@b.c>' ed25519 sign seconds=1
        fingerprint=$(fingerprint_of old)
        gpg --homedir gpg --batch --quiet --yes --local-user old --clearsign -o served/archive/dists/stable/InRelease \
                served/archive/dists/stable/Release
        gpg --homedir gpg --batch --export old >old.gpg
        write_catalog "$url/archive" "version: newest" "suites: stable"
        wait_for 10 sh -c 'gpgv --status-fd 1 --keyring ./old.gpg served/archive/dists/stable/InRelease 2>&1 | grep -q EXPKEYSIG'
        expect_exit 3 "$ESXIARM" fetch test --keyring old.gpg
        contains stderr "key that has expired"
        nothing_installed
}

# ---- without the network

test_without_network_installed_firmware_is_used_with_a_note() {
        use_archive
        make_small bystander 0.9
        expect_exit 0 "$ESXIARM" fetch --deb "$small"
        kill "$server"
        wait "$server" || true
        expect_exit 0 "$ESXIARM" fetch --keyring archive.gpg
        contains stdout "${PACKAGE}_0.9"
        contains stderr "test, the firmware known to work (works in tests), is not available"
        contains stderr "using ${PACKAGE}_0.9 instead"
        # An unexpected state is not ignored.
        printf X | dd of="$XDG_CACHE_HOME/esxiarm/firmware/${PACKAGE}_0.9/AAVMF_CODE.fd" bs=1 seek=9 conv=notrunc 2>/dev/null
        mkdir empty
        expect_exit 4 env PATH="$PWD/empty" XDG_CONFIG_HOME="$PWD/empty" "$ESXIARM" fetch --keyring archive.gpg
        contains stderr "no firmware is available"
}

run_tests
