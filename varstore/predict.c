// SPDX-License-Identifier: Apache-2.0
#include "varstore/predict.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "varstore/loadopt.h"

// An entry during the start.
struct option {
        struct prediction_step step;
        uint32_t attributes;
        bool is_disk;    // created for a device by the firmware, at this start or before
        bool is_ordered; // in the current BootOrder
        bool is_leaving; // dropped from it, but its variable is kept
        bool is_moved;   // to another place in the list
        bool is_settled; // the step's reason is final
};

struct start {
        const struct predict_machine *machine;
        const struct generation *generation; // NULL if not known
        const char *fallback;
        const struct predict_device **devices; // in the order in which they are connected
        size_t device_count;
        struct option *options; // those in BootOrder first, in its order
        size_t count;
};

__attribute__((format(printf, 3, 4))) static void settle(struct option *option, enum predict_reason reason,
                                                         const char *format, ...)
{
        if (option->is_settled)
                return;
        va_list arguments;
        va_start(arguments, format);
        option->step.reason = reason;
        option->step.explanation = text_format_list(format, arguments);
        option->is_settled = true;
        va_end(arguments);
}

// ---- attached devices ----

static bool is_bootindex_given(const struct predict_machine *machine)
{
        for (size_t i = 0; i < machine->device_count; i++)
                if (machine->devices[i].has_bootindex)
                        return true;
        return false;
}

static int compare_bootindex(const void *left, const void *right)
{
        const struct predict_device *a = *(const struct predict_device *const *)left;
        const struct predict_device *b = *(const struct predict_device *const *)right;
        return a->bootindex < b->bootindex ? -1 : a->bootindex > b->bootindex;
}

static void connect_devices(struct start *start)
{
        const struct predict_machine *machine = start->machine;
        bool by_index = is_bootindex_given(machine);
        start->devices = memory_new(machine->device_count, sizeof(const struct predict_device *));
        for (size_t i = 0; i < machine->device_count; i++)
                if (!by_index || machine->devices[i].has_bootindex)
                        start->devices[start->device_count++] = &machine->devices[i];
        if (by_index)
                qsort(start->devices, start->device_count, sizeof(const struct predict_device *), compare_bootindex);
}

// Whether PATH is the device's path or continues it.
static bool is_on_device(const char *path, const struct predict_device *device)
{
        size_t length = strlen(device->path);
        return text_starts_with(path, device->path) && (path[length] == '\0' || path[length] == '/');
}

static const struct predict_device *find_device(const struct predict_machine *machine, const char *path)
{
        for (size_t i = 0; i < machine->device_count; i++)
                if (is_on_device(path, &machine->devices[i]))
                        return &machine->devices[i];
        return NULL;
}

static bool has_file(const struct predict_partition *partition, const char *file)
{
        for (size_t i = 0; i < partition->file_count; i++)
                if (boot_loader_equal(partition->files[i], file))
                        return true;
        return false;
}

static const struct predict_partition *find_file(const struct predict_device *device, const char *file)
{
        for (size_t i = 0; i < device->partition_count; i++)
                if (has_file(&device->partitions[i], file))
                        return &device->partitions[i];
        return NULL;
}

// ---- the entries ----

static void add_entry(struct start *start, const struct boot_entry *entry, bool is_ordered)
{
        const struct bootchain *chain = start->machine->chain;
        struct option *option = MEMORY_ADD(start->options, start->count);
        option->step = (struct prediction_step){
                .number = entry->number,
                .entry = entry,
                .label = memory_text(entry->label),
                .path = memory_text(entry->path),
                .is_next = chain->has_next && chain->next == entry->number,
        };
        option->attributes = entry->attributes;
        option->is_disk = entry->made_by_firmware;
        option->is_ordered = is_ordered;
        if (entry->damaged)
                settle(option, PREDICT_DAMAGED, "its variable is not a complete load option");
}

