// SPDX-License-Identifier: Apache-2.0
//
// The store as a value: read as the firmware reads it, changed as the firmware changes it, with any bytes.
#include "tests/unit/varstore/store.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static const uint32_t NV_BS_RT = 7;

// Adds a record in STATE to the image.
static size_t add(uint8_t state, const char *name, const char *text)
{
        return image_add(&image, state, GUID_EFI_GLOBAL_VARIABLE, name, NV_BS_RT, text_bytes(text));
}

static bool set(const char *name, const char *text)
{
        return varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, name, NV_BS_RT, text_bytes(text), &err);
}

static void assert_value(const char *name, const char *expected)
{
        const struct variable *variable = varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, name);
        if (!expected) {
                assert_null(variable);
                return;
        }
        assert_non_null(variable);
        assert_true(bytes_equal(variable->data, text_bytes(expected)));
}

static size_t count_live(void)
{
        size_t count = 0;
        for (const struct variable *variable = NULL; (variable = varstore_next(store, variable));)
                count++;
        return count;
}

// ---- reading ----

TEST_OF_STORE(variables_are_found_by_vendor_and_name)
{
        image_add_global(&image, "A", "01");
        image_add(&image, 0x3F, GUID_SHIM_LOCK, "A", 3, text_bytes("other"));
        size_t third = image_add_global(&image, "Bcd", "0203");
        open_store();
        assert_int_equal(varstore_verdict(store), VARSTORE_SOUND);
        assert_int_equal(count_live(), 3);
        const struct variable *variable = varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "Bcd");
        assert_int_equal(variable->offset, third);
        assert_int_equal(variable->attributes, NV_BS_RT);
        assert_int_equal(variable->data.size, 2);
        variable = varstore_find(store, GUID_SHIM_LOCK, "A");
        assert_true(bytes_equal(variable->data, text_bytes("other")));
        assert_null(varstore_find(store, GUID_SHIM_LOCK, "Bcd"));
        assert_null(varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "a"));
}

TEST_OF_STORE(plain_records_are_read)
{
        use_image(image_plain());
        image_add_global(&image, "First", "4f6e65");
        image_add_global(&image, "Second", "54776f");
        open_store();
        assert_int_equal(varstore_volume(store)->format, VARIABLE_PLAIN);
        assert_value("First", "One");
        assert_value("Second", "Two");
        assert_int_equal(varstore_verdict(store), VARSTORE_SOUND);
}

TEST_OF_STORE(blank_image_is_a_store_without_variables)
{
        static const size_t sizes[] = {0x20000, 0x84000, 0xC0000, 0x4000000};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                for (int fill = 0; fill < 0x100; fill += 0xFF) {
                        use_image((struct image){.data = memory_new(sizes[i], 1), .size = sizes[i]});
                        if (fill)
                                memset(image.data, fill, sizes[i]);
                        open_store();
                        assert_true(varstore_is_blank(store));
                        assert_int_equal(count_live(), 0);
                        assert_int_equal(varstore_verdict(store), VARSTORE_SOUND);
                }
        }
}

static void assert_unreadable(struct bytes content, const char *why)
{
        assert_failed(varstore_read(content, &store, &err), ERROR_DAMAGED, why);
        assert_null(store);
}

TEST_OF_STORE(other_images_are_refused_with_the_reason)
{
        AUTO_FREE uint8_t *bytes = memory_new(0x20000, 1);
        assert_unreadable((struct bytes){NULL, 0}, "0 bytes, too few");
        assert_unreadable((struct bytes){bytes, 99}, "99 bytes, too few");
        assert_unreadable((struct bytes){bytes, 0x1F000}, "blank");
        memset(bytes, 'x', 0x20000);
        assert_unreadable((struct bytes){bytes, 0x20000}, "_FVH");
        // Blank but for one byte, which a firmware would format over.
        memset(bytes, 0xFF, 0x20000);
        bytes[0x1FFFF] = 0;
        assert_unreadable((struct bytes){bytes, 0x20000}, "blank at offset 0x0");
        use_image(image_ovmf());
        image_hex(&image, 0x48, "00000000000000000000000000000000");
        assert_unreadable(image_view(&image), "00000000-0000-0000-0000-000000000000");
}

