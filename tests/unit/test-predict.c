// SPDX-License-Identifier: Apache-2.0
//
// What is expected here was measured: AAVMF 2022.11 in QEMU 7.2 with these stores and devices.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka's header needs the four above.
#include <cmocka.h>

#include "base/encoding.h"
#include "tests/unit/varstore-image.h"
#include "varstore/loadopt.h"
#include "varstore/predict.h"

#define ESP_GUID     "0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8"
#define OTHER_GUID   "11111111-2222-3333-4444-555555555555"
#define LOADER       "\\EFI\\VMware\\safeboot64.efi"
#define USB(port)    "02010c00d041030a0000000001010600000103050600" port "00"
#define END          "7fff0400"
#define HD_WHOLE     "04012a0001000000400000000000000000200300000000008fcc480ac7f9dd449eb5af5635d049c80202"
#define PAYLOAD_PATH "PciRoot(0x0)/Pci(0x1,0x0)/USB(0x0,0x0)"
#define DISK_PATH    "PciRoot(0x0)/Pci(0x1,0x0)/USB(0x1,0x0)"

static const char AUTO_CREATED[] = "4eac0881119f594d850ee21a522c59b2";

struct scene {
        struct image image;
        struct varstore *store;
        struct bootchain chain;
        struct prediction prediction;
};

static void scene_free(struct scene *scene)
{
        prediction_free(&scene->prediction);
        bootchain_free(&scene->chain);
        varstore_free(&scene->store);
        image_free(&scene->image);
}
#define AUTO_SCENE __attribute__((cleanup(scene_free)))

static void add_option(struct scene *scene, const char *name, uint32_t attributes, const char *label, struct bytes path,
                       const char *optional_data)
{
        AUTO_BUFFER struct buffer optional_bytes = {0};
        AUTO_BUFFER struct buffer data = {0};
        assert_true(text_parse_hex(optional_data, &optional_bytes));
        buffer_add_u32(&data, attributes);
        buffer_add_u16(&data, (uint16_t)path.size);
        assert_true(text_to_utf16(label, &data));
        buffer_add_u16(&data, 0);
        buffer_add_bytes(&data, path);
        buffer_add_bytes(&data, buffer_view(&optional_bytes));
        image_add(&scene->image, 0x3F, GUID_EFI_GLOBAL_VARIABLE, name, 7, buffer_view(&data));
}

static void add_hex_option(struct scene *scene, const char *name, uint32_t attributes, const char *label,
                           const char *path, const char *optional_data)
{
        AUTO_BUFFER struct buffer bytes = {0};
        assert_true(text_parse_hex(path, &bytes));
        add_option(scene, name, attributes, label, buffer_view(&bytes), optional_data);
}

// HD(NUMBER,GPT,GUID,START,0x32000)/FILE
static void add_hd_option(struct scene *scene, const char *name, uint32_t attributes, uint32_t number, const char *guid,
                          uint64_t first, const char *file)
{
        AUTO_BUFFER struct buffer path = {0};
        struct devpath_partition partition = {.number = number, .start = first, .size = 0x32000, .gpt = true};
        assert_true(guid_parse(guid, &partition.guid));
        assert_true(devpath_build(&partition, file, &path));
        add_option(scene, name, attributes, "VMware ESXi", buffer_view(&path), "");
}

// A path of nodes in hexadecimal, then FILE.
static void add_file_option(struct scene *scene, const char *name, const char *nodes, const char *file)
{
        AUTO_BUFFER struct buffer path = {0};
        AUTO_BUFFER struct buffer utf16 = {0};
        assert_true(text_parse_hex(nodes, &path) && text_to_utf16(file, &utf16));
        buffer_add_u16(&utf16, 0);
        buffer_add_u16(&path, 0x0404);
        buffer_add_u16(&path, (uint16_t)(utf16.size + 4));
        buffer_add_bytes(&path, buffer_view(&utf16));
        buffer_add_u32(&path, 0x0004FF7F);
        add_option(scene, name, 1, "File", buffer_view(&path), "");
}

// ---- what is attached ----

static const char *const DISK_FILES[] = {LOADER, PREDICT_FALLBACK_FILE};
static const char *const PAYLOAD_FILES[] = {"\\efi\\boot\\bootaa64.efi"};

