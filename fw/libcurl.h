// SPDX-License-Identifier: Apache-2.0
//
// libcurl, loaded when the first download wants it. With all that it brings along (TLS twice, Kerberos, LDAP) it is more than half
// of the memory and of the time that starting the program takes, and hardly any command downloads anything.
#pragma once

#include <curl/curl.h>

#include "base/error.h"

// The functions of it that are used, by their names without "curl_".
struct libcurl {
        CURL *(*easy_init)(void);
        CURLcode (*easy_setopt)(CURL *curl, CURLoption option, ...);
        CURLcode (*easy_perform)(CURL *curl);
        CURLcode (*easy_getinfo)(CURL *curl, CURLINFO info, ...);
        const char *(*easy_strerror)(CURLcode code);
        void (*easy_cleanup)(CURL *curl);
        CURLU *(*url)(void);
        CURLUcode (*url_set)(CURLU *url, CURLUPart part, const char *text, unsigned flags);
        CURLUcode (*url_get)(const CURLU *url, CURLUPart part, char **text, unsigned flags);
        void (*url_cleanup)(CURLU *url);
        void (*free)(void *memory);
};

// NULL, with ERROR_ENVIRONMENT, where it is not installed. It stays loaded.
const struct libcurl *libcurl_load(struct error *err);
