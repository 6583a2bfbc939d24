// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/payload-info.h"

#include <stdlib.h>
#include <string.h>

#include "base/arguments.h"
#include "base/memory.h"
#include "base/text.h"
#include "launcher/payload/bootcfg.h"
#include "launcher/payload/kickstart-place.h"
#include "launcher/payload/kickstart.h"
#include "launcher/payload/pe.h"

enum {
        LOADER_LIMIT = 64 << 20, // bytes
        MOST_SHOWN = 5,          // missing files in a sentence
};

const struct payload_bootcfg_place payload_bootcfg_places[2] = {
        {"EFI/BOOT/BOOT.CFG", "EFI/BOOT"},
        {"BOOT.CFG", ""},
};

void payload_info_free(struct payload_info *info)
{
        free(info->loader);
        free(info->title);
        free(info->build);
        free(info->kernel);
        free(info->kernelopt);
        free(info->kickstart);
        free(info->kickstart_disk);
        patch_findings_free(&info->patches);
        arguments_free(&info->missing);
        arguments_free(&info->reasons);
        arguments_free(&info->warnings);
        *info = (struct payload_info){0};
}

// The state of one inspection.
struct look {
        struct payload_tree *tree;
        const char *path;
        const char *kickstart; // what its remarks call it; NULL: its name in the payload
        struct payload_info *info;
};

static bool has(const struct look *look, const char *name, bool *found, struct error *err)
{
        uint64_t size;
        return payload_tree_find(look->tree, name, found, &size, err);
}

// ---- the loader

// Loaders that show what an installer is for if it has none for aarch64.
static const struct {
        const char *name, *machine;
} other_loaders[] = {
        {"EFI/BOOT/BOOTX64.EFI", "x86-64"},
        {"EFI/BOOT/BOOTIA32.EFI", "x86"},
        {"EFI/BOOT/BOOTARM.EFI", "arm"},
        {"EFI/BOOT/BOOTRISCV64.EFI", "riscv64"},
};

static bool explain_no_loader(const struct look *look, struct error *err)
{
        for (size_t i = 0; i < sizeof other_loaders / sizeof other_loaders[0]; i++) {
                bool found;
                if (!has(look, other_loaders[i].name, &found, err))
                        return false;
                if (!found)
                        continue;
                look->info->loader = memory_text(other_loaders[i].machine);
                arguments_add_format(&look->info->reasons, "it is an installer for %s (%s): get the ESXi for Arm",
                                     other_loaders[i].machine, other_loaders[i].name);
                return true;
        }
        arguments_add(&look->info->reasons, "it is not an installer: it has no " PAYLOAD_LOADER);
        return true;
}

static bool read_loader(const struct look *look, struct error *err)
{
        AUTO_BUFFER struct buffer image = {0};
        struct pe pe;
        bool found;
        if (!payload_tree_find(look->tree, PAYLOAD_LOADER, &found, &look->info->loader_size, err))
                return false;
        if (!found)
                return explain_no_loader(look, err);
        if (!payload_tree_read(look->tree, PAYLOAD_LOADER, LOADER_LIMIT, &image, err))
                return false;
        if (!pe_read(buffer_view(&image), &pe, err))
                return error_wrap(err, "%s: its boot loader " PAYLOAD_LOADER " is damaged", look->path);
        const char *machine = pe_machine_name(pe.machine);
        look->info->loader = memory_text(machine);
        if (pe.machine != PE_MACHINE_AARCH64)
                arguments_add_format(&look->info->reasons,
                                     "its " PAYLOAD_LOADER " is a program for %s, not for aarch64", machine);
        return true;
}

// ---- BOOT.CFG

static bool is_listed(const struct arguments *list, const char *value)
{
        for (size_t i = 0; i < list->count; i++) {
                if (strcmp(list->values[i], value) == 0)
                        return true;
        }
        return false;
}

// The files that a BOOT.CFG names.
struct names {
        const struct bootcfg *bootcfg;
        const struct payload_bootcfg_place *place;
        char **missing; // about the first of them that is missing; freed with free()
};

// Where the missing file NAME is named, and the warning about that line, or about the prefix of a relative name.
static char *explain_name(const struct names *names, const char *name, size_t line)
{
        const char *warning = bootcfg_warning(names->bootcfg, line);
        if (!warning && *name != '/')
                warning = bootcfg_warning(names->bootcfg, names->bootcfg->prefix_line);
        return text_format(
                "%s, line %zu: the loader stops at a file that it does not find; add the file or correct the line"
                "%s%s%s",
                names->place->name, line, warning ? " (" : "", warning ? warning : "", warning ? ")" : "");
}

