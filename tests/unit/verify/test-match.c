// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/verify/images.h"

#include <fcntl.h>

#include "base/time.h"
#include "varstore/bootchain.h"
#include "varstore/loadopt.h"
#include "verify/disk/gpt.h"
#include "verify/match.h"

static const char LOADER[] = "\\EFI\\VMware\\safeboot64.efi";

// A vars file, a disk, and what is compared of them.
struct scene {
        struct buffer image;
        struct varstore *store;
        struct bootchain chain;
        struct disk *disk;
        struct devpath_partition esp; // as it is on the disk
        uint16_t order[16];
        size_t order_count;
        struct match_input input;
        struct match match;
};

static void scene_close(struct scene *scene)
{
        match_free(&scene->match);
        bootchain_free(&scene->chain);
        varstore_free(&scene->store);
        buffer_free(&scene->image);
        disk_close(&scene->disk);
}
#define AUTO_SCENE __attribute__((cleanup(scene_close)))

// Makes `esxi`, the disk of an installed ESXi with its loader on the ESP, as a qcow2.
static void make_esxi_disk(void)
{
        if (template_take("esxi"))
                return;
        make_installed_disk();
        shell("mformat -i disk@@32768 -T 204800 -h 64 -s 32 ::; head -c 100000 /dev/urandom >loader\n"
              "mmd -i disk@@32768 ::/EFI ::/EFI/VMware ::/EFI/BOOT; : >empty\n"
              "mcopy -i disk@@32768 loader ::/EFI/VMware/safeboot64.efi\n"
              "mcopy -i disk@@32768 loader ::/EFI/BOOT/BOOTAA64.EFI; mcopy -i disk@@32768 empty ::/EFI/empty.efi\n"
              "qemu-img convert -O qcow2 disk esxi");
        template_keep("esxi");
}

static void scene_open_disk(struct scene *scene, const char *path)
{
        AUTO_ERROR struct error err = {0};
        assert_done(disk_open(path, NULL, &scene->disk, &err), &err);
        scene->input.disk = scene->disk;
        AUTO_GPT struct gpt gpt = {0};
        if (!gpt_read(scene->disk, &gpt, NULL) || !gpt_find_esp(&gpt))
                return;
        const struct gpt_partition *esp = gpt_find_esp(&gpt);
        scene->esp = (struct devpath_partition){.number = esp->index,
                                                .start = esp->first,
                                                .size = gpt_partition_size(esp),
                                                .guid = esp->unique,
                                                .gpt = true};
}

static void scene_set(struct scene *scene, const char *name, const struct buffer *data)
{
        AUTO_ERROR struct error err = {0};
        varstore_set(scene->store, GUID_EFI_GLOBAL_VARIABLE, name,
                     EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS,
                     buffer_view(data), &err);
        no_error(&err);
}

// Adds an entry; PARTITION NULL makes one for a firmware volume.
static void scene_add(struct scene *scene, uint16_t number, const char *label,
                      const struct devpath_partition *partition, const char *loader, bool active)
{
        static const uint8_t shell_path[] = {4, 7,  20, 0,  1,  2,  3,  4,  5,    6,    7, 8,
                                             9, 10, 11, 12, 13, 14, 15, 16, 0x7f, 0xff, 4, 0};
        AUTO_ERROR struct error err = {0};
        AUTO_BUFFER struct buffer path = {0}, data = {0};
        if (partition)
                assert_true(devpath_build(partition, loader, &path));
        else
                buffer_add(&path, shell_path, sizeof shell_path);
        char description[64];
        snprintf(description, sizeof description, "%s", label);
        struct loadopt option = {
                .attributes = active ? LOAD_OPTION_ACTIVE : 0, .description = description, .path = buffer_view(&path)};
        loadopt_build(&option, &data, &err);
        no_error(&err);
        AUTO_FREE char *name = text_format("Boot%04X", number);
        scene_set(scene, name, &data);
}

