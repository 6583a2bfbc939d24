// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.h"
#include "base/spelling.h"
#include "tests/unit/scratch.h"

#define REPLACED "\xEF\xBF\xBD"

static struct bytes view_of(const char *text)
{
        return (struct bytes){(const uint8_t *)text, strlen(text)};
}

TEST(text_grows_and_is_always_terminated)
{
        AUTO_TEXT struct text text = {0};
        assert_string_equal(text_string(&text), "");
        text_clear(&text);
        for (unsigned i = 0; i < 1000; i++) {
                text_add_format(&text, "%u,", i);
                assert_int_equal(strlen(text_string(&text)), text.length);
        }
        assert_true(text_ends_with(text_string(&text), "998,999,"));
        text_clear(&text);
        assert_string_equal(text_string(&text), "");
        text_add(&text, "");
        text_add_span(&text, "abcdef", 3);
        text_add_char(&text, '!');
        AUTO_FREE char *taken = text_take(&text);
        assert_string_equal(taken, "abc!");
        AUTO_FREE char *nothing = text_take(&text);
        assert_string_equal(nothing, "");
}

TEST(utf16_becomes_utf8)
{
        static const struct {
                const char *utf16;
                size_t size;
                const char *utf8;
        } cases[] = {
                {"", 0, ""},
                {"V\0M\0", 4, "VM"},
                {"A\0\0\0B\0", 6, "A"},
                {"\0\0", 2, ""},
                {"\xFC\x00", 2, "\xC3\xBC"},
                {"\xAC\x20", 2, "\xE2\x82\xAC"},
                {"\x3D\xD8\x00\xDE", 4, "\xF0\x9F\x98\x80"}, // U+1F600
                {"\x00\xD8\x00\xDC", 4, "\xF0\x90\x80\x80"}, // U+10000, the first pair
                {"\xFF\xDB\xFF\xDF", 4, "\xF4\x8F\xBF\xBF"}, // U+10FFFF, the last
                {"\xFF\xD7", 2, "\xED\x9F\xBF"},             // the last before the surrogates
                {"\x00\xE0", 2, "\xEE\x80\x80"},             // the first after them
                {"\xFF\xFF", 2, "\xEF\xBF\xBF"},
                // Unpaired surrogates and odd bytes are replaced.
                {"A", 1, REPLACED},
                {"A\0B", 3, "A" REPLACED},
                {"\x3D\xD8", 2, REPLACED},              // high at the end
                {"\x3D\xD8\x00", 3, REPLACED REPLACED}, // high and half a unit
                {"\x00\xDE", 2, REPLACED},              // low alone
                {"\x3D\xD8"
                 "A\0",
                 4, REPLACED "A"},             // high, then a letter
                {"\x3D\xD8\0\0", 4, REPLACED}, // high, then the end
                {"\x3D\xD8\x3D\xD8\x00\xDE", 6, REPLACED "\xF0\x9F\x98\x80"},
                {"\x00\xDE\x3D\xD8", 4, REPLACED REPLACED}, // the wrong way round
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_FREE uint8_t *exact = memory_copy(cases[i].utf16, cases[i].size);
                AUTO_FREE char *utf8 = text_from_utf16((struct bytes){exact, cases[i].size});
                assert_string_equal(utf8, cases[i].utf8);
        }
}

// iconv(1) of the C library is the oracle, for every character that UTF-16 can spell.
TEST_IN_SCRATCH(every_character_goes_to_utf16_as_iconv_does_it)
{
        AUTO_TEXT struct text all = {0};
        for (uint32_t code_point = 1; code_point <= 0x10FFFF; code_point += code_point < 0x3000 ? 1 : 97) {
                if (code_point < 0xD800 || code_point >= 0xE000)
                        text_add_utf8(&all, code_point);
        }
        write_text("utf8", text_string(&all));
        shell("iconv -f UTF-8 -t UTF-16LE utf8 >utf16");
        AUTO_BUFFER struct buffer expected = {0};
        AUTO_BUFFER struct buffer converted = {0};
        read_whole("utf16", &expected);
        assert_true(text_to_utf16(text_string(&all), &converted));
        assert_true(bytes_equal(buffer_view(&expected), buffer_view(&converted)));
        AUTO_FREE char *back = text_from_utf16(buffer_view(&converted));
        assert_string_equal(back, text_string(&all));
}