static struct predict_partition esp(void)
{
        struct predict_partition partition = {.files = DISK_FILES, .file_count = 2};
        partition.place = (struct devpath_partition){.number = 1, .start = 0x40, .size = 0x32000, .gpt = true};
        assert_true(guid_parse(ESP_GUID, &partition.place.guid));
        return partition;
}

struct attached {
        struct predict_partition on_payload, on_disk, on_third;
        struct predict_device devices[3];
        struct predict_machine machine;
};

// The payload, a file system without partitions, on the first port; the installed disk on the second.
static void attach(struct attached *attached)
{
        *attached = (struct attached){
                .on_payload = {.files = PAYLOAD_FILES, .file_count = 1}, .on_disk = esp(), .on_third = esp()};
        attached->devices[0] = (struct predict_device){
                .name = "payload", .path = PAYLOAD_PATH, .partitions = &attached->on_payload, .partition_count = 1};
        attached->devices[1] = (struct predict_device){
                .name = "disk", .path = DISK_PATH, .partitions = &attached->on_disk, .partition_count = 1};
        attached->devices[2] = (struct predict_device){.name = "third",
                                                       .path = "PciRoot(0x0)/Pci(0x2,0x0)",
                                                       .partitions = &attached->on_third,
                                                       .partition_count = 1};
        attached->machine = (struct predict_machine){.devices = attached->devices, .device_count = 2};
}

static void predict(struct scene *scene, struct attached *attached)
{
        AUTO_ERROR struct error err = {0};
        prediction_free(&scene->prediction);
        if (!scene->store) {
                assert_true(varstore_read(image_view(&scene->image), &scene->store, &err));
                assert_true(bootchain_read(scene->store, &scene->chain, &err));
        }
        attached->machine.chain = &scene->chain;
        prediction_make(&attached->machine, &scene->prediction);
        for (size_t i = 0; i < scene->prediction.count; i++)
                assert_non_null(scene->prediction.steps[i].explanation);
}

static void assert_started(const struct scene *scene, uint16_t number, const char *device, const char *file,
                           bool is_fallback)
{
        const struct prediction_step *started = scene->prediction.started;
        assert_non_null(started);
        assert_int_equal(started->number, number);
        assert_int_equal(started->reason, PREDICT_STARTED);
        assert_string_equal(started->device->name, device);
        assert_string_equal(started->file, file);
        assert_int_equal(started->is_fallback, is_fallback);
        assert_true(scene->prediction.is_certain);
}

static void assert_reason(const struct scene *scene, uint16_t number, enum predict_reason reason)
{
        const struct prediction_step *step = prediction_find(&scene->prediction, number);
        assert_non_null(step);
        if (step->reason != reason)
                fail_msg("Boot%04X: %s (%s), not %s", number, predict_reason_id(step->reason), step->explanation,
                         predict_reason_id(reason));
}

// ---- the table of the facts ----

enum vars {
        ENTRY_FIRST,
        ENTRY_LAST,
        ENTRY_OF_ANOTHER_DISK,
        BLANK,
};

static void fill(struct scene *scene, enum vars vars)
{
        if (vars == BLANK) {
                memset(scene->image.data, 0, scene->image.size);
                return;
        }
        add_hd_option(scene, "Boot0004", 1, 1, vars == ENTRY_OF_ANOTHER_DISK ? OTHER_GUID : ESP_GUID, 0x40, LOADER);
        if (vars != ENTRY_LAST) {
                image_add_global(&scene->image, "BootOrder", "0400");
                return;
        }
        add_hex_option(scene, "Boot0001", 1, "UEFI QEMU USB 1", USB("00") END, AUTO_CREATED);
        image_add_global(&scene->image, "BootOrder", "01000400");
}

