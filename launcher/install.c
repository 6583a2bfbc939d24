// SPDX-License-Identifier: Apache-2.0
#include "launcher/install.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "fw/digest.h"
#include "launcher/drive.h"
#include "launcher/forecast.h"
#include "launcher/payload.h"
#include "launcher/result.h"
#include "varstore/bootchain.h"
#include "varstore/variable.h"
#include "verify/gpt.h"

enum {
        TOOL_TIMEOUT_MS = 60000,
        TOOL_OUTPUT = 1 << 16,
        TICK_US = 100000,
        LINE_TIMEOUT_S = 5,
};

void install_outcome_free(struct install_outcome *outcome)
{
        free(outcome->evidence);
        free(outcome->entry);
        *outcome = (struct install_outcome){0};
}

// Fresh vars: the template, formatted by us where it is blank, with a Timeout of 0, which saves 5 seconds at every boot.
static bool make_vars(const char *template, const char *vars, struct error *err)
{
        AUTO_VARSTORE struct varstore *store = NULL;
        const struct bytes no_wait = {(const uint8_t[]){0, 0}, 2};
        const uint32_t attributes =
                EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS;
        if (!varstore_load(template, &store, err))
                return false;
        if (varstore_is_blank(store) && !varstore_format(store, err))
                return error_wrap(err, "%s", template);
        return varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Timeout", attributes, no_wait, err) &&
               varstore_save(store, vars, 0666, err);
}

static bool make_disk(const char *path, uint64_t size, struct error *err)
{
        AUTO_ARGUMENTS struct arguments arguments = {0};
        AUTO_PROCESS_RESULT struct process_result result = {0};
        arguments_add(&arguments, "qemu-img");
        arguments_add(&arguments, "create");
        arguments_add(&arguments, "-q");
        arguments_add(&arguments, "-f");
        arguments_add(&arguments, "qcow2");
        arguments_add(&arguments, path);
        arguments_add_format(&arguments, "%" PRIu64, size);
        return process_run_checked(&arguments, TOOL_OUTPUT, TOOL_TIMEOUT_MS, &result, err);
}

static bool make_payload(const struct install_input *input, const char *image, struct error *err)
{
        if (input->payload_folder)
                return payload_from_folder(input->payload_folder, image, err);
        return payload_rehearsal(input->rehearsal_options, image, err);
}

// The target is found in the installer's list by its size, so the payload must not have the same.
static bool check_sizes(const struct install_input *input, const char *payload, struct error *err)
{
        struct stat status;
        if (stat(payload, &status) != 0)
                return error_system(err, "%s: cannot examine", payload);
        uint64_t difference = (uint64_t)status.st_size > input->settings->disk_size
                                      ? (uint64_t)status.st_size - input->settings->disk_size
                                      : input->settings->disk_size - (uint64_t)status.st_size;
        if (difference > input->settings->disk_size / 100)
                return true;
        return error_set(err, ERROR_USAGE,
                         "the disk is as large as the payload, and the installer's list could not tell them apart; "
                         "choose another --disk-size");
}

// Everything that QEMU needs, made anew. From here on the machine is no installed one until it is sealed again.
static bool prepare(const struct install_input *input, const char *payload, struct error *err)
{
        struct machine *machine = input->machine;
        if (machine->installed && !input->force)
                return error_set(err, ERROR_USAGE,
                                 "%s is installed already (%s); --force installs it anew and loses what is on its disk",
                                 machine->folder, machine->identity.installed_at);
        // What can fail before anything of an older installation is lost comes first.
        AUTO_FREE char *qemu = process_find(input->settings->qemu, err);
        AUTO_FREE char *qemu_img = qemu ? process_find("qemu-img", err) : NULL;
        if (!qemu_img || !make_payload(input, payload, err) || !check_sizes(input, payload, err))
                return false;
        if (!machine_save(machine, input->settings, NULL, err))
                return false;
        unlink(machine->sealed_path);
        return make_vars(input->firmware->vars_template_path, machine->vars_path, err) &&
               make_disk(machine->disk_path, input->settings->disk_size, err);
}

// A run under way.
struct installation {
        const struct install_input *in;
        struct install_outcome *outcome;
        struct evidence *evidence;
        struct display *display;
        struct vm *vm;
        json_t *result;
        const char *payload; // its image
        struct judge judge;  // of the phase that runs
};

