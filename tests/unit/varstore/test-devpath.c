// SPDX-License-Identifier: Apache-2.0
//
// Device paths: their text against the firmware's own, their parts against the specification's layout.
#include "tests/unit/test.h"

#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"
#include "varstore/devpath.h"

#ifdef HAVE_EFIVAR
#include <efivar/efivar.h>
// efivar.h declares the device path functions only after the types that they need.
#include <efivar/efivar-dp.h>
#endif

static const char END_NODE[] = "7fff0400";

// Paths without their end node, and what AAVMF (EDK2 2022.11, under QEMU) wrote in its log when each was the path of a
// boot entry: BdsDxe: failed to load Boot#### "..." from TEXT.
static const struct {
        const char *hex, *text;
} FIRMWARE[] = {
        {"01010600021f", "Pci(0x1F,0x2)"},
        {"01020500ab", "PcCard(0xAB)"},
        {"010318000b000000efcdab0010000000ff1f000000000000", "MemoryMapped(0xB,0x1000ABCDEF,0x1FFF)"},
        {"01041400443322116655887799aabbccddeeff0a", "VenHw(11223344-5566-7788-99AA-BBCCDDEEFF0A)"},
        {"01041800443322116655887799aabbccddeeff0adeadbeef", "VenHw(11223344-5566-7788-99AA-BBCCDDEEFF0A,DEADBEEF)"},
        {"01050800bc0a0000", "Ctrl(0xABC)"},
        {"01060d0002a20c000000000000", "BMC(0x2,0xCA2)"},
        {"0109060001fe", "HardwarePath(9,01FE)"},
        {"02010c00d041030a1f000000", "PciRoot(0x1F)"},
        {"02010c00d041080a1f000000", "PcieRoot(0x1F)"},
        {"02010c00d04104061f000000", "Floppy(0x1F)"},
        {"02010c00d04101031f000000", "Keyboard(0x1F)"},
        {"02010c00d04101051f000000", "Serial(0x1F)"},
        {"02010c00d04101041f000000", "ParallelPort(0x1F)"},
        {"02010c00d0410f0c1f000000", "Acpi(PNP0C0F,0x1F)"},
        {"02010c00d041cdab1f000000", "Acpi(PNPABCD,0x1F)"},
        {"02010c00efbeadde03000000", "Acpi(0xDEADBEEF,0x3)"},
        {"02021c00d041030a05000000d041080a484944005549440043494400", "AcpiEx(PNP0A03,PNP0A08,0x5,HID,CID,UID)"},
        {"02021600d041030a00000000d041080a005549440000", "AcpiExp(PNP0A03,PNP0A08,UID)"},
        {"02021300d041030a00000000d041080a000000", "AcpiEx(PNP0A03,PNP0A08,0x0,,,)"},
        {"0202220000000000000000000000000041424344303030310000504e503041303300",
         "AcpiEx(@@@0000,@@@0000,0x0,ABCD0001,PNP0A03,)"},
        {"02021300000000000700000000000000000000", "AcpiEx(@@@0000,@@@0000,0x7,,,)"},
        {"0203080000010180", "AcpiAdr(0x80010100)"},
        {"02030c000001018000020180", "AcpiAdr(0x80010100,0x80010200)"},
        {"0204080009000000", "AcpiPath(4,09000000)"},
        {"0301080001000500", "Ata(Secondary,Master,0x5)"},
        {"030108000001ab00", "Ata(Primary,Slave,0xAB)"},
        {"030208000100ab00", "Scsi(0x1,0xAB)"},
        {"0303180000000000efcdab89674523010500000000000000", "Fibre(0x123456789ABCDEF,0x5)"},
        {"0304100000000000efcdab0000000000", "I1394(0000000000ABCDEF)"},
        {"030506000a01", "USB(0xA,0x1)"},
        {"03060800edfe0000", "I2O(0xFEED)"},
        {"0309300001000000443322116655887799aabbccddeeff0a02000000000000000300000000000000bc0a000000000000",
         "Infiniband(0x1,11223344-5566-7788-99AA-BBCCDDEEFF0A,0x2,0x3,0xABC)"},
        {"030a1400443322116655887799aabbccddeeff0a", "VenMsg(11223344-5566-7788-99AA-BBCCDDEEFF0A)"},
        {"030a14006560a6df19b4d3119a2d0090273fc14d", "VenMsg(DFA66065-B419-11D3-9A2D-0090273FC14D)"},
        {"030a14005347c1e0bef9d2119a0c0090273fc14d", "VenMsg(E0C14753-F9BE-11D2-9A0C-0090273FC14D)"},
        {"030a18009d9a49372f54894ca02635da142094e401000000", "VenMsg(37499A9D-542F-4C89-A026-35DA142094E4,01000000)"},
        {"030a2c00b4dd87d48b00d911afdc001083ffca4d000000007856341200c50050010000000000000012000300",
         "VenMsg(D487DDB4-008B-11D9-AFDC-001083FFCA4D,000000007856341200C50050010000000000000012000300)"},
        {"030a1400d2e8a4eb5838ec41a2812647ba9660d0", "VenMsg(EBA4E8D2-3858-41EC-A281-2647BA9660D0)"},
        {"030b2500525400123456000000000000000000000000000000000000000000000000000001", "MAC(525400123456,0x1)"},
        {"030b2500000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
         "MAC(000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F,0x20)"},
        {"030c1b00c0a800010a00020f01000200060001c0a800feffffff00",
         "IPv4(10.0.2.15,TCP,Static,192.168.0.1,192.168.0.254,255.255.255.0)"},
        {"030c1300000000000000000001000200110000", "IPv4(0.0.0.0,UDP,DHCP,0.0.0.0)"},
        {"030c1b00000000000000000001000200ab00000000000000000000", "IPv4(0.0.0.0,0xAB,DHCP,0.0.0.0,0.0.0.0,0.0.0.0)"},
        {"030d3c00000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f0100020006000040202122232425262728292"
         "a2b2c2d2e2f",
         "IPv6(1011:1213:1415:1617:1819:1A1B:1C1D:1E1F,TCP,Static,0001:0203:0405:0607:0809:0A0B:0C0D:0E0F,0x40,2021:"
         "2223:2425:2627:2829:2A2B:2C2D:2E2F)"},
        {"030d3c00000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f0100020011000140202122232425262728292"
         "a2b2c2d2e2f",
         "IPv6(1011:1213:1415:1617:1819:1A1B:1C1D:1E1F,UDP,StatelessAutoConfigure,0001:0203:0405:0607:0809:0A0B:0C0D:"
         "0E0F,0x40,2021:2223:2425:2627:2829:2A2B:2C2D:2E2F)"},
        {"030d2b00000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f01000200110002",
         "IPv6(1011:1213:1415:1617:1819:1A1B:1C1D:1E1F,UDP,StatefulAutoConfigure,0001:0203:0405:0607:0809:0A0B:0C0D:"
         "0E0F)"},
        {"030e13000000000000c2010000000000080101", "Uart(115200,8,N,1)"},
        {"030e1300000000000000000000000000000000", "Uart(DEFAULT,DEFAULT,D,D)"},
        {"030e1300000000008025000000000000070202", "Uart(9600,7,E,1.5)"},
        {"030e1300000000008025000000000000070503", "Uart(9600,7,S,2)"},
        {"030e1300000000008025000000000000070909", "Uart(9600,7,x,x)"},
        {"030f0b003412cdab010250", "UsbAudio(0x1234,0xABCD,0x2,0x50)"},
        {"030f0b003412cdab020250", "UsbCDCControl(0x1234,0xABCD,0x2,0x50)"},
        {"030f0b003412cdab030150", "UsbHID(0x1234,0xABCD,0x1,0x50)"},
        {"030f0b003412cdab060150", "UsbImage(0x1234,0xABCD,0x1,0x50)"},
        {"030f0b003412cdab070150", "UsbPrinter(0x1234,0xABCD,0x1,0x50)"},
        {"030f0b003412cdab080650", "UsbMassStorage(0x1234,0xABCD,0x6,0x50)"},
        {"030f0b003412cdab090050", "UsbHub(0x1234,0xABCD,0x0,0x50)"},
        {"030f0b003412cdab0a0050", "UsbCDCData(0x1234,0xABCD,0x0,0x50)"},
        {"030f0b003412cdab0b0050", "UsbSmartCard(0x1234,0xABCD,0x0,0x50)"},
        {"030f0b003412cdab0e0050", "UsbVideo(0x1234,0xABCD,0x0,0x50)"},
        {"030f0b003412cdabdc0150", "UsbDiagnostic(0x1234,0xABCD,0x1,0x50)"},
        {"030f0b003412cdabe00150", "UsbWireless(0x1234,0xABCD,0x1,0x50)"},
        {"030f0b003412cdabfe0150", "UsbDeviceFirmwareUpdate(0x1234,0xABCD,0x50)"},
        {"030f0b003412cdabfe0250", "UsbIrdaBridge(0x1234,0xABCD,0x50)"},
        {"030f0b003412cdabfe0350", "UsbTestAndMeasurement(0x1234,0xABCD,0x50)"},
        {"030f0b003412cdabfe0450", "UsbClass(0x1234,0xABCD,0xFE,0x4,0x50)"},
        {"030f0b003412cdabff0150", "UsbClass(0x1234,0xABCD,0xFF,0x1,0x50)"},
        {"0310100001003412cdab530045005200", "UsbWwid(0x1234,0xABCD,0x1,\"SER\")"},
        {"0310120001003412cdab5300450052000000", "UsbWwid(0x1234,0xABCD,0x1,\"SER\")"},
        {"031105000b", "Unit(0xB)"},
        {"03120a000100ffff0a00", "Sata(0x1,0xFFFF,0xA)"},
        {"03131d00000000000001000000000000010069716e2e323031303a7800",
         "iSCSI(iqn.2010:x,0x1,0x0001000000000000,None,None,CHAP_BI,TCP)"},
        {"03131d0001000a1000010000000000000a0069716e2e323031303a7800",
         "iSCSI(iqn.2010:x,0xA,0x0001000000000000,CRC32C,CRC32C,CHAP_UNI,reserved)"},
        {"03131d000000000800010000000000000a0069716e2e323031303a7800",
         "iSCSI(iqn.2010:x,0xA,0x0001000000000000,None,None,None,TCP)"},
        {"031406006400", "Vlan(100)"},
        {"0315180000000000000102030405060708090a0b0c0d0e0f", "FibreEx(0x0001020304050607,0x08090A0B0C0D0E0F)"},
        {"03161800000102030405060708090a0b0c0d0e0f00000a00",
         "SasEx(0x0001020304050607,0x08090A0B0C0D0E0F,0xA,NoTopology,0,0,0)"},
        {"03161800000102030405060708090a0b0c0d0e0f01000a00",
         "SasEx(0x0001020304050607,0x08090A0B0C0D0E0F,0xA,SAS,Internal,Direct,0)"},
        {"03161800000102030405060708090a0b0c0d0e0f12000a00",
         "SasEx(0x0001020304050607,0x08090A0B0C0D0E0F,0xA,SATA,Internal,Direct,0x1)"},
        {"03161800000102030405060708090a0b0c0d0e0f72030a00",
         "SasEx(0x0001020304050607,0x08090A0B0C0D0E0F,0xA,SATA,External,Expanded,0x4)"},
        {"03161800000102030405060708090a0b0c0d0e0f80000a00",
         "SasEx(0x0001020304050607,0x08090A0B0C0D0E0F,0xA,0x80,0,0,0)"},
        {"03161800000102030405060708090a0b0c0d0e0f03000a00",
         "SasEx(0x0001020304050607,0x08090A0B0C0D0E0F,0xA,0x3,0,0,0)"},
        {"03161800000102030405060708090a0b0c0d0e0f71000a00",
         "SasEx(0x0001020304050607,0x08090A0B0C0D0E0F,0xA,SATA,External,Expanded,0)"},
        {"03171000010000000102030405060708", "NVMe(0x1,08-07-06-05-04-03-02-01)"},
        {"03181000687474703a2f2f782e792f7a", "Uri(http://x.y/z)"},
        {"03180400", "Uri()"},
        {"03190600010a", "UFS(0x1,0xA)"},
        {"031a05000b", "SD(0xB)"},
        {"031b0a000a0b0c0d0e0f", "Bluetooth(0A0B0C0D0E0F)"},
        {"031c24006d79207373696400000000000000000000000000000000000000000000000000", "Wi-Fi(my ssid)"},
        {"031d05000c", "eMMC(0xC)"},
        {"031e0b000a0b0c0d0e0f01", "BluetoothLE(0A0B0C0D0E0F,0x01)"},
        {"031f2500000808080800000000000000000000000001010101000000000000000000000000", "Dns(8.8.8.8,1.1.1.1)"},
        {"031f150001000102030405060708090a0b0c0d0e0f", "Dns(0001:0203:0405:0607:0809:0A0B:0C0D:0E0F)"},
        {"03201400443322116655887799aabbccddeeff0a", "Msg(32,443322116655887799AABBCCDDEEFF0A)"},
        {"032106000102", "Msg(33,0102)"},
        {"03211600ff02443322116655887799aabbccddeeff0a", "Msg(33,FF02443322116655887799AABBCCDDEEFF0A)"},
        {"03221d0004443322116655887799aabbccddeeff0a6e716e2e32303134",
         "Msg(34,04443322116655887799AABBCCDDEEFF0A6E716E2E32303134)"},
        {"0323050001", "Msg(35,01)"},
        {"04012a000100000040000000000000000020030000000000443322116655887799aabbccddeeff0a0202",
         "HD(1,GPT,11223344-5566-7788-99AA-BBCCDDEEFF0A,0x40,0x32000)"},
        {"04012a00020000000008000000000000cdab000000000000785634120000000000000000000000000101",
         "HD(2,MBR,0x12345678,0x800,0xABCD)"},
        {"04012a000300000001000000000000000200000000000000443322116655887799aabbccddeeff0a0100", "HD(3,0,0,0x1,0x2)"},
        {"04012a00ffffffff01000000000000000200000000000000443322116655887799aabbccddeeff0a0107", "HD(-1,7,0,0x1,0x2)"},
        {"040218000100000000010000000000000002000000000000", "CDROM(0x1,0x100,0x200)"},
        {"04031400443322116655887799aabbccddeeff0a", "VenMedia(11223344-5566-7788-99AA-BBCCDDEEFF0A)"},
        {"04031500443322116655887799aabbccddeeff0a01", "VenMedia(11223344-5566-7788-99AA-BBCCDDEEFF0A,01)"},
        {"04041a005c004500460049005c0041002e004500460049000000", "\\EFI\\A.EFI"},
        {"04051400443322116655887799aabbccddeeff0a", "Media(11223344-5566-7788-99AA-BBCCDDEEFF0A)"},
        {"04061400443322116655887799aabbccddeeff0a", "FvFile(11223344-5566-7788-99AA-BBCCDDEEFF0A)"},
        {"04071400443322116655887799aabbccddeeff0a", "Fv(11223344-5566-7788-99AA-BBCCDDEEFF0A)"},
        {"04081800000000000001000000000000ff01000000000000", "Offset(0x100,0x1FF)"},
        {"040926000010000000000000ff1f000000000000443322116655887799aabbccddeeff0a0300",
         "RamDisk(0x1000,0x1FFF,3,11223344-5566-7788-99AA-BBCCDDEEFF0A)"},
        {"040926000010000000000000ff1f0000000000005a53ab77fc454b625560f7b281d1f96e0300",
         "VirtualDisk(0x1000,0x1FFF,3)"},
        {"040926000010000000000000ff1f00000000000030bd5a3d7541ce876d64d2ade523c4bb0300", "VirtualCD(0x1000,0x1FFF,3)"},
        {"040926000010000000000000ff1f000000000000c902ea5c074dd369269f4496fbe096f90300",
         "PersistentVirtualDisk(0x1000,0x1FFF,3)"},
        {"040926000010000000000000ff1f00000000000088810108cd4248bb100f5387d53ded3d0300",
         "PersistentVirtualCD(0x1000,0x1FFF,3)"},
        {"040a050009", "MediaPath(10,09)"},
        {"0601050001", "Path(6,1,01)"},
        {"1020060001ab", "Path(16,32,01AB)"},
        {"0101060000017f010400010106000002", "Pci(0x1,0x0),/Pci(0x2,0x0)"},
        {"04040e005c0045004600490000000404100041002e004500460049000000", "\\EFI/A.EFI"},
        {"02021600d041030a05000000d041080a005549440000", "AcpiExp(PNP0A03,PNP0A08,UID)"},
        {"0202170000000000000000000000000000554944004300", "AcpiEx(@@@0000,@@@0000,0x0,,C,UID)"},
};
enum {
        FIRMWARE_COUNT = sizeof FIRMWARE / sizeof FIRMWARE[0]
};

