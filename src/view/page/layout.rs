//! What all pages share: the frame, the style, the policy that lets nothing in, and how text is shown.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::certificate::timestamp;
use crate::escape::escape;

const STYLE: &str = include_str!("style.css");

/// The most letters of one text; the document that can be downloaded has all of them.
const LONGEST: usize = 600;

/// What a test or a file comes to, as the colour and the word of a banner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Banner {
    Passed(&'static str),
    /// Nothing was proved, or something deserves a look.
    Doubtful(&'static str),
    Failed(&'static str),
}

impl Banner {
    pub(super) fn word(self) -> &'static str {
        let (Self::Passed(word) | Self::Doubtful(word) | Self::Failed(word)) = self;
        word
    }

    /// The class of the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Passed(_) => "good",
            Self::Doubtful(_) => "doubtful",
            Self::Failed(_) => "bad",
        }
    }

    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Passed(_) => "✓",
            Self::Doubtful(_) => "!",
            Self::Failed(_) => "✗",
        }
    }
}

/// A whole page, with the document that it shows.
pub(super) fn page(title: &str, body: &Markup, file: &str, document: &str) -> String {
    let encoded = openssl::base64::encode_block(document.as_bytes());
    let content = html! { (body) (download(file, "application/json", &encoded)) };
    begin(title, None) + &content.into_string() + &end(None)
}

/// The link to the data of a page, in base64.
pub(super) fn download(file: &str, media_type: &str, encoded: &str) -> Markup {
    html! {
        p.download {
            a download=(file) href={ "data:" (media_type) ";base64," (encoded) } { "Download the data of this page (" (file) ")" }
            " It holds no password, key or token."
        }
    }
}

/// Up to the content. A script is let in by its hash only, as is the style.
pub(super) fn begin(title: &str, script: Option<&str>) -> String {
    let script = script.map_or_else(|| "'none'".to_owned(), hash);
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {script}; base-uri 'none'; form-action 'none'",
        hash(STYLE)
    );
    let head = html! {
        (DOCTYPE)
        (PreEscaped("<html lang=\"en\">"))
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="referrer" content="no-referrer";
            title { (shown(title)) " – p12-test" }
            style { (PreEscaped(STYLE)) }
        }
        (PreEscaped("<body><main>"))
    };
    head.into_string()
}

/// What follows the content.
pub(super) fn end(script: Option<&str>) -> String {
    let foot = html! {
        (PreEscaped("</main>"))
        footer { "p12-test " (env!("CARGO_PKG_VERSION")) " · " (timestamp().replace(['T', 'Z'], " ")) "UTC" }
        @if let Some(script) = script { script { (PreEscaped(script)) } }
        (PreEscaped("</body></html>\n"))
    };
    foot.into_string()
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", openssl::base64::encode_block(&openssl::sha::sha256(text.as_bytes())))
}

/// Text as a page may have it: nothing that turns the line around, and not without end.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    escape(&shown)
}

/// A titled part of a page; nothing where it has no content.
pub(super) fn section(title: &str, content: &Markup) -> Markup {
    html! {
        @if !content.0.is_empty() {
            section { h2 { (title) } (content) }
        }
    }
}

/// Labelled lines.
pub(super) fn facts<'a>(lines: impl IntoIterator<Item = (&'a str, String)>) -> Markup {
    let mut lines = lines.into_iter().peekable();
    html! {
        @if lines.peek().is_some() {
            dl { @for (label, text) in lines { dt { (shown(label)) } dd { (shown(&text)) } } }
        }
    }
}

/// A bar over this part of the width, from 0 to 1.
pub(super) fn bar(from: f64, to: f64, class: &str) -> Markup {
    html! {
        svg.bar viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" {
            rect class=(class) x=(format!("{:.0}", from * 1000.0)) y="0" height="10"
                width=(format!("{:.0}", ((to - from) * 1000.0).max(4.0))) {}
        }
    }
}
