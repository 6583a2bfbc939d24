// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "launcher/payload/kickstart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Every remark has a line of the text, and can be printed.
static void check_remark(const char *remark, size_t lines)
{
        char *end;
        unsigned long line = strtoul(remark, &end, 10);
        char *shown = text_printable(remark, strlen(remark), false);
        if (line < 1 || line > lines || *end != ':' || strcmp(shown, remark) != 0)
                abort();
        free(shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AUTO_KICKSTART struct kickstart kickstart = {0};
        if (!kickstart_read((struct bytes){data, size}, &kickstart, NULL))
                return 0;
        size_t lines = 1;
        for (size_t i = 0; i < size; i++)
                lines += data[i] == '\n';
        for (size_t i = 0; i < kickstart.remarks.count; i++)
                check_remark(kickstart.remarks.values[i], lines);
        return 0;
}