static struct buffer path_of(const char *hex, const char *end)
{
        struct buffer path = {0};
        assert_true(text_parse_hex(hex, &path));
        assert_true(text_parse_hex(end, &path));
        return path;
}

static void assert_text(const char *hex, const char *expected)
{
        AUTO_BUFFER struct buffer path = path_of(hex, END_NODE);
        AUTO_FREE char *text = devpath_text(buffer_view(&path));
        assert_string_equal(text, expected);
}

TEST(text_is_as_the_firmware_logs_it)
{
        for (size_t i = 0; i < FIRMWARE_COUNT; i++)
                assert_text(FIRMWARE[i].hex, FIRMWARE[i].text);
}

// The firmware does not try such entries, so these are EDK2's format strings by hand.
TEST(text_of_bios_boot_nodes)
{
        assert_text("05010d00020012006469736b00", "BBS(HD,disk,0x12)");
        assert_text("05010d00800012006469736b00", "BBS(0x80,disk,0x12)");
        assert_text("05020400", "BbsPath(2)");
}

TEST(text_of_a_node_too_short_for_its_fields)
{
        assert_text("0101050002", "HardwarePath(1,02)");
        assert_text("04010500ff", "MediaPath(1,FF)");
        assert_text("03140400", "Msg(20)");
}

