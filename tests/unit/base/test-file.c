// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/last-error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum {
        BLOCK = 4096,
        SLOW_S = 20, // a test that hangs is ended after so long
};

static struct bytes view_of(const char *text)
{
        return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static void assert_content(const char *path, const char *expected)
{
        AUTO_BUFFER struct buffer content = {0};
        read_whole(path, &content);
        if (!bytes_equal(buffer_view(&content), view_of(expected)))
                fail_msg("%s holds '%.*s', not '%s'", path, (int)content.size, (const char *)content.data, expected);
}

// The folder holds exactly the files in NAMES (sorted, a space between): nothing else is left.
static void assert_only(const char *folder, const char *names)
{
        AUTO_FREE char *found = shell_output("ls -A %s | sort | tr '\\n' ' ' | sed 's/ $//'", folder);
        assert_string_equal(found, names);
}

// Replaces PATH by TEXT.
static bool replace(const char *path, const char *text)
{
        return file_replace(path, 0666, view_of(text), &err);
}

static bool copy(const char *source, const char *target)
{
        return file_copy(source, target, 0666, &err);
}

static mode_t mode_of(const char *path)
{
        struct stat status;
        assert_int_equal(stat(path, &status), 0);
        return status.st_mode & 07777;
}

// Runs ACTION in a child, which ends with what it returns; returns that. Its allocations end with it.
static int in_child(int (*action)(void))
{
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
                alarm(SLOW_S);
                _exit(action());
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST_IN_SCRATCH(a_new_file_has_the_given_mode_less_the_umask)
{
        mode_t old = umask(027);
        assert_done(replace("new", "content"), &err);
        umask(old);
        assert_content("new", "content");
        assert_int_equal(mode_of("new"), 0640);
        assert_only(".", "new");
}

TEST_IN_SCRATCH(a_replaced_file_keeps_its_mode)
{
        static const mode_t modes[] = {0600, 0640, 0644, 0755, 0444, 0400, 02750};
        for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
                write_text("file", "old");
                assert_int_equal(chmod("file", modes[i]), 0);
                assert_done(replace("file", "new"), &err);
                assert_content("file", "new");
                assert_int_equal(mode_of("file"), modes[i]);
                assert_int_equal(unlink("file"), 0);
        }
}

TEST_IN_SCRATCH(a_replaced_file_keeps_its_owner_when_root_replaces_it)
{
        write_text("file", "old");
        struct stat before;
        struct stat after;
        // Only root can give a file away; any other user is the owner before and after.
        assert_true(geteuid() != 0 || chown("file", 12345, 23456) == 0);
        assert_int_equal(stat("file", &before), 0);
        assert_done(replace("file", "new"), &err);
        assert_int_equal(stat("file", &after), 0);
        assert_int_equal(before.st_uid, after.st_uid);
        assert_int_equal(before.st_gid, after.st_gid);
        assert_int_equal(before.st_mode, after.st_mode);
}

TEST_IN_SCRATCH(an_uncommitted_replacement_changes_nothing)
{
        write_text("file", "old");
        struct file_replacement *replacement = file_replacement_begin("file", 0666, &err);
        assert_non_null(replacement);
        assert_done(file_replacement_write(replacement, view_of("new"), &err), &err);
        assert_content("file", "old");
        assert_content(file_replacement_path(replacement), "new");
        file_replacement_discard(&replacement);
        assert_null(replacement);
        file_replacement_discard(&replacement);
        assert_content("file", "old");
        assert_only(".", "file");
}

// Writes 4 MiB over FILE, for which there is no room. 0 if that fails as it should.
static int write_too_much(const char *path)
{
        AUTO_BUFFER struct buffer much = {0};
        buffer_fill(&much, 'x', 4 << 20);
        bool replaced = file_replace(path, 0666, buffer_view(&much), &err);
        return !replaced && err.code == ERROR_ENVIRONMENT && strstr(err.message, path) ? 0 : 1;
}

static bool limit_file_size(void)
{
        const struct rlimit limit = {1 << 20, 1 << 20};
        signal(SIGXFSZ, SIG_IGN);
        return setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

static int write_over_the_limit(void)
{
        return limit_file_size() ? write_too_much("file") : 2;
}

static int write_in_full_folder(void)
{
        return limit_file_size() ? write_too_much("full/file") : 2;
}

static int skip_over_the_limit(void)
{
        AUTO_REPLACEMENT struct file_replacement *replacement = file_replacement_begin("file", 0666, NULL);
        return limit_file_size() && !file_replacement_skip(replacement, 2 << 20, NULL) ? 0 : 1;
}

TEST_IN_SCRATCH(a_failed_write_keeps_the_old_file_and_leaves_nothing)
{
        write_text("file", "old");
        assert_int_equal(in_child(write_over_the_limit), 0);
        assert_content("file", "old");
        assert_only(".", "file");
        assert_int_equal(in_child(skip_over_the_limit), 0);
        assert_content("file", "old");
        assert_only(".", "file");
}

TEST_IN_SCRATCH(a_full_disk_keeps_the_old_file_and_leaves_nothing)
{
        shell("mkdir full after");
        // If this user may not mount, a limit on the size of files stands in for the full disk.
        bool mounted = system("mount -t tmpfs -o size=1m tmpfs full 2>/dev/null") == 0;
        write_text("full/file", "old");
        int refused = mounted ? write_too_much("full/file") : in_child(write_in_full_folder);
        // Judged after the file system is gone, so that a failure leaves none mounted.
        bool kept = system("cp -a full/. after") == 0;
        bool copied = copy("full/file", "full/copy");
        assert_true(!mounted || system("umount full") == 0);
        assert_int_equal(refused, 0);
        assert_true(kept);
        assert_content("after/file", "old");
        assert_only("after", "file");
        assert_done(copied, &err);
}

static int ready[2]; // a pipe on which a child reports that it is ready

// Writes half of a replacement and waits to be killed.
static int write_and_hang(void)
{
        struct file_replacement *replacement = file_replacement_begin("file", 0666, &err);
        if (!replacement || !file_replacement_write(replacement, view_of("half of the n"), &err) ||
            write(ready[1], "", 1) != 1)
                return 1;
        for (;;)
                pause();
}

static pid_t start_and_await(int (*action)(void))
{
        char sign;
        fflush(NULL);
        assert_int_equal(pipe(ready), 0);
        pid_t pid = fork();
        if (pid == 0) {
                alarm(SLOW_S);
                _exit(action());
        }
        assert_int_equal(close(ready[1]), 0);
        assert_int_equal(read(ready[0], &sign, 1), 1);
        assert_int_equal(close(ready[0]), 0);
        return pid;
}

static void kill_and_reap(pid_t pid)
{
        int status;
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST_IN_SCRATCH(killed_before_the_commit_the_old_file_stays_and_leftovers_go)
{
        write_text("file", "old");
        kill_and_reap(start_and_await(write_and_hang));
        assert_content("file", "old");
        assert_only(".", ".file.partial file");
        assert_done(replace("file", "new"), &err);
        assert_content("file", "new");
        assert_only(".", "file");
}

// Root may open anything; another user must be able to take over what they left of a read-only file themselves.
static int take_over_as_nobody(void)
{
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
                return 1;
        return replace("file", "new") ? 0 : 2;
}

static int hang_as_nobody(void)
{
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
                return 1;
        return write_and_hang();
}

TEST_IN_SCRATCH(leftovers_of_a_read_only_file_are_taken_over)
{
        write_text("file", "old");
        assert_int_equal(chmod("file", 0444), 0);
        assert_int_equal(chmod(".", 0777), 0);
        assert_true(geteuid() != 0 || chown("file", 65534, 65534) == 0);
        kill_and_reap(start_and_await(hang_as_nobody));
        assert_int_equal(in_child(take_over_as_nobody), 0);
        assert_content("file", "new");
        assert_int_equal(mode_of("file"), 0444);
        assert_only(".", "file");
}

TEST_IN_SCRATCH(the_second_of_two_at_once_is_refused)
{
        write_text("file", "old");
        struct file_replacement *first = file_replacement_begin("file", 0666, &err);
        assert_non_null(first);
        assert_done(file_replacement_write(first, view_of("first"), &err), &err);
        assert_failed(replace("./file", "second"), ERROR_ENVIRONMENT, "another program is writing this file");
        assert_done(file_replacement_commit(&first, &err), &err);
        assert_null(first);
        assert_content("file", "first");
        assert_done(replace("file", "second"), &err);
        assert_content("file", "second");
}

TEST_IN_SCRATCH(the_second_process_is_refused)
{
        write_text("file", "old");
        pid_t pid = start_and_await(write_and_hang);
        assert_failed(replace("file", "new"), ERROR_ENVIRONMENT, "another program");
        assert_content("file", "old");
        kill_and_reap(pid);
}

enum {
        WRITERS = 4,
        ROUNDS = 12,
        RACE_SIZE = 3 * BLOCK
};

// Replaces the file again and again by blocks of one letter; being refused is no failure.
static int race(void)
{
        uint8_t block[RACE_SIZE];
        memset(block, 'a' + (int)getpid() % 26, sizeof block);
        for (unsigned i = 0; i < ROUNDS; i++) {
                AUTO_BUFFER struct buffer content = {0};
                if (!file_replace("file", 0666, (struct bytes){block, sizeof block}, &err) &&
                    !strstr(err.message, "another program"))
                        return 1;
                if (!file_read("file", RACE_SIZE, &content, NULL) || content.size != RACE_SIZE ||
                    !bytes_all(buffer_view(&content), content.data[0]))
                        return 2;
        }
        return 0;
}

TEST_IN_SCRATCH(a_reader_never_sees_a_mixture)
{
        uint8_t block[RACE_SIZE];
        memset(block, 'A', sizeof block);
        write_bytes("file", (struct bytes){block, sizeof block});
        fflush(NULL);
        for (unsigned i = 0; i < WRITERS; i++) {
                if (fork() == 0)
                        _exit(race());
        }
        for (unsigned i = 0; i < WRITERS; i++) {
                int status;
                assert_true(wait(&status) > 0);
                assert_int_equal(status, 0);
        }
        assert_only(".", "file");
}

TEST_IN_SCRATCH(a_dangling_link_has_its_target_created)
{
        shell("mkdir folder; ln -s folder/second first; ln -s ../made folder/second");
        assert_true(file_replace("first", 0600, (struct bytes){(const uint8_t *)"new", 3}, NULL));
        shell("test -L first; test -L folder/second; test ! -L made; test \"$(cat made)\" = new");
}

TEST_IN_SCRATCH(a_symbolic_link_has_its_target_replaced)
{
        shell("mkdir real elsewhere; printf old >real/file; ln -s ../real/file elsewhere/link; "
              "ln -s elsewhere/link chain");
        assert_done(replace("chain", "new"), &err);
        assert_content("real/file", "new");
        shell("test -L chain; test -L elsewhere/link; test -f real/file; test ! -L real/file");
        assert_only("real", "file");
        assert_only("elsewhere", "link");
}

TEST_IN_SCRATCH(circular_links_are_refused)
{
        shell("ln -s circle circle");
        assert_failed(replace("circle", "new"), ERROR_ENVIRONMENT, "");
        assert_only(".", "circle");
}

// A link that another user put in place of the temporary file must not be written through.
TEST_IN_SCRATCH(a_link_in_the_place_of_the_temporary_file_is_not_followed)
{
        shell("printf precious >precious; ln -s precious .file.partial; printf old >file");
        assert_failed(replace("file", "new"), ERROR_ENVIRONMENT, ".file.partial");
        assert_content("precious", "precious");
        assert_content("file", "old");
}

// The call failed, and the error has that code.
static bool failed_with(bool done, enum error_code code)
{
        bool failed = !done && err.code == code;
        error_clear(&err);
        return failed;
}

static int replace_special_files(void)
{
        static const char *const paths[] = {"folder", "fifo", "/dev/null"};
        int replaced = 0;
        for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
                replaced += !failed_with(replace(paths[i], "x"), ERROR_DAMAGED);
        return replaced;
}

TEST_IN_SCRATCH(only_regular_files_are_replaced)
{
        shell("mkdir folder; mkfifo fifo");
        assert_int_equal(in_child(replace_special_files), 0);
        shell("test -d folder; test -p fifo; test -c /dev/null");
        assert_only(".", "fifo folder");
}

TEST_IN_SCRATCH(a_missing_folder_is_named)
{
        assert_failed(replace("no/such/file", "x"), ERROR_USAGE, "no/such/file");
        write_text("plain", "x");
        assert_failed(replace("plain/file", "x"), ERROR_ENVIRONMENT, "plain/file");
}

TEST_IN_SCRATCH(an_empty_file)
{
        write_text("file", "old");
        assert_done(file_replace("file", 0666, (struct bytes){0}, &err), &err);
        assert_content("file", "");
        assert_done(copy("file", "copy"), &err);
        assert_content("copy", "");
        AUTO_BUFFER struct buffer content = {0};
        assert_done(file_read("copy", 0, &content, &err), &err);
        assert_int_equal(content.size, 0);
        struct file_mapping mapping;
        assert_done(file_map("copy", &mapping, &err), &err);
        assert_int_equal(mapping.bytes.size, 0);
        file_unmap(&mapping);
}

// Data from BEGIN to END in a file of SIZE; the rest is zeroes.
struct layout {
        size_t size, begin, end;
};

static const struct layout layouts[] = {
        {1, 0, 0},
        {1, 0, 1},
        {BLOCK - 1, 0, 1},
        {BLOCK, 0, 0},
        {BLOCK + 1, 0, 0},
        {BLOCK + 1, BLOCK, BLOCK + 1},
        {3 * BLOCK, BLOCK, 2 * BLOCK},
        {3 * BLOCK, BLOCK - 1, BLOCK},
        {3 * BLOCK, BLOCK, BLOCK + 1},
        {3 * BLOCK, BLOCK - 1, BLOCK + 1},
        {3 * BLOCK - 1, 2 * BLOCK - 1, 3 * BLOCK - 1},
        {3 * BLOCK + 1, 0, 3 * BLOCK + 1},
        {(1 << 20) + 17, 0, 5},
        {(1 << 20) + 17, (1 << 20) + 16, (1 << 20) + 17},
        {1 << 20, 300000, 300001},
        {(1 << 16) + 1, (1 << 16) - 1, (1 << 16) + 1},
};
enum {
        LAYOUTS = sizeof layouts / sizeof layouts[0]
};

static void lay_out(const struct layout *layout, struct buffer *content)
{
        content->size = 0;
        buffer_fill(content, 0, layout->size);
        memset(content->data + layout->begin, 'x', layout->end - layout->begin);
}

// The blocks of the file system that the data of a layout touches, in bytes.
static uint64_t touched(const struct layout *layout)
{
        uint64_t first = layout->begin / BLOCK;
        uint64_t last = (layout->end + BLOCK - 1) / BLOCK;
        return layout->end > layout->begin ? (last - first) * BLOCK : 0;
}

TEST_IN_SCRATCH(zeroes_become_holes_at_every_boundary)
{
        static const size_t pieces[] = {1 << 30, BLOCK, BLOCK - 1, BLOCK + 1, 1000, 65536};
        for (size_t i = 0; i < LAYOUTS; i++) {
                for (size_t j = 0; j < sizeof pieces / sizeof pieces[0]; j++) {
                        AUTO_BUFFER struct buffer content = {0};
                        lay_out(&layouts[i], &content);
                        struct file_replacement *replacement = file_replacement_begin("sparse", 0666, &err);
                        assert_non_null(replacement);
                        struct bytes left = buffer_view(&content);
                        while (left.size) {
                                size_t size = left.size < pieces[j] ? left.size : pieces[j];
                                assert_done(file_replacement_write(replacement, (struct bytes){left.data, size}, &err),
                                            &err);
                                left = bytes_from(left, size);
                        }
                        assert_done(file_replacement_commit(&replacement, &err), &err);
                        AUTO_BUFFER struct buffer written = {0};
                        read_whole("sparse", &written);
                        assert_true(bytes_equal(buffer_view(&written), buffer_view(&content)));
                        // A small file may live in its inode.
                        if (file_allocated("sparse") > touched(&layouts[i]))
                                fail_msg("layout %zu in pieces of %zu takes %llu bytes, not %llu", i, pieces[j],
                                         (unsigned long long)file_allocated("sparse"),
                                         (unsigned long long)touched(&layouts[i]));
                }
        }
}

TEST_IN_SCRATCH(zeroes_inside_a_block_cost_nothing_but_keep_their_place)
{
        struct file_replacement *replacement = file_replacement_begin("file", 0666, &err);
        assert_non_null(replacement);
        assert_done(file_replacement_write(replacement, view_of("abc"), &err), &err);
        assert_done(file_replacement_write(replacement, (struct bytes){(const uint8_t *)"\0\0\0\0", 4}, &err), &err);
        assert_done(file_replacement_write(replacement, view_of("def"), &err), &err);
        assert_done(file_replacement_skip(replacement, 0, &err), &err);
        assert_done(file_replacement_skip(replacement, BLOCK, &err), &err);
        assert_done(file_replacement_write(replacement, view_of("g"), &err), &err);
        assert_done(file_replacement_skip(replacement, 3, &err), &err);
        assert_done(file_replacement_commit(&replacement, &err), &err);
        shell("{ printf 'abc\\000\\000\\000\\000def'; head -c 4096 /dev/zero; printf 'g\\000\\000\\000'; } | cmp - "
              "file");
}

TEST_IN_SCRATCH(a_skip_beyond_all_sizes_is_refused)
{
        static const uint64_t sizes[] = {UINT64_MAX, UINT64_MAX - 2, (uint64_t)INT64_MAX + 1, INT64_MAX};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                write_text("file", "old");
                AUTO_REPLACEMENT struct file_replacement *replacement = file_replacement_begin("file", 0666, NULL);
                assert_done(file_replacement_write(replacement, view_of("abc"), &err), &err);
                assert_failed(file_replacement_skip(replacement, sizes[i], &err), ERROR_ENVIRONMENT, "");
        }
        assert_content("file", "old");
}

#ifdef __linux__
#define SPARSE "--sparse=always "
#else
#define SPARSE ""
#endif

TEST_IN_SCRATCH(a_copy_has_the_content_and_is_as_sparse_as_cp_makes_it)
{
        for (size_t i = 0; i < LAYOUTS; i++) {
                shell("rm -f source copy; truncate -s %zu source; head -c %zu /dev/zero | tr '\\000' x | "
                      "dd of=source bs=1 seek=%zu conv=notrunc; cp " SPARSE "source cp",
                      layouts[i].size, layouts[i].end - layouts[i].begin, layouts[i].begin);
                assert_done(copy("source", "copy"), &err);
                shell("cmp source copy");
                assert_true(file_allocated("copy") <= file_allocated("cp"));
                // And if the source has its zeroes written out.
                shell("cat source >written; rm copy");
                assert_done(copy("written", "copy"), &err);
                shell("cmp source copy");
                assert_true(file_allocated("copy") <= file_allocated("cp"));
        }
}

TEST_IN_SCRATCH(a_copy_of_many_holes)
{
        shell("truncate -s 64M source; for at in 0 4096 12288 1048577 33554431 67108863; do "
              "printf x | dd of=source bs=1 seek=$at conv=notrunc; done");
        assert_done(copy("source", "copy"), &err);
        shell("cmp source copy");
        assert_true(file_allocated("copy") <= 7 * BLOCK);
        // Over a file that was longer and full, with a mode of its own.
        shell("head -c 100000000 /dev/zero | tr '\\000' y >longer; chmod 600 longer");
        assert_done(copy("source", "longer"), &err);
        shell("cmp source longer");
        assert_int_equal(mode_of("longer"), 0600);
        assert_only(".", "copy longer source");
}

static int copy_a_pipe(void)
{
        struct file_mapping mapping;
        if (!failed_with(copy("fifo", "copy"), ERROR_DAMAGED))
                return 1;
        return failed_with(file_map("fifo", &mapping, &err), ERROR_DAMAGED) ? 0 : 2;
}

TEST_IN_SCRATCH(a_mapping_knows_where_its_last_hole_begins)
{
        static const struct {
                off_t at, size;
                uint64_t most; // the end of the data, rounded up to what a file system keeps
        } files[] = {
                {0, 1 << 20, 0}, {1, 1 << 20, 1 << 16}, {1 << 19, 1 << 20, (1 << 19) + (1 << 16)}, {100, 100, 100}};
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
                int fd = open("sparse", O_RDWR | O_CREAT | O_TRUNC, 0600);
                assert_true(fd >= 0);
                if (files[i].at)
                        assert_int_equal(pwrite(fd, "x", 1, files[i].at - 1), 1);
                assert_int_equal(ftruncate(fd, files[i].size), 0);
                close(fd);
                AUTO_MAPPING struct file_mapping mapping;
                assert_done(file_map("sparse", &mapping, &err), &err);
                assert_true(mapping.data_end >= (uint64_t)files[i].at);
                assert_true(mapping.data_end <= files[i].most);
                assert_true(bytes_all(bytes_from(mapping.bytes, mapping.data_end), 0));
        }
}

TEST_IN_SCRATCH(only_regular_files_are_copied_and_mapped)
{
        shell("mkdir folder; mkfifo fifo; printf old >old");
        assert_int_equal(in_child(copy_a_pipe), 0);
        static const struct {
                const char *path;
                enum error_code code;
        } cases[] = {{"missing", ERROR_USAGE}, {"folder", ERROR_DAMAGED}, {"/dev/null", ERROR_DAMAGED}};
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct file_mapping mapping;
                assert_failed(copy(cases[i].path, "old"), cases[i].code, cases[i].path);
                assert_failed(file_map(cases[i].path, &mapping, &err), cases[i].code, cases[i].path);
                assert_int_equal(mapping.bytes.size, 0);
                file_unmap(&mapping);
        }
        assert_content("old", "old");
        assert_only(".", "fifo folder old");
}

