//! Spinner and bars: only on a terminal, and removed when the answer is there.

use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::error::Result;
use crate::escape::escape;
use crate::exchange::Started;
use crate::request::Request;
use crate::request::progress::{Phase, Progress};
use crate::words::milliseconds;

const TICK: Duration = Duration::from_millis(100);
const BAR: &str = "{bytes}/{total_bytes} {wide_bar} {bytes_per_sec}, {eta} left";
const COUNT: &str = "{spinner} {bytes}, {bytes_per_sec}";

/// How a phase of a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhaseEnd {
    Passed,
    Failed,
}

/// Shows a spinner while a call runs, and a bar while a body with a length is sent. Each phase is written by
/// `write` as soon as it is passed, and at the end the one that was not.
pub async fn waiting(
    request: &Request,
    call: impl Future<Output = Result<Started>>,
    write: impl Fn(PhaseEnd, &str),
) -> Result<Started> {
    let bar =
        ProgressBar::new_spinner().with_message(format!("waiting for {}", escape(&request.url.target())));
    let mut call = std::pin::pin!(call);
    let mut ticks = tokio::time::interval(TICK);
    let mut passed = Vec::new();
    let write_new = |passed: &mut Vec<Phase>| {
        for (phase, after) in request.progress.passed_since(passed.len()) {
            bar.suspend(|| write(PhaseEnd::Passed, &describe(phase, after)));
            passed.push(phase);
        }
    };
    let started = loop {
        tokio::select! {
            started = &mut call => break started,
            _ = ticks.tick() => show(&bar, &request.progress),
        }
        write_new(&mut passed);
    };
    bar.finish_and_clear();
    write_new(&mut passed);
    write_last(&passed, &started, write);
    started
}

/// Writes how the call ended: with an answer, or in the phase after the last that was passed. A call without
/// phases, which the platform makes, has only its answer.
fn write_last(passed: &[Phase], started: &Result<Started>, write: impl Fn(PhaseEnd, &str)) {
    match started {
        Ok((exchange, Ok(head))) => {
            let first = exchange.evidence().timings.first_byte.unwrap_or_default();
            let answer = format!("{} {}", describe(Phase::Answer, first), head.describe_status());
            write(PhaseEnd::Passed, &answer);
        }
        Ok((_, Err(_))) if !passed.is_empty() => write(PhaseEnd::Failed, next(passed).name()),
        Ok((_, Err(_))) => write(PhaseEnd::Failed, Phase::Answer.name()),
        Err(_) => {}
    }
}

/// The phase that a call was in which had passed these.
fn next(passed: &[Phase]) -> Phase {
    match passed.iter().copied().filter(|phase| !matches!(phase, Phase::Requested | Phase::Sent)).max() {
        None => Phase::Name,
        Some(Phase::Name) => Phase::Connect,
        Some(Phase::Connect) => Phase::Tls,
        Some(_) => Phase::Answer,
    }
}

fn describe(phase: Phase, after: Duration) -> String {
    format!("{:<21} {:>12}", phase.name(), milliseconds(after))
}

/// A bar for an answer of this length, in bytes; a counter if the length is not known.
pub fn download(animated: bool, length: Option<u64>) -> ProgressBar {
    bar(animated, length, if length.is_some() { BAR } else { COUNT })
}

/// A bar for a batch whose manifest has this size, in bytes; a spinner if the size is not known.
pub fn batch(animated: bool, size: Option<u64>) -> ProgressBar {
    const RECORDS: &str = "{wide_bar} {percent}%  {msg}, {eta} left";
    const RECORD_COUNT: &str = "{spinner} {msg}";
    bar(animated, size, if size.is_some() { RECORDS } else { RECORD_COUNT })
}

fn bar(animated: bool, length: Option<u64>, template: &str) -> ProgressBar {
    match animated {
        true => length.map_or_else(ProgressBar::new_spinner, ProgressBar::new).with_style(style(template)),
        false => ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden()),
    }
}

fn show(bar: &ProgressBar, progress: &Progress) {
    let (sent, total) = (progress.sent.load(Ordering::Relaxed), progress.total.load(Ordering::Relaxed));
    if total > 0 && sent < total && bar.length() != Some(total) {
        bar.set_length(total);
        bar.set_style(style(BAR));
    }
    if total > 0 && sent == total && bar.length().is_some() {
        bar.unset_length();
        bar.set_style(ProgressStyle::default_spinner());
    }
    bar.set_position(sent);
    bar.tick();
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
