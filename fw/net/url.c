// SPDX-License-Identifier: Apache-2.0
#include "fw/net/url.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

// RFC 3986, 3.1.
static size_t scheme_length(const char *url)
{
        size_t length = strspn(url, LETTERS DIGITS "+-.");
        bool is_scheme = strspn(url, LETTERS) > 0 && text_starts_with(url + length, "://");
        return is_scheme ? length : 0;
}

// Whether TEXT, LENGTH bytes, is host [":" port] as in RFC 3986, 3.2.2 and 3.2.3. The host may be empty, as in
// file:///.
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
        // In an invalid URL a password may be anywhere before the last @.
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
