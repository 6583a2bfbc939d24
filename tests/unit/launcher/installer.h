// SPDX-License-Identifier: Apache-2.0
//
// An installer as on an ESXi disc, as a folder and as ISOs of every kind; the loader is the rehearsal guest's, which
// is a real aarch64 program.
#pragma once

#include "tests/unit/scratch.h"

// Makes the folder NAME in the scratch folder: loader, both BOOT.CFGs with line ends of DOS, a kernel, two modules.
static inline void make_installer(const char *name)
{
        const char *build = getenv("BUILD");
        if (!build)
                fail_msg("run this by tests/run, which sets BUILD");
        shell("mkdir -p '%s/EFI/BOOT'; cd '%s'; cp '%s/rehearsal/BOOTAA64.EFI' EFI/BOOT/BOOTAA64.EFI; "
              "printf 'bootstate=0\\r\\ntitle=Loading ESXi "
              "installer\\r\\ntimeout=5\\r\\nprefix=\\r\\nkernel=/k.b00\\r\\n"
              "kernelopt=runweasel\\r\\nmodules=/a.v00 --- /b.v00 opt=1\\r\\nbuild=8.0.3-0.0.1\\r\\n' >BOOT.CFG; "
              "cp BOOT.CFG EFI/BOOT/BOOT.CFG; seq 100000 >K.B00; echo a >A.V00; echo bb >B.V00; : >EMPTY.TXT",
              name, name, build);
}

// The kinds of ISO, as options of xorriso's mkisofs.
static const char *const iso_kinds[] = {
        "-R",                                                                  // Rock Ridge
        "-R -J",                                                               // both: Rock Ridge is read
        "--norock -J",                                                         // Joliet
        "--norock -iso-level 1",                                               // neither: names as "K.B00;1"
        "--norock -N -iso-level 2",                                            // without the version
        "-R -e EFI/BOOT/BOOTAA64.EFI -no-emul-boot -c BOOT.CAT -V ESXI-8.0U3", // El Torito
};

static inline void make_iso(const char *kind, const char *folder, const char *iso)
{
        shell("rm -f '%s'; xorriso -stdio_sync off -as mkisofs -quiet %s -o '%s' '%s'", iso, kind, iso, folder);
}

static inline int installer_begin(void **state)
{
        if (scratch_begin(state) != 0)
                return -1;
        make_installer("in");
        return 0;
}

// A test that has an installer in the folder "in".
#define WITH_INSTALLER(name) TEST_WITH(name, installer_begin, scratch_end)
