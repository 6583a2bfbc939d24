// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/last-error.h"
#include "tests/unit/verify/images.h"

#include "varstore/bootchain.h"
#include "verify/disk/devices.h"
#include "verify/match.h"
#include "verify/rebuild.h"

// Makes `disk` of 64 MiB with ESPs as partition 2 (FAT12) and 3 (FAT16), and the loaders named on the one they are for.
static void make_disk(const char *on_first, const char *on_second)
{
        shell("rm -f disk; truncate -s 64M disk\n"
              "sgdisk -a 1 -n 2:64:8255 -t 2:EF00 -n 3:8256:90175 -t 3:EF00 disk\n"
              "mformat -i disk@@%d -T 8192 -h 64 -s 32 -c 8 ::; mformat -i disk@@%d -T 81920 -h 64 -s 32 ::\n"
              "echo loader >loader; : >empty\n"
              "put() { mmd -D s -i $1 ::/EFI ::/EFI/VMware ::/EFI/debian ::/EFI/BOOT </dev/null >/dev/null 2>&1 || :\n"
              "        at=$1; shift; for file; do mcopy -o -i $at loader ::$file; done; }\n"
              "put disk@@%d %s\n"
              "put disk@@%d %s",
              64 * 512, 8256 * 512, 64 * 512, on_first, 8256 * 512, on_second);
}

static bool find_target(const char *label, const char *loader, struct rebuild_target *target)
{
        AUTO_DISK struct disk *disk = NULL;
        return disk_open("disk", "raw", &disk, &err) && rebuild_find(disk, label, loader, target, &err);
}

TEST_IN_SCRATCH(the_first_known_loader_on_the_first_esp_that_has_one)
{
        static const struct {
                const char *first, *second, *loader, *label;
                unsigned partition;
        } rows[] = {
                {"/EFI/VMware/mboot64.efi /EFI/VMware/safeboot64.efi /EFI/BOOT/BOOTAA64.EFI", "",
                 "\\EFI\\VMware\\safeboot64.efi", "VMware ESXi", 2},
                {"/EFI/BOOT/BOOTAA64.EFI /EFI/VMware/mboot64.efi", "", "\\EFI\\VMware\\mboot64.efi", "VMware ESXi", 2},
                {"", "/EFI/BOOT/BOOTAA64.EFI", "\\EFI\\BOOT\\BOOTAA64.EFI", "VMware ESXi", 3},
                {"", "/EFI/BOOT/BOOTAA64.EFI /EFI/debian/grubaa64.efi", "\\EFI\\debian\\grubaa64.efi", "debian", 3},
                {"/EFI/debian/shimaa64.efi /EFI/debian/grubaa64.efi", "/EFI/VMware/safeboot64.efi",
                 "\\EFI\\debian\\shimaa64.efi", "debian", 2},
        };
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                AUTO_REBUILD_TARGET struct rebuild_target target = {0};
                make_disk(rows[i].first, rows[i].second);
                assert_done(find_target(NULL, NULL, &target), &err);
                assert_string_equal(target.loader, rows[i].loader);
                assert_string_equal(target.label, rows[i].label);
                assert_int_equal(target.partition.number, rows[i].partition);
                assert_true(target.partition.gpt);
                assert_int_equal(target.partition.start, rows[i].partition == 2 ? 64 : 8256);
                assert_int_equal(target.partition.size, rows[i].partition == 2 ? 8192 : 81920);
        }
}

TEST_IN_SCRATCH(loader_and_label_may_be_named)
{
        AUTO_REBUILD_TARGET struct rebuild_target target = {0};
        make_disk("/EFI/VMware/safeboot64.efi", "/EFI/other.efi");
        assert_done(find_target("Other", "/efi/OTHER.efi", &target), &err);
        assert_string_equal(target.label, "Other");
        assert_int_equal(target.partition.number, 3);
        AUTO_REBUILD_TARGET struct rebuild_target none = {0};
        assert_failed(find_target(NULL, "\\EFI\\none.efi", &none), ERROR_NO, "\\EFI\\none.efi");
}

TEST_IN_SCRATCH(a_disk_with_nothing_to_boot_is_refused)
{
        static const struct {
                const char *make, *message;
        } rows[] = {
                {"truncate -s 64M disk", "it is blank"},
                {"truncate -s 64M disk; sgdisk -n 1:2048:4095 -t 1:EF00 disk; sgdisk -m 1 disk", "has no GPT"},
                {"truncate -s 64M disk; sgdisk -n 1:2048:4095 -t 1:0700 disk", "no EFI system partition"},
                {"truncate -s 64M disk; sgdisk -n 1:2048:4095 -t 1:EF00 disk", "no FAT file system"},
                {"truncate -s 64M disk; sgdisk -n 1:2048:4095 -t 1:EF00 disk; dd if=/dev/zero of=disk count=1 "
                 "conv=notrunc",
                 "protective MBR"},
        };
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                AUTO_REBUILD_TARGET struct rebuild_target target = {0};
                shell("rm -f disk; %s", rows[i].make);
                assert_failed(find_target(NULL, NULL, &target), ERROR_NO, rows[i].message);
        }
        AUTO_REBUILD_TARGET struct rebuild_target target = {0};
        make_disk("", "");
        assert_failed(find_target(NULL, NULL, &target), ERROR_NO, "safeboot64.efi");
}

