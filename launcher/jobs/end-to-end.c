// SPDX-License-Identifier: Apache-2.0
#include "launcher/jobs/end-to-end.h"

#include <stdio.h>

#include "base/cli.h"
#include "base/memory.h"
#include "base/text.h"
#include "fw/firmware.h"

// Everything in the summary.
struct summary {
        struct firmware firmware;
        struct install_outcome install;
        struct boot_outcome boot;
        bool installed, booted;
};

static void print_row(const char *label, const char *value)
{
        printf("%-12s%s\n", label, value);
}

static void print_summary(const struct summary *summary, const char *verdict)
{
        if (summary->firmware.name) {
                AUTO_FREE char *firmware = text_format("%s (%s)", summary->firmware.name, summary->firmware.verified);
                print_row("firmware", firmware);
        }
        AUTO_FREE char *install_time = text_duration(summary->install.duration_ms);
        AUTO_FREE char *install = text_format("%s in %s%s", summary->installed ? "complete" : "FAILED", install_time,
                                              summary->install.reboot_seen ? ", reboot seen" : "");
        print_row("install", install);
        if (summary->install.entry)
                print_row("boot entry", summary->install.entry);
        if (summary->installed) {
                AUTO_FREE char *boot_time = text_duration(summary->boot.duration_ms);
                AUTO_FREE char *boot = text_format(
                        "%s in %s%s", summary->booted ? "up" : "FAILED", boot_time,
                        summary->booted && !summary->boot.expected_entry ? ", by the firmware's generic entry" : "");
                print_row("boot alone", boot);
        }
        if (summary->boot.booted)
                print_row("booted", summary->boot.booted);
        if (summary->install.evidence)
                print_row("evidence", summary->install.evidence);
        if (summary->boot.evidence)
                print_row("", summary->boot.evidence);
        print_row("result", verdict);
}

static void print_json(const struct summary *summary, const struct error *err)
{
        json_t *json =
                json_pack("{s:b, s:i, s:b, s:b, s:s?, s:s?, s:s?, s:s?, s:s?}", "pass", err->code == 0, "exit_code",
                          (int)err->code, "installed", summary->installed, "booted_alone", summary->booted, "accel",
                          summary->install.accel, "boot_entry", summary->install.entry, "booted", summary->boot.booted,
                          "install_evidence", summary->install.evidence, "boot_evidence", summary->boot.evidence);
        json_object_set_new(json, "install_seconds", json_real((double)summary->install.duration_ms / 1000));
        json_object_set_new(json, "boot_seconds", json_real((double)summary->boot.duration_ms / 1000));
        if (summary->firmware.name) {
                json_object_set_new(json, "firmware", json_string(summary->firmware.name));
                json_object_set_new(json, "firmware_verified", json_string(summary->firmware.verified));
        }
        if (err->message)
                json_object_set_new(json, "message", json_string(err->message));
        cli_print_json(json);
}

int end_to_end_run(const struct request *request, const char *folder, struct error *err)
{
        struct summary summary = {0};
        summary.installed = request_install(request, folder, &summary.firmware, &summary.install, err);
        const struct request_stay only_to_see = {.stay = BOOT_STOP};
        summary.booted = summary.installed && request_boot(request, folder, &only_to_see, &summary.boot, err);
        if (request->json)
                print_json(&summary, err);
        else if (summary.install.evidence)
                print_summary(&summary, summary.booted ? "PASS" : "FAIL");
        firmware_free(&summary.firmware);
        install_outcome_free(&summary.install);
        boot_outcome_free(&summary.boot);
        return (int)err->code;
}
