// SPDX-License-Identifier: Apache-2.0
#include "launcher/diagnosis/mend.h"

#include <stdlib.h>
#include <string.h>

#include "base/arguments.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "fw/firmware.h"
#include "fw/installed.h"
#include "launcher/diagnosis/rebuild.h"
#include "varstore/store-file.h"
#include "varstore/varstore.h"
#include "verify/causes.h"

static const char GICV2_OPTIONS[] = "virt,virtualization=off,gic-version=2";

void mend_free(struct mend *mend)
{
        free(mend->command);
        edits_free(&mend->edits);
        *mend = (struct mend){0};
}

static void take_command(struct mend *mend, enum mend_kind kind, const struct arguments *command)
{
        mend->kind = kind;
        mend->command = arguments_quoted(command);
}

// ---- the vars ----

static bool sealed_vars_match(const struct subject *subject)
{
        struct facts_input files = subject->files;
        AUTO_FACTS struct facts facts = {.in = &files};
        files.vars_path = subject->sealed_path;
        files.vars = FACTS_SOUND_VARS;
        return files.vars_path && facts_compare(&facts, NULL, NULL) && facts.match.holds;
}

static bool vars_are_sound(const struct subject *subject)
{
        AUTO_VARSTORE struct varstore *store = NULL;
        return store_load_sound(subject->files.vars_path, &store, NULL) && !varstore_is_blank(store);
}

static void plan_rebuild(const struct subject *subject, struct mend *mend)
{
        AUTO_ARGUMENTS struct arguments command = {0};
        // A machine has a fresh template; loose vars are the only copy, so their other variables are kept.
        mend->keeps_vars = !subject->files.is_machine && vars_are_sound(subject);
        ARGUMENTS_ADD_ALL(&command, "esxiarm", "rebuild-vars");
        if (subject->files.is_machine)
                arguments_add(&command, subject->machine.folder);
        else
                ARGUMENTS_ADD_ALL(&command, "--disk", subject->files.disk_path);
        if (mend->keeps_vars)
                ARGUMENTS_ADD_ALL(&command, "--template", subject->files.vars_path);
        if (subject->files.is_machine)
                ARGUMENTS_ADD_ALL(&command, "--timeout", "0");
        ARGUMENTS_ADD_ALL(&command, "--label", subject->files.label, "-o", subject->files.vars_path, "--force");
        take_command(mend, MEND_REBUILD, &command);
}

static void plan_copy(const struct subject *subject, struct mend *mend)
{
        AUTO_ARGUMENTS struct arguments command = {0};
        ARGUMENTS_ADD_ALL(&command, "cp", subject->sealed_path, subject->files.vars_path);
        take_command(mend, MEND_COPY_SEALED, &command);
}

static void plan_install(const struct subject *subject, const struct run *run, const char *machine_options,
                         struct mend *mend)
{
        AUTO_ARGUMENTS struct arguments command = {0};
        ARGUMENTS_ADD_ALL(&command, "esxiarm", "install",
                          subject->files.is_machine ? subject->machine.folder : "MACHINE");
        if (run->rehearsal || subject->machine.identity.rehearsal)
                arguments_add(&command, "--rehearsal");
        else
                ARGUMENTS_ADD_ALL(&command, "--payload", "DIR");
        if (machine_options)
                ARGUMENTS_ADD_ALL(&command, "--machine-options", machine_options);
        if (subject->machine.installed)
                arguments_add(&command, "--force");
        take_command(mend, MEND_BY_HAND, &command);
}

static void plan_boot(const struct subject *subject, const char *option, const char *value, struct mend *mend)
{
        AUTO_ARGUMENTS struct arguments command = {0};
        if (!subject->files.is_machine)
                return;
        ARGUMENTS_ADD_ALL(&command, "esxiarm", "boot-installed", subject->machine.folder);
        if (option)
                ARGUMENTS_ADD_ALL(&command, option, value);
        take_command(mend, MEND_BY_HAND, &command);
}

static void plan_vars(const struct subject *subject, const struct run *run, const struct diagnosis *diagnosis,
                      struct mend *mend)
{
        if (sealed_vars_match(subject))
                plan_copy(subject, mend);
        else if (diagnosis->has_loader)
                plan_rebuild(subject, mend);
        else
                plan_install(subject, run, NULL, mend);
}

// ---- the entry ----

static void add_edit(struct mend *mend, struct arguments *command, enum edit_kind kind, const char *entry)
{
        edits_add(&mend->edits, kind)->entry = memory_text(entry);
        arguments_add_format(command, "--%s", edit_name(kind));
        arguments_add(command, entry);
}

