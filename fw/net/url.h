// SPDX-License-Identifier: Apache-2.0
//
// A URL that may be shown.
#pragma once

// URL without the user name and password that it may carry (RFC 3986, 3.2.1), fit to be kept and shown; freed with free(). Of
// what is no URL, nothing that stands before its last @.
char *download_public_url(const char *url);
