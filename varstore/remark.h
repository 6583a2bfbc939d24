// SPDX-License-Identifier: Apache-2.0
//
// Remarks: problems and oddities found in a readable image, each with its offset.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum remark_severity {
        REMARK_NOTE,   // worth knowing, but no problem for any firmware
        REMARK_ODD,    // no firmware writes this, but nothing is lost
        REMARK_DAMAGE, // something is broken, and its data may be lost
};

struct remark {
        uint64_t offset; // in the image, in bytes
        enum remark_severity severity;
        char *text; // owned; one sentence without a full stop, safe for a terminal
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