static void read_chain(struct start *start)
{
        const struct bootchain *chain = start->machine->chain;
        for (size_t i = 0; i < chain->order_count; i++) {
                const struct boot_entry *entry = bootchain_find_number(chain, chain->order[i]);
                if (entry && entry->position == i)
                        add_entry(start, entry, true);
        }
        for (size_t i = 0; i < chain->entry_count; i++)
                if (!chain->entries[i].ordered)
                        add_entry(start, &chain->entries[i], false);
}

static bool is_removed(const struct option *option)
{
        return option->is_settled &&
               (option->step.reason == PREDICT_DEVICE_GONE || option->step.reason == PREDICT_PROGRAM_GONE);
}

// Whether the firmware has removed the entry of that number.
static bool is_deleted(const struct start *start, uint16_t number)
{
        for (size_t i = 0; i < start->count; i++)
                if (start->options[i].step.number == number && start->options[i].is_ordered &&
                    !is_removed(&start->options[i]))
                        return false;
        for (size_t i = 0; i < start->count; i++)
                if (start->options[i].step.number == number && start->options[i].is_ordered)
                        return true;
        return false;
}

// The firmware uses the lowest number that neither BootOrder nor BootNext names. It does not check if that exists.
static uint16_t free_number(const struct start *start)
{
        const struct bootchain *chain = start->machine->chain;
        for (uint16_t number = 0; start->generation && number < PREDICT_NO_NUMBER; number++) {
                bool taken = chain->has_next && chain->next == number;
                for (size_t i = 0; i < chain->order_count && !taken; i++)
                        taken = chain->order[i] == number && !is_deleted(start, number);
                for (size_t i = 0; i < start->count && !taken; i++)
                        taken = start->options[i].is_ordered && start->options[i].step.number == number &&
                                !is_deleted(start, number);
                if (!taken)
                        return number;
        }
        return PREDICT_NO_NUMBER;
}

// A variable of NUMBER that BootOrder does not name is overwritten by the new entry.
static void overwrite(struct start *start, uint16_t number, const char *label)
{
        for (size_t i = 0; i < start->count && number != PREDICT_NO_NUMBER; i++)
                if (start->options[i].step.number == number)
                        settle(&start->options[i], PREDICT_OVERWRITTEN,
                               "BootOrder does not name it, so the firmware gives its number to the new entry \"%s\"",
                               label);
}

static void add_new(struct start *start, const char *label, const char *path, uint32_t attributes, bool is_disk)
{
        uint16_t number = free_number(start);
        overwrite(start, number, label);
        struct option *option = MEMORY_ADD(start->options, start->count);
        option->step =
                (struct prediction_step){.number = number, .label = memory_text(label), .path = memory_text(path)};
        option->attributes = attributes;
        option->is_disk = is_disk;
        option->is_ordered = true;
}

// ---- the firmware's own programs ----

// The entry in BootOrder with exactly that path; NULL if not found.
static struct option *find_path(const struct start *start, const char *path)
{
        for (size_t i = 0; i < start->count; i++) {
                struct option *option = &start->options[i];
                if (option->is_ordered && !option->is_settled && strcmp(option->step.path, path) == 0)
                        return option;
        }
        return NULL;
}

static bool is_there(const struct predict_firmware *firmware, const char *path)
{
        for (size_t i = 0; i < firmware->program_count; i++) {
                const struct generation_entry own = {.program = firmware->programs[i]};
                AUTO_FREE char *there = generation_path(&own);
                if (strcmp(path, there) == 0)
                        return true;
        }
        return false;
}

// If the firmware's programs are not known, it has those that the store has entries for.
static bool has_program(const struct start *start, const char *path)
{
        const struct predict_firmware *firmware = &start->machine->firmware;
        return firmware->programs ? is_there(firmware, path) : find_path(start, path) != NULL;
}

static void add_own(struct start *start, const struct generation_entry *own)
{
        AUTO_FREE char *path = generation_path(own);
        add_new(start, own->label, path, own->attributes, false);
}

