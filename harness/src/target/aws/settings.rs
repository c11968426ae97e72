//! What AWS's own clients are told by the environment and the shared files: credentials, another address, certificates.
//!
//! Read: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`; else the static keys of `AWS_PROFILE`, or of `default`;
//! `AWS_ENDPOINT_URL` and a profile's `endpoint_url`, unless `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`; `AWS_CA_BUNDLE`.
//! Credentials that have to be fetched (single sign-on, roles, processes, instances) and settings that would send requests
//! elsewhere are refused by name: nothing that a person has set is passed over.
//! Documented: docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html (the order),
//! docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html (addresses).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::shared_file::SharedFile;
use crate::target::Credentials;

/// What prints credentials of any kind as variables. Documented:
/// docs.aws.amazon.com/cli/latest/reference/configure/export-credentials.html.
const EXPORT: &str = "eval \"$(aws configure export-credentials --format env)\"";

/// Settings of a profile whose credentials have to be fetched.
const FETCHED: [&str; 8] = [
    "sso_session",
    "sso_start_url",
    "sso_account_id",
    "role_arn",
    "credential_process",
    "credential_source",
    "web_identity_token_file",
    "login_session",
];

/// Variables that say where credentials have to be fetched.
const FETCHED_BY: [&str; 3] = [
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// Variables whose `true` sends requests to other hosts.
const ELSEWHERE: [&str; 2] = ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"];

/// What a person has set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whose account it is.
    pub credentials: Credentials,
    /// Where they come from, such as `the environment` or `profile work`.
    pub source: String,
    /// All requests go here instead of to AWS.
    pub endpoint: Option<String>,
    /// Certificates to trust instead of the system's.
    pub ca_bundle: Option<PathBuf>,
}

/// Why the settings are of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// One of the two variables.
    #[error("{has} is set and {lacks} is not\nhint: set both, or neither and use a profile")]
    Half {
        /// The one.
        has: &'static str,
        /// The other.
        lacks: &'static str,
    },
    /// A profile that has no keys of its own.
    #[error(
        "the credentials of profile `{profile}` have to be fetched ({setting}), which is not built\n\
         hint: AWS_PROFILE={profile} aws sts get-caller-identity && {EXPORT}"
    )]
    Fetched {
        /// Which.
        profile: String,
        /// What says so.
        setting: String,
    },
    /// A variable that says where to fetch credentials.
    #[error("credentials have to be fetched ({0}), which is not built\nhint: {EXPORT}")]
    FetchedBy(&'static str),
    /// A profile with half of what is needed.
    #[error(
        "profile `{profile}` has no {lacks}\nhint: `aws configure --profile {profile}` asks for both keys"
    )]
    Incomplete {
        /// Which.
        profile: String,
        /// What it lacks.
        lacks: &'static str,
    },
    /// A profile that is in neither file.
    #[error(
        "there is no profile `{0}` with keys in the shared files of AWS\nhint: `aws configure list-profiles` shows those there are"
    )]
    NoProfile(String),
    /// Nothing at all.
    #[error(
        "there are no AWS credentials: neither AWS_ACCESS_KEY_ID nor a profile\nhint: {EXPORT}, or `aws configure`"
    )]
    Nothing,
    /// A setting that would send requests elsewhere.
    #[error(
        "{0} is set, which is not built: nothing was sent\nhint: unset it, or use AWS_ENDPOINT_URL for all services"
    )]
    Elsewhere(String),
    /// A file that cannot be read.
    #[error("{path}: {cause}\nhint: check the file's permissions")]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        cause: String,
    },
}

