# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Scripts of operations that are drawn at random, on a directory and through the mount, over each lower filesystem. `seed`,
# `steps` and `minutes` are for each of them, `options` are others of `base0fs-selftest explore`.

# shellcheck source=guest/generated.sh
. ./generated.sh
generated explore ${steps:+--steps "$steps"} ${minutes:+--minutes "$minutes"}
