//! Watches client authentication inside OpenSSL.
//!
//! The `openssl` crate binds none of the functions below. All are stable parts of OpenSSL's public API
//! (`SSL_set_msg_callback(3)`, `SSL_get_client_CA_list(3)`, `SSL_CTX_set_post_handshake_auth(3)`,
//! `SSL_CTX_set_security_callback(3)`). The message callback sees each handshake message and alert of the
//! connection, decrypted, in both directions: in the handshake, at a TLS 1.2 renegotiation and at a TLS 1.3
//! post-handshake request alike. What it records of the endpoint has arrived; what it records of us may still be waiting,
//! and `recorded.rs` knows whether it got there.
#![allow(unsafe_code, reason = "these OpenSSL functions have no safe binding")]

use std::ffi::{c_int, c_void};
use std::sync::OnceLock;

use foreign_types_shared::ForeignTypeRef;
use openssl::error::ErrorStack;
use openssl::ex_data::Index;
use openssl::ssl::{Ssl, SslContextBuilder, SslRef};
use openssl::stack::StackRef;
use openssl::x509::X509Name;
use openssl_sys as ffi;

use super::shared::Shared;
use super::tls_trace::TlsTrace;
use crate::evidence::{Message, Side};

/// The slot of a connection that holds its trace.
fn trace_index() -> Result<Index<Ssl, Shared<TlsTrace>>, ErrorStack> {
    static INDEX: OnceLock<Index<Ssl, Shared<TlsTrace>>> = OnceLock::new();
    if let Some(index) = INDEX.get() {
        return Ok(*index);
    }
    let index = Ssl::new_ex_index()?;
    Ok(*INDEX.get_or_init(|| index))
}

/// The trace of this connection, if it has one.
pub(super) fn trace_of(ssl: &SslRef) -> Option<&Shared<TlsTrace>> {
    ssl.ex_data(trace_index().ok()?)
}

/// Records the messages of this connection in `trace` from now on.
pub(super) fn record(ssl: &mut SslRef, trace: Shared<TlsTrace>) -> Result<(), ErrorStack> {
    ssl.set_ex_data(trace_index()?, trace);
    // SAFETY: `ssl` is a live SSL object; the callback has the signature that OpenSSL documents.
    unsafe { SSL_set_msg_callback(ssl.as_ptr(), Some(on_message)) };
    Ok(())
}

/// Answers requests for a certificate that come after a TLS 1.3 handshake (RFC 8446 section 4.6.2).
pub(super) fn allow_post_handshake(context: &mut SslContextBuilder) {
    // SAFETY: `context` is a live SSL_CTX.
    unsafe { ffi::SSL_CTX_set_post_handshake_auth(context.as_ptr(), 1) };
}

/// Allows a weak certificate of our own (RSA-1024, SHA-1) to be sent, as the question is whether the endpoint
/// accepts it. The endpoint's certificate must still follow OpenSSL's rules.
pub(super) fn allow_own_weakness(context: &mut SslContextBuilder) {
    // SAFETY: `context` is a live SSL_CTX; the callback has the signature that OpenSSL documents.
    unsafe {
        let usual = SSL_CTX_get_security_callback(context.as_ptr());
        USUAL_RULES.get_or_init(|| usual);
        SSL_CTX_set_security_callback(context.as_ptr(), Some(on_security));
    }
}

const HANDSHAKE: c_int = 22;
const ALERT: c_int = 21;

type MessageCallback = extern "C" fn(c_int, c_int, c_int, *const c_void, usize, *mut ffi::SSL, *mut c_void);
type SecurityCallback = extern "C" fn(
    *const ffi::SSL,
    *const ffi::SSL_CTX,
    c_int,
    c_int,
    c_int,
    *mut c_void,
    *mut c_void,
) -> c_int;