// The menu is found by its path alone.
static void add_menu(struct start *start)
{
        AUTO_FREE char *path = generation_path(&start->generation->menu);
        if (!find_path(start, path))
                add_own(start, &start->generation->menu);
}

static bool is_as_made(const struct option *option, const struct generation_entry *own)
{
        const struct boot_entry *entry = option->step.entry;
        return option->attributes == own->attributes && strcmp(option->step.label, own->label) == 0 &&
               !(entry && entry->optional_data.size);
}

static bool has_as_made(const struct start *start, const char *path, const struct generation_entry *own)
{
        for (size_t i = 0; i < start->count; i++) {
                const struct option *option = &start->options[i];
                if (option->is_ordered && !option->is_settled && strcmp(option->step.path, path) == 0 &&
                    is_as_made(option, own))
                        return true;
        }
        return false;
}

// The generation that keeps entries also creates one for a shell that it does not have, and deletes it again.
static void add_beside(struct start *start, const struct generation_entry *own)
{
        AUTO_FREE char *path = generation_path(own);
        if (has_as_made(start, path, own))
                return;
        if (has_program(start, path))
                add_own(start, own);
        else if (start->machine->firmware.programs)
                overwrite(start, free_number(start), own->label);
}

static void remake(struct start *start, const struct generation_entry *own)
{
        AUTO_FREE char *path = generation_path(own);
        struct option *option = find_path(start, path);
        if (!has_program(start, path) || (option && option->attributes == own->attributes))
                return;
        if (option)
                settle(option, PREDICT_PROGRAM_GONE,
                       "its attributes differ from the firmware's; the firmware deletes it and creates its own");
        add_own(start, own);
}

static void add_program(struct start *start, const struct generation_entry *own)
{
        if (!own->label)
                return;
        if (start->generation->remakes)
                remake(start, own);
        else
                add_beside(start, own);
}

static bool is_program(const char *path)
{
        return (text_starts_with(path, "Fv(") || text_starts_with(path, "MemoryMapped(")) && strstr(path, ")/FvFile(");
}

static void delete_programs(struct start *start)
{
        const struct predict_firmware *firmware = &start->machine->firmware;
        for (size_t i = 0; i < start->count && firmware->programs; i++) {
                struct option *option = &start->options[i];
                if (option->is_ordered && is_program(option->step.path) && !is_there(firmware, option->step.path))
                        settle(option, PREDICT_PROGRAM_GONE,
                               "it starts a program that this firmware does not have; the firmware deletes it");
        }
}

// ---- the devices' entries ----

// Whether OPTION is exactly the entry that the firmware would create for DEVICE.
static bool is_for_device(const struct option *option, const struct predict_device *device)
{
        return option->is_disk && option->is_ordered && option->attributes == LOAD_OPTION_ACTIVE &&
               strcmp(option->step.path, device->path) == 0 &&
               (!device->label || strcmp(option->step.label, device->label) == 0);
}

static void delete_stale(struct start *start)
{
        for (size_t i = 0; i < start->count; i++) {
                struct option *option = &start->options[i];
                if (!option->is_disk || !option->is_ordered || option->is_settled)
                        continue;
                bool found = false;
                for (size_t j = 0; j < start->device_count && !found; j++)
                        found = is_for_device(option, start->devices[j]);
                if (found)
                        continue;
                const struct predict_device *other = find_device(start->machine, option->step.path);
                if (other && !other->has_bootindex && is_bootindex_given(start->machine))
                        settle(option, PREDICT_DEVICE_GONE,
                               "the firmware created it for %s, which is not connected because another device has a "
                               "bootindex; the firmware deletes it",
                               other->name);
                else if (other)
                        settle(option, PREDICT_DEVICE_GONE,
                               "it differs from the entry that the firmware creates for %s; the firmware deletes it "
                               "and creates its own",
                               other->name);
                else
                        settle(option, PREDICT_DEVICE_GONE,
                               "the firmware created it for a device that is not attached; the firmware deletes it");
        }
}

