// SPDX-License-Identifier: Apache-2.0
//
// With a package made here: as large as the real one, nearly all zeroes.
#include "fw/choose.h"
#include "fw/fetch-system.h"
#include "fw/fetch-url.h"
#include "fw/given.h"
#include "fw/installed.h"
#include "tests/unit/base/last-error.h"
#include "tests/unit/fw/firmware-image.h"

#include <jansson.h>
#include <sys/wait.h>

#include "base/digest.h"
#include "fw/firmware.h"
#include "fw/provenance.h"

// One package per letter, which is all that differs; MORE is done with its files.
static void make_package(const char *letter, const char *code_size, const char *more)
{
        shell("rm -rf tree; mkdir -p tree/DEBIAN tree/usr/share/AAVMF; cd tree/usr/share/AAVMF;"
              "{ cat ../../../../head; printf %s; } >AAVMF_CODE.no-secboot.fd; truncate -s %s AAVMF_CODE.no-secboot.fd;"
              "ln -s AAVMF_CODE.no-secboot.fd AAVMF_CODE.fd; truncate -s 64M AAVMF_VARS.fd; %s cd ../../..;"
              "printf 'Package: test-firmware\\nVersion: 1:2.0-3_rc\\nArchitecture: all\\nMaintainer: a <a@b.c>\\n"
              "Description: a test\\n' | sed s/_rc/~rc/ >DEBIAN/control; cd ..;"
              "dpkg-deb --root-owner-group -Zzstd --build tree %s.deb >/dev/null; rm -rf tree",
              letter, code_size, more, letter);
}

#define FOLDER "root/test-firmware_1_2.0-3~rc"

static int begin(void **state)
{
        if (scratch_begin(state) != 0)
                return -1;
        image_write("head");
        make_package("a", "64M", "");
        make_package("b", "64M", "");
        make_package("s", "2M", "");
        make_package("l", "65M", "");
        make_package("n", "2M",
                     "rm AAVMF_CODE.fd; cp AAVMF_CODE.no-secboot.fd AAVMF_CODE.secboot.fd; "
                     "cp AAVMF_VARS.fd AAVMF_VARS.ms.fd;");
        shell("truncate -s 0 head");
        make_package("x", "64M", "");
        return 0;
}

// What the running test has installed or found.
static struct firmware firmware;

static int begin_test(void **state)
{
        (void)state;
        shell("rm -rf root cache");
        return 0;
}

static int end_test(void **state)
{
        (void)state;
        firmware_free(&firmware);
        return 0;
}

// A test that begins with no firmware installed.
#define TEST_OF_FIRMWARE(name) TEST_WITH(name, begin_test, end_test)

static bool install(const char *deb)
{
        firmware_free(&firmware);
        return firmware_fetch_deb(deb, "root", &firmware, &err);
}

static bool find(const char *name, bool check)
{
        firmware_free(&firmware);
        return firmware_find("root", name, check, &firmware, &err);
}

static bool take_from_system(void)
{
        firmware_free(&firmware);
        return firmware_from_system("root", &firmware, &err);
}

static bool use_files(const char *code, const char *vars)
{
        firmware_free(&firmware);
        return firmware_from_files(code, vars, &firmware, &err);
}

static bool use_named(const char *name)
{
        firmware_free(&firmware);
        return firmware_named(name, false, &firmware, &err);
}

static enum firmware_outcome fetch(const char *deb, const char *because)
{
        assert_done(install(deb), &err);
        if (because && !strstr(firmware.replaced_because, because))
                fail_msg("replaced because %s", firmware.replaced_because);
        if (!because)
                assert_null(firmware.replaced_because);
        return firmware.outcome;
}

// ROOT has no firmware and nothing that was left behind but the lock.
static void assert_nothing_installed(void)
{
        shell("test -z \"$(ls -A root 2>/dev/null | grep -v '^.lock$')\"");
}

TESTS_NEED_LINUX("dpkg-deb")
TEST_GROUP(begin, scratch_end)

