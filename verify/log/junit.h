// SPDX-License-Identifier: Apache-2.0
//
// Findings as JUnit XML, which CI systems read: a test suite for each phase, log or boot, with a test case for each
// criterion. A required criterion that was not met fails, and so does a forbidden or panic one that was.
//
// The format has no standard; Jenkins, GitLab and the schema of Maven Surefire accept the output. Characters that XML
// does not allow (XML 1.0, 2.2) become U+FFFD.
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
        const char *error; // why it could not be judged completely; NULL if it was
};

// Adds a suite to SUITES, which is empty at first.
void junit_add(struct text *suites, const struct junit_suite *suite);

// The complete document, freed with free().
char *junit_document(const struct text *suites);
