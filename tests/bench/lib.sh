# SPDX-License-Identifier: Apache-2.0
#
# Shared by the subjects; each sources it with BUILD as its only argument, works in an empty folder of its own, and ends
# with `exit $missed`.
set -eu
BUILD=$(cd "$1" && pwd)
BENCH=$(cd "$(dirname "$0")" && pwd)
vars=$BUILD/aavmf-vars
esxiarm=$BUILD/esxiarm
bench=$BUILD/tests/bench
work=$BUILD/bench-$(basename "$0" .sh)
runs=${BENCH_RUNS:-100}
rm -rf "$work"
mkdir -p "$work"
cd "$work"
trap 'rm -rf "$work"' EXIT
missed=0

# WHAT MEASURED UNIT least|most TARGET
row() {
        if awk "BEGIN { exit !($4 == 1 ? $2 <= $5 : $2 >= $5) }"; then
                verdict=ok
        else
                verdict=MISSED
                missed=1
        fi
        printf '%-58s %10s %-8s (%s %s) %s\n' "$1" "$2" "$3" "$([ "$4" = 1 ] && echo 'at most' || echo 'at least')" "$5" $verdict
}
at_most() {
        row "$1" "$2" "$3" 1 "$4"
}
at_least() {
        row "$1" "$2" "$3" 0 "$4"
}

# The quotient of the medians of line A and line B.
ratio() {
        awk -v a="$1" -v b="$2" 'NR == a { x = $1 } NR == b { y = $1 } END { printf "%.2f", x / y }' result
}

column() {
        awk -v line="$1" -v column="$2" 'NR == line { print $column }' result
}
