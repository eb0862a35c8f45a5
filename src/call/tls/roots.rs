//! The CAs to trust: those that the user names, or those of this machine.

use std::fs::File;
use std::path::{Path, PathBuf};

use openssl::error::ErrorStack;
use openssl::ssl::{SslContextBuilder, SslFiletype};
#[cfg(any(windows, target_os = "macos"))]
use openssl::x509::X509;
use openssl::x509::store::X509Lookup;

use super::bundle;
use crate::diagnosis;
use crate::error::{Error, Kind, Result};

/// Adds the CAs of a PEM file or of a hashed directory.
///
/// # Errors
/// When they cannot be read or used.
pub(super) fn add(builder: &mut SslContextBuilder, path: &Path) -> Result<()> {
    if path.is_dir() {
        return add_directory(builder, path).map_err(|stack| explain_unusable_cas(path, &stack));
    }
    File::open(path).map_err(|error| diagnosis::unreadable(path, &error))?;
    add_file(builder, path)
}

fn add_file(builder: &mut SslContextBuilder, path: &Path) -> Result<()> {
    let added = match bundle::add(builder.cert_store_mut(), path) {
        Ok(false) => builder.set_ca_file(path),
        other => other.map(drop),
    };
    added.map_err(|stack| explain_unusable_cas(path, &stack))
}

/// Adds the CAs that this machine trusts. Returns whether there are any.
///
/// # Errors
/// When they cannot be used.
pub(super) fn add_system(builder: &mut SslContextBuilder) -> Result<bool> {
    if cfg!(any(windows, target_os = "macos")) && !variables_name_roots() {
        return Ok(add_store(builder));
    }
    let roots = Roots::find();
    for directory in &roots.directories {
        add_directory(builder, directory).map_err(|stack| explain_unusable_cas(directory, &stack))?;
    }
    if let Some(file) = &roots.file {
        add_file(builder, file)?;
    }
    Ok(roots.exist())
}

/// Whether this machine has files of CAs that it trusts. Windows and macOS have a store instead, which is never empty.
pub fn exist() -> bool {
    cfg!(any(windows, target_os = "macos")) || Roots::find().exist()
}

/// Where the CAs of this machine are. A hashed directory costs nothing until a CA is looked up, so it is preferred to a
/// file with all of them (Debian, Alpine, SUSE).
struct Roots {
    directories: Vec<PathBuf>,
    file: Option<PathBuf>,
}

impl Roots {
    fn find() -> Self {
        let found = openssl_probe::probe();
        let named = std::env::var_os("SSL_CERT_FILE").is_some();
        let directories: Vec<_> = found.cert_dir.into_iter().filter(|path| is_hashed(path)).collect();
        let file = found.cert_file.filter(|_| named || directories.is_empty());
        Self { directories, file }
    }

    fn exist(&self) -> bool {
        self.file.is_some() || !self.directories.is_empty()
    }
}

fn variables_name_roots() -> bool {
    ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| std::env::var_os(name).is_some())
}

/// Windows and macOS keep their roots in a store, where companies put theirs too.
#[cfg(any(windows, target_os = "macos"))]
fn add_store(builder: &mut SslContextBuilder) -> bool {
    let roots = rustls_native_certs::load_native_certs().certs;
    for root in roots.iter().filter_map(|root| X509::from_der(root).ok()) {
        // What is there twice is no fault.
        let _ = builder.cert_store_mut().add_cert(root);
    }
    !roots.is_empty()
}

#[cfg(not(any(windows, target_os = "macos")))]
fn add_store(_: &mut SslContextBuilder) -> bool {
    false
}

/// Whether a directory holds names such as `5ad8a5d6.0`, which `openssl rehash` makes.
fn is_hashed(directory: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(directory) else { return false };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        matches!(name, [hash @ .., b'.', b'0'..=b'9'] if hash.len() == 8 && hash.iter().all(u8::is_ascii_hexdigit))
    })
}

fn add_directory(builder: &mut SslContextBuilder, path: &Path) -> std::result::Result<(), ErrorStack> {
    let Some(path) = path.to_str() else { return Ok(()) };
    builder.cert_store_mut().add_lookup(X509Lookup::hash_dir())?.add_dir(path, SslFiletype::PEM)
}

fn explain_unusable_cas(path: &Path, stack: &ErrorStack) -> Error {
    let message =
        format!("{} holds no CA certificate in PEM form: {}", path.display(), diagnosis::reasons(stack));
    Error::new(Kind::FileUnreadable, message)
}
