// SPDX-License-Identifier: Apache-2.0
//
// aavmf-vars mount: a store as an efivarfs, through FUSE. The rules of the files are in efivarfs.h; this file connects
// them to the kernel and writes changes to the store's file.
#define _GNU_SOURCE
#define FUSE_USE_VERSION 31
#include "varstore/efivarfs.h"

#ifdef HAVE_FUSE
#include <fuse.h>
#endif
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "varstore/commands/commands.h"
#include "varstore/store-file.h"

struct values {
        bool foreground, force;
};

static const struct cli_option OPTIONS[] = {
        {"foreground", NULL, CLI_FLAG, offsetof(struct values, foreground),
         "stay in the foreground until unmounted; FILE is written when the command ends", NULL},
        {"force", NULL, CLI_FLAG, offsetof(struct values, force), "allow changes of authenticated variables", NULL},
        {0},
};

#ifdef HAVE_FUSE
struct mount {
        char *path; // absolute: the working directory may change
        struct store_claim claim;
        struct varstore *store;
        struct efivarfs *efivarfs;
        time_t since;
        struct error err; // of the last attempt to write the file
};

// An open file: its content for reading, and how much has been written.
struct handle {
        struct buffer content;
        struct buffer written;
        bool created; // the file, by this handle
};

static struct mount *mounted(void)
{
        return fuse_get_context()->private_data;
}

static struct handle *handle_of(const struct fuse_file_info *info)
{
        return (struct handle *)(uintptr_t)info->fh; // NOLINT(performance-no-int-to-ptr)
}

// The new file is claimed before the old claim ends.
static bool save(struct mount *mount)
{
        struct store_claim claim = {.descriptor = -1};
        if (!efivarfs_is_changed(mount->efivarfs))
                return true;
        error_clear(&mount->err);
        if (!varstore_save(mount->store, mount->path, STORE_FILE_MODE, &mount->err) ||
            !store_claim_begin(mount->path, &claim, &mount->err))
                return false;
        store_claim_end(&mount->claim);
        mount->claim = claim;
        efivarfs_saved(mount->efivarfs);
        return true;
}

static int sync_file(const char *path, int data_only, struct fuse_file_info *info)
{
        (void)path;
        (void)data_only;
        (void)info;
        return save(mounted()) ? 0 : -EIO;
}

static int get_attributes(const char *path, struct stat *status, struct fuse_file_info *info)
{
        enum {
                FOLDER_MODE = 0755,
                FILE_MODE = 0644,
        };
        (void)info;
        const struct mount *mount = mounted();
        uint64_t size = 0;
        bool is_root = strcmp(path, "/") == 0;
        int result = is_root ? 0 : efivarfs_size(mount->efivarfs, path + 1, &size);
        *status = (struct stat){.st_mode = is_root ? S_IFDIR | FOLDER_MODE : S_IFREG | FILE_MODE,
                                .st_nlink = is_root ? 2 : 1,
                                .st_size = (off_t)size,
                                .st_uid = getuid(),
                                .st_gid = getgid(),
                                .st_mtime = mount->since,
                                .st_ctime = mount->since,
                                .st_atime = mount->since};
        return -result;
}

struct listing {
        void *buffer;
        fuse_fill_dir_t fill;
};

static void list_file(void *context, const char *file)
{
        const struct listing *listing = context;
        listing->fill(listing->buffer, file, NULL, 0, 0);
}

static int read_folder(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *info,
                       enum fuse_readdir_flags flags)
{
        (void)path;
        (void)offset;
        (void)info;
        (void)flags;
        struct listing listing = {buffer, fill};
        list_file(&listing, ".");
        list_file(&listing, "..");
        efivarfs_list(mounted()->efivarfs, list_file, &listing);
        return 0;
}

static int open_file(const char *path, struct fuse_file_info *info)
{
        struct handle *handle = memory_new(1, sizeof *handle);
        int result = efivarfs_read(mounted()->efivarfs, path + 1, &handle->content);
        if (result) {
                free(handle);
                return -result;
        }
        info->fh = (uintptr_t)handle;
        // Each write of a program arrives whole, not page by page.
        info->direct_io = 1;
        return 0;
}

