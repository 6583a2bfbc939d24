// SPDX-License-Identifier: Apache-2.0
#include "verify/causes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "varstore/bootchain.h"
#include "varstore/guid.h"
#include "varstore/loadopt.h"
#include "varstore/predict.h"
#include "varstore/remark.h"
#include "varstore/variable.h"
#include "varstore/varstore.h"
#include "verify/disk/fat.h"
#include "verify/disk/gpt.h"
#include "verify/log/lastboot.h"
#include "verify/match.h"

// Adds a piece of evidence; takes over WHERE and FOUND. Returns true, so that one expression can find a cause and its
// evidence.
static bool show(struct finding *finding, char *where, char *found, const char *expected)
{
        *MEMORY_ADD(finding->items, finding->count) = (struct evidence_item){
                .where = text_printable(where, strlen(where), false),
                .found = text_printable(found, strlen(found), false),
                .expected = expected ? text_printable(expected, strlen(expected), false) : NULL,
        };
        free(where);
        free(found);
        return true;
}

static char *at_offset(const char *path, uint64_t offset)
{
        return text_format("%s, offset 0x%" PRIX64, path, offset);
}

static char *at_line(const char *path, uint64_t line)
{
        return text_format("%s:%" PRIu64, path, line);
}

// ---- the log ----

static const struct lastboot *last_log(const struct facts *facts)
{
        return facts->log_count ? &facts->logs[facts->log_count - 1] : NULL;
}

static const struct lastboot_find *word_in_log(const struct facts *facts, enum lastboot_word word)
{
        const struct lastboot *log = last_log(facts);
        return log && log->found[word].line ? &log->found[word] : NULL;
}

static bool show_word(const struct facts *facts, enum lastboot_word word, const char *expected, struct finding *finding)
{
        const struct lastboot_find *find = word_in_log(facts, word);
        return find && show(finding, at_line(last_log(facts)->path, find->line), memory_text(find->text), expected);
}

static bool find_panic(const struct facts *facts, struct finding *finding)
{
        const char *options = facts->in->machine_options;
        if (show_word(facts, LASTBOOT_GIC_PANIC, "a reset without a panic: ESXi 8 needs a GICv2 for that", finding)) {
                if (options)
                        show(finding, memory_text("the machine's settings, machine_options"), memory_text(options),
                             "gic-version=2");
                return true;
        }
        return show_word(facts, LASTBOOT_PANIC, "no panic", finding);
}

// ---- the disk ----

static bool find_disk_missing(const struct facts *facts, struct finding *finding)
{
        return facts->disk_error.code == ERROR_USAGE &&
               show(finding, memory_text(facts->in->disk_path), memory_text(facts->disk_error.message), "a disk image");
}

static bool find_disk_unreadable(const struct facts *facts, struct finding *finding)
{
        return facts->disk_error.code == ERROR_DAMAGED &&
               show(finding, memory_text(facts->in->disk_path), memory_text(facts->disk_error.message),
                    "a valid disk image");
}

static bool is_unfinished_install(const struct facts *facts)
{
        const struct lastboot *log = last_log(facts);
        const struct facts_run *run = &facts->in->run;
        if (facts->has_loader || facts->in->is_running || (log && log->found[LASTBOOT_WAS_COMPLETE].line))
                return false;
        if (facts->in->is_machine)
                return !facts->in->is_installed && run->folder && run->is_install;
        return word_in_log(facts, LASTBOOT_INSTALLER) != NULL;
}

static bool find_install_interrupted(const struct facts *facts, struct finding *finding)
{
        const struct facts_run *run = &facts->in->run;
        const struct lastboot *log = last_log(facts);
        if (!is_unfinished_install(facts))
                return false;
        if (run->folder && !run->is_finished)
                show(finding, text_format("%s/result.json", run->folder),
                     memory_text("no result: the program did not finish"), "the result of the run");
        else if (run->message)
                show(finding, text_format("%s/result.json", run->folder), memory_text(run->message),
                     "a completed installation");
        if (log)
                show(finding, memory_text(log->path), memory_text("no such line"), "Installation Complete");
        show_word(facts, LASTBOOT_TOO_SMALL, "a disk that is large enough", finding);
        return finding->count > 0;
}

static bool is_blank(const struct facts *facts)
{
        return facts->disk && !facts->gpt_error.code && facts->gpt.state == GPT_BLANK;
}