TEST_OF_FIRMWARE(a_package_is_installed_with_its_provenance)
{
        assert_done(install("a.deb"), &err);
        AUTO_FREE char *folder = text_format("%s/" FOLDER, (const char *)*state);
        AUTO_FREE char *code = text_format("%s/AAVMF_CODE.fd", folder);
        assert_int_equal(firmware.outcome, FIRMWARE_FETCHED);
        assert_string_equal(firmware.name, "test-firmware_1_2.0-3~rc");
        assert_string_equal(firmware.folder, folder);
        assert_string_equal(firmware.code_path, code);
        assert_string_equal(firmware.package, "test-firmware");
        assert_string_equal(firmware.version, "1:2.0-3~rc");
        assert_string_equal(firmware.architecture, "all");
        assert_string_equal(firmware.source, "deb");
        assert_null(firmware.url);
        assert_int_equal(firmware.file_count, 2);
        shell("test \"$(sha256sum a.deb)\" = '%s  a.deb'", firmware.deb_sha256);
        shell("test \"$(sha256sum <" FOLDER "/AAVMF_CODE.fd)\" = '%s  -'", firmware.code_sha256);
        shell("test \"$(sha256sum <" FOLDER "/AAVMF_VARS.fd)\" = '%s  -'", firmware.vars_template_sha256);
        shell("test \"$(stat -c %%s a.deb)\" = %llu; test \"$(stat -c %%A " FOLDER ")\" = drwxr-xr-x;"
              "test ! -L " FOLDER "/AAVMF_CODE.fd; test \"$(du -sk " FOLDER " | cut -f 1)\" -lt 1024",
              (unsigned long long)firmware.deb_size);
        shell("test \"$(ls -A root | tr '\\n' ' ')\" = '.lock test-firmware_1_2.0-3~rc '");
}

// As the README of Debian's package announces it.
TEST_OF_FIRMWARE(a_package_without_the_link_for_old_names_is_installed_under_them)
{
        assert_done(install("n.deb"), &err);
        assert_int_equal(firmware.file_count, 4);
        shell("cd " FOLDER "; cmp AAVMF_CODE.fd AAVMF_CODE.secboot.fd; test -f AAVMF_VARS.ms.fd; test ! -e "
              "AAVMF_CODE.no-secboot.fd");
}

TEST_OF_FIRMWARE(a_second_fetch_changes_nothing)
{
        assert_int_equal(fetch("a.deb", NULL), FIRMWARE_FETCHED);
        shell("stat -c '%%n %%i %%y' " FOLDER "/* >before");
        assert_int_equal(fetch("a.deb", NULL), FIRMWARE_FOUND);
        shell("stat -c '%%n %%i %%y' " FOLDER "/* | cmp - before");
}

TEST_OF_FIRMWARE(damaged_firmware_is_replaced_with_the_reason)
{
        static const struct {
                const char *damage, *because;
        } damages[] = {
                {"printf X | dd of=" FOLDER "/AAVMF_CODE.fd bs=1 seek=67108863 conv=notrunc", "SHA-256"},
                {"printf X | dd of=" FOLDER "/AAVMF_VARS.fd bs=1 seek=0 conv=notrunc", "SHA-256"},
                {"truncate -s 32M " FOLDER "/AAVMF_CODE.fd", "33554432 bytes; firmware.json has 67108864"},
                {"truncate -s 0 " FOLDER "/AAVMF_VARS.fd", "has 0 bytes"},
                {"rm " FOLDER "/AAVMF_CODE.fd", "is missing"},
                {"rm " FOLDER "/firmware.json", "firmware.json"},
                {"truncate -s 100 " FOLDER "/firmware.json", "firmware.json"},
                {"rm -r " FOLDER "; mkdir " FOLDER, "firmware.json"},
                {"rm -r " FOLDER "; : >" FOLDER, "firmware.json"},
                {"rm -r " FOLDER "; ln -s nowhere " FOLDER, "firmware.json"},
        };
        for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
                shell("rm -rf root");
                fetch("a.deb", NULL);
                shell("%s", damages[i].damage);
                assert_int_equal(fetch("a.deb", damages[i].because), FIRMWARE_REPLACED);
                assert_int_equal(fetch("a.deb", NULL), FIRMWARE_FOUND);
        }
}

