// SPDX-License-Identifier: Apache-2.0
#include "launcher/jobs/boot.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arguments.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "fw/digest-cache.h"
#include "launcher/diagnosis/forecast.h"
#include "launcher/diagnosis/target.h"
#include "launcher/evidence/judge.h"
#include "launcher/evidence/result.h"
#include "launcher/jobs/task.h"
#include "launcher/machine/forward.h"
#include "launcher/screen/display.h"
#include "launcher/vm/attach.h"
#include "launcher/vm/qemu-probe.h"
#include "launcher/vm/vm.h"
#include "verify/facts.h"

void boot_outcome_free(struct boot_outcome *outcome)
{
        free(outcome->evidence);
        free(outcome->accel);
        free(outcome->booted);
        json_decref(outcome->task);
        *outcome = (struct boot_outcome){0};
}

// A run in progress.
struct booting {
        const struct boot_input *in;
        struct boot_outcome *outcome;
        struct evidence *evidence;
        struct display *display;
        json_t *result;
        struct judge judge;
        uint16_t entry;    // the number of the disk's own boot entry
        const char *label; // its label
        struct vm *vm;     // once it is up
        bool has_failed;   // since then
};

// Compares vars, disk and firmware. A damaged store is not booted: the firmware may repair it by dropping variables.
static bool compare(struct facts *facts, struct error *err)
{
        struct digest digest;
        if (!facts_read_vars(facts, err) || !digest_remembered(facts->in->code_path, &digest, err))
                return false;
        AUTO_FREE char *code_sha256 = digest_hex(&digest);
        return facts_compare(facts, code_sha256, err);
}

// The command that restores the vars of the installation, if FILES match with those, else the advice for MATCH; freed
// with free().
static char *advice(const struct machine *machine, struct facts_input files, const struct match *match)
{
        AUTO_FACTS struct facts sealed = {.in = &files};
        files.vars_path = machine->sealed_path;
        if (files.vars_path && compare(&sealed, NULL) && sealed.match.holds) {
                AUTO_ARGUMENTS struct arguments command = {0};
                ARGUMENTS_ADD_ALL(&command, "cp", machine->sealed_path, machine->vars_path);
                AUTO_FREE char *quoted = arguments_quoted(&command);
                return text_format("\nThe vars of the installation still match. To restore them:\n  %s", quoted);
        }
        const char *general = match_reason_advice(match->reason);
        return text_format("%s%s", general ? " " : "", general ? general : "");
}

// Whether the firmware will start the system's own entry, as far as that is known.
static bool starts_itself(const struct booting *run, const struct prediction *prediction, struct error *err)
{
        const struct prediction_step *started = prediction->started;
        if (!prediction->is_certain || !started || started->number == run->entry)
                return true;
        AUTO_FREE char *name = prediction_step_name(started);
        return error_set(err, ERROR_NO,
                         "refusing to start: the firmware would start %s \"%s\" and not the system's own Boot%04X "
                         "\"%s\"; esxiarm diagnose shows how to fix that, --force starts it anyway",
                         name, started->label ? started->label : "", run->entry, run->label);
}

// Nothing is started unless firmware, vars and disk belong together.
static bool match_machine(struct booting *run, struct error *err)
{
        const struct machine *machine = run->in->machine;
        struct facts_input files = machine_files(machine);
        AUTO_FACTS struct facts facts = {.in = &files};
        const struct match *match = &facts.match;
        files.vars = FACTS_QEMU_VARS;
        files.code_path = run->in->code_path;
        forecast_attach(&files, run->in->settings->disk_bus, FORECAST_WITHOUT_PAYLOAD, NULL);
        if (!machine->identity.entry.label && facts_read_vars(&facts, NULL))
                files.label = target_label(run->in->profile, &facts.chain);
        run->label = files.label;
        if (!compare(&facts, err)) {
                AUTO_FREE char *fix = advice(machine, files, match);
                return error_append(err, "%s", fix);
        }
        json_object_set_new(run->result, "match", result_match(match));
        json_object_set_new(run->result, "vars_before", result_vars(files.vars_path));
        if (!match->holds) {
                AUTO_FREE char *fix = advice(machine, files, match);
                return error_set(err, ERROR_NO, "refusing to start: %s%s%s", match->explanation, fix,
                                 strchr(fix, '\n') ? "" : " (esxiarm diagnose shows what fixes it)");
        }
        run->entry = match->entry;
        display_step(run->display, "Firmware, vars and disk match");
        forecast_note(run->result, &facts);
        return run->in->force || starts_itself(run, &facts.prediction, err);
}

