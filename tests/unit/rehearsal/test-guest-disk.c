// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/rehearsal/guest.h"

#include "launcher/rehearsal/base/crc32.h"
#include "launcher/rehearsal/disk/bank.h"
#include "launcher/rehearsal/disk/contents.h"
#include "launcher/rehearsal/disk/fat16.h"
#include "launcher/rehearsal/disk/layout.h"
#include "launcher/rehearsal/efi/load-option.h"

// sgdisk, fsck.fat and mtools are the oracles: what the guest writes is what they read.
#define BLOCKS UINT64_C(16777216) // 8 GiB

static char folder[] = "/tmp/guest-disk-XXXXXX";

static int begin(void **state)
{
        (void)state;
        return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int end(void **state)
{
        (void)state;
        static const char *const files[] = {"disk.raw", "esp.img", "original", "copy", "fsck.txt", "sgdisk.txt"};
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
                unlink(files[i]);
        return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void run(const char *command)
{
        if (system(command) != 0) // NOLINT(cert-env33-c)
                fail_msg("failed: %s", command);
}

static void write_at(FILE *file, uint64_t at, const void *bytes, size_t size)
{
        assert_non_null(file);
        assert_int_equal(fseeko(file, (off_t)at, SEEK_SET), 0);
        assert_int_equal(fwrite(bytes, 1, size, file), size);
}

static void plan(struct gpt_partition partitions[LAYOUT_COUNT], uint64_t blocks)
{
        assert_true(layout_plan(blocks, 0, partitions));
        for (size_t i = 0; i < LAYOUT_COUNT; i++) {
                uint8_t random[GUID_SIZE];
                for (size_t byte = 0; byte < sizeof random; byte++)
                        random[byte] = (uint8_t)(i * 31 + byte * 7);
                partitions[i].unique = guid_from_random(random);
        }
}

TEST_GROUP(begin, end)

TEST(the_partition_table_is_sound)
{
        static uint8_t first[GPT_START_BLOCKS * GPT_BLOCK_SIZE];
        static uint8_t last[GPT_END_BLOCKS * GPT_BLOCK_SIZE];
        struct gpt_partition partitions[LAYOUT_COUNT];
        plan(partitions, BLOCKS);
        struct gpt gpt = {
                .disk_blocks = BLOCKS, .disk = partitions[0].unique, .partitions = partitions, .count = LAYOUT_COUNT};
        assert_true(gpt_build(&gpt, first, last));

        FILE *disk = fopen("disk.raw", "wb");
        write_at(disk, 0, first, sizeof first);
        write_at(disk, (BLOCKS - GPT_END_BLOCKS) * GPT_BLOCK_SIZE, last, sizeof last);
        assert_int_equal(fclose(disk), 0);
        run("sgdisk -v disk.raw | grep -q 'No problems found'");
        run("sgdisk -i 1 disk.raw | grep -q 'First sector: 64 '");
        run("sgdisk -i 1 disk.raw | grep -q 'Last sector: 204863 '");
        run("sgdisk -i 1 disk.raw | grep -q 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B'");
        char text[GUID_TEXT_SIZE];
        char command[120];
        guid_format(text, &partitions[0].unique);
        snprintf(command, sizeof command, "sgdisk -i 1 disk.raw | grep -q 'unique GUID: %s'", text);
        run(command);
}

TEST(partitions_that_do_not_fit_are_refused)
{
        static uint8_t first[GPT_START_BLOCKS * GPT_BLOCK_SIZE];
        static uint8_t last[GPT_END_BLOCKS * GPT_BLOCK_SIZE];
        struct gpt_partition partitions[LAYOUT_COUNT];
        assert_false(layout_plan(0, 0, partitions));
        assert_false(layout_plan(BLOCKS / 8, 0, partitions));
        plan(partitions, BLOCKS);
        for (uint64_t blocks = 0; blocks < 200; blocks++) {
                struct gpt gpt = {.disk_blocks = blocks, .partitions = partitions, .count = LAYOUT_COUNT};
                assert_false(gpt_build(&gpt, first, last));
        }
        struct gpt gpt = {.disk_blocks = BLOCKS, .partitions = partitions, .count = 1};
        partitions[0].number = 0;
        assert_false(gpt_build(&gpt, first, last));
        partitions[0].number = GPT_ENTRY_COUNT + 1;
        assert_false(gpt_build(&gpt, first, last));
}

TEST(the_file_system_is_sound)
{
        static char content[300000];
        for (size_t i = 0; i < sizeof content; i++)
                content[i] = (char)(i * 7 + i / 256);
        size_t size = fat16_image_size(LAYOUT_ESP_BLOCKS, sizeof content + 100, 6);
        uint8_t *image = calloc(1, size);
        assert_true(size && image);
        struct fat16 fat;
        struct fat16_parameters parameters = {.sectors = LAYOUT_ESP_BLOCKS,
                                              .hidden_sectors = LAYOUT_ESP_FIRST,
                                              .serial = 1,
                                              .date = fat16_date(2026, 11, 24),
                                              .time = fat16_time(6, 5, 4),
                                              .label = "ESP",
                                              .marker = (const uint8_t *)"a marker of thirty-two bytes ..."};
        assert_true(fat16_format(&fat, image, size, &parameters));
        assert_true(fat16_add(&fat, "EFI/VMware/safeboot64.efi", content, sizeof content));
        assert_true(fat16_add(&fat, "EFI/BOOT/BOOTAA64.EFI", "small", 5));
        assert_false(fat16_add(&fat, "EFI/BOOT/BOOTAA64.EFI", "again", 5));
        FILE *file = fopen("esp.img", "wb");
        write_at(file, 0, image, fat16_used(&fat));
        assert_int_equal(ftruncate(fileno(file), (off_t)LAYOUT_ESP_BLOCKS * FAT16_SECTOR_SIZE), 0);
        assert_int_equal(fclose(file), 0);
        FILE *original = fopen("original", "wb");
        write_at(original, 0, content, sizeof content);
        assert_int_equal(fclose(original), 0);
        run("fsck.fat -n esp.img >fsck.txt");
        run("mcopy -n -i esp.img ::EFI/VMware/safeboot64.efi copy && cmp original copy");
        assert_memory_equal(image + FAT16_SECTOR_SIZE, "a marker of thirty-two bytes ...", FAT16_MARKER_SIZE);
        run("test \"$(mtype -i esp.img ::EFI/BOOT/BOOTAA64.EFI)\" = small");
        free(image);
}

TEST(a_full_file_system_is_an_error)
{
        static const char content[100000];
        struct fat16_parameters parameters = {.sectors = LAYOUT_ESP_BLOCKS, .label = "ESP"};
        size_t size = fat16_image_size(LAYOUT_ESP_BLOCKS, sizeof content, 1);
        for (size_t room = 0; room <= size; room += 512) {
                uint8_t *image = calloc(1, room ? room : 1);
                struct fat16 fat;
                assert_non_null(image);
                bool made =
                        fat16_format(&fat, image, room, &parameters) && fat16_add(&fat, "A", content, sizeof content);
                assert_true(made || room < size);
                free(image);
        }
        assert_int_equal(fat16_image_size(0, 1, 1), 0);
        assert_int_equal(fat16_image_size(UINT32_MAX, 1, 1), 0);
}

TEST(the_crc_has_its_check_value)
{
        assert_int_equal(crc32("123456789", 9), 0xCBF43926);
        assert_int_equal(crc32("", 0), 0);
}

TEST(a_load_option_needs_enough_space)
{
        struct load_option option = {.description = "VMware ESXi",
                                     .partition = 1,
                                     .first = 64,
                                     .blocks = LAYOUT_ESP_BLOCKS,
                                     .loader = "\\EFI\\VMware\\safeboot64.efi"};
        uint8_t whole[1024];
        size_t size = load_option_build(&option, whole, sizeof whole);
        assert_true(size > 0);
        assert_true(load_option_is_called(whole, size, "VMware ESXi"));
        assert_false(load_option_is_called(whole, size, "VMware ESX"));
        for (size_t room = 0; room < size; room++) {
                uint8_t *cut = exact_copy(whole, room);
                assert_int_equal(load_option_build(&option, cut, room), 0);
                free(cut);
                cut = exact_copy(whole, room);
                load_option_is_called(cut, room, "VMware ESXi");
                free(cut);
        }
}

static void read_contents(struct contents *contents)
{
        static uint8_t start[GPT_START_BLOCKS * GPT_BLOCK_SIZE];
        FILE *disk = fopen("disk.raw", "rb");
        assert_non_null(disk);
        assert_int_equal(fread(start, 1, sizeof start, disk), sizeof start);
        assert_int_equal(fclose(disk), 0);
        contents_read(contents, start);
}

// sgdisk writes, the guest reads.
TEST(what_is_on_a_disk)
{
        struct contents contents;
        run("rm -f disk.raw && truncate -s 8G disk.raw");
        read_contents(&contents);
        assert_false(contents.is_occupied || contents.has_vmfs || contents.has_vsan || contents.has_esxi);

        run("sgdisk -n 1:64:204863 -t 1:EF00 -n 5:208896:+500M -t 5:EBD0A0A2-B9E5-4433-87C0-68B6B72699C7 -n 8:4G:+1G "
            "-t 8:AA31E02A-400F-11DB-9590-000C2911D1B8 -u 8:01234567-89AB-CDEF-0123-456789ABCDEF disk.raw >sgdisk.txt");
        read_contents(&contents);
        assert_true(contents.is_occupied && contents.has_vmfs && !contents.has_vsan);
        assert_int_equal(contents.count, 3);
        assert_true(contents_may_be_bank(contents_partition(&contents, 5)));
        assert_false(contents_may_be_bank(contents_partition(&contents, 1)));
        assert_null(contents_partition(&contents, 6));
        const struct gpt_partition *vmfs = contents_vmfs(&contents);
        char text[GUID_TEXT_SIZE];
        guid_format(text, &vmfs->unique);
        assert_string_equal(text, "01234567-89AB-CDEF-0123-456789ABCDEF");
        assert_int_equal(vmfs->first, UINT64_C(4) << 21);
        assert_int_equal(vmfs->last, (UINT64_C(5) << 21) - 1);

        // The system's partitions end before a datastore that stays.
        struct gpt_partition partitions[LAYOUT_COUNT];
        assert_true(layout_plan(BLOCKS, vmfs->first, partitions));
        assert_true(partitions[LAYOUT_OSDATA].last < vmfs->first);
        assert_false(layout_plan(BLOCKS, 208896 + 2048, partitions));

        run("sgdisk -Z disk.raw >sgdisk.txt 2>&1");
        run("sgdisk -n 1:2048:+1G -t 1:381CFCCC-7288-11E0-92EE-000C2911D0B2 disk.raw >sgdisk.txt");
        read_contents(&contents);
        assert_true(contents.is_occupied && contents.has_vsan && !contents.has_vmfs);

        // An MBR alone, as ESXi 4 had it: a record of type 0xFB.
        uint8_t block[GPT_BLOCK_SIZE] = {[446 + 4] = 0xFB, [510] = 0x55, [511] = 0xAA};
        static uint8_t start[GPT_START_BLOCKS * GPT_BLOCK_SIZE];
        memcpy(start, block, sizeof block);
        contents_read(&contents, start);
        assert_true(contents.is_occupied && contents.has_vmfs);
}

TEST(random_blocks_are_read_without_a_fault)
{
        static uint8_t start[GPT_START_BLOCKS * GPT_BLOCK_SIZE];
        srand(2);
        for (unsigned turn = 0; turn < 200; turn++) {
                struct contents contents;
                for (size_t i = 0; i < sizeof start; i++)
                        start[i] = (uint8_t)rand();
                memcpy(start + GPT_BLOCK_SIZE, "EFI PART", turn % 2 ? 8 : 4);
                start[510] = 0x55;
                start[511] = 0xAA;
                contents_read(&contents, start);
                assert_true(contents.count <= CONTENTS_MAX);
        }
}

TEST(a_boot_bank_carries_its_marker)
{
        uint8_t sector[BANK_MARKER_SIZE];
        uint8_t random[GUID_SIZE] = {1, 2, 3};
        struct guid uuid = guid_from_random(random);
        struct guid read;
        bank_mark(sector, &uuid);
        assert_memory_equal(sector, "VMWARE FAT16    ", 16);
        assert_true(bank_is_marked(sector, &read) && guid_equal(&read, &uuid));
        sector[3] ^= 1;
        assert_false(bank_is_marked(sector, &read));
}