// The new store matches the disk, with any content of the template.
TEST_IN_SCRATCH(the_entry_replaces_conflicting_variables)
{
        AUTO_VARSTORE struct varstore *store = NULL;
        AUTO_REBUILD_TARGET struct rebuild_target target = {0}, older = {0};
        static const uint8_t next[] = {9, 0}, order[] = {9, 0, 4, 0, 1, 0};
        const uint32_t attributes = 7;
        make_disk("/EFI/VMware/safeboot64.efi", "/EFI/other.efi");
        assert_done(find_target(NULL, NULL, &target) && find_target("Other", "\\EFI\\other.efi", &older) &&
                            varstore_new(64 << 20, &store, &err) && rebuild_store(store, &older, 3, &err) &&
                            varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "BootNext", attributes,
                                         (struct bytes){next, sizeof next}, &err) &&
                            varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "BootOrder", attributes,
                                         (struct bytes){order, sizeof order}, &err) &&
                            rebuild_store(store, &target, -1, &err) && rebuild_store(store, &target, -1, &err),
                    &err);
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        assert_done(bootchain_read(store, &chain, &err), &err);
        assert_int_equal(chain.entry_count, 1);
        assert_int_equal(chain.order[0], 4);
        assert_false(chain.has_next);
        assert_int_equal(chain.timeout, 3);
        AUTO_DISK struct disk *disk = NULL;
        AUTO_MATCH struct match match = {0};
        assert_done(disk_open("disk", "raw", &disk, &err), &err);
        const struct match_input input = {.chain = &chain, .disk = disk};
        assert_done(match_compare(&input, &match, &err), &err);
        assert_true(match.holds);
        assert_int_equal(match.entry, 4);
}

static bool has(const struct predict_partition *partition, const char *file)
{
        for (size_t i = 0; i < partition->file_count; i++)
                if (boot_loader_equal(partition->files[i], file))
                        return true;
        return false;
}

TEST_IN_SCRATCH(devices_have_the_partitions_and_the_files_that_entries_name)
{
        AUTO_VARSTORE struct varstore *store = NULL;
        AUTO_REBUILD_TARGET struct rebuild_target target = {0};
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        AUTO_DISK struct disk *disk = NULL, *payload = NULL;
        AUTO_DEVICES struct devices devices = {0};
        make_disk("/EFI/VMware/safeboot64.efi /EFI/VMware/mboot64.efi", "/EFI/BOOT/BOOTAA64.EFI");
        shell("truncate -s 4M payload; mformat -i payload -T 8192 -h 16 -s 32 ::; mmd -i payload ::/EFI ::/EFI/BOOT\n"
              "mcopy -i payload loader ::/EFI/BOOT/BOOTAA64.EFI; mcopy -i payload empty ::/EFI/empty.efi");
        assert_done(find_target(NULL, NULL, &target) && varstore_new(64 << 20, &store, &err) &&
                            rebuild_store(store, &target, 0, &err) && bootchain_read(store, &chain, &err) &&
                            disk_open("disk", "raw", &disk, &err) && disk_open("payload", "raw", &payload, &err),
                    &err);
        const struct predict_device place = {.name = "a disk", .path = "PciRoot(0x0)", .has_bootindex = true};
        assert_true(devices_add_disk(&devices, &place, disk, &chain, &err));
        assert_true(devices_add_disk(&devices, &place, payload, &chain, &err));
        devices_add_payload(&devices, &place);
        assert_int_equal(devices.count, 3);
        const struct predict_partition *partitions = devices.items[0].partitions;
        assert_int_equal(devices.items[0].partition_count, 2);
        assert_true(devices.items[0].has_bootindex);
        assert_int_equal(partitions[0].place.number, 2);
        assert_true(has(&partitions[0], target.loader) && !has(&partitions[0], PREDICT_FALLBACK_FILE));
        // What no entry names was not looked for.
        assert_false(has(&partitions[0], "\\EFI\\VMware\\mboot64.efi"));
        assert_true(has(&partitions[1], PREDICT_FALLBACK_FILE));
        for (size_t i = 1; i < 3; i++) {
                assert_int_equal(devices.items[i].partition_count, 1);
                assert_int_equal(devices.items[i].partitions[0].place.number, 0);
                assert_true(has(&devices.items[i].partitions[0], PREDICT_FALLBACK_FILE));
        }
}
