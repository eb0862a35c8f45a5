//! The ways to take a password out of what its source holds.

use std::collections::VecDeque;

use super::steps;
use crate::secret::Secret;

/// One way to take a password out of what its source holds.
#[derive(Debug, Clone)]
pub struct Reading {
    pub secret: Secret,
    /// What is unusual about this way, in a sentence; `None` for the usual one.
    pub unusual: Option<String>,
    /// Whether it has something that its source does not hold.
    pub is_guess: bool,
}

/// What follows from a password that fits with something around it that its source does not hold.
pub const MADE_WITH_IT: &str = ": the P12 was made with that in its password, most often by a script; other programs refuse the \
    password without it";

/// What a script may have put before and after the password when it made the P12. Unix leaves a newline at its end, Unix that
/// reads a file of Windows a carriage return, and Windows' `echo password | openssl` a blank. `set X="password"` of cmd.exe
/// keeps the quotes. Notepad begins a file with a byte order mark.
const AROUND: &[(&[u8], &[u8], &str)] = &[
    (b"", b"\n", "a newline added at its end"),
    (b"", b"\r\n", "a newline added at its end"),
    (b"", b"\r", "a carriage return added at its end"),
    (b"", b" ", "a blank added at its end"),
    (b"\"", b"\"", "double quotes added around it"),
    (b"'", b"'", "single quotes added around it"),
    (b"\xef\xbb\xbf", b"", "a byte order mark added before it"),
];

/// The only things that are tried although they are not there.
pub(super) fn guesses(known: &[Reading]) -> Vec<Reading> {
    let usual = known.first().map(|usual| usual.secret.expose()).filter(|usual| !usual.is_empty());
    let added = AROUND
        .iter()
        .filter_map(|(start, end, what)| Some((Secret::from([start, usual?, end].concat()), what)));
    let fresh = added.filter(|(added, _)| known.iter().all(|known| known.secret.expose() != added.expose()));
    let reading = |(secret, what): (Secret, &&str)| {
        let unusual = Some(format!("the password fits with {what}{MADE_WITH_IT}"));
        Reading { secret, unusual, is_guess: true }
    };
    fresh.map(reading).collect()
}

/// All ways to read it, the usual one first. What editors, shells and keepers of secrets did to it is undone step by step, the
/// shortest ways first.
pub(super) fn of(usual: Reading, whole: &[u8], source: Option<&str>) -> Vec<Reading> {
    let (mut readings, mut texts) = (vec![usual], VecDeque::new());
    let name = source.map_or_else(|| "the password".to_owned(), |source| format!("the password in {source}"));
    let mut add = |bytes: &[u8], how: &[String]| {
        let is_new = !bytes.is_empty() && readings.iter().all(|known| known.secret.expose() != bytes);
        let has_room = readings.len() < MOST_READINGS;
        if is_new && has_room {
            let unusual = Some(format!("{name} fitted {}", how.join(" and ")));
            readings.push(Reading { secret: bytes.to_vec().into(), unusual, is_guess: false });
        }
        is_new && has_room
    };
    if source.is_some() {
        add(whole, &["with the newline at its end".to_owned()]);
    }
    for (text, how) in steps::decode(whole, source.is_some()) {
        let how = Vec::from_iter(how);
        // What was not decoded is the usual way.
        if how.is_empty() || add(text.as_bytes(), &how) {
            texts.push_back((text, how));
        }
    }
    // What was typed is not looked through.
    while let Some((text, how)) = texts.pop_front().filter(|_| source.is_some()) {
        for (fresh, step) in steps::undo(&text) {
            let how = [&how[..], &[step]].concat();
            if add(fresh.as_bytes(), &how) && how.len() < DEEPEST {
                texts.push_back((fresh, how));
            }
        }
    }
    readings
}

/// How many ways are tried, and of how many steps.
const MOST_READINGS: usize = 32;
const DEEPEST: usize = 4;

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
    fn what_chats_and_documents_made_of_it_is_undone() {
        for (content, password, how) in [
            ("cGFzc3dvcmQ=", "password", "decoded from base64"),
            ("cGFzc3dvcmQK", "password", "decoded from base64"),
            ("\u{200b}pass\u{200b}word", "password", "without its invisible letters"),
            ("pass–word", "pass-word", "with plain quotes, dashes and blanks"),
            ("pass—word", "pass--word", "with plain quotes and blanks, and two dashes for a long one"),
            ("“it’s”", "it's", "with plain quotes, dashes and blanks and without its quotes"),
            ("a&amp;b&#x3c;&unknown;&#60;", "a&b<&unknown;<", "without the escapes of HTML"),
            ("a%20b%C3%A4", "a bä", "without the escapes of a URL"),
            ("a\\\"b\\$", "a\"b$", "without its backslashes"),
            (
                "<password>a&amp;b</password>",
                "a&b",
                "as the content of an element of XML and without the escapes of HTML",
            ),
            ("<p><![CDATA[a&b]]></p>", "a&b", "as the content of an element of XML"),
            ("pass:word", "word", "without the pass: of OpenSSL"),
        ] {
            let fitted = (password.as_bytes().to_vec(), format!("the password in x fitted {how}"));
            assert!(
                readings(content.as_bytes()).contains(&fitted),
                "{content}: {:?}",
                readings(content.as_bytes())
            );
        }
        // Words are base64, too, but of no text.
        assert_eq!(readings(b"changeit").len(), 1);
    }

    #[test]
    fn only_what_scripts_add_is_tried_although_it_is_not_there() {
        assert_eq!(readings(b"\"half").len(), 1);
        assert_eq!(readings(b"").len(), 1);
        let all = |password: &[u8]| {
            let readings = Password::exact(password.to_vec().into()).readings();
            readings.iter().map(|one| one.secret.expose().to_vec()).collect::<Vec<_>>()
        };
        let added = [&b" a\n"[..], b" a\r\n", b" a\r", b" a ", b"\" a\"", b"' a'", b"\xef\xbb\xbf a"];
        assert_eq!(all(b" a"), [&[&b" a"[..]], &added[..]].concat());
        assert_eq!(all(b""), [b""]);
    }
}
