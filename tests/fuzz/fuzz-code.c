// SPDX-License-Identifier: Apache-2.0
//
// The input is the files of a firmware volume, after a valid header.
#include "fw/code-contents.h"
#include "tests/unit/fw/code-image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AUTO_BUFFER struct buffer volume = {0};
        AUTO_CODE_CONTENTS struct code_contents contents = {0};
        AUTO_ERROR struct error err = {0};
        volume_begin(&volume, size % 2);
        buffer_add(&volume, data, size);
        volume_end(&volume, size % 3 * 24);
        if (!code_contents_read(buffer_view(&volume), &contents, &err) && err.code != ERROR_DAMAGED)
                abort();
        return 0;
}
