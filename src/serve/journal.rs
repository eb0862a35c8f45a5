//! The log, one line per request, and the metrics for Prometheus. Neither holds a secret.

use std::sync::Arc;
use std::time::Instant;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use serde_json::json;

use super::origin::Origin;
use super::presence::Presence;
use super::tls::ServerIdentity;
use super::writer::{Log, Writer};
use crate::certificate;

type Labels = Vec<(&'static str, String)>;

/// Where lines go, and what is counted.
pub(super) struct Journal {
    pub(super) writer: Writer,
    registry: Registry,
    requests: Family<Labels, Counter>,
    outcomes: Family<Labels, Counter>,
    expiry: Gauge,
    running: Gauge,
    sent: Counter,
    /// Connections above the limit.
    pub(super) turned_away: Counter,
    seconds: Histogram,
}

impl Journal {
    /// A journal that writes to `log`. The expiry of the certificate is among its metrics, if there is one.
    pub(super) fn new(log: Log, certificate: Option<&ServerIdentity>) -> Self {
        let writer = Writer::new(log);
        let mut registry = Registry::with_prefix("p12_test");
        let (requests, outcomes) =
            (Family::<Labels, Counter>::default(), Family::<Labels, Counter>::default());
        let (expiry, running) = (Gauge::default(), Gauge::default());
        let (sent, turned_away) = (Counter::default(), Counter::default());
        let seconds = Histogram::new(exponential_buckets(0.005, 3.0, 9));
        registry.register("requests", "Requests answered, by route and status", requests.clone());
        let help = "Requests answered, by class of status, kind of fault and name of the credential";
        registry.register("outcomes", help, outcomes.clone());
        let help = "When the certificate of the server expires, in seconds since 1970";
        if certificate.is_some() {
            registry.register_with_unit("certificate_expiry_timestamp", help, Unit::Seconds, expiry.clone());
        }
        registry.register("requests_running", "Requests in progress", running.clone());
        registry.register_with_unit("sent", "Bytes of bodies in answers", Unit::Bytes, sent.clone());
        let help = "Connections refused above the limit";
        registry.register("connections_turned_away", help, turned_away.clone());
        let help = "Lines of the log that were dropped, as nobody read them";
        registry.register("log_lines_dropped", help, writer.all_dropped.clone());
        let help = "Time from the head of a request to the end of its answer";
        registry.register_with_unit("duration", help, Unit::Seconds, seconds.clone());
        let journal =
            Self { writer, registry, requests, outcomes, expiry, running, sent, turned_away, seconds };
        journal.note_certificate(certificate);
        journal
    }

    /// Tells the operator something that belongs to no request.
    pub(super) fn tell(&self, what: &str, text: &str) {
        self.writer.write(json!({"time": certificate::timestamp(), what: text}));
    }

    /// Notes which certificate is shown to clients from now on.
    pub(super) fn note_certificate(&self, certificate: Option<&ServerIdentity>) {
        if let Some(seconds) = certificate.and_then(|certificate| certificate.expiry) {
            self.expiry.set(seconds);
        }
    }

    /// The metrics in OpenMetrics text.
    pub(super) fn encode_metrics(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = text::encode(&mut out, &self.registry);
        out
    }

    /// Starts the line of a request.
    pub(super) fn begin(self: &Arc<Self>, origin: Origin, presence: Arc<Presence>) -> LogEntry {
        self.running.inc();
        presence.begin_answer();
        LogEntry {
            journal: Arc::clone(self),
            began: Instant::now(),
            origin,
            presence,
            route: "unknown",
            status: 0,
            account: None,
            credential: None,
            forward: None,
            kind: None,
            reason: None,
            expected: None,
            sent: 0,
            is_head: false,
            end: RequestEnd::Gone,
        }
    }
}

/// One request. Its line is written when it is dropped: after the last byte of the answer.
pub(super) struct LogEntry {
    journal: Arc<Journal>,
    began: Instant,
    pub(super) origin: Origin,
    pub(super) presence: Arc<Presence>,
    pub(super) route: &'static str,
    pub(super) status: u16,
    pub(super) account: Option<String>,
    pub(super) credential: Option<Arc<str>>,
    /// Host and port of the forward URL. Its path and query may hold secrets.
    pub(super) forward: Option<String>,
    /// The kind of the error, if there was one.
    pub(super) kind: Option<&'static str>,
    /// What happened, in words: more than the client may know.
    pub(super) reason: Option<String>,
    /// The announced length of the answer, in bytes. Once it is reached, hyper asks for no more.
    pub(super) expected: Option<u64>,
    /// Bytes of the body that were sent, or would have been for GET.
    pub(super) sent: u64,
    /// Whether the request was HEAD, so that no body is sent (RFC 9110 section 9.3.2).
    pub(super) is_head: bool,
    pub(super) end: RequestEnd,
}

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestEnd {
    /// All of the answer was sent.
    Complete,
    /// The endpoint's answer broke off, and so did this one.
    Cut,
    /// The client went away first.
    Gone,
}

impl Drop for LogEntry {
    fn drop(&mut self) {
        self.presence.end_answer();
        let (journal, took) = (&self.journal, self.began.elapsed());
        let complete =
            self.end == RequestEnd::Complete || self.expected.is_some_and(|expected| self.sent >= expected);
        let sent = if self.is_head { 0 } else { self.sent };
        journal.running.dec();
        journal.sent.inc_by(sent);
        journal.seconds.observe(took.as_secs_f64());
        let labels = vec![("route", self.route.to_owned()), ("status", self.status.to_string())];
        journal.requests.get_or_create(&labels).inc();
        let labels = vec![
            ("class", format!("{}xx", self.status / 100)),
            ("kind", self.kind.unwrap_or_default().to_owned()),
            ("credential", self.credential.as_deref().unwrap_or_default().to_owned()),
        ];
        journal.outcomes.get_or_create(&labels).inc();
        journal.writer.write(json!({
            "time": certificate::timestamp(),
            "request_id": self.origin.id,
            "peer": self.origin.peer.to_string(),
            "client": self.origin.client.to_string(),
            "route": self.route,
            "status": self.status,
            "account": self.account,
            "credential": self.credential.as_deref(),
            "forward": self.forward,
            "kind": self.kind,
            "reason": self.reason,
            "bytes": sent,
            "complete": complete,
            "gone": !complete && self.end == RequestEnd::Gone,
            "milliseconds": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }));
    }
}
