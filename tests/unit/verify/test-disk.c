// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/last-error.h"
#include "tests/unit/verify/images.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/time.h"
#include "verify/disk/disk.h"

enum {
        MIB = 1 << 20
};

// Reads the disk in pieces that lie across every kind of border, and compares it with WANTED, the same disk as qemu-img
// converts it.
static void assert_same_bytes(const char *path, const char *format, const char *wanted)
{
        static const size_t steps[] = {512, 65536 + 17, 1, MIB, 4095};
        AUTO_DISK struct disk *disk = NULL;
        AUTO_MAPPING struct file_mapping mapping = {0};
        assert_done(file_map(wanted, &mapping, &err), &err);
        struct bytes raw = mapping.bytes;
        assert_done(disk_open(path, format, &disk, &err), &err);
        assert_int_equal(disk_size(disk), raw.size);
        AUTO_FREE uint8_t *piece = memory_new(MIB, 1);
        size_t at = 0;
        for (size_t i = 0; at < raw.size; i++) {
                size_t step = steps[i % (sizeof steps / sizeof *steps)];
                step = step < raw.size - at ? step : raw.size - at;
                assert_done(disk_read(disk, at, piece, step, &err), &err);
                if (memcmp(piece, raw.data + at, step) != 0)
                        fail_msg("%s differs between %zu and %zu", path, at, at + step);
                at += step;
        }
}

// 5 MiB with data at the start, the end, and in between.
static void make_source(void)
{
        shell("truncate -s 5M source.raw\n"
              "for at in 0 1 77 1023 4000 5119; do\n"
              "  dd if=/dev/urandom of=source.raw bs=1024 count=1 seek=$at conv=notrunc; done\n"
              "dd if=/dev/urandom of=source.raw bs=1024 count=300 seek=2500 conv=notrunc");
}

TEST_IN_SCRATCH(every_format_reads_as_qemu_img_converts_it)
{
        static const struct {
                const char *format, *options;
        } rows[] = {
                {"raw", ""},
                {"qcow2", ""},
                {"qcow2", "-c"},
                {"qcow2", "-c -o compression_type=zstd"},
                {"qcow2", "-o compat=0.10"},
                {"qcow2", "-o cluster_size=512"},
                {"qcow2", "-o cluster_size=2M"},
                {"qcow2", "-o extended_l2=on"},
                {"qcow2", "-o preallocation=metadata"},
                {"qcow2", "-o preallocation=full"},
                {"qcow2", "-o data_file=external.raw"},
                {"vmdk", ""},
                {"vmdk", "-o subformat=monolithicFlat"},
                {"vmdk", "-o subformat=twoGbMaxExtentSparse"},
                {"vmdk", "-o subformat=twoGbMaxExtentFlat"},
                {"vmdk", "-o subformat=streamOptimized"},
                {"vdi", ""},
                {"vdi", "-o static=on"},
                {"vhdx", ""},
                {"vhdx", "-o subformat=fixed"},
                {"vpc", "-o force_size=on"},
                {"vpc", "-o subformat=fixed,force_size=on"},
                {"qed", ""},
                {"parallels", ""},
        };
        make_source();
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                shell("rm -f image* external*; qemu-img convert -f raw -O %s %s source.raw image", rows[i].format,
                      rows[i].options);
                assert_same_bytes("image", rows[i].format, "source.raw");
                if (strcmp(rows[i].format, "vpc") != 0) // a fixed VHD has its mark at the end and probes as raw
                        assert_same_bytes("image", NULL, "source.raw");
        }
}

TEST_IN_SCRATCH(a_small_write_leaves_a_readable_image_in_every_format)
{
        static const char *const formats[] = {
                "raw", "qcow2", "qcow2 -o extended_l2=on", "vmdk", "vdi", "vhdx", "vpc", "qed", "parallels"};
        for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
                int name = (int)strcspn(formats[i], " ");
                shell("rm -f image; qemu-img create -f %s image 6M", formats[i]);
                shell("qemu-io -f %.*s -c 'write -P 7 5243392 512' image", name, formats[i]);
                shell("qemu-img convert -f %.*s -O raw image wanted", name, formats[i]);
                AUTO_FREE char *format = text_format("%.*s", name, formats[i]);
                assert_same_bytes("image", format, "wanted");
        }
}