TEST_OF_STORE(padding_is_kept_apart)
{
        use_image(image_new(0x4000000, AAVMF_HEADERS, 0x40000, AAVMF_WORKING));
        image_add_global(&image, "A", "01");
        open_store();
        assert_int_equal(varstore_volume(store)->size, 0xC0000);
        assert_int_equal(varstore_padding(store).size, 0x4000000 - 0xC0000);
        assert_int_equal(varstore_verdict(store), VARSTORE_SOUND);
        assert_int_equal(count_live(), 1);
}

TEST_OF_STORE(dead_records_are_passed_over)
{
        add(0x3C, "Gone", "old");
        add(0x3D, "Deleted", "old");
        add(0x3C, "Kept", "old");
        add(0x3F, "Kept", "new");
        open_store();
        assert_value("Gone", NULL);
        assert_value("Deleted", NULL);
        assert_value("Kept", "new");
        assert_int_equal(varstore_verdict(store), VARSTORE_SOUND);
        size_t records = 0;
        for (const struct variable *record = NULL; (record = varstore_next_record(store, record));)
                records++;
        assert_int_equal(records, 4);
        struct varstore_space space = varstore_space(store);
        assert_int_equal(space.capacity, 0x40000 - 100);
        assert_int_equal(space.used, image.end - 100);
        assert_int_equal(space.left, 0x40000 - image.end);
        assert_true(space.dead > 0 && space.dead < space.used);
}

TEST_OF_STORE(record_in_deleted_transition_holds_until_its_successor_is_whole)
{
        size_t alone = add(0x3E, "Alone", "old");
        add(0x3E, "Cut", "old");
        add(0x7F, "Cut", "new");
        add(0x3E, "Whole", "old");
        add(0x3F, "Whole", "new");
        add(0x3E, "Twice", "one");
        add(0x3E, "Twice", "two");
        open_store();
        assert_value("Alone", "old");
        assert_value("Cut", "old");
        assert_value("Whole", "new");
        assert_value("Twice", "two");
        assert_int_equal(count_live(), 4);
        assert_int_equal(varstore_verdict(store), VARSTORE_REMARKS);
        assert_int_equal(varstore_remarks(store)->items[0].offset, alone + 2);
}

TEST_OF_STORE(record_whose_header_was_cut_off_takes_only_its_header)
{
        // The start and nothing else was written; the firmware goes on behind the header.
        image_hex(&image, image.end, "aa55ff");
        image.end += 60;
        image_add_global(&image, "Next", "4f6e65");
        open_store();
        assert_value("Next", "One");
        assert_int_equal(count_live(), 1);
        assert_int_equal(varstore_verdict(store), VARSTORE_REMARKS);
}

static void assert_damaged_at(uint64_t offset)
{
        const struct remark *damage = varstore_first_damage(store);
        assert_non_null(damage);
        assert_int_equal(varstore_verdict(store), VARSTORE_DAMAGED);
        assert_int_equal(damage->offset, offset);
}

TEST_OF_STORE(second_whole_record_of_a_name_is_damage)
{
        image_add_global(&image, "Same", "4f6e65");
        size_t second = image_add_global(&image, "Same", "54776f");
        open_store();
        assert_value("Same", "One");
        assert_damaged_at(second);
}

TEST_OF_STORE(record_of_an_impossible_state_is_damage)
{
        size_t at = add(0x2F, "Lost", "x");
        image_add_global(&image, "Next", "4f6e65");
        open_store();
        assert_value("Lost", NULL);
        assert_value("Next", "One");
        assert_damaged_at(at + 2);
}

TEST_OF_STORE(bytes_behind_the_last_record_are_damage)
{
        image_add_global(&image, "First", "4f6e65");
        size_t second = image_add_global(&image, "Second", "54776f");
        image_add_global(&image, "Third", "00");
        image.data[second] ^= 1;
        open_store();
        assert_value("First", "One");
        assert_value("Third", NULL);
        assert_damaged_at(second);
}

