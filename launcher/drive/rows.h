// SPDX-License-Identifier: Apache-2.0
//
// Chooses a row of a menu by its text: "Enable SSH". The selected row has another background than the rows above and
// below it, in the columns of the menu; what stands beside the menu does not matter. A menu may be longer than the
// screen.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "launcher/drive/typing.h"

// Selects the row that the pattern WANTED matches. ERROR_NO, with the rows that were seen, if none matches or several on
// the screen do, or if the screen shows no selected row; otherwise fails as typing_key does.
bool rows_choose(struct typing *typing, const char *wanted, struct error *err);
