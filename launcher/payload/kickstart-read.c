// SPDX-License-Identifier: Apache-2.0
//
// How ESXi's installer reads a kickstart, known from public texts of its 6.7-era source. Commands may come in any order.
// A script (%pre, %post, %firstboot) reaches to the next line that begins with the name of a section; `%end` is not
// one. What it does not know it ignores with a warning; what it refuses ends the installation.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/spelling.h"
#include "launcher/payload/kickstart-words.h"
#include "launcher/payload/kickstart.h"

enum {
        PASSWORD_LEAST = 7,
        PASSWORD_MOST = 40,
        PASSWORD_KINDS = 3, // of lower case, upper case, digits and others
        DES_HASH = 13,      // characters of a crypt(3) hash without a prefix
        MOST_SLIPS = 2,     // letters that are wrong in an argument; with more it is another one
        MOST_REMARKS = 30,  // on lines; a file with more is something else
};

void kickstart_free(struct kickstart *kickstart)
{
        free(kickstart->disk);
        arguments_free(&kickstart->remarks);
        *kickstart = (struct kickstart){0};
}

struct reader {
        struct kickstart *kickstart;
        size_t line;         // the current one, from 1
        size_t last_command; // the last line outside scripts
        const char *script;  // the name of the section that LINE is in; NULL outside scripts
        size_t script_line;  // where it begins
        bool past_end;       // behind an %end in it

        struct kickstart_words words; // of the current command
        size_t install_line;          // of install, upgrade or installorupgrade; 0 if none
        bool upgrades;                // it is upgrade, which needs no password
        bool accepts_eula, has_password, includes;
        bool ends;     // with a reboot, or with what looks like one
        size_t hidden; // remarks beyond the limit
};

