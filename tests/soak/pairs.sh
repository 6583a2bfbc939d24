#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every two ways in which the guest loses keys, draws slowly or prints over its screens, together: ten installations of
# each pair, without a failure, and with a password that arrives whole.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/machine.sh"

options='clock=1 chatter=1 swallow=2 swallow-keys=1 slow-draw=20 slow-check=300 flood=64K garbage=64K scroll-labels=1'

test_all_pairs_of_options() {
        rounds=$(scaled 10)
        failed=0
        rest=$options
        for one in $options; do
                rest=${rest#"$one"}
                rest=${rest# }
                for other in $rest; do
                        round=0
                        began=$(date +%s)
                        while [ "$round" -lt "$rounds" ]; do
                                round=$((round + 1))
                                rm -rf machine
                                # shellcheck disable=SC2086 # a list of words
                                "$ESXIARM" install machine $quickly --rehearsal-option "$one" --rehearsal-option "$other" \
                                        >out 2>&1 && continue
                                failed=$((failed + 1))
                                cat out
                                mv machine "failed-$one-$other-$round"
                        done
                        progress "$one with $other: $rounds installations in $(($(date +%s) - began)) s, $failed failed so far"
                done
        done
        [ "$failed" -eq 0 ] || fail "$failed failed"
}

run_tests
