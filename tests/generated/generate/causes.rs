//! Makes `docs/causes.md` from what decides on causes.

use std::fmt::Write as _;

use p12_test::diagnosis::causes::{Meaning, alerts, early_alerts, pages};

const START: &str = "# What an alert or a page can mean

Servers say little when they refuse a client certificate. This is all that `p12-test` concludes from it, taken from the code
that decides. The first row that fits counts, so a flaw of the P12 comes before a fault of the endpoint.
`p12-test inspect` shows the flaws of a P12 before any call. Words in capitals stand for facts: SUBJECT is the P12's
certificate, ISSUER the CA above it, whose certificate is in the P12, too, and ROOT the CA above that; NAMES are the CAs that
the endpoint named.

";

pub(super) fn page() -> Vec<u8> {
    let mut page = START.to_owned();
    page += "## Alerts after the certificate was sent\n\n";
    table(&mut page, "alert", &alerts());
    page += "\n## Alerts before a certificate was asked for\n\n";
    table(&mut page, "alert", &early_alerts());
    page += "\n## Pages and other answers\n\nAn answer speaks of the client's certificate if one of its sentences names it and has one of these
words. A status of nginx (495, 496) or IIS (403.7 and others) counts by itself.\n\n";
    table(&mut page, "the answer says", &pages());
    page.into_bytes()
}

fn table(page: &mut String, sign: &str, meanings: &[Meaning]) {
    let _ = writeln!(page, "| {sign} | when | it can mean | how to tell, what to do |\n|---|---|---|---|");
    let mut last = "";
    for Meaning { sign, when, means, tell } in meanings {
        let shown = if sign == last { "" } else { sign };
        let means = if means.is_empty() { "no more than it says" } else { means };
        let _ = writeln!(page, "| {} | {when} | {} | {} |", cell(shown), cell(means), cell(tell));
        last = sign;
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}