// Waits until DONE says so. False with no message in ERR where TIMEOUT_S is over first.
static bool wait_until(struct installation *run, bool (*done)(const struct installation *), uint64_t timeout_s,
                       struct error *err)
{
        uint64_t deadline = time_now_us() + timeout_s * 1000000;
        while (!done(run)) {
                enum vm_event event;
                uint64_t now = time_now_us();
                if (now >= deadline)
                        return false;
                if (!vm_wait(run->vm, now + TICK_US < deadline ? now + TICK_US : deadline, &event, err) ||
                    !judge_check(&run->judge, err))
                        return false;
                display_tick(run->display);
                if (event == VM_ENDED)
                        return vm_fail_ended(run->vm, err);
        }
        return true;
}

static bool required_met(const struct installation *run)
{
        return criteria_complete(run->judge.criteria);
}

static bool all_met(const struct installation *run)
{
        return judge_all_met(&run->judge);
}

static bool has_booted(const struct installation *run)
{
        return run->judge.has_booted;
}

static bool waits_at_reset(const struct installation *run)
{
        return vm_state(run->vm)->paused_at_reset;
}

// The judgement of a phase whose time is over.
static bool conclude(const struct judge *judge, const char *what, uint64_t seconds, struct error *err)
{
        struct criteria_verdict verdict = criteria_judge(judge->criteria);
        if (err->code)
                return false;
        if (verdict.outcome == VERDICT_PASS)
                return true;
        AUTO_FREE char *explanation = criteria_explanation(&verdict);
        return error_set(err, ERROR_TIMED_OUT, "%s, after %" PRIu64 " s: %s", what, seconds, explanation);
}

static struct drive_input drive_input_of(const struct installation *run)
{
        return (struct drive_input){
                .vm = run->vm,
                .evidence = run->evidence,
                .display = run->display,
                .judge = &run->judge,
                .profile = run->in->profile,
                .password = run->in->password,
                .disk_size = run->in->settings->disk_size,
        };
}

static bool drive_phase(struct installation *run, struct error *err)
{
        const struct drive_input input = drive_input_of(run);
        if (!drive_install(&input, err))
                return false;
        // The last screen is there; its line in the log is whole a moment later.
        wait_until(run, required_met, LINE_TIMEOUT_S, err);
        return conclude(&run->judge, "the installer is at its last screen, but its log lacks something", LINE_TIMEOUT_S,
                        err);
}

// The guest resets; the firmware comes back and starts what the installer has put first.
static bool reboot_phase(struct installation *run, struct error *err)
{
        const struct drive_input input = drive_input_of(run);
        uint64_t seconds = run->in->settings->reboot_observe_s;
        display_waiting(run->display, "watching the reboot ...");
        if (!drive_reboot(&input, err))
                return false;
        if (wait_until(run, waits_at_reset, seconds, err)) {
                display_step(run->display, "The guest resets");
                forecast_note(run->result, &(struct forecast_input){.vars_path = run->in->machine->vars_path,
                                                                    .disk_path = run->in->machine->disk_path,
                                                                    .disk_format = "qcow2",
                                                                    .disk_bus = run->in->settings->disk_bus,
                                                                    .payload = FORECAST_WITH_PAYLOAD,
                                                                    .payload_path = run->payload});
                if (!vm_reboot(run->vm, err))
                        return false;
                run->outcome->reboot_seen = wait_until(run, all_met, seconds, err);
                if (run->outcome->reboot_seen && wait_until(run, has_booted, LINE_TIMEOUT_S, err))
                        forecast_compare(run->result, &run->judge);
        }
        if (!conclude(&run->judge, "the guest did not reboot", seconds, err))
                return false;
        if (run->outcome->reboot_seen)
                display_step(run->display, "The firmware starts again");
        return true;
}

static bool with_judge(struct installation *run, const struct profile_phase *phase, const char *name,
                       bool (*work)(struct installation *, struct error *), struct error *err)
{
        if (!judge_begin(&run->judge, phase, run->evidence, err))
                return false;
        bool worked = work(run, err);
        bool written = result_phase(run->result, run->evidence, name, &run->judge, worked ? err : NULL);
        judge_end(&run->judge);
        return worked && written;
}

static bool run_machine(struct installation *run, const char *payload, struct error *err)
{
        const struct vm_input input = {
                .machine = run->in->machine,
                .settings = run->in->settings,
                .code_path = run->in->firmware->code_path,
                .payload_path = payload,
                .evidence = run->evidence,
        };
        AUTO_VM struct vm *vm = vm_start(&input, err);
        if (!vm)
                return false;
        run->vm = vm;
        run->payload = payload;
        json_object_set_new(run->result, "qemu", json_string(vm_state(vm)->qemu_version));
        const struct profile *profile = run->in->profile;
        bool reboots = strcmp(run->in->settings->reboot_action, "enter") == 0;
        bool worked = with_judge(run, &profile->install, "install", drive_phase, err) &&
                      (!reboots || with_judge(run, &profile->reboot, "reboot", reboot_phase, err));
        run->vm = NULL;
        return worked;
}

