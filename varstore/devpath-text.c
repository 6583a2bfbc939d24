// SPDX-License-Identifier: Apache-2.0
//
// The text of device paths: a table of nodes, most of them described by a form.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"
#include "varstore/devpath.h"

static void add_guid(struct text *text, struct guid guid)
{
        char spelled[37];
        guid_text(guid, spelled);
        text_add(text, spelled);
}

// EDK2 writes hexadecimal digits in upper case.
static void add_hex(struct text *text, struct bytes bytes)
{
        for (size_t i = 0; i < bytes.size; i++)
                text_add_format(text, "%02X", bytes.data[i]);
}

// 8-bit text as EDK2 shows it: every byte a character, up to a NUL or the end.
static void add_ascii(struct text *text, struct bytes bytes)
{
        for (size_t i = 0; i < bytes.size && bytes.data[i]; i++)
                text_add_utf8(text, bytes.data[i]);
}

static void add_utf16(struct text *text, struct bytes bytes)
{
        AUTO_FREE char *converted = text_from_utf16(bytes);
        text_add(text, converted);
}

static uint64_t number_at(struct bytes data, size_t offset, size_t size)
{
        struct cursor cursor = cursor_at(data, offset);
        switch (size) {
        case 1:
                return cursor_u8(&cursor);
        case 2:
                return cursor_u16(&cursor);
        case 4:
                return cursor_u32(&cursor);
        default:
                return cursor_u64(&cursor);
        }
}

// EDK2 writes decimal numbers as signed ones.
static int64_t signed_at(struct bytes data, size_t offset, size_t size)
{
        uint64_t number = number_at(data, offset, size);
        return size == 4 ? (int32_t)number : (int64_t)number;
}

static struct guid guid_at(struct bytes data, size_t offset)
{
        struct cursor cursor = cursor_at(data, offset);
        return guid_read(&cursor);
}

static struct bytes part_at(struct bytes data, size_t offset, size_t size)
{
        struct cursor cursor = cursor_at(data, offset);
        return cursor_bytes(&cursor, size ? size : cursor_left(&cursor));
}

// Writes the field that FIELD describes: its kind, its size in bytes (0: up to the end), and its place in the node's
// data.
static void add_field(struct text *text, struct bytes data, char what, size_t size, size_t offset)
{
        switch (what) {
        case 'x':
                text_add_format(text, "%" PRIX64, number_at(data, offset, size));
                break;
        case 'X':
                text_add_format(text, "%0*" PRIX64, (int)(2 * size), number_at(data, offset, size));
                break;
        case 'd':
                text_add_format(text, "%" PRId64, signed_at(data, offset, size));
                break;
        case 'g':
                add_guid(text, guid_at(data, offset));
                break;
        case 'h':
                add_hex(text, part_at(data, offset, size));
                break;
        case 'a':
                add_ascii(text, part_at(data, offset, size));
                break;
        default:
                add_utf16(text, part_at(data, offset, size));
                break;
        }
}

// FORM is text with fields in braces: `{x2@4}` is the 2-byte number at offset 4 of the node's data in hexadecimal.
//      x number, hexadecimal    X the same with leading zeroes    d number, decimal    g GUID
//      h bytes, hexadecimal     a 8-bit text                      s UTF-16 text
// Bytes and text without a size go up to the end of the node.
static void add_form(struct text *text, struct bytes data, const char *form)
{
        for (; *form; form++) {
                if (*form != '{') {
                        text_add_char(text, *form);
                        continue;
                }
                char what = form[1];
                char *end;
                size_t size = strtoul(form + 2, &end, 10);
                size_t offset = strtoul(end + 1, &end, 10);
                add_field(text, data, what, size, offset);
                form = end;
        }
}

// EISA identifiers: the low half is the manufacturer (three letters of 5 bits), the high half the product.
enum {
        EISA_PNP = 0x41D0
};

static void add_acpi(struct text *text, struct bytes data)
{
        static const struct {
                uint16_t product;
                const char *name;
        } devices[] = {
                {0x0A03, "PciRoot"},  {0x0A08, "PcieRoot"}, {0x0604, "Floppy"},
                {0x0301, "Keyboard"}, {0x0501, "Serial"},   {0x0401, "ParallelPort"},
        };
        uint32_t hid = (uint32_t)number_at(data, 0, 4);
        if ((hid & 0xFFFF) != EISA_PNP) {
                add_form(text, data, "Acpi(0x{X4@0},0x{x4@4})");
                return;
        }
        for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
                if (devices[i].product == hid >> 16) {
                        text_add(text, devices[i].name);
                        add_form(text, data, "(0x{x4@4})");
                        return;
                }
        }
        add_form(text, data, "Acpi(PNP{X2@2},0x{x4@4})");
}

