// SPDX-License-Identifier: Apache-2.0
//
// The store as a value: read as the firmware reads it, changed as the firmware changes it, whatever its bytes are.
#include "tests/unit/test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/varstore/varstore-image.h"
#include "varstore/varstore.h"

static const uint32_t NV_BS_RT = 7;

static struct bytes text_bytes(const char *text)
{
        return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static struct varstore *read_image(const struct image *image)
{
        struct varstore *store;
        AUTO_ERROR struct error err = {0};
        if (!varstore_read(image_view(image), &store, &err))
                fail_msg("%s", err.message);
        return store;
}

static void assert_value(const struct varstore *store, const char *name, const char *expected)
{
        const struct variable *variable = varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, name);
        if (!expected) {
                assert_null(variable);
                return;
        }
        assert_non_null(variable);
        assert_true(bytes_equal(variable->data, text_bytes(expected)));
}

static size_t count_live(const struct varstore *store)
{
        size_t count = 0;
        for (const struct variable *variable = NULL; (variable = varstore_next(store, variable));)
                count++;
        return count;
}

// ---- reading ----

TEST(variables_are_found_by_vendor_and_name)
{
        AUTO_IMAGE struct image image = image_aavmf();
        image_add_global(&image, "A", "01");
        image_add(&image, 0x3F, GUID_SHIM_LOCK, "A", 3, text_bytes("other"));
        size_t third = image_add_global(&image, "Bcd", "0203");
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        assert_int_equal(varstore_verdict(store), VARSTORE_SOUND);
        assert_int_equal(count_live(store), 3);
        const struct variable *variable = varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "Bcd");
        assert_int_equal(variable->offset, third);
        assert_int_equal(variable->attributes, NV_BS_RT);
        assert_int_equal(variable->data.size, 2);
        variable = varstore_find(store, GUID_SHIM_LOCK, "A");
        assert_true(bytes_equal(variable->data, text_bytes("other")));
        assert_null(varstore_find(store, GUID_SHIM_LOCK, "Bcd"));
        assert_null(varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "a"));
}

TEST(plain_records_are_read)
{
        AUTO_IMAGE struct image image = image_plain();
        image_add_global(&image, "First", "4f6e65");
        image_add_global(&image, "Second", "54776f");
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        assert_int_equal(varstore_volume(store)->format, VARIABLE_PLAIN);
        assert_value(store, "First", "One");
        assert_value(store, "Second", "Two");
        assert_int_equal(varstore_verdict(store), VARSTORE_SOUND);
}

TEST(blank_image_is_a_store_without_variables)
{
        static const size_t sizes[] = {0x20000, 0x84000, 0xC0000, 0x4000000};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                for (int fill = 0; fill < 0x100; fill += 0xFF) {
                        struct image image = {.data = memory_new(sizes[i], 1), .size = sizes[i]};
                        if (fill)
                                memset(image.data, fill, sizes[i]);
                        struct varstore *store = read_image(&image);
                        assert_true(varstore_is_blank(store));
                        assert_int_equal(count_live(store), 0);
                        assert_int_equal(varstore_verdict(store), VARSTORE_SOUND);
                        varstore_free(&store);
                        image_free(&image);
                }
        }
}

static void assert_unreadable(struct bytes image, const char *why)
{
        struct varstore *store;
        AUTO_ERROR struct error err = {0};
        assert_false(varstore_read(image, &store, &err));
        assert_null(store);
        assert_int_equal(err.code, ERROR_DAMAGED);
        if (!strstr(err.message, why))
                fail_msg("'%s' is not in: %s", why, err.message);
}

TEST(what_is_no_store_is_refused_with_the_reason)
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
        AUTO_IMAGE struct image no_store = image_ovmf();
        image_hex(&no_store, 0x48, "00000000000000000000000000000000");
        assert_unreadable(image_view(&no_store), "00000000-0000-0000-0000-000000000000");
}

