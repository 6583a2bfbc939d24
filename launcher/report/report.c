// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/report.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/paths.h"
#include "fw/digest-cache.h"
#include "launcher/report/chain.h"
#include "launcher/report/criteria.h"
#include "launcher/report/disk.h"
#include "launcher/report/html.h"
#include "launcher/report/parameters.h"
#include "launcher/report/screen.h"
#include "launcher/report/timeline.h"
#include "launcher/report/transcript.h"
#include "launcher/report/verdict.h"
#include "varstore/bootchain.h"
#include "varstore/varstore.h"

enum {
        ASSET_LIMIT = 1 << 20,
        REHEARSAL_LOOKED_AT = 65536, // bytes of the console searched in an unfinished run
};

// The prefix of the moments' anchors in the console.
static const char MOMENT_ANCHOR[] = "at";

struct report {
        struct text *html;
        struct report_subject subject;
        struct run_record record;
        struct machine machine;
        struct console_anchors anchors;
        struct text console; // made first, because it finds the anchors
};

// Reads the file NAME, the page's style or script.
static bool read_asset(const char *name, struct buffer *content, struct error *err)
{
        AUTO_FREE char *path = paths_data(name, err);
        return path && file_read(path, ASSET_LIMIT, content, err);
}

static bool add_head(struct report *report, const struct buffer *style, const struct buffer *script, struct error *err)
{
        struct digest digest;
        unsigned char base64[4 * (DIGEST_SIZE + 2) / 3 + 1];
        if (!digest_bytes(buffer_view(script), &digest, err))
                return false;
        EVP_EncodeBlock(base64, digest.bytes, DIGEST_SIZE);
        text_add_format(
                report->html,
                REPORT_BEGINNING
                "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
                "script-src 'sha256-%s'; base-uri 'none'; form-action 'none'\"/>\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>",
                (const char *)base64);
        html_add_format(report->html, "%s: %s", report->record.name, verdict_word(&report->record));
        text_add(report->html, "</title>\n<style>\n");
        text_add_span(report->html, (const char *)style->data, style->size);
        text_add(report->html, "</style>\n</head>\n<body>\n");
        return true;
}

// A section that the navigation leads to.
static void open_section(struct text *html, const char *id, const char *title)
{
        text_add_format(html, "<section id=\"%s\">\n<h2>%s</h2>\n", id, title);
}

static void close_section(struct text *html)
{
        text_add(html, "</section>\n");
}

static void add_rehearsal(struct report *report)
{
        if (report->subject.is_rehearsal)
                text_add(report->html,
                         "<aside class=\"rehearsal\"><strong>A rehearsal: the guest is not VMware ESXi.</strong> "
                         "QEMU, firmware, variables, disk and console are real; what runs on them is the rehearsal "
                         "guest, which stands in for ESXi.</aside>\n");
}

static void add_navigation(struct report *report)
{
        static const struct {
                const char *id, *title;
        } sections[] = {
                {"timeline", "Timeline"},
                {"criteria", "Criteria"},
                {"prediction", "Prediction"},
                {"chain", "Boot chain"},
                {"disk", "Disk"},
                {"screens", "Screens"},
                {"console", "Console"},
                {"parameters", "Parameters"},
        };
        text_add(report->html, "<nav aria-label=\"sections\">");
        for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
                text_add_format(report->html, "<a href=\"#%s\">%s</a> ", sections[i].id, sections[i].title);
        text_add(report->html, "</nav>\n");
}

static void add_header(struct report *report)
{
        struct text *html = report->html;
        const char *folder =
                report->machine.folder ? report->machine.folder : json_text(report->record.result, "machine");
        const char *name = folder ? strrchr(folder, '/') : NULL;
        text_add(html, "<header>\n");
        html_element(html, "p class=\"kicker\"", name ? name + 1 : "esxiarm");
        html_element(html, "h1", report->record.name);
        verdict_to_html(html, &report->subject);
        figures_to_html(html, &report->subject);
        text_add(html, "</header>\n");
        add_navigation(report);
}

static void add_failure(struct report *report)
{
        if (!report->record.failure_screen)
                return;
        open_section(report->html, "failure", "The screen when it failed");
        text_add(report->html, "<div class=\"gallery\"><figure>\n");
        screen_to_html(report->html, report->record.failure_screen);
        text_add(report->html, "</figure></div>\n");
        close_section(report->html);
}