static void add_eisa_id(struct text *text, uint32_t id)
{
        for (int shift = 10; shift >= 0; shift -= 5)
                text_add_utf8(text, 'A' - 1 + (id >> shift & 0x1F));
        text_add_format(text, "%04" PRIX32, id >> 16);
}

// The three NUL-terminated strings after the numbers; an unterminated one ends with the node.
static struct bytes next_string(struct cursor *cursor)
{
        struct bytes rest = bytes_from(cursor->view, cursor->at);
        const uint8_t *nul = rest.size ? memchr(rest.data, 0, rest.size) : NULL;
        size_t length = nul ? (size_t)(nul - rest.data) : rest.size;
        cursor_skip(cursor, nul ? length + 1 : length);
        return (struct bytes){rest.data, length};
}

static void add_acpi_extended(struct text *text, struct bytes data)
{
        struct cursor cursor = cursor_at(data, 0);
        uint32_t hid = cursor_u32(&cursor);
        uint32_t uid = cursor_u32(&cursor);
        uint32_t cid = cursor_u32(&cursor);
        struct bytes hid_string = next_string(&cursor);
        struct bytes uid_string = next_string(&cursor);
        struct bytes cid_string = next_string(&cursor);
        bool by_numbers = hid_string.size == 0 && cid_string.size == 0 && uid_string.size != 0;
        text_add(text, by_numbers ? "AcpiExp(" : "AcpiEx(");
        add_eisa_id(text, hid);
        text_add(text, ",");
        add_eisa_id(text, cid);
        text_add(text, ",");
        if (!by_numbers) {
                text_add_format(text, "0x%" PRIX32 ",", uid);
                add_ascii(text, hid_string);
                text_add(text, ",");
                add_ascii(text, cid_string);
                text_add(text, ",");
        }
        add_ascii(text, uid_string);
        text_add(text, ")");
}

static void add_acpi_address(struct text *text, struct bytes data)
{
        for (size_t at = 0; at + 4 <= data.size; at += 4)
                text_add_format(text, "%s0x%" PRIX64, at ? "," : "AcpiAdr(", number_at(data, at, 4));
        text_add(text, ")");
}

static void add_atapi(struct text *text, struct bytes data)
{
        text_add_format(text, "Ata(%s,%s,", data.data[0] == 1 ? "Secondary" : "Primary",
                        data.data[1] == 1 ? "Slave" : "Master");
        add_form(text, data, "0x{x2@2})");
}

static void add_sas(struct text *text, struct bytes data)
{
        unsigned topology = (unsigned)number_at(data, 16, 2);
        add_form(text, data, "SasEx(0x{h8@0},0x{h8@8},0x{x2@18},");
        if ((topology & 0x8F) == 0)
                text_add(text, "NoTopology,0,0,0)");
        else if ((topology & 0x80) || (topology & 0x0F) > 2)
                add_form(text, data, "0x{x2@16},0,0,0)");
        else
                text_add_format(text, "%s,%s,%s,", topology & 0x10 ? "SATA" : "SAS",
                                topology & 0x20 ? "External" : "Internal", topology & 0x40 ? "Expanded" : "Direct");
        if ((topology & 0x8F) == 1)
                text_add(text, "0)");
        if ((topology & 0x8F) == 2)
                text_add_format(text, "0x%X)", (topology >> 8) + 1);
}

static void add_nvme(struct text *text, struct bytes data)
{
        add_form(text, data, "NVMe(0x{x4@0},");
        for (size_t i = 8; i-- > 0;)
                text_add_format(text, "%02X%s", data.data[4 + i], i ? "-" : ")");
}

static void add_mac(struct text *text, struct bytes data)
{
        // An Ethernet address (interface type 0 or 1) takes 6 of the 32 bytes.
        add_form(text, data, data.data[32] <= 1 ? "MAC({h6@0},0x{x1@32})" : "MAC({h32@0},0x{x1@32})");
}

static void add_protocol(struct text *text, struct bytes data, size_t offset)
{
        uint64_t protocol = number_at(data, offset, 2);
        if (protocol == 6 || protocol == 17)
                text_add(text, protocol == 6 ? "TCP" : "UDP");
        else
                text_add_format(text, "0x%" PRIX64, protocol);
}

static void add_ipv4_address(struct text *text, struct bytes data, size_t offset)
{
        struct bytes address = part_at(data, offset, 4);
        for (size_t i = 0; i < address.size; i++)
                text_add_format(text, "%s%u", i ? "." : "", address.data[i]);
}

