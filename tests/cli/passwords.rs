//! Where the password comes from.

use std::process::{Command, Stdio};

use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::symm::Cipher;
use p12_test::demo::pki::{Profile, Purpose};

use crate::harness::{
    Lab, OK, PASSWORD, Ran, Session, Signal, Site, is_installed, send, typed, wait_for_signal_handler, with,
};
use crate::odd_files::{with_bag, with_iterations, with_mac};

fn run(lab: &Lab, site: &Site, arguments: &[&str], variables: &[(&str, &str)], stdin: &[u8]) -> Ran {
    let mut command = lab.command();
    command.args(["--cacert", "ca.pem"]).args(arguments).arg("client.p12").arg(site.url());
    command.envs(variables.iter().copied());
    Ran::of(command, stdin)
}

#[test]
fn each_source_opens_the_file() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.write("crlf.txt", format!("{PASSWORD}\r\n").as_bytes());
    lab.write("bare.txt", PASSWORD.as_bytes());
    let line = format!("{PASSWORD}\n");
    run(&lab, &site, &["--password-file", "password.txt"], &[], b"").exits(0);
    run(&lab, &site, &["--password-file", "crlf.txt"], &[], b"").exits(0);
    run(&lab, &site, &["--password-file", "bare.txt"], &[], b"").exits(0);
    run(&lab, &site, &["--password-env", "X"], &[("X", PASSWORD)], b"").exits(0);
    run(&lab, &site, &["--password-stdin"], &[], line.as_bytes()).exits(0);
    run(&lab, &site, &["-p", PASSWORD], &[], b"").exits(0);
    run(&lab, &site, &[], &[("P12_TEST_PASSWORD", PASSWORD)], b"").exits(0);
}

#[test]
fn what_stands_around_the_password_is_left_out_and_reported() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let cases: [(&str, Vec<u8>, &str); 5] = [
        ("two.txt", format!("{PASSWORD}\n\n").into(), "without the blanks around it"),
        ("space.txt", format!(" {PASSWORD} \n").into(), "without the blanks around it"),
        ("quoted.txt", format!("\"{PASSWORD}\"").into(), "without its quotes"),
        ("mark.txt", format!("\u{feff}{PASSWORD}\r\n").into(), "without its byte order mark"),
        (
            "wide.txt",
            [&[0xff, 0xfe], &PASSWORD.bytes().flat_map(|byte| [byte, 0]).collect::<Vec<_>>()[..]].concat(),
            "read as UTF-16",
        ),
    ];
    for (name, content, how) in cases {
        lab.write(name, &content);
        let warning = format!("warning: the password in {name} fitted {how}");
        run(&lab, &site, &["--password-file", name], &[], b"").ends(0, &warning);
    }
    let quoted = format!("'{PASSWORD}'");
    let warning = "warning: the password in the environment variable X fitted without its quotes";
    run(&lab, &site, &["--password-env", "X"], &[("X", &quoted)], b"").ends(0, warning);
}

#[test]
fn a_password_that_ends_with_a_newline_opens() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let client = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    lab.write("client.p12", &client.p12(&format!("{PASSWORD}\n"), "client").unwrap());
    run(&lab, &site, &["--password-file", "password.txt"], &[], b"")
        .ends(0, "warning: the password in password.txt fitted with the newline at its end");
    lab.write("bare.txt", PASSWORD.as_bytes());
    run(&lab, &site, &["--password-file", "bare.txt"], &[], b"")
        .ends(0, "the password fits with a newline added at its end");
}

/// `$(cat FILE)` leaves the carriage return of Windows, and Windows' `echo` the blank before `|`.
#[test]
fn what_a_script_left_at_the_end_of_the_password_opens() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let client = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    lab.write("crlf.txt", &format!("{PASSWORD}\r\n"));
    for (end, what) in [("\r", "a carriage return"), (" ", "a blank")] {
        lab.write("client.p12", &client.p12(&format!("{PASSWORD}{end}"), "client").unwrap());
        for file in ["password.txt", "crlf.txt"] {
            run(&lab, &site, &["--password-file", file], &[], b"").ends(
                0,
                &format!("the password fits with {what} added at its end: the P12 was made with that"),
            );
        }
    }
}

