//! Why a password did not open a file, or a part of it.

use super::{Proof, Unlocking};
use crate::error::Kind;
use crate::p12::encoding::Encoding;
use crate::p12::fault::Fault;
use crate::p12::mac::Mac;
use crate::p12::scheme::Scheme;
use crate::p12::tries::{Tries, verify};
use crate::password::Password;

impl Unlocking<'_> {
    /// Whether the MAC fits the empty password.
    fn opens_without_password(&mut self) -> bool {
        let empty = Tries::new(&Password::default()).not_derived();
        self.mac.is_some_and(|mac| verify(mac, self.content, &empty.encodings, &mut self.budget).is_some())
    }

    /// The encoding that fitted last, and whether it has letters beyond ASCII.
    fn proved(&self) -> Option<(&Encoding, bool)> {
        self.tries.encodings.first().map(|encoding| (encoding, !encoding.bytes.is_ascii()))
    }

    /// Whether an encoding is for the MAC the same as the one that fits it.
    pub(super) fn fits_mac(&self, at: usize) -> bool {
        let pair = self.tries.encodings.first().zip(self.tries.encodings.get(at));
        self.mac.zip(pair).is_some_and(|(mac, (proved, other))| mac.derivation.is_same(proved, other))
    }

    /// Whether the encoding that fits the MAC has letters that this scheme takes in another encoding.
    pub(super) fn mac_takes_other(&self, scheme: &Scheme) -> bool {
        let differs = |mac: &Mac, proved: &Encoding| {
            mac.derivation.kdf.input(proved) != scheme.derivation.kdf.input(proved)
        };
        matches!(self.proof, Proof::Right)
            && self
                .mac
                .zip(self.proved())
                .is_some_and(|(mac, (proved, beyond))| beyond && differs(mac, proved))
    }

    /// Why something encrypted did not open.
    pub(super) fn explain_closed(&mut self, what: &str) -> Fault {
        if self.letters_differ && !self.decrypted {
            let what = format!(
                "the password fits its MAC, but {what} does not open: its letters beyond ASCII are in another encoding there, or {what} has another password"
            );
            return Fault::new(Kind::WrongPassword, what);
        }
        let opens = match self.proof {
            Proof::Right => "the file",
            Proof::None if self.decrypted => "a part of the file",
            _ => return self.explain_wrong(),
        };
        let tried = if self.of_key.is_some() { ", and not the one that was given for it" } else { "" };
        let what = format!("the password opens {opens}, but {what} has another password{tried}");
        Fault::new(Kind::KeyPasswordDiffers, what)
    }

    /// Why the MAC does not fit, or without one nothing opens.
    pub(super) fn explain_wrong(&mut self) -> Fault {
        if self.decrypted {
            return self.explain_mac();
        }
        let given = self.tries.given() || self.of_key.as_ref().is_some_and(Tries::given);
        if self.has_groups {
            let what = match given {
                true => "it is protected to Windows users or groups, and this password does not open it",
                false => "it is protected to Windows users or groups in place of a password",
            };
            return Fault::unsupported(what).with_hint("as one of these users, import it into Windows and export it again with a password, without a choice of groups or user names");
        }
        if !given {
            return Fault::new(Kind::PasswordNeeded, "it has a password, and none was given");
        }
        let wrong = |what| Fault::new(Kind::WrongPassword, what);
        if self.opens_without_password() {
            wrong("the password does not match, as the file has none")
                .with_hint("leave the password out, or give --no-password")
        } else if self.encrypted {
            wrong("the password does not match")
        } else {
            wrong(
                "the password does not match, or the file was changed; nothing in it is encrypted that could tell which",
            )
        }
    }

    /// Why the MAC does not fit a password that opens what is encrypted.
    fn explain_mac(&self) -> Fault {
        match self.proved() {
            Some((encoding, true)) if !encoding.is_standard => Fault::new(
                Kind::WrongPassword,
                "the password opens what is encrypted, but its MAC does not fit: the letters beyond ASCII are in another encoding there, or the file was changed since it was written",
            ),
            _ => Fault::new(
                Kind::Changed,
                "the password is right, but the file was changed since it was written (its MAC does not fit)",
            ),
        }
    }
}
