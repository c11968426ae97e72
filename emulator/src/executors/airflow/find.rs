//! Which Airflow this machine has: a Python that can import it.
//!
//! Looked for in the variable, then on PATH: the program `airflow` says in its first line which Python it belongs to. Nothing
//! is kept: who installs one while a tank runs need not start it again.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// If this variable is set, only what it names is looked at: a virtual environment's folder, or its Python.
pub const AIRFLOW_VARIABLE: &str = "WAVETANK_AIRFLOW";

/// How to install one.
pub const AIRFLOW_INSTALL: &str = "python3.11 -m venv airflow && airflow/bin/pip install \"apache-airflow==2.11.*\" apache-airflow-providers-amazon, \
     then set WAVETANK_AIRFLOW to that folder";

/// The releases that are run. Others have another Python interface.
const MAJORS_RUN: [&str; 2] = ["2.", "3."];

/// An Airflow that is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AirflowInstallation {
    /// The Python that imports it.
    pub python: PathBuf,
    /// Such as `2.11.2`.
    pub version: String,
    /// Of the amazon provider, if it is there.
    pub amazon: Option<String>,
}

impl AirflowInstallation {
    /// Whether it is Airflow 2.
    pub(super) fn is_second(&self) -> bool {
        self.version.starts_with("2.")
    }
}

/// There is none that can be run. The message says how to get one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AirflowMissing {
    /// Nothing was found.
    #[error("this machine has no Apache Airflow; hint: {}", AIRFLOW_INSTALL)]
    None,
    /// What the variable names is none.
    #[error("{AIRFLOW_VARIABLE} names {0}, where there is no Apache Airflow; hint: {AIRFLOW_INSTALL}")]
    NotThere(String),
    /// One that is too new or too old.
    #[error("Apache Airflow {0} is not run, only 2.x and 3.x are; hint: {AIRFLOW_INSTALL}")]
    Version(String),
}

/// The Airflow of this machine.
pub fn find_airflow() -> Result<AirflowInstallation, AirflowMissing> {
    let found = match std::env::var_os(AIRFLOW_VARIABLE) {
        Some(named) => {
            let named = PathBuf::from(named);
            let not_there = || AirflowMissing::NotThere(named.display().to_string());
            python_of(&named).and_then(|python| said(&python)).ok_or_else(not_there)?
        }
        None => on_path().and_then(|python| said(&python)).ok_or(AirflowMissing::None)?,
    };
    let is_run = MAJORS_RUN.iter().any(|major| found.version.starts_with(major));
    if is_run { Ok(found) } else { Err(AirflowMissing::Version(found.version)) }
}

/// A virtual environment's Python, or the file itself.
fn python_of(named: &Path) -> Option<PathBuf> {
    let inside = named.join("bin/python");
    [inside, named.to_owned()].into_iter().find(|path| path.is_file())
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let program =
        std::env::split_paths(&path).map(|folder| folder.join("airflow")).find(|at| at.is_file())?;
    shebang(&std::fs::read_to_string(program).ok()?)
}

/// The Python that a script's first line names.
fn shebang(script: &str) -> Option<PathBuf> {
    let line = script.lines().next()?.strip_prefix("#!")?;
    let program = line.split_whitespace().next()?;
    program.contains("python").then(|| PathBuf::from(program))
}

const ASK: &str = r#"
import importlib.metadata as m
def version(name):
    try:
        return m.version(name)
    except m.PackageNotFoundError:
        return ""
print(version("apache-airflow") or version("apache-airflow-core"))
print(version("apache-airflow-providers-amazon"))
"#;

fn said(python: &Path) -> Option<AirflowInstallation> {
    let output = Command::new(python)
        .args(["-I", "-c", ASK])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = text.lines();
    let version = lines.next().filter(|line| !line.is_empty())?.to_owned();
    let amazon = lines.next().filter(|line| !line.is_empty()).map(str::to_owned);
    Some(AirflowInstallation { python: python.to_owned(), version, amazon })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_names_its_python_in_its_first_line() {
        let check = |script: &str, expected: Option<&str>| {
            assert_eq!(shebang(script), expected.map(PathBuf::from), "{script}");
        };
        check("#!/opt/airflow/bin/python3\nimport sys\n", Some("/opt/airflow/bin/python3"));
        check("#!/opt/airflow/bin/python -sP\n", Some("/opt/airflow/bin/python"));
        check("#!/bin/sh\n", None);
        check("", None);
    }
}