#[test]
fn what_was_made_of_the_password_on_its_way_is_undone_and_reported() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let client = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    lab.write("client.p12", &client.p12("it's \"A & B\"", "client").unwrap());
    let cases = [
        ("aXQncyAiQSAmIEIi", "decoded from base64"),
        ("it's\u{200b} \"A & B\"\u{200b}", "without its invisible letters"),
        ("it’s “A & B”", "with plain quotes, dashes and blanks"),
        ("it&#39;s &quot;A &amp; B&quot;", "without the escapes of HTML"),
        ("it%27s%20%22A%20%26%20B%22", "without the escapes of a URL"),
        ("\"it's \\\"A & B\\\"\"", "without its quotes and without its backslashes"),
        ("<password>it's \"A &amp; B\"</password>\n", "as the content of an element of XML and without"),
    ];
    for (content, how) in cases {
        lab.write("sent.txt", content);
        let warning = format!("warning: the password in sent.txt fitted {how}");
        run(&lab, &site, &["--password-file", "sent.txt"], &[], b"").ends(0, &warning);
    }
}

#[test]
fn quotes_that_are_in_the_password_of_the_p12_open() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let client = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    for (quote, what) in [("\"", "double quotes"), ("'", "single quotes")] {
        lab.write("client.p12", &client.p12(&format!("{quote}{PASSWORD}{quote}"), "client").unwrap());
        let how = format!("the password fits with {what} added around it: the P12 was made with that");
        run(&lab, &site, &["--password-file", "password.txt"], &[], b"").ends(0, &how);
        run(&lab, &site, &["-p", PASSWORD], &[], b"").ends(0, &how);
    }
}

#[test]
fn a_password_file_that_is_itself_encrypted_is_named() {
    let lab = Lab::new();
    let site = lab.site(OK);
    for (content, what) in [
        (
            "$ANSIBLE_VAULT;1.1;AES256\n6162\n",
            "it is encrypted (Ansible Vault): give what ansible-vault view prints",
        ),
        (
            "-----BEGIN PGP MESSAGE-----\n\nhQ\n",
            "it is encrypted (a PGP message): give what gpg --decrypt prints",
        ),
    ] {
        lab.write("vault.txt", content);
        let hint = format!("hint:  check vault.txt: {what}");
        run(&lab, &site, &["--password-file", "vault.txt"], &[], b"").ends(3, &hint);
    }
}

#[test]
fn the_password_that_fitted_goes_to_the_platform() {
    let lab = Lab::new();
    let (served, site) = (lab.serve(&[]), lab.site(OK));
    lab.write("password.txt", format!("\"{PASSWORD}\"\n").as_bytes());
    lab.submit(&served.url, &site, &[]).ends(0, "fitted without its quotes");
}

#[test]
fn letters_that_a_program_cut_short_fit() {
    let lab = Lab::new();
    // What a program writes that puts each letter into one unit of UTF-16: U+1F600 becomes U+F600.
    let client = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    let mut builder = Pkcs12::builder();
    let cipher = Nid::PBE_WITHSHA1AND3_KEY_TRIPLEDES_CBC;
    builder.pkey(&client.key).cert(&client.certificate).key_algorithm(cipher).cert_algorithm(cipher);
    lab.write("client.p12", &builder.build2("a\u{f600}").unwrap().to_der().unwrap());
    let ran = Ran::of(with(lab.command(), &["inspect", "-p", "a\u{1f600}", "client.p12"]), b"");
    ran.exits(0);
    assert!(String::from_utf8_lossy(&ran.stdout).contains("fits only as UCS-2"));
}

