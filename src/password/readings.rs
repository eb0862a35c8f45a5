//! The ways to take a password out of what its source holds.

use zeroize::Zeroizing;

use crate::envelope;
use crate::secret::Secret;
use crate::secret_source::without_newline;

/// One way to take a password out of what its source holds.
#[derive(Debug, Clone)]
pub struct Reading {
    pub secret: Secret,
    /// What is unusual about this way, in a sentence; `None` for the usual one.
    pub unusual: Option<String>,
    /// Whether it has something that its source does not hold.
    pub is_guess: bool,
}

/// What follows from a password that fits with an end that its source does not hold.
pub const MADE_WITH_IT: &str = ": the P12 was made with that in its password, most often by a script; other programs refuse the \
    password without it";

/// What a script may have left at the end of the password when it made the P12: Unix a newline, Unix that reads a file of
/// Windows a carriage return, and Windows' `echo password | openssl` a blank.
const ENDS: &[(&[u8], &str)] =
    &[(b"\n", "a newline"), (b"\r\n", "a newline"), (b"\r", "a carriage return"), (b" ", "a blank")];

/// The only thing that is tried although it is not there.
pub(super) fn guesses(known: &[Reading]) -> Vec<Reading> {
    let usual = known.first().map(|usual| usual.secret.expose()).filter(|usual| !usual.is_empty());
    let ended = ENDS.iter().filter_map(|(end, what)| Some((Secret::from([usual?, end].concat()), what)));
    let fresh = ended.filter(|(ended, _)| known.iter().all(|known| known.secret.expose() != ended.expose()));
    let reading = |(secret, what): (Secret, &&str)| {
        let unusual = Some(format!("the password fits with {what} added at its end{MADE_WITH_IT}"));
        Reading { secret, unusual, is_guess: true }
    };
    fresh.map(reading).collect()
}

/// All ways to read it, the usual one first. Editors, shells and consoles add line ends, blanks, quotes and byte order
/// marks.
pub(super) fn of(usual: Reading, whole: &[u8], source: &str) -> Vec<Reading> {
    let mut readings = vec![usual];
    let mut add = |bytes: &[u8], how: &str| {
        if !bytes.is_empty() && !readings.iter().any(|known| known.secret.expose() == bytes) {
            let secret = Zeroizing::new(bytes.to_vec()).into();
            let unusual = Some(format!("the password in {source} fitted {how}"));
            readings.push(Reading { secret, unusual, is_guess: false });
        }
    };
    add(whole, "with the newline at its end");
    let (text, mark) = match whole {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            let mut text = envelope::utf16(whole).unwrap_or_default();
            (Zeroizing::new(std::mem::take(&mut *text).into_bytes()), Some("read as UTF-16"))
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => (Zeroizing::new(rest.to_vec()), Some("without its byte order mark")),
        _ => (Zeroizing::new(whole.to_vec()), None),
    };
    let text = without_newline(&text);
    let mut how: Vec<_> = mark.into_iter().collect();
    add(text, &how.join(" and "));
    let trimmed = trim(text);
    if trimmed.len() < text.len() {
        how.push("without the blanks around it");
        add(trimmed, &how.join(" and "));
    }
    if let [open @ (b'"' | b'\'' | b'`'), inner @ .., close] = trimmed
        && open == close
    {
        how.push("without its quotes");
        add(inner, &how.join(" and "));
    }
    for (secret, how) in held(text) {
        add(&secret, &how);
    }
    readings
}

/// What keepers of secrets print: the password on the first line, or as a value with a name, which Kubernetes has in base64.
fn held(content: &[u8]) -> Vec<(Zeroizing<Vec<u8>>, String)> {
    let Ok(text) = std::str::from_utf8(content) else { return Vec::new() };
    let mut values = envelope::values(text);
    let nested: Vec<_> = values
        .iter()
        .filter(|value| envelope::is_json(&value.text))
        .flat_map(|value| envelope::values(&value.text))
        .collect();
    values.extend(nested);
    let mut held = Vec::new();
    for value in values.iter().filter(|value| is_password(&value.name)).take(MOST) {
        let how = format!("as the value of {:?}", value.name);
        held.extend(envelope::decode_base64(&value.text).map(|bytes| (bytes, format!("{how}, in base64"))));
        held.insert(0, (Zeroizing::new(value.text.as_bytes().to_vec()), how));
    }
    let line = text
        .split_once('\n')
        .map(|(line, _)| line.trim_end_matches('\r'))
        .filter(|line| !envelope::is_json(line));
    held.extend(line.map(|line| (Zeroizing::new(line.as_bytes().to_vec()), "as its first line".to_owned())));
    held
}

