// SPDX-License-Identifier: Apache-2.0
#include "launcher/sha512-crypt.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

enum {
        SIZE = 64, // bytes of a SHA-512
        ROUNDS = 5000,
};

// A SHA-512 that is being computed.
struct sum {
        EVP_MD_CTX *context;
        bool failed;
};

static void begin(struct sum *sum)
{
        sum->failed = sum->failed || EVP_DigestInit_ex(sum->context, EVP_sha512(), NULL) != 1;
}

static void add(struct sum *sum, const void *bytes, size_t size)
{
        sum->failed = sum->failed || EVP_DigestUpdate(sum->context, bytes, size) != 1;
}

// DIGEST over and over, SIZE bytes in all.
static void add_repeated(struct sum *sum, const uint8_t digest[SIZE], size_t size)
{
        for (; size > SIZE; size -= SIZE)
                add(sum, digest, SIZE);
        add(sum, digest, size);
}

static void end(struct sum *sum, uint8_t digest[SIZE])
{
        sum->failed = sum->failed || EVP_DigestFinal_ex(sum->context, digest, NULL) != 1;
}

// The digest that the rounds begin with (steps 1 to 12).
static void first_digest(struct sum *sum, const char *password, const char *salt, uint8_t digest[SIZE])
{
        size_t length = strlen(password);
        uint8_t other[SIZE];
        begin(sum);
        add(sum, password, length);
        add(sum, salt, strlen(salt));
        add(sum, password, length);
        end(sum, other);

        begin(sum);
        add(sum, password, length);
        add(sum, salt, strlen(salt));
        add_repeated(sum, other, length);
        for (size_t bits = length; bits; bits >>= 1) {
                if (bits & 1)
                        add(sum, other, SIZE);
                else
                        add(sum, password, length);
        }
        end(sum, digest);
        OPENSSL_cleanse(other, sizeof other);
}

// The digest of TEXT, so many TIMES over: what stands for the password (steps 13 to 16) and the salt (17 to 20) in the rounds.
static void digest_of_repeated(struct sum *sum, const char *text, size_t times, uint8_t digest[SIZE])
{
        begin(sum);
        while (times--)
                add(sum, text, strlen(text));
        end(sum, digest);
}

static void compute(struct sum *sum, const char *password, const char *salt, uint8_t digest[SIZE])
{
        size_t length = strlen(password);
        size_t salt_length = strlen(salt);
        uint8_t for_password[SIZE];
        uint8_t for_salt[SIZE];
        first_digest(sum, password, salt, digest);
        digest_of_repeated(sum, password, length, for_password);
        digest_of_repeated(sum, salt, 16 + (size_t)digest[0], for_salt);
        for (int round = 0; round < ROUNDS; round++) {
                begin(sum);
                if (round % 2)
                        add_repeated(sum, for_password, length);
                else
                        add(sum, digest, SIZE);
                if (round % 3)
                        add_repeated(sum, for_salt, salt_length);
                if (round % 7)
                        add_repeated(sum, for_password, length);
                if (round % 2)
                        add(sum, digest, SIZE);
                else
                        add_repeated(sum, for_password, length);
                end(sum, digest);
        }
        OPENSSL_cleanse(for_password, sizeof for_password);
}

// The low 6 bits first.
static void add_characters(struct text *text, uint32_t bits, int count)
{
        static const char characters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        for (; count; count--, bits >>= 6)
                text_add_char(text, characters[bits & 63]);
}

// Three bytes at a time, from three thirds of the digest whose parts turn with every step.
static void add_digest(struct text *text, const uint8_t digest[SIZE])
{
        enum {
                THIRD = SIZE / 3
        };
        for (size_t i = 0; i < THIRD; i++) {
                const uint8_t bytes[] = {digest[i], digest[i + THIRD], digest[i + 2 * THIRD]};
                add_characters(
                        text, (uint32_t)bytes[i % 3] << 16 | (uint32_t)bytes[(i + 1) % 3] << 8 | bytes[(i + 2) % 3], 4);
        }
        add_characters(text, digest[SIZE - 1], 2);
}

char *sha512_crypt(const char *password, const char *salt)
{
        struct sum sum = {.context = EVP_MD_CTX_new()};
        uint8_t digest[SIZE] = {0};
        sum.failed = !sum.context;
        compute(&sum, password, salt, digest);
        EVP_MD_CTX_free(sum.context);
        if (sum.failed)
                return NULL;
        struct text text = {0};
        text_add_format(&text, "$6$%s$", salt);
        add_digest(&text, digest);
        return text_take(&text);
}
