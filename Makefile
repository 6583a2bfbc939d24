# SPDX-License-Identifier: Apache-2.0
#
#   make            builds everything into build/
#   make deps       installs all that building, running and testing need (apt, dnf or brew)
#   make test       deps, then every test: unit, cli and e2e
#   make CC=aarch64-linux-gnu-gcc [test]    the same for another processor; test then runs unit tests only, by qemu-user
#   make install    programs, libvarstore, headers, man pages and data into $(DESTDIR)$(PREFIX), by default /usr/local
#   make soak       faults at every step and moment, and many rehearsals; SOAK=N runs N percent of it
#   make bench      measures the programs against others; BENCH="log console" selects subjects
#   make fuzz       runs every parser under libFuzzer for FUZZ_SECONDS
#   make rehearse   deps, then an installation and a boot of the disk, in QEMU with real AAVMF
#   make coverage   the lines and branches that the tests run: a table, and build/coverage/report/index.html
#   make lint       format, clang-tidy, cppcheck, rooms, spelling, shellcheck
#   make hosts      the README's two commands on bare Debian systems (tools/hosts); HOSTS="bookworm sid" selects them
#   make macos-check, make musl-check   build for macOS or with musl, by zig's compiler (tools/cross-check)
#   make clean

VERSION := 0.1.0

# Homebrew keeps libraries apart that macOS has too. Apple's clang may lack UEFI's format.
ifeq ($(shell uname -s),Darwin)
PKG_CONFIG ?= tools/homebrew-pkg-config
CLANG ?= $(firstword $(wildcard /opt/homebrew/opt/llvm/bin/clang /usr/local/opt/llvm/bin/clang) clang)
endif

BUILD ?= build
CC ?= cc
# To cross build, set the compiler: CC=aarch64-linux-gnu-gcc also selects aarch64-linux-gnu-ar and -pkg-config.
TRIPLET := $(if $(findstring -gcc,$(notdir $(CC))),$(firstword $(subst -gcc, ,$(notdir $(CC))))-)
# Runs the unit tests of another processor.
FOREIGN := $(filter-out $(shell uname -m),$(firstword $(subst -, ,$(TRIPLET))))
EMULATOR ?= $(if $(FOREIGN),qemu-$(FOREIGN) -L /usr/$(TRIPLET:%-=%))
export EMULATOR
ifeq ($(origin AR),default)
AR := $(TRIPLET)ar
endif
PKG_CONFIG ?= $(TRIPLET)pkg-config
PREFIX ?= /usr/local
DESTDIR ?=
CFLAGS ?= -O2 -g
# Warnings are errors in CI and in `make lint`, but not for users, whose compiler may be newer.
WERROR ?= $(if $(CI),-Werror)
# Omitted members of a table's row are zero on purpose.
WARNINGS := -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wpointer-arith
STANDARD := -std=c17 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -D_DARWIN_C_SOURCE -D_FILE_OFFSET_BITS=64
PACKAGES := libarchive zlib libcurl libcrypto jansson yaml-0.1 vterm libpcre2-8
ifeq ($(shell uname -s),Linux)
LINUX := yes
# crypt(3), for password hashes; always linked, because AddressSanitizer's crypt_r only calls the real one.
CRYPT_LIBS := -Wl,--no-as-needed -lcrypt -Wl,--as-needed
# Programs load only the libraries that they call: loading is most of the run time of aavmf-vars.
LDFLAGS += -Wl,--as-needed
else
# macOS' crypt(3) does not support SHA-512.
PACKAGES += libxcrypt
endif

# Evaluated once, and only when something is compiled: `make deps` must work before any of this is installed.
lazy = $(eval $(1) := $(2))$($(1))
PACKAGE_CFLAGS = $(call lazy,PACKAGE_CFLAGS,$(shell $(PKG_CONFIG) --cflags $(PACKAGES)))
PACKAGE_LIBS = $(call lazy,PACKAGE_LIBS,$(shell $(PKG_CONFIG) --libs $(PACKAGES)) $(CRYPT_LIBS))
CMOCKA = $(call lazy,CMOCKA,$(shell $(PKG_CONFIG) --cflags --libs cmocka))
# If libefivar is installed, the tests compare device paths and GUID names with it.
EFIVAR = $(call lazy,EFIVAR,$(shell $(PKG_CONFIG) --exists efivar && echo -DHAVE_EFIVAR $$($(PKG_CONFIG) --cflags --libs efivar)))