/// How many values of one text are tried.
const MOST: usize = 4;

fn is_password(name: &str) -> bool {
    let name = name.to_lowercase();
    ["pass", "pwd", "pin"].iter().any(|part| name.contains(part))
        || ["value", "secret", "secretstring"].contains(&&*name)
}

fn trim(bytes: &[u8]) -> &[u8] {
    std::str::from_utf8(bytes).map_or_else(|_| bytes.trim_ascii(), |text| text.trim().as_bytes())
}

#[cfg(test)]
mod tests {
    use crate::password::Password;

    fn readings(content: &[u8]) -> Vec<(Vec<u8>, String)> {
        let readings = Password::found(content.to_vec().into(), "x").readings();
        readings
            .into_iter()
            .filter(|one| !one.is_guess)
            .map(|one| (one.secret.expose().to_vec(), one.unusual.unwrap_or_default()))
            .collect()
    }

    #[test]
    fn a_newline_at_the_end_is_ignored_first_and_then_believed() {
        let found = readings(b"secret\r\n");
        assert_eq!(found[0], (b"secret".to_vec(), String::new()));
        let whole = "the password in x fitted with the newline at its end".to_owned();
        assert_eq!(found[1], (b"secret\r\n".to_vec(), whole));
        assert_eq!((found.len(), readings(b"secret").len()), (2, 1));
    }

    #[test]
    fn what_stands_around_it_is_taken_off_step_by_step() {
        let found = readings(b"\xef\xbb\xbf \"secret\"\n");
        let last = "the password in x fitted without its byte order mark and without the blanks around it and without its quotes";
        assert_eq!(found.last(), Some(&(b"secret".to_vec(), last.to_owned())));
        assert_eq!(found.len(), 5);
        let powershell = readings(b"\xff\xfes\0\xe4\0\r\0\n\0");
        let last = ("s\u{e4}".as_bytes().to_vec(), "the password in x fitted read as UTF-16".to_owned());
        assert_eq!(powershell.last(), Some(&last));
    }

    #[test]
    fn what_keepers_of_secrets_print_has_the_password_under_a_name_or_first() {
        let last = |content: &str| readings(content.as_bytes()).pop().unwrap();
        let named = "the password in x fitted as the value of ".to_owned();
        let all = readings(br#"{"id": "https://x", "value": "secret", "tags": null}"#);
        assert!(all.contains(&(b"secret".to_vec(), named.clone() + "\"value\"")), "{all:?}");
        let aws = r#"{"SecretString": "{\"password\": \"s\"}"}"#;
        assert!(readings(aws.as_bytes()).contains(&(b"s".to_vec(), named.clone() + "\"password\"")));
        assert_eq!(
            last("data:\n  password: c2VjcmV0\n"),
            (b"data:".to_vec(), "the password in x fitted as its first line".into())
        );
        assert!(
            readings(b"data:\n  password: c2VjcmV0\n")
                .contains(&(b"secret".to_vec(), named + "\"password\", in base64"))
        );
        assert_eq!(last("secret\nuser: me\n").0, b"secret");
    }

    #[test]
    fn only_an_end_is_tried_that_is_not_there() {
        assert_eq!(readings(b"\"half").len(), 1);
        assert_eq!(readings(b"").len(), 1);
        let all = |password: &[u8]| {
            let readings = Password::exact(password.to_vec().into()).readings();
            readings.iter().map(|one| one.secret.expose().to_vec()).collect::<Vec<_>>()
        };
        assert_eq!(all(b" a"), [&b" a"[..], b" a\n", b" a\r\n", b" a\r", b" a "]);
        assert_eq!(all(b""), [b""]);
    }
}
