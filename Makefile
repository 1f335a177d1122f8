# SPDX-License-Identifier: GPL-2.0

# What a person types. The kernel's build reads Kbuild instead, and comes back here for nothing.

KDIR ?= /lib/modules/$(shell uname -r)/build

RUSTC ?= rustc
BINDGEN ?= bindgen
# Where RUSTC is the only compiler that there is, it also compiles what runs here, such as compat-probe.
HOSTRUSTC ?= $(if $(shell command -v rustc 2>/dev/null),rustc,$(RUSTC))

.DEFAULT_GOAL := module
.PHONY: module probe clean distclean demo check vm clippy help rust-project.json

# A path to a program begins here, and the kernel's build runs in its own directory.
program = $(if $(findstring /,$(1)),$(if $(word 2,$(1)),$(1),$(abspath $(1))),$(1))
tools = RUSTC="$(call program,$(RUSTC))" HOSTRUSTC="$(call program,$(HOSTRUSTC))" BINDGEN="$(call program,$(BINDGEN))"
kbuild = $(MAKE) -C $(KDIR) M=$(CURDIR) $(tools) --no-print-directory
ready = $(tools) sh probes/ready.sh "$(KDIR)"

# A build that fails leaves no module, not even an older one.
module:
	@$(ready) || { rm -f base0fs.ko; exit 1; }
	+@$(kbuild) modules || { rm -f base0fs.ko; exit 1; }

# Asks, and builds no more than asking needs: a kernel can be asked before the driver compiles for it.
probe:
	@$(ready)
	+@said=$$($(kbuild) gen/compat_info.o 2>&1) || { echo "$$said" | grep -v '^make' >&2; exit 1; }
	@gen/compat-probe table --out gen

# Without the kernel's build, whose directory may be gone or another one. What cargo and the lab have built for this
# machine and for others (target, build) takes long to build again, and no module is made of it.
clean:
	@rm -rf gen rust-project.json
	@find . \( -name .git -o -path ./build -o -path ./target \) -prune -o -type f \( -name '*.ko' -o -name '*.o' \
		-o -name '*.a' -o -name '*.mod' -o -name '*.mod.c' -o -name '*.rmeta' -o -name '*.d' -o -name '.*.cmd' \
		-o -name Module.symvers -o -name modules.order \) -exec rm -f {} +

distclean: clean
	@rm -rf build target

# A kernel's target is a JSON file; newer cargos want to be told that this may be.
json_target = $(if $(shell RUSTC_BOOTSTRAP=1 cargo -Z help 2>/dev/null | grep json-target-spec),-Zjson-target-spec)

# The flags are the kernel's; it has to be built once, for the answers and the bindings.
clippy: module
	@RUSTC_BOOTSTRAP=1 cargo $(json_target) clippy --quiet --no-deps --package base0fs --config gen/cargo.toml \
		-- -D warnings

# All that the kernel's build compiles. The selftests are cargo's: an editor can be given both, such as by
# "rust-analyzer.linkedProjects": ["rust-project.json", "selftests/Cargo.toml"].
rust-project.json: module
	@gen/compat-probe rust-project --kernel "$(KDIR)" $(if $(KSRC),--kernel-source "$(KSRC)") --rustc "$(RUSTC)" \
		--rustc-args gen/rustc.args --out gen --module base0fs/base0fs.rs \
		--bindings bindings=compat/bindings/compat_bindings.rs --host compat_probe=probes/src/lib.rs \
		--host compat_probe_command=probes/src/main.rs --host build=base0fs/build.rs --file $@

demo:
	@lab/demo

check:
	@lab/check

vm:
	@lab/vm-shell

# What the file says above each target, as a table.
help:
	@echo 'KDIR=$(KDIR)'
	@echo '  make                    base0fs.ko for the kernel in KDIR'
	@echo '  make probe              which form of each interface that kernel has, as a table'
	@echo '  make clean              removes what was built for that kernel'
	@echo '  make distclean          removes what cargo and the virtual machines have left here (target, build) as well'
	@echo '  make clippy             lints the driver with the flags of that kernel'
	@echo '  make rust-project.json  the driver for rust-analyzer (with KSRC=DIR if KDIR does not lead to the kernel'"'"'s sources)'
	@echo 'With virtual machines (root; the first run downloads and builds kernels):'
	@echo '  make demo               shows it all working on the distribution'"'"'s own kernel'
	@echo '  make check              runs every check and test, on two kernels'
	@echo '  make vm                 a shell in a virtual machine with the module loaded'

# ---- installing; what is set on make's command line, such as prefix=/usr, reaches the scripts, and they say what there is
.PHONY: install uninstall dist
install uninstall dist:
	+@install/$@
