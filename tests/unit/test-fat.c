// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/images.h"

#include "verify/disk/fat.h"

enum {
        LIMIT = 1 << 20
};

// A disk of one file system, opened whole.
struct volume {
        struct disk *disk;
        struct fat *fat;
};

static void volume_close(struct volume *volume)
{
        fat_close(&volume->fat);
        disk_close(&volume->disk);
}
#define AUTO_VOLUME __attribute__((cleanup(volume_close)))

static bool volume_open(const char *path, uint64_t offset, struct volume *volume, struct error *err)
{
        return disk_open(path, "raw", &volume->disk, err) &&
               fat_open(volume->disk, offset, disk_size(volume->disk) - offset, &volume->fat, err);
}

static struct fat_file find(struct volume *volume, const char *path)
{
        AUTO_ERROR struct error err = {0};
        struct fat_file file;
        fat_find(volume->fat, path, &file, &err);
        no_error(&err);
        return file;
}

static void assert_content(struct volume *volume, const char *path, const char *original)
{
        AUTO_ERROR struct error err = {0};
        AUTO_BUFFER struct buffer found = {0}, wanted = {0};
        assert_done(file_read(original, LIMIT, &wanted, &err), &err);
        struct fat_file file = find(volume, path);
        if (file.kind != FAT_FILE)
                fail_msg("%s is not there", path);
        assert_int_equal(file.size, wanted.size);
        assert_done(fat_read_file(volume->fat, &file, LIMIT, &found, &err), &err);
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

static void test_files_are_those_that_mtools_wrote(void **state)
{
        (void)state;
        for (size_t kind = 0; kind < KINDS; kind++) {
                AUTO_ERROR struct error err = {0};
                AUTO_VOLUME struct volume volume = {0};
                make_fs(kind);
                volume_open("fs", AT, &volume, &err);
                no_error(&err);
                assert_content(&volume, "\\EFI\\VMware\\safeboot64.efi", "big.bin");
                assert_content(&volume, "/EFI/BOOT/BOOTAA64.EFI", "one.bin");
                assert_content(&volume, "none.bin", "none.bin");
                assert_content(&volume, "a long folder name/A File Of A Long Name, With More Than 26 Letters.text",
                               "big.bin");
                assert_content(&volume, "in-pieces.bin", "big.bin");
                assert_content(&volume, "many\\last", "last.bin");
                assert_content(&volume, "many\\..\\efi\\.\\boot\\bootaa64.efi", "one.bin");
                assert_content(&volume, "Lösung für alles", "one.bin");
                assert_int_equal(find(&volume, "many/file number 300").size, 4);
        }
}

static void test_names_are_found_in_any_case_and_by_their_short_form(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        AUTO_VOLUME struct volume volume = {0};
        make_fs(FAT16_KIND);
        volume_open("fs", AT, &volume, &err);
        no_error(&err);
        assert_content(&volume, "\\efi\\vmware\\SAFEBOOT64.EFI", "big.bin");
        assert_content(&volume, "\\EFI\\VMWARE\\SAFEBO~1.EFI", "big.bin");
        assert_content(&volume, "\\A LONG FOLDER NAME\\A FILE OF A LONG NAME, with more than 26 letters.TEXT",
                       "big.bin");
        assert_content(&volume, "\\\\EFI//BOOT\\/bootaa64.efi", "one.bin");
}

static void test_what_is_not_there_is_absent(void **state)
{
        (void)state;
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
                AUTO_ERROR struct error err = {0};
                AUTO_VOLUME struct volume volume = {0};
                make_fs(kind);
                volume_open("fs", AT, &volume, &err);
                no_error(&err);
                for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
                        if (find(&volume, paths[i]).kind != FAT_ABSENT)
                                fail_msg("\"%s\" is found", paths[i]);
                }
                assert_int_equal(find(&volume, "").kind, FAT_FOLDER);
                assert_int_equal(find(&volume, "\\EFI\\").kind, FAT_FOLDER);
                assert_int_equal(find(&volume, "\\EFI\\BOOT").kind, FAT_FOLDER);
        }
}

static void test_a_volume_label_is_no_file(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        AUTO_VOLUME struct volume volume = {0};
        shell("truncate -s 100M fs; mformat -i fs -v BOOT ::");
        volume_open("fs", 0, &volume, &err);
        no_error(&err);
        assert_int_equal(find(&volume, "BOOT").kind, FAT_ABSENT);
}

static void test_a_file_longer_than_its_limit_is_refused(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        AUTO_VOLUME struct volume volume = {0};
        AUTO_BUFFER struct buffer buffer = {0};
        make_fs(FAT16_KIND);
        volume_open("fs", AT, &volume, &err);
        no_error(&err);
        struct fat_file file = find(&volume, "EFI/VMware/safeboot64.efi");
        assert_false(fat_read_file(volume.fat, &file, 200000, &buffer, &err));
        assert_int_equal(err.code, ERROR_DAMAGED);
        assert_int_equal(buffer.size, 0);
}

static void test_what_is_no_fat_is_refused(void **state)
{
        (void)state;
        shell("truncate -s 10M zero; dd if=/dev/urandom of=noise bs=1048576 count=1; truncate -s 100 short");
        static const char *const names[] = {"zero", "noise", "short"};
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                AUTO_ERROR struct error err = {0};
                AUTO_VOLUME struct volume volume = {0};
                assert_false(volume_open(names[i], 0, &volume, &err));
                assert_int_equal(err.code, ERROR_DAMAGED);
        }
}

