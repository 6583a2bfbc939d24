// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/varstore/store.h"

#include "base/encoding.h"
#include "varstore/bootchain.h"
#include "varstore/loadopt.h"

static const char USB_PATH[] = "02010c00d041030a000000000101060000010305060000007fff0400";
static const char ESP_PATH[] = "04012a0001000000400000000000000000200300000000008fcc480ac7f9dd449eb5af5635d049c80202"
                               "04040e005c0041002e00420000007fff0400";
static const char AUTO_CREATED[] = "4eac0881119f594d850ee21a522c59b2";

static void add_entry(const char *name, uint32_t attributes, const char *label)
{
        image_add_entry(&image, name, attributes, label, USB_PATH, "");
}

static struct bootchain chain;

static bool read_chain(void)
{
        bootchain_free(&chain);
        open_store();
        return bootchain_read(store, &chain, &err);
}

static int end(void **state)
{
        bootchain_free(&chain);
        return store_end(state);
}

#define TEST_OF_CHAIN(name) TEST_WITH(name, store_begin, end)

TEST_OF_CHAIN(installed_esxi_is_read)
{
        image_add_entry(&image, "Boot0004", 1, "VMware ESXi", ESP_PATH, "");
        image_add_entry(&image, "Boot0001", 9, "USB", USB_PATH, AUTO_CREATED);
        image_add_global(&image, "BootOrder", "040001000900");
        image_add_global(&image, "BootNext", "0100");
        image_add_global(&image, "Timeout", "0500");
        assert_true(read_chain());
        assert_true(chain.has_next && chain.next == 1);
        assert_true(chain.has_timeout && chain.timeout == 5);
        assert_int_equal(chain.order_count, 3);
        assert_int_equal(chain.entry_count, 2);
        const struct boot_entry *usb = &chain.entries[0];
        assert_int_equal(usb->number, 1);
        assert_true(usb->active && usb->hidden && usb->made_by_firmware && usb->ordered && !usb->has_partition);
        assert_int_equal(usb->position, 1);
        assert_null(usb->loader);
        const struct boot_entry *esxi = bootchain_find_label(&chain, "VMware ESXi");
        assert_ptr_equal(esxi, bootchain_find_number(&chain, 4));
        assert_ptr_equal(esxi, bootchain_first(&chain));
        assert_true(esxi->active && !esxi->hidden && !esxi->made_by_firmware && esxi->ordered && !esxi->damaged);
        assert_string_equal(esxi->path, "HD(1,GPT,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,0x40,0x32000)/\\A.B");
        assert_string_equal(esxi->loader, "\\A.B");
        assert_true(esxi->has_partition && esxi->partition.gpt);
        assert_int_equal(esxi->partition.start, 64);
        assert_null(bootchain_find_number(&chain, 9));
        assert_null(bootchain_find_label(&chain, "vmware esxi"));
        struct remarks remarks = {0};
        bootchain_judge(store, &chain, &remarks);
        assert_int_equal(remarks.count, 1); // the order names Boot0009
        remarks_free(&remarks);
}

TEST_OF_CHAIN(store_without_boot_variables_has_an_empty_chain)
{
        memset(image.data, 0, image.size);
        assert_true(read_chain());
        assert_true(!chain.has_next && !chain.has_timeout);
        assert_int_equal(chain.order_count + chain.entry_count, 0);
        assert_null(bootchain_first(&chain));
        assert_null(bootchain_find_label(&chain, ""));
}

TEST_OF_CHAIN(other_names_are_not_entries)
{
        static const char *const names[] = {"Boot000", "Boot00001", "Boot000a", "boot0001", "Boot 001", "BootCurrent"};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
                add_entry(names[i], 1, "x");
        image_add(&image, 0x3F, GUID_SHIM_LOCK, "Boot0001", 7, text_bytes("x"));
        assert_true(read_chain());
        assert_int_equal(chain.entry_count, 0);
}

TEST_OF_CHAIN(label_finds_the_entry_that_would_be_tried_first)
{
        add_entry("Boot0000", 1, "Same"); // not in the order
        add_entry("Boot0001", 0, "Same"); // not active
        add_entry("Boot0002", 1, "Same");
        add_entry("Boot0003", 1, "Same");
        image_add_global(&image, "BootOrder", "0100030002000300");
        assert_true(read_chain());
        assert_int_equal(bootchain_find_label(&chain, "Same")->number, 3);
        assert_int_equal(bootchain_first(&chain)->number, 3);
        // Named twice: the first place counts.
        assert_int_equal(bootchain_find_number(&chain, 3)->position, 1);
}

TEST_OF_CHAIN(damaged_entry_is_distinguished_from_a_whole_one)
{
        image_add_global(&image, "Boot0000", "01");
        image_add_entry(&image, "Boot0001", 1, "No path", "", "");
        add_entry("Boot0002", 1, "Whole");
        assert_true(read_chain());
        assert_true(chain.entries[0].damaged);
        assert_string_equal(chain.entries[0].label, "");
        assert_true(chain.entries[1].damaged);
        assert_string_equal(chain.entries[1].label, "No path");
        assert_false(chain.entries[2].damaged);
        struct remarks remarks = {0};
        bootchain_judge(store, &chain, &remarks);
        assert_int_equal(remarks.count, 2);
        assert_int_equal(remarks.items[0].offset, chain.entries[0].offset);
        remarks_free(&remarks);
}

TEST_OF_CHAIN(variable_of_a_wrong_size_is_named)
{
        static const struct {
                const char *name, *hex;
        } wrong[] = {{"BootOrder", "000001"}, {"BootNext", "01"}, {"Timeout", "05000000"}};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                use_image(image_aavmf());
                add_entry("Boot0000", 1, "Whole");
                image_add_global(&image, wrong[i].name, wrong[i].hex);
                assert_failed(read_chain(), ERROR_DAMAGED, wrong[i].name);
                // The rest is read.
                assert_int_equal(chain.entry_count, 1);
                assert_int_equal(chain.entries[0].ordered, i == 0);
        }
}

TEST_OF_CHAIN(only_the_first_of_several_paths_is_started)
{
        AUTO_FREE char *both = text_format("%s%s", USB_PATH, ESP_PATH);
        image_add_entry(&image, "Boot0000", 1, "Two", both, "");
        assert_true(read_chain());
        assert_string_equal(chain.entries[0].path, "PciRoot(0x0)/Pci(0x1,0x0)/USB(0x0,0x0)");
        assert_false(chain.entries[0].has_partition);
}

TEST(loaders_are_compared_as_the_firmware_does)
{
        assert_true(boot_loader_equal("\\EFI\\VMware\\safeboot64.efi", "\\efi\\vmware\\SAFEBOOT64.EFI"));
        assert_true(boot_loader_equal("\\EFI\\VMware\\safeboot64.efi", "EFI/VMware/safeboot64.efi"));
        assert_false(boot_loader_equal("\\EFI\\VMware\\safeboot64.efi", "\\EFI\\VMware\\safeboot64"));
        assert_false(boot_loader_equal("\\EFI\\A", "\\EFI\\AB"));
        assert_false(boot_loader_equal("", "\\A"));
}
