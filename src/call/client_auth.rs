//! Watching client authentication inside OpenSSL: the only `unsafe` code of the project.
//!
//! The `openssl` crate binds none of the functions below. All are stable parts of OpenSSL's public API
//! (`SSL_set_msg_callback(3)`, `SSL_get_client_CA_list(3)`, `SSL_CTX_set_post_handshake_auth(3)`,
//! `SSL_CTX_set_security_callback(3)`). The message callback sees each handshake message and alert of the
//! connection, decrypted, in both directions: in the handshake, at a TLS 1.2 renegotiation and at a TLS 1.3
//! post-handshake request alike. What it records of the endpoint was on the wire; what it records of us was on its way,
//! and `wire.rs` knows whether it got there.
#![allow(unsafe_code, reason = "these OpenSSL functions have no safe binding")]

use std::ffi::{c_int, c_void};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use foreign_types_shared::ForeignTypeRef;
use openssl::error::ErrorStack;
use openssl::ex_data::Index;
use openssl::ssl::{Ssl, SslContextBuilder, SslRef};
use openssl::stack::StackRef;
use openssl::x509::{X509Name, X509VerifyResult};
use openssl_sys as ffi;

use super::certificate_request;
use crate::evidence::{Certificate, Message, Side, Stage, Step};

/// What OpenSSL showed of one connection.
pub(super) struct Trace {
    start: Instant,
    /// Set once the first handshake is through; a request after it is a further one.
    pub(super) established: bool,
    pub(super) steps: Vec<Step>,
    pub(super) requests: Vec<Asked>,
    /// Whether the endpoint said goodbye (close_notify).
    pub(super) closed: bool,
    pub(super) distrust: Option<Distrust>,
}

/// A CertificateRequest, and whether our Certificate message that answered it held one.
pub(super) struct Asked {
    pub(super) stage: Stage,
    pub(super) issuers: Vec<X509Name>,
    pub(super) algorithms: Vec<String>,
    pub(super) sent: Option<bool>,
    /// When that message was made, since the start of the call.
    pub(super) answered: Duration,
}

/// Why the endpoint's chain did not verify: the first fault found.
#[derive(Clone)]
pub(super) struct Distrust {
    pub(super) result: X509VerifyResult,
    /// The certificates that verification had put together, leaf first.
    pub(super) chain: Vec<Certificate>,
    /// The certificate at fault.
    pub(super) at: Certificate,
}

/// A trace shared between the connection and the callbacks.
pub(super) type SharedTrace = Arc<Mutex<Trace>>;

impl Trace {
    /// A hostile endpoint may send messages without end; beyond so many none is kept.
    const MAX_STEPS: usize = 512;
    const MAX_REQUESTS: usize = 8;
    const MAX_ISSUERS: usize = 1000;

    /// An empty trace of a call that began then.
    pub(super) fn shared(start: Instant) -> SharedTrace {
        let trace = Self {
            start,
            established: false,
            steps: Vec::new(),
            requests: Vec::new(),
            closed: false,
            distrust: None,
        };
        Arc::new(Mutex::new(trace))
    }

    fn step(&mut self, from: Side, what: Message) {
        self.closed |= (from, &what) == (Side::Endpoint, &Message::Alert(0));
        if self.steps.len() < Self::MAX_STEPS {
            self.steps.push(Step { at: self.start.elapsed(), from, what });
        }
    }

    fn asked(&mut self, message: &[u8], version: c_int) {
        let stage = match (self.established, version >= ffi::TLS1_3_VERSION) {
            (false, _) => Stage::Handshake,
            (true, false) => Stage::Renegotiation,
            (true, true) => Stage::PostHandshake,
        };
        if self.requests.len() < Self::MAX_REQUESTS {
            let algorithms = certificate_request::algorithms(message, version >= ffi::TLS1_3_VERSION);
            let (issuers, answered) = (Vec::new(), Duration::ZERO);
            self.requests.push(Asked { stage, issuers, algorithms, sent: None, answered });
        }
    }

    fn answered(&mut self, message: &[u8], version: c_int, issuers: Vec<X509Name>) {
        if let Some(asked) = self.requests.last_mut().filter(|asked| asked.sent.is_none()) {
            asked.sent = Some(holds_certificate(message, version));
            asked.issuers = issuers;
            asked.answered = self.start.elapsed();
        }
    }
}