/// OpenSSL takes the letters for the MAC, and their bytes for PBES2.
#[test]
fn a_password_with_umlauts_opens_from_a_file_in_another_encoding() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let client = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    let twice = "fitted read as UTF-8 that was encoded twice";
    let cases: [(&str, &[u8], &str); 7] = [
        ("pässwörd", b"p\xe4ssw\xf6rd", "the password in other.txt fitted read as Latin-1"),
        ("pässwörd", b" p\xe4ssw\xf6rd\r\n", "fitted read as Latin-1 and without the blanks around it"),
        ("€uro", b"\x80uro", "fitted read as CP1252"),
        ("pässwörd", b"p\x84ssw\x94rd\n", "fitted read as CP437"),
        ("smørd", b"sm\x9brd", "fitted read as CP850"),
        ("pässwörd", "pÃ¤sswÃ¶rd".as_bytes(), twice),
        ("maß", "maÃ\u{178}".as_bytes(), twice),
    ];
    for (made_with, file, how) in cases {
        lab.write("client.p12", &client.p12(made_with, "client").unwrap());
        lab.write("other.txt", file);
        run(&lab, &site, &["--password-file", "other.txt"], &[], b"").ends(0, how);
    }
}

/// OpenSSL takes bytes that are not UTF-8 for Latin-1.
#[test]
fn a_p12_made_with_the_bytes_of_a_code_page_opens_with_the_letters() {
    if !is_installed("openssl") {
        return;
    }
    let lab = Lab::new();
    let site = lab.site(OK);
    let client = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    lab.write("client.pem", &[client.key_pem().unwrap(), client.certificate_pem().unwrap()].concat());
    let (composed, decomposed) = ("pässwörd", "pa\u{308}sswo\u{308}rd");
    let cases: [(&[u8], &str, &str); 4] = [
        (b"p\xe4ssw\xf6rd", composed, "the password fits only as Latin-1"),
        (b"p\xe4ssw\xf6rd", decomposed, "the password fits only as Latin-1"),
        (b"p\x84ssw\x94rd", composed, "the password fits only as CP850 taken as Latin-1"),
        (b"\x80uro", "€uro", "the password fits only as CP1252 taken as Latin-1"),
    ];
    for (made_with, file, how) in cases {
        lab.write("made.txt", made_with);
        let mut openssl = Command::new("openssl");
        openssl.args(["pkcs12", "-export", "-in", "client.pem", "-out", "client.p12"]);
        let made = openssl.args(["-passout", "file:made.txt"]).current_dir(lab.path("")).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        lab.write("letters.txt", file);
        run(&lab, &site, &["--password-file", "letters.txt"], &[], b"").ends(0, how);
    }
}

#[test]
fn letters_that_fit_only_the_mac_or_only_the_rest_are_no_other_password_and_no_change() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let client = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    lab.write("letters.txt", "müller");
    let open = |p12: &[u8]| {
        lab.write("client.p12", p12);
        run(&lab, &site, &["--password-file", "letters.txt"], &[], b"")
    };
    let maybe = "check letters.txt: it has letters beyond ASCII, and may be in another encoding";
    let mac_alone = open(&with_mac(&client.p12("meier", "client").unwrap(), "müller"));
    mac_alone.ends(3, "the password fits its MAC, but").ends(3, maybe);
    let twice = "mÃ¼ller";
    let all_but_mac = open(&with_mac(&client.p12(twice, "client").unwrap(), "meier"));
    all_but_mac.ends(3, "the password does not match").ends(3, maybe);
    let composed = with_mac(&client.p12("mu\u{308}ller", "client").unwrap(), "meier");
    open(&composed).ends(3, "the password opens what is encrypted, but its MAC does not fit").ends(3, maybe);
    let changed = with_mac(&client.p12("müller", "client").unwrap(), "meier");
    open(&changed).ends(3, "the password is right, but the file was changed");
}

#[test]
fn a_wrong_password_says_what_to_check() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.write("wrong.txt", b"wrong");
    run(&lab, &site, &["--password-file", "wrong.txt"], &[], b"").ends(3, "hint:  check wrong.txt");
    run(&lab, &site, &["--password-env", "X"], &[("X", "wrong")], b"")
        .ends(3, "check the environment variable X");
    run(&lab, &site, &["--password-stdin"], &[], b"wrong").ends(3, "standard input");
}

