// SPDX-License-Identifier: Apache-2.0
//
// For tests of disk images: images that are made once and copied, and bytes of them that are changed. They come from
// qemu-img, sgdisk and mtools, which are also what the readers are compared with.
#pragma once

#include "tests/unit/scratch.h"

#include <fcntl.h>

static char *template_folder; // images that took long to make, to be copied

static void templates_remove(void)
{
        file_remove_tree(template_folder, NULL);
        free(template_folder);
}

// Copies the template NAME into the scratch folder as NAME. False if it has to be made first, with template_keep.
static inline bool template_take(const char *name)
{
        if (!template_folder) {
                template_folder = file_temporary_folder(NULL);
                assert_non_null(template_folder);
                assert_int_equal(atexit(templates_remove), 0);
        }
        AUTO_FREE char *path = file_path(template_folder, name);
        if (!file_exists(path))
                return false;
        shell("cp -R '%s' .", path);
        return true;
}

static inline void template_keep(const char *name)
{
        shell("cp -R '%s' '%s'", name, template_folder);
}

// Makes `disk` in the scratch folder: that of an installed ESXi, a small one of 300 MiB, without file systems.
static inline void make_installed_disk(void)
{
        if (template_take("disk"))
                return;
        shell("truncate -s 300M disk\n"
              "sgdisk -a 1 -n 1:64:204863 -t 1:EF00 -c 1:BOOT -n 5:208896:309247 -t 5:0700 -c 5:BOOTBANK1 "
              "-n 6:311296:411647 -t 6:0700 -c 6:BOOTBANK2 -A 5:set:2 -A 6:set:63 "
              "-n 7:413696:507903 -t 7:4EB2EA39-7855-4790-A79E-FAE495E21F8D -c 7:'OSDATA é' "
              "-n 8:507904:520000 -t 8:AA31E02A-400F-11DB-9590-000C2911D1B8 disk");
        template_keep("disk");
}

// Puts SIZE bytes at OFFSET of a file that is there already.
static inline void overwrite(const char *path, uint64_t offset, const void *bytes, size_t size)
{
        AUTO_CLOSE int descriptor = open(path, O_WRONLY);
        assert_true(descriptor >= 0);
        assert_int_equal(pwrite(descriptor, bytes, size, (off_t)offset), (ssize_t)size);
}

static inline void read_at(const char *path, uint64_t offset, void *bytes, size_t size)
{
        AUTO_CLOSE int descriptor = open(path, O_RDONLY);
        assert_true(descriptor >= 0);
        assert_int_equal(pread(descriptor, bytes, size, (off_t)offset), (ssize_t)size);
}

static inline void flip_bit(const char *path, uint64_t bit)
{
        uint8_t byte;
        read_at(path, bit / 8, &byte, 1);
        byte ^= (uint8_t)(1 << bit % 8);
        overwrite(path, bit / 8, &byte, 1);
}
