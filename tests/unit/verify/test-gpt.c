// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/last-error.h"
#include "tests/unit/verify/images.h"

#include <inttypes.h>

#include "verify/disk/gpt.h"

static bool read_gpt(const char *path, struct gpt *gpt)
{
        AUTO_DISK struct disk *disk = NULL;
        return disk_open(path, NULL, &disk, &err) && gpt_read(disk, gpt, &err);
}

// What sgdisk printed has the line that FORMAT makes.
static void assert_line(const char *printed, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void assert_line(const char *printed, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *line = text_format_list(format, arguments);
        va_end(arguments);
        assert_contains(printed, line);
}

static void assert_as_sgdisk_prints(const char *path, const struct gpt *gpt, const struct gpt_partition *partition)
{
        char type[37];
        char unique[37];
        guid_text(partition->type, type);
        guid_text(partition->unique, unique);
        AUTO_FREE char *printed = shell_output("sgdisk -i %u %s", partition->index, path);
        assert_line(printed, "Partition GUID code: %s", type);
        assert_line(printed, "Partition unique GUID: %s", unique);
        assert_line(printed, "First sector: %" PRIu64 " ", partition->first);
        assert_line(printed, "Last sector: %" PRIu64 " ", partition->last);
        assert_line(printed, "Partition size: %" PRIu64 " sectors", gpt_partition_size(partition));
        assert_line(printed, "Partition name: '%s'", partition->name);
        assert_line(printed, "Attribute flags: %016" PRIX64, partition->attributes);
        assert_int_equal(gpt_partition_offset_bytes(gpt, partition), partition->first * 512);
        assert_int_equal(gpt_partition_size_bytes(gpt, partition), gpt_partition_size(partition) * 512);
}

TEST_IN_SCRATCH(partitions_are_those_that_sgdisk_made)
{
        static const unsigned indexes[] = {1, 5, 6, 7, 8};
        static const char *const types[] = {"EFI system partition", "Microsoft basic data (ESXi boot bank)",
                                            "Microsoft basic data (ESXi boot bank)", "ESX OSData", "VMFS datastore"};
        make_installed_disk();
        AUTO_GPT struct gpt gpt = {0};
        assert_done(read_gpt("disk", &gpt), &err);
        assert_int_equal(gpt.state, GPT_PRESENT);
        assert_int_equal(gpt.sector_size, 512);
        assert_true(gpt.protective_mbr);
        assert_null(gpt.remark);
        assert_int_equal(gpt.count, 5);
        assert_non_null(gpt.partitions);
        for (size_t i = 0; i < gpt.count; i++) {
                assert_int_equal(gpt.partitions[i].index, indexes[i]);
                assert_as_sgdisk_prints("disk", &gpt, &gpt.partitions[i]);
                assert_string_equal(gpt_type_name(gpt.partitions[i].type), types[i]);
                assert_ptr_equal(gpt_find(&gpt, gpt.partitions[i].unique), &gpt.partitions[i]);
        }
        char guid[37];
        AUTO_FREE char *printed = shell_output("sgdisk -p disk");
        guid_text(gpt.disk, guid);
        assert_line(printed, "%s", guid);
        assert_line(printed, "First usable sector is %" PRIu64 ", last usable sector is %" PRIu64, gpt.first_usable,
                    gpt.last_usable);
        assert_ptr_equal(gpt_find_esp(&gpt), &gpt.partitions[0]);
        assert_null(gpt_find(&gpt, gpt.disk));
        assert_null(gpt_type_name(gpt.disk));
}

static uint32_t crc32_of(const uint8_t *bytes, size_t size)
{
        uint32_t crc = ~UINT32_C(0);
        for (size_t i = 0; i < size; i++) {
                crc ^= bytes[i];
                for (int bit = 0; bit < 8; bit++)
                        crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
}

static void put_u32(uint8_t *target, uint32_t value)
{
        for (int i = 0; i < 4; i++)
                target[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get_u64(const uint8_t *source)
{
        uint64_t value = 0;
        for (int i = 8; i-- > 0;)
                value = value << 8 | source[i];
        return value;
}

static void put_u64(uint8_t *target, uint64_t value)
{
        put_u32(target, (uint32_t)value);
        put_u32(target + 4, (uint32_t)(value >> 32));
}

// Sets the checksum of a GPT header.
static void seal(uint8_t *header)
{
        put_u32(header + 16, 0);
        put_u32(header + 16, crc32_of(header, 92));
}

static void put_copy(uint8_t *header, const uint8_t *table, uint64_t self, uint64_t alternate, uint64_t table_at)
{
        put_u64(header + 24, self);
        put_u64(header + 32, alternate);
        put_u64(header + 72, table_at);
        put_u32(header + 88, crc32_of(table, 16384));
        seal(header);
        overwrite("large", self * 4096, header, 512);
        overwrite("large", table_at * 4096, table, 16384);
}

// sgdisk takes the sector size from the device and knows no other for a file, so its table for sectors of 512 bytes is
// rewritten for 4096: sector numbers change, and with them the checksums.
static void make_disk_of_large_sectors(void)
{
        uint8_t header[512], table[16384];
        const uint64_t sectors = 300 << 20 >> 12;
        make_installed_disk();
        shell("truncate -s 300M large; dd if=disk of=large bs=512 count=1 conv=notrunc");
        read_at("disk", 512, header, sizeof header);
        read_at("disk", 1024, table, sizeof table);
        for (uint8_t *entry = table; entry < table + 8 * 128; entry += 128) {
                put_u64(entry + 32, get_u64(entry + 32) / 8);
                put_u64(entry + 40, (get_u64(entry + 40) + 1) / 8 - (get_u64(entry + 40) ? 1 : 0));
        }
        put_u64(header + 40, 6);
        put_u64(header + 48, sectors - 6);
        put_copy(header, table, 1, sectors - 1, 2);
        put_copy(header, table, sectors - 1, 1, sectors - 5);
}

TEST_IN_SCRATCH(sectors_of_4096_bytes_are_read)
{
        make_disk_of_large_sectors();
        AUTO_GPT struct gpt gpt = {0};
        assert_done(read_gpt("large", &gpt), &err);
        assert_int_equal(gpt.state, GPT_PRESENT);
        assert_int_equal(gpt.sector_size, 4096);
        assert_null(gpt.remark);
        assert_int_equal(gpt.count, 5);
        const struct gpt_partition *esp = gpt_find_esp(&gpt);
        assert_int_equal(esp->first, 8);
        assert_int_equal(gpt_partition_size(esp), 25600);
        assert_int_equal(gpt_partition_offset_bytes(&gpt, esp), 64 * 512);
        assert_int_equal(gpt_partition_size_bytes(&gpt, esp), 100 << 20);
        assert_string_equal(esp->name, "BOOT");

        static const uint8_t zeroes[512];
        overwrite("large", 4096, zeroes, sizeof zeroes);
        AUTO_GPT struct gpt again = {0};
        assert_done(read_gpt("large", &again), &err);
        assert_int_equal(again.count, 5);
        assert_contains(again.remark, "backup");
}

TEST_IN_SCRATCH(one_damaged_copy_is_replaced_by_the_other_and_remarked)
{
        enum {
                BACKUP = (300 << 20) - 512
        };
        static const uint64_t places[] = {512,  512 + 16,  512 + 40,    512 + 72,   512 + 80,
                                          1024, 1024 + 16, 1024 + 4000, BACKUP + 60};
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
                make_installed_disk();
                overwrite("disk", places[i], "\xa5\x5a", 2);
                AUTO_GPT struct gpt gpt = {0};
                assert_done(read_gpt("disk", &gpt), &err);
                assert_int_equal(gpt.count, 5);
                assert_contains(gpt.remark, places[i] < BACKUP ? "primary copy of the GPT is damaged"
                                                               : "backup copy of the GPT is damaged");
        }
}

TEST_IN_SCRATCH(a_disk_made_larger_or_cut_is_read_with_a_remark)
{
        make_installed_disk();
        shell("truncate -s 400M disk");
        AUTO_GPT struct gpt larger = {0};
        assert_done(read_gpt("disk", &larger), &err);
        assert_int_equal(larger.count, 5);
        assert_contains(larger.remark, "made larger");

        shell("truncate -s 200M disk");
        AUTO_GPT struct gpt cut = {0};
        assert_done(read_gpt("disk", &cut), &err);
        assert_int_equal(cut.count, 2); // 6 ends at 201 MiB
        assert_contains(cut.remark, "outside the disk");
}

TEST_IN_SCRATCH(two_damaged_copies_are_not_an_absent_table)
{
        static const uint8_t zeroes[512];
        make_installed_disk();
        overwrite("disk", 512 + 20, "xx", 2);
        overwrite("disk", (300 << 20) - 512 + 20, "xx", 2);
        AUTO_GPT struct gpt gpt = {0};
        assert_failed(read_gpt("disk", &gpt), ERROR_DAMAGED, "both copies");
        assert_contains(err.message, "checksum");

        overwrite("disk", 512, zeroes, 512);
        overwrite("disk", (300 << 20) - 512, zeroes, 512);
        assert_failed(read_gpt("disk", &gpt), ERROR_DAMAGED, ""); // the protective MBR is still there
}

TEST_IN_SCRATCH(a_table_without_protective_mbr_is_remarked)
{
        static const uint8_t zeroes[512];
        make_installed_disk();
        overwrite("disk", 0, zeroes, sizeof zeroes);
        AUTO_GPT struct gpt gpt = {0};
        assert_done(read_gpt("disk", &gpt), &err);
        assert_int_equal(gpt.count, 5);
        assert_false(gpt.protective_mbr);
        assert_contains(gpt.remark, "protective MBR");
}

static void assert_state(const char *path, enum gpt_state expected)
{
        AUTO_GPT struct gpt gpt = {0};
        assert_done(read_gpt(path, &gpt), &err);
        assert_int_equal(gpt.state, expected);
        assert_int_equal(gpt.count, 0);
        assert_null(gpt_find_esp(&gpt));
}

TEST_IN_SCRATCH(disks_without_a_gpt_are_distinguished)
{
        shell("qemu-img create -f qcow2 blank 40G; truncate -s 100 tiny; truncate -s 0 empty\n"
              "truncate -s 64M mbr; sgdisk -n 1:2048:40000 -t 1:0700 mbr; sgdisk -m 1 mbr\n"
              "truncate -s 64M fat; mformat -i fat ::\n"
              "dd if=/dev/urandom of=noise bs=1048576 count=4");
        assert_state("blank", GPT_BLANK);
        assert_state("tiny", GPT_BLANK);
        assert_state("empty", GPT_BLANK);
        assert_state("mbr", GPT_MBR_ONLY);
        assert_state("fat", GPT_UNKNOWN);
        assert_state("noise", GPT_UNKNOWN);
}

// A header with sound checksums may still lie.
TEST_IN_SCRATCH(absurd_counts_and_sizes_are_refused)
{
        static const struct {
                size_t field;
                uint32_t value;
        } rows[] = {
                {80, 0xFFFFFFFF}, {80, 0x01000000}, {84, 0xFFFFFFFF}, {84, 0},          {84, 1},
                {84, 127},        {84, 0x80000000}, {72, 0xFFFFFFFF}, {76, 0xFFFFFFFF}, {12, 0},
                {12, 91},         {12, 513},        {12, 0xFFFFFFFF}, {24, 2},
        };
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                make_installed_disk();
                static const uint8_t zeroes[512];
                uint8_t header[512];
                read_at("disk", 512, header, sizeof header);
                put_u32(header + rows[i].field, rows[i].value);
                seal(header);
                overwrite("disk", 512, header, sizeof header);
                overwrite("disk", (300 << 20) - 512, zeroes, sizeof zeroes);
                AUTO_GPT struct gpt gpt = {0};
                bool read = read_gpt("disk", &gpt);
                if (read)
                        fail_msg("field %zu = %" PRIu32 " is taken for sound", rows[i].field, rows[i].value);
                assert_failed(read, ERROR_DAMAGED, "");
        }
}

// Puts the first and the last sector of entry INDEX, and what ATTRIBUTES it has, into the primary copy.
static void move_partition(unsigned index, uint64_t first, uint64_t last, uint64_t attributes)
{
        enum {
                TABLE = 128 * 128
        };
        AUTO_FREE uint8_t *table = memory_new(TABLE, 1);
        uint8_t header[512];
        uint64_t fields[] = {first, last, attributes};
        read_at("disk", 1024, table, TABLE);
        read_at("disk", 512, header, sizeof header);
        memcpy(table + (size_t)(index - 1) * 128 + 32, fields, sizeof fields);
        put_u32(header + 88, crc32_of(table, TABLE));
        seal(header);
        overwrite("disk", 1024, table, TABLE);
        overwrite("disk", 512, header, sizeof header);
}

// As the firmware does: of two that overlap, it takes neither.
TEST_IN_SCRATCH(partitions_that_the_firmware_passes_over)
{
        static const struct {
                unsigned index;
                uint64_t first, last, attributes;
                size_t left;
                const char *remark;
        } rows[] = {
                {5, 100000, 210000, 0, 3, "Partition 1 overlaps another and is ignored. Partition 5 overlaps"},
                {8, 64, 204863, 0, 3, "Partition 8 overlaps"},
                {7, 208896, 520000, 0, 1, "Partition 6 overlaps"},
                {5, 204863, 204863, 0, 3, "Partition 1 overlaps"},
                {5, 204864, 204864, 0, 5, NULL},
                {5, 20, 30, 0, 4, "Partition 5 lies outside the usable space"},
                {5, 309247, 208896, 0, 4, "Partition 5 lies outside the disk"},
                {5, 208896, UINT64_MAX, 0, 4, "Partition 5 lies outside the disk"},
                {5, 208896, 309247, 2, 4, "Partition 5 is marked as not for the firmware"},
        };
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                AUTO_GPT struct gpt gpt = {0};
                make_installed_disk();
                move_partition(rows[i].index, rows[i].first, rows[i].last, rows[i].attributes);
                assert_done(read_gpt("disk", &gpt), &err);
                if (gpt.count != rows[i].left)
                        fail_msg("row %zu: %zu partitions are left: %s", i, gpt.count, gpt.remark);
                if (rows[i].remark)
                        assert_contains(gpt.remark, rows[i].remark);
        }
}

TEST_IN_SCRATCH(any_flipped_bit_leaves_the_partitions_as_they_are_or_is_named)
{
        make_installed_disk();
        AUTO_DISK struct disk *disk = NULL;
        assert_done(disk_open("disk", "raw", &disk, &err), &err);
        AUTO_GPT struct gpt whole = {0};
        assert_done(gpt_read(disk, &whole, &err), &err);
        for (uint64_t bit = 0; bit < (512 + 92 + 512 + 1024) * 8; bit += 3) {
                flip_bit("disk", bit);
                AUTO_GPT struct gpt gpt = {0};
                assert_done(gpt_read(disk, &gpt, &err), &err); // the backup is sound
                assert_int_equal(gpt.count, whole.count);
                for (size_t i = 0; i < gpt.count; i++) {
                        assert_true(guid_equal(gpt.partitions[i].unique, whole.partitions[i].unique));
                        assert_int_equal(gpt.partitions[i].first, whole.partitions[i].first);
                        assert_int_equal(gpt.partitions[i].last, whole.partitions[i].last);
                }
                flip_bit("disk", bit);
        }
}

TEST_IN_SCRATCH(a_disk_cut_at_any_sector_does_no_harm)
{
        make_installed_disk();
        for (int sectors = 0; sectors < 70; sectors++) {
                shell("dd if=disk of=cut bs=512 count=%d", sectors);
                AUTO_GPT struct gpt gpt = {0};
                bool read = read_gpt("cut", &gpt);
                if (sectors == 0)
                        assert_int_equal(gpt.state, GPT_BLANK);
                else if (sectors < 34)
                        assert_failed(read, ERROR_DAMAGED, "");
                else
                        assert_non_null(gpt.remark);
        }
}
