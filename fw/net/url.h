// SPDX-License-Identifier: Apache-2.0
#pragma once

// URL without its user name and password, if any (RFC 3986, 3.2.1), safe to store and show; freed with free(). If URL
// is not valid, everything before its last @ is removed.
char *download_public_url(const char *url);
