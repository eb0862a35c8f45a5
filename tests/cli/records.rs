//! The records of a batch, and the formats of manifests.

use std::fs::File;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::batch::{batch, defaults, ids, numbered, result, results};
use crate::harness::{ACCOUNT, Lab, OK, PASSWORD, with};

fn kind(results: &[Value], id: &str) -> String {
    result(results, id)["kind"].as_str().unwrap().to_owned()
}

#[test]
fn ndjson_csv_and_toml_say_the_same() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let url = site.url();
    lab.write("m.csv", format!("id,p12,url,header,header,password_file,insecure,cacert\na,client.p12,{url},X: 1,\"Y: \"\"2\"\"\",password.txt,true,\n").as_bytes());
    std::fs::copy(lab.path("m.csv"), lab.path("M.CSV")).unwrap();
    lab.write("m.toml", format!("[defaults]\npassword-file = \"password.txt\"\n\n[[test]]\nid = \"a\"\np12 = \"client.p12\"\nurl = \"{url}\"\nheader = [\"X: 1\", 'Y: \"2\"']\ninsecure = true\n").as_bytes());
    lab.write("m.jsonl", format!("\u{feff}{}\n", json!({ "id": "a", "p12": "client.p12", "url": url, "headers": ["X: 1", "Y: \"2\""], "password_file": "password.txt", "insecure": true })).as_bytes());
    for (file, line) in [("m.csv", 2), ("m.toml", 4), ("m.jsonl", 1), ("M.CSV", 2)] {
        let ran = batch(&lab, "", &[file]);
        ran.ends(0, "1 passed");
        assert_eq!(results(&ran.stdout)[0]["line"], line, "{file}");
        assert!(site.request().contains("x: 1\r\ny: \"2\"\r\n"), "{file}: {}", site.request());
    }
}

#[test]
fn a_record_replaces_what_the_defaults_say() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.write("defaults.json", json!({ "cacert": "ca.pem", "p12": "client.p12" }).to_string().as_bytes());
    lab.write("defaults.toml", b"cacert = \"ca.pem\"\np12 = \"client.p12\"\n");
    let manifest = format!(
        "{}\n{}\n",
        json!({ "defaults": { "password_env": "NO_SUCH_VARIABLE" } }),
        json!({ "id": "a", "url": site.url(), "password_file": "password.txt" })
    );
    for file in ["defaults.json", "defaults.toml"] {
        batch(&lab, &manifest, &["--defaults", file]).ends(0, "1 passed");
    }
}

#[test]
fn a_bad_record_is_a_result_and_shows_no_secret() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let manifest = defaults(&site)
        + &[
            json!({ "id": "typo", "pasword": "canary" }).to_string(),
            json!({ "id": "two", "password": "canary", "no_password": true }).to_string(),
            json!({ "id": "wrong", "password": "canary" }).to_string(),
            json!({ "id": "literal", "password": PASSWORD }).to_string(),
            json!({ "id": "stdin", "body": "@-" }).to_string(),
            json!({ "id": "flag", "insecure": "canary" }).to_string(),
            json!({ "id": "report", "report": "x.json" }).to_string(),
            json!({ "p12": "client.p12" }).to_string(),
            json!({ "id": ["canary"] }).to_string(),
            "{\"id\": canary".into(),
            "[1]".into(),
            format!("{{\"id\":\"{}\"}}", "x".repeat(1 << 20)),
            json!({ "id": "literal" }).to_string(),
        ]
        .join("\n");
    let ran = batch(&lab, &manifest, &[]);
    ran.ends(1, "12 of 13 tests did not pass");
    let results = results(&ran.stdout);
    let kind = |id: &str| kind(&results, id);
    for id in ["typo", "two", "stdin", "flag", "report"] {
        assert_eq!(kind(id), "record-invalid", "{id}");
    }
    for line in 9..=14 {
        let unnamed = results.iter().find(|result| result["line"] == line).unwrap();
        assert_eq!(unnamed["kind"], "record-invalid", "{line}");
        assert!(unnamed["id"].as_str().unwrap().starts_with("record-"), "{unnamed}");
    }
    assert_eq!((kind("wrong").as_str(), kind("literal").as_str()), ("wrong-password", "passed"));
    let said = result(&results, "typo")["message"].as_str().unwrap();
    assert_eq!(said, "the record in line 2: a record has no field \"pasword\"");
    let all = String::from_utf8_lossy(&ran.stdout).into_owned() + &ran.stderr;
    assert!(!all.contains("canary") && !all.contains(PASSWORD), "{all}");
}

