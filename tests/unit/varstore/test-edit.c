// SPDX-License-Identifier: Apache-2.0
//
// Edits: what they make of the boot variables, and that a store is as it was if one of them cannot be made.
#include "tests/unit/varstore/store.h"

#include "base/encoding.h"
#include "varstore/difference.h"
#include "varstore/edit.h"
#include "varstore/naming.h"

// "A" on partition 1 and "B" on partition 2, as the specification lays a load option out: HD(...)/\a.efi.
#define ESP    "8fcc480ac7f9dd449eb5af5635d049c8"
#define PATH_A "04012a000100000040000000000000000020030000000000" ESP "0202"
#define FILE_A "040412005c0061002e006500660069000000" // 18 bytes
#define END    "7fff0400"
#define OPTION_A                                                                                                       \
        "01000000"                                                                                                     \
        "4000"                                                                                                         \
        "41000000" PATH_A FILE_A END
#define OPTION_B                                                                                                       \
        "00000000"                                                                                                     \
        "4000"                                                                                                         \
        "42000000" PATH_A FILE_A END "c0ffee"

static struct edits edits;

// Takes a store of A and B in place of the one before, and no edits.
static void begin_anew(void)
{
        edits_free(&edits);
        use_image(image_ovmf());
        image_add_global(&image, "Boot0000", OPTION_A);
        image_add_global(&image, "Boot0002", OPTION_B);
        image_add_global(&image, "BootOrder", "00000200");
        image_add_global(&image, "BootNext", "0200");
        image_add_global(&image, "Timeout", "0500");
        open_store();
}

static int begin(void **state)
{
        (void)state;
        begin_anew();
        return 0;
}

static int end(void **state)
{
        edits_free(&edits);
        return store_end(state);
}

#define TEST_OF_EDITS(name) TEST_WITH(name, begin, end)

static void assert_value(const char *name, const char *expected)
{
        const struct variable *variable = varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, name);
        AUTO_FREE char *value = variable ? text_hex(variable->data) : memory_text("none");
        assert_string_equal(value, expected);
}

// What is written is what a later reading sees.
static void assert_sound(void)
{
        AUTO_VARSTORE struct varstore *again = NULL;
        AUTO_DIFFERENCES struct differences differences = {0};
        assert_true(varstore_read(varstore_volume_bytes(store), &again, &err));
        assert_int_equal(varstore_verdict(again), VARSTORE_SOUND);
        differences_find(store, again, &differences);
        assert_int_equal(differences.count, 0);
}

static void apply(void)
{
        assert_done(edits_apply(&edits, store, false, &err), &err);
        assert_sound();
}

// Fails with CODE and WHY, and the store is byte for byte as it was.
static void assert_refused(enum error_code code, const char *why)
{
        AUTO_BUFFER struct buffer before = {0};
        buffer_add_bytes(&before, varstore_volume_bytes(store));
        bool was_changed = varstore_is_changed(store);
        assert_failed(edits_apply(&edits, store, false, &err), code, why);
        assert_true(bytes_equal(varstore_volume_bytes(store), buffer_view(&before)));
        assert_int_equal(varstore_is_changed(store), was_changed);
}

static struct edit *add_for_entry(enum edit_kind kind, const char *entry)
{
        struct edit *edit = edits_add(&edits, kind);
        edit->entry = memory_text(entry);
        return edit;
}

// An edit in place of those before.
static struct edit *only_for_entry(enum edit_kind kind, const char *entry)
{
        edits_free(&edits);
        return add_for_entry(kind, entry);
}

static struct edit *add_entry(const char *label)
{
        struct edit *edit = edits_add(&edits, EDIT_BOOT_ADD);
        edit->label = memory_text(label);
        edit->loader = memory_text("/a.efi");
        edit->has_partition = true;
        edit->partition = (struct devpath_partition){.number = 1, .start = 0x40, .size = 0x32000, .gpt = true};
        assert_true(guid_parse("0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8", &edit->partition.guid));
        return edit;
}

static struct edit *add_set(const char *name, const char *hex)
{
        struct edit *edit = edits_add(&edits, EDIT_SET);
        edit->name = memory_text(name);
        assert_true(text_parse_hex(hex, &edit->data));
        return edit;
}

