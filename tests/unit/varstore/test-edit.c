// SPDX-License-Identifier: Apache-2.0
//
// Edits: what they make of the boot variables, and that a store is as it was where one of them cannot be made.
#include "tests/unit/test.h"

#include "base/encoding.h"
#include "tests/unit/varstore/varstore-image.h"
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

static struct image image_with_entries(void)
{
        struct image image = image_ovmf();
        image_add_global(&image, "Boot0000", OPTION_A);
        image_add_global(&image, "Boot0002", OPTION_B);
        image_add_global(&image, "BootOrder", "00000200");
        image_add_global(&image, "BootNext", "0200");
        image_add_global(&image, "Timeout", "0500");
        return image;
}

static struct varstore *read_image(const struct image *image)
{
        struct varstore *store;
        AUTO_ERROR struct error err = {0};
        if (!varstore_read(image_view(image), &store, &err))
                fail_msg("%s", err.message);
        return store;
}

static char *value_of(const struct varstore *store, const char *name)
{
        const struct variable *variable = varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, name);
        return variable ? text_hex(variable->data) : memory_text("none");
}

static void assert_value(const struct varstore *store, const char *name, const char *expected)
{
        AUTO_FREE char *value = value_of(store, name);
        assert_string_equal(value, expected);
}

// What is written is what a later reading sees.
static void assert_sound(const struct varstore *store)
{
        AUTO_VARSTORE struct varstore *again = NULL;
        AUTO_ERROR struct error err = {0};
        AUTO_DIFFERENCES struct differences differences = {0};
        assert_true(varstore_read(varstore_volume_bytes(store), &again, &err));
        assert_int_equal(varstore_verdict(again), VARSTORE_SOUND);
        differences_find(store, again, &differences);
        assert_int_equal(differences.count, 0);
}

static void apply(struct varstore *store, const struct edits *edits)
{
        AUTO_ERROR struct error err = {0};
        if (!edits_apply(edits, store, false, &err))
                fail_msg("%s", err.message);
        assert_sound(store);
}

// Fails with CODE and WHY, and the store is byte for byte as it was.
static void assert_refused(struct varstore *store, const struct edits *edits, enum error_code code, const char *why)
{
        AUTO_BUFFER struct buffer before = {0};
        AUTO_ERROR struct error err = {0};
        buffer_add_bytes(&before, varstore_volume_bytes(store));
        bool was_changed = varstore_is_changed(store);
        assert_false(edits_apply(edits, store, false, &err));
        assert_int_equal(err.code, code);
        if (!strstr(err.message, why))
                fail_msg("'%s' is not in: %s", why, err.message);
        assert_true(bytes_equal(varstore_volume_bytes(store), buffer_view(&before)));
        assert_int_equal(varstore_is_changed(store), was_changed);
}

static struct edit *add_for_entry(struct edits *edits, enum edit_kind kind, const char *entry)
{
        struct edit *edit = edits_add(edits, kind);
        edit->entry = memory_text(entry);
        return edit;
}

static struct edit *add_entry(struct edits *edits, const char *label)
{
        struct edit *edit = edits_add(edits, EDIT_BOOT_ADD);
        edit->label = memory_text(label);
        edit->loader = memory_text("/a.efi");
        edit->has_partition = true;
        edit->partition = (struct devpath_partition){.number = 1, .start = 0x40, .size = 0x32000, .gpt = true};
        assert_true(guid_parse("0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8", &edit->partition.guid));
        return edit;
}

static struct edit *add_set(struct edits *edits, const char *name, const char *hex)
{
        struct edit *edit = edits_add(edits, EDIT_SET);
        edit->name = memory_text(name);
        assert_true(text_parse_hex(hex, &edit->data));
        return edit;
}

// One edit of an entry in a store with entries, and then the variables in the order of the names.
static struct varstore *edited(enum edit_kind kind, const char *entry, struct image *image)
{
        AUTO_EDITS struct edits edits = {0};
        *image = image_with_entries();
        struct varstore *store = read_image(image);
        add_for_entry(&edits, kind, entry);
        apply(store, &edits);
        return store;
}

