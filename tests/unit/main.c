// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/test.h"

#include <stdbool.h>

static struct CMUnitTest tests[128];
static size_t count;
static CMFixtureFunction group_setup, group_teardown;
static const char *need_of_linux;
const char *test_program;

void test_register(const char *name, CMUnitTestFunction test, CMFixtureFunction setup, CMFixtureFunction teardown)
{
        if (count == sizeof tests / sizeof tests[0])
                abort();
        tests[count++] = (struct CMUnitTest){name, test, setup, teardown, NULL};
}

void test_register_group(CMFixtureFunction setup, CMFixtureFunction teardown)
{
        group_setup = setup;
        group_teardown = teardown;
}

void test_register_need_of_linux(const char *what)
{
        need_of_linux = what;
}

static bool is_linux(void)
{
#ifdef __linux__
        return true;
#else
        return false;
#endif
}

void needs_linux(const char *what)
{
        if (is_linux())
                return;
        printf("# needs Linux: %s\n", what);
        skip();
}

int main(int argument_count, char **arguments)
{
        (void)argument_count;
        test_program = arguments[0];
        if (need_of_linux && !is_linux()) {
                printf("ok - all tests # skip: needs Linux: %s\n", need_of_linux);
                return 0;
        }
        return _cmocka_run_group_tests("tests", tests, count, group_setup, group_teardown);
}
