// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include "fw/descriptors.h"

// A descriptor as Debian's package has it, where every part can be another.
struct parts {
        const char *interface, *mapping, *code, *code_format, *vars, *vars_format, *architecture, *machine, *features;
};

static const struct parts usual = {
        "uefi", "\"device\": \"flash\"", "code.fd", "raw", "vars.fd", "raw", "aarch64", "virt-*", "\"verbose-static\"",
};

static const char *folder;

static void describe(const char *path, struct parts parts)
{
        AUTO_FREE char *json = text_format(
                "{\"description\": \"%s\", \"interface-types\": [\"%s\"], \"mapping\": {%s,"
                "\"executable\": {\"filename\": \"%s/%s\", \"format\": \"%s\"},"
                "\"nvram-template\": {\"filename\": \"%s/%s\", \"format\": \"%s\"}},"
                "\"targets\": [{\"architecture\": \"%s\", \"machines\": [\"%s\"]}], \"features\": [%s], \"tags\": []}",
                path, parts.interface, parts.mapping, folder, parts.code, parts.code_format, folder, parts.vars,
                parts.vars_format, parts.architecture, parts.machine, parts.features);
        write_text(path, json);
}

static void begin(void)
{
        shell("rm -rf user etc share; mkdir user etc share; : >code.fd; : >vars.fd; : >secure.fd");
}

static bool find(struct descriptor *descriptor, struct error *err)
{
        static const char *const folders[] = {"user", "etc", "nowhere", "share", NULL};
        return descriptors_find_in(folders, descriptor, err);
}

static void assert_found(const char *path)
{
        AUTO_ERROR struct error err = {0};
        AUTO_DESCRIPTOR struct descriptor descriptor = {0};
        assert_done(find(&descriptor, &err), &err);
        assert_string_equal(descriptor.path, path);
}

static void assert_none(const char *text)
{
        AUTO_ERROR struct error err = {0};
        AUTO_DESCRIPTOR struct descriptor descriptor = {0};
        assert_false(find(&descriptor, &err));
        assert_error(&err, ERROR_ENVIRONMENT, text);
        assert_null(descriptor.path);
}

TEST_GROUP(scratch_begin, scratch_end)

TEST(a_descriptor_gives_code_and_template)
{
        folder = *state;
        begin();
        describe("share/60-a.json", usual);
        AUTO_ERROR struct error err = {0};
        AUTO_DESCRIPTOR struct descriptor descriptor = {0};
        assert_done(find(&descriptor, &err), &err);
        AUTO_FREE char *code = file_path(folder, "code.fd");
        AUTO_FREE char *vars = file_path(folder, "vars.fd");
        assert_string_equal(descriptor.code_path, code);
        assert_string_equal(descriptor.vars_template_path, vars);
        assert_string_equal(descriptor.description, "share/60-a.json");
        assert_false(descriptor.secure_boot);
}

TEST(the_first_file_name_wins_whatever_its_folder)
{
        folder = *state;
        begin();
        describe("user/70-a.json", usual);
        describe("etc/60-a.json", usual);
        describe("share/65-a.json", usual);
        assert_found("etc/60-a.json");
        describe("share/10-a.json", usual);
        assert_found("share/10-a.json");
}

TEST(a_file_masks_its_namesakes_in_later_folders_and_an_empty_one_only_masks)
{
        folder = *state;
        begin();
        describe("share/50-a.json", usual);
        describe("etc/50-a.json", usual);
        assert_found("etc/50-a.json");
        describe("user/50-a.json", usual);
        assert_found("user/50-a.json");
        write_text("user/50-a.json", "");
        assert_none("no usable firmware");
        describe("share/60-a.json", usual);
        assert_found("share/60-a.json");
}

TEST(firmware_without_secure_boot_is_preferred)
{
        folder = *state;
        begin();
        struct parts secure = usual;
        secure.features = "\"secure-boot\"";
        describe("share/40-secure.json", secure);
        describe("share/45-secure.json", secure);
        assert_found("share/40-secure.json");
        describe("share/60-plain.json", usual);
        assert_found("share/60-plain.json");
}

