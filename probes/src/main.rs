// SPDX-License-Identifier: GPL-2.0

//! The command `compat-probe`. `compat-probe help` lists its subcommands and options.

use std::process::ExitCode;

fn main() -> ExitCode {
    compat_probe::command::run(std::env::args_os().skip(1))
}
