//! The formats of a batch for machines that watch: metrics, and annotations of GitHub Actions.

use p12_test::demo::endpoint::{ClientAuth, Manners};
use p12_test::demo::pki::{Profile, Purpose};
use serde_json::json;

use crate::batch::{batch, defaults};
use crate::harness::{Lab, OK, PASSWORD};

/// The lines of a metric whose labels hold this.
fn lines<'a>(text: &'a str, metric: &str, holds: &str) -> Vec<&'a str> {
    let start = format!("{metric}{{");
    text.lines().filter(|line| line.starts_with(&start) && line.contains(holds)).collect()
}

#[test]
fn metrics_say_what_each_test_came_to() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let silent = lab.site_with(&Manners { client_auth: ClientAuth::Off, ..lab.manners() }, OK);
    let manifest = [
        defaults(&site),
        format!("{}\n", json!({ "id": "good", "alias": "client" })),
        format!("{}\n", json!({ "id": "unasked", "url": silent.url() })),
        format!("{}\n", json!({ "id": "closed", "url": "https://localhost:9/secret-path?secret=query" })),
        format!("{}\n", json!({ "id": "odd \"\\{}", "password": "wrong" })),
    ]
    .concat();
    let ran = batch(&lab, &manifest, &["--format", "openmetrics"]);
    ran.ends(1, "3 of 4 tests did not pass");
    let text = String::from_utf8(ran.stdout).unwrap();
    let of = |metric: &str, holds: &str| lines(&text, metric, holds);
    let subject = "subject=\"CN=client, O=p12-test demo\",alias=\"client\"";
    let host = format!("host=\"localhost:{}\"", site.address.port());
    assert_eq!(
        of("p12_test_success", "id=\"good\""),
        [format!("p12_test_success{{id=\"good\",{host},{subject}}} 1.0")]
    );
    assert_eq!(of("p12_test_success", "} 0.0").len(), 3, "{text}");
    for (id, kind) in
        [("good", "passed"), ("unasked", "certificate-not-requested"), ("closed", "connection-refused")]
    {
        assert_eq!(of("p12_test_kind", &format!("kind=\"{kind}\"")).len(), 1, "{id}: {text}");
    }
    assert!(of("p12_test_certificate_requested", "id=\"good\"")[0].ends_with(" 1.0"), "{text}");
    assert!(of("p12_test_certificate_requested", "id=\"unasked\"")[0].ends_with(" 0.0"), "{text}");
    assert!(of("p12_test_certificate_requested", "id=\"closed\"").is_empty(), "{text}");
    assert!(of("p12_test_http_status", "id=\"good\"")[0].ends_with(" 200.0"), "{text}");
    assert!(of("p12_test_http_status", "id=\"closed\"").is_empty(), "{text}");
    assert_eq!(of("p12_test_last_run_seconds", "").len(), 4);
    assert_eq!(of("p12_test_duration_seconds", "phase=\"total\"").len(), 3, "{text}");
    assert_eq!(of("p12_test_success", "id=\"odd \\\"\\\\{}\"").len(), 1, "{text}");
    assert!(text.ends_with("# EOF\n") && !text.contains("secret"), "{text}");
}

#[test]
fn metrics_have_the_end_of_every_certificate_of_both_chains() {
    let lab = Lab::new();
    let issuing =
        lab.root.issue(&Profile { days: (-1, 100), ..Profile::new("Issuing CA", Purpose::Authority) });
    let soon = Profile { days: (-300, 20), ..Profile::new("soon", Purpose::Client) };
    let identity = issuing.unwrap().issue(&soon).unwrap();
    lab.write("soon.p12", &identity.p12(PASSWORD, "soon").unwrap());
    let site = lab.site(OK);
    let manifest = defaults(&site) + "{\"id\":\"soon\",\"p12\":\"soon.p12\"}\n";
    let ran = batch(&lab, &manifest, &["--format", "openmetrics"]);
    ran.exits(0);
    let text = String::from_utf8(ran.stdout).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    let days_left = |holds: &str| {
        let found = lines(&text, "p12_test_certificate_not_after_seconds", holds);
        let [line] = found.as_slice() else { panic!("{found:?}\n{text}") };
        (line.rsplit(' ').next().unwrap().parse::<f64>().unwrap() - now) / 86_400.0
    };
    for (holds, days) in [
        ("chain=\"client\",position=\"0\",certificate=\"CN=soon, O=p12-test demo\"", 20.0),
        ("chain=\"client\",position=\"1\",certificate=\"CN=Issuing CA, O=p12-test demo\"", 100.0),
        ("chain=\"endpoint\",position=\"0\"", 365.0),
    ] {
        assert!((days_left(holds) - days).abs() < 1.1, "{holds}: {}", days_left(holds));
    }
}

#[test]
fn annotations_are_one_command_a_line_at_the_record() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let soon = Profile { days: (-300, 20), ..Profile::new("soon", Purpose::Client) };
    lab.write("soon.p12", &lab.root.issue(&soon).unwrap().p12(PASSWORD, "soon").unwrap());
    let manifest = defaults(&site)
        + "{\"id\":\"good\"}\n{\"id\":\"soon\",\"p12\":\"soon.p12\"}\n"
        + "{\"id\":\"a:b,c%::error::x\",\"password\":\"no\"}\n";
    lab.write("m,1.ndjson", &manifest);
    let ran = batch(&lab, "", &["--format", "github", "m,1.ndjson"]);
    ran.exits(1);
    let text = String::from_utf8(ran.stdout).unwrap();
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    let [error, warning, passed] = lines.as_slice() else { panic!("{text}") };
    let begins = "::error file=m%2C1.ndjson,line=4,title=a%3Ab%2Cc%25%3A%3Aerror%3A%3Ax::wrong-password: ";
    assert!(error.starts_with(begins) && error.contains("%0A"), "{error}");
    assert!(
        warning
            .starts_with("::warning file=m%2C1.ndjson,line=3,title=soon::the P12's certificate expires in ")
    );
    assert_eq!(*passed, "passed good: answered 200");
    let from_stdin = batch(&lab, &manifest, &["--format", "github"]);
    assert!(String::from_utf8(from_stdin.stdout).unwrap().contains("::warning title=soon::"));
}
