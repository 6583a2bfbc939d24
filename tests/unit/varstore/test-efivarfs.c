// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/test.h"
#include <errno.h>

#include "base/encoding.h"
#include "tests/unit/varstore/varstore-image.h"
#include "varstore/efivarfs.h"

#define GLOBAL   "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define DATABASE "d719b2cb-3d3a-4596-a3bc-dad00e67656f"

struct scene {
        struct image image;
        struct varstore *store;
        struct efivarfs *efivarfs;
};

static void scene_begin(struct scene *scene, bool force)
{
        *scene = (struct scene){.image = image_small()};
        image_add_global(&scene->image, "Timeout", "0500");
        image_add_global(&scene->image, "With/slash", "01");
        image_add(&scene->image, 0x3F, GUID_EFI_IMAGE_SECURITY_DATABASE, "db", 0x27,
                  (struct bytes){(const uint8_t *)"key", 3});
        assert_true(varstore_read(image_view(&scene->image), &scene->store, NULL));
        scene->efivarfs = efivarfs_new(scene->store, force);
}

static void scene_free(struct scene *scene)
{
        efivarfs_free(&scene->efivarfs);
        varstore_free(&scene->store);
        image_free(&scene->image);
}
#define AUTO_SCENE __attribute__((cleanup(scene_free)))

static int write_hex(struct scene *scene, const char *file, const char *hex)
{
        AUTO_BUFFER struct buffer content = {0};
        assert_true(text_parse_hex(hex, &content));
        return efivarfs_write(scene->efivarfs, file, buffer_view(&content));
}

static void assert_content(const struct scene *scene, const char *file, const char *hex)
{
        AUTO_BUFFER struct buffer content = {0};
        uint64_t size;
        assert_int_equal(efivarfs_read(scene->efivarfs, file, &content), 0);
        AUTO_FREE char *is = text_hex(buffer_view(&content));
        assert_string_equal(is, hex);
        assert_int_equal(efivarfs_size(scene->efivarfs, file, &size), 0);
        assert_int_equal(size, content.size);
}

static void add_line(void *context, const char *file)
{
        struct text *text = context;
        text_add_format(text, "%s\n", file);
}

TEST(folder_lists_every_variable)
{
        AUTO_SCENE struct scene scene;
        scene_begin(&scene, false);
        AUTO_TEXT struct text text = {0};
        efivarfs_list(scene.efivarfs, add_line, &text);
        assert_string_equal(text_string(&text), "Timeout-" GLOBAL "\nWith!slash-" GLOBAL "\ndb-" DATABASE "\n");
        assert_content(&scene, "Timeout-" GLOBAL, "070000000500");
        assert_content(&scene, "With!slash-" GLOBAL, "0700000001");
        assert_content(&scene, "Timeout-8BE4DF61-93CA-11D2-AA0D-00E098032B8C", "070000000500");
        uint64_t size;
        AUTO_BUFFER struct buffer none = {0};
        static const char *const missing[] = {"Timeout", "timeout-" GLOBAL, "Timeout-" DATABASE, "-" GLOBAL, ""};
        for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
                assert_int_equal(efivarfs_size(scene.efivarfs, missing[i], &size), ENOENT);
                assert_int_equal(efivarfs_read(scene.efivarfs, missing[i], &none), ENOENT);
                assert_int_equal(efivarfs_unlink(scene.efivarfs, missing[i]), ENOENT);
                assert_int_equal(write_hex(&scene, missing[i], "0700000001"), ENOENT);
        }
        assert_false(efivarfs_is_changed(scene.efivarfs));
}

TEST(write_replaces_the_whole_variable)
{
        AUTO_SCENE struct scene scene;
        scene_begin(&scene, false);
        assert_int_equal(write_hex(&scene, "Timeout-" GLOBAL, "03000000aabbcc"), 0);
        assert_content(&scene, "Timeout-" GLOBAL, "03000000aabbcc");
        assert_true(efivarfs_is_changed(scene.efivarfs));
        efivarfs_saved(scene.efivarfs);
        assert_false(efivarfs_is_changed(scene.efivarfs));
        // The name stays what it was, exclamation mark or not.
        assert_int_equal(write_hex(&scene, "With!slash-" GLOBAL, "0700000002"), 0);
        assert_non_null(varstore_find(scene.store, GUID_EFI_GLOBAL_VARIABLE, "With/slash"));
        assert_null(varstore_find(scene.store, GUID_EFI_GLOBAL_VARIABLE, "With!slash"));
}