// What Unicode 15, table 3-7, does not allow.
static const char *const broken[] = {
        "\x80",                     // a continuation alone
        "\xBF",                     //
        "\xC3",                     // cut off
        "\xC3\x41",                 // not continued
        "\xC0\x80",                 // overlong NUL
        "\xC1\xBF",                 // overlong
        "\xE0\x80\x80",             //
        "\xE0\x9F\xBF",             //
        "\xF0\x80\x80\x80",         //
        "\xF0\x8F\xBF\xBF",         //
        "\xED\xA0\x80",             // U+D800
        "\xED\xBF\xBF",             // U+DFFF
        "\xED\xA0\xBD\xED\xB8\x80", // a pair of them (CESU-8)
        "\xF4\x90\x80\x80",         // U+110000
        "\xF5\x80\x80\x80",         //
        "\xF8\x88\x80\x80\x80",     // five bytes
        "\xFC\x84\x80\x80\x80\x80", // six
        "\xFE",                     //
        "\xFF",                     //
        "\xE2\x82",                 // cut off
        "\xF0\x9F\x98",             //
};
enum {
        BROKEN = sizeof broken / sizeof broken[0]
};

TEST(broken_utf8_is_not_made_into_utf16)
{
        for (size_t i = 0; i < BROKEN; i++) {
                AUTO_BUFFER struct buffer buffer = {0};
                assert_false(text_to_utf16(broken[i], &buffer));
                AUTO_FREE char *inside = text_format("ab%s", broken[i]);
                assert_false(text_to_utf16(inside, &buffer));
        }
        AUTO_BUFFER struct buffer buffer = {0};
        assert_true(text_to_utf16("", &buffer));
        assert_int_equal(buffer.size, 0);
}

TEST(invalid_characters_are_replaced)
{
        static const uint32_t none[] = {0xD800, 0xDFFF, 0x110000, 0x1FFFFF, 0x200000, 0x7FFFFFFF, UINT32_MAX};
        for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
                AUTO_TEXT struct text text = {0};
                text_add_utf8(&text, none[i]);
                assert_string_equal(text_string(&text), REPLACED);
        }
}

static bool is_valid_utf8(const char *text)
{
        AUTO_BUFFER struct buffer ignored = {0};
        return text_to_utf16(text, &ignored);
}

// Feeds BYTES in two pieces, cut at CUT, the way a stream is read.
static char *repaired_in_two(struct bytes bytes, size_t cut)
{
        struct text text = {0};
        AUTO_BUFFER struct buffer waiting = {0};
        const struct bytes pieces[] = {{bytes.data, cut}, bytes_from(bytes, cut)};
        for (size_t i = 0; i < 2; i++) {
                buffer_add_bytes(&waiting, pieces[i]);
                size_t taken = text_add_repaired(&text, (const char *)waiting.data, waiting.size);
                assert_true(taken <= waiting.size && waiting.size - taken < 4);
                if (taken)
                        memmove(waiting.data, waiting.data + taken, waiting.size - taken);
                waiting.size -= taken;
        }
        return text_take(&text);
}

TEST(a_stream_cut_at_every_byte_is_repaired_the_same)
{
        AUTO_TEXT struct text stream = {0};
        text_add(&stream, "a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80z");
        for (size_t i = 0; i < BROKEN; i++)
                text_add_format(&stream, "%s|", broken[i]);
        const struct bytes bytes = view_of(text_string(&stream));
        AUTO_FREE char *whole = repaired_in_two(bytes, 0);
        assert_true(is_valid_utf8(whole));
        assert_true(text_starts_with(whole, "a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80z" REPLACED "|" REPLACED "|"));
        for (size_t cut = 0; cut <= bytes.size; cut++) {
                AUTO_FREE char *cut_once = repaired_in_two(bytes, cut);
                assert_string_equal(cut_once, whole);
        }
}

TEST(a_cut_sequence_waits_for_its_rest)
{
        static const struct {
                const char *bytes;
                size_t taken;
                const char *text;
        } cases[] = {
                {"ab\xC3", 2, "ab"},
                {"\xE2\x82", 0, ""},
                {"\xF0\x9F\x98", 0, ""},
                {"\xF4", 0, ""},
                // Nothing that comes could complete these.
                {"\xF5", 1, REPLACED},
                {"\xC1", 1, REPLACED},
                {"\x80", 1, REPLACED},
                {"\xFF", 1, REPLACED},
                {"\xE2\x41", 2, REPLACED "A"},
                {"\xF0\x9F\x41", 3, REPLACED REPLACED "A"},
                {"", 0, ""},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_TEXT struct text text = {0};
                AUTO_FREE char *exact = memory_copy(cases[i].bytes, strlen(cases[i].bytes));
                assert_int_equal(text_add_repaired(&text, exact, strlen(cases[i].bytes)), cases[i].taken);
                assert_string_equal(text_string(&text), cases[i].text);
        }
}

