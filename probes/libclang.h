/* SPDX-License-Identifier: GPL-2.0 */
/* Read by bindgen, whose libclang then says its version: bindgen has no option for that. */
#pragma message("libclang is " __clang_version__)
