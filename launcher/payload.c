// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/paths.h"
#include "base/text.h"

enum {
        SECTOR = 512,
        LEAST_SECTORS = 504 * 2048, // 504 MiB, what QEMU's "fat:" disks have
        TOOL_TIMEOUT_MS = 600000,
        TOOL_OUTPUT = 1 << 16,
};

static bool run(const struct arguments *arguments, struct error *err)
{
        AUTO_PROCESS_RESULT struct process_result result = {0};
        return process_run_checked(arguments, TOOL_OUTPUT, TOOL_TIMEOUT_MS, &result, err);
}

static bool add_folder_size(const char *folder, uint64_t *bytes, struct error *err);

static bool add_size(const char *path, uint64_t *bytes, struct error *err)
{
        struct stat status;
        if (stat(path, &status) != 0)
                return error_system(err, "%s: cannot examine", path);
        if (S_ISDIR(status.st_mode))
                return add_folder_size(path, bytes, err);
        *bytes += (uint64_t)status.st_size;
        return true;
}

static bool add_folder_size(const char *folder, uint64_t *bytes, struct error *err)
{
        DIR *stream = opendir(folder);
        if (!stream)
                return error_system(err, "%s: cannot open", folder);
        bool added = true;
        for (const struct dirent *entry; added && (entry = readdir(stream));) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                AUTO_FREE char *path = file_path(folder, entry->d_name);
                added = add_size(path, bytes, err);
        }
        closedir(stream);
        return added;
}

static bool make_empty(const char *image, uint64_t sectors, struct error *err)
{
        AUTO_CLOSE int fd = open(image, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (fd < 0 || ftruncate(fd, (off_t)(sectors * SECTOR)) != 0)
                return error_system(err, "%s: cannot create", image);
        return true;
}

static bool format(const char *image, uint64_t sectors, struct error *err)
{
        AUTO_ARGUMENTS struct arguments arguments = {0};
        arguments_add(&arguments, "mformat");
        arguments_add(&arguments, "-F");
        arguments_add(&arguments, "-i");
        arguments_add(&arguments, image);
        arguments_add(&arguments, "-T");
        arguments_add_format(&arguments, "%" PRIu64, sectors);
        arguments_add(&arguments, "::");
        return run(&arguments, err);
}

// Adds the entries of FOLDER to mcopy's arguments.
static bool add_entries(const char *folder, struct arguments *arguments, struct error *err)
{
        DIR *stream = opendir(folder);
        if (!stream)
                return error_system(err, "%s: cannot open", folder);
        for (const struct dirent *entry; (entry = readdir(stream));) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                arguments_add_format(arguments, "%s/%s", folder, entry->d_name);
        }
        closedir(stream);
        return true;
}

static bool copy_in(const char *folder, const char *image, struct error *err)
{
        AUTO_ARGUMENTS struct arguments arguments = {0};
        arguments_add(&arguments, "mcopy");
        arguments_add(&arguments, "-Q");
        arguments_add(&arguments, "-s");
        arguments_add(&arguments, "-i");
        arguments_add(&arguments, image);
        if (!add_entries(folder, &arguments, err))
                return false;
        arguments_add(&arguments, "::");
        return run(&arguments, err);
}

static bool fill(const char *folder, const char *image, struct error *err)
{
        uint64_t bytes = 0;
        if (strstr(image, "@@"))
                return error_set(err, ERROR_USAGE, "%s: mtools takes '@@' in a path for an offset; use another folder",
                                 image);
        if (!add_folder_size(folder, &bytes, err))
                return false;
        // FAT, folders and the unused ends of clusters take less than an eighth.
        uint64_t sectors = (bytes + bytes / 8) / SECTOR;
        sectors = sectors > LEAST_SECTORS ? sectors : LEAST_SECTORS;
        if (make_empty(image, sectors, err) && format(image, sectors, err) && copy_in(folder, image, err))
                return true;
        unlink(image);
        return error_wrap(err, "cannot make the payload %s", image);
}

bool payload_from_folder(const char *folder, const char *image, struct error *err)
{
        // Absolute, because mtools takes "a:" for a drive, and a dash for an option.
        AUTO_FREE char *absolute = realpath(folder, NULL);
        if (!absolute)
                return error_system(err, "the payload's folder %s", folder);
        AUTO_FREE char *loader = file_path(absolute, "EFI/BOOT/BOOTAA64.EFI");
        AUTO_FREE char *lower = file_path(absolute, "efi/boot/bootaa64.efi");
        if (!file_exists(loader) && !file_exists(lower))
                return error_set(err, ERROR_DAMAGED, "%s holds no installer: there is no EFI/BOOT/BOOTAA64.EFI in it",
                                 folder);
        return fill(absolute, image, err);
}

static const char boot_cfg[] = "bootstate=0\n"
                               "title=Loading the rehearsal guest (this is not VMware ESXi)\n"
                               "timeout=5\n"
                               "prefix=\n"
                               "kernel=/k.b00\n"
                               "kernelopt=runweasel allowLegacyCPU=true\n"
                               "modules=\n"
                               "build=8.0.3-0.0.rehearsal\n"
                               "updated=0\n";

static bool write_text(const char *folder, const char *name, const char *content, struct error *err)
{
        AUTO_FREE char *path = file_path(folder, name);
        return file_replace(path, 0666, (struct bytes){(const uint8_t *)content, strlen(content)}, err);
}

static bool stage_rehearsal(const struct arguments *options, const char *stage, struct error *err)
{
        AUTO_FREE char *guest = paths_data("rehearsal/BOOTAA64.EFI", err);
        AUTO_FREE char *boot = file_path(stage, "EFI/BOOT");
        AUTO_FREE char *loader = file_path(boot, "BOOTAA64.EFI");
        AUTO_TEXT struct text lines = {0};
        for (size_t i = 0; i < options->count; i++)
                text_add_format(&lines, "%s\n", options->values[i]);
        return guest && file_make_folder(boot, 0777, err) && file_copy(guest, loader, 0666, err) &&
               write_text(stage, "BOOT.CFG", boot_cfg, err) &&
               write_text(stage, "REHEARSE.CFG", text_string(&lines), err);
}

bool payload_rehearsal(const struct arguments *options, const char *image, struct error *err)
{
        AUTO_FREE char *stage = file_temporary_folder(err);
        if (!stage)
                return false;
        bool made = stage_rehearsal(options, stage, err) && fill(stage, image, err);
        file_remove_tree(stage, NULL);
        return made;
}
