// SPDX-License-Identifier: Apache-2.0
//
// The boot chain of a variable store in a page, before and after something: the entries side by side in the order in which
// the firmware tries them, and in words what changed (varstore/difference.h).
#pragma once

#include "base/text.h"
#include "varstore/varstore.h"

// What the two stores are called, as headings. BEFORE may be NULL if it is not at hand: only AFTER is shown then.
void chain_to_html(struct text *html, const char *before_title, const struct varstore *before, const char *after_title,
                   const struct varstore *after);