// Every chain of clusters leads round in a circle.
static void test_circles_in_cluster_chains_end(void **state)
{
        (void)state;
        static const size_t tried[] = {FAT12_KIND, FAT16_KIND, FAT32_KIND};
        static const unsigned long tables[] = {512, 512, 32 * 512};
        for (size_t i = 0; i < sizeof tried / sizeof *tried; i++) {
                AUTO_ERROR struct error err = {0};
                AUTO_VOLUME struct volume volume = {0};
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
                volume_open("fs", AT, &volume, &err);
                no_error(&err);
                struct fat_file file;
                assert_false(fat_find(volume.fat, "EFI/VMware/absent", &file, &err));
                assert_int_equal(err.code, ERROR_DAMAGED);
                assert_contains(err.message, "circular or too long");
        }
}

static void test_a_chain_that_breaks_off_or_leads_nowhere_is_damage(void **state)
{
        (void)state;
        static const uint16_t links[] = {0, 1, 0xFFF5, 0xFFF7, 60000};
        make_fs(FAT16_KIND);
        AUTO_ERROR struct error err = {0};
        AUTO_VOLUME struct volume volume = {0};
        volume_open("fs", AT, &volume, &err);
        no_error(&err);
        struct fat_file file = find(&volume, "EFI/VMware/safeboot64.efi");
        for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
                AUTO_ERROR struct error damage = {0};
                AUTO_VOLUME struct volume broken = {0};
                AUTO_BUFFER struct buffer buffer = {0};
                uint8_t link[2] = {(uint8_t)links[i], (uint8_t)(links[i] >> 8)};
                overwrite("fs", AT + 512 + 2UL * (file.first_cluster + 5), link, sizeof link);
                volume_open("fs", AT, &broken, &err);
                no_error(&err);
                assert_false(fat_read_file(broken.fat, &file, LIMIT, &buffer, &damage));
                assert_int_equal(damage.code, ERROR_DAMAGED);
        }
}

// What comes of it does not matter, as long as it is an answer.
static void ask_everything(struct disk *disk)
{
        AUTO_ERROR struct error err = {0};
        AUTO_FAT struct fat *fat = NULL;
        AUTO_BUFFER struct buffer buffer = {0};
        struct fat_file file;
        bool answered = fat_open(disk, AT, disk_size(disk) - AT, &fat, &err) &&
                        fat_find(fat, "EFI/VMware/safeboot64.efi", &file, &err) &&
                        (file.kind != FAT_FILE || fat_read_file(fat, &file, LIMIT, &buffer, &err));
        assert_true(answered || err.code == ERROR_DAMAGED);
}

static void flip(uint64_t bit)
{
        uint8_t byte;
        int descriptor = open("fs", O_RDWR);
        assert_int_equal(pread(descriptor, &byte, 1, (off_t)(bit / 8)), 1);
        byte ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(pwrite(descriptor, &byte, 1, (off_t)(bit / 8)), 1);
        close(descriptor);
}

static void test_any_flipped_bit_of_the_boot_sector_and_the_tables_does_no_harm(void **state)
{
        (void)state;
        static const size_t tried[] = {FAT12_KIND, FAT16_KIND, FAT32_KIND};
        for (size_t i = 0; i < sizeof tried / sizeof *tried; i++) {
                AUTO_ERROR struct error err = {0};
                AUTO_DISK struct disk *disk = NULL;
                make_fs(tried[i]);
                assert_done(disk_open("fs", "raw", &disk, &err), &err); // a raw image is read afresh each time
                uint64_t table = tried[i] == FAT32_KIND ? 32 * 512 : 512;
                for (uint64_t bit = 11 * 8; bit < 64 * 8; bit++) {
                        flip(AT * 8 + bit);
                        ask_everything(disk);
                        flip(AT * 8 + bit);
                }
                for (uint64_t bit = 0; bit < 400; bit += 3) {
                        flip((AT + table) * 8 + bit);
                        ask_everything(disk);
                        flip((AT + table) * 8 + bit);
                }
        }
}

static void test_a_disk_cut_at_any_place_does_no_harm(void **state)
{
        (void)state;
        make_fs(FAT16_KIND);
        for (unsigned long length = AT; length < AT + 400000; length += 13000) {
                shell("cp fs cut; truncate -s %lu cut", length);
                AUTO_ERROR struct error err = {0};
                AUTO_DISK struct disk *disk = NULL;
                assert_done(disk_open("cut", "raw", &disk, &err), &err);
                ask_everything(disk);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                IN_SCRATCH(test_files_are_those_that_mtools_wrote),
                IN_SCRATCH(test_names_are_found_in_any_case_and_by_their_short_form),
                IN_SCRATCH(test_what_is_not_there_is_absent),
                IN_SCRATCH(test_a_volume_label_is_no_file),
                IN_SCRATCH(test_a_file_longer_than_its_limit_is_refused),
                IN_SCRATCH(test_what_is_no_fat_is_refused),
                IN_SCRATCH(test_circles_in_cluster_chains_end),
                IN_SCRATCH(test_a_chain_that_breaks_off_or_leads_nowhere_is_damage),
                IN_SCRATCH(test_any_flipped_bit_of_the_boot_sector_and_the_tables_does_no_harm),
                IN_SCRATCH(test_a_disk_cut_at_any_place_does_no_harm),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
