// SPDX-License-Identifier: Apache-2.0
//
// What is expected here was measured: AAVMF 2022.11, 2025.02 and 2026.08 in QEMU 7.2 with these stores and devices. Unless a
// test is about the generations, the firmware is that of 2022.11.
#include "tests/unit/varstore/store.h"

#include "base/encoding.h"
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

// Programs and switches of the generations.
#define UI_APP    "462CAA21-7614-4503-836E-8AB6F4662331"
#define BOOT_MENU "EEC25BDC-67F2-4D95-B1D5-F81B2039D11D"
#define SHELL     "7C04A583-9E3E-4F1C-AD65-E05268D0B4D1"
static const char *const OLD_PROGRAMS[] = {UI_APP, SHELL};
static const char *const NEW_PROGRAMS[] = {BOOT_MENU, UI_APP, SHELL};
static const char *const NEW_SWITCHES[] = {"opt/org.tianocore/FirmwareSetupSupport", "opt/org.tianocore/IPv4Support",
                                           "opt/org.tianocore/EFIShellSupport"};

static struct predict_firmware old_firmware(bool has_shell)
{
        size_t count = has_shell ? 2 : 1;
        return (struct predict_firmware){generation_of_code(OLD_PROGRAMS, count, NULL, 0), OLD_PROGRAMS, count};
}

static struct predict_firmware new_firmware(bool has_shell)
{
        size_t count = has_shell ? 3 : 2;
        return (struct predict_firmware){generation_of_code(NEW_PROGRAMS, count, NEW_SWITCHES, 3), NEW_PROGRAMS, count};
}

static const char AUTO_CREATED[] = "4eac0881119f594d850ee21a522c59b2";

static struct bootchain chain;
static struct prediction prediction;

// A store without variables, in place of the one before.
static void new_store(void)
{
        prediction_free(&prediction);
        bootchain_free(&chain);
        use_image(image_aavmf());
}

static void add_option(const char *name, uint32_t attributes, const char *label, struct bytes path)
{
        AUTO_FREE char *hex = text_hex(path);
        image_add_entry(&image, name, attributes, label, hex, "");
}

// HD(NUMBER,GPT,GUID,START,0x32000)/FILE
static void add_hd_option(const char *name, uint32_t attributes, uint32_t number, const char *guid, uint64_t first,
                          const char *file)
{
        AUTO_BUFFER struct buffer path = {0};
        struct devpath_partition partition = {.number = number, .start = first, .size = 0x32000, .gpt = true};
        assert_true(guid_parse(guid, &partition.guid));
        assert_true(devpath_build(&partition, file, &path));
        add_option(name, attributes, "VMware ESXi", buffer_view(&path));
}

// The entry of an installed ESXi.
static void add_esxi(const char *name, uint32_t attributes)
{
        add_hd_option(name, attributes, 1, ESP_GUID, 0x40, LOADER);
}

// A path of nodes in hexadecimal, then FILE.
static void add_file_option(const char *name, const char *nodes, const char *file)
{
        AUTO_BUFFER struct buffer path = {0};
        AUTO_BUFFER struct buffer utf16 = {0};
        assert_true(text_parse_hex(nodes, &path) && text_to_utf16(file, &utf16));
        buffer_add_u16(&utf16, 0);
        buffer_add_u16(&path, 0x0404);
        buffer_add_u16(&path, (uint16_t)(utf16.size + 4));
        buffer_add_bytes(&path, buffer_view(&utf16));
        buffer_add_u32(&path, 0x0004FF7F);
        add_option(name, 1, "File", buffer_view(&path));
}

// ---- the attached devices ----

static const char *const DISK_FILES[] = {LOADER, PREDICT_FALLBACK_FILE};
static const char *const PAYLOAD_FILES[] = {"\\efi\\boot\\bootaa64.efi"};

