//! Why a scenario cannot be read, with the place.

/// A scenario that cannot be read. Nothing has been started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// No bundled scenario, and no folder, has this name.
    #[error("there is no scenario `{name}`\nhint: {}", nearest(name, known))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A file of the folder is missing or cannot be read.
    #[error("{file}: {cause}\nhint: a scenario's folder holds scenario.toml and the files that it names")]
    File {
        /// Which.
        file: String,
        /// Why.
        cause: String,
    },
    /// `scenario.toml` does not have the form of a scenario.
    #[error("{file}:{line}:{column}: {cause}\nhint: compare with the scenarios in scenarios/catalog")]
    Form {
        /// Which.
        file: String,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong there.
        cause: String,
    },
    /// A `${Name}` that the template's outputs do not have.
    #[error("{file}:{line}:{column}: the template has no output `{name}`\nhint: {}", nearest(name, known))]
    NoOutput {
        /// Which file.
        file: String,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What was looked for.
        name: String,
        /// The outputs there are.
        known: Vec<String>,
    },
    /// A variant that the scenario does not have.
    #[error("the scenario has no variant `{name}`\nhint: {}", nearest(name, known))]
    NoVariant {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
}

/// The known name that is most like `name`, or all of them.
pub(crate) fn nearest(name: &str, known: &[String]) -> String {
    let near = known.iter().min_by_key(|other| distance(name, other));
    match near {
        Some(near) if distance(name, near) <= 3 => format!("did you mean `{near}`?"),
        Some(_) => format!("there are {}", known.join(", ")),
        None => "there are none".to_owned(),
    }
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let substituted = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = substituted.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