TEST(text_of_a_path_that_breaks_off)
{
        AUTO_BUFFER struct buffer no_end = path_of("010106000001", "");
        AUTO_FREE char *text = devpath_text(buffer_view(&no_end));
        assert_string_equal(text, "Pci(0x1,0x0)/?");
        AUTO_BUFFER struct buffer cut = path_of("010106000001", "04042000");
        AUTO_FREE char *cut_text = devpath_text(buffer_view(&cut));
        assert_string_equal(cut_text, "Pci(0x1,0x0)/?");
        AUTO_BUFFER struct buffer impossible = path_of("01010300", END_NODE);
        AUTO_FREE char *impossible_text = devpath_text(buffer_view(&impossible));
        assert_string_equal(impossible_text, "/?");
        AUTO_FREE char *nothing = devpath_text((struct bytes){0});
        assert_string_equal(nothing, "/?");
        assert_text("", "");
}

#ifdef HAVE_EFIVAR
// Where libefivar spells a node as the firmware does, it is a second witness.
TEST(text_is_as_libefivar_writes_it_if_spellings_agree)
{
        size_t agreed = 0;
        static const char *const same[] = {"Pci(", "HD(", "PciRoot(", "PcieRoot(", "Ctrl("};
        for (size_t i = 0; i < FIRMWARE_COUNT; i++) {
                bool comparable = !strstr(FIRMWARE[i].text, ",/");
                for (size_t j = 0; comparable && j < sizeof same / sizeof same[0]; j++) {
                        if (!text_starts_with(FIRMWARE[i].text, same[j]) ||
                            text_starts_with(FIRMWARE[i].text, "HD(-") || text_starts_with(FIRMWARE[i].text, "HD(3"))
                                continue;
                        AUTO_BUFFER struct buffer path = path_of(FIRMWARE[i].hex, END_NODE);
                        char theirs[512] = "";
                        assert_true(efidp_format_device_path((void *)theirs, sizeof theirs, (const_efidp)path.data,
                                                             (ssize_t)path.size) > 0);
                        AUTO_FREE char *ours = devpath_text(buffer_view(&path));
                        if (!text_equal_ignoring_case(ours, theirs))
                                fail_msg("ours %s, libefivar's %s", ours, theirs);
                        agreed++;
                }
        }
        assert_true(agreed >= 5);
}
#endif

