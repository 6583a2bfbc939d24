# SPDX-License-Identifier: Apache-2.0
#
#   make            everything into build/
#   make deps       installs what building, running and testing need (apt, dnf or brew)
#   make test       deps, then every test: unit, cli and e2e
#   make install    programs, libvarstore, headers, man pages and data into $(DESTDIR)$(PREFIX), by default /usr/local
#   make soak       faults at every step and moment, and rehearsals in a row; SOAK=N makes it N percent as long
#   make bench      what the programs cost, beside what they are compared with; BENCH="log console" for those alone
#   make fuzz       every parser under libFuzzer for FUZZ_SECONDS each
#   make rehearse   deps, then an installation and a boot of the installed disk, in QEMU under real AAVMF
#   make coverage   which lines and branches the tests run, as a table and as build/coverage/report/index.html
#   make lint       format, clang-tidy, cppcheck, and the floors of the house
#   make macos-check, make musl-check   build all of it for macOS or with musl, by zig's compiler (tools/cross-check)
#   make clean

VERSION := 0.1.0

# Homebrew keeps apart what macOS has, too. Apple's clang cannot be relied on for UEFI's format.
ifeq ($(shell uname -s),Darwin)
PKG_CONFIG ?= tools/homebrew-pkg-config
CLANG ?= $(firstword $(wildcard /opt/homebrew/opt/llvm/bin/clang /usr/local/opt/llvm/bin/clang) clang)
endif

BUILD ?= build
CC ?= cc
PREFIX ?= /usr/local
DESTDIR ?=
CFLAGS ?= -O2 -g
# Members that a row of a table leaves out are zero, and meant to be.
WARNINGS := -Wall -Wextra -Wno-missing-field-initializers -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wpointer-arith
STANDARD := -std=c17 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -D_DARWIN_C_SOURCE -D_FILE_OFFSET_BITS=64
PACKAGES := libarchive libcurl libcrypto jansson yaml-0.1 vterm libpcre2-8
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

# What libvarstore and aavmf-vars stand on. FUSE is only for `aavmf-vars mount`, which says so where it is missing.
LIBRARY_PACKAGES := jansson libcrypto
FUSE_PACKAGE = $(call lazy,FUSE_PACKAGE,$(shell pkg-config --exists 'fuse3 >= 3.10' && echo fuse3))
FUSE_CFLAGS = $(call lazy,FUSE_CFLAGS,$(if $(FUSE_PACKAGE),-DHAVE_FUSE $(shell pkg-config --cflags fuse3)))
LIBRARY_LIBS = $(call lazy,LIBRARY_LIBS,$(shell pkg-config --libs $(LIBRARY_PACKAGES)))

# Starting aavmf-vars is most of its time, and loading libcrypto most of that: where there are static libraries, it is
# linked with them.
STATIC_LIBS = $(call lazy,STATIC_LIBS,$(shell \
        libs="-static -Wl,--no-warnings $$(pkg-config --static --libs $(LIBRARY_PACKAGES) $(FUSE_PACKAGE))"; \
        echo 'int main(void) { return 0; }' | $(CC) -x c - -o /dev/null $$libs 2>/dev/null && echo "$$libs"))
FUSE_LIBS = $(call lazy,FUSE_LIBS,$(if $(FUSE_PACKAGE),$(shell pkg-config --libs fuse3)))
# libcrypto is what takes longest to load for esxiarm, too.
ESXIARM_LIBS = $(call lazy,ESXIARM_LIBS,$(shell \
        static="-Wl,-Bstatic -lcrypto -Wl,-Bdynamic"; \
        echo 'int main(void) { return 0; }' | $(CC) -x c - -o /dev/null $$static 2>/dev/null || static=-lcrypto; \
        echo "$(PACKAGE_LIBS)" | sed "s/-lcrypto/$$static/"))
AAVMF_VARS_LIBS = $(or $(STATIC_LIBS),$(shell pkg-config --libs $(LIBRARY_PACKAGES) $(FUSE_PACKAGE)))

COMPILE = $(CC) $(STANDARD) $(WARNINGS) $(CFLAGS) -I. $(PACKAGE_CFLAGS) -DVERSION='"$(VERSION)"' \
          -DDATA_FOLDER='"$(PREFIX)/share/esxiarm"' -MMD -MP $(EXTRA)
SANITIZE := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

