#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# 100 rehearsals in a row (install and boot, USB and NVMe in turn) without a failure.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/machine.sh"

# The minimum, median and maximum of the numbers in FILE.
figures() {
        sort -n "$1" >sorted
        count=$(wc -l <sorted)
        echo "min $(head -n 1 sorted) s, median $(sed -n "$(((count + 1) / 2))p" sorted) s, max $(tail -n 1 sorted) s"
}

now_ns() {
        python3 -c 'import time; print(time.time_ns())'
}

test_rehearsals_in_a_row() {
        rounds=$(scaled 100)
        failed=0
        round=0
        while [ "$round" -lt "$rounds" ]; do
                round=$((round + 1))
                bus=$([ $((round % 2)) -eq 1 ] && echo usb || echo nvme)
                rm -rf machine
                code=0
                began=$(now_ns)
                "$ESXIARM" e2e machine --rehearsal --disk-bus "$bus" >out 2>&1 || code=$?
                ended=$(now_ns)
                # The total, and the parts of the guest and QEMU, in tenths of a second.
                tenths=$(((ended - began) / 100000000))
                echo "$((tenths / 10)).$((tenths % 10))" >>"$bus.seconds"
                progress "rehearsal $round of $rounds, $bus: exit code $code, $((tenths / 10)).$((tenths % 10)) s"
                [ "$code" -eq 0 ] && grep -q 'result      PASS' out && nothing_is_left && continue
                failed=$((failed + 1))
                cat out
                mv machine "failed-$round"
        done
        for bus in usb nvme; do
                [ ! -f "$bus.seconds" ] || progress "$(wc -l <"$bus.seconds") on $bus: $(figures "$bus.seconds")"
        done
        progress "$rounds rehearsals, $failed failed"
        [ "$failed" -eq 0 ] || fail "$failed of $rounds failed"
}

run_tests
