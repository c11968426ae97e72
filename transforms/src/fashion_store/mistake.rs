//! What the workshop's own code gets wrong, by name. Each is a variant of the scenario, and each must be found by a check.

use std::fmt;
use std::str::FromStr;

/// One thing done wrong, exactly so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// The job's loop over a day's hours runs from 1 to 24: hour 00 is never read.
    HourZero,
    /// Prices are read as whole numbers, so that `8421.0` is none and becomes null.
    PriceAsInteger,
    /// The job parses what follows an object's last line end, which is nothing, as JSON.
    TrailingNewline,
    /// The job looks for the tables of the day on which it runs; the export has written the day before.
    ExportYesterday,
    /// The job keeps every snapshot of users and products, in tables that are read whole.
    ProductsDoubled,
    /// The job names its files after its run, so that a second run adds to the first.
    Appends,
    /// The recommender divides by what a sub-category's size leaves over five.
    ModuloFive,
}

impl Mistake {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::HourZero,
        Self::PriceAsInteger,
        Self::TrailingNewline,
        Self::ExportYesterday,
        Self::ProductsDoubled,
        Self::Appends,
        Self::ModuloFive,
    ];

    /// The name in a job's arguments and a function's environment.
    pub fn name(self) -> &'static str {
        match self {
            Self::HourZero => "hour-zero",
            Self::PriceAsInteger => "price-as-integer",
            Self::TrailingNewline => "trailing-newline",
            Self::ExportYesterday => "export-yesterday",
            Self::ProductsDoubled => "products-doubled",
            Self::Appends => "job-appends",
            Self::ModuloFive => "recommender-modulo-five",
        }
    }

    /// The mistake that an argument or a variable asks for; `none` and nothing ask for none.
    pub fn asked(text: Option<&str>) -> Result<Option<Self>, NoSuchMistake> {
        match text {
            None | Some("" | "none") => Ok(None),
            Some(name) => name.parse().map(Some),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Not a mistake's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no mistake that this code can make; there are none, {names}", names = Mistake::ALL.map(Mistake::name).join(", "))]
pub struct NoSuchMistake(String);

impl FromStr for Mistake {
    type Err = NoSuchMistake;

    fn from_str(text: &str) -> Result<Self, NoSuchMistake> {
        let found = Self::ALL.into_iter().find(|mistake| mistake.name() == text);
        found.ok_or_else(|| NoSuchMistake(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_asked_for_by_name() {
        let check = |text: Option<&str>, expected: Option<Option<Mistake>>| {
            assert_eq!(Mistake::asked(text).ok(), expected, "{text:?}");
        };
        check(None, Some(None));
        check(Some("none"), Some(None));
        for mistake in Mistake::ALL {
            check(Some(mistake.name()), Some(Some(mistake)));
        }
        check(Some("hour-one"), None);
    }
}