static struct edit *only_set(const char *name, const char *hex)
{
        edits_free(&edits);
        return add_set(name, hex);
}

static void only_delete(const char *name)
{
        edits_free(&edits);
        edits_add(&edits, EDIT_DELETE)->name = memory_text(name);
}

// ---- entries ----

TEST_OF_EDITS(added_entry_is_as_specified_and_first)
{
        add_entry("A");
        apply();
        // The lowest free number.
        assert_value("Boot0001", OPTION_A);
        assert_value("BootOrder", "010000000200");
        assert_int_equal(varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "Boot0001")->attributes, 7);
}

TEST_OF_EDITS(added_entry_takes_a_given_number_and_place)
{
        struct edit *edit = add_entry("B");
        edit->has_number = true;
        edit->number = 0xBEEF;
        edit->last = true;
        assert_true(text_parse_hex("0102", &edit->data));
        apply();
        assert_value("BootBEEF", "01000000"
                                 "4000"
                                 "42000000" PATH_A FILE_A END "0102");
        assert_value("BootOrder", "00000200efbe");
        assert_refused(ERROR_USAGE, "BootBEEF already exists: \"B\"");
}

TEST_OF_EDITS(number_that_is_still_named_is_not_free)
{
        use_image(image_ovmf());
        image_add_global(&image, "BootOrder", "01000000");
        image_add_global(&image, "BootNext", "0200");
        open_store();
        add_entry("A");
        apply();
        assert_value("Boot0003", OPTION_A);
        assert_value("BootOrder", "030001000000");
}

TEST_OF_EDITS(removed_entry_leaves_order_and_next)
{
        static const char *const names[] = {"0002", "Boot0002", "B"};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
                begin_anew();
                add_for_entry(EDIT_BOOT_REMOVE, names[i]);
                apply();
                assert_value("Boot0002", "none");
                assert_value("BootOrder", "0000");
                assert_value("BootNext", "none");
                assert_value("Boot0000", OPTION_A);
        }
}

TEST_OF_EDITS(order_without_an_entry_is_deleted)
{
        add_for_entry(EDIT_BOOT_REMOVE, "A");
        add_for_entry(EDIT_BOOT_REMOVE, "B");
        apply();
        assert_value("BootOrder", "none");
        assert_value("Timeout", "0500");
}

TEST_OF_EDITS(number_without_an_entry_can_be_removed_too)
{
        use_image(image_ovmf());
        image_add_global(&image, "BootOrder", "090008000900");
        image_add_global(&image, "BootNext", "0900");
        open_store();
        add_for_entry(EDIT_BOOT_REMOVE, "0009");
        apply();
        assert_value("BootOrder", "0800");
        assert_value("BootNext", "none");
        assert_refused(ERROR_NO, "'0009'; the store has none");
}

TEST_OF_EDITS(only_label_and_activity_change)
{
        add_for_entry(EDIT_BOOT_LABEL, "B")->label = memory_text("\xC3\x9C");
        add_for_entry(EDIT_BOOT_ACTIVATE, "\xC3\x9C");
        add_for_entry(EDIT_BOOT_DEACTIVATE, "0000");
        apply();
        assert_value("Boot0002", "01000000"
                                 "4000"
                                 "dc000000" PATH_A FILE_A END "c0ffee");
        assert_value("Boot0000", "00000000"
                                 "4000"
                                 "41000000" PATH_A FILE_A END);
        assert_value("BootOrder", "00000200");
}

TEST_OF_EDITS(activity_of_a_broken_entry_can_change_but_not_its_label)
{
        use_image(image_ovmf());
        image_add_global(&image, "Boot0000", "0900000001");
        image_add_global(&image, "Boot0001", "01");
        open_store();
        add_for_entry(EDIT_BOOT_DEACTIVATE, "0000");
        apply();
        assert_value("Boot0000", "0800000001");
        only_for_entry(EDIT_BOOT_LABEL, "0000")->label = memory_text("x");
        assert_refused(ERROR_DAMAGED, "Boot0000");
        only_for_entry(EDIT_BOOT_ACTIVATE, "0001");
        assert_refused(ERROR_DAMAGED, "1 bytes");
}

