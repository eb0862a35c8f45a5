//! How far a call has come, for whoever watches it: the phases it has passed, and the bytes of its body.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A part of a call that can take time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The host name is looked up.
    Name,
    /// The TCP connection, and the proxy's handshake if there is one.
    Connect,
    /// The endpoint asks for a certificate.
    Requested,
    /// A certificate is sent.
    Sent,
    /// The TLS handshake.
    Tls,
    /// The head of the answer.
    Answer,
}

impl Phase {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name lookup",
            Self::Connect => "connection",
            Self::Requested => "certificate request",
            Self::Sent => "certificate sent",
            Self::Tls => "TLS handshake",
            Self::Answer => "answer",
        }
    }
}

#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes of the body handed to the connection so far.
    pub sent: AtomicU64,
    /// All bytes to send; zero while unknown.
    pub total: AtomicU64,
    /// Whether the last one has been handed over.
    pub(super) done: AtomicBool,
    /// The phases passed, with the time since the start of the call.
    passed: Mutex<Vec<(Phase, Duration)>>,
    start: Mutex<Option<Instant>>,
}

impl Progress {
    /// Whether the connection has taken the whole body.
    pub fn is_done(&self) -> bool {
        self.done.load(Ordering::Relaxed)
    }

    /// The phases passed since the one with this number, each with the time since the start of the call.
    pub fn passed_since(&self, number: usize) -> Vec<(Phase, Duration)> {
        let passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        passed.get(number..).map(<[_]>::to_vec).unwrap_or_default()
    }

    /// Sets time zero, and forgets the phases of an earlier call.
    pub fn start(&self, start: Instant) {
        *self.start.lock().unwrap_or_else(PoisonError::into_inner) = Some(start);
        self.passed.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Notes that a phase was passed. Each counts once; without a start none does.
    pub fn pass(&self, phase: Phase) {
        let Some(start) = *self.start.lock().unwrap_or_else(PoisonError::into_inner) else { return };
        let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        if passed.iter().all(|(earlier, _)| *earlier != phase) {
            passed.push((phase, start.elapsed()));
        }
    }

    pub(super) fn begin(&self, total: Option<u64>) {
        self.sent.store(0, Ordering::Relaxed);
        self.total.store(total.unwrap_or(0), Ordering::Relaxed);
        self.done.store(total == Some(0), Ordering::Relaxed);
    }
}
