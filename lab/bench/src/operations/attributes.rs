// SPDX-License-Identifier: GPL-2.0

//! Attributes and locks.

use std::fs;
use std::io;

use rustix::fs::{
    chmodat, fcntl_lock, flock, getxattr, listxattr, setxattr, utimensat, AtFlags, FlockOperation,
    Mode, Timespec, Timestamps, XattrFlags, CWD,
};

use crate::meter::Meter;
use crate::operation::{file, Operation, Place};

pub const OPERATIONS: &[Operation] = &[
    Operation {
        name: "chmod",
        run: change_mode,
    },
    Operation {
        name: "utimensat",
        run: change_times,
    },
    Operation {
        name: "setxattr",
        run: set_attribute,
    },
    Operation {
        name: "getxattr",
        run: get_attribute,
    },
    Operation {
        name: "listxattr",
        run: list_attributes,
    },
    Operation {
        name: "record lock, unlock",
        run: record_lock,
    },
    Operation {
        name: "flock, unlock",
        run: whole_lock,
    },
];

const ATTRIBUTE: &str = "user.bench";

fn change_mode(_: &Place, meter: &mut Meter) -> io::Result<()> {
    file("file", 0)?;
    let mut mode = Mode::RUSR;
    meter.measure(20, || {
        mode ^= Mode::WUSR;
        Ok(chmodat(CWD, "file", mode, AtFlags::empty())?)
    })
}

fn change_times(_: &Place, meter: &mut Meter) -> io::Result<()> {
    file("file", 0)?;
    let mut second = 0;
    meter.measure(20, || {
        second ^= 1;
        let time = Timespec {
            tv_sec: second,
            tv_nsec: 0,
        };
        let times = Timestamps {
            last_access: time,
            last_modification: time,
        };
        Ok(utimensat(CWD, "file", &times, AtFlags::empty())?)
    })
}

fn set_attribute(_: &Place, meter: &mut Meter) -> io::Result<()> {
    file("file", 0)?;
    let mut value = 0;
    meter.measure(20, || {
        value ^= 1;
        Ok(setxattr("file", ATTRIBUTE, &[value], XattrFlags::empty())?)
    })
}

fn get_attribute(_: &Place, meter: &mut Meter) -> io::Result<()> {
    file("file", 0)?;
    setxattr("file", ATTRIBUTE, b"value", XattrFlags::empty())?;
    let mut value = [0_u8; 16];
    meter.measure(50, || Ok(getxattr("file", ATTRIBUTE, &mut value)?))
}

fn list_attributes(_: &Place, meter: &mut Meter) -> io::Result<()> {
    file("file", 0)?;
    setxattr("file", ATTRIBUTE, b"value", XattrFlags::empty())?;
    let mut names = [0_u8; 256];
    meter.measure(50, || Ok(listxattr("file", &mut names)?))
}

fn record_lock(_: &Place, meter: &mut Meter) -> io::Result<()> {
    let open = fs::File::create("file")?;
    meter.measure(20, || {
        fcntl_lock(&open, FlockOperation::NonBlockingLockExclusive)?;
        Ok(fcntl_lock(&open, FlockOperation::NonBlockingUnlock)?)
    })
}

fn whole_lock(_: &Place, meter: &mut Meter) -> io::Result<()> {
    let open = fs::File::create("file")?;
    meter.measure(20, || {
        flock(&open, FlockOperation::NonBlockingLockExclusive)?;
        Ok(flock(&open, FlockOperation::NonBlockingUnlock)?)
    })
}
