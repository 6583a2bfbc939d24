// SPDX-License-Identifier: Apache-2.0
#include "launcher/jobs/install.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/diagnosis/target.h"
#include "launcher/evidence/result.h"
#include "launcher/jobs/install-private.h"
#include "verify/disk/gpt.h"
#include "verify/facts.h"

void install_outcome_free(struct install_outcome *outcome)
{
        free(outcome->evidence);
        free(outcome->accel);
        free(outcome->entry);
        *outcome = (struct install_outcome){0};
}

// Saves the console of a machine that failed, unless the user ended it.
static bool fail(struct installation *run, const struct error *err)
{
        if (err->code != ERROR_INTERRUPTED)
                vm_save_failure(run->vm);
        return false;
}

static bool run_machine(struct installation *run, struct error *err)
{
        const struct vm_input input = {
                .machine = run->in->machine,
                .settings = run->in->settings,
                .command = "install",
                .code_path = run->in->firmware->code_path,
                .payload_path = run->payload_path,
                .evidence = run->evidence,
        };
        AUTO_VM struct vm *vm = vm_start(&input, err);
        if (!vm)
                return false;
        run->vm = vm;
        json_object_set_new(run->result, "qemu", json_string(vm_state(vm)->qemu_version));
        display_watch(run->display, run->in->watch ? vm_console(vm) : NULL);
        bool worked = install_phases(run, err) || fail(run, err);
        display_watch(run->display, NULL);
        run->vm = NULL;
        return worked;
}

// Checks what the installation left: a boot entry in the variables, and that it leads to this disk.
static bool examine(const struct installation *run, struct facts *facts, struct error *err)
{
        const struct match *match = &facts->match;
        if (!facts_compare(facts, NULL, err))
                return false;
        json_object_set_new(run->result, "match", result_match(match));
        if (match->holds)
                return true;
        const char *advice = match_reason_advice(match->reason);
        return error_set(err, ERROR_NO, "the installer finished, but the disk would not boot by itself: %s%s%s",
                         match->explanation, advice ? " " : "", advice ? advice : "");
}

// Copies the variables as the installation left them, and records everything that a later boot is compared with.
static bool write_seal(struct installation *run, const struct boot_entry *entry, const struct facts *facts,
                       struct error *err)
{
        struct machine *machine = run->in->machine;
        const struct firmware *firmware = run->in->firmware;
        if (!file_copy(machine->vars_path, machine->sealed_path, 0666, err) ||
            !profile_copy(run->in->profile, machine->profile_path, err))
                return false;
        json_t *sealed = result_vars(machine->sealed_path);
        AUTO_FREE char *vars_sha256 = text_format("%s", json_string_value(json_object_get(sealed, "sha256")));
        json_object_set_new(run->result, "vars_after", sealed);
        AUTO_FREE char *now = time_stamp();
        char disk_guid[37];
        char esp_guid[37];
        guid_text(facts->gpt.disk, disk_guid);
        guid_text(facts->match.partition_guid, esp_guid);
        const struct machine_identity identity = {
                .profile = run->in->profile->name,
                .rehearsal = run->in->profile->rehearsal,
                .installed_at = now,
                .firmware = {.name = firmware->name,
                             .package = firmware->package,
                             .version = firmware->version,
                             .source = firmware->source,
                             .verified = firmware->verified,
                             .code_path = firmware->code_path,
                             .code_sha256 = firmware->code_sha256,
                             .template_sha256 = firmware->vars_template_sha256},
                .disk = {.format = machine->disk_format,
                         .guid = disk_guid,
                         .esp_guid = esp_guid,
                         .size = run->in->settings->disk_size},
                .entry = {.label = entry->label, .path = entry->path, .number = entry->number},
                .vars_sha256 = vars_sha256,
                .patches = json_object_get(run->result, "patches"),
        };
        return machine_save(machine, run->in->settings, &identity, err);
}

static bool seal(struct installation *run, struct error *err)
{
        struct facts_input files = machine_files(run->in->machine);
        AUTO_FACTS struct facts facts = {.in = &files};
        files.vars = FACTS_QEMU_VARS;
        if (facts_read_vars(&facts, NULL))
                files.label = target_label(run->in->profile, &facts.chain);
        display_waiting(run->display, "checking vars and disk ...");
        if (!examine(run, &facts, err) || !gpt_read(facts.disk, &facts.gpt, err))
                return false;
        const struct boot_entry *entry = bootchain_find_number(&facts.chain, facts.match.entry);
        run->outcome->entry = text_format("Boot%04X \"%s\" %s", entry->number, entry->label, entry->path);
        json_object_set_new(run->result, "boot_entry", json_string(run->outcome->entry));
        if (!write_seal(run, entry, &facts, err))
                return error_wrap(err, "cannot seal the machine");
        display_step(run->display, "Boot%04X \"%s\" matches the disk; sealed", entry->number, entry->label);
        return true;
}

static bool install(struct installation *run, struct error *err)
{
        display_waiting(run->display, "creating payload, vars and disk ...");
        if (!install_prepare(run, err))
                return false;
        json_object_set_new(run->result, "vars_before", result_vars(run->in->machine->vars_path));
        if (!run_machine(run, err))
                return false;
        if (!run->outcome->stopped)
                return seal(run, err);
        json_object_set_new(run->result, "stopped_at", json_string(run->in->until));
        return true;
}

static json_t *firmware_json(const struct firmware *firmware)
{
        return json_pack("{s:s, s:s?, s:s?, s:s, s:s, s:s, s:s, s:s}", "name", firmware->name, "package",
                         firmware->package, "version", firmware->version, "source", firmware->source, "verified",
                         firmware->verified, "code", firmware->code_path, "code_sha256", firmware->code_sha256,
                         "template_sha256", firmware->vars_template_sha256);
}

bool install_run(const struct install_input *input, struct install_outcome *outcome, struct error *err)
{
        *outcome = (struct install_outcome){.accel = memory_text(input->settings->accel)};
        const struct machine *machine = input->machine;
        AUTO_EVIDENCE struct evidence *evidence =
                evidence_begin(input->runs ? input->runs : machine->runs_folder, input->tag, "install", err);
        if (!evidence)
                return false;
        AUTO_DISPLAY struct display *display = display_begin("install");
        AUTO_FREE char *payload = file_path(machine->run_folder, "payload.img");
        struct installation run = {
                .in = input, .outcome = outcome, .evidence = evidence, .display = display, .payload_path = payload};
        outcome->evidence = memory_text(evidence_folder(evidence));
        run.result = result_new("install", machine, input->settings, input->profile);
        json_object_set_new(run.result, "firmware", firmware_json(input->firmware));
        bool installed = install(&run, err);
        if (!json_object_get(run.result, "vars_after"))
                json_object_set_new(run.result, "vars_after", result_vars(machine->vars_path));
        if (installed)
                result_identity(run.result, machine, input->firmware->code_path);
        unlink(payload);
        payload_info_free(&run.payload_info);
        outcome->duration_ms = evidence_elapsed_ms(evidence);
        AUTO_ERROR struct error unwritten = {0};
        bool written = result_write(run.result, evidence, err, &unwritten);
        json_decref(run.result);
        if (installed && !written)
                return error_set(err, unwritten.code, "%s", unwritten.message);
        return installed;
}
