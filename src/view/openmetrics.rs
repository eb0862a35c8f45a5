//! Metrics for Prometheus, written whole at the end: OpenMetrics text that node_exporter's textfile collector reads too.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use super::format::{Tested, View};
use crate::certificate::Certificate;
use crate::error::Result;
use crate::escape::escape;
use crate::evidence::{Evidence, Timings};
use crate::outcome::Outcome;

/// The results until the end. All are gauges: they say how it was at the last run.
#[derive(Debug, Default)]
pub struct OpenMetrics {
    success: Vec<Sample>,
    kind: Vec<Sample>,
    not_after: Vec<Sample>,
    requested: Vec<Sample>,
    duration: Vec<Sample>,
    status: Vec<Sample>,
    last_run: Vec<Sample>,
}

type Labels = Vec<(&'static str, String)>;

#[derive(Debug)]
struct Sample {
    labels: Labels,
    value: f64,
}

/// The most letters of a label. A certificate may have names of any length.
const LONGEST: usize = 512;

impl View for OpenMetrics {
    fn add(&mut self, tested: &Tested, _: u64) -> String {
        let outcome = &tested.outcome;
        let labels = labels(&tested.id, outcome);
        let passed = outcome.result.is_ok();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        add(&mut self.success, &labels, [], f64::from(u8::from(passed)));
        add(&mut self.kind, &labels, [("kind", outcome.kind_name().to_owned())], 1.0);
        add(&mut self.last_run, &labels, [], now.as_secs() as f64);
        if let Some(opened) = &outcome.p12 {
            let chain = opened.leaf.iter().chain(&opened.chain);
            add_chain(&mut self.not_after, &labels, "client", chain);
        }
        if let Some(answer) = &outcome.answer {
            add(&mut self.status, &labels, [], f64::from(answer.head.status.as_u16()));
        }
        if let Some(evidence) = &outcome.evidence {
            self.add_evidence(evidence, &labels);
        }
        String::new()
    }

    fn end(&mut self, _: u64, _: Duration) -> Result<String> {
        let mut registry = Registry::with_prefix("p12_test");
        registry.register_collector(Box::new(std::mem::take(self)));
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = text::encode(&mut out, &registry);
        Ok(out)
    }
}

impl OpenMetrics {
    fn add_evidence(&mut self, evidence: &Evidence, labels: &Labels) {
        add_chain(&mut self.not_after, labels, "endpoint", &evidence.server_chain);
        // Without a session, an endpoint that has not asked might have done so later.
        if evidence.requested() || evidence.tls.is_some() {
            add(&mut self.requested, labels, [], f64::from(u8::from(evidence.requested())));
        }
        let phases = Timings::PARTS.map(|(phase, part)| (phase, part(&evidence.timings)));
        for (phase, took) in phases.into_iter().filter(|(_, took)| !took.is_zero()) {
            add(&mut self.duration, labels, [("phase", phase.to_owned())], took.as_secs_f64());
        }
    }
}

impl Collector for OpenMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::result::Result<(), fmt::Error> {
        let seconds = Some(&Unit::Seconds);
        let metrics = [
            ("success", "Whether the test passed", None, &self.success),
            ("kind", "The kind of the result, in the label kind", None, &self.kind),
            (
                "certificate_not_after",
                "End of validity of each certificate, as Unix time; position 0 is the leaf",
                seconds,
                &self.not_after,
            ),
            ("certificate_requested", "Whether the endpoint asked for a certificate", None, &self.requested),
            (
                "duration",
                "Time of each phase; first_byte and total count from the start of the call",
                seconds,
                &self.duration,
            ),
            ("http_status", "Status of the answer", None, &self.status),
            ("last_run", "When the test ended, as Unix time", seconds, &self.last_run),
        ];
        for (name, help, unit, samples) in metrics.into_iter().filter(|(.., samples)| !samples.is_empty()) {
            let mut family = encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
            for sample in samples {
                family.encode_family(&sample.labels)?.encode_gauge(&sample.value)?;
            }
        }
        Ok(())
    }
}

/// The labels that every metric of a test has, the same at each run.
fn labels(id: &str, outcome: &Outcome) -> Labels {
    let opened = outcome.p12.as_ref();
    let subject = opened.and_then(|opened| opened.leaf.as_ref()).map(|leaf| leaf.subject.as_str());
    let alias = opened.and_then(|opened| opened.alias.as_deref());
    vec![
        ("id", label(id)),
        ("host", label(&host(outcome).unwrap_or_default())),
        ("subject", label(subject.unwrap_or_default())),
        ("alias", label(alias.unwrap_or_default())),
    ]
}

/// Host and port of the forward URL.
fn host(outcome: &Outcome) -> Option<String> {
    let url = url::Url::parse(&outcome.request.as_ref()?.url).ok()?;
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

fn label(text: &str) -> String {
    escape(text).chars().take(LONGEST).collect()
}

fn add<const N: usize>(
    samples: &mut Vec<Sample>,
    labels: &Labels,
    more: [(&'static str, String); N],
    value: f64,
) {
    samples.push(Sample { labels: labels.iter().cloned().chain(more).collect(), value });
}

/// The ends of a chain's certificates, each with its own subject.
fn add_chain<'a>(
    samples: &mut Vec<Sample>,
    labels: &Labels,
    chain: &str,
    certificates: impl IntoIterator<Item = &'a Certificate>,
) {
    for (position, certificate) in certificates.into_iter().enumerate() {
        let Some(end) = certificate.end_of_validity() else { continue };
        let own = [
            ("chain", chain.to_owned()),
            ("position", position.to_string()),
            ("certificate", label(&certificate.subject)),
        ];
        add(samples, labels, own, end as f64);
    }
}
