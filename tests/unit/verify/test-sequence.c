// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include "verify/log/sequence.h"

static void add_sequence(struct text *shown, const struct sequence *sequence)
{
        switch (sequence->kind) {
        case SEQUENCE_CHARACTER:
                text_add_utf8(shown, sequence->code);
                break;
        case SEQUENCE_SINGLE:
                text_add_format(shown, "<%02X>", sequence->code);
                break;
        case SEQUENCE_ESCAPE:
                text_add_format(shown, "<ESC %c>", (char)sequence->code);
                break;
        case SEQUENCE_CONTROL:
                text_add(shown, "<CSI ");
                if (sequence->prefix)
                        text_add_char(shown, sequence->prefix);
                for (size_t i = 0; i < SEQUENCE_PARAMETERS; i++)
                        text_add_format(shown, "%u ", sequence->parameters[i]);
                text_add_format(shown, "%c>", (char)sequence->code);
                break;
        }
}

// What BYTES are, the first FIRST of them in one piece and the others in pieces of PIECE: characters as they are, and the
// rest in angle brackets; with PLACES, each behind its line and offset. Freed with free().
static char *decode_in_pieces(struct bytes bytes, size_t first, size_t piece, bool places)
{
        struct sequence_decoder decoder = {0};
        struct text shown = {0};
        for (size_t at = 0, step = first; at < bytes.size; at += step, step = piece) {
                step = step < bytes.size - at ? step : bytes.size - at;
                struct bytes input = {bytes.data + at, step};
                for (struct sequence sequence; sequence_next(&decoder, &input, &sequence);) {
                        if (places)
                                text_add_format(&shown, "%d@%d ", (int)sequence.line_feeds, (int)sequence.offset);
                        add_sequence(&shown, &sequence);
                }
                assert_int_equal(input.size, 0);
        }
        char *text = memory_text(text_string(&shown));
        text_free(&shown);
        return text;
}

static void assert_decodes_bytes(struct bytes bytes, const char *expected, bool places)
{
        for (size_t cut = 1; cut <= bytes.size; cut++) {
                AUTO_FREE char *pieces = decode_in_pieces(bytes, cut, bytes.size, places);
                assert_string_equal(pieces, expected);
        }
        AUTO_FREE char *single = decode_in_pieces(bytes, 1, 1, places);
        assert_string_equal(single, expected);
}

static void assert_decodes(const char *bytes, const char *expected)
{
        assert_decodes_bytes((struct bytes){(const uint8_t *)bytes, strlen(bytes)}, expected, false);
}

TEST(single_controls_stand_between_characters)
{
        assert_decodes("", "");
        assert_decodes("a\b\t\n\v\f\r~", "a<08><09><0A><0B><0C><0D>~");
        assert_decodes("\x01\x07\x18\x1a\x1f", "<01><07><18><1A><1F>");
        assert_decodes("a\x7f"
                       "b",
                       "ab");
        assert_decodes_bytes((struct bytes){(const uint8_t *)"a\0b", 3}, "ab", false);
}

TEST(every_code_point_but_controls_is_a_character)
{
        struct sequence_decoder decoder = {0};
        for (uint32_t code_point = 0xA0; code_point <= 0x10FFFF; code_point++) {
                if (code_point >= 0xD800 && code_point <= 0xDFFF)
                        continue;
                AUTO_TEXT struct text text = {0};
                text_add_utf8(&text, code_point);
                struct bytes input = {(const uint8_t *)text.data, text.length};
                struct sequence sequence;
                assert_true(sequence_next(&decoder, &input, &sequence));
                assert_int_equal(sequence.kind, SEQUENCE_CHARACTER);
                assert_int_equal(sequence.code, code_point);
                assert_false(sequence_next(&decoder, &input, &sequence));
        }
}