static void scene_open(struct scene *scene, const char *disk)
{
        AUTO_ERROR struct error err = {0};
        buffer_fill(&scene->image, 0, 128 << 10);
        varstore_read(buffer_view(&scene->image), &scene->store, &err);
        no_error(&err);
        varstore_format(scene->store, &err);
        no_error(&err);
        scene_add(scene, 0, "UiApp", NULL, NULL, true);
        scene_open_disk(scene, disk);
}

// The disk of an installed ESXi, with a store that has no entry yet.
static void scene_open_esxi(struct scene *scene)
{
        make_esxi_disk();
        scene_open(scene, "esxi");
}

static void scene_order(struct scene *scene, uint16_t number)
{
        scene->order[scene->order_count++] = number;
}

static void scene_compare(struct scene *scene)
{
        AUTO_ERROR struct error err = {0};
        AUTO_BUFFER struct buffer order = {0};
        for (size_t i = 0; i < scene->order_count; i++)
                buffer_add_u16(&order, scene->order[i]);
        scene_set(scene, "BootOrder", &order);
        bootchain_read(scene->store, &scene->chain, &err);
        no_error(&err);
        scene->input.chain = &scene->chain;
        match_compare(&scene->input, &scene->match, &err);
        no_error(&err);
}

static void assert_reason(const struct scene *scene, enum match_reason reason)
{
        const struct match *match = &scene->match;
        if (match->reason != reason)
                fail_msg("%s, not %s: %s", match_reason_id(match->reason), match_reason_id(reason), match->explanation);
        assert_int_equal(match->holds, reason == MATCH_HOLDS);
        assert_true(match->explanation[0] && match->explanation[strlen(match->explanation) - 1] == '.');
        assert_true(match_reason_advice(reason) || match->holds);
}

TEST_IN_SCRATCH(an_entry_for_the_esp_with_its_loader_holds)
{
        AUTO_SCENE struct scene scene = {0};
        scene_open_esxi(&scene);
        scene_add(&scene, 4, "VMware ESXi", &scene.esp, LOADER, true);
        scene_order(&scene, 0);
        scene_order(&scene, 4);
        scene_compare(&scene);
        assert_reason(&scene, MATCH_HOLDS);
        assert_true(scene.match.has_entry);
        assert_int_equal(scene.match.entry, 4);
        assert_string_equal(scene.match.loader, LOADER);
        assert_int_equal(scene.match.partition, 1);
        assert_int_equal(scene.match.partition_start, 64);
        assert_int_equal(scene.match.partition_size, 204800);
        assert_true(guid_equal(scene.match.partition_guid, scene.esp.guid));
        assert_null(scene.match.found);
        assert_null(scene.match.expected);
        assert_null(scene.match.remark);
        assert_contains(scene.match.explanation, "Boot0004");
}

// Rows of what is wrong with the one entry.
struct entry_row {
        enum match_reason reason;
        const char *label, *loader;
        bool without_partition, inactive, unordered, other_guid, mbr;
        int start, size; // added to what they are
};