static int create_file(const char *path, mode_t mode, struct fuse_file_info *info)
{
        (void)mode;
        int result = -efivarfs_create(mounted()->efivarfs, path + 1);
        if (result == 0)
                result = open_file(path, info);
        if (result == 0)
                handle_of(info)->created = true;
        return result;
}

// A new file that was never written is removed when its handle is closed, as in efivarfs since Linux 6.14.
static int close_file(const char *path, struct fuse_file_info *info)
{
        struct handle *handle = handle_of(info);
        uint64_t size = 0;
        if (handle->created && efivarfs_size(mounted()->efivarfs, path + 1, &size) == 0 && size == 0)
                efivarfs_unlink(mounted()->efivarfs, path + 1);
        buffer_free(&handle->content);
        buffer_free(&handle->written);
        free(handle);
        return 0;
}

static int read_file(const char *path, char *target, size_t size, off_t offset, struct fuse_file_info *info)
{
        (void)path;
        struct bytes rest = bytes_from(buffer_view(&handle_of(info)->content), (uint64_t)offset);
        size_t count = rest.size < size ? rest.size : size;
        if (count)
                memcpy(target, rest.data, count);
        return (int)count;
}

// An incomplete variable is not stored: the state from when the file was opened is restored.
static void take_back(const char *path, const struct handle *handle)
{
        struct efivarfs *efivarfs = mounted()->efivarfs;
        if (!handle->content.size || efivarfs_write(efivarfs, path + 1, buffer_view(&handle->content)) != 0)
                efivarfs_unlink(efivarfs, path + 1);
}

// One write is the whole variable. A program with a smaller buffer appends the rest with further writes.
static int write_file(const char *path, const char *data, size_t size, off_t offset, struct fuse_file_info *info)
{
        struct handle *handle = handle_of(info);
        if (offset && (uint64_t)offset != handle->written.size)
                return -EINVAL;
        if (!offset)
                handle->written.size = 0;
        buffer_add(&handle->written, data, size);
        int result = efivarfs_write(mounted()->efivarfs, path + 1, buffer_view(&handle->written));
        if (result && offset)
                take_back(path, handle);
        return result ? -result : (int)size;
}

// A file that is opened with truncation is emptied first; the variable stays until it is written.
static int resize_file(const char *path, off_t size, struct fuse_file_info *info)
{
        (void)info;
        uint64_t is;
        int result = efivarfs_size(mounted()->efivarfs, path + 1, &is);
        return result ? -result : size == 0 || (uint64_t)size == is ? 0 : -EINVAL;
}

static int unlink_file(const char *path)
{
        return -efivarfs_unlink(mounted()->efivarfs, path + 1);
}

static int refuse_rename(const char *from, const char *to, unsigned flags)
{
        (void)from;
        (void)to;
        (void)flags;
        return -EPERM;
}

// Modes, owners and times are not kept.
static int ignore_mode(const char *path, mode_t mode, struct fuse_file_info *info)
{
        (void)path;
        (void)mode;
        (void)info;
        return 0;
}

static int ignore_times(const char *path, const struct timespec times[2], struct fuse_file_info *info)
{
        (void)path;
        (void)times;
        (void)info;
        return 0;
}

static void *begin(struct fuse_conn_info *connection, struct fuse_config *config)
{
        (void)connection;
        config->attr_timeout = 0;
        config->entry_timeout = 0;
        config->hard_remove = 1;
        return mounted();
}

static const struct fuse_operations OPERATIONS = {
        .init = begin,
        .getattr = get_attributes,
        .readdir = read_folder,
        .open = open_file,
        .create = create_file,
        .release = close_file,
        .read = read_file,
        .write = write_file,
        .truncate = resize_file,
        .unlink = unlink_file,
        .rename = refuse_rename,
        .chmod = ignore_mode,
        .utimens = ignore_times,
        .fsync = sync_file,
        .fsyncdir = sync_file,
};

