// SPDX-License-Identifier: Apache-2.0
#include "verify/log/lastboot.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "verify/log/logfile.h"

#define DECIMAL     "0123456789"
#define HEXADECIMAL DECIMAL "ABCDEF"

enum {
        SHOWN = 160, // bytes of a line that are kept
};

// A text, and how many of which characters follow it at least.
static const struct {
        enum lastboot_word word;
        const char *text, *digits;
        size_t least;
} words[] = {
        {LASTBOOT_GIC_PANIC, "its.c:2934"},
        {LASTBOOT_ENDED, "Fatal error: ", DECIMAL, 1},
        {LASTBOOT_ENDED, "No hypervisor found."},
        {LASTBOOT_ENDED, "Unrecoverable error"},
        {LASTBOOT_ENDED, "Unsupported CPU"},
        {LASTBOOT_ENDED, "Exception at 0x", HEXADECIMAL, 8},
        {LASTBOOT_ENDED, "BdsDxe: No bootable option"},
        {LASTBOOT_UP, "Starting service DCUI"},
        {LASTBOOT_UP, "To manage this host"},
        {LASTBOOT_INSTALLER, "(Enter) Continue"},
        {LASTBOOT_INSTALLER, "(F11) Accept and Continue"},
        {LASTBOOT_INSTALLER, "Select a Disk to Install or Upgrade"},
        {LASTBOOT_TOO_SMALL, "minimum space"},
        {LASTBOOT_NO_RUNTIME, "norts=1"},
        {LASTBOOT_COMPLETE, "Installation Complete"},
        {LASTBOOT_COMPLETE, "has been installed successfully"}, // with a kickstart
        {LASTBOOT_WAS_COMPLETE, "Installation Complete"},
        {LASTBOOT_WAS_COMPLETE, "has been installed successfully"},
};

static void forget(struct lastboot *lastboot, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                free(lastboot->found[i].text);
                lastboot->found[i] = (struct lastboot_find){0};
        }
}

void lastboot_free(struct lastboot *lastboot)
{
        forget(lastboot, LASTBOOT_WORDS);
        boot_line_free(&lastboot->started);
        free(lastboot->last_text);
        free(lastboot->path);
        *lastboot = (struct lastboot){0};
}

static void take_boot_line(struct lastboot *lastboot, const struct logfile_line *line)
{
        AUTO_BOOT_LINE struct boot_line boot = {0};
        if (!boot_line_parse(line->text, &boot)) {
                lastboot->has_spoken = true;
                return;
        }
        if (boot.verb != BOOT_LINE_STARTING)
                return;
        // An entry that returned at once was no boot.
        if (lastboot->has_spoken)
                lastboot->is_leftover = lastboot->found[LASTBOOT_COMPLETE].line;
        lastboot->has_spoken = false;
        forget(lastboot, LASTBOOT_NO_RUNTIME);
        lastboot->panic = (struct panic_reader){0};
        boot_line_free(&lastboot->started);
        lastboot->started = boot;
        lastboot->started_line = line->number;
        lastboot->has_started = true;
        boot = (struct boot_line){0};
}

static char *shown(const char *text, size_t length)
{
        return text_printable(text, length < SHOWN ? length : SHOWN, false);
}

static void take_panic(struct lastboot *lastboot, const struct logfile_line *line)
{
        struct lastboot_find *find = &lastboot->found[LASTBOOT_PANIC];
        if (find->line || !panic_reader_line(&lastboot->panic, line->number, line->text, line->length))
                return;
        const char *reason;
        find->line = panic_reader_reason(&lastboot->panic, line->number, &reason);
        find->text = reason ? shown(reason, strlen(reason)) : shown(line->text, line->length);
}

// Where word I stands in LINE; NULL if it does not.
static const char *find_word(const char *line, size_t i)
{
        const char *at = strstr(line, words[i].text);
        while (at && words[i].digits && strspn(at + strlen(words[i].text), words[i].digits) < words[i].least)
                at = strstr(at + 1, words[i].text);
        return at;
}

static void take_words(struct lastboot *lastboot, const struct logfile_line *line)
{
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
                struct lastboot_find *find = &lastboot->found[words[i].word];
                const char *at = find->line ? NULL : find_word(line->text, i);
                if (!at)
                        continue;
                // What came up had not ended.
                if (words[i].word == LASTBOOT_UP) {
                        free(lastboot->found[LASTBOOT_ENDED].text);
                        lastboot->found[LASTBOOT_ENDED] = (struct lastboot_find){0};
                }
                // A long line is shown from the match on.
                const char *from = line->length > SHOWN ? at : line->text;
                *find = (struct lastboot_find){line->number, shown(from, strlen(from))};
        }
}

static void take_line(const struct logfile_line *line, void *context)
{
        take_boot_line(context, line);
        struct lastboot *lastboot = context;
        free(lastboot->last_text);
        lastboot->last_line = line->number;
        lastboot->last_text = shown(line->text, line->length);
        take_panic(context, line);
        take_words(context, line);
}

bool lastboot_read(const char *path, struct lastboot *lastboot, struct error *err)
{
        struct logfile file;
        *lastboot = (struct lastboot){.path = memory_text(path)};
        if (logfile_read(path, NULL, take_line, lastboot, &file, err)) {
                lastboot->is_leftover = lastboot->is_leftover || lastboot->found[LASTBOOT_COMPLETE].line;
                return true;
        }
        lastboot_free(lastboot);
        return false;
}
