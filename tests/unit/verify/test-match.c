// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/last-error.h"
#include "tests/unit/verify/images.h"

#include <fcntl.h>

#include "base/time.h"
#include "varstore/bootchain.h"
#include "varstore/loadopt.h"
#include "verify/disk/gpt.h"
#include "verify/match.h"

static const char LOADER[] = "\\EFI\\VMware\\safeboot64.efi";

// A vars file, a disk, and what is compared of them.
static struct scene {
        struct buffer image;
        struct varstore *store;
        struct bootchain chain;
        struct disk *disk;
        struct devpath_partition esp; // as it is on the disk
        uint16_t order[16];
        size_t order_count;
        struct match_input input;
        struct match match;
} scene;

static void scene_close(void)
{
        match_free(&scene.match);
        bootchain_free(&scene.chain);
        varstore_free(&scene.store);
        buffer_free(&scene.image);
        disk_close(&scene.disk);
        scene = (struct scene){0};
}

static int end(void **state)
{
        scene_close();
        return scratch_end(state);
}

// A test in a folder of its own, whose scene is closed at the end.
#define TEST_OF_MATCH(name) TEST_WITH(name, scratch_begin, end)

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

static void scene_open_disk(const char *path)
{
        assert_done(disk_open(path, NULL, &scene.disk, &err), &err);
        scene.input.disk = scene.disk;
        AUTO_GPT struct gpt gpt = {0};
        if (!gpt_read(scene.disk, &gpt, NULL) || !gpt_find_esp(&gpt))
                return;
        const struct gpt_partition *esp = gpt_find_esp(&gpt);
        scene.esp = (struct devpath_partition){.number = esp->index,
                                               .start = esp->first,
                                               .size = gpt_partition_size(esp),
                                               .guid = esp->unique,
                                               .gpt = true};
}

static void scene_set(const char *name, const struct buffer *data)
{
        const uint32_t attributes =
                EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS;
        assert_done(varstore_set(scene.store, GUID_EFI_GLOBAL_VARIABLE, name, attributes, buffer_view(data), &err),
                    &err);
}

// Adds an entry, the last one of the order; PARTITION NULL makes one for a firmware volume.
static void scene_add(uint16_t number, const char *label, const struct devpath_partition *partition, const char *loader,
                      bool active)
{
        static const uint8_t shell_path[] = {4, 7,  20, 0,  1,  2,  3,  4,  5,    6,    7, 8,
                                             9, 10, 11, 12, 13, 14, 15, 16, 0x7f, 0xff, 4, 0};
        AUTO_BUFFER struct buffer path = {0}, data = {0};
        if (partition)
                assert_true(devpath_build(partition, loader, &path));
        else
                buffer_add(&path, shell_path, sizeof shell_path);
        char description[64];
        snprintf(description, sizeof description, "%s", label);
        struct loadopt option = {
                .attributes = active ? LOAD_OPTION_ACTIVE : 0, .description = description, .path = buffer_view(&path)};
        assert_done(loadopt_build(&option, &data, &err), &err);
        AUTO_FREE char *name = text_format("Boot%04X", number);
        scene_set(name, &data);
        scene.order[scene.order_count++] = number;
}

// The entry that an installation leaves.
static void scene_add_esxi(void)
{
        scene_add(4, "VMware ESXi", &scene.esp, LOADER, true);
}

static void scene_open(const char *disk)
{
        scene_close();
        buffer_fill(&scene.image, 0, 128 << 10);
        assert_done(varstore_read(buffer_view(&scene.image), &scene.store, &err), &err);
        assert_done(varstore_format(scene.store, &err), &err);
        scene_add(0, "UiApp", NULL, NULL, true);
        scene_open_disk(disk);
}

// The disk of an installed ESXi, with a store that has no entry yet.
static void scene_open_esxi(void)
{
        make_esxi_disk();
        scene_open("esxi");
}