#[test]
fn an_unusable_manifest_exits_3() {
    let lab = Lab::new();
    batch(&lab, "", &["no-such-file"]).ends(3, "cannot read no-such-file");
    lab.write("m.TOML", b"\n[[test]]\nid = \"a\"\n[test]\n");
    batch(&lab, "", &["m.TOML"]).ends(3, "cannot read m.TOML: line 4 is not valid TOML");
    lab.write("m.toml", b"defaults = \"hunter2\"\n");
    for arguments in [["m.toml"].as_slice(), &["--defaults", "m.toml"]] {
        let ran = batch(&lab, "{\"id\":\"a\"}", arguments);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
    batch(&lab, "", &["m.toml"]).ends(3, "cannot read m.toml: line 1 is not valid TOML");
    File::create(lab.path("m.toml")).unwrap().set_len((64 << 20) + 1).unwrap();
    batch(&lab, "", &["m.toml"]).ends(3, "cannot read m.toml: it is larger than 64 MiB");
    for option in ["--defaults", "--resume"] {
        batch(&lab, "", &[option, "no-such-file"]).ends(3, "cannot read no-such-file");
    }
    lab.write("results", b"no result\n");
    batch(&lab, "", &["--resume", "results"]).ends(3, "line 1 of results is not a result");
    batch(&lab, "", &["--shard", "3/3"]).ends(2, "I from 0 to N-1");
    batch(&lab, "", &[]).ends(3, "the manifest holds no record");
}

#[test]
fn a_manifest_without_a_readable_record_exits_3_and_has_its_results() {
    let lab = Lab::new();
    let ran = batch(&lab, "no\nmanifest\n", &[]);
    ran.ends(3, "no record of the manifest can be read");
    assert_eq!(results(&ran.stdout).len(), 2);
    batch(&lab, "no\n{}\n", &[]).ends(1, "2 of 2 tests did not pass");
}

#[test]
fn results_outlive_a_manifest_that_breaks_off() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut manifest = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let mut source = listener.accept().unwrap().0;
    let mut command = with(lab.command(), &["batch", "--format", "junit"]);
    command.stdin(Stdio::from(OwnedFd::from(manifest.try_clone().unwrap()))).stdout(Stdio::piped());
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    source.write_all(numbered(&site, 1).as_bytes()).unwrap();
    while site.request().is_empty() {
        std::thread::yield_now();
    }
    // A connection that is closed with unread data is reset.
    manifest.write_all(b"unread").unwrap();
    drop((source, manifest));
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("cannot read standard input: connection reset by peer"), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("tests=\"1\""));
    batch(&lab, "", &["no-such-file", "--format", "junit"]).ends(3, "cannot read no-such-file").printed("");
}

#[test]
fn results_of_records_without_an_id_are_told_apart_wherever_they_stand() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let bad = "{\"id\": oops}\n";
    let whole = numbered(&site, 2)
        + bad
        + bad
        + "{\"id\":\"r1\"}\n"
        + "{\"p12\":\"client.p12\"}\n{\"id\":\"line-4\"}\n";
    let ran = batch(&lab, &whole, &[]);
    ran.ends(1, "4 of 7 tests did not pass");
    let first = results(&ran.stdout);
    let mut known = ids(&first);
    known.sort();
    known.dedup();
    assert_eq!(known.len(), 7);
    // As a part of a manifest has it, from another line on.
    let part = batch(&lab, &(defaults(&site) + bad), &[]);
    assert_eq!(part.exit, 3);
    assert!(known.contains(&ids(&results(&part.stdout))[0]));
    lab.write("results", &ran.stdout);
    batch(&lab, &whole, &["--resume", "results"]).ends(1, "7 had a result").printed("");
}