TEST_IN_SCRATCH(layers_are_read_through_a_backing_chain)
{
        make_source();
        shell("truncate -s 70M source.raw; mkdir below; qemu-img convert -O vdi source.raw below/base.vdi\n"
              "qemu-img create -f qcow2 -b base.vdi -F vdi below/middle.qcow2\n"
              "qemu-io -c 'write -P 5 1M 200k' -c 'write -z 0 64k' -c 'write -P 9 64M 1k' below/middle.qcow2\n"
              "qemu-img create -f qcow2 -b below/middle.qcow2 -F qcow2 top.qcow2 80M\n"
              "qemu-io -c 'write -P 6 1100k 4k' -c 'discard 64M 64k' -c 'write -P 1 65500k 100k' top.qcow2\n"
              "qemu-img convert -O raw top.qcow2 wanted\n");
        assert_same_bytes("top.qcow2", "qcow2", "wanted");
}

TEST_IN_SCRATCH(layers_may_be_compressed_or_flat)
{
        make_source();
        shell("qemu-img convert -c -O qcow2 source.raw base.qcow2\n"
              "qemu-img create -f qcow2 -b base.qcow2 -F qcow2 middle.qcow2\n"
              "qemu-io -c 'write -P 6 1M 4k' middle.qcow2\n"
              "qemu-img create -f qcow2 -b source.raw -F raw over.qcow2\n"
              "qemu-io -c 'write -P 6 1M 4k' over.qcow2\n"
              "qemu-img convert -O raw middle.qcow2 wanted; qemu-img convert -O raw over.qcow2 wanted2\n");
        assert_same_bytes("middle.qcow2", NULL, "wanted");
        assert_same_bytes("over.qcow2", NULL, "wanted2");
}

TEST_IN_SCRATCH(a_zeroed_cluster_hides_its_old_content)
{
        shell("qemu-img create -f qcow2 image 10M; qemu-io -c 'write -P 7 0 1M' -c 'write -z 64k 128k' image\n"
              "qemu-img convert -O raw image wanted");
        assert_same_bytes("image", NULL, "wanted");
}

TEST_IN_SCRATCH(a_snapshot_does_not_change_the_content)
{
        make_source();
        shell("qemu-img convert -O qcow2 source.raw image; qemu-img snapshot -c before image\n"
              "qemu-io -c 'write -P 3 0 100k' image; qemu-img convert -O raw image wanted");
        assert_same_bytes("image", NULL, "wanted");
}

TEST_IN_SCRATCH(awkward_file_names_are_read)
{
        static const char *const names[] = {"a,b.qcow2", "nbd:a.qcow2", "-U", "json:{}", "a b\"c'.qcow2", "d=e"};
        make_source();
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                shell("qemu-img convert %s -O qcow2 source.raw image", i % 2 ? "" : "-c");
                assert_int_equal(rename("image", names[i]), 0);
                assert_same_bytes(names[i], NULL, "source.raw");
        }
}

TEST_IN_SCRATCH(a_raw_image_may_end_within_a_sector)
{
        AUTO_DISK struct disk *disk = NULL;
        uint8_t bytes[1024];
        shell("printf abc >image; truncate -s 700 image");
        assert_done(disk_open("image", "raw", &disk, &err), &err);
        assert_int_equal(disk_size(disk), 1024);
        assert_done(disk_read(disk, 0, bytes, sizeof bytes, &err), &err);
        assert_memory_equal(bytes, "abc", 4);
        assert_int_equal(bytes[1023], 0);
}