// ---- entries ----

TEST(added_entry_is_what_the_specification_describes_and_first)
{
        AUTO_IMAGE struct image image = image_with_entries();
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_EDITS struct edits edits = {0};
        add_entry(&edits, "A");
        apply(store, &edits);
        // The lowest free number.
        assert_value(store, "Boot0001", OPTION_A);
        assert_value(store, "BootOrder", "010000000200");
        assert_int_equal(varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "Boot0001")->attributes, 7);
}

TEST(added_entry_takes_the_number_and_the_place_it_is_told)
{
        AUTO_IMAGE struct image image = image_with_entries();
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_EDITS struct edits edits = {0};
        struct edit *edit = add_entry(&edits, "B");
        edit->has_number = true;
        edit->number = 0xBEEF;
        edit->last = true;
        assert_true(text_parse_hex("0102", &edit->data));
        apply(store, &edits);
        assert_value(store, "BootBEEF",
                     "01000000"
                     "4000"
                     "42000000" PATH_A FILE_A END "0102");
        assert_value(store, "BootOrder", "00000200efbe");
        assert_refused(store, &edits, ERROR_USAGE, "BootBEEF already exists: \"B\"");
}

TEST(number_that_is_still_named_is_not_free)
{
        AUTO_IMAGE struct image image = image_ovmf();
        image_add_global(&image, "BootOrder", "01000000");
        image_add_global(&image, "BootNext", "0200");
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_EDITS struct edits edits = {0};
        add_entry(&edits, "A");
        apply(store, &edits);
        assert_value(store, "Boot0003", OPTION_A);
        assert_value(store, "BootOrder", "030001000000");
}

TEST(removed_entry_leaves_order_and_next)
{
        static const char *const names[] = {"0002", "Boot0002", "B"};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
                AUTO_IMAGE struct image image;
                AUTO_VARSTORE struct varstore *store = edited(EDIT_BOOT_REMOVE, names[i], &image);
                assert_value(store, "Boot0002", "none");
                assert_value(store, "BootOrder", "0000");
                assert_value(store, "BootNext", "none");
                assert_value(store, "Boot0000", OPTION_A);
        }
}

TEST(order_without_an_entry_is_no_variable)
{
        AUTO_IMAGE struct image image = image_with_entries();
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_EDITS struct edits edits = {0};
        add_for_entry(&edits, EDIT_BOOT_REMOVE, "A");
        add_for_entry(&edits, EDIT_BOOT_REMOVE, "B");
        apply(store, &edits);
        assert_value(store, "BootOrder", "none");
        assert_value(store, "Timeout", "0500");
}

TEST(number_without_an_entry_can_be_removed_too)
{
        AUTO_IMAGE struct image image = image_ovmf();
        image_add_global(&image, "BootOrder", "090008000900");
        image_add_global(&image, "BootNext", "0900");
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_EDITS struct edits edits = {0};
        add_for_entry(&edits, EDIT_BOOT_REMOVE, "0009");
        apply(store, &edits);
        assert_value(store, "BootOrder", "0800");
        assert_value(store, "BootNext", "none");
        assert_refused(store, &edits, ERROR_NO, "'0009'; the store has none");
}

TEST(label_and_activity_change_and_nothing_else)
{
        AUTO_IMAGE struct image image = image_with_entries();
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_EDITS struct edits edits = {0};
        add_for_entry(&edits, EDIT_BOOT_LABEL, "B")->label = memory_text("\xC3\x9C");
        add_for_entry(&edits, EDIT_BOOT_ACTIVATE, "\xC3\x9C");
        add_for_entry(&edits, EDIT_BOOT_DEACTIVATE, "0000");
        apply(store, &edits);
        assert_value(store, "Boot0002",
                     "01000000"
                     "4000"
                     "dc000000" PATH_A FILE_A END "c0ffee");
        assert_value(store, "Boot0000",
                     "00000000"
                     "4000"
                     "41000000" PATH_A FILE_A END);
        assert_value(store, "BootOrder", "00000200");
}

