//! The sections of a manual page that clap_mangen does not know.

use clap_mangen::roff::{Roff, bold, italic, roman};
use p12_test::cli::EXIT_STATUSES;

pub(super) fn exit_statuses(roff: &mut Roff, name: &str) {
    roff.control("SH", ["EXIT STATUS"]);
    let statuses = EXIT_STATUSES.lines().filter_map(|line| line.trim().split_once(' '));
    let statuses = statuses.filter(|(number, _)| number.parse::<u8>().is_ok());
    let own: &[(&str, &str)] = match name {
        "p12-test-inspect" => &[
            ("0", "all files can be used, and there is no finding of severity error"),
            ("1", "there is a finding of severity error"),
            ("2", "wrong command line"),
            ("3", "a file cannot be used"),
            ("10", "a file cannot be read"),
        ],
        "p12-test-probe" => &[
            ("0", "the endpoint asks for a client certificate and insists on it"),
            ("2", "wrong command line"),
            ("4", "the endpoint was not reached"),
            ("5", "the endpoint's own certificate is not trusted"),
            ("8", "the endpoint asks for no client certificate, or does not insist on it"),
            ("9", "the answer broke off or was not HTTP"),
            ("10", "a problem on this machine: a file, or the output"),
            ("130", "Ctrl-C or SIGTERM"),
        ],
        "p12-test-repack" => &[
            ("0", "the new file, or the request, is complete"),
            ("2", "wrong command line, or the new file exists already"),
            ("3", "the P12 cannot be used"),
            ("4", "a certificate could not be fetched"),
            ("9", "what was fetched is not the certificate"),
            ("10", "a file cannot be read or written"),
        ],
        "p12-test-batch" => &[
            ("0", "all tests passed"),
            (
                "1",
                "some tests did not pass, in this run or in the results that it resumes from; each result has its own exit status",
            ),
            ("2", "wrong command line"),
            ("3", "the manifest, the defaults or the results to resume from cannot be used"),
            ("10", "the results cannot be written"),
            (
                "130",
                "Ctrl-C or SIGTERM; the tests that were running have results, unless the signal came twice",
            ),
        ],
        "p12-test-serve" | "p12-test-demo" => &[
            ("0", "it ended normally"),
            ("2", "wrong command line"),
            ("3", "the server's own P12 cannot be used"),
            ("10", "a file cannot be read, or the port cannot be opened"),
        ],
        _ => &[],
    };
    let list: Vec<_> = if own.is_empty() { statuses.collect() } else { own.to_vec() };
    for (number, meaning) in list {
        roff.control("TP", []);
        roff.text([bold(number)]);
        roff.text([roman(meaning.trim())]);
    }
}

fn examples_of(name: &str) -> &'static [(&'static str, &'static str)] {
    match name {
        "p12-test-inspect" => &[
            (
                "Show what is in a file, and what will go wrong with it:",
                "p12-test inspect --password-file secret.txt client.p12",
            ),
            (
                "Show a table of many files, and what expires within six weeks:",
                "p12-test inspect --within 6w --password-file secret.txt *.p12",
            ),
        ],
        "p12-test-probe" => &[
            (
                "Does the endpoint ask for a client certificate?",
                "p12-test probe https://api.example.com/orders",
            ),
            (
                "Which of these files would it accept?",
                "p12-test probe https://api.example.com/orders --password-file secret.txt --among *.p12",
            ),
        ],
        "p12-test-repack" => &[
            (
                "Make a file that old Java, Windows and Android read:",
                "p12-test repack --for java8 client.p12 for-java8.p12",
            ),
            ("Add what the chain lacks, from its CA:", "p12-test repack --fetch-chain client.p12 whole.p12"),
            (
                "Renew a certificate. First, a request for the CA:",
                "p12-test repack --request client.p12 > request.csr",
            ),
            ("Then, what the CA made of it:", "p12-test repack --certificate new.pem client.p12 renewed.p12"),
            ("Change the password:", "p12-test repack --new-password client.p12 new.p12"),
        ],
        "p12-test-batch" => &[
            (
                "Test each record of a file; one line of JSON per result:",
                "p12-test batch records.ndjson > results.ndjson",
            ),
            (
                "Only the records without a result:",
                "p12-test batch --resume results.ndjson records.ndjson > more.ndjson",
            ),
            ("For Jenkins:", "p12-test batch --format junit records.csv > results.xml"),
            (
                "For Prometheus, by node_exporter's textfile collector:",
                "p12-test batch --format openmetrics records.ndjson > p12.prom.new; mv p12.prom.new p12.prom",
            ),
        ],
        "p12-test-serve" => &[
            (
                "For rehearsals, on this machine only:",
                "p12-test serve --credentials credentials.toml --allow-net 127.0.0.0/8",
            ),
            (
                "Inside your own network, with TLS:",
                "p12-test serve --listen 10.0.0.5:8443 --tls-p12 server.p12 --tls-password-file secret.txt --credentials credentials.toml --allow-net 10.0.0.0/8",
            ),
        ],
        "p12-test-demo" => &[("See everything work, and keep the files:", "p12-test demo --keep")],
        _ => &[
            (
                "Does this certificate get through? Asks for the password:",
                "p12-test client.p12 https://api.example.com/orders",
            ),
            (
                "In a script, with proof that the endpoint insists on the certificate:",
                "p12-test -q --control --password-file secret.txt client.p12 https://api.example.com/ || exit 1",
            ),
            (
                "Through the platform, compared with the call from here:",
                "p12-test --account 12345678 --bearer-file token.txt --compare --password-file secret.txt client.p12 https://api.example.com/",
            ),
            (
                "A report for a ticket:",
                "p12-test --report report.json --password-file secret.txt client.p12 https://api.example.com/",
            ),
        ],
    }
}

