// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/kickstart-options.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "base/memory.h"

enum {
        NAME_SERVERS = 2, // the installer ignores a third one
        VLAN_MOST = 4094,
        HOSTNAME_MOST = 253, // RFC 1123, 2.1; RFC 1035, 2.3.4
        LABEL_MOST = 63,
        GROUPS = 5, // of a licence key
        GROUP_LENGTH = 5,
};

static bool refuse(const char *option, const char *value, const char *expected, struct error *err)
{
        AUTO_FREE char *shown = text_printable(value, strlen(value), false);
        return error_set(err, ERROR_USAGE, "%s: invalid value '%s' (expected %s)", option, shown, expected);
}

// ---- addresses

static bool read_quad(const char *text, uint32_t *address)
{
        struct in_addr read;
        bool is_quad = inet_pton(AF_INET, text, &read) == 1;
        *address = is_quad ? ntohl(read.s_addr) : 0;
        return is_quad;
}

// An address that a host can have: not of this network (0), loopback (127), multicast or above (224).
static bool read_address(const char *option, const char *text, uint32_t *address, struct error *err)
{
        uint32_t network = read_quad(text, address) ? *address >> 24 : 0;
        if (network && network != 127 && network < 224)
                return true;
        return refuse(option, text, "the IPv4 address of a host, such as 192.168.1.20", err);
}

static bool read_netmask(const char *text, uint32_t *mask, struct error *err)
{
        bool is_quad = read_quad(text, mask);
        uint32_t host = ~*mask;
        // Ones, then at least two zeros.
        if (is_quad && *mask && (host & (host + 1)) == 0 && host >= 3)
                return true;
        return refuse("--netmask", text, "ones, then zeros, such as 255.255.255.0", err);
}

static bool is_host_of(uint32_t address, uint32_t mask)
{
        return (address & ~mask) != 0 && (address & ~mask) != ~mask;
}

static bool check_network(const struct kickstart_options *options, struct error *err)
{
        uint32_t ip, mask, gateway;
        if (!read_address("--ip", options->ip, &ip, err) || !read_netmask(options->netmask, &mask, err) ||
            !read_address("--gateway", options->gateway, &gateway, err))
                return false;
        if (!is_host_of(ip, mask))
                return error_set(err, ERROR_USAGE,
                                 "--ip: %s is the first or last address of its network by --netmask %s, which no host "
                                 "can have",
                                 options->ip, options->netmask);
        if ((gateway & mask) != (ip & mask) || !is_host_of(gateway, mask) || gateway == ip)
                return error_set(err, ERROR_USAGE,
                                 "--gateway: %s is not another host in the network of --ip %s by --netmask %s",
                                 options->gateway, options->ip, options->netmask);
        return true;
}

static bool check_name_servers(const struct arguments *dns, struct error *err)
{
        uint32_t address;
        for (size_t i = 0; i < dns->count; i++) {
                if (!read_address("--dns", dns->values[i], &address, err))
                        return false;
        }
        return dns->count <= NAME_SERVERS ||
               error_set(err, ERROR_USAGE, "--dns: %s is one too many; the installer uses %d",
                         dns->values[NAME_SERVERS], NAME_SERVERS);
}

static bool check_addresses(const struct kickstart_options *options, struct error *err)
{
        const struct {
                const char *name, *value;
        } needing[] = {
                {"--netmask", options->netmask},
                {"--gateway", options->gateway},
                {"--dns", options->dns.count ? options->dns.values[0] : NULL},
        };
        if (options->ip && !(options->netmask && options->gateway))
                return error_set(err, ERROR_USAGE, "--ip %s needs --netmask and --gateway", options->ip);
        for (size_t i = 0; !options->ip && i < sizeof needing / sizeof needing[0]; i++) {
                if (needing[i].value)
                        return error_set(err, ERROR_USAGE, "%s %s needs --ip; without it the host uses DHCP",
                                         needing[i].name, needing[i].value);
        }
        return !options->ip || (check_network(options, err) && check_name_servers(&options->dns, err));
}

// ---- the others

static bool is_letter_or_digit(char character)
{
        return isalnum((unsigned char)character);
}

