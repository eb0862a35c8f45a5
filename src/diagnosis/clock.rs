//! This machine's clock beside the `Date` of an answer.

use crate::certificate::Certificate;
use crate::exchange::Head;
use crate::words::counted;

/// How the two are apart, if by at least this many seconds.
pub(super) fn compare(head: &Head, least: u64) -> Option<String> {
    let ahead = head.clock?.ahead;
    if ahead.unsigned_abs() < least {
        return None;
    }
    let side = if ahead > 0 { "behind" } else { "ahead of" };
    Some(format!("this machine's clock is {} {side} the Date of the answer", span(ahead.unsigned_abs())))
}

/// A warning if certificates are judged otherwise by the other clock.
pub fn warn(head: &Head) -> Option<String> {
    let apart = compare(head, DAY)?;
    Some(format!(
        "{apart}; one of the two is wrong, so a certificate may count as expired or valid when it is not"
    ))
}

/// What to do about a refusal as expired, if our certificate is valid here and not by the endpoint's clock.
pub(super) fn explain_expired(head: &Head, ours: &Certificate) -> Option<String> {
    let here = ours.days_left >= 0 && !ours.not_yet_valid;
    let there = ours.is_valid_at(head.clock?.time)?;
    let apart = compare(head, 0)?;
    (here && !there).then(|| {
        format!(
            "{apart}, by which the certificate is not valid: find out which clock is wrong; \
             if it is the endpoint's, ask its owner to set it; if it is this machine's, set it and replace the certificate"
        )
    })
}

/// The largest unit of which there are two or more.
fn span(seconds: u64) -> String {
    let units = [(DAY, "day"), (3600, "hour"), (60, "minute")];
    let (unit, name) = units.into_iter().find(|(unit, _)| seconds >= 2 * unit).unwrap_or((1, "second"));
    counted(seconds / unit, name)
}

const DAY: u64 = 86_400;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::Response;
    use http::header::{AGE, DATE};

    use super::*;

    fn head(date: &str, age: Option<&str>) -> Head {
        let mut response = Response::builder().header(DATE, date);
        if let Some(age) = age {
            response = response.header(AGE, age);
        }
        Head::new(response.body(()).unwrap().into_parts().0, Vec::new(), &Arc::default())
    }

    #[test]
    fn a_clock_is_wrong_from_a_day_on_and_a_cache_says_nothing() {
        let in_hours = |hours: u64, age| {
            let date = std::time::SystemTime::now() + std::time::Duration::from_secs(hours * 3600 + 60);
            warn(&head(&httpdate::fmt_http_date(date), age))
        };
        assert_eq!(in_hours(23, None), None);
        assert_eq!(in_hours(240, Some("60")), None);
        let warning = in_hours(48, None).unwrap();
        assert!(
            warning.starts_with("this machine's clock is 2 days behind the Date of the answer;"),
            "{warning}"
        );
        let past = warn(&head("Thu, 01 Jan 1970 00:00:00 GMT", None)).unwrap();
        assert!(past.contains("days ahead of the Date"), "{past}");
        assert_eq!(warn(&head("yesterday", None)), None);
    }

    #[test]
    fn a_span_is_told_in_its_largest_unit() {
        let spans = [
            (1, "1 second"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (7200, "2 hours"),
            (172_800, "2 days"),
        ];
        for (seconds, words) in spans {
            assert_eq!(span(seconds), words);
        }
    }
}
