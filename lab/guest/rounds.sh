# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Rounds of load, mount, use, unmount and unload leave memory where it was. `rounds` is their number.

# shellcheck source=guest/common.sh
. ./common.sh
# shellcheck source=guest/leaks.sh
. ./leaks.sh

rounds=${rounds:-1000}

round() {
	load
	cycle
	unload
}

# used: the pages that are in use after caches were dropped, in KiB, without those of caches. What processors keep to
# themselves is part of it, and differs by less than a page for each of many rounds.
used() { awk '{ value[$1] = $2 } END { print value["MemTotal:"] - value["MemFree:"] - value["Buffers:"] - value["Cached:"] }' /proc/meminfo; }

lower "${kind:-ext4}"
# The first rounds fill caches that stay.
for _ in $(seq 20); do round; done
objects >/tmp/objects.before
before=$(used)
for _ in $(seq "$rounds"); do round; done
leaks=$(left_behind /tmp/objects.before "$rounds")
after=$(used)
unlower
[ -z "$leaks" ] || fail "$rounds rounds left objects behind in the slab caches: $leaks"
ok "$rounds rounds of load, mount, use, unmount and unload leave no objects in the slab caches"
echo "# memory in use before: $before KiB, after: $after KiB"
[ $((after - before)) -lt $((rounds * 4)) ] || fail "$rounds rounds took $((after - before)) KiB of memory, a page or more each."
ok "they leave no page behind each"
