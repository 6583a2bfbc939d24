// SPDX-License-Identifier: Apache-2.0
//
// For tests of stores: an image and the store that is read from it, both freed by the teardown.
#pragma once

#include "tests/unit/base/last-error.h"

#include "tests/unit/varstore/varstore-image.h"
#include "varstore/varstore.h"

static inline struct bytes text_bytes(const char *text)
{
        return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static inline struct varstore *read_image(const struct image *from)
{
        struct varstore *read;
        assert_done(varstore_read(image_view(from), &read, &err), &err);
        return read;
}

static struct image image;
static struct varstore *store;

// Takes another image in place of the one before.
static inline void use_image(struct image other)
{
        varstore_free(&store);
        image_free(&image);
        image = other;
}

static inline void open_store(void)
{
        varstore_free(&store);
        store = read_image(&image);
}

// Reads what the store has written.
static inline void reopen_store(void)
{
        struct bytes written = varstore_volume_bytes(store);
        assert_true(written.size <= image.size);
        memcpy(image.data, written.data, written.size);
        open_store();
}

// The store's bytes are those of the image.
static inline void assert_as_image(void)
{
        assert_true(bytes_equal(varstore_volume_bytes(store), image_view(&image)));
}

static inline int store_begin(void **state)
{
        (void)state;
        use_image(image_aavmf());
        return 0;
}

static inline int store_end(void **state)
{
        (void)state;
        use_image((struct image){0});
        return 0;
}

// A test that begins with an image of AAVMF's layout without variables.
#define TEST_OF_STORE(name) TEST_WITH(name, store_begin, store_end)
