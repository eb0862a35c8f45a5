//! The formats of results: one file each, behind one trait.

use std::path::Path;

use crate::cli::Format;

mod conclusion;
pub mod format;
pub mod github;
pub mod inspection;
pub mod json;
pub mod junit;
pub mod openmetrics;
pub mod page;
pub mod probe;
pub mod series;
pub mod table;
pub mod tap;
pub mod text;

/// The view of a format, for the records of this manifest; `None` is standard input.
pub fn of(format: Format, manifest: Option<&Path>) -> Box<dyn format::View> {
    match format {
        Format::Ndjson => Box::new(json::Lines),
        Format::Table => Box::new(table::Table),
        Format::Junit => Box::new(junit::Junit::default()),
        Format::Tap => Box::new(tap::Tap),
        Format::Html => Box::new(page::batch::Page::default()),
        Format::Openmetrics => Box::new(openmetrics::OpenMetrics::default()),
        Format::Github => {
            let manifest = manifest.filter(|path| *path != Path::new("-")).map(Path::to_path_buf);
            Box::new(github::Github { manifest })
        }
    }
}
