//! A PKI in files: the endpoints' certificates, the P12 files, revocation lists.

use std::process::{Command, Stdio};

use p12_test::demo::pki::{Identity, Key, Profile, Purpose};

use crate::harness::{Lab, PASSWORD};

/// A lab, and the other CAs that issue its certificates.
struct Pki {
    lab: Lab,
    issuing: Identity,
    other: Identity,
    other_issuing: Identity,
}

/// A lab with every file that a row or a server uses.
pub(crate) fn lab() -> Lab {
    let (lab, other) = (Lab::for_workers("Peer CA"), Identity::root("Another CA").unwrap());
    let issuing = lab.root.issue(&Profile::new("Issuing CA", Purpose::Authority)).unwrap();
    let other_issuing = other.issue(&Profile::new("Strange Issuing CA", Purpose::Authority)).unwrap();
    let pki = Pki { lab, issuing, other, other_issuing };
    pki.settings();
    pki.endpoints();
    pki.clients();
    pki.files_of_platforms();
    pki.revocations();
    pki.lab
}

impl Pki {
    fn settings(&self) {
        self.write("wrong.txt", "battery staple");
        self.write("issuing.pem", &self.issuing.certificate_pem().unwrap());
        self.write("issuing.key", &self.issuing.key_pem().unwrap());
        self.write("root.key", &self.lab.root.key_pem().unwrap());
        std::fs::create_dir(self.lab.path("www")).unwrap();
        self.write("www/index.html", "hello\n");
        self.write("www/asked.html", "hello\n");
        self.write("ca.cnf", "[ca]\ndefault_ca=x\n[x]\ndatabase=index.txt\ndefault_md=sha256\n");
    }

    fn write(&self, name: &str, bytes: &(impl AsRef<[u8]> + ?Sized)) {
        self.lab.write(name, bytes);
    }

    /// `NAME.pem` with the chain, `NAME.key`, `NAME-leaf.pem` without, `NAME-both.pem` with both.
    fn endpoint(&self, name: &str, identity: &Identity) {
        let (chain, key) = (identity.chain_pem().unwrap(), identity.key_pem().unwrap());
        self.write(&format!("{name}.pem"), &chain);
        self.write(&format!("{name}.key"), &key);
        self.write(&format!("{name}-leaf.pem"), &identity.certificate_pem().unwrap());
        self.write(&format!("{name}-both.pem"), &[chain, key].concat());
    }

    fn endpoints(&self) {
        let usual = Profile::new("localhost", Purpose::Server);
        let rsa = Profile { key: Key::Rsa(2048), ..usual };
        self.endpoint("server", &self.issuing.issue(&usual).unwrap());
        self.endpoint("rsa", &self.issuing.issue(&rsa).unwrap());
        self.endpoint("weak", &self.issuing.issue(&Profile { key: Key::Rsa(1024), ..usual }).unwrap());
        self.endpoint("expired", &self.issuing.issue(&Profile { days: (-9, -1), ..usual }).unwrap());
        self.endpoint("early", &self.issuing.issue(&Profile { days: (5, 9), ..usual }).unwrap());
        for (name, days) in [("old-ca", (-9, -1)), ("new-ca", (5, 9))] {
            let issuing = Profile { days, ..Profile::new("Issuing CA of another time", Purpose::Authority) };
            self.endpoint(name, &self.lab.root.issue(&issuing).unwrap().issue(&usual).unwrap());
        }
        let client = Profile { purpose: Purpose::Client, ..usual };
        self.endpoint("client", &self.issuing.issue(&client).unwrap());
        let mut strange = self.other_issuing.issue(&usual).unwrap();
        self.endpoint("strange", &strange);
        strange.chain.push(self.other.certificate.clone());
        self.endpoint("rooted", &strange);
        self.write("server.pfx", &self.issuing.issue(&rsa).unwrap().p12(PASSWORD, "server").unwrap());
        self.openssl("genpkey -genparam -algorithm DH -pkeyopt group:modp_1536 -out dh.pem");
        self.openssl("req -x509 -newkey rsa:2048 -nodes -keyout self.key -out self.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost");
        self.openssl("req -new -newkey rsa:2048 -nodes -keyout sha1.key -out sha1.csr -subj /CN=localhost");
        self.write("names.cnf", "subjectAltName=DNS:localhost\n");
        self.openssl("x509 -req -sha1 -in sha1.csr -CA issuing.pem -CAkey issuing.key -CAcreateserial -extfile names.cnf -out sha1-leaf.pem");
    }

