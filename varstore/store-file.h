// SPDX-License-Identifier: Apache-2.0
//
// The files that commands read stores from and write stores to.
//
// A store may be inside a qcow2 image, as some distributions ship it: it is read with `qemu-img convert`. Writing into
// a qcow2 image is not supported.
//
// A command that changes a file claims it first. A second program that wants to change it waits, so that no change is
// lost; a file that QEMU has open for writing is refused, because the guest would keep writing to the old file. QEMU in
// turn does not start with a claimed file (base/image-lock.h).
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "varstore/varstore.h"

// Reads the store at PATH, raw or in a qcow2 image. Messages name the file.
bool store_load(const char *path, struct varstore **store, struct error *err);

// The same, but fails (ERROR_DAMAGED) if the store is damaged: for copies and changes.
bool store_load_sound(const char *path, struct varstore **store, struct error *err);

// A file that is being changed; free it with store_claim_end.
struct store_claim {
        int descriptor; // -1 if the file does not exist yet
};
#define AUTO_CLAIM __attribute__((cleanup(store_claim_end)))

// Claims the file at PATH, which need not exist. Waits a few seconds for another program that has claimed it. Fails
// with ERROR_ENVIRONMENT if that takes longer or QEMU has it open for writing, with ERROR_USAGE if it is a qcow2 image.
bool store_claim_begin(const char *path, struct store_claim *claim, struct error *err);
void store_claim_end(struct store_claim *claim);

// Whether TARGET may be written: it does not exist, or FORCE is set, and it is not the same file as SOURCE (which may
// be NULL).
bool store_may_write(const char *source, const char *target, bool force, struct error *err);

// The mode of a new file: not the template's, which is often read-only.
enum {
        STORE_FILE_MODE = 0644
};
