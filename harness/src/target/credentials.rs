//! Whose requests a target gets. Values: who reads the environment or a file is the command line.

use std::fmt;

/// An access key with its secret. Neither is shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The access key's id. A tank takes a 12-digit account number.
    pub access_key: String,
    /// Its secret.
    pub secret_key: String,
    /// Of temporary credentials: the token that belongs to them.
    pub session_token: Option<String>,
}

impl Default for Credentials {
    /// Those of a tank's default account.
    fn default() -> Self {
        Self { access_key: "000000000000".to_owned(), secret_key: "test".to_owned(), session_token: None }
    }
}

impl Credentials {
    /// As the SDKs take them.
    pub fn for_sdk(&self) -> aws_sdk_s3::config::Credentials {
        let Self { access_key, secret_key, session_token } = self;
        aws_sdk_s3::config::Credentials::new(access_key, secret_key, session_token.clone(), None, "wavetank")
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("is_temporary", &self.session_token.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let credentials = Credentials { session_token: Some("token".to_owned()), ..Credentials::default() };
        assert_eq!(format!("{credentials:?}"), "Credentials { is_temporary: true, .. }");
    }
}
