//! Canaries in the other commands, and where they are typed in the wrong place.

use std::process::Command;

use serde_json::{Value, json};

use super::{CANARIES, COOKIES, HEADER, OF_ALL, basic, case, echo, is_free_of_canaries, seeded, with_query};
use crate::harness::{ACCOUNT, Ran, Site, TOKEN, formats, with};

/// No message repeats what was typed instead of a URL, nor the secrets in a URL.
#[test]
fn no_secret_in_a_url_comes_out() {
    let lab = seeded();
    let canary = CANARIES[15];
    for url in [
        format!("https://u:{canary}@localhost/"),
        format!("https://u:{canary}@localhost:99999/?key={canary}"),
        format!("https://localhost:99999/?key={canary}"),
        format!("https://u:{canary}"),
        format!("u:{canary}@[::"),
        format!("http://u:{canary}@localhost/"),
    ] {
        case("the forward URL", &[], &[]).run_in_every_form(&lab, &url);
        for flag in ["--domain", "--domain-api", "--proxy"] {
            let arguments = ["--account", ACCOUNT, flag, &url];
            case(flag, &arguments, &[]).run_in_every_form(&lab, "https://localhost:9/");
        }
        let ran = Ran::of(with(lab.command(), &["serve", "--credentials", "x", "--public-url", &url]), b"");
        is_free_of_canaries("--public-url", ran.ends(2, "invalid value '***'").stderr.as_bytes());
        let fields = ["url", "domain", "domain_api", "proxy"].map(|name| {
            let mut record =
                json!({ "id": name, "p12": "client.p12", "url": "https://localhost:9/", "password": "x" });
            record[name] = url.clone().into();
            if name.starts_with("domain") {
                record["account"] = ACCOUNT.into();
            }
            format!("{record}\n")
        });
        let ran = Ran::of(with(lab.command(), &["batch"]), fields.concat().as_bytes());
        is_free_of_canaries("a record", &ran.stdout);
    }
}

#[test]
fn no_secret_comes_out_of_a_batch() {
    let lab = seeded();
    let site = lab.site(echo(&OF_ALL.iter().map(|at| CANARIES[*at]).collect::<Vec<_>>(), "503 No"));
    let record = |id: &str, more: Value| {
        let mut record = json!({ "id": id, "p12": "client.p12", "url": site.url(), "cacert": "ca.pem" });
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        format!("{record}\n")
    };
    let authorization = format!("Bearer {}", CANARIES[2]);
    let proxy = format!("http://user:{}@127.0.0.1:9", CANARIES[5]);
    let manifest = [
        record(
            "good",
            json!({
                "password": CANARIES[0], "authorization": authorization, "header": [HEADER, COOKIES],
                "body": CANARIES[4], "url": with_query(&site.url()), "verbose": null,
            }),
        ),
        record("basic", json!({ "password": CANARIES[0], "authorization": basic(), "proxy": proxy })),
        record("platform", json!({ "password": CANARIES[0], "account": ACCOUNT, "bearer": CANARIES[1], "domain": "http://127.0.0.1:9" })),
        record("wrong", json!({ "password": CANARIES[1] })),
        record("bad", json!({ "password": CANARIES[1], "no_password": true })),
        record("switch", json!({ "control": CANARIES[1] })),
        record("name", json!({ "passwort": CANARIES[1] })),
        format!("{{\"password\": \"{}\"\n", CANARIES[1]),
    ]
    .concat();
    for format in formats() {
        let ran = Ran::of(with(lab.command(), &["batch", "--format", &format]), manifest.as_bytes());
        ran.ends(1, "8 of 8 tests did not pass");
        is_free_of_canaries(&format, &ran.stdout);
        is_free_of_canaries(&format, ran.stderr.as_bytes());
    }
}

/// The log of a server, both for answered and for refused requests.
#[test]
fn no_secret_gets_into_the_log_of_a_server() {
    let lab = seeded();
    let site = lab.site(echo(&[CANARIES[0], CANARIES[2], CANARIES[4], CANARIES[6]], "503 No"));
    let serve = lab.serve(&[]);
    let body = ["--authorization-file", "authorization.txt", "-d", CANARIES[4]];
    let submit = |bearer: &str, url: &str| {
        let mut command = lab.command();
        command.args(["--account", ACCOUNT, "--domain", &serve.url, "--bearer", bearer, "--no-precheck"]);
        command.args(["--password-file", "password.txt", "client.p12", url]);
        Ran::of(with(command, &body), b"").exit
    };
    assert_eq!(submit(TOKEN, &with_query(&site.url())), 1);
    assert_eq!(submit(TOKEN, &with_query(&Site::nowhere().url())), 7);
    assert_eq!(submit(CANARIES[1], &with_query(&site.url())), 7);
    let (_, log) = serve.end();
    assert!(log.lines().count() == 3 && !log.contains(TOKEN), "{log}");
    is_free_of_canaries("the log", log.as_bytes());
}

#[test]
fn no_secret_comes_out_of_an_inspection() {
    let lab = seeded();
    lab.write("wrong.txt", CANARIES[1].as_bytes());
    for source in ["password.txt", "wrong.txt"] {
        let page = ["--html", "page.html", "client.p12"];
        for form in [&["client.p12"][..], &["client.p12", "ca.pem"], &["--json", "client.p12"], &page] {
            let ran =
                Ran::of(with(lab.command(), &[&["inspect", "--password-file", source], form].concat()), b"");
            is_free_of_canaries("inspect", &ran.stdout);
            is_free_of_canaries("inspect", ran.stderr.as_bytes());
            if form == page {
                is_free_of_canaries("a page of inspect", &std::fs::read(lab.path("page.html")).unwrap());
            }
        }
    }
}

/// A process that crashes in the middle of a call leaves no core file, even where the shell allows it.
#[test]
fn no_core_file_is_left() {
    let lab = seeded();
    let silent = lab.plain(None);
    let script = format!(
        "ulimit -c unlimited; \"$0\" --password-file password.txt client.p12 {} & \
         while ! grep -q '^SigCgt' /proc/$!/status || ! ls -l /proc/$!/fd | grep -q socket; do :; done; \
         kill -ABRT $!; wait $!; echo ended $?; ls",
        silent.url()
    );
    let mut shell = Command::new("bash");
    shell.current_dir(lab.folder.path()).args(["-c", &script, crate::harness::program()]);
    let ran = Ran::of(shell, b"");
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(said.contains("ended 134") && !said.contains("core"), "{said}\n{}", ran.stderr);
    is_free_of_canaries("stderr", ran.stderr.as_bytes());
}
