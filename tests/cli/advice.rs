//! No hint advises an option that was given.

use std::process::Command;

use p12_test::demo::endpoint::{ClientAuth, Manners};
use p12_test::demo::pki::Identity;

use crate::harness::{Lab, OK, Ran, is_installed, program, skip};

/// The hint, and nothing else.
fn hint(ran: &Ran) -> &str {
    ran.stderr.lines().find(|line| line.starts_with("hint: ")).unwrap_or_default()
}

#[test]
fn an_authorization_that_was_sent_is_not_asked_for() {
    let lab = Lab::new();
    let answer = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=x\r\ncontent-length: 0\r\n\r\n";
    let open = Manners { client_auth: ClientAuth::Off, ..lab.manners() };
    for (site, exit) in [(lab.site(answer), 1), (lab.site_with(&open, answer), 8)] {
        lab.run(&site, &[]).ends(exit, "give it with --authorization-file");
        let given = lab.run(&site, &["-H", "Authorization: Basic eDp5"]);
        given.ends(exit, "the Authorization that was sent: check its value and scheme");
        assert!(!hint(&given).contains("--authorization-file"), "{}", hint(&given));
    }
}

#[test]
fn statuses_that_were_named_are_not_asked_for() {
    let lab = Lab::new();
    let site = lab.site("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n");
    lab.run(&site, &[]).ends(1, "--expect sets the statuses that count as success");
    assert!(!hint(&lab.run(&site, &["--expect", "200"])).contains("--expect"));
}

#[test]
fn cas_that_were_named_are_to_be_added_to() {
    let mut lab = Lab::new();
    let site = lab.site(OK);
    lab.run(&site, &[]).exits(0);
    lab.write("other.pem", &Identity::root("Other CA").unwrap().certificate_pem().unwrap());
    let ran = lab.run(&site, &["--cacert", "other.pem"]);
    ran.ends(5, "the missing CA to those of --cacert");
    let other = Identity::root("Alone").unwrap();
    lab.server = Identity { chain: Vec::new(), ..other };
    lab.run(&lab.site(OK), &[]).ends(5, "add it to those of --cacert");
    let port = site.address.port();
    let resolve = format!("elsewhere.example:{port}:127.0.0.1");
    lab.run_at(&format!("https://elsewhere.example:{port}/"), &["--resolve", &resolve])
        .ends(5, "use a host name from the certificate, in the URL and in --resolve");
}

#[test]
fn old_versions_that_were_offered_are_not_advised() {
    let lab = Lab::new();
    let old = Manners { version: Some(openssl::ssl::SslVersion::TLS1_3), ..lab.manners() };
    let site = lab.site_with(&old, OK);
    let ran = lab.run(&site, &["--tls-min", "1.0", "--tls-max", "1.1"]);
    ran.exits(4);
    assert!(!hint(&ran).contains("--tls-min 1.0 offers"), "{}", hint(&ran));
    // The highest alone offers an old version, too.
    let ran = lab.run(&site, &["--tls-max", "1.1"]);
    ran.exits(4);
    assert!(!hint(&ran).contains("--tls-min 1.0 offers"), "{}", hint(&ran));
}

#[test]
fn a_machine_without_cas_is_told_to_install_them() {
    let lab = Lab::new();
    let site = lab.site(OK);
    // A folder of its own over the machine's CAs, seen by this program alone.
    let script = "for folder in /etc/ssl /etc/pki /usr/lib/ssl /usr/share/ca-certificates; do \
                  [ ! -d $folder ] || mount -t tmpfs none $folder || exit 77; done; exec \"$0\" \"$@\"";
    let apart = |arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", script, program()]).args(arguments);
        command.current_dir(lab.folder.path()).env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
        Ran::of(command, b"")
    };
    if !is_installed("unshare") || !apart(&["--version"]).stderr.is_empty() {
        skip("unshare may not mount here");
        return;
    }
    let call = ["--password-file", "password.txt", "client.p12", &site.url()];
    let says = "this machine has no CA certificates";
    apart(&call).ends(5, says);
    lab.write("token.txt", "token\n");
    let submission = ["--account", "1", "--bearer-file", "token.txt", "--domain", &site.url()];
    apart(&[&submission, &call[..]].concat()).ends(5, says);
}
