// SPDX-License-Identifier: GPL-2.0

//! The names of the target kernel's C API that compat uses, as bindgen read them from its headers.
//!
//! A crate of its own, so that it is compiled once and serves the probes, the module, clippy and
//! rust-analyzer alike. It rests on `core` alone: the kernel's own `bindings` crate leaves most of
//! the VFS opaque, and differs from release to release.

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

/// The C types as the kernel means them: `char` is unsigned and `long` is pointer-sized.
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
