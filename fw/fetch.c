// SPDX-License-Identifier: Apache-2.0
#include "fw/fetch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arguments.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "fw/debian/deb.h"
#include "fw/flash-image.h"
#include "fw/installed.h"
#include "fw/net/download.h"
#include "fw/net/transfer.h"
#include "fw/net/url.h"
#include "fw/provenance.h"

#define DEB_LIMIT (UINT64_C(256) << 20) // bytes of a .deb: firmware packages have a few MiB

const struct origin origin_archive = {"archive", 2, "SHA-256 from the archive's index, signed with a pinned key"};
const struct origin origin_apt = {"apt", 2, "SHA-256 from apt's signed index"};
const struct origin origin_url = {"url", 1, "SHA-256 as given with the URL"};
const struct origin origin_deb = {"deb", 0, "not verified: a .deb given by the user"};
const struct origin origin_system = {"system", 0, "not verified: copied as the system has it"};

static int trust_of(const char *source)
{
        const struct origin *origins[] = {&origin_archive, &origin_apt, &origin_url, &origin_deb, &origin_system};
        for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++) {
                if (strcmp(origins[i]->source, source) == 0)
                        return origins[i]->trust;
        }
        return 0;
}

static void replace_text(char **slot, const char *text)
{
        free(*slot);
        *slot = text ? memory_text(text) : NULL;
}

void origin_set(struct firmware *firmware, const struct origin *origin)
{
        AUTO_FREE char *url = origin->url ? download_public_url(origin->url) : NULL;
        replace_text(&firmware->source, origin->source);
        replace_text(&firmware->verified, origin->verified);
        replace_text(&firmware->url, url);
        replace_text(&firmware->catalog, origin->catalog);
        firmware_drop_links(firmware);
        for (size_t i = 0; i < origin->link_count; i++)
                firmware_add_link(firmware, &origin->links[i]);
}

char *fetch_folder_name(const char *prefix, const char *package, const char *version)
{
        static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+~-";
        char *name = text_format("%s%s_%s", prefix, package, version);
        for (char *at = name; *at; at++) {
                if (!strchr(plain, *at) || (at == name && *at == '.'))
                        *at = '_';
        }
        return name;
}

// Whether the .deb DIGEST is installed in ROOT with unchanged files: FIRMWARE is then that one.
static bool is_installed(const char *root, const struct digest *digest, struct firmware *firmware)
{
        AUTO_ERROR struct error ignored = {0};
        AUTO_FIRMWARE_LIST struct firmware_list list = {0};
        AUTO_FREE char *sha256 = digest_hex(digest);
        if (!firmware_list(root, &list, &ignored))
                return false;
        for (size_t i = 0; i < list.count; i++) {
                struct firmware_entry *entry = &list.entries[i];
                if (entry->damage || !entry->firmware.deb_sha256 || strcmp(entry->firmware.deb_sha256, sha256) != 0)
                        continue;
                if (!provenance_check(&entry->firmware, false, NULL))
                        return false;
                *firmware = entry->firmware;
                entry->firmware = (struct firmware){0};
                return true;
        }
        return false;
}

// Whether ORIGIN is more trusted than what FIRMWARE, the same .deb, has recorded.
static bool is_better(const struct firmware *firmware, const struct origin *origin)
{
        int trust = trust_of(firmware->source);
        return origin->trust > trust || (origin->trust == trust && origin->catalog && !firmware->catalog);
}

// Records a better source for the installed .deb.
static bool promote(struct firmware *firmware, const struct origin *origin, struct error *err)
{
        if (!is_better(firmware, origin))
                return true;
        origin_set(firmware, origin);
        return provenance_write(firmware->folder, firmware, err);
}

// The files of a package that are installed. In newer packages AAVMF_CODE.fd is a link to the CODE that does not
// enforce Secure Boot, and their README announces its removal; then that CODE is installed under the same name.
static const struct {
        const char *name, *otherwise;
        bool optional;
} package_files[] = {
        {FIRMWARE_CODE, "AAVMF_CODE.no-secboot.fd", false},
        {FIRMWARE_VARS, NULL, false},
        {"AAVMF_CODE.secboot.fd", NULL, true},
        {"AAVMF_CODE.secboot.strictnx.fd", NULL, true},
        {"AAVMF_VARS.ms.fd", NULL, true},
        {"AAVMF_VARS.snakeoil.fd", NULL, true},
};

enum {
        PACKAGE_FILE_COUNT = sizeof package_files / sizeof package_files[0]
};

#define PACKAGE_FOLDER "usr/share/AAVMF/"

// An image smaller than a bank is padded, which changes its digest.
static bool fill_bank(struct deb_file *file, struct error *err)
{
        if (file->size == FLASH_BANK_SIZE)
                return true;
        file->size = FLASH_BANK_SIZE;
        return flash_image_pad(file->target, err) && digest_file(file->target, &file->sha256, err);
}