// Records what the firmware reported that it starts.
static void note_booted(struct booting *run)
{
        const struct judge *judge = &run->judge;
        if (!judge->has_booted)
                return;
        forecast_compare(run->result, judge);
        const struct boot_line *line = &judge->booted;
        run->outcome->booted = text_format("Boot%04X \"%s\" from %s", line->number, line->label ? line->label : "",
                                           line->path ? line->path : "(no path)");
        run->outcome->expected_entry =
                line->number == run->entry && line->label && strcmp(line->label, run->label) == 0;
        json_object_set_new(run->result, "booted", json_string(run->outcome->booted));
        json_object_set_new(run->result, "booted_own_entry", json_boolean(run->outcome->expected_entry));
}

// Shows each criterion as it is met.
static void show_progress(struct booting *run, size_t *shown)
{
        struct criteria_verdict verdict = criteria_judge(run->judge.criteria);
        while (*shown < verdict.count) {
                const struct criterion_finding *finding = &verdict.findings[*shown];
                bool wanted = finding->criterion->kind != CRITERION_FORBIDDEN && !finding->criterion->panic;
                if (wanted && finding->met)
                        display_step(run->display, "%s: %s", finding->criterion->name, finding->text);
                else if (wanted && finding->criterion->kind == CRITERION_REQUIRED)
                        return;
                ++*shown;
        }
}

// Whether another entry than the system's own runs, and did not just return to the firmware.
static bool is_elsewhere(const struct booting *run)
{
        const struct judge *judge = &run->judge;
        return run->in->stay == BOOT_STOP && !run->in->force && judge->has_booted && judge->has_spoken &&
               judge->booted.number != run->entry;
}

static bool fail_elsewhere(const struct booting *run, struct error *err)
{
        const struct boot_line *line = &run->judge.booted;
        return error_set(err, ERROR_NO, "the firmware started Boot%04X \"%s\" and not the system's own Boot%04X \"%s\"",
                         line->number, line->label ? line->label : "", run->entry, run->label);
}

// When a console that goes on printing nothing has hung; UINT64_MAX if it may be silent.
static uint64_t hangs_at_us(const struct booting *run, struct vm *vm)
{
        uint64_t quiet_s = run->in->profile->boot.quiet_s;
        return quiet_s && run->judge.has_booted ? vm_state(vm)->last_output_us + quiet_s * 1000000 : UINT64_MAX;
}

static bool fail_hung(const struct booting *run, struct error *err)
{
        return error_set(err, ERROR_TIMED_OUT,
                         "the installed system hangs: the console has printed nothing for %u s, since the line: %s",
                         (unsigned)run->in->profile->boot.quiet_s, judge_last_line(&run->judge));
}

static bool fail_timed_out(struct booting *run, struct vm *vm, struct error *err)
{
        struct criteria_verdict verdict = criteria_judge(run->judge.criteria);
        AUTO_FREE char *explanation = criteria_explanation(&verdict);
        const char *screen = console_text(vm_console(vm));
        return error_set(err, ERROR_TIMED_OUT,
                         "the installed system did not come up within %" PRIu64 " s: %s The screen shows:\n%s",
                         run->in->settings->boot_timeout_s, explanation,
                         *screen ? screen : "(nothing: the guest has not printed anything)\n");
}

static bool watch(struct booting *run, struct vm *vm, struct error *err)
{
        uint64_t deadline = time_now_us() + run->in->settings->boot_timeout_s * 1000000;
        size_t shown = 0;
        display_waiting(run->display, "booting the disk alone ...");
        vm_be_patient(vm, true);
        while (!criteria_complete(run->judge.criteria)) {
                enum vm_event event;
                uint64_t due = display_due_us(run->display);
                uint64_t hangs_at = hangs_at_us(run, vm);
                if (time_now_us() >= deadline)
                        return fail_timed_out(run, vm, err);
                if (time_now_us() >= hangs_at)
                        return fail_hung(run, err);
                due = hangs_at < due ? hangs_at : due;
                if (!vm_wait(vm, due < deadline ? due : deadline, &event, err) || !judge_check(&run->judge, err) ||
                    !vm_check_panic(vm, err))
                        return false;
                if (is_elsewhere(run))
                        return fail_elsewhere(run, err);
                show_progress(run, &shown);
                display_console_line(run->display, judge_last_line(&run->judge));
                display_tick(run->display);
                if (event == VM_ENDED)
                        return vm_fail_ended(vm, err);
        }
        show_progress(run, &shown);
        return true;
}

