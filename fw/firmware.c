// SPDX-License-Identifier: Apache-2.0
#include "fw/firmware.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/text.h"
#include "base/time.h"
#include "fw/apt.h"
#include "fw/deb.h"
#include "fw/descriptors.h"
#include "fw/digest.h"
#include "fw/download.h"
#include "fw/provenance.h"
#include "fw/workspace.h"

enum {
        ASK_LIMIT = 1 << 16, // bytes of an answer of dpkg's
        ASK_TIMEOUT_MS = 20 * 1000,
};

#define FLASH_BANK_SIZE (UINT64_C(64) << 20)  // bytes of each of the two flash banks of QEMU's virt machine
#define DEB_LIMIT       (UINT64_C(256) << 20) // bytes of a .deb: firmware packages have a few MiB

void firmware_free(struct firmware *firmware)
{
        char *const owned[] = {
                firmware->name,
                firmware->folder,
                firmware->code_path,
                firmware->vars_template_path,
                firmware->package,
                firmware->version,
                firmware->architecture,
                firmware->source,
                firmware->url,
                firmware->deb_sha256,
                firmware->verified,
                firmware->code_sha256,
                firmware->fetched_at,
                firmware->replaced_because,
                firmware->vars_template_sha256,
        };
        for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
                free(owned[i]);
        for (size_t i = 0; i < firmware->file_count; i++) {
                free(firmware->files[i].name);
                free(firmware->files[i].sha256);
        }
        free(firmware->files);
        *firmware = (struct firmware){0};
}

// ---- what is installed

void firmware_list_free(struct firmware_list *list)
{
        for (size_t i = 0; i < list->count; i++) {
                free(list->entries[i].name);
                free(list->entries[i].damage);
                firmware_free(&list->entries[i].firmware);
        }
        free(list->entries);
        *list = (struct firmware_list){0};
}

static void list_add(struct firmware_list *list, const char *root, const char *name)
{
        AUTO_FREE char *folder = file_path(root, name);
        struct stat status;
        if (*name == '.' || stat(folder, &status) != 0 || !S_ISDIR(status.st_mode))
                return;
        AUTO_ERROR struct error damage = {0};
        struct firmware_entry entry = {.name = memory_text(name)};
        if (!provenance_read(folder, &entry.firmware, &damage))
                entry.damage = memory_text(damage.message);
        list->entries = memory_resize(list->entries, list->count + 1, sizeof *list->entries);
        list->entries[list->count++] = entry;
}

static int compare_entries(const void *a, const void *b)
{
        return strcmp(((const struct firmware_entry *)a)->name, ((const struct firmware_entry *)b)->name);
}

static bool list_root(const char *root, struct firmware_list *list, struct error *err)
{
        DIR *stream = opendir(root);
        if (!stream)
                return errno == ENOENT || error_system(err, "%s: cannot open", root);
        for (const struct dirent *entry; (entry = readdir(stream));)
                list_add(list, root, entry->d_name);
        closedir(stream);
        if (list->count)
                qsort(list->entries, list->count, sizeof *list->entries, compare_entries);
        return true;
}

bool firmware_list(const char *root, struct firmware_list *list, struct error *err)
{
        *list = (struct firmware_list){0};
        AUTO_FREE char *folder = workspace_root(root, err);
        return folder && list_root(folder, list, err);
}

static void take_entry(struct firmware_entry *entry, struct firmware *firmware)
{
        *firmware = entry->firmware;
        entry->firmware = (struct firmware){0};
}

// Of two entries the one that was fetched later; one that is damaged comes before everything.
static bool is_newer(const struct firmware_entry *a, const struct firmware_entry *b)
{
        if (a->damage || b->damage)
                return !a->damage;
        return strcmp(a->firmware.fetched_at, b->firmware.fetched_at) > 0;
}

static bool find_newest(const char *root, struct firmware *firmware, struct error *err)
{
        AUTO_FIRMWARE_LIST struct firmware_list list = {0};
        if (!list_root(root, &list, err))
                return false;
        struct firmware_entry *newest = list.count ? &list.entries[0] : NULL;
        for (size_t i = 1; i < list.count; i++) {
                if (is_newer(&list.entries[i], newest))
                        newest = &list.entries[i];
        }
        if (!newest)
                return error_set(err, ERROR_USAGE, "no firmware is installed in %s; `esxiarm fetch` gets one", root);
        if (newest->damage)
                return error_set(err, ERROR_DAMAGED, "%s", newest->damage);
        take_entry(newest, firmware);
        return true;
}