unsafe extern "C" {
    fn SSL_set_msg_callback(ssl: *mut ffi::SSL, callback: Option<MessageCallback>);
    fn SSL_get_client_CA_list(ssl: *const ffi::SSL) -> *mut ffi::stack_st_X509_NAME;
    fn SSL_CTX_get_security_callback(context: *const ffi::SSL_CTX) -> Option<SecurityCallback>;
    fn SSL_CTX_set_security_callback(context: *mut ffi::SSL_CTX, callback: Option<SecurityCallback>);
}

static USUAL_RULES: OnceLock<Option<SecurityCallback>> = OnceLock::new();

extern "C" fn on_message(
    written: c_int,
    version: c_int,
    content: c_int,
    bytes: *const c_void,
    length: usize,
    ssl: *mut ffi::SSL,
    _: *mut c_void,
) {
    if bytes.is_null() || ssl.is_null() || !matches!(content, HANDSHAKE | ALERT) {
        return;
    }
    // SAFETY: OpenSSL passes `length` readable bytes and the live connection, for the time of this call.
    let (message, ssl) =
        unsafe { (std::slice::from_raw_parts(bytes.cast::<u8>(), length), SslRef::from_ptr(ssl)) };
    let Some(trace) = trace_of(ssl) else { return };
    let mut trace = trace.lock();
    let from = if written == 1 { Side::Us } else { Side::Endpoint };
    let tls13 = version >= ffi::TLS1_3_VERSION;
    match (content, message) {
        (ALERT, [level, description]) => trace.add_step(from, classify_alert(*level, *description, tls13)),
        (HANDSHAKE, [kind, ..]) => {
            let what = Message::Handshake(*kind);
            trace.add_step(from, what);
            match (from, what) {
                (Side::Endpoint, Message::CERTIFICATE_REQUEST) => trace.add_request(message, tls13),
                (Side::Us, Message::CERTIFICATE) => {
                    trace.add_certificate(message, tls13, &read_issuers(ssl));
                }
                _ => {}
            }
        }
        _ => {}
    }
}

/// Whether an alert ends the connection: TLS 1.3 has no levels (RFC 8446 section 6).
fn classify_alert(level: u8, description: u8, tls13: bool) -> Message {
    const WARNING: u8 = 1;
    const USER_CANCELED: u8 = 90;
    let ends = match tls13 {
        true => description != USER_CANCELED,
        false => level != WARNING || description == 0,
    };
    if ends { Message::Alert(description) } else { Message::Warning(description) }
}

/// How many CAs are kept. A hostile endpoint may name any number.
const MAX_ISSUERS: usize = 1000;

/// The CAs named in the endpoint's last CertificateRequest.
fn read_issuers(ssl: &SslRef) -> Vec<X509Name> {
    // SAFETY: the list belongs to the live connection and is read at once; NULL means there is none.
    let names = unsafe {
        let list = SSL_get_client_CA_list(ssl.as_ptr());
        if list.is_null() {
            return Vec::new();
        }
        StackRef::<X509Name>::from_ptr(list)
    };
    names.iter().take(MAX_ISSUERS).filter_map(|name| name.to_owned().ok()).collect()
}

/// `SSL_SECOP_EE_KEY`, `SSL_SECOP_CA_KEY`, `SSL_SECOP_CA_MD`, each without `SSL_SECOP_PEER`: our own chain.
const OWN_CHAIN: [c_int; 3] = [0x6_0010, 0x6_0011, 0x6_0012];

extern "C" fn on_security(
    ssl: *const ffi::SSL,
    context: *const ffi::SSL_CTX,
    operation: c_int,
    bits: c_int,
    nid: c_int,
    other: *mut c_void,
    extra: *mut c_void,
) -> c_int {
    match USUAL_RULES.get().copied().flatten() {
        _ if OWN_CHAIN.contains(&operation) => 1,
        Some(usual) => usual(ssl, context, operation, bits, nid, other, extra),
        None => 1,
    }
}