TEST(any_bytes_become_valid_text)
{
        uint32_t random = 1;
        for (unsigned round = 0; round < 20000; round++) {
                char bytes[8];
                for (size_t i = 0; i < sizeof bytes; i++) {
                        random = random * 1664525 + 1013904223;
                        bytes[i] = (char)(random >> 24);
                }
                AUTO_TEXT struct text text = {0};
                text_add_repaired(&text, bytes, sizeof bytes);
                assert_true(is_valid_utf8(text_string(&text)));
                AUTO_FREE char *shown = text_printable(bytes, sizeof bytes, false);
                assert_true(is_valid_utf8(shown));
                AUTO_FREE char *wide = text_from_utf16((struct bytes){(const uint8_t *)bytes, sizeof bytes - 1});
                assert_true(is_valid_utf8(wide));
        }
}

TEST_IN_SCRATCH(hex_both_ways)
{
        uint8_t all[256];
        for (size_t i = 0; i < sizeof all; i++)
                all[i] = (uint8_t)i;
        write_bytes("all", (struct bytes){all, sizeof all});
        AUTO_FREE char *expected = shell_output("od -An -v -tx1 all | tr -d ' \\n'");
        AUTO_FREE char *hex = text_hex((struct bytes){all, sizeof all});
        assert_string_equal(hex, expected);
        AUTO_BUFFER struct buffer back = {0};
        assert_true(text_parse_hex(hex, &back));
        assert_true(bytes_equal(buffer_view(&back), (struct bytes){all, sizeof all}));
        assert_true(text_parse_hex("aBCdeF", &back));
        assert_memory_equal(back.data + 256, "\xAB\xCD\xEF", 3);
        AUTO_FREE char *empty = text_hex((struct bytes){0});
        assert_string_equal(empty, "");
        assert_true(text_parse_hex("", &back));
}

TEST(invalid_hex_is_refused)
{
        static const char *const wrong[] = {"a",   "abc",      "0x00", "zz", "0g", "g0", " 00", "00 ",
                                            "0 0", "\xFF\xFF", "//",   "::", "@@", "GG", "``"};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                AUTO_BUFFER struct buffer buffer = {0};
                assert_false(text_parse_hex(wrong[i], &buffer));
        }
}

TEST(numbers)
{
        static const struct {
                const char *text;
                uint64_t number;
        } good[] = {{"0", 0}, {"007", 7}, {"4096", 4096}, {"18446744073709551615", UINT64_MAX}};
        for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
                uint64_t number = 99;
                assert_true(text_parse_number(good[i].text, &number));
                assert_true(number == good[i].number);
        }
        static const char *const wrong[] = {"",
                                            " ",
                                            "-1",
                                            "+1",
                                            " 1",
                                            "1 ",
                                            "1.0",
                                            "0x10",
                                            "1e3",
                                            "abc",
                                            "1\n",
                                            "1K",
                                            "18446744073709551616",
                                            "99999999999999999999999"};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                uint64_t number;
                assert_false(text_parse_number(wrong[i], &number));
        }
}

TEST(sizes)
{
        static const struct {
                const char *text;
                uint64_t bytes;
        } good[] = {
                {"0", 0},
                {"512", 512},
                {"512B", 512},
                {"1k", 1024},
                {"1K", 1024},
                {"1KB", 1024},
                {"1KiB", 1024},
                {"1kib", 1024},
                {"504M", UINT64_C(504) << 20},
                {"504mIb", UINT64_C(504) << 20},
                {"40G", UINT64_C(40) << 30},
                {"40GiB", UINT64_C(40) << 30},
                {"2T", UINT64_C(2) << 40},
                {"18446744073709551615", UINT64_MAX},
                {"18014398509481983K", UINT64_MAX - 1023},
                {"16777215T", UINT64_C(16777215) << 40},
        };
        for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
                uint64_t bytes = 99;
                assert_true(text_parse_size(good[i].text, &bytes));
                assert_true(bytes == good[i].bytes);
        }
        static const char *const wrong[] = {
                "",
                "K",
                "-1K",
                "1.5G",
                "1 K",
                "1P",
                "1KK",
                "1Ki",
                "1KiBB",
                "1KBB",
                "1iB",
                "1i",
                "1BB",
                "1K ",
                "0x1K",
                "G40",
                "40GG",
                "40 G",
                "1K\n",
                "1,5G",
                "1kbit",
                "1\xC3",
                "18446744073709551615K",
                "18014398509481984K",
                "17592186044416M",
                "17179869184G",
                "16777216T",
                "18446744073709551616",
                "99999999999999999999T",
        };
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                uint64_t bytes;
                if (text_parse_size(wrong[i], &bytes))
                        fail_msg("'%s' was taken for a size", wrong[i]);
        }
}

