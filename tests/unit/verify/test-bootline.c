// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include "verify/log/bootline.h"

TEST(lines_of_the_boot_manager_are_parsed)
{
        static const struct {
                const char *line;
                enum boot_line_verb verb;
                uint16_t number;
                const char *label, *path, *status;
        } rows[] = {
                {"BdsDxe: loading Boot0004 \"VMware ESXi\" from "
                 "HD(1,GPT,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,0x40,0x32000)/\\EFI\\VMware\\safeboot64.efi",
                 BOOT_LINE_LOADING, 4, "VMware ESXi",
                 "HD(1,GPT,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,0x40,0x32000)/\\EFI\\VMware\\safeboot64.efi", NULL},
                {"BdsDxe: starting Boot000A \"UEFI Misc Device\" from PciRoot(0x0)/Pci(0x2,0x0)", BOOT_LINE_STARTING,
                 10, "UEFI Misc Device", "PciRoot(0x0)/Pci(0x2,0x0)", NULL},
                {"BdsDxe: failed to load Boot0001 \"UEFI QEMU QEMU USB HARDDRIVE 1-0000:00:01.0-1\" from "
                 "PciRoot(0x0)/Pci(0x1,0x0)/USB(0x0,0x0): Not Found",
                 BOOT_LINE_FAILED, 1, "UEFI QEMU QEMU USB HARDDRIVE 1-0000:00:01.0-1",
                 "PciRoot(0x0)/Pci(0x1,0x0)/USB(0x0,0x0)", "Not Found"},
                {"BdsDxe: failed to start Boot00ff \"a: b\" from Fv(1)/FvFile(2): Access Denied", BOOT_LINE_FAILED, 255,
                 "a: b", "Fv(1)/FvFile(2)", "Access Denied"},
                {"x BdsDxe: loading Boot0002 \"a \" from b\" from \\c", BOOT_LINE_LOADING, 2, "a \" from b", "\\c",
                 NULL},
                {"BdsDxe: loading Boot0002", BOOT_LINE_LOADING, 2, NULL, NULL, NULL},
                {"BdsDxe: loading Boot0002 \"cut off", BOOT_LINE_LOADING, 2, "cut off", NULL, NULL},
                {"BdsDxe: loading Boot0002 \"\" from ", BOOT_LINE_LOADING, 2, "", "", NULL},
        };
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                AUTO_BOOT_LINE struct boot_line boot = {0};
                assert_true(boot_line_parse(rows[i].line, &boot));
                assert_int_equal(boot.verb, rows[i].verb);
                assert_int_equal(boot.number, rows[i].number);
                const char *found[] = {boot.label, boot.path, boot.status};
                const char *wanted[] = {rows[i].label, rows[i].path, rows[i].status};
                for (size_t field = 0; field < 3; field++) {
                        assert_int_equal(found[field] == NULL, wanted[field] == NULL);
                        if (found[field])
                                assert_string_equal(found[field], wanted[field]);
                }
        }
}

TEST(other_lines_are_not_from_the_boot_manager)
{
        static const char *const lines[] = {"",
                                            "BdsDxe",
                                            "BdsDxe: ",
                                            "BdsDxe: loading",
                                            "BdsDxe: loading Boot",
                                            "BdsDxe: loading Boot000",
                                            "BdsDxe: loading Boot00G0 \"x\" from y",
                                            "BdsDxe: No bootable option or device was found.",
                                            "loading Boot0004 \"VMware ESXi\" from x"};
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
                struct boot_line boot;
                assert_false(boot_line_parse(lines[i], &boot));
                assert_null(boot.label);
        }
        static const char whole[] = "BdsDxe: failed to load Boot0001 \"UEFI\" from PciRoot(0x0): Not Found";
        for (size_t length = 0; length < sizeof whole; length++) {
                AUTO_FREE char *cut = text_format("%.*s", (int)length, whole);
                AUTO_BOOT_LINE struct boot_line boot = {0};
                assert_int_equal(boot_line_parse(cut, &boot), length >= strlen("BdsDxe: failed to load Boot0001"));
        }
        assert_string_equal(boot_line_verb_text(BOOT_LINE_FAILED), "failed");
}
