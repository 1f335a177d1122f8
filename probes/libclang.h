/* SPDX-License-Identifier: GPL-2.0 */
/* bindgen reads this file, and libclang prints its version. bindgen has no option for that. */
#pragma message("libclang is " __clang_version__)