// RFC 1123, 2.1: labels of letters, digits and inner hyphens; the last one is not a number, so that it is no address.
static bool is_hostname(const char *text)
{
        bool is_number = true;
        const char *at = text;
        for (;; at++) {
                size_t length = strcspn(at, ".");
                if (!length || length > LABEL_MOST || !is_letter_or_digit(*at) || !is_letter_or_digit(at[length - 1]))
                        return false;
                is_number = true;
                for (size_t i = 0; i < length; i++) {
                        if (!is_letter_or_digit(at[i]) && at[i] != '-')
                                return false;
                        is_number = is_number && isdigit((unsigned char)at[i]);
                }
                at += length;
                if (!*at)
                        break;
        }
        return !is_number && at - text <= HOSTNAME_MOST;
}

static bool is_license(const char *text)
{
        for (size_t i = 0; i < GROUPS * (GROUP_LENGTH + 1) - 1; i++) {
                bool is_hyphen = i % (GROUP_LENGTH + 1) == GROUP_LENGTH;
                if (is_hyphen ? text[i] != '-' : !is_letter_or_digit(text[i]))
                        return false;
        }
        return !text[GROUPS * (GROUP_LENGTH + 1) - 1];
}

static bool check_others(const struct kickstart_options *options, struct error *err)
{
        uint64_t vlan;
        if (options->hostname && !is_hostname(options->hostname))
                return refuse("--hostname", options->hostname,
                              "a host name such as esxi1.example.org: letters, digits and hyphens", err);
        if (options->vlan && (!text_parse_number(options->vlan, &vlan) || vlan > VLAN_MOST))
                return refuse("--vlan", options->vlan, "1 to 4094, or 0 for none", err);
        if (options->license && !is_license(options->license))
                return error_set(err, ERROR_USAGE,
                                 "--license: invalid key (expected five groups of five letters and digits, "
                                 "XXXXX-XXXXX-XXXXX-XXXXX-XXXXX)");
        return true;
}

bool kickstart_options_check(const struct kickstart_options *options, bool automatic, struct error *err)
{
        const struct {
                const char *name;
                bool given;
        } all[] = {
                {"--hostname", options->hostname != NULL}, {"--ip", options->ip != NULL},
                {"--netmask", options->netmask != NULL},   {"--gateway", options->gateway != NULL},
                {"--dns", options->dns.count > 0},         {"--vlan", options->vlan != NULL},
                {"--license", options->license != NULL},
        };
        for (size_t i = 0; !automatic && i < sizeof all / sizeof all[0]; i++) {
                if (all[i].given)
                        return error_set(err, ERROR_USAGE, "%s needs --kickstart auto", all[i].name);
        }
        return check_addresses(options, err) && check_others(options, err);
}

// ---- what they become

void kickstart_options_commands(const struct kickstart_options *options, struct text *text)
{
        uint64_t vlan = 0;
        text_add_format(text, "network --bootproto=%s --device=vmnic0", options->ip ? "static" : "dhcp");
        if (options->ip)
                text_add_format(text, " --ip=%s --netmask=%s --gateway=%s", options->ip, options->netmask,
                                options->gateway);
        for (size_t i = 0; i < options->dns.count; i++)
                text_add_format(text, "%s%s", i ? "," : " --nameserver=", options->dns.values[i]);
        if (options->ip && options->hostname)
                text_add_format(text, " --hostname=%s", options->hostname);
        if (options->vlan && text_parse_number(options->vlan, &vlan) && vlan)
                text_add_format(text, " --vlanid=%u", (unsigned)vlan);
        text_add(text, "\n");
        if (!options->license)
                return;
        text_add(text, "vmserialnum --esx=");
        for (const char *at = options->license; *at; at++)
                text_add_char(text, (char)toupper((unsigned char)*at));
        text_add(text, "\n");
}

// With DHCP the installer ignores a name.
void kickstart_options_firstboot(const struct kickstart_options *options, struct text *text)
{
        if (!options->ip && options->hostname)
                text_add_format(text, "esxcli system hostname set --%s=%s\n",
                                strchr(options->hostname, '.') ? "fqdn" : "host", options->hostname);
}