// The entry that boots a disk; NULL if none.
static const struct boot_entry *own_entry(const struct facts *facts)
{
        const struct boot_entry *entry = bootchain_find_label(&facts->chain, facts->in->label);
        return entry && entry->has_partition && entry->partition.gpt ? entry : NULL;
}

static bool find_wrong_disk(const struct facts *facts, struct finding *finding)
{
        const char *installed = facts->in->installed_disk;
        const struct boot_entry *entry = own_entry(facts);
        char guid[37];
        if (facts_boot_themselves(facts))
                return false;
        if (facts->has_gpt && installed) {
                guid_text(facts->gpt.disk, guid);
                AUTO_FREE char *expected = text_format("the disk of the installation, GUID %s", installed);
                return !text_equal_ignoring_case(guid, installed) &&
                       show(finding, text_format("%s, its GPT", facts->in->disk_path),
                            text_format("disk GUID %s", guid), expected);
        }
        if (!is_blank(facts) || (!installed && !entry))
                return false;
        if (installed) {
                AUTO_FREE char *expected = text_format("the disk of the installation, GUID %s", installed);
                return show(finding, at_offset(facts->in->disk_path, 0), memory_text("a blank disk"), expected);
        }
        guid_text(entry->partition.guid, guid);
        AUTO_FREE char *expected =
                text_format("partition %s, which Boot%04X \"%s\" boots", guid, entry->number, entry->label);
        return show(finding, at_offset(facts->in->disk_path, 0), memory_text("a blank disk"), expected) &&
               show(finding, at_offset(facts->in->vars_path, entry->offset), memory_text(entry->path), NULL);
}

static bool find_disk_blank(const struct facts *facts, struct finding *finding)
{
        return is_blank(facts) &&
               show(finding, at_offset(facts->in->disk_path, 0), memory_text("zeroes: nothing was ever written there"),
                    "a GPT with an installed system");
}

static bool find_disk_damaged(const struct facts *facts, struct finding *finding)
{
        if (!facts->disk)
                return false;
        if (facts->gpt_error.code == ERROR_DAMAGED)
                return show(finding, at_offset(facts->in->disk_path, 0), memory_text(facts->gpt_error.message),
                            "a valid GPT");
        return facts->gpt.state == GPT_PRESENT && !facts->gpt.protective_mbr &&
               show(finding, at_offset(facts->in->disk_path, 0), memory_text("a GPT without a protective MBR"),
                    "a protective MBR: without one the firmware sees no partition");
}

static bool find_disk_without_gpt(const struct facts *facts, struct finding *finding)
{
        bool has_none = facts->disk && !facts->gpt_error.code &&
                        (facts->gpt.state == GPT_MBR_ONLY || facts->gpt.state == GPT_UNKNOWN);
        return has_none &&
               show(finding, at_offset(facts->in->disk_path, 0),
                    memory_text(facts->gpt.state == GPT_MBR_ONLY ? "only an MBR" : "neither a GPT nor an MBR"),
                    "a GPT");
}

static bool find_disk_without_esp(const struct facts *facts, struct finding *finding)
{
        return facts->has_gpt && !gpt_find_esp(&facts->gpt) &&
               show(finding, text_format("%s, its GPT", facts->in->disk_path),
                    text_format("%zu partitions, none of that type", facts->gpt.count), "an EFI system partition");
}

// ---- the firmware ----

static bool find_firmware_changed(const struct facts *facts, struct finding *finding)
{
        const struct facts_input *in = facts->in;
        if (!in->code_path || !in->expected_code)
                return false;
        if (in->actual_code && text_equal_ignoring_case(in->actual_code, in->expected_code))
                return false;
        AUTO_FREE char *expected = text_format("SHA-256 %s", in->expected_code);
        return show(finding, memory_text(in->code_path),
                    in->actual_code ? text_format("SHA-256 %s", in->actual_code) : memory_text("unreadable"), expected);
}

// ---- the vars ----

