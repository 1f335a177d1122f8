# SPDX-License-Identifier: GPL-2.0

# Builds a stacking filesystem on compat. Its Makefile sets driver-name, driver-root and, if it has any, driver-objects
# (probes/driver.mk says what they are), and includes this file. The root declares compat as a module.

compat_dir := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
compat := $(abspath $(compat_dir))
driver-questions := $(compat)/shims.rs
driver-support   := $(compat)/raw.rs
driver-header    := $(compat)/bindings/header.h
driver-headers   := $(compat)/bindings/helpers.h
driver-bindgen   := $(compat)/bindings/bindgen.args
include $(dir $(compat_dir))probes/driver.mk
