// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/test.h"

#include "base/encoding.h"
#include "tests/unit/varstore/varstore-image.h"
#include "varstore/bootchain.h"
#include "varstore/loadopt.h"

static const char USB_PATH[] = "02010c00d041030a000000000101060000010305060000007fff0400";
static const char ESP_PATH[] = "04012a0001000000400000000000000000200300000000008fcc480ac7f9dd449eb5af5635d049c80202"
                               "04040e005c0041002e00420000007fff0400";
static const char AUTO_CREATED[] = "4eac0881119f594d850ee21a522c59b2";

static void add_entry(struct image *image, const char *name, uint32_t attributes, const char *label, const char *path,
                      const char *optional_data)
{
        AUTO_BUFFER struct buffer path_bytes = {0};
        AUTO_BUFFER struct buffer optional_bytes = {0};
        AUTO_BUFFER struct buffer data = {0};
        assert_true(text_parse_hex(path, &path_bytes));
        assert_true(text_parse_hex(optional_data, &optional_bytes));
        buffer_add_u32(&data, attributes);
        buffer_add_u16(&data, (uint16_t)path_bytes.size);
        assert_true(text_to_utf16(label, &data));
        buffer_add_u16(&data, 0);
        buffer_add_bytes(&data, buffer_view(&path_bytes));
        buffer_add_bytes(&data, buffer_view(&optional_bytes));
        image_add(image, 0x3F, GUID_EFI_GLOBAL_VARIABLE, name, 7, buffer_view(&data));
}

struct scene {
        struct image image;
        struct varstore *store;
        struct bootchain chain;
};

static void scene_free(struct scene *scene)
{
        bootchain_free(&scene->chain);
        varstore_free(&scene->store);
        image_free(&scene->image);
}
#define AUTO_SCENE __attribute__((cleanup(scene_free)))

static bool scene_read(struct scene *scene, struct error *err)
{
        assert_true(varstore_read(image_view(&scene->image), &scene->store, err));
        return bootchain_read(scene->store, &scene->chain, err);
}

TEST(installed_esxi_is_read)
{
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        AUTO_ERROR struct error err = {0};
        add_entry(&scene.image, "Boot0004", 1, "VMware ESXi", ESP_PATH, "");
        add_entry(&scene.image, "Boot0001", 9, "USB", USB_PATH, AUTO_CREATED);
        image_add_global(&scene.image, "BootOrder", "040001000900");
        image_add_global(&scene.image, "BootNext", "0100");
        image_add_global(&scene.image, "Timeout", "0500");
        assert_true(scene_read(&scene, &err));
        const struct bootchain *chain = &scene.chain;
        assert_true(chain->has_next && chain->next == 1);
        assert_true(chain->has_timeout && chain->timeout == 5);
        assert_int_equal(chain->order_count, 3);
        assert_int_equal(chain->entry_count, 2);
        const struct boot_entry *usb = &chain->entries[0];
        assert_int_equal(usb->number, 1);
        assert_true(usb->active && usb->hidden && usb->made_by_firmware && usb->ordered && !usb->has_partition);
        assert_int_equal(usb->position, 1);
        assert_null(usb->loader);
        const struct boot_entry *esxi = bootchain_find_label(chain, "VMware ESXi");
        assert_ptr_equal(esxi, bootchain_find_number(chain, 4));
        assert_ptr_equal(esxi, bootchain_first(chain));
        assert_true(esxi->active && !esxi->hidden && !esxi->made_by_firmware && esxi->ordered && !esxi->damaged);
        assert_string_equal(esxi->path, "HD(1,GPT,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,0x40,0x32000)/\\A.B");
        assert_string_equal(esxi->loader, "\\A.B");
        assert_true(esxi->has_partition && esxi->partition.gpt);
        assert_int_equal(esxi->partition.start, 64);
        assert_null(bootchain_find_number(chain, 9));
        assert_null(bootchain_find_label(chain, "vmware esxi"));
        struct remarks remarks = {0};
        bootchain_judge(scene.store, chain, &remarks);
        assert_int_equal(remarks.count, 1); // the order names Boot0009
        remarks_free(&remarks);
}

TEST(store_without_boot_variables_has_an_empty_chain)
{
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        memset(scene.image.data, 0, scene.image.size);
        AUTO_ERROR struct error err = {0};
        assert_true(scene_read(&scene, &err));
        assert_true(!scene.chain.has_next && !scene.chain.has_timeout);
        assert_int_equal(scene.chain.order_count + scene.chain.entry_count, 0);
        assert_null(bootchain_first(&scene.chain));
        assert_null(bootchain_find_label(&scene.chain, ""));
}

