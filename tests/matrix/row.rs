//! A row of the matrix: a fault, the call that meets it, and the kind that is right for it.

/// A call of the program and its expected result.
#[derive(Clone)]
pub(crate) struct Row {
    /// The fault in words; rows that say the same are the same fault and may share their text.
    pub(crate) fault: &'static str,
    pub(crate) wanted: &'static str,
    pub(crate) url: &'static str,
    pub(crate) p12: &'static str,
    /// The TLS version that is offered alone; empty for the usual range.
    pub(crate) version: &'static str,
    /// The options of every row.
    pub(crate) base: &'static str,
    pub(crate) more: &'static str,
    /// The network namespace of the call: a case of `namespace.sh`.
    pub(crate) namespace: Option<&'static str>,
    pub(crate) times: usize,
    /// Another fault that looks the same on the wire and may have the same text; its own fault if there is none.
    pub(crate) alike: &'static str,
}

/// A `kind` that is right for a `fault` met at `url`.
pub(crate) fn row(fault: &'static str, wanted: &'static str, url: &'static str) -> Row {
    Row {
        fault,
        wanted,
        url,
        p12: "good",
        version: "",
        base: "--cacert ca.pem --password-file password.txt -4",
        more: "",
        namespace: None,
        times: 3,
        alike: fault,
    }
}

impl Row {
    pub(crate) fn p12(self, p12: &'static str) -> Self {
        Self { p12, ..self }
    }

    pub(crate) fn with(self, more: &'static str) -> Self {
        Self { more, ..self }
    }

    pub(crate) fn base(self, base: &'static str) -> Self {
        Self { base, ..self }
    }

    pub(crate) fn only(self, version: &'static str) -> Self {
        Self { version, ..self }
    }

    /// Depends on the order in which data arrives, so it is called often.
    pub(crate) fn racy(self) -> Self {
        Self { times: 100, ..self }
    }

    pub(crate) fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    pub(crate) fn inside(self, namespace: &'static str) -> Self {
        Self { namespace: Some(namespace), ..self }
    }

    /// On the wire and in the files this is the same as another fault.
    pub(crate) fn alike(self, alike: &'static str) -> Self {
        Self { alike, ..self }
    }

    pub(crate) fn name(&self) -> String {
        match self.version {
            "" => self.fault.to_owned(),
            version => format!("{}, TLS {version}", self.fault),
        }
    }
}

/// Each row in TLS 1.2 and in TLS 1.3.
pub(crate) fn both<const N: usize>(rows: [Row; N]) -> Vec<Row> {
    rows.into_iter().flat_map(|row| ["1.2", "1.3"].map(|version| row.clone().only(version))).collect()
}