static bool check_file(const struct look *look, const struct names *names, const char *name, size_t line,
                       struct error *err)
{
        bool found;
        AUTO_FREE char *path = bootcfg_path(names->bootcfg, names->place->folder, name);
        if (!has(look, path, &found, err))
                return false;
        found = found && !text_ends_with(path, "/");
        if (!found && !is_listed(&look->info->missing, path))
                arguments_add(&look->info->missing, path);
        if (!found && !*names->missing)
                *names->missing = explain_name(names, name, line);
        return true;
}

static bool check_list(const struct look *look, const struct names *names, const struct arguments *list, size_t line,
                       struct error *err)
{
        for (size_t i = 0; i < list->count; i++) {
                if (!check_file(look, names, list->values[i], line, err))
                        return false;
        }
        return true;
}

static bool check_files(const struct look *look, const struct names *names, struct error *err)
{
        const struct bootcfg *bootcfg = names->bootcfg;
        return check_file(look, names, bootcfg->kernel, bootcfg->kernel_line, err) &&
               check_list(look, names, &bootcfg->modules, bootcfg->modules_line, err) &&
               check_list(look, names, &bootcfg->acpitables, bootcfg->acpitables_line, err);
}

// Keeps what the BOOT.CFG that the loader reads says.
static void keep(struct payload_info *info, struct bootcfg *bootcfg, const char *folder)
{
        info->title = MEMORY_TAKE(bootcfg->title);
        info->build = MEMORY_TAKE(bootcfg->build);
        info->kernel = bootcfg_path(bootcfg, folder, bootcfg->kernel);
        info->kernelopt = MEMORY_TAKE(bootcfg->kernelopt);
        info->module_count = bootcfg->modules.count;
        info->norts = bootcfg->norts;
}

static bool read_bootcfg(const struct look *look, const struct payload_bootcfg_place *place, char **missing,
                         struct error *err)
{
        AUTO_BUFFER struct buffer text = {0};
        AUTO_BOOTCFG struct bootcfg bootcfg = {0};
        bool found;
        if (!has(look, place->name, &found, err))
                return false;
        if (!found)
                return true;
        if (!payload_tree_read(look->tree, place->name, PAYLOAD_TEXT_LIMIT, &text, err))
                return false;
        if (!bootcfg_read(buffer_view(&text), &bootcfg, err))
                return error_wrap(err, "%s: the loader would refuse its %s", look->path, place->name);
        const struct names names = {&bootcfg, place, missing};
        if (!check_files(look, &names, err))
                return false;
        for (size_t i = 0; i < bootcfg.warnings.count; i++)
                arguments_add_format(&look->info->warnings, "%s, %s", place->name, bootcfg.warnings.values[i]);
        if (!look->info->kernel)
                keep(look->info, &bootcfg, place->folder);
        return true;
}

static void explain_missing(struct payload_info *info, const char *about_first)
{
        AUTO_TEXT struct text names = {0};
        for (size_t i = 0; i < info->missing.count && i < MOST_SHOWN; i++) {
                AUTO_FREE char *shown = text_printable(info->missing.values[i], strlen(info->missing.values[i]), false);
                text_add_format(&names, "%s%s", i ? ", " : "", shown);
        }
        if (info->missing.count > MOST_SHOWN)
                text_add_format(&names, " and %zu more", info->missing.count - MOST_SHOWN);
        if (info->missing.count)
                arguments_add_format(&info->reasons, "%s that its BOOT.CFG names %s not in it: %s; %s",
                                     info->missing.count == 1 ? "a file" : "files",
                                     info->missing.count == 1 ? "is" : "are", text_string(&names), about_first);
}

static bool warn_of_place(const struct look *look, struct error *err)
{
        bool found;
        if (!has(look, payload_bootcfg_places[0].name, &found, err))
                return false;
        if (look->info->kernel && !found)
                arguments_add_format(&look->info->warnings,
                                     "the loader reads only %s, which is not in it; copy %s to %s/",
                                     payload_bootcfg_places[0].name, payload_bootcfg_places[1].name,
                                     payload_bootcfg_places[0].folder);
        return true;
}

static bool read_bootcfgs(const struct look *look, struct error *err)
{
        AUTO_FREE char *missing = NULL;
        for (size_t i = 0; i < sizeof payload_bootcfg_places / sizeof payload_bootcfg_places[0]; i++) {
                if (!read_bootcfg(look, &payload_bootcfg_places[i], &missing, err))
                        return false;
        }
        if (!look->info->kernel)
                arguments_add(&look->info->reasons, "it has no BOOT.CFG: it is not an installer of ESXi");
        explain_missing(look->info, missing);
        if (look->info->norts)
                arguments_add(&look->info->warnings,
                              "norts=1 turns off UEFI runtime services: the installer cannot write a boot entry, and "
                              "only the disk's fallback loader starts the installed system");
        return warn_of_place(look, err);
}

