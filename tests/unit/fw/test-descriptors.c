// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/last-error.h"

#include "fw/descriptors.h"

// What distinguishes a descriptor from that of Debian's package; NULL if nothing.
struct parts {
        const char *interface, *mapping, *code, *code_format, *vars, *vars_format, *architecture, *machine, *features;
};

static const struct parts usual = {0};

static const char *folder;

static const char *or_usual(const char *part, const char *usual_part)
{
        return part ? part : usual_part;
}

static void describe(const char *path, struct parts parts)
{
        AUTO_FREE char *json = text_format(
                "{\"description\": \"%s\", \"interface-types\": [\"%s\"], \"mapping\": {%s,"
                "\"executable\": {\"filename\": \"%s/%s\", \"format\": \"%s\"},"
                "\"nvram-template\": {\"filename\": \"%s/%s\", \"format\": \"%s\"}},"
                "\"targets\": [{\"architecture\": \"%s\", \"machines\": [\"%s\"]}], \"features\": [%s], \"tags\": []}",
                path, or_usual(parts.interface, "uefi"), or_usual(parts.mapping, "\"device\": \"flash\""), folder,
                or_usual(parts.code, "code.fd"), or_usual(parts.code_format, "raw"), folder,
                or_usual(parts.vars, "vars.fd"), or_usual(parts.vars_format, "raw"),
                or_usual(parts.architecture, "aarch64"), or_usual(parts.machine, "virt-*"),
                or_usual(parts.features, "\"verbose-static\""));
        write_text(path, json);
}

static void remove_descriptors(void)
{
        shell("rm -rf user etc share; mkdir user etc share; : >code.fd; : >vars.fd; : >secure.fd");
}

static int begin(void **state)
{
        folder = *state;
        remove_descriptors();
        return 0;
}

// A test that begins without descriptors.
#define TEST_OF_DESCRIPTORS(name) TEST_WITH(name, begin, NULL)

static bool find(struct descriptor *descriptor)
{
        static const char *const folders[] = {"user", "etc", "nowhere", "share", NULL};
        return descriptors_find_in(folders, descriptor, &err);
}

static void assert_found(const char *path)
{
        AUTO_DESCRIPTOR struct descriptor descriptor = {0};
        assert_done(find(&descriptor), &err);
        assert_string_equal(descriptor.path, path);
}

static void assert_none(const char *text)
{
        AUTO_DESCRIPTOR struct descriptor descriptor = {0};
        assert_failed(find(&descriptor), ERROR_ENVIRONMENT, text);
        assert_null(descriptor.path);
}

TEST_GROUP(scratch_begin, scratch_end)

TEST_OF_DESCRIPTORS(a_descriptor_gives_code_and_template)
{
        describe("share/60-a.json", usual);
        AUTO_DESCRIPTOR struct descriptor descriptor = {0};
        assert_done(find(&descriptor), &err);
        AUTO_FREE char *code = file_path(folder, "code.fd");
        AUTO_FREE char *vars = file_path(folder, "vars.fd");
        assert_string_equal(descriptor.code_path, code);
        assert_string_equal(descriptor.vars_template_path, vars);
        assert_string_equal(descriptor.description, "share/60-a.json");
        assert_false(descriptor.secure_boot);
}

TEST_OF_DESCRIPTORS(the_first_file_name_wins_in_any_folder)
{
        describe("user/70-a.json", usual);
        describe("etc/60-a.json", usual);
        describe("share/65-a.json", usual);
        assert_found("etc/60-a.json");
        describe("share/10-a.json", usual);
        assert_found("share/10-a.json");
}

TEST_OF_DESCRIPTORS(a_file_masks_its_namesakes_in_later_folders_and_an_empty_one_only_masks)
{
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

TEST_OF_DESCRIPTORS(firmware_without_secure_boot_is_preferred)
{
        const struct parts secure = {.features = "\"secure-boot\""};
        describe("share/40-secure.json", secure);
        describe("share/45-secure.json", secure);
        assert_found("share/40-secure.json");
        describe("share/60-plain.json", usual);
        assert_found("share/60-plain.json");
}

TEST_OF_DESCRIPTORS(unusable_firmware_is_passed_over_with_the_reason)
{
        static const struct {
                struct parts parts;
                const char *reason;
        } others[] = {
                {{.interface = "bios"}, "is not UEFI firmware"},
                {{.mapping = "\"device\": \"memory\""}, "does not use two flash banks"},
                {{.mapping = "\"device\": \"flash\", \"mode\": \"stateless\""}, "does not use two flash banks"},
                {{.code_format = "qcow2"}, "is not in raw format"},
                {{.vars_format = "qcow2"}, "is not in raw format"},
                {{.features = "\"secure-boot\", \"enrolled-keys\""}, "has Secure Boot keys enrolled"},
                {{.code = "nowhere.fd"}, "its code file is missing"},
                {{.vars = "nowhere.fd"}, "its variable template is missing"},
        };
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
                remove_descriptors();
                describe("share/10-other.json", others[i].parts);
                assert_none(others[i].reason);
                assert_none("share/10-other.json");
                describe("share/60-good.json", usual);
                assert_found("share/60-good.json");
        }
}

TEST_OF_DESCRIPTORS(firmware_of_other_machines_is_passed_over_silently)
{
        static const char *const others[][2] = {
                {"x86_64", "pc-q35-*"}, {"arm", "virt-*"}, {"aarch64", "raspi3b"}, {"aarch64", "virtual"}};
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
                remove_descriptors();
                describe("share/10-other.json", (struct parts){.architecture = others[i][0], .machine = others[i][1]});
                AUTO_DESCRIPTOR struct descriptor descriptor = {0};
                assert_failed(find(&descriptor), ERROR_ENVIRONMENT, "");
                assert_null(strstr(err.message, "10-other"));
        }
        static const char *const machines[] = {"virt", "virt-*", "virt-7.2", "virt*", "*"};
        for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
                remove_descriptors();
                describe("share/10-a.json", (struct parts){.machine = machines[i]});
                assert_found("share/10-a.json");
        }
}

TEST_OF_DESCRIPTORS(a_descriptor_that_cannot_be_read_does_not_hide_the_others)
{
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

TEST_OF_DESCRIPTORS(a_descriptor_cut_off_anywhere_is_not_taken)
{
        describe("share/10-a.json", usual);
        AUTO_BUFFER struct buffer whole = {0};
        read_whole("share/10-a.json", &whole);
        for (size_t size = 0; size < whole.size; size++) {
                write_bytes("share/10-a.json", (struct bytes){whole.data, size});
                assert_none("no usable firmware");
        }
}
