#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# esxiarm fetch, with the real package from apt on a loopback web server that can misbehave.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/firmware.sh"

# ---- from a URL

test_a_package_from_a_url_is_installed_as_dpkg_unpacks_it() {
        use_server
        fetch_url 0 p.deb --size "$size"
        contains stdout "${PACKAGE}_$version (installed)"
        contains stdout "SHA-256 as given with the URL"
        contains stdout "$(sha256sum "$installed/AAVMF_CODE.fd" | cut -d ' ' -f 1)"
        installed_as_dpkg_does
        contains "$installed/firmware.json" "$sha256"
        contains "$installed/firmware.json" "$url/p.deb"
        # 64 MiB for each image, a few on disk.
        long=$(($(cat "$installed"/*.fd | wc -c) / 1024))
        [ "$long" -ge 262144 ] || fail "too small: $long KiB"
        [ "$(du -sk "$installed" | cut -f 1)" -lt $((long / 20)) ] || fail "not sparse: $(du -sk "$installed")"
}

test_a_second_fetch_downloads_nothing() {
        use_server
        fetch_url 0 p.deb
        stat -c '%n %i %y' "$installed"/* >before
        fetch_url 0 p.deb
        contains stdout "already there, checked"
        stat -c '%n %i %y' "$installed"/* | cmp - before
        [ "$(grep -c '^served' server.log)" -eq 1 ] || fail "downloaded twice"
}

test_damaged_firmware_is_reported_and_replaced() {
        use_server
        fetch_url 0 p.deb
        printf X | dd of="$installed/AAVMF_VARS.ms.fd" bs=1 seek=300000 conv=notrunc 2>/dev/null
        fetch_url 0 p.deb
        contains stdout "reinstalled"
        contains stderr "AAVMF_VARS.ms.fd has the SHA-256"
        installed_as_dpkg_does
}

test_another_digest_is_refused() {
        use_server
        for place in 0 1000 1000000 $((size - 1)); do
                fetch_url 3 "flip/$place/p.deb"
                contains stderr "SHA-256"
                nothing_installed
        done
        expect_exit 3 "$ESXIARM" fetch --url "$url/p.deb" --sha256 "$(sha256sum server.log | cut -d ' ' -f 1)"
        contains stderr "$sha256"
        nothing_installed
}

test_another_size_is_refused() {
        use_server
        for other in 1 $((size - 1)) $((size + 1)); do
                fetch_url 3 p.deb --size "$other"
                contains stderr "expected $other"
                fetch_url 3 no-length/p.deb --size "$other"
                nothing_installed
        done
}

test_a_truncated_download_is_refused() {
        use_server
        # Truncated at every tenth; received data is kept, and each download resumes the last one.
        for tenth in 0 1 2 3 4 5 6 7 8 9; do
                place=$((size * tenth / 10))
                fetch_url 4 "truncate/$place/p.deb" --attempts 1
                contains stderr "cut after $place of $size bytes"
                rm -f "$XDG_CACHE_HOME/esxiarm/firmware/.part-$sha256"
                nothing_installed
        done
        fetch_url 4 "reset/$place/p.deb" --attempts 1
        rm -f "$XDG_CACHE_HOME/esxiarm/firmware/.part-$sha256"
        piece=$((size * 2 / 5))
        fetch_url 0 "drip/$piece/p.deb" --attempts 3
        contains stderr "cut after $piece of $size bytes; trying again"
        installed_as_dpkg_does
}

test_a_file_missing_on_the_server_is_reported() {
        use_server
        fetch_url 4 nowhere.deb
        contains stderr "404"
        fetch_url 4 first/403/p.deb
        contains stderr "403 (access denied)"
        fetch_url 4 status/503 --attempts 2
        contains stderr "503 (server error); trying again in 0.5 s"
        fetch_url 4 circle
        contains stderr "too many redirects"
        fetch_url 3 page
        contains stderr "web page"
        nothing_installed
        fetch_url 0 first/503/p.deb
        rm -r "$installed"
        kill "$server"
        wait "$server" || true
        fetch_url 4 p.deb
        contains stderr "refuses the connection"
        nothing_installed
}

test_only_http_https_and_file() {
        use_server
        expect_exit 2 "$ESXIARM" fetch --url "ftp://127.0.0.1/p.deb" --sha256 "$sha256"
        contains stderr "only http, https and file"
        fetch_url 2 "redirect-to-file$deb"
        nothing_installed
        expect_exit 0 "$ESXIARM" fetch --url "file://$deb" --sha256 "$sha256"
}

test_a_fetch_killed_halfway_leaves_nothing_and_the_next_works() {
        use_server
        "$ESXIARM" fetch --url "$url/stall/1500000/p.deb" --sha256 "$sha256" >/dev/null 2>&1 &
        victim=$!
        wait_for 20 grep -q '^stalled' server.log
        kill -9 "$victim"
        wait "$victim" || true
        expect_exit 0 "$ESXIARM" fetch --list
        lacks stdout firmware
        [ ! -e "$installed" ] || fail "installed"
        fetch_url 0 p.deb
        contains stdout "(installed)"
        installed_as_dpkg_does
        [ -z "$(find "$XDG_CACHE_HOME" -name '.fetch-*')" ] || fail "the killed one's files are still there"
}

test_an_interrupted_fetch_leaves_a_part_and_the_next_resumes_it() {
        use_server
        part=$XDG_CACHE_HOME/esxiarm/firmware/.part-$sha256
        # Under nohup, this test and the programs that it starts ignore HUP.
        hangup=HUP
        [ $((0x$(awk '/^SigIgn:/ { print $2 }' /proc/$$/status) & 1)) -eq 0 ] || hangup=
        for signal in INT TERM $hangup KILL; do
                "$ESXIARM" fetch --url "$url/stall/1500000/p.deb" --sha256 "$sha256" >stdout 2>stderr &
                victim=$!
                wait_for 20 cmp -n 1500000 "$part" "$deb"
                kill -$signal "$victim"
                code=0
                wait "$victim" || code=$?
                case $signal in
                KILL) [ "$code" -eq 137 ] ;;
                *) [ "$code" -eq 130 ] && echo "esxiarm fetch: $url/stall/1500000/p.deb: interrupted" | cmp - stderr ;;
                esac || fail "$signal: exit code $code: $(cat stderr)"
                cmp -n 1500000 "$part" "$deb"
                expect_exit 0 "$ESXIARM" fetch --list
                contains stderr "no firmware is installed"
                : >server.log
                fetch_url 0 p.deb
                contains server.log "served /p.deb from 1500000"
                installed_as_dpkg_does
                [ "$(ls -A "$XDG_CACHE_HOME/esxiarm/firmware")" = ".lock
${PACKAGE}_$version" ] || fail "left: $(ls -A "$XDG_CACHE_HOME/esxiarm/firmware")"
                rm -r "$installed"
        done
}

test_a_second_fetch_waits_for_the_first() {
        needs_linux /proc
        use_server
        "$ESXIARM" fetch --url "$url/stall/1500000/p.deb" --sha256 "$sha256" >/dev/null 2>&1 &
        first=$!
        wait_for 20 grep -q '^stalled' server.log
        "$ESXIARM" fetch --url "$url/p.deb" --sha256 "$sha256" >second.log 2>&1 &
        second=$!
        # Once the second waits, it has the lock file open.
        wait_for 20 sh -c "ls -l /proc/$second/fd | grep -q '/\.lock'"
        lacks server.log "served /p.deb"
        kill -9 "$first"
        wait "$first" || true
        wait "$second" || fail "$(cat second.log)"
        contains second.log "(installed)"
}

test_after_a_kill_at_any_instant_the_next_fetch_works() {
        use_server
        use_small_server
        kill_often 8 "$BUILD/esxiarm" fetch --url "$url/small.deb" --sha256 "$sha256"
}

# ---- full disks and missing permissions

# Runs the given commands as root in a separate namespace, with a file system of SIZE mounted at ./small.
with_small_disk() {
        needs_linux 'mount namespaces'
        mkdir -p small
        in_mount_namespace sh -euc "mount -t tmpfs -o size=$1 none small; $2"
}

test_a_full_disk_is_reported_and_nothing_is_left() {
        use_server
        # Too small for the download; for unpacking.
        for room in $((size / 2)) $((size * 3 / 2)); do
                with_small_disk $room "
                        code=0
                        '$ESXIARM' fetch --url $url/p.deb --sha256 $sha256 --to small/root 2>stderr || code=\$?
                        ls -A small/root >left
                        exit \$code" && fail "$room is enough" || [ $? -eq 4 ] || fail "$(cat stderr)"
                contains stderr "No space left"
                [ "$(grep -v '^\.part-' left)" = .lock ] || fail "left: $(cat left)"
        done
        with_small_disk 64m "'$ESXIARM' fetch --url $url/p.deb --sha256 $sha256 --to small/root"
}

test_a_read_only_target_is_reported_but_its_firmware_can_be_used() {
        use_server
        with_small_disk 64m "
                '$ESXIARM' fetch --url $url/p.deb --sha256 $sha256 --to small/root
                mount -o remount,bind,ro small
                '$ESXIARM' fetch --url $url/p.deb --sha256 $sha256 --to small/root
                '$ESXIARM' fetch --url $url/p.deb --sha256 $sha256 --to small/other 2>stderr && exit 77
                exit 0" >stdout
        contains stdout "already there, checked"
        contains stderr "Read-only file system"
}

test_a_target_that_is_a_file_is_reported() {
        use_package
        : >file
        expect_exit 4 "$ESXIARM" fetch --deb "$deb" --to file
        expect_exit 4 "$ESXIARM" fetch --deb "$deb" --to file/below
        [ ! -s file ] || fail "written to"
}

# ---- from a .deb

test_a_local_package() {
        use_package
        expect_exit 0 "$ESXIARM" fetch --deb "$deb" --to here --json
        installed_as_dpkg_does "$PWD/here/${PACKAGE}_$version"
        contains stdout '"outcome": "fetched"'
        contains stdout '"kind": "deb"'
        contains stdout '"verified": "not verified: a .deb given by the user"'
        expect_exit 0 "$ESXIARM" fetch --deb "$deb" --to here --json
        contains stdout '"outcome": "found"'
        [ ! -e "$XDG_CACHE_HOME" ] || fail "--to was not obeyed"
}

test_a_truncated_package_or_another_file_is_refused() {
        use_package
        for length in 0 7 67 1000 1100 100000 1500000 $((size - 2)); do
                head -c "$length" "$deb" >cut.deb
                expect_exit 3 "$ESXIARM" fetch --deb cut.deb
                contains stderr cut.deb
                nothing_installed
        done
        cp "$deb" flipped.deb
        printf '\377' | dd of=flipped.deb bs=1 seek=1300000 conv=notrunc 2>/dev/null
        expect_exit 3 "$ESXIARM" fetch --deb flipped.deb
        expect_exit 3 "$ESXIARM" fetch --deb "$TEST_SCRIPT"
        contains stderr "not a Debian package"
        expect_exit 3 "$ESXIARM" fetch --deb .
        expect_exit 2 "$ESXIARM" fetch --deb nowhere.deb
        nothing_installed
}

test_a_package_without_firmware_is_refused() {
        needs dpkg-deb
        export XDG_CACHE_HOME="$PWD/cache"
        mkdir -p tree/DEBIAN tree/usr/share/AAVMF
        printf 'Package: other\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: a\n' \
                >tree/DEBIAN/control
        dpkg-deb --build tree other.deb
        expect_exit 3 "$ESXIARM" fetch --deb other.deb
        contains stderr "has no usr/share/AAVMF/AAVMF_CODE.fd"
        ln -s /etc/passwd tree/usr/share/AAVMF/AAVMF_CODE.fd
        dpkg-deb --build tree other.deb
        expect_exit 3 "$ESXIARM" fetch --deb other.deb
        rm tree/usr/share/AAVMF/AAVMF_CODE.fd
        ln -s ../../../../../../../../../../etc/passwd tree/usr/share/AAVMF/AAVMF_CODE.fd
        dpkg-deb --build tree other.deb
        expect_exit 3 "$ESXIARM" fetch --deb other.deb
        contains stderr "leads out of the package"
        nothing_installed
}

# ---- from apt

test_apt_downloads_the_package_in_its_index() {
        use_package
        expect_exit 0 "$ESXIARM" fetch --from apt
        contains stdout "SHA-256 from apt's signed index"
        contains stdout "(installed)"
        [ "$(apt-cache show --no-all-versions $PACKAGE | sed -n 's/^SHA256: //p')" = \
                "$(sed -n '/"deb"/,/}/s/.*"sha256": "\(.*\)".*/\1/p' "$XDG_CACHE_HOME"/esxiarm/firmware/*/firmware.json)" ] ||
                fail "another digest than apt's"
        [ "$sha256" != "$(apt-cache show --no-all-versions $PACKAGE | sed -n 's/^SHA256: //p')" ] || installed_as_dpkg_does
        expect_exit 0 "$ESXIARM" fetch --from apt
        contains stdout "already there, checked"
}

test_an_installed_local_package_is_later_verified_by_apt() {
        use_package
        [ "$sha256" = "$(apt-cache show --no-all-versions $PACKAGE | sed -n 's/^SHA256: //p')" ] ||
                (rm -f "$deb" && fail "the kept package was an old one; it is removed, so run this again")
        expect_exit 0 "$ESXIARM" fetch --deb "$deb"
        contains stdout "not verified"
        expect_exit 0 "$ESXIARM" fetch --from apt
        contains stdout "already there, checked"
        contains stdout "SHA-256 from apt's signed index"
}

# A separate apt, whose only repository is ./repository. Its index also has the fields from standard input.
use_own_apt() {
        use_package
        mkdir repository
        cp "$deb" repository/
        {
                dpkg-deb -f "$deb" Package Version Architecture Maintainer Description
                echo "Filename: ./$deb_name"
                echo "Size: $size"
                cat
                echo
        } >repository/Packages
        own_apt "$PWD/apt" "deb [trusted=yes] file:$PWD/repository ./"
}

test_an_index_with_stronger_hashes_gives_the_sha256_too() {
        use_package
        use_own_apt <<END
SHA256: $sha256
SHA512: $(sha512sum "$deb" | cut -d ' ' -f 1)
END
        apt-get update
        apt-get --print-uris download $PACKAGE >uris
        contains uris SHA512:
        expect_exit 0 "$ESXIARM" fetch --from apt
        contains stdout "$sha256"
        installed_as_dpkg_does
}

test_an_index_of_another_file_is_refused() {
        use_own_apt <<END
SHA256: 0000000000000000000000000000000000000000000000000000000000000000
END
        apt-get update
        expect_exit 4 "$ESXIARM" fetch --from apt
        contains stderr "Hash Sum mismatch"
        nothing_installed
}

test_empty_package_lists_are_reported_with_the_remedy() {
        use_own_apt </dev/null
        expect_exit 4 "$ESXIARM" fetch --from apt
        contains stderr "apt-get update"
        contains stderr "$PACKAGE"
        nothing_installed
}

test_a_package_that_apt_does_not_know_is_reported() {
        use_package
        expect_exit 4 "$ESXIARM" fetch --from apt --package no-such-package-anywhere
        contains stderr no-such-package-anywhere
        contains stderr "apt-get update"
        expect_exit 2 "$ESXIARM" fetch --from apt --package --version
        contains stderr "not a package name"
}

test_a_system_without_apt_is_reported() {
        use_package
        mkdir empty
        expect_exit 4 env PATH="$PWD/empty" "$ESXIARM" fetch --from apt
        contains stderr "apt-get is not installed"
        nothing_installed
}

# Apt's download is hashed again: here, apt-get delivers something else than it announced.
test_a_wrong_download_by_apt_is_refused() {
        use_package
        mkdir programs
        cat >programs/apt-get <<END
#!/bin/sh
case " \$* " in
*" --print-uris "*) echo "'http://nowhere/$deb_name' $deb_name $size SHA256:$sha256" ;;
*) { head -c $((size - 1)) '$deb' && printf X; } >'$deb_name' ;;
esac
END
        chmod +x programs/apt-get
        expect_exit 3 env PATH="$PWD/programs:$PATH" "$ESXIARM" fetch --from apt
        contains stderr "but apt's index has $sha256"
        nothing_installed
}

# ---- from the system

test_the_system_s_firmware_by_the_user_s_descriptor() {
        use_package
        export XDG_CONFIG_HOME="$PWD/config"
        mkdir -p config/qemu/firmware
        sed "s,/usr/share/AAVMF,$unpacked/usr/share/AAVMF," "$unpacked"/usr/share/qemu/firmware/60-edk2-aarch64.json \
                >config/qemu/firmware/00-mine.json
        expect_exit 0 "$ESXIARM" fetch --from system --json
        contains stdout '"kind": "system"'
        folder=$(sed -n 's/^  "folder": "\(.*\)",$/\1/p' stdout)
        cmp "$folder/AAVMF_CODE.fd" "$unpacked"/usr/share/AAVMF/AAVMF_CODE.fd
        cmp "$folder/AAVMF_VARS.fd" "$unpacked"/usr/share/AAVMF/AAVMF_VARS.fd
        [ "$(du -sk "$folder" | cut -f 1)" -lt 16384 ] || fail "not sparse"
        expect_exit 0 "$ESXIARM" fetch --from system
        contains stdout "already there, checked"
}

# ---- the command line

test_list_shows_installed_and_damaged_firmware() {
        use_package
        expect_exit 0 "$ESXIARM" fetch --list
        contains stderr "no firmware is installed"
        expect_exit 0 "$ESXIARM" fetch --deb "$deb"
        mkdir "$XDG_CACHE_HOME/esxiarm/firmware/broken"
        expect_exit 0 "$ESXIARM" fetch --list
        contains stdout "${PACKAGE}_$version"
        contains stdout "broken/firmware.json"
        expect_exit 0 "$ESXIARM" fetch --list --json
        contains stdout '"name": "broken"'
        contains stdout '"damage": '
        contains stdout "\"sha256\": \"$sha256\""
}

test_usage_errors_say_what_to_do() {
        export XDG_CACHE_HOME="$PWD/cache"
        expect_exit 2 "$ESXIARM" fetch --url http://127.0.0.1/p.deb
        contains stderr "--url needs --sha256"
        expect_exit 2 "$ESXIARM" fetch --url http://127.0.0.1/p.deb --sha256 abc
        contains stderr "64 hexadecimal digits"
        expect_exit 2 "$ESXIARM" fetch --from nothing
        contains stderr "expected apt, system or a name that"
        expect_exit 2 "$ESXIARM" fetch ubuntu-22.40
        contains stderr "did you mean 'ubuntu-22.04'?"
        expect_exit 2 "$ESXIARM" fetch ubuntu-22.04 --deb p.deb
        contains stderr "cannot be combined with"
        expect_exit 2 "$ESXIARM" fetch --from apt --mirror http://127.0.0.1
        contains stderr "--mirror needs"
        expect_exit 2 "$ESXIARM" fetch --verify nothing
        contains stderr "firmware not installed"
        expect_exit 2 "$ESXIARM" fetch --from sytsem
        contains stderr "did you mean 'system'?"
        expect_exit 2 "$ESXIARM" fetch --from apt --deb p.deb
        contains stderr "exclude each other"
        expect_exit 2 "$ESXIARM" fetch --list --url http://127.0.0.1/p.deb
        expect_exit 2 "$ESXIARM" fetch --deb p.deb --sha256 abc
        contains stderr "needs --url"
        expect_exit 2 "$ESXIARM" fetch --from apt --size 5
        expect_exit 2 "$ESXIARM" fetch --deb p.deb --package x
        contains stderr "needs --from apt"
        expect_exit 2 "$ESXIARM" fetch apt extra
        nothing_installed
}

test_messages_have_no_control_characters() {
        use_server
        escape=$(printf '\033[31m')
        fetch_url 2 "${escape}nowhere"
        ! grep -q "$escape" stderr || fail "control characters"
        expect_exit 2 "$ESXIARM" fetch --from "$escape"
        ! grep -q "$escape" stderr || fail "control characters"
}

run_tests
