#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A guest that floods its console, through all that a running machine's output goes through. By processor time, so that what
# else the machine does counts less.
. "$(dirname "$0")/lib.sh"

SIZE=${BENCH_FLOOD:-200000000}

# The middle of three.
measure() {
        "$BUILD/tests/console-stream" "$1" "$SIZE" >stream
        for _ in 1 2 3; do
                "$BUILD/tests/console-path" stream
                rm -r runs
        done | sort -n | sed -n 2p >result
        at_least "console, $1" "$(awk '{ printf "%.0f", $1 / 1e6 }' result)" MB/s "$2"
        at_most "console, $1: memory" "$(awk '{ printf "%.1f", $2 / 1024 }' result)" MiB 20
}

measure kernel 50
measure redraws 50
measure mixed 50
# No guest's usual output; it may not stop the launcher.
SIZE=$((SIZE / 10))
measure binary 5
measure broken 5
measure line 5
exit $missed
