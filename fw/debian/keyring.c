// SPDX-License-Identifier: Apache-2.0
#include "fw/debian/keyring.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/encoding.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"
#include "fw/net/download.h"
#include "fw/net/transfer.h"

enum {
        FILE_LIMIT = 4 << 20, // bytes of a keyring
        KEY_LIMIT = 1 << 20,  // bytes of a key server's response
        SHA1_SIZE = 20,
        KEY_VERSION = 4,
};

// Packet tags.
enum {
        TAG_PUBLIC_KEY = 6,
        TAG_TRUST = 12, // a program's own notes
};

// ---- packets

struct packet {
        unsigned tag;
        struct bytes whole, body;
};

static uint64_t big_endian(struct cursor *cursor, int count)
{
        uint64_t value = 0;
        for (int i = 0; i < count; i++)
                value = value << 8 | cursor_u8(cursor);
        return value;
}

// The length of a packet in the old format; false for one of indeterminate length, which no key has.
static bool old_length(struct cursor *cursor, uint8_t first, uint64_t *length)
{
        int type = first & 3;
        *length = type == 3 ? 0 : big_endian(cursor, 1 << type);
        return type != 3;
}

// The same in the new format; false for one in parts, which only data packets may have.
static bool new_length(struct cursor *cursor, uint64_t *length)
{
        uint8_t first = cursor_u8(cursor);
        if (first < 192)
                *length = first;
        else if (first < 224)
                *length = ((uint64_t)(first - 192) << 8) + cursor_u8(cursor) + 192;
        else
                *length = first == 255 ? big_endian(cursor, 4) : 0;
        return first < 224 || first == 255;
}

// The next packet; false at the end, or if the data is not a packet.
static bool packet_next(struct cursor *cursor, struct packet *packet)
{
        size_t begin = cursor->at;
        uint64_t length = 0;
        if (!cursor_left(cursor))
                return false;
        uint8_t first = cursor_u8(cursor);
        bool is_new = first & 0x40;
        packet->tag = is_new ? first & 0x3F : (unsigned)(first >> 2 & 0xF);
        if (!(first & 0x80) || !(is_new ? new_length(cursor, &length) : old_length(cursor, first, &length)))
                return false;
        packet->body = cursor_bytes(cursor, length);
        return !cursor->overrun && bytes_slice(cursor->view, begin, cursor->at - begin, &packet->whole);
}

static void hash_key(struct bytes body, uint8_t *sha1)
{
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        const uint8_t start[] = {0x99, (uint8_t)(body.size >> 8), (uint8_t)body.size};
        if (!context || EVP_DigestInit_ex(context, EVP_sha1(), NULL) != 1 ||
            EVP_DigestUpdate(context, start, sizeof start) != 1 ||
            EVP_DigestUpdate(context, body.data, body.size) != 1 || EVP_DigestFinal_ex(context, sha1, NULL) != 1)
                memset(sha1, 0, SHA1_SIZE);
        EVP_MD_CTX_free(context);
}

static bool is_pinned(struct bytes body, const char *const *fingerprints, size_t count)
{
        uint8_t sha1[SHA1_SIZE];
        if (!body.size || body.data[0] != KEY_VERSION || body.size > UINT16_MAX)
                return false;
        hash_key(body, sha1);
        AUTO_FREE char *hex = text_hex((struct bytes){sha1, sizeof sha1});
        for (size_t i = 0; i < count; i++) {
                if (text_equal_ignoring_case(hex, fingerprints[i]))
                        return true;
        }
        return false;
}

static size_t select_packets(struct bytes packets, const char *const *fingerprints, size_t count,
                             struct buffer *keyring)
{
        struct cursor cursor = cursor_at(packets, 0);
        struct packet packet;
        bool wanted = false;
        size_t found = 0;
        while (packet_next(&cursor, &packet)) {
                if (packet.tag == TAG_PUBLIC_KEY) {
                        wanted = is_pinned(packet.body, fingerprints, count);
                        found += wanted;
                }
                if (wanted && packet.tag != TAG_TRUST)
                        buffer_add_bytes(keyring, packet.whole);
        }
        return found;
}

// ---- armour

#define ARMOUR_BEGIN "-----BEGIN PGP PUBLIC KEY BLOCK-----"

static bool is_blank(const char *line)
{
        return line[strspn(line, " \t\r")] == '\n' || !line[strspn(line, " \t\r")];
}

// Decodes the block whose first line is at LINE; returns what follows it.
static const char *decode_block(const char *line, struct buffer *packets)
{
        EVP_ENCODE_CTX *context = EVP_ENCODE_CTX_new();
        line = text_line_after(line);
        while (*line && !is_blank(line))
                line = text_line_after(line); // headers
        EVP_DecodeInit(context);
        for (line = text_line_after(line); *line && *line != '=' && *line != '-'; line = text_line_after(line)) {
                size_t length = strcspn(line, "\r\n");
                AUTO_FREE uint8_t *bytes = memory_new(length + 64, 1);
                int size = 0;
                // One line at a time: the decoder ignores line ends.
                if (length > INT32_MAX ||
                    EVP_DecodeUpdate(context, bytes, &size, (const uint8_t *)line, (int)length) < 0)
                        break;
                buffer_add(packets, bytes, (size_t)size);
        }
        EVP_ENCODE_CTX_free(context);
        return line;
}

