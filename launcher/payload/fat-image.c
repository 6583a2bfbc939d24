// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/fat-image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/arguments.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/progress.h"
#include "base/text.h"

enum {
        SECTOR = 512,
        SMALL_CLUSTER = 1,      // sectors
        CLUSTER = 8,            // sectors, from LARGE bytes on: chains are shorter, and the firmware reads faster
        FOLDER_SHARE = 1 << 10, // maximum bytes of a folder for one file
        SPARE = 4 << 20,        // bytes
        LOOK_MS = 100,
        LOG_LIMIT = 1 << 16, // bytes
        GRACE_MS = 1000,
};

#define LEAST_SIZE (UINT64_C(64) << 20)  // bytes
#define LARGE      (UINT64_C(288) << 20) // bytes

static uint64_t size_for(const struct file_list *list)
{
        const uint64_t cluster = (uint64_t)CLUSTER * SECTOR;
        uint64_t size = SPARE;
        for (size_t i = 0; i < list->count; i++)
                size += (list->files[i].size + cluster - 1) / cluster * cluster + FOLDER_SHARE;
        // The two FATs take 8 bytes for each cluster, at most 1/64 of it.
        size += size / 32;
        size = size > LEAST_SIZE ? size : LEAST_SIZE;
        return (size + SPARE - 1) / SPARE * SPARE;
}

static bool make_empty(const char *image, uint64_t size, struct error *err)
{
        AUTO_CLOSE int fd = open(image, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
                return error_system(err, "%s: cannot create", image);
        return true;
}

// ---- mtools

// On a full disk, the log has no space for the error message either.
static bool is_full(const char *path)
{
        struct statvfs status;
        return statvfs(path, &status) == 0 && status.f_bavail == 0;
}

static bool check_exit(const struct process *process, const char *tool, const char *log, struct error *err)
{
        AUTO_BUFFER struct buffer said = {0};
        if (process->exit_code == 0)
                return true;
        error_set(err, ERROR_ENVIRONMENT, "%s failed with exit code %d", tool, process->exit_code);
        if (!file_read(log, LOG_LIMIT, &said, NULL) || !said.size)
                return error_append(err, "%s%s", is_full(log) ? ": " : "", is_full(log) ? strerror(ENOSPC) : "");
        while (said.size && said.data[said.size - 1] == '\n')
                said.size--;
        AUTO_FREE char *shown = text_printable((const char *)said.data, said.size, false);
        return error_append(err, ": %s", shown);
}

// The last part of an image's path, a plain name: mtools passes special characters to a shell and takes '@@' for an
// offset.
static const char *name_of(const char *image)
{
        return strrchr(image, '/') + 1;
}

// Runs a program of mtools in the folder of IMAGE. The progress line shows the size of IMAGE, up to TOTAL bytes.
static bool run(const struct arguments *arguments, const char *image, uint64_t total, const char *log,
                struct error *err)
{
        struct process process;
        AUTO_FREE char *folder = text_format("%.*s", (int)(name_of(image) - image), image);
        if (!process_start(arguments, folder, log, &process, err))
                return false;
        AUTO_PROGRESS struct progress *progress = progress_begin("writing the payload", total);
        while (!process_wait(&process, LOOK_MS)) {
                progress_update(progress, file_allocated(image));
                if (interrupt_check(err))
                        continue;
                process_end(&process, GRACE_MS);
                return false;
        }
        return check_exit(&process, arguments->values[0], log, err);
}

static bool format(const char *image, uint64_t size, const char *log, struct error *err)
{
        AUTO_ARGUMENTS struct arguments arguments = {0};
        AUTO_FREE char *cluster = text_format("%d", size < LARGE ? SMALL_CLUSTER : CLUSTER);
        AUTO_FREE char *sectors = text_format("%" PRIu64, size / SECTOR);
        ARGUMENTS_ADD_ALL(&arguments, "mformat", "-F", "-c", cluster, "-v", "ESXIARM", "-i", name_of(image), "-T",
                          sectors, "::");
        return run(&arguments, image, size, log, err);
}

// ---- the copy

static void begin_mcopy(struct arguments *arguments, const char *image)
{
        ARGUMENTS_ADD_ALL(arguments, "mcopy", "-Q", "-s", "-o", "-i", name_of(image));
}

static bool copy_in(const char *folder, const struct file_list *list, const char *image, const char *log,
                    struct error *err)
{
        AUTO_ARGUMENTS struct arguments names = {0};
        AUTO_ARGUMENTS struct arguments arguments = {0};
        begin_mcopy(&arguments, image);
        if (!folder_names(folder, &names, err))
                return false;
        for (size_t i = 0; i < names.count; i++)
                arguments_add_format(&arguments, "%s/%s", folder, names.values[i]);
        arguments_add(&arguments, "::");
        return run(&arguments, image, file_list_total(list), log, err);
}

bool fat_image_make(const char *folder, const struct file_list *list, const char *image, const char *log,
                    struct error *err)
{
        uint64_t size = size_for(list);
        return make_empty(image, size, err) && format(image, size, log, err) && copy_in(folder, list, image, log, err);
}

bool fat_image_put(const char *image, const char *path, const char *name, const char *log, struct error *err)
{
        AUTO_ARGUMENTS struct arguments arguments = {0};
        begin_mcopy(&arguments, image);
        arguments_add(&arguments, path);
        arguments_add_format(&arguments, "::/%s", name);
        return run(&arguments, image, file_allocated(path), log, err);
}
