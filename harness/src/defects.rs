//! `--defects duplicate=0.02,malformed=0.01,bom`: a list of defects as a person writes it, kept for the replay command.

use std::str::FromStr;

use wavetank_generators::Defects;

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
#[error(
    "`{text}` is not a list of defects: {cause}; write name=share or a name alone, such as duplicate=0.02,malformed=0.01,bom,crlf"
)]
pub struct DefectListError {
    text: String,
    cause: String,
}

impl FromStr for DefectList {
    type Err = DefectListError;

    fn from_str(text: &str) -> Result<Self, DefectListError> {
        let refuse = |cause: String| DefectListError { text: text.to_owned(), cause };
        let mut object = serde_json::Map::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = match part.split_once('=') {
                Some((name, share)) => {
                    let share: f64 =
                        share.trim().parse().map_err(|_| refuse(format!("`{share}` is not a share")))?;
                    (name.trim(), serde_json::json!(share))
                }
                None => (part, serde_json::json!(true)),
            };
            object.insert(name.to_owned(), value);
        }
        let defects = serde_json::from_value(object.into()).map_err(|error| refuse(error.to_string()))?;
        Ok(Self { text: text.to_owned(), defects })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_wrong_ones_named() {
        let list: DefectList = "duplicate=0.02, bom".parse().unwrap();
        assert_eq!((list.defects.duplicate.of_first(100), list.defects.bom), (2, true));
        assert_eq!("".parse::<DefectList>().unwrap(), DefectList::default());
        for wrong in ["duplicat=0.1", "duplicate=x", "duplicate", "duplicate=2"] {
            assert!(wrong.parse::<DefectList>().is_err(), "{wrong}");
        }
    }
}