pub(super) fn examples(roff: &mut Roff, name: &str) {
    roff.control("SH", ["EXAMPLES"]);
    for (what, command) in examples_of(name) {
        roff.control("PP", []);
        roff.text([roman(*what)]);
        roff.control("PP", []);
        roff.control("RS", ["4"]);
        roff.text([bold(*command)]);
        roff.control("RE", []);
    }
}

/// Every environment variable that the program reads.
pub(crate) const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "P12_TEST_KEY_PASSWORD",
        "the password of the P12's key, where it is another one, unless an option names another source",
    ),
    ("P12_TEST_PASSWORD", "the P12's password, unless an option names another source"),
    ("P12_TEST_NEW_PASSWORD", "the password of the new P12 of repack, unless an option names another source"),
    ("P12_TEST_BEARER", "the Bearer token for the platform, unless an option names another source"),
    (
        "P12_TEST_OAUTH1_CONSUMER_KEY, P12_TEST_OAUTH1_CONSUMER_SECRET, P12_TEST_OAUTH1_TOKEN, P12_TEST_OAUTH1_TOKEN_SECRET",
        "the four values of OAuth 1.0a for --oauth1; --oauth1-env changes the prefix",
    ),
    (
        "HTTPS_PROXY, ALL_PROXY, NO_PROXY",
        "the proxy for https, the proxy for everything, and the hosts that are reached without one; also in lower case",
    ),
    ("HTTP_PROXY", "the proxy for repack --fetch-chain; also in lower case"),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "the CAs to trust instead of the system's"),
    ("NO_COLOR, CLICOLOR_FORCE", "no colour; colour even without a terminal"),
    ("TERM", "no colour if it is dumb"),
];

pub(super) fn environment(roff: &mut Roff) {
    roff.control("SH", ["ENVIRONMENT"]);
    for (name, meaning) in ENVIRONMENT {
        roff.control("TP", []);
        roff.text([bold(*name)]);
        roff.text([roman(*meaning)]);
    }
}

pub(super) fn files(roff: &mut Roff, name: &str) {
    roff.control("SH", ["FILES"]);
    let files: &[(&str, &str)] = match name {
        "p12-test-serve" => &[(
            "FILE of --credentials",
            "TOML: one [[credential]] for each client, with bearer or oauth1, accounts and permissions; only its owner may be able to read it",
        )],
        "p12-test-batch" => &[(
            "MANIFEST",
            "records: one JSON object per line; or .csv with the names of the fields in its first row; or .toml with one [[test]] per record",
        )],
        _ => &[("P12", "PKCS#12 (RFC 7292), up to 8 MiB: binary, PEM, Base64 or hex")],
    };
    for (name, meaning) in files {
        roff.control("TP", []);
        roff.text([italic(*name)]);
        roff.text([roman(*meaning)]);
    }
    roff.control("PP", []);
    roff.text([roman(
        "No file in a home directory is read, and only files that an option names are written.",
    )]);
}

pub(super) fn see_also(roff: &mut Roff, name: &str) {
    roff.control("SH", ["SEE ALSO"]);
    let pages = [
        "p12-test(1)",
        "p12-test-inspect(1)",
        "p12-test-repack(1)",
        "p12-test-probe(1)",
        "p12-test-batch(1)",
        "p12-test-serve(1)",
        "p12-test-demo(1)",
        "p12-test-kinds(7)",
        "curl(1)",
        "openssl-pkcs12(1ssl)",
    ];
    let others = pages.iter().filter(|page| !page.starts_with(&format!("{name}(")));
    roff.text([roman(others.copied().collect::<Vec<_>>().join(", "))]);
}
