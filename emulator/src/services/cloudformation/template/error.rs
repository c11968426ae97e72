//! Why a template is refused, in AWS's sentences. All of them are `ValidationError` on the wire.
//!
//! Recorded by others: sentences marked so are quoted in public error reports (GitHub issues: cfn-lint 38,
//! serverless 4745, aws-cloud-compliance-assurance 2, CFtemplates 1; read 2026-11-29).
//! Assumed: the rest. Refusals that name wavetank are ours: what AWS would take and a tank does not.

/// Why a template, or a value in it, is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence of each says it")]
pub enum TemplateError {
    /// Recorded by others.
    #[error("Template format error: {format} not well-formed. (line {line}, column {column})")]
    NotWellFormed { format: &'static str, line: usize, column: usize },
    /// Documented (aliases): docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html.
    #[error(
        "Template format error: YAML aliases are not allowed in CloudFormation templates. (line {line}, column {column})"
    )]
    Alias { line: usize, column: usize },
    #[error("Template format error: unknown tag {tag}. (line {line}, column {column})")]
    UnknownTag { tag: String, line: usize, column: usize },
    #[error("Template format error: the key {key} stands twice. (line {line}, column {column})")]
    DuplicateKey { key: String, line: usize, column: usize },
    #[error(
        "Template format error: maps and lists are nested more than {max} deep. (line {line}, column {column})"
    )]
    TooDeep { max: usize, line: usize, column: usize },
    /// Recorded by others.
    #[error("[{0}] 'null' values are not allowed in templates")]
    Null(String),
    #[error("Template format error: unsupported structure.")]
    NotAMap,
    #[error("Template format error: {0} must be an object.")]
    SectionNotAMap(String),
    #[error("Invalid template property or properties [{}]", .0.join(", "))]
    UnknownSections(Vec<String>),
    #[error("Template format error: Unrecognized AWSTemplateFormatVersion {0}; the only one is 2010-09-09")]
    Version(String),
    /// Recorded by others.
    #[error("Template format error: At least one Resources member must be defined.")]
    NoResources,
    #[error("Template format error: {section} name {name} is non alphanumeric.")]
    NotAlphanumeric { section: &'static str, name: String },
    #[error("Template format error: [/Resources/{0}] Every Resources object must contain a Type member.")]
    NoType(String),
    #[error("Invalid template resource property '{0}'")]
    UnknownResourceMember(String),
    #[error("Template format error: Every {path} member must be {wanted}.")]
    WrongKind { path: String, wanted: &'static str },
    #[error("Template format error: Number of {what}, {count}, is greater than maximum allowed, {max}")]
    TooMany { what: &'static str, count: usize, max: usize },
    /// Recorded by others.
    #[error("Template format error: Unresolved resource dependencies [{}] in the {block} block of the template", .names.join(", "))]
    Unresolved { names: Vec<String>, block: &'static str },
    #[error(
        "Template format error: Unresolved condition dependency {name} in the {block} block of the template"
    )]
    NoSuchCondition { name: String, block: &'static str },
    #[error("Template error: instance of Fn::GetAtt references undefined resource {0}")]
    GetAttOfNothing(String),
    #[error("Template error: resource {logical} does not support attribute type {attribute} in Fn::GetAtt")]
    NoSuchAttribute { logical: String, attribute: String },
    #[error("Circular dependency between resources: [{}]", .0.join(", "))]
    Circular(Vec<String>),
    #[error("Template error: {function} {problem}")]
    Function { function: &'static str, problem: String },
    #[error("Template error: Mapping named '{0}' is not present in the 'Mappings' section of template.")]
    NoSuchMapping(String),
    #[error("Template error: Unable to get mapping for {map}::{top}::{second}")]
    NoMappingEntry { map: String, top: String, second: String },
    #[error("No export named {0} found.")]
    NoSuchExport(String),
    #[error("Template format error: Unrecognized parameter type: {0}")]
    ParameterType(String),
    #[error("Template format error: Parameter '{name}': {problem}")]
    ParameterSpec { name: String, problem: String },
    #[error("Parameters: [{}] must have values", .0.join(", "))]
    NoValue(Vec<String>),
    #[error("Parameters: [{}] do not exist in the template", .0.join(", "))]
    NoSuchParameter(Vec<String>),
    #[error("Parameter '{name}' {problem}")]
    ParameterValue { name: String, problem: String },
    #[error("Template format error: Unrecognized resource types: [{}]", .0.join(", "))]
    UnknownTypes(Vec<String>),
    #[error("wavetank does not implement {what}{place}.")]
    NotBuilt { what: String, place: String },
    #[error("Encountered unsupported property {property} in {place}")]
    UnsupportedProperty { property: String, place: String },
    #[error("Template format error: the functions of {0} make more than {max} bytes.", max = crate::services::cloudformation::limits::RESOLVED_BYTES_MAX)]
    TooLarge(&'static str),
}

impl TemplateError {
    pub(in super::super) fn not_built(what: impl Into<String>, place: impl Into<String>) -> Self {
        let place: String = place.into();
        let place = if place.is_empty() { place } else { format!(" ({place})") };
        Self::NotBuilt { what: what.into(), place }
    }
}