static struct predict_partition esp(void)
{
        struct predict_partition partition = {.files = DISK_FILES, .file_count = 2};
        partition.place = (struct devpath_partition){.number = 1, .start = 0x40, .size = 0x32000, .gpt = true};
        assert_true(guid_parse(ESP_GUID, &partition.place.guid));
        return partition;
}

static struct attached {
        struct predict_partition on_payload, on_disk, on_third;
        struct predict_device devices[3];
        struct predict_machine machine;
} attached;

// The payload, a file system without partitions, on the first port; the installed disk on the second.
static void attach(void)
{
        attached = (struct attached){
                .on_payload = {.files = PAYLOAD_FILES, .file_count = 1}, .on_disk = esp(), .on_third = esp()};
        attached.devices[0] = (struct predict_device){
                .name = "payload", .path = PAYLOAD_PATH, .partitions = &attached.on_payload, .partition_count = 1};
        attached.devices[1] = (struct predict_device){
                .name = "disk", .path = DISK_PATH, .partitions = &attached.on_disk, .partition_count = 1};
        attached.devices[2] = (struct predict_device){.name = "third",
                                                      .path = "PciRoot(0x0)/Pci(0x2,0x0)",
                                                      .partitions = &attached.on_third,
                                                      .partition_count = 1};
        attached.machine = (struct predict_machine){
                .devices = attached.devices, .device_count = 2, .firmware = old_firmware(true)};
}

// An empty store and the payload before the disk: how every test begins.
static void begin_anew(void)
{
        new_store();
        attach();
}

static int begin(void **state)
{
        (void)state;
        begin_anew();
        return 0;
}

static int end(void **state)
{
        prediction_free(&prediction);
        bootchain_free(&chain);
        return store_end(state);
}

#define TEST_OF_BOOT(name) TEST_WITH(name, begin, end)

static void predict(void)
{
        prediction_free(&prediction);
        if (!store) {
                open_store();
                assert_done(bootchain_read(store, &chain, &err), &err);
        }
        attached.machine.chain = &chain;
        prediction_make(&attached.machine, &prediction);
        for (size_t i = 0; i < prediction.count; i++)
                assert_non_null(prediction.steps[i].explanation);
}

static void predict_by(struct predict_firmware firmware)
{
        attached.machine.firmware = firmware;
        predict();
}

static void assert_starts(uint16_t number, const char *device, const char *file, bool is_fallback)
{
        predict();
        const struct prediction_step *started = prediction.started;
        assert_non_null(started);
        assert_int_equal(started->number, number);
        assert_int_equal(started->reason, PREDICT_STARTED);
        assert_string_equal(started->device->name, device);
        assert_string_equal(started->file, file);
        assert_int_equal(started->is_fallback, is_fallback);
        assert_true(prediction.is_certain);
}

static void assert_reason(uint16_t number, enum predict_reason reason)
{
        const struct prediction_step *step = prediction_find(&prediction, number);
        assert_non_null(step);
        if (step->reason != reason)
                fail_msg("Boot%04X: %s (%s), not %s", number, predict_reason_id(step->reason), step->explanation,
                         predict_reason_id(reason));
}

static size_t count_of(enum predict_reason reason)
{
        size_t count = 0;
        for (size_t i = 0; i < prediction.count; i++)
                count += prediction.steps[i].reason == reason;
        return count;
}

// ---- the measured table ----

enum vars {
        ENTRY_FIRST,
        ENTRY_LAST,
        ENTRY_OF_ANOTHER_DISK,
        BLANK,
};

static void fill(enum vars vars)
{
        if (vars == BLANK) {
                memset(image.data, 0, image.size);
                return;
        }
        add_hd_option("Boot0004", 1, 1, vars == ENTRY_OF_ANOTHER_DISK ? OTHER_GUID : ESP_GUID, 0x40, LOADER);
        if (vars != ENTRY_LAST) {
                image_add_global(&image, "BootOrder", "0400");
                return;
        }
        image_add_entry(&image, "Boot0001", 1, "UEFI QEMU USB 1", USB("00") END, AUTO_CREATED);
        image_add_global(&image, "BootOrder", "01000400");
}