TEST_IN_SCRATCH(a_file_copied_over_itself_stays_unchanged)
{
        write_text("file", "content");
        assert_done(copy("file", "./file"), &err);
        assert_content("file", "content");
        assert_only(".", "file");
}

TEST_IN_SCRATCH(reading_stops_at_the_limit)
{
        static const size_t sizes[] = {1, 2, BLOCK, 65535, 65536, 65537, 200000};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                AUTO_BUFFER struct buffer content = {0};
                AUTO_BUFFER struct buffer exact = {0};
                AUTO_BUFFER struct buffer more = {0};
                buffer_fill(&content, 'x', sizes[i]);
                write_bytes("file", buffer_view(&content));
                assert_done(file_read("file", sizes[i], &exact, &err), &err);
                assert_true(bytes_equal(buffer_view(&exact), buffer_view(&content)));
                assert_failed(file_read("file", sizes[i] - 1, &more, &err), ERROR_DAMAGED, "file: larger than");
        }
}

TEST_IN_SCRATCH(an_endless_file_is_read_to_the_limit)
{
        AUTO_BUFFER struct buffer content = {0};
        assert_failed(file_read("/dev/zero", 1 << 20, &content, &err), ERROR_DAMAGED, "");
        assert_true(content.size <= 1 << 20);
}