static void add_timeline(struct report *report)
{
        open_section(report->html, "timeline", "Timeline");
        timeline_to_html(report->html, &report->record);
        close_section(report->html);
}

static void add_criteria(struct report *report)
{
        open_section(report->html, "criteria", "Criteria");
        criteria_to_html(report->html, report->record.result, &report->anchors);
        close_section(report->html);
}

static char *entry_text(const json_t *entry)
{
        const char *number = json_text(entry, "entry");
        const char *label = json_text(entry, "label");
        const char *path = json_text(entry, "path");
        if (!number)
                return memory_text("nothing");
        return text_format("Boot%s \"%s\" %s", number, label ? label : "", path ? path : "");
}

static void add_entry_row(struct text *html, const char *heading, const json_t *entry)
{
        if (!json_is_object(entry))
                return;
        AUTO_FREE char *text = entry_text(entry);
        html_row(html, heading, text);
}

static void add_agreement(struct text *html, const json_t *result)
{
        const json_t *agrees = json_object_get(result, "agrees");
        if (json_is_boolean(agrees))
                text_add(html, json_is_true(agrees)
                                       ? "<p class=\"agrees good\"><span>\xE2\x9C\x93</span> Booted as predicted.</p>\n"
                                       : "<p class=\"agrees bad\"><span>\xE2\x9C\x97</span> Did not boot as "
                                         "predicted.</p>\n");
}

static void add_match(struct text *html, const json_t *match)
{
        if (!json_is_object(match))
                return;
        text_add(html, json_is_true(json_object_get(match, "holds"))
                               ? "<p class=\"agrees good\"><span>\xE2\x9C\x93</span> Firmware, variables and disk "
                                 "belong together.</p>\n"
                               : "<p class=\"agrees bad\"><span>\xE2\x9C\x97</span> Firmware, variables and disk do "
                                 "not belong "
                                 "together.</p>\n");
        text_add(html, "<div class=\"wide\"><table class=\"rows pairs\"><tbody>\n");
        html_row(html, "why", json_text(match, "explanation"));
        html_row(html, "found", json_text(match, "found"));
        html_row(html, "expected", json_text(match, "expected"));
        html_row(html, "remark", json_text(match, "remark"));
        text_add(html, "</tbody></table></div>\n");
}

static void add_prediction(struct report *report)
{
        struct text *html = report->html;
        const json_t *result = report->record.result;
        const json_t *prediction = json_object_get(result, "prediction");
        open_section(html, "prediction", "What boots: prediction and fact");
        if (!prediction && !json_object_get(result, "fact") && !json_object_get(result, "match"))
                text_add(html, "<p>The run ended before the disk booted.</p>\n");
        add_agreement(html, result);
        text_add(html, "<div class=\"wide\"><table class=\"rows pairs\"><tbody>\n");
        add_entry_row(html, "predicted", prediction);
        html_row(html, "because", json_text(prediction, "reason"));
        html_row(html, "predicted", json_text(result, "prediction_error"));
        add_entry_row(html, "fact", json_object_get(result, "fact"));
        text_add(html, "</tbody></table></div>\n");
        add_match(html, json_object_get(result, "match"));
        close_section(html);
}

// The template that the installation began with, if it is still beside CODE and unchanged; else NULL.
static struct varstore *load_template(const struct report *report)
{
        const struct machine *machine = &report->machine;
        const json_t *firmware = json_object_get(report->record.result, "firmware");
        const char *code = machine->identity.firmware.code_path ? machine->identity.firmware.code_path
                                                                : json_text(firmware, "code");
        const char *sha256 = machine->identity.firmware.template_sha256 ? machine->identity.firmware.template_sha256
                                                                        : json_text(firmware, "template_sha256");
        const char *slash = code ? strrchr(code, '/') : NULL;
        struct digest digest;
        struct digest expected;
        struct varstore *store = NULL;
        if (!slash || !sha256 || !digest_parse(sha256, &expected))
                return NULL;
        AUTO_FREE char *path = text_format("%.*s/AAVMF_VARS.fd", (int)(slash - code), code);
        AUTO_ERROR struct error err = {0};
        if (!digest_remembered(path, &digest, &err) || !digest_equal(&digest, &expected) ||
            !varstore_load(path, &store, &err))
                return NULL;
        return store;
}

