// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/rehearsal/guest.h"

#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/base/wrap.h"
#include "launcher/rehearsal/guest/garbage.h"
#include "launcher/rehearsal/guest/scroll.h"
#include "launcher/rehearsal/screen/keys.h"
#include "launcher/rehearsal/screen/screen.h"

static const struct {
        const char *bytes;
        enum key_name name;
} keys[] = {
        {"\r", KEY_ENTER},       {"\n", KEY_ENTER},     {"\t", KEY_TAB},       {"\x7F", KEY_BACKSPACE},
        {"a", KEY_CHARACTER},    {"~", KEY_CHARACTER},  {"\x1B[A", KEY_UP},    {"\x1BOB", KEY_DOWN},
        {"\x1B[20~", KEY_F9},    {"\x1B[23~", KEY_F11}, {"\x1B[24~", KEY_F12}, {"\x1B[12~", KEY_F2},
        {"\x1B[99~", KEY_OTHER}, {"\x01", KEY_OTHER},   {"\xC3", KEY_OTHER},
};

TEST(keys_come_out_of_bytes)
{
        struct key key;
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
                size_t size = strlen(keys[i].bytes);
                char *bytes = exact_copy(keys[i].bytes, size);
                assert_int_equal(key_decode(bytes, size, false, &key), size);
                assert_int_equal(key.name, keys[i].name);
                // Cut short, it waits for more; if no more comes, it is an Esc or another key.
                for (size_t cut = 1; cut < size; cut++) {
                        char *start = exact_copy(bytes, cut);
                        assert_int_equal(key_decode(start, cut, false, &key), 0);
                        assert_true(key_decode(start, cut, true, &key) > 0);
                        assert_int_equal(key.name, cut == 1 ? KEY_ESCAPE : KEY_OTHER);
                        free(start);
                }
                free(bytes);
        }
        assert_int_equal(key_decode("", 0, true, &key), 0);
        assert_int_equal(key_decode("\x1B[111111", 8, false, &key), 8);
}

TEST(any_bytes_become_keys)
{
        srand(1);
        for (size_t turn = 0; turn < 20000; turn++) {
                char bytes[KEY_SEQUENCE_MAX];
                struct key key;
                size_t size = 1 + (size_t)rand() % sizeof bytes;
                for (size_t i = 0; i < size; i++)
                        bytes[i] = rand() % 3 ? "\x1B[O1~;A"[rand() % 7] : (char)rand();
                char *copy = exact_copy(bytes, size);
                size_t used = key_decode(copy, size, true, &key);
                assert_true(used >= 1 && used <= size);
                free(copy);
        }
}

static bool is_utf8_start(unsigned char byte)
{
        return byte >= 0xC2 && byte <= 0xF4;
}

TEST(garbage_has_every_byte_and_broken_characters)
{
        unsigned seen[256] = {0};
        bool cut = false;
        for (unsigned number = 0; number < 100; number++) {
                char piece[GARBAGE_PIECE_MAX];
                char again[GARBAGE_PIECE_MAX];
                size_t size = garbage_piece(number, piece);
                assert_true(size >= 1 && size <= GARBAGE_PIECE_MAX);
                assert_int_equal(garbage_piece(number, again), size);
                assert_memory_equal(piece, again, size);
                for (size_t i = 0; i < size; i++) {
                        seen[(unsigned char)piece[i]]++;
                        cut = cut ||
                              (i && is_utf8_start((unsigned char)piece[i - 1]) && (unsigned char)piece[i] < 0x80);
                }
        }
        for (size_t i = 0; i < 256; i++)
                assert_true(seen[i] > 0);
        assert_true(cut);
        assert_int_equal(garbage_end[0], 0x18);
}

