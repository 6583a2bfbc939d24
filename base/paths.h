// SPDX-License-Identifier: Apache-2.0
//
// Where the programs find their data: in the source tree when they run from build/, in $(PREFIX)/share/esxiarm when
// they are installed.
#pragma once

#include "base/error.h"

// The path of the data file NAME ("guests/esxi8.yaml", "rehearsal/BOOTAA64.EFI", "catalog.yaml"), freed with free().
// Searched in $ESXIARM_DATA, beside the program (build/share/NAME), in ../share/esxiarm from there, then in the
// installation folder. NULL, with these places in ERR, if not found.
char *paths_data(const char *name, struct error *err);

// ${XDG_CACHE_HOME:-~/.cache}/esxiarm, freed with free(). NULL if neither is set.
char *paths_cache(struct error *err);
