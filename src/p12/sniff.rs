//! What a file is: PKCS#12, perhaps in a wrapping; key and certificate by themselves; or something else.

use zeroize::Zeroizing;

use super::bag::Bag;
use super::container::looks_like_pfx;
use super::fault::{Fault, Parsed};
use super::form::{Content, Form};
use super::wrapping::Search;
use super::{damage, loose};

/// Finds what is in a file, or says what the file is instead.
pub(super) fn unwrap(file: &[u8]) -> Parsed<Content> {
    match file {
        [] => Err(Fault::not_a_p12("it is empty")),
        [_] => Err(Fault::not_a_p12("it is a single byte")),
        [0x30, length, ..] if looks_like_pfx(file) => {
            let form = if *length == 0x80 { Form::Ber } else { Form::Der };
            Ok(Content::Pfx(Zeroizing::new(file.to_vec()), form))
        }
        _ => {
            let mut search = Search::default();
            search.look(file);
            search.decide(file).map_err(|fault| damage::explain(file, fault))
        }
    }
}

/// The keys in a file that was named as the key's.
pub(super) fn unwrap_key(file: &[u8]) -> Parsed<Vec<Bag>> {
    match unwrap(file)? {
        Content::Loose(bags, _) if bags.iter().any(loose::is_key) => Ok(bags),
        Content::Loose(_, names) => Err(Fault::not_a_p12(format!("it is {names}, and no private key"))),
        Content::Pfx(..) => Err(Fault::not_a_p12("it is a P12, and no key by itself")),
    }
}
