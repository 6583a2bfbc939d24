# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# Shared by the tests of the built programs. A script sources this, defines functions called test_..., and ends with
# run_tests: each test runs in a subshell under `set -e` in an empty folder of its own, and prints one TAP line.

TEST_SCRIPT=$0
TESTS=$(cd "$(dirname "$0")/.." && pwd)
ROOT=$(dirname "$TESTS")
: "${BUILD:=$ROOT/build}"

# The programs under test: with sanitizers for cli, as shipped for e2e (tests/run says which).
: "${PROGRAMS:=$BUILD}"
AAVMF_VARS=$PROGRAMS/aavmf-vars
ESXIARM=$PROGRAMS/esxiarm
export BUILD ROOT AAVMF_VARS ESXIARM

# tests/tools and tests/helpers have the GNU programs that other systems lack, used on every system.
export PATH="$TESTS/tools:$BUILD/tests:$PATH"

fail() {
        echo "$*" >&2
        exit 1
}

# Skips the test, which needs WHAT.
skip() {
        echo "needs $*" >"$skip_file"
        exit $SKIPPED
}
SKIPPED=77

# Skips the test if a PROGRAM is missing, except on Linux, where `make deps` installs them all.
needs() {
        [ "$(uname -s)" != Linux ] || return 0
        for program; do
                command -v "$program" >/dev/null || skip "$program"
        done
}

# Skips the test if this is not Linux, the only system that has WHAT.
needs_linux() {
        [ "$(uname -s)" = Linux ] || skip "Linux: $*"
}

# edit_file SCRIPT FILE...: sed in place; the option differs between systems.
edit_file() {
        script=$1
        shift
        for file; do
                sed "$script" "$file" >edited
                cat edited >"$file"
        done
        rm edited
}

# Runs a command; its output goes to ./stdout and ./stderr. Fails unless it exits with CODE.
expect_exit() {
        expected=$1
        shift
        code=0
        "$@" >stdout 2>stderr </dev/null || code=$?
        [ "$code" -eq "$expected" ] && return
        echo "'$*' gave exit code $code, expected $expected; it printed:" >&2
        cat stdout stderr >&2
        exit 1
}

# Runs a command with only the permissions of its user, even as root.
as_any_user() {
        if [ "$(id -u)" -eq 0 ]; then
                needs setpriv
                setpriv --bounding-set -dac_override,-dac_read_search "$@"
        else
                "$@"
        fi
}

# Runs a command as root in its own mount namespace. root needs no user namespace; a chroot forbids one.
in_mount_namespace() {
        if [ "$(id -u)" -eq 0 ]; then
                unshare -m "$@"
        else
                unshare -rm "$@"
        fi
}

# The output of efibootmgr -v for a folder or mount, without the extra lines of newer versions.
efibootmgr_shows() {
        EFIVARFS_PATH=$PWD/$1/ efibootmgr -v | grep -v '^ *\(dp\|data\): '
}

contains() {
        grep -qF -- "$2" "$1" && return
        echo "'$2' is not in $1:" >&2
        cat "$1" >&2
        exit 1
}

lacks() {
        grep -qF -- "$2" "$1" || return 0
        echo "'$2' is in $1:" >&2
        cat "$1" >&2
        exit 1
}

# Waits until the command succeeds, at most SECONDS.
wait_for() {
        tries=$(($1 * 50))
        shift
        until "$@" >/dev/null 2>&1; do
                tries=$((tries - 1))
                [ "$tries" -gt 0 ] || fail "timed out waiting for: $*"
                sleep 0.02
        done
}

# COUNT random numbers from 1 to LIMIT, one from each of COUNT equal parts of that range.
random_numbers() {
        awk -v count="$1" -v limit="$2" -v seed="$(od -An -N3 -tu4 /dev/urandom)" 'BEGIN {
                srand(seed)
                for (i = 0; i < count; i++)
                        print int((i + rand()) * limit / count) + 1
        }'
}

# Whether kill-at counts time, so that its moments are random.
by_time() {
        [ "$(uname -s)" != Linux ]
}

# The firmware that the e2e tests boot, fetched once by tests/run: sets AAVMF_CODE and AAVMF_VARS_TEMPLATE.
use_firmware() {
        folder=$(find "$XDG_CACHE_HOME/esxiarm/firmware" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | head -n 1)
        [ -n "$folder" ] || fail "no firmware below $XDG_CACHE_HOME; tests/run fetches it first"
        AAVMF_CODE=$folder/AAVMF_CODE.fd
        AAVMF_VARS_TEMPLATE=$folder/AAVMF_VARS.fd
}

# Starts the firmware on the store VARS without a disk: the console goes to VARS.log, the process is $pid. It is killed
# when the test ends. Further arguments are QEMU's.
start_firmware() {
        flash=$1
        shift
        : >"$flash.log"
        qemu-system-aarch64 -machine virt -cpu cortex-a72 -accel tcg -m 512 -display none -nic none \
                -serial "file:$flash.log" -monitor none "$@" \
                -drive "if=pflash,format=raw,readonly=on,file=$(echo "$AAVMF_CODE" | sed 's/,/,,/g')" \
                -drive "if=pflash,format=raw,file=$flash" &
        pid=$!
        pids="${pids:-} $pid"
        trap 'kill $pids 2>/dev/null || :' EXIT
}

# Whether the firmware with the console LOG has started an entry or found none; newer ones do not start their shell.
firmware_is_done() {
        grep -aEq 'BdsDxe: (starting|No bootable option)' "$1"
}

stop_firmware() {
        kill "$1"
        wait "$1" || :
}

# Stops the machines of a failed test.
stop_machines() {
        find "$1" -path '*/run/control.sock' 2>/dev/null | while read -r socket; do
                "$ESXIARM" stop "${socket%/run/control.sock}" --now >/dev/null 2>&1 </dev/null || :
        done
}

run_tests() {
        failures=0
        selected=${TEST:-test_}
        for name in $(sed -n "s/^\(${selected}[a-z0-9_]*\)() *{.*/\1/p" "$TEST_SCRIPT"); do
                # The programs show paths without symbolic links; macOS' /tmp is one.
                folder=$(cd "$(mktemp -d "${TMPDIR:-/tmp}/esxiarm-test-XXXXXX")" && pwd -P)
                skip_file=$folder.skip
                # No `if` and no `||` around the subshell: either would switch `set -e` off inside it.
                (
                        set -e
                        cd "$folder"
                        "$name"
                ) >"$folder.log" 2>&1
                code=$?
                [ $code -eq 0 ] || stop_machines "$folder"
                if [ $code -eq 0 ]; then
                        echo "ok - $name"
                        rm -rf "$folder"
                elif [ $code -eq $SKIPPED ] && [ -s "$skip_file" ]; then
                        echo "ok - $name # skip: $(cat "$skip_file")"
                        rm -rf "$folder"
                else
                        echo "not ok - $name"
                        sed 's/^/# /' "$folder.log"
                        echo "# its folder: $folder"
                        failures=$((failures + 1))
                fi
                rm -f "$folder.log" "$skip_file"
        done
        [ "$failures" -eq 0 ]
}
