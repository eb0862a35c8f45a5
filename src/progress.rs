//! Spinner and bars: only on a terminal, and removed when the answer is there.

use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::escape::escape;
use crate::request::Request;
use crate::request::body::Progress;

const TICK: Duration = Duration::from_millis(100);
const BAR: &str = "{bytes}/{total_bytes} {wide_bar} {bytes_per_sec}, {eta} left";
const COUNT: &str = "{spinner} {bytes}, {bytes_per_sec}";

/// Shows a spinner while the future runs, and a bar while a body with a length is sent.
pub async fn waiting<T>(animated: bool, request: &Request, future: impl Future<Output = T>) -> T {
    if !animated {
        return future.await;
    }
    let bar =
        ProgressBar::new_spinner().with_message(format!("waiting for {}", escape(&request.url.target())));
    let mut future = std::pin::pin!(future);
    let mut ticks = tokio::time::interval(TICK);
    let outcome = loop {
        tokio::select! {
            outcome = &mut future => break outcome,
            _ = ticks.tick() => show(&bar, &request.progress),
        }
    };
    bar.finish_and_clear();
    outcome
}

/// A bar for an answer of this length, in bytes; a counter if the length is not known.
pub fn download(animated: bool, length: Option<u64>) -> ProgressBar {
    if !animated {
        return ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden());
    }
    length.map_or_else(
        || ProgressBar::new_spinner().with_style(style(COUNT)),
        |length| ProgressBar::new(length).with_style(style(BAR)),
    )
}

/// A bar for a batch whose manifest has this size, in bytes; a spinner if the size is not known.
pub fn batch(animated: bool, size: Option<u64>) -> ProgressBar {
    const RECORDS: &str = "{wide_bar} {percent}%  {msg}, {eta} left";
    const RECORD_COUNT: &str = "{spinner} {msg}";
    if !animated {
        return ProgressBar::with_draw_target(size, ProgressDrawTarget::hidden());
    }
    let style = style(if size.is_some() { RECORDS } else { RECORD_COUNT });
    size.map_or_else(ProgressBar::new_spinner, ProgressBar::new).with_style(style)
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
