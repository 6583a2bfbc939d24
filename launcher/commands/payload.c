// SPDX-License-Identifier: Apache-2.0
//
// esxiarm payload: turns an installer's ISO into a payload, and reports what an ISO or payload is
// (launcher/payload/payload.h, launcher/payload/payload-info.h).
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/arguments.h"
#include "base/cli.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/spelling.h"
#include "base/text.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/print.h"
#include "launcher/jobs/password.h"
#include "launcher/payload/payload.h"
#include "varstore/report.h"

struct values {
        const char *output, *verify, *kickstart, *disk_bus, *format, *password_file;
        struct arguments kernelopts, replacements, patches;
        struct kickstart_options kickstart_options;
        bool json;
};

static const struct cli_option options[] = {
        {"o", "OUT", CLI_TEXT, offsetof(struct values, output), "the payload to create; an existing file is replaced"},
        {"kernelopt", "OPT", CLI_LIST, offsetof(struct values, kernelopts),
         "an option for the kernel, besides allowLegacyCPU=true; replaces one with the same key"},
        {"replace", "NAME=FILE", CLI_LIST, offsetof(struct values, replacements),
         "replace the payload's file NAME with FILE"},
        {"patch", "FILE|NAME", CLI_LIST, offsetof(struct values, patches),
         "apply a module patch: FILE.yaml, or the NAME of one that comes with esxiarm; with --verify, look for it"},
        {"kickstart", "FILE", CLI_TEXT, offsetof(struct values, kickstart),
         "install unattended with this kickstart, or 'auto' (default: the installer asks)"},
        {"disk-bus", "BUS", CLI_TEXT, offsetof(struct values, disk_bus),
         "where an automatic kickstart finds the target disk: usb or nvme (default: either)", "DISK_BUS"},
        {"root-password-file", "FILE", CLI_TEXT, offsetof(struct values, password_file),
         "for --kickstart auto: its first line is root's password (or set ROOT_PASSWORD; else you are asked)"},
        KICKSTART_OPTIONS(struct values, kickstart_options),
        {"format", "FORMAT", CLI_TEXT, offsetof(struct values, format),
         "image, a FAT32 file system, or folder (default image)"},
        {"verify", "WHAT", CLI_TEXT, offsetof(struct values, verify),
         "report what an ISO, a folder or an image is, and create nothing"},
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "print JSON"},
        {0},
};

// ---- what may be combined

static bool is_one_of(const char *value, const char *option, const char *one, const char *other, struct error *err)
{
        if (!value || strcmp(value, one) == 0 || strcmp(value, other) == 0)
                return true;
        const char *const names[] = {one, other, NULL};
        const char *nearest = spelling_nearest(value, names);
        AUTO_FREE char *shown = text_printable(value, strlen(value), false);
        error_set(err, ERROR_USAGE, "--%s: invalid value '%s' (expected %s or %s)", option, shown, one, other);
        return nearest ? error_append(err, "; did you mean '%s'?", nearest) : false;
}

// --verify creates nothing, so no other option applies.
static bool check_verify(const struct values *values, int count, struct error *err)
{
        const struct {
                const char *name;
                bool given;
        } others[] = {
                {"-o", values->output != NULL},
                {"--kernelopt", values->kernelopts.count > 0},
                {"--replace", values->replacements.count > 0},
                {"--kickstart", values->kickstart != NULL},
                {"--format", values->format != NULL},
        };
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
                if (others[i].given)
                        return error_set(err, ERROR_USAGE, "--verify and %s exclude each other", others[i].name);
        }
        return kickstart_options_check(&values->kickstart_options, false, err) &&
               (!count || error_set(err, ERROR_USAGE, "--verify WHAT takes no other argument"));
}

