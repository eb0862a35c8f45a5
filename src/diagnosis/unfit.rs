//! Why our certificate was not sent although the endpoint asked for one: its key.

use crate::certificate::KeyKind;
use crate::evidence::Evidence;

pub fn explain(evidence: &Evidence) -> String {
    let Some(asked) = evidence.requests.last().filter(|asked| asked.sent.is_some()) else {
        return "the connection was lost while it was on its way".to_owned();
    };
    let key = evidence.ours.as_ref().map_or(&KeyKind::Unreadable, |ours| &ours.key);
    let algorithms = asked.algorithms.join(", ");
    if algorithms.is_empty() {
        return format!("its key ({key}) fits no signature algorithm that the endpoint takes");
    }
    let newest = evidence.tls.as_ref().is_some_and(|tls| tls.version == "TLSv1.3");
    match asked.algorithms.iter().any(|algorithm| key.signs_by(algorithm, newest)) {
        true => {
            format!("OpenSSL did not use its key ({key}), though the endpoint takes such keys ({algorithms})")
        }
        false => format!(
            "its key ({key}) fits none of the signature algorithms that the endpoint takes ({algorithms})"
        ),
    }
}