TEST_IN_SCRATCH(each_difference_of_an_entry_is_named)
{
        static const struct entry_row rows[] = {
                {.reason = MATCH_HOLDS},
                {.reason = MATCH_HOLDS, .loader = "/efi/vmware/SAFEBOOT64.EFI"},
                {.reason = MATCH_ENTRY_MISSING, .label = "Windows"},
                {.reason = MATCH_ENTRY_MISSING, .label = "vmware esxi"},
                {.reason = MATCH_ENTRY_WITHOUT_PARTITION, .without_partition = true},
                {.reason = MATCH_ENTRY_WITHOUT_PARTITION, .mbr = true},
                {.reason = MATCH_OTHER_DISK, .other_guid = true},
                {.reason = MATCH_PARTITION_MOVED, .start = 1},
                {.reason = MATCH_PARTITION_MOVED, .size = -1},
                {.reason = MATCH_LOADER_MISSING, .loader = "\\EFI\\VMware\\mboot64.efi"},
                {.reason = MATCH_LOADER_MISSING, .loader = "\\EFI\\empty.efi"},
                {.reason = MATCH_LOADER_MISSING, .loader = "\\EFI\\VMware"},
                {.reason = MATCH_ENTRY_INACTIVE, .inactive = true},
                {.reason = MATCH_ENTRY_INACTIVE, .inactive = true, .unordered = true},
                {.reason = MATCH_ENTRY_NOT_ORDERED, .unordered = true},
                // What is worse is said first.
                {.reason = MATCH_OTHER_DISK, .other_guid = true, .inactive = true, .unordered = true},
        };
        make_esxi_disk();
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                const struct entry_row *row = &rows[i];
                AUTO_SCENE struct scene scene = {0};
                scene_open(&scene, "esxi");
                struct devpath_partition partition = scene.esp;
                partition.start += (uint64_t)(int64_t)row->start;
                partition.size += (uint64_t)(int64_t)row->size;
                partition.guid.bytes[15] ^= row->other_guid;
                partition.gpt = !row->mbr;
                scene_add(&scene, 4, row->label ? row->label : "VMware ESXi",
                          row->without_partition ? NULL : &partition, row->loader ? row->loader : LOADER,
                          !row->inactive);
                scene_order(&scene, 0);
                if (!row->unordered)
                        scene_order(&scene, 4);
                scene_compare(&scene);
                assert_reason(&scene, row->reason);
                assert_int_equal(scene.match.partition, 1);
                assert_int_equal(scene.match.has_entry, row->reason != MATCH_ENTRY_MISSING);
        }
}

TEST_IN_SCRATCH(found_and_expected_are_written_as_the_firmware_writes_them)
{
        AUTO_SCENE struct scene scene = {0};
        scene_open_esxi(&scene);
        struct devpath_partition other = scene.esp;
        guid_parse("0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8", &other.guid);
        scene_add(&scene, 4, "VMware ESXi", &other, LOADER, true);
        scene_order(&scene, 4);
        scene_compare(&scene);
        assert_reason(&scene, MATCH_OTHER_DISK);
        assert_string_equal(scene.match.found, "HD(1,GPT,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,0x40,0x32000)");
        char guid[37];
        guid_text(scene.esp.guid, guid);
        AUTO_FREE char *expected = text_format("HD(1,GPT,%s,0x40,0x32000)", guid);
        assert_string_equal(scene.match.expected, expected);
}

TEST_IN_SCRATCH(of_several_entries_with_the_label_one_that_matches_suffices)
{
        AUTO_SCENE struct scene scene = {0};
        scene_open_esxi(&scene);
        struct devpath_partition other = scene.esp;
        other.guid.bytes[0] ^= 1;
        scene_add(&scene, 2, "VMware ESXi", &other, LOADER, true);
        scene_add(&scene, 3, "VMware ESXi", &scene.esp, LOADER, false);
        scene_add(&scene, 7, "VMware ESXi", &scene.esp, LOADER, true);
        scene_order(&scene, 2);
        scene_order(&scene, 3);
        scene_order(&scene, 7);
        scene_compare(&scene);
        assert_reason(&scene, MATCH_HOLDS);
        assert_int_equal(scene.match.entry, 7);
}

TEST_IN_SCRATCH(of_several_entries_that_do_not_match_the_nearest_is_named)
{
        AUTO_SCENE struct scene scene = {0};
        scene_open_esxi(&scene);
        struct devpath_partition other = scene.esp;
        other.guid.bytes[0] ^= 1;
        scene_add(&scene, 2, "VMware ESXi", &other, LOADER, true);
        scene_add(&scene, 3, "VMware ESXi", &scene.esp, "\\EFI\\absent.efi", true);
        scene_add(&scene, 7, "VMware ESXi", &other, LOADER, true);
        scene_order(&scene, 2);
        scene_order(&scene, 3);
        scene_order(&scene, 7);
        scene_compare(&scene);
        assert_reason(&scene, MATCH_LOADER_MISSING);
        assert_int_equal(scene.match.entry, 3);
}