# A wing is a library; cmd-*.c and main.c belong to the program that lives in the wing.
wing = $(filter-out $(1)/cmd-%.c $(1)/main.c,$(sort $(wildcard $(1)/*.c)))
program = $(sort $(wildcard $(1)/cmd-*.c)) $(wildcard $(1)/main.c)
base_SOURCES := $(call wing,base)
# What libvarstore and aavmf-vars have of it: they read no YAML.
library_base_SOURCES := $(filter-out base/yaml-file.c,$(base_SOURCES))
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

.PHONY: all deps test soak bench fuzz coverage rehearse lint macos-check musl-check format clean sanitized install FORCE
.DELETE_ON_ERROR:

# The library: its version in names, what it exports, and the headers that its users see.
SONAME := libvarstore.so.0
ifeq ($(shell uname -s),Linux)
SHARED := $(BUILD)/libvarstore.so
endif
PUBLIC_HEADERS := base/bytes.h base/error.h base/file.h $(filter-out varstore/libvarstore.h varstore/report.h varstore/commands.h varstore/store-file.h \
                  varstore/cmd-%.h varstore/efivarfs.h,$(sort $(wildcard varstore/*.h)))


PROGRAMS := $(BUILD)/aavmf-vars $(BUILD)/esxiarm
all: $(PROGRAMS) $(BUILD)/libvarstore.a $(SHARED) $(BUILD)/rehearsal/BOOTAA64.EFI $(BUILD)/share

# A line a file; V=1 shows the commands.
quiet = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2);)

# The floors that go into the shared library, too.
$(BUILD)/obj/base/%.o $(BUILD)/obj/varstore/%.o: EXTRA += -fPIC
# What every byte of a log goes through.
$(addprefix $(BUILD)/obj/verify/,log.o sequence.o literals.o): EXTRA += -O3
$(BUILD)/obj/varstore/cmd-mount.o $(BUILD)/san/obj/varstore/cmd-mount.o: EXTRA += $(FUSE_CFLAGS)

# The one object that knows where it will be installed is made anew when that changes.
$(BUILD)/prefix: FORCE
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' >$@
$(BUILD)/obj/base/paths.o: $(BUILD)/prefix

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(COMPILE) -c -o $@ $<

$(BUILD)/san/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call quiet,CCSAN,$<)$(COMPILE) $(SANITIZE) -c -o $@ $<

$(BUILD)/libvarstore.a: $(call objects,$(BUILD),$(library_base_SOURCES) $(varstore_SOURCES))
	@rm -f $@
	$(call quiet,AR,$@)ar rcs $@ $^

$(BUILD)/libvarstore.so: $(call objects,$(BUILD),$(library_base_SOURCES) $(varstore_SOURCES)) varstore/libvarstore.map
	$(call quiet,LD,$@)$(CC) -shared -Wl,-soname,$(SONAME) -Wl,--version-script,varstore/libvarstore.map -Wl,-z,defs \
		$(LDFLAGS) -o $@ $(filter %.o,$^) $(LIBRARY_LIBS)

define program_rule
$(1)/aavmf-vars: $(call objects,$(1),$(library_base_SOURCES) $(varstore_SOURCES) $(aavmf-vars_SOURCES))
	$$(call quiet,LD,$$@)$$(CC) $(2) $$(LDFLAGS) -o $$@ $$^ $(3)

$(1)/esxiarm: $(call objects,$(1),$(LIBRARY_SOURCES) $(esxiarm_SOURCES))
	$$(call quiet,LD,$$@)$$(CC) $(2) $$(LDFLAGS) -o $$@ $$^ $(4)

# The data that the programs look for beside themselves (base/paths.h).
$(1)/share: Makefile
	@mkdir -p $$@
	@ln -sfn $(abspath launcher/guests) $$@/guests
	@ln -sfn $(abspath launcher/report) $$@/report
	@ln -sfn $(abspath $(BUILD))/rehearsal $$@/rehearsal
	@ln -sfn $(abspath firmware/catalog.yaml) $$@/catalog.yaml
	@touch $$@
endef
$(eval $(call program_rule,$(BUILD),,$$(AAVMF_VARS_LIBS),$$(ESXIARM_LIBS)))
$(eval $(call program_rule,$(BUILD)/san,$(SANITIZE),$$(PACKAGE_LIBS) $$(FUSE_LIBS),$$(PACKAGE_LIBS)))

# Every wing, in a library: a test links what it calls and no more.
$(BUILD)/san/wings.a: $(call objects,$(BUILD)/san,$(LIBRARY_SOURCES))
	@rm -f $@
	$(call quiet,AR,$@)ar rcs $@ $^

$(BUILD)/san/tests/%: tests/unit/%.c $(BUILD)/san/wings.a Makefile
	@mkdir -p $(@D)
	$(call quiet,TEST,$<)$(COMPILE) $(SANITIZE) -o $@ $< $(BUILD)/san/wings.a $(PACKAGE_LIBS) $(CMOCKA)

# The helper that says what the library predicts.
$(BUILD)/tests/predict: tests/helpers/predict.c $(BUILD)/libvarstore.a Makefile
	@mkdir -p $(@D)
	$(call quiet,HELP,$<)$(COMPILE) -o $@ $< $(BUILD)/libvarstore.a $(LDFLAGS) $(PACKAGE_LIBS)

# The helper that measures what the launcher does with a console.
$(BUILD)/tests/console-path: tests/helpers/console-path.c $(call objects,$(BUILD),$(LIBRARY_SOURCES)) Makefile
	@mkdir -p $(@D)
	$(call quiet,HELP,$<)$(COMPILE) -o $@ $< $(filter %.o,$^) $(LDFLAGS) $(PACKAGE_LIBS)

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

# One at a time would leave a core idle, and three would disturb each other.
soak: deps
	@+$(MAKE) --no-print-directory -j2 all $(TEST_HELPERS:%=$(BUILD)/tests/%)
	@tests/run $(BUILD) $(patsubst tests/%.sh,%,$(sort $(wildcard tests/soak/*.sh)))

# $(1) is a folder below the prefix, $(2) the mode, $(3) the files.
to_install = @mkdir -p '$(DESTDIR)$(PREFIX)/$(1)' && install -m $(2) $(3) '$(DESTDIR)$(PREFIX)/$(1)'

install: all
	$(call to_install,bin,755,$(PROGRAMS))
	$(call to_install,share/man/man1,644,$(wildcard docs/*.1))
	$(call to_install,share/esxiarm,644,firmware/catalog.yaml)
	$(call to_install,share/esxiarm/guests,644,$(wildcard launcher/guests/*))
	$(call to_install,share/esxiarm/report,644,$(wildcard launcher/report/*))
	$(call to_install,share/esxiarm/rehearsal,644,$(BUILD)/rehearsal/BOOTAA64.EFI)
	$(call to_install,lib,644,$(BUILD)/libvarstore.a)
ifdef SHARED
	@install -m 755 $(SHARED) '$(DESTDIR)$(PREFIX)/lib/libvarstore.so.$(VERSION)'
	@ln -sf libvarstore.so.$(VERSION) '$(DESTDIR)$(PREFIX)/lib/$(SONAME)'
	@ln -sf $(SONAME) '$(DESTDIR)$(PREFIX)/lib/libvarstore.so'
endif
	$(call to_install,include/libvarstore/base,644,$(filter base/%,$(PUBLIC_HEADERS)))
	$(call to_install,include/libvarstore/varstore,644,$(filter varstore/%,$(PUBLIC_HEADERS)))
	@install -m 644 varstore/libvarstore.h '$(DESTDIR)$(PREFIX)/include/libvarstore/varstore.h'
	@mkdir -p '$(DESTDIR)$(PREFIX)/lib/pkgconfig'
	@sed 's,@PREFIX@,$(PREFIX),; s,@VERSION@,$(VERSION),; s,@PACKAGES@,$(LIBRARY_PACKAGES),' varstore/libvarstore.pc.in \
		>'$(DESTDIR)$(PREFIX)/lib/pkgconfig/libvarstore.pc'

bench: deps
	@+$(MAKE) --no-print-directory -j2 all $(addprefix $(BUILD)/tests/,bench fill-store put-variable console-stream console-path)
	@tests/bench/run $(BUILD) $(BENCH)

# Everything that reads untrusted bytes, compiled for libFuzzer.
FUZZ_SECONDS ?= 10
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz-*.c)))
FUZZ_COMPILE = $(subst $(CC) $(STANDARD),clang $(STANDARD),$(COMPILE)) -O1 -g -fno-omit-frame-pointer \
               -fno-sanitize-recover=all

$(BUILD)/fuzz/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call quiet,FUZZ,$<)$(FUZZ_COMPILE) -fsanitize=fuzzer-no-link,address,undefined -c -o $@ $<

# The same for them.
$(BUILD)/fuzz/wings.a: $(call objects,$(BUILD)/fuzz,$(LIBRARY_SOURCES))
	@rm -f $@
	$(call quiet,AR,$@)ar rcs $@ $^

.PRECIOUS: $(BUILD)/fuzz/obj/%.o
$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/fuzz/wings.a Makefile
	$(call quiet,FUZZ,$<)$(FUZZ_COMPILE) -fsanitize=fuzzer,address,undefined -o $@ $< $(BUILD)/fuzz/wings.a \
		$(LDFLAGS) $(PACKAGE_LIBS)

fuzz: deps
	@+$(MAKE) --no-print-directory -j2 $(BUILD)/aavmf-vars $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%)
	@tests/fuzz/run $(BUILD) $(FUZZ_SECONDS)

# Everything once more, counting; a program that is killed has not counted. What another machine runs (the rehearsal guest) does
# not count either.
coverage: deps
	@+$(MAKE) --no-print-directory -j2 BUILD=$(BUILD)/coverage CFLAGS='-O1 -g --coverage -fprofile-update=atomic' \
		LDFLAGS='--coverage -Wl,--as-needed' all sanitized
	@find $(BUILD)/coverage -name '*.gcda' -delete
	@mkdir -p $(BUILD)/coverage/report
	@LDFLAGS=--coverage tests/run $(BUILD)/coverage; code=$$?; \
	gcovr --root . --object-directory $(BUILD)/coverage --exclude tests/ --exclude launcher/rehearsal/ \
		--exclude-unreachable-branches --html-details $(BUILD)/coverage/report/index.html --txt - && exit $$code

rehearse: deps
	@+$(MAKE) --no-print-directory -j2 all
	@$(BUILD)/esxiarm rehearse

lint: deps
	@WARNINGS='$(WARNINGS)' tools/lint

macos-check musl-check:
	@tools/cross-check $(@:-check=)

format:
	clang-format -i $(wildcard */*.c */*.h tests/*/*.c launcher/rehearsal/*.c launcher/rehearsal/*.h)

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
