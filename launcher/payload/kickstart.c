// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/kickstart.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define BLANKS " \t\r\v\f"

enum {
        SALT_LENGTH = 16, // characters of 6 bits
};

void kickstart_free(struct kickstart *kickstart)
{
        free(kickstart->disk);
        *kickstart = (struct kickstart){0};
}

// ---- reading

static bool is_one_of(const char *word, size_t length, const char *const *names)
{
        for (size_t i = 0; names[i]; i++) {
                if (strlen(names[i]) == length && strncmp(names[i], word, length) == 0)
                        return true;
        }
        return false;
}

// The word of an install line that selects the disk.
static char *find_disk(const char *line)
{
        static const char *const names[] = {"--firstdisk", "--disk", "--drive", NULL};
        while (*(line += strspn(line, BLANKS))) {
                size_t length = strcspn(line, BLANKS);
                if (is_one_of(line, strcspn(line, "=" BLANKS), names))
                        return text_format("%.*s", (int)length, line);
                line += length;
        }
        return memory_text("");
}

static void read_command(const char *line, struct kickstart *kickstart)
{
        static const char *const eula[] = {"vmaccepteula", "accepteula", NULL};
        static const char *const install[] = {"install", "installorupgrade", "upgrade", NULL};
        static const char *const include[] = {"%include", "include", NULL};
        line += strspn(line, BLANKS);
        size_t length = strcspn(line, BLANKS);
        kickstart->accepts_eula = kickstart->accepts_eula || is_one_of(line, length, eula);
        kickstart->includes = kickstart->includes || is_one_of(line, length, include);
        if (!kickstart->disk && is_one_of(line, length, install))
                kickstart->disk = find_disk(line + length);
}

// A script (%pre, %post, %firstboot) ends at the next line that begins with % and is not read.
static bool begins_script(const char *line)
{
        return text_starts_with(line, "%pre") || text_starts_with(line, "%post") ||
               text_starts_with(line, "%firstboot");
}

bool kickstart_read(struct bytes text, struct kickstart *kickstart, struct error *err)
{
        *kickstart = (struct kickstart){0};
        bool in_script = false;
        while (text.size) {
                const uint8_t *newline = memchr(text.data, '\n', text.size);
                size_t length = newline ? (size_t)(newline - text.data) : text.size;
                if (memchr(text.data, 0, length)) {
                        kickstart_free(kickstart);
                        return error_set(err, ERROR_DAMAGED, "it is not text: it contains a NUL byte");
                }
                AUTO_FREE char *line = text_format("%.*s", (int)length, (const char *)text.data);
                if (*line == '%')
                        in_script = begins_script(line);
                if (!in_script)
                        read_command(line, kickstart);
                text = bytes_from(text, length + (newline != NULL));
        }
        return true;
}

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

bool kickstart_make(const char *password, const char *disk_type, struct text *text, struct error *err)
{
        AUTO_FREE char *hash = kickstart_hash(password, NULL, err);
        if (!hash)
                return false;
        text_add_format(text,
                        "# Made by esxiarm.\n"
                        "vmaccepteula\n"
                        "rootpw --iscrypted %s\n"
                        "install --firstdisk=%s --overwritevmfs\n"
                        "network --bootproto=dhcp --device=vmnic0\n"
                        "reboot\n"
                        "\n"
                        "%%firstboot --interpreter=busybox\n"
                        "vim-cmd hostsvc/enable_ssh\n"
                        "vim-cmd hostsvc/start_ssh\n",
                        hash, filters(disk_type));
        return true;
}
