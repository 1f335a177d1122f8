// SPDX-License-Identifier: GPL-2.0

//! Reading directories and making files without a name, for `compat/upper/file.rs` and
//! `compat/upper/opening.rs`.

use bindings::{
    cred, dir_context,
    ffi::{c_char, c_int},
    file, loff_t, mnt_idmap, path, umode_t,
};

bindings::signatures! {
    bindings::finish_open_simple: fn(*mut file, c_int) -> c_int;
    bindings::generic_read_dir: fn(*mut file, *mut c_char, usize, *mut loff_t) -> isize;
    bindings::iterate_dir: fn(*mut file, *mut dir_context) -> c_int;
    bindings::kernel_tmpfile_open: fn(
        *mut mnt_idmap,
        *const path,
        umode_t,
        c_int,
        *const cred,
    ) -> *mut file;
}

bindings::members! {
    bindings::dir_context { pos: loff_t }
}
