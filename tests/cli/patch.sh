#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Module patches: esxiarm payload --patch and --verify, with gzip, cmp and mtools as judges, and install --patch.
. "$(dirname "$0")/../lib.sh"

first=$((0x280000 + 0x9963C))
second=$((0x280000 + 0x99690))

# put OFFSET BYTES: bytes of the file vmkernel, as printf writes them.
put() {
        # shellcheck disable=SC2059 # octal escapes
        printf "$2" | dd of=vmkernel bs=1 seek="$1" conv=notrunc 2>dd.log
}

pack_kernel() {
        gzip -c vmkernel >in/K.B00
}

# The folder `in`: an installer whose kernel stands in for ESXi's, with two branches where the report has them: b.eq, and
# cbz x0, which begin with 0xC0 and 0xE0.
make_installer() {
        mkdir -p in/EFI/BOOT
        cp "$BUILD/rehearsal/BOOTAA64.EFI" in/EFI/BOOT/
        printf 'bootstate=0\r\ntitle=Loading ESXi installer\r\nprefix=\r\nkernel=/k.b00\r\nkernelopt=runweasel\r\nmodules=/a.v00\r\nbuild=8.0.3-0.0.24299506\r\n' >in/BOOT.CFG
        cp in/BOOT.CFG in/EFI/BOOT/
        echo a >in/A.V00
        seq 600000 >vmkernel
        put $first '\300\001\000\124'
        put $second '\340\003\000\264'
        pack_kernel
}

# The file mine.yaml, for the first line of A.V00.
make_patch() {
        cat >mine.yaml <<-END
		name: mine
		title: A becomes B
		status: tried
		module: A.V00
		build: 8.0.3-*
		pieces:
		  - {offset: 0x0, expected: 61 0A, bytes: 62 0A, why: a test}
	END
}

value() {
        jq -r "$1" stdout
}

same() {
        [ "$1" = "$2" ] || fail "'$1' is not '$2'"
}

# kernel_of IMAGE: its K.B00, unpacked, by programs of others.
kernel_of() {
        mtype -i "$1" ::/K.B00 | gunzip -c
}

test_the_check_of_the_processor_and_nothing_else_is_changed() {
        make_installer
        xorriso -stdio_sync off -as mkisofs -quiet -R -o a.iso in
        expect_exit 0 "$ESXIARM" payload a.iso -o out.img --patch esxi8-cpu-check
        contains stdout 'patch      esxi8-cpu-check (reported, not tried): applied to K.B00'
        contains stderr 'warning: the patch esxi8-cpu-check is only reported to work; this project has not tried it'
        kernel_of out.img >patched
        cmp -l vmkernel patched | tr -s ' ' | sed 's/^ //' >differences || :
        # Bytes are counted from 1: four and four become NOP, 1F 20 03 D5.
        cat >expected <<-END
		$((first + 1)) 300 37
		$((first + 2)) 1 40
		$((first + 3)) 0 3
		$((first + 4)) 124 325
		$((second + 1)) 340 37
		$((second + 2)) 3 40
		$((second + 3)) 0 3
		$((second + 4)) 264 325
	END
        diff expected differences
        [ -z "$(find . -name '.*.stage')" ] || fail 'something is left'
}

test_the_same_module_comes_out_every_time() {
        make_installer
        "$ESXIARM" payload in -o one.img --patch esxi8-cpu-check >/dev/null 2>&1
        gzip -9 -n -c vmkernel >in/K.B00
        "$ESXIARM" payload in -o two --format folder --patch esxi8-cpu-check >/dev/null 2>&1
        mtype -i one.img ::/K.B00 | cmp - two/K.B00
        same "$(od -An -tx1 -j 3 -N 5 two/K.B00)" ' 00 00 00 00 00'
        # A kernel that is not packed stays so.
        cp vmkernel in/K.B00
        "$ESXIARM" payload in -o three --format folder --patch esxi8-cpu-check >/dev/null 2>&1
        gunzip -c two/K.B00 | cmp - three/K.B00
}

test_verify_reports_the_known_patches() {
        make_installer
        make_patch
        expect_exit 0 "$ESXIARM" payload --verify in
        contains stdout 'patch      esxi8-cpu-check (reported, not tried): not applied to K.B00'
        lacks stdout mine
        "$ESXIARM" payload in -o out.img --patch mine.yaml --patch esxi8-cpu-check >/dev/null 2>&1
        expect_exit 0 "$ESXIARM" payload --verify out.img
        contains stdout 'patch      esxi8-cpu-check (reported, not tried): applied to K.B00'
        # What it was made with, it keeps.
        contains stdout 'patch      mine: applied to A.V00'
        mtype -i out.img ::/PATCH-1.YAML | cmp - mine.yaml
        expect_exit 0 "$ESXIARM" payload --verify out.img --patch mine.yaml --json
        same "$(value '.patches | length')" 2
        same "$(value '.patches[0] | .name, .title, .status, .module, .state, .reason' | paste -sd '|' -)" \
                'mine|A becomes B|tried|A.V00|applied|null'
        same "$(value .patches[0].sha256)" "$(sha256sum <mine.yaml | cut -d ' ' -f 1)"
        same "$(value .patches[0].module_sha256)" "$(mtype -i out.img ::/A.V00 | sha256sum | cut -d ' ' -f 1)"
        same "$(value '.patches[1] | .name, .status, .state' | paste -sd '|' -)" 'esxi8-cpu-check|reported|applied'
        same "$(value .patches[1].sha256)" \
                "$(sha256sum <"$ROOT/firmware/patches/esxi8-cpu-check.yaml" | cut -d ' ' -f 1)"
        edit_file 's/8\.0\.3/8.0.2/' in/EFI/BOOT/BOOT.CFG
        expect_exit 0 "$ESXIARM" payload --verify in
        contains stdout 'not for this module: the build is 8.0.2-0.0.24299506, and the patch is for 8.0.3-*'
        rm in/K.B00
        expect_exit 1 "$ESXIARM" payload --verify in --json
        same "$(value '.patches[0] | .state, .reason, .module_sha256' | paste -sd '|' -)" \
                'not for this module|the payload has no K.B00|null'
}

