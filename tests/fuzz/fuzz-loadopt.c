// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "varstore/devpath.h"
#include "varstore/loadopt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AUTO_LOADOPT struct loadopt option = {0};
        AUTO_ERROR struct error err = {0};
        if (!loadopt_read((struct bytes){data, size}, &option, &err))
                return err.code != ERROR_DAMAGED;
        char *path = devpath_text(option.path);
        free(path);
        // A load option that was read and built again reads back the same.
        AUTO_BUFFER struct buffer built = {0};
        AUTO_LOADOPT struct loadopt again = {0};
        if (!loadopt_build(&option, &built, NULL) || !loadopt_read(buffer_view(&built), &again, NULL) ||
            strcmp(option.description, again.description) != 0 || option.attributes != again.attributes ||
            !bytes_equal(option.path, again.path) || !bytes_equal(option.optional_data, again.optional_data))
                abort();
        return 0;
}
