// SPDX-License-Identifier: Apache-2.0
// Makes a FAT16 file system in memory: format it, add files, write the image to the start of a partition. Clusters are
// allocated in order, so only the start of the partition, up to fat16_used, must be written. Pure.
// Source: "FAT: General Overview of On-Disk Format", Microsoft, version 1.03; the long names too.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAT16_SECTOR_SIZE 512
#define FAT16_MARKER_SIZE 32

struct fat16_parameters {
        uint32_t sectors;        // of the partition
        uint32_t hidden_sectors; // LBA at which the partition starts
        uint32_t serial;
        uint16_t date, time;   // of every file, in the DOS form
        const char *label;     // at most 11 capitals
        const uint8_t *marker; // FAT16_MARKER_SIZE bytes for the second sector; NULL: none
};

struct fat16 {
        uint8_t *image; // CAPACITY bytes, borrowed
        size_t capacity;
        uint32_t sectors_per_cluster, fat_sectors, data_sector, cluster_count;
        uint32_t next_cluster; // the first free one
        uint16_t date, time;
};

// The image's size in bytes for a file system of SECTORS with CONTENT bytes in at most FILES files and folders. 0 if
// FAT16 cannot have that many sectors, or that few.
size_t fat16_image_size(uint32_t sectors, size_t content, size_t files);

// Makes an empty file system in IMAGE. False if the parameters are not possible for FAT16 or the image is too small.
bool fat16_format(struct fat16 *fat, void *image, size_t capacity, const struct fat16_parameters *parameters);

// Adds the file PATH ("EFI/BOOT/BOOTAA64.EFI", ASCII) and its folders. A name that is not an 8.3 name in capitals also
// gets a long name. Spell paths the same way each time: unlike FAT, this is case-sensitive. False, with an unusable
// image, if the image, the file system or a folder is full (a folder has one cluster, and at most nine long names that
// begin alike), the file exists, or a folder in PATH is a file.
bool fat16_add(struct fat16 *fat, const char *path, const void *bytes, size_t size);

// How many bytes from the image's start must be written.
size_t fat16_used(const struct fat16 *fat);

// A date and a time in the DOS format: years from 1980, resolution two seconds.
uint16_t fat16_date(unsigned year, unsigned month, unsigned day);
uint16_t fat16_time(unsigned hour, unsigned minute, unsigned second);
