//! Documents against the schemas of `schemas/`.

use std::path::Path;

use boon::{Compiler, Schemas};
use serde_json::Value;

/// Asserts that the file in `schemas/` is a schema, and that each of the documents fits it.
#[track_caller]
pub(crate) fn fit_schema(file: &str, documents: &[Value]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(file);
    let mut schemas = Schemas::new();
    let schema = Compiler::new().compile(path.to_str().unwrap(), &mut schemas);
    let schema = schema.unwrap_or_else(|error| panic!("{file}: {error:#}"));
    for document in documents {
        let fits = schemas.validate(document, schema);
        assert!(fits.is_ok(), "{:#}\n{document:#}", fits.unwrap_err());
    }
}