TEST_OF_FIRMWARE(another_package_of_the_same_version_replaces)
{
        fetch("a.deb", NULL);
        assert_int_equal(fetch("b.deb", "made from other files"), FIRMWARE_REPLACED);
        assert_int_equal(fetch("b.deb", NULL), FIRMWARE_FOUND);
        shell("test \"$(tail -c +8193 " FOLDER "/AAVMF_CODE.fd | head -c 1)\" = b");
}

TEST_OF_FIRMWARE(firmware_that_does_not_fill_a_flash_bank_is_filled_up)
{
        assert_done(install("s.deb"), &err);
        assert_int_equal(firmware.files[0].size, 64 << 20);
        shell("test \"$(sha256sum <" FOLDER "/AAVMF_CODE.fd)\" = '%s  -'; test $(stat -c %%s " FOLDER
              "/AAVMF_CODE.fd) = 67108864",
              firmware.code_sha256);
}

static void assert_refused(const char *deb, const char *because)
{
        assert_failed(install(deb), ERROR_DAMAGED, because);
        assert_contains(err.message, deb);
        assert_null(firmware.name);
}

TEST_OF_FIRMWARE(invalid_firmware_is_refused)
{
        assert_refused("l.deb", "takes at most 67108864");
        assert_refused("x.deb", "is not firmware for 64-bit Arm");
        assert_nothing_installed();
}

TEST_OF_FIRMWARE(a_refused_package_leaves_the_installed_one)
{
        fetch("a.deb", NULL);
        assert_refused("x.deb", "is not firmware for 64-bit Arm");
        assert_int_equal(fetch("a.deb", NULL), FIRMWARE_FOUND);
}

TEST_OF_FIRMWARE(leftovers_of_a_killed_fetch_are_removed)
{
        shell("mkdir -p root/.fetch-abcdef/files; echo '{}' >root/.fetch-abcdef/files/firmware.json");
        AUTO_FIRMWARE_LIST struct firmware_list list = {0};
        assert_done(firmware_list("root", &list, &err), &err);
        assert_int_equal(list.count, 0);
        fetch("a.deb", NULL);
        shell("test ! -e root/.fetch-abcdef");
}

TEST_OF_FIRMWARE(two_fetches_at_once_install_once)
{
        enum {
                PROCESSES = 3
        };
        int outcomes[3] = {0};
        pid_t children[PROCESSES];
        for (int i = 0; i < PROCESSES; i++) {
                children[i] = fork();
                if (children[i] == 0)
                        _exit(install("a.deb") ? (int)firmware.outcome : 99);
        }
        for (int i = 0; i < PROCESSES; i++) {
                int status = 0;
                waitpid(children[i], &status, 0);
                assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 3);
                outcomes[WEXITSTATUS(status)]++;
        }
        assert_int_equal(outcomes[FIRMWARE_FETCHED], 1);
        assert_int_equal(outcomes[FIRMWARE_FOUND], PROCESSES - 1);
}

TEST_OF_FIRMWARE(a_better_source_of_the_same_package_is_recorded)
{
        AUTO_FIRMWARE struct firmware first = {0};
        assert_done(firmware_fetch_deb("a.deb", "root", &first, &err), &err);
        AUTO_FREE char *url = text_format("file://%s/a.deb", (const char *)*state);
        assert_done(firmware_fetch_url(url, first.deb_sha256, first.deb_size, NULL, "root", &firmware, &err), &err);
        assert_int_equal(firmware.outcome, FIRMWARE_FOUND);
        assert_string_equal(firmware.source, "url");
        assert_string_equal(firmware.url, url);
        assert_string_equal(firmware.fetched_at, first.fetched_at);
        assert_done(install("a.deb"), &err);
        assert_string_equal(firmware.source, "url");
        assert_string_equal(firmware.verified, "SHA-256 as given with the URL");
}

TEST_OF_FIRMWARE(a_url_of_another_package_is_refused)
{
        AUTO_FREE char *url = text_format("file://%s/a.deb", (const char *)*state);
        struct digest digest;
        assert_true(digest_file("b.deb", &digest, &err));
        AUTO_FREE char *sha256 = digest_hex(&digest);
        assert_failed(firmware_fetch_url(url, sha256, 0, NULL, "root", &firmware, &err), ERROR_DAMAGED, sha256);
        assert_nothing_installed();
        assert_failed(firmware_fetch_url(url, "abc", 0, NULL, "root", &firmware, &err), ERROR_USAGE,
                      "64 hexadecimal digits");
}

