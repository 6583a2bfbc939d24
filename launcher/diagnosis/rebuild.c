// SPDX-License-Identifier: Apache-2.0
#include "launcher/diagnosis/rebuild.h"

#include "base/file.h"
#include "base/memory.h"
#include "fw/firmware.h"
#include "fw/installed.h"
#include "varstore/store-file.h"
#include "verify/disk/disk.h"
#include "verify/rebuild.h"

enum {
        BLANK_SIZE = 64 << 20, // a pflash bank of QEMU's virt
};

// The template of the firmware that the machine was installed with, freed with free(); NULL if it no longer exists.
static char *machine_template(const struct subject *subject)
{
        AUTO_FIRMWARE struct firmware firmware = {0};
        if (!subject->files.is_machine || !subject->machine.identity.firmware.name ||
            !firmware_find(NULL, subject->machine.identity.firmware.name, false, &firmware, NULL))
                return NULL;
        return file_exists(firmware.vars_template_path) ? memory_text(firmware.vars_template_path) : NULL;
}

static bool open_template(const struct rebuild_input *input, struct varstore **store, struct error *err)
{
        AUTO_FREE char *own = input->template ? NULL : machine_template(input->subject);
        const char *path = input->template ? input->template : own;
        return path ? store_load_sound(path, store, err) : varstore_new(BLANK_SIZE, store, err);
}

static bool write_store(const struct rebuild_input *input, const struct varstore *store, struct error *err)
{
        AUTO_CLAIM struct store_claim claim = {.descriptor = -1};
        return store_claim_begin(input->output, &claim, err) &&
               store_may_write(NULL, input->output, input->force, err) &&
               varstore_save(store, input->output, STORE_FILE_MODE, err);
}

bool rebuild_vars(const struct rebuild_input *input, struct varstore **store_pointer, struct error *err)
{
        const struct subject *subject = input->subject;
        AUTO_DISK struct disk *disk = NULL;
        AUTO_REBUILD_TARGET struct rebuild_target target = {0};
        AUTO_VARSTORE struct varstore *store = NULL;
        // An existing file is refused before any work is done.
        if (!store_may_write(NULL, input->output, input->force, err) ||
            !disk_open(subject->files.disk_path, subject->files.disk_format, &disk, err) ||
            !rebuild_find(disk, input->label, input->loader, &target, err) || !open_template(input, &store, err) ||
            !rebuild_store(store, &target, input->timeout, err) || !write_store(input, store, err))
                return false;
        if (store_pointer)
                *store_pointer = MEMORY_TAKE(store);
        return true;
}
