// SPDX-License-Identifier: Apache-2.0
//
// Remarks: what a reader noticed about an image that it could read none the less, each with its place.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum remark_severity {
        REMARK_NOTE,   // worth knowing; every firmware copes
        REMARK_ODD,    // no firmware writes it so, but nothing is lost
        REMARK_DAMAGE, // something is broken, and what it held may be lost
};

struct remark {
        uint64_t offset; // in the image, in bytes
        enum remark_severity severity;
        char *text; // owned; one sentence without a full stop, fit for a terminal
};

// Start from {0}; free with remarks_free.
struct remarks {
        struct remark *items;
        size_t count;
};

void remarks_add(struct remarks *remarks, uint64_t offset, enum remark_severity severity, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
void remarks_free(struct remarks *remarks);

// "note", "odd", "damage".
const char *remark_severity_text(enum remark_severity severity);