static void add_devices(struct start *start, bool removable)
{
        for (size_t i = 0; i < start->device_count; i++) {
                const struct predict_device *device = start->devices[i];
                bool found = device->removable != removable;
                for (size_t j = 0; j < start->count && !found; j++)
                        found = is_for_device(&start->options[j], device);
                if (!found)
                        add_new(start, device->label ? device->label : device->name, device->path, LOAD_OPTION_ACTIVE,
                                true);
        }
}

// ---- where an entry leads ----

static void found_file(struct option *option, const struct predict_device *device,
                       const struct predict_partition *partition, const char *file, bool is_fallback)
{
        struct prediction_step *step = &option->step;
        step->device = device;
        step->partition = partition;
        step->file = memory_text(file);
        step->is_fallback = is_fallback;
        settle(option, PREDICT_STARTED, "it starts %s%s of %s", is_fallback ? "the fallback file " : "", file,
               device->name);
}

// The first partition with that number and GUID is used, wherever it is.
static bool is_meant(const struct predict_partition *partition, const struct devpath_partition *wanted)
{
        return partition->place.number == wanted->number && partition->place.gpt == wanted->gpt &&
               guid_equal(partition->place.guid, wanted->guid);
}

static bool is_same_place(const struct predict_partition *partition, const struct devpath_partition *wanted)
{
        return is_meant(partition, wanted) && partition->place.start == wanted->start &&
               partition->place.size == wanted->size;
}

// FILE or, if an entry names none, the fallback file from PARTITION.
static void look_on_partition(const struct start *start, struct option *option, const struct predict_device *device,
                              const struct predict_partition *partition)
{
        const char *named = option->step.entry->loader;
        const char *file = named ? named : start->fallback;
        if (has_file(partition, file))
                found_file(option, device, partition, file, !named);
        else
                settle(option, named ? PREDICT_NO_FILE : PREDICT_NO_FALLBACK, "%s has the partition, but no %s on it",
                       device->name, file);
}

static void look_for_partition(const struct start *start, struct option *option, const struct devpath_partition *wanted)
{
        const struct predict_machine *machine = start->machine;
        // Connected devices come first: the others are connected only if the partition is not on them.
        for (size_t pass = 0; pass < 2; pass++) {
                size_t count = pass ? machine->device_count : start->device_count;
                for (size_t i = 0; i < count; i++) {
                        const struct predict_device *device = pass ? &machine->devices[i] : start->devices[i];
                        for (size_t j = 0; j < device->partition_count; j++) {
                                if (!is_meant(&device->partitions[j], wanted))
                                        continue;
                                look_on_partition(start, option, device, &device->partitions[j]);
                                return;
                        }
                }
        }
        char guid[37];
        guid_text(wanted->guid, guid);
        settle(option, PREDICT_NO_PARTITION, "no attached disk has partition %u with the GUID %s", wanted->number,
               guid);
}

// File systems are searched in the order in which they were connected: devices with a bootindex before the others.
static void look_everywhere(const struct start *start, struct option *option, const char *file)
{
        const struct predict_machine *machine = start->machine;
        for (int pass = 0; pass < 4; pass++) {
                bool removable = pass < 2;
                bool all = pass % 2;
                size_t count = all ? machine->device_count : start->device_count;
                for (size_t i = 0; i < count; i++) {
                        const struct predict_device *device = all ? &machine->devices[i] : start->devices[i];
                        const struct predict_partition *partition = find_file(device, file);
                        if (device->removable != removable || !partition)
                                continue;
                        found_file(option, device, partition, file, false);
                        return;
                }
        }
        settle(option, PREDICT_NO_FILE, "no attached disk has a file %s", file);
}

