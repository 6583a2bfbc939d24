// SPDX-License-Identifier: Apache-2.0
//
// What of a guest's output a terminal must be given, so that its screen is the one that all of it would have made.
//
// A terminal is slow beside a guest that floods its console. But most of a flood is never seen: it is scrolled away or
// erased within the same moment. Of the bytes of one batch this leaves out
//
// - what is followed by an erasure of the whole screen with a placement of the cursor (CSI 2 J and CSI H, either first), and
// - lines that are followed by so many others that nothing of them is left, where the whole screen scrolls,
//
// but never a sequence that sets anything which lasts: renditions (SGR), modes, character sets, scrolling regions, tabs,
// saved cursors. What is not known to be safe to leave out is passed on.
// (A colour without its arguments, CSI 38 m, is beyond that: libvterm takes them from whatever sequence came before.)
//
// It also keeps from libvterm (0.1.4) what that cannot bear: U+0080 to U+009F in UTF-8 make it write outside of its screen,
// and repeating (CSI b) a character without a width of its own makes it loop for ever. The one becomes U+00A0, and of the
// other only Latin characters and those of frames are repeated.
#pragma once

#include <stddef.h>

typedef void backlog_sink(const char *bytes, size_t size, void *context);

struct backlog;

// For a terminal that is fresh and gets all its bytes through SINK, which is called with CONTEXT. Never NULL; freed with
// backlog_free.
struct backlog *backlog_new(backlog_sink *sink, void *context);
void backlog_free(struct backlog **backlog);

// The next SIZE bytes, which were waiting together.
void backlog_feed(struct backlog *backlog, const void *data, size_t size);