// A generation without setup gives 0001 to the first device, the other one 0002.
static void assert_measured_table(struct predict_firmware firmware, uint16_t device)
{
        const struct {
                enum vars vars;
                bool payload, bootindex;
                uint16_t number;
                const char *device, *file;
        } table[] = {
                {ENTRY_FIRST, false, false, 4, "disk", LOADER},
                {ENTRY_FIRST, true, false, 4, "disk", LOADER},
                {ENTRY_FIRST, true, true, device, "payload", PREDICT_FALLBACK_FILE},
                {ENTRY_LAST, false, false, 1, "disk", PREDICT_FALLBACK_FILE},
                {ENTRY_LAST, true, false, 1, "payload", PREDICT_FALLBACK_FILE},
                {ENTRY_LAST, true, true, 1, "payload", PREDICT_FALLBACK_FILE},
                {ENTRY_OF_ANOTHER_DISK, false, false, device, "disk", PREDICT_FALLBACK_FILE},
                {ENTRY_OF_ANOTHER_DISK, true, false, device, "payload", PREDICT_FALLBACK_FILE},
                {ENTRY_OF_ANOTHER_DISK, true, true, device, "payload", PREDICT_FALLBACK_FILE},
                {BLANK, false, false, device, "disk", PREDICT_FALLBACK_FILE},
                {BLANK, true, false, device, "payload", PREDICT_FALLBACK_FILE},
                {BLANK, true, true, device, "payload", PREDICT_FALLBACK_FILE},
        };
        for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
                begin_anew();
                attached.machine.firmware = firmware;
                fill(table[i].vars);
                attached.devices[0].has_bootindex = table[i].bootindex;
                if (!table[i].payload) {
                        // The disk alone is on the first port.
                        attached.machine.devices = attached.devices + 1;
                        attached.machine.device_count = 1;
                        attached.devices[1].path = PAYLOAD_PATH;
                }
                assert_starts(table[i].number, table[i].device, table[i].file, table[i].number != 4);
                if (table[i].vars == ENTRY_OF_ANOTHER_DISK && !table[i].bootindex)
                        assert_reason(4, PREDICT_NO_PARTITION);
                // With a bootindex elsewhere the entry is lost even if it was right.
                if (table[i].vars != BLANK && table[i].bootindex)
                        assert_reason(4, PREDICT_DROPPED);
        }
}

TEST_OF_BOOT(measured_table_is_predicted)
{
        assert_measured_table(old_firmware(true), 1);
        assert_measured_table(old_firmware(false), 1);
        assert_measured_table(new_firmware(true), 2);
        assert_measured_table(new_firmware(false), 2);
}

// ---- the generations ----

static void assert_label(uint16_t number, const char *label, enum predict_reason reason)
{
        assert_reason(number, reason);
        assert_string_equal(prediction_find(&prediction, number)->label, label);
}

TEST_OF_BOOT(blank_store_gets_the_firmwares_own_entries)
{
        fill(BLANK);
        predict();
        assert_int_equal(prediction.count, 4);
        assert_label(0, "UiApp", PREDICT_APPLICATION);
        assert_reason(2, PREDICT_NOT_REACHED);
        assert_label(3, "EFI Internal Shell", PREDICT_NOT_REACHED);
        predict_by(new_firmware(true));
        assert_int_equal(prediction.count, 5);
        assert_label(0, "BootManagerMenuApp", PREDICT_APPLICATION);
        assert_label(1, "EFI Firmware Setup", PREDICT_APPLICATION);
        assert_reason(3, PREDICT_NOT_REACHED);
        assert_label(4, "EFI Internal Shell", PREDICT_APPLICATION);
}

