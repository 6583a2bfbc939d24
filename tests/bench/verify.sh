#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The cost of comparing vars with a disk and predicting what boots. Times include one start of the process and two of
# qemu-img.
. "$(dirname "$0")/lib.sh"

# A disk of 40 GiB with an ESP and data scattered over it, and matching vars.
make_disk() {
        truncate -s 40G raw
        sgdisk -a 1 -n 1:64:204863 -t 1:EF00 -n 7:413696:80000000 -t 7:8300 raw >/dev/null
        mformat -i raw@@32768 -T 204800 -h 64 -s 32 ::
        mmd -i raw@@32768 ::EFI ::EFI/VMware
        head -c 100000 /dev/urandom | mcopy -i raw@@32768 - ::EFI/VMware/safeboot64.efi
        qemu-img convert -f raw -O qcow2 raw disk.qcow2
        rm raw
        for gibibyte in $(seq 1 38); do
                for mebibyte in $(seq 1 97 1000); do
                        echo "write -q -P 7 $((gibibyte * 1024 + mebibyte))M 64k"
                done
        done >writes
        qemu-io disk.qcow2 <writes >/dev/null
        "$esxiarm" rebuild-vars --disk disk.qcow2 -o vars.fd >/dev/null
}

make_disk
"$bench" "$((runs / 4))" "$esxiarm" match --disk disk.qcow2 --vars vars.fd -- \
        "$esxiarm" predict --disk disk.qcow2 --vars vars.fd >result
at_most "match of a fragmented 40 GiB qcow2" "$(awk 'NR == 1 { printf "%.3f", $1 / 1e6 }' result)" s 0.2
at_most "predict of the same" "$(awk 'NR == 2 { printf "%.3f", $1 / 1e6 }' result)" s 0.2
exit $missed
