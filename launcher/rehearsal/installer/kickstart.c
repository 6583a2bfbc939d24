// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/installer/kickstart.h"

#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/installer/password.h"

#define WORDS_MAX 32

static bool is_space(char character)
{
        return character == ' ' || character == '\t' || character == '\r';
}

static bool begins_with(struct span span, const char *word)
{
        size_t length = text_length(word);
        return span.size >= length && text_is_word(span.at, length, word);
}

static struct span after(struct span span, size_t size)
{
        return (struct span){.at = span.at + size, .size = span.size - size};
}

static bool next_word(struct span *text, struct span *word)
{
        while (text->size && is_space(text->at[0]))
                *text = after(*text, 1);
        *word = (struct span){.at = text->at};
        while (word->size < text->size && !is_space(text->at[word->size]))
                word->size++;
        *text = after(*text, word->size);
        return word->size;
}

static enum kickstart_place place_of(struct span value, struct span *path)
{
        static const struct span usual = {.at = "/KS.CFG", .size = 7};
        *path = value;
        if (text_is_word(value.at, value.size, "usb") || text_is_word(value.at, value.size, "usb:")) {
                *path = usual;
                return KICKSTART_USB;
        }
        if (!begins_with(value, "usb:"))
                return KICKSTART_REFUSED;
        *path = after(value, 4);
        return KICKSTART_USB;
}

enum kickstart_place kickstart_locate(struct span kernelopt, struct span *path)
{
        enum kickstart_place place = KICKSTART_NONE;
        struct span word;
        *path = (struct span){0};
        while (next_word(&kernelopt, &word))
                if (begins_with(word, "ks="))
                        place = place_of(after(word, 3), path);
        return place;
}

bool kickstart_next_item(struct span *list, struct span *item)
{
        while (list->size && list->at[0] == ',')
                *list = after(*list, 1);
        *item = (struct span){.at = list->at};
        while (item->size < list->size && list->at[item->size] != ',')
                item->size++;
        *list = after(*list, item->size);
        return item->size;
}

// A line split into words, with quotes as in a shell; TEXT has the words without quotes.
struct line {
        char text[KICKSTART_LINE_MAX];
        size_t used;
        struct span words[WORDS_MAX];
        size_t count;
};

struct parser {
        struct kickstart *kickstart;
        struct kickstart_error *error;
        kickstart_note *note;
        void *context;
        unsigned number; // of the line
        struct line line;
        bool in_script;
        bool has_password, has_install;
};

static bool fail(struct parser *parser, const char *what, struct span word)
{
        *parser->error = (struct kickstart_error){.line = parser->number, .what = what};
        text_format(parser->error->word, sizeof parser->error->word, "%.*s", (int)word.size, word.at);
        return false;
}

static bool fail_alone(struct parser *parser, const char *what)
{
        return fail(parser, what, (struct span){.at = ""});
}

static void add_note(struct parser *parser, const char *what)
{
        parser->note(parser->context, parser->number, what, (struct span){0});
}

// Moves one word from the front of REST into the line. False if a quote is unterminated.
static bool split_word(struct line *line, struct span *rest)
{
        struct span *word = &line->words[line->count++];
        char quote = '\0';
        *word = (struct span){.at = line->text + line->used};
        for (; rest->size && (quote || !is_space(rest->at[0])); *rest = after(*rest, 1)) {
                char character = rest->at[0];
                if (quote ? character == quote : character == '"' || character == '\'')
                        quote = quote ? '\0' : character;
                else
                        line->text[line->used++] = character;
        }
        word->size = (size_t)(line->text + line->used - word->at);
        return !quote;
}

static bool split(struct parser *parser, struct span rest)
{
        struct line *line = &parser->line;
        line->used = line->count = 0;
        if (rest.size > sizeof line->text)
                return fail_alone(parser, "the line is too long");
        for (;;) {
                while (rest.size && is_space(rest.at[0]))
                        rest = after(rest, 1);
                if (!rest.size || rest.at[0] == '#')
                        return true;
                if (line->count == WORDS_MAX)
                        return fail_alone(parser, "the line has too many words");
                if (!split_word(line, &rest))
                        return fail_alone(parser, "unterminated quote");
        }
}

static bool keep(struct parser *parser, char out[KICKSTART_TEXT_MAX + 1], struct span value)
{
        if (value.size > KICKSTART_TEXT_MAX)
                return fail_alone(parser, "an argument is too long");
        memcpy(out, value.at, value.size);
        out[value.size] = '\0';
        return true;
}

// An argument `--name` or `--name=value` that a command knows.
struct argument {
        const char *name;
        enum {
                BARE,   // no value
                VALUED, // a value
                EITHER, // with or without
        } form;
        bool (*take)(struct parser *parser, struct span value); // NULL: no effect here
};

static const struct argument *find_argument(const struct argument *arguments, struct span name)
{
        for (; arguments->name; arguments++)
                if (text_is_word(name.at, name.size, arguments->name))
                        return arguments;
        return NULL;
}

