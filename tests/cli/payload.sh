#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# esxiarm payload, with ISOs by xorriso; mtools, fsck and openssl check the results.
. "$(dirname "$0")/../lib.sh"

# The folder `in`: an installer with the files of an ESXi disc. The loader is the rehearsal guest's.
make_installer() {
        mkdir -p in/EFI/BOOT
        cp "$BUILD/rehearsal/BOOTAA64.EFI" in/EFI/BOOT/
        printf 'bootstate=0\r\ntitle=Loading ESXi installer\r\ntimeout=5\r\nprefix=\r\nkernel=/k.b00\r\nkernelopt=runweasel\r\nmodules=/a.v00 --- /b.v00\r\nbuild=8.0.3-0.0.1\r\n' >in/BOOT.CFG
        cp in/BOOT.CFG in/EFI/BOOT/
        seq 100000 >in/K.B00
        echo a >in/A.V00
        echo b >in/B.V00
}

# make_iso OPTIONS...: creates a.iso from `in`.
make_iso() {
        make_installer
        xorriso -stdio_sync off -as mkisofs -quiet "$@" -o a.iso in
}

value() {
        jq -r "$1" stdout
}

same() {
        [ "$1" = "$2" ] || fail "'$1' is not '$2'"
}

test_an_iso_becomes_an_image() {
        make_iso --norock
        expect_exit 0 "$ESXIARM" payload a.iso -o out.img --kernelopt systemMediaSize=min
        contains stdout 'kernelopt  runweasel systemMediaSize=min allowLegacyCPU=true'
        contains stdout 'verdict    installable'
        fsck.fat -n out.img
        mtype -i out.img ::/K.B00 | cmp - in/K.B00
        mtype -i out.img ::/EFI/BOOT/BOOTAA64.EFI | cmp - in/EFI/BOOT/BOOTAA64.EFI
        sed 's/runweasel/& systemMediaSize=min allowLegacyCPU=true/' in/BOOT.CFG >expected
        mtype -i out.img ::/BOOT.CFG | cmp - expected
        mtype -i out.img ::/EFI/BOOT/BOOT.CFG | cmp - expected
        [ -z "$(find . -name '.*.stage')" ] || fail 'something was left'
}

test_verify_identifies_each_source() {
        make_iso -R
        "$ESXIARM" payload a.iso -o out.img >/dev/null
        for what in a.iso in out.img; do
                expect_exit 0 "$ESXIARM" payload --verify "$what" --json
                same "$(value .installable)" true
                same "$(value .loader.architecture)" aarch64
                same "$(value .loader.size)" "$(stat -c %s in/EFI/BOOT/BOOTAA64.EFI)"
                same "$(value .build)" 8.0.3-0.0.1
                same "$(value .kernel)" K.B00
                same "$(value .modules.count)" 2
                same "$(value '.modules.missing | length')" 0
                same "$(value .kickstart)" null
                same "$(value .norts)" false
        done
        same "$(value .kind)" image
        same "$(value .size)" "$(stat -c %s out.img)"
        rm in/B.V00
        expect_exit 1 "$ESXIARM" payload --verify in --json
        same "$(value .installable)" false
        same "$(value '.modules.missing[0]')" B.V00
        expect_exit 1 "$ESXIARM" payload --verify in
        contains stdout 'verdict    not installable'
        contains stdout 'because    a file that its BOOT.CFG names is not in it: B.V00'
        contains stdout 'modules    2; missing: B.V00'
}

test_a_warning_if_no_boot_entry_can_be_written() {
        make_installer
        edit_file 's/runweasel/& norts=1/' in/EFI/BOOT/BOOT.CFG
        expect_exit 0 "$ESXIARM" payload --verify in --json
        same "$(value .norts)" true
        contains stderr 'norts=1 turns off UEFI runtime services'
        contains stdout 'norts=1 turns off UEFI runtime services'
        expect_exit 0 "$ESXIARM" payload in -o out.img --kernelopt norts=0
        lacks stderr norts
        contains stdout 'runweasel norts=0'
}

