# A thin front to Meson.  `make` builds into build/; build/bin has every name.
#
#   make quickstart   on a fresh machine: packages, build, a running lab
#   make check        everything that can be tested, and that nothing is left
#   make install      DESTDIR and PREFIX (/usr/local) as usual
#   make help         all targets

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= gcc
ifeq ($(origin CC),default)
CC = gcc
endif
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
FUZZ_SECONDS ?= 10

SOURCES = $(shell git ls-files -co --exclude-standard '*.c' '*.h' \
	2>/dev/null || find src tests bench -name '*.[ch]')

.PHONY: all help deps quickstart check check-escape check-vm unit system \
	lint escape install uninstall fmt bench fuzz sanitize clean

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) -j $(JOBS)

$(BUILD)/build.ninja:
	@CC='$(CC)' meson setup $(BUILD) --prefix '$(PREFIX)'

help:
	@echo 'all         build into $(BUILD)/, the commands in $(BUILD)/bin'
	@echo 'deps        install the Debian packages of packages.txt (root)'
	@echo 'quickstart  deps, all, and the lab examples/snort-lab running'
	@echo 'check       deps, all, every test; then look for leftovers (root)'
	@echo 'unit system lint escape   one suite of check'
	@echo 'check-escape the ways out of a jail, each tried (tests/escape)'
	@echo 'check-vm    system and escape tests on Debian 12'\''s own kernel, in a'
	@echo '            virtual machine; CASES=marked: those that need it'
	@echo 'sanitize    unit and golden tests under ASan and UBSan'
	@echo 'fuzz        each fuzzer for FUZZ_SECONDS=$(FUZZ_SECONDS)'
	@echo 'bench       compare with ip(8), runc and bare system calls (root)'
	@echo 'install     into DESTDIR/PREFIX; uninstall removes exactly that'
	@echo 'fmt         clang-format'
	@echo 'clean       remove the build directories'

deps:
	@tools/deps.sh packages.txt

# Without a network the rest may still do: what is missing will say so.
quickstart:
	@tools/deps.sh packages.txt || echo 'make: going on without them' >&2
	@$(MAKE) --no-print-directory all
	@tools/quickstart.sh $(BUILD)

check:
	@tools/deps.sh packages.txt || echo 'make: going on without them' >&2
	@$(MAKE) --no-print-directory all
	@tools/check.sh $(BUILD)

unit system lint escape: all
	@tools/check.sh $(BUILD) $@

check-escape: escape

check-vm:
	@tools/deps.sh packages.txt || echo 'make: going on without them' >&2
	@tools/deps.sh packages-vm.txt
	@$(MAKE) --no-print-directory all
	@tests/vm/check $(BUILD) $(CASES)

sanitize:
	@[ -f build-asan/build.ninja ] || CC='$(CC)' meson setup build-asan \
		-Db_sanitize=address,undefined -Db_lundef=false \
		-Doptimization=1 -Dc_args=-Wno-format-truncation
	@ninja -C build-asan -j $(JOBS)
	@tools/check.sh build-asan unit golden

fuzz:
	@tools/fuzz.sh $(FUZZ_SECONDS)

bench: all
	@bench/run --build $(BUILD)

install: all
	@tools/install.sh install $(BUILD) '$(DESTDIR)' '$(PREFIX)'

uninstall:
	@tools/install.sh uninstall $(BUILD) '$(DESTDIR)' '$(PREFIX)'

fmt:
	@clang-format -i $(SOURCES)

clean:
	@rm -rf build build-asan build-clang build-fuzz