TEST(activity_of_a_broken_entry_can_be_changed_its_label_cannot)
{
        AUTO_IMAGE struct image image = image_ovmf();
        image_add_global(&image, "Boot0000", "0900000001");
        image_add_global(&image, "Boot0001", "01");
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_EDITS struct edits deactivate = {0};
        AUTO_EDITS struct edits label = {0};
        AUTO_EDITS struct edits shorter = {0};
        add_for_entry(&deactivate, EDIT_BOOT_DEACTIVATE, "0000");
        add_for_entry(&label, EDIT_BOOT_LABEL, "0000")->label = memory_text("x");
        add_for_entry(&shorter, EDIT_BOOT_ACTIVATE, "0001");
        apply(store, &deactivate);
        assert_value(store, "Boot0000", "0800000001");
        assert_refused(store, &label, ERROR_DAMAGED, "Boot0000");
        assert_refused(store, &shorter, ERROR_DAMAGED, "1 bytes");
}

TEST(order_first_and_next_are_set)
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
                AUTO_IMAGE struct image image;
                AUTO_VARSTORE struct varstore *store = edited(rows[i].kind, rows[i].entry, &image);
                assert_value(store, rows[i].variable, rows[i].expected);
        }
}

TEST(order_that_is_damaged_is_mended_by_a_new_one_only)
{
        AUTO_IMAGE struct image image = image_ovmf();
        image_add_global(&image, "Boot0000", OPTION_A);
        image_add_global(&image, "BootOrder", "000002");
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_EDITS struct edits first = {0};
        AUTO_EDITS struct edits order = {0};
        add_for_entry(&first, EDIT_BOOT_FIRST, "A");
        add_for_entry(&order, EDIT_BOOT_ORDER, "A");
        assert_refused(store, &first, ERROR_DAMAGED, "BootOrder");
        apply(store, &order);
        assert_value(store, "BootOrder", "0000");
}

TEST(what_names_no_entry_is_refused)
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
        AUTO_IMAGE struct image image = image_with_entries();
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                AUTO_EDITS struct edits edits = {0};
                add_for_entry(&edits, rows[i].kind, rows[i].entry);
                assert_refused(store, &edits, rows[i].code, rows[i].why);
        }
}

TEST(label_of_several_entries_names_none_of_them)
{
        AUTO_IMAGE struct image image = image_with_entries();
        image_add_global(&image, "Boot0005", OPTION_A);
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_EDITS struct edits edits = {0};
        add_for_entry(&edits, EDIT_BOOT_FIRST, "A");
        assert_refused(store, &edits, ERROR_USAGE, "Boot0000 and Boot0005");
}

TEST(number_is_looked_at_before_the_label)
{
        AUTO_IMAGE struct image image = image_with_entries();
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_EDITS struct edits edits = {0};
        add_for_entry(&edits, EDIT_BOOT_LABEL, "A")->label = memory_text("0002");
        add_for_entry(&edits, EDIT_BOOT_DEACTIVATE, "0002");
        add_for_entry(&edits, EDIT_BOOT_LABEL, "B")->label = memory_text("0007");
        add_for_entry(&edits, EDIT_BOOT_FIRST, "0007");
        apply(store, &edits);
        assert_value(store, "BootOrder", "02000000");
        assert_value(store, "Boot0000",
                     "01000000"
                     "4000"
                     "30003000300032000000" PATH_A FILE_A END);
}

// ---- all or none ----

