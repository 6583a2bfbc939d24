// SPDX-License-Identifier: Apache-2.0
//
// A store: an image, or only the records (then a small sound volume is put around them). All of it is read; and an
// accepted change must read back as exactly that change.
#include <stdlib.h>
#include <string.h>

#include "tests/unit/varstore/varstore-image.h"
#include "varstore/bootchain.h"
#include "varstore/predict.h"
#include "varstore/value.h"
#include "varstore/varstore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
        if (!holds)
                abort();
}

// A firmware of the older generation, one of the newer without a shell, and an unknown one.
static struct predict_firmware firmware_of(size_t kind)
{
        static const char *const programs[] = {"462CAA21-7614-4503-836E-8AB6F4662331",
                                               "7C04A583-9E3E-4F1C-AD65-E05268D0B4D1"};
        static const char *const newer[] = {"462CAA21-7614-4503-836E-8AB6F4662331",
                                            "EEC25BDC-67F2-4D95-B1D5-F81B2039D11D"};
        static const char *const switches[] = {"opt/org.tianocore/FirmwareSetupSupport",
                                               "opt/org.tianocore/EFIShellSupport"};
        if (kind == 0)
                return (struct predict_firmware){generation_of_code(programs, 2, NULL, 0), programs, 2};
        if (kind == 1)
                return (struct predict_firmware){generation_of_code(newer, 2, switches, 2), newer, 2};
        return (struct predict_firmware){0};
}

static void look_at_boot(const struct varstore *store)
{
        static const char *const files[] = {PREDICT_FALLBACK_FILE};
        struct predict_partition partition = {.files = files, .file_count = 1};
        struct predict_device device = {.name = "disk",
                                        .path = "PciRoot(0x0)/Pci(0x1,0x0)/USB(0x0,0x0)",
                                        .has_bootindex = varstore_image_size(store) % 2,
                                        .partitions = &partition,
                                        .partition_count = 1};
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        bootchain_read(store, &chain, NULL);
        struct remarks remarks = {0};
        bootchain_judge(store, &chain, &remarks);
        remarks_free(&remarks);
        struct predict_machine machine = {
                .chain = &chain, .devices = &device, .device_count = 1, .firmware = firmware_of(chain.entry_count % 3)};
        AUTO_PREDICTION struct prediction prediction = {0};
        prediction_make(&machine, &prediction);
        // The disk can boot, so that something always starts.
        require(prediction.started || prediction.count > UINT16_MAX);
}

static void look_at(const struct varstore *store)
{
        for (const struct variable *variable = NULL; (variable = varstore_next(store, variable));) {
                AUTO_FREE char *value = value_text(variable);
                AUTO_FREE char *attributes = variable_attributes_text(variable->attributes);
                require(attributes && (!value || strlen(value) < SIZE_MAX));
                require(varstore_find(store, variable->vendor, variable->name) == variable);
        }
        look_at_boot(store);
}

static struct varstore *read_again(const struct varstore *store, struct buffer *image)
{
        struct varstore *again = NULL;
        buffer_add_bytes(image, varstore_volume_bytes(store));
        buffer_add_bytes(image, varstore_padding(store));
        require(varstore_read(buffer_view(image), &again, NULL));
        return again;
}

// Every variable of A is in B unchanged, except the one called NAME.
static void require_same(const struct varstore *a, const struct varstore *b, const char *name)
{
        for (const struct variable *variable = NULL; (variable = varstore_next(a, variable));) {
                if (strcmp(variable->name, name) == 0)
                        continue;
                const struct variable *same = varstore_find(b, variable->vendor, variable->name);
                require(same && same->attributes == variable->attributes && bytes_equal(same->data, variable->data));
        }
}

static void change(struct varstore *store, struct bytes input)
{
        static const uint8_t value[] = "changed";
        struct bytes data = {value, sizeof value};
        AUTO_BUFFER struct buffer before = {0};
        AUTO_BUFFER struct buffer after = {0};
        AUTO_VARSTORE struct varstore *old = read_again(store, &before);
        if (!varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Timeout", EFI_VARIABLE_NON_VOLATILE, data, NULL))
                return;
        if (input.size % 3 == 0)
                require(varstore_compact(store, NULL));
        AUTO_VARSTORE struct varstore *new = read_again(store, &after);
        const struct variable *changed = varstore_find(new, GUID_EFI_GLOBAL_VARIABLE, "Timeout");
        require(changed && bytes_equal(changed->data, data));
        require(varstore_verdict(new) != VARSTORE_DAMAGED);
        require_same(old, new, "Timeout");
        require_same(new, old, "Timeout");
        require(varstore_delete(new, GUID_EFI_GLOBAL_VARIABLE, "Timeout", NULL));
        require(!varstore_find(new, GUID_EFI_GLOBAL_VARIABLE, "Timeout"));
}

static void read_image(struct bytes image)
{
        AUTO_VARSTORE struct varstore *store = NULL;
        if (!varstore_read(image, &store, NULL))
                return;
        look_at(store);
        if (varstore_is_blank(store) && !varstore_format(store, NULL))
                return;
        change(store, image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (size > 0x2C && memcmp(data + 0x28, "_FVH", 4) == 0) {
                read_image((struct bytes){data, size});
                return 0;
        }
        AUTO_IMAGE struct image image = image_small();
        image.plain = size % 2;
        if (image.plain)
                image_hex(&image, 0x48, "1636cfdd7532644198b6fe85707ffe7d");
        size_t room = 0x3000 - image.end;
        if (size)
                memcpy(image.data + image.end, data, size < room ? size : room);
        read_image(image_view(&image));
        return 0;
}