TEST(append_adds_to_what_is_there)
{
        AUTO_SCENE struct scene scene;
        scene_begin(&scene, false);
        assert_int_equal(write_hex(&scene, "Timeout-" GLOBAL, "47000000ff"), 0);
        assert_content(&scene, "Timeout-" GLOBAL, "070000000500ff");
        assert_int_equal(write_hex(&scene, "Timeout-" GLOBAL, "47000000"), 0);
        assert_content(&scene, "Timeout-" GLOBAL, "070000000500ff");
}

TEST(new_file_is_no_variable_until_it_is_written)
{
        AUTO_SCENE struct scene scene;
        scene_begin(&scene, false);
        assert_int_equal(efivarfs_create(scene.efivarfs, "New-" GLOBAL), 0);
        assert_content(&scene, "New-" GLOBAL, "");
        assert_null(varstore_find(scene.store, GUID_EFI_GLOBAL_VARIABLE, "New"));
        assert_false(efivarfs_is_changed(scene.efivarfs));
        assert_int_equal(efivarfs_create(scene.efivarfs, "New-" GLOBAL), EEXIST);
        assert_int_equal(efivarfs_create(scene.efivarfs, "Timeout-" GLOBAL), EEXIST);
        assert_int_equal(write_hex(&scene, "New-" GLOBAL, "0700000001"), 0);
        assert_content(&scene, "New-" GLOBAL, "0700000001");
        // Once deleted, it is gone altogether.
        assert_int_equal(write_hex(&scene, "New-" GLOBAL, "07000000"), 0);
        assert_int_equal(efivarfs_unlink(scene.efivarfs, "New-" GLOBAL), ENOENT);
        assert_int_equal(efivarfs_create(scene.efivarfs, "Empty-" GLOBAL), 0);
        assert_int_equal(efivarfs_unlink(scene.efivarfs, "Empty-" GLOBAL), 0);
        assert_int_equal(efivarfs_create(scene.efivarfs, "no guid"), EINVAL);
        assert_int_equal(efivarfs_create(scene.efivarfs, "\xff-" GLOBAL), EINVAL);
}

TEST(unlink_deletes)
{
        AUTO_SCENE struct scene scene;
        scene_begin(&scene, false);
        assert_int_equal(efivarfs_unlink(scene.efivarfs, "With!slash-" GLOBAL), 0);
        assert_null(varstore_find(scene.store, GUID_EFI_GLOBAL_VARIABLE, "With/slash"));
        assert_true(efivarfs_is_changed(scene.efivarfs));
}

TEST(what_cannot_be_stored_is_refused_and_changes_nothing)
{
        AUTO_SCENE struct scene scene;
        scene_begin(&scene, false);
        static const char *const wrong[] = {"", "07", "070000", "0600000001", "0000000001", "0701000001"};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
                assert_int_equal(write_hex(&scene, "Timeout-" GLOBAL, wrong[i]), EINVAL);
        AUTO_BUFFER struct buffer large = {0};
        buffer_add_u32(&large, 7);
        buffer_fill(&large, 1, 0x2FF0);
        assert_int_equal(efivarfs_write(scene.efivarfs, "Timeout-" GLOBAL, buffer_view(&large)), ENOSPC);
        assert_content(&scene, "Timeout-" GLOBAL, "070000000500");
        assert_false(efivarfs_is_changed(scene.efivarfs));
}

TEST(authenticated_variables_belong_to_their_key)
{
        AUTO_SCENE struct scene scene;
        scene_begin(&scene, false);
        assert_int_equal(write_hex(&scene, "db-" DATABASE, "2700000000"), EACCES);
        assert_int_equal(write_hex(&scene, "db-" DATABASE, "0700000000"), EACCES);
        assert_int_equal(write_hex(&scene, "Timeout-" GLOBAL, "2700000000"), EACCES);
        assert_int_equal(efivarfs_unlink(scene.efivarfs, "db-" DATABASE), EACCES);
        assert_content(&scene, "db-" DATABASE, "270000006b6579");
        AUTO_SCENE struct scene forced;
        scene_begin(&forced, true);
        assert_int_equal(write_hex(&forced, "db-" DATABASE, "2700000000"), 0);
        assert_int_equal(efivarfs_unlink(forced.efivarfs, "db-" DATABASE), 0);
}
