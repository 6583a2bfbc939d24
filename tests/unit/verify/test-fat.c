// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/last-error.h"
#include "tests/unit/verify/images.h"

#include "verify/disk/fat.h"

enum {
        LIMIT = 1 << 20
};

// A disk of one file system.
static struct disk *disk;
static struct fat *fat;

static void close_volume(void)
{
        fat_close(&fat);
        disk_close(&disk);
}

// Opens it in place of the one that is open.
static bool open_volume(const char *path, uint64_t offset)
{
        close_volume();
        return disk_open(path, "raw", &disk, &err) && fat_open(disk, offset, disk_size(disk) - offset, &fat, &err);
}

static int end(void **state)
{
        close_volume();
        return scratch_end(state);
}

// A test in a folder of its own, whose file system is closed at the end.
#define TEST_OF_FAT(name) TEST_WITH(name, scratch_begin, end)

static struct fat_file find(const char *path)
{
        struct fat_file file;
        assert_done(fat_find(fat, path, &file, &err), &err);
        return file;
}

static void assert_content(const char *path, const char *original)
{
        AUTO_BUFFER struct buffer found = {0}, wanted = {0};
        assert_done(file_read(original, LIMIT, &wanted, &err), &err);
        struct fat_file file = find(path);
        if (file.kind != FAT_FILE)
                fail_msg("%s is not there", path);
        assert_int_equal(file.size, wanted.size);
        assert_done(fat_read_file(fat, &file, LIMIT, &found, &err), &err);
        assert_true(bytes_equal(buffer_view(&found), buffer_view(&wanted)));
}

// The options of mformat, and what comes of them.
static const struct {
        const char *options;
        unsigned bits;
} kinds[] = {
        {"-T 2880 -h 2 -s 18", 12},
        {"-T 16384 -h 64 -s 32 -c 8", 12},
        {"-T 204800 -h 64 -s 32", 16}, // the ESP of an installed ESXi
        {"-T 1032192 -h 64 -s 32 -c 16", 16},
        {"-T 40960 -h 64 -s 32 -M 4096 -c 1", 16},
        {"-F -T 204800 -h 64 -s 32 -c 1", 32},
        {"-F -T 614400 -h 64 -s 32", 32},
};
enum {
        KINDS = sizeof kinds / sizeof *kinds,
        FAT12_KIND = 1,
        FAT16_KIND = 2,
        FAT32_KIND = 5
};

enum {
        AT = 32768
}; // bytes before the file system on the disk

static void make_fs_anew(size_t kind)
{
        shell("truncate -s 600M fs; export LC_ALL=C.UTF-8; at=fs@@%d\n"
              "mformat -i $at %s ::\n"
              "head -c 200001 /dev/urandom >big.bin; head -c 1 /dev/urandom >one.bin; : >none.bin\n"
              "mmd -i $at ::/EFI ::/EFI/VMware ::/EFI/BOOT '::/a long folder name' ::/many\n"
              "mcopy -i $at big.bin ::/EFI/VMware/safeboot64.efi; mcopy -i $at one.bin ::/EFI/BOOT/BOOTAA64.EFI\n"
              "mcopy -i $at none.bin ::/NONE.BIN; mcopy -i $at one.bin ::/gone.bin; mdel -i $at ::/gone.bin\n"
              "mcopy -i $at big.bin '::/a long folder name/A File Of A Long Name, With More Than 26 Letters.text'\n"
              "mcopy -i $at one.bin '::/Lösung für alles'\n"
              "head -c 5000 big.bin >part.bin\n"
              "for i in $(seq 20); do mcopy -i $at part.bin ::/hole$i; mcopy -i $at one.bin ::/kept$i; done\n"
              "mdel -i $at '::/hole*'; mcopy -i $at big.bin ::/in-pieces.bin\n"
              "mkdir many; for i in $(seq 300); do echo $i >many/\"file number $i\"; done\n"
              "mcopy -i $at many/* ::/many; rm -r many; echo last >last.bin; mcopy -i $at last.bin ::/many/last",
              AT, kinds[kind].options);
}

