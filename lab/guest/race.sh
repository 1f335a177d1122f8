# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Each pair of operations at the same moment, above or above and below, over each lower filesystem. `seed`, `rounds` and
# `seconds` are for each of them, `options` are others of `base0fs-selftest race`.

# shellcheck source=guest/generated.sh
. ./generated.sh
# A truncation that meets a lease waits no longer.
echo 2 >/proc/sys/fs/lease-break-time
generated race ${rounds:+--rounds "$rounds"} ${seconds:+--seconds "$seconds"}
