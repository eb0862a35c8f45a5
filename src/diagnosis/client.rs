//! The endpoint refused our certificate, got none, or ended the connection without a reason; and what in the
//! P12 can be the cause.

use std::time::Duration;

use super::alert::{self, Fit, Reach, Reason, Refusal};
use super::given::LONGEST_SILENCE;
use super::unfit;
use crate::certificate::Certificate;
use crate::checks::{self, Flaw, FlawKind, Role};
use crate::error::{Error, Kind, Retry};
use crate::evidence::{Evidence, Message};

/// A possible cause, read from our own certificate or from the endpoint's request.
pub struct Suspect {
    cause: Reason,
    /// Whether most servers refuse a certificate for it.
    fatal: bool,
    /// The fact, as a clause.
    pub fact: String,
    pub hint: String,
}

/// Our leaf and the certificates that go with it.
fn chain(evidence: &Evidence) -> Vec<&Certificate> {
    evidence.ours.iter().chain(&evidence.our_chain).collect()
}

/// What the endpoint may find wrong with our certificate, the most likely first.
pub fn suspects(evidence: &Evidence) -> Vec<Suspect> {
    let mut all = all_suspects(evidence);
    // Most endpoints accept it, so it is named only if an alert fits.
    all.retain(|suspect| suspect.cause != Reason::Flaw(FlawKind::LongChain));
    all
}

fn all_suspects(evidence: &Evidence) -> Vec<Suspect> {
    let chain = chain(evidence);
    let flaws = checks::flaws(&chain, Role::Client);
    let alone = flaws.iter().any(|flaw| flaw.kind == FlawKind::SelfSigned);
    let issuer = not_accepted(evidence, &chain).filter(|_| !alone);
    let (weak, others): (Vec<_>, Vec<_>) = flaws.into_iter().partition(|flaw| flaw.kind.is_weakness());
    let suspect = |flaw: Flaw| Suspect {
        cause: Reason::Flaw(flaw.kind),
        fatal: flaw.is_fatal(),
        fact: flaw.sentence(&chain, OURS),
        hint: flaw.fix(&chain),
    };
    others.into_iter().map(suspect).chain(issuer).chain(weak.into_iter().map(suspect)).collect()
}

const OURS: &str = "the P12's certificate";

/// Why an endpoint has refused our certificate.
pub struct Why {
    /// The flaw of our chain that explains it, if there is one.
    pub(super) cause: Option<Reason>,
    /// A clause with its separator; may be empty.
    pub clause: String,
    pub hint: String,
}

/// The flaw that explains a refusal, or the most likely one. If there is none, what else can be the cause.
pub fn why_refused(evidence: &Evidence, refusal: Refusal) -> Why {
    let mut suspects = all_suspects(evidence);
    suspects.sort_by_key(|suspect| alert::fit(refusal, suspect.cause));
    let best = suspects.into_iter().next().map(|suspect| (alert::fit(refusal, suspect.cause), suspect));
    let because = |how: &str, suspect: Suspect| Why {
        cause: Some(suspect.cause),
        clause: format!("; {how}{}", suspect.fact),
        hint: suspect.hint,
    };
    let besides = match best {
        Some((Fit::Explains, suspect)) => return because("", suspect),
        Some((Fit::MayExplain, suspect)) => return because("most likely because ", suspect),
        Some((Fit::Besides, suspect)) if suspect.fatal => format!("; also, {}", suspect.fact),
        _ => String::new(),
    };
    let (clause, hint) = alert::left(refusal, reach(evidence), &chain(evidence));
    let separator = if clause.is_empty() { "" } else { "; " };
    Why { cause: None, clause: format!("{separator}{clause}{besides}"), hint }
}

/// For a call that passed: one line on why other servers will refuse our chain.
pub fn refused_elsewhere(evidence: &Evidence) -> Option<String> {
    let chain = chain(evidence);
    let flaws = checks::flaws(&chain, Role::Client);
    let facts: Vec<_> = flaws.iter().map(|flaw| flaw.sentence(&chain, OURS)).collect();
    let who =
        if flaws.iter().any(|flaw| flaw.is_fatal()) { "most other servers" } else { "some other servers" };
    (!facts.is_empty()).then(|| format!("{who} will refuse this P12: {}", facts.join("; ")))
}

fn reach(evidence: &Evidence) -> Reach {
    let Some(asked) = evidence.requests.last() else { return Reach::Unseen };
    let is_top = |name: &String| chain(evidence).last().is_some_and(|last| last.issuer == *name);
    match asked.ours_accepted {
        Some(true) if asked.issuers.iter().any(is_top) => Reach::Accepted,
        Some(true) => Reach::Intermediate,
        Some(false) => Reach::NotAccepted,
        None => Reach::Unnamed,
    }
}