// A deleted record of an entry with the label, as the firmware leaves it when it deletes an entry.
static const struct variable *deleted_entry(const struct facts *facts)
{
        if (!facts->store)
                return NULL;
        for (const struct variable *record = NULL; (record = varstore_next_record(facts->store, record));) {
                AUTO_LOADOPT struct loadopt option = {0};
                if (record->standing != VARIABLE_DELETED || !boot_entry_name(record->name, NULL) ||
                    !loadopt_read(record->data, &option, NULL))
                        continue;
                if (strcmp(option.description, facts->in->label) == 0)
                        return record;
        }
        return NULL;
}

static bool show_deleted_entry(const struct facts *facts, struct finding *finding)
{
        const struct variable *record = deleted_entry(facts);
        return record && show(finding, at_offset(facts->in->vars_path, record->offset),
                              text_format("the record of %s \"%s\", deleted", record->name, facts->in->label),
                              "a live one: the firmware deletes it when another device has a bootindex");
}

static bool lacks_entry(const struct facts *facts)
{
        return facts->has_match && facts->match.reason == MATCH_ENTRY_MISSING;
}

// The installer ran although the disk has a system and the vars boot it, or did until a bootindex was set.
static bool find_payload_first(const struct facts *facts, struct finding *finding)
{
        const struct lastboot *log = last_log(facts);
        bool was_right = facts_boot_themselves(facts) || (lacks_entry(facts) && deleted_entry(facts));
        if (!was_right || !facts->has_loader || !log || !log->has_started || !word_in_log(facts, LASTBOOT_INSTALLER) ||
            word_in_log(facts, LASTBOOT_COMPLETE))
                return false;
        AUTO_FREE char *expected = text_format("Boot#### \"%s\" of the disk", facts->in->label);
        show(finding, at_line(log->path, log->started_line),
             text_format("the firmware starts Boot%04X \"%s\" from %s", log->started.number,
                         log->started.label ? log->started.label : "", log->started.path ? log->started.path : "?"),
             expected);
        show_word(facts, LASTBOOT_INSTALLER, "the installed system", finding);
        if (lacks_entry(facts))
                show_deleted_entry(facts, finding);
        return true;
}

// The line of BOOT.CFG that turns the runtime services off, from 1; 0 if none. Source: esx-boot's parse.c.
static uint64_t norts_line(struct bytes content)
{
        uint64_t number = 0;
        for (size_t at = 0; at < content.size;) {
                size_t end = at;
                AUTO_TEXT struct text squeezed = {0};
                for (; end < content.size && content.data[end] != '\n'; end++)
                        if (!strchr(" \t\r", content.data[end]))
                                text_add_char(&squeezed, (char)content.data[end]);
                number++;
                at = end + 1;
                if (text_equal_ignoring_case(text_string(&squeezed), "norts=1"))
                        return number;
        }
        return 0;
}

static bool show_norts(struct bytes content, char *file, struct finding *finding)
{
        AUTO_FREE char *name = file;
        uint64_t line = norts_line(content);
        return line && show(finding, at_line(name, line), memory_text("norts=1"),
                            "no such line: it keeps the installer from writing a boot entry");
}

static bool norts_in_payload(const struct facts *facts, struct finding *finding)
{
        const char *name = facts->in->boot_cfg_name;
        return name && show_norts(facts->in->boot_cfg, memory_text(name), finding);
}

static bool norts_on_partition(const struct facts *facts, const struct gpt_partition *partition,
                               struct finding *finding)
{
        AUTO_FAT struct fat *fat = NULL;
        AUTO_BUFFER struct buffer content = {0};
        struct fat_file file;
        return fat_open(facts->disk, gpt_partition_offset_bytes(&facts->gpt, partition),
                        gpt_partition_size_bytes(&facts->gpt, partition), &fat, NULL) &&
               fat_find(fat, "\\BOOT.CFG", &file, NULL) && file.kind == FAT_FILE &&
               fat_read_file(fat, &file, FACTS_BOOT_CFG_LIMIT, &content, NULL) &&
               show_norts(buffer_view(&content),
                          text_format("%s, partition %u, \\BOOT.CFG", facts->in->disk_path, partition->index), finding);
}

static bool find_no_runtime_services(const struct facts *facts, struct finding *finding)
{
        // Blank vars were never used by an installation, so norts=1 is not their cause.
        if (!lacks_entry(facts))
                return false;
        norts_in_payload(facts, finding);
        for (size_t i = 0; i < facts->gpt.count; i++)
                norts_on_partition(facts, &facts->gpt.partitions[i], finding);
        if (!finding->count)
                show_word(facts, LASTBOOT_NO_RUNTIME, "UEFI runtime services enabled", finding);
        return finding->count > 0;
}