TEST(padding_is_kept_apart)
{
        AUTO_IMAGE struct image image = image_new(0x4000000, AAVMF_HEADERS, 0x40000, AAVMF_WORKING);
        image_add_global(&image, "A", "01");
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        assert_int_equal(varstore_volume(store)->size, 0xC0000);
        assert_int_equal(varstore_padding(store).size, 0x4000000 - 0xC0000);
        assert_int_equal(varstore_verdict(store), VARSTORE_SOUND);
        assert_int_equal(count_live(store), 1);
}

TEST(dead_records_are_passed_over)
{
        AUTO_IMAGE struct image image = image_aavmf();
        image_add(&image, 0x3C, GUID_EFI_GLOBAL_VARIABLE, "Gone", NV_BS_RT, text_bytes("old"));
        image_add(&image, 0x3D, GUID_EFI_GLOBAL_VARIABLE, "Deleted", NV_BS_RT, text_bytes("old"));
        image_add(&image, 0x3C, GUID_EFI_GLOBAL_VARIABLE, "Kept", NV_BS_RT, text_bytes("old"));
        image_add(&image, 0x3F, GUID_EFI_GLOBAL_VARIABLE, "Kept", NV_BS_RT, text_bytes("new"));
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        assert_value(store, "Gone", NULL);
        assert_value(store, "Deleted", NULL);
        assert_value(store, "Kept", "new");
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

TEST(record_in_deleted_transition_holds_until_its_successor_is_whole)
{
        AUTO_IMAGE struct image image = image_aavmf();
        size_t alone = image_add(&image, 0x3E, GUID_EFI_GLOBAL_VARIABLE, "Alone", NV_BS_RT, text_bytes("old"));
        image_add(&image, 0x3E, GUID_EFI_GLOBAL_VARIABLE, "Cut", NV_BS_RT, text_bytes("old"));
        image_add(&image, 0x7F, GUID_EFI_GLOBAL_VARIABLE, "Cut", NV_BS_RT, text_bytes("new"));
        image_add(&image, 0x3E, GUID_EFI_GLOBAL_VARIABLE, "Whole", NV_BS_RT, text_bytes("old"));
        image_add(&image, 0x3F, GUID_EFI_GLOBAL_VARIABLE, "Whole", NV_BS_RT, text_bytes("new"));
        image_add(&image, 0x3E, GUID_EFI_GLOBAL_VARIABLE, "Twice", NV_BS_RT, text_bytes("one"));
        image_add(&image, 0x3E, GUID_EFI_GLOBAL_VARIABLE, "Twice", NV_BS_RT, text_bytes("two"));
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        assert_value(store, "Alone", "old");
        assert_value(store, "Cut", "old");
        assert_value(store, "Whole", "new");
        assert_value(store, "Twice", "two");
        assert_int_equal(count_live(store), 4);
        assert_int_equal(varstore_verdict(store), VARSTORE_REMARKS);
        assert_int_equal(varstore_remarks(store)->items[0].offset, alone + 2);
}

TEST(record_whose_header_was_cut_off_takes_only_its_header)
{
        AUTO_IMAGE struct image image = image_aavmf();
        // The start and nothing else was written; the firmware goes on behind the header.
        image_hex(&image, image.end, "aa55ff");
        image.end += 60;
        image_add_global(&image, "Next", "4f6e65");
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        assert_value(store, "Next", "One");
        assert_int_equal(count_live(store), 1);
        assert_int_equal(varstore_verdict(store), VARSTORE_REMARKS);
}

static const struct remark *damage_of(const struct varstore *store)
{
        const struct remark *damage = varstore_first_damage(store);
        assert_non_null(damage);
        assert_int_equal(varstore_verdict(store), VARSTORE_DAMAGED);
        return damage;
}

TEST(second_whole_record_of_a_name_is_a_damage)
{
        AUTO_IMAGE struct image image = image_aavmf();
        image_add_global(&image, "Same", "4f6e65");
        size_t second = image_add_global(&image, "Same", "54776f");
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        assert_value(store, "Same", "One");
        assert_int_equal(damage_of(store)->offset, second);
}

TEST(record_of_an_impossible_state_is_a_damage)
{
        AUTO_IMAGE struct image image = image_aavmf();
        size_t at = image_add(&image, 0x2F, GUID_EFI_GLOBAL_VARIABLE, "Lost", NV_BS_RT, text_bytes("x"));
        image_add_global(&image, "Next", "4f6e65");
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        assert_value(store, "Lost", NULL);
        assert_value(store, "Next", "One");
        assert_int_equal(damage_of(store)->offset, at + 2);
}

TEST(bytes_behind_the_last_record_are_a_damage)
{
        AUTO_IMAGE struct image image = image_aavmf();
        image_add_global(&image, "First", "4f6e65");
        size_t second = image_add_global(&image, "Second", "54776f");
        image_add_global(&image, "Third", "00");
        image.data[second] ^= 1;
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        assert_value(store, "First", "One");
        assert_value(store, "Third", NULL);
        assert_int_equal(damage_of(store)->offset, second);
}

// What EDK2's flash driver was seen to leave behind: a copy of the bytes 0x80 to 0xFF, up to the end of a block.
TEST(residue_of_the_flash_driver_is_odd_and_goes_with_the_next_change)
{
        struct image image = image_aavmf();
        image_add_global(&image, "First", "6f6e65");
        image_add_global(&image, "Second", "74776f");
        size_t end = image.end;
        memcpy(image.data + end, image.data + end - 0x80, 0x40);
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        assert_int_equal(varstore_verdict(store), VARSTORE_REMARKS);
        assert_null(varstore_first_damage(store));
        assert_int_equal(varstore_remarks(store)->count, 1);
        assert_int_equal(varstore_remarks(store)->items[0].offset, end);
        assert_value(store, "First", "one");
        assert_value(store, "Second", "two");

        assert_true(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "T", NV_BS_RT, text_bytes("x"), NULL));
        struct image changed = {
                .data = memory_copy(varstore_volume_bytes(store).data, varstore_volume_bytes(store).size),
                .size = varstore_volume_bytes(store).size};
        AUTO_VARSTORE struct varstore *again = read_image(&changed);
        assert_int_equal(varstore_verdict(again), VARSTORE_SOUND);
        assert_value(again, "Second", "two");
        assert_value(again, "T", "x");
        varstore_free(&again);
        varstore_free(&store);
        image_free(&changed);
        image_free(&image);
}