TEST(one_edit_that_fails_undoes_those_before)
{
        AUTO_IMAGE struct image image = image_with_entries();
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_EDITS struct edits edits = {0};
        add_entry(&edits, "New");
        edits_add(&edits, EDIT_TIMEOUT)->seconds = 0;
        add_for_entry(&edits, EDIT_BOOT_REMOVE, "A");
        add_for_entry(&edits, EDIT_BOOT_NEXT, "A");
        assert_refused(store, &edits, ERROR_NO, "boot-next");
        assert_value(store, "Boot0000", OPTION_A);
        assert_value(store, "Boot0001", "none");
        assert_memory_equal(varstore_volume_bytes(store).data, image.data, image.size);
        // And the store takes edits as before.
        edits.count--;
        free(edits.items[edits.count].entry);
        apply(store, &edits);
        assert_value(store, "BootOrder", "01000200");
}

TEST(blank_store_is_formatted_or_stays_blank)
{
        struct image image = {.data = memory_new(0x20000, 1), .size = 0x20000};
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_EDITS struct edits wrong = {0};
        AUTO_EDITS struct edits right = {0};
        AUTO_EDITS struct edits none = {0};
        AUTO_ERROR struct error err = {0};
        add_for_entry(&wrong, EDIT_BOOT_FIRST, "A");
        assert_refused(store, &wrong, ERROR_NO, "the store has none");
        assert_true(varstore_is_blank(store));
        assert_true(edits_apply(&none, store, false, &err));
        assert_true(varstore_is_blank(store));
        edits_add(&right, EDIT_TIMEOUT)->seconds = 0x1234;
        apply(store, &right);
        assert_value(store, "Timeout", "3412");
        image_free(&image);
}

TEST(full_store_refuses_before_anything_is_changed)
{
        AUTO_IMAGE struct image image = image_with_entries();
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_EDITS struct edits fill = {0};
        AUTO_EDITS struct edits more = {0};
        // Room for the entry's record of 76 + 72 bytes is left, but not for the longer BootOrder behind it.
        struct edit *filler = add_set(&fill, "Filler", "");
        buffer_fill(&filler->data, 0xAA, (size_t)varstore_space(store).left - 60 - 14 - 200);
        apply(store, &fill);
        struct edit *entry = add_entry(&more, "A");
        buffer_fill(&entry->data, 0x55, varstore_space(store).left - 60 - 18 - 6 - 4 - 64);
        assert_refused(store, &more, ERROR_ENVIRONMENT, "the store is full");
        assert_value(store, "Boot0001", "none");
}

TEST(damaged_store_is_not_edited)
{
        AUTO_IMAGE struct image image = image_with_entries();
        image_hex(&image, image.end, "5a5b5c");
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_EDITS struct edits edits = {0};
        add_for_entry(&edits, EDIT_BOOT_NEXT, "none");
        assert_refused(store, &edits, ERROR_DAMAGED, "damaged");
}

TEST(edit_that_changes_nothing_writes_nothing)
{
        AUTO_IMAGE struct image image = image_with_entries();
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_EDITS struct edits edits = {0};
        edits_add(&edits, EDIT_TIMEOUT)->seconds = 5;
        add_for_entry(&edits, EDIT_BOOT_ACTIVATE, "A");
        add_for_entry(&edits, EDIT_BOOT_FIRST, "A");
        add_for_entry(&edits, EDIT_BOOT_NEXT, "B");
        add_set(&edits, "Timeout", "0500");
        apply(store, &edits);
        assert_false(varstore_is_changed(store));
        assert_memory_equal(varstore_volume_bytes(store).data, image.data, image.size);
}

// ---- any variable ----

