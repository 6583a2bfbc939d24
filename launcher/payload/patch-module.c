// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/patch-module.h"

#include <inttypes.h>
#include <stddef.h>
#include <zlib.h>

#include "base/interrupt.h"
#include "base/memory.h"

enum {
        PIECE = 1 << 20,       // bytes at a time
        GZIP_WINDOW = 15 + 16, // the largest, with gzip's header and trailer
        MEMORY_LEVEL = 8,      // zlib's default
        UNIX = 3,              // gzip's name for the system, always the same
        LEVEL = 6,             // what gzip does unasked: a hundredth larger than level 9, in a third of the time
};

void patch_module_free(struct patch_module *module)
{
        buffer_free(&module->content);
        *module = (struct patch_module){0};
}

static bool is_gzip(struct bytes file)
{
        return file.size >= 2 && file.data[0] == 0x1F && file.data[1] == 0x8B;
}

static bool refuse(const z_stream *stream, int code, struct error *err)
{
        if (code == Z_MEM_ERROR)
                return error_set(err, ERROR_ENVIRONMENT, "not enough memory to unpack it");
        if (code == Z_OK || code == Z_BUF_ERROR)
                return error_set(err, ERROR_DAMAGED, "it is gzip, but cut off");
        return error_set(err, ERROR_DAMAGED, "it is gzip, but damaged near byte %lu: %s", stream->total_in,
                         stream->msg ? stream->msg : "a preset dictionary");
}

static bool unpack(z_stream *stream, struct buffer *content, struct error *err)
{
        AUTO_FREE uint8_t *piece = memory_new(1, PIECE);
        for (int code = Z_OK; code != Z_STREAM_END;) {
                stream->next_out = piece;
                stream->avail_out = PIECE;
                code = inflate(stream, Z_NO_FLUSH);
                size_t size = PIECE - stream->avail_out;
                if (!interrupt_check(err))
                        return false;
                if ((code != Z_OK && code != Z_STREAM_END) || (code == Z_OK && !size && !stream->avail_in))
                        return refuse(stream, code, err);
                buffer_add(content, piece, size);
                if (content->size > PATCH_MODULE_LIMIT)
                        return error_set(err, ERROR_DAMAGED, "it is gzip, and unpacks to more than %" PRIu64 " MiB",
                                         PATCH_MODULE_LIMIT >> 20);
        }
        return !stream->avail_in ||
               error_set(err, ERROR_DAMAGED, "it is gzip, with %u bytes behind its first member", stream->avail_in);
}

static bool unpack_gzip(struct bytes file, struct buffer *content, struct error *err)
{
        z_stream stream = {.next_in = (uint8_t *)(uintptr_t)file.data, .avail_in = (unsigned)file.size};
        int code = inflateInit2(&stream, GZIP_WINDOW);
        bool unpacked = code == Z_OK ? unpack(&stream, content, err) : refuse(&stream, code, err);
        inflateEnd(&stream);
        return unpacked;
}

static bool read_file(struct bytes file, struct patch_module *module, struct error *err)
{
        if (file.size > PATCH_MODULE_LIMIT)
                return error_set(err, ERROR_DAMAGED, "it has more than %" PRIu64 " MiB", PATCH_MODULE_LIMIT >> 20);
        if (!module->packed)
                buffer_add_bytes(&module->content, file);
        else if (!unpack_gzip(file, &module->content, err))
                return false;
        return digest_bytes(file, &module->file_digest, err) &&
               digest_bytes(buffer_view(&module->content), &module->content_digest, err);
}

bool patch_module_unpack(struct bytes file, struct patch_module *module, struct error *err)
{
        *module = (struct patch_module){.packed = is_gzip(file)};
        if (read_file(file, module, err))
                return true;
        patch_module_free(module);
        return false;
}

static bool pack(z_stream *stream, struct buffer *file, struct error *err)
{
        AUTO_FREE uint8_t *piece = memory_new(1, PIECE);
        for (int code = Z_OK; code != Z_STREAM_END;) {
                stream->next_out = piece;
                stream->avail_out = PIECE;
                code = deflate(stream, Z_FINISH);
                if (!interrupt_check(err))
                        return false;
                if (code != Z_OK && code != Z_STREAM_END)
                        return error_set(err, ERROR_ENVIRONMENT, "zlib cannot pack it (error %d)", code);
                buffer_add(file, piece, PIECE - stream->avail_out);
        }
        return true;
}

bool patch_module_pack(const struct patch_module *module, struct buffer *file, struct error *err)
{
        if (!module->packed) {
                buffer_add_bytes(file, buffer_view(&module->content));
                return true;
        }
        z_stream stream = {.next_in = module->content.data, .avail_in = (unsigned)module->content.size};
        gz_header header = {.os = UNIX};
        bool packed = deflateInit2(&stream, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK &&
                      deflateSetHeader(&stream, &header) == Z_OK;
        packed = packed ? pack(&stream, file, err) : error_set(err, ERROR_ENVIRONMENT, "not enough memory to pack it");
        deflateEnd(&stream);
        return packed;
}
