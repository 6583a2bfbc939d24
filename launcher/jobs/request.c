// SPDX-License-Identifier: Apache-2.0
#include "launcher/jobs/request.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "fw/choose.h"
#include "fw/firmware.h"
#include "fw/given.h"
#include "fw/installed.h"
#include "launcher/drive/drive.h"
#include "launcher/jobs/password.h"
#include "launcher/jobs/task.h"
#include "launcher/machine/machine.h"
#include "launcher/machine/profile.h"
#include "launcher/payload/patch-list.h"
#include "launcher/screen/terminal.h"
#include "launcher/vm/print-command.h"
#include "launcher/vm/qemu-probe.h"
#include "launcher/vm/recovery.h"

enum {
        MOST_DISKS = 1000
};

#define REHEARSAL_PASSWORD "Rehearsal-1"

// A boot or a rehearsal takes any installed firmware; a real installer takes the one that it is known to run on.
static bool is_real(const struct request *request)
{
        return (request->iso || request->payload) && !request->rehearsal && !request->any_payload;
}

static bool choose_firmware(const struct request *request, struct firmware *firmware, struct error *err)
{
        if (!request->code != !request->vars_template)
                return error_set(
                        err, ERROR_USAGE,
                        "--aavmf-code and --aavmf-vars-template (AAVMF_CODE, AAVMF_VARS_TEMPLATE) go together");
        if (request->code)
                return firmware_from_files(request->code, request->vars_template, firmware, err);
        if (request->firmware)
                return firmware_named(request->firmware, true, firmware, err);
        return is_real(request) ? firmware_for_esxi(NULL, NULL, firmware, err) : firmware_default(firmware, err);
}

// More memory than the host has lets the host swap: slow, but it works.
static void warn_of_memory(const struct settings *settings)
{
        long pages = sysconf(_SC_PHYS_PAGES);
        long page_size = sysconf(_SC_PAGESIZE);
        if (pages <= 0 || page_size <= 0)
                return;
        uint64_t host_mb = (uint64_t)pages * (uint64_t)page_size >> 20;
        if (settings->memory_mb > host_mb)
                cli_warn("the machine needs %" PRIu64 " MiB of memory, but this host has %" PRIu64 "; --memory sets it",
                         settings->memory_mb, host_mb);
}

// A relative path of a program starts at the current folder, not at the one that QEMU runs in.
static bool make_absolute(struct machine *machine, const char **program, struct error *err)
{
        if (!*program || **program == '/' || !strchr(*program, '/'))
                return true;
        AUTO_FREE char *here = realpath(".", NULL);
        if (!here)
                return error_system(err, "the current folder");
        const char *below = text_starts_with(*program, "./") ? *program + 2 : *program;
        *program = machine_keep(machine, file_path(here, below));
        return true;
}

// Flags and environment, then the machine, then the profile, then the defaults.
static bool complete_settings(const struct request *request, struct machine *machine, const struct profile *profile,
                              struct settings *settings, struct error *err)
{
        struct settings from_profile = {
                .memory_mb = profile->machine.memory_mb,
                .cpus = profile->machine.cpus,
                .reboot_observe_s = profile->reboot.wait_s,
                .boot_timeout_s = profile->boot.wait_s,
        };
        text_parse_size(profile->machine.disk_size, &from_profile.disk_size);
        *settings = request->settings;
        if (!make_absolute(machine, &settings->qemu, err))
                return false;
        settings_complete(settings, &machine->settings);
        settings_complete(settings, &from_profile);
        return qemu_choose_accelerator(settings, err) && settings_finish(settings, err);
}

char *request_stored(const char *folder, size_t offset)
{
        const size_t begin = offsetof(struct request, settings);
        AUTO_MACHINE struct machine machine = {.lock = -1};
        if (offset < begin || offset >= begin + sizeof machine.settings || !machine_open(folder, false, &machine, NULL))
                return NULL;
        return settings_show(&machine.settings, offset - begin);
}

static const char *source_of(const struct request *request)
{
        return request->iso ? request->iso : request->payload;
}