impl Settings {
    /// From variables of the environment, and the files that they lead to.
    pub fn read(vars: &BTreeMap<String, String>) -> Result<Self, SettingsError> {
        let var = |name: &str| vars.get(name).filter(|value| !value.is_empty()).cloned();
        refuse_elsewhere(vars)?;
        let named = var("AWS_PROFILE");
        let profile = Profile::read(vars, named.as_deref().unwrap_or("default"))?;
        if profile.settings.contains_key("services") {
            return Err(SettingsError::Elsewhere(format!("`services` of profile `{}`", profile.name)));
        }
        let (credentials, source) = match (var("AWS_ACCESS_KEY_ID"), var("AWS_SECRET_ACCESS_KEY")) {
            (Some(access_key), Some(secret_key)) => {
                let session_token = var("AWS_SESSION_TOKEN");
                (Credentials { access_key, secret_key, session_token }, "the environment".to_owned())
            }
            (Some(_), None) => {
                return Err(SettingsError::Half { has: "AWS_ACCESS_KEY_ID", lacks: "AWS_SECRET_ACCESS_KEY" });
            }
            (None, Some(_)) => {
                return Err(SettingsError::Half { has: "AWS_SECRET_ACCESS_KEY", lacks: "AWS_ACCESS_KEY_ID" });
            }
            (None, None) => (profile.keys(vars, named.is_some())?, format!("profile `{}`", profile.name)),
        };
        let ignores =
            var("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").or(profile.setting("ignore_configured_endpoint_urls"));
        let endpoint = var("AWS_ENDPOINT_URL").or(profile.setting("endpoint_url"));
        Ok(Self {
            credentials,
            source,
            endpoint: endpoint
                .filter(|_| !ignores.is_some_and(|ignores| ignores.eq_ignore_ascii_case("true"))),
            ca_bundle: var("AWS_CA_BUNDLE").or(profile.setting("ca_bundle")).map(PathBuf::from),
        })
    }
}

