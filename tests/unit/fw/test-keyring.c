// SPDX-License-Identifier: Apache-2.0
//
// The oracle is gpg, which makes the keys and reads the keyrings that come out.
#include "tests/unit/base/last-error.h"

#include "fw/debian/keyring.h"
#include "fw/debian/signature.h"

static char *fingerprints[2]; // of one and two

static int begin(void **state)
{
        if (scratch_begin(state) != 0)
                return -1;
        shell("mkdir -m 700 gpg; for name in one two; do gpg --homedir gpg --batch --quiet --passphrase '' "
              "--quick-gen-key \"$name <$name@b.c>\" ed25519 sign never; done; gpg --homedir gpg --batch --export "
              ">all.gpg;"
              "gpg --homedir gpg --batch --armor --export >all.asc; gpg --homedir gpg --batch --armor --export one "
              ">one.asc;"
              "gpg --homedir gpg --batch --armor --export two >two.asc; cat one.asc two.asc >blocks.asc;"
              "gpgconf --homedir gpg --kill all");
        fingerprints[0] = shell_output(
                "gpg --homedir gpg --with-colons --list-keys one 2>/dev/null | awk -F: '/^fpr/ { print $10 }'");
        fingerprints[1] = shell_output(
                "gpg --homedir gpg --with-colons --list-keys two 2>/dev/null | awk -F: '/^fpr/ { print $10 }'");
        return 0;
}

static int end(void **state)
{
        free(fingerprints[0]);
        free(fingerprints[1]);
        return scratch_end(state);
}

static size_t choose(const char *path, const char *const *wanted, size_t count, struct buffer *keyring)
{
        AUTO_BUFFER struct buffer file = {0};
        read_whole(path, &file);
        return keyring_select(buffer_view(&file), wanted, count, keyring);
}

TEST_GROUP(begin, end)

TEST(only_the_pinned_key_comes_out)
{
        static const char *const files[] = {"all.gpg", "all.asc", "blocks.asc"};
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
                for (size_t key = 0; key < 2; key++) {
                        AUTO_BUFFER struct buffer keyring = {0};
                        assert_int_equal(choose(files[i], (const char *const *)&fingerprints[key], 1, &keyring), 1);
                        write_bytes("chosen.gpg", buffer_view(&keyring));
                        AUTO_FREE char *shown = shell_output("gpg --homedir gpg --with-colons --show-keys chosen.gpg "
                                                             "2>/dev/null | awk -F: '/^fpr/ { print $10 }'");
                        assert_string_equal(shown, fingerprints[key]);
                }
        }
        AUTO_BUFFER struct buffer both = {0};
        assert_int_equal(choose("all.gpg", (const char *const *)fingerprints, 2, &both), 2);
        AUTO_BUFFER struct buffer whole = {0};
        read_whole("all.gpg", &whole);
        assert_true(bytes_equal(buffer_view(&both), buffer_view(&whole)));
}

TEST(another_fingerprint_is_not_found)
{
        static const char *const other[] = {"0000000000000000000000000000000000000000"};
        AUTO_BUFFER struct buffer keyring = {0};
        assert_int_equal(choose("all.gpg", other, 1, &keyring), 0);
        assert_int_equal(keyring.size, 0);
}

// The key itself is hashed: no bit of it can be another one.
TEST(a_flipped_bit_never_gives_another_key)
{
        AUTO_BUFFER struct buffer whole = {0};
        AUTO_BUFFER struct buffer right = {0};
        read_whole("all.gpg", &whole);
        enum {
                KEY_PACKET_SIZE = 53 // of an ed25519 key, header included
        };
        keyring_select(buffer_view(&whole), (const char *const *)fingerprints, 1, &right);
        for (size_t bit = 0; bit < whole.size * 8; bit++) {
                AUTO_BUFFER struct buffer keyring = {0};
                whole.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
                size_t count = keyring_select(buffer_view(&whole), (const char *const *)fingerprints, 1, &keyring);
                whole.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
                assert_true(count <= 1);
                if (count)
                        assert_memory_equal(keyring.data + 2, right.data + 2, KEY_PACKET_SIZE - 2);
        }
}