static void remark(struct reader *reader, size_t line, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void remark(struct reader *reader, size_t line, const char *format, ...)
{
        if (line == reader->line && reader->kickstart->remarks.count >= MOST_REMARKS) {
                reader->hidden++;
                return;
        }
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *text = text_format_list(format, arguments);
        va_end(arguments);
        arguments_add_format(&reader->kickstart->remarks, "%zu: %s", line, text);
}

// ---- arguments

// The value of the last word NAME or NAME=VALUE; "" without a value, NULL if there is no such word.
static const char *value_of(const struct reader *reader, const char *name)
{
        const struct arguments *words = &reader->words.list;
        size_t length = strlen(name);
        for (size_t i = words->count; --i;) {
                const char *word = words->values[i];
                if (text_starts_with(word, name) && (!word[length] || word[length] == '='))
                        return word + length + (word[length] == '=');
        }
        return NULL;
}

// Remarks on words that are nearly an argument of NAMES. Others may be of a later version of the installer.
static void judge_spelling(struct reader *reader, const char *const *names)
{
        const struct arguments *words = &reader->words.list;
        for (size_t i = 1; i < words->count; i++) {
                AUTO_FREE char *word = text_format("%.*s", (int)strcspn(words->values[i], "="), words->values[i]);
                const char *nearest = text_starts_with(word, "--") ? spelling_nearest(word, names) : NULL;
                size_t distance = nearest ? spelling_distance(word, nearest) : 0;
                if (!distance || distance > MOST_SLIPS)
                        continue;
                AUTO_FREE char *shown = text_printable(word, strlen(word), false);
                remark(reader, reader->line,
                       "unknown argument '%s': the installer refuses the script; did you mean '%s'?", shown, nearest);
        }
}

// The word that selects the disk, as written; "" if none does.
static char *find_disk(const struct reader *reader)
{
        static const char *const names[] = {"--firstdisk", "--disk", "--drive"};
        const struct arguments *words = &reader->words.list;
        for (size_t i = 1; i < words->count; i++) {
                for (size_t j = 0; j < sizeof names / sizeof names[0]; j++) {
                        size_t length = strlen(names[j]);
                        if (text_starts_with(words->values[i], names[j]) && strchr("=", words->values[i][length]))
                                return memory_text(words->values[i]);
                }
        }
        return memory_text("");
}

// ---- commands

static void read_nothing(struct reader *reader)
{
        (void)reader;
}

static void read_eula(struct reader *reader)
{
        reader->accepts_eula = true;
}

static void read_reboot(struct reader *reader)
{
        reader->ends = true;
}

static void read_include(struct reader *reader)
{
        reader->includes = true;
}

static void read_obsolete(struct reader *reader)
{
        remark(reader, reader->line, "'%s' is obsolete: the installer ignores it", reader->words.list.values[0]);
}

static void read_poweroff(struct reader *reader)
{
        reader->ends = true;
        remark(reader, reader->line,
               "'%s' is not a command: the installer ignores it, and waits for Enter at the end; use 'reboot'",
               reader->words.list.values[0]);
}

// A name that says where a disk was found.
static bool depends_on_drivers(const char *disk)
{
        const char *name = strchr(disk, '=');
        const char *last = name ? strrchr(name, '/') : NULL;
        name = last ? last + 1 : name ? name + 1 : "";
        return !text_starts_with(disk, "--firstdisk") && (text_starts_with(name, "mpx.") || strstr(name, "vmhba"));
}

static void judge_disk(struct reader *reader, const char *disk)
{
        const char *command = reader->words.list.values[0];
        if (!*disk)
                remark(reader, reader->line,
                       "'%s' selects no disk (--firstdisk=... or --disk=...): the installer refuses it", command);
        if (depends_on_drivers(disk)) {
                AUTO_FREE char *shown = text_printable(disk, strlen(disk), false);
                remark(reader, reader->line,
                       "%s: this name depends on the order in which drivers find their devices; --firstdisk=TYPE or a "
                       "name that begins with naa., eui. or t10. does not",
                       shown);
        }
        if (strcmp(command, "install") == 0 && !value_of(reader, "--overwritevmfs") &&
            !value_of(reader, "--preservevmfs"))
                remark(reader, reader->line,
                       "without --overwritevmfs the installer refuses a disk that has a datastore");
}

static void read_install(struct reader *reader)
{
        static const char *const names[] = {"--firstdisk",
                                            "--disk",
                                            "--drive",
                                            "--overwritevmfs",
                                            "--preservevmfs",
                                            "--novmfsondisk",
                                            "--overwritevsan",
                                            "--ignoressd",
                                            "--ignoreprereqwarnings",
                                            "--ignoreprereqerrors",
                                            "--forceunsupportedinstall",
                                            "--formatwithmbr",
                                            "--forcemigrate",
                                            "--deletecosvmdk",
                                            "--dpupcislots",
                                            NULL};
        const char *command = reader->words.list.values[0];
        if (reader->install_line) {
                remark(reader, reader->line,
                       "'%s' after line %zu: the installer accepts only one install, upgrade or installorupgrade",
                       command, reader->install_line);
                return;
        }
        judge_spelling(reader, names);
        reader->install_line = reader->line;
        reader->upgrades = strcmp(command, "upgrade") == 0;
        reader->kickstart->disk = find_disk(reader);
        judge_disk(reader, reader->kickstart->disk);
}

static void read_network(struct reader *reader)
{
        static const char *const names[] = {"--bootproto",  "--device",   "--ip",     "--netmask",        "--gateway",
                                            "--nameserver", "--hostname", "--vlanid", "--addvmportgroup", NULL};
        static const char *const only_static[] = {"--ip", "--netmask", "--gateway"};
        judge_spelling(reader, names);
        const char *protocol = value_of(reader, "--bootproto");
        if (protocol && strcmp(protocol, "static") == 0) {
                if (!value_of(reader, "--ip"))
                        remark(reader, reader->line,
                               "'network --bootproto=static' without --ip: the installer refuses it");
                return;
        }
        for (size_t i = 0; i < sizeof only_static / sizeof only_static[0]; i++) {
                if (value_of(reader, only_static[i]))
                        remark(reader, reader->line,
                               "%s with DHCP: the installer refuses it without --bootproto=static", only_static[i]);
        }
        if (value_of(reader, "--hostname") || value_of(reader, "--nameserver"))
                remark(reader, reader->line,
                       "--hostname and --nameserver are ignored with DHCP; 'esxcli system hostname set --fqdn=NAME' "
                       "after %%firstboot sets the name");
}

// ---- the password, which no remark may show

static bool is_hash(const char *text)
{
        if (*text != '$')
                return strlen(text) == DES_HASH;
        const char *salt = text + strlen("$6$");
        const char *end = text_starts_with(text, "$6$") || text_starts_with(text, "$1$") ? strchr(salt, '$') : NULL;
        return end && end[1];
}

// As passwdqc counts them: a capital in front and a digit at the end are none.
static size_t count_kinds(const char *password)
{
        bool lower = false, upper = false, digit = false, other = false;
        for (const char *at = password; *at; at++) {
                lower = lower || islower((unsigned char)*at);
                upper = upper || (isupper((unsigned char)*at) && at > password);
                digit = digit || (isdigit((unsigned char)*at) && at[1]);
                other = other || !isalnum((unsigned char)*at);
        }
        return (size_t)lower + upper + digit + other;
}

static void judge_password(struct reader *reader, const char *password)
{
        size_t length = strlen(password);
        if (length < PASSWORD_LEAST || length > PASSWORD_MOST)
                remark(reader, reader->line, "root's password must have %d to %d characters", PASSWORD_LEAST,
                       PASSWORD_MOST);
        else if (count_kinds(password) < PASSWORD_KINDS)
                remark(reader, reader->line,
                       "root's password is too weak: it must have %d of lower case, upper case, digits and other "
                       "characters, not counting a capital in front and a digit at the end",
                       PASSWORD_KINDS);
}

static void read_password(struct reader *reader)
{
        const struct arguments *words = &reader->words.list;
        const char *password = NULL;
        size_t count = 0;
        reader->has_password = true;
        for (size_t i = 1; i < words->count; i++) {
                if (strcmp(words->values[i], "--iscrypted") == 0)
                        continue;
                password = words->values[i];
                count++;
        }
        if (count != 1)
                remark(reader, reader->line, "'rootpw' needs exactly one password: the installer refuses it");
        else if (!value_of(reader, "--iscrypted"))
                judge_password(reader, password);
        else if (!is_hash(password))
                remark(reader, reader->line, "'rootpw --iscrypted' needs a hash that begins with $6$ or $1$");
}

// Commands, and whether a word in a script can only be meant as one.
static const struct command {
        const char *name;
        void (*read)(struct reader *reader);
        bool is_telling;
} commands[] = {
        {"vmaccepteula", read_eula, true},        {"accepteula", read_eula, true},
        {"rootpw", read_password, true},          {"install", read_install, true},
        {"installorupgrade", read_install, true}, {"upgrade", read_install, true},
        {"network", read_network, true},          {"reboot", read_reboot, false},
        {"poweroff", read_poweroff, false},       {"halt", read_poweroff, false},
        {"shutdown", read_poweroff, false},       {"clearpart", read_nothing, true},
        {"dryrun", read_nothing, true},           {"keyboard", read_nothing, true},
        {"paranoid", read_nothing, true},         {"part", read_nothing, true},
        {"partition", read_nothing, true},        {"partitionembed", read_nothing, true},
        {"serialnum", read_nothing, true},        {"vmserialnum", read_nothing, true},
        {"%include", read_include, false},        {"include", read_include, false},
        {"%packages", read_obsolete, false},      {"%vmlicense_text", read_obsolete, false},
        {"auth", read_obsolete, false},           {"authconfig", read_obsolete, false},
        {"autopart", read_obsolete, true},        {"autostep", read_obsolete, false},
        {"bootloader", read_obsolete, false},     {"cmdline", read_obsolete, false},
        {"device", read_obsolete, false},         {"deviceprobe", read_obsolete, false},
        {"esxlocation", read_obsolete, false},    {"firewall", read_obsolete, false},
        {"firewallport", read_obsolete, false},   {"firstboot", read_obsolete, false},
        {"harddrive", read_obsolete, false},      {"ignoredisk", read_obsolete, false},
        {"interactive", read_obsolete, false},    {"lang", read_obsolete, false},
        {"langsupport", read_obsolete, false},    {"logvol", read_obsolete, false},
        {"mouse", read_obsolete, false},          {"raid", read_obsolete, false},
        {"skipx", read_obsolete, false},          {"text", read_obsolete, false},
        {"timezone", read_obsolete, false},       {"virtualdisk", read_obsolete, false},
        {"vmlicense", read_obsolete, false},      {"vnc", read_obsolete, false},
        {"volgroup", read_obsolete, false},       {"xconfig", read_obsolete, false},
        {"zerombr", read_obsolete, false},
};
enum {
        COMMANDS = sizeof commands / sizeof commands[0]
};

static const struct command *find_command(const char *name)
{
        for (size_t i = 0; i < COMMANDS; i++) {
                if (strcmp(commands[i].name, name) == 0)
                        return &commands[i];
        }
        return NULL;
}

static void read_unknown(struct reader *reader, const char *name)
{
        const char *names[COMMANDS + 1] = {NULL};
        AUTO_FREE char *shown = text_printable(name, strlen(name), false);
        if (strcmp(name, "%end") == 0) {
                remark(reader, reader->line, "%%end is not a command: the installer ignores it");
                return;
        }
        for (size_t i = 0; i < COMMANDS; i++)
                names[i] = commands[i].name;
        const char *nearest = spelling_nearest(name, names);
        remark(reader, reader->line, "'%s' is not a command: the installer ignores it%s%s%s", shown,
               nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

// ---- scripts

static const char *const scripts[] = {"%pre", "%post", "%firstboot", NULL};
static const char *const sections[] = {"%pre",    "%post",           "%firstboot", "%packages",
                                       "include", "%vmlicense_text", "%include",   NULL};

// Whether LINE ends the script before it.
static bool begins_section(const char *line)
{
        for (size_t i = 0; sections[i]; i++) {
                if (text_starts_with(line, sections[i]))
                        return true;
        }
        return false;
}

static bool begin_script(struct reader *reader, const char *name)
{
        for (size_t i = 0; scripts[i]; i++) {
                if (strcmp(scripts[i], name) != 0)
                        continue;
                reader->script = scripts[i];
                reader->script_line = reader->line;
                reader->past_end = false;
                return true;
        }
        return false;
}

// The line of a script belongs to its interpreter; it is only examined for what was not meant for that.
static void read_script_line(struct reader *reader, const char *line)
{
        AUTO_FREE char *name = text_format("%.*s", (int)strcspn(line, " \t\r"), line);
        if (strcmp(name, "%end") == 0) {
                reader->past_end = true;
                remark(reader, reader->line,
                       "%%end ends nothing: it and what follows belong to the script of %s in line %zu", reader->script,
                       reader->script_line);
                return;
        }
        const struct command *command = find_command(name);
        if (command && (command->is_telling || reader->past_end))
                remark(reader, reader->line,
                       "'%s' belongs to the script of %s in line %zu, so the installer does not see it; move it above "
                       "the first script",
                       name, reader->script, reader->script_line);
}

// ---- lines

static bool is_ascii(const char *line)
{
        while (*line && (*line & 0x80) == 0)
                line++;
        return !*line;
}

static void judge_words(struct reader *reader, const char *line)
{
        const struct kickstart_words *words = &reader->words;
        if (words->is_open)
                remark(reader, reader->line,
                       "a quote is not closed, or a backslash ends the line: the installer refuses it");
        if (words->is_cut)
                remark(reader, reader->line,
                       "'#' within a word begins a comment, too: the rest of the line is ignored; quote the word");
        else if (words->has_comment)
                remark(reader, reader->line, "'#' behind a command begins a comment: the rest of the line is ignored");
        if (words->has_blank)
                remark(reader, reader->line, "a quoted argument keeps its blanks");
        if (!is_ascii(line))
                remark(reader, reader->line, "the installer knows only ASCII characters");
}

static void read_command(struct reader *reader, const char *line)
{
        reader->last_command = reader->line;
        kickstart_words_split(line, &reader->words);
        if (reader->words.list.count) {
                const char *name = reader->words.list.values[0];
                const struct command *command = find_command(name);
                judge_words(reader, line);
                if (command)
                        command->read(reader);
                else if (!begin_script(reader, name))
                        read_unknown(reader, name);
        }
        kickstart_words_free(&reader->words);
}

static void read_line(struct reader *reader, const char *line)
{
        reader->line++;
        if (reader->script && begins_section(line))
                reader->script = NULL;
        if (reader->script)
                read_script_line(reader, line);
        else
                read_command(reader, line);
}

static void judge_missing(struct reader *reader)
{
        size_t line = reader->last_command;
        reader->line = 0;
        if (reader->hidden)
                remark(reader, line, "%zu more remarks are not shown", reader->hidden);
        if (reader->includes)
                return;
        if (!reader->install_line)
                remark(reader, line, "no 'install' or 'upgrade': the installer has nothing to do");
        if (!reader->accepts_eula)
                remark(reader, line, "no 'vmaccepteula': the installer refuses the script");
        if (!reader->has_password && !reader->upgrades)
                remark(reader, line, "no 'rootpw': the installer refuses the script");
        if (!reader->ends)
                remark(reader, line, "no 'reboot': the installer waits for Enter at the end");
}

bool kickstart_read(struct bytes text, struct kickstart *kickstart, struct error *err)
{
        *kickstart = (struct kickstart){0};
        struct reader reader = {.kickstart = kickstart, .last_command = 1};
        while (text.size) {
                const uint8_t *newline = memchr(text.data, '\n', text.size);
                size_t length = newline ? (size_t)(newline - text.data) : text.size;
                if (memchr(text.data, 0, length)) {
                        kickstart_free(kickstart);
                        return error_set(err, ERROR_DAMAGED, "line %zu is not text: it contains a NUL byte",
                                         reader.line + 1);
                }
                AUTO_FREE char *line = text_format("%.*s", (int)length, (const char *)text.data);
                read_line(&reader, line);
                text = bytes_from(text, length + (newline != NULL));
        }
        judge_missing(&reader);
        return true;
}