static bool has_automatic_kickstart(const struct request *request)
{
        return request->kickstart && strcmp(request->kickstart, "auto") == 0;
}

// Whether root's password will be typed, or its hash written into a kickstart. The user's own kickstart, or one in the
// payload, needs neither, nor does a profile that types none.
static bool needs_password(const struct request *request, const struct profile *profile, bool *needed,
                           struct error *err)
{
        AUTO_PAYLOAD_INFO struct payload_info info = {0};
        bool automatic = has_automatic_kickstart(request);
        *needed = automatic || (!request->kickstart && profile_types_password(profile));
        if (automatic || !*needed || request->rehearsal || profile->payload == PROFILE_PAYLOAD_ANY)
                return true;
        if (!payload_inspect(source_of(request), &info, err))
                return false;
        *needed = !info.has_kickstart;
        return true;
}

// The rehearsal guest protects nothing, so it gets a password without asking.
static char *choose_password(const struct request *request, const struct profile *profile, struct error *err)
{
        const char *given = getenv("ROOT_PASSWORD");
        bool needed;
        if (!needs_password(request, profile, &needed, err))
                return NULL;
        if (!needed)
                return password_copy("");
        if (request->rehearsal && !request->password_file && !(given && *given))
                return password_copy(REHEARSAL_PASSWORD);
        AUTO_PASSWORD char *password = password_get(request->password_file, err);
        return password && profile_check_password(profile, password, err) ? MEMORY_TAKE(password) : NULL;
}

static bool check_source(const struct request *request, struct error *err)
{
        if (request->rehearsal + !!request->payload + !!request->iso > 1)
                return error_set(err, ERROR_USAGE, "--iso, --payload and --rehearsal exclude each other");
        if (!request->rehearsal && !source_of(request))
                return error_set(err, ERROR_USAGE, "no installer given: use --iso, --payload or --rehearsal");
        if (!request->rehearsal && request->rehearsal_options.count)
                return error_set(err, ERROR_USAGE, "--rehearsal-option needs --rehearsal");
        return true;
}

// A payload that may be anything is not changed.
static bool check_payload(const struct request *request, const struct profile *profile, struct error *err)
{
        bool changes = request->kernelopts.count || request->replacements.count || request->patches.count ||
                       request->kickstart;
        return profile->payload != PROFILE_PAYLOAD_ANY || !changes ||
               error_set(err, ERROR_USAGE,
                         "--kernelopt, --replace, --patch and --kickstart change installers of ESXi only; the profile "
                         "%s takes any payload, unchanged",
                         profile->name);
}

// Everything about the drive that can be checked before anything starts.
static bool check_driving(const struct request *request, const struct profile *profile, struct error *err)
{
        const struct drive_disk disk = {
                .size = 1, .name = request->disk_name, .position = (unsigned)request->disk_position};
        if (request->force + request->overwrite + request->upgrade > 1)
                return error_set(err, ERROR_USAGE, "--force, --overwrite and --upgrade exclude each other");
        if (request->disk_name && request->disk_position)
                return error_set(err, ERROR_USAGE, "--disk-name and --disk-position exclude each other");
        if (request->disk_position > MOST_DISKS)
                return error_set(err, ERROR_USAGE, "--disk-position: invalid value %" PRIu64 " (expected 1 to %d)",
                                 request->disk_position, MOST_DISKS);
        if (request->until && request->kickstart)
                return error_set(err, ERROR_USAGE, "--until cannot be used with a kickstart, which has no steps");
        if (request->hand_over && request->until && !terminal_is_there())
                return error_set(err, ERROR_USAGE, "--until STEP --hand-over needs a terminal");
        if (!request->kickstart && !fill_check(&profile->install, &request->texts, err))
                return false;
        return kickstart_options_check(&request->kickstart_options, has_automatic_kickstart(request), err) &&
               disk_list_check(&disk, err) && (!request->until || drive_check_until(profile, request->until, err));
}