// printf is the oracle.
TEST(text_is_formatted_as_printf_does)
{
        char ours[64];
        char theirs[64];
#define SAME(...)                                                                                                      \
        do {                                                                                                           \
                for (size_t room = 1; room <= sizeof ours; room++) {                                                   \
                        size_t length = text_format(ours, room, __VA_ARGS__);                                          \
                        snprintf(theirs, room, __VA_ARGS__);                                                           \
                        assert_string_equal(ours, theirs);                                                             \
                        assert_int_equal(length, strlen(theirs));                                                      \
                }                                                                                                      \
        } while (0)
        SAME("%s|%-8s|%8s|%.2s|%.*s", "abc", "abc", "abc", "abc", 1, "abc");
        SAME("%d %d %u %x %X", -1, 2147483647, 4294967295u, 48879u, 48879u);
        SAME("%04X %08x %3u%% %c", 4u, 255u, 7u, 'z');
        SAME("%llu %lu %llx", 18446744073709551615ull, 7ul, 18446744073709551615ull);
        char capacity[20];
        text_format_capacity(capacity, sizeof capacity, UINT64_C(504) << 20);
        assert_string_equal(capacity, "504.00 MiB");
        text_format_capacity(capacity, sizeof capacity, UINT64_C(40) << 30);
        assert_string_equal(capacity, "40.00 GiB");
        text_format_capacity(capacity, sizeof capacity, UINT64_MAX);
        assert_string_equal(capacity, "16777215.99 TiB");
}

static char sent[1 << 16];
static size_t sent_size;

static void collect(void *context, const char *bytes, size_t size)
{
        (void)context;
        assert_true(sent_size + size < sizeof sent);
        memcpy(sent + sent_size, bytes, size);
        sent_size += size;
        sent[sent_size] = '\0';
}

static void ignore_row(void *context)
{
        (void)context;
}

TEST(a_screen_sends_what_changed)
{
        static struct screen screen;
        screen_open(&screen, (struct screen_sink){.write = collect, .row_drawn = ignore_row});
        screen_flush(&screen);
        sent_size = 0;
        screen_flush(&screen);
        assert_int_equal(sent_size, 0);
        screen_text(&screen, 2, 3, STYLE_SELECTED, "disk");
        screen_flush(&screen);
        assert_string_equal(sent, "\x1B[3;4H\x1B[0;30;47;7mdisk");
        // Outside the screen nothing happens.
        sent_size = 0;
        screen_text(&screen, SCREEN_ROWS, 0, STYLE_BOX, "below");
        screen_text(&screen, 0, SCREEN_COLUMNS, STYLE_BOX, "beside");
        screen_fill(&screen, SCREEN_ROWS - 1, SCREEN_COLUMNS - 1, 9, 9, STYLE_BOX);
        screen_flush(&screen);
        assert_int_equal(sent_size, 0);
}

TEST(the_cursor_follows_what_is_drawn)
{
        static struct screen screen;
        screen_open(&screen, (struct screen_sink){.write = collect, .row_drawn = ignore_row});
        screen_flush(&screen);
        sent_size = 0;
        screen_show_cursor(&screen, 4, 9);
        screen_flush(&screen);
        assert_string_equal(sent, "\x1B[5;10H\x1B[?25h");
        sent_size = 0;
        screen_flush(&screen);
        assert_int_equal(sent_size, 0);
        screen_text(&screen, 2, 3, STYLE_BOX, "x");
        screen_flush(&screen);
        assert_string_equal(sent, "\x1B[3;4H\x1B[0;30;47mx\x1B[5;10H\x1B[?25h");
        sent_size = 0;
        screen_repaint(&screen, 2);
        assert_string_equal(sent + sent_size - strlen("\x1B[5;10H\x1B[?25h"), "\x1B[5;10H\x1B[?25h");
        sent_size = 0;
        screen_hide_cursor(&screen);
        screen_flush(&screen);
        assert_string_equal(sent, "\x1B[?25l");
}

