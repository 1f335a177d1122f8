# SPDX-License-Identifier: GPL-2.0

# The commands for people. The kernel's build reads Kbuild alone.

# The program that makes the Rust metadata of a kernel, for people who have not installed it.
KERNEL_RUST_METADATA := $(if $(shell command -v kernel-rust-metadata),kernel-rust-metadata,sh install/kernel-rust-metadata)
# An editor also sees compat-probe, and the build script of the driver.
driver-host := compat_probe=probes/src/lib.rs compat_probe_command=probes/src/main.rs build=base0fs/build.rs
# What the module is made of, and the targets module, probe, clean and rust-project.json.
include Kbuild

.PHONY: install uninstall dist distclean demo check check-build check-guests check-debug check-install matrix lowers known-tests bench bench-probe vm clippy doc help

# The scripts take their settings from the environment, as make passes on those of its command line.
install uninstall:
	+@$(if $(shown_only),echo,MAKE="$(MAKE)") install/$@

dist:
	@install/dist

distclean: clean
	@rm -rf build target

# The kernel's target is a JSON file. Newer versions of cargo accept one only with a flag.
json_target = $(if $(shell RUSTC_BOOTSTRAP=1 cargo -Z help 2>/dev/null | grep json-target-spec),-Zjson-target-spec)

# Lints with the kernel's flags. Needs the answers and the bindings, so the module is built first.
clippy: module
	@RUSTC_BOOTSTRAP=1 cargo $(json_target) clippy --quiet --no-deps --package base0fs --config gen/cargo.toml \
		-- -D warnings

# The reference of the driver and compat, with the flags of the kernel and its answers, and that of compat-probe. A
# warning is an error. All of the module is private to it, and all of it is shown. Some kernels name files relative to
# their build directory.
RUSTDOC ?= $(patsubst %rustc,%rustdoc,$(RUSTC))
rustdoc = $(call program,$(RUSTDOC)) --document-private-items --out-dir "$(CURDIR)/target/doc" -Dwarnings
doc: module
	@rm -rf target/doc
	@$(rustdoc) --edition=2021 --crate-name=compat_probe probes/src/lib.rs
	@cd "$(KDIR)" && xargs -a "$(CURDIR)/gen/rustc.args" -d '\n' env RUSTC_BOOTSTRAP=1 RUST_MODFILE=$(driver-name) \
		COMPAT_GEN="$(CURDIR)/gen" OBJTREE="$$(sed -n 's/^OBJTREE = "\(.*\)"$$/\1/p' "$(CURDIR)/gen/cargo.toml")" \
		$(rustdoc) -Arustdoc::private_intra_doc_links -Zunstable-options --enable-index-page --crate-name=$(driver-name) \
		@"$(CURDIR)/gen/compat.cfg" --extern bindings="$(CURDIR)/gen/libcompat_bindings.rmeta" \
		"$(CURDIR)/base0fs/base0fs.rs"
	@echo 'Begin with target/doc/base0fs/compat/index.html; target/doc/compat_probe/index.html is that of the probes.'

demo:
	@lab/demo

check:
	@lab/check

check-build:
	@lab/check-build

check-guests:
	@lab/check-guests

check-debug:
	@lab/check-debug

check-install:
	@lab/check-install

matrix:
	@lab/matrix

lowers:
	@lab/lowers

known-tests:
	@lab/known-tests

bench:
	@lab/benchmark

bench-probe:
	@lab/bench-probe

vm:
	@lab/vm-shell

help:
	@echo 'KDIR=$(KDIR)'
	@echo '  make                    $(driver-name).ko for the kernel in KDIR'
	@echo '  make install            builds base0fs, proves it on the running kernel, and installs it (root)'
	@echo '                          WHEN=boot proves it at the next boot; prefix, DESTDIR and INSTALL_MOD_PATH as everywhere'
	@echo '  make uninstall          removes what make install has installed'
	@echo '  make dist               build/base0fs-VERSION.tar.gz and .tar.xz, which build without network and without git'
	@echo '  make probe              prints which form of each interface that kernel has'
	@echo '  make clean              removes what was built for a kernel'
	@echo '  make distclean          also removes what cargo and the virtual machines have built (target, build)'
	@echo '  make clippy             lints the driver with the flags of that kernel'
	@echo '  make doc                the reference of compat, the driver and compat-probe, in target/doc'
	@echo '  make rust-project.json  describes the driver for rust-analyzer (KSRC=DIR if KDIR does not lead to the sources)'
	@echo 'With virtual machines (root; the first run downloads and builds kernels):'
	@echo '  make demo               shows base0fs working on the distribution'"'"'s own kernel'
	@echo '  make check              runs what each change has to pass: lints, and tests on three kernels'
	@echo '  make check-build        builds and installs also with broken compilers, wrong headers and missing programs'
	@echo '  make check-guests       runs all tests on two kernels of the distribution'
	@echo '  make check-debug        runs the tests on kernels that check every access to memory, with allocations that fail'
	@echo '  make check-install      installs, upgrades and removes base0fs in every way, on a Debian machine'
	@echo '  make matrix             runs the tests on every kernel that base0fs supports, and writes docs/matrix.md'
	@echo '  make lowers             runs the selftests over every kind of lower filesystem, and writes docs/lowers.md'
	@echo '  make known-tests        runs well-known test suites of others, on a directory and through base0fs'
	@echo '  make bench              counts the instructions of each operation, and writes docs/performance.md'
	@echo '  make bench-probe        measures what asking all questions costs, and writes docs/probing.md'
	@echo '  make vm                 a shell in a virtual machine with the module loaded'