static bool find_vars_missing(const struct facts *facts, struct finding *finding)
{
        return facts->vars_error.code == ERROR_USAGE &&
               show(finding, memory_text(facts->in->vars_path), memory_text(facts->vars_error.message), "a vars file");
}

static bool find_vars_damaged(const struct facts *facts, struct finding *finding)
{
        if (facts->vars_error.code == ERROR_DAMAGED)
                return show(finding, memory_text(facts->in->vars_path), memory_text(facts->vars_error.message),
                            "a valid variable store");
        const struct remark *damage = facts->store ? varstore_first_damage(facts->store) : NULL;
        return damage && show(finding, at_offset(facts->in->vars_path, damage->offset), memory_text(damage->text),
                              "a valid variable store");
}

static bool find_vars_blank(const struct facts *facts, struct finding *finding)
{
        AUTO_FREE char *expected = text_format("a boot entry \"%s\"", facts->in->label);
        return facts->store && varstore_is_blank(facts->store) &&
               show(finding, at_offset(facts->in->vars_path, 0), memory_text("a blank store"), expected);
}

static char *names_text(const struct facts *facts)
{
        AUTO_FREE char *names = bootchain_names(&facts->chain);
        return *names ? text_format("only %s", names) : memory_text("no boot entry at all");
}

// Only entries that the firmware creates itself: for its own programs and for devices.
static bool is_as_after_first_boot(const struct facts *facts)
{
        for (size_t i = 0; i < facts->chain.entry_count; i++) {
                const struct boot_entry *entry = &facts->chain.entries[i];
                if (!entry->made_by_firmware && !text_starts_with(entry->path, "Fv(") &&
                    !text_starts_with(entry->path, "FvFile("))
                        return false;
        }
        return true;
}

static bool find_vars_recreated(const struct facts *facts, struct finding *finding)
{
        // If the installation was not sealed, these are its own vars.
        bool is_own = facts->in->is_machine && !facts->in->is_installed;
        AUTO_FREE char *expected = text_format("an entry \"%s\" that an installation has written", facts->in->label);
        return lacks_entry(facts) && !is_own && is_as_after_first_boot(facts) && !deleted_entry(facts) &&
               show(finding, memory_text(facts->in->vars_path), names_text(facts), expected);
}

static bool show_match(const struct facts *facts, char *where, struct finding *finding)
{
        const struct match *match = &facts->match;
        return show(finding, where, memory_text(match->found ? match->found : match->explanation), match->expected);
}

static char *at_entry(const struct facts *facts)
{
        const struct boot_entry *entry = bootchain_find_number(&facts->chain, facts->match.entry);
        AUTO_FREE char *place = at_offset(facts->in->vars_path, entry ? entry->offset : 0);
        return text_format("%s, Boot%04X", place, facts->match.entry);
}

static bool is_reason(const struct facts *facts, enum match_reason reason)
{
        return facts->has_match && facts->match.reason == reason;
}

static bool find_vars_of_another_install(const struct facts *facts, struct finding *finding)
{
        return (is_reason(facts, MATCH_OTHER_DISK) || is_reason(facts, MATCH_PARTITION_MOVED)) &&
               show_match(facts, at_entry(facts), finding);
}

static bool find_entry_missing(const struct facts *facts, struct finding *finding)
{
        if (!lacks_entry(facts))
                return false;
        AUTO_FREE char *expected = text_format("an entry \"%s\"", facts->in->label);
        show(finding, memory_text(facts->in->vars_path), names_text(facts), expected);
        show_deleted_entry(facts, finding);
        return true;
}

static bool find_entry_without_partition(const struct facts *facts, struct finding *finding)
{
        return is_reason(facts, MATCH_ENTRY_WITHOUT_PARTITION) && show_match(facts, at_entry(facts), finding);
}

static char *at_partition(const struct facts *facts)
{
        return text_format("%s, partition %u", facts->in->disk_path, facts->match.partition);
}

static bool find_esp_damaged(const struct facts *facts, struct finding *finding)
{
        return is_reason(facts, MATCH_ESP_DAMAGED) && show_match(facts, at_partition(facts), finding);
}

