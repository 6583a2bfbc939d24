// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "launcher/evidence/redact.h"
#include "tests/unit/test.h"

static bool collect(struct bytes bytes, void *text, struct error *err)
{
        (void)err;
        text_add_span(text, (const char *)bytes.data, bytes.size);
        return true;
}

static void becomes(const char *content, const char *expected, uint64_t count)
{
        AUTO_TEXT struct text text = {0};
        uint64_t hidden = 0;
        assert_true(redact((struct bytes){(const uint8_t *)content, strlen(content)}, NULL, 0, collect, &text, &hidden,
                           NULL));
        assert_string_equal(text_string(&text), expected);
        assert_int_equal(hidden, count);
}

TEST(a_licence_key_is_hidden_wherever_it_stands)
{
        becomes("vmserialnum --esx=AB12C-DE34F-GH56I-JK78L-MN90O\n", "vmserialnum --esx=<licence key>\n", 1);
        becomes("\"--license\",\"ab12c-de34f-gh56i-jk78l-mn90o\"", "\"--license\",\"<licence key>\"", 1);
        becomes("AB12C-DE34F-GH56I-JK78L-MN90O", "<licence key>", 1);
        becomes("AB12C-DE34F-GH56I-JK78L-MN90O AB12C-DE34F-GH56I-JK78L-MN90O", "<licence key> <licence key>", 2);
        becomes("rootpw x\nkey AB12C-DE34F-GH56I-JK78L-MN90O", "rootpw <hidden>\nkey <licence key>", 2);
}

TEST(what_is_no_licence_key)
{
        static const char *const others[] = {
                "52000000-0000-0000-0000-000000000001",
                "AB12C-DE34F-GH56I-JK78L-MN90OP",
                "AB12C-DE34F-GH56I-JK78L-MN90",
                "AB12C-DE34F-GH56I-JK78L",
                "AB12C-DE34F-GH56I_JK78L-MN90O",
                "-----",
                "AB12C-",
        };
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
                becomes(others[i], others[i], 0);
}
