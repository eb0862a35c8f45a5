//! The pages: `--report x.html`, `inspect --html`, `batch --format html`. `P12_TEST_PAGES=folder` keeps them, to be looked at.

use std::process::Command;

use p12_test::demo::endpoint::{ClientAuth, Manners};
use p12_test::demo::pki::{Identity, Profile, Purpose};
use serde_json::{Value, json};

use crate::batch::{batch, defaults};
use crate::harness::{Lab, OK, PASSWORD, Ran, Site, is_installed, with};

fn read(lab: &Lab, name: &str) -> String {
    let page = std::fs::read_to_string(lab.path(name)).unwrap();
    if let Some(folder) = std::env::var_os("P12_TEST_PAGES") {
        std::fs::write(std::path::Path::new(&folder).join(name), &page).unwrap();
    }
    page
}

/// The page of a test with these options.
fn page(lab: &Lab, p12: &str, site: &Site, name: &str, exit: i32) -> String {
    lab.run_p12(p12, site, &["--report", lab.path(name).to_str().unwrap()]).exits(exit);
    read(lab, name)
}

/// Nothing is loaded, nothing runs, and the style that the policy lets in is the one that is there.
#[track_caller]
fn is_self_contained(page: &str) {
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">") && page.ends_with("</html>\n"));
    for bad in [" src=", "<link", "<iframe", "<object", "@import", "url(", " style=", "javascript:"] {
        assert!(!page.contains(bad), "{bad:?} is in the page");
    }
    let links: Vec<_> = page.split(" href=\"").skip(1).collect();
    assert!(links.iter().all(|link| link.starts_with("data:application/") || link.starts_with('#')));
    let hash = |text: &str| openssl::base64::encode_block(&openssl::sha::sha256(text.as_bytes()));
    for (element, directive) in [("style", "style-src"), ("script", "script-src")] {
        let blocks: Vec<_> = page.split(&format!("<{element}>")).skip(1).collect();
        let allowed = blocks.first().map(|rest| rest.split(&format!("</{element}>")).next().unwrap());
        let allowed = allowed.map_or_else(|| "'none'".into(), |text| format!("'sha256-{}'", hash(text)));
        assert!(blocks.len() < 2 && page.contains(&format!("; {directive} {allowed};")), "{element}");
    }
    assert!(page.contains("content=\"default-src 'none'; "));
}

/// The document that can be downloaded.
fn document(page: &str) -> Value {
    let encoded =
        page.split("href=\"data:application/json;base64,").nth(1).unwrap().split('"').next().unwrap();
    serde_json::from_slice(&openssl::base64::decode_block(encoded).unwrap()).unwrap()
}

