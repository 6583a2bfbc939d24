// SPDX-License-Identifier: Apache-2.0
//
// Variables as JSON: applied to an empty store, written as JSON and read again, they must be the same.
#include <stdlib.h>

#include "tests/unit/varstore/varstore-image.h"
#include "varstore/edit.h"
#include "varstore/interchange.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *apply(struct bytes text, struct image *image)
{
        AUTO_EDITS struct edits edits = {0};
        AUTO_VARSTORE struct varstore *store = NULL;
        size_t left_out;
        if (!varstore_read(image_view(image), &store, NULL))
                abort();
        if (!interchange_read_json(text, &edits, &left_out, NULL) || !edits_apply(&edits, store, true, NULL))
                return NULL;
        return interchange_json(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AUTO_IMAGE struct image image = image_small();
        json_t *first = apply((struct bytes){data, size}, &image);
        if (!first)
                return 0;
        char *text = json_dumps(first, JSON_COMPACT);
        json_t *second = apply((struct bytes){(const uint8_t *)text, strlen(text)}, &image);
        if (!second || !json_equal(first, second))
                abort();
        json_decref(second);
        json_decref(first);
        free(text);
        return 0;
}