static bool find_loader_missing(const struct facts *facts, struct finding *finding)
{
        return is_reason(facts, MATCH_LOADER_MISSING) && show_match(facts, at_partition(facts), finding);
}

static bool find_entry_inactive(const struct facts *facts, struct finding *finding)
{
        return is_reason(facts, MATCH_ENTRY_INACTIVE) && show_match(facts, at_entry(facts), finding);
}

static char *order_text(const struct bootchain *chain)
{
        struct text order = {0};
        text_add(&order, "BootOrder: ");
        for (size_t i = 0; i < chain->order_count; i++)
                text_add_format(&order, "%s%04X", i ? "," : "", chain->order[i]);
        return text_take(&order);
}

static char *at_variable(const struct facts *facts, const char *name)
{
        const struct variable *variable = varstore_find(facts->store, GUID_EFI_GLOBAL_VARIABLE, name);
        AUTO_FREE char *place =
                variable ? at_offset(facts->in->vars_path, variable->offset) : memory_text(facts->in->vars_path);
        return text_format("%s, %s", place, name);
}

static bool show_order(const struct facts *facts, struct finding *finding)
{
        AUTO_FREE char *expected = text_format("%04X first", facts->match.entry);
        return show(finding, at_variable(facts, "BootOrder"), order_text(&facts->chain), expected);
}

static bool find_entry_not_ordered(const struct facts *facts, struct finding *finding)
{
        return is_reason(facts, MATCH_ENTRY_NOT_ORDERED) && show_order(facts, finding);
}

static bool find_boot_next(const struct facts *facts, struct finding *finding)
{
        const struct prediction_step *started = facts->prediction.started;
        if (!facts->has_match || !facts->match.holds || !started || !started->is_next ||
            started->number == facts->match.entry)
                return false;
        AUTO_FREE char *expected = text_format("none, or %04X", facts->match.entry);
        return show(finding, at_variable(facts, "BootNext"),
                    text_format("BootNext: %04X, which starts \"%s\"", started->number, started->label), expected);
}

static bool find_entry_not_first(const struct facts *facts, struct finding *finding)
{
        const struct prediction_step *started = facts->prediction.started;
        if (!facts->has_match || !facts->match.holds || facts_boot_themselves(facts))
                return false;
        show_order(facts, finding);
        if (started) {
                AUTO_FREE char *name = prediction_step_name(started);
                show(finding, memory_text("prediction"),
                     text_format("%s \"%s\": %s", name, started->label, started->explanation), NULL);
        }
        return true;
}

// ---- the last run ----

static bool find_host_died(const struct facts *facts, struct finding *finding)
{
        const struct facts_run *run = &facts->in->run;
        return run->folder && !run->is_finished && !facts->in->is_running &&
               show(finding, text_format("%s/result.json", run->folder),
                    memory_text("no result: the host or the program stopped while the machine was up"),
                    "the result of the run");
}

static bool find_run_failed(const struct facts *facts, struct finding *finding)
{
        const struct facts_run *run = &facts->in->run;
        static const char *const ends[] = {"fail", "timed out", "error", "panic"};
        for (size_t i = 0; run->outcome && i < sizeof ends / sizeof ends[0]; i++)
                if (strcmp(run->outcome, ends[i]) == 0)
                        return show(finding, text_format("%s/result.json", run->folder),
                                    text_format("%s: %s", run->outcome, run->message ? run->message : ""), "pass");
        return false;
}

static bool find_boot_ended(const struct facts *facts, struct finding *finding)
{
        return show_word(facts, LASTBOOT_ENDED, "a boot that goes on", finding);
}

// Shows that the last boot in LOG was not of the system's own entry, going by their labels.
static bool show_other_entry(const struct facts *facts, const struct lastboot *log, struct finding *finding)
{
        const struct boot_line *started = &log->started;
        if (!facts->in->label || !started->label || strcmp(started->label, facts->in->label) == 0)
                return false;
        AUTO_FREE char *expected = text_format("an entry \"%s\"", facts->in->label);
        return show(finding, at_line(log->path, log->started_line),
                    text_format("Boot%04X \"%s\"", started->number, started->label), expected);
}

