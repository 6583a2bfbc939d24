// SPDX-License-Identifier: Apache-2.0
//
// A pattern on the guest's screen: a Perl-compatible regular expression (PCRE2, UTF-8), compiled once.
//
// `^` and `$` match at line boundaries; `.` does not match the end of a line unless the pattern has `(?s)`.
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct pattern;
#define AUTO_PATTERN __attribute__((cleanup(pattern_free)))

// NULL, with the reason and the position in ERR (ERROR_DAMAGED), if SOURCE is not a valid pattern or matches the empty
// text: it would then match every screen.
struct pattern *pattern_new(const char *source, struct error *err);
void pattern_free(struct pattern **pattern);

// Whether it is found in TEXT. Text that is not UTF-8 or needs too many steps does not match. PATTERN remembers its
// groups.
bool pattern_matches(struct pattern *pattern, const char *text);

// How many groups it has, and whether one is called NAME.
unsigned pattern_groups(const struct pattern *pattern);
bool pattern_has_group(const struct pattern *pattern, const char *name);

// What the numbered group (0: the whole pattern) or the group called NAME last matched; freed with free(). NULL if it
// did not match.
char *pattern_group(const struct pattern *pattern, unsigned number);
char *pattern_named_group(const struct pattern *pattern, const char *name);
