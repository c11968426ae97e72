//! From AWS's names to Rust's.

/// `CreateJob` -> `create_job`, `S3Path` -> `s3_path`, `ARN` -> `arn`, `NotificationARNs` -> `notification_arns`, `EncryptionAtRest` -> `encryption_at_rest`.
pub(crate) fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        if !c.is_ascii_alphanumeric() {
            out.push('_');
            continue;
        }
        let before = i.checked_sub(1).map(|p| chars[p]);
        let plural_acronym =
            chars.get(i + 1) == Some(&'s') && chars.get(i + 2).is_none_or(char::is_ascii_uppercase);
        let starts_word = c.is_ascii_uppercase()
            && before.is_some_and(|b| {
                b.is_ascii_lowercase()
                    || (b.is_ascii_digit()
                        && !chars[..i].iter().rev().skip(1).take(1).any(char::is_ascii_uppercase))
                    || (b.is_ascii_uppercase()
                        && !plural_acronym
                        && chars.get(i + 1).is_some_and(char::is_ascii_lowercase))
            });
        if starts_word && !out.ends_with('_') {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// A field's name, with Rust's keywords escaped.
pub(crate) fn field(name: &str) -> String {
    let name = snake(name);
    match name.as_str() {
        "type" | "ref" | "match" | "use" | "where" | "as" | "in" | "loop" | "mod" | "move" | "static"
        | "struct" | "trait" | "final" | "override" | "virtual" | "async" | "await" | "dyn" | "yield"
        | "box" | "enum" => {
            format!("r#{name}")
        }
        "self" => "self_".to_owned(),
        _ => name,
    }
}

/// A service's module; `lambda` and the like stand as they are.
pub(crate) fn module(service: &str) -> String {
    service.replace('-', "_")
}

/// A type's name: the first letter upper-case, and no clash with Rust's own.
pub(crate) fn type_name(shape: &str) -> String {
    let mut chars = shape.chars();
    let head = chars.next().map(|c| c.to_ascii_uppercase()).unwrap_or('X');
    let name: String = std::iter::once(head).chain(chars.filter(|c| c.is_ascii_alphanumeric())).collect();
    match name.as_str() {
        "Option" | "String" | "Vec" | "Box" | "Result" | "Error" => format!("{name}Shape"),
        _ => name,
    }
}

/// A static's name. SNS has both `String` and `string`.
pub(crate) fn static_name(shape: &str) -> String {
    let name = snake(shape).to_ascii_uppercase();
    if shape.contains(|c: char| c.is_ascii_uppercase()) {
        return name;
    }
    format!("PLAIN_{name}")
}
