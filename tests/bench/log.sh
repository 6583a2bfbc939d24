#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Reading and judging a console log of lines and some redraws, compared with grep (same patterns) and Python.
. "$(dirname "$0")/lib.sh"

SIZE=${BENCH_LOG:-1000000000}
# The output does not matter here, and the exit code is that of the verdict.
check() {
        echo "'$esxiarm' check --boot $1 || [ \$? -eq 1 ]"
}
patterns='BdsDxe: (loading|starting) Boot[0-9A-F]{4}|VMware ESXi [0-9.]+ \[Releasebuild|Starting VMKernel initialization|Boot complete \(2/2\)|Starting service DCUI|To manage this host,? go to:|its\.c:2934|VERIFY bora/|Module\(s\) involved in panic|PanicvPanicInt|PSOD'

"$BUILD/tests/console-stream" mixed "$SIZE" >log
# A twentieth of the log for Python, which would take minutes; its time is compared for that size.
"$BUILD/tests/console-stream" mixed $((SIZE / 20)) >part
export LC_ALL=C
"$bench" 3 grep -aE "$patterns" log -- sh -c "$(check log)" -- python3 "$BENCH/log.py" part >result
at_most "log, against grep -aE" "$(ratio 2 1)" times 2
at_least "log, against Python's re" "$(awk 'NR == 2 { x = $1 } NR == 3 { y = $1 } END { printf "%.0f", 20 * y / x }' result)" \
        times 50
at_most "log, memory" "$(column 2 3)" KiB 8192
head -c 1000000 log >small
dd if=/dev/null of=sparse bs=1 seek=4294967296 2>/dev/null
cat small >>sparse
"$bench" 1 sh -c "$(check log)" -- sh -c "$(check small)" -- sh -c "$(check sparse)" >result
at_most "log, memory, of 1 MB" "$(column 2 3)" KiB 8192
at_most "log, memory, of 4 GiB with holes" "$(column 3 3)" KiB 8192
exit $missed