TEST(broken_utf8_becomes_replacement_characters)
{
        static const struct {
                const char *bytes, *expected; // `?` for U+FFFD
        } rows[] = {
                {"a\xff(", "a?("},
                {"\xc3(", "?("},
                {"\xe4\xb8\x1b[md", "?<CSI 0 0 0 0 m>d"},
                {"\xa0\xbf", "??"}, // continuations of nothing
                {"\xc0\xaf", "??"}, // too long
                {"\xe0\xa0\xe0\xa0\x80", "?\xe0\xa0\x80"},
                {"\xed\xa0", "??"}, // a surrogate
                {"\xed\xbf\xbf", "???"},
                {"\xf4\x8fx", "?x"},
                {"\xf4\xa0\xa0\xa0", "????"}, // greater than any character
                {"\xf5\xf8\xfc\xfe", "????"},
                {"\xf0\x9f\x98\xf0\x9f\x98\x80", "?\xf0\x9f\x98\x80"},
                {"\xc3\n\xc3\r", "?<0A>?<0D>"},
        };
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                AUTO_TEXT struct text expected = {0};
                for (const char *at = rows[i].expected; *at; at++) {
                        if (*at == '?')
                                text_add_utf8(&expected, 0xFFFD);
                        else
                                text_add_char(&expected, *at);
                }
                assert_decodes(rows[i].bytes, text_string(&expected));
        }
}

TEST(eight_bit_controls_are_escape_sequences)
{
        assert_decodes("\x1b"
                       "D\x84\xc2\x84\x1b"
                       "E\x85\xc2\x85\x1bM\x8d",
                       "<ESC D><ESC D><ESC D><ESC E><ESC E><ESC E><ESC M><ESC M>");
        assert_decodes("\x9b"
                       "1m\xc2\x9b"
                       "2m",
                       "<CSI 1 0 0 0 m><CSI 2 0 0 0 m>");
        assert_decodes("\x1b"
                       "7\x1b"
                       "8\x1b=\x1b>\x1b"
                       "c\x1b~",
                       "<ESC 7><ESC 8><ESC =><ESC >><ESC c><ESC ~>");
        // Each of these has bytes in its UTF-8 that would be controls by themselves.
        assert_decodes("ěŝĐ…→中", "ěŝĐ…→中");
}

TEST(control_sequences_come_with_their_parameters)
{
        assert_decodes("\x1b[m", "<CSI 0 0 0 0 m>");
        assert_decodes("\x1b[01;012H", "<CSI 1 12 0 0 H>");
        assert_decodes("\x1b[;7H", "<CSI 0 7 0 0 H>");
        assert_decodes("\x1b[38:5:1m", "<CSI 38 5 1 0 m>");
        assert_decodes("\x1b[1;2;3;4m", "<CSI 1 2 3 4 m>");
        assert_decodes("\x1b[9999A\x1b[10000A\x1b[99999999999999999999A",
                       "<CSI 9999 0 0 0 A><CSI 9999 0 0 0 A><CSI 9999 0 0 0 A>");
        assert_decodes("\x1b[?1049h\x1b[>0c\x1b[=3h", "<CSI ?1049 0 0 0 h><CSI >0 0 0 0 c><CSI =3 0 0 0 h>");
        assert_decodes("\x1b[!p\x1b[1 q", "<CSI !0 0 0 0 p><CSI !1 0 0 0 q>");
        assert_decodes("\x1b[5`\x1b[5~\x1b[5@", "<CSI 5 0 0 0 `><CSI 5 0 0 0 ~><CSI 5 0 0 0 @>");
        // What one had does not stay for the next.
        assert_decodes("\x1b[?1;2;3;4h\x1b[A", "<CSI ?1 2 3 4 h><CSI 0 0 0 0 A>");
}

TEST(strings_leave_nothing_behind)
{
        assert_decodes("a\x1b]0;title\x07"
                       "b\x1b]2;m\xc3\xa9\x1b\\c\x1bP1$r0m\x1b\\d\x1b_x\x1b\\e\x1b^y\x1b\\f\x1bXz\x1b\\g\x1bkw\x1b\\h",
                       "abcdefgh");
        assert_decodes("a\x9d"
                       "0;t\x9c"
                       "b\x90q\x9c"
                       "c",
                       "abc");
        assert_decodes("a\x1b(Bb\x1b)Bc\x1b#8d\x1b%Ge\x1b kf\x1b$(Ag", "abcdefg");
}