/// The documents of a batch, one a line, packed.
fn documents(page: &str) -> Vec<Value> {
    let encoded = page.split("data:application/gzip;base64,").nth(1).unwrap().split('"').next().unwrap();
    let packed = openssl::base64::decode_block(encoded).unwrap();
    let lines = std::io::read_to_string(flate2::read::GzDecoder::new(&packed[..])).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn stranger(lab: &Lab) {
    let other = Identity::root("Another CA").unwrap();
    let issuing = other.issue(&Profile::new("Another Issuing CA", Purpose::Authority)).unwrap();
    let soon = Profile { days: (-300, 20), ..Profile::new("stranger", Purpose::Client) };
    lab.write("stranger.p12", &issuing.issue(&soon).unwrap().p12(PASSWORD, "x").unwrap());
}

#[test]
fn a_page_says_what_happened_and_what_to_do() {
    let lab = Lab::new();
    let site = lab.site(OK);
    stranger(&lab);
    let passed = page(&lab, "client.p12", &site, "passed.html", 0);
    is_self_contained(&passed);
    for text in [
        "<h1>Passed</h1>",
        "client.p12 gets through to localhost:",
        "200 OK",
        "leads to the P12",
        "days left",
    ] {
        assert!(passed.contains(text), "{text:?} is not in {passed}");
    }
    assert_eq!(document(&passed)["kind"], "passed");
    let refused = page(&lab, "stranger.p12", &site, "refused.html", 6);
    is_self_contained(&refused);
    for text in [
        "<h1>Refused</h1>",
        "What to do: ",
        "stopped here",
        "alert 48 unknown_ca",
        "None of these CAs is above",
    ] {
        assert!(refused.contains(text), "{text:?} is not in {refused}");
    }
    assert_eq!(document(&refused)["exit"], 6);
    let silent = lab.site_with(&Manners { client_auth: ClientAuth::Off, ..lab.manners() }, OK);
    let unasked = page(&lab, "client.p12", &silent, "unasked.html", 8);
    assert!(unasked.contains("<h1>Not tested</h1>") && unasked.contains("did not happen"), "{unasked}");
    let missing = lab.site("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    assert!(
        page(&lab, "client.p12", &missing, "status.html", 1).contains("stopped here: </span>404 Not Found")
    );
    let closed = page(&lab, "client.p12", &Site::nowhere(), "closed.html", 4);
    assert!(closed.contains("<h1>Not reached</h1>") && document(&closed)["exit"] == 4, "{closed}");
    is_self_contained(&page(&lab, "ca.pem", &site, "no-p12.html", 3));
}

#[test]
fn the_name_of_the_report_or_its_format_decides() {
    let lab = Lab::new();
    let site = lab.site(OK);
    for (name, format, is_page) in [
        ("r.HTM", None, true),
        ("r.json", None, false),
        ("r", None, false),
        ("r.html", Some("json"), false),
        ("r.txt", Some("html"), true),
    ] {
        let path = lab.path(name);
        let mut options = vec!["--report", path.to_str().unwrap()];
        options.extend(format.iter().flat_map(|format| ["--report-format", *format]));
        lab.run(&site, &options).exits(0).printed("hello\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap().starts_with("<!DOCTYPE"), is_page, "{name}");
    }
    lab.run(&site, &["--report-format", "html"]).ends(2, "--report <FILE>");
}

#[test]
fn a_comparison_marks_what_differs() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let serve = lab.serve(&[]);
    let ran = lab.submit(&serve.url, &site, &["--compare", "--cacert", "ca.pem", "--report", "compare.html"]);
    ran.exits(0);
    let page = read(&lab, "compare.html");
    is_self_contained(&page);
    for text in [
        "From here",
        "By the platform",
        "<tr class=\"same\"><th scope=\"row\">status</th>",
        "<tr class=\"same\"><th scope=\"row\">time</th>",
        "alike: ",
    ] {
        assert!(page.contains(text), "{text:?} is not in {page}");
    }
}

#[test]
fn inspect_writes_a_page_besides_its_answer() {
    let lab = Lab::new();
    stranger(&lab);
    let plain = ["inspect", "--password-file", "password.txt", "stranger.p12", "ca.pem"];
    let ran = Ran::of(with(with(lab.command(), &plain), &["--html", "inspect.html"]), b"");
    // A second later, there is a day less.
    let answer = |ran: &Ran| String::from_utf8_lossy(&ran.stdout).replace("  19  ", "  20  ");
    assert_eq!(answer(ran.exits(3)), answer(&Ran::of(with(lab.command(), &plain), b"")));
    let page = read(&lab, "inspect.html");
    is_self_contained(&page);
    for text in ["Cannot be used", "Usable, with warnings", "Private key", "CN=Another Issuing CA", "Safe"] {
        assert!(page.contains(text), "{text:?} is not in {page}");
    }
    assert_eq!(document(&page)["files"][0]["file"], "stranger.p12");
    let over = Ran::of(with(with(lab.command(), &plain), &["--html", "./stranger.p12"]), b"");
    over.ends(2, "stranger.p12 is an input and would be overwritten");
    for input in [["--password-file", "password.txt"], ["--trust", "ca.pem"], ["--key", "stranger.p12"]] {
        let before = std::fs::read(lab.folder.path().join(input[1])).unwrap();
        let mut command = lab.command();
        command.args(["inspect", "--html", input[1]]).args(input).arg("client.p12");
        Ran::of(command, b"").ends(2, "is an input and would be overwritten").printed("");
        assert_eq!(std::fs::read(lab.folder.path().join(input[1])).unwrap(), before);
    }
    std::fs::create_dir(lab.folder.path().join("folder")).unwrap();
    let mut command = lab.command();
    command.args(["inspect", "--password-file", "password.txt", "--html", "folder", "client.p12"]);
    Ran::of(command, b"").ends(10, "folder").printed("");
}

#[test]
fn a_batch_is_one_page_with_counts() {
    let lab = Lab::new();
    let site = lab.site(OK);
    stranger(&lab);
    let manifest = defaults(&site)
        + "{\"id\":\"good\"}\n{\"id\":\"<b>odd\",\"p12\":\"stranger.p12\"}\n{\"id\":\"wrong\",\"password\":\"no\"}\n"
        + &format!("{}\n", json!({ "id": "closed", "url": "https://localhost:9/" }));
    let ran = batch(&lab, &manifest, &["--format", "html"]);
    ran.exits(1);
    lab.write("batch.html", &ran.stdout);
    let page = read(&lab, "batch.html");
    is_self_contained(&page);
    for text in
        ["<h1>Not all pass</h1>", "1 of 4 tests passed", "1 connection-refused", "&lt;b&gt;odd", "href=\"#t"]
    {
        assert!(page.contains(text), "{text:?} is not in {page}");
    }
    assert_eq!(page.matches("<details class=\"result").count(), 4);
    let kinds: Vec<_> = documents(&page).iter().map(|document| document["kind"].clone()).collect();
    assert!(kinds.len() == 4 && kinds.contains(&json!("connection-refused")), "{kinds:?}");
    assert!(!page.contains("<b>"));
}

/// Markup, script, and marks that turn the line around, in every name; and a name of 64 KB.
#[test]
fn hostile_names_neither_run_nor_break_a_page() {
    const HOSTILE: &str = "</style><script>document.title='ran'</script>\u{202e}\"'<i>";
    let lab = Lab::new();
    let root = Identity::root(&format!("{HOSTILE}1")).unwrap();
    let leaf = root.issue(&Profile::new(HOSTILE, Purpose::Client)).unwrap();
    let long = format!("{HOSTILE}{}", "x".repeat(64 << 10));
    lab.write("hostile.p12", &leaf.p12(PASSWORD, &long).unwrap());
    let server = root.issue(&Profile::new(&format!("{HOSTILE}2"), Purpose::Server)).unwrap();
    lab.write("ca.pem", &root.certificate_pem().unwrap());
    let status = format!("HTTP/1.1 500 {HOSTILE}\r\ncontent-length: 0\r\n\r\n");
    let site = lab.site_with(&Manners::new(&server, &root), status);
    let mut pages = vec![page(&lab, "hostile.p12", &site, "hostile.html", 1)];
    let inspect =
        ["inspect", "--password-file", "password.txt", "--html", "hostile-inspect.html", "hostile.p12"];
    Ran::of(with(lab.command(), &inspect), b"");
    pages.push(read(&lab, "hostile-inspect.html"));
    let record = json!({ "id": HOSTILE.replace('\u{202e}', ""), "p12": "hostile.p12" });
    let ran = batch(&lab, &(defaults(&site) + &record.to_string()), &["--format", "html"]);
    lab.write("hostile-batch.html", &ran.stdout);
    pages.push(read(&lab, "hostile-batch.html"));
    for page in &pages {
        is_self_contained(page);
        let without_data = page.replace(
            page.split("base64,").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("\0"),
            "",
        );
        assert!(without_data.len() < 40_000, "{}", without_data.len());
        assert!(page.contains("&lt;script&gt;document.title='ran'&lt;/script&gt;"), "{page}");
        assert!(!page.contains("<script>document") && !page.contains("<i>") && !page.contains('\u{202e}'));
    }
    if !is_installed("chromium") {
        return;
    }
    for name in ["hostile.html", "hostile-inspect.html", "hostile-batch.html"] {
        let dom = dump(&lab, name);
        assert!(!dom.contains("<title>ran") && dom.contains("<footer>"), "{dom}");
    }
}

/// The page as a browser has it once its scripts have run.
fn dump(lab: &Lab, name: &str) -> String {
    let mut chromium = Command::new("chromium");
    chromium.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-sync",
    ]);
    chromium.args(["--disable-background-networking", "--disable-component-update", "--dump-dom"]);
    chromium.arg(format!("--user-data-dir={}", lab.path("chromium").display()));
    chromium.arg(format!("file://{}", lab.path(name).display())).env("HOME", lab.folder.path());
    let output = chromium.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
