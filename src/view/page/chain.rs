//! Certificates as a tree, each below its issuer, with how much of its lifetime has gone.

use maud::{Markup, html};

use super::layout::{bar, shown};
use crate::certificate::Certificate;
use crate::view::inspection::time_left;
use crate::words::day;

/// A chain that begins with its leaf.
pub(super) fn tree(chain: &[&Certificate]) -> Markup {
    let Some(top) = chain.last() else { return Markup::default() };
    html! {
        ul.tree {
            @if top.is_self_issued() {
                (below(chain))
            } @else {
                li {
                    p.absent { (shown(&top.issuer)) " " span.note { "is not in this chain" } }
                    ul { (below(chain)) }
                }
            }
        }
    }
}

fn below(chain: &[&Certificate]) -> Markup {
    let Some((top, rest)) = chain.split_last() else { return Markup::default() };
    html! {
        li {
            (certificate(top))
            @if !rest.is_empty() { ul { (below(rest)) } }
        }
    }
}

fn certificate(certificate: &Certificate) -> Markup {
    let Certificate { not_before, not_after, days_left, .. } = certificate;
    let class = if certificate.not_yet_valid { "bad" } else { class(*days_left) };
    let gone = certificate.spent_lifetime();
    html! {
        p { strong { (shown(&certificate.title())) } }
        @if let Some(gone) = gone { (bar(0.0, gone, class)) }
        p.validity {
            span { (day(not_before)) } span class=(class) { (time_left(certificate)) } span { (day(not_after)) }
        }
        p.note { (certificate.key.to_string()) " · " (certificate.signature.to_string()) }
    }
}

/// How urgent it is with so many days left.
pub(super) fn class(days_left: i32) -> &'static str {
    match days_left {
        ..0 => "bad",
        0..30 => "doubtful",
        _ => "good",
    }
}
