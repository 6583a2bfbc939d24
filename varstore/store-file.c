// SPDX-License-Identifier: Apache-2.0
#include "varstore/store-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/arguments.h"
#include "base/descriptor.h"
#include "base/file.h"
#include "base/image-lock.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/process.h"

enum {
        CLAIM_PATIENCE_MS = 5000,
        CONVERT_LIMIT = 1 << 16, // bytes of qemu-img's output
        CONVERT_TIMEOUT_MS = 60000,
};

// ---- reading ----

static bool is_qcow2(int fd)
{
        static const char magic[4] = {'Q', 'F', 'I', '\xfb'};
        char start[sizeof magic];
        return descriptor_read_at(fd, start, sizeof start, 0) == (ssize_t)sizeof start &&
               memcmp(start, magic, sizeof magic) == 0;
}

static bool is_qcow2_file(const char *path)
{
        AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        return fd >= 0 && is_qcow2(fd);
}

static bool convert(const char *path, const char *raw, struct error *err)
{
        AUTO_FREE char *program = process_find("qemu-img", err);
        AUTO_ARGUMENTS struct arguments arguments = {0};
        AUTO_PROCESS_RESULT struct process_result result = {0};
        if (!program)
                return false;
        // -U: allows reading while a machine runs, as for a raw file.
        ARGUMENTS_ADD_ALL(&arguments, program, "convert", "-U", "-f", "qcow2", "-O", "raw", "--");
        // qemu-img takes a colon before the first slash as the end of a protocol name.
        arguments_add_format(&arguments, "%s%s", *path == '/' ? "" : "./", path);
        arguments_add(&arguments, raw);
        return process_run_checked(&arguments, CONVERT_LIMIT, CONVERT_TIMEOUT_MS, &result, err);
}

static bool load_converted(const char *path, const char *folder, struct varstore **store, struct error *err)
{
        AUTO_FREE char *raw = file_path(folder, "vars.fd");
        struct file_mapping mapping;
        if (!convert(path, raw, err) || !file_map(raw, &mapping, err))
                return false;
        if (varstore_read_mapping(&mapping, store, err))
                return true;
        file_unmap(&mapping);
        return false;
}

static bool load_qcow2(const char *path, struct varstore **store, struct error *err)
{
        *store = NULL;
        AUTO_FREE char *folder = file_temporary_folder(err);
        if (!folder)
                return false;
        bool loaded = load_converted(path, folder, store, err);
        // The mapping keeps what it needs of the file.
        file_remove_tree(folder, NULL);
        return loaded || error_wrap(err, "%s: a qcow2 image", path);
}

bool store_load(const char *path, struct varstore **store, struct error *err)
{
        return is_qcow2_file(path) ? load_qcow2(path, store, err) : varstore_load(path, store, err);
}

bool store_load_sound(const char *path, struct varstore **store, struct error *err)
{
        return store_load(path, store, err) && varstore_is_sound(*store, path, err);
}

// ---- writing ----

static bool lock_patiently(int fd, const char *path, struct error *err)
{
        if (descriptor_lock(fd, CLAIM_PATIENCE_MS))
                return true;
        if (errno == EWOULDBLOCK)
                return error_set(err, ERROR_ENVIRONMENT, "%s: another program is changing this file", path);
        return interrupt_check(err) && error_system(err, "%s: cannot lock", path);
}

static bool refuse_writing_qemu(int fd, const char *path, struct error *err)
{
        image_bear_no_writer(fd);
        return !image_is_written(fd) || error_set(err, ERROR_ENVIRONMENT,
                                                  "%s: a running QEMU has this file open for writing and would not see "
                                                  "the change; shut the machine "
                                                  "down first",
                                                  path);
}

static bool refuse_qcow2(int fd, const char *path, struct error *err)
{
        return !is_qcow2(fd) ||
               error_set(err, ERROR_USAGE,
                         "%s: writing to a qcow2 image is not supported; convert it with `qemu-img convert -O raw %s "
                         "vars.fd`, and back with `qemu-img convert -f raw -O qcow2 vars.fd %s`",
                         path, path, path);
}

bool store_claim_begin(const char *path, struct store_claim *claim, struct error *err)
{
        *claim = (struct store_claim){.descriptor = -1};
        for (;;) {
                AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
                if (fd < 0 && errno == ENOENT)
                        return true;
                if (fd < 0)
                        return error_system(err, "%s: cannot open", path);
                if (!refuse_qcow2(fd, path, err) || !lock_patiently(fd, path, err))
                        return false;
                // The program that had claimed it has replaced the file.
                if (!descriptor_is_at(fd, path))
                        continue;
                if (!refuse_writing_qemu(fd, path, err))
                        return false;
                claim->descriptor = DESCRIPTOR_TAKE(fd);
                return true;
        }
}

void store_claim_end(struct store_claim *claim)
{
        if (claim->descriptor >= 0)
                close(claim->descriptor);
        claim->descriptor = -1;
}

bool store_may_write(const char *source, const char *target, bool force, struct error *err)
{
        if (!file_exists(target))
                return true;
        if (source && file_is_same(source, target))
                return error_set(err, ERROR_USAGE, "%s and %s are the same file", source, target);
        return force || error_set(err, ERROR_USAGE, "%s: already exists; use --force to replace it", target);
}
