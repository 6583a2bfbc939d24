// SPDX-License-Identifier: Apache-2.0
//
// predict VARS CODE DEVICE...
//
// Prints what the library predicts, in the words of the firmware's log: `failed Boot####` for each entry tried in vain,
// `starting Boot####`, or if no entry starts, `recovery PATH` with the device of the fallback file, or `menu`; and
// `order ####,####` for BootOrder afterwards. CODE is the firmware; `-` if it is not known, and then `unknown` and a
// path are printed where the prediction ends. A DEVICE is words separated by semicolons: its device path, then
// `label=TEXT`, `removable`, `bootindex=N`, `fs` for a file system on the whole disk or `gpt=NUMBER,GUID,START,SIZE`
// for one on a partition, each followed by the names of its files.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "launcher/diagnosis/forecast.h"
#include "varstore/predict.h"

enum {
        MOST = 16
};

// "gpt=NUMBER,GUID,START,SIZE", or "fs".
static struct predict_partition read_partition(const char *word)
{
        struct predict_partition partition = {0};
        char guid[37] = "";
        char *at = strchr(word, '=');
        if (!at)
                return partition;
        partition.place.gpt = true;
        partition.place.number = (uint32_t)strtoul(at + 1, &at, 10);
        snprintf(guid, sizeof guid, "%s", at + 1);
        guid_parse(guid, &partition.place.guid);
        partition.place.start = strtoull(at + sizeof guid + 1, &at, 16);
        partition.place.size = strtoull(at + 1, &at, 16);
        return partition;
}

static struct attached {
        struct predict_partition partitions[MOST];
        const char *files[MOST];
} attached[MOST];

static struct predict_device read_device(char *argument, struct attached *memory)
{
        static const char bootindex[] = "bootindex=", label[] = "label=";
        struct predict_device device = {
                .name = argument, .path = strtok(argument, ";"), .partitions = memory->partitions};
        size_t file_count = 0;
        for (const char *word; (word = strtok(NULL, ";"));) {
                if (strcmp(word, "removable") == 0) {
                        device.removable = true;
                } else if (strncmp(word, label, sizeof label - 1) == 0) {
                        device.label = word + sizeof label - 1;
                } else if (strncmp(word, bootindex, sizeof bootindex - 1) == 0) {
                        device.has_bootindex = true;
                        device.bootindex = (unsigned)strtoul(word + sizeof bootindex - 1, NULL, 10);
                } else if (*word != '\\' && device.partition_count < MOST) {
                        memory->partitions[device.partition_count] = read_partition(word);
                        memory->partitions[device.partition_count++].files = memory->files + file_count;
                } else if (device.partition_count && file_count < MOST) {
                        memory->files[file_count++] = word;
                        memory->partitions[device.partition_count - 1].file_count++;
                }
        }
        return device;
}

static bool is_tried_in_vain(enum predict_reason reason)
{
        return reason >= PREDICT_NO_DEVICE && reason <= PREDICT_NOT_KNOWN;
}

static void print_order(const struct prediction *prediction)
{
        const char *before = "order ";
        for (size_t position = 0; position < prediction->count; position++)
                for (size_t i = 0; i < prediction->count; i++)
                        if (prediction->steps[i].is_ordered && prediction->steps[i].position == position) {
                                AUTO_FREE char *name = prediction_step_name(&prediction->steps[i]);
                                printf("%s%s", before, name + strlen("Boot"));
                                before = ",";
                        }
        putchar('\n');
}

static void print_start(const struct prediction *prediction)
{
        const struct prediction_step *started = prediction->started;
        if (!started)
                printf("%s\n", prediction->generation ? "menu" : "unknown");
        else if (started->is_recovery)
                printf("recovery %s\n", started->device->path);
        else if (!prediction_step_has_number(started))
                printf("unknown %s\n", started->path);
        else
                printf("starting Boot%04X\n", started->number);
}

int main(int count, char **arguments)
{
        struct error err = {0};
        struct varstore *store;
        struct bootchain chain;
        if (count < 3 || !varstore_load(arguments[1], &store, &err) || !bootchain_read(store, &chain, &err)) {
                fprintf(stderr, "predict: %s\n", err.message ? err.message : "usage: predict VARS CODE DEVICE...");
                return 2;
        }
        struct predict_device devices[MOST];
        struct predict_machine machine = {.chain = &chain, .devices = devices};
        struct code_contents contents = {0};
        machine.firmware = forecast_firmware(strcmp(arguments[2], "-") == 0 ? NULL : arguments[2], &contents, &err);
        if (err.code) {
                fprintf(stderr, "predict: %s\n", err.message);
                return 2;
        }
        for (int i = 3; i < count && machine.device_count < MOST; i++) {
                devices[machine.device_count] = read_device(arguments[i], &attached[machine.device_count]);
                machine.device_count++;
        }
        struct prediction prediction;
        prediction_make(&machine, &prediction);
        for (size_t i = 0; i < prediction.count && &prediction.steps[i] != prediction.started; i++)
                if (is_tried_in_vain(prediction.steps[i].reason))
                        printf("failed Boot%04X\n", prediction.steps[i].number);
        print_start(&prediction);
        print_order(&prediction);
        return 0;
}