static void measured_table_is_predicted(void **state)
{
        (void)state;
        static const struct {
                enum vars vars;
                bool payload, bootindex;
                uint16_t number;
                const char *device, *file;
        } table[] = {
                {ENTRY_FIRST, false, false, 4, "disk", LOADER},
                {ENTRY_FIRST, true, false, 4, "disk", LOADER},
                {ENTRY_FIRST, true, true, 1, "payload", PREDICT_FALLBACK_FILE},
                {ENTRY_LAST, false, false, 1, "disk", PREDICT_FALLBACK_FILE},
                {ENTRY_LAST, true, false, 1, "payload", PREDICT_FALLBACK_FILE},
                {ENTRY_LAST, true, true, 1, "payload", PREDICT_FALLBACK_FILE},
                {ENTRY_OF_ANOTHER_DISK, false, false, 1, "disk", PREDICT_FALLBACK_FILE},
                {ENTRY_OF_ANOTHER_DISK, true, false, 1, "payload", PREDICT_FALLBACK_FILE},
                {ENTRY_OF_ANOTHER_DISK, true, true, 1, "payload", PREDICT_FALLBACK_FILE},
                {BLANK, false, false, 1, "disk", PREDICT_FALLBACK_FILE},
                {BLANK, true, false, 1, "payload", PREDICT_FALLBACK_FILE},
                {BLANK, true, true, 1, "payload", PREDICT_FALLBACK_FILE},
        };
        for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
                AUTO_SCENE struct scene scene = {.image = image_aavmf()};
                struct attached attached;
                attach(&attached);
                fill(&scene, table[i].vars);
                attached.devices[0].has_bootindex = table[i].bootindex;
                if (!table[i].payload) {
                        // The disk alone is on the first port.
                        attached.machine.devices = attached.devices + 1;
                        attached.machine.device_count = 1;
                        attached.devices[1].path = PAYLOAD_PATH;
                }
                predict(&scene, &attached);
                assert_started(&scene, table[i].number, table[i].device, table[i].file, table[i].number != 4);
                if (table[i].vars == ENTRY_OF_ANOTHER_DISK && !table[i].bootindex)
                        assert_reason(&scene, 4, PREDICT_NO_PARTITION);
                // With a bootindex elsewhere the entry is lost even where it was right.
                if (table[i].vars != BLANK && table[i].bootindex)
                        assert_reason(&scene, 4, PREDICT_DROPPED);
        }
}

// ---- the order ----

static void blank_store_gets_the_firmwares_own_entries(void **state)
{
        (void)state;
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        struct attached attached;
        attach(&attached);
        fill(&scene, BLANK);
        predict(&scene, &attached);
        assert_int_equal(scene.prediction.count, 4);
        assert_reason(&scene, 0, PREDICT_APPLICATION);
        assert_reason(&scene, 2, PREDICT_NOT_REACHED);
        assert_string_equal(prediction_find(&scene.prediction, 3)->label, "EFI Internal Shell");
        attached.machine.device_count = 0;
        predict(&scene, &attached);
        assert_int_equal(scene.prediction.started->number, 1);
        assert_null(scene.prediction.started->device);
        attached.machine.without_shell = true;
        predict(&scene, &attached);
        assert_null(scene.prediction.started);
}

static void removable_medium_comes_first(void **state)
{
        (void)state;
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        struct attached attached;
        attach(&attached);
        attached.devices[1].removable = true;
        predict(&scene, &attached);
        assert_started(&scene, 1, "disk", PREDICT_FALLBACK_FILE, true);
        assert_string_equal(prediction_find(&scene.prediction, 2)->path, PAYLOAD_PATH);
}

static void boot_next_starts_even_what_is_not_active(void **state)
{
        (void)state;
        for (size_t i = 0; i < 2; i++) {
                AUTO_SCENE struct scene scene = {.image = image_aavmf()};
                struct attached attached;
                attach(&attached);
                add_hd_option(&scene, "Boot0004", i ? LOAD_OPTION_CATEGORY_APP | 1 : 0, 1, ESP_GUID, 0x40, LOADER);
                image_add_global(&scene.image, "BootNext", "0400");
                predict(&scene, &attached);
                assert_started(&scene, 4, "disk", LOADER, false);
                assert_true(scene.prediction.started->is_next);
                // Not in BootOrder, it is not dropped either.
                attached.devices[0].has_bootindex = true;
                predict(&scene, &attached);
                assert_started(&scene, 4, "disk", LOADER, false);
        }
}