// What EDK2's flash driver was seen to leave behind: a copy of the bytes 0x80 to 0xFF, up to the end of a block.
TEST_OF_STORE(residue_of_the_flash_driver_is_remarked_and_goes_with_the_next_change)
{
        image_add_global(&image, "First", "6f6e65");
        image_add_global(&image, "Second", "74776f");
        size_t end = image.end;
        memcpy(image.data + end, image.data + end - 0x80, 0x40);
        open_store();
        assert_int_equal(varstore_verdict(store), VARSTORE_REMARKS);
        assert_null(varstore_first_damage(store));
        assert_int_equal(varstore_remarks(store)->count, 1);
        assert_int_equal(varstore_remarks(store)->items[0].offset, end);
        assert_value("First", "one");
        assert_value("Second", "two");

        assert_true(set("T", "x"));
        reopen_store();
        assert_int_equal(varstore_verdict(store), VARSTORE_SOUND);
        assert_value("Second", "two");
        assert_value("T", "x");
}

TEST_OF_STORE(record_that_leads_out_of_the_store_is_damage)
{
        image_add_global(&image, "First", "4f6e65");
        size_t second = image_add_global(&image, "Second", "54776f");
        static const char *const sizes[] = {"0000f0ff", "ffff0300", "ffffff7f", "feffffff"};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                image_hex(&image, second + 40, sizes[i]);
                open_store();
                assert_value("First", "One");
                assert_damaged_at(second);
        }
}

TEST_OF_STORE(malformed_name_is_damage)
{
        static const char *const names[] = {"4e00610000006500", "4e0061006d006500"};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
                use_image(image_aavmf());
                size_t at = image_add_global(&image, "Nam", "4f6e65");
                image_add_global(&image, "Next", "4f6e65");
                image_hex(&image, at + 60, names[i]);
                open_store();
                assert_value("Next", "One");
                assert_damaged_at(at);
                assert_int_equal(count_live(), 1);
        }
}

// ---- fault-tolerant writes ----

// A write queue of one write of the variables, as AAVMF leaves it after it compacted its store, with the state bytes of
// the header and of the record to choose.
static void add_write(uint8_t header, uint8_t record)
{
        image_hex(&image, 0x40020,
                  "f8ffffff76ea5cfe724fe849986f2cd899dffe5dffffffff01000000000000000000000000000000"
                  "f9ffffffffffffff00000000000000004800000000000000b8ff0300000000000000f8ffffffffff");
        image.data[0x40020] = header;
        image.data[0x40048] = record;
}

// A variable that is "old" in the store and "new" in its spare block.
static void add_value_and_spare(void)
{
        size_t begin = image.end;
        image_add_global(&image, "Value", "6e6577");
        memcpy(image.data + 0x80000, image.data, 0x40000);
        image.end = begin;
        image_add_global(&image, "Value", "6f6c64");
}

static void assert_queue(uint8_t header, uint8_t record, enum volume_queue queue, const char *value)
{
        use_image(image_aavmf());
        add_value_and_spare();
        add_write(header, record);
        open_store();
        assert_int_equal(varstore_volume(store)->queue, queue);
        assert_value("Value", value);
        assert_true(varstore_verdict(store) != VARSTORE_DAMAGED);
        // What is not changed is written as it was.
        assert_as_image();
}

TEST_OF_STORE(pending_write_is_read_from_the_spare)
{
        assert_queue(0xFE, 0xFF, QUEUE_ABORTED, "old"); // allocated
        assert_queue(0xFC, 0xFF, QUEUE_ABORTED, "old"); // its records allocated
        assert_queue(0xFC, 0xFD, QUEUE_PENDING, "new"); // the spare complete
        assert_queue(0xFC, 0xF9, QUEUE_CLEAN, "old");   // the destination complete
        assert_queue(0xF8, 0xF9, QUEUE_CLEAN, "old");   // all complete
}

TEST_OF_STORE(changing_a_store_settles_the_pending_write)
{
        add_value_and_spare();
        add_write(0xFC, 0xFD);
        open_store();
        assert_true(set("More", "more"));
        reopen_store();
        assert_int_equal(varstore_volume(store)->queue, QUEUE_CLEAN);
        assert_value("Value", "new");
        assert_value("More", "more");
        assert_int_equal(varstore_verdict(store), VARSTORE_SOUND);
}

TEST_OF_STORE(pending_write_to_nowhere_is_damage)
{
        static const char *const targets[] = {"0000000000000000", "000004000000000000", "ffffffffffffff7f",
                                              "0000000000000080", "00fff7ffffffffff"};
        for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
                use_image(image_aavmf());
                add_value_and_spare();
                add_write(0xFC, 0xFD);
                image_hex(&image, 0x40048 + 32, targets[i]);
                open_store();
                // 0 means onto the spare itself, which fits; nothing is behind the spare.
                assert_int_equal(varstore_volume(store)->queue, i ? QUEUE_DAMAGED : QUEUE_PENDING);
        }
}

