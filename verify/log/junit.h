// SPDX-License-Identifier: Apache-2.0
//
// Findings as JUnit XML, the format that every continuous integration reads: a test suite for each phase, log or boot, in it
// a test case for each criterion. A required criterion that was not met, and a forbidden or panic one that was, is a
// failure; the line that met a criterion stands with it.
//
// There is no standard; what is written is what Jenkins' and GitLab's readers and the schema of Maven Surefire take. XML
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
        const char *error; // why it could not be judged (to its end); NULL where it was
};

// Adds a suite to SUITES, which begins empty.
void junit_add(struct text *suites, const struct junit_suite *suite);

// The document of these suites, freed with free().
char *junit_document(const struct text *suites);
