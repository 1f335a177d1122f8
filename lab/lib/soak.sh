# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The suite again and again, in guests that are idle or have too much to do.

# soak_boot: the kernel's command line. The clock is a slow one: it advances by ticks alone, of some milliseconds.
soak_boot() { say "kmemleak=off nohz=off highres=off clocksource=jiffies"; }

# soak_job STATE SECONDS [CASE-OPTIONS]: the shell text that a guest runs; STATE is idle or busy.
soak_job() { say "beside=$1; seconds=$2; cases='${3:-}'; . ./soak.sh"; }
