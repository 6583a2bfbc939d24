// SPDX-License-Identifier: Apache-2.0
#include "varstore/remark.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

void remarks_add(struct remarks *remarks, uint64_t offset, enum remark_severity severity, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        *MEMORY_ADD(remarks->items, remarks->count) =
                (struct remark){.offset = offset, .severity = severity, .text = text_format_list(format, arguments)};
        va_end(arguments);
}

void remarks_free(struct remarks *remarks)
{
        for (size_t i = 0; i < remarks->count; i++)
                free(remarks->items[i].text);
        free(remarks->items);
        *remarks = (struct remarks){0};
}

const char *remark_severity_text(enum remark_severity severity)
{
        static const char *const texts[] = {[REMARK_NOTE] = "note", [REMARK_ODD] = "odd", [REMARK_DAMAGE] = "damage"};
        return texts[severity];
}
