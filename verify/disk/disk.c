// SPDX-License-Identifier: Apache-2.0
#include "verify/disk/disk.h"

#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arguments.h"
#include "base/bytes.h"
#include "base/descriptor.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/text.h"

// A large image is mapped in windows, because a fragmented one has hundreds of thousands of extents, of which few are
// needed. An image whose files are no larger than a window is mapped at once. Extents without an offset are fetched in
// chunks.
enum {
        WINDOW_SIZE = 64 << 20,
        CHUNK_SIZE = 1 << 20,
        SECTOR_SIZE = 512,
        KEPT = 8, // windows and chunks in the cache
        QEMU_IMG_TIMEOUT_MS = 60000,
        QEMU_IMG_OUTPUT_LIMIT = 256 << 20,
};

// A file of the backing chain; the first is the image itself.
struct layer {
        char *path; // as qemu-img spells it
        int descriptor;
        uint64_t size;   // of the file
        bool raw;        // no header: the file is the disk
        bool has_places; // the offsets in the map are offsets in this file
};

enum extent_kind {
        EXTENT_ZERO,
        EXTENT_PLACED,  // at `offset` of the layer's file
        EXTENT_FETCHED, // only qemu-img can read it
};

struct extent {
        uint64_t start, length; // on the disk
        enum extent_kind kind;
        size_t layer;
        uint64_t offset;
};

struct window {
        uint64_t start;
        struct extent *extents;
        size_t count;
};

struct chunk {
        uint64_t start;
        struct buffer bytes;
};

struct disk {
        struct bytes memory; // the content itself, if it is not in a file
        char *path;          // as it was given
        char *operand;       // as passed to qemu-img
        char *format;
        bool is_device;
        uint64_t size;
        struct layer *layers;
        size_t layer_count;
        uint64_t window_size;
        struct window windows[KEPT];
        size_t window_count, next_window;
        struct chunk chunks[KEPT];
        size_t chunk_count, next_chunk;
};

void disk_close(struct disk **disk_pointer)
{
        struct disk *disk = *disk_pointer;
        if (!disk)
                return;
        for (size_t i = 0; i < disk->layer_count; i++) {
                if (disk->layers[i].descriptor >= 0)
                        close(disk->layers[i].descriptor);
                free(disk->layers[i].path);
        }
        for (size_t i = 0; i < disk->window_count; i++)
                free(disk->windows[i].extents);
        for (size_t i = 0; i < disk->chunk_count; i++)
                buffer_free(&disk->chunks[i].bytes);
        free(disk->layers);
        free(disk->format);
        free(disk->operand);
        free(disk->path);
        free(disk);
        *disk_pointer = NULL;
}

uint64_t disk_size(const struct disk *disk)
{
        return disk->size;
}

const char *disk_format(const struct disk *disk)
{
        return disk->format;
}

const char *disk_path(const struct disk *disk)
{
        return disk->path;
}

// qemu-img's message on standard error, as one line without "qemu-img: ".
static char *complaint(struct process_result *result)
{
        AUTO_FREE char *said = text_printable((const char *)result->errors.data, result->errors.size, true);
        const char *text = text_starts_with(said, "qemu-img: ") ? said + strlen("qemu-img: ") : said;
        return text_format("%.*s", (int)strcspn(text, "\n"), text);
}

// Runs qemu-img; if it fails, the image is damaged.
static bool run_qemu_img(const struct disk *disk, const struct arguments *arguments, struct process_result *result,
                         struct error *err)
{
        if (!process_run(arguments, QEMU_IMG_OUTPUT_LIMIT, QEMU_IMG_TIMEOUT_MS, result, err))
                return error_wrap(err, "%s", disk->path);
        if (!result->exit_code)
                return true;
        AUTO_FREE char *why = complaint(result);
        return error_set(err, ERROR_DAMAGED, "%s: qemu-img cannot read this disk image%s%s: %s", disk->path,
                         disk->format ? " as " : "", disk->format ? disk->format : "", *why ? why : "no reason given");
}