    fn client(&self, name: &str, identity: &Identity) {
        self.write(&format!("{name}.p12"), &identity.p12(PASSWORD, name).unwrap());
        self.write(&format!("{name}-client.pem"), &identity.certificate_pem().unwrap());
    }

    fn clients(&self) {
        let usual = Profile::new("client", Purpose::Client);
        let good = self.issuing.issue(&usual).unwrap();
        self.client("good", &good);
        self.client("leaf-only", &Identity { chain: Vec::new(), ..good });
        for (name, profile) in [
            ("rsa", Profile { key: Key::Rsa(2048), ..usual }),
            ("weak", Profile { key: Key::Rsa(1024), ..usual }),
            ("revoked", usual),
            ("expired", Profile { days: (-9, -1), ..usual }),
            ("early", Profile { days: (5, 9), ..usual }),
            ("server-only", Profile { purpose: Purpose::Server, ..usual }),
            ("authority", Profile { purpose: Purpose::Authority, ..usual }),
        ] {
            self.client(name, &self.issuing.issue(&profile).unwrap());
        }
        self.client("stranger", &self.other_issuing.issue(&usual).unwrap());
        let whole = std::fs::read(self.lab.path("good.p12")).unwrap();
        self.write("short.p12", &whole[..whole.len() / 2]);
        self.write("text.p12", "this is not a P12, whatever its name says\n");
        self.openssl("pkcs12 -export -nokeys -in issuing.pem -passout file:password.txt -out keyless.p12");
        self.several_keys();
    }

    /// The openssl command writes one key only; keytool writes several.
    fn several_keys(&self) {
        let keytool = "-genkeypair -keystore several.p12 -storetype PKCS12 -storepass:file password.txt -keyalg EC -dname CN=several -alias";
        for alias in ["first", "second"] {
            let _ = Command::new("keytool")
                .current_dir(self.lab.folder.path())
                .args(keytool.split_whitespace())
                .arg(alias)
                .output();
        }
    }

    fn files_of_platforms(&self) {
        self.write("token", "opaque-token");
        self.write("other-token", "another-token");
        let credential = "[[credential]]\nbearer = \"opaque-token\"\naccounts = [\"12345678\"]\npermissions = [\"MTLS_READ_INTERNAL\"]\n";
        self.lab.write_private("credentials.toml", credential);
    }

    /// `crl.pem`, which lists the certificate of `revoked.p12`, and `revoked.der`, an OCSP answer that the endpoint's
    /// certificate is revoked.
    fn revocations(&self) {
        self.write("index.txt", "");
        self.openssl("ca -config ca.cnf -gencrl -crldays 9 -keyfile root.key -cert ca.pem -out root.crl");
        self.write("index.txt", &self.revoked("revoked-client.pem"));
        self.openssl(
            "ca -config ca.cnf -gencrl -crldays 9 -keyfile issuing.key -cert issuing.pem -out issuing.crl",
        );
        let lists = ["issuing.crl", "root.crl"].map(|name| std::fs::read(self.lab.path(name)).unwrap());
        self.write("crl.pem", &lists.concat());
        self.write("index.txt", &self.revoked("server-leaf.pem"));
        self.openssl("ocsp -issuer issuing.pem -cert server-leaf.pem -no_nonce -reqout request.der");
        self.openssl("ocsp -index index.txt -CA issuing.pem -rsigner issuing.pem -rkey issuing.key -reqin request.der -ndays 9 -respout revoked.der");
    }

    /// A line of OpenSSL's database that says a certificate is revoked.
    fn revoked(&self, certificate: &str) -> String {
        let pem = std::fs::read(self.lab.path(certificate)).unwrap();
        let certificate = openssl::x509::X509::from_pem(&pem).unwrap();
        let serial = certificate.serial_number().to_bn().unwrap().to_hex_str().unwrap().to_string();
        format!("R\t491231235959Z\t240101000000Z,keyCompromise\t{serial}\tunknown\t/CN=revoked\n")
    }

    fn openssl(&self, arguments: &str) {
        let mut command = Command::new("openssl");
        command.current_dir(self.lab.folder.path()).args(arguments.split_whitespace()).stdin(Stdio::null());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
