// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/patch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"
#include "launcher/payload/file-list.h"

enum {
        NAME_LIMIT = 64,
        TEXT_LIMIT = 1024,
        LIST_LIMIT = 256,
        PIECE_LIMIT = 4096, // bytes
        DIGITS = 3,         // characters that a byte takes in the file
        MOST_SHOWN = 16,    // bytes in a message
};

// The tables of the keys of a patch.

#define AT(type, member)           .offset = offsetof(struct type, member)
#define LIST(type, member, length) AT(type, member), .count_offset = offsetof(struct type, length), .least = 1
#define BYTES(member)              AT(patch_piece, member), .most = PIECE_LIMIT * DIGITS

static const struct yaml_field piece_fields[] = {
        {"address", YAML_TEXT, false, AT(patch_piece, address), .most = NAME_LIMIT},
        {"offset", YAML_TEXT, false, AT(patch_piece, offset), .most = NAME_LIMIT},
        {"expected", YAML_TEXT, true, BYTES(expected)},
        {"mask", YAML_TEXT, false, BYTES(mask)},
        {"bytes", YAML_TEXT, true, BYTES(bytes)},
        {"why", YAML_TEXT, true, AT(patch_piece, why), .most = TEXT_LIMIT},
        {0},
};
static const struct yaml_mapping piece_mapping = {piece_fields, sizeof(struct patch_piece),
                                                  offsetof(struct patch_piece, line)};

static const struct yaml_field digest_fields[] = {
        {"packed", YAML_TEXT, false, AT(patch, sha256.packed), .most = NAME_LIMIT},
        {"unpacked", YAML_TEXT, false, AT(patch, sha256.unpacked), .most = NAME_LIMIT},
        {0},
};
// They fill the patch itself, as the next ones do.
static const struct yaml_mapping digest_mapping = {.fields = digest_fields, .size = sizeof(struct patch)};

static const struct yaml_field base_fields[] = {
        {"address", YAML_TEXT, true, AT(patch, base.address), .most = NAME_LIMIT},
        {"offset", YAML_TEXT, true, AT(patch, base.offset), .most = NAME_LIMIT},
        {0},
};
static const struct yaml_mapping base_mapping = {.fields = base_fields, .size = sizeof(struct patch)};

static const char *const statuses[] = {[PATCH_TRIED] = "tried", [PATCH_REPORTED] = "reported", NULL};

static const struct yaml_field patch_fields[] = {
        {"name", YAML_TEXT, true, AT(patch, name), .most = NAME_LIMIT},
        {"title", YAML_TEXT, true, AT(patch, title), .most = TEXT_LIMIT},
        {"status", YAML_WORD, true, AT(patch, status), .words = statuses},
        {"module", YAML_TEXT, true, AT(patch, module), .most = TEXT_LIMIT},
        {"build", YAML_ONE_TEXT, false, LIST(patch, builds, build_count), .most = LIST_LIMIT},
        {"sha256", YAML_MAPPING, false, .mapping = &digest_mapping},
        {"base", YAML_MAPPING, false, .mapping = &base_mapping},
        {"pieces", YAML_MAPPINGS, true, LIST(patch, pieces, piece_count), .most = LIST_LIMIT,
         .mapping = &piece_mapping},
        {0},
};
static const struct yaml_mapping patch_mapping = {.fields = patch_fields, .size = sizeof(struct patch)};

const char *patch_status_name(enum patch_status status)
{
        return statuses[status];
}

const char *patch_state_name(enum patch_state state)
{
        static const char *const names[] = {
                [PATCH_APPLIED] = "applied",
                [PATCH_NOT_APPLIED] = "not applied",
                [PATCH_HALF_APPLIED] = "half applied",
                [PATCH_NOT_FOR_THIS] = "not for this module",
        };
        return names[state];
}

void patch_free(struct patch **patch_pointer)
{
        struct patch *patch = *patch_pointer;
        if (!patch)
                return;
        for (size_t i = 0; i < patch->piece_count; i++) {
                free(patch->pieces[i].old);
                free(patch->pieces[i].compared);
                free(patch->pieces[i].new);
        }
        free(patch->module_name);
        yaml_file_free(&patch->file);
        free(patch);
        *patch_pointer = NULL;
}

// ---- the meaning of the values

// A value that is checked: the text VALUE of KEY, in the piece PIECE or else in the mapping BLOCK (NULL for the patch itself).
struct place {
        const struct patch *patch;
        const struct patch_piece *piece;
        const char *block, *key, *value;
};