TEST(variable_keeps_its_vendor_and_attributes)
{
        AUTO_IMAGE struct image image = image_with_entries();
        uint8_t old = 1;
        image_add(&image, 0x3F, GUID_SHIM_LOCK, "Mine", 3, (struct bytes){&old, 1});
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_EDITS struct edits edits = {0};
        add_set(&edits, "Mine", "02");
        add_set(&edits, "New", "03");
        struct edit *other = add_set(&edits, "Mine", "04");
        other->has_vendor = true;
        other->vendor = GUID_EFI_GLOBAL_VARIABLE;
        other->has_attributes = true;
        other->attributes = 3;
        apply(store, &edits);
        const struct variable *mine = varstore_find(store, GUID_SHIM_LOCK, "Mine");
        assert_int_equal(mine->attributes, 3);
        assert_int_equal(mine->data.data[0], 2);
        assert_value(store, "Mine", "04");
        assert_value(store, "New", "03");
        assert_int_equal(varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "New")->attributes, 7);
        // Now the name alone does not tell which.
        AUTO_EDITS struct edits unclear = {0};
        add_set(&unclear, "Mine", "05");
        assert_refused(store, &unclear, ERROR_USAGE, "several vendors");
        AUTO_EDITS struct edits unclear_too = {0};
        edits_add(&unclear_too, EDIT_DELETE)->name = memory_text("Mine");
        assert_refused(store, &unclear_too, ERROR_USAGE, "several vendors");
        unclear_too.items[0].has_vendor = true;
        unclear_too.items[0].vendor = GUID_SHIM_LOCK;
        apply(store, &unclear_too);
        assert_null(varstore_find(store, GUID_SHIM_LOCK, "Mine"));
        assert_refused(store, &unclear_too, ERROR_NO, "variable 'Mine' of vendor 605DAB50");
}

TEST(attributes_that_no_firmware_takes_are_refused)
{
        static const uint32_t wrong[] = {0, 6, 5, 0x47, 0x107};
        AUTO_IMAGE struct image image = image_with_entries();
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                AUTO_EDITS struct edits edits = {0};
                struct edit *edit = add_set(&edits, "Mine", "02");
                edit->has_attributes = true;
                edit->attributes = wrong[i];
                assert_refused(store, &edits, ERROR_USAGE, "attributes");
        }
}

TEST(authenticated_variables_are_left_alone_unless_forced)
{
        AUTO_IMAGE struct image image = image_with_entries();
        uint8_t old = 1;
        size_t at = image_add(&image, 0x3F, GUID_EFI_IMAGE_SECURITY_DATABASE, "db", 0x27, (struct bytes){&old, 1});
        image_hex(&image, at + 8,
                  "2a00000000000000"
                  "e6070b0e0f1011000000000000000000"
                  "07000000");
        image_add(&image, 0x3F, GUID_SHIM_LOCK, "Private", 0x27, (struct bytes){&old, 1});
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        static const struct {
                const char *name, *hex;
        } rows[] = {{"db", "02"}, {"db", NULL}, {"Private", "02"}, {"Private", NULL}, {"PK", "02"}, {"dbx", "02"}};
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                AUTO_EDITS struct edits edits = {0};
                if (rows[i].hex)
                        add_set(&edits, rows[i].name, rows[i].hex);
                else
                        edits_add(&edits, EDIT_DELETE)->name = memory_text(rows[i].name);
                assert_refused(store, &edits, ERROR_USAGE, "is authenticated");
        }
        // The same value is no change.
        AUTO_EDITS struct edits same = {0};
        add_set(&same, "db", "01");
        apply(store, &same);
        AUTO_EDITS struct edits forced = {0};
        AUTO_ERROR struct error err = {0};
        add_set(&forced, "db", "02");
        add_set(&forced, "dbx", "03");
        assert_true(edits_apply(&forced, store, true, &err));
        assert_sound(store);
        const struct variable *db = varstore_find(store, GUID_EFI_IMAGE_SECURITY_DATABASE, "db");
        assert_int_equal(db->data.data[0], 2);
        assert_int_equal(db->attributes, 0x27);
        assert_memory_equal(db->time, image.data + at + 16, 16);
        assert_int_equal(db->monotonic_count, 0x2a);
        assert_int_equal(db->public_key_index, 7);
        assert_int_equal(varstore_find(store, GUID_EFI_IMAGE_SECURITY_DATABASE, "dbx")->attributes, 0x27);
}