TEST_OF_EDITS(order_first_and_next_are_set)
{
        static const struct {
                enum edit_kind kind;
                const char *entry, *variable, *expected;
        } rows[] = {
                {EDIT_BOOT_ORDER, "B,0000", "BootOrder", "02000000"},
                {EDIT_BOOT_ORDER, "0002", "BootOrder", "0200"},
                {EDIT_BOOT_FIRST, "B", "BootOrder", "02000000"},
                {EDIT_BOOT_FIRST, "0000", "BootOrder", "00000200"},
                {EDIT_BOOT_NEXT, "A", "BootNext", "0000"},
                {EDIT_BOOT_NEXT, "none", "BootNext", "none"},
        };
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                begin_anew();
                add_for_entry(rows[i].kind, rows[i].entry);
                apply();
                assert_value(rows[i].variable, rows[i].expected);
        }
}

TEST_OF_EDITS(damaged_order_can_only_be_replaced)
{
        use_image(image_ovmf());
        image_add_global(&image, "Boot0000", OPTION_A);
        image_add_global(&image, "BootOrder", "000002");
        open_store();
        add_for_entry(EDIT_BOOT_FIRST, "A");
        assert_refused(ERROR_DAMAGED, "BootOrder");
        only_for_entry(EDIT_BOOT_ORDER, "A");
        apply();
        assert_value("BootOrder", "0000");
}

TEST_OF_EDITS(unknown_entries_are_refused)
{
        static const struct {
                enum edit_kind kind;
                const char *entry;
                enum error_code code;
                const char *why;
        } rows[] = {
                {EDIT_BOOT_REMOVE, "0001", ERROR_NO, "the store has Boot0000 \"A\", Boot0002 \"B\""},
                {EDIT_BOOT_REMOVE, "C", ERROR_NO, "'C'"},
                {EDIT_BOOT_REMOVE, "", ERROR_NO, "''"},
                {EDIT_BOOT_ACTIVATE, "00000", ERROR_NO, "boot-activate: "},
                {EDIT_BOOT_DEACTIVATE, "FFFF", ERROR_NO, "boot-deactivate: "},
                {EDIT_BOOT_FIRST, "a", ERROR_NO, "boot-first: "},
                {EDIT_BOOT_NEXT, "0001", ERROR_NO, "boot-next: "},
                {EDIT_BOOT_ORDER, "0000,0001", ERROR_NO, "'0001'"},
                {EDIT_BOOT_ORDER, "0000,", ERROR_NO, "''"},
                {EDIT_BOOT_ORDER, "0000,A", ERROR_USAGE, "named twice"},
                {EDIT_BOOT_FIRST, "\x1b[2J", ERROR_NO, "\\x1b[2J"},
        };
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                only_for_entry(rows[i].kind, rows[i].entry);
                assert_refused(rows[i].code, rows[i].why);
        }
}

TEST_OF_EDITS(label_of_several_entries_is_ambiguous)
{
        image_add_global(&image, "Boot0005", OPTION_A);
        open_store();
        add_for_entry(EDIT_BOOT_FIRST, "A");
        assert_refused(ERROR_USAGE, "Boot0000 and Boot0005");
}

TEST_OF_EDITS(number_comes_before_label)
{
        add_for_entry(EDIT_BOOT_LABEL, "A")->label = memory_text("0002");
        add_for_entry(EDIT_BOOT_DEACTIVATE, "0002");
        add_for_entry(EDIT_BOOT_LABEL, "B")->label = memory_text("0007");
        add_for_entry(EDIT_BOOT_FIRST, "0007");
        apply();
        assert_value("BootOrder", "02000000");
        assert_value("Boot0000", "01000000"
                                 "4000"
                                 "30003000300032000000" PATH_A FILE_A END);
}

// ---- all or none ----

