# SPDX-License-Identifier: Apache-2.0
# Builds the rehearsal guest, build/rehearsal/BOOTAA64.EFI. Included by the Makefile at the top.
# On every host clang makes the same file: it is a cross compiler for UEFI's calling convention and format as it comes,
# and finds lld's linker for that format under its own roof where it is not in PATH.

BUILD    ?= build
CLANG    ?= clang
# A name for clang to find, or a path.
LLD_LINK ?= lld-link

REHEARSAL_DIR := launcher/rehearsal
REHEARSAL_EFI := $(BUILD)/rehearsal/BOOTAA64.EFI

# Pure: no firmware below them. These are compiled for the host too and tested there.
REHEARSAL_PURE := aml crc32 fat16 garbage gpt guid keys keyvalue kickstart layout load-option madt options password \
        screen steps text

REHEARSAL_SOURCES := $(addprefix $(REHEARSAL_DIR)/,$(addsuffix .c,$(REHEARSAL_PURE))) \
        $(addprefix $(REHEARSAL_DIR)/,acpi.c boot-entry.c console.c deploy.c device-path.c dialog.c disks.c firmware.c \
        guest.c installer.c installer-disk.c installer-keyboard.c installer-kickstart.c installer-password.c \
        installer-progress.c main.c memory.c panic.c payload.c power-button.c random.c shutdown.c system.c volume.c)
REHEARSAL_OBJECTS := $(REHEARSAL_SOURCES:$(REHEARSAL_DIR)/%.c=$(BUILD)/rehearsal/%.o)

REHEARSAL_TARGET := --target=aarch64-unknown-windows
REHEARSAL_CFLAGS := $(REHEARSAL_TARGET) -std=c17 -O2 -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes \
        -ffreestanding -fno-stack-protector -mno-stack-arg-probe
REHEARSAL_LDFLAGS := $(REHEARSAL_TARGET) -fuse-ld=$(notdir $(LLD_LINK)) \
        $(if $(findstring /,$(LLD_LINK)),-B$(dir $(LLD_LINK))) \
        -nostdlib -Wl,-subsystem:efi_application -Wl,-entry:efi_main -Wl,-Brepro

.PHONY: rehearsal rehearsal-tools
rehearsal-tools:
	@tools/require $(CLANG) "$$($(CLANG) --print-prog-name=$(LLD_LINK) 2>/dev/null || echo $(LLD_LINK))"

rehearsal: $(REHEARSAL_EFI)

$(REHEARSAL_EFI): $(REHEARSAL_OBJECTS)
	$(call quiet,LD,$@)$(CLANG) $(REHEARSAL_LDFLAGS) -o $@ $^

# The loops of memory.c are what the compiler would call for them.
$(BUILD)/rehearsal/memory.o: REHEARSAL_CFLAGS += -fno-builtin

$(BUILD)/rehearsal/%.o: $(REHEARSAL_DIR)/%.c $(REHEARSAL_DIR)/rules.mk | rehearsal-tools
	@mkdir -p $(@D)
	$(call quiet,CLANG,$<)$(CLANG) $(REHEARSAL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(REHEARSAL_OBJECTS:.o=.d)

# The host's tests of the pure files. They stand alone: the guest's text.h is not the programs'.
REHEARSAL_HOST_OBJECTS := $(REHEARSAL_PURE:%=$(BUILD)/san/obj/$(REHEARSAL_DIR)/%.o)
REHEARSAL_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/san/tests/%,$(wildcard tests/unit/test-guest-*.c))

$(REHEARSAL_TESTS): $(BUILD)/san/tests/%: tests/unit/%.c $(REHEARSAL_HOST_OBJECTS) Makefile | test-library
	@mkdir -p $(@D)
	$(call quiet,TEST,$<)$(COMPILE) $(SANITIZE) -o $@ $< $(filter %.o,$^) $(CMOCKA)
