//! A file of many CA certificates, of which only those are parsed that a chain leads to. OpenSSL parses such a file whole,
//! which takes longer than a call.
#![allow(unsafe_code, reason = "openssl has no safe interface for lookups of one's own")]

use std::ffi::{c_char, c_int, c_void};
use std::path::Path;
use std::ptr::NonNull;
use std::sync::OnceLock;

use foreign_types_shared::{ForeignType as _, ForeignTypeRef as _};
use memchr::memmem;
use openssl::error::ErrorStack;
use openssl::x509::store::X509StoreBuilderRef;
use openssl::x509::{X509, X509Name, X509NameRef};
use openssl_sys as ffi;

use crate::ber::Decoder;
use crate::certificate::is_same_name;

const BEGIN: &[u8] = b"-----BEGIN ";
const CERTIFICATE: &[u8] = b"CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// Files below this size, in bytes, are left to OpenSSL.
const WORTH_IT: usize = 32 * 1024;

/// A CA certificate, which may not be needed.
struct Root {
    /// The name in DER, to look for.
    subject: Vec<u8>,
    der: Vec<u8>,
}

/// The certificates of a file, each with the name to find it by.
struct Bundle(Vec<Root>);

/// Lets a store look up its CAs in this file. `false` if the file is better left to OpenSSL: it is small, cannot be
/// read, or holds something other than certificates.
///
/// # Errors
/// When OpenSSL has no memory left.
pub(super) fn add(store: &mut X509StoreBuilderRef, path: &Path) -> Result<bool, ErrorStack> {
    let bundle = std::fs::read(path).ok().filter(|bytes| bytes.len() >= WORTH_IT);
    let Some(bundle) = bundle.and_then(|bytes| Bundle::read(&bytes)) else { return Ok(false) };
    let Some(method) = method() else { return Err(ErrorStack::get()) };
    // SAFETY: the store is alive. The lookup belongs to it, and owns the bundle from here on: `free` ends both.
    unsafe {
        let lookup = ffi::X509_STORE_add_lookup(store.as_ptr(), method.0.as_ptr());
        if lookup.is_null() {
            return Err(ErrorStack::get());
        }
        X509_LOOKUP_set_method_data(lookup, Box::into_raw(Box::new(bundle)).cast());
    }
    Ok(true)
}

impl Bundle {
    /// `None` if there is anything that OpenSSL must judge.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut roots = Vec::new();
        let mut rest = bytes;
        while let Some(at) = memmem::find(rest, BEGIN) {
            let block = rest.get(at + BEGIN.len()..)?.strip_prefix(CERTIFICATE)?;
            let end = memmem::find(block, END)?;
            roots.push(Root::read(block.get(..end)?)?);
            rest = block.get(end + END.len()..)?;
        }
        (!roots.is_empty()).then_some(Self(roots))
    }

    /// The certificates of this subject. Names that are written otherwise are compared as RFC 5280 section 7.1 says,
    /// which takes longer.
    fn find(&self, name: &X509NameRef) -> Vec<X509> {
        let wanted = name.to_der().unwrap_or_default();
        let same = |root: &&Root| root.subject == wanted;
        let alike = |root: &&Root| {
            let subject = X509Name::from_der(&root.subject);
            subject.is_ok_and(|subject| is_same_name(&subject, name))
        };
        let mut found: Vec<_> = self.0.iter().filter(same).collect();
        if found.is_empty() {
            found = self.0.iter().filter(alike).collect();
        }
        found.into_iter().filter_map(|root| X509::from_der(&root.der).ok()).collect()
    }
}

impl Root {
    fn read(base64: &[u8]) -> Option<Self> {
        let letters: String = std::str::from_utf8(base64).ok()?.lines().map(str::trim_ascii).collect();
        let der = openssl::base64::decode_block(&letters).ok()?;
        Some(Self { subject: subject(&der)?.to_vec(), der })
    }
}

/// The subject in a certificate's DER (RFC 5280 section 4.1).
fn subject(der: &[u8]) -> Option<&[u8]> {
    let certificate = Decoder::new(der).any().ok()?;
    let mut fields = certificate.inside().ok()?.any().ok()?.inside().ok()?;
    fields.optional(0xa0).ok()?;
    // Serial number, signature algorithm, issuer, validity.
    for _ in 0..4 {
        fields.any().ok()?;
    }
    Some(fields.any().ok()?.whole)
}

/// The method of such lookups, made once.
struct LookupMethod(NonNull<ffi::X509_LOOKUP_METHOD>);

// SAFETY: it is not changed once it is made.
unsafe impl Send for LookupMethod {}
// SAFETY: as above.
unsafe impl Sync for LookupMethod {}

fn method() -> Option<&'static LookupMethod> {
    static METHOD: OnceLock<Option<LookupMethod>> = OnceLock::new();
    let make = || {
        // SAFETY: the functions are those that OpenSSL expects, and live as long as the program.
        let method = NonNull::new(unsafe { X509_LOOKUP_meth_new(c"certificates of a file".as_ptr()) })?;
        // SAFETY: the method was made just now, and nobody else has it.
        unsafe {
            X509_LOOKUP_meth_set_get_by_subject(method.as_ptr(), Some(on_lookup));
            X509_LOOKUP_meth_set_free(method.as_ptr(), Some(on_end));
        }
        Some(LookupMethod(method))
    };
    METHOD.get_or_init(make).as_ref()
}

type BySubject =
    extern "C" fn(*mut ffi::X509_LOOKUP, c_int, *const ffi::X509_NAME, *mut ffi::X509_OBJECT) -> c_int;
type Free = extern "C" fn(*mut ffi::X509_LOOKUP);