TEST_OF_STORE(queue_that_leads_out_of_its_block_is_damage)
{
        add_value_and_spare();
        add_write(0xF8, 0xF9);
        image_hex(&image, 0x40020 + 24, "ffffffffffffffff");
        open_store();
        assert_damaged_at(0x40020);
        assert_value("Value", "old");
}

TEST_OF_STORE(working_block_is_judged)
{
        image_add_global(&image, "Value", "6f6c64");
        image.data[0x40010] ^= 1;
        open_store();
        assert_damaged_at(0x40000);
        assert_value("Value", "old");
        // While the firmware renews the block, the spare has a copy of it.
        image_hex(&image, 0x80000, AAVMF_WORKING);
        open_store();
        assert_int_equal(varstore_volume(store)->queue, QUEUE_CLEAN);
        assert_int_equal(varstore_verdict(store), VARSTORE_REMARKS);
        memset(image.data + 0x40000, 0xFF, 0x80000);
        open_store();
        assert_int_equal(varstore_verdict(store), VARSTORE_REMARKS);
        assert_value("Value", "old");
}

// ---- harm ----

// Records up to 0x1E00.
static void add_many_records(void)
{
        static const uint8_t states[] = {0x3F, 0x3C, 0x3F, 0x3D, 0x3F, 0x3F};
        uint8_t data[200];
        memset(data, 0xA5, sizeof data);
        for (size_t i = 0; image.end < 0x1E00; i++) {
                AUTO_FREE char *name = text_format("Variable%zu", i);
                image_add(&image, states[i % sizeof states], GUID_EFI_GLOBAL_VARIABLE, name, NV_BS_RT,
                          (struct bytes){data, 1 + i * 37 % sizeof data});
        }
}

// Where the records of the store begin, as one number: what a change of its structure changes.
static uint64_t structure(void)
{
        uint64_t sum = 14695981039346656037u;
        for (const struct variable *record = NULL; (record = varstore_next_record(store, record));)
                sum = (sum ^ record->offset) * 1099511628211u;
        return sum;
}

static void flip(size_t bit)
{
        image.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

static void assert_unsound(size_t bit)
{
        if (varstore_verdict(store) == VARSTORE_SOUND)
                fail_msg("bit %zu of byte 0x%zx is flipped and the verdict is sound", bit % 8, bit / 8);
}

TEST_OF_STORE(every_flipped_bit_of_the_records_is_survived_and_a_changed_structure_never_sound)
{
        use_image(image_small());
        add_many_records();
        open_store();
        uint64_t whole = structure();
        assert_int_equal(varstore_verdict(store), VARSTORE_SOUND);
        for (size_t bit = 8 * 100; bit < 8 * 0x2000; bit++) {
                flip(bit);
                open_store();
                if (structure() != whole)
                        assert_unsound(bit);
                flip(bit);
        }
}

// The working block is at WORKING_AT. The store's length is known only if the layout is.
static void assert_flipped_headers_unsound(size_t working_at, bool has_known_layout)
{
        add_many_records();
        for (size_t bit = 0; bit < 8 * 100; bit++) {
                flip(bit);
                bool may_be_right = !has_known_layout && bit / 8 >= 0x58 && bit / 8 < 0x5C;
                varstore_free(&store);
                if (varstore_read(image_view(&image), &store, NULL) && !may_be_right)
                        assert_unsound(bit);
                flip(bit);
        }
        // The working block's header, and the free queue behind it.
        for (size_t bit = 8 * working_at; bit < 8 * (working_at + 0x80); bit++) {
                flip(bit);
                open_store();
                assert_unsound(bit);
                flip(bit);
        }
}

TEST_OF_STORE(every_flipped_bit_of_the_headers_is_noticed)
{
        use_image(image_ovmf());
        assert_flipped_headers_unsound(0xF000, true);
        use_image(image_small());
        assert_flipped_headers_unsound(0x3000, false);
}

TEST_OF_STORE(every_truncation_is_survived_and_never_sound)
{
        use_image(image_small());
        add_many_records();
        for (size_t size = 0; size < image.size; size++) {
                // A copy of its own, so that the sanitizer sees a read past the end.
                AUTO_FREE uint8_t *copy = memory_copy(image.data, size);
                AUTO_VARSTORE struct varstore *cut = NULL;
                bool read = varstore_read((struct bytes){copy, size}, &cut, &err);
                if (read)
                        assert_int_equal(varstore_verdict(cut), VARSTORE_DAMAGED);
                else
                        assert_failed(read, ERROR_DAMAGED, "");
                assert_true(read || size < 100);
        }
}

// ---- changing ----

TEST_OF_STORE(set_appends_the_record_that_the_specification_describes)
{
        size_t old = image_add_global(&image, "Timeout", "0500");
        open_store();
        uint8_t zero[2] = {0};
        assert_true(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Timeout", NV_BS_RT, (struct bytes){zero, 2}, &err));
        image.data[old + 2] = 0x3C;
        image_add_global(&image, "Timeout", "0000");
        assert_as_image();
        assert_int_equal(count_live(), 1);
}

TEST_OF_STORE(set_of_the_same_value_writes_nothing)
{
        image_add_global(&image, "Value", "6f6c64");
        open_store();
        assert_true(set("Value", "old"));
        assert_as_image();
        // Other attributes are another value.
        assert_true(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Value", 3, text_bytes("old"), &err));
        assert_int_equal(varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "Value")->attributes, 3);
}

TEST_OF_STORE(set_works_in_plain_stores)
{
        use_image(image_plain());
        open_store();
        assert_true(set("Value", "old"));
        image_add_global(&image, "Value", "6f6c64");
        assert_as_image();
}

TEST_OF_STORE(set_keeps_the_time_stamp_of_an_authenticated_variable)
{
        size_t at = image_add(&image, 0x3F, GUID_EFI_GLOBAL_VARIABLE, "KEK", 0x27, text_bytes("old"));
        image_hex(&image, at + 16, "e6070b0e0f1011000000000000000000");
        open_store();
        assert_true(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "KEK", 0x27, text_bytes("new"), &err));
        assert_memory_equal(varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "KEK")->time, image.data + at + 16, 16);
}

