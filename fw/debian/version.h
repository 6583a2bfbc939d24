// SPDX-License-Identifier: Apache-2.0
//
// Versions of Debian packages, EPOCH:UPSTREAM-REVISION, and their order. Source: Debian Policy, 5.6.12; deb-version(7).
#pragma once

// Negative if A is earlier than B, 0 if they are equal ("1.0" and "0:1.0-0" are), positive if A is later.
int deb_version_compare(const char *a, const char *b);
