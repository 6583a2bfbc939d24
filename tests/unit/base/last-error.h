// SPDX-License-Identifier: Apache-2.0
//
// For tests of functions that can fail: one place for their errors, and what is asserted of a failure.
#pragma once

#include "tests/unit/scratch.h"

// What the calls of a test fill if they fail.
static struct error err;

// A call that failed returned DONE: with this code, and with TEXT in its message. The message stays for further
// assertions; the code does not, so that the next failure has to set it.
static inline void assert_failed(bool done, enum error_code code, const char *text)
{
        assert_false(done);
        assert_error(&err, code, text);
        err.code = 0;
}