/// Refuses variables that would send the requests of some services to another place.
fn refuse_elsewhere(vars: &BTreeMap<String, String>) -> Result<(), SettingsError> {
    let is_true = |name: &&str| vars.get(*name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if let Some(name) = ELSEWHERE.iter().find(|name| is_true(name)) {
        return Err(SettingsError::Elsewhere((*name).to_owned()));
    }
    let of_service =
        |(name, value): &(&String, &String)| name.starts_with("AWS_ENDPOINT_URL_") && !value.is_empty();
    match vars.iter().find(of_service) {
        Some((name, _)) => Err(SettingsError::Elsewhere(name.clone())),
        None => Ok(()),
    }
}

/// What both files say of a profile. The credentials file counts where both say something.
struct Profile {
    name: String,
    settings: BTreeMap<String, String>,
}

impl Profile {
    fn read(vars: &BTreeMap<String, String>, name: &str) -> Result<Self, SettingsError> {
        let section = if name == "default" { "default".to_owned() } else { format!("profile {name}") };
        let mut settings = BTreeMap::new();
        for (variable, file, section) in [
            ("AWS_CONFIG_FILE", "config", section.as_str()),
            ("AWS_SHARED_CREDENTIALS_FILE", "credentials", name),
        ] {
            let Some(path) = place(vars, variable, file) else { continue };
            let read = SharedFile::read(&text_of(&path)?);
            settings.extend(read.section(section).cloned().unwrap_or_default());
        }
        Ok(Self { name: name.to_owned(), settings })
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.settings.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// Its static keys. `is_named`: whether a person asked for this profile.
    fn keys(&self, vars: &BTreeMap<String, String>, is_named: bool) -> Result<Credentials, SettingsError> {
        let profile = self.name.clone();
        match (self.setting("aws_access_key_id"), self.setting("aws_secret_access_key")) {
            (Some(access_key), Some(secret_key)) => {
                // Keys beside a role are what the role is asked for with; they are not the role's.
                if let Some(role) = self.setting("role_arn") {
                    return Err(SettingsError::Fetched { profile, setting: format!("role_arn = {role}") });
                }
                let session_token = self.setting("aws_session_token");
                return Ok(Credentials { access_key, secret_key, session_token });
            }
            (Some(_), None) => {
                return Err(SettingsError::Incomplete { profile, lacks: "aws_secret_access_key" });
            }
            (None, Some(_)) => return Err(SettingsError::Incomplete { profile, lacks: "aws_access_key_id" }),
            (None, None) => {}
        }
        if let Some(setting) = FETCHED.iter().find(|setting| self.settings.contains_key(**setting)) {
            return Err(SettingsError::Fetched { profile, setting: (*setting).to_owned() });
        }
        if let Some(variable) = FETCHED_BY.iter().find(|variable| vars.contains_key(**variable)) {
            return Err(SettingsError::FetchedBy(variable));
        }
        Err(if is_named { SettingsError::NoProfile(profile) } else { SettingsError::Nothing })
    }
}

/// Where a shared file is: as the variable says, or below the home folder.
fn place(vars: &BTreeMap<String, String>, variable: &str, file: &str) -> Option<PathBuf> {
    let home = || vars.get("HOME").filter(|home| !home.is_empty());
    match vars.get(variable).filter(|path| !path.is_empty()) {
        Some(path) => match (path.strip_prefix("~/"), home()) {
            (Some(rest), Some(home)) => Some(Path::new(home).join(rest)),
            _ => Some(PathBuf::from(path)),
        },
        None => home().map(|home| Path::new(home).join(".aws").join(file)),
    }
}

/// A file's text; of one that is not there, none.
fn text_of(path: &Path) -> Result<String, SettingsError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(cause) => {
            Err(SettingsError::Unreadable { path: path.display().to_string(), cause: cause.to_string() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREDENTIALS: &str = "[default]\naws_access_key_id = D1\naws_secret_access_key = D2\n\
        [work]\naws_access_key_id = W1\naws_secret_access_key = W2\naws_session_token = W3\n[half]\naws_access_key_id = H1\n";
    const CONFIG: &str = "[profile sso]\nsso_session = corp\n[profile role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = default\n\
        [profile tool]\ncredential_process = /bin/keys\n[profile work]\nendpoint_url = http://127.0.0.1:4566\n[profile split]\nservices = local\n";

    /// What comes of these variables, with both files in place unless `HOME` is said.
    fn read(vars: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        std::fs::write(home.path().join(".aws/credentials"), CREDENTIALS).unwrap();
        std::fs::write(home.path().join(".aws/config"), CONFIG).unwrap();
        let mut all = BTreeMap::from([("HOME".to_owned(), home.path().display().to_string())]);
        all.extend(vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Settings::read(&all)
    }

    fn check(vars: &[(&str, &str)], access_key: &str, source: &str) {
        let found = read(vars).unwrap();
        assert_eq!((found.credentials.access_key.as_str(), found.source.as_str()), (access_key, source));
    }

    #[test]
    fn the_environment_counts_before_a_profile_and_a_named_profile_before_the_default() {
        let env = [("AWS_ACCESS_KEY_ID", "E1"), ("AWS_SECRET_ACCESS_KEY", "E2")];
        check(&env, "E1", "the environment");
        check(&[&env[..], &[("AWS_PROFILE", "work")]].concat(), "E1", "the environment");
        check(&[("AWS_PROFILE", "work")], "W1", "profile `work`");
        check(&[], "D1", "profile `default`");
        let work = read(&[("AWS_PROFILE", "work")]).unwrap();
        assert_eq!(work.credentials.session_token.as_deref(), Some("W3"));
        assert_eq!(work.endpoint.as_deref(), Some("http://127.0.0.1:4566"));
    }

    #[test]
    fn what_has_to_be_fetched_is_half_or_is_missing_is_refused_with_what_to_do() {
        let check = |vars: &[(&str, &str)], words: &[&str]| {
            let said = read(vars).unwrap_err().to_string();
            for word in words.iter().chain(&["hint:"]) {
                assert!(said.contains(word), "{said}");
            }
        };
        check(
            &[("AWS_PROFILE", "sso")],
            &["profile `sso`", "sso_session", "export-credentials --format env"],
        );
        check(&[("AWS_PROFILE", "role")], &["role_arn"]);
        check(&[("AWS_PROFILE", "tool")], &["credential_process"]);
        check(&[("AWS_PROFILE", "half")], &["no aws_secret_access_key"]);
        check(&[("AWS_PROFILE", "other")], &["no profile `other`"]);
        check(&[("AWS_ACCESS_KEY_ID", "E1")], &["AWS_SECRET_ACCESS_KEY is not"]);
        check(&[("HOME", "/nowhere")], &["no AWS credentials"]);
        check(
            &[("HOME", "/nowhere"), ("AWS_WEB_IDENTITY_TOKEN_FILE", "/t")],
            &["AWS_WEB_IDENTITY_TOKEN_FILE"],
        );
    }

    #[test]
    fn no_setting_that_leads_elsewhere_is_passed_over() {
        let check = |vars: &[(&str, &str)], name: &str| {
            let said = read(vars).unwrap_err();
            assert!(matches!(&said, SettingsError::Elsewhere(it) if it.contains(name)), "{said}");
        };
        check(&[("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9000")], "AWS_ENDPOINT_URL_S3");
        check(&[("AWS_USE_FIPS_ENDPOINT", "true")], "AWS_USE_FIPS_ENDPOINT");
        check(&[("AWS_PROFILE", "split")], "services");
        let url = ("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
        assert_eq!(read(&[url]).unwrap().endpoint.as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(read(&[url, ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True")]).unwrap().endpoint, None);
    }

    #[test]
    fn keys_are_not_shown() {
        let shown = format!("{:?}", read(&[("AWS_PROFILE", "work")]).unwrap());
        assert!(!["W1", "W2", "W3"].iter().any(|key| shown.contains(key)), "{shown}");
    }
}
