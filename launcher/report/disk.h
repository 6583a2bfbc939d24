// SPDX-License-Identifier: Apache-2.0
//
// A disk's partitions in a page, drawn to scale (SVG): a bar of the whole disk, and below it, as long as partitions are too
// narrow there to be seen, the part of it where those lie, enlarged. Under the bars a table says what each is.
#pragma once

#include "base/text.h"
#include "varstore/guid.h"
#include "verify/disk/gpt.h"

// GPT is that of a disk of SIZE bytes. The partition that BOOTED names (NULL: none) is marked as the one that the boot entry
// leads to.
void disk_to_html(struct text *html, const struct gpt *gpt, uint64_t size, const struct guid *booted);
