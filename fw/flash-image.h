// SPDX-License-Identifier: Apache-2.0
//
// The images in the two flash banks of QEMU's `virt` machine: each has 64 MiB, and QEMU refuses a file of any other
// size.
//
// EDK2's ArmVirtQemu is built as an image of 2 MiB (QEMU_EFI.fd): a branch, where the processor starts, and a firmware
// volume, usually at 0x1000, whose first word is a branch into its SEC phase. Distributions pad it to a whole bank with
// zeroes. Source: EDK2 ArmVirtPkg/ArmVirtQemu.fdf; UEFI PI 1.7, volume 3, 3.2.1; Arm ARM, C6.2.26 (B).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

#define FLASH_BANK_SIZE (UINT64_C(64) << 20) // bytes of a bank

enum {
        FLASH_HEAD_SIZE = 128 << 10, // bytes: the first volume begins within them
};

// Whether HEAD, the first FLASH_HEAD_SIZE bytes (or all) of an image of SIZE bytes, is firmware for 64-bit Arm. If not,
// ERR (ERROR_DAMAGED) reports what it looks like: variables, firmware for another processor, or blank.
bool flash_image_check_head(struct bytes head, uint64_t size, struct error *err);

// The same for the file at PATH.
bool flash_image_check_code(const char *path, struct error *err);

// Whether an image of SIZE bytes, called NAME in messages, fits a bank: it may be smaller, but not larger or empty.
bool flash_image_check_size(const char *name, uint64_t size, struct error *err);

// Extends the file at PATH to the size of a bank, with a hole.
bool flash_image_pad(const char *path, struct error *err);
