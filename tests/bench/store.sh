#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# aavmf-vars on variable stores, compared with cp and a program that does nothing.
. "$(dirname "$0")/lib.sh"

# A store formatted as by AAVMF, 64 MiB and not sparse, as from a package; sparse.fd is the same with holes.
make_stores() {
        dd if=/dev/null of=blank.fd bs=1 seek=67108864 2>/dev/null
        "$vars" clone blank.fd sparse.fd --timeout 5
        "$BUILD/tests/put-variable" sparse.fd Boot0001 8BE4DF61-93CA-11D2-AA0D-00E098032B8C 7 \
                010000001c005600000002010c00d041030a000000000101060000010305060000007fff0400
        "$BUILD/tests/put-variable" sparse.fd BootOrder 8BE4DF61-93CA-11D2-AA0D-00E098032B8C 7 0100
        cp --sparse=always sparse.fd full-sparse.fd
        "$BUILD/tests/fill-store" full-sparse.fd 2000 32 >/dev/null
        cp --sparse=never sparse.fd store.fd
        cp --sparse=never full-sparse.fd full.fd
}

measure_list() {
        "$bench" "$runs" /bin/true -- "$vars" list store.fd -- "$vars" list full.fd >result
        at_most "list, 64 MiB store, against /bin/true" "$(ratio 2 1)" times 3
        at_most "list, 64 MiB store with 2,000 variables, against /bin/true" "$(ratio 3 1)" times 3
        at_most "list, memory" "$(column 2 3)" KiB 6144
        at_most "list, memory with 2,000 variables" "$(column 3 3)" KiB 6144
        # The kernel reads ahead.
        at_most "list, padding brought into memory (of 64,768 KiB)" \
                $(($("$bench" --resident store.fd 0xC0000 "$vars" list store.fd) / 1024)) KiB 4096
}

measure_clone() {
        for kind in store full sparse full-sparse; do
                "$bench" "$((runs / 4))" cp --sparse=always $kind.fd copy.fd -- "$vars" clone $kind.fd clone.fd --force -- \
                        "$vars" clone $kind.fd edited.fd --force --timeout 7 >result
                cmp $kind.fd clone.fd
                # cp does not read holes, and does not sync; a finished clone is on the disk.
                case $kind in
                *sparse) at_most "clone $kind.fd, against cp --sparse=always" "$(ratio 2 1)" times 2 ;;
                *) at_most "clone $kind.fd, against cp --sparse=always" "$(ratio 2 1)" times 1 ;;
                esac
                at_most "clone $kind.fd with one EDIT, against clone" "$(ratio 3 2)" times 2
        done
        at_most "clone, allocated" "$(du -k clone.fd | cut -f1)" KiB 1024
}

measure_edit() {
        "$vars" edit --help >/dev/null 2>&1 || return 0
        cp --sparse=always store.fd one.fd
        # The two values alternate, so that each edit changes something.
        "$bench" "$((runs / 4))" "$vars" clone store.fd clone.fd --force -- "$vars" edit one.fd --timeout 1 -- \
                "$vars" edit one.fd --timeout 2 >result
        at_most "edit, against clone" "$(ratio 2 1)" times 2
}

# 10,000 names of 100 files, 75 MiB in all, so that they stay in memory.
measure_assert() {
        mkdir many
        for i in $(seq 100); do
                head -c 786432 store.fd >"many/$i.fd"
                for j in $(seq 99); do
                        echo "many/$i.fd many/$i-$j.fd"
                done
        done | xargs -n 2 ln
        "$vars" assert many/*.fd --entry 0001 >/dev/null
        "$bench" 5 "$vars" assert --entry 0001 many/*.fd >result
        at_least "assert over 10,000 files, warm" "$(awk '{ printf "%.0f", 10000 / ($1 / 1e6) }' result)" files/s 5000
}

# The additional time for each further variable, compared with the smallest store; it must not grow.
measure_growth() {
        commands=
        for count in 10 100 1000 99999; do
                cp --sparse=always sparse.fd "grown-$count.fd"
                echo "$("$BUILD/tests/fill-store" "grown-$count.fd" $count 2)" >>counts
                commands="$commands -- $vars list --all grown-$count.fd"
        done
        # shellcheck disable=SC2086 # a list of words
        "$bench" "$runs" ${commands# -- } >result
        paste -d' ' counts result | awk 'NR == 1 { n = $1; t = $2 }
                { printf "list --all, %d variables: %d us", $1, $2
                  if (NR > 1) printf ", %.3f us for each further one", ($2 - t) / ($1 - n)
                  print "" }'
        growth=$(paste -d' ' counts result | awk 'NR == 1 { n = $1; t = $2 } NR == 3 { a = ($2 - t) / ($1 - n) }
                NR == 4 { b = ($2 - t) / ($1 - n) } END { printf "%.2f", b / a }')
        at_most "a variable's cost in the fullest store, against 1,000" "$growth" times 1.5
}

make_stores
measure_list
measure_clone
measure_edit
measure_assert
measure_growth
exit $missed