// Saves the console's last lines and screen of a run that failed with ERR, unless the user ended it.
static void save_failure(struct vm *vm, const struct error *err)
{
        if (err->code != ERROR_INTERRUPTED)
                vm_save_failure(vm);
}

static bool bring_up(struct booting *run, struct vm *vm, struct error *err)
{
        json_object_set_new(run->result, "qemu", json_string(vm_state(vm)->qemu_version));
        json_object_set_new(vm_status(vm), "phase", json_string("booting"));
        if (!judge_begin(&run->judge, &run->in->profile->boot, run->evidence, err))
                return false;
        display_watch(run->display, run->in->watch ? vm_console(vm) : NULL);
        bool up = watch(run, vm, err);
        display_watch(run->display, NULL);
        note_booted(run);
        bool written = result_phase(run->result, run->evidence, "boot", &run->judge, up ? err : NULL);
        if (!up)
                save_failure(vm, err);
        return up && written;
}

// Reports that it is up: to the evidence, to the user, and in the status.
static bool announce(struct booting *run, struct vm *vm, struct error *err)
{
        json_t *status = vm_status(vm);
        json_object_set_new(status, "phase", json_string("up"));
        json_object_set_new(status, "booted", json_string(run->outcome->booted));
        json_object_set_new(status, "own_entry", json_boolean(run->outcome->expected_entry));
        run->outcome->duration_ms = evidence_elapsed_ms(run->evidence);
        display_end(&run->display);
        // A machine that does not stay up gets its result in a moment.
        if (run->in->stay != BOOT_STOP && !result_write(run->result, run->evidence, err, err))
                return false;
        if (run->in->up)
                run->in->up(run->outcome, run->in->context);
        return true;
}

// ---- tasks

static json_t *run_task(struct booting *run, const struct task_input *input, struct error *err)
{
        json_t *result = task_run(input, err);
        if (!json_object_get(run->result, "tasks"))
                json_object_set_new(run->result, "tasks", json_array());
        json_array_append_new(json_object_get(run->result, "tasks"), json_deep_copy(result));
        return result;
}

static struct fill fill_of(const struct booting *run, const struct arguments *texts)
{
        return (struct fill){.hostname = machine_name(run->in->machine), .label = run->label, .given = texts};
}

// For attach_run: a client's task. The client shows its progress.
static json_t *take_task(struct vm *vm, const struct vm_task *wanted, void *context)
{
        struct booting *run = context;
        AUTO_ERROR struct error err = {0};
        AUTO_PROFILE struct profile *profile = profile_read(wanted->profile, &err);
        const struct profile_task *task = profile ? profile_task(profile, wanted->name, &err) : NULL;
        if (!task || !fill_check(&task->phase, &wanted->texts, &err))
                return task_refused(wanted->name, &err);
        AUTO_DISPLAY struct display *display = display_begin(NULL);
        const struct task_input input = {
                .vm = vm,
                .evidence = run->evidence,
                .judge = &run->judge,
                .display = display,
                .profile = profile,
                .task = task,
                .password = wanted->password,
                .fill = fill_of(run, &wanted->texts),
        };
        return run_task(run, &input, &err);
}

// What a task changes may be written to the disk only when the guest shuts down.
static bool shut_down(struct booting *run, struct vm *vm, struct error *err)
{
        uint64_t seconds = run->in->settings->reboot_observe_s;
        uint64_t deadline = time_now_us() + seconds * 1000000;
        const struct vm_state *state = vm_state(vm);
        if (!vm_power_off(vm, err))
                return false;
        display_waiting(run->display, "waiting for the guest to power off ...");
        while (!state->shut_down) {
                enum vm_event event;
                uint64_t due = display_due_us(run->display);
                if (time_now_us() >= deadline)
                        return error_set(err, ERROR_TIMED_OUT,
                                         "the task is done, but the guest did not power itself off within %" PRIu64
                                         " s after its power button was pressed",
                                         seconds);
                if (!vm_wait(vm, due < deadline ? due : deadline, &event, err))
                        return false;
                if (state->ended && !state->shut_down)
                        return vm_fail_ended(vm, err);
                display_tick(run->display);
        }
        display_step(run->display, "The guest is off");
        return true;
}

