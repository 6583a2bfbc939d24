#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A guest that floods its console, through all that a running machine's output goes through. An emulated serial port gives less
# than 1 MB/s. So the launcher takes five times as much, and while it draws one batch it reacts to nothing else, for less than
# 100 ms whatever the guest prints. By processor time, so that what else the machine does counts less.
. "$(dirname "$0")/lib.sh"

SIZE=${BENCH_FLOOD:-20000000}

# The middle of three, by the longest batch.
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