// The store at PATH; NULL if PATH is NULL or does not exist. If it cannot be read, the page reports that.
static struct varstore *load_store(struct text *html, const char *path)
{
        AUTO_ERROR struct error err = {0};
        struct varstore *store = NULL;
        if (!path || !file_exists(path))
                return NULL;
        if (!varstore_load(path, &store, &err) || !varstore_is_sound(store, path, &err))
                html_element(html, "p class=\"note\"", err.message);
        return store;
}

static void add_chain(struct report *report)
{
        struct text *html = report->html;
        const struct machine *machine = &report->machine;
        open_section(html, "chain", "Boot chain");
        AUTO_VARSTORE struct varstore *template = load_template(report);
        AUTO_VARSTORE struct varstore *sealed = load_store(html, machine->sealed_path);
        AUTO_VARSTORE struct varstore *live = load_store(html, machine->vars_path);
        if (sealed)
                chain_to_html(html, "Before: the firmware's template", template, "After: as the installation left it",
                              sealed);
        if (sealed && live) {
                text_add(html, "<h3>Since then</h3>\n");
                chain_to_html(html, "As the installation left it", sealed, "As it is now", live);
        } else if (live) {
                chain_to_html(html, "Before: the firmware's template", template, "As it is now", live);
        }
        if (!sealed && !live)
                text_add(html, "<p>The machine's variable store was not found.</p>\n");
        close_section(html);
}

// The partition that the entry LABEL of the live store names. False if not known.
static bool find_booted(const struct machine *machine, struct guid *booted)
{
        AUTO_ERROR struct error err = {0};
        AUTO_VARSTORE struct varstore *store = NULL;
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        const char *label = machine->identity.entry.label ? machine->identity.entry.label : "VMware ESXi";
        if (!file_exists(machine->vars_path) || !varstore_load(machine->vars_path, &store, &err) ||
            !bootchain_read(store, &chain, &err))
                return false;
        const struct boot_entry *entry = bootchain_find_label(&chain, label);
        if (!entry || !entry->has_partition || !entry->partition.gpt)
                return false;
        *booted = entry->partition.guid;
        return true;
}

static bool add_partitions(struct report *report, struct error *err)
{
        const struct machine *machine = &report->machine;
        AUTO_DISK struct disk *disk = NULL;
        AUTO_GPT struct gpt gpt = {0};
        struct guid booted;
        if (!disk_open(machine->disk_path, machine->disk_format, &disk, err) || !gpt_read(disk, &gpt, err))
                return false;
        disk_to_html(report->html, &gpt, disk_size(disk), find_booted(machine, &booted) ? &booted : NULL);
        return true;
}

static void add_disk(struct report *report)
{
        AUTO_ERROR struct error err = {0};
        open_section(report->html, "disk", "Disk, as it is now");
        if (!report->machine.folder || !file_exists(report->machine.disk_path))
                text_add(report->html, "<p>The machine's disk was not found.</p>\n");
        else if (!add_partitions(report, &err))
                html_element(report->html, "p class=\"note\"", err.message);
        close_section(report->html);
}

static void add_screen(struct report *report, size_t number)
{
        const struct run_moment *moment = &report->record.moments[number];
        text_add_format(report->html, "<figure id=\"screen-%zu\"><figcaption>", number);
        html_element(report->html, "b", moment->title);
        if (console_anchors_has(&report->anchors, MOMENT_ANCHOR, number))
                text_add_format(report->html, "<a href=\"#%s-%zu\">%.2f s</a>", MOMENT_ANCHOR, number, moment->time);
        else
                text_add_format(report->html, "<span>%.2f s</span>", moment->time);
        text_add(report->html, "</figcaption>\n");
        screen_to_html(report->html, moment->screen);
        text_add(report->html, "</figure>\n");
}

static void add_screens(struct report *report)
{
        size_t count = 0;
        open_section(report->html, "screens", "Screens");
        text_add(report->html, "<div class=\"gallery\">\n");
        for (size_t i = 0; i < report->record.count; i++) {
                if (!report->record.moments[i].screen)
                        continue;
                add_screen(report, i);
                count++;
        }
        text_add(report->html, "</div>\n");
        if (!count)
                text_add(report->html, "<p>No screens were kept: the launcher sent no keys in this run.</p>\n");
        close_section(report->html);
}

