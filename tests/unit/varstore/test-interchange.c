// SPDX-License-Identifier: Apache-2.0
//
// Variables as JSON and as a folder: what other programs write is read, and nothing that is cut or flipped is taken for
// something else or does harm.
#include "tests/unit/varstore/store.h"

#include <sys/stat.h>

#include "base/encoding.h"
#include "base/file.h"
#include "varstore/difference.h"
#include "varstore/interchange.h"

// As QEMU writes it, and a variable that is volatile.
static const char QEMU_JSON[] =
        "{\"version\": 2, \"variables\": ["
        "{\"guid\": \"d719b2cb-3d3a-4596-a3bc-dad00e67656f\", \"name\": \"db\", \"attr\": 39, \"data\": \"a159C0\", "
        "\"time\": \"e6070b0e0f1011000000000000000000\", \"digest\": \"00\"}, "
        "{\"guid\": \"8be4df61-93ca-11d2-aa0d-00e098032b8c\", \"name\": \"Timeout\", \"attr\": 7, \"data\": \"0500\", "
        "\"time\": \"e6070b0e0f1011000000000000000000\"}, "
        "{\"guid\": \"8be4df61-93ca-11d2-aa0d-00e098032b8c\", \"name\": \"BootCurrent\", \"attr\": 6, \"data\": "
        "\"0000\"}]}";

// What is read from JSON or a folder.
static struct edits edits;
static size_t volatile_count;

static bool read_json(struct bytes json)
{
        edits_free(&edits);
        return interchange_read_json(json, &edits, &volatile_count, &err);
}

static int begin(void **state)
{
        use_image(image_ovmf());
        return scratch_begin(state);
}

static int end(void **state)
{
        edits_free(&edits);
        return store_end(state) == 0 ? scratch_end(state) : -1;
}

// A test with an image without variables, in a folder of its own.
#define TEST_OF_INTERCHANGE(name) TEST_WITH(name, begin, end)

TEST_OF_INTERCHANGE(json_of_qemu_becomes_edits)
{
        assert_true(read_json(text_bytes(QEMU_JSON)));
        assert_int_equal(volatile_count, 1);
        assert_int_equal(edits.count, 2);
        const struct edit *db = &edits.items[0];
        assert_int_equal(db->kind, EDIT_SET);
        assert_string_equal(db->name, "db");
        assert_true(db->has_vendor && guid_equal(db->vendor, GUID_EFI_IMAGE_SECURITY_DATABASE));
        assert_int_equal(db->attributes, 0x27);
        assert_memory_equal(db->data.data, "\xa1\x59\xc0", 3);
        static const uint8_t time[16] = {0xe6, 0x07, 0x0b, 0x0e, 0x0f, 0x10, 0x11};
        assert_true(db->has_time);
        assert_memory_equal(db->time, time, sizeof time);
        // A time stamp without the attribute is ignored.
        assert_false(edits.items[1].has_time);
        assert_int_equal(edits.items[1].data.size, 2);
}

// A store with every kind of variable; its blank twin takes all of it over.
TEST_OF_INTERCHANGE(store_comes_back_from_json_as_it_was)
{
        AUTO_IMAGE struct image empty = image_ovmf();
        image_add_global(&image, "Timeout", "0500");
        size_t at = image_add(&image, 0x3F, GUID_EFI_GLOBAL_VARIABLE, "KEK", 0x27, text_bytes("key"));
        image_hex(&image, at + 16, "e6070b0e0f1011000000000000000000");
        image_add(&image, 0x3F, GUID_SHIM_LOCK, "A\"\\/-b", 3, text_bytes("x"));
        image_add(&image, 0x3C, GUID_SHIM_LOCK, "Gone", 3, text_bytes("x"));
        open_store();
        AUTO_VARSTORE struct varstore *copy = read_image(&empty);
        json_t *json = interchange_json(store);
        AUTO_FREE char *text = json_dumps(json, 0);
        json_decref(json);
        AUTO_DIFFERENCES struct differences differences = {0};
        assert_true(read_json(text_bytes(text)));
        assert_int_equal(edits.count, 3);
        assert_true(edits_apply(&edits, copy, true, &err));
        differences_find(store, copy, &differences);
        assert_int_equal(differences.count, 0);
}