TEST_IN_SCRATCH(a_raw_disk_whose_guest_wrote_a_qcow2_header_stays_raw_when_named)
{
        shell("truncate -s 10M secret; qemu-img create -f qcow2 -b secret -F raw image 10M");
        AUTO_DISK struct disk *disk = NULL;
        uint8_t bytes[4];
        assert_done(disk_open("image", "raw", &disk, &err), &err);
        assert_done(disk_read(disk, 0, bytes, sizeof bytes, &err), &err);
        assert_memory_equal(bytes, "QFI\xfb", 4);
        assert_string_equal(disk_format(disk), "raw");
}

TEST_IN_SCRATCH(reading_outside_the_disk_is_refused)
{
        AUTO_DISK struct disk *disk = NULL;
        uint8_t bytes[512];
        shell("qemu-img create -f qcow2 image 10M");
        assert_done(disk_open("image", NULL, &disk, &err), &err);
        assert_done(disk_read(disk, 10 * MIB - 512, bytes, sizeof bytes, &err), &err);
        static const uint64_t places[] = {10 * MIB - 511, 10 * MIB, UINT64_MAX, UINT64_MAX - 511};
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
                assert_failed(disk_read(disk, places[i], bytes, sizeof bytes, &err), ERROR_DAMAGED, "");
        }
}

TEST_IN_SCRATCH(a_machine_may_be_running_on_the_image)
{
        make_source();
        shell("qemu-img convert -O qcow2 source.raw image; mkfifo commands ready");
        pid_t writer = fork();
        if (!writer) {
                execlp("sh", "sh", "-c", "exec qemu-io image <commands >ready", (char *)NULL);
                _exit(127);
        }
        int commands = open("commands", O_WRONLY), ready = open("ready", O_RDONLY);
        // Once it has answered, it has the image open and locked.
        static const char command[] = "write -P 8 2M 64k\nflush\n";
        assert_int_equal(write(commands, command, strlen(command)), (ssize_t)strlen(command));
        AUTO_TEXT struct text answer = {0};
        for (char byte; !strstr(text_string(&answer), "ops/sec") && read(ready, &byte, 1) == 1;)
                text_add_char(&answer, byte);
        shell("! qemu-img info image && qemu-img convert -U -O raw image wanted");
        assert_same_bytes("image", "qcow2", "wanted");
        close(commands);
        while (waitpid(writer, NULL, 0) < 0)
                ;
        close(ready);
}

TEST_IN_SCRATCH(the_image_is_never_written)
{
        make_source();
        shell("qemu-img convert -c -O qcow2 source.raw image; touch -t 200101010000 image; chmod 400 image\n"
              "sha256sum image >sum; ls -l image >listed");
        assert_same_bytes("image", NULL, "source.raw");
        shell("sha256sum -c sum; ls -l image | cmp - listed");
}

static void assert_refused(const char *path, const char *format, enum error_code code, const char *part)
{
        AUTO_DISK struct disk *disk = NULL;
        assert_failed(disk_open(path, format, &disk, &err), code, part);
        assert_null(disk);
}

TEST_IN_SCRATCH(other_files_are_refused_by_name)
{
        shell("mkdir folder; mkfifo pipe; echo hello >text; qemu-img create -f qcow2 secret 1M\n"
              "qemu-img create -f qcow2 -b gone.qcow2 -F qcow2 -u orphan 1M; truncate -s 40 short\n"
              // The method of encryption is in the header: 1 is AES.
              "qemu-img create -f qcow2 crypt 1M; printf '\\001' | dd of=crypt bs=1 seek=35 conv=notrunc");
        assert_refused("absent.qcow2", NULL, ERROR_USAGE, "absent.qcow2");
        assert_refused("folder", NULL, ERROR_USAGE, "a folder");
        assert_refused("pipe", NULL, ERROR_USAGE, "pipe");
        assert_refused("text", "qcow2", ERROR_DAMAGED, "as qcow2");
        assert_refused("short", "qcow2", ERROR_DAMAGED, "short");
        assert_refused("secret", "vmdk", ERROR_DAMAGED, "secret");
        assert_refused("secret", "nonsense", ERROR_DAMAGED, "nonsense");
        assert_refused("orphan", NULL, ERROR_DAMAGED, "gone.qcow2");
        assert_refused("crypt", NULL, ERROR_DAMAGED, "encrypted");
}

