// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/screen/serial.h"

#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/efi/device-path.h"
#include "launcher/rehearsal/efi/firmware.h"

#define POLL_MS 10 // the resolution of the firmware's timer

// How long to wait for the next byte of an escape sequence.
#define SEQUENCE_MS 100

static const struct guid serial_io_protocol = EFI_SERIAL_IO_PROTOCOL;

// Whether HANDLE is the port of the console in the variable ConOut, whose path continues with the terminal's node.
static bool is_console(efi_handle handle)
{
        static uint8_t output[1024];
        size_t size = sizeof output;
        return firmware_get_variable(u"ConOut", output, &size) &&
               device_path_begins_with((const struct efi_device_path *)output, device_path_of(handle));
}

static efi_handle choose_port(const efi_handle *handles, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (is_console(handles[i]))
                        return handles[i];
        return handles[0];
}

bool console_open(struct console *console)
{
        size_t count;
        efi_handle *handles = firmware_handles(&serial_io_protocol, &count);
        if (!handles)
                return false;
        efi_handle port = choose_port(handles, count);
        BS->free_pool(handles);
        *console = (struct console){.serial = firmware_protocol_exclusive(port, &serial_io_protocol)};
        return console->serial;
}

void console_write(struct console *console, const char *bytes, size_t size)
{
        while (size) {
                size_t written = size;
                if (efi_failed(console->serial->write(console->serial, &written, bytes)) && !written)
                        return;
                bytes += written;
                size -= written;
        }
}

static bool input_waits(struct console *console)
{
        uint32_t control;
        return !efi_failed(console->serial->get_control(console->serial, &control)) &&
               !(control & EFI_SERIAL_INPUT_BUFFER_EMPTY);
}

// Reads input into the pending bytes, and returns whether there was any.
static bool receive(struct console *console)
{
        size_t before = console->pending_size;
        while (console->pending_size < CONSOLE_PENDING_MAX && input_waits(console)) {
                size_t size = 1;
                if (efi_failed(
                            console->serial->read(console->serial, &size, console->pending + console->pending_size)) ||
                    !size)
                        break;
                console->pending_size++;
        }
        return console->pending_size > before;
}

static bool take_key(struct console *console, bool complete, struct key *key)
{
        size_t used = key_decode(console->pending, console->pending_size, complete, key);
        if (!used)
                return false;
        console->pending_size -= used;
        memmove(console->pending, console->pending + used, console->pending_size);
        return true;
}

struct key console_key(struct console *console, uint64_t milliseconds)
{
        struct key key;
        uint64_t waited = 0;
        uint64_t silent = 0;
        for (;;) {
                silent = receive(console) ? 0 : silent;
                if (take_key(console, silent >= SEQUENCE_MS, &key))
                        return key;
                if (waited >= milliseconds && !console->pending_size)
                        return (struct key){.name = KEY_NONE};
                firmware_sleep(POLL_MS);
                waited += POLL_MS;
                silent += POLL_MS;
        }
}

void console_drain(struct console *console)
{
        do {
                console->pending_size = 0;
                firmware_sleep(POLL_MS);
        } while (receive(console));
        console->pending_size = 0;
}
