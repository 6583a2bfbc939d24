// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/descriptor.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/memory.h"

enum {
        READ_BLOCK = 1 << 18, // bytes
};

struct digest_stream {
        EVP_MD_CTX *context;
        bool failed;
};

struct digest_stream *digest_begin(void)
{
        // OpenSSL's configuration does not affect SHA-256, and reading it takes as long as most digests here.
        OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
        struct digest_stream *stream = memory_new(1, sizeof *stream);
        stream->context = EVP_MD_CTX_new();
        stream->failed = !stream->context || EVP_DigestInit_ex(stream->context, EVP_sha256(), NULL) != 1;
        return stream;
}

void digest_add(struct digest_stream *stream, struct bytes bytes)
{
        if (!stream->failed)
                stream->failed = EVP_DigestUpdate(stream->context, bytes.data, bytes.size) != 1;
}

bool digest_end(struct digest_stream **stream, struct digest *digest, struct error *err)
{
        bool done = !(*stream)->failed && EVP_DigestFinal_ex((*stream)->context, digest->bytes, NULL) == 1;
        digest_discard(stream);
        return done || error_set(err, ERROR_ENVIRONMENT, "OpenSSL cannot compute a SHA-256");
}

void digest_discard(struct digest_stream **stream)
{
        if (!*stream)
                return;
        EVP_MD_CTX_free((*stream)->context);
        free(*stream);
        *stream = NULL;
}

bool digest_bytes(struct bytes bytes, struct digest *digest, struct error *err)
{
        struct digest_stream *stream = digest_begin();
        digest_add(stream, bytes);
        return digest_end(&stream, digest, err);
}

// Adds the bytes from BEGIN to END of a file.
static bool add_data(struct digest_stream *stream, int fd, off_t begin, off_t end, const char *path, struct error *err)
{
        AUTO_FREE uint8_t *block = memory_new(READ_BLOCK, 1);
        for (size_t size; begin < end; begin += (off_t)size) {
                size = end - begin < READ_BLOCK ? (size_t)(end - begin) : READ_BLOCK;
                if (!descriptor_read_whole(fd, path, block, size, (uint64_t)begin, err))
                        return false;
                digest_add(stream, (struct bytes){block, size});
        }
        return true;
}

// The zeroes of a hole need not be read.
static void add_hole(struct digest_stream *stream, off_t size)
{
        static const uint8_t zeroes[READ_BLOCK];
        for (; size > 0; size -= READ_BLOCK)
                digest_add(stream, (struct bytes){zeroes, size < READ_BLOCK ? (size_t)size : READ_BLOCK});
}

bool digest_file_padded(const char *path, uint64_t size, struct digest *digest, struct error *err)
{
        struct stat status;
        AUTO_CLOSE int fd = descriptor_open(path, &status, err);
        if (fd < 0)
                return false;
        AUTO_DIGEST_STREAM struct digest_stream *stream = digest_begin();
        off_t begin;
        off_t end;
        off_t at = 0;
        for (; file_next_data(fd, at, status.st_size, &begin, &end); at = end) {
                add_hole(stream, begin - at);
                if (!add_data(stream, fd, begin, end, path, err))
                        return false;
        }
        add_hole(stream, (status.st_size > (off_t)size ? status.st_size : (off_t)size) - at);
        return digest_end(&stream, digest, err);
}

bool digest_file(const char *path, struct digest *digest, struct error *err)
{
        return digest_file_padded(path, 0, digest, err);
}

char *digest_hex(const struct digest *digest)
{
        return text_hex((struct bytes){digest->bytes, DIGEST_SIZE});
}

bool digest_parse(const char *hex, struct digest *digest)
{
        AUTO_BUFFER struct buffer buffer = {0};
        if (strlen(hex) != 2 * DIGEST_SIZE || !text_parse_hex(hex, &buffer))
                return false;
        memcpy(digest->bytes, buffer.data, DIGEST_SIZE);
        return true;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
        return memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}
