// SPDX-License-Identifier: Apache-2.0
//
// The input is a file system, in which the known paths are searched and read.
#include <stdlib.h>

#include "verify/disk/fat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
        LIMIT = 1 << 20
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char *const paths[] = {"\\EFI\\VMware\\safeboot64.efi", "/EFI/BOOT/BOOTAA64.EFI", "BOOT.CFG",
                                            "a long name.txt", ""};
        AUTO_DISK struct disk *disk = disk_of_bytes("fuzz", (struct bytes){data, size});
        AUTO_FAT struct fat *fat = NULL;
        AUTO_ERROR struct error err = {0};
        if (!fat_open(disk, 0, size, &fat, &err))
                return err.code == ERROR_DAMAGED ? 0 : (abort(), 0);
        for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
                AUTO_BUFFER struct buffer content = {0};
                AUTO_ERROR struct error damage = {0};
                struct fat_file file;
                bool done = fat_find(fat, paths[i], &file, &damage) &&
                            (file.kind != FAT_FILE || fat_read_file(fat, &file, LIMIT, &content, &damage));
                if (done ? file.kind == FAT_FILE && content.size != file.size : damage.code != ERROR_DAMAGED)
                        abort();
        }
        return 0;
}