static void plan_edit(const struct subject *subject, uint16_t entry, enum remedy remedy, struct mend *mend)
{
        AUTO_ARGUMENTS struct arguments command = {0};
        AUTO_FREE char *number = text_format("%04X", entry);
        ARGUMENTS_ADD_ALL(&command, "aavmf-vars", "edit", subject->files.vars_path);
        if (remedy == REMEDY_ACTIVATE)
                add_edit(mend, &command, EDIT_BOOT_ACTIVATE, number);
        if (remedy == REMEDY_CLEAR_NEXT)
                add_edit(mend, &command, EDIT_BOOT_NEXT, "none");
        else
                add_edit(mend, &command, EDIT_BOOT_FIRST, number);
        take_command(mend, MEND_EDIT, &command);
}

// ---- other fixes ----

// An installed firmware whose CODE has the digest of the installation.
static void plan_firmware(const struct subject *subject, struct mend *mend)
{
        AUTO_FIRMWARE_LIST struct firmware_list list = {0};
        if (!firmware_list(NULL, &list, NULL))
                return;
        for (size_t i = 0; i < list.count && !mend->command; i++) {
                const struct firmware *firmware = &list.entries[i].firmware;
                if (!list.entries[i].damage && firmware->code_sha256 && subject->files.expected_code &&
                    strcmp(firmware->code_sha256, subject->files.expected_code) == 0)
                        plan_boot(subject, "--aavmf-code", firmware->code_path, mend);
        }
}

static void plan_gic(const struct subject *subject, const struct run *run, const struct finding *finding,
                     struct mend *mend)
{
        bool is_gic = finding->count && strstr(finding->items[0].found, "its.c:2934");
        if (!subject->machine.installed)
                plan_install(subject, run, is_gic ? GICV2_OPTIONS : NULL, mend);
        else
                plan_boot(subject, is_gic ? "--machine-options" : NULL, GICV2_OPTIONS, mend);
}

// A machine that was not installed completely is not booted, whatever its vars contain.
static enum remedy remedy_for(const struct subject *subject, const struct diagnosis *diagnosis,
                              const struct finding *finding)
{
        enum remedy remedy = cause_row(finding->cause)->remedy;
        if (subject->files.is_machine && !subject->machine.installed && remedy != REMEDY_GIC)
                return REMEDY_INSTALL;
        if (finding->cause == CAUSE_PAYLOAD_FIRST && diagnosis->boots_itself)
                return REMEDY_BOOT;
        return remedy;
}

void mend_plan(const struct subject *subject, const struct run *run, const struct diagnosis *diagnosis,
               const struct finding *finding, struct mend *mend)
{
        *mend = (struct mend){0};
        enum remedy remedy = remedy_for(subject, diagnosis, finding);
        switch (remedy) {
        case REMEDY_PUT_BACK_VARS:
                plan_vars(subject, run, diagnosis, mend);
                break;
        case REMEDY_ACTIVATE:
        case REMEDY_FIRST:
        case REMEDY_CLEAR_NEXT:
                plan_edit(subject, diagnosis->entry, remedy, mend);
                break;
        case REMEDY_FIRMWARE:
                plan_firmware(subject, mend);
                break;
        case REMEDY_GIC:
                plan_gic(subject, run, finding, mend);
                break;
        case REMEDY_BOOT:
                plan_boot(subject, NULL, NULL, mend);
                break;
        case REMEDY_INSTALL:
                plan_install(subject, run, NULL, mend);
                break;
        case REMEDY_NAME_DISK:
                break;
        }
}

static bool run_edits(const struct subject *subject, const struct mend *mend, struct error *err)
{
        AUTO_CLAIM struct store_claim claim = {.descriptor = -1};
        AUTO_VARSTORE struct varstore *store = NULL;
        return store_claim_begin(subject->files.vars_path, &claim, err) &&
               store_load_sound(subject->files.vars_path, &store, err) &&
               edits_apply(&mend->edits, store, false, err) &&
               varstore_save(store, subject->files.vars_path, STORE_FILE_MODE, err);
}

static bool run_copy(const struct subject *subject, struct error *err)
{
        AUTO_CLAIM struct store_claim claim = {.descriptor = -1};
        return store_claim_begin(subject->files.vars_path, &claim, err) &&
               file_copy(subject->sealed_path, subject->files.vars_path, STORE_FILE_MODE, err);
}

bool mend_run(const struct subject *subject, const struct mend *mend, struct error *err)
{
        const struct rebuild_input rebuild = {
                .subject = subject,
                .template = mend->keeps_vars ? subject->files.vars_path : NULL,
                .label = subject->files.label,
                .timeout = subject->files.is_machine ? 0 : -1,
                .output = subject->files.vars_path,
                .force = true,
        };
        switch (mend->kind) {
        case MEND_COPY_SEALED:
                return run_copy(subject, err);
        case MEND_REBUILD:
                return rebuild_vars(&rebuild, NULL, err);
        case MEND_EDIT:
                return run_edits(subject, mend, err);
        case MEND_BY_HAND:
                break;
        }
        return true;
}