// Makes the disk `fs` with a file system at AT, and in it some files that also lie beside it. The folder `many` has 300
// files, which takes several clusters.
static void make_fs(size_t kind)
{
        AUTO_FREE char *name = text_format("kind-%zu", kind);
        if (!template_take(name)) {
                make_fs_anew(kind);
                shell("mkdir %s; mv fs *.bin %s", name, name);
                template_keep(name);
        }
        shell("mv %s/* .", name);
}

static void open_fs(size_t kind)
{
        make_fs(kind);
        assert_done(open_volume("fs", AT), &err);
}

TEST_OF_FAT(files_are_those_that_mtools_wrote)
{
        for (size_t kind = 0; kind < KINDS; kind++) {
                open_fs(kind);
                assert_content("\\EFI\\VMware\\safeboot64.efi", "big.bin");
                assert_content("/EFI/BOOT/BOOTAA64.EFI", "one.bin");
                assert_content("none.bin", "none.bin");
                assert_content("a long folder name/A File Of A Long Name, With More Than 26 Letters.text", "big.bin");
                assert_content("in-pieces.bin", "big.bin");
                assert_content("many\\last", "last.bin");
                assert_content("many\\..\\efi\\.\\boot\\bootaa64.efi", "one.bin");
                assert_content("Lösung für alles", "one.bin");
                assert_int_equal(find("many/file number 300").size, 4);
        }
}

TEST_OF_FAT(names_are_found_in_any_case_and_by_their_short_form)
{
        open_fs(FAT16_KIND);
        assert_content("\\efi\\vmware\\SAFEBOOT64.EFI", "big.bin");
        assert_content("\\EFI\\VMWARE\\SAFEBO~1.EFI", "big.bin");
        assert_content("\\A LONG FOLDER NAME\\A FILE OF A LONG NAME, with more than 26 letters.TEXT", "big.bin");
        assert_content("\\\\EFI//BOOT\\/bootaa64.efi", "one.bin");
}

TEST_OF_FAT(a_missing_file_is_absent)
{
        static const char *const paths[] = {"EFI/VMware/mboot64.efi",
                                            "gone.bin",
                                            "EFI/VMware/safeboot64.ef",
                                            "EFI/VMware/safeboot64.efi/x",
                                            "NONE",
                                            "NONE.BIN2",
                                            "EFI/VMware/safeboot64.efi.",
                                            "none.bin/none.bin",
                                            "no/where/at/all",
                                            " ",
                                            "?one.bin",
                                            "EFI2"};
        for (size_t kind = 0; kind < KINDS; kind++) {
                open_fs(kind);
                for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
                        if (find(paths[i]).kind != FAT_ABSENT)
                                fail_msg("\"%s\" is found", paths[i]);
                }
                assert_int_equal(find("").kind, FAT_FOLDER);
                assert_int_equal(find("\\EFI\\").kind, FAT_FOLDER);
                assert_int_equal(find("\\EFI\\BOOT").kind, FAT_FOLDER);
        }
}

TEST_OF_FAT(a_volume_label_is_not_a_file)
{
        shell("truncate -s 100M fs; mformat -i fs -v BOOT ::");
        assert_done(open_volume("fs", 0), &err);
        assert_int_equal(find("BOOT").kind, FAT_ABSENT);
}

TEST_OF_FAT(a_file_longer_than_its_limit_is_refused)
{
        AUTO_BUFFER struct buffer buffer = {0};
        open_fs(FAT16_KIND);
        struct fat_file file = find("EFI/VMware/safeboot64.efi");
        assert_failed(fat_read_file(fat, &file, 200000, &buffer, &err), ERROR_DAMAGED, "");
        assert_int_equal(buffer.size, 0);
}

TEST_OF_FAT(other_content_is_refused)
{
        shell("truncate -s 10M zero; dd if=/dev/urandom of=noise bs=1048576 count=1; truncate -s 100 short");
        static const char *const names[] = {"zero", "noise", "short"};
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                assert_failed(open_volume(names[i], 0), ERROR_DAMAGED, "");
}