static bool refuse(const struct place *place, struct error *err, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
static bool refuse(const struct place *place, struct error *err, const char *format, ...)
{
        const struct yaml_file *file = place->patch->file;
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *message = text_format_list(format, arguments);
        va_end(arguments);
        AUTO_TEXT struct text where = {0};
        if (place->piece && place->piece->address)
                text_add_format(&where, "pieces: %s: ", place->piece->address);
        else if (place->piece)
                text_add_format(&where, "pieces: number %td: ", place->piece - place->patch->pieces + 1);
        if (place->block)
                text_add_format(&where, "%s: ", place->block);
        if (place->key)
                text_add_format(&where, "%s: ", place->key);
        unsigned line = place->value ? yaml_file_line(file, place->value) : place->piece ? place->piece->line : 1;
        return yaml_file_refuse(file, line, err, "%s%s", text_string(&where), message);
}

// A number as it is reported: "0x" and hexadecimal digits.
static bool parse_number(const struct place *place, uint64_t *number, struct error *err)
{
        const char *digits = place->value + 2;
        size_t count = text_starts_with(place->value, "0x") ? strlen(digits) : 0;
        if (!count || count > 16 || digits[strspn(digits, "0123456789ABCDEFabcdef")])
                return refuse(place, err, "'%s' is not a number (expected 0x and up to 16 hexadecimal digits)",
                              place->value);
        *number = strtoull(digits, NULL, 16);
        return true;
}

// "1F 20 03 D5". *PARSED is freed with free().
static bool parse_bytes(const struct place *place, uint8_t **parsed, size_t *size, struct error *err)
{
        AUTO_BUFFER struct buffer bytes = {0};
        for (const char *at = place->value; at; at = at[2] ? at + DIGITS : NULL) {
                const char pair[] = {at[0], at[0] ? at[1] : '\0', '\0'};
                if (strlen(pair) != 2 || !text_parse_hex(pair, &bytes) || (at[2] && at[2] != ' '))
                        return refuse(place, err,
                                      "'%s' is not a list of bytes (expected two hexadecimal digits each, with a "
                                      "blank between them: 1F 20 03 D5)",
                                      place->value);
        }
        *parsed = memory_copy(bytes.data, bytes.size);
        *size = bytes.size;
        return true;
}

static bool parse_like(const struct place *place, size_t size, uint8_t **parsed, struct error *err)
{
        size_t count;
        return parse_bytes(place, parsed, &count, err) &&
               (count == size || refuse(place, err, "must have as many bytes as expected: %zu, not %zu", size, count));
}

static bool matches(const struct patch_piece *piece, const uint8_t *bytes)
{
        for (size_t i = 0; i < piece->size; i++) {
                if ((bytes[i] & piece->compared[i]) != piece->old[i])
                        return false;
        }
        return true;
}

static bool check_bytes(const struct patch *patch, struct patch_piece *piece, struct error *err)
{
        const struct place expected = {patch, piece, NULL, "expected", piece->expected};
        const struct place mask = {patch, piece, NULL, "mask", piece->mask};
        const struct place bytes = {patch, piece, NULL, "bytes", piece->bytes};
        if (!parse_bytes(&expected, &piece->old, &piece->size, err) ||
            !parse_like(&bytes, piece->size, &piece->new, err) ||
            (piece->mask && !parse_like(&mask, piece->size, &piece->compared, err)))
                return false;
        if (!piece->mask) {
                piece->compared = memory_new(piece->size, 1);
                memset(piece->compared, 0xFF, piece->size);
        }
        for (size_t i = 0; i < piece->size; i++) {
                if (piece->old[i] & ~piece->compared[i])
                        return refuse(
                                &mask, err,
                                "is %02X in byte %zu, where expected has %02X: bits that are not compared must be 0",
                                piece->compared[i], i + 1, piece->old[i]);
        }
        if (matches(piece, piece->new))
                return refuse(&bytes, err,
                              "these are bytes that expected allows, so a patched module would look like an unpatched "
                              "one");
        return true;
}

static bool place_by_address(const struct patch *patch, struct patch_piece *piece, struct error *err)
{
        const struct place place = {patch, piece, NULL, "address", piece->address};
        const struct place base_address = {patch, NULL, "base", "address", patch->base.address};
        const struct place base_offset = {patch, NULL, "base", "offset", patch->base.offset};
        uint64_t address;
        uint64_t from;
        uint64_t offset;
        if (!patch->base.address)
                return refuse(&place, err, "needs base, with the address and the offset of one byte of the module");
        if (!parse_number(&place, &address, err) || !parse_number(&base_address, &from, err) ||
            !parse_number(&base_offset, &offset, err))
                return false;
        if (address < from)
                return refuse(&place, err, "is below the address of base, %s", patch->base.address);
        if (address - from > PATCH_MODULE_LIMIT || offset > PATCH_MODULE_LIMIT)
                return refuse(&place, err, "is beyond what a module may have (%" PRIu64 " MiB) with this base",
                              PATCH_MODULE_LIMIT >> 20);
        piece->at = address - from + offset;
        return true;
}

static bool check_place(const struct patch *patch, struct patch_piece *piece, struct error *err)
{
        const struct place alone = {patch, piece, NULL, NULL, NULL};
        const struct place offset = {patch, piece, NULL, "offset", piece->offset};
        if (!piece->address == !piece->offset)
                return refuse(&alone, err, "needs either address or offset");
        bool placed = piece->address ? place_by_address(patch, piece, err) : parse_number(&offset, &piece->at, err);
        if (!placed)
                return false;
        return piece->at <= PATCH_MODULE_LIMIT - piece->size ||
               refuse(&alone, err, "ends beyond what a module may have (%" PRIu64 " MiB)", PATCH_MODULE_LIMIT >> 20);
}

static bool check_pieces(const struct patch *patch, struct error *err)
{
        for (size_t i = 0; i < patch->piece_count; i++) {
                struct patch_piece *piece = &patch->pieces[i];
                if (!check_bytes(patch, piece, err) || !check_place(patch, piece, err))
                        return false;
                for (const struct patch_piece *other = patch->pieces; other < piece; other++) {
                        const struct place place = {patch, piece, NULL, NULL, NULL};
                        if (piece->at < other->at + other->size && other->at < piece->at + piece->size)
                                return refuse(&place, err, "overlaps the piece in line %u", other->line);
                }
        }
        return true;
}

static bool check_name(const struct patch *patch, struct error *err)
{
        const struct place place = {patch, NULL, NULL, "name", patch->name};
        return (*patch->name != '.' && *patch->name != '-' &&
                !patch->name[strspn(patch->name, "abcdefghijklmnopqrstuvwxyz0123456789.-")]) ||
               refuse(&place, err, "'%s' is not a name (expected lower-case letters, digits, '.' and '-')",
                      patch->name);
}

static bool check_module(struct patch *patch, struct error *err)
{
        const struct place place = {patch, NULL, NULL, "module", patch->module};
        patch->module_name = file_list_name(patch->module + strspn(patch->module, "/"));
        return patch->module_name ||
               refuse(&place, err, "'%s' cannot be a file of a payload (expected a name such as K.B00)", patch->module);
}

static bool check_builds(const struct patch *patch, struct error *err)
{
        for (size_t i = 0; i < patch->build_count; i++) {
                const struct place place = {patch, NULL, NULL, "build", patch->builds[i]};
                size_t length = strcspn(patch->builds[i], "*");
                if (!length || (patch->builds[i][length] && patch->builds[i][length + 1]))
                        return refuse(&place, err, "'%s' is not a build (expected one, with * only at its end)",
                                      patch->builds[i]);
        }
        return true;
}

static bool check_digest(const struct patch *patch, const char *key, const char *value, struct error *err)
{
        const struct place place = {patch, NULL, "sha256", key, value};
        struct digest digest;
        return !value || digest_parse(value, &digest) ||
               refuse(&place, err, "'%s' is not a SHA-256 (expected 64 hexadecimal digits)", value);
}

static bool check(struct patch *patch, struct error *err)
{
        const struct place alone = {.patch = patch};
        if (!patch->build_count && !patch->sha256.packed && !patch->sha256.unpacked)
                return refuse(&alone, err, "needs build, or sha256 with packed or unpacked: what the patch is for");
        return check_name(patch, err) && check_module(patch, err) && check_builds(patch, err) &&
               check_digest(patch, "packed", patch->sha256.packed, err) &&
               check_digest(patch, "unpacked", patch->sha256.unpacked, err) && check_pieces(patch, err);
}

// The patch in FILE, which becomes its own; NULL if FILE is.
static struct patch *patch_of(struct yaml_file *file, struct error *err)
{
        AUTO_PATCH struct patch *patch = memory_new(1, sizeof *patch);
        patch->file = file;
        if (!file || !yaml_file_fill(file, &patch_mapping, patch, err) || !check(patch, err) ||
            !digest_bytes(yaml_file_text(file), &patch->digest, err))
                return NULL;
        return MEMORY_TAKE(patch);
}

struct patch *patch_read(const char *path, struct error *err)
{
        return patch_of(yaml_file_read(path, err), err);
}

struct patch *patch_parse(const char *path, struct bytes text, struct error *err)
{
        return patch_of(yaml_file_parse(path, text, err), err);
}

// ---- a module

bool patch_is_for_build(const struct patch *patch, const char *build, char **reason)
{
        AUTO_TEXT struct text all = {0};
        for (size_t i = 0; i < patch->build_count; i++) {
                const char *wanted = patch->builds[i];
                size_t length = strcspn(wanted, "*");
                if (build && strncmp(build, wanted, length) == 0 && (wanted[length] || !build[length]))
                        return true;
                text_add_format(&all, "%s%s", i ? ", " : "", wanted);
        }
        if (!patch->build_count)
                return true;
        *reason = build ? text_format("the build is %s, and the patch is for %s", build, text_string(&all))
                        : text_format("BOOT.CFG names no build, and the patch is for %s", text_string(&all));
        return false;
}

static char *show_bytes(const uint8_t *bytes, size_t size)
{
        AUTO_TEXT struct text shown = {0};
        for (size_t i = 0; i < size && i < MOST_SHOWN; i++)
                text_add_format(&shown, "%s%02X", i ? " " : "", bytes[i]);
        if (size > MOST_SHOWN)
                text_add(&shown, " ...");
        return text_take(&shown);
}

static char *explain_bytes(const struct patch *patch, const struct patch_piece *piece, const uint8_t *found)
{
        AUTO_FREE char *there = show_bytes(found, piece->size);
        AUTO_FREE char *expected = show_bytes(piece->old, piece->size);
        AUTO_FREE char *mask = show_bytes(piece->compared, piece->size);
        AUTO_FREE char *address = piece->address ? text_format(" (address %s)", piece->address) : memory_text("");
        return text_format("%s has %s at offset 0x%" PRIX64 "%s, not %s%s%s", patch->module_name, there, piece->at,
                           address, expected, piece->mask ? " under the mask " : "", piece->mask ? mask : "");
}

static char *explain_digest(const struct patch *patch, const char *what, const char *wanted, const struct digest *found)
{
        struct digest digest;
        if (!wanted || (digest_parse(wanted, &digest) && digest_equal(&digest, found)))
                return NULL;
        AUTO_FREE char *hex = digest_hex(found);
        return text_format("the SHA-256 of %s, %s, is %s, and the patch is for %s", patch->module_name, what, hex,
                           wanted);
}

// Why PATCH cannot be applied to MODULE, whose bytes fit it; NULL if it can.
static char *explain_digests(const struct patch *patch, const struct patch_module *module)
{
        char *reason = explain_digest(patch, "packed", patch->sha256.packed, &module->file_digest);
        return reason ? reason : explain_digest(patch, "unpacked", patch->sha256.unpacked, &module->content_digest);
}

enum patch_state patch_examine(const struct patch *patch, const struct patch_module *module, char **reason)
{
        size_t done = 0;
        *reason = NULL;
        for (size_t i = 0; i < patch->piece_count; i++) {
                const struct patch_piece *piece = &patch->pieces[i];
                struct bytes found;
                if (!bytes_slice(buffer_view(&module->content), piece->at, piece->size, &found)) {
                        *reason =
                                text_format("%s has %zu bytes, and the piece at offset 0x%" PRIX64 " lies beyond them",
                                            patch->module_name, module->content.size, piece->at);
                        return PATCH_NOT_FOR_THIS;
                }
                bool is_new = memcmp(found.data, piece->new, piece->size) == 0;
                done += is_new;
                if (!is_new && !matches(piece, found.data)) {
                        *reason = explain_bytes(patch, piece, found.data);
                        return PATCH_NOT_FOR_THIS;
                }
        }
        if (done == patch->piece_count)
                return PATCH_APPLIED;
        if (done) {
                *reason = text_format("%zu of the %zu pieces are in %s already, and the others are not", done,
                                      patch->piece_count, patch->module_name);
                return PATCH_HALF_APPLIED;
        }
        *reason = explain_digests(patch, module);
        return *reason ? PATCH_NOT_FOR_THIS : PATCH_NOT_APPLIED;
}

void patch_apply(const struct patch *patch, struct patch_module *module)
{
        for (size_t i = 0; i < patch->piece_count; i++) {
                const struct patch_piece *piece = &patch->pieces[i];
                memcpy(module->content.data + piece->at, piece->new, piece->size);
        }
}
