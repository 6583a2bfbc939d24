// SPDX-License-Identifier: Apache-2.0
#include "fw/download.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "fw/transfer.h"

// ---- the URL that may be shown

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

// RFC 3986, 3.1.
static size_t scheme_length(const char *url)
{
        size_t length = strspn(url, LETTERS DIGITS "+-.");
        bool is_scheme = strspn(url, LETTERS) > 0 && text_starts_with(url + length, "://");
        return is_scheme ? length : 0;
}

// Whether TEXT, LENGTH bytes, is host [":" port] as RFC 3986, 3.2.2 and 3.2.3 spell them. The host may be empty, as in file:///.
static bool is_host_and_port(const char *text, size_t length)
{
        size_t host = *text == '[' ? strspn(text + 1, "0123456789abcdefABCDEF:.vV") + 1
                                   : strspn(text, LETTERS DIGITS "-._~%!$&'()*+,;=");
        if (*text == '[' && text[host++] != ']')
                return false;
        if (host < length && text[host] == ':')
                host += 1 + strspn(text + host + 1, DIGITS);
        return host == length;
}

char *download_public_url(const char *url)
{
        size_t scheme = scheme_length(url);
        const char *authority = url + scheme + strlen("://");
        const char *at = strrchr(url, '@');
        if (!at)
                return memory_text(url);
        // In what is no URL a password may be anywhere before the last @.
        if (!scheme)
                return memory_text(at + 1);
        const char *host = authority;
        const char *end = authority + strcspn(authority, "/?#");
        for (const char *here = authority; here < end; here++) {
                if (*here == '@')
                        host = here + 1;
        }
        if (!is_host_and_port(host, (size_t)(end - host)))
                return memory_text(at + 1);
        return text_format("%.*s%s", (int)(authority - url), url, host);
}

// ---- the part

static char *part_path(const char *path)
{
        const char *slash = strrchr(path, '/');
        const char *name = slash ? slash + 1 : path;
        return text_format("%.*s.%s.partial", (int)(name - path), path, name);
}

// Whether the part that FD is stays: its bytes are still good, because the network failed or the user went away.
static bool is_kept(const struct download *download, int fd, const struct error *err)
{
        struct stat status;
        bool good = err->code == ERROR_ENVIRONMENT || err->code == ERROR_INTERRUPTED;
        return download->part && good && fstat(fd, &status) == 0 && status.st_size > 0;
}

static bool download_once(const struct download *download, const char *path, struct downloaded *downloaded,
                          struct error *err)
{
        AUTO_FREE char *part = download->part ? memory_text(download->part) : part_path(path);
        AUTO_CLOSE int fd = open(part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd < 0)
                return error_system(err, "%s: cannot create", path);
        *downloaded = (struct downloaded){0};
        if (transfer_run(download, part, fd, downloaded, err) &&
            (rename(part, path) == 0 || error_system(err, "%s: cannot create", path)))
                return true;
        if (!is_kept(download, fd, err))
                unlink(part);
        return false;
}

bool download_file(const struct download *download, const char *path, struct downloaded *downloaded, struct error *err)
{
        AUTO_ERROR struct error failed = {0};
        bool done = download_once(download, path, downloaded, &failed);
        // A part that was of something else spoils the whole; without it, it may be right.
        if (!done && failed.code == ERROR_DAMAGED && downloaded->resumed) {
                error_clear(&failed);
                done = download_once(download, path, downloaded, &failed);
        }
        if (done)
                return true;
        AUTO_FREE char *public_url = download_public_url(download->url);
        AUTO_FREE char *shown = text_printable(public_url, strlen(public_url), false);
        return error_set(err, failed.code, "%s: %s", shown, failed.message);
}
