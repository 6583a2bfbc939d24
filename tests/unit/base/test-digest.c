// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/last-error.h"

#include "base/digest.h"

// FIPS 180-4's examples, and the digest of nothing.
static const struct {
        const char *text, *hex;
} examples[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

TEST_GROUP(scratch_begin, scratch_end)

TEST(the_examples_of_the_standard)
{
        for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
                struct digest digest;
                struct bytes bytes = {(const uint8_t *)examples[i].text, strlen(examples[i].text)};
                assert_true(digest_bytes(bytes, &digest, &err));
                AUTO_FREE char *hex = digest_hex(&digest);
                assert_string_equal(hex, examples[i].hex);
        }
}

TEST(a_million_a_in_pieces_of_all_sizes)
{
        uint8_t block[1000];
        memset(block, 'a', sizeof block);
        struct digest_stream *stream = digest_begin();
        size_t left = 1000000;
        for (size_t size = 0; left; size = (size + 1) % sizeof block) {
                size_t piece = size < left ? size : left;
                digest_add(stream, (struct bytes){block, piece});
                left -= piece;
        }
        struct digest digest;
        assert_true(digest_end(&stream, &digest, &err));
        assert_null(stream);
        AUTO_FREE char *hex = digest_hex(&digest);
        assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(a_file_has_the_digest_that_sha256sum_gives_it)
{
        static const char *const sizes[] = {"0", "1", "262143", "262144", "262145", "3000000"};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                AUTO_FREE char *expected =
                        shell_output("head -c %s /dev/urandom >random; sha256sum random | cut -d ' ' -f 1", sizes[i]);
                struct digest digest;
                struct digest named;
                assert_done(digest_file("random", &digest, &err), &err);
                assert_true(digest_parse(expected, &named));
                assert_true(digest_equal(&digest, &named));
        }
}

TEST(only_regular_files_have_a_digest)
{
        struct digest digest;
        assert_failed(digest_file("nowhere", &digest, &err), ERROR_USAGE, "nowhere");
        assert_failed(digest_file(".", &digest, &err), ERROR_DAMAGED, "not a regular file");
        assert_failed(digest_file("/dev/zero", &digest, &err), ERROR_DAMAGED, "not a regular file");
}

TEST(only_64_hexadecimal_digits_are_a_digest)
{
        struct digest digest;
        struct digest upper;
        char hex[67];
        memset(hex, 'a', sizeof hex);
        for (size_t length = 0; length < sizeof hex; length++) {
                hex[length] = '\0';
                assert_int_equal(digest_parse(hex, &digest), length == 64);
                hex[length] = 'a';
        }
        hex[64] = '\0';
        for (size_t i = 0; i < 64; i++) {
                static const char others[] = "g /-xG\n";
                for (const char *other = others; *other; other++) {
                        hex[i] = *other;
                        assert_false(digest_parse(hex, &digest));
                }
                hex[i] = 'a';
        }
        assert_true(digest_parse("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", &upper));
        assert_true(digest_parse(examples[1].hex, &digest));
        assert_true(digest_equal(&digest, &upper));
}

TEST(digests_that_differ_in_one_bit_are_not_equal)
{
        struct digest one = {{0}};
        for (size_t bit = 0; bit < 8 * (size_t)DIGEST_SIZE; bit++) {
                struct digest other = one;
                other.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
                assert_false(digest_equal(&one, &other));
        }
}