test_x86_wrong_and_damaged_isos() {
        make_iso -R
        truncate -s 200000 a.iso
        expect_exit 3 "$ESXIARM" payload --verify a.iso
        contains stderr 'a.iso is cut off'
        expect_exit 3 "$ESXIARM" payload a.iso -o out.img
        contains stderr 'download it again'
        mv in/EFI/BOOT/BOOTAA64.EFI in/EFI/BOOT/BOOTX64.EFI
        xorriso -stdio_sync off -as mkisofs -quiet -R -o x86.iso in
        expect_exit 1 "$ESXIARM" payload --verify x86.iso
        contains stdout 'it is an installer for x86-64'
        expect_exit 3 "$ESXIARM" payload x86.iso -o out.img
        contains stderr 'x86.iso: it is an installer for x86-64 (EFI/BOOT/BOOTX64.EFI): get the ESXi for Arm'
        [ "$(wc -l <stderr)" -eq 1 ] || fail 'more than one sentence'
        : >empty
        for what in empty "$BUILD/rehearsal/BOOTAA64.EFI" /dev/null; do
                expect_exit 3 "$ESXIARM" payload --verify "$what"
        done
        expect_exit 2 "$ESXIARM" payload --verify nowhere
        [ ! -e out.img ] || fail 'there is an image'
}

# boot_cfg LINES: both files have just these lines, which printf writes.
boot_cfg() {
        # shellcheck disable=SC2059 # the escapes are the format
        printf "$1" >in/BOOT.CFG
        cp in/BOOT.CFG in/EFI/BOOT/
}

# A file that the loader would not boot from is refused, with its name, the line and the correction.
test_a_boot_cfg_that_the_loader_refuses() {
        make_installer
        while IFS='|' read -r lines message; do
                boot_cfg "$lines"
                expect_exit 3 "$ESXIARM" payload --verify in
                contains stderr "in: the loader would refuse its EFI/BOOT/BOOT.CFG: $message"
                expect_exit 3 "$ESXIARM" payload in -o out.img
                contains stderr "in: the loader would refuse its EFI/BOOT/BOOT.CFG: $message"
        done <<'END'
kernel =/k.b00\n|it names no kernel, so the loader stops: line 1: the loader ignores 'kernel =' because of the blank in it; write 'kernel='
kernel=/k.b00\nskip=1\n|line 2: with skip=1 the loader loads nothing and returns to the firmware; delete the line
kernel=/k.b00\ntimeout=5s\n|line 2: timeout= must be a number, not '5s', or the loader stops; write a number or delete the line
kernel=/k.b00\nmodules=/a.v00 --- ---\n|line 2: the last '---' of modules= has no file before it
\357\273\277kernel=/k.b00\n|it names no kernel, so the loader stops: line 1: the loader ignores it because it begins with a byte-order mark
END
        [ ! -e out.img ] || fail 'there is an image'
}

