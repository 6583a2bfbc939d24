// SPDX-License-Identifier: Apache-2.0
//
// The names in a package, and where its links lead. Links are followed inside the package only: a package with a name or a
// link that leads out of it is refused (ERROR_DAMAGED).
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "fw/debian/deb-member.h"

// NAME as a path from the package's root, without "./", "//" and a final "/"; freed with free(). NULL if it is absolute
// or has a "..".
char *deb_plain_name(const char *name);

// The entries of a package, without their contents. Begins zeroed.
struct deb_content {
        struct deb_entry {
                char *name;
                char *link; // its target; NULL if it is not a link. From the root if it begins with "/"
                bool regular;
        } * entries;
        size_t count;
};

void deb_content_free(struct deb_content *content);

// Adds ENTRY of MEMBER's tar, and returns what was added until the next is. NULL if the package is refused for it.
const struct deb_entry *deb_content_add(struct deb_content *content, const struct deb_member *member,
                                        struct archive_entry *entry, struct error *err);

// NULL if not found.
const struct deb_entry *deb_content_find(const struct deb_content *content, const char *name);

// NAME with all links resolved, as on a system whose root is the package at PATH; freed with free(). NULL if they lead out
// of it or in a circle.
char *deb_content_resolve(const struct deb_content *content, const char *path, const char *name, struct error *err);
