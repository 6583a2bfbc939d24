// SPDX-License-Identifier: Apache-2.0
#include "fw/fetch-url.h"

#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "fw/fetch.h"
#include "fw/workspace.h"

struct url_context {
        const char *url;
        const struct digest *digest;
        uint64_t size;
        unsigned attempts;
};

static char *bring_from_url(const void *given, const struct workspace *workspace, struct error *err)
{
        const struct url_context *context = given;
        return fetch_download(workspace, context->url, context->digest, context->size, context->attempts, err);
}

bool firmware_fetch_url(const char *url, const char *sha256, uint64_t size, const struct firmware_network *network,
                        const char *root, struct firmware *firmware, struct error *err)
{
        *firmware = (struct firmware){0};
        struct digest digest;
        AUTO_FREE char *shown = text_printable(sha256, strlen(sha256), false);
        if (!digest_parse(sha256, &digest))
                return error_set(err, ERROR_USAGE, "'%s' is not a SHA-256 (expected 64 hexadecimal digits)", shown);
        struct origin origin = origin_url;
        origin.url = url;
        const struct url_context context = {url, &digest, size, network ? network->attempts : 0};
        const struct fetch fetch = {&digest, &origin, bring_from_url, &context};
        return fetch_run(&fetch, root, firmware, err);
}

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
        const struct fetch fetch = {&digest, &origin_deb, bring_from_file, path};
        return digest_file(path, &digest, err) && fetch_run(&fetch, root, firmware, err);
}
