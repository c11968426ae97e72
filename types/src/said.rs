//! A sentence of a report in both its languages, made where its values are known.

use std::fmt;

use serde::{Serialize, Serializer};

/// One sentence, English and Vietnamese. AWS's terms stay English in both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// In English; what is serialized and printed by default.
    pub en: String,
    /// In Vietnamese.
    pub vi: String,
}

impl Said {
    /// A sentence in both languages.
    pub fn new(en: impl Into<String>, vi: impl Into<String>) -> Self {
        Self { en: en.into(), vi: vi.into() }
    }

    /// What reads alike in both: names, values, what AWS itself says.
    pub fn plain(text: impl Into<String>) -> Self {
        let en = text.into();
        Self { vi: en.clone(), en }
    }

    /// The same with something that reads alike in both before it.
    #[must_use]
    pub fn after(self, start: &str) -> Self {
        Self { en: format!("{start}{}", self.en), vi: format!("{start}{}", self.vi) }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

impl Serialize for Said {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.en)
    }
}
