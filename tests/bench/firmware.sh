#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The cost of fetching, verifying and unpacking the real package from a loopback server, compared with `curl |
# sha256sum` and `dpkg-deb -x` of the same file.
. "$(dirname "$0")/lib.sh"

export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

# The package that tests/cli/fetch has kept, or from apt.
mkdir served
kept=$(find "$BUILD/cache/deb" -maxdepth 1 -name '*.deb' 2>/dev/null | head -n 1)
if [ -n "$kept" ]; then
        cp "$kept" served/p.deb
else
        apt-get -qq download qemu-efi-aarch64 >/dev/null
        mv ./*.deb served/p.deb
fi
sha256=$(sha256sum served/p.deb | cut -d ' ' -f 1)

"$BUILD/tests/http-server" served >server.log &
server=$!
until grep -q '^port' server.log 2>/dev/null; do
        sleep 0.02
done
url=http://127.0.0.1:$(sed -n 's/^port //p' server.log)/p.deb

# Both unpack to this file system and fetch a file that is in memory.
cat >theirs <<END
curl -s -o p.deb $url
sha256sum p.deb
dpkg-deb -x p.deb unpacked
END
cat >ours <<END
exec $esxiarm fetch --url $url --sha256 $sha256 --to installed
END
cat >clear <<'END'
rm -rf unpacked installed
END
: >times
for _ in $(seq $((runs / 10))); do
        sh clear
        "$bench" 1 sh theirs -- sh ours | tr '\n' ' ' >>times
        echo >>times
done
# Columns: median, minimum and memory, first theirs, then ours.
median() {
        awk -v column="$1" '{ print $column }' times | sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}
at_most "fetch, verify and unpack, against curl | sha256sum and dpkg-deb -x" \
        "$(awk -v a="$(median 4)" -v b="$(median 1)" 'BEGIN { printf "%.2f", a / b }')" times 1
at_most "size on disk (dpkg-deb: $(($(du -sk unpacked | cut -f 1) / 1024)) MiB)" \
        "$(du -sk installed | cut -f 1)" KiB 9765

# Includes the pages of libraries shared with other programs.
at_most "maximum resident memory" "$(awk '$6 > m { m = $6 } END { print m }' times)" KiB 40960
kill $server
exit $missed