test_a_patched_kernel_stays_as_it_is() {
        make_installer
        "$ESXIARM" payload in -o out.img --patch esxi8-cpu-check >/dev/null 2>&1
        expect_exit 0 "$ESXIARM" payload out.img -o again.img --patch esxi8-cpu-check
        contains stderr 'warning: K.B00 has the patch esxi8-cpu-check already; it stays as it is'
        mtype -i out.img ::/K.B00 >kernel
        mtype -i again.img ::/K.B00 | cmp - kernel
}

# refused MESSAGE: no payload is made of `in` with the patch, and the old one stays.
refused() {
        echo old >out.img
        expect_exit 3 "$ESXIARM" payload in -o out.img --patch esxi8-cpu-check
        contains stderr "esxiarm payload: --patch esxi8-cpu-check: not applied: $1"
        same "$(cat out.img)" old
        [ -z "$(find . -name '.*.stage')" ] || fail 'something is left'
}

test_other_kernels_are_refused() {
        make_installer
        put $second '\200'
        pack_kernel
        refused 'K.B00 has 80 03 00 B4 at offset 0x319690 (address 0x420000099690), not C0 00 00 14 under the mask DF 00 00 1C'
        # An addition is not a branch.
        put $second '\340\003\000\221'
        pack_kernel
        refused 'K.B00 has E0 03 00 91 at offset 0x319690'
        put $second '\037\040\003\325'
        pack_kernel
        refused '1 of the 2 pieces are in K.B00 already, and the others are not'
        expect_exit 0 "$ESXIARM" payload --verify in
        contains stdout 'half applied: 1 of the 2 pieces'
        contains stderr 'warning: the patch esxi8-cpu-check is half applied'
        put $second '\340\003\000\264'
        pack_kernel
        cp in/K.B00 good
        head -c 1000000 good >in/K.B00
        refused 'K.B00: it is gzip, but cut off'
        expect_exit 0 "$ESXIARM" payload --verify in
        contains stdout 'K.B00 cannot be unpacked: it is gzip, but cut off'
        cat good good >in/K.B00
        refused 'K.B00: it is gzip, with '
        gzip -c in/A.V00 >in/K.B00
        refused 'K.B00 has 2 bytes, and the piece at offset 0x31963C lies beyond them'
        cp good in/K.B00
        edit_file 's/8\.0\.3/7.0.3/' in/EFI/BOOT/BOOT.CFG
        refused 'the build is 7.0.3-0.0.24299506, and the patch is for 8.0.3-*'
}

test_mistakes_name_the_line() {
        make_installer
        make_patch
        expect_exit 2 "$ESXIARM" payload in -o x --patch esxi8-cpu-chek
        contains stderr "--patch: unknown patch 'esxi8-cpu-chek'"
        contains stderr "did you mean 'esxi8-cpu-check'?"
        expect_exit 2 "$ESXIARM" payload in -o x --patch none.yaml
        expect_exit 2 "$ESXIARM" payload in -o x --patch mine.yaml --patch ./mine.yaml
        edit_file 's/61 0A/61 0/' mine.yaml
        expect_exit 3 "$ESXIARM" payload in -o x --patch mine.yaml
        contains stderr "--patch: mine.yaml:7: pieces: number 1: expected: '61 0' is not a list of bytes"
        expect_exit 3 "$ESXIARM" payload --verify in --patch mine.yaml
        contains stderr 'mine.yaml:7: '
        [ ! -e x ] || fail 'something was made'
        expect_exit 0 "$ESXIARM" payload --help
        contains stdout '--patch FILE|NAME'
}

test_install_refuses_before_qemu_starts() {
        make_installer
        make_patch
        use_firmware
        export AAVMF_CODE AAVMF_VARS_TEMPLATE ROOT_PASSWORD='Geheim!4711'
        edit_file 's/why/wy/' mine.yaml
        expect_exit 3 "$ESXIARM" install machine --payload in --patch mine.yaml
        contains stderr "mine.yaml:7: pieces: number 1: unknown key 'wy'; did you mean 'why'?"
        expect_exit 2 "$ESXIARM" install machine --payload in --patch unknown
        [ ! -e machine ] || fail 'a machine was made'
        put $first '\000'
        pack_kernel
        expect_exit 3 "$ESXIARM" install machine --payload in --patch esxi8-cpu-check --run-tag run
        contains stderr '--patch esxi8-cpu-check: not applied: K.B00 has 00 01 00 54 at offset 0x31963C'
        lacks machine/runs/run/events.jsonl qemu-start
        same "$(jq -r .outcome machine/runs/run/result.json)" error
        [ ! -e machine/disk.qcow2 ] || fail 'a disk was made'
}

run_tests