static json_t *run_qemu_img_json(const struct disk *disk, const struct arguments *arguments, struct error *err)
{
        AUTO_PROCESS_RESULT struct process_result result = {0};
        if (!run_qemu_img(disk, arguments, &result, err))
                return NULL;
        json_t *root = json_loadb((const char *)result.output.data, result.output.size, 0, NULL);
        if (!json_is_array(root)) {
                json_decref(root);
                error_set(err, ERROR_ENVIRONMENT, "%s: qemu-img %s did not print JSON; use QEMU 6.0 or later",
                          disk->path, arguments->values[1]);
                return NULL;
        }
        return root;
}

static void begin_qemu_img(const char *command, struct arguments *arguments)
{
        ARGUMENTS_ADD_ALL(arguments, "qemu-img", command, "-U"); // -U: a running machine has the image locked
}

// Whether the map's offsets are in the layer's own file. qemu-img does not report the file, so this is false for
// formats that may use several.
static bool layer_has_places(const json_t *info, const char *format)
{
        static const char *const one_file[] = {"raw", "qcow2", "vdi", "vpc", "qed", "parallels", "vmdk"};
        bool known = false;
        for (size_t i = 0; i < sizeof one_file / sizeof *one_file; i++)
                known |= !strcmp(format, one_file[i]);
        const json_t *specific = json_object_get(json_object_get(info, "format-specific"), "data");
        if (!known || json_object_get(specific, "data-file"))
                return false;
        const json_t *extents = json_object_get(specific, "extents");
        if (!extents)
                return strcmp(format, "vmdk") != 0;
        const char *file = json_string_value(json_object_get(json_array_get(extents, 0), "filename"));
        const char *image = json_string_value(json_object_get(info, "filename"));
        return json_array_size(extents) == 1 && file && image && !strcmp(file, image);
}

static bool file_size_of(int descriptor, uint64_t *size)
{
        off_t end = lseek(descriptor, 0, SEEK_END);
        *size = end < 0 ? 0 : (uint64_t)end;
        return end >= 0;
}

static bool read_layer_file(const struct disk *disk, const struct layer *layer, uint64_t offset, void *data,
                            size_t size, size_t *got, struct error *err)
{
        ssize_t count = descriptor_read_at(layer->descriptor, data, size, offset);
        *got = count < 0 ? 0 : (size_t)count;
        return count >= 0 || error_system(err, "%s: cannot read %s at byte %" PRIu64, disk->path, layer->path, offset);
}

static bool cut_off(const struct disk *disk, const struct layer *layer, const char *what, uint64_t offset,
                    struct error *err)
{
        bool itself = strcmp(disk->path, layer->path) == 0;
        return error_set(err, ERROR_DAMAGED,
                         "%s%s%s is cut off: %s at byte %" PRIu64 " of a file of %" PRIu64
                         " bytes. Copy or download it again",
                         itself ? "" : disk->path, itself ? "" : ": ", layer->path, what, offset, layer->size);
}