static void scene_compare(void)
{
        AUTO_BUFFER struct buffer order = {0};
        for (size_t i = 0; i < scene.order_count; i++)
                buffer_add_u16(&order, scene.order[i]);
        if (scene.store) {
                scene_set("BootOrder", &order);
                assert_done(bootchain_read(scene.store, &scene.chain, &err), &err);
                scene.input.chain = &scene.chain;
        }
        assert_done(match_compare(&scene.input, &scene.match, &err), &err);
}

static void assert_match(enum match_reason reason)
{
        scene_compare();
        const struct match *match = &scene.match;
        if (match->reason != reason)
                fail_msg("%s, not %s: %s", match_reason_id(match->reason), match_reason_id(reason), match->explanation);
        assert_int_equal(match->holds, reason == MATCH_HOLDS);
        assert_true(match->explanation[0] && match->explanation[strlen(match->explanation) - 1] == '.');
        assert_true(match_reason_advice(reason) || match->holds);
}

TEST_OF_MATCH(an_entry_for_the_esp_with_its_loader_holds)
{
        scene_open_esxi();
        scene_add_esxi();
        assert_match(MATCH_HOLDS);
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

TEST_OF_MATCH(each_difference_of_an_entry_is_named)
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
                // The worst is reported first.
                {.reason = MATCH_OTHER_DISK, .other_guid = true, .inactive = true, .unordered = true},
        };
        make_esxi_disk();
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                const struct entry_row *row = &rows[i];
                scene_open("esxi");
                struct devpath_partition partition = scene.esp;
                partition.start += (uint64_t)(int64_t)row->start;
                partition.size += (uint64_t)(int64_t)row->size;
                partition.guid.bytes[15] ^= row->other_guid;
                partition.gpt = !row->mbr;
                scene_add(4, row->label ? row->label : "VMware ESXi", row->without_partition ? NULL : &partition,
                          row->loader ? row->loader : LOADER, !row->inactive);
                if (row->unordered)
                        scene.order_count--;
                assert_match(row->reason);
                assert_int_equal(scene.match.partition, 1);
                assert_int_equal(scene.match.has_entry, row->reason != MATCH_ENTRY_MISSING);
        }
}

TEST_OF_MATCH(found_and_expected_are_written_as_the_firmware_writes_them)
{
        scene_open_esxi();
        struct devpath_partition other = scene.esp;
        guid_parse("0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8", &other.guid);
        scene_add(4, "VMware ESXi", &other, LOADER, true);
        assert_match(MATCH_OTHER_DISK);
        assert_string_equal(scene.match.found, "HD(1,GPT,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,0x40,0x32000)");
        char guid[37];
        guid_text(scene.esp.guid, guid);
        AUTO_FREE char *expected = text_format("HD(1,GPT,%s,0x40,0x32000)", guid);
        assert_string_equal(scene.match.expected, expected);
}

TEST_OF_MATCH(of_several_entries_with_the_label_one_that_matches_suffices)
{
        scene_open_esxi();
        struct devpath_partition other = scene.esp;
        other.guid.bytes[0] ^= 1;
        scene_add(2, "VMware ESXi", &other, LOADER, true);
        scene_add(3, "VMware ESXi", &scene.esp, LOADER, false);
        scene_add(7, "VMware ESXi", &scene.esp, LOADER, true);
        assert_match(MATCH_HOLDS);
        assert_int_equal(scene.match.entry, 7);
}

TEST_OF_MATCH(of_several_entries_that_do_not_match_the_nearest_is_named)
{
        scene_open_esxi();
        struct devpath_partition other = scene.esp;
        other.guid.bytes[0] ^= 1;
        scene_add(2, "VMware ESXi", &other, LOADER, true);
        scene_add(3, "VMware ESXi", &scene.esp, "\\EFI\\absent.efi", true);
        scene_add(7, "VMware ESXi", &other, LOADER, true);
        assert_match(MATCH_LOADER_MISSING);
        assert_int_equal(scene.match.entry, 3);
}