TEST_OF_EDITS(one_edit_that_fails_undoes_those_before)
{
        add_entry("New");
        edits_add(&edits, EDIT_TIMEOUT)->seconds = 0;
        add_for_entry(EDIT_BOOT_REMOVE, "A");
        add_for_entry(EDIT_BOOT_NEXT, "A");
        assert_refused(ERROR_NO, "boot-next");
        assert_value("Boot0000", OPTION_A);
        assert_value("Boot0001", "none");
        assert_as_image();
        // And the store takes edits as before.
        edits.count--;
        free(edits.items[edits.count].entry);
        apply();
        assert_value("BootOrder", "01000200");
}

TEST_OF_EDITS(blank_store_is_formatted_or_stays_blank)
{
        use_image((struct image){.data = memory_new(0x20000, 1), .size = 0x20000});
        open_store();
        add_for_entry(EDIT_BOOT_FIRST, "A");
        assert_refused(ERROR_NO, "the store has none");
        assert_true(varstore_is_blank(store));
        edits_free(&edits);
        assert_done(edits_apply(&edits, store, false, &err), &err);
        assert_true(varstore_is_blank(store));
        edits_add(&edits, EDIT_TIMEOUT)->seconds = 0x1234;
        apply();
        assert_value("Timeout", "3412");
}

TEST_OF_EDITS(full_store_refuses_before_anything_is_changed)
{
        // Room for the entry's record of 76 + 72 bytes is left, but not for the longer BootOrder behind it.
        struct edit *filler = add_set("Filler", "");
        buffer_fill(&filler->data, 0xAA, (size_t)varstore_space(store).left - 60 - 14 - 200);
        apply();
        edits_free(&edits);
        struct edit *entry = add_entry("A");
        buffer_fill(&entry->data, 0x55, varstore_space(store).left - 60 - 18 - 6 - 4 - 64);
        assert_refused(ERROR_ENVIRONMENT, "the store is full");
        assert_value("Boot0001", "none");
}

TEST_OF_EDITS(damaged_store_is_not_edited)
{
        image_hex(&image, image.end, "5a5b5c");
        open_store();
        add_for_entry(EDIT_BOOT_NEXT, "none");
        assert_refused(ERROR_DAMAGED, "damaged");
}

TEST_OF_EDITS(edit_that_changes_nothing_writes_nothing)
{
        edits_add(&edits, EDIT_TIMEOUT)->seconds = 5;
        add_for_entry(EDIT_BOOT_ACTIVATE, "A");
        add_for_entry(EDIT_BOOT_FIRST, "A");
        add_for_entry(EDIT_BOOT_NEXT, "B");
        add_set("Timeout", "0500");
        apply();
        assert_false(varstore_is_changed(store));
        assert_as_image();
}

// ---- any variable ----

TEST_OF_EDITS(variable_keeps_its_vendor_and_attributes)
{
        image_add(&image, 0x3F, GUID_SHIM_LOCK, "Mine", 3, text_bytes("\x01"));
        open_store();
        add_set("Mine", "02");
        add_set("New", "03");
        struct edit *other = add_set("Mine", "04");
        other->has_vendor = true;
        other->vendor = GUID_EFI_GLOBAL_VARIABLE;
        other->has_attributes = true;
        other->attributes = 3;
        apply();
        const struct variable *mine = varstore_find(store, GUID_SHIM_LOCK, "Mine");
        assert_int_equal(mine->attributes, 3);
        assert_int_equal(mine->data.data[0], 2);
        assert_value("Mine", "04");
        assert_value("New", "03");
        assert_int_equal(varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "New")->attributes, 7);
        // Now the name alone is ambiguous.
        only_set("Mine", "05");
        assert_refused(ERROR_USAGE, "several vendors");
        only_delete("Mine");
        assert_refused(ERROR_USAGE, "several vendors");
        edits.items[0].has_vendor = true;
        edits.items[0].vendor = GUID_SHIM_LOCK;
        apply();
        assert_null(varstore_find(store, GUID_SHIM_LOCK, "Mine"));
        assert_refused(ERROR_NO, "variable 'Mine' of vendor 605DAB50");
}