static size_t select_armoured(const char *text, const char *const *fingerprints, size_t count, struct buffer *keyring)
{
        size_t found = 0;
        while ((text = strstr(text, ARMOUR_BEGIN))) {
                AUTO_BUFFER struct buffer packets = {0};
                text = decode_block(text, &packets);
                found += select_packets(buffer_view(&packets), fingerprints, count, keyring);
        }
        return found;
}

size_t keyring_select(struct bytes file, const char *const *fingerprints, size_t count, struct buffer *keyring)
{
        // The first byte of a packet has its highest bit set.
        if (!file.size || file.data[0] & 0x80)
                return select_packets(file, fingerprints, count, keyring);
        AUTO_FREE char *text = text_format("%.*s", (int)file.size, (const char *)file.data);
        return select_armoured(text, fingerprints, count, keyring);
}

// ---- finding keys

static const char *const system_folders[] = {"/usr/share/keyrings", "/etc/apt/keyrings", "/etc/apt/trusted.gpg.d"};

static size_t select_file(const char *path, const struct keyring_source *source, struct buffer *keyring)
{
        AUTO_BUFFER struct buffer file = {0};
        AUTO_ERROR struct error ignored = {0};
        return file_read(path, FILE_LIMIT, &file, &ignored)
                       ? keyring_select(buffer_view(&file), source->fingerprints, source->count, keyring)
                       : 0;
}

static bool is_keyring_name(const char *name)
{
        return text_ends_with(name, ".gpg") || text_ends_with(name, ".asc") || text_ends_with(name, ".pgp");
}

// Adds the keys in the keyrings of FOLDER, and to FROM the path of each keyring used, until all wanted keys are FOUND.
static void select_folder(const char *folder, const struct keyring_source *source, struct buffer *keyring,
                          size_t *found, struct text *from)
{
        AUTO_ARGUMENTS struct arguments names = {0};
        folder_names(folder, &names, NULL);
        for (size_t i = 0; i < names.count && *found < source->count; i++) {
                AUTO_FREE char *path = file_path(folder, names.values[i]);
                size_t count = is_keyring_name(path) ? select_file(path, source, keyring) : 0;
                if (count)
                        text_add_format(from, "%s%s", from->length ? ", " : "", path);
                *found += count;
        }
}

static bool ask_server(const char *url, const char *path, struct error *err)
{
        struct download download = {.url = url, .limit = KEY_LIMIT, .label = "asking the key server"};
        struct downloaded downloaded;
        return download_file(&download, path, &downloaded, err) || error_wrap(err, "the key server");
}

// Requests the keys one by one until one is received.
static bool select_from_server(const struct keyring_source *source, const char *path, struct buffer *keyring,
                               struct text *from, struct error *err)
{
        AUTO_ERROR struct error last = {0};
        bool other = false;
        for (size_t i = 0; i < source->count; i++) {
                AUTO_FREE char *url = text_format("%s/pks/lookup?op=get&options=mr&search=0x%s", source->key_server,
                                                  source->fingerprints[i]);
                error_clear(&last);
                if (!ask_server(url, path, &last)) {
                        if (last.code == ERROR_INTERRUPTED)
                                break;
                        continue;
                }
                if (select_file(path, source, keyring)) {
                        text_add(from, source->key_server);
                        return true;
                }
                other = true;
        }
        if (other)
                return error_set(err, ERROR_DAMAGED, "%s returned a key other than %s: refused", source->key_server,
                                 source->fingerprints[0]);
        return error_set(err, last.code, "%s", last.message);
}

static bool none_found(const struct keyring_source *source, struct error *err)
{
        return error_set(err, ERROR_ENVIRONMENT,
                         "the archive's key %s was not found in any keyring; install ubuntu-keyring or "
                         "debian-archive-keyring, or use --keyring FILE",
                         source->fingerprints[0]);
}

static bool select_anywhere(const struct keyring_source *source, const char *path, struct buffer *keyring,
                            struct text *from, struct error *err)
{
        if (source->file) {
                AUTO_BUFFER struct buffer file = {0};
                if (!file_read(source->file, FILE_LIMIT, &file, err))
                        return false;
                if (keyring_select(buffer_view(&file), source->fingerprints, source->count, keyring))
                        text_add(from, source->file);
        }
        size_t found = keyring->size ? source->count : 0;
        for (size_t i = 0; i < sizeof system_folders / sizeof system_folders[0]; i++)
                select_folder(system_folders[i], source, keyring, &found, from);
        if (keyring->size)
                return true;
        if (!source->key_server)
                return none_found(source, err);
        return select_from_server(source, path, keyring, from, err) ||
               error_wrap(err, "the archive's key is not in any local keyring");
}

bool keyring_write(const struct keyring_source *source, const char *path, char **from, struct error *err)
{
        AUTO_BUFFER struct buffer keyring = {0};
        AUTO_TEXT struct text where = {0};
        if (!select_anywhere(source, path, &keyring, &where, err) ||
            !file_replace(path, 0644, buffer_view(&keyring), err))
                return false;
        *from = text_take(&where);
        return true;
}
