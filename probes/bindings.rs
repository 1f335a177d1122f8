// SPDX-License-Identifier: GPL-2.0

//! The part of the target kernel's C API that a driver uses, as bindgen read it from the headers.
//!
//! The build compiles a copy of this file as the crate `bindings`. It is a crate of its own, so that
//! it is compiled once for the probes, the module, clippy and rust-analyzer. It depends on `core`
//! alone. The kernel's own `bindings` crate cannot replace it: that crate has only what the kernel's
//! own Rust code uses, and its contents differ from release to release.

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

/// Lists the answers to a question: the value of the cfg, and the module that it selects.
///
/// The macro declares the selected module, and re-exports its `Answer`, the type that implements
/// the question's trait. So the rest of a driver names each answer `<question>::Answer`. This is
/// the only place with a cfg for a difference between kernels.
///
/// - Each answer file declares an `Answer` of its own, because a trait cannot be implemented twice
///   for one type. Glob re-exports of the same name are an error only where the name is used.
///   compat-probe can therefore compile all answers together.
/// - The name stands twice because a cfg takes a literal only, and `mod` an identifier only.
///   compat-probe rejects a pair that differs.
/// - rustfmt does not follow modules that a macro declares: it has to be given the answer files.
#[macro_export]
macro_rules! answers {
    ($question:ident: $($value:literal => $answer:ident),+ $(,)?) => {
        $(
            #[cfg($question = $value)]
            mod $answer;
            #[cfg($question = $value)]
            pub(crate) use $answer::*;
        )+
    };
}

/// States the exact types of C functions: `bindings::dput: fn(*mut dentry);`.
///
/// A call alone accepts more than one type. A null pointer fits every parameter that is a pointer,
/// a pointer that may be written fits one that may not, and nobody has to look at a result. So a
/// file that calls a function also states its type, and does not compile on a kernel that has
/// another one. The constants have no name and no code.
#[macro_export]
macro_rules! signatures {
    ($($function:path: fn($($parameter:ty),* $(,)?) $(-> $result:ty)?;)+) => {
        $(
            const _: unsafe extern "C" fn($($parameter),*) $(-> $result)? = $function;
        )+
    };
}

/// States the exact types of members: `bindings::inode { i_mode: umode_t, i_flags: c_uint }`.
///
/// A cast accepts every width and a read of a pointer every type behind it. As for [`signatures!`],
/// the constants have no name and no code.
#[macro_export]
macro_rules! members {
    ($($bindings:ident::$structure:ident { $($member:ident: $type:ty),+ $(,)? })+) => {
        $($(
            const _: fn(*const $bindings::$structure) -> *const $type =
                // SAFETY: Never called.
                |it| unsafe { ::core::ptr::addr_of!((*it).$member) };
        )+)+
    };
}

include!(concat!(env!("COMPAT_GEN"), "/bindings.rs"));