static bool find_named(const char *root, const char *name, struct firmware *firmware, struct error *err)
{
        AUTO_FREE char *folder = file_path(root, name);
        if (!*name || *name == '.' || strchr(name, '/'))
                return error_set(err, ERROR_USAGE, "'%s' cannot be the name of an installed firmware", name);
        if (!file_exists(folder))
                return error_set(err, ERROR_USAGE,
                                 "%s: no such firmware is installed; `esxiarm fetch --list` shows all", folder);
        if (provenance_read(folder, firmware, err))
                return true;
        if (err)
                err->code = ERROR_DAMAGED;
        return false;
}

bool firmware_find(const char *root, const char *name, bool check, struct firmware *firmware, struct error *err)
{
        *firmware = (struct firmware){0};
        AUTO_FREE char *folder = workspace_root(root, err);
        if (!folder || !(name ? find_named(folder, name, firmware, err) : find_newest(folder, firmware, err)))
                return false;
        if (!check || provenance_check(firmware, true, err))
                return true;
        firmware_free(firmware);
        return false;
}

// ---- what is fetched

// Where something comes from and how that is vouched for. The better provenance of the same .deb is the one kept.
struct origin {
        const char *source;
        int trust; // the higher, the better the .deb is vouched for
        const char *verified;
        const char *url; // NULL where there is none
};

static const struct origin apt_origin = {"apt", 2, "SHA-256 from apt's signed index", NULL};
static const struct origin url_origin = {"url", 1, "SHA-256 as given with the URL", NULL};
static const struct origin deb_origin = {"deb", 0, "not verified: a .deb given by the user", NULL};
static const struct origin system_origin = {"system", 0, "not verified: copied as the system has it", NULL};

