// SPDX-License-Identifier: Apache-2.0
//
// What is in a folder.
#pragma once

#include <stdbool.h>

#include "base/arguments.h"
#include "base/error.h"

// Adds to NAMES what is in FOLDER, except "." and "..", sorted.
bool folder_names(const char *folder, struct arguments *names, struct error *err);