# The packages of libvarstore and aavmf-vars. FUSE is only for `aavmf-vars mount`, which reports if it is missing.
LIBRARY_PACKAGES := jansson libcrypto
FUSE_PACKAGE = $(call lazy,FUSE_PACKAGE,$(shell $(PKG_CONFIG) --exists 'fuse3 >= 3.10' && echo fuse3))
FUSE_CFLAGS = $(call lazy,FUSE_CFLAGS,$(if $(FUSE_PACKAGE),-DHAVE_FUSE $(shell $(PKG_CONFIG) --cflags fuse3)))
LIBRARY_LIBS = $(call lazy,LIBRARY_LIBS,$(shell $(PKG_CONFIG) --libs $(LIBRARY_PACKAGES)))
VARS_LIBS = $(call lazy,VARS_LIBS,$(shell $(PKG_CONFIG) --libs $(LIBRARY_PACKAGES) $(FUSE_PACKAGE)))
VARS_STATIC_LIBS = $(call lazy,VARS_STATIC_LIBS,-Wl$(comma)-Bstatic \
                   $(shell $(PKG_CONFIG) --static --libs $(LIBRARY_PACKAGES) $(FUSE_PACKAGE)) -Wl$(comma)-Bdynamic)
# Loading libraries is most of the run time of aavmf-vars, so it is linked statically (except the C library) if
# possible. STATIC=yes requires that, STATIC=no prevents it.
STATIC ?= $(if $(LINUX),auto,no)
comma := ,

COMPILE = $(CC) $(STANDARD) $(WARNINGS) $(WERROR) $(CPPFLAGS) $(CFLAGS) -I. $(PACKAGE_CFLAGS) -DVERSION='"$(VERSION)"' \
          -DDATA_FOLDER='"$(PREFIX)/share/esxiarm"' -MMD -MP $(EXTRA)
LINK = $(CC) $(CFLAGS) $(LDFLAGS)
# AddressSanitizer does not run under qemu-user.
SANITIZE ?= -O1 -g -fno-omit-frame-pointer -fsanitize=undefined$(if $(FOREIGN),,$(comma)address) -fno-sanitize-recover=all