TEST(record_that_leads_out_of_the_store_is_a_damage)
{
        AUTO_IMAGE struct image image = image_aavmf();
        image_add_global(&image, "First", "4f6e65");
        size_t second = image_add_global(&image, "Second", "54776f");
        static const char *const sizes[] = {"0000f0ff", "ffff0300", "ffffff7f", "feffffff"};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                image_hex(&image, second + 40, sizes[i]);
                AUTO_VARSTORE struct varstore *store = read_image(&image);
                assert_value(store, "First", "One");
                assert_int_equal(damage_of(store)->offset, second);
        }
}

TEST(name_that_is_no_name_is_a_damage)
{
        static const char *const names[] = {"4e00610000006500", "4e0061006d006500"};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
                AUTO_IMAGE struct image image = image_aavmf();
                size_t at = image_add_global(&image, "Nam", "4f6e65");
                image_add_global(&image, "Next", "4f6e65");
                image_hex(&image, at + 60, names[i]);
                AUTO_VARSTORE struct varstore *store = read_image(&image);
                assert_value(store, "Next", "One");
                assert_int_equal(damage_of(store)->offset, at);
                assert_int_equal(count_live(store), 1);
        }
}

// ---- fault-tolerant writes ----

// A write queue of one write of the variables, as AAVMF leaves it after it compacted its store, with the state bytes of
// the header and of the record to choose.
static void add_write(struct image *image, uint8_t header, uint8_t record)
{
        image_hex(image, 0x40020,
                  "f8ffffff76ea5cfe724fe849986f2cd899dffe5dffffffff01000000000000000000000000000000"
                  "f9ffffffffffffff00000000000000004800000000000000b8ff0300000000000000f8ffffffffff");
        image->data[0x40020] = header;
        image->data[0x40048] = record;
}