TEST_OF_EDITS(invalid_attributes_are_refused)
{
        static const uint32_t wrong[] = {0, 6, 5, 0x47, 0x107};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                struct edit *edit = only_set("Mine", "02");
                edit->has_attributes = true;
                edit->attributes = wrong[i];
                assert_refused(ERROR_USAGE, "attributes");
        }
}

// The database of signatures, of one byte, with a count, a time stamp and a key's number; its offset is the result.
static size_t add_db(void)
{
        size_t at = image_add(&image, 0x3F, GUID_EFI_IMAGE_SECURITY_DATABASE, "db", 0x27, text_bytes("\x01"));
        image_hex(&image, at + 8,
                  "2a00000000000000"
                  "e6070b0e0f1011000000000000000000"
                  "07000000");
        return at;
}

TEST_OF_EDITS(authenticated_variables_are_left_alone_unless_forced)
{
        size_t at = add_db();
        image_add(&image, 0x3F, GUID_SHIM_LOCK, "Private", 0x27, text_bytes("\x01"));
        open_store();
        static const struct {
                const char *name, *hex;
        } rows[] = {{"db", "02"}, {"db", NULL}, {"Private", "02"}, {"Private", NULL}, {"PK", "02"}, {"dbx", "02"}};
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                if (rows[i].hex)
                        only_set(rows[i].name, rows[i].hex);
                else
                        only_delete(rows[i].name);
                assert_refused(ERROR_USAGE, "is authenticated");
        }
        // The same value is no change.
        only_set("db", "01");
        apply();
        only_set("db", "02");
        add_set("dbx", "03");
        assert_done(edits_apply(&edits, store, true, &err), &err);
        assert_sound();
        const struct variable *db = varstore_find(store, GUID_EFI_IMAGE_SECURITY_DATABASE, "db");
        assert_int_equal(db->data.data[0], 2);
        assert_int_equal(db->attributes, 0x27);
        assert_memory_equal(db->time, image.data + at + 16, 16);
        assert_int_equal(db->monotonic_count, 0x2a);
        assert_int_equal(db->public_key_index, 7);
        assert_int_equal(varstore_find(store, GUID_EFI_IMAGE_SECURITY_DATABASE, "dbx")->attributes, 0x27);
}

TEST_OF_EDITS(untouched_records_stay_byte_for_byte)
{
        size_t at = add_db();
        open_store();
        edits_add(&edits, EDIT_TIMEOUT)->seconds = 0;
        apply();
        // Only the old Timeout's state byte and the new record behind the last one.
        struct bytes after = varstore_volume_bytes(store);
        size_t changed = 0;
        for (size_t i = 0; i < image.end; i++)
                changed += after.data[i] != image.data[i];
        assert_int_equal(changed, 1);
        // Compaction moves it, whole.
        assert_true(varstore_compact(store, &err));
        const struct variable *db = varstore_find(store, GUID_EFI_IMAGE_SECURITY_DATABASE, "db");
        assert_memory_equal(varstore_volume_bytes(store).data + db->offset, image.data + at, 60 + 6 + 1);
}

// ---- naming ----

TEST(variable_names_are_parsed)
{
        static const struct {
                const char *text, *name;
                const struct guid *vendor;
        } rows[] = {
                {"Timeout", "Timeout", NULL},
                {"db:D719B2CB-3D3A-4596-A3BC-DAD00E67656F", "db", &GUID_EFI_IMAGE_SECURITY_DATABASE},
                {"db:efi_image_security_database", "db", &GUID_EFI_IMAGE_SECURITY_DATABASE},
                {"a:b:SHIM_LOCK", "a:b", &GUID_SHIM_LOCK},
        };
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                AUTO_VARIABLE_NAMING struct variable_naming naming = {0};
                assert_true(naming_parse_variable(rows[i].text, &naming, NULL));
                assert_string_equal(naming.name, rows[i].name);
                assert_int_equal(naming.has_vendor, rows[i].vendor != NULL);
                assert_true(!rows[i].vendor || guid_equal(naming.vendor, *rows[i].vendor));
        }
        static const char *const wrong[] = {
                "", ":", ":SHIM_LOCK", "db:", "db:nobody", "a:b", "db:D719B2CB-3D3A-4596-A3BC-DAD00E67656"};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                AUTO_VARIABLE_NAMING struct variable_naming naming = {0};
                assert_failed(naming_parse_variable(wrong[i], &naming, &err), ERROR_USAGE, "");
        }
}