static const char ESP[] = "04012a0001000000400000000000000000200300000000008fcc480ac7f9dd449eb5af5635d049c80202";

TEST(partition_is_read_from_the_first_hard_drive_node)
{
        AUTO_BUFFER struct buffer path = path_of("010106000001", ESP);
        assert_true(text_parse_hex(END_NODE, &path));
        struct devpath_partition partition;
        assert_true(devpath_partition(buffer_view(&path), &partition));
        assert_int_equal(partition.number, 1);
        assert_int_equal(partition.start, 64);
        assert_int_equal(partition.size, 0x32000);
        assert_true(partition.gpt);
        char guid[37];
        guid_text(partition.guid, guid);
        assert_string_equal(guid, "0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8");
        // An MBR signature is no GUID.
        path.data[6 + 41] = 1;
        assert_true(devpath_partition(buffer_view(&path), &partition));
        assert_false(partition.gpt);
        assert_memory_equal(partition.guid.bytes, path.data + 6 + 24, 16);
}

TEST(partition_is_not_read_from_other_nodes)
{
        struct devpath_partition partition;
        AUTO_BUFFER struct buffer path = path_of("010106000001", END_NODE);
        assert_false(devpath_partition(buffer_view(&path), &partition));
        AUTO_BUFFER struct buffer short_node = path_of("0401060001ff", END_NODE);
        assert_false(devpath_partition(buffer_view(&short_node), &partition));
}

