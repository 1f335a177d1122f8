// SPDX-License-Identifier: GPL-2.0

//! fs-verity: a file becomes read-only, and each read of it is verified.

use crate::case::{Case, Run};
use crate::ops::{iow, iowr, pattern, Command, RDONLY, RDWR};
use crate::outcome::{Expect, Outcome};
use crate::skipped;
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "verity",
    about: "fs-verity can be enabled and measured, and protects the file above and below",
    risk: "files whose content is to be verified may be changed, or not be verified",
    run: Run::Compared(run),
};

pub(super) const ENABLE: Command = iow("FS_IOC_ENABLE_VERITY", b'f', 133, 128);
pub(super) const MEASURE: Command = iowr("FS_IOC_MEASURE_VERITY", b'f', 134, 4);
pub(super) const READ_METADATA: Command = iowr("FS_IOC_READ_VERITY_METADATA", b'f', 135, 40);

fn run(dir: &TestDir) -> Outcome {
    dir.write_file("f", &pattern(1, 20_000))?;
    dir.write_file("below", &pattern(2, 20_000))?;
    // Version 1, SHA-256, blocks of 4096 bytes, no salt and no signature.
    let mut argument = [1_u32, 1, 4_096].map(u32::to_ne_bytes).concat();
    argument.resize(128, 0);
    let writer = dir.open("f", RDWR)?;
    let reader = dir.open("f", RDONLY)?;
    writer.ioctl(ENABLE, &mut argument).compared();
    reader.ioctl(ENABLE, &mut argument).compared();
    writer.close()?;
    let enabled = reader.ioctl(ENABLE, &mut argument);
    dir.below()
        .open("below", RDONLY)?
        .ioctl(ENABLE, &mut argument)
        .compared();
    if enabled.is_err() {
        skipped::report("fs-verity", "the lower filesystem does not support it");
    }
    for name in ["f", "below"] {
        let file = dir.open(name, RDONLY)?;
        let mut digest = [0; 68];
        digest[2] = 64;
        file.ioctl(MEASURE, &mut digest).compared();
        dir.record("digest", &digest.to_vec());
        let mut descriptor = vec![0_u8; 256];
        // The second type of metadata, from 0.
        let mut request = [2, 0, 256, descriptor.as_mut_ptr() as u64, 0]
            .map(u64::to_ne_bytes)
            .concat();
        file.ioctl(READ_METADATA, &mut request).compared();
        dir.record("descriptor", &descriptor);
        file.ioctl(ENABLE, &mut argument).compared();
        for dir in [dir, &dir.below()] {
            dir.open(name, RDWR).compared();
            dir.truncate(name, 5).compared();
            dir.chmod(name, 0o600)?;
            dir.read_file(name)?;
            dir.lstat(name)?;
        }
    }
    Ok(())
}
