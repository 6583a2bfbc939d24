// SPDX-License-Identifier: Apache-2.0
#include "fw/debian/apt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arguments.h"
#include "base/bytes.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/text.h"

enum {
        ASK_LIMIT = 1 << 20, // bytes of output
        ASK_TIMEOUT_MS = 60 * 1000,
        DOWNLOAD_TIMEOUT_MS = 15 * 60 * 1000,
};

#define ADVICE "; if apt's package lists are empty or old, run `apt-get update` as root and try again"

void apt_package_free(struct apt_package *package)
{
        free(package->url);
        free(package->file_name);
        free(package->version);
        *package = (struct apt_package){0};
}

// TEXT up to END with its %XX decoded; freed with free().
static char *percent_decoded(const char *text, size_t length)
{
        struct text decoded = {0};
        for (size_t i = 0; i < length; i++) {
                AUTO_BUFFER struct buffer byte = {0};
                char digits[3] = {0};
                if (text[i] == '%' && i + 2 < length) {
                        memcpy(digits, text + i + 1, 2);
                        if (text_parse_hex(digits, &byte) && byte.data[0]) {
                                text_add_char(&decoded, (char)byte.data[0]);
                                i += 2;
                                continue;
                        }
                }
                text_add_char(&decoded, text[i]);
        }
        text_add(&decoded, "");
        return text_take(&decoded);
}

// The version in PACKAGE_VERSION_ARCHITECTURE.deb, freed with free(); NULL if it is not such a name.
static char *version_of(const char *file_name)
{
        const char *first = strchr(file_name, '_');
        const char *last = strrchr(file_name, '_');
        if (!first || first == last || last == first + 1 || strchr(file_name, '/') || *file_name == '.')
                return NULL;
        return percent_decoded(first + 1, (size_t)(last - first - 1));
}

// The part of *REST up to the next END, freed with free(), with *REST moved past it; NULL if there is no END.
static char *take_until(const char **rest, char end)
{
        const char *at = strchr(*rest, end);
        if (!at)
                return NULL;
        char *part = text_format("%.*s", (int)(at - *rest), *rest);
        *rest = at + 1;
        return part;
}

// Fills PACKAGE, on failure in part.
static bool parse_uri_line(const char *line, struct apt_package *package, bool *has_digest)
{
        const char *rest = line + 1;
        if (*line != '\'')
                return false;
        package->url = take_until(&rest, '\'');
        if (!package->url || *rest != ' ')
                return false;
        rest++;
        package->file_name = take_until(&rest, ' ');
        package->version = package->file_name ? version_of(package->file_name) : NULL;
        AUTO_FREE char *size = package->version ? take_until(&rest, ' ') : NULL;
        if (!size || !text_parse_number(size, &package->size) || !package->size)
                return false;
        AUTO_FREE char *hash = text_format("%.*s", (int)strcspn(rest, " \r\n"), rest);
        *has_digest = text_starts_with(hash, "SHA256:") && digest_parse(hash + strlen("SHA256:"), &package->sha256);
        return true;
}

bool apt_parse_uri(const char *output, struct apt_package *package, bool *has_digest, struct error *err)
{
        *package = (struct apt_package){0};
        // apt may print notes before the line.
        for (const char *line = output; *line; line = text_line_after(line)) {
                AUTO_APT_PACKAGE struct apt_package found = {0};
                if (!parse_uri_line(line, &found, has_digest))
                        continue;
                *package = found;
                found = (struct apt_package){0};
                return true;
        }
        AUTO_FREE char *shown = text_printable(output, strlen(output), false);
        return error_set(err, ERROR_ENVIRONMENT,
                         "apt-get --print-uris did not print a file, size and hash, but '%.200s'", shown);
}

// The value of FIELD in the stanza that ends at END, freed with free(); NULL if it is not there.
static char *stanza_field(const char *stanza, const char *end, const char *field)
{
        for (const char *line = stanza; line < end; line = text_line_after(line)) {
                if (text_starts_with(line, field)) {
                        const char *value = line + strlen(field);
                        return text_format("%.*s", (int)strcspn(value, "\r\n"), value);
                }
        }
        return NULL;
}

static bool stanza_is(const char *stanza, const char *end, const struct apt_package *package, const char *url)
{
        AUTO_FREE char *path = stanza_field(stanza, end, "Filename: ");
        AUTO_FREE char *size = stanza_field(stanza, end, "Size: ");
        uint64_t bytes;
        return path && size && text_parse_number(size, &bytes) && bytes == package->size &&
               text_ends_with(url, text_starts_with(path, "./") ? path + 1 : path);
}