// Every chain of clusters leads round in a circle.
TEST_OF_FAT(circles_in_cluster_chains_end)
{
        static const size_t tried[] = {FAT12_KIND, FAT16_KIND, FAT32_KIND};
        static const unsigned long tables[] = {512, 512, 32 * 512};
        for (size_t i = 0; i < sizeof tried / sizeof *tried; i++) {
                uint8_t table[8192] = {0};
                make_fs(tried[i]);
                unsigned bits = kinds[tried[i]].bits;
                // Cluster n leads to n + 1, and 700 back to 2.
                for (unsigned cluster = 2; cluster < 701; cluster++) {
                        unsigned next = cluster == 700 ? 2 : cluster + 1, at = cluster * bits / 8;
                        unsigned value = cluster * bits % 8 ? next << 4 : next;
                        table[at] |= (uint8_t)value;
                        table[at + 1] |= (uint8_t)(value >> 8);
                }
                overwrite("fs", AT + tables[i], table, 701 * bits / 8 + 1);
                assert_done(open_volume("fs", AT), &err);
                struct fat_file file;
                assert_failed(fat_find(fat, "EFI/VMware/absent", &file, &err), ERROR_DAMAGED, "circular or too long");
        }
}

TEST_OF_FAT(a_chain_that_breaks_off_or_leads_nowhere_is_damage)
{
        static const uint16_t links[] = {0, 1, 0xFFF5, 0xFFF7, 60000};
        open_fs(FAT16_KIND);
        struct fat_file file = find("EFI/VMware/safeboot64.efi");
        for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
                AUTO_BUFFER struct buffer buffer = {0};
                uint8_t link[2] = {(uint8_t)links[i], (uint8_t)(links[i] >> 8)};
                overwrite("fs", AT + 512 + 2UL * (file.first_cluster + 5), link, sizeof link);
                assert_done(open_volume("fs", AT), &err);
                assert_failed(fat_read_file(fat, &file, LIMIT, &buffer, &err), ERROR_DAMAGED, "");
        }
}

// Any answer will do, as long as it is one.
static void ask_everything(void)
{
        AUTO_BUFFER struct buffer buffer = {0};
        struct fat_file file;
        fat_close(&fat);
        error_clear(&err);
        bool answered = fat_open(disk, AT, disk_size(disk) - AT, &fat, &err) &&
                        fat_find(fat, "EFI/VMware/safeboot64.efi", &file, &err) &&
                        (file.kind != FAT_FILE || fat_read_file(fat, &file, LIMIT, &buffer, &err));
        assert_true(answered || err.code == ERROR_DAMAGED);
}

// A raw image is read afresh each time.
static void ask_with_flipped_bit(uint64_t bit)
{
        flip_bit("fs", bit);
        ask_everything();
        flip_bit("fs", bit);
}

TEST_OF_FAT(any_flipped_bit_of_the_boot_sector_and_the_tables_does_no_harm)
{
        static const size_t tried[] = {FAT12_KIND, FAT16_KIND, FAT32_KIND};
        for (size_t i = 0; i < sizeof tried / sizeof *tried; i++) {
                open_fs(tried[i]);
                uint64_t table = tried[i] == FAT32_KIND ? 32 * 512 : 512;
                for (uint64_t bit = 11 * 8; bit < 64 * 8; bit++)
                        ask_with_flipped_bit(AT * 8 + bit);
                for (uint64_t bit = 0; bit < 400; bit += 3)
                        ask_with_flipped_bit((AT + table) * 8 + bit);
        }
}

TEST_OF_FAT(a_disk_cut_at_any_place_does_no_harm)
{
        make_fs(FAT16_KIND);
        for (unsigned long length = AT; length < AT + 400000; length += 13000) {
                shell("cp fs cut; truncate -s %lu cut", length);
                close_volume();
                assert_done(disk_open("cut", "raw", &disk, &err), &err);
                ask_everything();
        }
}