#[test]
fn an_id_that_was_rounded_is_none() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let manifest = defaults(&site)
        + "{\"id\":123456789012345678901}\n{\"id\":123456789012345678902}\n{\"id\":1.0}\n{\"id\":18446744073709551615}\n{\"id\":-1}\n";
    let ran = batch(&lab, &manifest, &[]);
    ran.ends(1, "3 of 5 tests did not pass");
    let results = results(&ran.stdout);
    assert_eq!(
        (kind(&results, "18446744073709551615"), kind(&results, "-1")),
        ("passed".into(), "passed".into())
    );
}

#[test]
fn an_id_of_ours_tells_nothing_of_a_password() {
    let lab = Lab::new();
    let id = |password: &str| {
        ids(&results(&batch(&lab, &json!({ "p12": "a.p12", "password": password }).to_string(), &[]).stdout))
    };
    assert_eq!(id("one"), id("another"));
}

#[test]
fn an_answer_goes_to_a_file_of_its_own() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let records = ["-", "results", "./one", "one", "two", "/dev/stdout"];
    let records: String =
        records.iter().map(|output| json!({ "id": output, "output": output }).to_string() + "\n").collect();
    lab.write("manifest", (defaults(&site) + &records).as_bytes());
    let mut command = with(lab.command(), &["batch", "manifest"]);
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command.stdout(File::create(lab.path("results")).unwrap()).status().unwrap();
    let results = results(&std::fs::read(lab.path("results")).unwrap());
    assert_eq!(results.len(), 6);
    for (id, wanted) in [
        ("-", "record-invalid"),
        ("results", "record-invalid"),
        ("/dev/stdout", "record-invalid"),
        ("./one", "passed"),
        ("one", "record-invalid"),
        ("two", "passed"),
    ] {
        assert_eq!(kind(&results, id), wanted, "{id}");
    }
    assert_eq!(std::fs::read(lab.path("one")).unwrap(), b"hello\n");
}

#[test]
fn two_names_of_one_option_are_refused() {
    let lab = Lab::new();
    let manifest = [
        json!({ "id": "header", "header": "X: 1", "headers": ["Y: 2"] }),
        json!({ "id": "body", "data": "1", "body": "2" }),
        json!({ "id": "password", "password_file": "1", "password-file": "2" }),
        json!({ "defaults": { "request": "PUT", "method": "GET" } }),
    ];
    let manifest: String = manifest.iter().map(|record| record.to_string() + "\n").collect();
    let ran = batch(&lab, &manifest, &[]);
    ran.ends(1, "4 of 4 tests did not pass");
    for result in results(&ran.stdout) {
        assert!(result["message"].as_str().unwrap().ends_with("are the same option"), "{result}");
    }
    lab.write("d.json", b"{\"request\":\"PUT\",\"method\":\"GET\"}");
    batch(&lab, "", &["--defaults", "d.json"])
        .ends(3, "in the defaults, \"request\" and \"method\" are the same option");
}

#[test]
fn what_says_nothing_takes_no_defaults_place() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let manifest = [
        json!({ "id": "false", "no_password": false }),
        json!({ "id": "text", "no_password": "false" }),
        json!({ "id": "null", "no_password": null, "password_env": null, "password_file": null }),
        json!({ "id": "none", "no_password": true }),
        json!({ "defaults": { "account": ACCOUNT } }),
        json!({ "id": "here", "account": null }),
    ];
    let manifest: String = manifest.iter().map(|record| record.to_string() + "\n").collect();
    let ran = batch(&lab, &(defaults(&site) + &manifest), &[]);
    let results = results(&ran.stdout);
    for id in ["false", "text", "null", "here"] {
        assert_eq!(kind(&results, id), "passed", "{id}");
    }
    assert_eq!(kind(&results, "none"), "password-needed");
}

