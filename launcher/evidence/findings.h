// SPDX-License-Identifier: Apache-2.0
//
// How criteria fared, as JSON: the same in a run's result.json and in what `esxiarm check` prints.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "verify/log/criteria.h"

// "required", "forbidden", "optional".
const char *findings_kind(const struct criterion *criterion);

// A list of objects: name, kind, met, and of those that were met line, time (in seconds; null unless TIMED) and text.
// Where lines were too much work for a pattern, `given_up` counts them.
json_t *findings_to_json(const struct criterion_finding *findings, size_t count, bool timed);