static void add_ipv6_address(struct text *text, struct bytes data, size_t offset)
{
        struct bytes address = part_at(data, offset, 16);
        for (size_t i = 0; i < address.size; i++)
                text_add_format(text, "%s%02X", i && i % 2 == 0 ? ":" : "", address.data[i]);
}

static void add_ipv4(struct text *text, struct bytes data)
{
        text_add(text, "IPv4(");
        add_ipv4_address(text, data, 4);
        text_add(text, ",");
        add_protocol(text, data, 12);
        text_add(text, data.data[14] ? ",Static," : ",DHCP,");
        add_ipv4_address(text, data, 0);
        if (data.size == 23) {
                text_add(text, ",");
                add_ipv4_address(text, data, 15);
                text_add(text, ",");
                add_ipv4_address(text, data, 19);
        }
        text_add(text, ")");
}

static void add_ipv6(struct text *text, struct bytes data)
{
        static const char *const origins[] = {",Static,", ",StatelessAutoConfigure,", ",StatefulAutoConfigure,"};
        text_add(text, "IPv6(");
        add_ipv6_address(text, data, 16);
        text_add(text, ",");
        add_protocol(text, data, 36);
        text_add(text, origins[data.data[38] < 2 ? data.data[38] : 2]);
        add_ipv6_address(text, data, 0);
        if (data.size == 56) {
                add_form(text, data, ",0x{x1@39},");
                add_ipv6_address(text, data, 40);
        }
        text_add(text, ")");
}

static void add_uart(struct text *text, struct bytes data)
{
        static const char *const stop_bits[] = {"D", "1", "1.5", "2"};
        add_form(text, data, number_at(data, 4, 8) ? "Uart({d8@4}," : "Uart(DEFAULT,");
        add_form(text, data, data.data[12] ? "{d1@12}," : "DEFAULT,");
        text_add_format(text, "%c,", data.data[13] < 6 ? "DNEOMS"[data.data[13]] : 'x');
        text_add_format(text, "%s)", data.data[14] < 4 ? stop_bits[data.data[14]] : "x");
}

static void add_usb_class(struct text *text, struct bytes data)
{
        static const struct {
                uint8_t device_class;
                int subclass; // -1 for any; it is then part of the text
                const char *name;
        } classes[] = {
                {1, -1, "UsbAudio"},
                {2, -1, "UsbCDCControl"},
                {3, -1, "UsbHID"},
                {6, -1, "UsbImage"},
                {7, -1, "UsbPrinter"},
                {8, -1, "UsbMassStorage"},
                {9, -1, "UsbHub"},
                {10, -1, "UsbCDCData"},
                {11, -1, "UsbSmartCard"},
                {14, -1, "UsbVideo"},
                {220, -1, "UsbDiagnostic"},
                {224, -1, "UsbWireless"},
                {254, 1, "UsbDeviceFirmwareUpdate"},
                {254, 2, "UsbIrdaBridge"},
                {254, 3, "UsbTestAndMeasurement"},
        };
        for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
                if (classes[i].device_class != data.data[4])
                        continue;
                if (classes[i].subclass >= 0 && classes[i].subclass != data.data[5])
                        continue;
                text_add(text, classes[i].name);
                add_form(text, data,
                         classes[i].subclass < 0 ? "(0x{x2@0},0x{x2@2},0x{x1@5},0x{x1@6})"
                                                 : "(0x{x2@0},0x{x2@2},0x{x1@6})");
                return;
        }
        add_form(text, data, "UsbClass(0x{x2@0},0x{x2@2},0x{x1@4},0x{x1@5},0x{x1@6})");
}

static void add_iscsi(struct text *text, struct bytes data)
{
        unsigned options = (unsigned)number_at(data, 2, 2);
        const char *authentication = options >> 11 & 1 ? "None" : options >> 12 & 1 ? "CHAP_UNI" : "CHAP_BI";
        add_form(text, data, "iSCSI({a@14},0x{x2@12},0x{h8@4},");
        text_add_format(text, "%s,%s,%s,%s)", options >> 1 & 1 ? "CRC32C" : "None",
                        options >> 3 & 1 ? "CRC32C" : "None", authentication,
                        number_at(data, 0, 2) ? "reserved" : "TCP");
}

static void add_dns(struct text *text, struct bytes data)
{
        text_add(text, "Dns(");
        for (size_t at = 1; at + 16 <= data.size; at += 16) {
                if (at > 1)
                        text_add(text, ",");
                if (data.data[0])
                        add_ipv6_address(text, data, at);
                else
                        add_ipv4_address(text, data, at);
        }
        text_add(text, ")");
}

