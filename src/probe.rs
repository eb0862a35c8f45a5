//! What a call without a certificate shows about an endpoint, and which P12 files fit.

use http::StatusCode;

use crate::answer::Answer;
use crate::certificate::Certificate;
use crate::diagnosis::{client, login, page};
use crate::error::{Error, Exit, Kind, Result};
use crate::evidence::Evidence;
use crate::p12::anatomy::{Anatomy, Key};

#[derive(Debug)]
pub struct Probe {
    pub evidence: Evidence,
    pub status: Option<StatusCode>,
    pub verdict: Insistence,
    /// The P12 files, and whether each fits.
    pub files: Vec<FileIdentity>,
}

/// Whether an endpoint asks for a certificate, and what it does without one.
#[derive(Debug, Clone)]
pub enum Insistence {
    /// It asks, and refuses calls without one, in these words.
    Insists(String),
    /// It asks, and answered without one.
    LetsIn,
    /// It answered and never asked.
    DoesNotAsk,
    /// Not known, as the call failed.
    Failed(Error),
}

/// An identity of a P12 file, or a file without one.
#[derive(Debug)]
pub struct FileIdentity {
    pub file: String,
    /// The friendly name of the key.
    pub alias: Option<String>,
    pub leaf: Option<Certificate>,
    /// Why it does not fit; empty if it does.
    pub reasons: Vec<String>,
}

impl Probe {
    /// Judges a call without a certificate by its answer, or by its error.
    pub fn judge(evidence: Evidence, answer: Option<&Answer>, error: Option<Error>) -> Self {
        let status = answer.map(|answer| answer.head.status);
        let verdict = match (answer, error) {
            (_, Some(error)) if error.kind.exit() == Exit::Refused => Insistence::Insists(error.message),
            (_, Some(error)) => Insistence::Failed(error),
            (None, None) => Insistence::Failed(Error::new(Kind::Internal, "the call had no outcome")),
            (Some(_), None) if !evidence.requested() => Insistence::DoesNotAsk,
            (Some(answer), None) if is_refusal(answer, &evidence) => {
                Insistence::Insists(format!("answered {}", answer.head.describe_status()))
            }
            (Some(_), None) => Insistence::LetsIn,
        };
        Self { evidence, status, verdict, files: Vec::new() }
    }

    /// The exit status: success if the endpoint asks for a certificate and insists on it.
    pub fn exit(&self) -> Exit {
        match &self.verdict {
            Insistence::Insists(_) => Exit::Success,
            Insistence::LetsIn | Insistence::DoesNotAsk => Exit::Untested,
            Insistence::Failed(error) => error.kind.exit(),
        }
    }

    /// Compares the identities of a file with what the endpoint accepts.
    pub fn add_file(&mut self, file: &str, anatomy: Result<Anatomy>) {
        let unusable = |reason: String| FileIdentity {
            file: file.to_owned(),
            alias: None,
            leaf: None,
            reasons: vec![reason],
        };
        let found = match anatomy.map(|anatomy| identities(&anatomy)) {
            Err(error) => vec![unusable(error.message)],
            Ok(found) if found.is_empty() => vec![unusable("it has no certificate with a key".to_owned())],
            Ok(found) => found
                .into_iter()
                .map(|(alias, chain)| {
                    let (reasons, leaf) = (self.mismatches(&chain), chain.into_iter().next());
                    FileIdentity { file: file.to_owned(), alias, leaf, reasons }
                })
                .collect(),
        };
        self.files.extend(found);
    }

    /// Why the endpoint would refuse this chain: because of what it asked for, or of flaws in the chain.
    fn mismatches(&self, chain: &[Certificate]) -> Vec<String> {
        let Some((leaf, above)) = chain.split_first() else { return Vec::new() };
        let mut evidence = Evidence {
            ours: Some(leaf.clone()),
            our_chain: above.to_vec(),
            requests: self.evidence.requests.clone(),
            ..Evidence::default()
        };
        for request in evidence.requests.iter_mut().filter(|request| !request.issuers.is_empty()) {
            request.ours_accepted = Some(chain.iter().any(|link| request.issuers.contains(&link.issuer)));
        }
        let is_tls13 = self.evidence.tls.as_ref().is_some_and(|tls| tls.version == "TLSv1.3");
        let signs = |algorithm: &String| leaf.key.signs_by(algorithm, is_tls13);
        let algorithms = evidence.requests.last().map_or(&[][..], |request| &request.algorithms);
        // An endpoint that lists none rules out none.
        let unsigned = (!algorithms.is_empty() && !algorithms.iter().any(signs))
            .then(|| format!("the endpoint accepts no signature of its key ({})", leaf.key));
        let facts = client::suspects(&evidence).into_iter().map(|suspect| suspect.fact);
        facts.chain(unsigned).collect()
    }
}

/// Whether an answer says that the certificate is missing.
fn is_refusal(answer: &Answer, evidence: &Evidence) -> bool {
    matches!(answer.head.status.as_u16(), 401 | 403 | 495 | 496)
        || page::read(&answer.head, &answer.excerpt).is_some()
        || login::explain_redirect(&answer.head, evidence).is_some()
}

/// The certificates of each key with its friendly name, the leaf first.
fn identities(anatomy: &Anatomy) -> Vec<(Option<String>, Vec<Certificate>)> {
    let stored = |at: &usize| anatomy.certificates.get(*at).map(|stored| stored.certificate.clone());
    let chain = |key: &Key| (key.alias.clone(), key.chain.iter().filter_map(stored).collect::<Vec<_>>());
    match anatomy.opened {
        true => anatomy.keys.iter().map(chain).filter(|(_, chain)| !chain.is_empty()).collect(),
        false => closed_identities(anatomy),
    }
}

/// The same if the keys are not opened. Then a leaf has the localKeyID of a key, or at least is not a CA.
fn closed_identities(anatomy: &Anatomy) -> Vec<(Option<String>, Vec<Certificate>)> {
    let ids: Vec<_> = anatomy.keys.iter().filter_map(|key| key.key_id.as_ref()).collect();
    let has_key = |id: &Option<String>| id.as_ref().is_some_and(|id| ids.contains(&id));
    let known = anatomy.certificates.iter().any(|stored| has_key(&stored.key_id));
    let leaves = anatomy.certificates.iter().filter(|stored| match known {
        true => has_key(&stored.key_id),
        false => !stored.certificate.authority,
    });
    leaves.map(|leaf| (leaf.alias.clone(), climb(anatomy, &leaf.certificate))).collect()
}

/// The chain from a leaf upwards by the issuers' names, as far as the file has it.
fn climb(anatomy: &Anatomy, leaf: &Certificate) -> Vec<Certificate> {
    let mut chain = vec![leaf.clone()];
    while let Some(last) = chain.last().filter(|last| !last.is_self_issued()) {
        let above = anatomy.certificates.iter().map(|stored| &stored.certificate);
        let above = above.filter(|above| above.subject == last.issuer).find(|above| !chain.contains(above));
        match above.cloned() {
            Some(above) => chain.push(above),
            None => break,
        }
    }
    chain
}
