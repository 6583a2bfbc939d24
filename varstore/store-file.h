// SPDX-License-Identifier: Apache-2.0
//
// The files that the commands read stores from and write them to.
//
// A store may be inside a qcow2 image, as some distributions ship it: it is read through `qemu-img convert`. It is not
// written back into one.
//
// Whoever changes a file claims it first: of two programs that change the same file one waits for the other, so that no
// change is lost, and a file that QEMU has open for writing is refused, because what the guest writes would go into the
// old file. QEMU in turn does not start with a file that is claimed (base/image-lock.h).
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "varstore/varstore.h"

// Reads the store at PATH, raw or in a qcow2 image. Messages name the file.
bool store_load(const char *path, struct varstore **store, struct error *err);

// The same for one that is copied or changed: fails (ERROR_DAMAGED) where it is damaged.
bool store_load_sound(const char *path, struct varstore **store, struct error *err);

// A file that is being changed; free it with store_claim_end.
struct store_claim {
        int descriptor; // -1 where there is no file yet
};
#define AUTO_CLAIM __attribute__((cleanup(store_claim_end)))

// Claims the file at PATH, which need not exist. Waits a few seconds for another program that has it; fails
// (ERROR_ENVIRONMENT) where that takes longer and where QEMU has it open for writing, (ERROR_USAGE) where it is a qcow2
// image.
bool store_claim_begin(const char *path, struct store_claim *claim, struct error *err);
void store_claim_end(struct store_claim *claim);

// Whether TARGET may be written: it is not there yet, or FORCE says that it may be replaced, and it is not SOURCE itself by
// another name (SOURCE may be NULL).
bool store_may_write(const char *source, const char *target, bool force, struct error *err);

// The mode of a file that is made: not the template's, which is often read-only.
enum {
        STORE_FILE_MODE = 0644
};