static void boot_next_fails_where_its_entry_is_dropped(void **state)
{
        (void)state;
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        struct attached attached;
        attach(&attached);
        add_hd_option(&scene, "Boot0004", 1, 1, ESP_GUID, 0x40, LOADER);
        add_hd_option(&scene, "Boot0005", 0, 1, ESP_GUID, 0x40, LOADER);
        image_add_global(&scene.image, "BootOrder", "04000500");
        image_add_global(&scene.image, "BootNext", "0400");
        attached.devices[0].has_bootindex = true;
        predict(&scene, &attached);
        assert_started(&scene, 1, "payload", PREDICT_FALLBACK_FILE, true);
        assert_reason(&scene, 4, PREDICT_DROPPED);
        assert_reason(&scene, 5, PREDICT_INACTIVE);
        // A number that BootNext names is not given to a new entry.
        AUTO_SCENE struct scene none = {.image = image_aavmf()};
        attached.devices[0].has_bootindex = false;
        image_add_global(&none.image, "BootNext", "0200");
        predict(&none, &attached);
        assert_started(&none, 1, "payload", PREDICT_FALLBACK_FILE, true);
        assert_null(prediction_find(&none.prediction, 2));
        assert_string_equal(prediction_find(&none.prediction, 3)->path, DISK_PATH);
}

static void inactive_hidden_and_application_entries(void **state)
{
        (void)state;
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        struct attached attached;
        attach(&attached);
        add_hd_option(&scene, "Boot0004", LOAD_OPTION_CATEGORY_APP | 1, 1, ESP_GUID, 0x40, LOADER);
        add_hd_option(&scene, "Boot0005", 0, 1, ESP_GUID, 0x40, LOADER);
        add_hd_option(&scene, "Boot0006", LOAD_OPTION_HIDDEN | 1, 1, ESP_GUID, 0x40, LOADER);
        add_hd_option(&scene, "Boot0007", 1, 1, ESP_GUID, 0x40, LOADER);
        image_add_global(&scene.image, "Boot0008", "01");
        image_add_global(&scene.image, "BootOrder", "08000400050006000900");
        predict(&scene, &attached);
        assert_started(&scene, 6, "disk", LOADER, false);
        assert_reason(&scene, 4, PREDICT_APPLICATION);
        assert_reason(&scene, 5, PREDICT_INACTIVE);
        assert_reason(&scene, 7, PREDICT_NOT_ORDERED);
        assert_reason(&scene, 8, PREDICT_DAMAGED);
        // The payload's entry takes the first number that is free, 0001.
        assert_reason(&scene, 1, PREDICT_NOT_REACHED);
}

static void entry_of_a_device_that_is_gone_leaves_its_number(void **state)
{
        (void)state;
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        struct attached attached;
        attach(&attached);
        add_hex_option(&scene, "Boot0001", 1, "Gone", USB("05") END, AUTO_CREATED);
        add_hex_option(&scene, "Boot0002", 1, "Disk", USB("01") END, AUTO_CREATED);
        image_add_global(&scene.image, "BootOrder", "01000200");
        predict(&scene, &attached);
        assert_started(&scene, 2, "disk", PREDICT_FALLBACK_FILE, true);
        assert_reason(&scene, 1, PREDICT_NOT_REACHED);
        assert_string_equal(prediction_find(&scene.prediction, 1)->path, PAYLOAD_PATH);
        const struct prediction_step *last = &scene.prediction.steps[scene.prediction.count - 1];
        assert_int_equal(last->reason, PREDICT_DEVICE_GONE);
        assert_string_equal(last->label, "Gone");
        // What the firmware now calls otherwise is another device to it.
        attached.devices[1].label = "Another disk";
        predict(&scene, &attached);
        assert_started(&scene, 1, "payload", PREDICT_FALLBACK_FILE, true);
}

static void entries_outside_the_order_are_overwritten_by_new_ones(void **state)
{
        (void)state;
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        struct attached attached;
        attach(&attached);
        add_hd_option(&scene, "Boot0001", 1, 1, ESP_GUID, 0x40, LOADER);
        add_hd_option(&scene, "Boot0009", 1, 1, ESP_GUID, 0x40, LOADER);
        predict(&scene, &attached);
        assert_started(&scene, 1, "payload", PREDICT_FALLBACK_FILE, true);
        assert_reason(&scene, 9, PREDICT_NOT_ORDERED);
        size_t overwritten = 0;
        for (size_t i = 0; i < scene.prediction.count; i++)
                overwritten += scene.prediction.steps[i].reason == PREDICT_OVERWRITTEN;
        assert_int_equal(overwritten, 1);
}

// ---- device paths ----

