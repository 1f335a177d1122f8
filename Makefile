# SPDX-License-Identifier: GPL-2.0

# The commands for people. The kernel's build reads Kbuild instead of this file.

# The directory that kernel-rust-metadata has made, if the kernel's headers lack the Rust metadata.
ifndef KDIR
KDIR := $(or $(shell sh install/kernel-rust-metadata --path $$(uname -r) 2>/dev/null),/lib/modules/$(shell uname -r)/build)
endif

RUSTC ?= rustc
BINDGEN ?= bindgen
# If there is no rustc in the PATH, RUSTC also compiles what runs on this machine, such as compat-probe.
HOSTRUSTC ?= $(if $(shell command -v rustc 2>/dev/null),rustc,$(RUSTC))

.DEFAULT_GOAL := module
.PHONY: module probe install uninstall dist clean distclean demo check check-install known-tests vm clippy doc help rust-project.json

# The kernel's build runs in its own directory, so a relative path to a program is made absolute.
program = $(if $(findstring /,$(1)),$(if $(word 2,$(1)),$(1),$(abspath $(1))),$(1))
tools = RUSTC="$(call program,$(RUSTC))" HOSTRUSTC="$(call program,$(HOSTRUSTC))" BINDGEN="$(call program,$(BINDGEN))"
# Debugging information names sources relative to the tree. See compat_remap in Kbuild.
kbuild = $(MAKE) -C $(KDIR) M=$(CURDIR) $(tools) KCFLAGS='$(subst ','\'',$(KCFLAGS)) -ffile-prefix-map=$(CURDIR)=.' --no-print-directory
ready = $(tools) sh probes/ready.sh "$(KDIR)"

# make -n, -t and -q run a line that has $(MAKE) in it all the same.
short_options = $(filter-out --%,$(firstword -$(MAKEFLAGS)))
shown_only = $(strip $(foreach option,n t q,$(findstring $(option),$(short_options))))

# A failed build leaves no module, not even an older one.
no_module = { $(if $(shown_only),,rm -f base0fs.ko;) exit 1; }
module:
	@$(ready) || $(no_module)
	+@$(kbuild) modules || $(no_module)

# Builds only what the probes need, so it works for a kernel that the driver does not compile for yet.
probe:
	@$(ready)
	+@output=$$($(kbuild) gen/compat_info.o 2>&1) || { echo "$$output" | grep -v '^make' >&2; exit 1; }
	@gen/compat-probe table --out gen

# The scripts take their settings from the environment, as make passes on those of its command line.
install uninstall:
	+@$(if $(shown_only),echo,MAKE="$(MAKE)") install/$@

dist:
	@install/dist

# Works without the kernel's build directory, which may have been removed. Keeps what cargo and the lab have built
# (target, build): these take long to build, and are not part of the module.
clean:
	@rm -rf gen rust-project.json
	@find . \( -name .git -o -path ./build -o -path ./target \) -prune -o -type f \( -name '*.ko' -o -name '*.o' \
		-o -name '*.a' -o -name '*.mod' -o -name '*.mod.c' -o -name '*.rmeta' -o -name '*.d' -o -name '.*.cmd' \
		-o -name Module.symvers -o -name modules.order \) -exec rm -f {} +

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
	@cd "$(KDIR)" && xargs -a "$(CURDIR)/gen/rustc.args" -d '\n' env RUSTC_BOOTSTRAP=1 RUST_MODFILE=base0fs \
		COMPAT_GEN="$(CURDIR)/gen" OBJTREE="$$(sed -n 's/^OBJTREE = "\(.*\)"$$/\1/p' "$(CURDIR)/gen/cargo.toml")" \
		$(rustdoc) -Arustdoc::private_intra_doc_links -Zunstable-options --enable-index-page --crate-name=base0fs \
		@"$(CURDIR)/gen/compat.cfg" --extern bindings="$(CURDIR)/compat/bindings/libcompat_bindings.rmeta" \
		"$(CURDIR)/base0fs/base0fs.rs"
	@echo 'Begin with target/doc/base0fs/compat/index.html; target/doc/compat_probe/index.html is that of the probes.'

# Describes everything that the kernel's build compiles, for rust-analyzer. cargo builds the selftests. An editor can
# use both: "rust-analyzer.linkedProjects": ["rust-project.json", "selftests/Cargo.toml"].
rust-project.json: module
	@gen/compat-probe rust-project --kernel "$(KDIR)" $(if $(KSRC),--kernel-source "$(KSRC)") --rustc "$(RUSTC)" \
		--rustc-args gen/rustc.args --out gen --module base0fs/base0fs.rs \
		--bindings bindings=compat/bindings/compat_bindings.rs --host compat_probe=probes/src/lib.rs \
		--host compat_probe_command=probes/src/main.rs --host build=base0fs/build.rs --file $@

demo:
	@lab/demo

check:
	@lab/check

check-install:
	@lab/check-install

known-tests:
	@lab/known-tests

vm:
	@lab/vm-shell

help:
	@echo 'KDIR=$(KDIR)'
	@echo '  make                    base0fs.ko for the kernel in KDIR'
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
	@echo '  make check              runs all checks and tests, on two kernels'
	@echo '  make check-install      installs, upgrades and removes base0fs in every way, on a Debian machine'
	@echo '  make known-tests        runs well-known test suites of others, on a directory and through base0fs'
	@echo '  make vm                 a shell in a virtual machine with the module loaded'