unsafe extern "C" {
    fn X509_LOOKUP_meth_new(name: *const c_char) -> *mut ffi::X509_LOOKUP_METHOD;
    fn X509_LOOKUP_meth_set_get_by_subject(
        method: *mut ffi::X509_LOOKUP_METHOD,
        find: Option<BySubject>,
    ) -> c_int;
    fn X509_LOOKUP_meth_set_free(method: *mut ffi::X509_LOOKUP_METHOD, free: Option<Free>) -> c_int;
    fn X509_LOOKUP_set_method_data(lookup: *mut ffi::X509_LOOKUP, data: *mut c_void) -> c_int;
    fn X509_LOOKUP_get_method_data(lookup: *const ffi::X509_LOOKUP) -> *mut c_void;
    fn X509_LOOKUP_get_store(lookup: *const ffi::X509_LOOKUP) -> *mut ffi::X509_STORE;
    fn X509_OBJECT_set1_X509(object: *mut ffi::X509_OBJECT, certificate: *mut ffi::X509) -> c_int;
}

/// X509_LU_X509 of x509_vfy.h: a certificate is looked for, and no CRL.
const CERTIFICATES: c_int = 1;

/// Puts all certificates of this subject into the store, where OpenSSL finds the others, and the first into `found`.
extern "C" fn on_lookup(
    lookup: *mut ffi::X509_LOOKUP,
    kind: c_int,
    name: *const ffi::X509_NAME,
    found: *mut ffi::X509_OBJECT,
) -> c_int {
    if kind != CERTIFICATES || lookup.is_null() || name.is_null() || found.is_null() {
        return 0;
    }
    // SAFETY: OpenSSL passes a lookup of this method, so its data is the bundle that `add` gave it; the name and the
    // place for the result live for the time of this call.
    unsafe {
        let bundle = X509_LOOKUP_get_method_data(lookup).cast::<Bundle>();
        let Some(bundle) = bundle.as_ref() else { return 0 };
        let certificates = bundle.find(X509NameRef::from_ptr(name.cast_mut()));
        let Some(first) = certificates.first() else { return 0 };
        let store = X509_LOOKUP_get_store(lookup);
        let kept = certificates.iter().all(|one| ffi::X509_STORE_add_cert(store, one.as_ptr()) == 1);
        if !kept || X509_OBJECT_set1_X509(found, first.as_ptr()) != 1 {
            return 0;
        }
        // OpenSSL counts a reference of its own for what it got. The store's keeps it alive.
        ffi::X509_free(first.as_ptr());
        1
    }
}

extern "C" fn on_end(lookup: *mut ffi::X509_LOOKUP) {
    // SAFETY: the data is the bundle that `add` gave it, or nothing, and OpenSSL calls this once.
    unsafe {
        let bundle = X509_LOOKUP_get_method_data(lookup).cast::<Bundle>();
        if !bundle.is_null() {
            drop(Box::from_raw(bundle));
        }
    }
}

#[cfg(test)]
mod tests {
    use openssl::stack::Stack;
    use openssl::x509::X509StoreContext;
    use openssl::x509::store::X509StoreBuilder;

    use super::*;
    use crate::demo::pki::Identity;

    fn roots(names: &[String]) -> Vec<X509> {
        names.iter().map(|name| Identity::root(name).unwrap().certificate).collect()
    }

    fn file(certificates: &[X509], more: &str) -> tempfile::NamedTempFile {
        let pem: Vec<_> = certificates.iter().flat_map(|one| one.to_pem().unwrap()).collect();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [&pem, more.as_bytes()].concat()).unwrap();
        file
    }

    fn many() -> Vec<X509> {
        roots(&(0..100).map(|number| format!("Root {number} of a bundle")).collect::<Vec<_>>())
    }

    fn trusts(file: &Path, certificate: &X509) -> bool {
        let mut store = X509StoreBuilder::new().unwrap();
        assert!(add(&mut store, file).unwrap());
        let store = store.build();
        let verify = || {
            let mut context = X509StoreContext::new().unwrap();
            context.init(&store, certificate, &Stack::new().unwrap(), |c| c.verify_cert()).unwrap()
        };
        // The second time it is in the store already.
        assert_eq!(verify(), verify());
        verify()
    }

    #[test]
    fn what_is_in_the_file_is_trusted_and_nothing_else() {
        let all = many();
        let bundle = file(&all[1..], "");
        assert!(trusts(bundle.path(), &all[1]) && trusts(bundle.path(), &all[99]));
        assert!(!trusts(bundle.path(), &all[0]));
    }

    #[test]
    fn one_name_may_have_several_certificates_and_be_written_otherwise() {
        let twins = roots(&vec!["Twins".to_owned(); 99]);
        let read = |all: &[X509]| Bundle::read(&std::fs::read(file(all, "").path()).unwrap()).unwrap();
        assert_eq!(read(&twins).find(twins[98].subject_name()).len(), 99);
        let bundle = read(&many());
        let upper = roots(&["ROOT 7  OF A BUNDLE".to_owned()]);
        assert_eq!(bundle.find(upper[0].subject_name()).len(), 1);
    }

    #[test]
    fn what_openssl_must_judge_is_left_to_it() {
        let mut store = X509StoreBuilder::new().unwrap();
        let all = many();
        for more in [
            "-----BEGIN TRUSTED CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nMAA",
            "-----BEGIN X509 CRL-----",
        ] {
            assert!(!add(&mut store, file(&all, more).path()).unwrap(), "{more}");
        }
        assert!(!add(&mut store, file(&all[..3], "").path()).unwrap());
        assert!(!add(&mut store, Path::new("/nowhere")).unwrap());
        assert!(add(&mut store, file(&all, "# a comment at the end\n").path()).unwrap());
    }
}
