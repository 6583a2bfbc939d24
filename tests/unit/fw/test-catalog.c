// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/last-error.h"

#include "fw/catalog.h"

#define ENTRY                                                                                                          \
        "  - name: a-1.0\n    package: p\n    version: 1.0\n    archive: http://127.0.0.1:1/a\n    suites: [s, "       \
        "s-updates]\n"                                                                                                 \
        "    component: main\n    architecture: amd64\n    keys: F6ECB3762474EDA9D21B7022871920D1991BC93C\n"           \
        "    esxi: not tried\n"
#define FILE_TEXT "default: a-1.0\nfirmware:\n" ENTRY

static int begin(void **state)
{
        const char *build = getenv("BUILD");
        AUTO_FREE char *data = text_format("%s/share", build ? build : "build");
        AUTO_FREE char *folder = realpath(data, NULL);
        if (folder)
                setenv("ESXIARM_DATA", folder, 1);
        return scratch_begin(state);
}

TEST_WITH(the_catalog_of_the_project_is_right, begin, scratch_end)
{
        AUTO_CATALOG struct catalog catalog = {0};
        assert_done(catalog_read(&catalog, &err), &err);
        assert_string_equal(catalog.default_name, "ubuntu-22.04");
        const struct catalog_entry *entry = catalog_find(&catalog, "ubuntu-22.04");
        assert_string_equal(entry->version, "2022.02-3ubuntu0.22.04.5");
        assert_contains(entry->esxi, "installs and boots");
        assert_true(entry->snapshot_count > 0);
        assert_null(catalog_find(&catalog, "debian-12")->archive);
        assert_null(catalog_find(&catalog, "debian-12")->version);
        assert_null(catalog_find(&catalog, "nothing"));
}

TEST_IN_SCRATCH(an_entry_is_read)
{
        AUTO_CATALOG struct catalog catalog = {0};
        write_text("c.yaml", FILE_TEXT);
        assert_done(catalog_read_file("c.yaml", &catalog, &err), &err);
        AUTO_FREE const char **names = catalog_names(&catalog);
        assert_string_equal(names[0], "a-1.0");
        assert_null(names[1]);
        const struct catalog_entry *entry = &catalog.entries[0];
        assert_int_equal(entry->suite_count, 2);
        assert_string_equal(entry->suites[1], "s-updates");
        assert_string_equal(entry->components[0], "main");
        assert_string_equal(entry->keys[0], "F6ECB3762474EDA9D21B7022871920D1991BC93C");
        assert_null(entry->key_server);
}

// Each one is FILE_TEXT with FROM replaced by TO.
TEST_IN_SCRATCH(an_error_is_reported_with_its_line)
{
        static const struct {
                const char *from, *to, *says;
        } mistakes[] = {
                {"name: a-1.0", "name: apt", "c.yaml:3: 'apt' is not a valid name"},
                {"name: a-1.0", "name: ../a", "c.yaml:3: '../a' is not a valid name"},
                {"package: p", "package: -p", "c.yaml:4: '-p' is not a valid package name"},
                {"version: 1.0", "version: 1/0", "c.yaml:5: '1/0' is not a valid package version"},
                {"http://127.0.0.1:1/a", "ftp://127.0.0.1/a",
                 "c.yaml:6: 'ftp://127.0.0.1/a' is not a valid archive URL"},
                {"http://127.0.0.1:1/a", "http://u:p@127.0.0.1/a", "is not a valid archive URL"},
                {"http://127.0.0.1:1/a", "http://127.0.0.1/a/", "without a final slash"},
                {"s-updates", "../s", "c.yaml:7: '../s' is not a valid suite name"},
                {"component: main", "component: /main", "is not a valid component name"},
                {"F6EC", "f6ec", "c.yaml:10: "},
                {"F6EC", "F6E", "is not a valid fingerprint"},
                {"esxi: not tried", "key_server: http://127.0.0.1\n    esxi: a", "is not a valid key server URL"},
                {"esxi: not tried", "esxy: a", "did you mean 'esxi'?"},
                {"    esxi: not tried\n", "", "the key 'esxi' is missing"},
                {"default: a-1.0", "default: b", "c.yaml:1: the default 'b' is not an entry"},
                {"    esxi: not tried\n", "    esxi: a\n" ENTRY, "c.yaml:12: duplicate name 'a-1.0'"},
        };
        for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
                AUTO_CATALOG struct catalog catalog = {0};
                const char *at = strstr(FILE_TEXT, mistakes[i].from);
                assert_non_null(at);
                AUTO_FREE char *text = text_format("%.*s%s%s", (int)(at - FILE_TEXT), FILE_TEXT, mistakes[i].to,
                                                   at + strlen(mistakes[i].from));
                write_text("c.yaml", text);
                assert_failed(catalog_read_file("c.yaml", &catalog, &err), ERROR_DAMAGED, mistakes[i].says);
        }
}

TEST_IN_SCRATCH(a_missing_catalog_is_reported)
{
        AUTO_CATALOG struct catalog catalog = {0};
        assert_failed(catalog_read_file("nowhere.yaml", &catalog, &err), ERROR_USAGE, "nowhere.yaml");
}