// Only ESXi prints the words that are missing here. What an installation leaves behind is a boot that was cut off.
static bool find_boot_incomplete(const struct facts *facts, struct finding *finding)
{
        const struct facts_run *run = &facts->in->run;
        const struct lastboot *log = last_log(facts);
        bool passed = run->is_install || facts->in->is_running || (run->outcome && strcmp(run->outcome, "pass") == 0);
        if (passed || !log || !log->has_started || log->is_leftover || log->found[LASTBOOT_UP].line)
                return false;
        if (show_other_entry(facts, log, finding))
                return true;
        return log->started.path && strstr(log->started.path, "VMware") &&
               show(finding, at_line(log->path, log->last_line), memory_text(log->last_text),
                    "Starting service DCUI, or To manage this host");
}

// ---- the table ----

#define BIT(cause)        (UINT64_C(1) << (cause))
#define BITS_BELOW(cause) (BIT(cause) - 1)

// Without a readable disk, comparisons with it mean nothing.
static const uint64_t NO_DISK = BITS_BELOW(CAUSE_FIRMWARE_CHANGED) & ~BIT(CAUSE_PANIC);
// Nothing else is reported about vars that cannot be read completely.
static const uint64_t NO_VARS = BIT(CAUSE_VARS_MISSING) | BIT(CAUSE_VARS_DAMAGED);
// Causes of a missing entry.
static const uint64_t NO_ENTRY = BIT(CAUSE_PAYLOAD_FIRST) | BIT(CAUSE_NO_RUNTIME_SERVICES);

struct row {
        struct cause_row public;
        bool (*find)(const struct facts *facts, struct finding *finding);
        uint64_t unless; // causes that have this one as a consequence
};

