// SPDX-License-Identifier: Apache-2.0
//
// Findings as JUnit XML, the format that CI systems read: a test suite for each phase, log or boot, with a test case
// for each criterion. A required criterion that was not met, and a forbidden or panic one that was, is a failure; the
// line that met a criterion is included.
//
// There is no standard; the output is accepted by Jenkins, GitLab and the schema of Maven Surefire. XML
// itself: XML 1.0, 2.2 for the characters that may stand in it (others become U+FFFD).
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "verify/log/criteria.h"

// Everything is borrowed.
struct junit_suite {
        const char *name;
        const struct criterion_finding *findings;
        size_t count;
        uint64_t duration_ms;
        const char *error; // why it could not be (fully) judged; NULL if it was
};

// Adds a suite to SUITES, which is empty at first.
void junit_add(struct text *suites, const struct junit_suite *suite);

// The document of these suites, freed with free().
char *junit_document(const struct text *suites);
