// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "launcher/payload/patch-module.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What was unpacked and is packed again unpacks to the same.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AUTO_PATCH_MODULE struct patch_module module = {0};
        AUTO_PATCH_MODULE struct patch_module again = {0};
        AUTO_BUFFER struct buffer file = {0};
        if (!patch_module_unpack((struct bytes){data, size}, &module, NULL))
                return 0;
        if (!patch_module_pack(&module, &file, NULL) || !patch_module_unpack(buffer_view(&file), &again, NULL) ||
            again.packed != module.packed || !digest_equal(&again.content_digest, &module.content_digest))
                abort();
        return 0;
}