// ---- the kickstart

// NAME is what its remarks call it.
static void judge_kickstart(struct payload_info *info, const struct kickstart *kickstart, const char *name)
{
        for (size_t i = 0; i < kickstart->remarks.count; i++)
                arguments_add_format(&info->warnings, "%s:%s", name, kickstart->remarks.values[i]);
        if (kickstart->disk && text_starts_with(kickstart->disk, "--firstdisk") && info->size >= KICKSTART_LEAST_DISK)
                arguments_add(&info->warnings,
                              "it is so large that `install --firstdisk` in its kickstart may install on the "
                              "payload itself: name the target with --disk=");
}

static bool read_kickstart(const struct look *look, const char *name, struct error *err)
{
        AUTO_BUFFER struct buffer text = {0};
        AUTO_KICKSTART struct kickstart kickstart = {0};
        bool found;
        if (!has(look, name, &found, err))
                return false;
        if (!found) {
                look->info->lacks_kickstart = true;
                AUTO_FREE char *shown = text_printable(look->info->kickstart, strlen(look->info->kickstart), false);
                arguments_add_format(&look->info->reasons, "its BOOT.CFG names the kickstart %s, which is not in it",
                                     shown);
                return true;
        }
        if (!payload_tree_read(look->tree, name, PAYLOAD_TEXT_LIMIT, &text, err))
                return false;
        if (!kickstart_read(buffer_view(&text), &kickstart, err))
                return error_wrap(err, "%s: its kickstart %s is damaged", look->path, name);
        judge_kickstart(look->info, &kickstart, look->kickstart ? look->kickstart : name);
        look->info->kickstart_disk = MEMORY_TAKE(kickstart.disk);
        return true;
}

static bool find_kickstart(const struct look *look, struct error *err)
{
        struct payload_info *info = look->info;
        info->kickstart = bootcfg_option(info->kernelopt, "ks");
        info->has_kickstart = info->kickstart != NULL;
        if (!info->has_kickstart)
                return true;
        const char *name;
        AUTO_FREE char *shown = text_printable(info->kickstart, strlen(info->kickstart), false);
        switch (kickstart_place(info->kickstart, &name)) {
        case KICKSTART_ELSEWHERE:
                arguments_add_format(
                        &info->warnings,
                        "its kickstart is at %s, not on the payload: it was not checked, and the installer "
                        "must be able to reach it",
                        shown);
                return true;
        case KICKSTART_ON_DISC:
                arguments_add_format(&info->warnings,
                                     "its BOOT.CFG names the kickstart ks=%s, but a payload is a USB disk: in one that "
                                     "esxiarm makes, it is ks=usb:",
                                     shown);
                break;
        case KICKSTART_ON_PAYLOAD:
                break;
        }
        return read_kickstart(look, name, err);
}

static void check_sizes(const struct look *look)
{
        const struct file_list *files = payload_tree_files(look->tree);
        for (size_t i = 0; files && i < files->count; i++) {
                if (files->files[i].size > UINT32_MAX)
                        arguments_add_format(&look->info->reasons, "its %s is larger than 4 GiB, the limit of FAT32",
                                             files->files[i].name);
        }
}

static bool read_all(const struct look *look, struct error *err)
{
        const struct file_list *files = payload_tree_files(look->tree);
        look->info->kind = payload_tree_kind(look->tree);
        look->info->size = payload_tree_size(look->tree);
        look->info->file_count = files ? files->count : 0;
        if (!read_loader(look, err) || !read_bootcfgs(look, err) || !find_kickstart(look, err))
                return false;
        check_sizes(look);
        look->info->installable = !look->info->reasons.count;
        if (look->info->installable && files && files->problem)
                return error_set(err, ERROR_DAMAGED, "%s cannot become a payload: %s", look->path, files->problem);
        return true;
}

static bool look_at(const struct look *look, struct error *err)
{
        *look->info = (struct payload_info){0};
        if (read_all(look, err))
                return true;
        payload_info_free(look->info);
        return false;
}

bool payload_info_read(struct payload_tree *tree, const char *path, struct payload_info *info, struct error *err)
{
        return look_at(&(struct look){.tree = tree, .path = path, .info = info}, err);
}

bool payload_inspect_as(const char *path, const char *kickstart, struct payload_info *info, struct error *err)
{
        AUTO_PAYLOAD_TREE struct payload_tree *tree = NULL;
        *info = (struct payload_info){0};
        return payload_tree_open(path, &tree, err) &&
               look_at(&(struct look){.tree = tree, .path = path, .kickstart = kickstart, .info = info}, err);
}

bool payload_inspect(const char *path, struct payload_info *info, struct error *err)
{
        return payload_inspect_as(path, NULL, info, err);
}
