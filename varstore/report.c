// SPDX-License-Identifier: Apache-2.0
#include "varstore/report.h"

#include <string.h>

#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"
#include "varstore/signatures.h"
#include "varstore/value.h"

json_t *report_text(const char *text)
{
        if (!text)
                return json_null();
        json_t *string = json_string(text);
        if (string)
                return string;
        AUTO_FREE char *printable = text_printable(text, strlen(text), true);
        return json_string(printable);
}

json_t *report_number(uint16_t number)
{
        return json_sprintf("%04X", number);
}

static json_t *report_guid(struct guid guid)
{
        char text[37];
        guid_text(guid, text);
        return json_string(text);
}

static json_t *report_hex(struct bytes bytes)
{
        AUTO_FREE char *hex = text_hex(bytes);
        return json_string(hex);
}

static json_t *report_partition(const struct boot_entry *entry)
{
        if (!entry->has_partition)
                return json_null();
        const struct devpath_partition *partition = &entry->partition;
        return json_pack("{s:I, s:b, s:o, s:I, s:I}", "number", (json_int_t)partition->number, "gpt", partition->gpt,
                         "guid", report_guid(partition->guid), "start", (json_int_t)partition->start, "size",
                         (json_int_t)partition->size);
}

json_t *report_entry(const struct boot_entry *entry)
{
        return json_pack("{s:o, s:o, s:b, s:b, s:I, s:o, s:o, s:o, s:o, s:o, s:b, s:b}",                       //
                         "number", report_number(entry->number),                                               //
                         "label", report_text(entry->label),                                                   //
                         "active", entry->active,                                                              //
                         "hidden", entry->hidden,                                                              //
                         "attributes", (json_int_t)entry->attributes,                                          //
                         "position", entry->ordered ? json_integer((json_int_t)entry->position) : json_null(), //
                         "path", report_text(entry->path),                                                     //
                         "loader", report_text(entry->loader),                                                 //
                         "partition", report_partition(entry),                                                 //
                         "optional_data", report_hex(entry->optional_data),                                    //
                         "made_by_firmware", entry->made_by_firmware,                                          //
                         "damaged", entry->damaged);
}

json_t *report_bootchain(const struct bootchain *chain)
{
        json_t *order = json_array();
        for (size_t i = 0; i < chain->order_count; i++)
                json_array_append_new(order, report_number(chain->order[i]));
        json_t *entries = json_array();
        for (size_t i = 0; i < chain->entry_count; i++)
                json_array_append_new(entries, report_entry(&chain->entries[i]));
        return json_pack("{s:o, s:o, s:o, s:o}",                                                     //
                         "boot_next", chain->has_next ? report_number(chain->next) : json_null(),    //
                         "timeout", chain->has_timeout ? json_integer(chain->timeout) : json_null(), //
                         "boot_order", order, "entries", entries);
}

static json_t *report_certificate(struct guid owner, struct bytes der)
{
        AUTO_CERTIFICATE struct certificate certificate = {0};
        certificate_read(der, &certificate, NULL);
        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}",             //
                         "owner", report_guid(owner),                       //
                         "owner_name", report_text(guid_name(owner)),       //
                         "subject", report_text(certificate.subject),       //
                         "issuer", report_text(certificate.issuer),         //
                         "not_before", report_text(certificate.not_before), //
                         "not_after", report_text(certificate.not_after),   //
                         "sha256", report_text(certificate.sha256));
}

static json_t *report_certificates(const struct signature_list *list)
{
        json_t *certificates = json_array();
        struct guid owner;
        struct bytes der;
        if (!guid_equal(list->type, GUID_EFI_CERT_X509))
                return certificates;
        for (size_t i = 0; signatures_at(list, i, &owner, &der); i++)
                json_array_append_new(certificates, report_certificate(owner, der));
        return certificates;
}

// The content of the variable's signature lists, null if it has none.
static json_t *report_signatures(const struct variable *variable)
{
        if (!value_is_signatures(variable))
                return json_null();
        json_t *lists = json_array();
        struct signature_list list;
        size_t offset = 0;
        while (signatures_next(variable->data, &offset, &list))
                json_array_append_new(lists,
                                      json_pack("{s:o, s:o, s:I, s:o}",                    //
                                                "type", report_guid(list.type),            //
                                                "kind", report_text(guid_name(list.type)), //
                                                "count", (json_int_t)list.count,           //
                                                "certificates", report_certificates(&list)));
        return lists;
}

json_t *report_variable(const struct variable *variable)
{
        AUTO_FREE char *attributes = variable_attributes_text(variable->attributes);
        AUTO_FREE char *value = value_text(variable);
        return json_pack("{s:o, s:o, s:o, s:I, s:s, s:I, s:o, s:o, s:o, s:I}", //
                         "name", report_text(variable->name),                  //
                         "guid", report_guid(variable->vendor),                //
                         "vendor", report_text(guid_name(variable->vendor)),   //
                         "attributes", (json_int_t)variable->attributes,       //
                         "attribute_names", attributes,                        //
                         "size", (json_int_t)variable->data.size,              //
                         "value", report_text(value),                          //
                         "signatures", report_signatures(variable),            //
                         "data", report_hex(variable->data),                   //
                         "offset", (json_int_t)variable->offset);
}

json_t *report_remarks(const struct remarks *remarks)
{
        json_t *list = json_array();
        for (size_t i = 0; i < remarks->count; i++) {
                const struct remark *remark = &remarks->items[i];
                json_array_append_new(list, json_pack("{s:I, s:s, s:o}", "offset", (json_int_t)remark->offset,
                                                      "severity", remark_severity_text(remark->severity), "text",
                                                      report_text(remark->text)));
        }
        return list;
}

const char *report_verdict(enum varstore_verdict verdict)
{
        static const char *const names[] = {
                [VARSTORE_SOUND] = "sound", [VARSTORE_REMARKS] = "remarks", [VARSTORE_DAMAGED] = "damaged"};
        return names[verdict];
}