static int trust_of(const char *source)
{
        const struct origin *origins[] = {&apt_origin, &url_origin, &deb_origin, &system_origin};
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

static void set_origin(struct firmware *firmware, const struct origin *origin)
{
        AUTO_FREE char *url = origin->url ? download_public_url(origin->url) : NULL;
        replace_text(&firmware->source, origin->source);
        replace_text(&firmware->verified, origin->verified);
        replace_text(&firmware->url, url);
}

// A folder's name of PACKAGE and VERSION; freed with free().
static char *folder_name(const char *prefix, const char *package, const char *version)
{
        static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+~-";
        char *name = text_format("%s%s_%s", prefix, package, version);
        for (char *at = name; *at; at++) {
                if (!strchr(plain, *at) || (at == name && *at == '.'))
                        *at = '_';
        }
        return name;
}

// Whether the .deb DIGEST is installed in ROOT and its files are as they were: then FIRMWARE is it.
static bool is_installed(const char *root, const struct digest *digest, struct firmware *firmware)
{
        AUTO_ERROR struct error ignored = {0};
        AUTO_FIRMWARE_LIST struct firmware_list list = {0};
        AUTO_FREE char *sha256 = digest_hex(digest);
        if (!list_root(root, &list, &ignored))
                return false;
        for (size_t i = 0; i < list.count; i++) {
                struct firmware_entry *entry = &list.entries[i];
                if (entry->damage || !entry->firmware.deb_sha256 || strcmp(entry->firmware.deb_sha256, sha256) != 0)
                        continue;
                if (!provenance_check(&entry->firmware, false, NULL))
                        return false;
                take_entry(entry, firmware);
                return true;
        }
        return false;
}

// Records that the .deb, which is installed already, is now known from a better source.
static bool promote(struct firmware *firmware, const struct origin *origin, struct error *err)
{
        if (origin->trust <= trust_of(firmware->source))
                return true;
        set_origin(firmware, origin);
        return provenance_write(firmware->folder, firmware, err);
}

static bool check_image(const char *path, uint64_t size, struct error *err)
{
        if (size == FLASH_BANK_SIZE)
                return true;
        return error_set(err, ERROR_DAMAGED,
                         "%s: has %" PRIu64 " bytes, and a flash bank of QEMU's virt machine takes exactly %" PRIu64
                         "; smaller firmware is padded with `truncate --size 64M COPY`",
                         path, size, FLASH_BANK_SIZE);
}

// The files of a package that are installed.
static const struct {
        const char *name;
        bool optional;
} package_files[] = {
        {FIRMWARE_CODE, false},
        {FIRMWARE_VARS, false},
        {"AAVMF_VARS.ms.fd", true},
        {"AAVMF_VARS.snakeoil.fd", true},
};

enum {
        PACKAGE_FILE_COUNT = sizeof package_files / sizeof package_files[0]
};

#define PACKAGE_FOLDER "usr/share/AAVMF/"

static bool take_files(const char *deb, const struct deb_file *files, struct firmware *firmware, struct error *err)
{
        for (size_t i = 0; i < PACKAGE_FILE_COUNT; i++) {
                if (!files[i].found)
                        continue;
                if (!check_image(files[i].name, files[i].size, err))
                        return error_wrap(err, "%s", deb);
                AUTO_FREE char *sha256 = digest_hex(&files[i].sha256);
                provenance_add_file(firmware, package_files[i].name, files[i].size, sha256);
        }
        return true;
}

static bool unpack(const char *deb, const char *folder, struct firmware *firmware, struct error *err)
{
        struct deb_file files[PACKAGE_FILE_COUNT] = {{0}};
        char *owned[2 * PACKAGE_FILE_COUNT] = {0};
        for (size_t i = 0; i < PACKAGE_FILE_COUNT; i++) {
                owned[2 * i] = file_path(PACKAGE_FOLDER, package_files[i].name);
                owned[2 * i + 1] = file_path(folder, package_files[i].name);
                files[i] = (struct deb_file){
                        .name = owned[2 * i], .target = owned[2 * i + 1], .optional = package_files[i].optional};
        }
        bool unpacked = deb_extract(deb, files, PACKAGE_FILE_COUNT, err) && take_files(deb, files, firmware, err);
        for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
                free(owned[i]);
        return unpacked;
}

// Installs the .deb at PATH, which has this digest.
static bool install(struct workspace *workspace, const char *path, const struct digest *digest,
                    const struct origin *origin, struct firmware *firmware, struct error *err)
{
        AUTO_DEB_CONTROL struct deb_control control = {0};
        struct stat status;
        if (stat(path, &status) != 0)
                return error_system(err, "%s: cannot open", path);
        if (!deb_read_control(path, &control, err))
                return false;
        firmware->name = folder_name("", control.package, control.version);
        firmware->package = MEMORY_TAKE(control.package);
        firmware->version = MEMORY_TAKE(control.version);
        firmware->architecture = MEMORY_TAKE(control.architecture);
        firmware->deb_sha256 = digest_hex(digest);
        firmware->deb_size = (uint64_t)status.st_size;
        firmware->fetched_at = time_stamp();
        set_origin(firmware, origin);
        return unpack(path, workspace->files, firmware, err) && workspace_install(workspace, firmware, err);
}

// How a .deb gets into WORKSPACE's folder: gives its path, freed with free(), or NULL.
typedef char *bring_function(const void *context, const struct workspace *workspace, struct error *err);

static bool fetch_locked(struct workspace *workspace, const struct digest *digest, const struct origin *origin,
                         bring_function *bring, const void *context, struct firmware *firmware, struct error *err)
{
        // Somebody else may have installed it while this program waited for the lock.
        if (is_installed(workspace->root, digest, firmware))
                return promote(firmware, origin, err);
        AUTO_FREE char *path = bring(context, workspace, err);
        return path && install(workspace, path, digest, origin, firmware, err);
}

// Fetches the .deb that has this digest, unless it is installed.
static bool fetch(const char *given_root, const struct digest *digest, const struct origin *origin,
                  bring_function *bring, const void *context, struct firmware *firmware, struct error *err)
{
        AUTO_FREE char *root = workspace_root(given_root, err);
        if (!root)
                return false;
        if (is_installed(root, digest, firmware) && origin->trust <= trust_of(firmware->source))
                return true;
        firmware_free(firmware);
        AUTO_WORKSPACE struct workspace workspace;
        bool done = workspace_open(root, &workspace, err) &&
                    fetch_locked(&workspace, digest, origin, bring, context, firmware, err);
        if (!done)
                firmware_free(firmware);
        return done;
}

// ---- from apt

struct apt_context {
        const char *name;
        const struct apt_package *package;
};

static char *bring_from_apt(const void *context, const struct workspace *workspace, struct error *err)
{
        const struct apt_context *apt = context;
        return apt_download(apt->name, apt->package, workspace->folder, err);
}

bool firmware_fetch_apt(const char *package, const char *root, struct firmware *firmware, struct error *err)
{
        *firmware = (struct firmware){0};
        const char *name = package ? package : FIRMWARE_PACKAGE;
        AUTO_APT_PACKAGE struct apt_package found = {0};
        if (!apt_find(name, &found, err))
                return false;
        struct origin origin = apt_origin;
        origin.url = found.url;
        struct apt_context context = {name, &found};
        return fetch(root, &found.sha256, &origin, bring_from_apt, &context, firmware, err);
}

// ---- from a URL

static char *bring_from_url(const void *context, const struct workspace *workspace, struct error *err)
{
        AUTO_FREE char *path = file_path(workspace->folder, "package.deb");
        struct downloaded downloaded;
        return download_file(context, path, &downloaded, err) ? MEMORY_TAKE(path) : NULL;
}

bool firmware_fetch_url(const char *url, const char *sha256, uint64_t size, const char *root, struct firmware *firmware,
                        struct error *err)
{
        *firmware = (struct firmware){0};
        struct digest digest;
        AUTO_FREE char *shown = text_printable(sha256, strlen(sha256), false);
        if (!digest_parse(sha256, &digest))
                return error_set(err, ERROR_USAGE, "'%s' is no SHA-256: that is 64 hexadecimal digits", shown);
        struct origin origin = url_origin;
        origin.url = url;
        struct download download = {.url = url, .sha256 = &digest, .size = size, .limit = DEB_LIMIT};
        return fetch(root, &digest, &origin, bring_from_url, &download, firmware, err);
}

// ---- from a file

static char *bring_from_file(const void *context, const struct workspace *workspace, struct error *err)
{
        (void)workspace;
        (void)err;
        return memory_text(context);
}

bool firmware_fetch_deb(const char *path, const char *root, struct firmware *firmware, struct error *err)
{
        *firmware = (struct firmware){0};
        struct digest digest;
        return digest_file(path, &digest, err) &&
               fetch(root, &digest, &deb_origin, bring_from_file, path, firmware, err);
}

// ---- from the system

// The first word of what ARGUMENTS print, up to one of ENDS; freed with free(). NULL where they fail: not every system
// has dpkg, and not every file is of a package.
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
        firmware->name = firmware->version ? folder_name("system_", firmware->package, firmware->version)
                                           : folder_name("system", "", start);
}