TEST_IN_SCRATCH(unreadable_files_are_reported)
{
        static const struct {
                const char *path;
                enum error_code code;
        } cases[] = {{"missing", ERROR_USAGE},
                     {".", ERROR_ENVIRONMENT},
                     {"file/below", ERROR_ENVIRONMENT},
                     {"", ERROR_USAGE}};
        write_text("file", "x");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_BUFFER struct buffer content = {0};
                assert_failed(file_read(cases[i].path, 100, &content, &err), cases[i].code, cases[i].path);
                assert_int_equal(content.size, 0);
        }
        assert_false(file_exists("missing"));
        assert_true(file_exists("file"));
        assert_int_equal(file_allocated("missing"), 0);
}

TEST_IN_SCRATCH(a_pipe_is_read_to_its_end)
{
        AUTO_BUFFER struct buffer content = {0};
        shell("mkfifo fifo; { printf one; printf two; } >fifo &");
        assert_done(file_read("fifo", 100, &content, &err), &err);
        assert_true(bytes_equal(buffer_view(&content), view_of("onetwo")));
}

TEST_IN_SCRATCH(a_mapping_shows_the_file)
{
        shell("head -c 5000 /dev/zero | tr '\\000' x >file");
        AUTO_MAPPING struct file_mapping mapping = {0};
        assert_done(file_map("file", &mapping, &err), &err);
        assert_int_equal(mapping.bytes.size, 5000);
        assert_true(bytes_all(mapping.bytes, 'x'));
}

