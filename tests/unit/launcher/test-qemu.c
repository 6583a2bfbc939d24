// SPDX-License-Identifier: Apache-2.0
#include "base/arguments.h"
#include "tests/unit/scratch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "base/process.h"
#include "base/time.h"
#include "launcher/vm/qemu.h"
#include "launcher/vm/qmp.h"
#include "tests/unit/launcher/settings.h"

// The machine of a test, and the arguments for it.
static struct settings settings;
static struct qemu_machine machine;
static struct arguments arguments;

static int begin(void **state)
{
        settings = usual_settings;
        machine = (struct qemu_machine){
                .name = "plain",
                .settings = &settings,
                .code_path = "code.fd",
                .vars_path = "vars.fd",
                .disk_path = "disk.raw",
                .disk_format = "raw",
                .console_log = "serial.log",
                .console_pipe = "console",
                .qmp_socket = "qmp",
        };
        return scratch_begin(state);
}

static int end(void **state)
{
        arguments_free(&arguments);
        return scratch_end(state);
}
#define WITH_MACHINE(name) TEST_WITH(name, begin, end)

static void make_arguments(void)
{
        arguments_free(&arguments);
        qemu_arguments(&machine, &arguments);
}

// Whether OPTION with exactly VALUE is among the arguments.
static bool has(const char *option, const char *value)
{
        for (size_t i = 0; i + 1 < arguments.count; i++) {
                if (strcmp(arguments.values[i], option) == 0 && strcmp(arguments.values[i + 1], value) == 0)
                        return true;
        }
        return false;
}

static bool has_anywhere(const char *part)
{
        for (size_t i = 0; i < arguments.count; i++) {
                if (strstr(arguments.values[i], part))
                        return true;
        }
        return false;
}

