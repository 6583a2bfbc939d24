// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/paths.h"
#include "base/text.h"
#include "fw/firmware.h"
#include "fw/flash-image.h"
#include "fw/given.h"
#include "fw/provenance.h"
#include "fw/workspace.h"

// A copy of the file at PATH, padded to a flash bank, in the cache under its DIGEST; freed with free(). Created once.
static char *padded_copy(const char *path, const struct digest *digest, struct error *err)
{
        AUTO_FREE char *cache = paths_cache(err);
        AUTO_FREE char *folder = cache ? file_path(cache, "padded") : NULL;
        AUTO_FREE char *hex = digest_hex(digest);
        AUTO_FREE char *copy = folder ? text_format("%s/%s.fd", folder, hex) : NULL;
        struct digest made;
        if (!copy || !file_make_folder(folder, 0755, err))
                return NULL;
        if (file_exists(copy) && digest_file(copy, &made, NULL) && digest_equal(&made, digest))
                return MEMORY_TAKE(copy);
        if (!file_copy(path, copy, 0644, err) || !flash_image_pad(copy, err) || !digest_file(copy, &made, err))
                return NULL;
        if (digest_equal(&made, digest))
                return MEMORY_TAKE(copy);
        error_set(err, ERROR_ENVIRONMENT, "%s: changed while it was copied; try again", path);
        return NULL;
}

// The path from which the image at PATH is used, and its digest; both are freed with free().
static bool take_image(const char *path, char **used_path, char **sha256, struct error *err)
{
        struct digest digest;
        struct stat status;
        AUTO_FREE char *real_path = realpath(path, NULL);
        if (!real_path || stat(path, &status) != 0)
                return error_system(err, "%s: cannot open", path);
        if (!S_ISREG(status.st_mode))
                return error_set(err, ERROR_DAMAGED, "%s: not a regular file", path);
        if (!flash_image_check_size(path, (uint64_t)status.st_size, err) ||
            !digest_file_padded(path, FLASH_BANK_SIZE, &digest, err))
                return false;
        bool fits = (uint64_t)status.st_size == FLASH_BANK_SIZE;
        *used_path = fits ? MEMORY_TAKE(real_path) : padded_copy(real_path, &digest, err);
        *sha256 = digest_hex(&digest);
        return *used_path != NULL;
}

bool firmware_from_files(const char *code_path, const char *vars_template_path, struct firmware *firmware,
                         struct error *err)
{
        *firmware = (struct firmware){
                .name = memory_text("given by the user"),
                .source = memory_text("user"),
                .verified = memory_text("not verified: given by the user"),
        };
        if (take_image(code_path, &firmware->code_path, &firmware->code_sha256, err) &&
            take_image(vars_template_path, &firmware->vars_template_path, &firmware->vars_template_sha256, err) &&
            flash_image_check_code(code_path, err))
                return true;
        firmware_free(firmware);
        return false;
}

// ---- a folder

static const char *const code_names[] = {"AAVMF_CODE.fd",       "AAVMF_CODE.no-secboot.fd", "QEMU_EFI.fd",
                                         "QEMU_EFI-pflash.raw", "edk2-aarch64-code.fd",     NULL};
static const char *const vars_names[] = {"AAVMF_VARS.fd", "QEMU_VARS.fd", "vars-template-pflash.raw",
                                         "edk2-arm-vars.fd", NULL};

// The first of NAMES that exists in FOLDER, freed with free(); NULL if none does.
static char *first_in(const char *folder, const char *const *names)
{
        for (; *names; names++) {
                AUTO_FREE char *path = file_path(folder, *names);
                if (file_exists(path))
                        return MEMORY_TAKE(path);
        }
        return NULL;
}

// A blank variable store: the path of a bank of zeroes in the cache; freed with free().
static char *blank_variables(struct error *err)
{
        AUTO_FREE char *cache = paths_cache(err);
        AUTO_FREE char *path = cache ? file_path(cache, "blank-vars.fd") : NULL;
        if (!path || !file_make_folder(cache, 0755, err))
                return NULL;
        struct file_replacement *blank = file_replacement_begin(path, 0644, err);
        if (blank && file_replacement_skip(blank, FLASH_BANK_SIZE, err) && file_replacement_commit(&blank, err))
                return MEMORY_TAKE(path);
        file_replacement_discard(&blank);
        return NULL;
}

static bool from_loose_files(const char *folder, struct firmware *firmware, struct error *err)
{
        AUTO_FREE char *code = first_in(folder, code_names);
        AUTO_FREE char *vars = first_in(folder, vars_names);
        if (!code && !file_exists(folder))
                return error_set(err, ERROR_USAGE, "%s: folder not found", folder);
        if (!code)
                return error_set(err, ERROR_USAGE, "%s: has neither firmware.json nor AAVMF_CODE.fd nor QEMU_EFI.fd",
                                 folder);
        if (!vars)
                vars = blank_variables(err);
        return vars && firmware_from_files(code, vars, firmware, err);
}

bool firmware_from_folder(const char *folder, struct firmware *firmware, struct error *err)
{
        *firmware = (struct firmware){0};
        AUTO_FREE char *real_folder = workspace_root(folder, err);
        AUTO_FREE char *provenance = real_folder ? file_path(real_folder, "firmware.json") : NULL;
        if (!real_folder)
                return false;
        if (!file_exists(provenance))
                return from_loose_files(real_folder, firmware, err);
        if (provenance_read(real_folder, firmware, err) && provenance_check(firmware, true, err))
                return true;
        firmware_free(firmware);
        return false;
}