bool apt_parse_show(const char *output, struct apt_package *package, struct error *err)
{
        AUTO_FREE char *url = percent_decoded(package->url, strlen(package->url));
        const char *stanza = output;
        while (*stanza) {
                const char *blank = strstr(stanza, "\n\n");
                const char *end = blank ? blank + 1 : stanza + strlen(stanza);
                AUTO_FREE char *sha256 = stanza_field(stanza, end, "SHA256: ");
                if (sha256 && stanza_is(stanza, end, package, url) && digest_parse(sha256, &package->sha256))
                        return true;
                stanza = end + strspn(end, "\n");
        }
        return error_set(err, ERROR_ENVIRONMENT, "apt's index has no SHA-256 for %s", package->file_name);
}

// Runs ARGUMENTS; *OUTPUT is freed with free().
static bool ask(const struct arguments *arguments, char **output, struct error *err)
{
        AUTO_PROCESS_RESULT struct process_result result = {0};
        if (!process_run_checked(arguments, ASK_LIMIT, ASK_TIMEOUT_MS, &result, err))
                return false;
        *output = text_format("%.*s", (int)result.output.size, result.output.size ? (char *)result.output.data : "");
        return true;
}

static bool ask_show(const char *name, struct apt_package *package, struct error *err)
{
        AUTO_ARGUMENTS struct arguments show = {0};
        ARGUMENTS_ADD_ALL(&show, "apt-cache", "show", "--", name);
        AUTO_FREE char *output = NULL;
        return ask(&show, &output, err) && apt_parse_show(output, package, err);
}

// Source: Debian Policy, 5.6.1. apt-get could take anything else as an option, a version or a path.
static bool check_name(const char *name, struct error *err)
{
        static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
        static const char others[] = "abcdefghijklmnopqrstuvwxyz0123456789+-.";
        if (*name && strchr(first, *name) && !name[strspn(name, others)])
                return true;
        AUTO_FREE char *shown = text_printable(name, strlen(name), false);
        return error_set(err, ERROR_USAGE, "'%s' is not a package name", shown);
}

bool apt_find(const char *name, const char *selection, struct apt_package *package, struct error *err)
{
        *package = (struct apt_package){0};
        if (!check_name(name, err))
                return false;
        AUTO_ARGUMENTS struct arguments print = {0};
        ARGUMENTS_ADD_ALL(&print, "apt-get", "--print-uris", "download", "--");
        arguments_add_format(&print, "%s%s", name, selection);
        AUTO_FREE char *program = process_find("apt-get", err);
        if (!program)
                return false;
        AUTO_FREE char *output = NULL;
        bool has_digest = false;
        if (!ask(&print, &output, err) || !apt_parse_uri(output, package, &has_digest, err)) {
                if (err && err->code != ERROR_INTERRUPTED)
                        error_append(err, ADVICE);
                return false;
        }
        // If the index also has stronger hashes (Ubuntu's has SHA-512), apt-get prints only the strongest.
        if (has_digest || ask_show(name, package, err))
                return true;
        apt_package_free(package);
        return false;
}

static bool apt_get_download(const char *name, const struct apt_package *package, const char *folder, struct error *err)
{
        // apt-get writes into its working directory.
        AUTO_ARGUMENTS struct arguments download = {0};
        ARGUMENTS_ADD_ALL(&download, "env", "-C", folder, "apt-get", "--quiet", "download", "--");
        arguments_add_format(&download, "%s=%s", name, package->version);
        AUTO_PROCESS_RESULT struct process_result result = {0};
        if (process_run_checked(&download, ASK_LIMIT, DOWNLOAD_TIMEOUT_MS, &result, err))
                return true;
        error_wrap(err, "apt-get download %s", name);
        if (err && err->code != ERROR_INTERRUPTED)
                error_append(err, ADVICE);
        return false;
}

static bool check(const char *path, const struct apt_package *package, struct error *err)
{
        struct digest digest;
        if (!digest_file(path, &digest, err))
                return false;
        if (digest_equal(&digest, &package->sha256))
                return true;
        AUTO_FREE char *is = digest_hex(&digest);
        AUTO_FREE char *expected = digest_hex(&package->sha256);
        return error_set(err, ERROR_DAMAGED, "%s: has the SHA-256 %s, but apt's index has %s: refused",
                         package->file_name, is, expected);
}

char *apt_download(const char *name, const struct apt_package *package, const char *folder, struct error *err)
{
        if (!apt_get_download(name, package, folder, err))
                return NULL;
        AUTO_FREE char *path = file_path(folder, package->file_name);
        if (!file_exists(path)) {
                error_set(err, ERROR_ENVIRONMENT, "apt-get download %s did not create %s", name, package->file_name);
                return NULL;
        }
        return check(path, package, err) ? MEMORY_TAKE(path) : NULL;
}
