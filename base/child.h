// SPDX-License-Identifier: Apache-2.0
//
// A function in a process of its own. All that it loads and allocates is given back when it ends, and what breaks in it
// breaks that process alone.
//
// The child is a fork: it has this program's memory, descriptors (and so its locks), terminal and process group. It shares none
// of its signals: an interrupt ends the child at once. It does not outlive this program: where that is killed, the kernel kills
// the child on Linux, and elsewhere the child looks once a second.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"

// What the child does with CONTEXT. What it is to tell goes into ANSWER; whatever else it changes is lost with it.
typedef void child_work(void *context, struct buffer *answer);

// Runs WORK in a child and waits for its end. ANSWER, which must be empty, becomes what it told: bytes of another process, to be
// read as such. Fails, the child being gone,
//  - with ERROR_ENVIRONMENT where it cannot be started, ends before it has told, or tells more than LIMIT bytes,
//  - with ERROR_INTERRUPTED where the user interrupts.
bool child_run(child_work *work, void *context, size_t limit, struct buffer *answer, struct error *err);