TEST_IN_SCRATCH(a_missing_qemu_img_is_reported_if_needed)
{
        shell("truncate -s 1M image");
        AUTO_FREE char *path = memory_text(getenv("PATH"));
        setenv("PATH", "/nowhere", 1);
        AUTO_DISK struct disk *raw = NULL;
        bool opened = disk_open("image", "raw", &raw, &err);
        AUTO_DISK struct disk *unknown = NULL;
        bool guessed = disk_open("image", NULL, &unknown, &err);
        setenv("PATH", path, 1);
        assert_true(opened);
        assert_int_equal(disk_size(raw), 1 << 20);
        assert_failed(guessed, ERROR_ENVIRONMENT, "qemu-img");
}

// Either the image is reported as cut off, or its content is as written.
TEST_IN_SCRATCH(a_qcow2_cut_at_any_length_is_never_mistaken_for_a_blank_disk)
{
        shell("qemu-img create -f qcow2 whole 40G; qemu-io -c 'write -P 7 0 64k' -c 'write -P 8 39G 64k' whole");
        struct stat status;
        assert_int_equal(stat("whole", &status), 0);
        size_t refused = 0, lengths = 0;
        for (off_t length = status.st_size - 1; length >= 0; length -= 1 + status.st_size / 31, lengths++) {
                AUTO_DISK struct disk *disk = NULL;
                uint8_t first[512], last[512];
                error_clear(&err);
                shell("cp whole cut; truncate -s %lld cut", (long long)length);
                if (!disk_open("cut", "qcow2", &disk, &err) || !disk_read(disk, 65024, first, sizeof first, &err) ||
                    !disk_read(disk, (UINT64_C(39) << 30) + 65024, last, sizeof last, &err)) {
                        assert_int_equal(err.code, ERROR_DAMAGED);
                        refused++;
                        continue;
                }
                assert_true(bytes_all((struct bytes){first, sizeof first}, 7));
                assert_true(bytes_all((struct bytes){last, sizeof last}, 8));
        }
        assert_true(refused == lengths);
}

TEST_IN_SCRATCH(a_qcow2_with_any_bit_of_its_header_flipped_does_no_harm)
{
        shell("qemu-img create -f qcow2 whole 1G; qemu-io -c 'write -P 7 0 64k' whole");
        AUTO_BUFFER struct buffer whole = {0};
        read_whole("whole", &whole);
        for (size_t bit = 0; bit < 112 * 8; bit += 23) {
                AUTO_DISK struct disk *disk = NULL;
                uint8_t bytes[512];
                whole.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
                int descriptor = open("flipped", O_WRONLY | O_CREAT | O_TRUNC, 0600);
                assert_int_equal(write(descriptor, whole.data, whole.size), (ssize_t)whole.size);
                close(descriptor);
                error_clear(&err);
                whole.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
                if (!disk_open("flipped", "qcow2", &disk, &err) || !disk_read(disk, 0, bytes, sizeof bytes, &err))
                        assert_true(err.code == ERROR_DAMAGED && err.message[0]);
        }
}

TEST_IN_SCRATCH(a_fragmented_disk_of_40_gib_opens_quickly)
{
        shell("qemu-img create -f qcow2 image 40G; { for i in $(seq 0 2 4000); do echo write -P 7 $((i * 64))k 64k; "
              "done\n"
              "for i in $(seq 1 40); do echo write -P 9 $((i * 1000))M 64k; done; } | qemu-io image");
        AUTO_DISK struct disk *disk = NULL;
        uint8_t bytes[512];
        uint64_t start = time_now_ms();
        assert_done(disk_open("image", NULL, &disk, &err), &err);
        disk_read(disk, 0, bytes, sizeof bytes, &err);
        disk_read(disk, 128 << 10, bytes, sizeof bytes, &err);
        assert_done(disk_read(disk, (UINT64_C(40) << 30) - 512, bytes, sizeof bytes, &err), &err);
        assert_true(time_now_ms() - start <= 2000); // 0.05 s if nothing else runs
}
