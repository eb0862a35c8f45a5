//! P12 files as tools hand them out, files that are something else, and files that were damaged on their way.

use openssl::base64::{decode_block, encode_block};
use openssl::hash::MessageDigest;
use openssl::pkcs7::{Pkcs7, Pkcs7Flags};
use openssl::stack::Stack;
use openssl::symm::Cipher;
use openssl::x509::X509Req;
use p12_test::demo::pki::{Key, Profile, Purpose};

use crate::harness::{Lab, OK, PASSWORD, Ran, Site, with};
use crate::inspect::{document, finding, inspect};

/// In the folder of the file.
fn open(lab: &Lab, name: &str) -> Ran {
    Ran::of(with(lab.command(), &["--password-file", "password.txt", name, &Site::nowhere().url()]), b"")
}

fn p12(lab: &Lab) -> Vec<u8> {
    std::fs::read(lab.path("client.p12")).unwrap()
}

/// In lines of so many letters.
fn lines(base64: &str, length: usize, indent: &str) -> String {
    let lines: Vec<_> = base64.as_bytes().chunks(length).map(|line| String::from_utf8_lossy(line)).collect();
    lines.iter().map(|line| format!("{indent}{line}\n")).collect()
}

#[test]
fn a_p12_opens_in_whatever_a_tool_prints_it() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let one = encode_block(&p12(&lab));
    let twice = encode_block(one.as_bytes());
    let annotation = format!(r#"{{"apiVersion":"v1","data":{{"client.p12":"{one}"}},"kind":"Secret"}}"#);
    for (name, text) in [
        ("quoted base64", format!("\"{one}\"\n")),
        ("base64 in single quotes", format!("'{one}'")),
        ("base64 in lines", lines(&one, 64, "")),
        ("base64 twice, in lines", lines(&encode_block(lines(&one, 76, "").as_bytes()), 76, "")),
        ("a data URI", format!("data:application/x-pkcs12;base64,{one}")),
        (
            "Azure Key Vault",
            format!(
                r#"{{"contentType": "application/x-pkcs12", "id": "https://v/x", "tags": {{}}, "value": "{one}"}}"#
            ),
        ),
        ("az -o yaml", format!("contentType: application/x-pkcs12\nvalue: {one}\n")),
        ("a JSON array", format!(r#"["{}"]"#, one.replace('/', "\\/"))),
        (
            "Kubernetes, JSON",
            format!(r#"{{"data": {{"client.p12": "{one}", "password": "eA=="}}, "kind": "Secret"}}"#),
        ),
        ("Kubernetes, base64 twice", format!(r#"{{"data": {{"client.p12": "{twice}"}}, "kind": "Secret"}}"#)),
        (
            "Kubernetes, YAML",
            format!("apiVersion: v1\ndata:\n  client.p12: {one}\n  password: eA==\nkind: Secret\n"),
        ),
        (
            "Kubernetes, YAML in a block",
            format!("data:\n  client.p12: |-\n{}  password: eA==\n", lines(&one, 80, "    ")),
        ),
        (
            "Kubernetes, YAML with kubectl's annotation",
            format!(
                "metadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {annotation}\ndata:\n  client.p12: {one}\n"
            ),
        ),
        (
            "Vault, JSON",
            format!(
                r#"{{"request_id": "1", "data": {{"data": {{"p12": "{one}", "note": "x"}}, "metadata": {{}}}}}}"#
            ),
        ),
        (
            "Vault, a table",
            format!("====== Data ======\nKey    Value\n---    -----\nnote   x\np12    {one}\n"),
        ),
        ("a variable", format!("export P12={one}\n")),
        (
            "JSON with its own line ends",
            format!(r#"{{"p12": "{}"}}"#, lines(&one, 64, "").replace('\n', "\\n")),
        ),
    ] {
        lab.write("wrapped", &text);
        let ran = lab.run_p12("wrapped", &site, &[]);
        ran.in_case(name).exits(0);
    }
}

#[test]
fn several_files_in_one_text_are_named() {
    let lab = Lab::new();
    let other = lab.root.issue(&Profile::new("other", Purpose::Client)).unwrap().p12(PASSWORD, "x").unwrap();
    let (one, two) = (encode_block(&p12(&lab)), encode_block(&other));
    lab.write("two.yaml", &format!("data:\n  keystore.p12: {one}\n  truststore.p12: {two}\n"));
    lab.run_p12("two.yaml", &Site::nowhere(), &[])
        .ends(3, "it holds 2 P12 files: keystore.p12, truststore.p12")
        .ends(3, "hint:  save the value of one of them in a file of its own");
    lab.write("two.ldif", &format!("sn: x\nuserPKCS12:: {one}\ncn: y\nuserSMIME;binary:: {two}\n"));
    open(&lab, "two.ldif").ends(3, "it holds 2 P12 files: userPKCS12, userSMIME;binary");
}

#[test]
fn a_file_of_another_kind_is_named_with_the_way_to_a_p12() {
    let lab = Lab::new();
    let key = lab.root.key.private_key_to_pem_pkcs8().unwrap();
    let root = lab.root.certificate_pem().unwrap();
    let jks = encode_block(&[b"\xfe\xed\xfe\xed".as_slice(), &[7; 60]].concat());
    let page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>";
    let pgp =
        |what| format!("-----BEGIN PGP {what}-----\n\nlFgEawiS\n=x5Zk\n-----END PGP {what}-----\n").into();
    for (content, what, hint) in [
        (
            b"\xfe\xed\xfe\xed\0\0\0\x02".to_vec(),
            "a Java keystore (JKS)",
            "keytool -importkeystore -srckeystore 'it is'",
        ),
        (b"\xce\xce\xce\xce\0\0\0\x02".to_vec(), "(JCEKS)", "-srcstoretype JCEKS"),
        (b"\0\0\0\x02\0\0\0\x14abc".to_vec(), "Bouncy Castle (BKS", "-srcstoretype BKS"),
        (b"\x1e\xf1\xb5\xb0abc".to_vec(), "PVK", "openssl rsa -inform PVK -in 'it is'"),
        (b"PK\x03\x04abc".to_vec(), "a ZIP archive", "unpack it"),
        (b"Rar!\x1a\x07\x01\0".to_vec(), "a RAR archive", "unpack it"),
        (b"\x28\xb5\x2f\xfd\x24abc".to_vec(), "zstd has compressed", "zstd -d 'it is'"),
        (b"\xa1\xf8\x4e\x38abc".to_vec(), "a wallet of Oracle", "give ewallet.p12"),
        (b"\x84\x5e\x03\xc1abc".to_vec(), "encrypted by GnuPG", "--decrypt 'it is'"),
        (b"\x8c\x0d\x04\x09abc".to_vec(), "encrypted by GnuPG", "--decrypt 'it is'"),
        (b"age-encryption.org/v1\n-> X25519 a\n--- a\n\xff\0\xfe".to_vec(), "encrypted by age", "decrypt it"),
        (pgp("MESSAGE"), "encrypted by GnuPG", "--decrypt 'it is'"),
        (pgp("PRIVATE KEY BLOCK"), "a private key of OpenPGP", "ask for the P12"),
        (pgp("PUBLIC KEY BLOCK"), "a public key of OpenPGP", "ask for the private key"),
        (pgp("SIGNED MESSAGE"), "a signature of OpenPGP", "ask for the file itself"),
        (b"\x1f\x8b\x08\0".to_vec(), "a gzip file", "gunzip -c < 'it is'"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n".to_vec(),
            "a pointer of Git LFS",
            "git lfs pull",
        ),
        (page.into(), "a page in HTML with the title \"Sign in\"", "log in, and download"),
        (
            b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n-----END OPENSSH PRIVATE KEY-----\n"
                .to_vec(),
            "a private key of OpenSSH",
            "ssh-keygen -p -m PKCS8",
        ),
        (
            b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me@here\n".to_vec(),
            "a public key for SSH",
            "ask for the private key",
        ),
        (format!("data:\n  keystore.jks: {jks}\n").into(), "a Java keystore (JKS)", "keytool"),
        (root, "it is PEM with CERTIFICATE, not a P12", "--key KEY 'it is' client.p12"),
        (lab.root.certificate.to_der().unwrap(), "it is a certificate, not a P12", "--key KEY"),
        (key, "it is PEM with PRIVATE KEY, not a P12", "--key 'it is' CERTIFICATE client.p12"),
        (b"{\"value\": null}".to_vec(), "it is JSON", "no P12 is in it"),
    ] {
        lab.write("it is", &content);
        open(&lab, "it is").ends(3, what).ends(3, hint);
    }
}

#[test]
fn damage_is_told_with_its_cause_where_the_bytes_show_it() {
    let lab = Lab::new();
    // Long enough to have line feeds in it, and cut at a block.
    let middle = lab.root.issue(&Profile::new("Issuing CA", Purpose::Authority)).unwrap();
    let client = middle.issue(&Profile::new("client", Purpose::Client)).unwrap();
    let file = (0..).map(|_| client.p12(PASSWORD, "client").unwrap());
    let file = file.into_iter().find(|file| file.iter().filter(|byte| **byte == b'\n').count() > 2).unwrap();
    let latin: String = file.iter().map(|byte| char::from(*byte)).collect();
    let seven: Vec<_> = file.iter().map(|byte| byte & 0x7f).collect();
    let marks: Vec<_> = file.iter().map(|byte| if byte.is_ascii() { *byte } else { b'?' }).collect();
    let crlf = file.iter().flat_map(|byte| if *byte == b'\n' { vec![b'\r', b'\n'] } else { vec![*byte] });
    for (content, what, hint) in [
        (
            String::from_utf8_lossy(&file).into_owned().into_bytes(),
            "by U+FFFD (EF BF BD)",
            "copy the original again as a binary file",
        ),
        (
            latin.into_bytes(),
            "took it for text in Latin-1 and wrote it as UTF-8",
            "iconv -f UTF-8 -t LATIN1 damaged",
        ),
        (seven, "seven bits of each byte", "as a binary file"),
        (marks, "by question marks", "as a binary file"),
        (crlf.collect(), "a carriage return before it: Git", "*.p12 binary"),
        (file[..1024].to_vec(), "it ends after exactly 1024 bytes", "compare the sizes"),
        ([&file[..700], &[0; 800]].concat(), "are zeros", "compare the size and checksum"),
        (vec![0; 4096], "nothing but zeros", "copy it again"),
        (file[..1000].to_vec(), "it ends after exactly 1000 bytes", "compare the sizes"),
        (file[1..].to_vec(), "its first bytes are missing", "from its first byte on"),
        ([&file[..700], &[0; 100], &file[800..]].concat(), " zeros are in its middle", "copy"),
        ([&file[..700], &file[706..]].concat(), "6 bytes", "as a binary file"),
    ] {
        lab.write("damaged", &content);
        open(&lab, "damaged").ends(3, what).ends(3, hint);
    }
    // Nothing is said of a cause that does not show.
    lab.write("damaged", &file[..1001]);
    let ran = open(&lab, "damaged");
    ran.ends(3, "it is cut short");
    assert!(!ran.stderr.contains("exactly"));
}

#[test]
fn other_texts_are_still_no_p12() {
    let lab = Lab::new();
    for text in ["{\"value\":\"bm90IGEgUDEy\"}", "\"quoted\"", &encode_block(&[b'x'; 300])] {
        lab.write("c.p12", text);
        open(&lab, "c.p12").in_case(text).ends(3, "cannot open");
    }
}

/// One that is long enough for every byte to be in it, and has a pair of carriage return and line feed.
fn with_pair(lab: &Lab) -> Vec<u8> {
    let profile = Profile { key: Key::Rsa(2048), ..Profile::new("client", Purpose::Client) };
    // Its lengths and its MAC, which show what is missing between them, stay as they are.
    let whole = |file: &Vec<u8>| {
        let (head, tail) = (&file[..30], &file[file.len() - 100..]);
        let kept = [b'\'', 0xff].iter().all(|byte| !head.contains(byte) && !tail.contains(byte));
        let pairs: Vec<_> = (0..file.len()).filter(|at| file[*at..].starts_with(b"\r\n")).collect();
        kept && (0..=u8::MAX).all(|byte| file.contains(&byte))
            && matches!(pairs[..], [pair] if (100..file.len() - 100).contains(&pair))
    };
    // With some keys, no file has such lengths.
    let clients = std::iter::repeat_with(|| lab.root.issue(&profile).unwrap());
    let mut files =
        clients.flat_map(|client| (0..2000).map(move |_| client.p12(PASSWORD, "client").unwrap()));
    files.find(whole).unwrap()
}

#[test]
fn bytes_that_were_dropped_replaced_or_doubled_are_told_from_an_end_that_is_missing() {
    let lab = Lab::new();
    let file = with_pair(&lab);
    let without = |byte: u8| file.iter().copied().filter(|other| *other != byte).collect::<Vec<_>>();
    let at = file.windows(2).position(|pair| pair == b"\r\n").unwrap();
    let twice = |byte: u8| {
        file.iter().flat_map(|one| vec![*one; if *one == byte { 2 } else { 1 }]).collect::<Vec<_>>()
    };
    for (content, what) in [
        ([&file[..at], &file[at + 1..]].concat(), "a byte is missing in its middle, and none of its"),
        (without(b'\r'), "it has not one carriage return (0D)"),
        (without(b'\n'), "it has not one line feed (0A)"),
        (without(0), "it has not one zero byte (00)"),
        (twice(b'\''), "a program has doubled each quote, as SQL wants it"),
        (twice(0xff), "a program has doubled each byte FF"),
        (file.iter().map(|byte| if byte.is_ascii() { *byte } else { 0x1a }).collect(), "by the byte 1A"),
        (file.iter().copied().filter(u8::is_ascii).collect(), "left out the bytes that are not ASCII"),
    ] {
        lab.write("damaged", &content);
        open(&lab, "damaged").ends(3, what).ends(3, "binary file");
    }
    // Nothing is missing there, and so only that the file was changed is sure.
    lab.write(
        "damaged",
        &file.iter().map(|byte| if *byte == b'\n' { b'\r' } else { *byte }).collect::<Vec<_>>(),
    );
    open(&lab, "damaged").ends(3, "it has not one line feed (0A) among its");
}

#[test]
fn what_powershell_made_of_a_p12_is_told() {
    let lab = Lab::new();
    let utf16 = |text: &str| {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xff, 0xfe].into_iter().chain(units).collect::<Vec<u8>>()
    };
    let latin: String = p12(&lab).iter().map(|byte| char::from(*byte)).collect();
    for (content, what) in [
        (utf16(&latin), "took it for text in Latin-1 and wrote it as UTF-16"),
        (utf16(&String::from_utf8_lossy(&p12(&lab))), "took it for text in UTF-8 and wrote it as UTF-16"),
    ] {
        lab.write("damaged", &content);
        open(&lab, "damaged").ends(3, what).ends(3, "the > of PowerShell takes what it gets for text");
    }
}

#[test]
fn a_p12_amid_other_things_opens() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let file = p12(&lab);
    let one = encode_block(&file);
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-pkcs12\r\n\r\n";
    let part = b"--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n";
    let mail = format!("Subject: x\nContent-Transfer-Encoding: base64\n\n{}\n--x--\n", lines(&one, 76, ""));
    let hex = |apart: &str| file.iter().map(|byte| format!("{apart}{byte:02x}")).collect::<String>();
    let dump: String = file
        .chunks(16)
        .enumerate()
        .map(|(at, row)| {
            let numbers: String = row.iter().map(|byte| format!(" {byte:02X}")).collect();
            format!("{:08x} {numbers}  |................|\n", at * 16)
        })
        .collect();
    let percent = one.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    for (name, content) in [
        ("the head of an answer", [head, &file[..]].concat()),
        ("a part of a form", [&part[..], &file, b"\r\n--x--\r\n"].concat()),
        ("a block of zeros", [&[0; 512], &file[..]].concat()),
        ("a mail", mail.into_bytes()),
        ("markup", format!("<cert><pkcs12>{one}</pkcs12></cert>").into_bytes()),
        ("a quotation", lines(&one, 64, "> ").into_bytes()),
        ("a comment", format!("# of the client\n{}", lines(&one, 64, "")).into_bytes()),
        ("a form", format!("p12={percent}&password=x").into_bytes()),
        ("blanks for +", one.replace('+', " ").into_bytes()),
        ("HTML", one.replace('+', "&#43;").replace('=', "&#x3D;").into_bytes()),
        ("quoted-printable", one.replace('=', "=3D").into_bytes()),
        ("backslashes", lines(&one, 64, "").replace('\n', "\\n").into_bytes()),
        ("UTF-16 without a mark", one.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("xxd -p", hex("").into_bytes()),
        ("a dump", dump.into_bytes()),
        (
            "a list of C",
            format!("unsigned char x[] = {{ {} }};", hex(", 0x").trim_start_matches(", ")).into_bytes(),
        ),
        ("a string of C", hex("\\x").into_bytes()),
        ("a bytea", format!("\\x{}", hex("")).into_bytes()),
        ("numbers of JSON", serde_json::json!({ "type": "Buffer", "data": file }).to_string().into_bytes()),
    ] {
        lab.write("wrapped", &content);
        lab.run_p12("wrapped", &site, &[]).in_case(name).exits(0);
    }
}

#[test]
fn a_p12_opens_beside_a_ca_in_pem() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let one = encode_block(&p12(&lab));
    let ca = String::from_utf8(lab.root.certificate_pem().unwrap()).unwrap();
    let part = "--x\nContent-Type: application/x-pkcs12\nContent-Transfer-Encoding: base64\n";
    let mail = format!("MIME-Version: 1.0\n\n--x\nContent-Type: application/x-x509-ca-cert\n\n{ca}\n{part}");
    for (name, text) in [
        (
            "a profile of OpenVPN",
            format!("client\n<ca>\n{ca}</ca>\n<pkcs12>\n{}</pkcs12>\nverb 3\n", lines(&one, 64, "")),
        ),
        ("a mail", format!("{mail}\n{}\n--x--\n", lines(&one, 76, ""))),
        ("the CA first, and nothing else", format!("{ca}{}", lines(&one, 64, ""))),
        ("the CA last", format!("{}{ca}", lines(&one, 64, ""))),
        ("many of them", format!("{}\nclient.p12: {one}\n", ca.repeat(20))),
        ("a dump", format!("{ca}\nunsigned char x[] = {{ {} }};", numbers(&p12(&lab)))),
    ] {
        lab.write("wrapped", &text);
        lab.run_p12("wrapped", &site, &[]).in_case(name).exits(0);
    }
}

fn numbers(bytes: &[u8]) -> String {
    bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_p12_opens_behind_a_margin_and_in_a_database() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let file = p12(&lab);
    let base64 = lines(&encode_block(&file), 76, "");
    let hex: String = file.iter().map(|byte| format!("{byte:02X}")).collect();
    let before = |mark: &str| base64.lines().map(|line| format!("{mark}{line}\n")).collect::<String>();
    let numbers = base64.lines().enumerate().map(|(at, line)| format!("{:>6}\t{line}\n", at + 1));
    let registry =
        file.chunks(25).map(|row| row.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(","));
    let registry = registry.collect::<Vec<_>>().join(",\\\r\n  ");
    for (name, text) in [
        ("cat -n", numbers.collect()),
        ("lines that a diff adds", before("+")),
        ("git diff", format!("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1,2 @@\n{}", before("+"))),
        ("a comment of C", before("//")),
        ("a log", before("2026-11-26T21:00:00Z stdout F ")),
        ("an export of a registry", format!("Version 5.00\r\n\r\n[HKEY]\r\n\"Blob\"=hex:{registry}\r\n")),
        ("psql", format!(" id |  p12\n----+-----\n  1 | \\x{}\n(1 row)\n", hex.to_lowercase())),
        ("SQL", format!("INSERT INTO keys (id, p12) VALUES (1, X'{hex}');\n")),
        ("a section", format!("[client]\np12 = \"\"\"\n{base64}\"\"\"\n")),
    ] {
        lab.write("wrapped", &text);
        lab.run_p12("wrapped", &site, &[]).in_case(name).exits(0);
    }
}

#[test]
fn a_p12_opens_in_binary_as_quoted_printable() {
    let lab = Lab::new();
    // As Python's quopri writes it; line feeds are line ends.
    let coded = |byte: &u8| match byte {
        b'=' | 0..=8 | 0xb..=0xc | 0xe..=0x1f | 0x7f.. => format!("={byte:02X}"),
        byte => char::from(*byte).to_string(),
    };
    for mark in 0..8 {
        let file = lab.root.issue(&Profile::new(&format!("client {mark}"), Purpose::Client)).unwrap();
        let file = file.p12(PASSWORD, "client").unwrap();
        let mut text = "Content-Transfer-Encoding: quoted-printable\n\n".to_owned();
        let mut width = 0;
        for byte in &file {
            width = if *byte == b'\n' { 0 } else { width + coded(byte).len() };
            if width > 72 {
                text += "=\n";
                width = coded(byte).len();
            }
            text += &coded(byte);
        }
        lab.write("mail.eml", &text);
        inspect(&lab, &["mail.eml"]).exits(0);
    }
}

#[test]
fn a_p12_in_a_signed_message_opens() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let one = lines(&encode_block(&p12(&lab)), 64, "");
    let profile = format!("<plist><dict><key>PayloadContent</key>\n<data>\n{one}</data></dict></plist>");
    let sign = |content: &[u8]| {
        let none = Stack::new().unwrap();
        let flags = Pkcs7Flags::BINARY;
        Pkcs7::sign(&lab.root.certificate, &lab.root.key, &none, content, flags).unwrap()
    };
    for (name, content) in [
        ("an Apple profile", sign(profile.as_bytes()).to_der().unwrap()),
        ("a P12", sign(&p12(&lab)).to_der().unwrap()),
        ("in PEM", sign(&p12(&lab)).to_pem().unwrap()),
    ] {
        lab.write("signed", &content);
        lab.run_p12("signed", &site, &[]).in_case(name).exits(0);
    }
    lab.write("signed", &sign(b"hello").to_der().unwrap());
    open(&lab, "signed").ends(3, "it is a signed message, and no P12 is in it").ends(3, "ask for the P12");
    let reader = Profile { key: Key::Rsa(2048), ..Profile::new("reader", Purpose::Client) };
    let mut to = Stack::new().unwrap();
    to.push(lab.root.issue(&reader).unwrap().certificate).unwrap();
    let sealed = Pkcs7::encrypt(&to, &p12(&lab), Cipher::aes_256_cbc(), Pkcs7Flags::BINARY).unwrap();
    let sealed = sealed.to_der().unwrap();
    let mail = format!("MIME-Version: 1.0\n\n{}", lines(&encode_block(&sealed), 64, ""));
    let eyaml = format!("client::p12: ENC[PKCS7,{}]\n", encode_block(&sealed));
    for (content, what, hint) in [
        (sealed, "it is an encrypted message (S/MIME, CMS)", "the key of its recipient"),
        (mail.into_bytes(), "it is an encrypted message (S/MIME, CMS)", "the key of its recipient"),
        (eyaml.into_bytes(), "encrypted by hiera-eyaml", "eyaml decrypt -e sealed"),
    ] {
        lab.write("sealed", &content);
        open(&lab, "sealed").ends(3, what).ends(3, hint);
    }
}

/// By openssl ca -gencrl, as the library makes none.
const CRL: &str = "MIGSMDswCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEVGVzdBcNMjYxMTI2MjIxMjIzWhcNMjYxMjI2MjIxMjIzWjAKBggqhkjOPQQDAgNHADBEAiAUbtEfEGE8zRlIFofsRW5eo36RJYCxAVoE2fqggzdlawIgDimDrEGy7izwRqnq2DEaxE2lAO1IS5Wpus+NTOdSZvk=";

#[test]
fn der_is_named_as_its_pem_is() {
    let lab = Lab::new();
    let mut request = X509Req::builder().unwrap();
    request.set_pubkey(&lab.root.key).unwrap();
    request.sign(&lab.root.key, MessageDigest::sha256()).unwrap();
    let public = lab.root.key.public_key_to_der().unwrap();
    for (content, what, hint) in [
        (request.build().to_der().unwrap(), "it is a certificate request", "send it to the CA"),
        (public, "it is a public key", "ask for the private key"),
        (decode_block(CRL).unwrap(), "it is a list of revoked certificates (CRL)", "ask for the P12 itself"),
    ] {
        lab.write("it is", &content);
        open(&lab, "it is").ends(3, what).ends(3, hint);
    }
}

#[test]
fn what_follows_a_p12_is_told_for_what_it_is() {
    let lab = Lab::new();
    let file = p12(&lab);
    for (rest, what) in [
        (vec![0; 100], "zeros, as what fills a block leaves them"),
        (b"\r\n".to_vec(), "a line end, as echo or an editor adds it"),
        (file.clone(), "another P12, as when two files are put together"),
    ] {
        lab.write("longer.p12", &[&file[..], &rest].concat());
        lab.run_p12("longer.p12", &lab.site(OK), &[]).ends(0, what);
        let found = document(&lab, &["longer.p12"]);
        assert!(
            finding(&found, "trailing-bytes").unwrap()["what"].as_str().unwrap().contains(what),
            "{found:#}"
        );
    }
}

#[test]
fn a_tool_can_be_piped_into_the_command() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let value = format!(r#"{{"value": "{}"}}"#, encode_block(&p12(&lab)));
    let call = |more: &[&str], input: &str| {
        let named = ["--cacert", "ca.pem", "-", &site.url()];
        Ran::of(with(with(lab.command(), more), &named), input.as_bytes())
    };
    call(&["--password-file", "password.txt"], &value).ends(0, "ok: stdin gets through");
    call(&["--password-stdin"], &value).ends(2, "cannot both read standard input");
    call(&["-p", "x", "-d", "@-"], &value).ends(2, "cannot both read standard input");
    let inspected =
        Ran::of(with(lab.command(), &["inspect", "--password-file", "password.txt", "-"]), value.as_bytes());
    inspected.exits(0);
    assert!(
        String::from_utf8_lossy(&inspected.stdout).contains("p12-test repack --for java8 /dev/stdin new.p12")
    );
}

#[test]
fn what_holds_no_p12_says_where_it_is() {
    let lab = Lab::new();
    let certificate = encode_block(&lab.root.certificate.to_der().unwrap());
    for (text, what, hint) in [
        (
            format!("p12: ENC[AES256_GCM,data:MII{}]\nsops:\n", "A".repeat(60)),
            "encrypted by SOPS",
            "sops decrypt",
        ),
        ("p12: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n".to_owned(), "Ansible Vault", "ansible-vault decrypt"),
        ("kind: SealedSecret\nspec:\n".to_owned(), "a SealedSecret", "kubectl get secret"),
        (
            "Name: x\n\nData\n====\nclient.p12:  2419 bytes\n".to_owned(),
            "a description",
            "kubectl get secret",
        ),
        ("client_p12 = <sensitive>\n".to_owned(), "an output of Terraform", "terraform output -raw NAME"),
        (
            "users:\n- user:\n    client-key-data: DATA+OMITTED\n".to_owned(),
            "a view of a kubeconfig",
            "kubectl config view --raw",
        ),
        ("/annex/objects/SHA256E-s1--4d7a.p12\n".to_owned(), "a pointer of git-annex", "git annex get"),
        ("[ca]\ndatabase=idx\n".to_owned(), "it is a text", "as PKCS#12"),
        ("begin 644 client.p12\n".to_owned(), "uuencode", "uudecode"),
        (
            format!(r#"{{"cer": "{certificate}", "id": "https://v.vault.azure.net/certificates/x/1"}}"#),
            "it is a certificate, not a P12",
            "az keyvault secret show",
        ),
        (
            format!("{}...{}", "MII".to_owned() + &"A".repeat(60), "A".repeat(9)),
            "\"...\" stands in the place",
            "all of it",
        ),
    ] {
        lab.write("it is", &text);
        open(&lab, "it is").ends(3, what).ends(3, hint);
    }
    std::fs::create_dir(lab.path("live")).unwrap();
    open(&lab, "live").ends(3, "it is a directory").ends(3, "give the P12 that is in it");
    lab.write("live/fullchain.pem", "x");
    lab.write("live/privkey.pem", "x");
    open(&lab, "live").ends(3, "--key live/privkey.pem live/fullchain.pem");
}
