// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/payload-changes.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arguments.h"
#include "base/bytes.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/yaml-file.h"
#include "launcher/payload/bootcfg.h"
#include "launcher/payload/file-list.h"
#include "launcher/payload/kickstart-place.h"
#include "launcher/payload/kickstart.h"
#include "launcher/payload/patch-list.h"
#include "launcher/payload/patch-module.h"
#include "launcher/payload/patch.h"
#include "launcher/payload/payload-info.h"
#include "launcher/payload/payload-tree.h"

#define LEGACY_CPU      "allowLegacyCPU"
#define DEFAULT_OPTIONS LEGACY_CPU "=true"

bool making_write(const char *path, mode_t mode, struct bytes bytes, struct error *err)
{
        AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd < 0)
                return error_system(err, "%s: cannot create", path);
        return descriptor_write(fd, bytes) || error_system(err, "%s: cannot write", path);
}

bool making_write_text(const char *folder, const char *name, mode_t mode, const char *content, struct error *err)
{
        AUTO_FREE char *path = file_path(folder, name);
        return making_write(path, mode, (struct bytes){(const uint8_t *)content, strlen(content)}, err);
}

// ---- the overlay

void overlay_free(struct overlay *overlay)
{
        arguments_free(&overlay->names);
        arguments_free(&overlay->paths);
}

// The last one with NAME.
const char *overlay_find(const struct overlay *overlay, const char *name)
{
        for (size_t i = overlay->names.count; i--;) {
                if (strcmp(overlay->names.values[i], name) == 0)
                        return overlay->paths.values[i];
        }
        return NULL;
}

static void overlay_add(struct overlay *overlay, const char *name, const char *path)
{
        arguments_add(&overlay->names, name);
        arguments_add(&overlay->paths, path);
}

static bool no_such_file(const struct making *making, const char *name, struct error *err)
{
        const struct file_list *files = payload_tree_files(making->tree);
        const char *nearest = files ? file_list_nearest(files, name) : NULL;
        AUTO_FREE char *shown = text_printable(name, strlen(name), false);
        error_set(err, ERROR_USAGE, "--replace: '%s' not found in the payload", shown);
        return nearest ? error_append(err, "; did you mean '%s'?", nearest) : false;
}

static bool add_replacement(struct making *making, const char *replacement, struct error *err)
{
        const char *equals = strchr(replacement, '=');
        AUTO_FREE char *given = text_format("%.*s", (int)strcspn(replacement, "="), replacement);
        AUTO_FREE char *name = file_list_name(given + strspn(given, "/"));
        bool found = false;
        uint64_t size;
        if (!equals || !*given || !equals[1])
                return error_set(err, ERROR_USAGE, "--replace takes NAME=FILE, not '%s'", replacement);
        if (name && !payload_tree_find(making->tree, name, &found, &size, err))
                return false;
        if (!found)
                return no_such_file(making, given, err);
        AUTO_FREE char *path = realpath(equals + 1, NULL);
        struct stat status;
        if (!path || stat(path, &status) != 0)
                return error_system(err, "--replace %s: %s", name, equals + 1);
        if (!S_ISREG(status.st_mode))
                return error_set(err, ERROR_USAGE, "--replace %s: %s is not a file", name, equals + 1);
        overlay_add(&making->overlay, name, path);
        return true;
}

bool making_add_replacements(struct making *making, struct error *err)
{
        const struct arguments *replacements = making->request->replacements;
        for (size_t i = 0; replacements && i < replacements->count; i++) {
                if (!add_replacement(making, replacements->values[i], err))
                        return false;
        }
        return true;
}

// ---- the kickstart

static bool read_users_kickstart(const char *path, struct text *text, struct error *err)
{
        AUTO_BUFFER struct buffer content = {0};
        AUTO_KICKSTART struct kickstart kickstart = {0};
        if (!file_read(path, PAYLOAD_TEXT_LIMIT, &content, err))
                return error_wrap(err, "the kickstart");
        if (!kickstart_read(buffer_view(&content), &kickstart, err))
                return error_wrap(err, "the kickstart %s", path);
        if (content.size)
                text_add_span(text, (const char *)content.data, content.size);
        return true;
}

// The kickstart file that the user gave; NULL if none was given.
const char *making_users_kickstart(const struct payload_request *request)
{
        return request->kickstart && strcmp(request->kickstart, "auto") != 0 ? request->kickstart : NULL;
}

static bool make_kickstart(const struct payload_request *request, struct text *text, struct error *err)
{
        if (making_users_kickstart(request))
                return read_users_kickstart(request->kickstart, text, err);
        if (!request->password)
                return error_set(err, ERROR_USAGE, "an automatic kickstart needs root's password");
        return kickstart_make(request->password, request->disk_type, request->kickstart_options, text, err);
}

bool making_add_kickstart(struct making *making, struct error *err)
{
        AUTO_TEXT struct text text = {0};
        AUTO_FREE char *path = file_path(making->work.folder, MAKING_KICKSTART);
        if (!making->request->kickstart)
                return true;
        if (!make_kickstart(making->request, &text, err) ||
            !making_write_text(making->work.folder, MAKING_KICKSTART, 0600, text_string(&text), err))
                return false;
        overlay_add(&making->overlay, MAKING_KICKSTART, path);
        return true;
}