#[test]
fn no_source_tries_none_and_empty_and_then_says_what_is_missing() {
    let lab = Lab::new();
    let site = lab.site(OK);
    run(&lab, &site, &[], &[], b"")
        .ends(3, "it has a password, and none was given")
        .ends(3, "--password-file");
    run(&lab, &site, &["--no-password"], &[], b"").ends(3, "none was given");
    let client = Profile::new("client", Purpose::Client);
    lab.write("client.p12", &lab.root.issue(&client).unwrap().p12("", "client").unwrap());
    run(&lab, &site, &[], &[], b"").exits(0);
    run(&lab, &site, &["--no-password"], &[], b"").exits(0);
}

#[test]
fn two_sources_are_a_usage_error() {
    let lab = Lab::new();
    let site = lab.site(OK);
    run(&lab, &site, &["-p", "a", "--no-password"], &[], b"").ends(2, "cannot be used with");
    run(&lab, &site, &["--password-stdin", "-d", "@-"], &[], b"").ends(2, "cannot both read standard input");
}

/// Runs at a terminal and types each of these once a prompt is there.
fn at_a_terminal(lab: &Lab, arguments: &[&str], answers: &[&str]) -> Session {
    let answers: Vec<_> = answers.iter().map(|answer| (": ", *answer)).collect();
    typed(lab, arguments, &answers)
}

fn call_at_a_terminal(lab: &Lab, site: &Site, answers: &[&str]) -> Session {
    let url = site.url();
    at_a_terminal(lab, &["--cacert", "ca.pem", "--color", "never", "client.p12", &url], answers)
}

#[test]
fn the_prompt_does_not_echo_and_opens_the_file() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let Session { shown, status, echoes } = call_at_a_terminal(&lab, &site, &[&format!("{PASSWORD}\n")]);
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("Password of client.p12: ") && !shown.contains(PASSWORD) && echoes, "{shown}");
}

#[test]
fn the_prompt_may_be_tried_three_times() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let right = format!("{PASSWORD}\n");
    let Session { shown, status, .. } = call_at_a_terminal(&lab, &site, &["no\n", "nor this\n", &right]);
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("That password does not match. Password of"), "{shown}");
    let Session { shown, status, echoes } = call_at_a_terminal(&lab, &site, &["1\n", "2\n", "3\n"]);
    assert_eq!(status, 3, "{shown}");
    assert!(shown.contains("the password does not match") && echoes, "{shown}");
}

#[test]
fn inspect_asks_once_for_files_that_share_a_password() {
    let lab = Lab::new();
    let identity = lab.root.issue(&Profile::new("other", Purpose::Client)).unwrap();
    lab.write("same.p12", &identity.p12(PASSWORD, "x").unwrap());
    lab.write("other.p12", &identity.p12("another", "x").unwrap());
    let files = ["inspect", "client.p12", "same.p12", "other.p12", "same.p12"];
    let right = format!("{PASSWORD}\n");
    let Session { shown, status, echoes } = at_a_terminal(&lab, &files, &[&right, "another\n", &right]);
    assert_eq!(status, 0, "{shown}");
    let asked: Vec<_> =
        shown.matches("Password of client.p12").chain(shown.matches("Password of other.p12")).collect();
    assert_eq!(asked.len(), 2, "{shown}");
    assert!(echoes && !shown.contains("That password does not match"), "{shown}");
}

/// `client.p12`, whose key has this password and all else the usual one.
fn with_key_password(lab: &Lab, password: &str) {
    let client = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    let keyless = Pkcs12::builder().cert(&client.certificate).build2(PASSWORD).unwrap().to_der().unwrap();
    let key = client.key.private_key_to_pkcs8_passphrase(Cipher::aes_128_cbc(), password.as_bytes()).unwrap();
    lab.write("client.p12", &with_bag(&keyless, 2, &key));
}