// ---- finding

TEST_OF_FIRMWARE(an_installed_firmware_is_found_by_name_and_as_the_newest)
{
        fetch("a.deb", NULL);
        shell("cp -r " FOLDER " root/older; sed 's/\"fetched_at\": \"20/\"fetched_at\": \"19/' " FOLDER
              "/firmware.json >root/older/firmware.json");
        assert_done(find(NULL, true), &err);
        assert_true(text_ends_with(firmware.folder, "/test-firmware_1_2.0-3~rc"));
        assert_done(find("older", true), &err);
        assert_true(text_ends_with(firmware.code_path, "/older/AAVMF_CODE.fd"));
        AUTO_FIRMWARE_LIST struct firmware_list list = {0};
        assert_done(firmware_list("root", &list, &err), &err);
        assert_int_equal(list.count, 2);
        assert_string_equal(list.entries[0].name, "older");
}

TEST_OF_FIRMWARE(uninstalled_firmware_is_not_found)
{
        static const char *const names[] = {NULL, "nowhere", "", ".", "..", ".fetch-a", "../root", "/tmp", "a/b"};
        for (int has_root = 0; has_root < 2; has_root++) {
                for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
                        assert_failed(find(names[i], false), ERROR_USAGE, "");
                        assert_null(firmware.name);
                }
                shell("mkdir -p root");
        }
}

TEST_OF_FIRMWARE(only_a_check_reads_the_files)
{
        fetch("a.deb", NULL);
        shell("printf X | dd of=" FOLDER "/AAVMF_CODE.fd bs=1 seek=5 conv=notrunc");
        assert_done(find(NULL, false), &err);
        assert_failed(find(NULL, true), ERROR_DAMAGED, "AAVMF_CODE.fd has the SHA-256");
        assert_null(firmware.name);
}

TEST_OF_FIRMWARE(a_firmware_json_cut_off_anywhere_is_damaged)
{
        fetch("a.deb", NULL);
        AUTO_BUFFER struct buffer whole = {0};
        read_whole(FOLDER "/firmware.json", &whole);
        // The last two bytes are the closing brace and a newline.
        for (size_t size = 0; size < whole.size - 1; size++) {
                write_bytes(FOLDER "/firmware.json", (struct bytes){whole.data, size});
                assert_failed(find(NULL, false), ERROR_DAMAGED, "firmware.json");
        }
        AUTO_FIRMWARE_LIST struct firmware_list list = {0};
        assert_done(firmware_list("root", &list, &err), &err);
        assert_int_equal(list.count, 1);
        assert_contains(list.entries[0].damage, "firmware.json");
}

TEST_OF_FIRMWARE(a_tampered_firmware_json_points_nowhere_else)
{
        fetch("a.deb", NULL);
        shell("cp " FOLDER "/firmware.json good.json");
        static const char *const edits[] = {
                "s,\"AAVMF_CODE.fd\",\"../../../etc/passwd\",",
                "s,\"AAVMF_CODE.fd\",\"/etc/passwd\",",
                "s,\"AAVMF_CODE.fd\",\"..\",",
                "s,\"AAVMF_CODE.fd\",7,",
                "s,\"AAVMF_CODE.fd\",\"OTHER.fd\",",
                "s,\"schema\": 1,\"schema\": 2,",
                "s,\"schema\": 1,\"schema\": \"1\",",
                "s,67108864,-1,",
                "s,67108864,\"67108864\",",
                "s/\"sha256\": \"[0-9a-f]/\"sha256\": \"g/",
                "s/\"fetched_at\": \".*\"/\"fetched_at\": 5/",
                "s/\"kind\": \"deb\"/\"kind\": null/",
                "s/\"files\"/\"fils\"/",
                "s/\"verified\"/\"verifed\"/",
        };
        for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
                shell("sed '%s' good.json >" FOLDER "/firmware.json; ! cmp -s good.json " FOLDER "/firmware.json",
                      edits[i]);
                assert_failed(find(NULL, true), ERROR_DAMAGED, "firmware.json");
        }
}