TEST_OF_BOOT(without_a_disk_the_older_shell_starts_or_the_menu_is_shown)
{
        attached.machine.device_count = 0;
        predict();
        assert_int_equal(prediction.started->number, 1);
        assert_null(prediction.started->device);
        const struct predict_firmware others[] = {old_firmware(false), new_firmware(true), new_firmware(false)};
        for (size_t i = 0; i < 3; i++) {
                predict_by(others[i]);
                assert_null(prediction.started);
                assert_true(prediction.is_certain);
        }
}

TEST_OF_BOOT(fallback_file_starts_if_no_entry_can)
{
        attached.machine.firmware = new_firmware(true);
        attached.on_payload.file_count = 0;
        attached.devices[0].has_bootindex = true; // so the disk has no entry
        predict();
        const struct prediction_step *started = prediction.started;
        assert_non_null(started);
        assert_true(started->is_recovery);
        assert_false(prediction_step_has_number(started));
        assert_string_equal(started->device->name, "disk");
        assert_string_equal(started->file, PREDICT_FALLBACK_FILE);
        AUTO_FREE char *name = prediction_step_name(started);
        assert_string_equal(name, "PlatformRecovery");
        // The older shell comes before that.
        predict_by(old_firmware(true));
        assert_int_equal(prediction.started->number, 2);
        predict_by(old_firmware(false));
        assert_true(prediction.started->is_recovery);
        attached.on_disk.file_count = 0;
        predict();
        assert_null(prediction.started);
}

// Fv(VOLUME)/FvFile(PROGRAM), the latter in hexadecimal.
#define PROGRAM(hex)  "04071400fe4a07640a34e64b94ba91b5b4d0f71e04061400" hex END
#define UI_APP_HEX    "21aa2c4614760345836e8ab6f4662331"
#define BOOT_MENU_HEX "dc5bc2eef267954db1d5f81b2039d11d"
#define SHELL_HEX     "83a5047c3e9e1c4fad65e05268d0b4d1"

// What the firmware of 2022.11 leaves in a store that it has formatted.
static void fill_by_old(void)
{
        image_add_entry(&image, "Boot0000", 0x109, "UiApp", PROGRAM(UI_APP_HEX), "");
        image_add_entry(&image, "Boot0001", 1, "UEFI QEMU USB 1", USB("00") END, AUTO_CREATED);
        image_add_entry(&image, "Boot0002", 1, "EFI Internal Shell", PROGRAM(SHELL_HEX), "");
        image_add_global(&image, "BootOrder", "000001000200");
}

TEST_OF_BOOT(newer_firmware_recreates_entries_of_an_older_one)
{
        fill_by_old();
        attached.machine.firmware = new_firmware(true);
        assert_starts(1, "payload", PREDICT_FALLBACK_FILE, true);
        // The menu gets the number that is free, the setup UiApp's; the shell is an application now.
        assert_label(3, "BootManagerMenuApp", PREDICT_APPLICATION);
        assert_label(0, "EFI Firmware Setup", PREDICT_APPLICATION);
        assert_label(2, "EFI Internal Shell", PREDICT_APPLICATION);
        assert_int_equal(count_of(PREDICT_PROGRAM_GONE), 2);
}

TEST_OF_BOOT(entry_of_a_missing_program_is_deleted)
{
        fill_by_old();
        attached.machine.device_count = 0;
        predict_by(old_firmware(false));
        assert_null(prediction.started);
        assert_reason(2, PREDICT_PROGRAM_GONE);
        assert_reason(0, PREDICT_APPLICATION);
        // The same program of another volume is another program.
        new_store();
        image_add_entry(&image, "Boot0004", 1, "Shell",
                        "04071400c9bd7b7cebf8344faaea3ee4af6516a104061400" SHELL_HEX END, "");
        image_add_global(&image, "BootOrder", "0400");
        predict_by(old_firmware(true));
        assert_reason(4, PREDICT_PROGRAM_GONE);
        assert_int_equal(prediction.started->number, 1);
}

