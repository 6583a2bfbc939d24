// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "base/arguments.h"
#include "launcher/payload/bootcfg.h"
#include "launcher/payload/pe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same_list(const struct arguments *a, const struct arguments *b)
{
        for (size_t i = 0; a->count == b->count && i < a->count; i++) {
                if (strcmp(a->values[i], b->values[i]) != 0)
                        return false;
        }
        return a->count == b->count;
}

// An edit changes only the kernel's options, and a second one changes nothing.
static void check_edit(struct bytes text, const struct bootcfg *before)
{
        AUTO_ARGUMENTS struct arguments options = {0};
        AUTO_BUFFER struct buffer edited = {0};
        AUTO_BUFFER struct buffer again = {0};
        AUTO_BOOTCFG struct bootcfg after = {0};
        arguments_add(&options, "fuzzed=yes");
        bootcfg_edit(text, &options, &edited);
        bootcfg_edit(buffer_view(&edited), &options, &again);
        if (!bytes_equal(buffer_view(&edited), buffer_view(&again)) ||
            !bootcfg_read(buffer_view(&edited), &after, NULL) || strcmp(before->kernel, after.kernel) != 0 ||
            !same_list(&before->modules, &after.modules) || !same_list(&before->acpitables, &after.acpitables) ||
            before->norts != after.norts)
                abort();
        char *value = bootcfg_option(after.kernelopt, "fuzzed");
        if (!value || strcmp(value, "yes") != 0)
                abort();
        free(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const struct bytes text = {data, size};
        AUTO_BOOTCFG struct bootcfg bootcfg = {0};
        struct pe pe;
        pe_read(text, &pe, NULL);
        if (!bootcfg_read(text, &bootcfg, NULL))
                return 0;
        free(bootcfg_path(&bootcfg, "EFI/BOOT", bootcfg.kernel));
        for (size_t i = 0; i < bootcfg.modules.count; i++)
                free(bootcfg_path(&bootcfg, "EFI/BOOT", bootcfg.modules.values[i]));
        check_edit(text, &bootcfg);
        return 0;
}