static void look_on_device(const struct start *start, struct option *option)
{
        const struct boot_entry *entry = option->step.entry;
        const struct predict_device *device = find_device(start->machine, option->step.path);
        if (!device) {
                settle(option, PREDICT_NO_DEVICE, "no device is attached at %s", option->step.path);
                return;
        }
        if (!entry || (!entry->loader && !entry->has_partition)) {
                const struct predict_partition *partition = find_file(device, start->fallback);
                if (partition)
                        found_file(option, device, partition, start->fallback, true);
                else
                        settle(option, PREDICT_NO_FALLBACK, "%s has no %s", device->name, start->fallback);
                return;
        }
        for (size_t i = 0; i < device->partition_count; i++) {
                const struct predict_partition *partition = &device->partitions[i];
                if (!(entry->has_partition ? is_same_place(partition, &entry->partition) : !partition->place.number))
                        continue;
                look_on_partition(start, option, device, partition);
                return;
        }
        settle(option, PREDICT_NO_PARTITION,
               entry->has_partition ? "%s has no such partition" : "%s has no file system without partitions",
               device->name);
}

// By the beginning of its device path; an entry that the firmware has just created is for a device or its own program.
static void look(const struct start *start, struct option *option)
{
        const struct boot_entry *entry = option->step.entry;
        struct devpath_node node = {0};
        size_t offset = 0;
        if (entry)
                devpath_next(entry->device_path, &offset, &node);
        bool is_own = text_starts_with(option->step.path, "Fv(") || text_starts_with(option->step.path, "FvFile(");
        if (is_own && start->generation)
                settle(option, PREDICT_STARTED, "it is one of the firmware's own programs");
        else if (is_own)
                settle(option, PREDICT_NOT_KNOWN, "it is not known whether the firmware has that program");
        else if (strstr(option->step.path, "MAC(") || node.type == DEVPATH_MESSAGING)
                settle(option, PREDICT_NOT_KNOWN, "%s cannot be resolved without running the firmware",
                       option->step.path);
        else if (entry && node.type == DEVPATH_MEDIA && node.subtype == DEVPATH_HARD_DRIVE && entry->has_partition)
                look_for_partition(start, option, &entry->partition);
        else if (entry && node.type == DEVPATH_MEDIA && node.subtype == DEVPATH_FILE && entry->loader)
                look_everywhere(start, option, entry->loader);
        else
                look_on_device(start, option);
}

// The device where OPTION leads, without settling it.
static const struct predict_device *device_of(const struct start *start, const struct option *option)
{
        struct option trial = {.step = option->step};
        trial.step.explanation = NULL;
        look(start, &trial);
        free(trial.step.file);
        free(trial.step.explanation);
        return trial.step.device ? trial.step.device : find_device(start->machine, option->step.path);
}

// ---- the bootindex ----

// The beginnings of device paths that QEMU could have named but did not.
static bool is_dropped(const char *path)
{
        static const char *const beginnings[] = {"HD(", "PciRoot(", "VenHw(837DCA9E-E874-4D82-B29A-23FE0E23D1E2"};
        for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
                if (text_starts_with(path, beginnings[i]))
                        return true;
        return false;
}

static bool is_movable(const struct option *option)
{
        return option->is_ordered && !option->is_settled && (option->attributes & LOAD_OPTION_ACTIVE);
}

static void move_option(struct option *ordered, size_t *count, struct option *option)
{
        ordered[(*count)++] = *option;
        option->is_moved = true;
        option->is_ordered = false;
}

static void order_by_bootindex(struct start *start)
{
        AUTO_FREE const struct predict_device **leads = memory_new(start->count, sizeof(const struct predict_device *));
        struct option *ordered = memory_new(start->count, sizeof *ordered);
        size_t count = 0;
        for (size_t i = 0; i < start->count; i++)
                leads[i] = is_movable(&start->options[i]) ? device_of(start, &start->options[i]) : NULL;
        for (size_t i = 0; i < start->device_count; i++)
                for (size_t j = 0; j < start->count; j++)
                        if (leads[j] == start->devices[i] && is_movable(&start->options[j]))
                                move_option(ordered, &count, &start->options[j]);
        // If nothing is on those devices, QEMU's order is not followed at all.
        bool followed = count > 0;
        for (size_t i = 0; i < start->count; i++) {
                struct option *option = &start->options[i];
                if (option->is_moved)
                        continue;
                if (followed && is_movable(option) && is_dropped(option->step.path))
                        settle(option, PREDICT_DROPPED,
                               "another device has a bootindex, and this entry's device has none: the firmware deletes "
                               "it permanently");
                else if (followed && is_movable(option))
                        move_option(ordered, &count, option);
                else
                        option->is_leaving = followed;
        }
        for (size_t i = 0; i < start->count; i++)
                if (!start->options[i].is_moved)
                        ordered[count++] = start->options[i];
        free(start->options);
        start->options = ordered;
}

