//! The files of the cases, made at test time.

use openssl::base64::encode_block;
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use p12_test::demo::pki::{Identity, Profile, Purpose};

use crate::findings::shell;
use crate::flawed::{Kind, Recipe};
use crate::harness::{Lab, PASSWORD};
use crate::odd_files;

/// A lab with every file that a case uses.
pub(super) fn lab() -> Lab {
    let lab = Lab::for_workers("Test CA");
    let issuing = Recipe::ca("Issuing").issued_by(Some(&lab.root));
    let client = Recipe::client().issued_by(Some(&issuing));
    let files = Files { lab, issuing, client };
    files.endpoint();
    files.containers();
    files.trusted();
    files.lab
}

struct Files {
    lab: Lab,
    issuing: Identity,
    client: Identity,
}

impl Files {
    fn write(&self, name: &str, bytes: &(impl AsRef<[u8]> + ?Sized)) {
        self.lab.write(name, bytes);
    }

    fn p12(&self, name: &str, identity: &Identity) {
        self.write(name, &identity.p12(PASSWORD, "client").unwrap());
    }

    fn endpoint(&self) {
        let server = &self.lab.server;
        let inspector = Identity::root("Acme TLS Inspection CA").unwrap();
        let inspected = inspector.issue(&Profile::new("localhost", Purpose::Server)).unwrap();
        for (name, identity) in [("server", server), ("inspected", &inspected)] {
            self.write(&format!("{name}.pem"), &identity.chain_pem().unwrap());
            self.write(&format!("{name}.key"), &identity.key_pem().unwrap());
        }
        self.write("ca-inspection.pem", &inspector.certificate_pem().unwrap());
        std::fs::create_dir(self.lab.path("www")).unwrap();
        self.write("www/index.html", "hello\n");
        self.write("body", &[b'x'; 300_000]);
    }

    /// What was done to a file, and how it is protected.
    fn containers(&self) {
        self.p12("client.p12", &self.client);
        let plain = std::fs::read(self.lab.path("client.p12")).unwrap();
        let chain = vec![self.lab.root.certificate.clone(), self.issuing.certificate.clone()];
        self.p12("root-first.p12", &Identity { chain, ..self.client.clone() });
        self.write("local-key-id-of-ca.p12", &odd_files::with_local_key_id_of_ca(&self.client));
        let with_newline = self.client.p12(&format!("{PASSWORD}\n"), "client").unwrap();
        self.write("password-ends-with-newline.p12", &with_newline);
        self.write("bare-password.txt", PASSWORD);
        self.write("group-protected.pfx", &odd_files::for_windows_groups(&plain));
        self.write("key-password.p12", &self.with_key_password());
        let sm2 = Recipe { key: Kind::Curve(Nid::SM2), ..Recipe::client() };
        self.p12("sm2.p12", &sm2.issued_by(Some(&self.issuing)));
        let below = Recipe::ca("Below").issued_by(Some(&self.issuing));
        self.p12("deep.p12", &Recipe::client().issued_by(Some(&below)));
        self.write("cryptopro.pfx", &odd_files::with_algorithm(odd_files::CRYPTOPRO));
        self.write("through-utf8.p12", String::from_utf8_lossy(&plain).as_bytes());
        let lines = plain.split(|byte| *byte == b'\n').collect::<Vec<_>>();
        assert!(lines.len() > 1, "a file of this size has some");
        self.write("through-crlf.p12", &lines.join(&b"\r\n"[..]));
        let base64 = encode_block(&plain);
        let secret = format!("{{\"contentType\":\"application/x-pkcs12\",\"value\":\"{base64}\"}}");
        self.write("keyvault.json", &secret);
        self.write("keyvault-quoted.txt", &format!("\"{base64}\"\n"));
        self.write("base64-twice.txt", &encode_block(base64.as_bytes()));
    }

    /// As keytool makes one with `-keypass`.
    fn with_key_password(&self) -> Vec<u8> {
        let Identity { certificate, key, .. } = &self.client;
        let certificates = Pkcs12::builder().cert(certificate).build2(PASSWORD).unwrap().to_der().unwrap();
        let key = Pkcs12::builder().pkey(key).build2("the key's own").unwrap().to_der().unwrap();
        odd_files::with_pbmac1(&odd_files::joined(&certificates, &key), PASSWORD)
    }

    /// What endpoints trust, with faults of theirs.
    fn trusted(&self) {
        self.write("ca-intermediate-only.pem", &self.issuing.certificate_pem().unwrap());
        let [one, other] = [(); 2].map(|()| Recipe::ca("Device CA").issued_by(None));
        self.write("ca-same-a.pem", &one.certificate_pem().unwrap());
        self.p12("device-b.p12", &Recipe::client().issued_by(Some(&other)));
        let name = format!("Issuing authority number N{}", " of a rather long name".repeat(3));
        let key = self.issuing.key.clone();
        let many = (0..1000).map(|number| {
            let name = name.replace('N', &number.to_string());
            Recipe::ca(&name[..64]).on_key(None, key.clone()).certificate_pem().unwrap()
        });
        self.write(
            "ca-many.pem",
            &many.chain([self.lab.root.certificate_pem().unwrap()]).collect::<Vec<_>>().concat(),
        );
        self.outdated_lists();
    }

    fn outdated_lists(&self) {
        for (name, identity) in [("root", &self.lab.root), ("issuing", &self.issuing)] {
            self.write(&format!("{name}.pem"), &identity.certificate_pem().unwrap());
            self.write(&format!("{name}.key"), &identity.key_pem().unwrap());
        }
        self.write("index.txt", "");
        self.write("ca.cnf", "[ca]\ndefault_ca=x\n[x]\ndatabase=index.txt\ndefault_md=sha256\n");
        let list = "openssl ca -config ca.cnf -gencrl -crl_lastupdate 20240101000000Z -crl_nextupdate 20240201000000Z";
        shell(
            &self.lab,
            &format!(
                "for ca in root issuing; do {list} -cert $ca.pem -keyfile $ca.key -out $ca.crl; done
                 cat ca.pem root.crl issuing.crl > ca-crl-old.pem"
            ),
        );
    }
}
