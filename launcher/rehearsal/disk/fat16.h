// SPDX-License-Identifier: Apache-2.0
// A FAT16 file system made in memory: format it, add files, write the image to the start of a partition. Clusters are
// given out in order, so everything that is in use lies at the image's start and the rest of the partition needs no
// writing. Pure.
// Source: "FAT: General Overview of On-Disk Format", Microsoft, version 1.03; the long names too.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAT16_SECTOR_SIZE 512

struct fat16_parameters {
        uint32_t sectors;        // of the partition
        uint32_t hidden_sectors; // LBA at which the partition starts
        uint32_t serial;
        uint16_t date, time; // of every file, in the DOS form
        const char *label;   // at most 11 capitals
};

struct fat16 {
        uint8_t *image; // the caller's, CAPACITY bytes
        size_t capacity;
        uint32_t sectors_per_cluster, fat_sectors, data_sector, cluster_count;
        uint32_t next_cluster; // the first one that is free
        uint16_t date, time;
};

// How many bytes of image a file system of that many SECTORS needs for CONTENT bytes in at most FILES files and
// folders. 0 if FAT16 cannot hold so many sectors, or so few.
size_t fat16_image_size(uint32_t sectors, size_t content, size_t files);

// Makes an empty file system in IMAGE. False if the parameters do not make a FAT16 or the image cannot hold it.
bool fat16_format(struct fat16 *fat, void *image, size_t capacity, const struct fat16_parameters *parameters);

// Adds the file PATH ("EFI/BOOT/BOOTAA64.EFI", ASCII), making folders on the way. A name that is no 8.3 name in
// capitals gets a long name besides. Paths of one volume are spelled the same each time: case counts here, though not
// in FAT. False, and the image is of no more use, where the image, the file system or a folder is full (a folder has
// one cluster, and room for nine long names that begin alike), where the file is there already, or where the path runs
// through a file.
bool fat16_add(struct fat16 *fat, const char *path, const void *bytes, size_t size);

// How many bytes of the image, from its start, must be written.
size_t fat16_used(const struct fat16 *fat);

// A moment in the DOS form: years from 1980, hours of 24, seconds in twos.
uint16_t fat16_date(unsigned year, unsigned month, unsigned day);
uint16_t fat16_time(unsigned hour, unsigned minute, unsigned second);
