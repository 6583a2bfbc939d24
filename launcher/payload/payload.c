// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/payload.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arguments.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/paths.h"
#include "base/text.h"
#include "launcher/payload/fat-image.h"
#include "launcher/payload/file-list.h"
#include "launcher/payload/patch-finding.h"
#include "launcher/payload/patch-list.h"
#include "launcher/payload/patch.h"
#include "launcher/payload/payload-changes.h"
#include "launcher/payload/payload-tree.h"

// ---- the work folder

// Its possible content.
static const char *const work_names[] = {"files",  "rehearsal", "image", "log",
                                         "KS.CFG", "0.CFG",     "1.CFG", MAKING_PATCHED};

static void empty_folder(const struct work *work)
{
        for (size_t i = 0; i < sizeof work_names / sizeof work_names[0]; i++) {
                AUTO_FREE char *path = file_path(work->folder, work_names[i]);
                file_remove_tree(path, NULL);
        }
}

static void work_end(struct work *work)
{
        if (work->lock >= 0) {
                empty_folder(work);
                rmdir(work->folder);
                close(work->lock);
        }
        free(work->target);
        free(work->folder);
}

static bool work_begin(struct work *work, const char *output, struct error *err)
{
        *work = (struct work){.lock = -1, .target = file_resolve(output, err)};
        if (!work->target)
                return false;
        const char *name = strrchr(work->target, '/') + 1;
        work->folder = text_format("%.*s.%s.stage", (int)(name - work->target), work->target, name);
        if (mkdir(work->folder, 0700) != 0 && errno != EEXIST)
                return error_system(err, "%s: cannot create %s", output, work->folder);
        work->lock = open(work->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (work->lock < 0)
                return error_system(err, "%s: cannot open %s", output, work->folder);
        if (flock(work->lock, LOCK_EX | LOCK_NB) != 0) {
                close(DESCRIPTOR_TAKE(work->lock));
                return error_set(err, ERROR_ENVIRONMENT, "%s: another program is creating it", output);
        }
        empty_folder(work);
        return true;
}

static bool sync_path(const char *path, struct error *err)
{
        return file_sync_path(path) || error_system(err, "%s: cannot sync", path);
}

// Moves NAME from the work folder to the output.
static bool publish(const struct work *work, const char *name, bool durably, struct error *err)
{
        AUTO_FREE char *path = file_path(work->folder, name);
        AUTO_FREE char *parent = memory_text(work->target);
        if (durably && !sync_path(path, err))
                return false;
        if (rename(path, work->target) != 0)
                return error_system(err, "%s: cannot replace", work->target);
        return !durably || sync_path(dirname(parent), err);
}

// ---- the rehearsal guest's own files

static const char boot_cfg[] = "bootstate=0\n"
                               "title=Loading the rehearsal guest (this is not VMware ESXi)\n"
                               "timeout=5\n"
                               "prefix=\n"
                               "kernel=/k.b00\n"
                               "kernelopt=runweasel\n"
                               "modules=\n"
                               "build=8.0.3-0.0.rehearsal\n"
                               "updated=0\n";
static const char kernel[] = "The rehearsal needs no kernel.\n";

static bool write_rehearsal(const struct arguments *options, const char *folder, struct error *err)
{
        AUTO_FREE char *found = paths_data("rehearsal/BOOTAA64.EFI", err);
        AUTO_FREE char *guest = found ? realpath(found, NULL) : NULL;
        AUTO_FREE char *boot = file_path(folder, "EFI/BOOT");
        AUTO_FREE char *loader = file_path(boot, "BOOTAA64.EFI");
        AUTO_TEXT struct text lines = {0};
        for (size_t i = 0; options && i < options->count; i++)
                text_add_format(&lines, "%s\n", options->values[i]);
        if (!found || !file_make_folder(boot, 0777, err))
                return false;
        if (!guest || symlink(guest, loader) != 0)
                return error_system(err, "%s: cannot link", found);
        return making_write_text(boot, "BOOT.CFG", 0666, boot_cfg, err) &&
               making_write_text(folder, "BOOT.CFG", 0666, boot_cfg, err) &&
               making_write_text(folder, "K.B00", 0666, kernel, err) &&
               making_write_text(folder, "REHEARSE.CFG", 0666, text_string(&lines), err);
}

static struct making making_of(const struct payload_request *request)
{
        return (struct making){.request = request, .work.lock = -1};
}

static void making_end(struct making *making)
{
        payload_tree_close(&making->tree);
        overlay_free(&making->overlay);
        arguments_free(&making->remarks);
        work_end(&making->work);
        free(making->source);
}
#define AUTO_MAKING __attribute__((cleanup(making_end)))
static bool find_patches(const char *path, const struct arguments *given, struct payload_info *info, struct error *err)
{
        AUTO_PAYLOAD_TREE struct payload_tree *tree = NULL;
        AUTO_PATCH_LIST struct patch_list list = {0};
        if (!patch_list_add_given(&list, given, err) || !patch_list_add_known(&list, err) ||
            !payload_tree_open(path, &tree, err) || !patch_list_add_kept(&list, tree, &info->warnings, err) ||
            !patch_findings_read(tree, info->build, &list, &info->patches, err))
                return false;
        for (size_t i = 0; i < info->patches.count; i++) {
                const struct patch_finding *finding = &info->patches.findings[i];
                if (finding->state == PATCH_HALF_APPLIED)
                        arguments_add_format(&info->warnings, "the patch %s is half applied: %s", finding->name,
                                             finding->reason);
        }
        return true;
}

bool payload_inspect_patches(const char *path, const struct arguments *given, struct payload_info *info,
                             struct error *err)
{
        if (!payload_inspect(path, info, err))
                return false;
        if (find_patches(path, given, info, err))
                return true;
        payload_info_free(info);
        return false;
}

// ---- the source

static bool check_installable(const struct payload_info *info, const char *what, struct error *err)
{
        return info->installable || error_set(err, ERROR_DAMAGED, "no ESXi for Arm can be installed from %s: %s", what,
                                              info->reasons.values[0]);
}

// Whether all that INFO lacks is a kickstart that the request replaces.
static bool lacks_only_kickstart(const struct payload_request *request, const struct payload_info *info)
{
        bool replaced = request->kickstart || making_names_key(request->kernelopts, "ks");
        return replaced && info->lacks_kickstart && info->reasons.count == 1;
}

static bool check_not_itself(const struct making *making, struct error *err)
{
        return !file_is_same(making->source, making->work.target) ||
               error_set(err, ERROR_USAGE, "%s: source and output are the same file", making->source);
}

// The path of the source, freed with free(). The rehearsal guest's files are written first.
static char *find_source(const struct making *making, struct error *err)
{
        if (making->request->source)
                return memory_text(making->request->source);
        AUTO_FREE char *rehearsal = file_path(making->work.folder, "rehearsal");
        return write_rehearsal(making->request->rehearsal_options, rehearsal, err) ? MEMORY_TAKE(rehearsal) : NULL;
}

static bool open_source(struct making *making, struct error *err)
{
        AUTO_PAYLOAD_INFO struct payload_info info = {0};
        making->source = find_source(making, err);
        return making->source && check_not_itself(making, err) &&
               payload_tree_open(making->source, &making->tree, err) &&
               payload_info_read(making->tree, making->source, &info, err) &&
               (lacks_only_kickstart(making->request, &info) || check_installable(&info, making->source, err));
}

// Opens the source, checks that it is an installer, and prepares the overlay.
static bool prepare(struct making *making, const char *output, struct error *err)
{
        return work_begin(&making->work, output, err) && open_source(making, err) &&
               making_add_replacements(making, err) && making_add_kickstart(making, err) &&
               making_edit_bootcfgs(making, err) && making_add_patches(making, err);
}

// ---- building

// A kickstart contains at least a hash of root's password.
static mode_t mode_of(const char *name)
{
        return strcmp(name, MAKING_KICKSTART) == 0 ? 0600 : 0666;
}

static bool lay_over_one(const char *from, const char *path, mode_t mode, bool as_link, struct error *err)
{
        unlink(path);
        if (!as_link)
                return file_copy(from, path, mode, err);
        return symlink(from, path) == 0 || error_system(err, "%s: cannot link", path);
}

static bool lay_over(const struct making *making, const char *folder, bool as_links, struct error *err)
{
        const struct overlay *overlay = &making->overlay;
        for (size_t i = 0; i < overlay->names.count; i++) {
                const char *name = overlay->names.values[i];
                AUTO_FREE char *path = file_path(folder, name);
                if (!lay_over_one(overlay->paths.values[i], path, mode_of(name), as_links, err))
                        return false;
        }
        return true;
}

static bool stage(struct making *making, const char *folder, bool as_links, struct error *err)
{
        if (mkdir(folder, 0777) != 0)
                return error_system(err, "%s: cannot create", folder);
        return payload_tree_stage(making->tree, folder, as_links, err) && lay_over(making, folder, as_links, err);
}

static bool make_image(struct making *making, const char *image, struct error *err)
{
        AUTO_FREE char *folder = file_path(making->work.folder, "files");
        AUTO_FREE char *log = file_path(making->work.folder, "log");
        AUTO_PAYLOAD_TREE struct payload_tree *staged = NULL;
        return stage(making, folder, true, err) && payload_tree_open(folder, &staged, err) &&
               fat_image_make(folder, payload_tree_files(staged), image, log, err);
}

static bool changes_nothing(const struct making *making)
{
        const struct payload_request *request = making->request;
        return !request->kickstart && !making->moves_kickstart &&
               !(request->kernelopts && request->kernelopts->count) &&
               !(request->replacements && request->replacements->count) &&
               !(request->patches && request->patches->count);
}

// Copies the source image and replaces files in the copy.
static bool change_image(struct making *making, const char *image, struct error *err)
{
        AUTO_FREE char *log = file_path(making->work.folder, "log");
        if (!file_copy(making->source, image, 0666, err))
                return false;
        for (size_t i = 0; !changes_nothing(making) && i < making->overlay.names.count; i++) {
                if (!fat_image_put(image, making->overlay.paths.values[i], making->overlay.names.values[i], log, err))
                        return false;
        }
        return true;
}

// The patches that were requested come first among those that are found.
static bool check_patched(const struct making *making, const struct payload_info *made, const char *output,
                          struct error *err)
{
        size_t count = making->request->patches ? making->request->patches->count : 0;
        for (size_t i = 0; i < count; i++) {
                const struct patch_finding *finding = &made->patches.findings[i];
                if (finding->state != PATCH_APPLIED)
                        return error_set(err, ERROR_DAMAGED, "cannot make the payload %s: the patch %s is %s in it: %s",
                                         output, finding->name, patch_state_name(finding->state),
                                         finding->reason ? finding->reason : "its bytes are not there");
        }
        return true;
}

// Reads the result back as the guest will see it, and moves it to the output.
static bool finish(const struct making *making, const char *name, const char *output, struct payload_info *info,
                   struct error *err)
{
        AUTO_FREE char *path = file_path(making->work.folder, name);
        AUTO_PAYLOAD_INFO struct payload_info made = {0};
        if (!payload_inspect_as(path, making_users_kickstart(making->request), &made, err) ||
            !find_patches(path, making->request->patches, &made, err))
                return error_wrap(err, "cannot make the payload %s", output);
        if (!check_installable(&made, output, err) || !check_patched(making, &made, output, err))
                return false;
        for (size_t i = 0; i < making->remarks.count; i++)
                arguments_add(&made.warnings, making->remarks.values[i]);
        if (made.kind == PAYLOAD_IMAGE && made.has_kickstart && chmod(path, 0600) != 0)
                return error_system(err, "%s: cannot set the mode", path);
        if (!publish(&making->work, name, !making->request->for_one_run, err))
                return false;
        if (info) {
                *info = made;
                made = (struct payload_info){0};
        }
        return true;
}

bool payload_make(const struct payload_request *request, const char *image, struct payload_info *info,
                  struct error *err)
{
        AUTO_MAKING struct making making = making_of(request);
        struct stat status;
        if (stat(image, &status) == 0 && !S_ISREG(status.st_mode))
                return error_set(err, ERROR_USAGE, "-o: %s is not a regular file, so it cannot be replaced", image);
        if (!prepare(&making, image, err))
                return false;
        AUTO_FREE char *path = file_path(making.work.folder, "image");
        bool made = payload_tree_kind(making.tree) == PAYLOAD_IMAGE ? change_image(&making, path, err)
                                                                    : make_image(&making, path, err);
        if (!made)
                return error_wrap(err, "cannot make the payload %s", image);
        return finish(&making, "image", image, info, err);
}

// Every file of a folder is on disk before the folder gets its name.
static bool sync_files(const char *folder, struct error *err)
{
        AUTO_PAYLOAD_TREE struct payload_tree *tree = NULL;
        if (!payload_tree_open(folder, &tree, err))
                return false;
        const struct file_list *files = payload_tree_files(tree);
        for (size_t i = 0; i < files->count; i++) {
                if (!sync_path(files->files[i].origin, err))
                        return false;
        }
        return true;
}

// Whether FOLDER is missing or empty, so that a rename can replace it.
static bool check_vacant(const char *folder, struct error *err)
{
        struct stat status;
        if (stat(folder, &status) != 0 || (S_ISDIR(status.st_mode) && rmdir(folder) == 0))
                return true;
        return error_set(err, ERROR_USAGE, "%s already exists%s; name another folder", folder,
                         S_ISDIR(status.st_mode) ? " and is not empty" : "");
}

bool payload_make_folder(const struct payload_request *request, const char *folder, struct payload_info *info,
                         struct error *err)
{
        AUTO_MAKING struct making making = making_of(request);
        if (!check_vacant(folder, err) || !prepare(&making, folder, err))
                return false;
        if (payload_tree_kind(making.tree) == PAYLOAD_IMAGE)
                return error_set(
                        err, ERROR_USAGE,
                        "%s is an image, which cannot be written as a folder; `mcopy -s -i %s :: FOLDER` copies its "
                        "files",
                        request->source, request->source);
        AUTO_FREE char *path = file_path(making.work.folder, "files");
        if (!stage(&making, path, false, err) || !sync_files(path, err))
                return error_wrap(err, "cannot make the payload %s", folder);
        return finish(&making, "files", folder, info, err);
}

static bool make_unchanged_image(const char *source, const char *image, struct error *err)
{
        const struct payload_request request = {.source = source, .for_one_run = true};
        AUTO_MAKING struct making making = making_of(&request);
        if (!work_begin(&making.work, image, err) || !payload_tree_open(source, &making.tree, err))
                return false;
        AUTO_FREE char *path = file_path(making.work.folder, "image");
        return make_image(&making, path, err) && publish(&making.work, "image", false, err);
}

bool payload_make_unchanged(const char *source, const char *image, struct payload_info *info, struct error *err)
{
        AUTO_FREE char *path = realpath(source, NULL);
        struct stat status;
        if (!path || stat(path, &status) != 0)
                return error_set(err, ERROR_USAGE, "%s: cannot open the payload: %s", source, strerror(errno));
        *info = (struct payload_info){.kind = PAYLOAD_IMAGE};
        unlink(image);
        if (S_ISDIR(status.st_mode) ? !make_unchanged_image(path, image, err)
                                    : symlink(path, image) != 0 && !error_system(err, "%s: cannot link", image))
                return false;
        if (stat(image, &status) != 0)
                return error_system(err, "%s: cannot examine", image);
        info->size = (uint64_t)status.st_size;
        return true;
}