# A wing is a library of all its rooms, except the room commands, which is the wing's program.
wing = $(sort $(shell find $(1) -name '*.c' -not -path '*/commands/*' -not -path 'launcher/rehearsal/*'))
program = $(sort $(wildcard $(1)/commands/*.c))
base_SOURCES := $(call wing,base)
# libvarstore and aavmf-vars read no YAML.
library_base_SOURCES := $(filter-out base/yaml-file.c,$(base_SOURCES))
varstore_SOURCES := $(call wing,varstore)
fw_SOURCES := $(call wing,fw)
verify_SOURCES := $(call wing,verify)
launcher_SOURCES := $(call wing,launcher)
aavmf-vars_SOURCES := $(call program,varstore)
esxiarm_SOURCES := $(call program,launcher)
LIBRARY_SOURCES := $(base_SOURCES) $(varstore_SOURCES) $(fw_SOURCES) $(verify_SOURCES) $(launcher_SOURCES)
SOURCES := $(LIBRARY_SOURCES) $(aavmf-vars_SOURCES) $(esxiarm_SOURCES)
UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/*/test-*.c)))
TEST_HELPERS := $(patsubst tests/helpers/%.c,%,$(sort $(wildcard tests/helpers/*.c)))

# The objects of $(2) in folder $(1): $(BUILD) as shipped, $(BUILD)/san with sanitizers.
objects = $(patsubst %.c,$(1)/obj/%.o,$(2))

.PHONY: all unit-tests test-library deps test soak bench fuzz coverage rehearse lint hosts macos-check musl-check format clean sanitized install FORCE
.DELETE_ON_ERROR:

SONAME := libvarstore.so.0
ifeq ($(shell uname -s),Linux)
SHARED := $(BUILD)/libvarstore.so
endif
PUBLIC_HEADERS := base/bytes.h base/error.h base/file.h \
                  $(filter-out %/libvarstore.h %/records.h %/report.h %/store-file.h %/efivarfs.h,$(sort $(wildcard varstore/*.h)))


PROGRAMS := $(BUILD)/aavmf-vars $(BUILD)/esxiarm
all: $(PROGRAMS) $(BUILD)/libvarstore.a $(SHARED) $(BUILD)/rehearsal/BOOTAA64.EFI $(BUILD)/share

# One line for each file; V=1 shows the commands.
quiet = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2);)

# These wings are also in the shared library.
$(BUILD)/obj/base/%.o $(BUILD)/obj/varstore/%.o: EXTRA += -fPIC
# Every byte of a log passes through these.
$(addprefix $(BUILD)/obj/verify/log/,log.o sequence.o literals.o): EXTRA += -O3
$(BUILD)/obj/varstore/commands/mount.o $(BUILD)/san/obj/varstore/commands/mount.o: EXTRA += $(FUSE_CFLAGS)

# A file that changes when $(1) does, to rebuild what depends on it.
remember = @mkdir -p $(@D); echo '$(subst ','\'',$(1))' | cmp -s - $@ || echo '$(subst ','\'',$(1))' >$@

REQUIRE = PKG_CONFIG='$(PKG_CONFIG)' DEPS='make deps$(if $(FOREIGN), CC=$(CC))' tools/require

# A change of compiler or flags rebuilds everything; REQUIRE reports missing packages first.
$(BUILD)/toolchain: FORCE
	@$(REQUIRE) $(firstword $(CC)) $(AR) $(PKG_CONFIG) -- $(PACKAGES)
	$(call remember,$(CC) $(AR) $(PKG_CONFIG) $(WERROR) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(SANITIZE) $(STATIC))

# The only object that depends on the installation folder.
$(BUILD)/prefix: FORCE
	$(call remember,$(PREFIX))
$(BUILD)/obj/base/paths.o: $(BUILD)/prefix

$(BUILD)/obj/%.o: %.c Makefile $(BUILD)/toolchain
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(COMPILE) -c -o $@ $<

$(BUILD)/san/obj/%.o: %.c Makefile $(BUILD)/toolchain
	@mkdir -p $(@D)
	$(call quiet,CCSAN,$<)$(COMPILE) $(SANITIZE) -c -o $@ $<

$(BUILD)/libvarstore.a: $(call objects,$(BUILD),$(library_base_SOURCES) $(varstore_SOURCES))
	@rm -f $@
	$(call quiet,AR,$@)$(AR) rcs $@ $^

$(BUILD)/libvarstore.so: $(call objects,$(BUILD),$(library_base_SOURCES) $(varstore_SOURCES)) varstore/libvarstore.map
	$(call quiet,LD,$@)$(LINK) -shared -Wl,-soname,$(SONAME) -Wl,--version-script,varstore/libvarstore.map -Wl,-z,defs \
		-o $@ $(filter %.o,$^) $(LIBRARY_LIBS)

define program_rule
$(1)/aavmf-vars: $(call objects,$(1),$(library_base_SOURCES) $(varstore_SOURCES) $(aavmf-vars_SOURCES))
	$$(call quiet,LD,$$@)$(3)

$(1)/esxiarm: $(call objects,$(1),$(LIBRARY_SOURCES) $(esxiarm_SOURCES))
	$$(call quiet,LD,$$@)$$(LINK) $(2) -o $$@ $$^ $$(PACKAGE_LIBS)

# The data that the programs find beside themselves (base/paths.h).
$(1)/share: Makefile
	@mkdir -p $$@
	@ln -sfn $(abspath launcher/guests) $$@/guests
	@ln -sfn $(abspath launcher/report) $$@/report
	@ln -sfn $(abspath $(BUILD))/rehearsal $$@/rehearsal
	@ln -sfn $(abspath firmware/catalog.yaml) $$@/catalog.yaml
	@ln -sfn $(abspath firmware/patches) $$@/patches
	@touch $$@
endef
# How aavmf-vars is linked, by STATIC. static-link.log has the reason if static linking fails.
link_no = $(LINK) -o $@ $^ $(VARS_LIBS)
# At a fixed address the copies of the libraries need no relocations, which would take longer than most commands do.
link_yes = $(LINK) -no-pie -o $@ $^ $(VARS_STATIC_LIBS)
link_auto = $(link_yes) 2>$(BUILD)/static-link.log || \
	{ echo '        with shared libraries, for the reason in $(BUILD)/static-link.log'; $(link_no); }
$(if $(filter yes no auto,$(STATIC)),,$(error STATIC: invalid value '$(STATIC)' (expected yes, no or auto)))

$(eval $(call program_rule,$(BUILD),,$$(link_$$(STATIC))))
$(eval $(call program_rule,$(BUILD)/san,$$(SANITIZE),$$(LINK) $$(SANITIZE) -o $$@ $$^ $$(VARS_LIBS)))

test-library:
	@$(REQUIRE) -- cmocka

# All wings in one library, from which a test links only what it calls.
$(BUILD)/san/wings.a: $(call objects,$(BUILD)/san,$(LIBRARY_SOURCES))
	@rm -f $@
	$(call quiet,AR,$@)$(AR) rcs $@ $^

$(BUILD)/san/tests/%: tests/unit/%.c $(BUILD)/san/obj/tests/unit/main.o $(BUILD)/san/wings.a Makefile | test-library
	@mkdir -p $(@D)
	$(call quiet,TEST,$<)$(COMPILE) $(SANITIZE) -o $@ $(filter %.c %.o %.a,$^) $(PACKAGE_LIBS) $(CMOCKA) $(EFIVAR)

# The helpers that print predictions and measure the launcher's console.
$(BUILD)/tests/predict $(BUILD)/tests/console-path: $(BUILD)/tests/%: tests/helpers/%.c $(call objects,$(BUILD),$(LIBRARY_SOURCES)) Makefile
	@mkdir -p $(@D)
	$(call quiet,HELP,$<)$(COMPILE) -o $@ $< $(filter %.o,$^) $(LDFLAGS) $(PACKAGE_LIBS)

$(BUILD)/tests/%: tests/helpers/%.c Makefile
	@mkdir -p $(@D)
	$(call quiet,HELP,$<)$(COMPILE) -o $@ $<

BUILD_REHEARSAL := $(BUILD)/rehearsal
include launcher/rehearsal/rules.mk

sanitized: $(BUILD)/san/aavmf-vars $(BUILD)/san/esxiarm $(BUILD)/san/share unit-tests $(TEST_HELPERS:%=$(BUILD)/tests/%)
unit-tests: $(UNIT_TESTS:%=$(BUILD)/san/tests/%) $(BUILD)/tests/http-server

deps:
	@CC='$(CC)' tools/deps

# The set-up runs first, so that the parallel build below finds everything installed. The unit tests also run under
# clang's sanitizers, which find other mistakes than gcc's.
test: deps
	@+$(MAKE) --no-print-directory -j2 all sanitized
	@+$(if $(EMULATOR),:,$(MAKE) --no-print-directory -j2 BUILD=$(BUILD)/clang CC=$(CLANG) unit-tests)
	@tests/run $(BUILD)

# One job would leave a core idle, three would disturb each other.
soak: deps
	@+$(MAKE) --no-print-directory -j2 all $(TEST_HELPERS:%=$(BUILD)/tests/%)
	@tests/run $(BUILD) $(patsubst tests/%.sh,%,$(sort $(wildcard tests/soak/*.sh)))

# $(1) is a folder below the prefix, $(2) the mode, $(3) the files.
to_install = @mkdir -p '$(DESTDIR)$(PREFIX)/$(1)' && install -m $(2) $(3) '$(DESTDIR)$(PREFIX)/$(1)'

install: all
	$(call to_install,bin,755,$(PROGRAMS))
	$(call to_install,share/man/man1,644,$(wildcard docs/*.1))
	$(call to_install,share/esxiarm,644,firmware/catalog.yaml)
	$(call to_install,share/esxiarm/patches,644,$(wildcard firmware/patches/*))
	$(call to_install,share/esxiarm/guests,644,$(wildcard launcher/guests/*))
	$(call to_install,share/esxiarm/report,644,$(wildcard launcher/report/*.css launcher/report/*.js))
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
	@+$(MAKE) --no-print-directory -j2 all $(addprefix $(BUILD)/tests/,bench fill-store put-variable console-stream console-path http-server)
	@tests/bench/run $(BUILD) $(BENCH)

# Everything that reads untrusted bytes.
FUZZ_SECONDS ?= 10
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz-*.c)))
FUZZ_COMPILE = $(subst $(CC) $(STANDARD),clang $(STANDARD),$(COMPILE)) -O1 -g -fno-omit-frame-pointer \
               -fno-sanitize-recover=all

$(BUILD)/fuzz/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call quiet,FUZZ,$<)$(FUZZ_COMPILE) -fsanitize=fuzzer-no-link,address,undefined -c -o $@ $<

$(BUILD)/fuzz/wings.a: $(call objects,$(BUILD)/fuzz,$(LIBRARY_SOURCES))
	@rm -f $@
	$(call quiet,AR,$@)$(AR) rcs $@ $^

.PRECIOUS: $(BUILD)/fuzz/obj/%.o
$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/fuzz/wings.a Makefile
	$(call quiet,FUZZ,$<)$(FUZZ_COMPILE) -fsanitize=fuzzer,address,undefined -o $@ $< $(BUILD)/fuzz/wings.a \
		$(LDFLAGS) $(PACKAGE_LIBS)

fuzz: deps
	@+$(MAKE) --no-print-directory -j2 $(BUILD)/aavmf-vars $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%)
	@tests/fuzz/run $(BUILD) $(FUZZ_SECONDS)

# All tests with coverage counting. Killed programs and the rehearsal guest, which another machine runs, do not count.
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

hosts:
	@tools/hosts $(HOSTS)

macos-check musl-check:
	@tools/cross-check $(@:-check=)

format:
	@git ls-files "*.c" "*.h" | xargs clang-format -i

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