static bool take_file(const char *name, struct deb_file *file, struct firmware *firmware, struct error *err)
{
        if (!file->found)
                return true;
        if (!flash_image_check_size(file->name, file->size, err) || !fill_bank(file, err))
                return false;
        AUTO_FREE char *sha256 = digest_hex(&file->sha256);
        firmware_add_file(firmware, name, file->size, sha256);
        return true;
}

static bool take_files(const char *deb, struct deb_file *files, struct firmware *firmware, struct error *err)
{
        for (size_t i = 0; i < PACKAGE_FILE_COUNT; i++) {
                if (!take_file(package_files[i].name, &files[i], firmware, err))
                        return error_wrap(err, "%s", deb);
        }
        return true;
}

static bool unpack(const char *deb, const char *folder, struct deb_control *control, struct firmware *firmware,
                   struct error *err)
{
        struct deb_file files[PACKAGE_FILE_COUNT] = {{0}};
        AUTO_ARGUMENTS struct arguments paths = {0};
        for (size_t i = 0; i < PACKAGE_FILE_COUNT; i++) {
                const char *otherwise = package_files[i].otherwise;
                arguments_add_format(&paths, PACKAGE_FOLDER "%s", package_files[i].name);
                arguments_add_format(&paths, PACKAGE_FOLDER "%s", otherwise ? otherwise : "");
                arguments_add_format(&paths, "%s/%s", folder, package_files[i].name);
                files[i] = (struct deb_file){.name = paths.values[3 * i],
                                             .otherwise = otherwise ? paths.values[3 * i + 1] : NULL,
                                             .target = paths.values[3 * i + 2],
                                             .optional = package_files[i].optional};
        }
        return deb_extract(deb, control, files, PACKAGE_FILE_COUNT, err) &&
               (flash_image_check_code(files[0].target, err) || error_wrap(err, "%s", deb)) &&
               take_files(deb, files, firmware, err);
}

// Installs the .deb at PATH.
static bool install(struct workspace *workspace, const char *path, const struct fetch *fetch, struct firmware *firmware,
                    struct error *err)
{
        AUTO_DEB_CONTROL struct deb_control control = {0};
        struct stat status;
        if (stat(path, &status) != 0)
                return error_system(err, "%s: cannot open", path);
        if (!unpack(path, workspace->files, &control, firmware, err))
                return false;
        firmware->name = fetch_folder_name("", control.package, control.version);
        firmware->package = MEMORY_TAKE(control.package);
        firmware->version = MEMORY_TAKE(control.version);
        firmware->architecture = MEMORY_TAKE(control.architecture);
        firmware->deb_sha256 = digest_hex(fetch->digest);
        firmware->deb_size = (uint64_t)status.st_size;
        firmware->fetched_at = time_stamp();
        origin_set(firmware, fetch->origin);
        return workspace_install(workspace, firmware, err);
}

bool fetch_in(const struct fetch *fetch, struct workspace *workspace, struct firmware *firmware, struct error *err)
{
        // Another program may have installed it while this one waited for the lock.
        if (is_installed(workspace->root, fetch->digest, firmware))
                return promote(firmware, fetch->origin, err);
        AUTO_FREE char *path = fetch->bring(fetch->context, workspace, err);
        return path && install(workspace, path, fetch, firmware, err);
}

bool fetch_run(const struct fetch *fetch, const char *given_root, struct firmware *firmware, struct error *err)
{
        AUTO_FREE char *root = workspace_root(given_root, err);
        if (!root)
                return false;
        if (is_installed(root, fetch->digest, firmware) && !is_better(firmware, fetch->origin)) {
                workspace_tidy(root);
                return true;
        }
        firmware_free(firmware);
        AUTO_WORKSPACE struct workspace workspace;
        bool done = workspace_open(root, &workspace, err) && fetch_in(fetch, &workspace, firmware, err);
        if (!done)
                firmware_free(firmware);
        return done;
}

char *fetch_download(const struct workspace *workspace, const char *url, const struct digest *digest, uint64_t size,
                     unsigned attempts, struct error *err)
{
        AUTO_FREE char *path = file_path(workspace->folder, "package.deb");
        AUTO_FREE char *hex = digest_hex(digest);
        AUTO_FREE char *part = text_format("%s/" WORKSPACE_PART "%s", workspace->root, hex);
        struct download download = {
                .url = url, .sha256 = digest, .size = size, .limit = DEB_LIMIT, .attempts = attempts, .part = part};
        struct downloaded downloaded;
        return download_file(&download, path, &downloaded, err) ? MEMORY_TAKE(path) : NULL;
}