TEST_OF_BOOT(older_firmware_adds_a_shell_beside_a_changed_one)
{
        static const struct {
                uint32_t attributes;
                const char *label, *optional_data;
                bool second;
        } cases[] = {{1, "EFI Internal Shell", "", false},
                     {1, "My shell", "", true},
                     {0, "EFI Internal Shell", "", true},
                     {1, "EFI Internal Shell", "aabb", true}};
        for (size_t i = 0; i < 4; i++) {
                begin_anew();
                attached.machine.device_count = 0;
                image_add_entry(&image, "Boot0004", cases[i].attributes, cases[i].label, PROGRAM(SHELL_HEX),
                                cases[i].optional_data);
                image_add_global(&image, "BootOrder", "0400");
                predict();
                assert_int_equal(prediction_find(&prediction, 1) != NULL, cases[i].second);
                // The newer one looks at the attributes alone.
                predict_by(new_firmware(true));
                assert_reason(4, PREDICT_PROGRAM_GONE);
                assert_label(2, "EFI Internal Shell", PREDICT_APPLICATION);
        }
}

TEST_OF_BOOT(older_firmware_without_a_shell_still_overwrites_a_variable)
{
        attached.machine.device_count = 0;
        add_esxi("Boot0001", 1);
        predict_by(old_firmware(false));
        assert_reason(1, PREDICT_OVERWRITTEN);
        new_store();
        add_esxi("Boot0002", 1);
        predict_by(new_firmware(false));
        assert_reason(2, PREDICT_NOT_ORDERED);
}

TEST(generation_is_known_by_programs_and_switches)
{
        const struct generation *old = old_firmware(true).generation, *new = new_firmware(true).generation;
        assert_non_null(old);
        assert_non_null(new);
        assert_ptr_not_equal(old, new);
        assert_ptr_equal(old_firmware(false).generation, old);
        assert_ptr_equal(new_firmware(false).generation, new);
        // In between: the menu of the one with the switches of the other, or one switch alone.
        assert_null(generation_of_code(NEW_PROGRAMS, 3, NULL, 0));
        assert_null(generation_of_code(NEW_PROGRAMS, 3, NEW_SWITCHES, 2));
        assert_null(generation_of_code(OLD_PROGRAMS, 2, NEW_SWITCHES, 3));
        assert_null(generation_of_code(NULL, 0, NULL, 0));
}

TEST_OF_BOOT(store_shows_the_generation_that_wrote_it)
{
        fill_by_old();
        attached.machine.firmware = (struct predict_firmware){0};
        assert_starts(1, "payload", PREDICT_FALLBACK_FILE, true);
        assert_ptr_equal(prediction.generation, old_firmware(true).generation);
        assert_false(prediction.is_firmware_told);
        assert_int_equal(prediction.count, 4); // the disk's entry is new
        // If the firmware is itself an unknown one, what another one has written does not count.
        predict_by((struct predict_firmware){.programs = NEW_PROGRAMS, .program_count = 3});
        assert_null(prediction.generation);
}

TEST_OF_BOOT(unknown_firmware_gives_unknown_numbers)
{
        predict_by((struct predict_firmware){0});
        const struct prediction_step *started = prediction.started;
        assert_non_null(started);
        assert_null(prediction.generation);
        assert_string_equal(started->device->name, "payload");
        assert_false(prediction_step_has_number(started));
        AUTO_FREE char *name = prediction_step_name(started);
        assert_string_equal(name, "Boot????");
        assert_false(prediction.is_certain);
        // What it starts if nothing else can be started is not known either.
        attached.machine.device_count = 0;
        predict();
        assert_null(prediction.started);
        assert_false(prediction.is_certain);
        // An entry that is in the store is started by any firmware.
        new_store();
        attached.machine.device_count = 2;
        fill(ENTRY_FIRST);
        assert_starts(4, "disk", LOADER, false);
}

