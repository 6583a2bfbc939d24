// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the rehearsal guest's pure files share. They use none of the programs' library, whose names the
// guest uses for functions of its own.
#pragma once

#include "tests/unit/test.h"

#include <unistd.h>

#include "launcher/rehearsal/base/keyvalue.h"

static inline struct span span_of(const char *text)
{
        return (struct span){.at = text, .size = strlen(text)};
}

// A copy of SIZE bytes and not one more, so that the sanitizers see a read beyond them. Freed with free().
static inline void *exact_copy(const void *bytes, size_t size)
{
        void *copy = malloc(size ? size : 1);
        assert_non_null(copy);
        if (size)
                memcpy(copy, bytes, size);
        return copy;
}