static void add_hard_drive(struct text *text, struct bytes data)
{
        uint8_t signature = data.data[37];
        add_form(text, data, "HD({d4@0},");
        add_form(text, data,
                 signature == DEVPATH_SIGNATURE_MBR    ? "MBR,0x{X4@20}"
                 : signature == DEVPATH_SIGNATURE_GUID ? "GPT,{g@20}"
                                                       : "{d1@37},0");
        add_form(text, data, ",0x{x8@4},0x{x8@12})");
}

static void add_ram_disk(struct text *text, struct bytes data)
{
        static const struct {
                const struct guid *type;
                const char *name;
        } kinds[] = {
                {&GUID_EFI_VIRTUAL_DISK, "VirtualDisk"},
                {&GUID_EFI_VIRTUAL_CD, "VirtualCD"},
                {&GUID_EFI_PERSISTENT_VIRTUAL_DISK, "PersistentVirtualDisk"},
                {&GUID_EFI_PERSISTENT_VIRTUAL_CD, "PersistentVirtualCD"},
        };
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
                if (guid_equal(*kinds[i].type, guid_at(data, 16))) {
                        text_add(text, kinds[i].name);
                        add_form(text, data, "(0x{x8@0},0x{x8@8},{d2@32})");
                        return;
                }
        }
        add_form(text, data, "RamDisk(0x{x8@0},0x{x8@8},{d2@32},{g@16})");
}

static void add_bios_boot(struct text *text, struct bytes data)
{
        static const char *const types[] = {"0x0", "Floppy", "HD", "CDROM", "PCMCIA", "USB", "Network"};
        uint64_t type = number_at(data, 0, 2);
        text_add(text, "BBS(");
        if (type < sizeof types / sizeof types[0])
                text_add(text, types[type]);
        else
                add_form(text, data, "0x{x2@0}");
        add_form(text, data, ",{a@4},0x{x2@2})");
}