// ---- BOOT.CFG

static bool check_option(const char *option, struct error *err)
{
        bool printable = *option;
        for (const char *at = option; *at; at++)
                printable = printable && (unsigned char)*at >= ' ' && *at != 0x7F;
        return printable || error_set(err, ERROR_USAGE,
                                      "--kernelopt takes one line of printable text, such as "
                                      "systemMediaSize=min");
}

bool making_names_key(const struct arguments *options, const char *key)
{
        for (size_t i = 0; options && i < options->count; i++) {
                AUTO_FREE char *value = bootcfg_option(options->values[i], key);
                if (value)
                        return true;
        }
        return false;
}

// The value of `ks=` in BOOTCFG with the options GIVEN, freed with free(); NULL if neither has it.
static char *find_kickstart(const struct bootcfg *bootcfg, const struct arguments *given)
{
        char *value = bootcfg_option(bootcfg->kernelopt, "ks");
        for (size_t i = 0; given && i < given->count; i++) {
                char *replacement = bootcfg_option(given->values[i], "ks");
                if (!replacement)
                        continue;
                free(value);
                value = replacement;
        }
        return value;
}

// The payload is a USB disk, so a kickstart on the CD that an ISO was made for is on USB now.
static bool move_kickstart(struct making *making, const struct bootcfg *bootcfg, struct arguments *options,
                           struct error *err)
{
        AUTO_FREE char *value = find_kickstart(bootcfg, making->request->kernelopts);
        const char *written;
        bool found = false;
        uint64_t size;
        if (!value || kickstart_place(value, &written) != KICKSTART_ON_DISC)
                return true;
        AUTO_FREE char *name = file_list_name(written);
        if (name && !payload_tree_find(making->tree, name, &found, &size, err))
                return false;
        if (!found)
                return true;
        arguments_add_format(options, "ks=usb:/%s", name);
        AUTO_FREE char *shown = text_printable(value, strlen(value), false);
        if (!making->moves_kickstart)
                arguments_add_format(&making->remarks,
                                     "BOOT.CFG: ks=%s is now ks=usb:/%s, because a payload is a USB disk", shown, name);
        making->moves_kickstart = true;
        return true;
}

// The options for one BOOT.CFG. A default option that it already has keeps its value.
static bool collect_options(struct making *making, const struct bootcfg *bootcfg, struct arguments *options,
                            struct error *err)
{
        const struct payload_request *request = making->request;
        const struct arguments *given = request->kernelopts;
        AUTO_FREE char *there = bootcfg_option(bootcfg->kernelopt, LEGACY_CPU);
        for (size_t i = 0; given && i < given->count; i++) {
                if (!check_option(given->values[i], err))
                        return false;
                arguments_add(options, given->values[i]);
        }
        if (!there && !making_names_key(given, LEGACY_CPU))
                arguments_add(options, DEFAULT_OPTIONS);
        if (!request->kickstart)
                return move_kickstart(making, bootcfg, options, err);
        arguments_add(options, "ks=usb:/" MAKING_KICKSTART);
        return true;
}

static bool read_bootcfg(struct making *making, const char *name, struct buffer *text, struct bootcfg *bootcfg,
                         struct error *err)
{
        const char *replaced = overlay_find(&making->overlay, name);
        bool read = replaced ? file_read(replaced, PAYLOAD_TEXT_LIMIT, text, err)
                             : payload_tree_read(making->tree, name, PAYLOAD_TEXT_LIMIT, text, err);
        if (!read)
                return false;
        return bootcfg_read(buffer_view(text), bootcfg, err) || error_wrap(err, "%s", replaced ? replaced : name);
}

// Edits the BOOT.CFG at place NUMBER, if it exists.
static bool edit_bootcfg(struct making *making, size_t number, struct error *err)
{
        const char *name = payload_bootcfg_places[number].name;
        AUTO_BUFFER struct buffer text = {0};
        AUTO_BUFFER struct buffer edited = {0};
        AUTO_BOOTCFG struct bootcfg bootcfg = {0};
        AUTO_ARGUMENTS struct arguments options = {0};
        bool found;
        uint64_t size;
        if (!payload_tree_find(making->tree, name, &found, &size, err))
                return false;
        if (!found)
                return true;
        if (!read_bootcfg(making, name, &text, &bootcfg, err) || !collect_options(making, &bootcfg, &options, err))
                return false;
        bootcfg_edit(buffer_view(&text), &options, &edited);
        AUTO_FREE char *path = text_format("%s/%zu.CFG", making->work.folder, number);
        overlay_add(&making->overlay, name, path);
        return making_write(path, 0666, buffer_view(&edited), err);
}

bool making_edit_bootcfgs(struct making *making, struct error *err)
{
        for (size_t i = 0; i < sizeof payload_bootcfg_places / sizeof payload_bootcfg_places[0]; i++) {
                if (!edit_bootcfg(making, i, err))
                        return false;
        }
        return true;
}

