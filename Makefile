# SPDX-License-Identifier: Apache-2.0
#
#   make            everything into build/
#   make deps       installs what building, running and testing need (apt, dnf or brew)
#   make test       deps, then every test: unit, cli and e2e
#   make rehearse   deps, then an installation and a boot of the installed disk, in QEMU under real AAVMF
#   make lint       format, clang-tidy, cppcheck, and the floors of the house
#   make clean

VERSION := 0.1.0

BUILD ?= build
CC ?= cc
PREFIX ?= /usr/local
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wpointer-arith
STANDARD := -std=c17 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -D_DARWIN_C_SOURCE -D_FILE_OFFSET_BITS=64
PACKAGES := libarchive libcurl libcrypto jansson libcyaml vterm libpcre2-8
ifeq ($(shell uname -s),Linux)
PACKAGES += efivar
# A program loads only the libraries that it calls: aavmf-vars needs few, and starting it is most of its time.
LDFLAGS += -Wl,--as-needed
endif

# Read once, and only when something is compiled: `make deps` has to work before any of this is installed.
lazy = $(eval $(1) := $(2))$($(1))
PACKAGE_CFLAGS = $(call lazy,PACKAGE_CFLAGS,$(shell pkg-config --cflags $(PACKAGES)))
PACKAGE_LIBS = $(call lazy,PACKAGE_LIBS,$(shell pkg-config --libs $(PACKAGES)))
CMOCKA = $(call lazy,CMOCKA,$(shell pkg-config --cflags --libs cmocka))

COMPILE = $(CC) $(STANDARD) $(WARNINGS) $(CFLAGS) -I. $(PACKAGE_CFLAGS) -DVERSION='"$(VERSION)"' \
          -DDATA_FOLDER='"$(PREFIX)/share/esxiarm"' -MMD -MP
SANITIZE := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

# A wing is a library; cmd-*.c and main.c belong to the program that lives in the wing.
wing = $(filter-out $(1)/cmd-%.c $(1)/main.c,$(sort $(wildcard $(1)/*.c)))
program = $(sort $(wildcard $(1)/cmd-*.c)) $(wildcard $(1)/main.c)
base_SOURCES := $(call wing,base)
varstore_SOURCES := $(call wing,varstore)
fw_SOURCES := $(call wing,fw)
verify_SOURCES := $(call wing,verify)
launcher_SOURCES := $(call wing,launcher)
aavmf-vars_SOURCES := $(call program,varstore)
esxiarm_SOURCES := $(call program,launcher)
LIBRARY_SOURCES := $(base_SOURCES) $(varstore_SOURCES) $(fw_SOURCES) $(verify_SOURCES) $(launcher_SOURCES)
SOURCES := $(LIBRARY_SOURCES) $(aavmf-vars_SOURCES) $(esxiarm_SOURCES)
UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test-*.c)))
TEST_HELPERS := $(patsubst tests/helpers/%.c,%,$(sort $(wildcard tests/helpers/*.c)))

# $(1) is where the objects go: $(BUILD) as shipped, $(BUILD)/san under the sanitizers.
objects = $(patsubst %.c,$(1)/obj/%.o,$(2))

.PHONY: all deps test rehearse lint format clean sanitized
.DELETE_ON_ERROR:

PROGRAMS := $(BUILD)/aavmf-vars $(BUILD)/esxiarm
all: $(PROGRAMS) $(BUILD)/libvarstore.a $(BUILD)/rehearsal/BOOTAA64.EFI $(BUILD)/share

# A line a file; V=1 shows the commands.
quiet = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2);)

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(COMPILE) -c -o $@ $<

$(BUILD)/san/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call quiet,CCSAN,$<)$(COMPILE) $(SANITIZE) -c -o $@ $<

$(BUILD)/libvarstore.a: $(call objects,$(BUILD),$(base_SOURCES) $(varstore_SOURCES))
	@rm -f $@
	$(call quiet,AR,$@)ar rcs $@ $^

define program_rule
$(1)/aavmf-vars: $(call objects,$(1),$(base_SOURCES) $(varstore_SOURCES) $(aavmf-vars_SOURCES))
	$$(call quiet,LD,$$@)$$(CC) $(2) $$(LDFLAGS) -o $$@ $$^ $$(PACKAGE_LIBS)

$(1)/esxiarm: $(call objects,$(1),$(LIBRARY_SOURCES) $(esxiarm_SOURCES))
	$$(call quiet,LD,$$@)$$(CC) $(2) $$(LDFLAGS) -o $$@ $$^ $$(PACKAGE_LIBS)

# The data that the programs look for beside themselves (base/paths.h).
$(1)/share: Makefile
	@mkdir -p $$@
	@ln -sfn $(abspath launcher/guests) $$@/guests
	@ln -sfn $(abspath $(BUILD))/rehearsal $$@/rehearsal
	@touch $$@
endef
$(eval $(call program_rule,$(BUILD),))
$(eval $(call program_rule,$(BUILD)/san,$(SANITIZE)))

$(BUILD)/san/tests/%: tests/unit/%.c $(call objects,$(BUILD)/san,$(LIBRARY_SOURCES)) Makefile
	@mkdir -p $(@D)
	$(call quiet,TEST,$<)$(COMPILE) $(SANITIZE) -o $@ $< $(filter %.o,$^) $(PACKAGE_LIBS) $(CMOCKA)

$(BUILD)/tests/%: tests/helpers/%.c Makefile
	@mkdir -p $(@D)
	$(call quiet,HELP,$<)$(COMPILE) -o $@ $<

BUILD_REHEARSAL := $(BUILD)/rehearsal
include launcher/rehearsal/rules.mk

sanitized: $(BUILD)/san/aavmf-vars $(BUILD)/san/esxiarm $(BUILD)/san/share \
           $(UNIT_TESTS:%=$(BUILD)/san/tests/%) $(TEST_HELPERS:%=$(BUILD)/tests/%)

deps:
	@tools/deps

# The set-up runs first and by itself, so that the parallel build below finds everything in place.
test: deps
	@+$(MAKE) --no-print-directory -j2 all sanitized
	@tests/run $(BUILD)

rehearse: deps
	@+$(MAKE) --no-print-directory -j2 all
	@$(BUILD)/esxiarm rehearse

lint: deps
	@tools/lint $(SOURCES)

format:
	clang-format -i $(wildcard */*.c */*.h tests/*/*.c launcher/rehearsal/*.c launcher/rehearsal/*.h)

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
