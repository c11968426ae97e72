//! AWS's shared files, `~/.aws/config` and `~/.aws/credentials`: sections of `name = value`.
//!
//! Documented: docs.aws.amazon.com/sdkref/latest/guide/file-format.html (sections, comments, nested settings). Names of
//! settings are read in lower case. Left out: what is nested below a setting, of which nothing here is asked.

use std::collections::BTreeMap;

/// Settings by section, as `[profile work]` is written in one file and `[work]` in the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SharedFile(BTreeMap<String, BTreeMap<String, String>>);

impl SharedFile {
    /// Reads what it understands; a line that is neither section nor setting is passed over, as AWS's own readers do.
    pub(super) fn read(text: &str) -> Self {
        let mut sections: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let mut current: Option<String> = None;
        for line in text.lines() {
            let is_nested = line.starts_with([' ', '\t']);
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) || is_nested {
                continue;
            }
            if let Some(rest) = line.strip_prefix('[') {
                current = rest.split_once(']').map(|(name, _)| one_space(name));
                if let Some(name) = &current {
                    sections.entry(name.clone()).or_default();
                }
            } else if let (Some(section), Some((name, value))) = (&current, line.split_once('=')) {
                let settings = sections.entry(section.clone()).or_default();
                settings.insert(name.trim().to_ascii_lowercase(), without_comment(value).to_owned());
            }
        }
        Self(sections)
    }

    /// A section's settings.
    pub(super) fn section(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        self.0.get(name)
    }
}

/// A name with single spaces between its words.
fn one_space(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A value ends before ` #` and ` ;`.
fn without_comment(value: &str) -> &str {
    let ends = [" #", " ;", "\t#", "\t;"].into_iter().filter_map(|mark| value.find(mark));
    value[..ends.min().unwrap_or(value.len())].trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_settings_comments_and_what_is_nested_are_told_apart() {
        let text = "\
# of work
[default]
aws_access_key_id=one
[profile  work]
Region = eu-west-1   # near
s3 =
  addressing_style = path
sso_session = corp
not a setting
";
        let file = SharedFile::read(text);
        assert_eq!(file.section("default").unwrap()["aws_access_key_id"], "one");
        let work = file.section("profile work").unwrap();
        assert_eq!((work["region"].as_str(), work["s3"].as_str()), ("eu-west-1", ""));
        assert_eq!(work.len(), 3);
        assert_eq!(file.section("work"), None);
    }
}