static bool open_store(const char *path, bool force, struct mount *mount, struct error *err)
{
        mount->path = realpath(path, NULL);
        if (!mount->path)
                return error_system(err, "%s: cannot open", path);
        if (!store_claim_begin(mount->path, &mount->claim, err) || !store_load_sound(mount->path, &mount->store, err))
                return false;
        // A blank store's formatting is written only with the first variable.
        if (varstore_is_blank(mount->store) && !varstore_format(mount->store, err))
                return error_wrap(err, "%s", path);
        mount->efivarfs = efivarfs_new(mount->store, force);
        mount->since = time(NULL);
        return true;
}

// Ends when unmounted, or on a signal.
static void serve(struct mount *mount, const char *folder, bool foreground, struct error *err)
{
        static char name[] = "aavmf-vars";
        static char flag[] = "-o";
        // A comma in a name would start the next option.
        bool plain = strcspn(mount->path, ",\\") == strlen(mount->path);
        AUTO_FREE char *source =
                text_format("fsname=%s,subtype=efivarfs,default_permissions", plain ? mount->path : "aavmf-vars");
        char *arguments[] = {name, flag, source, NULL};
        struct fuse_args args = FUSE_ARGS_INIT(3, arguments);
        struct fuse *fuse = fuse_new(&args, &OPERATIONS, sizeof OPERATIONS, mount);
        if (!fuse) {
                error_set(err, ERROR_ENVIRONMENT, "FUSE is not available");
        } else if (fuse_mount(fuse, folder) != 0) {
                error_set(err, ERROR_ENVIRONMENT,
                          "%s: cannot mount here; check that /dev/fuse exists and that this user may use it", folder);
        } else {
                // Signals end the loop, so that the file is written.
                static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
                for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
                        signal(signals[i], SIG_DFL);
                fuse_daemonize(foreground);
                fuse_set_signal_handlers(fuse_get_session(fuse));
                fuse_loop(fuse);
                fuse_remove_signal_handlers(fuse_get_session(fuse));
                fuse_unmount(fuse);
                if (!save(mount))
                        error_set(err, mount->err.code, "%s", mount->err.message);
        }
        if (fuse)
                fuse_destroy(fuse);
        fuse_opt_free_args(&args);
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        (void)count;
        const struct values *values = parsed;
        struct mount mount = {.claim = {.descriptor = -1}};
        AUTO_FREE char *folder = realpath(operands[1], NULL);
        struct stat status;
        if (!folder || stat(folder, &status) != 0)
                error_system(err, "%s: cannot mount here", operands[1]);
        else if (!S_ISDIR(status.st_mode))
                error_set(err, ERROR_USAGE, "%s: not a folder", operands[1]);
        else if (open_store(operands[0], values->force, &mount, err))
                serve(&mount, folder, values->foreground, err);
        efivarfs_free(&mount.efivarfs);
        varstore_free(&mount.store);
        store_claim_end(&mount.claim);
        error_clear(&mount.err);
        free(mount.path);
        return (int)err->code;
}
#else
static int run(const void *parsed, int count, char **operands, struct error *err)
{
        (void)parsed;
        (void)count;
        (void)operands;
        error_set(err, ERROR_ENVIRONMENT,
                  "this aavmf-vars was built without FUSE; use `export --efivarfs` and `import --efivarfs` instead, in "
                  "two steps");
        return (int)err->code;
}
#endif

const struct cli_command cmd_mount = {
        .name = "mount",
        .operands = "FILE DIR",
        .summary = "Mounts a store as an efivarfs in DIR, where efibootmgr, efivar and cp can read and change it.",
        .details = "Set EFIVARFS_PATH=DIR/ for efibootmgr and efivar. `fusermount3 -u DIR` unmounts; FILE is then\n"
                   "replaced atomically, as it is when a program calls fsync (`sync DIR/FILE`). While mounted, FILE\n"
                   "is locked against other changes.",
        .options = OPTIONS,
        .values_size = sizeof(struct values),
        .least = 2,
        .most = 2,
        .run = run,
};
