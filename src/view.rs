//! How results are written: one file a format, all behind one trait.

use crate::cli::Format;

pub mod format;
pub mod inspection;
pub mod json;
pub mod junit;
pub mod probe;
pub mod series;
pub mod table;
pub mod tap;
pub mod text;

/// The view of a format.
pub fn of(format: Format) -> Box<dyn format::View> {
    match format {
        Format::Ndjson => Box::new(json::Lines),
        Format::Table => Box::new(table::Table),
        Format::Junit => Box::new(junit::Junit::default()),
        Format::Tap => Box::new(tap::Tap),
    }
}