TEST_IN_SCRATCH(another_label_can_be_asked_for)
{
        AUTO_SCENE struct scene scene = {0};
        scene_open_esxi(&scene);
        scene_add(&scene, 1, "Rehearsal", &scene.esp, LOADER, true);
        scene_order(&scene, 1);
        scene.input.label = "Rehearsal";
        scene_compare(&scene);
        assert_reason(&scene, MATCH_HOLDS);
}

TEST_IN_SCRATCH(the_entry_may_name_another_partition_of_the_disk)
{
        AUTO_SCENE struct scene scene = {0};
        scene_open_esxi(&scene);
        AUTO_GPT struct gpt gpt = {0};
        AUTO_ERROR struct error err = {0};
        gpt_read(scene.disk, &gpt, &err);
        no_error(&err);
        const struct gpt_partition *bank = &gpt.partitions[1];
        struct devpath_partition partition = {
                .number = 5, .start = bank->first, .size = gpt_partition_size(bank), .guid = bank->unique, .gpt = true};
        scene_add(&scene, 4, "VMware ESXi", &partition, LOADER, true);
        scene_order(&scene, 4);
        scene_compare(&scene);
        assert_reason(&scene, MATCH_ESP_DAMAGED); // there is no file system in it
        assert_int_equal(scene.match.partition, 5);
}

TEST_IN_SCRATCH(a_blank_store_is_named)
{
        AUTO_SCENE struct scene scene = {0};
        AUTO_ERROR struct error err = {0};
        make_esxi_disk();
        scene_open_disk(&scene, "esxi");
        match_compare(&scene.input, &scene.match, &err);
        no_error(&err);
        assert_reason(&scene, MATCH_VARS_BLANK);
}

TEST_IN_SCRATCH(each_difference_of_a_disk_is_named)
{
        static const struct {
                const char *make;
                enum match_reason reason;
        } rows[] = {
                {"qemu-img create -f qcow2 other 40G", MATCH_DISK_BLANK},
                {"dd if=/dev/urandom of=other bs=1048576 count=2", MATCH_DISK_WITHOUT_GPT},
                {"truncate -s 64M other; sgdisk -n 1:2048:40000 -t 1:0700 other; sgdisk -m 1 other",
                 MATCH_DISK_WITHOUT_GPT},
                {"truncate -s 64M other; sgdisk -n 1:2048:40000 -t 1:0700 other", MATCH_DISK_WITHOUT_ESP},
                {"qemu-img convert -O raw esxi other; dd if=/dev/zero of=other count=1 conv=notrunc",
                 MATCH_DISK_DAMAGED},
                {"qemu-img convert -O raw esxi other; dd if=/dev/urandom of=other bs=512 seek=1 count=1 conv=notrunc; "
                 "dd if=/dev/urandom of=other bs=512 seek=614399 count=1 conv=notrunc",
                 MATCH_DISK_DAMAGED},
                {"qemu-img convert -O raw esxi other; dd if=/dev/zero of=other bs=512 seek=64 count=1 conv=notrunc",
                 MATCH_ESP_DAMAGED},
                {"qemu-img convert -O raw esxi other; mdel -i other@@32768 ::/EFI/VMware/safeboot64.efi",
                 MATCH_LOADER_MISSING},
                {"qemu-img convert -O raw esxi other; sgdisk -d 1 -n 1:64:200000 -t 1:EF00 other", MATCH_OTHER_DISK},
                {"qemu-img convert -O raw esxi other; dd if=/dev/zero of=other bs=512 seek=1 count=1 conv=notrunc",
                 MATCH_HOLDS},
                {"qemu-img convert -c -O qcow2 esxi other", MATCH_HOLDS},
                {"qemu-img convert -O vmdk -o subformat=streamOptimized esxi other", MATCH_HOLDS},
                {"qemu-img create -f qcow2 -b esxi -F qcow2 other", MATCH_HOLDS},
        };
        make_esxi_disk();
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                AUTO_SCENE struct scene scene = {0};
                scene_open(&scene, "esxi");
                scene_add(&scene, 4, "VMware ESXi", &scene.esp, LOADER, true);
                scene_order(&scene, 4);
                disk_close(&scene.disk);
                shell("rm -f other; %s", rows[i].make);
                scene_open_disk(&scene, "other");
                scene_compare(&scene);
                assert_reason(&scene, rows[i].reason);
        }
}

