//! Why a file is broken, where its bytes show what was done to it.

use super::container::looks_like_pfx;
use super::fault::Fault;
use crate::error::Kind;
use crate::words::counted;

/// The same fault with its cause.
pub(super) fn explain(file: &[u8], fault: Fault) -> Fault {
    let is_broken = matches!(fault.kind, Kind::Malformed | Kind::Truncated) || is_unknown(&fault);
    let causes = [replaced, seven_bits, latin, line_ends, zeros];
    let cause = || causes.iter().find_map(|cause| cause(file));
    match is_broken.then(cause).flatten() {
        Some((what, hint)) => Fault { what, ..fault }.with_hint(hint),
        None if fault.kind == Kind::Truncated => cut(file, fault),
        None => fault,
    }
}

fn is_unknown(fault: &Fault) -> bool {
    fault.kind == Kind::NotAP12 && fault.hint.is_none()
}

type Cause = Option<(String, &'static str)>;

const AGAIN: &str = "what was there is lost: copy the original again as a binary file (scp, curl -o, an attachment) or as base64, and not as text, through an editor, the clipboard or PowerShell's Get-Content and >";

/// A DER file has a byte above 0x7f for every second one.
const FEWEST: usize = 3;

/// What decodes UTF-8 puts U+FFFD in the place of every byte that is none.
fn replaced(file: &[u8]) -> Cause {
    let count = file.windows(3).filter(|three| three == b"\xef\xbf\xbd").count();
    let what = || {
        format!(
            "a program took it for text in UTF-8 and replaced {} by U+FFFD (EF BF BD)",
            counted(count, "byte")
        )
    };
    (count >= FEWEST && file.first() == Some(&0x30)).then(|| (what(), AGAIN))
}

/// Text of seven bits: mail, FTP in ASCII mode, a database's column.
fn seven_bits(file: &[u8]) -> Cause {
    let binary = file.starts_with(b"0") && file.len() > 100 && file.iter().take(40).any(|byte| *byte < 9);
    let marks = file.iter().filter(|byte| **byte == b'?').count();
    let what = match marks * 5 > file.len() {
        true => {
            format!("a program took it for ASCII and replaced {} by question marks", counted(marks, "byte"))
        }
        false => "it went through a program that keeps seven bits of each byte".to_owned(),
    };
    (binary && file.is_ascii()).then_some((what, AGAIN))
}

/// Bytes that were taken for Latin-1 and written as UTF-8 can be restored.
fn latin(file: &[u8]) -> Cause {
    let text = std::str::from_utf8(file).ok().filter(|text| !text.is_ascii())?;
    let bytes =
        text.chars().map(|letter| u8::try_from(u32::from(letter)).ok()).collect::<Option<Vec<_>>>()?;
    looks_like_pfx(&bytes).then(|| {
        let what = "a program took it for text in Latin-1 and wrote it as UTF-8".to_owned();
        (
            what,
            "undo that: iconv -f UTF-8 -t LATIN1 FILE > client.p12; and copy it as a binary file from now on",
        )
    })
}

/// A carriage return before every line feed. By chance, one of 256 line feeds has one.
fn line_ends(file: &[u8]) -> Cause {
    let feeds = file.iter().filter(|byte| **byte == b'\n').count();
    let pairs = file.windows(2).filter(|pair| pair == b"\r\n").count();
    let what = || {
        format!(
            "each of its {} has a carriage return before it: Git (core.autocrlf, or `text` in .gitattributes) or a copy in text mode has changed its line ends",
            counted(feeds, "line feed")
        )
    };
    let hint = "get the original again as a binary file; in Git, mark it as one: `*.p12 binary` in .gitattributes, and check it out again";
    (pairs > 1 && pairs == feeds && file.first() == Some(&0x30)).then(|| (what(), hint))
}

fn zeros(file: &[u8]) -> Cause {
    let zeros = file.iter().rev().take_while(|byte| **byte == 0).count();
    let what = match zeros == file.len() {
        true => "it holds nothing but zeros".to_owned(),
        false => format!("its last {zeros} bytes are zeros: a copy made room for them and never wrote them"),
    };
    (zeros > 64).then_some((what, "copy it again, and compare the size and checksum with the original's"))
}

/// Programs and disks copy in blocks whose sizes are powers of two.
fn cut(file: &[u8], fault: Fault) -> Fault {
    let is_block = file.len() >= 256 && file.len().is_power_of_two();
    if !is_block {
        return fault;
    }
    let what = format!(
        "{}; it ends after exactly {} bytes, as what reads one block and no more leaves it",
        fault.what,
        file.len()
    );
    Fault { what, ..fault }.with_hint("copy the original again, and compare the sizes; if the file is as long everywhere, the program that made or uploaded it has cut it")
}
