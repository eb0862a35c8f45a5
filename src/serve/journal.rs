//! The log, one line per request, and the metrics for Prometheus. Neither holds a secret.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use serde_json::json;

use super::Log;
use crate::certificate;

/// Where lines go, and what is counted.
pub(super) struct Journal {
    log: Log,
    registry: Registry,
    requests: Family<Vec<(&'static str, String)>, Counter>,
    running: Gauge,
    sent: Counter,
    turned_away: Counter,
    seconds: Histogram,
}

impl Journal {
    pub(super) fn new(log: Log) -> Self {
        let mut registry = Registry::with_prefix("p12_test");
        let requests = Family::<Vec<(&'static str, String)>, Counter>::default();
        let (running, sent, turned_away) = (Gauge::default(), Counter::default(), Counter::default());
        let seconds = Histogram::new(exponential_buckets(0.005, 3.0, 9));
        registry.register("requests", "Requests answered, by route and status", requests.clone());
        registry.register("requests_running", "Requests in progress", running.clone());
        registry.register_with_unit("sent", "Bytes of bodies in answers", Unit::Bytes, sent.clone());
        registry.register(
            "connections_turned_away",
            "Connections refused above the limit",
            turned_away.clone(),
        );
        registry.register_with_unit(
            "duration",
            "Time from the head of a request to the end of its answer",
            Unit::Seconds,
            seconds.clone(),
        );
        Self { log, registry, requests, running, sent, turned_away, seconds }
    }

    /// Counts a connection above the limit.
    pub(super) fn count_turned_away(&self) {
        self.turned_away.inc();
    }

    /// The metrics in OpenMetrics text.
    pub(super) fn encode_metrics(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = text::encode(&mut out, &self.registry);
        out
    }

    /// Starts the line of a request.
    pub(super) fn begin(self: &Arc<Self>, peer: SocketAddr) -> LogEntry {
        self.running.inc();
        LogEntry {
            journal: Arc::clone(self),
            began: Instant::now(),
            peer,
            route: "unknown",
            status: 0,
            account: None,
            credential: None,
            forward: None,
            kind: None,
            expected: None,
            sent: AtomicU64::new(0),
            complete: AtomicBool::new(false),
        }
    }
}

/// One request. Its line is written when it is dropped: after the last byte of the answer.
pub(super) struct LogEntry {
    journal: Arc<Journal>,
    began: Instant,
    peer: SocketAddr,
    pub(super) route: &'static str,
    pub(super) status: u16,
    pub(super) account: Option<String>,
    pub(super) credential: Option<Arc<str>>,
    /// Host and port of the forward URL. Its path and query may hold secrets.
    pub(super) forward: Option<String>,
    /// The kind of the error, if there was one.
    pub(super) kind: Option<&'static str>,
    /// The announced length of the answer, in bytes. Once it is reached, hyper asks for no more.
    pub(super) expected: Option<u64>,
    sent: AtomicU64,
    complete: AtomicBool,
}

impl LogEntry {
    pub(super) fn peer(&self) -> SocketAddr {
        self.peer
    }

    pub(super) fn add_sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn mark_complete(&self) {
        self.complete.store(true, Ordering::Relaxed);
    }
}

impl Drop for LogEntry {
    fn drop(&mut self) {
        let (journal, took) = (&self.journal, self.began.elapsed());
        let sent = *self.sent.get_mut();
        let complete = *self.complete.get_mut() || self.expected.is_some_and(|expected| sent >= expected);
        journal.running.dec();
        journal.sent.inc_by(sent);
        journal.seconds.observe(took.as_secs_f64());
        let labels = vec![("route", self.route.to_owned()), ("status", self.status.to_string())];
        journal.requests.get_or_create(&labels).inc();
        (journal.log)(&json!({
            "time": certificate::timestamp(),
            "peer": self.peer.to_string(),
            "route": self.route,
            "status": self.status,
            "account": self.account,
            "credential": self.credential.as_deref(),
            "forward": self.forward,
            "kind": self.kind,
            "bytes": sent,
            "complete": complete,
            "milliseconds": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }));
    }
}