// ---- patches

// What `build=` in the BOOT.CFG that the loader reads will be; freed with free(). NULL if it names none.
static bool find_build(const struct making *making, char **build, struct error *err)
{
        for (size_t i = 0; i < sizeof payload_bootcfg_places / sizeof payload_bootcfg_places[0]; i++) {
                const char *path = overlay_find(&making->overlay, payload_bootcfg_places[i].name);
                AUTO_BUFFER struct buffer text = {0};
                AUTO_BOOTCFG struct bootcfg bootcfg = {0};
                if (!path)
                        continue;
                if (!file_read(path, PAYLOAD_TEXT_LIMIT, &text, err) ||
                    !bootcfg_read(buffer_view(&text), &bootcfg, err))
                        return false;
                *build = MEMORY_TAKE(bootcfg.build);
                return true;
        }
        return true;
}

static bool read_module(const struct making *making, const struct patch *patch, struct patch_module *module,
                        struct error *err)
{
        const char *name = patch->module_name;
        const char *path = overlay_find(&making->overlay, name);
        AUTO_BUFFER struct buffer file = {0};
        bool found;
        uint64_t size;
        if (!payload_tree_find(making->tree, name, &found, &size, err))
                return false;
        if (!found)
                return error_set(err, ERROR_DAMAGED, "the payload has no %s", name);
        bool read = path ? file_read(path, PATCH_MODULE_LIMIT, &file, err)
                         : payload_tree_read(making->tree, name, PATCH_MODULE_LIMIT, &file, err);
        return read && (patch_module_unpack(buffer_view(&file), module, err) || error_wrap(err, "%s", name));
}

// Puts CONTENT into the payload as NAME.
static bool add_file(struct making *making, const char *name, struct bytes content, struct error *err)
{
        AUTO_FREE char *folder = file_path(making->work.folder, MAKING_PATCHED);
        AUTO_FREE char *path = text_format("%s/%zu", folder, making->overlay.names.count);
        overlay_add(&making->overlay, name, path);
        return file_make_folder(folder, 0777, err) && making_write(path, 0666, content, err);
}

static bool add_module(struct making *making, const struct patch *patch, struct patch_module *module, struct error *err)
{
        AUTO_BUFFER struct buffer file = {0};
        patch_apply(patch, module);
        if (!patch_module_pack(module, &file, err))
                return error_wrap(err, "%s", patch->module_name);
        return add_file(making, patch->module_name, buffer_view(&file), err);
}

static bool add_patch(struct making *making, const struct patch *patch, const char *build, struct error *err)
{
        AUTO_PATCH_MODULE struct patch_module module = {0};
        AUTO_FREE char *reason = NULL;
        if (!patch_is_for_build(patch, build, &reason))
                return error_set(err, ERROR_DAMAGED, "%s", reason);
        if (!read_module(making, patch, &module, err))
                return false;
        enum patch_state state = patch_examine(patch, &module, &reason);
        if (reason)
                return error_set(err, ERROR_DAMAGED, "%s", reason);
        if (patch->status == PATCH_REPORTED)
                arguments_add_format(&making->remarks,
                                     "the patch %s is only reported to work; this project has not tried it",
                                     patch->name);
        if (state == PATCH_NOT_APPLIED)
                return add_module(making, patch, &module, err);
        arguments_add_format(&making->remarks, "%s has the patch %s already; it stays as it is", patch->module_name,
                             patch->name);
        return true;
}

// The first number from *NUMBER on that no file of the source has.
static bool find_free(const struct making *making, size_t *number, struct error *err)
{
        for (bool found = true; found; *number += found) {
                AUTO_FREE char *name = patch_list_kept_name(*number);
                uint64_t size;
                if (!payload_tree_find(making->tree, name, &found, &size, err))
                        return false;
        }
        return true;
}

// A payload keeps the patches that it was made with, so that everybody who looks at it later knows them.
static bool keep_patches(struct making *making, const struct patch_list *list, struct error *err)
{
        AUTO_PATCH_LIST struct patch_list kept = {0};
        size_t number = 1;
        if (!patch_list_add_kept(&kept, making->tree, NULL, err))
                return false;
        for (size_t i = 0; i < list->count; i++) {
                if (patch_list_has(&kept, list->patches[i]))
                        continue;
                if (!find_free(making, &number, err))
                        return false;
                AUTO_FREE char *name = patch_list_kept_name(number++);
                if (!add_file(making, name, yaml_file_text(list->patches[i]->file), err))
                        return false;
        }
        return true;
}

bool making_add_patches(struct making *making, struct error *err)
{
        AUTO_PATCH_LIST struct patch_list list = {0};
        AUTO_FREE char *build = NULL;
        if (!patch_list_add_given(&list, making->request->patches, err) || !find_build(making, &build, err))
                return false;
        for (size_t i = 0; i < list.count; i++) {
                if (!add_patch(making, list.patches[i], build, err))
                        return error_wrap(err, "--patch %s: not applied", list.patches[i]->name);
        }
        return keep_patches(making, &list, err);
}
