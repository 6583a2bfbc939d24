#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Prediction and result for many random stores and sets of disks, in real AAVMF.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/store.sh"
. "$TESTS/predictions.sh"

test_fifty_random_stores_and_disks() {
        compare_random 5 50
}

run_tests
