//! Why a file is broken, where its bytes show what was done to it.

use super::container::{DATA_OID, Pfx, looks_like_pfx};
use super::fault::Fault;
use crate::ber::SEQUENCE;
use crate::code_page;
use crate::envelope;
use crate::error::Kind;
use crate::words::counted;

/// The same fault with its cause.
pub(super) fn explain(file: &[u8], fault: Fault) -> Fault {
    let find = |causes: &[fn(&[u8]) -> Explanation]| causes.iter().find_map(|cause| cause(file));
    let cause = match fault.kind {
        _ if fault.hint.is_some() => None,
        // A password or a change is the likelier cause.
        Kind::Changed | Kind::WrongPassword => {
            let what =
                find(&[zeros, absent]).map(|(what, _)| format!("{}; or it was damaged: {what}", fault.what));
            return Fault { what: what.unwrap_or_else(|| fault.what.clone()), ..fault };
        }
        Kind::Malformed | Kind::Truncated => find(CAUSES).or_else(|| cut(file, &fault)),
        Kind::NotAP12 => find(CAUSES),
        _ => None,
    };
    match cause {
        // What got bytes in addition was not cut short, even if it ends too soon for its lengths.
        Some((what, hint)) if fault.kind == Kind::Truncated && line_ends(file).is_some() => {
            Fault::malformed(what).with_hint(hint)
        }
        Some((what, hint)) => Fault { what, ..fault }.with_hint(hint),
        None => fault,
    }
}

/// What follows the end of a file.
pub(super) fn padding(rest: &[u8]) -> &'static str {
    match rest {
        [] => "",
        [0, ..] if rest.iter().all(|byte| *byte == 0) => ": zeros, as what fills a block leaves them",
        [0x1a, ..] if rest.iter().all(|byte| *byte == 0x1a) => ": the end of a text, as XMODEM writes it",
        _ if rest.iter().all(u8::is_ascii_whitespace) => ": a line end, as echo or an editor adds it",
        _ if Pfx::parse(rest).is_ok() => ": another P12, as when two files are put together",
        _ => "",
    }
}

