// SPDX-License-Identifier: Apache-2.0
//
// The loop of a running machine, without a machine: a pipe is its console.
#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/time.h"
#include "launcher/vm/socket.h"
#include "launcher/vm/vm-private.h"

enum {
        PIPE_BYTES = 65536,
        BATCH_BYTES = 16384,
        ROUNDS = 20,
        PROMPT_US = 45000, // half of what the console's output may gather for
};

static json_t *refuse(const struct hub_request *request, void *context)
{
        (void)request;
        (void)context;
        return json_pack("{s:s}", "error", "not now");
}

// Returns the end of the pipe at which the guest prints.
static int begin(struct vm *vm)
{
        AUTO_ERROR struct error err = {0};
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        *vm = (struct vm){.qmp.descriptor = -1, .qemu.descriptor = -1, .console_input = -1, .input = -1, .echo = -1};
        vm->console_output = ends[0];
        vm->console = console_new();
        vm->evidence = evidence_begin("runs", NULL, "test", &err);
        assert_non_null(vm->evidence);
        vm->status = json_pack("{s:s}", "phase", "up");
        vm->hub = hub_open(".", vm->console, vm->status, refuse, vm, &err);
        assert_non_null(vm->hub);
        return ends[1];
}

static void end(struct vm *vm, int guest)
{
        close(guest);
        hub_close(&vm->hub, "quit");
        evidence_free(&vm->evidence);
        console_free(&vm->console);
        json_decref(vm->status);
        vm_close_console(vm);
}

static void wait_for_output(struct vm *vm)
{
        AUTO_ERROR struct error err = {0};
        enum vm_event event;
        assert_done(vm_wait(vm, UINT64_MAX, &event, &err), &err);
        assert_int_equal(event, VM_OUTPUT);
}

TEST_IN_SCRATCH(a_flood_is_read_in_small_batches)
{
        static const char flood[PIPE_BYTES];
        struct vm vm;
        int guest = begin(&vm), left = PIPE_BYTES;
        assert_int_equal(write(guest, flood, sizeof flood), sizeof flood);
        while (left) {
                int before = left;
                wait_for_output(&vm);
                assert_int_equal(ioctl(vm.console_output, FIONREAD, &left), 0);
                assert_in_range(before - left, 1, BATCH_BYTES);
        }
        end(&vm, guest);
}

// The quickest of some rounds counts: other programs may delay the others.
TEST_IN_SCRATCH(a_client_is_served_while_output_gathers)
{
        static const char question[] = "{\"command\": \"status\"}\n";
        struct vm vm;
        int guest = begin(&vm);
        vm_be_patient(&vm, true);
        uint64_t quickest_us = UINT64_MAX;
        for (unsigned round = 0; round < ROUNDS; round++) {
                AUTO_CLOSE int client = local_socket_connect(".", HUB_SOCKET);
                assert_int_equal(write(client, question, sizeof question - 1), sizeof question - 1);
                uint64_t began_us = time_now_us();
                char answer[64];
                // Accepted, heard, answered.
                while (read(client, answer, sizeof answer) < 0) {
                        assert_int_equal(write(guest, ".", 1), 1);
                        wait_for_output(&vm);
                }
                uint64_t took_us = time_now_us() - began_us;
                quickest_us = took_us < quickest_us ? took_us : quickest_us;
        }
        assert_in_range(quickest_us, 0, PROMPT_US);
        end(&vm, guest);
}
