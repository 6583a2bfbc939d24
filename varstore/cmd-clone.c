// SPDX-License-Identifier: Apache-2.0
//
// aavmf-vars clone: a store of one's own from a template, the same byte for byte unless it is to be changed on the way.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "varstore/commands.h"
#include "varstore/varstore.h"

enum {
        NEW_FILE_MODE = 0644 // not the template's: that is often read-only
};

struct values {
        const char *timeout;
        bool force;
};

static const struct cli_option OPTIONS[] = {
        {"timeout", "SECONDS", CLI_TEXT, offsetof(struct values, timeout),
         "how long the firmware waits for a key before it boots (Timeout)", NULL},
        {"force", NULL, CLI_FLAG, offsetof(struct values, force), "replace DST if it is there", NULL},
        {0},
};

// Refuses a DST that is there, unless it may be replaced, and one that is SRC itself.
static bool may_write(const char *source, const char *target, bool force, struct error *err)
{
        struct stat of_source;
        struct stat of_target;
        if (stat(target, &of_target) != 0)
                return true;
        if (stat(source, &of_source) == 0 && of_source.st_dev == of_target.st_dev &&
            of_source.st_ino == of_target.st_ino)
                return error_set(err, ERROR_USAGE, "%s and %s are the same file", source, target);
        if (!force)
                return error_set(err, ERROR_USAGE, "%s: is there already; --force replaces it", target);
        return true;
}

static bool refuse_damage(const struct varstore *store, const char *path, struct error *err)
{
        const struct remark *damage = varstore_first_damage(store);
        if (!damage)
                return true;
        return error_set(err, ERROR_DAMAGED,
                         "%s: damaged at offset 0x%" PRIx64 ": %s; a clone would be so too (cp copies it as it is)",
                         path, damage->offset, damage->text);
}

static bool set_timeout(struct varstore *store, const char *text, struct error *err)
{
        uint64_t seconds;
        if (!text_parse_number(text, &seconds) || seconds > UINT16_MAX)
                return error_set(err, ERROR_USAGE, "--timeout: '%s' is not a number of seconds from 0 to 65535", text);
        if (varstore_is_blank(store) && !varstore_format(store, err))
                return false;
        uint8_t data[2] = {seconds & 0xFF, seconds >> 8 & 0xFF};
        return varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Timeout",
                            EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS,
                            (struct bytes){data, sizeof data}, err);
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        (void)count;
        const struct values *values = parsed;
        const char *source = operands[0];
        const char *target = operands[1];
        AUTO_VARSTORE struct varstore *store = NULL;
        if (varstore_load(source, &store, err) && may_write(source, target, values->force, err) &&
            refuse_damage(store, source, err) && (!values->timeout || set_timeout(store, values->timeout, err)))
                varstore_save(store, target, NEW_FILE_MODE, err);
        return (int)err->code;
}

const struct cli_command cmd_clone = {
        .name = "clone",
        .operands = "SRC DST",
        .summary = "Makes DST a copy of the store SRC, checked, sparse, and whole or not at all.",
        .details = "What was written is read back and compared before it becomes DST; if anything fails, an old DST "
                   "stays as it\n"
                   "was. Without --timeout the copy is SRC byte for byte. With it, a blank store is formatted first.",
        .options = OPTIONS,
        .values_size = sizeof(struct values),
        .least = 2,
        .most = 2,
        .run = run,
};
