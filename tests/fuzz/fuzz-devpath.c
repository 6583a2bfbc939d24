// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "varstore/devpath.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct bytes path = {data, size};
        size_t taken;
        bool valid = devpath_valid(path, &taken);
        char *text = devpath_text(path);
        char *file = devpath_file(path);
        struct devpath_partition partition;
        bool has_partition = devpath_partition(path, &partition);
        size_t length = strlen(text);
        // The text of a truncated path ends in "/?", and only the bytes before its end count.
        if (taken > size || (!valid && (length < 2 || strcmp(text + length - 2, "/?") != 0)))
                abort();
        if (valid) {
                char *again = devpath_text((struct bytes){data, taken});
                if (strcmp(again, text) != 0)
                        abort();
                free(again);
        }
        // A path built from a partition and a file reads back.
        struct buffer built = {0};
        if (has_partition && file && devpath_build(&partition, file, &built)) {
                struct bytes view = {built.data, built.size};
                if (!devpath_valid(view, NULL) || !devpath_partition(view, &partition))
                        abort();
        }
        buffer_free(&built);
        free(file);
        free(text);
        return 0;
}