TEST_OF_INTERCHANGE(json_that_is_cut_off_is_refused_at_every_length)
{
        for (size_t size = 0; size < strlen(QEMU_JSON); size++) {
                // A copy of its own, so that the sanitizer sees a read past the end.
                AUTO_FREE uint8_t *copy = memory_copy(QEMU_JSON, size);
                assert_failed(read_json((struct bytes){copy, size}), ERROR_DAMAGED, "");
        }
}

TEST_OF_INTERCHANGE(every_flipped_bit_of_json_is_survived)
{
        AUTO_FREE uint8_t *copy = memory_copy(QEMU_JSON, strlen(QEMU_JSON));
        use_image(image_small());
        for (size_t bit = 0; bit < 8 * strlen(QEMU_JSON); bit++) {
                copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
                open_store();
                bool read = read_json((struct bytes){copy, strlen(QEMU_JSON)});
                if (read)
                        edits_apply(&edits, store, true, &err);
                else
                        assert_failed(read, ERROR_DAMAGED, "");
                assert_int_equal(varstore_verdict(store), VARSTORE_SOUND);
                copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
}

static void assert_refused(const char *variable, const char *why)
{
        AUTO_FREE char *text = text_format("{\"variables\": [%s]}", variable);
        assert_failed(read_json(text_bytes(text)), ERROR_DAMAGED, why);
}

TEST_OF_INTERCHANGE(error_in_json_is_reported_with_its_place)
{
        assert_refused("7", "variables[0] \"\": 'name'");
        assert_refused("null", "'name'");
        assert_refused("{\"name\": \"a\\u001b\", \"guid\": 7}", "variables[0] \"a\\x1b\": 'guid'");
        assert_refused("{\"name\": \"a\", \"name\": \"b\"}", "line 1: not JSON");
        assert_refused("{\"name\": \"\xff\"}", "not JSON");
}

TEST_OF_INTERCHANGE(endless_depth_is_refused)
{
        AUTO_BUFFER struct buffer deep = {0};
        buffer_fill(&deep, '[', 1 << 20);
        assert_failed(read_json(buffer_view(&deep)), ERROR_DAMAGED, "");
}

TEST_OF_INTERCHANGE(folder_is_as_efivarfs_shows_it)
{
        image_add_global(&image, "Timeout", "0500");
        image_add(&image, 0x3F, GUID_SHIM_LOCK, "a/b", 0x27, text_bytes("x"));
        open_store();
        shell("mkdir folder");
        assert_done(interchange_write_folder(store, "folder", &err), &err);
        static const struct {
                const char *name, *hex;
        } files[] = {{"Timeout-8be4df61-93ca-11d2-aa0d-00e098032b8c", "070000000500"},
                     {"a!b-605dab50-e046-4300-abb6-3dd810dd8b23", "2700000078"}};
        for (size_t i = 0; i < 2; i++) {
                AUTO_FREE char *path = file_path("folder", files[i].name);
                AUTO_BUFFER struct buffer content = {0};
                read_whole(path, &content);
                AUTO_FREE char *hex = text_hex(buffer_view(&content));
                assert_string_equal(hex, files[i].hex);
        }
        // And nothing is written over.
        assert_false(interchange_write_folder(store, "folder", &err));
        assert_true(interchange_read_folder("folder", &edits, &volatile_count, &err));
        assert_int_equal(edits.count, 2);
}

TEST(other_file_names_are_not_variables)
{
        size_t length;
        struct guid vendor;
        assert_true(interchange_file_name("a-b-605DAB50-e046-4300-abb6-3dd810dd8b23", &length, &vendor));
        assert_int_equal(length, 3);
        assert_true(guid_equal(vendor, GUID_SHIM_LOCK));
        static const char *const wrong[] = {"",
                                            "-",
                                            "a",
                                            "-605dab50-e046-4300-abb6-3dd810dd8b23",
                                            "605dab50-e046-4300-abb6-3dd810dd8b23",
                                            "a_605dab50-e046-4300-abb6-3dd810dd8b23",
                                            "a-605dab50-e046-4300-abb6-3dd810dd8b2",
                                            "a-605dab50-e046-4300-abb6-3dd810dd8b23x"};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
                assert_false(interchange_file_name(wrong[i], &length, NULL));
}
