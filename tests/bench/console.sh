#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A guest that floods its console, through the whole path of a running machine's output. An emulated serial port prints
# less than 1 MB/s, so the launcher must take five times that; and it must not spend more than 100 ms on one batch,
# during which it does not react. Measured in processor time, to reduce the influence of other programs.
. "$(dirname "$0")/lib.sh"

SIZE=${BENCH_FLOOD:-20000000}

# The median of three, by the longest batch.
measure() {
        "$BUILD/tests/console-stream" "$1" "$2" >stream
        for _ in 1 2 3; do
                "$BUILD/tests/console-path" stream
                rm -r runs
        done | sort -n -k 2 | sed -n 2p >result
        at_most "console, $1: longest batch" "$(awk '{ printf "%.1f", $2 / 1000 }' result)" ms 100
        at_most "console, $1: memory" "$(awk '{ printf "%.1f", $3 / 1024 }' result)" MiB 20
}

for kind in kernel redraws mixed binary broken line; do
        measure $kind "$SIZE"
        at_least "console, $kind" "$(awk '{ printf "%.0f", $1 / 1e6 }' result)" MB/s 5
done
measure costly $((SIZE / 100))
exit $missed
