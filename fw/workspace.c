// SPDX-License-Identifier: Apache-2.0
#include "fw/workspace.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/paths.h"
#include "base/text.h"
#include "fw/provenance.h"

#define WORK_PREFIX ".fetch-"

char *workspace_root(const char *given, struct error *err)
{
        if (given && *given == '/')
                return memory_text(given);
        if (given) {
                AUTO_FREE char *here = realpath(".", NULL);
                if (here)
                        return file_path(here, given);
                error_system(err, "the current folder");
                return NULL;
        }
        AUTO_FREE char *cache = paths_cache(err);
        return cache ? file_path(cache, "firmware") : NULL;
}

static bool lock(struct workspace *workspace, struct error *err)
{
        AUTO_FREE char *path = file_path(workspace->root, ".lock");
        workspace->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (workspace->lock < 0) {
                error_system(err, "%s: cannot create", path);
                return false;
        }
        if (!descriptor_lock(workspace->lock, -1))
                return interrupt_check(err) && error_system(err, "%s: cannot lock", path);
        return true;
}

// Removes what begins with PREFIX in ROOT, left by killed programs. Failing to do so is not an error.
static void remove_leftovers(const char *root, const char *prefix)
{
        AUTO_ARGUMENTS struct arguments names = {0};
        folder_names(root, &names, NULL);
        for (size_t i = 0; i < names.count; i++) {
                AUTO_FREE char *path = file_path(root, names.values[i]);
                if (text_starts_with(names.values[i], prefix))
                        file_remove_tree(path, NULL);
        }
}

void workspace_tidy(const char *root)
{
        AUTO_FREE char *path = file_path(root, ".lock");
        AUTO_CLOSE int fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
                remove_leftovers(root, WORK_PREFIX);
}

static bool make_work_folder(struct workspace *workspace, struct error *err)
{
        AUTO_FREE char *folder = file_path(workspace->root, WORK_PREFIX "XXXXXX");
        if (!mkdtemp(folder))
                return error_system(err, "%s: cannot create a folder in it", workspace->root);
        workspace->folder = MEMORY_TAKE(folder);
        workspace->files = file_path(workspace->folder, "files");
        return file_make_folder(workspace->files, 0755, err);
}

bool workspace_open(const char *root, struct workspace *workspace, struct error *err)
{
        *workspace = (struct workspace){.root = memory_text(root), .lock = -1};
        if (!file_make_folder(root, 0755, err) || !lock(workspace, err))
                return false;
        remove_leftovers(root, WORK_PREFIX);
        return make_work_folder(workspace, err);
}

void workspace_close(struct workspace *workspace)
{
        if (workspace->folder)
                file_remove_tree(workspace->folder, NULL);
        memory_close_descriptor(&workspace->lock);
        free(workspace->root);
        free(workspace->folder);
        free(workspace->files);
        *workspace = (struct workspace){.lock = -1};
}

// Why the firmware in FOLDER is replaced; freed with free().
static char *reason_to_replace(const char *folder)
{
        AUTO_ERROR struct error damage = {0};
        AUTO_FIRMWARE struct firmware old = {0};
        if (!provenance_read(folder, &old, &damage) || !provenance_check(&old, false, &damage))
                return memory_text(damage.message);
        return memory_text("it was made from other files");
}

// Moves TARGET, if it exists, into the work folder, which is removed at the end.
static bool move_away(const struct workspace *workspace, const char *target, struct firmware *firmware,
                      struct error *err)
{
        AUTO_FREE char *old = file_path(workspace->folder, "old");
        AUTO_FREE char *reason = reason_to_replace(target);
        if (rename(target, old) != 0)
                return error_system(err, "%s: cannot replace it", target);
        firmware->outcome = FIRMWARE_REPLACED;
        firmware->replaced_because = MEMORY_TAKE(reason);
        return true;
}

static void move_back(const struct workspace *workspace, const char *target)
{
        AUTO_FREE char *old = file_path(workspace->folder, "old");
        rename(old, target);
}

// Reads FOLDER's firmware.json into FIRMWARE, keeping its outcome.
static bool read_back(const char *folder, struct firmware *firmware, struct error *err)
{
        struct firmware installed = {0};
        if (!provenance_read(folder, &installed, err))
                return false;
        installed.outcome = firmware->outcome;
        installed.replaced_because = MEMORY_TAKE(firmware->replaced_because);
        firmware_free(firmware);
        *firmware = installed;
        return true;
}

bool workspace_install(struct workspace *workspace, struct firmware *firmware, struct error *err)
{
        AUTO_FREE char *target = file_path(workspace->root, firmware->name);
        struct stat status;
        AUTO_FIRMWARE struct firmware written = {0};
        if (!provenance_write(workspace->files, firmware, err) || !provenance_read(workspace->files, &written, err))
                return false;
        firmware->outcome = FIRMWARE_FETCHED;
        if (lstat(target, &status) == 0 && !move_away(workspace, target, firmware, err))
                return false;
        if (rename(workspace->files, target) != 0) {
                error_system(err, "%s: cannot install", target);
                move_back(workspace, target);
                return false;
        }
        remove_leftovers(workspace->root, WORKSPACE_PART);
        if (!file_sync_path(workspace->root))
                return error_system(err, "%s: cannot sync", workspace->root);
        return read_back(target, firmware, err);
}
