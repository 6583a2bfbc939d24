// SPDX-License-Identifier: Apache-2.0
//
// The start of every unit test: cmocka, and TEST(name), which defines a test and registers it with main.c. The tests of
// a program run in the order of their definition.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka's header needs the four above.
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Used by the macros below, before main() begins.
void test_register(const char *name, CMUnitTestFunction test, CMFixtureFunction setup, CMFixtureFunction teardown);
void test_register_group(CMFixtureFunction setup, CMFixtureFunction teardown);
void test_register_need_of_linux(const char *what);

// The path of the running test program, as in argv[0].
extern const char *test_program;

// A test: TEST(name) { statements }.
#define TEST(name) TEST_WITH(name, NULL, NULL)

// A test that runs between SETUP and TEARDOWN, and is left out if SETUP fails.
#define TEST_WITH(name, setup, teardown)                                                                               \
        static void test_##name(void **state);                                                                         \
        __attribute__((constructor)) static void register_##name(void)                                                 \
        {                                                                                                              \
                test_register(#name, test_##name, setup, teardown);                                                    \
        }                                                                                                              \
        static void test_##name(void **state __attribute__((unused)))

// SETUP runs once before the first test of the program, TEARDOWN once after the last.
#define TEST_GROUP(setup, teardown)                                                                                    \
        __attribute__((constructor)) static void register_group(void)                                                  \
        {                                                                                                              \
                test_register_group(setup, teardown);                                                                  \
        }

// Leaves out all tests of the program on systems other than Linux, which do not have WHAT.
#define TESTS_NEED_LINUX(what)                                                                                         \
        __attribute__((constructor)) static void register_need(void)                                                   \
        {                                                                                                              \
                test_register_need_of_linux(what);                                                                     \
        }

// Leaves out the running test on systems other than Linux, which do not have WHAT.
void needs_linux(const char *what);