TEST(commas_are_doubled_and_nothing_else_changes)
{
        static const struct {
                const char *text, *escaped;
        } cases[] = {
                {"", ""},          {"plain", "plain"},       {",", ",,"},
                {",,", ",,,,"},    {"a,b c,d", "a,,b c,,d"}, {"\"'\\ \xC3\xBC\n=:%", "\"'\\ \xC3\xBC\n=:%"},
                {"end,", "end,,"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_FREE char *escaped = qemu_escaped(cases[i].text);
                assert_string_equal(escaped, cases[i].escaped);
        }
}

WITH_MACHINE(the_requested_machine_is_started)
{
        make_arguments();
        assert_string_equal(arguments.values[0], "qemu-system-aarch64");
        assert_true(has("-machine", "virt,virtualization=off,gic-version=2"));
        assert_true(has("-accel", "tcg"));
        assert_true(has("-cpu", "max,pauth-impdef=on"));
        assert_true(has("-smp", "2"));
        assert_true(has("-m", "64"));
        assert_true(has("-drive", "if=pflash,unit=0,format=raw,readonly=on,file=code.fd"));
        assert_true(has("-drive", "if=pflash,unit=1,format=raw,file=vars.fd"));
        assert_true(has("-chardev", "pipe,id=console,path=console,logfile=serial.log"));
        assert_true(has("-chardev", "socket,id=qmp,path=qmp,server=on,wait=off"));
        assert_string_equal(arguments.values[arguments.count - 1], "-S");
}

WITH_MACHINE(the_disk_alone_has_no_bootindex)
{
        static const char *const buses[] = {"usb", "nvme"};
        static const char *const devices[] = {"usb-storage,bus=xhci.0,drive=disk",
                                              "nvme,serial=esxiarm-disk,drive=disk"};
        for (size_t i = 0; i < 2; i++) {
                settings.disk_bus = buses[i];
                make_arguments();
                assert_false(has_anywhere("bootindex"));
                assert_false(has_anywhere("payload"));
                assert_false(has_anywhere("-action"));
                assert_true(has("-device", devices[i]));
                assert_false(has("-device", devices[1 - i]));
        }
}

WITH_MACHINE(the_payload_is_booted_first_and_cannot_be_written)
{
        machine.payload_path = "payload.img";
        make_arguments();
        assert_true(has("-drive", "if=none,id=payload,format=raw,readonly=on,file=payload.img"));
        assert_true(has_anywhere("drive=payload,bootindex=0"));
        assert_true(has("-device", "usb-storage,bus=xhci.0,drive=disk"));
        // The payload comes first on the bus, as in the installer's list of disks.
        AUTO_FREE char *line = arguments_quoted(&arguments);
        assert_true(strstr(line, "drive=payload,") < strstr(line, "drive=disk"));
}

WITH_MACHINE(every_comma_of_a_path_or_name_is_doubled)
{
        machine.name = "n,readonly=on";
        machine.code_path = "/c,d/code,.fd";
        machine.vars_path = "/v,/vars.fd";
        machine.disk_path = "/d,readonly=on";
        machine.payload_path = "/p,,q";
        machine.console_log = "/l,append=on";
        machine.console_pipe = "s,1";
        machine.qmp_socket = "s,2";
        make_arguments();
        assert_true(has("-name", "guest=n,,readonly=on"));
        assert_true(has_anywhere("file=/c,,d/code,,.fd"));
        assert_true(has_anywhere("file=/v,,/vars.fd"));
        assert_true(has_anywhere("file=/d,,readonly=on"));
        assert_true(has_anywhere("file=/p,,,,q"));
        assert_true(has_anywhere("logfile=/l,,append=on"));
        assert_true(has_anywhere("path=s,,1,"));
        assert_true(has_anywhere("path=s,,2,"));
}

WITH_MACHINE(a_machine_on_the_terminal_starts_at_once)
{
        AUTO_ARGUMENTS struct arguments driven = {0};
        qemu_arguments(&machine, &driven);
        machine.on_terminal = true;
        make_arguments();
        assert_true(has("-serial", "mon:stdio"));
        assert_false(has_anywhere("socket"));
        assert_false(has_anywhere("-S"));
        // Everything before the console is the same machine.
        for (size_t i = 0; strcmp(arguments.values[i], "-serial") != 0; i++)
                assert_string_equal(arguments.values[i], driven.values[i]);
}

// QEMU itself, paused, with the files of the machine: it takes the arguments, speaks QMP, and quits on request.

enum {
        SOON_MS = 30000
};

static int connect_to(const char *path, struct process *process)
{
        uint64_t deadline = time_now_ms() + SOON_MS;
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        assert_true(strlen(path) < sizeof address.sun_path);
        memcpy(address.sun_path, path, strlen(path));
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_true(fd >= 0);
        while (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
                if (process_wait(process, 10) || time_now_ms() > deadline) {
                        close(fd);
                        return -1;
                }
        }
        assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
        return fd;
}

// The next answer, not an event; freed with json_decref().
static json_t *await_answer(struct qmp *qmp)
{
        uint64_t deadline = time_now_ms() + SOON_MS;
        bool more = true; // what was read before the connection closed is still handed on
        while ((more || qmp->descriptor >= 0) && time_now_ms() < deadline) {
                AUTO_ERROR struct error err = {0};
                json_t *message;
                struct pollfd readable = {qmp->descriptor, POLLIN, 0};
                assert_done(qmp_next(qmp, &message, &err), &err);
                more = message != NULL;
                if (message && !json_object_get(message, "event"))
                        return message;
                json_decref(message);
                if (!more)
                        poll(&readable, 1, 100);
        }
        fail_msg("QEMU has not answered");
        return NULL;
}

// What QEMU returns for COMMAND; freed with json_decref().
static json_t *ask(struct qmp *qmp, const char *command)
{
        AUTO_ERROR struct error err = {0};
        assert_done(qmp_send(qmp, command, NULL, &err), &err);
        json_t *answer = await_answer(qmp);
        json_t *returned = json_incref(json_object_get(answer, "return"));
        json_decref(answer);
        assert_non_null(returned);
        return returned;
}

// The image behind the drive ID, as QEMU has it open.
static void assert_drive(const json_t *blocks, const char *id, const char *file)
{
        size_t index;
        const json_t *block;
        json_array_foreach (blocks, index, block) {
                if (strcmp(json_string_value(json_object_get(block, "device")), id) != 0)
                        continue;
                const json_t *inserted = json_object_get(block, "inserted");
                assert_string_equal(json_string_value(json_object_get(inserted, "file")), file);
                return;
        }
        fail_msg("QEMU has no drive %s", id);
}

static void run_in_qemu(void)
{
        AUTO_ERROR struct error err = {0};
        struct process process;
        struct qmp qmp;
        make_arguments();
        static const char *const endings[] = {"in", "out"};
        for (size_t i = 0; i < 2; i++) {
                AUTO_FREE char *path = text_format("%s.%s", machine.console_pipe, endings[i]);
                unlink(path);
                assert_int_equal(mkfifo(path, 0600), 0);
        }
        assert_done(process_start(&arguments, NULL, "qemu.log", &process, &err), &err);
        int fd = connect_to(machine.qmp_socket, &process);
        if (fd < 0) {
                process_end(&process, 0);
                shell("cat qemu.log >&2; false");
        }
        qmp_begin(&qmp, fd);
        json_decref(await_answer(&qmp)); // to qmp_capabilities
        assert_true(qmp.ready);
        json_t *status = ask(&qmp, "query-status");
        json_t *blocks = ask(&qmp, "query-block");
        json_t *name = ask(&qmp, "query-name");
        json_t *quit = ask(&qmp, "quit");
        bool ended = process_wait(&process, SOON_MS);
        process_end(&process, 0);
        qmp_end(&qmp);
        assert_true(ended);
        assert_int_equal(process.exit_code, 0);
        assert_string_equal(json_string_value(json_object_get(status, "status")), "prelaunch");
        assert_string_equal(json_string_value(json_object_get(name, "name")), machine.name);
        assert_drive(blocks, "pflash0", machine.code_path);
        assert_drive(blocks, "pflash1", machine.vars_path);
        assert_drive(blocks, "disk", machine.disk_path);
        if (machine.payload_path)
                assert_drive(blocks, "payload", machine.payload_path);
        json_decref(status);
        json_decref(blocks);
        json_decref(name);
        json_decref(quit);
        AUTO_BUFFER struct buffer log = {0};
        read_whole("qemu.log", &log);
        assert_int_equal(log.size, 0);
        assert_true(file_exists(machine.console_log));
}

// The folder has every character that a user can put into a name.
WITH_MACHINE(qemu_takes_the_arguments_with_the_strangest_paths)
{
        AUTO_ERROR struct error err = {0};
        AUTO_FREE char *folder = file_path(*state, "a,b: c\"'\xC3\xBC=$x,,");
        AUTO_FREE char *code = file_path(folder, "code,.fd");
        AUTO_FREE char *vars = file_path(folder, "vars,x=y.fd");
        AUTO_FREE char *disk = file_path(folder, "disk,.raw");
        AUTO_FREE char *payload = file_path(folder, ",payload");
        AUTO_FREE char *log = file_path(folder, "serial,.log");
        machine.name = "a,b \"c\"";
        machine.code_path = code;
        machine.vars_path = vars;
        machine.disk_path = disk;
        machine.payload_path = payload;
        machine.console_log = log;
        machine.console_pipe = "console,1";
        machine.qmp_socket = "qmp,1";
        assert_done(file_make_folder(folder, 0777, &err), &err);
        // A QEMU option value that is a file's name must not be taken for a protocol either.
        const char *const images[] = {code, vars, disk, payload};
        for (size_t i = 0; i < sizeof images / sizeof images[0]; i++) {
                write_text(images[i], "");
                assert_int_equal(truncate(images[i], (i < 2 ? 64 : 1) << 20), 0);
        }
        run_in_qemu();
        settings.disk_bus = "nvme";
        machine.payload_path = NULL;
        run_in_qemu();
}

// A port of the host that is free at this moment.
static unsigned free_port(void)
{
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t length = sizeof address;
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_true(fd >= 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
        close(fd);
        return ntohs(address.sin_port);
}

// Every network card that QEMU can plug in, with forwards and further arguments: only those on PCI have a ROM.
WITH_MACHINE(qemu_takes_every_network_card)
{
        AUTO_FREE char *forward = text_format("%u:22", free_port());
        shell("truncate -s 64M code.fd vars.fd; truncate -s 1M disk.raw");
        settings.forwards.given = (struct arguments){(char *[]){forward}, 1};
        settings.qemu_args.given = (struct arguments){(char *[]){(char *)"-device", (char *)"virtio-rng-pci"}, 2};
        static const char *const nics[] = {"vmxnet3",           "e1000e",  "virtio-net-pci",
                                           "virtio-net-device", "usb-net", "none"};
        for (size_t i = 0; i < sizeof nics / sizeof nics[0]; i++) {
                settings.nic = nics[i];
                run_in_qemu();
                AUTO_FREE char *has_rom = shell_output(
                        "qemu-system-aarch64 -device %s,help 2>/dev/null | grep -c ' romfile=' || :", nics[i]);
                assert_int_equal(has_anywhere(",romfile="), strcmp(has_rom, "1") == 0);
        }
}
