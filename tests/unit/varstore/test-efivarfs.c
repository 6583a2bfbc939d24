// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/varstore/store.h"

#include <errno.h>

#include "base/encoding.h"
#include "varstore/efivarfs.h"

#define GLOBAL   "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define DATABASE "d719b2cb-3d3a-4596-a3bc-dad00e67656f"

static struct efivarfs *efivarfs;

static void open_efivarfs(bool force)
{
        efivarfs_free(&efivarfs);
        open_store();
        efivarfs = efivarfs_new(store, force);
}

static int begin(void **state)
{
        (void)state;
        use_image(image_small());
        image_add_global(&image, "Timeout", "0500");
        image_add_global(&image, "With/slash", "01");
        image_add(&image, 0x3F, GUID_EFI_IMAGE_SECURITY_DATABASE, "db", 0x27, text_bytes("key"));
        open_efivarfs(false);
        return 0;
}

static int end(void **state)
{
        efivarfs_free(&efivarfs);
        return store_end(state);
}

#define TEST_OF_EFIVARFS(name) TEST_WITH(name, begin, end)

static int write_hex(const char *file, const char *hex)
{
        AUTO_BUFFER struct buffer content = {0};
        assert_true(text_parse_hex(hex, &content));
        return efivarfs_write(efivarfs, file, buffer_view(&content));
}

static void assert_content(const char *file, const char *hex)
{
        AUTO_BUFFER struct buffer content = {0};
        uint64_t size;
        assert_int_equal(efivarfs_read(efivarfs, file, &content), 0);
        AUTO_FREE char *is = text_hex(buffer_view(&content));
        assert_string_equal(is, hex);
        assert_int_equal(efivarfs_size(efivarfs, file, &size), 0);
        assert_int_equal(size, content.size);
}

static void add_line(void *context, const char *file)
{
        struct text *text = context;
        text_add_format(text, "%s\n", file);
}

TEST_OF_EFIVARFS(folder_lists_every_variable)
{
        AUTO_TEXT struct text text = {0};
        efivarfs_list(efivarfs, add_line, &text);
        assert_string_equal(text_string(&text), "Timeout-" GLOBAL "\nWith!slash-" GLOBAL "\ndb-" DATABASE "\n");
        assert_content("Timeout-" GLOBAL, "070000000500");
        assert_content("With!slash-" GLOBAL, "0700000001");
        assert_content("Timeout-8BE4DF61-93CA-11D2-AA0D-00E098032B8C", "070000000500");
        uint64_t size;
        AUTO_BUFFER struct buffer none = {0};
        static const char *const missing[] = {"Timeout", "timeout-" GLOBAL, "Timeout-" DATABASE, "-" GLOBAL, ""};
        for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
                assert_int_equal(efivarfs_size(efivarfs, missing[i], &size), ENOENT);
                assert_int_equal(efivarfs_read(efivarfs, missing[i], &none), ENOENT);
                assert_int_equal(efivarfs_unlink(efivarfs, missing[i]), ENOENT);
                assert_int_equal(write_hex(missing[i], "0700000001"), ENOENT);
        }
        assert_false(efivarfs_is_changed(efivarfs));
}

TEST_OF_EFIVARFS(write_replaces_the_whole_variable)
{
        assert_int_equal(write_hex("Timeout-" GLOBAL, "03000000aabbcc"), 0);
        assert_content("Timeout-" GLOBAL, "03000000aabbcc");
        assert_true(efivarfs_is_changed(efivarfs));
        efivarfs_saved(efivarfs);
        assert_false(efivarfs_is_changed(efivarfs));
        // The name stays what it was, exclamation mark or not.
        assert_int_equal(write_hex("With!slash-" GLOBAL, "0700000002"), 0);
        assert_non_null(varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "With/slash"));
        assert_null(varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "With!slash"));
}

TEST_OF_EFIVARFS(append_adds_to_the_value)
{
        assert_int_equal(write_hex("Timeout-" GLOBAL, "47000000ff"), 0);
        assert_content("Timeout-" GLOBAL, "070000000500ff");
        assert_int_equal(write_hex("Timeout-" GLOBAL, "47000000"), 0);
        assert_content("Timeout-" GLOBAL, "070000000500ff");
}

TEST_OF_EFIVARFS(new_file_becomes_a_variable_when_written)
{
        assert_int_equal(efivarfs_create(efivarfs, "New-" GLOBAL), 0);
        assert_content("New-" GLOBAL, "");
        assert_null(varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "New"));
        assert_false(efivarfs_is_changed(efivarfs));
        assert_int_equal(efivarfs_create(efivarfs, "New-" GLOBAL), EEXIST);
        assert_int_equal(efivarfs_create(efivarfs, "Timeout-" GLOBAL), EEXIST);
        assert_int_equal(write_hex("New-" GLOBAL, "0700000001"), 0);
        assert_content("New-" GLOBAL, "0700000001");
        // Once deleted, it is gone altogether.
        assert_int_equal(write_hex("New-" GLOBAL, "07000000"), 0);
        assert_int_equal(efivarfs_unlink(efivarfs, "New-" GLOBAL), ENOENT);
        assert_int_equal(efivarfs_create(efivarfs, "Empty-" GLOBAL), 0);
        assert_int_equal(efivarfs_unlink(efivarfs, "Empty-" GLOBAL), 0);
        assert_int_equal(efivarfs_create(efivarfs, "no guid"), EINVAL);
        assert_int_equal(efivarfs_create(efivarfs, "\xff-" GLOBAL), EINVAL);
}

TEST_OF_EFIVARFS(unlink_deletes)
{
        assert_int_equal(efivarfs_unlink(efivarfs, "With!slash-" GLOBAL), 0);
        assert_null(varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "With/slash"));
        assert_true(efivarfs_is_changed(efivarfs));
}

TEST_OF_EFIVARFS(invalid_content_is_refused_and_changes_nothing)
{
        static const char *const wrong[] = {"", "07", "070000", "0600000001", "0000000001", "0701000001"};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
                assert_int_equal(write_hex("Timeout-" GLOBAL, wrong[i]), EINVAL);
        AUTO_BUFFER struct buffer large = {0};
        buffer_add_u32(&large, 7);
        buffer_fill(&large, 1, 0x2FF0);
        assert_int_equal(efivarfs_write(efivarfs, "Timeout-" GLOBAL, buffer_view(&large)), ENOSPC);
        assert_content("Timeout-" GLOBAL, "070000000500");
        assert_false(efivarfs_is_changed(efivarfs));
}

TEST_OF_EFIVARFS(authenticated_variables_belong_to_their_key)
{
        assert_int_equal(write_hex("db-" DATABASE, "2700000000"), EACCES);
        assert_int_equal(write_hex("db-" DATABASE, "0700000000"), EACCES);
        assert_int_equal(write_hex("Timeout-" GLOBAL, "2700000000"), EACCES);
        assert_int_equal(efivarfs_unlink(efivarfs, "db-" DATABASE), EACCES);
        assert_content("db-" DATABASE, "270000006b6579");
        open_efivarfs(true);
        assert_int_equal(write_hex("db-" DATABASE, "2700000000"), 0);
        assert_int_equal(efivarfs_unlink(efivarfs, "db-" DATABASE), 0);
}