// A store whose variables say "old" and whose spare block says "new".
static struct image image_with_spare(void)
{
        struct image image = image_aavmf();
        image_add_global(&image, "Value", "6e6577");
        memcpy(image.data + 0x80000, image.data, 0x40000);
        size_t end = image.end;
        image.end = 100;
        image_add_global(&image, "Value", "6f6c64");
        assert_int_equal(image.end, end);
        return image;
}

static void assert_queue(uint8_t header, uint8_t record, enum volume_queue queue, const char *value)
{
        AUTO_IMAGE struct image image = image_with_spare();
        add_write(&image, header, record);
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        assert_int_equal(varstore_volume(store)->queue, queue);
        assert_value(store, "Value", value);
        assert_true(varstore_verdict(store) != VARSTORE_DAMAGED);
        // What is not changed is written as it was.
        assert_memory_equal(varstore_volume_bytes(store).data, image.data, image.size);
}

TEST(pending_write_is_read_from_the_spare)
{
        assert_queue(0xFE, 0xFF, QUEUE_ABORTED, "old"); // allocated
        assert_queue(0xFC, 0xFF, QUEUE_ABORTED, "old"); // its records allocated
        assert_queue(0xFC, 0xFD, QUEUE_PENDING, "new"); // the spare complete
        assert_queue(0xFC, 0xF9, QUEUE_CLEAN, "old");   // the destination complete
        assert_queue(0xF8, 0xF9, QUEUE_CLEAN, "old");   // all complete
}

TEST(changing_a_store_settles_the_pending_write)
{
        AUTO_IMAGE struct image image = image_with_spare();
        add_write(&image, 0xFC, 0xFD);
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_ERROR struct error err = {0};
        assert_true(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "More", NV_BS_RT, text_bytes("more"), &err));
        AUTO_VARSTORE struct varstore *again = NULL;
        assert_true(varstore_read(varstore_volume_bytes(store), &again, &err));
        assert_int_equal(varstore_volume(again)->queue, QUEUE_CLEAN);
        assert_value(again, "Value", "new");
        assert_value(again, "More", "more");
        assert_int_equal(varstore_verdict(again), VARSTORE_SOUND);
}

TEST(pending_write_to_nowhere_is_a_damage)
{
        static const char *const targets[] = {"0000000000000000", "000004000000000000", "ffffffffffffff7f",
                                              "0000000000000080", "00fff7ffffffffff"};
        for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
                AUTO_IMAGE struct image image = image_with_spare();
                add_write(&image, 0xFC, 0xFD);
                image_hex(&image, 0x40048 + 32, targets[i]);
                AUTO_VARSTORE struct varstore *store = read_image(&image);
                // Behind the spare there is nothing; onto the spare itself is what 0 says, and that fits.
                if (i == 0)
                        assert_int_equal(varstore_volume(store)->queue, QUEUE_PENDING);
                else
                        assert_int_equal(varstore_volume(store)->queue, QUEUE_DAMAGED);
        }
}

TEST(queue_that_leads_out_of_its_block_is_a_damage)
{
        AUTO_IMAGE struct image image = image_with_spare();
        add_write(&image, 0xF8, 0xF9);
        image_hex(&image, 0x40020 + 24, "ffffffffffffffff");
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        assert_int_equal(damage_of(store)->offset, 0x40020);
        assert_value(store, "Value", "old");
}

