// SPDX-License-Identifier: Apache-2.0
#include "verify/facts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "varstore/store-file.h"
#include "varstore/varstore.h"
#include "verify/rebuild.h"

void facts_free(struct facts *facts)
{
        for (size_t i = 0; i < facts->log_count; i++)
                lastboot_free(&facts->logs[i]);
        free(facts->logs);
        prediction_free(&facts->prediction);
        devices_free(&facts->devices);
        match_free(&facts->match);
        gpt_free(&facts->gpt);
        error_clear(&facts->gpt_error);
        disk_close(&facts->disk);
        error_clear(&facts->disk_error);
        bootchain_free(&facts->chain);
        varstore_free(&facts->store);
        error_clear(&facts->vars_error);
}

// A raw copy without the padding behind its volume is sound, but QEMU refuses it.
static bool check_vars_size(const struct facts_input *in, struct error *err)
{
        struct stat status;
        if (!in->vars_size || stat(in->vars_path, &status) != 0 || !S_ISREG(status.st_mode) ||
            (uint64_t)status.st_size == in->vars_size)
                return true;
        return error_set(err, ERROR_DAMAGED,
                         "%s: has %" PRIu64 " bytes, but QEMU accepts only %" PRIu64
                         ", the size of the machine's flash",
                         in->vars_path, (uint64_t)status.st_size, in->vars_size);
}

bool facts_read_vars(struct facts *facts, struct error *err)
{
        const struct facts_input *in = facts->in;
        if (facts->store)
                return true;
        return check_vars_size(in, err) &&
               (in->vars == FACTS_QEMU_VARS ? varstore_load : store_load)(in->vars_path, &facts->store, err) &&
               (in->vars == FACTS_ANY_VARS || varstore_is_sound(facts->store, in->vars_path, err)) &&
               bootchain_read(facts->store, &facts->chain, err);
}

bool facts_open_disk(struct facts *facts, struct error *err)
{
        return facts->disk || disk_open(facts->in->disk_path, facts->in->disk_format, &facts->disk, err);
}

bool facts_compare(struct facts *facts, const char *code_sha256, struct error *err)
{
        if (!facts_read_vars(facts, err) || !facts_open_disk(facts, err))
                return false;
        const struct match_input input = {
                .chain = varstore_is_blank(facts->store) ? NULL : &facts->chain,
                .disk = facts->disk,
                .expected_code = facts->in->expected_code,
                .actual_code = code_sha256,
                .label = facts->in->label,
        };
        facts->has_match = match_compare(&input, &facts->match, err);
        return facts->has_match;
}

static bool add_payload(struct facts *facts, struct error *err)
{
        const struct facts_input *in = facts->in;
        AUTO_DISK struct disk *image = NULL;
        if (in->payload_path)
                return disk_open(in->payload_path, "raw", &image, err) &&
                       devices_add_disk(&facts->devices, &in->payload, image, &facts->chain, err);
        if (in->payload.name)
                devices_add_payload(&facts->devices, &in->payload);
        return true;
}

bool facts_predict(struct facts *facts, struct predict_firmware firmware, struct error *err)
{
        if (!facts_read_vars(facts, err) || !add_payload(facts, err) || !facts_open_disk(facts, err) ||
            !devices_add_disk(&facts->devices, &facts->in->disk, facts->disk, &facts->chain, err))
                return false;
        const struct predict_machine machine = {
                .chain = &facts->chain,
                .devices = facts->devices.items,
                .device_count = facts->devices.count,
                .checks_signatures = predict_checks_signatures(facts->store),
                .firmware = firmware,
        };
        prediction_make(&machine, &facts->prediction);
        return true;
}

// ---- all of it ----

// False, with FAILURE copied to ERR, if its cause is the host and not the input.
static bool host_is_fine(const struct error *failure, struct error *err)
{
        if (failure->code != ERROR_ENVIRONMENT && failure->code != ERROR_INTERRUPTED)
                return true;
        return error_set(err, failure->code, "%s", failure->message);
}

static bool read_disk(struct facts *facts, struct error *err)
{
        if (!facts_open_disk(facts, &facts->disk_error))
                return host_is_fine(&facts->disk_error, err);
        if (!gpt_read(facts->disk, &facts->gpt, &facts->gpt_error))
                return host_is_fine(&facts->gpt_error, err);
        facts->has_gpt = facts->gpt.state == GPT_PRESENT && facts->gpt.protective_mbr;
        AUTO_REBUILD_TARGET struct rebuild_target target = {0};
        facts->has_loader = facts->has_gpt && rebuild_find(facts->disk, NULL, NULL, &target, NULL);
        return true;
}

static bool read_logs(struct facts *facts, struct error *err)
{
        facts->logs = memory_new(facts->in->log_count + 1, sizeof *facts->logs);
        for (size_t i = 0; i < facts->in->log_count; i++) {
                facts->log_count++;
                if (!lastboot_read(facts->in->logs[i], &facts->logs[i], err))
                        return false;
        }
        return true;
}

bool facts_read_all(const struct facts_input *input, struct facts *facts, struct error *err)
{
        *facts = (struct facts){.in = input};
        facts_read_vars(facts, &facts->vars_error);
        if (!host_is_fine(&facts->vars_error, err) || !read_disk(facts, err))
                return false;
        bool comparable = facts->store && facts->disk && !facts->gpt_error.code;
        return (!comparable || (facts_compare(facts, NULL, err) && facts_predict(facts, input->firmware, err))) &&
               read_logs(facts, err);
}

bool facts_boot_themselves(const struct facts *facts)
{
        const struct prediction_step *started = facts->prediction.started;
        return facts->has_match && facts->match.holds && started && started->entry &&
               started->number == facts->match.entry;
}
