// SPDX-License-Identifier: Apache-2.0
#include "fw/net/download.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "fw/net/transfer.h"
#include "fw/net/url.h"

// ---- the URL that may be shown

// ---- the part

static char *part_path(const char *path)
{
        const char *slash = strrchr(path, '/');
        const char *name = slash ? slash + 1 : path;
        return text_format("%.*s.%s.partial", (int)(name - path), path, name);
}

// Whether to keep the part in FD: its bytes are still good, because the network failed or the user interrupted.
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
        // A part of some other file makes the whole wrong; without the part, it may be right.
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
