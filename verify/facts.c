// SPDX-License-Identifier: Apache-2.0
#include "verify/facts.h"

#include <stdlib.h>

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

// False, with FAILURE moved to ERR, if its cause is the host and not the input.
static bool host_is_fine(const struct error *failure, struct error *err)
{
        if (failure->code != ERROR_ENVIRONMENT && failure->code != ERROR_INTERRUPTED)
                return true;
        return error_set(err, failure->code, "%s", failure->message);
}

static bool read_vars(struct facts *facts, struct error *err)
{
        if (store_load(facts->in->vars_path, &facts->store, &facts->vars_error))
                bootchain_read(facts->store, &facts->chain, &facts->vars_error);
        return host_is_fine(&facts->vars_error, err);
}

static bool read_disk(struct facts *facts, struct error *err)
{
        if (!disk_open(facts->in->disk_path, facts->in->disk_format, &facts->disk, &facts->disk_error))
                return host_is_fine(&facts->disk_error, err);
        if (!gpt_read(facts->disk, &facts->gpt, &facts->gpt_error))
                return host_is_fine(&facts->gpt_error, err);
        facts->has_gpt = facts->gpt.state == GPT_PRESENT && facts->gpt.protective_mbr;
        AUTO_REBUILD_TARGET struct rebuild_target target = {0};
        facts->has_loader = facts->has_gpt && rebuild_find(facts->disk, NULL, NULL, &target, NULL);
        return true;
}

// Compares the vars with this disk.
static bool compare(struct facts *facts, struct error *err)
{
        if (!facts->disk || !facts->store || facts->gpt_error.code)
                return true;
        const struct match_input input = {
                .chain = varstore_is_blank(facts->store) ? NULL : &facts->chain,
                .disk = facts->disk,
                .label = facts->in->label,
        };
        facts->has_match = match_compare(&input, &facts->match, err);
        if (!facts->has_match || !devices_add_disk(&facts->devices, &facts->in->disk, facts->disk, &facts->chain, err))
                return false;
        const struct predict_machine machine = {
                .chain = &facts->chain,
                .devices = facts->devices.items,
                .device_count = facts->devices.count,
                .checks_signatures = predict_checks_signatures(facts->store),
                .firmware = facts->in->firmware,
        };
        prediction_make(&machine, &facts->prediction);
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

bool facts_read(const struct facts_input *input, struct facts *facts, struct error *err)
{
        *facts = (struct facts){.in = input};
        return read_vars(facts, err) && read_disk(facts, err) && compare(facts, err) && read_logs(facts, err);
}

bool facts_boot_themselves(const struct facts *facts)
{
        const struct prediction_step *started = facts->prediction.started;
        return facts->has_match && facts->match.holds && started && started->entry &&
               started->number == facts->match.entry;
}