TEST_IN_SCRATCH(folders_are_created_with_their_parents)
{
        assert_done(file_make_folder("a/b/c", 0700, &err), &err);
        assert_done(file_make_folder("a/b/c", 0700, &err), &err);
        assert_done(file_make_folder("a//b/./c/d/", 0777, &err), &err);
        assert_done(file_make_folder("/", 0777, &err), &err);
        assert_done(file_make_folder("single", 0700, &err), &err);
        assert_int_equal(mode_of("a/b/c"), 0700);
        assert_int_equal(mode_of("single"), 0700);
        shell("test -d a/b/c/d; ln -s a link");
        assert_done(file_make_folder("link/b", 0777, &err), &err);
}

TEST_IN_SCRATCH(a_file_in_the_way_of_a_folder)
{
        static const char *const paths[] = {"file", "file/", "file/below", "dangling"};
        shell("printf x >file; ln -s nowhere dangling");
        for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
                assert_failed(file_make_folder(paths[i], 0777, &err), ERROR_ENVIRONMENT, i == 3 ? "dangling" : "file");
        }
        assert_content("file", "x");
}

TEST_IN_SCRATCH(removing_a_tree_follows_no_link)
{
        shell("mkdir -p kept/inside tree/a/b/c; printf x >kept/inside/file; printf y >tree/a/file; "
              "ln -s ../../kept tree/a/link; ln -s ../kept/inside/file tree/filelink; ln -s nowhere tree/dangling; "
              "ln -s .. tree/a/b/up; mkfifo tree/fifo; printf z >'tree/ odd\nname'; chmod 000 tree/a/file");
        assert_done(file_remove_tree("tree", &err), &err);
        assert_only(".", "kept");
        assert_content("kept/inside/file", "x");
        // A link itself goes, and what it points to stays.
        shell("ln -s kept link");
        assert_done(file_remove_tree("link", &err), &err);
        assert_only(".", "kept");
        assert_content("kept/inside/file", "x");
        assert_done(file_remove_tree("kept/inside/file", &err), &err);
        assert_done(file_remove_tree("missing", &err), &err);
}