TEST_OF_FIRMWARE(firmware_json_is_as_documented)
{
        fetch("a.deb", NULL);
        json_t *json = json_load_file(FOLDER "/firmware.json", 0, NULL);
        assert_non_null(json);
        const char *kind;
        const char *deb;
        const char *code;
        int schema;
        json_int_t size;
        assert_int_equal(json_unpack(json, "{s:i, s:{s:s, s:n}, s:{s:s, s:I}, s:[{s:s}, {}]}", "schema", &schema,
                                     "source", "kind", &kind, "url", "deb", "sha256", &deb, "size", &size, "files",
                                     "name", &code),
                         0);
        assert_int_equal(schema, 1);
        assert_string_equal(kind, "deb");
        assert_string_equal(code, "AAVMF_CODE.fd");
        json_decref(json);
}

// ---- the system's, the user's, the default

static void describe_system(const char *folder)
{
        image_write("firmware-head");
        shell("mkdir -p config/qemu/firmware; printf %%s '{\"interface-types\": [\"uefi\"], \"mapping\": {\"device\": "
              "\"flash\", \"executable\": {\"filename\": \"%s/system-code.fd\", \"format\": \"raw\"}, "
              "\"nvram-template\": {\"filename\": \"%s/system-vars.fd\", \"format\": \"raw\"}}, \"targets\": "
              "[{\"architecture\": \"aarch64\", \"machines\": [\"virt-*\"]}], \"features\": []}' "
              ">config/qemu/firmware/00-test.json; cat firmware-head >system-code.fd; printf vars >system-vars.fd;"
              "truncate -s 64M system-code.fd system-vars.fd",
              folder, folder);
        AUTO_FREE char *config = file_path(folder, "config");
        setenv("XDG_CONFIG_HOME", config, 1);
}

TEST_OF_FIRMWARE(system_firmware_is_copied_and_kept)
{
        describe_system(*state);
        assert_done(take_from_system(), &err);
        assert_int_equal(firmware.outcome, FIRMWARE_FETCHED);
        assert_string_equal(firmware.source, "system");
        assert_true(text_starts_with(firmware.name, "system_"));
        assert_same_file(firmware.code_path, "system-code.fd");
        assert_same_file(firmware.vars_template_path, "system-vars.fd");
        assert_true(file_allocated(firmware.code_path) < 1 << 20);
        AUTO_FREE char *name = memory_text(firmware.name);
        assert_done(take_from_system(), &err);
        assert_int_equal(firmware.outcome, FIRMWARE_FOUND);
        shell("{ cat firmware-head; printf newer; } >system-code.fd; truncate -s 64M system-code.fd");
        assert_done(take_from_system(), &err);
        assert_int_equal(firmware.outcome, FIRMWARE_FETCHED);
        assert_string_not_equal(firmware.name, name);
        shell("printf X | dd of=%s bs=1 seek=100 conv=notrunc", firmware.code_path);
        assert_done(take_from_system(), &err);
        assert_int_equal(firmware.outcome, FIRMWARE_REPLACED);
        assert_same_file(firmware.code_path, "system-code.fd");
}

TEST_OF_FIRMWARE(user_files_are_used_in_place)
{
        image_write("code.fd");
        shell("truncate -s 64M code.fd vars.fd; truncate -s 65M large.fd; : >empty.fd");
        assert_done(use_files("code.fd", "vars.fd"), &err);
        assert_null(firmware.folder);
        assert_string_equal(firmware.source, "user");
        assert_int_equal(*firmware.code_path, '/');
        shell("test \"$(sha256sum <code.fd)\" = '%s  -'", firmware.code_sha256);
        static const struct {
                const char *code, *vars;
                enum error_code error;
                const char *text;
        } others[] = {
                {"nowhere.fd", "vars.fd", ERROR_USAGE, "nowhere.fd"},
                {"code.fd", "nowhere.fd", ERROR_USAGE, "nowhere.fd"},
                {"large.fd", "vars.fd", ERROR_DAMAGED, "takes at most 67108864"},
                {"vars.fd", "vars.fd", ERROR_DAMAGED, "vars.fd: is not firmware for 64-bit Arm: it is blank"},
                {"code.fd", "empty.fd", ERROR_DAMAGED, "0 bytes"},
                {".", "vars.fd", ERROR_DAMAGED, "not a regular file"},
                {"code.fd", "/dev/null", ERROR_DAMAGED, "not a regular file"},
        };
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
                assert_failed(use_files(others[i].code, others[i].vars), others[i].error, others[i].text);
                assert_null(firmware.code_path);
        }
}