TEST_OF_STORE(deleted_variable_stays_deleted)
{
        add(0x3E, "Value", "older");
        add(0x3F, "Value", "old");
        open_store();
        assert_true(varstore_delete(store, GUID_EFI_GLOBAL_VARIABLE, "Value", &err));
        // The one that was in deleted transition must not come back.
        reopen_store();
        assert_value("Value", NULL);
        assert_failed(varstore_delete(store, GUID_EFI_GLOBAL_VARIABLE, "Value", &err), ERROR_NO, "");
}

TEST_OF_STORE(full_store_is_compacted)
{
        use_image(image_ovmf());
        image_add_global(&image, "Before", "4f6e65");
        add(0x3E, "Cut", "old");
        open_store();
        uint8_t data[1000];
        for (int i = 0; i < 200; i++) {
                memset(data, i, sizeof data);
                assert_true(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Again", NV_BS_RT,
                                         (struct bytes){data, sizeof data}, &err));
        }
        reopen_store();
        assert_int_equal(varstore_verdict(store), VARSTORE_SOUND);
        assert_value("Before", "One");
        assert_value("Cut", "old");
        const struct variable *variable = varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "Again");
        assert_true(bytes_equal(variable->data, (struct bytes){data, sizeof data}));
        assert_true(varstore_compact(store, &err));
        assert_int_equal(varstore_space(store).dead, 0);
        assert_int_equal(count_live(), 3);
}

TEST_OF_STORE(variable_that_does_not_fit_changes_nothing)
{
        use_image(image_ovmf());
        image_add_global(&image, "Value", "6f6c64");
        open_store();
        AUTO_FREE uint8_t *data = memory_new(0x10000, 1);
        uint64_t room = varstore_space(store).capacity;
        // Exactly the room that there is once the old value is gone: 60 bytes of header and 12 of the name.
        struct bytes most = {data, (size_t)(room - 60 - 12)};
        struct bytes more = {data, most.size + 1};
        assert_failed(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Value", NV_BS_RT, more, &err), ERROR_ENVIRONMENT,
                      "");
        assert_as_image();
        assert_true(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Value", NV_BS_RT, most, &err));
        assert_int_equal(varstore_space(store).left, 0);
}

TEST_OF_STORE(impossible_change_is_refused)
{
        static const struct {
                const char *name, *data;
                uint32_t attributes;
        } wrong[] = {{"", "x", 7}, {"\xFF", "x", 7}, {"Value", "", 7}, {"Value", "x", 6}, {"Value", "x", 0x47}};
        open_store();
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                assert_failed(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, wrong[i].name, wrong[i].attributes,
                                           text_bytes(wrong[i].data), &err),
                              ERROR_USAGE, "");
        }
        assert_as_image();
        image_add_global(&image, "Same", "00");
        image_add_global(&image, "Same", "01");
        open_store();
        assert_failed(set("Value", "x"), ERROR_DAMAGED, "");
        assert_false(varstore_format(store, &err));
}

