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
    /// `scenario.toml` does not have the form of a scenario, or names something that there is not.
    #[error("{file}:{line}:{column}: {cause}\nhint: {hint}")]
    Form {
        /// Which.
        file: String,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong there.
        cause: String,
        /// What to write.
        hint: String,
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
fn nearest(name: &str, known: &[String]) -> String {
    nearest_of(name, known.iter().map(String::as_str))
}

/// The known name that is most like `name`, or all of them.
pub(crate) fn nearest_of<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    wavetank_generators::nearest(name, &known)
}