// ---- the order ----

TEST_OF_BOOT(removable_medium_comes_first)
{
        attached.devices[1].removable = true;
        assert_starts(1, "disk", PREDICT_FALLBACK_FILE, true);
        assert_string_equal(prediction_find(&prediction, 2)->path, PAYLOAD_PATH);
}

TEST_OF_BOOT(boot_next_starts_an_inactive_entry_too)
{
        for (size_t i = 0; i < 2; i++) {
                begin_anew();
                add_esxi("Boot0004", i ? LOAD_OPTION_CATEGORY_APP | 1 : 0);
                image_add_global(&image, "BootNext", "0400");
                assert_starts(4, "disk", LOADER, false);
                assert_true(prediction.started->is_next);
                // Not in BootOrder, it is not dropped either.
                attached.devices[0].has_bootindex = true;
                assert_starts(4, "disk", LOADER, false);
        }
}

TEST_OF_BOOT(boot_next_fails_if_its_entry_is_dropped)
{
        add_esxi("Boot0004", 1);
        add_esxi("Boot0005", 0);
        image_add_global(&image, "BootOrder", "04000500");
        image_add_global(&image, "BootNext", "0400");
        attached.devices[0].has_bootindex = true;
        assert_starts(1, "payload", PREDICT_FALLBACK_FILE, true);
        assert_reason(4, PREDICT_DROPPED);
        assert_reason(5, PREDICT_INACTIVE);
        // A number that BootNext names is not given to a new entry.
        new_store();
        attached.devices[0].has_bootindex = false;
        image_add_global(&image, "BootNext", "0200");
        assert_starts(1, "payload", PREDICT_FALLBACK_FILE, true);
        assert_null(prediction_find(&prediction, 2));
        assert_string_equal(prediction_find(&prediction, 3)->path, DISK_PATH);
}

TEST_OF_BOOT(inactive_hidden_and_application_entries)
{
        add_esxi("Boot0004", LOAD_OPTION_CATEGORY_APP | 1);
        add_esxi("Boot0005", 0);
        add_esxi("Boot0006", LOAD_OPTION_HIDDEN | 1);
        add_esxi("Boot0007", 1);
        image_add_global(&image, "Boot0008", "01");
        image_add_global(&image, "BootOrder", "08000400050006000900");
        assert_starts(6, "disk", LOADER, false);
        assert_reason(4, PREDICT_APPLICATION);
        assert_reason(5, PREDICT_INACTIVE);
        assert_reason(7, PREDICT_NOT_ORDERED);
        assert_reason(8, PREDICT_DAMAGED);
        // The payload's entry takes the first number that is free, 0001.
        assert_reason(1, PREDICT_NOT_REACHED);
}

TEST_OF_BOOT(entry_of_a_device_that_is_gone_leaves_its_number)
{
        image_add_entry(&image, "Boot0001", 1, "Gone", USB("05") END, AUTO_CREATED);
        image_add_entry(&image, "Boot0002", 1, "Disk", USB("01") END, AUTO_CREATED);
        image_add_global(&image, "BootOrder", "01000200");
        assert_starts(2, "disk", PREDICT_FALLBACK_FILE, true);
        assert_reason(1, PREDICT_NOT_REACHED);
        assert_string_equal(prediction_find(&prediction, 1)->path, PAYLOAD_PATH);
        const struct prediction_step *last = &prediction.steps[prediction.count - 1];
        assert_int_equal(last->reason, PREDICT_DEVICE_GONE);
        assert_string_equal(last->label, "Gone");
        // A device with another label is another device to the firmware.
        attached.devices[1].label = "Another disk";
        assert_starts(1, "payload", PREDICT_FALLBACK_FILE, true);
}