// Formats a blank store of SIZE bytes.
static void format_blank(size_t size)
{
        use_image((struct image){.data = memory_new(size, 1), .size = size});
        open_store();
        assert_false(set("Value", "x"));
        assert_true(varstore_format(store, &err));
        assert_false(varstore_is_blank(store));
}

TEST_OF_STORE(formatted_store_is_the_one_that_aavmf_formats)
{
        AUTO_IMAGE struct image expected = image_aavmf();
        format_blank(0x4000000);
        assert_memory_equal(varstore_volume_bytes(store).data, expected.data, expected.size);
        assert_true(set("Value", "old"));
        image_add_global(&expected, "Value", "6f6c64");
        assert_memory_equal(varstore_volume_bytes(store).data, expected.data, expected.size);
}

TEST_OF_STORE(formatted_store_is_the_template_that_ovmf_ships)
{
        static const char *const templates[] = {"/usr/share/OVMF/OVMF_VARS.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"};
        size_t compared = 0;
        for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++) {
                if (!file_exists(templates[i]))
                        continue;
                AUTO_BUFFER struct buffer shipped = {0};
                assert_true(file_read(templates[i], 1 << 20, &shipped, &err));
                format_blank(shipped.size);
                assert_true(bytes_equal(varstore_volume_bytes(store), buffer_view(&shipped)));
                compared++;
        }
#ifndef __linux__
        if (!compared) // there is no such package
                skip();
#endif
        assert_true(compared > 0);
}

// ---- files ----

static int file_begin(void **state)
{
        use_image(image_aavmf());
        return scratch_begin(state);
}

static int file_end(void **state)
{
        return store_end(state) == 0 ? scratch_end(state) : -1;
}

// A test of a store that is in a file, in a folder of its own.
#define TEST_OF_FILE(name) TEST_WITH(name, file_begin, file_end)

static void load_image(void)
{
        write_bytes("vars.fd", image_view(&image));
        assert_done(varstore_load("vars.fd", &store, &err), &err);
}

TEST_OF_FILE(saved_image_is_the_loaded_one_and_sparse)
{
        AUTO_IMAGE struct image volume = image_aavmf();
        image_add_global(&volume, "Value", "6f6c64");
        use_image((struct image){.data = memory_new(0x4000000, 1), .size = 0x4000000});
        memcpy(image.data, volume.data, volume.size);
        load_image();
        assert_done(varstore_save(store, "target.fd", 0640, &err), &err);
        assert_same_file("target.fd", "vars.fd");
        assert_true(file_allocated("target.fd") < 1 << 20);
        struct stat status;
        assert_int_equal(stat("target.fd", &status), 0);
        assert_int_equal(status.st_mode & 0777, 0640);
}

TEST_OF_FILE(old_file_stays_if_the_new_one_cannot_be_written)
{
        load_image();
        assert_true(set("Value", "x"));
        struct rlimit limit;
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
        struct rlimit small = {.rlim_cur = 0x10000, .rlim_max = limit.rlim_max};
        signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        bool saved = varstore_save(store, "vars.fd", 0644, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        assert_failed(saved, ERROR_ENVIRONMENT, "");
        AUTO_BUFFER struct buffer kept = {0};
        read_whole("vars.fd", &kept);
        assert_true(bytes_equal(buffer_view(&kept), image_view(&image)));
        AUTO_FREE char *files = shell_output("ls -A");
        assert_string_equal(files, "vars.fd");
}

TEST_OF_STORE(missing_file_is_a_missing_input)
{
        assert_failed(varstore_load("/nonexistent/vars.fd", &store, &err), ERROR_USAGE, "");
        assert_null(store);
}