// Mistakes in a patch are reported before anything is asked for; payload_make reads it again, and applies it.
static bool check_patches(const struct request *request, struct error *err)
{
        AUTO_PATCH_LIST struct patch_list list = {0};
        return patch_list_add_given(&list, &request->patches, err);
}

static const char *profile_name(const struct request *request)
{
        return request->profile ? request->profile : request->rehearsal ? "rehearsal" : "esxi8";
}

// Fails if the host lacks something, before anything is asked for, fetched or made. The accelerator chosen here is kept
// in REQUEST.
static bool check_host(struct request *request, const char *folder, const struct profile *profile, struct error *err)
{
        AUTO_MACHINE struct machine machine = {.lock = -1};
        struct settings settings;
        if (!machine_look(folder, &machine, err) || !complete_settings(request, &machine, profile, &settings, err) ||
            !qemu_ready(&settings, err))
                return false;
        if (request->settings.accel)
                request->settings.accel = settings.accel;
        warn_of_memory(&settings);
        return true;
}

static bool install(const struct request *request, const struct profile *profile, const char *folder,
                    struct firmware *firmware, struct install_outcome *outcome, struct error *err)
{
        AUTO_MACHINE struct machine machine = {.lock = -1};
        struct settings settings;
        AUTO_PASSWORD char *password = choose_password(request, profile, err);
        if (!password)
                return false;
        if (!choose_firmware(request, firmware, err) || !machine_open(folder, true, &machine, err) ||
            !machine_lock(&machine, err) || !recovery_run(&machine, err) ||
            (request->vars && !machine_use_vars(&machine, request->vars, err)) ||
            !complete_settings(request, &machine, profile, &settings, err))
                return false;
        const struct install_input input = {
                .machine = &machine,
                .settings = &settings,
                .profile = profile,
                .firmware = firmware,
                .payload = {.source = source_of(request),
                            .rehearsal_options = &request->rehearsal_options,
                            .kernelopts = &request->kernelopts,
                            .replacements = &request->replacements,
                            .patches = &request->patches,
                            .kickstart = request->kickstart,
                            .password = password,
                            .disk_type = settings.disk_bus,
                            .kickstart_options = &request->kickstart_options,
                            .for_one_run = true},
                .disk_name = request->disk_name,
                .disk_position = (unsigned)request->disk_position,
                .texts = &request->texts,
                .until = request->until,
                .hand_over = request->hand_over,
                .watch = request->watch,
                .tag = request->tag,
                .runs = request->runs,
                .force = request->force,
                .over = request->upgrade     ? WHEN_UPGRADE
                        : request->overwrite ? WHEN_OVERWRITE
                                             : WHEN_KEEP,
        };
        return install_run(&input, outcome, err);
}

bool request_install(const struct request *request, const char *folder, struct firmware *firmware,
                     struct install_outcome *outcome, struct error *err)
{
        struct request settled = *request;
        if (!check_source(request, err))
                return false;
        AUTO_PROFILE struct profile *profile = profile_read(profile_name(request), err);
        settled.any_payload = profile && profile->payload == PROFILE_PAYLOAD_ANY;
        return profile && check_payload(request, profile, err) && check_driving(request, profile, err) &&
               check_patches(request, err) && check_host(&settled, folder, profile, err) &&
               install(&settled, profile, folder, firmware, outcome, err);
}

void request_tell_evidence(const char *evidence, struct error *err)
{
        if (!err->message || !evidence)
                return;
        AUTO_FREE char *screen = file_path(evidence, "failure-screen.txt");
        error_append(err, "%sevidence: %s", text_ends_with(err->message, "\n") ? "" : "\n", evidence);
        if (file_exists(screen))
                error_append(err, "\nscreen:   %s", screen);
}

static bool check_installed(const struct machine *machine, const char *folder, struct error *err)
{
        return machine->installed ||
               error_set(err, ERROR_NO, "%s is not installed completely, so it cannot boot; run esxiarm install %s",
                         machine->folder, folder);
}

static bool is_file(const char *path)
{
        struct stat status;
        return stat(path, &status) == 0 && !S_ISDIR(status.st_mode);
}

