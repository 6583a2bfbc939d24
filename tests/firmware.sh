# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# Shared by the tests of `esxiarm fetch`; sourced after lib.sh: the real package, a small one, a web server, and an
# archive that the test signs itself.

export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
PACKAGE=qemu-efi-aarch64

name_package() {
        deb=$(find "$kept" -maxdepth 1 -name "$PACKAGE*.deb")
        deb_name=$(basename "$deb")
        sha256=$(sha256sum "$deb" | cut -d ' ' -f 1)
        size=$(stat -c %s "$deb")
        unpacked=$kept/$sha256
}

keep_package() {
        if [ -z "$(find "$kept" -maxdepth 1 -name "$PACKAGE*.deb")" ]; then
                (mkdir download && cd download && apt-get -q download $PACKAGE && mv ./*.deb "$kept")
        fi
        name_package
        [ -d "$unpacked" ] || unpack_sparsely
}

# The real package, downloaded by apt-get once for all runs: sets deb, deb_name, sha256, size and version.
use_package() {
        needs apt-get dpkg-deb
        export XDG_CACHE_HOME="$PWD/cache"
        kept=$BUILD/cache/deb
        mkdir -p "$kept"
        # Scripts run in parallel; the first one creates the kept files.
        (flock 9; keep_package >&2) 9>"$kept.lock"
        name_package
        version=$(dpkg-deb -f "$deb" Version)
        installed=$XDG_CACHE_HOME/esxiarm/firmware/${PACKAGE}_$version
}

# own_apt FOLDER SOURCE: an apt that knows only that source.
own_apt() {
        mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
        : >"$1/status"
        echo "$2" >"$1/sources.list"
        cat >"$1/apt.conf" <<END
Dir::State "$1";
Dir::State::status "$1/status";
Dir::Cache "$1/cache";
Dir::Etc::SourceList "$1/sources.list";
Dir::Etc::SourceParts "-";
APT::Sandbox::User "";
END
        export APT_CONFIG="$1/apt.conf"
}

# The package as dpkg-deb unpacks it, also kept, because unpacking writes 256 MiB of zeroes.
unpack_sparsely() {
        mkdir whole
        dpkg-deb -x "$deb" whole
        rm -rf "$unpacked.new"
        cp -r --sparse=always whole "$unpacked.new"
        mv "$unpacked.new" "$unpacked"
        rm -rf whole
}

# Serves the package as $url/p.deb; the server's output goes to server.log.
use_server() {
        use_package
        mkdir -p served
        cp "$deb" served/p.deb
        "$BUILD/tests/http-server" served >server.log &
        server=$!
        wait_for 10 grep -q '^port' server.log
        url=http://127.0.0.1:$(sed -n 's/^port //p' server.log)
}

fetch_url() {
        code=$1
        path=$2
        shift 2
        expect_exit "$code" "$ESXIARM" fetch --url "$url/$path" --sha256 "$sha256" "$@"
}

# Nothing incomplete, and no folder that could be mistaken for firmware.
nothing_installed() {
        left=$(find "$XDG_CACHE_HOME/esxiarm/firmware" -mindepth 1 ! -name .lock 2>/dev/null || true)
        [ -z "$left" ] || fail "something was left: $left"
}

# The installed files equal dpkg-deb's byte for byte: AAVMF_CODE.fd, a link in newer packages, and every other image.
installed_as_dpkg_does() {
        for file in "$unpacked/usr/share/AAVMF/AAVMF_CODE.fd" \
                $(find "$unpacked/usr/share/AAVMF" -type f -name '*.fd' ! -name '*.no-secboot.fd'); do
                cmp "$file" "${1:-$installed}/$(basename "$file")"
        done
}

# The end of the firmware volume of a CODE: FvLength of the header at 0x1000. After it, the image is empty.
volume_end() {
        echo $((0x1000 + $(od -An -t u8 -j $((0x1020)) -N 8 "$1")))
}

# A small package with the real firmware, quick to unpack: package NAME.deb of VERSION. Sets small to its path.
make_small() {
        needs dpkg-deb
        mkdir -p small/DEBIAN small/usr/share/AAVMF
        printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: a\n' $PACKAGE "$2" \
                >small/DEBIAN/control
        firmware=$unpacked/usr/share/AAVMF/AAVMF_CODE.fd
        head -c "$(volume_end "$firmware")" "$firmware" >small/usr/share/AAVMF/AAVMF_CODE.fd
        head -c 131072 /dev/zero >small/usr/share/AAVMF/AAVMF_VARS.fd
        dpkg-deb --root-owner-group -Zgzip -z1 --build small "$1.deb" >/dev/null
        rm -rf small
        small=$PWD/$1.deb
}

# Serves a small package as $url/small.deb; sets sha256 and installed.
use_small_server() {
        make_small small-one 1.0
        cp "$small" served/small.deb
        sha256=$(sha256sum "$small" | cut -d ' ' -f 1)
        installed=$XDG_CACHE_HOME/esxiarm/firmware/${PACKAGE}_1.0
}

# Kills the command, which installs $installed, at COUNT instants. After each there is no firmware or a complete one,
# and the next run installs it and leaves no litter.
kill_often() {
        kills=$1
        shift
        stops=$("$BUILD/tests/kill-at" 0 "$@" | tail -n 1)
        by_time || [ "$stops" -gt 100 ] || fail "only $stops stops"
        rm -rf whole-one
        mv "$installed" whole-one
        killed=0
        for at in $(random_numbers "$kills" "$stops"); do
                rm -rf "$XDG_CACHE_HOME/esxiarm"
                code=0
                "$BUILD/tests/kill-at" "$at" "$@" >/dev/null 2>&1 || code=$?
                [ "$code" -ne 9 ] || killed=$((killed + 1))
                "$BUILD/esxiarm" fetch --list >list 2>&1
                lacks list damaged
                if [ -d "$installed" ]; then
                        expect_exit 0 "$BUILD/esxiarm" fetch --verify "$(basename "$installed")"
                fi
                "$@" >/dev/null 2>&1 || fail "after a kill at $at of $stops"
                for file in whole-one/*.fd; do
                        cmp "$file" "$installed/$(basename "$file")"
                done
                [ "$(ls -A "$XDG_CACHE_HOME/esxiarm/firmware")" = ".lock
$(basename "$installed")" ] || fail "left at $at of $stops: $(ls -A "$XDG_CACHE_HOME/esxiarm/firmware")"
        done
        by_time || [ "$killed" -ge $((kills * 3 / 4)) ] || fail "only $killed of $kills were killed"
}

# ---- an archive made by the test

# The archive's key and another one; sets fingerprint and other.
use_keys() {
        mkdir -m 700 gpg
        trap 'gpgconf --homedir gpg --kill all' EXIT
        for name in archive other; do
                gpg --homedir gpg --batch --quiet --passphrase '' --quick-gen-key "$name <$name@b.c>" ed25519 sign never
                gpg --homedir gpg --batch --export $name >$name.gpg
        done
        fingerprint=$(fingerprint_of archive)
        other=$(fingerprint_of other)
}

fingerprint_of() {
        gpg --homedir gpg --batch --with-colons --list-keys "$1" | awk -F: '/^fpr/ { print $10; exit }'
}

# A date as archives write it: of a day like 2020-01-01, or a number of days from now.
date_of() {
        python3 -c 'if True:
                import datetime, sys
                when = sys.argv[1]
                if "-" in when[1:]:
                        date = datetime.datetime.fromisoformat(when)
                else:
                        date = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=int(when))
                print(date.strftime("%a, %d %b %Y %H:%M:%S UTC"))' "$1"
}

# Adds a suite to the archive in FOLDER with the packages given: add_suite FOLDER SUITE DEB...
add_suite() {
        archive=$1
        suite=$2
        shift 2
        index=$archive/dists/$suite/main/binary-amd64
        mkdir -p "$index" "$archive/pool"
        for package; do
                cp "$package" "$archive/pool/"
                dpkg-deb -f "$package" Package Version Architecture Maintainer Description
                echo "Filename: pool/$(basename "$package")"
                echo "Size: $(stat -c %s "$package")"
                echo "SHA256: $(sha256sum "$package" | cut -d ' ' -f 1)"
                echo
        done >"$index/Packages"
        xz -kf "$index/Packages"
        rm "$index/Packages"
        write_release "$archive" "$suite" "$suite"
        sign_release "$archive" "$suite" archive
}

# Writes the file to sign: write_release FOLDER SUITE SUITE-NAME-IN-IT [DATE [VALID-UNTIL]]
write_release() {
        packages=main/binary-amd64/Packages.xz
        {
                echo "Origin: Test"
                echo "Suite: $3"
                echo "Date: $(date_of "${4:-0}")"
                [ -z "${5:-}" ] || echo "Valid-Until: $(date_of "$5")"
                echo "SHA256:"
                echo " $(sha256sum "$1/dists/$2/$packages" | cut -d ' ' -f 1) $(stat -c %s "$1/dists/$2/$packages") $packages"
        } >"$1/dists/$2/Release"
}

# sign_release FOLDER SUITE KEY
sign_release() {
        gpg --homedir gpg --batch --quiet --yes --local-user "$3" --clearsign -o "$1/dists/$2/InRelease" "$1/dists/$2/Release"
}

# A catalog with one entry, `test`, whose archive is ARCHIVE; further arguments are more lines of the entry.
write_catalog() {
        export ESXIARM_DATA="$PWD/data"
        mkdir -p data
        {
                printf 'default: test\nfirmware:\n  - name: test\n    package: %s\n    component: main\n' $PACKAGE
                printf '    architecture: amd64\n    esxi: works in tests\n    keys: %s\n' "$fingerprint"
                [ -z "$1" ] || printf '    archive: %s\n' "$1"
                shift
                for line; do
                        printf '    %s\n' "$line"
                done
        } >data/catalog.yaml
}

# Serves a complete archive as $url/archive, with version 1.0 in the suite `stable`.
use_archive() {
        use_server
        use_keys
        make_small one 1.0
        add_suite served/archive stable "$small"
        write_catalog "$url/archive" "version: newest" "suites: stable"
        installed=$XDG_CACHE_HOME/esxiarm/firmware/${PACKAGE}_1.0
}

fetch_test() {
        code=$1
        shift
        expect_exit "$code" "$ESXIARM" fetch test --keyring archive.gpg --attempts 1 "$@"
}
