// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arguments.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/text.h"
#include "base/time.h"
#include "fw/descriptors.h"
#include "fw/fetch-system.h"
#include "fw/fetch.h"
#include "fw/firmware.h"
#include "fw/flash-image.h"
#include "fw/provenance.h"
#include "fw/workspace.h"

enum {
        ASK_LIMIT = 1 << 16, // bytes of dpkg's output
        ASK_TIMEOUT_MS = 20 * 1000,
};

// The first word of what ARGUMENTS print, up to one of ENDS; freed with free(). NULL if they fail: not every system has
// dpkg, and not every file belongs to a package.
static char *ask(const char *const *words, const char *ends)
{
        AUTO_ARGUMENTS struct arguments arguments = {0};
        for (; *words; words++)
                arguments_add(&arguments, *words);
        AUTO_PROCESS_RESULT struct process_result result = {0};
        AUTO_ERROR struct error ignored = {0};
        if (!process_run_checked(&arguments, ASK_LIMIT, ASK_TIMEOUT_MS, &result, &ignored) || !result.output.size)
                return NULL;
        AUTO_FREE char *output = text_format("%.*s", (int)result.output.size, (char *)result.output.data);
        return text_format("%.*s", (int)strcspn(output, ends), output);
}

static void name_system_package(const char *code_path, const struct digest *code, struct firmware *firmware)
{
        AUTO_FREE char *real_path = realpath(code_path, NULL);
        firmware->package =
                ask((const char *const[]){"dpkg-query", "--search", real_path ? real_path : code_path, NULL}, ":\n");
        if (firmware->package) {
                firmware->version = ask((const char *const[]){"dpkg-query", "--show", "--showformat=${Version}",
                                                              firmware->package, NULL},
                                        "\n");
                firmware->architecture =
                        ask((const char *const[]){"dpkg-query", "--show", "--showformat=${Architecture}",
                                                  firmware->package, NULL},
                            "\n");
        }
        AUTO_FREE char *hex = digest_hex(code);
        AUTO_FREE char *start = text_format("%.12s", hex);
        firmware->name = firmware->version ? fetch_folder_name("system_", firmware->package, firmware->version)
                                           : fetch_folder_name("system", "", start);
}

static bool add_system_file(const char *source, const char *name, struct firmware *firmware, struct error *err)
{
        struct digest digest;
        struct stat status;
        if (stat(source, &status) != 0)
                return error_system(err, "%s: cannot open", source);
        bool is_code = strcmp(name, FIRMWARE_CODE) == 0;
        if (!flash_image_check_size(source, (uint64_t)status.st_size, err) ||
            (is_code && !flash_image_check_code(source, err)) ||
            !digest_file_padded(source, FLASH_BANK_SIZE, &digest, err))
                return false;
        AUTO_FREE char *sha256 = digest_hex(&digest);
        firmware_add_file(firmware, name, FLASH_BANK_SIZE, sha256);
        if (is_code)
                name_system_package(source, &digest, firmware);
        return true;
}

static bool is_same(const struct firmware *a, const struct firmware *b)
{
        for (size_t i = 0; i < a->file_count; i++) {
                const struct firmware_file *other = firmware_file_named(b, a->files[i].name);
                if (!other || strcmp(other->sha256, a->files[i].sha256) != 0)
                        return false;
        }
        return true;
}

// Whether the system's firmware, as FIRMWARE describes it, is installed and unchanged: FIRMWARE is then that one.
static bool is_system_installed(const char *root, struct firmware *firmware)
{
        AUTO_FREE char *folder = file_path(root, firmware->name);
        AUTO_FIRMWARE struct firmware installed = {0};
        if (!provenance_read(folder, &installed, NULL) || !is_same(firmware, &installed) ||
            !provenance_check(&installed, false, NULL))
                return false;
        struct firmware described = *firmware;
        *firmware = installed;
        installed = described;
        return true;
}

// Copies SOURCE to TARGET and checks the copy's digest.
static bool copy_checked(const char *source, const char *folder, const struct firmware_file *file, struct error *err)
{
        AUTO_FREE char *target = file_path(folder, file->name);
        struct digest digest;
        if (!file_copy(source, target, 0644, err) || !flash_image_pad(target, err) ||
            !digest_file(target, &digest, err))
                return false;
        AUTO_FREE char *sha256 = digest_hex(&digest);
        return strcmp(sha256, file->sha256) == 0 ||
               error_set(err, ERROR_ENVIRONMENT, "%s: changed while it was copied; try again", source);
}

static bool install_system(const char *root, const struct descriptor *descriptor, struct firmware *firmware,
                           struct error *err)
{
        if (is_system_installed(root, firmware))
                return true;
        AUTO_WORKSPACE struct workspace workspace;
        if (!workspace_open(root, &workspace, err))
                return false;
        if (is_system_installed(root, firmware))
                return true;
        return copy_checked(descriptor->code_path, workspace.files, firmware_file_named(firmware, FIRMWARE_CODE),
                            err) &&
               copy_checked(descriptor->vars_template_path, workspace.files,
                            firmware_file_named(firmware, FIRMWARE_VARS), err) &&
               workspace_install(&workspace, firmware, err);
}

bool firmware_from_system(const char *given_root, struct firmware *firmware, struct error *err)
{
        *firmware = (struct firmware){0};
        AUTO_DESCRIPTOR struct descriptor descriptor = {0};
        AUTO_FREE char *root = workspace_root(given_root, err);
        if (!root || !descriptors_find(&descriptor, err))
                return false;
        origin_set(firmware, &origin_system);
        firmware->fetched_at = time_stamp();
        bool done = add_system_file(descriptor.code_path, FIRMWARE_CODE, firmware, err) &&
                    add_system_file(descriptor.vars_template_path, FIRMWARE_VARS, firmware, err) &&
                    install_system(root, &descriptor, firmware, err);
        if (!done)
                firmware_free(firmware);
        return done;
}