TEST(a_keyring_cut_off_anywhere_gives_whole_packets_or_nothing)
{
        static const char *const files[] = {"all.gpg", "blocks.asc"};
        for (size_t i = 0; i < 2; i++) {
                AUTO_BUFFER struct buffer whole = {0};
                read_whole(files[i], &whole);
                for (size_t size = 0; size < whole.size; size++) {
                        AUTO_BUFFER struct buffer keyring = {0};
                        AUTO_FREE uint8_t *exact = memory_copy(whole.data, size);
                        keyring_select((struct bytes){exact, size}, (const char *const *)fingerprints, 2, &keyring);
                }
        }
}

TEST(a_keyring_of_the_user_s_is_written_and_named)
{
        AUTO_FREE char *from = NULL;
        struct keyring_source source = {(const char *const *)fingerprints, 1, "one.asc", NULL};
        assert_done(keyring_write(&source, "written.gpg", &from, &err), &err);
        assert_string_equal(from, "one.asc");
        source.file = "two.asc";
        AUTO_FREE char *nowhere = NULL;
        assert_failed(keyring_write(&source, "written.gpg", &nowhere, &err), ERROR_ENVIRONMENT, fingerprints[0]);
        assert_null(nowhere);
}

// ---- what gpgv reports

#define GNUPG        "[GNUPG:] "
#define ONE          "1111111111111111111111111111111111111111"
#define TWO          "2222222222222222222222222222222222222222"
#define SIG(primary) GNUPG "VALIDSIG 33333333 2026-07-11 1783765031 0 4 0 22 8 01 " primary "\n"
#define NEW          GNUPG "NEWSIG\n"

TEST(only_a_good_signature_by_a_pinned_key_counts)
{
        static const char *const pinned[] = {ONE};
        static const struct signers signers = {"keyring", pinned, 1};
        static const struct {
                const char *status, *refusal;
        } cases[] = {
                {NEW GNUPG "GOODSIG 1 a\n" SIG(ONE), NULL},
                {NEW GNUPG "NO_PUBKEY 2\n" NEW GNUPG "GOODSIG 1 a\n" SIG(ONE), NULL},
                {NEW GNUPG "GOODSIG 1 a\n" SIG(ONE) NEW GNUPG "NO_PUBKEY 2\n", NULL},
                {NEW GNUPG "GOODSIG 1 a\n" SIG(TWO), "not signed"},
                {NEW GNUPG "EXPKEYSIG 1 a\n" SIG(ONE), "key that has expired"},
                {NEW GNUPG "REVKEYSIG 1 a\n" SIG(ONE), "key that was revoked"},
                {NEW GNUPG "EXPSIG 1 a\n" SIG(ONE), "its signature has expired"},
                {NEW GNUPG "BADSIG 1 a\n", "changed after"},
                {NEW GNUPG "GOODSIG 1 a\n" SIG(ONE) NEW GNUPG "BADSIG 1 a\n", "changed after"},
                {NEW GNUPG "GOODSIG 2 a\n" NEW SIG(ONE), "not signed"},
                {NEW GNUPG "ERRSIG 2 22 8 01 0 9\n" GNUPG "NO_PUBKEY 2\n", "another one"},
                {GNUPG "NODATA 1\n", "not signed"},
                {"GOODSIG 1 a\nVALIDSIG 3 2026-07-11 1 0 4 0 22 8 01 " ONE "\n", "not signed"},
                {NEW GNUPG "GOODSIG 1 a\n" GNUPG "VALIDSIG " ONE "\n", "not signed"},
                {"", "not signed"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_FREE char *signer = signature_read_status(cases[i].status, &signers, &err);
                if (cases[i].refusal) {
                        assert_failed(signer != NULL, ERROR_DAMAGED, cases[i].refusal);
                } else {
                        assert_non_null(signer);
                        assert_string_equal(signer, ONE);
                }
        }
}
