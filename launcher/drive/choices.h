// SPDX-License-Identifier: Apache-2.0
//
// Radio buttons of a dialog: "(X) Upgrade", "( ) Install ESXi, overwrite VMFS". A label may go on in the rows below its
// button, and a dialog may lie over a list, whose text then stands beside its frame in the same rows.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "launcher/drive/typing.h"

// Selects the button whose label the pattern WANTED matches. ERROR_NO, with the labels, if none or several match, or if
// it cannot be selected; otherwise fails as typing_key does.
bool choices_choose(struct typing *typing, const char *wanted, struct error *err);
