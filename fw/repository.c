// SPDX-License-Identifier: Apache-2.0
#include "fw/repository.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "fw/debian/keyring.h"
#include "fw/debian/release.h"
#include "fw/debian/signature.h"
#include "fw/debian/version.h"
#include "fw/net/download.h"
#include "fw/net/transfer.h"
#include "fw/net/url.h"

enum {
        RELEASE_LIMIT = 4 << 20, // bytes of an InRelease
        STATUS_NOT_FOUND = 404,
        STATUS_GONE = 410,
};

#define INDEX_LIMIT (UINT64_C(256) << 20) // bytes of an index as downloaded

bool repository_open(const struct catalog_entry *entry, const struct firmware_network *network, const char *folder,
                     struct repository *repository, struct error *err)
{
        *repository = (struct repository){.entry = entry, .network = network, .folder = folder};
        const struct keyring_source source = {
                .fingerprints = entry->keys,
                .count = entry->key_count,
                .file = network->keyring,
                .key_server = entry->key_server,
        };
        repository->keyring = file_path(folder, "keyring.gpg");
        return keyring_write(&source, repository->keyring, &repository->keys_from, err);
}

void repository_close(struct repository *repository)
{
        free(repository->keyring);
        free(repository->keys_from);
        *repository = (struct repository){0};
}

void repository_package_free(struct repository_package *package)
{
        indexed_package_free(&package->package);
        free(package->url);
        firmware_free(&package->firmware);
        *package = (struct repository_package){0};
}

// The time at the end of a snapshot's URL, "20260201T000000Z", in seconds since 1970; now if BASE is not a snapshot.
static uint64_t time_of(const char *base)
{
        uint64_t seconds;
        const char *last = strrchr(base, '/') + 1;
        if (strlen(last) == strlen("20260201T000000Z")) {
                AUTO_FREE char *stamp =
                        text_format("%.4s-%.2s-%.5s:%.2s:%.3s", last, last + 4, last + 6, last + 11, last + 13);
                if (time_parse_stamp(stamp, &seconds))
                        return seconds;
        }
        return (uint64_t)time(NULL);
}

static void add_link(struct repository_package *found, const char *kind, const char *url, const char *sha256,
                     uint64_t size, const char *proof)
{
        AUTO_FREE char *public_url = download_public_url(url);
        const struct firmware_link link = {(char *)kind, public_url, (char *)sha256, size, (char *)proof};
        firmware_add_link(&found->firmware, &link);
}

// ---- InRelease

// One suite of an archive.
struct suite {
        const struct repository *repository;
        const char *base, *name;
        uint64_t now;
        struct release release;
        struct repository_package *found; // the best one so far
        struct repository_package trail;  // the links so far
};

static void suite_free(struct suite *suite)
{
        release_free(&suite->release);
        repository_package_free(&suite->trail);
}

static bool check_release(struct suite *suite, const char *path, const char *url, const struct downloaded *downloaded,
                          struct error *err)
{
        const struct repository *repository = suite->repository;
        const struct signers signers = {repository->keyring, repository->entry->keys, repository->entry->key_count};
        AUTO_FREE char *text_path = file_path(repository->folder, "Release");
        AUTO_FREE char *signer = NULL;
        AUTO_BUFFER struct buffer content = {0};
        remove(text_path);
        if (!signature_check(path, &signers, text_path, &signer, err) ||
            !file_read(text_path, RELEASE_LIMIT, &content, err))
                return false;
        AUTO_FREE char *text = text_format("%.*s", (int)content.size, content.size ? (const char *)content.data : "");
        if (!release_parse(text, &suite->release, err) || !release_check(&suite->release, suite->name, suite->now, err))
                return false;
        AUTO_FREE char *sha256 = digest_hex(&downloaded->sha256);
        AUTO_FREE char *proof = text_format("signed with the key %s (from %s); suite %s of %s, %s%s", signer,
                                            repository->keys_from, suite->name, suite->release.date_text,
                                            suite->release.until_text ? "valid until " : "without an end",
                                            suite->release.until_text ? suite->release.until_text : "");
        add_link(&suite->trail, "InRelease", url, sha256, downloaded->size, proof);
        return true;
}

static bool get_release(struct suite *suite, struct error *err)
{
        AUTO_FREE char *url = text_format("%s/dists/%s/InRelease", suite->base, suite->name);
        AUTO_FREE char *path = file_path(suite->repository->folder, "InRelease");
        AUTO_FREE char *label = text_format("reading the archive's %s", suite->name);
        const struct download download = {
                .url = url, .label = label, .limit = RELEASE_LIMIT, .attempts = suite->repository->network->attempts};
        struct downloaded downloaded;
        AUTO_FREE char *public_url = download_public_url(url);
        return download_file(&download, path, &downloaded, err) &&
               (check_release(suite, path, url, &downloaded, err) || error_wrap(err, "%s", public_url));
}