/// Our chain does not lead to a CA that the endpoint named.
fn not_accepted(evidence: &Evidence, chain: &[&Certificate]) -> Option<Suspect> {
    let asked = evidence.requests.last().filter(|asked| asked.ours_accepted == Some(false))?;
    let Certificate { subject, issuer, .. } = chain.last()?;
    let accepted = asked.issuers.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
    let more = if asked.issuers.len() > 3 { " and others" } else { "" };
    let among = "which is not among the CAs that the endpoint accepts";
    let fact = match subject == issuer {
        true => format!("its chain leads to {subject}, {among}"),
        false => format!("its chain ends with {subject}, issued by {issuer}, {among}"),
    };
    let fix = match alert::may_lack_one(chain) {
        _ if subject == issuer => "ask its owner to trust that CA".to_owned(),
        true => "either the P12 lacks an intermediate certificate (export it with its whole chain), or the endpoint's owner has to trust that CA".to_owned(),
        false => format!("ask the endpoint's owner to trust {issuer}; {}", alert::NO_ROOT),
    };
    Some(Suspect {
        cause: Reason::NotAccepted,
        fatal: true,
        fact,
        hint: format!("{fix}; it accepts {accepted}{more}"),
    })
}

/// The endpoint sent an alert after it had asked for a certificate.
pub(super) fn refusal(evidence: &Evidence) -> Option<Error> {
    let code = evidence.alert().filter(|_| evidence.answered_request())?;
    let name = Message::Alert(code).name();
    Some(match (evidence.sent(), alert::refuses(code)) {
        (true, true) => refused(evidence, code, &name),
        (true, false) => unclear(
            evidence,
            &format!("ended the connection with {name}"),
            "it refused the certificate, or it broke",
        ),
        (false, insists) => missed(evidence, &name, insists && code != 51),
    })
}

fn refused(evidence: &Evidence, code: u8, name: &str) -> Error {
    let Why { cause, clause, hint } = why_refused(evidence, Refusal::Alert(code));
    let message = format!("{} refused the client certificate: {name}{clause}", evidence.target);
    Error::new(alert::kind(code, cause), message).with_hint(hint)
}

/// `--leaf-only` may be why the endpoint does not know the CA.
pub fn blame_leaf_only(error: Error, left_out: bool) -> Error {
    let is_unknown = error.kind == Kind::ClientUnknownCa;
    error.with_hint_if((left_out && is_unknown).then_some(LEAF_ONLY))
}

pub(super) const LEAF_ONLY: &str = "--leaf-only left out the chain, and the endpoint may lack the intermediate certificate: try without --leaf-only; clients that send no chain fail here until the endpoint's owner installs it";

/// An end without a word after a certificate was asked for: servers such as Node and Java refuse this way.
pub(super) fn ended(evidence: &Evidence) -> Option<Error> {
    match (evidence.answered_request(), evidence.sent()) {
        (false, _) => None,
        (true, true) if evidence.body_unsent => Some(unclear(
            evidence,
            "ended the connection without an alert or an answer while the request's body was being sent,",
            "it refused the body, and its answer was lost; or it refused the certificate, or it broke",
        )),
        (true, true) => Some(unclear(evidence, "ended the connection without an alert or an answer", SILENT)),
        (true, false) => {
            Some(missed(evidence, "it ended the connection without an alert or an answer", false))
        }
    }
}

const SILENT: &str = "it refused the certificate, it broke, or it speaks no HTTP there";

/// It may be the certificate, and it may be something else.
fn unclear(evidence: &Evidence, how: &str, otherwise: &str) -> Error {
    let when = match evidence.tls {
        Some(_) => "after the handshake, in which the client certificate was sent",
        None => "after the client certificate was sent",
    };
    let said = format!("{} {how} {when}", evidence.target);
    let hint = match depth(&chain(evidence)) {
        _ if evidence.body_unsent => Some(lost_answer(evidence).to_owned()),
        depth @ 2.. if evidence.alert() == Some(80) => Some(apache_depth(depth)),
        _ => None,
    };
    blame_flaw(evidence, &said).unwrap_or_else(|| {
        let message = format!("{said}: {otherwise}{}", unnamed(evidence));
        Error::new(Kind::ClientRefusedOrReset, message).with_hint_if(hint)
    })
}

