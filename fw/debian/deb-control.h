// SPDX-License-Identifier: Apache-2.0
//
// The control file of a Debian package: which package it is. Source: deb-control(5), deb-version(7).
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct deb_member;

struct deb_control {
        char *package, *version, *architecture;
};
#define AUTO_DEB_CONTROL __attribute__((cleanup(deb_control_free)))

void deb_control_free(struct deb_control *control);

// Reads the control file of a package that was just opened (fw/debian/deb-member.h). CONTROL stays empty on failure.
bool deb_control_read(struct deb_member *member, struct deb_control *control, struct error *err);