TEST(working_block_is_judged)
{
        AUTO_IMAGE struct image image = image_aavmf();
        image_add_global(&image, "Value", "6f6c64");
        image.data[0x40010] ^= 1;
        AUTO_VARSTORE struct varstore *damaged = read_image(&image);
        assert_int_equal(damage_of(damaged)->offset, 0x40000);
        assert_value(damaged, "Value", "old");
        // While the firmware renews the block, the spare has a copy of it.
        image_hex(&image, 0x80000, AAVMF_WORKING);
        AUTO_VARSTORE struct varstore *renewed = read_image(&image);
        assert_int_equal(varstore_volume(renewed)->queue, QUEUE_CLEAN);
        assert_int_equal(varstore_verdict(renewed), VARSTORE_REMARKS);
        memset(image.data + 0x40000, 0xFF, 0x80000);
        AUTO_VARSTORE struct varstore *erased = read_image(&image);
        assert_int_equal(varstore_verdict(erased), VARSTORE_REMARKS);
        assert_value(erased, "Value", "old");
}

// ---- harm ----

// Records up to 0x1E00.
static void add_many_records(struct image *image)
{
        static const uint8_t states[] = {0x3F, 0x3C, 0x3F, 0x3D, 0x3F, 0x3F};
        uint8_t data[200];
        memset(data, 0xA5, sizeof data);
        for (size_t i = 0; image->end < 0x1E00; i++) {
                AUTO_FREE char *name = text_format("Variable%zu", i);
                image_add(image, states[i % sizeof states], GUID_EFI_GLOBAL_VARIABLE, name, NV_BS_RT,
                          (struct bytes){data, 1 + i * 37 % sizeof data});
        }
}

// Where the records of a store begin, as one number: what a change of its structure changes.
static uint64_t structure_of(const struct varstore *store)
{
        uint64_t sum = 14695981039346656037u;
        for (const struct variable *record = NULL; (record = varstore_next_record(store, record));)
                sum = (sum ^ record->offset) * 1099511628211u;
        return sum;
}

