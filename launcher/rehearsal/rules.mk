# SPDX-License-Identifier: Apache-2.0
# Builds the rehearsal guest, build/rehearsal/BOOTAA64.EFI. Included by the Makefile at the top.
# clang makes the same file on every host: it can cross compile for UEFI, and finds lld-link beside itself if it is not in
# PATH.

BUILD    ?= build
CLANG    ?= clang
# A name for clang to find, or a path.
LLD_LINK ?= lld-link

REHEARSAL_DIR := launcher/rehearsal
REHEARSAL_EFI := $(BUILD)/rehearsal/BOOTAA64.EFI

REHEARSAL_SOURCES := $(sort $(wildcard $(REHEARSAL_DIR)/*.c $(REHEARSAL_DIR)/*/*.c))
REHEARSAL_OBJECTS := $(REHEARSAL_SOURCES:$(REHEARSAL_DIR)/%.c=$(BUILD)/rehearsal/%.o)
# Pure: they call no firmware, and are also compiled for the host and tested there.
REHEARSAL_PURE := $(addprefix base/,crc32 keyvalue text wrap) $(addprefix disk/,bank contents fat16 gpt layout) \
        $(addprefix efi/,aml guid load-option madt) $(addprefix guest/,boxes endings garbage options scroll steps) \
        $(addprefix installer/,kickstart password) $(addprefix screen/,keys screen) system/services

REHEARSAL_TARGET := --target=aarch64-unknown-windows
REHEARSAL_CFLAGS := $(REHEARSAL_TARGET) -std=c17 -O2 -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes \
        -I. -ffreestanding -fno-stack-protector -mno-stack-arg-probe
REHEARSAL_LDFLAGS := $(REHEARSAL_TARGET) -fuse-ld=$(notdir $(LLD_LINK)) \
        $(if $(findstring /,$(LLD_LINK)),-B$(dir $(LLD_LINK))) \
        -nostdlib -Wl,-subsystem:efi_application -Wl,-entry:efi_main -Wl,-Brepro

.PHONY: rehearsal rehearsal-tools
rehearsal-tools:
	@tools/require $(CLANG) "$$($(CLANG) --print-prog-name=$(LLD_LINK) 2>/dev/null || echo $(LLD_LINK))"

rehearsal: $(REHEARSAL_EFI)

$(REHEARSAL_EFI): $(REHEARSAL_OBJECTS)
	$(call quiet,LD,$@)$(CLANG) $(REHEARSAL_LDFLAGS) -o $@ $^

# Otherwise the compiler would replace the loops of base/memory.c by calls of themselves.
$(BUILD)/rehearsal/base/memory.o: REHEARSAL_CFLAGS += -fno-builtin

$(BUILD)/rehearsal/%.o: $(REHEARSAL_DIR)/%.c $(REHEARSAL_DIR)/rules.mk | rehearsal-tools
	@mkdir -p $(@D)
	$(call quiet,CLANG,$<)$(CLANG) $(REHEARSAL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(REHEARSAL_OBJECTS:.o=.d)

# The host's tests of the pure files. They link nothing of the programs, whose text.h is another one.
REHEARSAL_HOST_OBJECTS := $(REHEARSAL_PURE:%=$(BUILD)/san/obj/$(REHEARSAL_DIR)/%.o)
REHEARSAL_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/san/tests/%,$(wildcard tests/unit/rehearsal/test-*.c))

$(REHEARSAL_TESTS): $(BUILD)/san/tests/%: tests/unit/%.c $(BUILD)/san/obj/tests/unit/main.o $(REHEARSAL_HOST_OBJECTS) Makefile | test-library
	@mkdir -p $(@D)
	$(call quiet,TEST,$<)$(COMPILE) $(SANITIZE) -o $@ $< $(filter %.o,$^) $(CMOCKA)
