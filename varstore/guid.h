// SPDX-License-Identifier: Apache-2.0
//
// GUIDs: how UEFI names vendors, formats and partitions.
//
// In memory and on disk a GUID is 16 bytes in EFI's mixed order: the first three groups of its text are little-endian
// (u32, u16, u16), the last two are bytes in the order they are read. Source: UEFI 2.10, appendix A.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct guid {
        uint8_t bytes[16]; // as on disk
};

bool guid_equal(struct guid a, struct guid b);
bool guid_is_zero(struct guid guid);

// The next 16 bytes of CURSOR; zeroes if fewer are left.
struct guid guid_read(struct cursor *cursor);

// "8BE4DF61-93CA-11D2-AA0D-00E098032B8C", upper case as EDK2 prints it.
void guid_text(struct guid guid, char text[37]);

// Reads that text back, in either case, with nothing before or after it.
bool guid_parse(const char *text, struct guid *guid);

// Its name in the specifications and EDK2 ("EFI_GLOBAL_VARIABLE"); NULL if it is not well known.
const char *guid_name(struct guid guid);

// The GUID with that name, in any case: the inverse of guid_name.
bool guid_find(const char *name, struct guid *guid);

// Vendors of variables.
extern const struct guid GUID_EFI_GLOBAL_VARIABLE;         // Boot####, BootOrder, Timeout, PK, KEK
extern const struct guid GUID_EFI_IMAGE_SECURITY_DATABASE; // db, dbx
extern const struct guid GUID_EFI_SECURE_BOOT_ENABLE_DISABLE;
extern const struct guid GUID_EFI_CUSTOM_MODE_ENABLE;
extern const struct guid GUID_EFI_VENDOR_KEYS_NV;
extern const struct guid GUID_EFI_CERT_DB;
extern const struct guid GUID_EFI_MEMORY_TYPE_INFORMATION;
extern const struct guid GUID_EFI_HARDWARE_ERROR;
extern const struct guid GUID_EFI_DEBUG_AGENT;
extern const struct guid GUID_EFI_IP4_CONFIG2;
extern const struct guid GUID_EFI_IP6_CONFIG;
extern const struct guid GUID_EFI_IP4_ISCSI_CONFIG;
extern const struct guid GUID_EFI_TLS_CA_CERTIFICATE;
extern const struct guid GUID_EFI_TCG2_CONFIG;
extern const struct guid GUID_EFI_CAPSULE_REPORT;
extern const struct guid GUID_EFI_SHELL_ALIAS;
extern const struct guid GUID_EFI_SHELL_VARIABLE;
extern const struct guid GUID_EDKII_ISCSI_CONFIG;
extern const struct guid GUID_EDKII_BOOT_MAINTENANCE;
extern const struct guid GUID_EDKII_VAR_ERROR_FLAG;
extern const struct guid GUID_MTC_VENDOR; // the high half of the monotonic counter
extern const struct guid GUID_OVMF_PLATFORM_CONFIG;
extern const struct guid GUID_SHIM_LOCK;
extern const struct guid GUID_SYSTEMD_BOOT_LOADER;
extern const struct guid GUID_LINUX_RANDOM_SEED;

// Types of signature lists, and owners.
extern const struct guid GUID_EFI_CERT_X509;
extern const struct guid GUID_EFI_CERT_X509_SHA256;
extern const struct guid GUID_EFI_CERT_SHA1;
extern const struct guid GUID_EFI_CERT_SHA256;
extern const struct guid GUID_EFI_CERT_SHA384;
extern const struct guid GUID_EFI_CERT_SHA512;
extern const struct guid GUID_EFI_CERT_RSA2048;
extern const struct guid GUID_EFI_CERT_TYPE_PKCS7;
extern const struct guid GUID_MICROSOFT_OWNER;

// Kinds of RAM disks in device paths.
extern const struct guid GUID_EFI_VIRTUAL_DISK;
extern const struct guid GUID_EFI_VIRTUAL_CD;
extern const struct guid GUID_EFI_PERSISTENT_VIRTUAL_DISK;
extern const struct guid GUID_EFI_PERSISTENT_VIRTUAL_CD;

// Formats.
extern const struct guid GUID_EFI_SYSTEM_NV_DATA_FV;         // the file system of a volume with variables
extern const struct guid GUID_EFI_AUTHENTICATED_VARIABLE;    // a store of authenticated records
extern const struct guid GUID_EFI_VARIABLE;                  // a store of plain records
extern const struct guid GUID_EDKII_WORKING_BLOCK_SIGNATURE; // the working block of fault-tolerant writes
extern const struct guid GUID_BDS_AUTO_CREATED_BOOT_OPTION;  // optional data of a boot entry that the firmware created
