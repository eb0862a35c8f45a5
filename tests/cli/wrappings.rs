//! P12 files as tools hand them out, files that are something else, and files that were damaged on their way.

use openssl::base64::encode_block;
use p12_test::demo::pki::{Profile, Purpose};

use crate::harness::{Lab, OK, PASSWORD, Ran, Site, with};

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
}

#[test]
fn a_file_of_another_kind_is_named_with_the_way_to_a_p12() {
    let lab = Lab::new();
    let key = lab.root.key.private_key_to_pem_pkcs8().unwrap();
    let root = lab.root.certificate_pem().unwrap();
    let jks = encode_block(&[b"\xfe\xed\xfe\xed".as_slice(), &[7; 60]].concat());
    let page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>";
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
    ] {
        lab.write("damaged", &content);
        open(&lab, "damaged").ends(3, what).ends(3, hint);
    }
    // Nothing is said of a cause that does not show.
    lab.write("damaged", &file[..1000]);
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