/// Reads a trace; a callback that panicked leaves what it had.
pub(super) fn lock(trace: &Mutex<Trace>) -> std::sync::MutexGuard<'_, Trace> {
    trace.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a Certificate message's list is not empty: RFC 5246 section 7.4.6, RFC 8446 section 4.4.2.
fn holds_certificate(message: &[u8], version: c_int) -> bool {
    let body = message.get(4..).unwrap_or_default();
    let context = match body.first() {
        Some(length) if version >= ffi::TLS1_3_VERSION => 1 + usize::from(*length),
        _ => 0,
    };
    body.get(context..context + 3).is_some_and(|length| length != [0, 0, 0])
}

/// Where a connection keeps its trace.
pub(super) fn trace_index() -> Result<Index<Ssl, SharedTrace>, ErrorStack> {
    static INDEX: OnceLock<Index<Ssl, SharedTrace>> = OnceLock::new();
    if let Some(index) = INDEX.get() {
        return Ok(*index);
    }
    let index = Ssl::new_ex_index()?;
    Ok(*INDEX.get_or_init(|| index))
}

/// Records the messages of this connection in `trace` from now on.
pub(super) fn watch(ssl: &mut SslRef, trace: SharedTrace) -> Result<(), ErrorStack> {
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

/// Lets a weak certificate of our own be sent (RSA-1024, SHA-1): that the endpoint takes it or not is the
/// question. What the endpoint shows stays under OpenSSL's own rules.
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
const CERTIFICATE: u8 = 11;
const CERTIFICATE_REQUEST: u8 = 13;

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
    let Some(trace) = trace_index().ok().and_then(|index| ssl.ex_data(index)) else { return };
    let from = if written == 1 { Side::Us } else { Side::Endpoint };
    match (content, message) {
        (ALERT, [level, description]) => lock(trace).step(from, alert(*level, *description, version)),
        (HANDSHAKE, [kind, ..]) => {
            let mut trace = lock(trace);
            trace.step(from, Message::Handshake(*kind));
            match (from, *kind) {
                (Side::Endpoint, CERTIFICATE_REQUEST) => trace.asked(message, version),
                (Side::Us, CERTIFICATE) => trace.answered(message, version, acceptable_issuers(ssl)),
                _ => {}
            }
        }
        _ => {}
    }
}

/// What an alert comes to: TLS 1.3 has no levels (RFC 8446 section 6).
fn alert(level: u8, description: u8, version: c_int) -> Message {
    const WARNING: u8 = 1;
    const USER_CANCELED: u8 = 90;
    let ends = match version >= ffi::TLS1_3_VERSION {
        true => description != USER_CANCELED,
        false => level != WARNING || description == 0,
    };
    if ends { Message::Alert(description) } else { Message::Warning(description) }
}

/// The CAs named in the endpoint's last CertificateRequest.
fn acceptable_issuers(ssl: &SslRef) -> Vec<X509Name> {
    // SAFETY: the list belongs to the live connection and is read at once; NULL means there is none.
    let names = unsafe {
        let list = SSL_get_client_CA_list(ssl.as_ptr());
        if list.is_null() {
            return Vec::new();
        }
        StackRef::<X509Name>::from_ptr(list)
    };
    names.iter().take(Trace::MAX_ISSUERS).filter_map(|name| name.to_owned().ok()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_certificate_message_holds_none_in_either_version() {
        assert!(!holds_certificate(&[11, 0, 0, 3, 0, 0, 0], ffi::TLS1_2_VERSION));
        assert!(!holds_certificate(&[11, 0, 0, 5, 1, 7, 0, 0, 0], ffi::TLS1_3_VERSION));
        assert!(holds_certificate(&[11, 0, 0, 4, 0, 0, 1, 9], ffi::TLS1_2_VERSION));
        assert!(holds_certificate(&[11, 0, 0, 6, 1, 7, 0, 0, 1, 9], ffi::TLS1_3_VERSION));
        assert!(!holds_certificate(&[11], ffi::TLS1_3_VERSION));
    }
}