TEST_IN_SCRATCH(temporary_folders_are_private_and_in_tmpdir)
{
        AUTO_FREE char *old = getenv("TMPDIR") ? memory_text(getenv("TMPDIR")) : NULL;
        assert_int_equal(setenv("TMPDIR", *state, 1), 0);
        AUTO_FREE char *one = file_temporary_folder(&err);
        AUTO_FREE char *other = file_temporary_folder(&err);
        assert_int_equal(setenv("TMPDIR", "/no/such/folder", 1), 0);
        AUTO_FREE char *none = file_temporary_folder(&err);
        if (old)
                setenv("TMPDIR", old, 1);
        else
                unsetenv("TMPDIR");
        assert_non_null(one);
        assert_non_null(other);
        assert_failed(none != NULL, ERROR_USAGE, "/no/such/folder");
        assert_true(text_starts_with(one, *state));
        assert_string_not_equal(one, other);
        assert_int_equal(mode_of(one), 0700);
}

TEST(paths_are_joined_by_one_slash)
{
        static const char *const rows[][2] = {{"folder", "folder/name"}, {"folder/", "folder/name"}, {"/", "/name"}};
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                AUTO_FREE char *path = file_path(rows[i][0], "name");
                assert_string_equal(path, rows[i][1]);
        }
}