// ---- the index

// The forms of an index, best first. A listed form may be missing.
static const char *const index_forms[] = {".xz", ".gz", ""};

static bool take_package(struct suite *suite, struct indexed_package *package)
{
        struct repository_package *found = suite->found;
        if (found->url && deb_version_compare(package->version, found->package.version) <= 0)
                return true;
        repository_package_free(found);
        found->package = *package;
        *package = (struct indexed_package){0};
        found->url = text_format("%s/%s", suite->base, found->package.path);
        for (size_t i = 0; i < suite->trail.firmware.link_count; i++)
                firmware_add_link(&found->firmware, &suite->trail.firmware.links[i]);
        AUTO_FREE char *sha256 = digest_hex(&found->package.sha256);
        AUTO_FREE char *proof = text_format("SHA-256 and size as the index says, %s %s",
                                            suite->repository->entry->package, found->package.version);
        add_link(found, "deb", found->url, sha256, found->package.size, proof);
        return true;
}

static bool read_index(struct suite *suite, const char *path, const char *url, const struct digest *digest,
                       uint64_t size, struct error *err)
{
        const struct catalog_entry *entry = suite->repository->entry;
        AUTO_INDEXED_PACKAGE struct indexed_package package = {0};
        if (!package_index_find(path, entry->package, entry->version, &package, err))
                return error_wrap(err, "%s", url);
        if (!package.version)
                return true;
        AUTO_FREE char *sha256 = digest_hex(digest);
        size_t links = suite->trail.firmware.link_count;
        add_link(&suite->trail, "index", url, sha256, size, "SHA-256 and size as InRelease says");
        bool taken = take_package(suite, &package);
        // The next component's index also follows InRelease.
        suite->trail.firmware.link_count = links;
        struct firmware_link *last = &suite->trail.firmware.links[links];
        free(last->kind);
        free(last->url);
        free(last->sha256);
        free(last->proof);
        return taken;
}

static bool is_absent(const struct downloaded *downloaded)
{
        return downloaded->status == STATUS_NOT_FOUND || downloaded->status == STATUS_GONE;
}

static bool get_index(struct suite *suite, const char *component, struct error *err)
{
        const struct repository *repository = suite->repository;
        AUTO_FREE char *name = text_format("%s/binary-%s/Packages", component, repository->entry->architecture);
        AUTO_FREE char *path = file_path(repository->folder, "Packages");
        AUTO_ERROR struct error absent = {0};
        struct digest whole;
        uint64_t whole_size;
        // libarchive cannot distinguish a compressed empty file from one that is cut off.
        if (release_find(&suite->release, name, &whole, &whole_size) && !whole_size)
                return true;
        for (size_t i = 0; i < sizeof index_forms / sizeof index_forms[0]; i++) {
                struct digest digest;
                uint64_t size;
                AUTO_FREE char *form = text_format("%s%s", name, index_forms[i]);
                if (!release_find(&suite->release, form, &digest, &size))
                        continue;
                AUTO_FREE char *url = text_format("%s/dists/%s/%s", suite->base, suite->name, form);
                AUTO_FREE char *label = text_format("reading the archive's index of %s", suite->name);
                const struct download download = {.url = url,
                                                  .label = label,
                                                  .sha256 = &digest,
                                                  .size = size,
                                                  .limit = INDEX_LIMIT,
                                                  .attempts = repository->network->attempts};
                struct downloaded downloaded;
                error_clear(&absent);
                if (download_file(&download, path, &downloaded, &absent))
                        return read_index(suite, path, url, &digest, size, err);
                if (!is_absent(&downloaded))
                        break;
        }
        if (absent.code)
                return error_set(err, absent.code, "%s", absent.message);
        return error_set(err, ERROR_DAMAGED, "%s/dists/%s/InRelease: does not list the index %s", suite->base,
                         suite->name, name);
}

static bool look_in_suite(struct suite *suite, struct error *err)
{
        const struct catalog_entry *entry = suite->repository->entry;
        if (!get_release(suite, err))
                return false;
        for (size_t i = 0; i < entry->component_count; i++) {
                if (!get_index(suite, entry->components[i], err))
                        return false;
                if (entry->version && suite->found->url)
                        return true;
        }
        return true;
}

bool repository_find(const struct repository *repository, const char *base, struct repository_package *found,
                     struct error *err)
{
        const struct catalog_entry *entry = repository->entry;
        *found = (struct repository_package){0};
        uint64_t now = time_of(base);
        // A pinned version is the same in every suite.
        for (size_t i = 0; i < entry->suite_count && !(entry->version && found->url); i++) {
                struct suite suite = {
                        .repository = repository, .base = base, .name = entry->suites[i], .now = now, .found = found};
                bool looked = look_in_suite(&suite, err);
                suite_free(&suite);
                if (!looked) {
                        repository_package_free(found);
                        return false;
                }
        }
        return true;
}
