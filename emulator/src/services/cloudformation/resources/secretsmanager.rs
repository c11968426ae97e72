//! AWS::SecretsManager::Secret.
//!
//! What `GenerateSecretString` makes up comes from the letters that the stack has drawn for this resource: the same seed gives the
//! same secret.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use wavetank_wire::secretsmanager as secrets;
use wavetank_wire::{FromVal as _, Val};

use super::properties::Properties;
use super::shape::Form;
use super::{Ask, Existing, Kind, Made, Make, Plan, Property, Reason, Spec, TagStyle, Update, tags};

/// A secret. `Ref`: its ARN.
pub(super) struct Secret;

static SECRET: Spec = Spec {
    name: "AWS::SecretsManager::Secret",
    properties: &[
        Property { name: "Name", form: Form::Scalar, update: Update::Replace },
        Property { name: "Description", form: Form::Scalar, update: Update::InPlace },
        Property {
            name: "GenerateSecretString",
            form: Form::Members(&[
                ("ExcludeCharacters", Form::Scalar),
                ("ExcludeLowercase", Form::Scalar),
                ("ExcludeNumbers", Form::Scalar),
                ("ExcludePunctuation", Form::Scalar),
                ("ExcludeUppercase", Form::Scalar),
                ("GenerateStringKey", Form::Scalar),
                ("IncludeSpace", Form::Scalar),
                ("PasswordLength", Form::Scalar),
                ("RequireEachIncludedType", Form::Scalar),
                ("SecretStringTemplate", Form::Scalar),
            ]),
            update: Update::InPlace,
        },
        Property { name: "KmsKeyId", form: Form::Scalar, update: Update::InPlace },
        Property { name: "SecretString", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
    ],
    attributes: &["Id"],
    unbuilt: &["ReplicaRegions", "Type"],
    name_property: Some("Name"),
    tags: TagStyle::List,
};

impl Kind for Secret {
    fn spec(&self) -> &'static Spec {
        &SECRET
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("Name").unwrap_or_else(|| make.name(500));
        let input = secrets::CreateSecretInput {
            name: name.clone(),
            description: properties.text("Description"),
            kms_key_id: properties.text("KmsKeyId"),
            secret_string: value(make.suffix, properties)?,
            tags: Some(tag_list(properties.tags())),
            ..Default::default()
        };
        Ok(Plan { made: Made::new(name), asks: vec![Ask::to::<secrets::CreateSecret>(input)] })
    }

    fn update(&self, make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let id = old.made.physical_id.clone();
        let is_same = |name: &str| properties.get(name) == old.properties.get(name);
        let is_kept = is_same("SecretString") && is_same("GenerateSecretString");
        let input = secrets::UpdateSecretInput {
            secret_id: id.clone(),
            description: properties.text("Description"),
            kms_key_id: properties.text("KmsKeyId"),
            secret_string: if is_kept { None } else { value(make.suffix, properties)? },
            ..Default::default()
        };
        let mut asks = vec![Ask::to::<secrets::UpdateSecret>(input)];
        let change = tags::change(old, &properties.tags());
        if !change.set.is_empty() {
            let input = secrets::TagResourceInput { secret_id: id.clone(), tags: tag_list(change.set) };
            asks.push(Ask::to::<secrets::TagResource>(input));
        }
        if !change.remove.is_empty() {
            let input = secrets::UntagResourceInput { secret_id: id, tag_keys: change.remove };
            asks.push(Ask::to::<secrets::UntagResource>(input));
        }
        Ok(Plan { made: old.made.clone(), asks })
    }

    /// Assumed: at once, so that the stack can be made again under the same names.
    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let input = secrets::DeleteSecretInput {
            secret_id: old.made.physical_id.clone(),
            force_delete_without_recovery: Some(true),
            ..Default::default()
        };
        vec![Ask::to::<secrets::DeleteSecret>(input).or_absent()]
    }

    fn learn(&self, made: &mut Made, operation: &str, reply: Val) {
        if operation == "CreateSecret"
            && let Some(arn) = secrets::CreateSecretOutput::from_val(reply).arn
        {
            made.attributes.insert("Id".to_owned(), arn.clone());
            made.physical_id = arn;
        }
    }
}

fn tag_list(tags: impl IntoIterator<Item = (String, String)>) -> Vec<secrets::Tag> {
    tags.into_iter().map(|(key, value)| secrets::Tag { key: Some(key), value: Some(value) }).collect()
}

/// What the secret says: as it is given, or made up.
fn value(suffix: &str, properties: &Properties<'_>) -> Result<Option<String>, Reason> {
    if let Some(text) = properties.text("SecretString") {
        return Ok(Some(text));
    }
    let generate = match properties.get("GenerateSecretString") {
        Some(Value::Object(members)) => Properties { entries: members, logical: properties.logical },
        _ => return Ok(None),
    };
    let password = password(suffix, &generate)?;
    let (template, key) = (generate.text("SecretStringTemplate"), generate.text("GenerateStringKey"));
    let (Some(template), Some(key)) = (template, key) else { return Ok(Some(password)) };
    let members: Result<Map<String, Value>, _> = serde_json::from_str(&template);
    let mut members =
        members.map_err(|_| properties.wrong("GenerateSecretString/SecretStringTemplate", "JSONObject"))?;
    members.insert(key, Value::String(password));
    Ok(Some(Value::Object(members).to_string()))
}

/// As GetRandomPassword makes one, from these letters.
fn password(suffix: &str, generate: &Properties<'_>) -> Result<String, Reason> {
    let excluded = generate.text("ExcludeCharacters").unwrap_or_default();
    let classes = [
        ("abcdefghijklmnopqrstuvwxyz", generate.flag("ExcludeLowercase")),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", generate.flag("ExcludeUppercase")),
        ("0123456789", generate.flag("ExcludeNumbers")),
        ("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", generate.flag("ExcludePunctuation")),
        (" ", Some(generate.flag("IncludeSpace") != Some(true))),
    ];
    let kept = classes.iter().filter(|(_, is_excluded)| *is_excluded != Some(true));
    let kept = kept.map(|(class, _)| class.chars().filter(|c| !excluded.contains(*c)).collect::<Vec<char>>());
    let kept: Vec<Vec<char>> = kept.filter(|class| !class.is_empty()).collect();
    let length = usize::try_from(generate.integer("PasswordLength")?.unwrap_or(32)).unwrap_or_default();
    if kept.is_empty() || length < kept.len() {
        return Err(
            generate.invalid("#/GenerateSecretString: too many characters are excluded, or it is too short")
        );
    }
    let all: Vec<char> = kept.concat();
    let drawn = (0u32..).flat_map(|block| Sha256::digest(format!("{suffix}/{block}")).to_vec()).take(length);
    // One of each class first, then of all.
    let pick = |(at, byte): (usize, u8)| {
        let from = kept.get(at).unwrap_or(&all);
        from[usize::from(byte) % from.len()]
    };
    Ok(drawn.enumerate().map(pick).collect())
}