static void partition_is_found_by_number_and_guid_alone(void **state)
{
        (void)state;
        static const struct {
                uint32_t number;
                uint64_t first;
                enum predict_reason reason;
        } cases[] = {{1, 0x40, PREDICT_STARTED}, {1, 0x50, PREDICT_STARTED}, {2, 0x40, PREDICT_NO_PARTITION}};
        for (size_t i = 0; i < 3; i++) {
                AUTO_SCENE struct scene scene = {.image = image_aavmf()};
                struct attached attached;
                attach(&attached);
                add_hd_option(&scene, "Boot0004", 1, cases[i].number, ESP_GUID, cases[i].first, LOADER);
                image_add_global(&scene.image, "BootOrder", "0400");
                predict(&scene, &attached);
                assert_reason(&scene, 4, cases[i].reason);
        }
}

static void of_two_disks_with_one_guid_the_first_counts(void **state)
{
        (void)state;
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        struct attached attached;
        attach(&attached);
        add_hd_option(&scene, "Boot0004", 1, 1, ESP_GUID, 0x40, LOADER);
        image_add_global(&scene.image, "BootOrder", "0400");
        attached.on_payload = esp();
        attached.on_payload.files = PAYLOAD_FILES;
        attached.on_payload.file_count = 1;
        predict(&scene, &attached);
        assert_reason(&scene, 4, PREDICT_NO_FILE);
        assert_started(&scene, 1, "payload", PREDICT_FALLBACK_FILE, true);
}

static void partition_without_a_file_starts_its_fallback(void **state)
{
        (void)state;
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        struct attached attached;
        attach(&attached);
        add_hex_option(&scene, "Boot0004", 1, "Only HD", HD_WHOLE END, "");
        image_add_global(&scene.image, "BootOrder", "0400");
        predict(&scene, &attached);
        assert_started(&scene, 4, "disk", PREDICT_FALLBACK_FILE, true);
        attached.on_disk.file_count = 1;
        predict(&scene, &attached);
        assert_reason(&scene, 4, PREDICT_NO_FALLBACK);
}

static void file_alone_is_looked_for_on_removable_media_first(void **state)
{
        (void)state;
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        struct attached attached;
        attach(&attached);
        add_file_option(&scene, "Boot0004", "", LOADER);
        image_add_global(&scene.image, "BootOrder", "0400");
        predict(&scene, &attached);
        assert_started(&scene, 4, "disk", LOADER, false);
        attached.machine.device_count = 3;
        attached.devices[2].removable = true;
        predict(&scene, &attached);
        assert_started(&scene, 4, "third", LOADER, false);
        attached.machine.device_count = 1;
        predict(&scene, &attached);
        assert_reason(&scene, 4, PREDICT_NO_FILE);
}

static void whole_path_has_to_be_right_in_all_its_parts(void **state)
{
        (void)state;
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        struct attached attached;
        attach(&attached);
        add_file_option(&scene, "Boot0004", USB("00") HD_WHOLE, LOADER);
        add_file_option(&scene, "Boot0005", USB("01"), LOADER);
        add_file_option(&scene, "Boot0006", USB("07") HD_WHOLE, LOADER);
        add_file_option(&scene, "Boot0007", USB("01") HD_WHOLE, "\\EFI\\other.efi");
        add_file_option(&scene, "Boot0008", USB("01") HD_WHOLE, LOADER);
        add_file_option(&scene, "Boot0009", USB("00"), PREDICT_FALLBACK_FILE);
        image_add_global(&scene.image, "BootOrder", "040005000600070008000900");
        predict(&scene, &attached);
        assert_started(&scene, 8, "disk", LOADER, false);
        assert_reason(&scene, 4, PREDICT_NO_PARTITION);
        assert_reason(&scene, 5, PREDICT_NO_PARTITION);
        assert_reason(&scene, 6, PREDICT_NO_DEVICE);
        assert_reason(&scene, 7, PREDICT_NO_FILE);
        attached.on_disk.place.start++;
        predict(&scene, &attached);
        assert_reason(&scene, 8, PREDICT_NO_PARTITION);
        assert_started(&scene, 9, "payload", PREDICT_FALLBACK_FILE, false);
}

static void disk_without_a_fallback_file_is_passed_over(void **state)
{
        (void)state;
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        struct attached attached;
        attach(&attached);
        attached.on_payload.file_count = 0;
        predict(&scene, &attached);
        assert_reason(&scene, 1, PREDICT_NO_FALLBACK);
        assert_started(&scene, 2, "disk", PREDICT_FALLBACK_FILE, true);
        attached.machine.fallback = "\\EFI\\BOOT\\BOOTX64.EFI";
        predict(&scene, &attached);
        assert_int_equal(scene.prediction.started->number, 3); // the shell
}