TEST(untouched_records_stay_byte_for_byte)
{
        AUTO_IMAGE struct image image = image_with_entries();
        uint8_t old = 1;
        size_t at = image_add(&image, 0x3F, GUID_EFI_IMAGE_SECURITY_DATABASE, "db", 0x27, (struct bytes){&old, 1});
        image_hex(&image, at + 8,
                  "2a00000000000000"
                  "e6070b0e0f1011000000000000000000"
                  "07000000");
        AUTO_VARSTORE struct varstore *store = read_image(&image);
        AUTO_EDITS struct edits edits = {0};
        edits_add(&edits, EDIT_TIMEOUT)->seconds = 0;
        apply(store, &edits);
        // Only the old Timeout's state byte and the new record behind the last one.
        struct bytes after = varstore_volume_bytes(store);
        size_t changed = 0;
        for (size_t i = 0; i < image.end; i++)
                changed += after.data[i] != image.data[i];
        assert_int_equal(changed, 1);
        // Compaction moves it, whole.
        AUTO_ERROR struct error err = {0};
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
                AUTO_ERROR struct error err = {0};
                assert_false(naming_parse_variable(wrong[i], &naming, &err));
                assert_int_equal(err.code, ERROR_USAGE);
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

static void assert_sentences(const struct varstore *a, const struct varstore *b, const char *expected)
{
        AUTO_DIFFERENCES struct differences differences = {0};
        AUTO_TEXT struct text text = {0};
        differences_find(a, b, &differences);
        for (size_t i = 0; i < differences.sentence_count; i++)
                text_add_format(&text, "%s\n", differences.sentences[i].text);
        assert_string_equal(text_string(&text), expected);
}

#define HD_A "HD(1,GPT,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,0x40,0x32000)/\\a.efi"

TEST(differences_of_the_boot_chain_are_told_in_words)
{
        AUTO_IMAGE struct image image = image_with_entries();
        AUTO_VARSTORE struct varstore *a = read_image(&image);
        AUTO_VARSTORE struct varstore *b = read_image(&image);
        assert_sentences(a, b, "");
        AUTO_EDITS struct edits edits = {0};
        add_entry(&edits, "C");
        add_for_entry(&edits, EDIT_BOOT_LABEL, "A")->label = memory_text("X");
        add_for_entry(&edits, EDIT_BOOT_REMOVE, "B");
        edits_add(&edits, EDIT_TIMEOUT)->seconds = 1;
        apply(b, &edits);
        assert_sentences(a, b,
                         "Boot0000 is labelled \"X\", was \"A\"\n"
                         "Boot0001 \"C\" is new: " HD_A "\n"
                         "Boot0002 \"B\" is gone: " HD_A "\n"
                         "BootNext is not set, was 0002\n"
                         "Timeout is 1 second, was 5 seconds\n"
                         "BootOrder is 0001,0000, was 0000,0002\n"
                         "the entry that is tried first is Boot0001 \"C\", was Boot0002 \"B\"\n");
        AUTO_DIFFERENCES struct differences differences = {0};
        differences_find(a, b, &differences);
        assert_int_equal(differences.count, 6);
        for (size_t i = 0; i < differences.count; i++)
                assert_true(differences.items[i].told);
}

TEST(differences_of_variables_are_found_on_both_sides)
{
        AUTO_IMAGE struct image image = image_with_entries();
        image_add_global(&image, "Changed", "01");
        image_add_global(&image, "Attributes", "01");
        image_add_global(&image, "OnlyA", "01");
        AUTO_VARSTORE struct varstore *a = read_image(&image);
        AUTO_VARSTORE struct varstore *b = read_image(&image);
        AUTO_EDITS struct edits edits = {0};
        add_set(&edits, "Changed", "02");
        add_set(&edits, "OnlyB", "02");
        struct edit *edit = add_set(&edits, "Attributes", "01");
        edit->has_attributes = true;
        edit->attributes = 3;
        edits_add(&edits, EDIT_DELETE)->name = memory_text("OnlyA");
        apply(b, &edits);
        AUTO_DIFFERENCES struct differences differences = {0};
        differences_find(a, b, &differences);
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