static bool check_make(const struct values *values, int count, struct error *err)
{
        if (!count)
                return error_set(err, ERROR_USAGE, "too few arguments: expected ISO|DIR -o OUT, or --verify WHAT");
        if (!values->output || !*values->output)
                return error_set(err, ERROR_USAGE, "no output given: use -o OUT");
        bool automatic = values->kickstart && strcmp(values->kickstart, "auto") == 0;
        if (values->password_file && !automatic)
                return error_set(err, ERROR_USAGE, "--root-password-file needs --kickstart auto");
        return kickstart_options_check(&values->kickstart_options, automatic, err) &&
               is_one_of(values->format, "format", "image", "folder", err) &&
               is_one_of(values->disk_bus, "disk-bus", "usb", "nvme", err);
}

// ---- what is shown

static json_t *list_to_json(const struct arguments *list)
{
        json_t *array = json_array();
        for (size_t i = 0; i < list->count; i++)
                json_array_append_new(array, json_string(list->values[i]));
        return array;
}

static json_t *loader_to_json(const struct payload_info *info)
{
        return info->loader
                       ? json_pack("{s:s, s:I}", "architecture", info->loader, "size", (json_int_t)info->loader_size)
                       : json_null();
}

static json_t *kickstart_to_json(const struct payload_info *info)
{
        return info->has_kickstart
                       ? json_pack("{s:s, s:o}", "file", info->kickstart, "disk", report_text(info->kickstart_disk))
                       : json_null();
}

static json_t *info_to_json(const char *path, const struct payload_info *info)
{
        return json_pack("{s:s, s:s, s:b, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:I, s:o}, s:o, s:b, s:o}",
                         "path", path, "kind", payload_kind_name(info->kind), "installable", info->installable,
                         "reasons", list_to_json(&info->reasons), "warnings", list_to_json(&info->warnings), "size",
                         (json_int_t)info->size, "files",
                         info->file_count ? json_integer((json_int_t)info->file_count) : json_null(), "loader",
                         loader_to_json(info), "title", report_text(info->title), "build", report_text(info->build),
                         "kernel", report_text(info->kernel), "kernelopt", report_text(info->kernelopt), "modules",
                         "count", (json_int_t)info->module_count, "missing", list_to_json(&info->missing), "kickstart",
                         kickstart_to_json(info), "norts", info->norts, "patches",
                         patch_findings_to_json(&info->patches, false));
}

static char *what_it_is(const char *path, const struct payload_info *info)
{
        static const char *const kinds[] = {
                [PAYLOAD_ISO] = "ISO 9660", [PAYLOAD_FOLDER] = "folder", [PAYLOAD_IMAGE] = "FAT image"};
        AUTO_FREE char *size = text_size(info->size);
        if (!info->file_count)
                return text_format("%s (%s, %s)", path, kinds[info->kind], size);
        return text_format("%s (%s, %s in %llu files)", path, kinds[info->kind], size,
                           (unsigned long long)info->file_count);
}

static char *modules_line(const struct payload_info *info)
{
        AUTO_TEXT struct text line = {0};
        text_add_format(&line, "%llu", (unsigned long long)info->module_count);
        for (size_t i = 0; i < info->missing.count; i++)
                text_add_format(&line, "%s%s", i ? ", " : "; missing: ", info->missing.values[i]);
        return text_take(&line);
}

static char *kickstart_line(const struct payload_info *info)
{
        if (!info->has_kickstart)
                return memory_text("none");
        if (!info->kickstart_disk)
                return memory_text(info->kickstart);
        return text_format("%s, install %s", info->kickstart,
                           *info->kickstart_disk ? info->kickstart_disk : "without a disk");
}

static void print_patches(const struct patch_findings *patches)
{
        for (size_t i = 0; i < patches->count; i++) {
                const struct patch_finding *finding = &patches->findings[i];
                AUTO_FREE char *line = text_format("%s%s: %s%s%s", finding->name,
                                                   finding->status == PATCH_REPORTED ? " (reported, not tried)" : "",
                                                   patch_state_name(finding->state), finding->reason ? ": " : " to ",
                                                   finding->reason ? finding->reason : finding->module);
                print_row(10, "patch", line);
        }
}