/// After a quote that is not closed, the rest is one field, with the secrets of other records in it.
#[test]
fn a_quote_that_is_not_closed_shows_no_secret() {
    let lab = Lab::new();
    let rows = "\"a,o.p12,canary-1,https://a.example/\nb,b.p12,canary-2,https://b.example/\n";
    lab.write("m.csv", format!("id,p12,password,url\n{rows}").as_bytes());
    lab.write("one.csv", format!("id\n{rows}").as_bytes());
    let long = "x".repeat(3 << 20);
    lab.write("long.csv", format!("id,p12,password,url\n\"{long}").as_bytes());
    for (file, exit, says) in [
        ("m.csv", 3, "no record of the manifest can be read"),
        ("one.csv", 1, "1 of 1 test"),
        ("long.csv", 3, "a quote may not be closed"),
    ] {
        let ran = batch(&lab, "", &[file]);
        ran.ends(exit, says);
        assert!(
            !(String::from_utf8_lossy(&ran.stdout).into_owned() + &ran.stderr).contains("canary"),
            "{file}"
        );
    }
}

#[test]
fn csv_is_read_as_spreadsheets_write_it() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let row =
        |separator: &str, id: &str| [id, "client.p12", &site.url(), "ca.pem", "password.txt"].join(separator);
    let header = "ID,P12,URL,CAcert,Password_File";
    for (case, manifest, lines) in [
        ("semicolons", format!("{}\r\n{}\r\n", header.replace(',', ";"), row(";", "a")), &[2][..]),
        ("tabs", format!("\u{feff}{}\n{}\n", header.replace(',', "\t"), row("\t", "a")), &[2]),
        ("quotes", format!("\"{}\"\n{}", header.replace(',', "\";\""), row(";", "a")), &[2]),
        ("CR LF", format!("{header}\r\n{}\r\n{}\r\n", row(",", "a"), row(",", "b")), &[2, 3]),
        ("CR", format!("{header}\r{}\r{}\r", row(",", "a"), row(",", "b")), &[2, 3]),
        (
            "empty rows",
            format!("{header}\n,,,,\n\n{}\n,,,,\r\n\r\n{}\n,,,,\n", row(",", "a"), row(",", "b")),
            &[4, 7],
        ),
        (
            "lines within",
            format!("{header}\r\n{}\r\n{}\r\n", row(",", "a").replace("ca.pem", "\"ca.pem\""), row(",", "b")),
            &[2, 3],
        ),
    ] {
        lab.write("m.csv", manifest.as_bytes());
        let ran = batch(&lab, "", &["m.csv"]).in_case(case);
        ran.ends(0, &format!("{} passed", lines.len()));
        let mut found: Vec<_> =
            results(&ran.stdout).iter().map(|result| result["line"].as_u64().unwrap()).collect();
        found.sort_unstable();
        assert_eq!(found, lines, "{case}");
    }
    lab.write("m.csv", format!("{header}\r\na,b,c,d,e\r\nx,,,,\r\n").as_bytes());
    assert!(
        String::from_utf8_lossy(&batch(&lab, "", &["m.csv"]).stdout)
            .contains("the record in line 3: it has no p12")
    );
    for header in ["name,p12,url", "id|p12|url"] {
        lab.write("m.csv", format!("{header}\na,client.p12,canary\nb,client.p12,canary\n").as_bytes());
        let ran = batch(&lab, "", &["m.csv"]);
        ran.ends(3, "cannot read m.csv: its first row has no field id");
        assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    }
}

#[test]
fn a_manifest_in_utf_16_is_told_as_that() {
    let lab = Lab::new();
    for (file, text) in [
        ("m.csv", "\u{feff}id,p12"),
        ("m.ndjson", "\u{feff}{}"),
        ("bare.ndjson", "{}"),
        ("m.toml", "\u{feff}["),
    ] {
        let bytes: Vec<_> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        lab.write(file, &bytes);
        batch(&lab, "", &[file]).in_case(file).ends(3, "it is UTF-16; save it as UTF-8");
    }
}