static void use_cache(const char *scratch)
{
        AUTO_FREE char *cache = file_path(scratch, "cache");
        setenv("XDG_CACHE_HOME", cache, 1);
}

TEST_OF_FIRMWARE(a_smaller_user_file_is_copied_and_filled_up)
{
        use_cache(*state);
        image_write("small.fd");
        shell("truncate -s 2M small.fd; cp small.fd full.fd; truncate -s 64M full.fd vars.fd");
        for (int time = 0; time < 2; time++) {
                assert_done(use_files("small.fd", "vars.fd"), &err);
                assert_same_file(firmware.code_path, "full.fd");
                shell("test \"$(sha256sum <full.fd)\" = '%s  -'", firmware.code_sha256);
                assert_true(file_allocated(firmware.code_path) < 1 << 20);
        }
}

TEST_OF_FIRMWARE(a_folder_is_installed_firmware_or_has_files_of_known_names)
{
        use_cache(*state);
        fetch("a.deb", NULL);
        assert_done(use_named("./" FOLDER), &err);
        assert_string_equal(firmware.source, "deb");
        shell("rm -rf own; mkdir own");
        image_write("own/QEMU_EFI.fd");
        shell("truncate -s 2M own/QEMU_EFI.fd");
        assert_done(use_named("own"), &err);
        assert_string_equal(firmware.source, "user");
        shell("test $(stat -c %%s '%s') = 67108864; cmp -n 67108864 '%s' /dev/zero", firmware.vars_template_path,
              firmware.vars_template_path);
        shell("mv own/QEMU_EFI.fd own/AAVMF_CODE.no-secboot.fd");
        assert_done(use_named("own"), &err);
        static const struct {
                const char *before, *name;
                enum error_code error;
                const char *text;
        } others[] = {
                {"rm own/AAVMF_CODE.no-secboot.fd", "own", ERROR_USAGE, "has neither firmware.json nor"},
                {":", "./nowhere", ERROR_USAGE, "folder not found"},
                {"printf X | dd of=" FOLDER "/AAVMF_CODE.fd bs=1 seek=9999 conv=notrunc", FOLDER, ERROR_DAMAGED,
                 "has the SHA-256"},
        };
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
                shell("%s", others[i].before);
                assert_failed(use_named(others[i].name), others[i].error, others[i].text);
        }
}

// Without apt-get; the cache is in the scratch folder.
static bool use_default(const char *scratch)
{
        AUTO_FREE char *path = memory_text(getenv("PATH"));
        use_cache(scratch);
        firmware_free(&firmware);
        setenv("PATH", scratch, 1);
        bool found = firmware_default(&firmware, &err);
        setenv("PATH", path, 1);
        return found;
}

TEST_OF_FIRMWARE(default_is_the_installed_firmware_or_the_system_s)
{
        describe_system(*state);
        assert_done(use_default(*state), &err);
        assert_string_equal(firmware.source, "system");
        assert_int_equal(firmware.outcome, FIRMWARE_FETCHED);
        AUTO_FIRMWARE struct firmware again = {0};
        assert_done(firmware_default(&again, &err), &err);
        assert_int_equal(again.outcome, FIRMWARE_FOUND);
        assert_string_equal(again.code_path, firmware.code_path);
}

TEST_OF_FIRMWARE(if_nothing_works_every_reason_is_reported)
{
        describe_system(*state);
        shell(": >system-code.fd; truncate -s 1M system-code.fd");
        assert_failed(use_default(*state), ERROR_ENVIRONMENT, "installed: no firmware is installed");
        assert_contains(err.message, "apt: apt-get is not installed");
        assert_contains(err.message, "system: ");
        assert_contains(err.message, "is not firmware for 64-bit Arm");
        assert_contains(err.message, "--sha256 HEX");
}