static bool add_system_file(const char *source, const char *name, struct firmware *firmware, struct error *err)
{
        struct digest digest;
        struct stat status;
        if (stat(source, &status) != 0)
                return error_system(err, "%s: cannot open", source);
        if (!check_image(source, (uint64_t)status.st_size, err) || !digest_file(source, &digest, err))
                return false;
        AUTO_FREE char *sha256 = digest_hex(&digest);
        provenance_add_file(firmware, name, (uint64_t)status.st_size, sha256);
        if (strcmp(name, FIRMWARE_CODE) == 0)
                name_system_package(source, &digest, firmware);
        return true;
}

static bool is_same(const struct firmware *a, const struct firmware *b)
{
        for (size_t i = 0; i < a->file_count; i++) {
                const struct firmware_file *other = provenance_file(b, a->files[i].name);
                if (!other || strcmp(other->sha256, a->files[i].sha256) != 0)
                        return false;
        }
        return true;
}

// Whether the system's firmware, as FIRMWARE describes it, is installed and as it was: then FIRMWARE becomes it.
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

// Copies SOURCE to TARGET and makes sure that the copy is what was hashed.
static bool copy_checked(const char *source, const char *folder, const struct firmware_file *file, struct error *err)
{
        AUTO_FREE char *target = file_path(folder, file->name);
        struct digest digest;
        if (!file_copy(source, target, 0644, err) || !digest_file(target, &digest, err))
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
        return copy_checked(descriptor->code_path, workspace.files, provenance_file(firmware, FIRMWARE_CODE), err) &&
               copy_checked(descriptor->vars_template_path, workspace.files, provenance_file(firmware, FIRMWARE_VARS),
                            err) &&
               workspace_install(&workspace, firmware, err);
}