TEST(attributes_are_parsed)
{
        static const struct {
                const char *text;
                uint32_t attributes;
        } rows[] = {{"NV", 1}, {"nv,bs,rt", 7}, {"RT,NV,BS,AT", 0x27}, {"0x27", 0x27}, {"7", 7}, {"NV,NV", 1}};
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                uint32_t attributes = 0;
                assert_true(variable_attributes_parse(rows[i].text, &attributes));
                assert_int_equal(attributes, rows[i].attributes);
        }
        static const char *const wrong[] = {"", ",", "NV,", ",NV", "NV BS", "XX", "0x", "7x", "-1", "0x100000000"};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                uint32_t attributes;
                assert_false(variable_attributes_parse(wrong[i], &attributes));
        }
}

// ---- differences ----

#define HD_A "HD(1,GPT,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,0x40,0x32000)/\\a.efi"

TEST_OF_EDITS(differences_of_the_boot_chain_are_put_into_words)
{
        AUTO_VARSTORE struct varstore *original = read_image(&image);
        AUTO_DIFFERENCES struct differences none = {0};
        differences_find(original, store, &none);
        assert_int_equal(none.count + none.sentence_count, 0);
        add_entry("C");
        add_for_entry(EDIT_BOOT_LABEL, "A")->label = memory_text("X");
        add_for_entry(EDIT_BOOT_REMOVE, "B");
        edits_add(&edits, EDIT_TIMEOUT)->seconds = 1;
        apply();
        static const char *const sentences[] = {
                "Boot0000 is labelled \"X\", was \"A\"",
                "Boot0001 \"C\" is new: " HD_A,
                "Boot0002 \"B\" is gone: " HD_A,
                "BootNext is not set, was 0002",
                "Timeout is 1 second, was 5 seconds",
                "BootOrder is 0001,0000, was 0000,0002",
                "the entry that is tried first is Boot0001 \"C\", was Boot0002 \"B\"",
        };
        AUTO_DIFFERENCES struct differences differences = {0};
        differences_find(original, store, &differences);
        assert_int_equal(differences.sentence_count, 7);
        for (size_t i = 0; i < 7; i++)
                assert_string_equal(differences.sentences[i].text, sentences[i]);
        assert_int_equal(differences.count, 6);
        for (size_t i = 0; i < differences.count; i++)
                assert_true(differences.items[i].told);
}

TEST_OF_EDITS(differences_of_variables_are_found_on_both_sides)
{
        image_add_global(&image, "Changed", "01");
        image_add_global(&image, "Attributes", "01");
        image_add_global(&image, "OnlyA", "01");
        open_store();
        add_set("Changed", "02");
        add_set("OnlyB", "02");
        struct edit *edit = add_set("Attributes", "01");
        edit->has_attributes = true;
        edit->attributes = 3;
        edits_add(&edits, EDIT_DELETE)->name = memory_text("OnlyA");
        apply();
        AUTO_VARSTORE struct varstore *original = read_image(&image);
        AUTO_DIFFERENCES struct differences differences = {0};
        differences_find(original, store, &differences);
        static const struct {
                const char *name;
                bool in_a, in_b, attributes, data;
        } expected[] = {{"Attributes", true, true, true, false},
                        {"Changed", true, true, false, true},
                        {"OnlyA", true, false, false, false},
                        {"OnlyB", false, true, false, false}};
        assert_int_equal(differences.count, 4);
        for (size_t i = 0; i < 4; i++) {
                const struct difference *found = &differences.items[i];
                assert_string_equal((found->a ? found->a : found->b)->name, expected[i].name);
                assert_int_equal(found->a != NULL, expected[i].in_a);
                assert_int_equal(found->b != NULL, expected[i].in_b);
                assert_int_equal(found->attributes, expected[i].attributes);
                assert_int_equal(found->data, expected[i].data);
                assert_false(found->told || found->stamps);
        }
}