// QEMU reads tables beyond the end of the file as zeroes, so a truncated qcow2 would look blank. The header has the
// offset of the first-level table, which has those of the second-level ones (QEMU, docs/interop/qcow2.txt).
static bool check_qcow2(const struct disk *disk, const struct layer *layer, struct error *err)
{
        enum {
                HEADER = 72,
                TABLE_LIMIT = 32 << 20
        };
        uint8_t header[HEADER];
        size_t got;
        if (!read_layer_file(disk, layer, 0, header, sizeof header, &got, err))
                return false;
        struct cursor cursor = cursor_at((struct bytes){header, got}, 16);
        uint32_t cluster_bits = (uint32_t)cursor_u64_big(&cursor);
        cursor_skip(&cursor, 8); // the disk's size
        uint64_t table_size = (uint64_t)(uint32_t)cursor_u64_big(&cursor) * sizeof(uint64_t);
        uint64_t table_at = cursor_u64_big(&cursor);
        if (!cursor_ok(&cursor, "qcow2 header", err))
                return error_wrap(err, "%s: %s", disk->path, layer->path);
        if (cluster_bits < 9 || cluster_bits > 21 || table_size > TABLE_LIMIT)
                return error_set(err, ERROR_DAMAGED, "%s: the header of %s is damaged", disk->path, layer->path);
        if (table_at > layer->size || layer->size - table_at < table_size)
                return cut_off(disk, layer, "its first-level table lies", table_at, err);

        AUTO_FREE uint8_t *table = memory_new(table_size ? table_size : 1, 1);
        if (!read_layer_file(disk, layer, table_at, table, table_size, &got, err))
                return false;
        cursor = cursor_at((struct bytes){table, got}, 0);
        while (cursor_left(&cursor)) {
                uint64_t second_at = cursor_u64_big(&cursor) & 0x00fffffffffffe00;
                if (second_at > layer->size || (second_at && layer->size - second_at < UINT64_C(1) << cluster_bits))
                        return cut_off(disk, layer, "a second-level table lies", second_at, err);
        }
        return true;
}

static bool add_layer(struct disk *disk, const json_t *info, struct error *err)
{
        const char *path = json_string_value(json_object_get(info, "filename"));
        const char *format = json_string_value(json_object_get(info, "format"));
        if (!path || !format)
                return error_set(err, ERROR_ENVIRONMENT,
                                 "%s: qemu-img info did not report its files; use QEMU 6.0 or later", disk->path);
        if (json_is_true(json_object_get(info, "encrypted")) || !strcmp(format, "luks"))
                return error_set(err, ERROR_DAMAGED, "%s: %s is encrypted; decrypt it with qemu-img convert first",
                                 disk->path, path);

        struct layer *layer = MEMORY_ADD(disk->layers, disk->layer_count);
        *layer = (struct layer){.path = memory_text(path), .raw = !strcmp(format, "raw")};
        layer->descriptor = open(path, O_RDONLY | O_CLOEXEC);
        // A layer may also be something that only QEMU can open, such as a server or a part of another image.
        if (layer->descriptor < 0 || !file_size_of(layer->descriptor, &layer->size))
                return true;
        layer->has_places = layer_has_places(info, format);
        return strcmp(format, "qcow2") != 0 || check_qcow2(disk, layer, err);
}

// Whether all data of the disk fits in a window.
static bool is_small(const struct disk *disk)
{
        uint64_t size = 0;
        for (size_t i = 0; i < disk->layer_count; i++) {
                if (disk->layers[i].descriptor < 0 || disk->layers[i].size > WINDOW_SIZE)
                        return false;
                size += disk->layers[i].size;
        }
        return disk->size && size <= WINDOW_SIZE;
}

static bool read_info(struct disk *disk, const char *format, struct error *err)
{
        AUTO_ARGUMENTS struct arguments arguments = {0};
        begin_qemu_img("info", &arguments);
        ARGUMENTS_ADD_ALL(&arguments, "--backing-chain", "--output=json");
        if (format)
                ARGUMENTS_ADD_ALL(&arguments, "-f", format);
        arguments_add(&arguments, disk->operand);
        json_t *chain = run_qemu_img_json(disk, &arguments, err);
        if (!chain)
                return false;

        const json_t *image = json_array_get(chain, 0);
        const char *found = json_string_value(json_object_get(image, "format"));
        json_int_t size = json_integer_value(json_object_get(image, "virtual-size"));
        bool ok = found && size >= 0;
        if (!ok)
                error_set(err, ERROR_ENVIRONMENT, "%s: qemu-img info did not report a format and a size", disk->path);
        if (ok) {
                free(disk->format);
                disk->format = memory_text(found);
                disk->size = (uint64_t)size;
        }
        for (size_t i = 0; ok && i < json_array_size(chain); i++)
                ok = add_layer(disk, json_array_get(chain, i), err);
        json_decref(chain);
        if (is_small(disk))
                disk->window_size = disk->size;
        return ok;
}