// What the installation left: the boot entry in the variables, and that it leads to this disk.
static bool examine(const struct installation *run, struct bootchain *chain, struct disk *disk, struct match *match,
                    struct error *err)
{
        const struct match_input input = {.chain = chain, .disk = disk, .label = run->in->profile->boot_label};
        if (!match_compare(&input, match, err))
                return false;
        json_object_set_new(run->result, "match", result_match(match));
        if (match->holds)
                return true;
        const char *advice = match_reason_advice(match->reason);
        return error_set(err, ERROR_NO, "the installer ran to its end, but the disk would not boot by itself: %s%s%s",
                         match->explanation, advice ? " " : "", advice ? advice : "");
}

// Copies the variables as the installation left them, and writes down everything that a later boot is held against.
static bool write_seal(struct installation *run, const struct boot_entry *entry, const struct gpt *gpt,
                       const struct match *match, struct error *err)
{
        struct machine *machine = run->in->machine;
        const struct firmware *firmware = run->in->firmware;
        struct digest digest;
        if (!file_copy(machine->vars_path, machine->sealed_path, 0666, err) ||
            !digest_file(machine->sealed_path, &digest, err))
                return false;
        AUTO_FREE char *vars_sha256 = digest_hex(&digest);
        AUTO_FREE char *now = time_stamp();
        char disk_guid[37];
        char esp_guid[37];
        guid_text(gpt->disk, disk_guid);
        guid_text(match->partition_guid, esp_guid);
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
                .disk = {.format = "qcow2",
                         .guid = disk_guid,
                         .esp_guid = esp_guid,
                         .size = run->in->settings->disk_size},
                .entry = {.label = entry->label, .path = entry->path, .number = entry->number},
                .vars_sha256 = vars_sha256,
        };
        return machine_save(machine, run->in->settings, &identity, err);
}

static bool seal(struct installation *run, struct error *err)
{
        AUTO_VARSTORE struct varstore *store = NULL;
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        AUTO_DISK struct disk *disk = NULL;
        AUTO_MATCH struct match match = {0};
        AUTO_GPT struct gpt gpt = {0};
        const struct machine *machine = run->in->machine;
        display_waiting(run->display, "checking vars and disk ...");
        if (!varstore_load(machine->vars_path, &store, err) || !varstore_is_sound(store, machine->vars_path, err) ||
            !bootchain_read(store, &chain, err) || !disk_open(machine->disk_path, "qcow2", &disk, err) ||
            !examine(run, &chain, disk, &match, err) || !gpt_read(disk, &gpt, err))
                return false;
        const struct boot_entry *entry = bootchain_find_number(&chain, match.entry);
        run->outcome->entry = text_format("Boot%04X \"%s\" %s", entry->number, entry->label, entry->path);
        json_object_set_new(run->result, "boot_entry", json_string(run->outcome->entry));
        if (!write_seal(run, entry, &gpt, &match, err))
                return error_wrap(err, "cannot seal the machine");
        display_step(run->display, "Boot%04X \"%s\" matches the disk; sealed", entry->number, entry->label);
        return true;
}

static bool install(struct installation *run, const char *payload, struct error *err)
{
        display_waiting(run->display, "making payload, vars and disk ...");
        return prepare(run->in, payload, err) && run_machine(run, payload, err) && seal(run, err);
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
        *outcome = (struct install_outcome){0};
        const struct machine *machine = input->machine;
        AUTO_EVIDENCE struct evidence *evidence =
                evidence_begin(input->runs ? input->runs : machine->runs_folder, input->tag, "install", err);
        if (!evidence)
                return false;
        AUTO_DISPLAY struct display *display = display_begin("install");
        AUTO_FREE char *payload = file_path(machine->run_folder, "payload.img");
        struct installation run = {.in = input, .outcome = outcome, .evidence = evidence, .display = display};
        outcome->evidence = memory_text(evidence_folder(evidence));
        run.result = result_new("install", machine, input->settings, input->profile);
        json_object_set_new(run.result, "firmware", firmware_json(input->firmware));
        bool installed = install(&run, payload, err);
        unlink(payload);
        outcome->duration_ms = evidence_elapsed_ms(evidence);
        AUTO_ERROR struct error unwritten = {0};
        bool written = result_write(run.result, evidence, err, &unwritten);
        json_decref(run.result);
        if (installed && !written)
                return error_set(err, unwritten.code, "%s", unwritten.message);
        return installed;
}