static void network_is_taken_to_fail_but_not_for_certain(void **state)
{
        (void)state;
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        struct attached attached;
        attach(&attached);
        // PciRoot(0x0)/Pci(0x3,0x0)/MAC(...)
        add_hex_option(&scene, "Boot0004", 1, "Network",
                       "02010c00d041030a00000000"
                       "010106000003"
                       "030b2500"
                       "525400123456"
                       "0000000000000000000000000000000000000000000000000000"
                       "01" END,
                       "");
        image_add_global(&scene.image, "BootOrder", "0400");
        predict(&scene, &attached);
        assert_reason(&scene, 4, PREDICT_NOT_KNOWN);
        assert_int_equal(scene.prediction.started->number, 1);
        assert_false(scene.prediction.is_certain);
}

// ---- the bootindex ----

static void bootindex_orders_the_entries_by_device(void **state)
{
        (void)state;
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        struct attached attached;
        attach(&attached);
        add_hd_option(&scene, "Boot0004", 1, 1, ESP_GUID, 0x40, LOADER);
        image_add_global(&scene.image, "BootOrder", "0400");
        attached.devices[0].has_bootindex = true;
        attached.devices[0].bootindex = 1;
        attached.devices[1].has_bootindex = true;
        predict(&scene, &attached);
        // 0004,0001,0002,0000,0003: of one device those that BootOrder had first.
        static const uint16_t order[] = {4, 1, 2, 0, 3};
        assert_int_equal(scene.prediction.count, 5);
        for (size_t i = 0; i < 5; i++)
                assert_int_equal(scene.prediction.steps[i].number, order[i]);
        assert_started(&scene, 4, "disk", LOADER, false);
        assert_string_equal(prediction_find(&scene.prediction, 1)->path, DISK_PATH);
        // The other way round the payload comes first, and the entry is still not lost.
        attached.devices[1].bootindex = 2;
        predict(&scene, &attached);
        assert_started(&scene, 1, "payload", PREDICT_FALLBACK_FILE, true);
        assert_reason(&scene, 4, PREDICT_NOT_REACHED);
}

static void bootindex_drops_an_entry_whose_file_is_missing(void **state)
{
        (void)state;
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        struct attached attached;
        attach(&attached);
        add_hd_option(&scene, "Boot0004", 1, 1, ESP_GUID, 0x40, "\\EFI\\none.efi");
        add_file_option(&scene, "Boot0005", "", LOADER);
        image_add_global(&scene.image, "BootOrder", "04000500");
        attached.devices[1].has_bootindex = true;
        predict(&scene, &attached);
        assert_reason(&scene, 4, PREDICT_DROPPED);
        assert_started(&scene, 5, "disk", LOADER, false);
        // A file alone is never dropped.
        attached.devices[1].has_bootindex = false;
        attached.devices[0].has_bootindex = true;
        predict(&scene, &attached);
        assert_started(&scene, 1, "payload", PREDICT_FALLBACK_FILE, true);
        assert_reason(&scene, 5, PREDICT_NOT_REACHED);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(measured_table_is_predicted),
                cmocka_unit_test(blank_store_gets_the_firmwares_own_entries),
                cmocka_unit_test(removable_medium_comes_first),
                cmocka_unit_test(boot_next_starts_even_what_is_not_active),
                cmocka_unit_test(boot_next_fails_where_its_entry_is_dropped),
                cmocka_unit_test(inactive_hidden_and_application_entries),
                cmocka_unit_test(entry_of_a_device_that_is_gone_leaves_its_number),
                cmocka_unit_test(entries_outside_the_order_are_overwritten_by_new_ones),
                cmocka_unit_test(partition_is_found_by_number_and_guid_alone),
                cmocka_unit_test(of_two_disks_with_one_guid_the_first_counts),
                cmocka_unit_test(partition_without_a_file_starts_its_fallback),
                cmocka_unit_test(file_alone_is_looked_for_on_removable_media_first),
                cmocka_unit_test(whole_path_has_to_be_right_in_all_its_parts),
                cmocka_unit_test(disk_without_a_fallback_file_is_passed_over),
                cmocka_unit_test(network_is_taken_to_fail_but_not_for_certain),
                cmocka_unit_test(bootindex_orders_the_entries_by_device),
                cmocka_unit_test(bootindex_drops_an_entry_whose_file_is_missing),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