// ---- the attempts ----

static bool attempt(const struct start *start, struct option *option)
{
        if (!option->is_settled)
                look(start, option);
        return option->step.reason == PREDICT_STARTED;
}

static void pass_over(struct option *option, const struct option *started)
{
        if (!option->is_ordered)
                settle(option, PREDICT_NOT_ORDERED, "BootOrder does not name it");
        else if (!(option->attributes & LOAD_OPTION_ACTIVE))
                settle(option, PREDICT_INACTIVE, "it is not active");
        else if (option->attributes & LOAD_OPTION_CATEGORY)
                settle(option, PREDICT_APPLICATION, "it is an application, started only if the user chooses it");
        else if (started) {
                AUTO_FREE char *name = prediction_step_name(&started->step);
                settle(option, PREDICT_NOT_REACHED, "%s starts before it", name);
        }
}

static struct option *try_options(struct start *start)
{
        for (size_t i = 0; i < start->count; i++)
                if (start->options[i].step.is_next && attempt(start, &start->options[i]))
                        return &start->options[i];
        for (size_t i = 0; i < start->count; i++) {
                struct option *option = &start->options[i];
                pass_over(option, NULL);
                if (!option->is_settled && attempt(start, option))
                        return option;
        }
        return NULL;
}

// PlatformRecovery0000: the fallback file, wherever it is.
static const struct option *recover(struct start *start)
{
        struct option recovery = {0};
        look_everywhere(start, &recovery, start->fallback);
        if (!recovery.step.device) {
                free(recovery.step.explanation);
                return NULL;
        }
        recovery.step.number = PREDICT_NO_NUMBER;
        recovery.step.is_recovery = recovery.step.is_fallback = true;
        recovery.step.label = memory_text("Default PlatformRecovery");
        recovery.step.path = memory_text(start->fallback);
        *MEMORY_ADD(start->options, start->count) = recovery;
        return &start->options[start->count - 1];
}

// This start deletes its variable.
static bool is_gone(const struct prediction_step *step)
{
        return step->reason == PREDICT_DEVICE_GONE || step->reason == PREDICT_PROGRAM_GONE ||
               step->reason == PREDICT_DROPPED || step->reason == PREDICT_OVERWRITTEN;
}

// BootNext, then what BootOrder names, then the rest.
static int rank_of(const struct option *option)
{
        if (is_gone(&option->step))
                return 2;
        return option->step.is_next ? 0 : option->is_ordered ? 1 : 2;
}

static bool stays_ordered(const struct option *option)
{
        return rank_of(option) < 2 && option->is_ordered && !option->is_leaving;
}

static void hand_over(struct start *start, const struct option *started, struct prediction *prediction)
{
        size_t position = 0;
        for (size_t i = 0; i < start->count; i++) {
                struct option *option = &start->options[i];
                option->step.is_ordered = stays_ordered(option);
                option->step.position = option->step.is_ordered ? position++ : 0;
        }
        prediction->steps = memory_new(start->count, sizeof *prediction->steps);
        prediction->generation = start->generation;
        prediction->is_firmware_told = start->machine->firmware.generation != NULL;
        prediction->may_be_refused = start->machine->checks_signatures && started && started->step.device;
        prediction->is_certain = !prediction->may_be_refused && (start->generation || (started && started->step.entry));
        for (int rank = 0; rank < 3; rank++) {
                for (size_t i = 0; i < start->count; i++) {
                        if (rank_of(&start->options[i]) != rank)
                                continue;
                        struct prediction_step *step = &prediction->steps[prediction->count++];
                        *step = start->options[i].step;
                        if (&start->options[i] == started)
                                prediction->started = step;
                        prediction->is_certain = prediction->is_certain && step->reason != PREDICT_NOT_KNOWN;
                }
        }
}