TEST_IN_SCRATCH(a_damaged_copy_of_the_gpt_is_remarked_and_does_not_matter)
{
        AUTO_SCENE struct scene scene = {0};
        make_esxi_disk();
        shell("qemu-img convert -O raw esxi other; dd if=/dev/zero of=other bs=512 seek=1 count=1 conv=notrunc");
        scene_open(&scene, "other");
        scene_add(&scene, 4, "VMware ESXi", &scene.esp, LOADER, true);
        scene_order(&scene, 4);
        scene_compare(&scene);
        assert_reason(&scene, MATCH_HOLDS);
        assert_contains(scene.match.remark, "backup");
}

TEST_IN_SCRATCH(a_changed_firmware_is_named_before_anything_else)
{
        AUTO_SCENE struct scene scene = {0};
        scene_open_esxi(&scene);
        scene_order(&scene, 0);
        scene.input.expected_code = "aa11";
        scene.input.actual_code = "aa22";
        scene_compare(&scene);
        assert_reason(&scene, MATCH_FIRMWARE_CHANGED);
        assert_string_equal(scene.match.found, "aa22");
        assert_string_equal(scene.match.expected, "aa11");
}

TEST_IN_SCRATCH(the_firmware_is_compared_only_where_both_are_known)
{
        static const char *const rows[][2] = {{"aa11", NULL}, {NULL, "aa11"}, {"aa11", "AA11"}};
        make_esxi_disk();
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                AUTO_SCENE struct scene scene = {0};
                scene_open(&scene, "esxi");
                scene_add(&scene, 4, "VMware ESXi", &scene.esp, LOADER, true);
                scene_order(&scene, 4);
                scene.input.expected_code = rows[i][0];
                scene.input.actual_code = rows[i][1];
                scene_compare(&scene);
                assert_reason(&scene, MATCH_HOLDS);
        }
}

TEST_IN_SCRATCH(every_reason_has_an_id_of_its_own_and_an_advice)
{
        for (int reason = MATCH_HOLDS; reason <= MATCH_ENTRY_NOT_ORDERED; reason++) {
                assert_non_null(match_reason_id((enum match_reason)reason));
                assert_int_equal(match_reason_advice((enum match_reason)reason) != NULL, reason != MATCH_HOLDS);
                for (int other = MATCH_HOLDS; other < reason; other++)
                        assert_string_not_equal(match_reason_id((enum match_reason)reason),
                                                match_reason_id((enum match_reason)other));
        }
}

TEST_IN_SCRATCH(a_disk_of_40_gib_is_matched_quickly)
{
        AUTO_SCENE struct scene scene = {0};
        make_esxi_disk();
        shell("qemu-img convert -O raw esxi large; truncate -s 40G large; sgdisk -e large\n"
              "qemu-img convert -f raw -O qcow2 large large.qcow2");
        uint64_t start = time_now_ms();
        scene_open(&scene, "large.qcow2");
        scene_add(&scene, 4, "VMware ESXi", &scene.esp, LOADER, true);
        scene_order(&scene, 4);
        scene_compare(&scene);
        assert_true(time_now_ms() - start <= 2000); // 0.06 s where nothing else runs
        assert_reason(&scene, MATCH_HOLDS);
}