TEST(what_is_of_no_use_is_passed_over_with_the_reason)
{
        folder = *state;
        static const struct {
                struct parts parts;
                const char *reason;
        } others[] = {
                {{"bios", "\"device\": \"flash\"", "code.fd", "raw", "vars.fd", "raw", "aarch64", "virt-*", ""},
                 "is not UEFI firmware"},
                {{"uefi", "\"device\": \"memory\"", "code.fd", "raw", "vars.fd", "raw", "aarch64", "virt-*", ""},
                 "does not use two flash banks"},
                {{"uefi", "\"device\": \"flash\", \"mode\": \"stateless\"", "code.fd", "raw", "vars.fd", "raw",
                  "aarch64", "virt-*", ""},
                 "does not use two flash banks"},
                {{"uefi", "\"device\": \"flash\"", "code.fd", "qcow2", "vars.fd", "raw", "aarch64", "virt-*", ""},
                 "is not in raw format"},
                {{"uefi", "\"device\": \"flash\"", "code.fd", "raw", "vars.fd", "qcow2", "aarch64", "virt-*", ""},
                 "is not in raw format"},
                {{"uefi", "\"device\": \"flash\"", "code.fd", "raw", "vars.fd", "raw", "aarch64", "virt-*",
                  "\"secure-boot\", \"enrolled-keys\""},
                 "has Secure Boot keys enrolled"},
                {{"uefi", "\"device\": \"flash\"", "nowhere.fd", "raw", "vars.fd", "raw", "aarch64", "virt-*", ""},
                 "its code file is missing"},
                {{"uefi", "\"device\": \"flash\"", "code.fd", "raw", "nowhere.fd", "raw", "aarch64", "virt-*", ""},
                 "its variable template is missing"},
        };
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
                begin();
                describe("share/10-other.json", others[i].parts);
                assert_none(others[i].reason);
                assert_none("share/10-other.json");
                describe("share/60-good.json", usual);
                assert_found("share/60-good.json");
        }
}

TEST(firmware_of_other_machines_is_passed_over_silently)
{
        folder = *state;
        static const char *const others[][2] = {
                {"x86_64", "pc-q35-*"}, {"arm", "virt-*"}, {"aarch64", "raspi3b"}, {"aarch64", "virtual"}};
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
                begin();
                struct parts parts = usual;
                parts.architecture = others[i][0];
                parts.machine = others[i][1];
                describe("share/10-other.json", parts);
                AUTO_ERROR struct error err = {0};
                AUTO_DESCRIPTOR struct descriptor descriptor = {0};
                assert_false(find(&descriptor, &err));
                assert_null(strstr(err.message, "10-other"));
        }
        static const char *const machines[] = {"virt", "virt-*", "virt-7.2", "virt*", "*"};
        for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
                begin();
                struct parts parts = usual;
                parts.machine = machines[i];
                describe("share/10-a.json", parts);
                assert_found("share/10-a.json");
        }
}

TEST(a_descriptor_that_cannot_be_read_does_not_hide_the_others)
{
        folder = *state;
        begin();
        describe("share/60-good.json", usual);
        static const char *const texts[] = {
                "{",
                "[]",
                "null",
                "\"text\"",
                "{}",
                "{\"targets\": 7}",
                "{\"targets\": [7]}",
                "\xff\xfe",
                "{\"targets\": [{\"architecture\": \"aarch64\", \"machines\": [\"virt-*\"]}]}",
                "{\"targets\": [{\"architecture\": \"aarch64\", \"machines\": [\"virt-*\"]}], \"mapping\": []}",
        };
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
                write_text("share/10-bad.json", texts[i]);
                assert_found("share/60-good.json");
        }
        shell("rm share/10-bad.json; mkdir share/10-bad.json");
        assert_found("share/60-good.json");
        shell("rmdir share/10-bad.json; ln -s nowhere share/10-bad.json; touch share/.hidden.json share/README");
        assert_found("share/60-good.json");
}

TEST(a_descriptor_cut_off_anywhere_is_not_taken)
{
        folder = *state;
        begin();
        describe("share/10-a.json", usual);
        AUTO_BUFFER struct buffer whole = {0};
        read_whole("share/10-a.json", &whole);
        for (size_t size = 0; size < whole.size; size++) {
                write_bytes("share/10-a.json", (struct bytes){whole.data, size});
                assert_none("no usable firmware");
        }
}
