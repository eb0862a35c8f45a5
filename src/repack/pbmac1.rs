//! A MAC by PBMAC1 (RFC 9879), the only one that OpenSSL's FIPS provider checks.
#![allow(unsafe_code, reason = "this OpenSSL function has no safe binding")]

use openssl::error::ErrorStack;
use openssl::pkcs12::Pkcs12;

/// In bytes. FIPS wants 16 of them at least (SP 800-132).
const SALT: usize = 16;

/// Puts the MAC in the place of the one that is there: HMAC and PBKDF2, both with SHA-256.
#[cfg(feature = "vendored")]
pub(super) fn set(p12: &Pkcs12, password: &str, iterations: u32) -> Result<(), ErrorStack> {
    use foreign_types_shared::ForeignType as _;
    use std::ffi::{c_char, c_int, c_uchar};

    use openssl::hash::MessageDigest;
    use openssl_sys as ffi;

    unsafe extern "C" {
        fn PKCS12_set_pbmac1_pbkdf2(
            p12: *mut ffi::PKCS12,
            password: *const c_char,
            password_length: c_int,
            salt: *mut c_uchar,
            salt_length: c_int,
            iterations: c_int,
            digest: *const ffi::EVP_MD,
            prf: *const c_char,
        ) -> c_int;
    }

    let mut salt = [0; SALT];
    openssl::rand::rand_bytes(&mut salt)?;
    let letters = c_int::try_from(password.len()).map_err(|_| ErrorStack::get())?;
    let iterations = c_int::try_from(iterations).map_err(|_| ErrorStack::get())?;
    // SAFETY: `p12` is a live PKCS12, which nobody else holds; password and salt have these lengths, and OpenSSL copies
    // what it keeps; the name of the digest ends with a NUL.
    let done = unsafe {
        let (digest, name) = (MessageDigest::sha256().as_ptr(), c"SHA256".as_ptr());
        let password = password.as_ptr().cast();
        PKCS12_set_pbmac1_pbkdf2(
            p12.as_ptr(),
            password,
            letters,
            salt.as_mut_ptr(),
            SALT as c_int,
            iterations,
            digest,
            name,
        )
    };
    if done == 1 { Ok(()) } else { Err(ErrorStack::get()) }
}

/// The system's OpenSSL may be older than 3.4, which has the function first.
#[cfg(not(feature = "vendored"))]
pub(super) fn set(_: &Pkcs12, _: &str, _: u32) -> Result<(), ErrorStack> {
    Err(ErrorStack::get())
}