static const struct row rows[CAUSES] = {
        [CAUSE_PANIC] = {{"guest-panicked", "The guest panicked.",
                          "The last boot in the log has its.c:2934 or another panic message.",
                          "If the panic is in its.c, run ESXi with a GICv2 (-machine "
                          "virt,virtualization=off,gic-version=2); else read the log around it.",
                          REMEDY_GIC},
                         find_panic,
                         0},
        [CAUSE_DISK_MISSING] = {{"disk-missing", "The disk image does not exist.", "The file cannot be found.",
                                 "Give the installed disk, or install again.", REMEDY_NAME_DISK},
                                find_disk_missing,
                                BIT(CAUSE_PANIC)},
        [CAUSE_DISK_UNREADABLE] =
                {{"disk-unreadable", "The disk image is damaged, encrypted, or lacks its backing file.",
                  "qemu-img or the image's own header reports it.",
                  "Restore a copy of the disk; `qemu-img check` reports whether a qcow2 can be repaired.",
                  REMEDY_NAME_DISK},
                 find_disk_unreadable,
                 0},
        [CAUSE_INSTALL_INTERRUPTED] = {{"install-interrupted", "The installation did not finish.",
                                        "The machine was never sealed, its last run is an installation, the log has no "
                                        "\"Installation Complete\", "
                                        "and the disk has no boot loader.",
                                        "Install again.", REMEDY_INSTALL},
                                       find_install_interrupted,
                                       BIT(CAUSE_PANIC)},
        [CAUSE_WRONG_DISK] = {{"wrong-disk", "This is not the disk that was installed.",
                               "Its GPT has another GUID than at the installation, or it is blank although the "
                               "vars (or the machine) have an installed system.",
                               "Give the installed disk, or install on this one.", REMEDY_NAME_DISK},
                              find_wrong_disk,
                              BIT(CAUSE_PANIC) | BIT(CAUSE_INSTALL_INTERRUPTED)},
        [CAUSE_DISK_BLANK] = {{"disk-blank", "The disk was never installed.", "Its first 64 KiB are zeroes.",
                               "Install the system on it, or give the disk with it.", REMEDY_INSTALL},
                              find_disk_blank,
                              BITS_BELOW(CAUSE_DISK_BLANK)},
        [CAUSE_DISK_DAMAGED] = {{"disk-damaged", "The disk's partition table is damaged.",
                                 "Both copies of its GPT are damaged, or its MBR is not a protective one.",
                                 "Restore a copy of the disk; `sgdisk --verify` reports what can be repaired.",
                                 REMEDY_NAME_DISK},
                                find_disk_damaged,
                                BITS_BELOW(CAUSE_DISK_DAMAGED)},
        [CAUSE_DISK_WITHOUT_GPT] =
                {{"disk-without-gpt", "The disk has no GPT.", "It has an MBR or other content instead.",
                  "ESXi boots only from a GPT: install again on an empty disk, or give the disk with the system.",
                  REMEDY_NAME_DISK},
                 find_disk_without_gpt,
                 BITS_BELOW(CAUSE_DISK_WITHOUT_GPT)},
        [CAUSE_DISK_WITHOUT_ESP] = {{"disk-without-esp", "The disk has no EFI system partition.",
                                     "No partition in its GPT has that type.",
                                     "The installation ended before it wrote the boot loader: install again, or give "
                                     "the disk with the system.",
                                     REMEDY_INSTALL},
                                    find_disk_without_esp,
                                    BITS_BELOW(CAUSE_DISK_WITHOUT_ESP)},
        [CAUSE_FIRMWARE_CHANGED] = {{"firmware-changed",
                                     "The firmware is not the one that the machine was installed with.",
                                     "Its SHA-256 differs from the one in machine.json, or the file is missing.",
                                     "Boot with the firmware of the installation.", REMEDY_FIRMWARE},
                                    find_firmware_changed,
                                    0},
        [CAUSE_PAYLOAD_FIRST] = {{"payload-first", "The installer's payload was attached and booted first.",
                                  "In the last boot of the log the installer runs, although the disk has a system and "
                                  "the vars boot it (or "
                                  "did, until the firmware deleted the entry because of the payload's bootindex).",
                                  "Boot the disk without the payload, or at least without its bootindex.",
                                  REMEDY_PUT_BACK_VARS},
                                 find_payload_first,
                                 NO_DISK},
        [CAUSE_NO_RUNTIME_SERVICES] =
                {{"no-runtime-services", "norts=1 kept the installer from writing a boot entry.",
                  "BOOT.CFG of the payload or of a boot bank has norts=1, and the vars have no entry.",
                  "Remove norts=1 from the payload's BOOT.CFG before the next installation; for this disk, rebuild the "
                  "vars.",
                  REMEDY_PUT_BACK_VARS},
                 find_no_runtime_services,
                 NO_DISK | BIT(CAUSE_PAYLOAD_FIRST)},
        [CAUSE_VARS_MISSING] = {{"vars-missing", "The vars file does not exist.", "The file cannot be found.",
                                 "Restore the vars of the installation, or rebuild them from the disk.",
                                 REMEDY_PUT_BACK_VARS},
                                find_vars_missing,
                                NO_DISK | BIT(CAUSE_PANIC)},
        [CAUSE_VARS_DAMAGED] = {{"vars-damaged", "The vars file is damaged.",
                                 "Its headers or records are damaged; aavmf-vars check reports where.",
                                 "Restore the vars of the installation, or rebuild them from the disk.",
                                 REMEDY_PUT_BACK_VARS},
                                find_vars_damaged,
                                NO_DISK},
        [CAUSE_VARS_BLANK] = {{"vars-blank", "The vars file is blank.", "It is all zeroes or all ones.",
                               "Restore the vars of the installation, or rebuild them from the disk.",
                               REMEDY_PUT_BACK_VARS},
                              find_vars_blank,
                              NO_DISK | NO_VARS},
        [CAUSE_VARS_RECREATED] = {{"vars-recreated", "The vars file was recreated after the installation.",
                                   "It has only the entries that the firmware creates at its first start.",
                                   "Restore the vars of the installation, or rebuild them from the disk.",
                                   REMEDY_PUT_BACK_VARS},
                                  find_vars_recreated,
                                  NO_DISK | NO_VARS | NO_ENTRY | BIT(CAUSE_PANIC)},
        [CAUSE_VARS_OF_ANOTHER_INSTALL] = {{"vars-of-another-install",
                                            "The vars file belongs to another disk or another installation.",
                                            "The entry's partition is not on this disk, or has another place or size.",
                                            "Restore the vars of the installation, or rebuild them from the disk.",
                                            REMEDY_PUT_BACK_VARS},
                                           find_vars_of_another_install,
                                           NO_DISK | NO_VARS},
        [CAUSE_ENTRY_MISSING] = {{"entry-missing", "The vars file has no boot entry for the system.",
                                  "No entry has the label.",
                                  "Restore the vars of the installation, or rebuild them from the disk.",
                                  REMEDY_PUT_BACK_VARS},
                                 find_entry_missing,
                                 NO_DISK | NO_VARS | NO_ENTRY | BIT(CAUSE_VARS_RECREATED) | BIT(CAUSE_PANIC)},
        [CAUSE_ENTRY_WITHOUT_PARTITION] = {{"entry-without-partition", "The boot entry names no partition.",
                                            "Its device path has no HD() node.",
                                            "Restore the vars of the installation, or rebuild them from the disk.",
                                            REMEDY_PUT_BACK_VARS},
                                           find_entry_without_partition,
                                           NO_DISK | NO_VARS},
        [CAUSE_ESP_DAMAGED] = {{"esp-damaged", "The EFI system partition has no valid file system.",
                                "Its FAT cannot be read as far as the loader.",
                                "Restore a copy of the disk, or install again.", REMEDY_INSTALL},
                               find_esp_damaged,
                               NO_DISK | NO_VARS},
        [CAUSE_LOADER_MISSING] = {{"loader-missing", "The boot loader is not on the disk.",
                                   "The entry's file is not on its partition, or is empty.",
                                   "If the disk has another loader, rebuild the vars for it; else install again.",
                                   REMEDY_PUT_BACK_VARS},
                                  find_loader_missing,
                                  NO_DISK | NO_VARS},
        [CAUSE_ENTRY_INACTIVE] = {{"entry-inactive", "The boot entry is not active.", "LOAD_OPTION_ACTIVE is not set.",
                                   "Activate it.", REMEDY_ACTIVATE},
                                  find_entry_inactive,
                                  NO_DISK | NO_VARS},
        [CAUSE_ENTRY_NOT_ORDERED] = {{"entry-not-ordered", "BootOrder does not name the boot entry.",
                                      "Its number is not in BootOrder.", "Add it to BootOrder.", REMEDY_FIRST},
                                     find_entry_not_ordered,
                                     NO_DISK | NO_VARS},
        [CAUSE_BOOT_NEXT] = {{"boot-next", "BootNext starts something else before the boot entry, once.",
                              "BootNext names another entry that can be started.", "Delete BootNext.",
                              REMEDY_CLEAR_NEXT},
                             find_boot_next,
                             NO_DISK | NO_VARS},
        [CAUSE_ENTRY_NOT_FIRST] = {{"entry-not-first", "Another entry starts before the boot entry.",
                                    "BootOrder names one before it that can be started.",
                                    "Move it to the front of BootOrder.", REMEDY_FIRST},
                                   find_entry_not_first,
                                   NO_DISK | NO_VARS | BIT(CAUSE_BOOT_NEXT)},
        [CAUSE_HOST_DIED] = {{"host-died", "The host or the launcher stopped while the machine was up.",
                              "The last run has no result, and no program runs the machine.",
                              "Vars and disk are ready to boot: boot again.", REMEDY_BOOT},
                             find_host_died,
                             BITS_BELOW(CAUSE_HOST_DIED)},
        [CAUSE_BOOT_ENDED] = {{"boot-ended", "The loader or the firmware gave up.",
                               "The log has its error after the last start.",
                               "Its line reports why. If the disk's boot banks are damaged, install again.",
                               REMEDY_INSTALL},
                              find_boot_ended,
                              BITS_BELOW(CAUSE_BOOT_ENDED)},
        [CAUSE_RUN_FAILED] = {{"run-failed", "The last run failed, but not because of vars, disk or firmware.",
                               "Its result reports it.", "Look at its screen and log, then boot again.", REMEDY_BOOT},
                              find_run_failed,
                              BITS_BELOW(CAUSE_RUN_FAILED)},
        [CAUSE_BOOT_INCOMPLETE] =
                {{"boot-incomplete", "The last boot did not come up.",
                  "The log ends before the console of the system, or the last boot is of an entry with another label.",
                  "Look at the end of the log, then boot again.", REMEDY_BOOT},
                 find_boot_incomplete,
                 BITS_BELOW(CAUSE_BOOT_INCOMPLETE)},
};

const struct cause_row *cause_row(enum cause cause)
{
        return &rows[cause].public;
}

bool cause_find(enum cause cause, const struct facts *facts, uint64_t found, struct finding *finding)
{
        return !(rows[cause].unless & found) && rows[cause].find(facts, finding);
}