static void print_info(const char *path, const struct payload_info *info)
{
        AUTO_FREE char *what = what_it_is(path, info);
        AUTO_FREE char *loader_size = text_size(info->loader_size);
        AUTO_FREE char *loader = info->loader ? text_format("%s, %s", info->loader, loader_size) : NULL;
        AUTO_FREE char *modules = info->kernel ? modules_line(info) : NULL;
        AUTO_FREE char *kickstart = kickstart_line(info);
        print_row(10, "payload", what);
        print_row(10, "loader", loader ? loader : "none");
        print_row(10, "title", info->title);
        print_row(10, "build", info->build);
        print_row(10, "kernel", info->kernel);
        print_row(10, "kernelopt", info->kernelopt);
        print_row(10, "modules", modules);
        print_row(10, "kickstart", kickstart);
        print_patches(&info->patches);
        print_row(10, "verdict", info->installable ? "installable" : "not installable");
        for (size_t i = 0; i < info->reasons.count; i++)
                print_row(10, "because", info->reasons.values[i]);
}

static void show(const struct values *values, const char *path, const struct payload_info *info)
{
        for (size_t i = 0; i < info->warnings.count; i++) {
                AUTO_FREE char *shown =
                        text_printable(info->warnings.values[i], strlen(info->warnings.values[i]), false);
                cli_warn("%s", shown);
        }
        if (values->json)
                cli_print_json(info_to_json(path, info));
        else
                print_info(path, info);
}

// ---- what is done

static int verify(const struct values *values, struct error *err)
{
        AUTO_PAYLOAD_INFO struct payload_info info = {0};
        if (!payload_inspect_patches(values->verify, &values->patches, &info, err))
                return (int)err->code;
        show(values, values->verify, &info);
        return info.installable ? 0 : (int)ERROR_NO;
}

static int make(const struct values *values, const char *source, struct error *err)
{
        AUTO_PAYLOAD_INFO struct payload_info info = {0};
        AUTO_PASSWORD char *password = NULL;
        bool automatic = values->kickstart && strcmp(values->kickstart, "auto") == 0;
        if (automatic && !(password = password_get(values->password_file, err)))
                return (int)err->code;
        const struct payload_request request = {
                .source = source,
                .kernelopts = &values->kernelopts,
                .replacements = &values->replacements,
                .patches = &values->patches,
                .kickstart = values->kickstart,
                .password = password,
                .disk_type = values->disk_bus,
                .kickstart_options = &values->kickstart_options,
        };
        bool folder = values->format && strcmp(values->format, "folder") == 0;
        bool made = folder ? payload_make_folder(&request, values->output, &info, err)
                           : payload_make(&request, values->output, &info, err);
        if (!made)
                return (int)err->code;
        show(values, values->output, &info);
        return 0;
}

static int run(const void *given, int count, char **operands, struct error *err)
{
        const struct values *values = given;
        bool checked = values->verify ? check_verify(values, count, err) : check_make(values, count, err);
        if (!checked)
                return (int)err->code;
        interrupt_catch();
        return values->verify ? verify(values, err) : make(values, operands[0], err);
}

const struct cli_command cmd_payload = {
        .name = "payload",
        .operands = "ISO|DIR -o OUT",
        .summary = "creates a payload from an installer's ISO, or reports what an ISO or payload is",
        .details = "Reads an ESXi-on-Arm ISO (or a folder with its files), checks that it has everything that its\n"
                   "BOOT.CFG names, and writes a FAT32 image with it. BOOT.CFG keeps every byte, except for the\n"
                   "options that are added. With --kickstart the installation needs no key.\n\n"
                   "--verify exits with 0 if ESXi for Arm can be installed from it, 1 if not, 3 if it is damaged. It\n"
                   "also reports which module patches it carries: those that come with esxiarm, those that it was\n"
                   "made with, and each --patch.",
        .options = options,
        .values_size = sizeof(struct values),
        .least = 0,
        .most = 1,
        .run = run,
};
