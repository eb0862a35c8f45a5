//! Files as people report them: what is said of each by the test, and by `inspect` before any call.

use p12_test::demo::pki::{Profile, Purpose};

use crate::harness::{Lab, OK, PASSWORD, Ran};
use crate::inspect::{document, finding, inspect};

/// A file, and what has to be said of it.
struct Case {
    name: &'static str,
    file: Vec<u8>,
    exit: i32,
    /// In the test's report: the cause and the fix.
    says: [&'static str; 2],
    /// The finding, if there is one.
    found: &'static str,
}

fn case(name: &'static str, file: Vec<u8>, exit: i32, says: [&'static str; 2], found: &'static str) -> Case {
    Case { name, file, exit, says, found }
}

/// In base64, as the openssl command and Key Vault write it.
fn base64(bytes: &[u8]) -> String {
    openssl::base64::encode_block(bytes)
}

#[test]
fn what_copying_and_wrapping_did_to_a_file_is_named() {
    let lab = Lab::new();
    lab.write("password.txt", PASSWORD);
    let identity = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    let feeds = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
    let plain =
        (0..).map(|_| identity.p12(PASSWORD, "client").unwrap()).find(|file| feeds(file) > 1).unwrap();
    let secret = format!("{{\"contentType\":\"application/x-pkcs12\",\"value\":\"{}\"}}", base64(&plain));
    let lines = plain.iter().flat_map(|byte| match byte {
        b'\n' => vec![b'\r', b'\n'],
        byte => vec![*byte],
    });
    let lossy = String::from_utf8_lossy(&plain).into_owned();
    let with_newline = identity.p12(&format!("{PASSWORD}\n"), "client").unwrap();
    for case in [
        case(
            "UTF-8",
            lossy.into_bytes(),
            3,
            ["took it for text in UTF-8", "copy the original again as a binary file"],
            "p12-malformed",
        ),
        case(
            "CRLF",
            lines.collect(),
            3,
            ["has a carriage return before it", "get the original again as a binary file"],
            "p12-malformed",
        ),
        case("a secret in JSON", secret.into_bytes(), 0, ["200 OK", "sent"], ""),
        case("quotes", format!("\"{}\"", base64(&plain)).into_bytes(), 0, ["200 OK", "sent"], ""),
        case("base64 twice", base64(base64(&plain).as_bytes()).into_bytes(), 0, ["200 OK", "sent"], ""),
        case(
            "a newline in the password",
            with_newline,
            0,
            ["the P12 was made with that in its password", "with a newline added at its end"],
            "password-source",
        ),
    ] {
        check(&lab, &case);
    }
}

fn check(lab: &Lab, case: &Case) {
    let Case { name, file, exit, says, found } = case;
    lab.write("c.p12", file);
    let site = lab.site(OK);
    let ran: Ran = lab.run_p12("c.p12", &site, &[]).in_case(name);
    says.iter().for_each(|says| {
        ran.ends(*exit, says);
    });
    let shown = document(lab, &["c.p12"]);
    assert!(found.is_empty() || finding(&shown, found).is_some(), "{name}: {found} is not found: {shown:#}");
    inspect(lab, &["c.p12"]).exits(*exit);
}

#[test]
fn other_texts_are_still_no_p12() {
    let lab = Lab::new();
    for text in ["{\"value\":\"bm90IGEgUDEy\"}", "\"quoted\"", &base64(&[b'x'; 300])] {
        lab.write("c.p12", text.as_bytes());
        lab.run_p12("c.p12", &lab.site(OK), &[]).in_case(text).ends(3, "cannot open");
    }
}
