// SPDX-License-Identifier: Apache-2.0
//
// libcurl, loaded when a download wants it. With all that it brings along (TLS twice, Kerberos, LDAP) it takes some 8 MB and more
// than half of the time that starting the program would take, and hardly any command downloads anything. It cannot be unloaded:
// its libraries are not made for that. What loads it is therefore a process that does nothing else (fw/transfer.h).
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
};

// NULL, with ERROR_ENVIRONMENT, where it is not installed. It stays loaded.
const struct libcurl *libcurl_load(struct error *err);
