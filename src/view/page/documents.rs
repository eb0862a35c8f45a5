//! The documents of a batch, to be downloaded from its page. They wait in a temporary file, packed, as the page is written
//! while tests still run and the link stands at its end.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use maud::{Markup, html};

use super::layout::download;

/// NDJSON, packed by gzip (RFC 1952). `None` once it cannot be kept, such as on a machine without a temporary folder.
pub(super) struct Documents(Option<GzEncoder<File>>);

impl Default for Documents {
    fn default() -> Self {
        Self(tempfile::tempfile().ok().map(|file| GzEncoder::new(file, Compression::default())))
    }
}

impl Documents {
    /// Adds the line of a record. It holds no secret.
    pub(super) fn add(&mut self, line: &str) {
        if self.0.as_mut().is_some_and(|packed| packed.write_all(line.as_bytes()).is_err()) {
            self.0 = None;
        }
    }

    /// The link to them.
    pub(super) fn link(&mut self) -> Markup {
        let packed = self.0.take().and_then(|packed| {
            let (mut file, mut bytes) = (packed.finish().ok()?, Vec::new());
            file.rewind().ok()?;
            file.read_to_end(&mut bytes).ok()?;
            Some(openssl::base64::encode_block(&bytes))
        });
        match packed {
            Some(packed) => download("batch.ndjson.gz", "application/gzip", &packed),
            None => html! {
                p.download { "The data of this page could not be kept: there is no temporary folder, or it is full." }
            },
        }
    }
}
