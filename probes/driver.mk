# SPDX-License-Identifier: GPL-2.0

# Builds a driver whose questions compat-probe answers. A driver's Makefile (or Kbuild) sets these variables, and
# includes this file. README.md has an example.
#
#   driver-name        the module, NAME.ko
#   driver-root        the Rust file of its root, which needs another name than NAME.rs
#   driver-questions   the file that lists the questions
#   driver-header      the C header that bindgen reads
#   driver-bindgen     the file with bindgen's arguments: the names that the driver uses
#
# The rest may be left out:
#
#   driver-support     files beside the list of questions that answers use
#   driver-controls    the directory of the negative controls (default: `controls` beside the questions)
#   driver-headers     C headers of the driver that driver-header includes
#   driver-objects     further objects of the module, such as extra.o
#   driver-inputs      files and directories outside of that of the driver which its own rules and makefiles read. If it is
#                      set, even to nothing, make does not enter the kernel's build while nothing has changed. What the
#                      compilers read need not be named
#   driver-description a sentence. If it is set, gen/module.rs has the macro module! for the type Module, with the name,
#                      this sentence, the license GPL and the names in driver-aliases; and the constant NAME. The root
#                      includes it. The name of the driver is then in no other file
#
# A path is absolute, or relative to the directory of the driver. The kernel's build sets obj and src before it reads a
# driver's Makefile, and then needs other rules than people do.

# The kernel's build decides about all flags. bindgen would take more flags of libclang from the environment, without
# which C is compiled: a setting of the kernel's configuration among them gives structures another layout in Rust alone.
# Both compilers would look for a header that KDIR lacks in these directories, where another one may have its name.
unexport $(filter BINDGEN_EXTRA_CLANG_ARGS%,$(.VARIABLES)) CPATH C_INCLUDE_PATH

include $(dir $(lastword $(MAKEFILE_LIST)))$(if $(obj),Kbuild.include,Makefile.include)