bool firmware_from_system(const char *given_root, struct firmware *firmware, struct error *err)
{
        *firmware = (struct firmware){0};
        AUTO_DESCRIPTOR struct descriptor descriptor = {0};
        AUTO_FREE char *root = workspace_root(given_root, err);
        if (!root || !descriptors_find(&descriptor, err))
                return false;
        set_origin(firmware, &system_origin);
        firmware->fetched_at = time_stamp();
        bool done = add_system_file(descriptor.code_path, FIRMWARE_CODE, firmware, err) &&
                    add_system_file(descriptor.vars_template_path, FIRMWARE_VARS, firmware, err) &&
                    install_system(root, &descriptor, firmware, err);
        if (!done)
                firmware_free(firmware);
        return done;
}

// ---- from where there is one

// Adds FAILED to the reasons in ERR. False where there is no point in trying another source: the user wants to stop.
static bool note_failure(const char *source, struct error *failed, struct text *reasons, struct error *err)
{
        if (failed->code == ERROR_INTERRUPTED)
                return error_set(err, ERROR_INTERRUPTED, "%s", failed->message);
        text_add_format(reasons, "\n  %s: %s", source, failed->message);
        error_clear(failed);
        return true;
}

static bool none_worked(const struct text *reasons, struct error *err)
{
        return error_set(err, ERROR_ENVIRONMENT,
                         "no firmware could be had:%s\n`esxiarm fetch --deb FILE` or `--url URL --sha256 HEX` gets one "
                         "from elsewhere, and AAVMF_CODE with AAVMF_VARS_TEMPLATE names files that are here",
                         text_string(reasons));
}

static bool fetch_any(const char *root, struct text *reasons, struct firmware *firmware, struct error *err)
{
        AUTO_ERROR struct error failed = {0};
        if (firmware_fetch_apt(NULL, root, firmware, &failed))
                return true;
        if (!note_failure("apt", &failed, reasons, err))
                return false;
        if (firmware_from_system(root, firmware, &failed))
                return true;
        return note_failure("system", &failed, reasons, err) && none_worked(reasons, err);
}

bool firmware_fetch_any(const char *root, struct firmware *firmware, struct error *err)
{
        AUTO_TEXT struct text reasons = {0};
        return fetch_any(root, &reasons, firmware, err);
}

bool firmware_default(struct firmware *firmware, struct error *err)
{
        AUTO_TEXT struct text reasons = {0};
        AUTO_ERROR struct error failed = {0};
        if (firmware_find(NULL, NULL, true, firmware, &failed))
                return true;
        return note_failure("installed", &failed, &reasons, err) && fetch_any(NULL, &reasons, firmware, err);
}

// ---- from the user's own files

static bool hash_image(const char *path, char **real_path, char **sha256, struct error *err)
{
        struct digest digest;
        struct stat status;
        *real_path = realpath(path, NULL);
        if (!*real_path || stat(path, &status) != 0)
                return error_system(err, "%s: cannot open", path);
        if (!S_ISREG(status.st_mode))
                return error_set(err, ERROR_DAMAGED, "%s: not a regular file", path);
        if (!check_image(path, (uint64_t)status.st_size, err) || !digest_file(path, &digest, err))
                return false;
        *sha256 = digest_hex(&digest);
        return true;
}

bool firmware_from_files(const char *code_path, const char *vars_template_path, struct firmware *firmware,
                         struct error *err)
{
        *firmware = (struct firmware){
                .name = memory_text("given by the user"),
                .source = memory_text("user"),
                .verified = memory_text("not verified: given by the user"),
        };
        if (hash_image(code_path, &firmware->code_path, &firmware->code_sha256, err) &&
            hash_image(vars_template_path, &firmware->vars_template_path, &firmware->vars_template_sha256, err))
                return true;
        firmware_free(firmware);
        return false;
}