// Of the rows for one kind of node, the first whose size it has counts.
static const struct node_form {
        uint8_t type, subtype;
        size_t least;     // minimum size of its data in bytes
        const char *form; // or, if a form is not enough,
        void (*add)(struct text *text, struct bytes data);
} FORMS[] = {
        {DEVPATH_HARDWARE, 1, 2, "Pci(0x{x1@1},0x{x1@0})", NULL},
        {DEVPATH_HARDWARE, 2, 1, "PcCard(0x{x1@0})", NULL},
        {DEVPATH_HARDWARE, 3, 20, "MemoryMapped(0x{x4@0},0x{x8@4},0x{x8@12})", NULL},
        {DEVPATH_HARDWARE, 4, 17, "VenHw({g@0},{h@16})", NULL},
        {DEVPATH_HARDWARE, 4, 16, "VenHw({g@0})", NULL},
        {DEVPATH_HARDWARE, 5, 4, "Ctrl(0x{x4@0})", NULL},
        {DEVPATH_HARDWARE, 6, 9, "BMC(0x{x1@0},0x{x8@1})", NULL},
        {DEVPATH_ACPI, 1, 8, NULL, add_acpi},
        {DEVPATH_ACPI, 2, 12, NULL, add_acpi_extended},
        {DEVPATH_ACPI, 3, 4, NULL, add_acpi_address},
        {DEVPATH_MESSAGING, 1, 4, NULL, add_atapi},
        {DEVPATH_MESSAGING, 2, 4, "Scsi(0x{x2@0},0x{x2@2})", NULL},
        {DEVPATH_MESSAGING, 3, 20, "Fibre(0x{x8@4},0x{x8@12})", NULL},
        {DEVPATH_MESSAGING, 4, 12, "I1394({X8@4})", NULL},
        {DEVPATH_MESSAGING, 5, 2, "USB(0x{x1@0},0x{x1@1})", NULL},
        {DEVPATH_MESSAGING, 6, 4, "I2O(0x{x4@0})", NULL},
        {DEVPATH_MESSAGING, 9, 44, "Infiniband(0x{x4@0},{g@4},0x{x8@20},0x{x8@28},0x{x8@36})", NULL},
        {DEVPATH_MESSAGING, 10, 17, "VenMsg({g@0},{h@16})", NULL},
        {DEVPATH_MESSAGING, 10, 16, "VenMsg({g@0})", NULL},
        {DEVPATH_MESSAGING, 11, 33, NULL, add_mac},
        {DEVPATH_MESSAGING, 12, 15, NULL, add_ipv4},
        {DEVPATH_MESSAGING, 13, 39, NULL, add_ipv6},
        {DEVPATH_MESSAGING, 14, 15, NULL, add_uart},
        {DEVPATH_MESSAGING, 15, 7, NULL, add_usb_class},
        {DEVPATH_MESSAGING, 16, 6, "UsbWwid(0x{x2@2},0x{x2@4},0x{x2@0},\"{s@6}\")", NULL},
        {DEVPATH_MESSAGING, 17, 1, "Unit(0x{x1@0})", NULL},
        {DEVPATH_MESSAGING, 18, 6, "Sata(0x{x2@0},0x{x2@2},0x{x2@4})", NULL},
        {DEVPATH_MESSAGING, 19, 14, NULL, add_iscsi},
        {DEVPATH_MESSAGING, 20, 2, "Vlan({d2@0})", NULL},
        {DEVPATH_MESSAGING, 21, 20, "FibreEx(0x{h8@4},0x{h8@12})", NULL},
        {DEVPATH_MESSAGING, 22, 20, NULL, add_sas},
        {DEVPATH_MESSAGING, 23, 12, NULL, add_nvme},
        {DEVPATH_MESSAGING, 24, 0, "Uri({a@0})", NULL},
        {DEVPATH_MESSAGING, 25, 2, "UFS(0x{x1@0},0x{x1@1})", NULL},
        {DEVPATH_MESSAGING, 26, 1, "SD(0x{x1@0})", NULL},
        {DEVPATH_MESSAGING, 27, 6, "Bluetooth({h6@0})", NULL},
        {DEVPATH_MESSAGING, 28, 32, "Wi-Fi({a32@0})", NULL},
        {DEVPATH_MESSAGING, 29, 1, "eMMC(0x{x1@0})", NULL},
        {DEVPATH_MESSAGING, 30, 7, "BluetoothLE({h6@0},0x{X1@6})", NULL},
        {DEVPATH_MESSAGING, 31, 1, NULL, add_dns},
        {DEVPATH_MEDIA, DEVPATH_HARD_DRIVE, 38, NULL, add_hard_drive},
        {DEVPATH_MEDIA, 2, 20, "CDROM(0x{x4@0},0x{x8@4},0x{x8@12})", NULL},
        {DEVPATH_MEDIA, 3, 17, "VenMedia({g@0},{h@16})", NULL},
        {DEVPATH_MEDIA, 3, 16, "VenMedia({g@0})", NULL},
        {DEVPATH_MEDIA, DEVPATH_FILE, 0, "{s@0}", NULL},
        {DEVPATH_MEDIA, 5, 16, "Media({g@0})", NULL},
        {DEVPATH_MEDIA, 6, 16, "FvFile({g@0})", NULL},
        {DEVPATH_MEDIA, 7, 16, "Fv({g@0})", NULL},
        {DEVPATH_MEDIA, 8, 20, "Offset(0x{x8@4},0x{x8@12})", NULL},
        {DEVPATH_MEDIA, 9, 34, NULL, add_ram_disk},
        {DEVPATH_BIOS_BOOT, 1, 4, NULL, add_bios_boot},
        {DEVPATH_END, DEVPATH_END_INSTANCE, 0, ",", NULL},
};

static void add_unknown(struct text *text, const struct devpath_node *node)
{
        static const char *const types[] = {NULL, "HardwarePath", "AcpiPath", "Msg", "MediaPath", "BbsPath"};
        if (node->type > 0 && node->type < sizeof types / sizeof types[0])
                text_add_format(text, "%s(%u", types[node->type], node->subtype);
        else
                text_add_format(text, "Path(%u,%u", node->type, node->subtype);
        if (node->data.size)
                text_add(text, ",");
        add_hex(text, node->data);
        text_add(text, ")");
}

static void add_node(struct text *text, const struct devpath_node *node)
{
        for (size_t i = 0; i < sizeof FORMS / sizeof FORMS[0]; i++) {
                const struct node_form *form = &FORMS[i];
                if (form->type != node->type || form->subtype != node->subtype || form->least > node->data.size)
                        continue;
                if (form->form)
                        add_form(text, node->data, form->form);
                else
                        form->add(text, node->data);
                return;
        }
        add_unknown(text, node);
}

char *devpath_text(struct bytes path)
{
        struct text text = {0};
        struct devpath_node node = {0};
        size_t offset = 0;
        while (devpath_next(path, &offset, &node)) {
                bool separates = node.type == DEVPATH_END && node.subtype == DEVPATH_END_INSTANCE;
                if (text.length && !separates)
                        text_add(&text, "/");
                add_node(&text, &node);
        }
        if (!devpath_valid(path, NULL))
                text_add(&text, "/?");
        return text_take(&text);
}
