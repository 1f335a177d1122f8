# SPDX-License-Identifier: GPL-2.0

# What a person types. The kernel's build reads Kbuild instead, and comes back here for nothing.

KDIR ?= /lib/modules/$(shell uname -r)/build

RUSTC ?= rustc
BINDGEN ?= bindgen

.DEFAULT_GOAL := module
.PHONY: module probe install clean demo check vm clippy help

kbuild = $(MAKE) -C $(KDIR) M=$(CURDIR) --no-print-directory
ready = RUSTC=$(RUSTC) BINDGEN=$(BINDGEN) sh probes/ready.sh $(KDIR)

module:
	@$(ready)
	@$(kbuild) modules

probe:
	@$(ready)
	@$(kbuild) modules >gen.log 2>&1 || { cat gen.log >&2; rm -f gen.log; exit 1; }
	@rm -f gen.log
	@gen/compat-probe table --out gen

clean:
	@if [ -d $(KDIR) ]; then $(kbuild) clean; else rm -rf gen; fi
	rm -rf build target rust-project.json

# The flags are the kernel's; it has to be built once, for the answers and the bindings.
clippy: module
	@RUSTC_BOOTSTRAP=1 cargo clippy --quiet --no-deps --package base0fs --config gen/cargo.toml -- -D warnings

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
	@echo '  make clean              removes what was built here'
	@echo '  make clippy             lints the driver with the flags of that kernel'
	@echo '  make rust-project.json  the driver for rust-analyzer'
	@echo 'With virtual machines (root; the first run downloads and builds kernels):'
	@echo '  make demo               shows it all working on the distribution'"'"'s own kernel'
	@echo '  make check              runs every check and test, on two kernels'
	@echo '  make vm                 a shell in a virtual machine with the module loaded'
