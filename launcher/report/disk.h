// SPDX-License-Identifier: Apache-2.0
//
// A disk's partitions in a page, drawn to scale (SVG): a bar of the whole disk; if partitions are too narrow to see,
// enlarged bars of the part that has them; and a table that describes each partition.
#pragma once

#include "base/text.h"
#include "varstore/guid.h"
#include "verify/disk/gpt.h"

// GPT is that of a disk of SIZE bytes. BOOTED (may be NULL) is the partition of the boot entry, which is marked.
void disk_to_html(struct text *html, const struct gpt *gpt, uint64_t size, const struct guid *booted);
