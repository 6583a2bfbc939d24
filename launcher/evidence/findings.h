// SPDX-License-Identifier: Apache-2.0
//
// The findings on criteria as JSON: the same in a run's result.json and in the output of `esxiarm check`.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "verify/log/criteria.h"

// A list of objects: name, kind ("required", "forbidden", "optional"), met, and if met: line, time (in seconds; null unless TIMED) and text.
// `given_up` counts lines that needed too many steps for the pattern.
json_t *findings_to_json(const struct criterion_finding *findings, size_t count, bool timed);
