//! Damage that a binary file takes where it is copied as a text.

use super::fault::Fault;

/// What has become of a file that begins as DER, if it was copied as a text.
pub(super) fn of_text(file: &[u8]) -> Option<Fault> {
    let what = if matches!(file, [0x30, 0x80..=0xff, ..]) && std::str::from_utf8(file).is_ok() {
        "it was read as a text and written as UTF-8, which destroyed its bytes"
    } else if had_other_line_ends(file) {
        "its line ends were changed, as it was copied as a text"
    } else {
        return None;
    };
    Some(Fault::malformed(what).with_hint(
        "copy the original again, in binary: FTP in binary mode, git with *.p12 binary in .gitattributes, and in programs \
         files opened as bytes; or send it as Base64",
    ))
}

/// Whether a CR came before each LF, and the file has its right length without those.
fn had_other_line_ends(file: &[u8]) -> bool {
    let feeds = file.iter().filter(|byte| **byte == b'\n').count();
    let pairs = file.windows(2).filter(|pair| *pair == b"\r\n").count();
    let length = match file {
        [_, 0x82, high, low, ..] => 4 + usize::from(u16::from_be_bytes([*high, *low])),
        [_, 0x83, high, middle, low, ..] => {
            5 + usize::from(*high) * 65536 + usize::from(u16::from_be_bytes([*middle, *low]))
        }
        _ => return false,
    };
    feeds > 0 && feeds == pairs && file.len().checked_sub(pairs) == Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A SEQUENCE of 300 bytes, with some line feeds.
    fn whole() -> Vec<u8> {
        let mut file = vec![0x30, 0x82, 1, 44];
        file.extend((0..300_u32).map(|at| u8::try_from(at * 7 % 256).unwrap()));
        file
    }

    #[test]
    fn a_file_that_was_copied_as_a_text_is_known_by_what_that_does() {
        let says = |file: &[u8]| of_text(file).map(|fault| fault.what);
        assert_eq!(says(&whole()), None);
        let replaced = String::from_utf8_lossy(&whole()).into_owned();
        assert!(says(replaced.as_bytes()).unwrap().contains("UTF-8"));
        let latin: String = whole().iter().map(|byte| char::from(*byte)).collect();
        assert!(says(latin.as_bytes()).unwrap().contains("UTF-8"));
        let lines: Vec<_> = whole()
            .iter()
            .flat_map(|byte| if *byte == b'\n' { vec![b'\r', b'\n'] } else { vec![*byte] })
            .collect();
        assert!(says(&lines).unwrap().contains("line ends"));
    }
}
