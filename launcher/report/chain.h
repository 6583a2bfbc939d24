// SPDX-License-Identifier: Apache-2.0
//
// The boot chain of a variable store in a page, before and after: the entries side by side in the order in which the
// firmware tries them, and the changes in sentences (varstore/difference.h).
#pragma once

#include "base/text.h"
#include "varstore/varstore.h"

// The titles are headings. If BEFORE is NULL, only AFTER is shown.
void chain_to_html(struct text *html, const char *before_title, const struct varstore *before, const char *after_title,
                   const struct varstore *after);