/// The P12 has a flaw, so that is the most likely cause of what is `said` of the endpoint.
fn blame_flaw(evidence: &Evidence, said: &str) -> Option<Error> {
    let suspect = suspects(evidence).into_iter().next()?;
    let message = format!("{said}: most likely it refused the certificate, as {}", suspect.fact);
    let error = Error::new(Kind::ClientRefusedOrReset, message);
    Some(error.with_hint(suspect.hint).with_retry(Retry::Never, None))
}

/// How many CA certificates stand above our leaf, with the root.
fn depth(chain: &[&Certificate]) -> usize {
    let open = chain.last().is_some_and(|last| !last.is_self_issued());
    chain.len().saturating_sub(1) + usize::from(open)
}

/// Apache refuses a chain that is too long by internal_error.
fn apache_depth(depth: usize) -> String {
    format!(
        "ask the endpoint's owner for its log at this time; a known cause is Apache's SSLVerifyDepth, which allows 1 CA \
         certificate unless it is set, and this chain needs {depth} with its root"
    )
}

/// Where the endpoint named no CAs: what it has to trust, as a clause with its separator.
fn unnamed(evidence: &Evidence) -> String {
    let last = chain(evidence).pop().filter(|_| reach(evidence) == Reach::Unnamed);
    let clause = last.map(|last| format!("; it named no CAs that it accepts, and {}", alert::end(last)));
    clause.unwrap_or_default()
}

/// How to get an answer that comes before the body was sent, such as 413 or 401.
pub(super) fn lost_answer(evidence: &Evidence) -> &'static str {
    match evidence.given.expect {
        true => {
            "make the call without the body (leave -d out): if that is answered, the endpoint refuses the body: most often it is too large, or an Authorization is missing"
        }
        false => {
            "repeat the call with -H 'Expect: 100-continue', so that the endpoint can answer before the body comes: most often it is too large, or an Authorization is missing"
        }
    }
}

/// Nothing came after our certificate in the time for the handshake. Some servers hold a refused connection
/// for a while (s2n: 10 to 30 seconds).
pub(super) fn silent(evidence: &Evidence) -> Error {
    let said = format!(
        "{} fell silent after the client certificate was sent, within the time allowed",
        evidence.target
    );
    let longer = (evidence.given.patience < LONGEST_SILENCE).then_some("--connect-timeout 40");
    explain_silence(evidence, Kind::TlsTimeout, &said, longer)
}

/// The same in the time for the answer, if a server may hold a connection for longer: in TLS 1.3 it judges our
/// certificate after the handshake.
pub(super) fn unanswered(evidence: &Evidence, limit: Duration) -> Option<Error> {
    if limit >= LONGEST_SILENCE || !evidence.silent_since_certificate() {
        return None;
    }
    let said = format!(
        "{} did not answer within {} s, and has said nothing since the client certificate was sent",
        evidence.target,
        limit.as_secs_f64()
    );
    Some(explain_silence(evidence, Kind::Timeout, &said, Some("-m 40")))
}

/// `longer` is the option that waits long enough to tell.
fn explain_silence(evidence: &Evidence, kind: Kind, said: &str, longer: Option<&str>) -> Error {
    blame_flaw(evidence, said).unwrap_or_else(|| {
        let longer = longer.map(|longer| format!("{longer} tells which; ")).unwrap_or_default();
        let hint = format!("{HOLDS}: {longer}ask its owner for the log at this time");
        Error::new(kind, format!("{said}{}", unnamed(evidence))).with_hint(hint)
    })
}

const HOLDS: &str = "either it is overloaded or waits for somebody else to judge the certificate (CRL, OCSP, a directory), or it \
    has refused it and holds the connection, as some servers do for 30 seconds";

/// A certificate was asked for and none was sent: there is none (a control call), or its key does not fit.
/// `sure` if the endpoint said that this is why it ended the connection.
fn missed(evidence: &Evidence, how: &str, sure: bool) -> Error {
    let insists = match sure {
        true => "insists on a client certificate",
        false => "asked for a client certificate, and most likely insists on it",
    };
    let error = |kind, why: &str| Error::new(kind, format!("{} {insists}; {why}: {how}", evidence.target));
    if evidence.ours.is_none() {
        return error(Kind::ClientRequired, "none was sent");
    }
    let error = error(Kind::ClientKeyUnfit, &format!("ours was not sent, as {}", unfit::explain(evidence)));
    let unusual = Reason::Flaw(FlawKind::UnusualKey);
    let mut suspects = all_suspects(evidence).into_iter();
    let culprit = suspects.find(|suspect| suspect.cause == unusual && suspect.fatal);
    error.with_hint_if(culprit.map(|suspect| suspect.hint))
}

#[cfg(test)]
#[path = "client/tests.rs"]
mod tests;