bool predict_checks_signatures(const struct varstore *store)
{
        const struct variable *key = varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "PK");
        const struct variable *enable = varstore_find(store, GUID_EFI_SECURE_BOOT_ENABLE_DISABLE, "SecureBootEnable");
        return key && key->data.size && !(enable && enable->data.size && !enable->data.data[0]);
}

void prediction_make(const struct predict_machine *machine, struct prediction *prediction)
{
        struct start start = {.machine = machine, .generation = machine->firmware.generation};
        start.fallback = machine->fallback ? machine->fallback : PREDICT_FALLBACK_FILE;
        *prediction = (struct prediction){0};
        if (!start.generation && !machine->firmware.programs)
                start.generation = generation_of_chain(machine->chain);
        connect_devices(&start);
        read_chain(&start);
        if (start.generation) {
                add_menu(&start);
                add_program(&start, &start.generation->setup);
        }
        delete_stale(&start);
        add_devices(&start, true);
        add_devices(&start, false);
        if (start.generation) {
                add_program(&start, &start.generation->shell);
                delete_programs(&start);
        }
        if (is_bootindex_given(machine))
                order_by_bootindex(&start);
        const struct option *started = try_options(&start);
        if (!started && start.generation)
                started = recover(&start);
        for (size_t i = 0; i < start.count; i++)
                pass_over(&start.options[i], started);
        hand_over(&start, started, prediction);
        free(start.options);
        free(start.devices);
}

void prediction_free(struct prediction *prediction)
{
        for (size_t i = 0; i < prediction->count; i++) {
                free(prediction->steps[i].label);
                free(prediction->steps[i].path);
                free(prediction->steps[i].explanation);
                free(prediction->steps[i].file);
        }
        free(prediction->steps);
        *prediction = (struct prediction){0};
}

const struct prediction_step *prediction_find(const struct prediction *prediction, uint16_t number)
{
        for (size_t i = 0; i < prediction->count; i++)
                if (prediction->steps[i].number == number && !is_gone(&prediction->steps[i]))
                        return &prediction->steps[i];
        // The number of a deleted entry may have been reused.
        for (size_t i = 0; i < prediction->count; i++)
                if (prediction->steps[i].number == number)
                        return &prediction->steps[i];
        return NULL;
}

bool prediction_step_has_number(const struct prediction_step *step)
{
        return step->entry || step->number != PREDICT_NO_NUMBER;
}

char *prediction_step_name(const struct prediction_step *step)
{
        if (step->is_recovery)
                return memory_text("PlatformRecovery");
        return prediction_step_has_number(step) ? text_format("Boot%04X", step->number) : memory_text("Boot\?\?\?\?");
}

const char *predict_reason_id(enum predict_reason reason)
{
        static const char *const ids[] = {
                [PREDICT_STARTED] = "started",           [PREDICT_NOT_REACHED] = "not-reached",
                [PREDICT_NOT_ORDERED] = "not-ordered",   [PREDICT_INACTIVE] = "inactive",
                [PREDICT_APPLICATION] = "application",   [PREDICT_DAMAGED] = "damaged",
                [PREDICT_DEVICE_GONE] = "device-gone",   [PREDICT_DROPPED] = "dropped",
                [PREDICT_NO_DEVICE] = "no-device",       [PREDICT_NO_PARTITION] = "no-partition",
                [PREDICT_NO_FILE] = "no-file",           [PREDICT_NO_FALLBACK] = "no-fallback",
                [PREDICT_NOT_KNOWN] = "not-known",       [PREDICT_OVERWRITTEN] = "overwritten",
                [PREDICT_PROGRAM_GONE] = "program-gone",
        };
        return ids[reason];
}