type Explanation = Option<(String, &'static str)>;

/// The surest first.
const CAUSES: &[fn(&[u8]) -> Explanation] = &[
    replaced,
    // Rows of zeros would make the others' counts untrue.
    zeros,
    one_for_many,
    few_high,
    letters,
    line_ends,
    absent,
    doubled,
    crlf,
    shifted,
    headless,
    masked,
];

const AGAIN: &str = "what was there is lost: copy the original again as a binary file (scp, curl -o, an attachment) or as base64, and not as text, through an editor, the clipboard or PowerShell's Get-Content and >";

/// A DER file has a byte above 0x7f for every second one.
const FEWEST: usize = 3;

/// Base64 that was shortened for the eye, or whose middle is hidden.
fn masked(file: &[u8]) -> Explanation {
    let text = std::str::from_utf8(file).ok()?;
    let is_letter = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    let mark = ["...", "…", "***"].into_iter().find(|mark| {
        text.split_once(mark).is_some_and(|(before, after)| {
            let after = after.trim_start_matches(['.', '*']);
            is_letter(before.chars().next_back()) && is_letter(after.chars().next())
        })
    })?;
    let what = format!("its base64 is not whole: {mark:?} stands in the place of a part");
    Some((what, "copy it again from what shows or saves all of it"))
}

/// A decoder of UTF-8 writes U+FFFD for every byte that is not UTF-8; some write an inverted question mark.
fn replaced(file: &[u8]) -> Explanation {
    let mark = |mark: &[u8; 2], name| {
        let count = file.windows(2).filter(|pair| pair == mark).count();
        let what = || {
            format!("a program took it for text in UTF-8 and replaced {} by {name}", counted(count, "byte"))
        };
        (count >= FEWEST.max(file.len() / 40) && file.first() == Some(&SEQUENCE)).then(|| (what(), AGAIN))
    };
    mark(b"\xbf\xbd", "U+FFFD (EF BF BD)").or_else(|| mark(b"\xc2\xbf", "inverted question marks (C2 BF)"))
}

/// Encrypted bytes are each about as frequent as the others.
fn one_for_many(file: &[u8]) -> Explanation {
    let mut counts = [0_usize; 256];
    file.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let (byte, count) = (0..=u8::MAX).zip(counts).max_by_key(|(_, count)| *count)?;
    let named = match byte {
        b'?' => "question marks".to_owned(),
        _ if byte.is_ascii_graphic() => format!("{:?}", char::from(byte)),
        _ => format!("the byte {byte:02X}"),
    };
    let high = file.iter().filter(|other| !other.is_ascii() && **other != byte).count();
    let is_mark = byte != 0 && byte != b' ' && !byte.is_ascii_alphanumeric() && high * 20 < file.len();
    let what = || format!("a program took it for text and replaced {} by {named}", counted(count, "byte"));
    (is_mark && count * 5 > file.len() && file.len() > 100 && file.first() == Some(&SEQUENCE))
        .then(|| (what(), AGAIN))
}

/// Text of seven bits: mail, FTP in ASCII mode, a database's column; or what leaves out all that is not ASCII.
fn few_high(file: &[u8]) -> Explanation {
    let binary = file.first() == Some(&SEQUENCE) && file.iter().take(40).any(|byte| *byte < 9);
    let high = file.iter().filter(|byte| !byte.is_ascii()).count();
    let what = match file {
        [_, 0..=3, ..] if high == 0 && file.windows(4).take(8).any(|four| four == b"\x02\x01\x03\x30") => {
            "it went through a program that keeps seven bits of each byte"
        }
        _ => "a program took it for text and left out the bytes that are not ASCII",
    };
    (binary && file.len() > 100 && high * 5 < file.len()).then(|| (what.to_owned(), AGAIN))
}

/// Bytes that were taken for letters of a code page and written as Unicode can be had back.
fn letters(file: &[u8]) -> Explanation {
    let wide = envelope::utf16(file);
    let utf8 = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let text = match &wide {
        Some(wide) => wide.as_str(),
        None => std::str::from_utf8(utf8).ok()?,
    };
    let form = if wide.is_some() { "UTF-16" } else { "UTF-8" };
    if text.is_ascii() {
        return None;
    }
    let known = code_page::NAMES.iter().find_map(|page| {
        let bytes = code_page::encode(text, page)?;
        looks_like_pfx(&bytes).then(|| (*page, Pfx::parse(&bytes).is_ok_and(|pfx| pfx.trailing == 0)))
    });
    let shell = "let the program that makes the P12 write the file itself (openssl -out FILE, curl -o FILE): the > of PowerShell takes what it gets for text";
    match known {
        Some(("Latin-1", true)) if wide.is_none() => Some((
            "a program took it for text in Latin-1 and wrote it as UTF-8".to_owned(),
            "undo that: iconv -f UTF-8 -t LATIN1 FILE > client.p12; and copy it as a binary file from now on",
        )),
        Some((page, _)) => {
            let hint = if wide.is_some() { shell } else { AGAIN };
            Some((format!("a program took it for text in {page} and wrote it as {form}"), hint))
        }
        None if wide.is_some() && text.starts_with('0') && text.contains('\u{fffd}') => {
            Some(("a program took it for text in UTF-8 and wrote it as UTF-16".to_owned(), shell))
        }
        None => None,
    }
}

const BINARY: &str = "get the original again as a binary file; in Git, mark it as one: `*.p12 binary` in .gitattributes, and check it out again";

/// A carriage return before every line feed. By chance, one of 256 line feeds has one.
fn line_ends(file: &[u8]) -> Explanation {
    let (feeds, pairs) = (count(file, b"\n"), count(file, b"\r\n"));
    let is_sure = pairs > 1 || pairs == 1 && shift(file) == Some(-1);
    let what = || {
        let which =
            if feeds == 1 { "its only line feed".into() } else { format!("each of its {feeds} line feeds") };
        format!(
            "{which} has a carriage return before it: Git (core.autocrlf, or `text` in .gitattributes) or a copy in text mode has changed its line ends"
        )
    };
    (is_sure && pairs == feeds && is_binary(file)).then(|| (what(), BINARY))
}

fn count(file: &[u8], part: &[u8]) -> usize {
    memchr::memmem::find_iter(file, part).count()
}

/// DER that has not lost its upper half.
fn is_binary(file: &[u8]) -> bool {
    file.first() == Some(&SEQUENCE) && std::str::from_utf8(file).is_err()
}

fn zeros(file: &[u8]) -> Explanation {
    let longest = file.split(|byte| *byte != 0).max_by_key(|zeros| zeros.len())?.len();
    let at_end = file.iter().rev().take_while(|byte| **byte == 0).count();
    let what = match file.first() {
        Some(first) if file.len() > 64 && file.iter().all(|byte| byte == first) => match first {
            0 => "it holds nothing but zeros".to_owned(),
            other => format!("it holds nothing but the byte {other:02X}"),
        },
        _ if at_end > 64 => {
            format!("its last {at_end} bytes are zeros: a copy made room for them and never wrote them")
        }
        _ if longest > 64 => format!("{longest} zeros are in its middle: a copy has left out what was there"),
        _ => return None,
    };
    Some((what, "copy it again, and compare the size and checksum with the original's"))
}

/// Bytes that every file of some length has, and what takes them out.
const USUAL: [(u8, &str, usize); 4] = [
    (0, "zero byte (00)", 300),
    (b'\n', "line feed (0A)", 2000),
    (b'\r', "carriage return (0D)", 2000),
    (b'\t', "tab (09)", 2000),
];

/// By chance, one file of 2000 in such a length lacks one of these; none lacks zeros.
fn absent(file: &[u8]) -> Explanation {
    let (byte, name, _) = USUAL
        .iter()
        .find(|(byte, _, least)| file.len() >= *least && !file.contains(byte) && is_binary(file))?;
    let who = match byte {
        0 => "a shell's variable, or a program that ends texts with zeros,",
        _ => "a copy in text mode (FTP, an editor, a change of line ends)",
    };
    let what = format!(
        "it has not one {name} among its {} bytes: most likely {who} has dropped or replaced them",
        file.len()
    );
    Some((what, AGAIN))
}

/// Where bytes are missing (more than none) or too many (fewer) in the middle: the MAC is not where the lengths before it
/// say, and it ends with the file.
fn shift(file: &[u8]) -> Option<isize> {
    let (size, length) = header(file)?;
    let info = file.get(size + 3..)?;
    let (info_size, info_length) = header(info)?;
    let shift = isize::try_from(size + length).ok()? - isize::try_from(file.len()).ok()?;
    let mac = file.get((size + 3 + info_size + info_length).checked_add_signed(-shift)?..)?;
    let (mac_size, mac_length) = header(mac)?;
    (shift != 0 && mac_size + mac_length == mac.len()).then_some(shift)
}

/// The sizes of the header and the content of a SEQUENCE.
fn header(bytes: &[u8]) -> Option<(usize, usize)> {
    match bytes {
        [SEQUENCE, length @ ..=0x7f, ..] => Some((2, usize::from(*length))),
        [SEQUENCE, 0x81, length, ..] => Some((3, usize::from(*length))),
        [SEQUENCE, 0x82, high, low, ..] => Some((4, usize::from(u16::from_be_bytes([*high, *low])))),
        _ => None,
    }
}

/// Bytes that programs double, so that they are not read as a quote, an escape or a command.
const ESCAPED: [(u8, &str); 4] = [
    (b'\'', "quote, as SQL wants it"),
    (b'\\', "backslash, as strings of programs want it"),
    (0xff, "byte FF, as Telnet wants it"),
    (b'"', "quote, as CSV wants it"),
];

fn doubled(file: &[u8]) -> Explanation {
    let extra = shift(file).filter(|shift| *shift < 0)?.unsigned_abs();
    let is_double = |byte: u8| {
        let ones = memchr::memchr_iter(byte, file).count();
        ones == 2 * extra && count(file, &[byte, byte]) == extra
    };
    let (_, name) = ESCAPED.iter().find(|(byte, _)| is_double(*byte))?;
    Some((format!("a program has doubled each {name}"), AGAIN))
}

/// Pairs that were made one. By chance, a file of 64 KiB has one pair.
fn crlf(file: &[u8]) -> Explanation {
    let missing = shift(file).filter(|shift| *shift > 0)?.unsigned_abs();
    let feeds = count(file, b"\n");
    let what = format!(
        "{} missing in its middle, and none of its {} has a carriage return before it: most likely Git (`text` in .gitattributes), FTP or another copy in text mode has made 0A of 0D 0A",
        if missing == 1 { "a byte is".to_owned() } else { format!("{missing} bytes are") },
        counted(feeds, "line feed")
    );
    (count(file, b"\r\n") == 0 && feeds >= missing).then_some((what, BINARY))
}

fn shifted(file: &[u8]) -> Explanation {
    let shift = shift(file)?;
    let bytes = counted(shift.unsigned_abs(), "byte");
    let what = match shift > 0 {
        true => format!("{bytes} of its middle are missing; its beginning and its end are there"),
        false => format!("its middle has {bytes} too many; its beginning and its end are there"),
    };
    Some((what, AGAIN))
}

/// A P12 without its first bytes.
fn headless(file: &[u8]) -> Explanation {
    let start = file.get(..64)?;
    let what = "its first bytes are missing: this is how a P12 goes on";
    let is_rest = count(start, DATA_OID) > 0 && !looks_like_pfx(file);
    is_rest
        .then(|| (what.to_owned(), "copy the original again, from its first byte on, and compare the sizes"))
}

/// What columns of databases, packets and buffers hold, apart from powers of two.
const ROOMS: [usize; 8] = [255, 1000, 1448, 1460, 2000, 4000, 32767, 65535];

fn cut(file: &[u8], fault: &Fault) -> Explanation {
    let is_room = file.len() >= 256 && file.len().is_power_of_two() || ROOMS.contains(&file.len());
    let what = || {
        format!(
            "{}; it ends after exactly {} bytes: a block, a packet or a column of a database had room for no more",
            fault.what,
            file.len()
        )
    };
    let hint = "copy the original again, and compare the sizes; if the file is as long everywhere, the program that made or uploaded it has cut it";
    (fault.kind == Kind::Truncated && is_room).then(|| (what(), hint))
}