// Opens the machine or disk to boot.
static bool open_bootable(const struct request *request, const char *path, struct machine *machine, struct error *err)
{
        if (!is_file(path))
                return machine_open(path, false, machine, err) &&
                       (!request->vars || machine_use_vars(machine, request->vars, err));
        if (!request->vars)
                return error_set(
                        err, ERROR_USAGE,
                        "%s is a disk, not a machine: use --vars FILE for the variable store that belongs to it", path);
        return machine_of_files(path, request->vars, machine, err);
}

// CODE of the firmware to boot MACHINE with, freed with free().
static char *choose_code(const struct request *request, const struct machine *machine, struct error *err)
{
        if (request->code)
                return memory_text(request->code);
        if (machine->identity.firmware.code_path && !request->firmware)
                return memory_text(machine->identity.firmware.code_path);
        AUTO_FIRMWARE struct firmware firmware = {0};
        if (!choose_firmware(request, &firmware, err))
                return NULL;
        return memory_text(firmware.code_path);
}

// The machine's copy of its profile; an older machine has the name only.
static const char *choose_profile(const struct request *request, const struct machine *machine)
{
        if (request->profile)
                return request->profile;
        if (machine->profile_path && access(machine->profile_path, F_OK) == 0)
                return machine->profile_path;
        return machine->identity.profile ? machine->identity.profile : "esxi8";
}

struct profile *request_profile(const struct request *request, const struct machine *machine, struct error *err)
{
        return profile_read(choose_profile(request, machine), err);
}

// Root's password for TASK; empty if it types none.
static char *task_password(const struct request *request, const struct profile *profile,
                           const struct profile_task *task, struct error *err)
{
        const char *given = getenv("ROOT_PASSWORD");
        if (!profile_phase_types_password(&task->phase))
                return password_copy("");
        if (profile->rehearsal && !request->password_file && !(given && *given))
                return password_copy(REHEARSAL_PASSWORD);
        return password_get_existing(request->password_file, err);
}

bool request_boot(const struct request *request, const char *path, const struct request_stay *stay,
                  struct boot_outcome *outcome, struct error *err)
{
        AUTO_MACHINE struct machine machine = {.lock = -1};
        struct settings settings;
        if (!open_bootable(request, path, &machine, err) || !machine_lock(&machine, err) ||
            !recovery_run(&machine, err) || !check_installed(&machine, path, err))
                return false;
        AUTO_PROFILE struct profile *profile = request_profile(request, &machine, err);
        if (!profile || !complete_settings(request, &machine, profile, &settings, err))
                return false;
        const struct profile_task *task = stay->task ? profile_task(profile, stay->task, err) : NULL;
        if (stay->task && (!task || !fill_check(&task->phase, &request->texts, err)))
                return false;
        AUTO_PASSWORD char *password = task ? task_password(request, profile, task, err) : NULL;
        if (task && !password)
                return false;
        AUTO_FREE char *code = choose_code(request, &machine, err);
        if (!code)
                return false;
        warn_of_memory(&settings);
        const struct boot_input input = {
                .machine = &machine,
                .settings = &settings,
                .profile = profile,
                .code_path = code,
                .tag = request->tag,
                .runs = request->runs,
                .watch = request->watch,
                .force = request->force,
                .stay = stay->stay,
                .task = task,
                .password = password,
                .texts = &request->texts,
                .up = stay->up,
                .context = stay->context,
        };
        return boot_run(&input, outcome, err);
}

// ---- tasks