TEST(sizes_and_durations_as_people_read_them)
{
        static const struct {
                uint64_t bytes;
                const char *text;
        } sizes[] = {
                {0, "0 bytes"},
                {1023, "1023 bytes"},
                {1024, "1.00 KiB"},
                {UINT64_C(504) << 20, "504.00 MiB"},
                {UINT64_C(40) << 30, "40.00 GiB"},
                {UINT64_C(3) << 39, "1.50 TiB"},
                {UINT64_MAX, "16384.00 PiB"},
        };
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                AUTO_FREE char *text = text_size(sizes[i].bytes);
                assert_string_equal(text, sizes[i].text);
        }
        static const struct {
                uint64_t milliseconds;
                const char *text;
        } durations[] = {
                {0, "0.0 s"},      {99, "0.0 s"},         {850, "0.8 s"},         {12400, "12.4 s"},
                {59999, "59.9 s"}, {60000, "1 min 00 s"}, {185000, "3 min 05 s"}, {3600000, "60 min 00 s"},
        };
        for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
                AUTO_FREE char *text = text_duration(durations[i].milliseconds);
                assert_string_equal(text, durations[i].text);
        }
}

TEST(beginnings_ends_and_case)
{
        assert_true(text_starts_with("Boot0004", "Boot"));
        assert_true(text_starts_with("x", ""));
        assert_false(text_starts_with("Bo", "Boot"));
        assert_true(text_ends_with("vars.fd", ".fd"));
        assert_true(text_ends_with("x", ""));
        assert_false(text_ends_with("d", ".fd"));
        assert_true(text_equal_ignoring_case("BootOrder", "bOOTorder"));
        assert_false(text_equal_ignoring_case("Boot", "BootOrder"));
        assert_false(text_equal_ignoring_case("@", "`"));
}

TEST(printable_text_cannot_steer_a_terminal)
{
        static const struct {
                const char *text;
                bool keep_newlines;
                const char *printable;
        } cases[] = {
                {"VMware ESXi \xC3\xBC \xE2\x82\xAC \xF0\x9F\x98\x80", false,
                 "VMware ESXi \xC3\xBC \xE2\x82\xAC \xF0\x9F\x98\x80"},
                {"\033[31mred", false, "\\x1b[31mred"},
                {"\033]0;title\a", false, "\\x1b]0;title\\x07"},
                {"\xC2\x9B"
                 "31m",
                 false, "\\xc2\\x9b31m"}, // CSI as a C1 character
                {"\x9B"
                 "31m",
                 false, "\\x9b31m"}, // and as the byte that some terminals take for it
                {"\xC2\x80\xC2\x9F\xC2\xA0", false, "\\xc2\\x80\\xc2\\x9f\xC2\xA0"},
                {"\x7F\b\r\t", false, "\\x7f\\x08\\x0d\\x09"},
                {"a\nb", false, "a\\x0ab"},
                {"a\nb", true, "a\nb"},
                {"a\r\nb", true, "a\\x0d\nb"},
                {"\xC0\x9B", false, "\\xc0\\x9b"},
                {"\xE2\x82", false, "\\xe2\\x82"},
                {"", false, ""},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_FREE char *exact = memory_copy(cases[i].text, strlen(cases[i].text));
                AUTO_FREE char *shown = text_printable(exact, strlen(cases[i].text), cases[i].keep_newlines);
                assert_string_equal(shown, cases[i].printable);
        }
        AUTO_FREE char *nul = text_printable("a\0b", 3, false);
        assert_string_equal(nul, "a\\x00b");
}

TEST(distances)
{
        static const struct {
                const char *a, *b;
                size_t distance;
        } cases[] = {
                {"", "", 0},
                {"", "abc", 3},
                {"abc", "", 3},
                {"abc", "abc", 0},
                {"instal", "install", 1},
                {"isntall", "install", 1},
                {"kitten", "sitting", 3},
                {"ab", "ba", 1},
                {"abcd", "badc", 2},
                {"ca", "abc", 3},
                {"a", "b", 1},
                {"flaw", "lawn", 2},
                {"saturday", "sunday", 3},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                assert_int_equal(spelling_distance(cases[i].a, cases[i].b), cases[i].distance);
                assert_int_equal(spelling_distance(cases[i].b, cases[i].a), cases[i].distance);
        }
}