TEST_OF_MATCH(the_label_can_be_chosen)
{
        scene_open_esxi();
        scene_add(1, "Rehearsal", &scene.esp, LOADER, true);
        scene.input.label = "Rehearsal";
        assert_match(MATCH_HOLDS);
}

TEST_OF_MATCH(the_entry_may_name_another_partition_of_the_disk)
{
        scene_open_esxi();
        AUTO_GPT struct gpt gpt = {0};
        assert_done(gpt_read(scene.disk, &gpt, &err), &err);
        const struct gpt_partition *bank = &gpt.partitions[1];
        struct devpath_partition partition = {
                .number = 5, .start = bank->first, .size = gpt_partition_size(bank), .guid = bank->unique, .gpt = true};
        scene_add(4, "VMware ESXi", &partition, LOADER, true);
        assert_match(MATCH_ESP_DAMAGED); // it has no file system
        assert_int_equal(scene.match.partition, 5);
}

TEST_OF_MATCH(a_blank_store_is_named)
{
        make_esxi_disk();
        scene_open_disk("esxi");
        assert_match(MATCH_VARS_BLANK);
}

TEST_OF_MATCH(each_difference_of_a_disk_is_named)
{
        static const struct {
                const char *make;
                enum match_reason reason;
                const char *remark;
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
                 MATCH_HOLDS, "backup"},
                {"qemu-img convert -c -O qcow2 esxi other", MATCH_HOLDS},
                {"qemu-img convert -O vmdk -o subformat=streamOptimized esxi other", MATCH_HOLDS},
                {"qemu-img create -f qcow2 -b esxi -F qcow2 other", MATCH_HOLDS},
        };
        make_esxi_disk();
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                scene_open("esxi");
                scene_add_esxi();
                disk_close(&scene.disk);
                shell("rm -f other; %s", rows[i].make);
                scene_open_disk("other");
                assert_match(rows[i].reason);
                if (rows[i].remark)
                        assert_contains(scene.match.remark, rows[i].remark);
        }
}

TEST_OF_MATCH(a_changed_firmware_is_named_before_anything_else)
{
        scene_open_esxi();
        scene.input.expected_code = "aa11";
        scene.input.actual_code = "aa22";
        assert_match(MATCH_FIRMWARE_CHANGED);
        assert_string_equal(scene.match.found, "aa22");
        assert_string_equal(scene.match.expected, "aa11");
}

TEST_OF_MATCH(firmware_is_compared_only_if_both_are_known)
{
        static const char *const rows[][2] = {{"aa11", NULL}, {NULL, "aa11"}, {"aa11", "AA11"}};
        make_esxi_disk();
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                scene_open("esxi");
                scene_add_esxi();
                scene.input.expected_code = rows[i][0];
                scene.input.actual_code = rows[i][1];
                assert_match(MATCH_HOLDS);
        }
}

TEST_OF_MATCH(every_reason_has_an_id_of_its_own_and_an_advice)
{
        for (int reason = MATCH_HOLDS; reason <= MATCH_ENTRY_NOT_ORDERED; reason++) {
                assert_non_null(match_reason_id((enum match_reason)reason));
                assert_int_equal(match_reason_advice((enum match_reason)reason) != NULL, reason != MATCH_HOLDS);
                for (int other = MATCH_HOLDS; other < reason; other++)
                        assert_string_not_equal(match_reason_id((enum match_reason)reason),
                                                match_reason_id((enum match_reason)other));
        }
}

TEST_OF_MATCH(a_disk_of_40_gib_is_matched_quickly)
{
        make_esxi_disk();
        shell("qemu-img convert -O raw esxi large; truncate -s 40G large; sgdisk -e large\n"
              "qemu-img convert -f raw -O qcow2 large large.qcow2");
        uint64_t start = time_now_ms();
        scene_open("large.qcow2");
        scene_add_esxi();
        assert_match(MATCH_HOLDS);
        assert_true(time_now_ms() - start <= 2000); // 0.06 s if nothing else runs
}
