// SPDX-License-Identifier: Apache-2.0
#include "fw/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

enum {
        READ_BLOCK = 1 << 18, // bytes
};

struct digest_stream {
        EVP_MD_CTX *context;
        bool failed;
};

struct digest_stream *digest_begin(void)
{
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

bool digest_file(const char *path, struct digest *digest, struct error *err)
{
        AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct stat status;
        if (fd < 0 || fstat(fd, &status) != 0)
                return error_system(err, "%s: cannot open", path);
        if (!S_ISREG(status.st_mode))
                return error_set(err, ERROR_DAMAGED, "%s: not a regular file", path);
        AUTO_DIGEST_STREAM struct digest_stream *stream = digest_begin();
        AUTO_FREE uint8_t *block = memory_new(READ_BLOCK, 1);
        for (;;) {
                ssize_t count = read(fd, block, READ_BLOCK);
                if (count < 0 && errno == EINTR)
                        continue;
                if (count < 0)
                        return error_system(err, "%s: cannot read", path);
                if (count == 0)
                        return digest_end(&stream, digest, err);
                digest_add(stream, (struct bytes){block, (size_t)count});
        }
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
