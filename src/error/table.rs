//! Turns the table of kinds into an enum and what is known of each kind. A kind's doc comment is its meaning.

macro_rules! kinds {
    ($(
        $(#[doc = $meaning:literal])+
        $kind:ident, $name:literal, $exit:ident, $retry:ident: $hint:literal;
    )*) => {
        /// The kind of a fault. It fixes the exit status; its doc comment is its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind { $($(#[doc = $meaning])+ $kind,)* }

        impl Kind {
            /// Every kind there is, in the order of the manual.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The name in reports and scripts; it never changes.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// What the kind means, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$kind => concat!($($meaning),+).trim_ascii_start(),)* }
            }

            /// The exit status that it ends a run with.
            pub fn exit(self) -> Exit {
                match self { $(Self::$kind => Exit::$exit,)* }
            }

            /// Whether trying again is safe and sensible.
            pub fn retry(self) -> Retry {
                match self { $(Self::$kind => Retry::$retry,)* }
            }

            /// What to do next, and who does it, unless the error has a better hint.
            pub fn hint(self) -> &'static str {
                match self { $(Self::$kind => $hint,)* }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use crate::error::Kind;

    #[test]
    fn each_kind_has_a_name_of_its_own_a_meaning_and_a_hint() {
        let names: HashSet<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            let (name, meaning, hint) = (kind.name(), kind.meaning(), kind.hint());
            assert!(meaning.starts_with(char::is_uppercase) && meaning.ends_with('.'), "{name}: {meaning}");
            assert!(!hint.ends_with(['.', '?', '!']), "{name}: {hint}");
        }
    }
}