TEST_OF_BOOT(entries_outside_the_order_are_overwritten_by_new_ones)
{
        add_esxi("Boot0001", 1);
        add_esxi("Boot0009", 1);
        assert_starts(1, "payload", PREDICT_FALLBACK_FILE, true);
        assert_reason(9, PREDICT_NOT_ORDERED);
        assert_int_equal(count_of(PREDICT_OVERWRITTEN), 1);
}

// ---- device paths ----

TEST_OF_BOOT(partition_is_found_by_number_and_guid_alone)
{
        static const struct {
                uint32_t number;
                uint64_t first;
                enum predict_reason reason;
        } cases[] = {{1, 0x40, PREDICT_STARTED}, {1, 0x50, PREDICT_STARTED}, {2, 0x40, PREDICT_NO_PARTITION}};
        for (size_t i = 0; i < 3; i++) {
                begin_anew();
                add_hd_option("Boot0004", 1, cases[i].number, ESP_GUID, cases[i].first, LOADER);
                image_add_global(&image, "BootOrder", "0400");
                predict();
                assert_reason(4, cases[i].reason);
        }
}

TEST_OF_BOOT(of_two_disks_with_one_guid_the_first_counts)
{
        fill(ENTRY_FIRST);
        attached.on_payload = esp();
        attached.on_payload.files = PAYLOAD_FILES;
        attached.on_payload.file_count = 1;
        assert_starts(1, "payload", PREDICT_FALLBACK_FILE, true);
        assert_reason(4, PREDICT_NO_FILE);
}

TEST_OF_BOOT(partition_without_a_file_starts_its_fallback)
{
        image_add_entry(&image, "Boot0004", 1, "Only HD", HD_WHOLE END, "");
        image_add_global(&image, "BootOrder", "0400");
        assert_starts(4, "disk", PREDICT_FALLBACK_FILE, true);
        attached.on_disk.file_count = 1;
        predict();
        assert_reason(4, PREDICT_NO_FALLBACK);
}

TEST_OF_BOOT(file_alone_is_searched_on_removable_media_first)
{
        add_file_option("Boot0004", "", LOADER);
        image_add_global(&image, "BootOrder", "0400");
        assert_starts(4, "disk", LOADER, false);
        attached.machine.device_count = 3;
        attached.devices[2].removable = true;
        assert_starts(4, "third", LOADER, false);
        attached.machine.device_count = 1;
        predict();
        assert_reason(4, PREDICT_NO_FILE);
}

TEST_OF_BOOT(every_part_of_a_whole_path_has_to_match)
{
        add_file_option("Boot0004", USB("00") HD_WHOLE, LOADER);
        add_file_option("Boot0005", USB("01"), LOADER);
        add_file_option("Boot0006", USB("07") HD_WHOLE, LOADER);
        add_file_option("Boot0007", USB("01") HD_WHOLE, "\\EFI\\other.efi");
        add_file_option("Boot0008", USB("01") HD_WHOLE, LOADER);
        add_file_option("Boot0009", USB("00"), PREDICT_FALLBACK_FILE);
        image_add_global(&image, "BootOrder", "040005000600070008000900");
        assert_starts(8, "disk", LOADER, false);
        assert_reason(4, PREDICT_NO_PARTITION);
        assert_reason(5, PREDICT_NO_PARTITION);
        assert_reason(6, PREDICT_NO_DEVICE);
        assert_reason(7, PREDICT_NO_FILE);
        attached.on_disk.place.start++;
        assert_starts(9, "payload", PREDICT_FALLBACK_FILE, false);
        assert_reason(8, PREDICT_NO_PARTITION);
}

TEST_OF_BOOT(disk_without_a_fallback_file_is_passed_over)
{
        attached.on_payload.file_count = 0;
        assert_starts(2, "disk", PREDICT_FALLBACK_FILE, true);
        assert_reason(1, PREDICT_NO_FALLBACK);
        attached.machine.fallback = "\\EFI\\BOOT\\BOOTX64.EFI";
        predict();
        assert_int_equal(prediction.started->number, 3); // the shell
}

