//! How a function is named: `f`, `f:1`, `123456789012:function:f`, or an ARN. All come down to a [`Target`].

use wavetank_types::{AccountId, Arn, Region};

use super::super::error::NameRefusal;
use super::super::limits;
use crate::world::Scope;

/// The unpublished version's name.
pub(super) const LATEST: &str = "$LATEST";

/// A function, and perhaps one of its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) qualifier: Option<String>,
}

impl Target {
    /// Reads a name in any form. A qualifier may stand in the name, beside it, or in both if they agree.
    pub(super) fn parse(scope: &Scope, text: &str, beside: Option<&str>) -> Result<Self, NameRefusal> {
        let mut parts: Vec<&str> = text.split(':').collect();
        let mut region = None;
        let mut account = None;
        if parts.len() >= 7 && parts[0] == "arn" && parts[2] == "lambda" {
            region = Some(parts[3]);
            account = Some(parts[4]);
            parts.drain(..5);
        } else if parts.len() > 1 && parts[0].parse::<AccountId>().is_ok() {
            account = Some(parts.remove(0));
        }
        if parts.len() > 1 && parts[0] == "function" {
            parts.remove(0);
        }
        let (name, within) = match parts[..] {
            [name] => (name, None),
            [name, qualifier] => (name, Some(qualifier)),
            _ => return Err(NameRefusal::NotAName(text.to_owned())),
        };
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return Err(NameRefusal::NotAName(text.to_owned()));
        }
        if name.len() > limits::NAME_CHARS_MAX {
            return Err(NameRefusal::TooLong(name.to_owned()));
        }
        if let Some(asked) = region.filter(|region| *region != scope.region.as_str()) {
            let here = scope.region.as_str().to_owned();
            return Err(NameRefusal::WrongRegion { asked: asked.to_owned(), here });
        }
        if account.is_some_and(|account| account != scope.account.as_str()) {
            return Err(NameRefusal::OtherAccount);
        }
        if within.zip(beside).is_some_and(|(within, beside)| within != beside) {
            return Err(NameRefusal::QualifierMismatch);
        }
        Ok(Self { name: name.to_owned(), qualifier: within.or(beside).map(str::to_owned) })
    }

    /// The same, where only the function itself may be named.
    pub(super) fn unqualified(scope: &Scope, text: &str) -> Result<Self, NameRefusal> {
        let target = Self::parse(scope, text, None)?;
        if target.qualifier.is_some() { Err(NameRefusal::QualifierNotAllowed) } else { Ok(target) }
    }

    /// The ARN, with the qualifier if there is one.
    pub(super) fn arn(&self, scope: &Scope) -> String {
        match &self.qualifier {
            Some(qualifier) => format!("{}:{qualifier}", function_arn(scope, &self.name)),
            None => function_arn(scope, &self.name),
        }
    }

    /// The qualifier, or `$LATEST`.
    pub(super) fn version(&self) -> &str {
        self.qualifier.as_deref().unwrap_or(LATEST)
    }

    /// The ARN with its qualifier, `$LATEST` if none was given.
    pub(super) fn version_arn(&self, scope: &Scope) -> String {
        format!("{}:{}", function_arn(scope, &self.name), self.version())
    }
}

/// The unqualified ARN of the function of this name.
pub(super) fn function_arn(scope: &Scope, name: &str) -> String {
    Arn::new("lambda", &scope.region, &scope.account, format!("function:{name}")).to_string()
}

/// The ARN that `INIT_START` and `RuntimeVersionConfig` show. Its digest is ours (assumed).
pub(super) fn runtime_arn(region: &Region, runtime: &str) -> String {
    use sha2::{Digest, Sha256};
    format!("arn:aws:lambda:{region}::runtime:{}", hex::encode(Sha256::digest(runtime)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, beside: Option<&str>, expected: Result<(&str, Option<&str>), NameRefusal>) {
        let found = Target::parse(&Scope::default(), text, beside);
        let expected = expected.map(|(name, qualifier)| Target {
            name: name.to_owned(),
            qualifier: qualifier.map(str::to_owned),
        });
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_function_is_named_in_every_form_that_aws_accepts() {
        check("f", None, Ok(("f", None)));
        check("f:1", None, Ok(("f", Some("1"))));
        check("f", Some("$LATEST"), Ok(("f", Some("$LATEST"))));
        check("f:1", Some("1"), Ok(("f", Some("1"))));
        check("f:1", Some("2"), Err(NameRefusal::QualifierMismatch));
        check("function", None, Ok(("function", None)));
        check("function:f", None, Ok(("f", None)));
        check("000000000000:function:f:2", None, Ok(("f", Some("2"))));
        check("000000000000:f", None, Ok(("f", None)));
        check("arn:aws:lambda:us-east-1:000000000000:function:f", None, Ok(("f", None)));
        check("arn:aws:lambda:us-east-1:000000000000:function:f:7", None, Ok(("f", Some("7"))));
        check("arn:aws:lambda:us-east-1:123456789012:function:f", None, Err(NameRefusal::OtherAccount));
        check("123456789012:function:f", None, Err(NameRefusal::OtherAccount));
        let (asked, here) = ("eu-west-1".to_owned(), "us-east-1".to_owned());
        let elsewhere = NameRefusal::WrongRegion { asked, here };
        check("arn:aws:lambda:eu-west-1:000000000000:function:f", None, Err(elsewhere));
        check("a:b:c:d", None, Err(NameRefusal::NotAName("a:b:c:d".to_owned())));
        check("a b", None, Err(NameRefusal::NotAName("a b".to_owned())));
        check(&"n".repeat(65), None, Err(NameRefusal::TooLong("n".repeat(65))));
    }
}
