# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Repeating the selftests in guests that are idle or under load.

# soak_boot: the kernel's command line. The clock advances by ticks only, of some milliseconds each.
soak_boot() { say "kmemleak=off nohz=off highres=off clocksource=jiffies"; }

# soak_job STATE SECONDS [CASE-OPTIONS]: prints the shell text for a guest; STATE is idle or busy.
soak_job() { say "state=$1; seconds=$2; cases='${3:-}'; . ./soak.sh"; }