static bool read_argument(struct parser *parser, const struct argument *arguments, struct span word)
{
        struct span name = {.at = word.at};
        while (name.size < word.size && word.at[name.size] != '=')
                name.size++;
        bool has_value = name.size < word.size;
        struct span value = has_value ? after(word, name.size + 1) : (struct span){.at = ""};
        const struct argument *argument = find_argument(arguments, name);
        if (!argument)
                return fail(parser, "unknown argument", name);
        if (argument->form == BARE && has_value)
                return fail(parser, "this argument takes no value:", name);
        if (argument->form == VALUED && !value.size)
                return fail(parser, "this argument needs a value:", name);
        return !argument->take || argument->take(parser, value);
}

static bool read_arguments(struct parser *parser, const struct argument *arguments)
{
        for (size_t i = 1; i < parser->line.count; i++)
                if (!read_argument(parser, arguments, parser->line.words[i]))
                        return false;
        return true;
}

static const struct argument no_arguments[] = {{0}};

static bool accept_eula(struct parser *parser)
{
        parser->kickstart->accepts_eula = true;
        return read_arguments(parser, no_arguments);
}

static bool take_no_eject(struct parser *parser, struct span value)
{
        (void)value;
        add_note(parser, "--noeject: no effect in the rehearsal");
        return true;
}

static bool reboot(struct parser *parser)
{
        static const struct argument arguments[] = {{"--noeject", BARE, take_no_eject}, {0}};
        parser->kickstart->reboots = true;
        return read_arguments(parser, arguments);
}

// crypt(3): $id$salt$hash, id 1 (MD5), 5 (SHA-256) or 6 (SHA-512).
static bool is_hash(const char *text)
{
        size_t dollars = 0;
        for (size_t i = 0; text[i]; i++)
                dollars += text[i] == '$';
        size_t length = text_length(text);
        return text[0] == '$' && (text[1] == '1' || text[1] == '5' || text[1] == '6') && text[2] == '$' &&
               (dollars == 3 || dollars == 4) && text[length - 1] != '$';
}

// No part of the line may appear in a message.
static bool root_password(struct parser *parser)
{
        const struct line *line = &parser->line;
        struct kickstart *kickstart = parser->kickstart;
        struct span password = {0};
        kickstart->password_is_hashed = false;
        for (size_t i = 1; i < line->count; i++) {
                if (text_is_word(line->words[i].at, line->words[i].size, "--iscrypted"))
                        kickstart->password_is_hashed = true;
                else if (password.at)
                        return fail_alone(parser, "rootpw accepts only one password");
                else
                        password = line->words[i];
        }
        if (!password.size)
                return fail_alone(parser, "rootpw needs a password");
        if (!keep(parser, kickstart->password, password))
                return false;
        parser->has_password = true;
        if (kickstart->password_is_hashed)
                return is_hash(kickstart->password) ||
                       fail_alone(parser, "rootpw --iscrypted needs a hash that begins with $1$, $5$ or $6$");
        bool accepts;
        const char *remark = password_remark(kickstart->password, kickstart->password, &accepts);
        const char *refusal = accepts ? password_refusal(kickstart->password) : remark;
        return !refusal || fail_alone(parser, refusal);
}

static bool choose_disk(struct parser *parser, enum kickstart_disk disk, struct span text)
{
        if (parser->kickstart->disk != KICKSTART_DISK_UNSAID)
                return fail_alone(parser, "install accepts only one of --firstdisk and --disk");
        parser->kickstart->disk = disk;
        return keep(parser, parser->kickstart->disk_text, text);
}

static bool take_first_disk(struct parser *parser, struct span value)
{
        return choose_disk(parser, KICKSTART_FIRST_DISK, value);
}

static bool take_disk(struct parser *parser, struct span value)
{
        return choose_disk(parser, KICKSTART_NAMED_DISK, value);
}

static bool install(struct parser *parser)
{
        static const struct argument arguments[] = {
                {"--firstdisk", EITHER, take_first_disk},
                {"--disk", VALUED, take_disk},
                {"--drive", VALUED, take_disk},
                {"--overwritevmfs", BARE, NULL},
                {"--overwritevsan", BARE, NULL},
                {"--preservevmfs", BARE, NULL},
                {"--novmfsondisk", BARE, NULL},
                {"--ignoressd", BARE, NULL},
                {"--ignoreprereqwarnings", BARE, NULL},
                {"--ignoreprereqerrors", BARE, NULL},
                {"--forceunsupportedinstall", BARE, NULL},
                {0},
        };
        if (parser->has_install)
                return fail_alone(parser, "install appears twice");
        parser->has_install = true;
        if (!read_arguments(parser, arguments))
                return false;
        return parser->kickstart->disk != KICKSTART_DISK_UNSAID ||
               fail_alone(parser, "install needs --firstdisk or --disk=NAME");
}

static bool take_boot_protocol(struct parser *parser, struct span value)
{
        return text_is_word(value.at, value.size, "dhcp") || text_is_word(value.at, value.size, "static") ||
               fail(parser, "--bootproto must be dhcp or static, not", value);
}