TEST(letters_are_line_graphics_in_their_character_set)
{
        assert_decodes("\x1b(0lqkxmj_`~\x1b(Blq", "┌─┐│└┘ ◆·lq");
        assert_decodes("\x1b(0AZ 19\x7f", "AZ 19");
        assert_decodes("\x1b)0x\x0ex\x0fx\x0e\x1b)Bx", "x│xx");
}

TEST(bytes_that_break_a_sequence_are_not_lost)
{
        assert_decodes("a\x1b[12\r\nP", "a<0D><0A>P");
        assert_decodes("a\x1b[12\x18P\x1b[1\x1aP", "a<18>P<1A>P");
        assert_decodes("a\x1b[1\x07P", "a<07>P");
        assert_decodes("a\x1b[1\xc3\xa9P", "aéP");
        assert_decodes("a\x1b[1\x1b[2mb", "a<CSI 2 0 0 0 m>b");
        assert_decodes("a\x1b\x1b[2mb", "a<CSI 2 0 0 0 m>b");
        assert_decodes("a\x1b]0;title\nP", "a<0A>P");
        assert_decodes("a\x1b]0;title\x1b[1mP", "a<CSI 1 0 0 0 m>P");
        assert_decodes("a\x1bP\nP\x1b(\nP\x1b\nP", "a<0A>P<0A>P<0A>P");
}

TEST(a_sequence_without_an_end_is_dropped_at_the_limit)
{
        static const char *const beginnings[] = {"\x1b]", "\x1b[", "\x1bP", "\x1b("};
        for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
                AUTO_BUFFER struct buffer bytes = {0};
                buffer_add(&bytes, beginnings[i], 2);
                buffer_fill(&bytes, ' ', SEQUENCE_LIMIT);
                buffer_add(&bytes, "Panic", 5);
                AUTO_FREE char *shown = decode_in_pieces(buffer_view(&bytes), 1, 1000, false);
                assert_true(text_ends_with(shown, "Panic"));
        }
}

TEST(places_are_those_of_the_first_byte)
{
        static const char bytes[] = "a\xc3\xa9\x1b[1mb\n\xe4\xb8\n\x1b]0;t\x07"
                                    "c\x1b[9\n";
        assert_decodes_bytes((struct bytes){(const uint8_t *)bytes, strlen(bytes)},
                             "0@0 a0@1 é0@3 <CSI 1 0 0 0 m>0@7 b0@8 <0A>1@9 \xef\xbf\xbd"
                             "1@11 <0A>2@18 c2@22 <0A>",
                             true);
}

// Any bytes at all are the same sequences however they are cut, within the bounds that the header gives.
TEST(noise_stays_within_bounds_however_it_is_cut)
{
        uint32_t random = 2463534242;
        for (int round = 0; round < 300; round++) {
                uint8_t noise[100];
                for (size_t i = 0; i < sizeof noise; i++) {
                        random = random * 1664525 + 1013904223;
                        uint8_t byte = (uint8_t)(random >> 16);
                        noise[i] = (random >> 24) % 3 ? (uint8_t) "\x1b[]0;1?m\x9b\xe4\xb8\n"[byte % 12] : byte;
                }
                struct bytes bytes = {noise, sizeof noise};
                AUTO_FREE char *whole = decode_in_pieces(bytes, sizeof noise, 1, true);
                assert_decodes_bytes(bytes, whole, true);
                struct sequence_decoder decoder = {0};
                uint64_t least_offset = 0;
                for (struct sequence sequence; sequence_next(&decoder, &bytes, &sequence);) {
                        assert_true(sequence.offset >= least_offset && sequence.offset <= sizeof noise - 1);
                        least_offset = sequence.offset;
                        if (sequence.kind == SEQUENCE_CHARACTER)
                                assert_false(sequence.code < 0x20 || (sequence.code >= 0x7F && sequence.code < 0xA0));
                        else
                                assert_true(sequence.code <= 0x7E);
                        for (size_t i = 0; sequence.kind == SEQUENCE_CONTROL && i < SEQUENCE_PARAMETERS; i++)
                                assert_true(sequence.parameters[i] <= SEQUENCE_PARAMETER_MOST);
                }
        }
}