TEST(frames_are_ascii_or_lines)
{
        static struct screen screen;
        static const char text[] = {FRAME_TOP_LEFT,     FRAME_ACROSS, FRAME_TOP_RIGHT,
                                    FRAME_DOWN,         'x',          FRAME_BOTTOM_LEFT,
                                    FRAME_BOTTOM_RIGHT, '\0'};
        screen_open(&screen, (struct screen_sink){.write = collect, .row_drawn = ignore_row});
        screen_flush(&screen);
        sent_size = 0;
        screen_text(&screen, 0, 0, STYLE_BOX, text);
        screen_flush(&screen);
        assert_string_equal(sent, "\x1B[1;1H\x1B[0;30;47m+-+|x++");
        screen.draws_lines = true;
        sent_size = 0;
        screen_text(&screen, 1, 0, STYLE_BOX, text);
        screen_flush(&screen);
        assert_string_equal(sent, "\x1B[2;1H\x1B[0;30;47m┌─┐│x└┘");
        // A whole row of them.
        char row[SCREEN_COLUMNS + 1] = {0};
        memset(row, FRAME_ACROSS, SCREEN_COLUMNS);
        sent_size = 0;
        screen_text(&screen, 2, 0, STYLE_BOX, row);
        screen_flush(&screen);
        assert_int_equal(sent_size, strlen("\x1B[3;1H\x1B[0;30;47m") + 3 * SCREEN_COLUMNS);
}

// The rows of TEXT, each in brackets. Python's textwrap.wrap() gives the same ones for the texts below.
static void assert_wraps(const char *text, size_t columns, const char *wanted)
{
        char rows[256] = "";
        size_t size = strlen(text);
        char *copy = exact_copy(text, size);
        struct span rest = {.at = copy, .size = size};
        struct span row;
        while (wrap_next(&rest, columns, &row))
                snprintf(rows + strlen(rows), sizeof rows - strlen(rows), "[%.*s]", (int)row.size, row.at);
        assert_string_equal(rows, wanted);
        free(copy);
}

TEST(text_wraps_at_blanks_and_in_long_words)
{
        assert_wraps("", 5, "");
        assert_wraps("abc", 3, "[abc]");
        assert_wraps("abc de f", 6, "[abc de][f]");
        assert_wraps("abc def", 6, "[abc][def]");
        assert_wraps("Install ESXi, overwrite VMFS datastore", 28, "[Install ESXi, overwrite VMFS][datastore]");
        assert_wraps("An error has occurred while parsing the installation script", 54,
                     "[An error has occurred while parsing the installation][script]");
        assert_wraps("a 0123456789 b", 4, "[a 01][2345][6789][b]");
        assert_wraps("ab\n\ncd", 9, "[ab][][cd]");
        assert_wraps("ab\n", 9, "[ab]");
        assert_int_equal(wrap_count("abc de f", 6), 2);
}

static void assert_view(const struct scroll *scroll, size_t first, size_t selected)
{
        assert_int_equal(scroll->first, first);
        assert_int_equal(scroll->selected, selected);
}

// "Local:", four disks, "Remote:", "(none)" in a window of three rows.
static const bool labels[] = {true, false, false, false, false, true, true};

TEST(a_list_scrolls_with_its_selection)
{
        struct scroll scroll = scroll_begin(7, 3, labels, 1);
        assert_view(&scroll, 0, 1);
        scroll_up(&scroll);
        assert_view(&scroll, 0, 1);
        scroll_down(&scroll);
        assert_view(&scroll, 0, 2);
        scroll_down(&scroll);
        scroll_down(&scroll);
        assert_view(&scroll, 2, 4);
        scroll_down(&scroll);
        assert_view(&scroll, 2, 4);
        for (unsigned i = 0; i < 4; i++)
                scroll_up(&scroll);
        assert_view(&scroll, 1, 1);
        scroll = scroll_begin(7, 3, labels, 4);
        assert_view(&scroll, 2, 4);
        scroll = scroll_begin(2, 3, NULL, 0);
        scroll_down(&scroll);
        scroll_down(&scroll);
        assert_view(&scroll, 0, 1);
}

TEST(a_list_that_moves_over_its_labels_keeps_the_selection)
{
        struct scroll scroll = scroll_begin(7, 3, labels, 4);
        scroll.shows_labels = true;
        scroll_down(&scroll);
        assert_view(&scroll, 3, 4);
        scroll_down(&scroll);
        assert_view(&scroll, 4, 4);
        scroll_down(&scroll);
        assert_view(&scroll, 4, 4);
        for (unsigned i = 0; i < 3; i++)
                scroll_up(&scroll);
        assert_view(&scroll, 1, 1);
        scroll_up(&scroll);
        assert_view(&scroll, 0, 1);
        scroll_up(&scroll);
        assert_view(&scroll, 0, 1);
}