static bool do_task(struct booting *run, struct vm *vm, struct error *err)
{
        AUTO_DISPLAY struct display *display = display_begin("task");
        const struct task_input input = {
                .vm = vm,
                .evidence = run->evidence,
                .judge = &run->judge,
                .display = display,
                .profile = run->in->profile,
                .task = run->in->task,
                .password = run->in->password,
                .fill = fill_of(run, run->in->texts),
        };
        display_watch(display, run->in->watch ? vm_console(vm) : NULL);
        run->outcome->task = run_task(run, &input, err);
        if (err->code)
                return false;
        run->display = display;
        bool down = shut_down(run, vm, err);
        run->display = NULL;
        return down;
}

// ---- staying up

static const char *const endings[] = {
        [ATTACH_LEFT] = "left by the user",
        [ATTACH_POWERED_OFF] = "powered off",
        [ATTACH_STOPPED] = "stopped",
};

// For attach_run: if the system panics after it came up, the machine keeps running and its status reports the panic.
static void look(void *context)
{
        struct booting *run = context;
        AUTO_ERROR struct error err = {0};
        if (run->has_failed || judge_check(&run->judge, &err))
                return;
        run->has_failed = true;
        json_object_set_new(vm_status(run->vm), "phase", json_string(err.code == ERROR_PANIC ? "panicked" : "failed"));
        json_object_set_new(vm_status(run->vm), "failure", json_string(err.message));
        evidence_event(run->evidence, "failure", json_pack("{s:s}", "message", err.message));
}

static bool stay_up(struct booting *run, struct vm *vm, struct error *err)
{
        run->vm = vm;
        static const unsigned offered = MENU_OFFER(MENU_LEAVE) | MENU_OFFER(MENU_POWER_OFF) | MENU_OFFER(MENU_RESET) |
                                        MENU_OFFER(MENU_SCREENSHOT);
        const struct attach_input input = {
                .foreground = run->in->stay == BOOT_FOREGROUND,
                .offered = offered,
                .leave_text = "stop the machine",
                .look = look,
                .task = take_task,
                .context = run,
        };
        enum attach_end end;
        bool ended = attach_run(vm, &input, &end, err);
        json_object_set_new(run->result, "ended", json_string(ended ? endings[end] : err->message));
        return ended && judge_check(&run->judge, err);
}

static bool boot(struct booting *run, struct error *err)
{
        const struct settings *settings = run->in->settings;
        if (!match_machine(run, err) || !qemu_ready(settings, err) || !forwards_check_host(&settings->forwards, err))
                return false;
        const struct vm_input input = {
                .machine = run->in->machine,
                .settings = settings,
                .command = "boot-installed",
                .code_path = run->in->code_path,
                .evidence = run->evidence,
        };
        AUTO_VM struct vm *vm = vm_start(&input, err);
        if (!vm || !bring_up(run, vm, err) || !announce(run, vm, err))
                return false;
        if (run->in->task)
                return do_task(run, vm, err);
        return run->in->stay == BOOT_STOP || stay_up(run, vm, err);
}

bool boot_run(const struct boot_input *input, struct boot_outcome *outcome, struct error *err)
{
        *outcome = (struct boot_outcome){.accel = memory_text(input->settings->accel)};
        const struct machine *machine = input->machine;
        AUTO_EVIDENCE struct evidence *evidence =
                evidence_begin(input->runs ? input->runs : machine->runs_folder, input->tag, "boot", err);
        if (!evidence)
                return false;
        struct booting run = {.in = input, .outcome = outcome, .evidence = evidence};
        run.display = display_begin("boot");
        outcome->evidence = memory_text(evidence_folder(evidence));
        run.result = result_new("boot-installed", machine, input->settings, input->profile);
        result_identity(run.result, machine, input->code_path);
        bool booted = boot(&run, err);
        judge_end(&run.judge);
        json_object_set_new(run.result, "vars_after", result_vars(machine->vars_path));
        display_end(&run.display);
        if (!outcome->duration_ms)
                outcome->duration_ms = evidence_elapsed_ms(evidence);
        AUTO_ERROR struct error unwritten = {0};
        bool written = result_write(run.result, evidence, err, &unwritten);
        json_decref(run.result);
        if (booted && !written)
                return error_set(err, unwritten.code, "%s", unwritten.message);
        return booted;
}
