// SPDX-License-Identifier: Apache-2.0
#include "varstore/generation.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "varstore/loadopt.h"

#define UI_APP       "462CAA21-7614-4503-836E-8AB6F4662331"
#define BOOT_MENU    "EEC25BDC-67F2-4D95-B1D5-F81B2039D11D"
#define SHELL        "7C04A583-9E3E-4F1C-AD65-E05268D0B4D1"
#define SETUP_SWITCH "opt/org.tianocore/FirmwareSetupSupport"
#define SHELL_SWITCH "opt/org.tianocore/EFIShellSupport"

enum {
        APPLICATION = LOAD_OPTION_ACTIVE | LOAD_OPTION_CATEGORY_APP,
        HIDDEN_APPLICATION = APPLICATION | LOAD_OPTION_HIDDEN,
};

static const struct generation generations[] = {
        {
                .name = "2022.11 to 2025.02",
                .menu = {"UiApp", UI_APP, HIDDEN_APPLICATION},
                .shell = {"EFI Internal Shell", SHELL, LOAD_OPTION_ACTIVE},
                .lacks = BOOT_MENU,
        },
        {
                .name = "2026.08",
                .menu = {"BootManagerMenuApp", BOOT_MENU, HIDDEN_APPLICATION},
                .setup = {"EFI Firmware Setup", UI_APP, APPLICATION},
                .shell = {"EFI Internal Shell", SHELL, APPLICATION},
                .remakes = true,
                .has_switches = true,
        },
};
static const size_t generation_count = sizeof generations / sizeof generations[0];

static bool has(const char *const *texts, size_t count, const char *text)
{
        for (size_t i = 0; i < count; i++)
                if (strcmp(texts[i], text) == 0)
                        return true;
        return false;
}

const struct generation *generation_of_code(const char *const *programs, size_t program_count,
                                            const char *const *switches, size_t switch_count)
{
        for (size_t i = 0; i < generation_count; i++) {
                const struct generation *generation = &generations[i];
                if (has(programs, program_count, generation->menu.program) &&
                    !(generation->lacks && has(programs, program_count, generation->lacks)) &&
                    has(switches, switch_count, SETUP_SWITCH) == generation->has_switches &&
                    has(switches, switch_count, SHELL_SWITCH) == generation->has_switches)
                        return generation;
        }
        return NULL;
}

char *generation_path(const struct generation_entry *entry)
{
        return text_format(GENERATION_VOLUME "/FvFile(%s)", entry->program);
}

static bool is_menu(const struct boot_entry *entry, const struct generation *generation)
{
        AUTO_FREE char *path = generation_path(&generation->menu);
        return entry->ordered && entry->attributes == generation->menu.attributes && strcmp(entry->path, path) == 0 &&
               strcmp(entry->label, generation->menu.label) == 0;
}

const struct generation *generation_of_chain(const struct bootchain *chain)
{
        for (size_t i = 0; i < chain->entry_count; i++)
                for (size_t j = 0; j < generation_count; j++)
                        if (is_menu(&chain->entries[i], &generations[j]))
                                return &generations[j];
        return NULL;
}
