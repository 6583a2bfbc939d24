// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "base/time.h"
#include "launcher/diagnosis/forecast.h"
#include "launcher/diagnosis/target.h"
#include "launcher/evidence/result.h"
#include "launcher/jobs/install-private.h"
#include "launcher/screen/terminal.h"
#include "launcher/vm/attach.h"

enum {
        LINE_TIMEOUT_S = 5,      // for a line of the log to be complete
        FIRMWARE_TIMEOUT_S = 60, // for the firmware to start the installer
};

static bool reboots(const struct installation *run)
{
        return strcmp(run->in->settings->reboot_action, "enter") == 0;
}

static bool has_reset(const struct installation *run)
{
        return vm_state(run->vm)->paused_at_reset;
}

// ---- waiting

// Waits until DONE. On a timeout, returns false with ERR empty.
static bool wait_until(struct installation *run, bool (*done)(const struct installation *), uint64_t timeout_s,
                       struct error *err)
{
        uint64_t deadline = time_now_us() + timeout_s * 1000000;
        vm_be_patient(run->vm, true);
        while (!done(run)) {
                enum vm_event event;
                uint64_t due = display_due_us(run->display);
                if (time_now_us() >= deadline)
                        return false;
                if (!vm_wait(run->vm, due < deadline ? due : deadline, &event, err) || !judge_check(&run->judge, err) ||
                    !vm_check_panic(run->vm, err))
                        return false;
                display_console_line(run->display, judge_last_line(&run->judge));
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

static bool has_booted(const struct installation *run)
{
        return run->judge.has_booted;
}

static bool all_met(const struct installation *run)
{
        return judge_all_met(&run->judge);
}

static bool has_ended_itself(const struct installation *run)
{
        return has_reset(run) || vm_state(run->vm)->shut_down;
}

// Judges a phase whose time is over.
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

// ---- the installer

// Judges the next phase from now on, too: under a person or a kickstart, the guest may shut down without notice.
static bool expect_reboot(struct installation *run, struct error *err)
{
        return !reboots(run) || judge_follow(&run->judge, &run->in->profile->reboot, err);
}

// Gives the machine to the user. *RESUMED: the automation continues. A guest that resets meanwhile was installed by
// hand, and its reboot is watched as usual.
static bool hand_over(struct installation *run, bool *resumed, struct error *err)
{
        const struct attach_input input = {
                .foreground = true,
                .offered = MENU_OFFER(MENU_LEAVE) | MENU_OFFER(MENU_POWER_OFF) | MENU_OFFER(MENU_RESET) |
                           MENU_OFFER(MENU_SCREENSHOT) | MENU_OFFER(MENU_RESUME),
                .leave_text = "end the run",
        };
        enum attach_end end;
        evidence_event(run->evidence, "hand-over", json_pack("{s:s}", "step", drive_step(run->drive)));
        display_step(run->display, "The console is yours, at the step '%s'", drive_step(run->drive));
        display_pause(run->display);
        bool ended = expect_reboot(run, err) && attach_run(run->vm, &input, &end, err);
        display_resume(run->display);
        if (!ended)
                return false;
        *resumed = end == ATTACH_RESUME;
        evidence_event(run->evidence, "hand-back", json_pack("{s:b}", "resumed", *resumed));
        if (*resumed || end == ATTACH_RESET)
                return true;
        return error_set(err, ERROR_INTERRUPTED, "the installation was ended by hand at the step '%s'",
                         drive_step(run->drive));
}

// Whether the user shall help where the automation does not know what to do: always with a question that it cannot answer,
// if there is a terminal, and if asked for with anything else.
static bool may_help(const struct installation *run, const struct error *err)
{
        bool wanted = run->in->hand_over || drive_met_unknown(run->drive);
        return wanted && terminal_is_there() && drive_is_stuck(run->drive, err);
}

// Tells the user why the automation stopped, and forgets the error.
static void tell_stuck(struct installation *run, struct error *err)
{
        evidence_event(run->evidence, "stuck", json_pack("{s:s}", "message", err->message));
        display_step(run->display, "%.*s", (int)strcspn(err->message, "\n"), err->message);
        error_clear(err);
}

// Drives to the last screen, with the user in between if requested.
static bool drive_to_end(struct installation *run, struct error *err)
{
        const char *until = run->in->until;
        for (bool resumed = true; resumed;) {
                enum drive_end end;
                if (drive_install(run->drive, until, &end, err)) {
                        if (!until)
                                return true;
                        run->outcome->stopped = !run->in->hand_over;
                        if (run->outcome->stopped)
                                return true;
                        until = NULL;
                } else {
                        if (!may_help(run, err))
                                return false;
                        tell_stuck(run, err);
                }
                if (!hand_over(run, &resumed, err))
                        return false;
        }
        return true;
}

static bool driven_phase(struct installation *run, struct error *err)
{
        if (!drive_to_end(run, err))
                return false;
        if (run->outcome->stopped)
                return true;
        // The last screen is there; its line in the log is complete a moment later.
        wait_until(run, required_met, LINE_TIMEOUT_S, err);
        return conclude(&run->judge, "the installer is at its last screen, but its log is incomplete", LINE_TIMEOUT_S,
                        err);
}

// With a kickstart nothing is typed: the installer is watched until it resets or powers off by itself.
static bool kickstart_phase(struct installation *run, struct error *err)
{
        uint64_t seconds = run->in->profile->kickstart.wait_s;
        display_waiting(run->display, "the installer follows its kickstart ...");
        if (!wait_until(run, has_booted, FIRMWARE_TIMEOUT_S, err) || !expect_reboot(run, err))
                return err->code ? false : error_set(err, ERROR_TIMED_OUT, "the firmware did not start the payload");
        if (!wait_until(run, has_ended_itself, seconds, err))
                return err->code ? false
                                 : error_set(err, ERROR_TIMED_OUT,
                                             "the installation by kickstart did not finish within %" PRIu64 " s",
                                             seconds);
        display_step(run->display, "Installed by its kickstart");
        return conclude(&run->judge, "the kickstart finished, but its log is incomplete", seconds, err);
}

// ---- the reboot

static void predict(struct installation *run)
{
        struct facts_input files = machine_files(run->in->machine);
        AUTO_FACTS struct facts facts = {.in = &files};
        files.code_path = run->in->firmware->code_path;
        forecast_attach(&files, run->in->settings->disk_bus, FORECAST_WITH_PAYLOAD, run->payload_path);
        forecast_note(run->result, &facts);
}

// The guest resets, and the firmware starts what the installer has put first.
static bool reboot_phase(struct installation *run, struct error *err)
{
        uint64_t seconds = run->in->settings->reboot_observe_s;
        display_waiting(run->display, "watching the reboot ...");
        if (!has_ended_itself(run) && !drive_reboot(run->drive, err))
                return false;
        if (wait_until(run, has_reset, seconds, err)) {
                display_step(run->display, "The guest resets");
                predict(run);
                run->judge.has_booted = false;
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

// ---- all of them

static bool work_and_note(struct installation *run, const char *name,
                          bool (*work)(struct installation *, struct error *), struct error *err)
{
        json_object_set_new(vm_status(run->vm), "phase", json_string(name));
        bool worked = work(run, err);
        bool written = result_phase(run->result, run->evidence, name, &run->judge, worked ? err : NULL);
        return worked && written;
}

// A kickstart may end with the machine switched off. Then there is no reboot to watch.
static bool is_off(const struct installation *run)
{
        return run->payload_info.has_kickstart && vm_state(run->vm)->shut_down;
}

static bool run_phases(struct installation *run, struct error *err)
{
        const struct profile *profile = run->in->profile;
        bool scripted = run->payload_info.has_kickstart;
        if (!judge_begin(&run->judge, scripted ? &profile->kickstart : &profile->install, run->evidence, err) ||
            !work_and_note(run, scripted ? "kickstart" : "install", scripted ? kickstart_phase : driven_phase, err))
                return false;
        if (!reboots(run) || run->outcome->stopped || is_off(run))
                return true;
        return (judge_has_follower(&run->judge) || expect_reboot(run, err)) && judge_advance(&run->judge) &&
               work_and_note(run, "reboot", reboot_phase, err);
}

// A disk that was just made may be overwritten, unless another one is pointed out to the installer.
static enum profile_when allowed_over(const struct install_input *input)
{
        bool is_new = input->over == WHEN_KEEP && !input->disk_name && !input->disk_position;
        return is_new ? WHEN_OVERWRITE : input->over;
}

bool install_phases(struct installation *run, struct error *err)
{
        const struct fill fill = {
                .hostname = machine_name(run->in->machine),
                .label = run->in->profile->boot_labels[0],
                .given = run->in->texts,
        };
        const struct drive_input input = {
                .vm = run->vm,
                .evidence = run->evidence,
                .display = run->display,
                .judge = &run->judge,
                .profile = run->in->profile,
                .password = run->in->payload.password,
                .fill = &fill,
                .disk = {.size = run->in->settings->disk_size,
                         .name = run->in->disk_name,
                         .position = run->in->disk_position},
                .payload_size = run->payload_info.size,
                .over = allowed_over(run->in),
        };
        AUTO_DRIVE struct drive *drive = drive_new(&input);
        run->drive = drive;
        bool done = run_phases(run, err);
        run->drive = NULL;
        judge_end(&run->judge);
        return done;
}
