#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# An installation of the rehearsal guest and a boot of its disk, compared with a script with fixed sleeps. They run one
# after the other in QEMU, so the host should be idle.
. "$(dirname "$0")/lib.sh"
export XDG_CACHE_HOME="${XDG_CACHE_HOME:-$BUILD/cache}"
export ROOT_PASSWORD=Bench-1234
"$esxiarm" fetch --from apt >/dev/null

# Runs a command and prints its duration in seconds and the processor time of all programs that it started.
timed() {
        python3 -c 'import resource, subprocess, sys, time
began = time.monotonic()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(time.monotonic() - began, usage.ru_utime + usage.ru_stime)
sys.exit(code)' "$@"
}

quotient() {
        awk "BEGIN { printf \"%.$3f\", $1 / $2 }"
}

# The maximum memory of the process PID in KiB, sampled while it runs.
watch_memory() {
        while size=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status" 2>/dev/null) && [ -n "$size" ]; do
                echo "$size" >memory
                sleep 0.1
        done
}

# QEMU as esxiarm starts it, but with the console on its standard streams, as in scripts.
qemu_for_scripts() {
        code=$(sed -n 's/.*unit=0[^ ]*file=\([^ ]*\).*/\1/p' command)
        mkdir -p files/EFI/BOOT
        cp "$BUILD/rehearsal/BOOTAA64.EFI" files/EFI/BOOT/
        printf 'bootstate=0\ntitle=Loading\nkernel=k.b00\nmodules=\n' >files/BOOT.CFG
        dd if=/dev/null of=payload.img bs=1 seek=67108864 2>/dev/null
        mformat -i payload.img -F ::
        mcopy -i payload.img -s files/* ::
        qemu-img create -q -f qcow2 script.qcow2 40G
        cp --sparse=always "$(dirname "$code")/AAVMF_VARS.fd" script-vars.fd
        sed "s,.*\"command\":\"qemu,qemu,; s,\"}\$,,; s,-cpu [^ ]*,-cpu max,; s,file=[^ ]*vars.fd,file=$work/script-vars.fd,
                s,file=[^ ]*payload.img,file=$work/payload.img,; s,file=[^ ]*disk.qcow2,file=$work/script.qcow2,
                s,-action [^ ]*,,; s,-chardev pipe.*,-serial stdio -monitor none," command
}

began=$(date +%s.%N)
"$esxiarm" install machine --rehearsal >/dev/null 2>&1 &
pid=$!
watch_memory $pid
wait $pid
ours=$(awk "BEGIN { print $(date +%s.%N) - $began }")
grep -h '"qemu-start"' machine/runs/*/events.jsonl >command
at_most "launcher: memory of an installation" "$(cat memory)" KiB 20480

# shellcheck disable=SC2046 # a list of words
timed expect "$BENCH/install.exp" $(qemu_for_scripts) >script
at_least "launcher: an installation, against expect with fixed sleeps" "$(quotient "$(cut -d' ' -f1 script)" "$ours" 2)" \
        times 3

numbers() {
        grep -h "\"$1\"" rehearsal/runs/*-"$2"/result.json | sed 's/[^0-9.]//g'
}

# An installation and a boot, five times: the launcher's share in percent. The boot's result has its time for both.
for _ in 1 2 3 4 5; do
        rm -rf rehearsal
        "$esxiarm" rehearse rehearsal >said 2>&1 || { cat said >&2 && exit 1; }
        { numbers launcher_cpu boot && numbers qemu_cpu install && numbers qemu_cpu boot; } |
                awk '{ seconds[NR] = $1 } END { printf "%.2f\n", 100 * seconds[1] / (seconds[2] + seconds[3]) }'
done >shares
at_most "launcher: processor time, share of QEMU's (median of 5)" "$(sort -n shares | sed -n 3p)" % 1

# Seconds from the start of the latest boot to the firmware's first line about an entry.
first_marker() {
        sed -n 's/^\[ *\([0-9.]*\)\] BdsDxe: loading.*/\1/p' "$(ls -d machine/runs/*-boot* | sort | tail -1)/console.txt" | head -1
}
"$esxiarm" boot-installed machine --check >/dev/null 2>&1
ours=$(first_marker)
"$vars" edit machine/vars.fd --timeout 5 >/dev/null
CPU_MODEL=max "$esxiarm" boot-installed machine --check >/dev/null 2>&1
at_least "boot to the first marker, against Timeout 5 and -cpu max" "$(quotient "$(first_marker)" "$ours" 2)" times 3
exit $missed
