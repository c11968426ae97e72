//! GetRandomPassword: characters drawn from the tank's own stream.
//!
//! Documented: the classes and what excludes them, the service model.

use wavetank_wire::secretsmanager as w;

use super::SecretsError;
use super::limits::PASSWORD_CHARS;
use crate::world::Cx;

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

pub(super) fn password(
    cx: &mut Cx<'_>,
    input: &w::GetRandomPasswordInput,
) -> Result<w::GetRandomPasswordOutput, SecretsError> {
    let excluded = input.exclude_characters.clone().unwrap_or_default();
    let classes = [
        (LOWER, input.exclude_lowercase),
        (UPPER, input.exclude_uppercase),
        (DIGITS, input.exclude_numbers),
        (PUNCTUATION, input.exclude_punctuation),
        (" ", Some(input.include_space != Some(true))),
    ];
    let kept = classes.iter().filter(|(_, is_excluded)| *is_excluded != Some(true));
    let kept = kept.map(|(class, _)| class.chars().filter(|c| !excluded.contains(*c)).collect::<String>());
    let kept: Vec<String> = kept.filter(|class| !class.is_empty()).collect();
    let length = usize::try_from(input.password_length.unwrap_or(PASSWORD_CHARS)).unwrap_or_default();
    let needs_each = input.require_each_included_type.unwrap_or(true);
    if kept.is_empty() || needs_each && length < kept.len() {
        let said =
            "The password length is too short, or too many characters are excluded, for the required types.";
        return Err(SecretsError::Parameter(said.to_owned()));
    }
    let alphabet = kept.concat();
    let mut drawn: Vec<u8> = cx.letters(length, alphabet.as_bytes()).into_bytes();
    if needs_each {
        // One of each class, at places that differ.
        let start = usize::try_from(cx.random() % length as u64).unwrap_or_default();
        for (at, class) in kept.iter().enumerate() {
            drawn[(start + at) % length] = cx.letters(1, class.as_bytes()).as_bytes()[0];
        }
    }
    let random_password = String::from_utf8(drawn).ok();
    Ok(w::GetRandomPasswordOutput { random_password })
}