#[test]
fn the_password_of_the_key_is_asked_for_where_it_is_another_one() {
    let lab = Lab::new();
    let site = lab.site(OK);
    with_key_password(&lab, "of the key");
    let (file, key) = (format!("{PASSWORD}\n"), "of the key\n");
    let Session { shown, status, echoes } = call_at_a_terminal(&lab, &site, &[&file, "no\n", key]);
    assert_eq!(status, 0, "{shown}");
    assert!(
        shown.contains("Password of the key: ") && !shown.contains("of the key\r\n") && echoes,
        "{shown}"
    );
    // The file's own has a source, and is not asked for.
    let named = ["--password-file", "password.txt", "--color", "never"];
    let ask = |command: &[&str], answers: &[&str]| at_a_terminal(&lab, &[command, &named].concat(), answers);
    assert_eq!(ask(&["inspect", "client.p12", "client.p12"], &[key]).status, 0);
    assert_eq!(ask(&["repack", "client.p12", "new.p12"], &[key]).status, 0);
    lab.run_p12("new.p12", &site, &[]).exits(0);
    let Session { shown, status, .. } = ask(&["inspect", "client.p12"], &["1\n", "2\n", "3\n"]);
    assert!(status == 3 && shown.contains("its key has another password"), "{shown}");
    // A password that was named for the key and does not fit is an error.
    lab.write("wrong.txt", "wrong");
    let Session { shown, status, .. } =
        ask(&["inspect", "client.p12", "--key-password-file", "wrong.txt"], &[]);
    assert!(status == 3 && !shown.contains("Password of"), "{shown}");
    lab.write_private("credentials.toml", "");
    let serve =
        ["serve", "--listen", "127.0.0.1:0", "--credentials", "credentials.toml", "--tls-p12", "client.p12"];
    let Session { shown, status, echoes } = at_a_terminal(&lab, &serve, &[&file, "half\u{3}"]);
    assert!(status == 130 && shown.contains("Password of the key: ") && echoes, "{shown}");
}

#[test]
fn ctrl_c_at_any_prompt_leaves_the_terminal_sane() {
    let lab = Lab::new();
    let url = lab.site(OK).url();
    lab.write_private("credentials.toml", "");
    let serve =
        ["serve", "--listen", "127.0.0.1:0", "--credentials", "credentials.toml", "--tls-p12", "client.p12"];
    let call = ["--cacert", "ca.pem", "client.p12", &url];
    for arguments in [&call[..], &["inspect", "client.p12"], &serve] {
        let Session { shown, status, echoes } = at_a_terminal(&lab, arguments, &["half\u{3}"]);
        assert_eq!(status, 130, "{arguments:?}: {shown}");
        assert!(echoes && !shown.contains("half"), "{arguments:?}: {shown}");
    }
}

#[test]
fn ctrl_c_does_not_wait_for_a_password_that_does_not_come() {
    let lab = Lab::new();
    let mut command = with(lab.command(), &["inspect", "--password-stdin", "client.p12"]);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_signal_handler(&mut child);
    send(Signal::INT, &child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn ctrl_c_does_not_wait_for_key_derivation() {
    let lab = Lab::new();
    lab.write("slow.p12", &with_iterations(7_000_000));
    let (inspect, call) =
        (["inspect", "-p", "x", "slow.p12"], ["-p", "x", "slow.p12", "https://localhost:9/"]);
    for arguments in [inspect, call] {
        // On a busy machine the derivation, a second long, may end before the signal comes; never each time.
        assert!((0..20).any(|_| interrupt(&lab, &arguments) == Some(130)), "{arguments:?}");
    }
}

fn interrupt(lab: &Lab, arguments: &[&str]) -> Option<i32> {
    let mut child = with(lab.command(), arguments).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_signal_handler(&mut child);
    send(Signal::INT, &child);
    child.wait().unwrap().code()
}

#[test]
fn an_empty_password_that_was_named_is_told_as_empty() {
    let lab = Lab::new();
    let mut command = lab.command();
    command.env("EMPTY", "").args(["--password-env", "EMPTY", "client.p12", "https://localhost/"]);
    Ran::of(command, b"")
        .ends(3, "the password that was given is empty; check the environment variable EMPTY");
}