static void assert_file(const char *hex, const char *expected)
{
        AUTO_BUFFER struct buffer path = path_of(hex, END_NODE);
        AUTO_FREE char *file = devpath_file(buffer_view(&path));
        if (!expected) {
                assert_null(file);
                return;
        }
        assert_non_null(file);
        assert_string_equal(file, expected);
}

TEST(file_is_one_path_of_all_file_nodes)
{
        assert_file("010106000001", NULL);
        assert_file("04040c005c00450046000000", "\\EF");
        assert_file("04040a005c0041000000"
                    "04040a005c0042000000",
                    "\\A\\B");
        assert_file("04040a005c0041000000"
                    "0404080042000000",
                    "\\A\\B");
        assert_file("04040c005c0041005c000000"
                    "04040a005c0042000000",
                    "\\A\\B");
        // A file in a second instance is another path's.
        assert_file("010106000001"
                    "7f010400"
                    "04040a005c0042000000",
                    NULL);
        // Without its NUL, and with an unpaired surrogate.
        assert_file("04040800"
                    "5c004100",
                    "\\A");
        assert_file("04040a00"
                    "5c0000d80000",
                    "\\\xEF\xBF\xBD");
}

TEST(built_path_is_the_specifications_bytes)
{
        struct devpath_partition partition = {.number = 1, .start = 64, .size = 0x32000, .gpt = true};
        assert_true(guid_parse("0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8", &partition.guid));
        AUTO_BUFFER struct buffer path = {0};
        assert_true(devpath_build(&partition, "/EFI/A", &path));
        AUTO_BUFFER struct buffer expected = path_of(ESP, "040412005c004500460049005c0041000000");
        assert_true(text_parse_hex(END_NODE, &expected));
        assert_true(bytes_equal(buffer_view(&path), buffer_view(&expected)));
        AUTO_FREE char *text = devpath_text(buffer_view(&path));
        assert_string_equal(text, "HD(1,GPT,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,0x40,0x32000)/\\EFI\\A");
        size_t size;
        assert_true(devpath_valid(buffer_view(&path), &size));
        assert_int_equal(size, path.size);
}