// The machine is up: its launcher does the task.
static json_t *request_running_task(const struct request *request, const struct machine *machine, const char *name,
                                    struct error *err)
{
        AUTO_PROFILE struct profile *profile = request_profile(request, machine, err);
        const struct profile_task *task = profile ? profile_task(profile, name, err) : NULL;
        if (!task || !fill_check(&task->phase, &request->texts, err))
                return NULL;
        AUTO_PASSWORD char *password = task_password(request, profile, task, err);
        if (!password)
                return NULL;
        const char *chosen = choose_profile(request, machine);
        bool is_file = strchr(chosen, '/') || text_ends_with(chosen, ".yaml");
        AUTO_FREE char *path = is_file ? realpath(chosen, NULL) : memory_text(chosen);
        if (!path) {
                error_system(err, "%s", chosen);
                return NULL;
        }
        json_t *result = task_request(machine, path, task, &request->texts, password, err);
        const char *message = json_string_value(json_object_get(result, "message"));
        json_int_t code = json_integer_value(json_object_get(result, "exit_code"));
        if (code)
                error_set(err, (enum error_code)code, "%s", message ? message : "the task failed");
        request_tell_evidence(json_string_value(json_object_get(result, "evidence")), err);
        return result;
}

json_t *request_task(const struct request *request, const char *folder, const char *name, bool boot, struct error *err)
{
        AUTO_MACHINE struct machine machine = {.lock = -1};
        AUTO_BOOT_OUTCOME struct boot_outcome outcome = {0};
        uint64_t owner;
        if (!machine_open(folder, false, &machine, err))
                return NULL;
        if (machine_is_held(&machine, &owner))
                return request_running_task(request, &machine, name, err);
        if (!boot) {
                error_set(err, ERROR_NO, "%s is not up; --boot boots it for the task, and stops it afterwards", folder);
                return NULL;
        }
        machine_close(&machine);
        request_boot(request, folder, &(struct request_stay){.stay = BOOT_STOP, .task = name}, &outcome, err);
        request_tell_evidence(outcome.evidence, err);
        return MEMORY_TAKE(outcome.task);
}

// ---- --print-command

// CODE of the firmware that an installation would take, without fetching one; freed with free().
static char *find_code(const struct request *request, struct error *err)
{
        AUTO_FIRMWARE struct firmware firmware = {0};
        if (request->code) {
                char *path = realpath(request->code, NULL);
                if (!path)
                        error_system(err, "%s: cannot open", request->code);
                return path;
        }
        if (!request->firmware && is_real(request))
                return firmware_code_for_esxi(NULL, err);
        if (!(request->firmware ? firmware_named(request->firmware, false, &firmware, err)
                                : firmware_find(NULL, NULL, false, &firmware, err)))
                return NULL;
        return memory_text(firmware.code_path);
}

static bool print(const struct request *request, struct machine *machine, const struct profile *profile,
                  const char *code, const char *payload, struct error *err)
{
        struct settings settings;
        const struct print_command print = {
                .machine = machine,
                .settings = &settings,
                .code_path = code,
                .payload_path = payload,
                .json = request->json,
        };
        if (!complete_settings(request, machine, profile, &settings, err))
                return false;
        warn_of_memory(&settings);
        return print_command(&print, err);
}

bool request_print_install(const struct request *request, const char *folder, struct error *err)
{
        AUTO_MACHINE struct machine machine = {.lock = -1};
        AUTO_PROFILE struct profile *profile = profile_read(profile_name(request), err);
        struct request settled = *request;
        settled.any_payload = profile && profile->payload == PROFILE_PAYLOAD_ANY;
        AUTO_FREE char *code = profile ? find_code(&settled, err) : NULL;
        if (!code || !machine_look(folder, &machine, err))
                return false;
        AUTO_FREE char *payload = file_path(machine.run_folder, "payload.img");
        return print(request, &machine, profile, code, payload, err);
}

bool request_print_boot(const struct request *request, const char *path, struct error *err)
{
        AUTO_MACHINE struct machine machine = {.lock = -1};
        if (!open_bootable(request, path, &machine, err) || !check_installed(&machine, path, err))
                return false;
        AUTO_PROFILE struct profile *profile = profile_read(choose_profile(request, &machine), err);
        bool kept = machine.identity.firmware.code_path && !request->code && !request->firmware;
        AUTO_FREE char *code = !profile ? NULL
                               : kept   ? memory_text(machine.identity.firmware.code_path)
                                        : find_code(request, err);
        return code && print(request, &machine, profile, code, NULL, err);
}
