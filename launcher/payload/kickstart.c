// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/kickstart.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
        SALT_LENGTH = 16, // characters of 6 bits
};

// ---- the password's hash

static char *crypted(const char *password, const char *setting)
{
        struct crypt_data *data = memory_new(1, sizeof *data);
        const char *hash = crypt_r(password, setting, data);
        // On failure, crypt_r returns NULL or a text that begins with "*".
        char *copy = hash && text_starts_with(hash, setting) ? memory_text(hash) : NULL;
        OPENSSL_cleanse(data, sizeof *data);
        free(data);
        return copy;
}

static bool make_salt(char *salt, struct error *err)
{
        static const char characters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        uint8_t random[SALT_LENGTH];
        if (RAND_bytes(random, sizeof random) != 1)
                return error_set(err, ERROR_ENVIRONMENT, "cannot get random numbers from this system");
        for (size_t i = 0; i < SALT_LENGTH; i++)
                salt[i] = characters[random[i] % 64];
        salt[SALT_LENGTH] = '\0';
        return true;
}

char *kickstart_hash(const char *password, const char *salt, struct error *err)
{
        char random[SALT_LENGTH + 1];
        if (!salt && !make_salt(random, err))
                return NULL;
        AUTO_FREE char *setting = text_format("$6$%s$", salt ? salt : random);
        char *hash = crypted(password, setting);
        if (!hash)
                error_set(err, ERROR_ENVIRONMENT,
                          "this system's crypt(3) does not support SHA-512; write a kickstart with a hash "
                          "from `openssl passwd -6` and pass it with --kickstart FILE");
        return hash;
}

// ---- creating

// The filters that find the target on each bus, in the order to try (see the header).
static const char *filters(const char *disk_type)
{
        static const struct {
                const char *type, *filters;
        } rows[] = {
                {"usb", "usb"},
                {"nvme", "nvme_pcie,local"},
        };
        for (size_t i = 0; disk_type && i < sizeof rows / sizeof rows[0]; i++) {
                if (strcmp(rows[i].type, disk_type) == 0)
                        return rows[i].filters;
        }
        return "local,usb";
}

bool kickstart_make(const char *password, const char *disk_type, const struct kickstart_options *options,
                    struct text *text, struct error *err)
{
        static const struct kickstart_options none = {0};
        options = options ? options : &none;
        if (!kickstart_options_check(options, true, err))
                return false;
        AUTO_FREE char *hash = kickstart_hash(password, NULL, err);
        if (!hash)
                return false;
        text_add_format(text,
                        "# Made by esxiarm.\n"
                        "vmaccepteula\n"
                        "rootpw --iscrypted %s\n"
                        "install --firstdisk=%s --overwritevmfs\n",
                        hash, filters(disk_type));
        kickstart_options_commands(options, text);
        text_add(text, "reboot\n"
                       "\n"
                       "%firstboot --interpreter=busybox\n");
        kickstart_options_firstboot(options, text);
        text_add(text, "vim-cmd hostsvc/enable_ssh\n"
                       "vim-cmd hostsvc/start_ssh\n");
        return true;
}