static bool network(struct parser *parser)
{
        static const struct argument arguments[] = {
                {"--bootproto", VALUED, take_boot_protocol},
                {"--device", VALUED, NULL},
                {"--ip", VALUED, NULL},
                {"--netmask", VALUED, NULL},
                {"--gateway", VALUED, NULL},
                {"--nameserver", VALUED, NULL},
                {"--hostname", VALUED, NULL},
                {"--vlanid", VALUED, NULL},
                {"--addvmportgroup", VALUED, NULL},
                {0},
        };
        add_note(parser, "network: noted; the rehearsal has no network");
        return read_arguments(parser, arguments);
}

static bool pass_over(struct parser *parser)
{
        add_note(parser, "noted; no effect in the rehearsal");
        return true;
}

static const struct command {
        const char *name;
        bool (*read)(struct parser *parser);
        bool is_exact; // it must be written like this, in small letters
} commands[] = {
        {"vmaccepteula", accept_eula, true}, {"accepteula", accept_eula, true}, {"rootpw", root_password, false},
        {"install", install, false},         {"network", network, false},       {"reboot", reboot, false},
        {"keyboard", pass_over, false},      {"clearpart", pass_over, false},   {"paranoid", pass_over, false},
        {"vmserialnum", pass_over, false},   {"serialnum", pass_over, false},
};

// A script runs to the next of these, or to the end of the file.
static const struct section {
        const char *name, *what;
} sections[] = {
        {"%pre", "%pre: ignored, not run"},
        {"%post", "%post: ignored, not run"},
        {"%firstboot", "%firstboot: noted, not run"},
        {"%packages", "%packages: ignored"},
        {"%vmlicense_text", "%vmlicense_text: ignored"},
        {"%include", "%include: ignored"},
};

static bool take_interpreter(struct parser *parser, struct span value)
{
        return text_is_word(value.at, value.size, "busybox") || text_is_word(value.at, value.size, "python") ||
               fail(parser, "--interpreter must be busybox or python, not", value);
}

static const struct section *find_section(struct span line)
{
        struct span word;
        if (!next_word(&line, &word))
                return NULL;
        for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
                if (text_is_word(word.at, word.size, sections[i].name))
                        return &sections[i];
        return NULL;
}

static bool begin_section(struct parser *parser, const struct section *section, struct span text)
{
        static const struct argument arguments[] = {
                {"--interpreter", VALUED, take_interpreter},
                {"--timeout", VALUED, NULL},
                {"--ignorefailure", VALUED, NULL},
                {0},
        };
        parser->in_script = true;
        add_note(parser, section->what);
        // The name of the file that is included.
        if (text_equal(section->name, "%include"))
                return true;
        return split(parser, text) && read_arguments(parser, arguments);
}

static bool is_written(const struct command *command, struct span name)
{
        size_t length = text_length(command->name);
        return text_is_word(name.at, name.size, command->name) &&
               (!command->is_exact || memcmp(name.at, command->name, length) == 0);
}

static bool run_command(struct parser *parser)
{
        struct span name = parser->line.words[0];
        for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
                if (is_written(&commands[i], name))
                        return commands[i].read(parser);
        parser->note(parser->context, parser->number, "unknown command", name);
        return true;
}

static bool read_line(struct parser *parser, struct span text)
{
        const struct section *section = find_section(text);
        if (section)
                return begin_section(parser, section, text);
        if (parser->in_script)
                return true;
        return split(parser, text) && (!parser->line.count || run_command(parser));
}

static bool is_complete(struct parser *parser)
{
        if (!parser->kickstart->accepts_eula)
                return fail_alone(parser, "vmaccepteula is missing: the licence was not accepted");
        if (!parser->has_install)
                return fail_alone(parser, "install is missing");
        return parser->has_password || fail_alone(parser, "rootpw is missing");
}

static bool read_lines(struct parser *parser, struct span text)
{
        while (text.size) {
                struct span line = {.at = text.at};
                while (line.size < text.size && text.at[line.size] != '\n')
                        line.size++;
                text = after(text, line.size < text.size ? line.size + 1 : line.size);
                parser->number++;
                if (!read_line(parser, line))
                        return false;
        }
        return is_complete(parser);
}

// Through a volatile pointer: the compiler must not leave a password behind.
static void wipe(volatile char *bytes, size_t size)
{
        for (size_t i = 0; i < size; i++)
                bytes[i] = '\0';
}

bool kickstart_parse(struct span text, struct kickstart *kickstart, struct kickstart_error *error, kickstart_note *note,
                     void *context)
{
        *kickstart = (struct kickstart){0};
        *error = (struct kickstart_error){.what = ""};
        struct parser parser = {.kickstart = kickstart, .error = error, .note = note, .context = context};
        bool ok = read_lines(&parser, text);
        wipe(parser.line.text, sizeof parser.line.text);
        return ok;
}

void kickstart_wipe(struct kickstart *kickstart)
{
        wipe(kickstart->password, sizeof kickstart->password);
}