test_files_that_the_loader_does_not_find() {
        make_installer
        while IFS='|' read -r lines message; do
                boot_cfg "$lines"
                expect_exit 1 "$ESXIARM" payload --verify in
                contains stdout "because    a file that its BOOT.CFG names is not in it: $message"
                expect_exit 3 "$ESXIARM" payload in -o out.img
                contains stderr "a file that its BOOT.CFG names is not in it: $message"
        done <<'END'
kernel=/k.b00\nacpitables=/x.aml\n|X.AML; EFI/BOOT/BOOT.CFG, line 2: the loader stops at a file that it does not find; add the file or correct the line
prefix=http://host/esx\nkernel=k.b00\n|http://host/esx/k.b00; EFI/BOOT/BOOT.CFG, line 2: the loader stops at a file that it does not find; add the file or correct the line (line 1: prefix= has an address, but from a disk
kernel=/k.b00 # mine\n|K.B00#MINE; EFI/BOOT/BOOT.CFG, line 1: the loader stops at a file that it does not find; add the file or correct the line (line 1: '# mine' belongs to the value of kernel=; put
kernel=/k.b00/\n|K.B00/; EFI/BOOT/BOOT.CFG, line 1
kernel=/k\033[31m\n|K\x1b[31M; EFI/BOOT/BOOT.CFG, line 1
END
        boot_cfg 'kernel=/k.b00\nacpitables=/a.v00 --- /b.v00\n'
        expect_exit 0 "$ESXIARM" payload --verify in
        [ ! -s stderr ] || fail 'a warning'
}

test_a_boot_cfg_with_lines_that_mean_something_else() {
        make_installer
        boot_cfg 'kern=/k.b00\nkernelopt = runweasel\ntitel=x\nmodules=/a.v00\nmodules=/b.v00\n'
        expect_exit 0 "$ESXIARM" payload --verify in --json
        same "$(value '.warnings | length')" 8
        same "$(value '.modules.count')" 1
        same "$(value .kernelopt)" null
        contains stderr "EFI/BOOT/BOOT.CFG, line 1: the loader takes 'kern=' for kernel=; write 'kernel='"
        contains stderr "EFI/BOOT/BOOT.CFG, line 2: the loader ignores 'kernelopt =' because of the blank in it; write 'kernelopt='"
        contains stderr "EFI/BOOT/BOOT.CFG, line 3: the loader ignores 'titel=', which it does not know; did you mean 'title='?"
        contains stderr 'EFI/BOOT/BOOT.CFG, line 5: the loader takes this modules= and not that of line 4; delete one of the two lines'
        # The loader sees what is added.
        expect_exit 0 "$ESXIARM" payload in -o out.img --kernelopt a=1
        contains stdout 'kernelopt  a=1 allowLegacyCPU=true'
        { cat in/BOOT.CFG && echo 'kernelopt=a=1 allowLegacyCPU=true'; } >expected
        mtype -i out.img ::/EFI/BOOT/BOOT.CFG | cmp - expected
        # In an image, too.
        expect_exit 0 "$ESXIARM" payload --verify out.img --json
        same "$(value '.warnings | length')" 8
}

test_a_boot_cfg_in_the_root_alone() {
        make_installer
        rm in/EFI/BOOT/BOOT.CFG
        expect_exit 0 "$ESXIARM" payload --verify in
        contains stderr 'the loader reads only EFI/BOOT/BOOT.CFG, which is not in it; copy BOOT.CFG to EFI/BOOT/'
}

# The payload has the guest's own file; the password is in no file, output or argument.
test_an_automatic_kickstart_keeps_the_password_to_itself() {
        needs strace
        make_iso -R
        printf 'Geheim!4711\n' >password
        expect_exit 0 "$ESXIARM" payload a.iso -o out.img --kickstart auto --root-password-file password --disk-bus usb
        contains stdout 'kickstart  usb:/KS.CFG, install --firstdisk=usb'
        cp stdout first
        expect_exit 0 env ROOT_PASSWORD='Geheim!4711' strace -f -qq -e trace=execve -s 4096 -o trace \
                env ASAN_OPTIONS=detect_leaks=0 "$ESXIARM" payload a.iso -o folder --format folder --kickstart auto --json
        rm password
        ! grep -rl 'Geheim' out.img folder stdout stderr first || fail 'the password is there'
        ! grep execve trace | grep -v ROOT_PASSWORD | grep Geheim || fail 'the password is in an argument'
        hash=$(sed -n 's/^rootpw --iscrypted //p' folder/KS.CFG)
        salt=$(echo "$hash" | cut -d '$' -f 3)
        same "$(openssl passwd -6 -salt "$salt" 'Geheim!4711')" "$hash"
        expect_exit 2 "$ESXIARM" payload a.iso -o other.img --kickstart auto
        contains stderr 'ROOT_PASSWORD'
}

# The installer refuses a misspelt argument after minutes. One that is far from all that are known may be a newer one.
test_a_misspelt_argument_of_a_kickstart() {
        make_installer
        printf 'vmaccepteula\nrootpw Geheim!4711x\ninstall --firstdisk=usb --overwritevfms --fromlater=1\n' >my.cfg
        printf 'network --bootprot=dhcp --device=vmnic0\nreboot\n' >>my.cfg
        expect_exit 0 "$ESXIARM" payload in -o out.img --kickstart my.cfg
        contains stderr "my.cfg:3: unknown argument '--overwritevfms'"
        contains stderr "did you mean '--overwritevmfs'?"
        contains stderr "my.cfg:4: unknown argument '--bootprot'"
        lacks stderr fromlater
        lacks stderr vmnic0
}

# A warning is FILE:LINE: the user's file when the payload is made, the payload's later.
test_what_is_remarked_on_a_kickstart() {
        make_installer
        printf 'vmaccepteula\nrootpw Geheim!4711x\ninstall --firstdisk=usb # any\n%%post\necho x\n%%end\nreboot\n' >my.cfg
        expect_exit 0 "$ESXIARM" payload in -o out.img --kickstart my.cfg --json
        for line in "my.cfg:3: '#' behind a command begins a comment" 'my.cfg:3: without --overwritevmfs' \
                'my.cfg:6: %end ends nothing' "my.cfg:7: 'reboot' belongs to the script of %post in line 4" \
                "my.cfg:4: no 'reboot': the installer waits for Enter"; do
                contains stderr "$line"
                contains stdout "$line"
        done
        same "$(value '.warnings | length')" 5
        lacks stderr Geheim
        expect_exit 0 "$ESXIARM" payload --verify out.img
        contains stderr 'KS.CFG:6: %end ends nothing'
        lacks stderr my.cfg
}

test_a_kickstart_of_an_iso_for_a_cd() {
        make_installer
        edit_file 's,runweasel,& ks=cdrom:/Ks.cfg,' in/EFI/BOOT/BOOT.CFG
        printf 'vmaccepteula\nrootpw --iscrypted $6$a$b\ninstall --firstdisk=usb --overwritevmfs\nreboot\n' >in/KS.CFG
        xorriso -stdio_sync off -as mkisofs -quiet -R -o a.iso in
        expect_exit 0 "$ESXIARM" payload --verify a.iso
        contains stderr 'names the kickstart ks=cdrom:/Ks.cfg, but a payload is a USB disk'
        contains stdout 'kickstart  cdrom:/Ks.cfg, install --firstdisk=usb'
        expect_exit 0 "$ESXIARM" payload a.iso -o out.img
        contains stderr 'BOOT.CFG: ks=cdrom:/Ks.cfg is now ks=usb:/KS.CFG, because a payload is a USB disk'
        contains stdout 'runweasel ks=usb:/KS.CFG allowLegacyCPU=true'
        rm in/KS.CFG
        expect_exit 3 "$ESXIARM" payload in -o out.img
        contains stderr 'its BOOT.CFG names the kickstart cdrom:/Ks.cfg, which is not in it'
        expect_exit 0 "$ESXIARM" payload in -o out.img --kernelopt ks=http://10.0.2.2/ks.cfg
        contains stderr 'its kickstart is at http://10.0.2.2/ks.cfg, not on the payload'
}

# The options of an automatic kickstart, as the installer's commands; docs/kickstart.md lists them.
test_an_automatic_kickstart_with_options() {
        make_installer
        ROOT_PASSWORD='Geheim!4711'
        export ROOT_PASSWORD
        expect_exit 0 "$ESXIARM" payload in -o out --format folder --kickstart auto --hostname esxi1.example.org \
                --ip 10.0.2.20 --netmask 255.255.255.0 --gateway 10.0.2.2 --dns 10.0.2.3 --dns 10.0.2.4 --vlan 7 \
                --license ABCDE-12345-ABCDE-12345-ABCDE
        [ ! -s stderr ] || fail "$(cat stderr)"
        contains out/KS.CFG 'network --bootproto=static --device=vmnic0 --ip=10.0.2.20 --netmask=255.255.255.0 --gateway=10.0.2.2 --nameserver=10.0.2.3,10.0.2.4 --hostname=esxi1.example.org --vlanid=7'
        contains out/KS.CFG 'vmserialnum --esx=ABCDE-12345-ABCDE-12345-ABCDE'
        lacks stdout ABCDE
        expect_exit 2 "$ESXIARM" payload in -o x --kickstart auto --vlan 5000
        contains stderr "--vlan: invalid value '5000' (expected 1 to 4094, or 0 for none)"
        expect_exit 2 "$ESXIARM" payload in -o x --kickstart auto --license AAAAA
        lacks stderr AAAAA
        echo reboot >ks.cfg
        for kickstart in '' '--kickstart ks.cfg'; do
                # shellcheck disable=SC2086 # words
                expect_exit 2 "$ESXIARM" payload in -o x $kickstart --hostname a
                contains stderr '--hostname needs --kickstart auto'
                # shellcheck disable=SC2086 # words
                expect_exit 2 "$ESXIARM" install machine --payload in $kickstart --dns 10.0.2.3
                contains stderr '--dns needs --kickstart auto'
        done
        expect_exit 2 "$ESXIARM" install machine --payload in --kickstart auto --ip 10.0.2.20
        contains stderr '--ip 10.0.2.20 needs --netmask and --gateway'
        expect_exit 2 "$ESXIARM" payload --verify in --ip 10.0.2.20
        [ ! -e machine ] && [ ! -e x ] || fail 'something was made'
}

# The templates are read without a warning.
test_the_templates() {
        make_installer
        count=0
        for template in "$ROOT"/docs/kickstart/*.cfg; do
                expect_exit 0 "$ESXIARM" payload in -o out.img --kickstart "$template"
                [ ! -s stderr ] || fail "$(cat stderr)"
                count=$((count + 1))
        done
        [ $count -eq 3 ] || fail "$count templates"
}

test_usage() {
        make_installer
        expect_exit 2 "$ESXIARM" payload
        contains stderr 'ISO|DIR -o OUT, or --verify WHAT'
        expect_exit 2 "$ESXIARM" payload in
        contains stderr 'no output given: use -o OUT'
        expect_exit 2 "$ESXIARM" payload --verify in -o x
        contains stderr '--verify and -o exclude each other'
        expect_exit 2 "$ESXIARM" payload in --verify in
        expect_exit 2 "$ESXIARM" payload in -o x --format fodler
        contains stderr "did you mean 'folder'?"
        expect_exit 2 "$ESXIARM" payload in -o x --replace K.B0=in/A.V00
        contains stderr "did you mean 'K.B00'?"
        expect_exit 2 "$ESXIARM" payload in -o x --root-password-file in/A.V00
        expect_exit 0 "$ESXIARM" payload --help
        contains stdout '-o OUT'
        [ ! -e x ] || fail 'something was made'
}

test_an_interrupt_leaves_nothing() {
        make_installer
        truncate -s 300M in/A.V00
        xorriso -stdio_sync off -as mkisofs -quiet -R -o a.iso in
        "$ESXIARM" payload a.iso -o out.img >stdout 2>stderr &
        wait_for 20 test -d .out.img.stage
        kill -TERM $!
        code=0
        wait $! || code=$?
        # It may have finished before the interrupt.
        [ $code -eq 130 ] || [ $code -eq 0 ] || fail "exit code $code"
        [ $code -eq 0 ] || [ ! -e out.img ] || fail 'an incomplete image was left'
        [ ! -e .out.img.stage ] || fail 'something was left'
}

run_tests