TEST(path_is_not_built_of_an_invalid_or_too_long_file)
{
        struct devpath_partition partition = {.number = 1};
        AUTO_BUFFER struct buffer path = {0};
        assert_false(devpath_build(&partition, "\xC0\x80", &path));
        AUTO_FREE char *longest = memory_new(32768, 1);
        memset(longest, 'a', 32766);
        assert_false(devpath_build(&partition, longest, &path));
        assert_int_equal(path.size, 0);
        longest[32764] = 0;
        assert_true(devpath_build(&partition, longest, &path));
        assert_true(devpath_valid(buffer_view(&path), NULL));
}

// Everything that reads a path, for the sanitizers.
static void read_all(struct bytes path)
{
        struct devpath_partition partition;
        size_t size;
        bool valid = devpath_valid(path, &size);
        assert_true(size <= path.size);
        free(devpath_text(path));
        free(devpath_file(path));
        devpath_partition(path, &partition);
        (void)valid;
}

TEST(every_truncation_is_read_without_harm)
{
        for (size_t i = 0; i < FIRMWARE_COUNT; i++) {
                AUTO_BUFFER struct buffer path = path_of(FIRMWARE[i].hex, END_NODE);
                for (size_t size = 0; size < path.size; size++) {
                        // A copy of its own, so that the sanitizer sees a read past the end.
                        AUTO_FREE uint8_t *copy = memory_copy(path.data, size);
                        struct bytes cut = {copy, size};
                        assert_false(devpath_valid(cut, NULL));
                        read_all(cut);
                }
                // Each node by itself with every shorter length, well-formed around it.
                uint16_t length = (uint16_t)(path.data[2] | path.data[3] << 8);
                for (uint16_t less = 4; less < length; less++) {
                        AUTO_BUFFER struct buffer shorter = {0};
                        buffer_add(&shorter, path.data, less);
                        shorter.data[2] = (uint8_t)less;
                        shorter.data[3] = (uint8_t)(less >> 8);
                        assert_true(text_parse_hex(END_NODE, &shorter));
                        AUTO_FREE uint8_t *copy = memory_copy(shorter.data, shorter.size);
                        assert_true(devpath_valid((struct bytes){copy, shorter.size}, NULL));
                        read_all((struct bytes){copy, shorter.size});
                }
        }
}

TEST(every_flipped_bit_is_read_without_harm)
{
        for (size_t i = 0; i < FIRMWARE_COUNT; i++) {
                AUTO_BUFFER struct buffer path = path_of(FIRMWARE[i].hex, END_NODE);
                AUTO_FREE uint8_t *copy = memory_copy(path.data, path.size);
                for (size_t bit = 0; bit < 8 * path.size; bit++) {
                        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
                        read_all((struct bytes){copy, path.size});
                        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
                }
        }
}