TEST(names_that_are_no_entries_are_left_alone)
{
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        static const char *const names[] = {"Boot000", "Boot00001", "Boot000a", "boot0001", "Boot 001", "BootCurrent"};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
                add_entry(&scene.image, names[i], 1, "x", USB_PATH, "");
        image_add(&scene.image, 0x3F, GUID_SHIM_LOCK, "Boot0001", 7, (struct bytes){(const uint8_t *)"x", 1});
        AUTO_ERROR struct error err = {0};
        assert_true(scene_read(&scene, &err));
        assert_int_equal(scene.chain.entry_count, 0);
}

TEST(label_finds_the_entry_that_would_be_tried_first)
{
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        AUTO_ERROR struct error err = {0};
        add_entry(&scene.image, "Boot0000", 1, "Same", USB_PATH, ""); // not in the order
        add_entry(&scene.image, "Boot0001", 0, "Same", USB_PATH, ""); // not active
        add_entry(&scene.image, "Boot0002", 1, "Same", USB_PATH, "");
        add_entry(&scene.image, "Boot0003", 1, "Same", USB_PATH, "");
        image_add_global(&scene.image, "BootOrder", "0100030002000300");
        assert_true(scene_read(&scene, &err));
        assert_int_equal(bootchain_find_label(&scene.chain, "Same")->number, 3);
        assert_int_equal(bootchain_first(&scene.chain)->number, 3);
        // Named twice: the first place counts.
        assert_int_equal(bootchain_find_number(&scene.chain, 3)->position, 1);
}

TEST(damaged_entry_is_told_from_a_whole_one)
{
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        AUTO_ERROR struct error err = {0};
        image_add_global(&scene.image, "Boot0000", "01");
        add_entry(&scene.image, "Boot0001", 1, "No path", "", "");
        add_entry(&scene.image, "Boot0002", 1, "Whole", USB_PATH, "");
        assert_true(scene_read(&scene, &err));
        assert_true(scene.chain.entries[0].damaged);
        assert_string_equal(scene.chain.entries[0].label, "");
        assert_true(scene.chain.entries[1].damaged);
        assert_string_equal(scene.chain.entries[1].label, "No path");
        assert_false(scene.chain.entries[2].damaged);
        struct remarks remarks = {0};
        bootchain_judge(scene.store, &scene.chain, &remarks);
        assert_int_equal(remarks.count, 2);
        assert_int_equal(remarks.items[0].offset, scene.chain.entries[0].offset);
        remarks_free(&remarks);
}

TEST(variable_of_a_wrong_size_is_named)
{
        static const struct {
                const char *name, *hex;
        } wrong[] = {{"BootOrder", "000001"}, {"BootNext", "01"}, {"Timeout", "05000000"}};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                AUTO_SCENE struct scene scene = {.image = image_aavmf()};
                AUTO_ERROR struct error err = {0};
                add_entry(&scene.image, "Boot0000", 1, "Whole", USB_PATH, "");
                image_add_global(&scene.image, wrong[i].name, wrong[i].hex);
                assert_false(scene_read(&scene, &err));
                assert_int_equal(err.code, ERROR_DAMAGED);
                assert_non_null(strstr(err.message, wrong[i].name));
                // The rest is read.
                assert_int_equal(scene.chain.entry_count, 1);
                assert_int_equal(scene.chain.entries[0].ordered, i == 0);
        }
}

TEST(only_the_first_of_several_paths_is_started)
{
        AUTO_SCENE struct scene scene = {.image = image_aavmf()};
        AUTO_ERROR struct error err = {0};
        AUTO_FREE char *both = text_format("%s%s", USB_PATH, ESP_PATH);
        add_entry(&scene.image, "Boot0000", 1, "Two", both, "");
        assert_true(scene_read(&scene, &err));
        assert_string_equal(scene.chain.entries[0].path, "PciRoot(0x0)/Pci(0x1,0x0)/USB(0x0,0x0)");
        assert_false(scene.chain.entries[0].has_partition);
}

TEST(loaders_are_compared_as_the_firmware_does)
{
        assert_true(boot_loader_equal("\\EFI\\VMware\\safeboot64.efi", "\\efi\\vmware\\SAFEBOOT64.EFI"));
        assert_true(boot_loader_equal("\\EFI\\VMware\\safeboot64.efi", "EFI/VMware/safeboot64.efi"));
        assert_false(boot_loader_equal("\\EFI\\VMware\\safeboot64.efi", "\\EFI\\VMware\\safeboot64"));
        assert_false(boot_loader_equal("\\EFI\\A", "\\EFI\\AB"));
        assert_false(boot_loader_equal("", "\\A"));
}