TEST_OF_BOOT(network_boot_is_predicted_to_fail_but_not_certainly)
{
        // PciRoot(0x0)/Pci(0x3,0x0)/MAC(...)
        image_add_entry(&image, "Boot0004", 1, "Network",
                        "02010c00d041030a00000000"
                        "010106000003"
                        "030b2500"
                        "525400123456"
                        "0000000000000000000000000000000000000000000000000000"
                        "01" END,
                        "");
        image_add_global(&image, "BootOrder", "0400");
        predict();
        assert_reason(4, PREDICT_NOT_KNOWN);
        assert_int_equal(prediction.started->number, 1);
        assert_false(prediction.is_certain);
}

TEST_OF_BOOT(secure_boot_may_refuse_the_loader_on_a_disk)
{
        static const struct {
                const char *key, *enable;
                bool checks;
        } cases[] = {{NULL, "01", false}, {"aa", NULL, true}, {"aa", "01", true}, {"aa", "00", false}};
        for (size_t i = 0; i < 4; i++) {
                begin_anew();
                AUTO_BUFFER struct buffer enable = {0};
                if (cases[i].key)
                        image_add_global(&image, "PK", cases[i].key);
                if (cases[i].enable) {
                        assert_true(text_parse_hex(cases[i].enable, &enable));
                        image_add(&image, 0x3F, GUID_EFI_SECURE_BOOT_ENABLE_DISABLE, "SecureBootEnable", 3,
                                  buffer_view(&enable));
                }
                predict();
                attached.machine.checks_signatures = predict_checks_signatures(store);
                assert_int_equal(attached.machine.checks_signatures, cases[i].checks);
                predict();
                assert_int_equal(prediction.may_be_refused, cases[i].checks);
                assert_int_equal(prediction.is_certain, !cases[i].checks);
                // The firmware's own programs are not refused.
                attached.machine.device_count = 0;
                predict();
                assert_true(prediction.is_certain);
        }
}

// ---- the bootindex ----

TEST_OF_BOOT(bootindex_orders_the_entries_by_device)
{
        fill(ENTRY_FIRST);
        attached.devices[0].has_bootindex = true;
        attached.devices[0].bootindex = 1;
        attached.devices[1].has_bootindex = true;
        assert_starts(4, "disk", LOADER, false);
        // 0004,0001,0002,0000,0003: of one device those that BootOrder had first.
        static const uint16_t order[] = {4, 1, 2, 0, 3};
        assert_int_equal(prediction.count, 5);
        for (size_t i = 0; i < 5; i++)
                assert_int_equal(prediction.steps[i].number, order[i]);
        assert_string_equal(prediction_find(&prediction, 1)->path, DISK_PATH);
        // The other way round the payload comes first, and the entry is still not lost.
        attached.devices[1].bootindex = 2;
        assert_starts(1, "payload", PREDICT_FALLBACK_FILE, true);
        assert_reason(4, PREDICT_NOT_REACHED);
}

TEST_OF_BOOT(bootindex_drops_an_entry_whose_file_is_missing)
{
        add_hd_option("Boot0004", 1, 1, ESP_GUID, 0x40, "\\EFI\\none.efi");
        add_file_option("Boot0005", "", LOADER);
        image_add_global(&image, "BootOrder", "04000500");
        attached.devices[1].has_bootindex = true;
        assert_starts(5, "disk", LOADER, false);
        assert_reason(4, PREDICT_DROPPED);
        // A file alone is never dropped.
        attached.devices[1].has_bootindex = false;
        attached.devices[0].has_bootindex = true;
        assert_starts(1, "payload", PREDICT_FALLBACK_FILE, true);
        assert_reason(5, PREDICT_NOT_REACHED);
}