static void flip(struct image *image, size_t bit)
{
        image->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

static void assert_called_unsound(const struct varstore *store, size_t bit)
{
        if (varstore_verdict(store) == VARSTORE_SOUND)
                fail_msg("bit %zu of byte 0x%zx is flipped and the store is called sound", bit % 8, bit / 8);
}

TEST(every_flipped_bit_of_the_records_is_survived_and_hurt_structure_never_sound)
{
        AUTO_IMAGE struct image image = image_small();
        add_many_records(&image);
        struct varstore *whole = read_image(&image);
        uint64_t structure = structure_of(whole);
        assert_int_equal(varstore_verdict(whole), VARSTORE_SOUND);
        varstore_free(&whole);
        for (size_t bit = 8 * 100; bit < 8 * 0x2000; bit++) {
                flip(&image, bit);
                AUTO_VARSTORE struct varstore *store = read_image(&image);
                if (structure_of(store) != structure)
                        assert_called_unsound(store, bit);
                flip(&image, bit);
        }
}

TEST(every_flipped_bit_of_the_headers_is_noticed)
{
        struct image images[] = {image_ovmf(), image_small()};
        static const size_t working_at[] = {0xF000, 0x3000};
        for (size_t i = 0; i < sizeof images / sizeof images[0]; i++) {
                struct image *image = &images[i];
                add_many_records(image);
                for (size_t bit = 0; bit < 8 * 100; bit++) {
                        flip(image, bit);
                        struct varstore *store;
                        // Only of a known layout it is known how long the store in it must be.
                        bool may_be_right = i == 1 && bit / 8 >= 0x58 && bit / 8 < 0x5C;
                        if (varstore_read(image_view(image), &store, NULL)) {
                                if (!may_be_right)
                                        assert_called_unsound(store, bit);
                                varstore_free(&store);
                        }
                        flip(image, bit);
                }
                // The working block's header, and the free queue behind it.
                for (size_t bit = 8 * working_at[i]; bit < 8 * (working_at[i] + 0x80); bit++) {
                        flip(image, bit);
                        AUTO_VARSTORE struct varstore *store = read_image(image);
                        assert_called_unsound(store, bit);
                        flip(image, bit);
                }
                image_free(image);
        }
}

TEST(every_truncation_is_survived_and_never_sound)
{
        AUTO_IMAGE struct image image = image_small();
        add_many_records(&image);
        for (size_t size = 0; size < image.size; size++) {
                // A copy of its own, so that the sanitizer sees a read past the end.
                AUTO_FREE uint8_t *copy = memory_copy(image.data, size);
                struct varstore *store;
                AUTO_ERROR struct error err = {0};
                if (varstore_read((struct bytes){copy, size}, &store, &err)) {
                        assert_int_equal(varstore_verdict(store), VARSTORE_DAMAGED);
                        varstore_free(&store);
                } else {
                        assert_true(size < 100);
                        assert_int_equal(err.code, ERROR_DAMAGED);
                }
        }
}

// ---- changing ----

TEST(set_appends_the_record_that_the_specification_describes)
{
        AUTO_IMAGE struct image image = image_aavmf();
        size_t old = image_add_global(&image, "Timeout", "0500");
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_ERROR struct error err = {0};
        uint8_t zero[2] = {0};
        assert_true(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Timeout", NV_BS_RT, (struct bytes){zero, 2}, &err));
        image.data[old + 2] = 0x3C;
        image_add_global(&image, "Timeout", "0000");
        assert_memory_equal(varstore_volume_bytes(store).data, image.data, image.size);
        assert_int_equal(count_live(store), 1);
}

TEST(set_of_the_same_value_writes_nothing)
{
        AUTO_IMAGE struct image image = image_aavmf();
        image_add_global(&image, "Value", "6f6c64");
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_ERROR struct error err = {0};
        assert_true(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Value", NV_BS_RT, text_bytes("old"), &err));
        assert_memory_equal(varstore_volume_bytes(store).data, image.data, image.size);
        // Other attributes are another value.
        assert_true(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Value", 3, text_bytes("old"), &err));
        assert_int_equal(varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "Value")->attributes, 3);
}

TEST(set_works_in_plain_stores)
{
        AUTO_IMAGE struct image image = image_plain();
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_ERROR struct error err = {0};
        assert_true(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Value", NV_BS_RT, text_bytes("old"), &err));
        image_add_global(&image, "Value", "6f6c64");
        assert_memory_equal(varstore_volume_bytes(store).data, image.data, image.size);
}

TEST(set_keeps_the_time_stamp_of_an_authenticated_variable)
{
        AUTO_IMAGE struct image image = image_aavmf();
        size_t at = image_add(&image, 0x3F, GUID_EFI_GLOBAL_VARIABLE, "KEK", 0x27, text_bytes("old"));
        image_hex(&image, at + 16, "e6070b0e0f1011000000000000000000");
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_ERROR struct error err = {0};
        assert_true(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "KEK", 0x27, text_bytes("new"), &err));
        assert_memory_equal(varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "KEK")->time, image.data + at + 16, 16);
}

TEST(deleted_variable_stays_deleted)
{
        AUTO_IMAGE struct image image = image_aavmf();
        image_add(&image, 0x3E, GUID_EFI_GLOBAL_VARIABLE, "Value", NV_BS_RT, text_bytes("older"));
        image_add(&image, 0x3F, GUID_EFI_GLOBAL_VARIABLE, "Value", NV_BS_RT, text_bytes("old"));
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_ERROR struct error err = {0};
        assert_true(varstore_delete(store, GUID_EFI_GLOBAL_VARIABLE, "Value", &err));
        // The one that was in deleted transition must not come back.
        AUTO_VARSTORE struct varstore *again = NULL;
        assert_true(varstore_read(varstore_volume_bytes(store), &again, &err));
        assert_value(again, "Value", NULL);
        assert_false(varstore_delete(store, GUID_EFI_GLOBAL_VARIABLE, "Value", &err));
        assert_int_equal(err.code, ERROR_NO);
}

TEST(full_store_is_compacted)
{
        AUTO_IMAGE struct image image = image_ovmf();
        image_add_global(&image, "Before", "4f6e65");
        image_add(&image, 0x3E, GUID_EFI_GLOBAL_VARIABLE, "Cut", NV_BS_RT, text_bytes("old"));
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_ERROR struct error err = {0};
        uint8_t data[1000];
        for (int i = 0; i < 200; i++) {
                memset(data, i, sizeof data);
                assert_true(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Again", NV_BS_RT,
                                         (struct bytes){data, sizeof data}, &err));
        }
        AUTO_VARSTORE struct varstore *again = NULL;
        assert_true(varstore_read(varstore_volume_bytes(store), &again, &err));
        assert_int_equal(varstore_verdict(again), VARSTORE_SOUND);
        assert_value(again, "Before", "One");
        assert_value(again, "Cut", "old");
        const struct variable *variable = varstore_find(again, GUID_EFI_GLOBAL_VARIABLE, "Again");
        assert_true(bytes_equal(variable->data, (struct bytes){data, sizeof data}));
        assert_true(varstore_compact(again, &err));
        assert_int_equal(varstore_space(again).dead, 0);
        assert_int_equal(count_live(again), 3);
}

TEST(variable_that_does_not_fit_changes_nothing)
{
        AUTO_IMAGE struct image image = image_ovmf();
        image_add_global(&image, "Value", "6f6c64");
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_FREE uint8_t *data = memory_new(0x10000, 1);
        uint64_t room = varstore_space(store).capacity;
        // Exactly the room that there is once the old value is gone: 60 bytes of header and 12 of the name.
        struct bytes most = {data, (size_t)(room - 60 - 12)};
        struct bytes more = {data, most.size + 1};
        AUTO_ERROR struct error err = {0};
        assert_false(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Value", NV_BS_RT, more, &err));
        assert_int_equal(err.code, ERROR_ENVIRONMENT);
        assert_memory_equal(varstore_volume_bytes(store).data, image.data, image.size);
        AUTO_ERROR struct error none = {0};
        assert_true(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Value", NV_BS_RT, most, &none));
        assert_int_equal(varstore_space(store).left, 0);
}

TEST(change_is_refused_where_it_cannot_be_made)
{
        static const struct {
                const char *name, *data;
                uint32_t attributes;
        } wrong[] = {{"", "x", 7}, {"\xFF", "x", 7}, {"Value", "", 7}, {"Value", "x", 6}, {"Value", "x", 0x47}};
        AUTO_IMAGE struct image image = image_aavmf();
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                AUTO_ERROR struct error err = {0};
                assert_false(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, wrong[i].name, wrong[i].attributes,
                                          text_bytes(wrong[i].data), &err));
                assert_int_equal(err.code, ERROR_USAGE);
        }
        assert_memory_equal(varstore_volume_bytes(store).data, image.data, image.size);
        image_add_global(&image, "Same", "00");
        image_add_global(&image, "Same", "01");
        AUTO_VARSTORE struct varstore *damaged = read_image(&image);
        AUTO_ERROR struct error err = {0};
        assert_false(varstore_set(damaged, GUID_EFI_GLOBAL_VARIABLE, "Value", NV_BS_RT, text_bytes("x"), &err));
        assert_int_equal(err.code, ERROR_DAMAGED);
        AUTO_ERROR struct error formatted = {0};
        assert_false(varstore_format(damaged, &formatted));
}

static struct varstore *format_blank(const struct image *image)
{
        struct varstore *store = read_image(image);
        AUTO_ERROR struct error refused = {0};
        assert_false(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Value", NV_BS_RT, text_bytes("x"), &refused));
        AUTO_ERROR struct error err = {0};
        assert_true(varstore_format(store, &err));
        assert_false(varstore_is_blank(store));
        return store;
}

TEST(formatted_store_is_what_aavmf_formats)
{
        struct image blank = {.data = memory_new(0x4000000, 1), .size = 0x4000000};
        AUTO_IMAGE struct image expected = image_aavmf();
        AUTO_VARSTORE struct varstore *store = format_blank(&blank);
        assert_memory_equal(varstore_volume_bytes(store).data, expected.data, expected.size);
        AUTO_ERROR struct error err = {0};
        assert_true(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Value", NV_BS_RT, text_bytes("old"), &err));
        image_add_global(&expected, "Value", "6f6c64");
        assert_memory_equal(varstore_volume_bytes(store).data, expected.data, expected.size);
        image_free(&blank);
}

TEST(formatted_store_is_the_template_that_ovmf_ships)
{
        static const char *const templates[] = {"/usr/share/OVMF/OVMF_VARS.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"};
        size_t compared = 0;
        for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++) {
                if (!file_exists(templates[i]))
                        continue;
                AUTO_ERROR struct error err = {0};
                AUTO_BUFFER struct buffer shipped = {0};
                assert_true(file_read(templates[i], 1 << 20, &shipped, &err));
                struct image blank = {.data = memory_new(shipped.size, 1), .size = shipped.size};
                AUTO_VARSTORE struct varstore *store = format_blank(&blank);
                assert_true(bytes_equal(varstore_volume_bytes(store), buffer_view(&shipped)));
                image_free(&blank);
                compared++;
        }
#ifndef __linux__
        if (!compared) // there is no such package
                skip();
#endif
        assert_true(compared > 0);
}

// ---- files ----

static char *scratch_folder(void)
{
        AUTO_ERROR struct error err = {0};
        char *folder = file_temporary_folder(&err);
        assert_non_null(folder);
        return folder;
}

static void write_image(const char *path, const struct image *image)
{
        AUTO_ERROR struct error err = {0};
        assert_true(file_replace(path, 0644, image_view(image), &err));
}

TEST(saved_image_is_the_loaded_one_and_sparse)
{
        AUTO_FREE char *folder = scratch_folder();
        AUTO_FREE char *source = file_path(folder, "source.fd");
        AUTO_FREE char *target = file_path(folder, "target.fd");
        struct image image = {.data = memory_new(0x4000000, 1), .size = 0x4000000};
        AUTO_IMAGE struct image volume = image_aavmf();
        image_add_global(&volume, "Value", "6f6c64");
        memcpy(image.data, volume.data, volume.size);
        write_image(source, &image);
        AUTO_ERROR struct error err = {0};
        AUTO_VARSTORE struct varstore *store = NULL;
        assert_true(varstore_load(source, &store, &err));
        assert_true(varstore_save(store, target, 0640, &err));
        AUTO_MAPPING struct file_mapping saved = {0};
        assert_true(file_map(target, &saved, &err));
        assert_true(bytes_equal(saved.bytes, image_view(&image)));
        assert_true(file_allocated(target) < 1 << 20);
        struct stat status;
        assert_int_equal(stat(target, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0640);
        image_free(&image);
        assert_true(file_remove_tree(folder, &err));
}

TEST(old_file_stays_where_the_new_one_cannot_be_written)
{
        AUTO_FREE char *folder = scratch_folder();
        AUTO_FREE char *path = file_path(folder, "vars.fd");
        AUTO_IMAGE struct image image = image_aavmf();
        write_image(path, &image);
        AUTO_ERROR struct error err = {0};
        AUTO_VARSTORE struct varstore *store = NULL;
        assert_true(varstore_load(path, &store, &err));
        assert_true(varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Value", NV_BS_RT, text_bytes("x"), &err));
        struct rlimit limit;
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
        struct rlimit small = {.rlim_cur = 0x10000, .rlim_max = limit.rlim_max};
        signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        bool saved = varstore_save(store, path, 0644, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        assert_false(saved);
        assert_int_equal(err.code, ERROR_ENVIRONMENT);
        AUTO_BUFFER struct buffer kept = {0};
        AUTO_ERROR struct error none = {0};
        assert_true(file_read(path, 1 << 20, &kept, &none));
        assert_true(bytes_equal(buffer_view(&kept), image_view(&image)));
        // Nothing is left beside it either.
        assert_int_equal(unlink(path), 0);
        assert_int_equal(rmdir(folder), 0);
}

TEST(missing_file_is_a_missing_input)
{
        AUTO_ERROR struct error err = {0};
        struct varstore *store;
        assert_false(varstore_load("/nonexistent/vars.fd", &store, &err));
        assert_null(store);
        assert_int_equal(err.code, ERROR_USAGE);
}