// Checks what is possible without qemu-img, whose messages would not have the path as the user typed it.
static bool check_file(struct disk *disk, struct error *err)
{
        AUTO_CLOSE int descriptor = open(disk->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (descriptor < 0)
                return error_system(err, "cannot open the disk image %s", disk->path);
        struct stat status;
        if (fstat(descriptor, &status))
                return error_system(err, "cannot examine the disk image %s", disk->path);
        disk->is_device = S_ISBLK(status.st_mode);
        if (!disk->is_device && !S_ISREG(status.st_mode))
                return error_set(err, ERROR_USAGE, "%s is not a disk image: it is %s", disk->path,
                                 S_ISDIR(status.st_mode) ? "a folder" : "not a regular file");
        return true;
}

// A raw disk is the file itself and needs no qemu-img, which would round the size up to whole sectors.
static bool open_raw(struct disk *disk, struct error *err)
{
        disk->layers = memory_new(1, sizeof *disk->layers);
        disk->layer_count = 1;
        struct layer *layer = disk->layers;
        *layer = (struct layer){.path = memory_text(disk->path), .raw = true, .has_places = true};
        layer->descriptor = open(disk->path, O_RDONLY | O_CLOEXEC);
        if (layer->descriptor < 0 || !file_size_of(layer->descriptor, &layer->size))
                return error_system(err, "cannot open the disk image %s", disk->path);
        disk->size = (layer->size + SECTOR_SIZE - 1) / SECTOR_SIZE * SECTOR_SIZE;
        return true;
}

bool disk_open(const char *path, const char *format, struct disk **disk_pointer, struct error *err)
{
        AUTO_DISK struct disk *disk = memory_new(1, sizeof *disk);
        disk->path = memory_text(path);
        // Otherwise QEMU would take "a:b" for a protocol and "-a" for an option.
        disk->operand = text_format("%s%s", *path == '/' ? "" : "./", path);
        disk->format = format ? memory_text(format) : NULL;
        disk->window_size = WINDOW_SIZE;
        bool is_raw = format && strcmp(format, "raw") == 0;
        if (!check_file(disk, err) || !(is_raw ? open_raw(disk, err) : read_info(disk, format, err)))
                return false;
        *disk_pointer = MEMORY_TAKE(disk);
        return true;
}

struct disk *disk_of_bytes(const char *name, struct bytes content)
{
        struct disk *disk = memory_new(1, sizeof *disk);
        disk->path = memory_text(name);
        disk->format = memory_text("raw");
        disk->memory = content;
        disk->size = content.size;
        return disk;
}

static bool extent_from_json(const struct disk *disk, const json_t *entry, uint64_t expected_start,
                             struct extent *extent)
{
        json_int_t start = json_integer_value(json_object_get(entry, "start"));
        json_int_t length = json_integer_value(json_object_get(entry, "length"));
        json_int_t depth = json_integer_value(json_object_get(entry, "depth"));
        const json_t *offset = json_object_get(entry, "offset");
        if (start < 0 || length < 0 || (uint64_t)start != expected_start ||
            (uint64_t)length > disk->size - expected_start)
                return false;
        *extent = (struct extent){.start = (uint64_t)start, .length = (uint64_t)length, .kind = EXTENT_FETCHED};
        bool placed = offset && depth >= 0 && (uint64_t)depth < disk->layer_count && disk->layers[depth].has_places;
        bool zero = json_is_true(json_object_get(entry, "zero")), data = json_is_true(json_object_get(entry, "data"));
        // Data that is zero also has an offset: a hole in the file, or beyond its end if the file is truncated. Zeroes
        // that are not data may have an offset, whose content does not count.
        if (zero && !(placed && data)) {
                extent->kind = EXTENT_ZERO;
        } else if (placed) {
                extent->kind = EXTENT_PLACED;
                extent->layer = (size_t)depth;
                extent->offset = (uint64_t)json_integer_value(offset);
        }
        return true;
}

static bool read_window(struct disk *disk, uint64_t start, struct window *window, struct error *err)
{
        AUTO_ARGUMENTS struct arguments arguments = {0};
        begin_qemu_img("map", &arguments);
        arguments_add(&arguments, "--output=json");
        arguments_add_format(&arguments, "--start-offset=%" PRIu64, start);
        arguments_add_format(&arguments, "--max-length=%" PRIu64, disk->window_size);
        ARGUMENTS_ADD_ALL(&arguments, "-f", disk->format, disk->operand);
        json_t *map = run_qemu_img_json(disk, &arguments, err);
        if (!map)
                return false;

        *window = (struct window){.start = start};
        window->extents = memory_new(json_array_size(map) + 1, sizeof *window->extents);
        uint64_t end = start;
        bool ok = true;
        for (size_t i = 0; ok && i < json_array_size(map); i++) {
                struct extent *extent = &window->extents[window->count++];
                ok = extent_from_json(disk, json_array_get(map, i), end, extent);
                end += extent->length;
        }
        json_decref(map);
        uint64_t wanted = disk->size - start < disk->window_size ? disk->size - start : disk->window_size;
        if (ok && end - start >= wanted)
                return true;
        free(window->extents);
        error_set(err, ERROR_ENVIRONMENT, "%s: qemu-img map has a gap at byte %" PRIu64, disk->path, end);
        return false;
}

static const struct window *find_window(struct disk *disk, uint64_t start, struct error *err)
{
        for (size_t i = 0; i < disk->window_count; i++) {
                if (disk->windows[i].start == start)
                        return &disk->windows[i];
        }
        struct window window;
        if (!read_window(disk, start, &window, err))
                return NULL;
        struct window *slot = &disk->windows[disk->next_window];
        if (disk->window_count < KEPT)
                disk->window_count++;
        else
                free(slot->extents);
        disk->next_window = (disk->next_window + 1) % KEPT;
        *slot = window;
        return slot;
}

static bool find_extent(struct disk *disk, uint64_t offset, struct extent *extent, struct error *err)
{
        // A raw image without backing files needs no map.
        if (disk->layers[0].raw && disk->layers[0].has_places) {
                *extent = (struct extent){.length = disk->size, .kind = EXTENT_PLACED};
                return true;
        }
        const struct window *window = find_window(disk, offset - offset % disk->window_size, err);
        if (!window)
                return false;
        size_t low = 0, high = window->count;
        while (high - low > 1) {
                size_t middle = low + (high - low) / 2;
                *(window->extents[middle].start <= offset ? &low : &high) = middle;
        }
        *extent = window->extents[low];
        return true;
}

static bool read_placed(const struct disk *disk, const struct extent *extent, uint64_t offset, uint8_t *data,
                        size_t size, struct error *err)
{
        const struct layer *layer = &disk->layers[extent->layer];
        uint64_t place = extent->offset + (offset - extent->start);
        size_t got;
        if (!read_layer_file(disk, layer, place, data, size, &got, err))
                return false;
        // A raw file may end within a sector. Other formats have whole clusters, but some versions of qemu-img map a
        // truncated last cluster as a whole one.
        if (got < size && !layer->raw)
                return cut_off(disk, layer, "data lie", place, err);
        memset(data + got, 0, size - got);
        return true;
}

static bool fetch_chunk(const struct disk *disk, uint64_t start, struct buffer *bytes, struct error *err)
{
        AUTO_ARGUMENTS struct arguments arguments = {0};
        begin_qemu_img("convert", &arguments);
        AUTO_FREE char *folder = file_temporary_folder(err);
        if (!folder)
                return false;
        AUTO_FREE char *target = file_path(folder, "chunk");
        uint64_t size = disk->size - start < CHUNK_SIZE ? disk->size - start : CHUNK_SIZE;
        AUTO_TEXT struct text source = {0};
        text_add_format(&source, "driver=raw,offset=%" PRIu64 ",size=%" PRIu64 ",file.driver=%s", start, size,
                        disk->format);
        text_add_format(&source, ",file.file.driver=%s,file.file.filename=", disk->is_device ? "host_device" : "file");
        for (const char *at = disk->operand; *at; at++)
                text_add(&source, *at == ',' ? ",," : (char[]){*at, 0});
        ARGUMENTS_ADD_ALL(&arguments, "--image-opts", text_string(&source), "-O", "raw", target);
        AUTO_PROCESS_RESULT struct process_result result = {0};
        bool ok = run_qemu_img(disk, &arguments, &result, err) && file_read(target, CHUNK_SIZE, bytes, err);
        AUTO_ERROR struct error ignored = {0};
        file_remove_tree(folder, &ignored);
        if (ok && bytes->size < size)
                buffer_fill(bytes, 0, size - bytes->size);
        return ok;
}

static const struct chunk *find_chunk(struct disk *disk, uint64_t start, struct error *err)
{
        for (size_t i = 0; i < disk->chunk_count; i++) {
                if (disk->chunks[i].start == start)
                        return &disk->chunks[i];
        }
        struct buffer bytes = {0};
        if (!fetch_chunk(disk, start, &bytes, err)) {
                buffer_free(&bytes);
                return NULL;
        }
        struct chunk *slot = &disk->chunks[disk->next_chunk];
        if (disk->chunk_count < KEPT)
                disk->chunk_count++;
        else
                buffer_free(&slot->bytes);
        disk->next_chunk = (disk->next_chunk + 1) % KEPT;
        *slot = (struct chunk){.start = start, .bytes = bytes};
        return slot;
}

static bool read_fetched(struct disk *disk, uint64_t offset, uint8_t *data, size_t size, struct error *err)
{
        while (size) {
                uint64_t within = offset % CHUNK_SIZE;
                size_t step = size < CHUNK_SIZE - within ? size : (size_t)(CHUNK_SIZE - within);
                const struct chunk *chunk = find_chunk(disk, offset - within, err);
                if (!chunk)
                        return false;
                struct cursor cursor = cursor_at(buffer_view(&chunk->bytes), within);
                cursor_copy(&cursor, data, step);
                if (!cursor_ok(&cursor, "disk", err))
                        return error_wrap(err, "%s", disk->path);
                offset += step;
                data += step;
                size -= step;
        }
        return true;
}

static bool read_extent(struct disk *disk, const struct extent *extent, uint64_t offset, uint8_t *data, size_t size,
                        struct error *err)
{
        switch (extent->kind) {
        case EXTENT_PLACED:
                return read_placed(disk, extent, offset, data, size, err);
        case EXTENT_FETCHED:
                return read_fetched(disk, offset, data, size, err);
        case EXTENT_ZERO:
                break;
        }
        memset(data, 0, size);
        return true;
}

bool disk_read(struct disk *disk, uint64_t offset, void *data, size_t size, struct error *err)
{
        if (offset > disk->size || disk->size - offset < size)
                return error_set(err, ERROR_DAMAGED,
                                 "%s: the disk ends at byte %" PRIu64 ", but %zu bytes at %" PRIu64 " were to be read",
                                 disk->path, disk->size, size, offset);
        if (disk->memory.data) {
                struct cursor cursor = cursor_at(disk->memory, offset);
                cursor_copy(&cursor, data, size);
                return cursor_ok(&cursor, "disk", err);
        }
        for (uint8_t *target = data; size;) {
                struct extent extent;
                if (!find_extent(disk, offset, &extent, err))
                        return false;
                uint64_t left = extent.length - (offset - extent.start);
                size_t step = size < left ? size : (size_t)left;
                if (!read_extent(disk, &extent, offset, target, step, err))
                        return false;
                offset += step;
                target += step;
                size -= step;
        }
        return true;
}