static void add_console(struct report *report)
{
        open_section(report->html, "console", "Console");
        text_add(report->html, "<div id=\"search\"></div>\n");
        text_add_span(report->html, text_string(&report->console), report->console.length);
        text_add(report->html, "<a id=\"console-end\"></a>\n");
        close_section(report->html);
}

static void add_parameters(struct report *report)
{
        open_section(report->html, "parameters", "Parameters");
        parameters_to_html(report->html, &report->subject);
        close_section(report->html);
}

static void add_foot(struct report *report, const struct buffer *script)
{
        text_add(report->html, "<footer>Made by ");
        html_add(report->html, "esxiarm " VERSION);
        text_add(report->html, " from the files of the run; this page loads nothing from "
                               "elsewhere.</footer>\n</main>\n<script>");
        text_add_span(report->html, (const char *)script->data, script->size);
        text_add(report->html, "</script>\n</body>\n</html>\n");
}

static void (*const parts[])(struct report *report) = {
        add_rehearsal, add_header, add_failure, add_timeline, add_criteria,   add_prediction,
        add_chain,     add_disk,   add_screens, add_console,  add_parameters,
};

static void make_console(struct report *report)
{
        struct run_record *record = &report->record;
        criteria_anchors(record->result, &report->anchors);
        for (size_t i = 0; i < record->count; i++) {
                if (record->moments[i].screen)
                        console_anchors_add(&report->anchors, MOMENT_ANCHOR, i)->time = record->moments[i].time;
        }
        AUTO_FREE char *path = file_path(record->folder, "console.txt");
        console_to_html(&report->console, path, &report->anchors);
}

// Opens the run's machine if it can be found: the named one, or the one that the run names or is in.
static void find_machine(struct report *report, const char *named)
{
        AUTO_ERROR struct error err = {0};
        AUTO_FREE char *around = file_path(report->record.folder, "../..");
        AUTO_FREE char *json = file_path(around, "machine.json");
        const char *folder = named ? named : json_text(report->record.result, "machine");
        if (!named && file_exists(json))
                folder = around;
        if (!folder || !machine_open(folder, false, &report->machine, &err))
                return;
        report->subject.machine = &report->machine;
}

// Whether the run is a rehearsal. If it is unfinished, only the machine and the console show that.
static bool looks_like_rehearsal(const struct report *report)
{
        const json_t *told = json_object_get(report->record.result, "rehearsal");
        AUTO_FREE char *path = file_path(report->record.folder, "console.txt");
        if (json_is_boolean(told))
                return json_is_true(told);
        if (report->subject.machine && report->machine.identity.rehearsal)
                return true;
        FILE *file = fopen(path, "re");
        AUTO_FREE char *start = memory_new(REHEARSAL_LOOKED_AT + 1, 1);
        size_t size = file ? fread(start, 1, REHEARSAL_LOOKED_AT, file) : 0;
        if (file)
                fclose(file);
        start[size] = '\0';
        return strstr(start, "rehearsal") != NULL;
}

static bool fill(struct report *report, struct error *err)
{
        AUTO_BUFFER struct buffer style = {0};
        AUTO_BUFFER struct buffer script = {0};
        if (!read_asset("report/report.css", &style, err) || !read_asset("report/report.js", &script, err))
                return false;
        make_console(report);
        if (!add_head(report, &style, &script, err))
                return false;
        text_add(report->html, "<main>\n");
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
                parts[i](report);
        add_foot(report, &script);
        return true;
}

bool report_make(const struct report_input *input, struct text *html, struct report_outcome *outcome, struct error *err)
{
        struct report report = {.html = html, .machine = {.lock = -1}};
        *outcome = (struct report_outcome){0};
        if (!run_record_read(input->run_folder, &report.record, err))
                return false;
        find_machine(&report, input->machine_folder);
        uint64_t owner;
        report.subject.record = &report.record;
        report.subject.is_rehearsal = looks_like_rehearsal(&report);
        report.subject.is_running =
                !report.record.result && report.subject.machine && machine_is_held(&report.machine, &owner);
        bool made = fill(&report, err);
        outcome->verdict = verdict_word(&report.record);
        outcome->is_rehearsal = report.subject.is_rehearsal;
        if (report.subject.machine)
                machine_close(&report.machine);
        console_anchors_free(&report.anchors);
        text_free(&report.console);
        run_record_free(&report.record);
        return made;
}
