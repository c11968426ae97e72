//! `--defects duplicate=0.02,malformed=0.01,bom`: a list of defects as a person writes it, kept for the replay command.

use std::str::FromStr;

use wavetank_generators::{Defect, Defects, Share, nearest};

/// Defects with the text that asked for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DefectList {
    /// As it was written; empty for none.
    pub text: String,
    /// What it means.
    pub defects: Defects,
}

/// Why a list of defects cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefectListError {
    /// Nobody knows this kind.
    #[error("there is no defect `{name}`\nhint: {}", nearest(name, &Defect::ALL.map(Defect::label)))]
    Unknown {
        /// As it was written.
        name: String,
    },
    /// Of how many rows is not said.
    #[error("{0} needs a share of the rows\nhint: write {0}=0.1")]
    NoShare(Defect),
    /// It is of the file.
    #[error("{0} is of the file as a whole\nhint: write {0} alone")]
    OfFile(Defect),
    /// Not a number from 0 to 1.
    #[error("`{text}` is not a share\nhint: write a number from 0 to 1, such as {defect}=0.1")]
    NotAShare {
        /// Of which kind.
        defect: Defect,
        /// As it was written.
        text: String,
    },
    /// Said twice.
    #[error("{0} is said twice")]
    Twice(Defect),
}

impl FromStr for DefectList {
    type Err = DefectListError;

    fn from_str(text: &str) -> Result<Self, DefectListError> {
        let mut object = serde_json::Map::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, share) = match part.split_once('=') {
                Some((name, share)) => (name.trim(), Some(share.trim())),
                None => (part, None),
            };
            let unknown = || DefectListError::Unknown { name: name.to_owned() };
            let defect = Defect::of_label(name).ok_or_else(unknown)?;
            let value = match share {
                None if defect.is_of_file() => serde_json::json!(true),
                None => return Err(DefectListError::NoShare(defect)),
                Some(_) if defect.is_of_file() => return Err(DefectListError::OfFile(defect)),
                Some(share) => serde_json::json!(share_of(defect, share)?),
            };
            if object.insert(name.to_owned(), value).is_some() {
                return Err(DefectListError::Twice(defect));
            }
        }
        let defects = serde_json::from_value(object.into()).expect("each name and share was looked at");
        Ok(Self { text: text.to_owned(), defects })
    }
}

fn share_of(defect: Defect, text: &str) -> Result<Share, DefectListError> {
    let share = text.parse::<f64>().ok().and_then(|share| Share::new(share).ok());
    share.ok_or_else(|| DefectListError::NotAShare { defect, text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_wrong_ones_named() {
        let list: DefectList = "duplicate=0.02, bom".parse().unwrap();
        assert_eq!((list.defects.duplicate.of_first(100), list.defects.bom), (2, true));
        assert_eq!("".parse::<DefectList>().unwrap(), DefectList::default());
        let check = |wrong: &str, said: &str| {
            let error = wrong.parse::<DefectList>().expect_err(wrong);
            assert_eq!(error.to_string(), said);
        };
        check("duplicat=0.1", "there is no defect `duplicat`\nhint: did you mean `duplicate`?");
        check("duplicate=x", "`x` is not a share\nhint: write a number from 0 to 1, such as duplicate=0.1");
        check("duplicate=2", "`2` is not a share\nhint: write a number from 0 to 1, such as duplicate=0.1");
        check("dirty", "dirty needs a share of the rows\nhint: write dirty=0.1");
        check("bom=0.1", "bom is of the file as a whole\nhint: write bom alone");
        check("late=0.1,late=0.2", "late is said twice");
    }
}
