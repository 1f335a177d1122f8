// SPDX-License-Identifier: GPL-2.0

//! The part of the target kernel's C API that compat uses, as bindgen read it from the headers.
//!
//! This is a crate of its own, so that it is compiled once for the probes, the module, clippy and
//! rust-analyzer. It depends on `core` alone. The kernel's own `bindings` crate cannot replace it:
//! that crate leaves most of the VFS opaque, and its contents differ from release to release.

#![allow(unknown_lints)]
#![allow(
    clippy::all,
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unnecessary_transmutes,
    unreachable_pub,
    unsafe_op_in_unsafe_fn
)]

/// C's integer types in the kernel: `char` is unsigned, and `long` has the size of a pointer.
#[allow(missing_docs)]
pub mod ffi {
    pub use core::ffi::c_void;
    pub type c_char = u8;
    pub type c_schar = i8;
    pub type c_uchar = u8;
    pub type c_short = i16;
    pub type c_ushort = u16;
    pub type c_int = i32;
    pub type c_uint = u32;
    pub type c_long = isize;
    pub type c_ulong = usize;
    pub type c_longlong = i64;
    pub type c_ulonglong = u64;
}

#[allow(missing_docs)]
pub type __kernel_size_t = usize;
#[allow(missing_docs)]
pub type __kernel_ssize_t = isize;
#[allow(missing_docs)]
pub type __kernel_ptrdiff_t = isize;

include!(concat!(env!("COMPAT_GEN"), "/bindings.rs"));
