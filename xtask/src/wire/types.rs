//! Writes `mod.rs` of a service: structures, enum values, and the two enums of its requests and responses.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::model::{Model, Reference, Shape};
use super::names::{field, module, snake, type_name};
use super::{HEAD, ServedService};

pub(crate) fn write(service: &str, served: &ServedService, model: &Model) -> Result<String, String> {
    let writer = Writer { model, renamed: renamed(model), raw: &served.raw };
    let mut out = String::from(HEAD);
    writeln!(out, "//! Requests, responses and their parts of `{service}`, as AWS's model names them.\n")
        .map_err(fail)?;
    out.push_str("#![allow(missing_docs, clippy::large_enum_variant, clippy::single_match, reason = \"generated\")]\n\n");
    if served.query_model.is_some() {
        out.push_str("mod query;\n");
    }
    out.push_str("pub mod schema;\n\n#[allow(unused_imports, reason = \"generated\")]\nuse crate::val::prelude::*;\n\npub use schema::SERVICE;\n\n");
    writer.operations(&mut out).map_err(fail)?;
    // Of exceptions, only those that an event stream carries have a type.
    let carried = model.nested();
    for (name, shape) in &model.shapes {
        let is_typed = shape.is_structure() && !served.raw.contains(name);
        if is_typed && (!shape.exception || carried.contains(name.as_str())) {
            writer.structure(&mut out, name, shape).map_err(fail)?;
        }
        if !shape.values.is_empty() {
            values(&mut out, name, shape).map_err(fail)?;
        }
    }
    Ok(out)
}

fn fail(why: std::fmt::Error) -> String {
    why.to_string()
}

/// `{Op}Input` and `{Op}Output` for shapes that serve one operation only, as the Rust SDK names them.
fn renamed(model: &Model) -> BTreeMap<String, String> {
    let nested = model.nested();
    let mut uses: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (op, operation) in &model.operations {
        for (reference, suffix) in [(&operation.input, "Input"), (&operation.output, "Output")] {
            if let Some(reference) = reference {
                uses.entry(&reference.shape).or_default().push(format!("{op}{suffix}"));
            }
        }
    }
    uses.into_iter()
        .filter(|(shape, ops)| ops.len() == 1 && !nested.contains(shape))
        .filter(|(shape, ops)| ops[0] == *shape || !model.shapes.contains_key(&ops[0]))
        .map(|(shape, ops)| (shape.to_owned(), ops[0].clone()))
        .collect()
}

struct Writer<'a> {
    model: &'a Model,
    renamed: BTreeMap<String, String>,
    raw: &'a [String],
}

impl Writer<'_> {
    fn operations(&self, out: &mut String) -> std::fmt::Result {
        let mut decode = String::new();
        let mut encode = String::new();
        let mut names = String::new();
        let (mut requests, mut responses, mut aliases) = (String::new(), String::new(), String::new());
        for (op, operation) in &self.model.operations {
            writeln!(requests, "{op}({op}Input),")?;
            writeln!(responses, "{op}({op}Output),")?;
            writeln!(decode, "{op:?} => Self::{op}(FromVal::from_val(input)),")?;
            writeln!(encode, "Self::{op}(output) => output.to_val(),")?;
            writeln!(names, "Self::{op}(_) => {op:?},")?;
            for (reference, suffix) in [(&operation.input, "Input"), (&operation.output, "Output")] {
                let alias = format!("{op}{suffix}");
                match reference {
                    None => unit(&mut aliases, &alias)?,
                    Some(reference) if self.name(&reference.shape) == alias => {}
                    Some(reference) => {
                        writeln!(aliases, "pub type {alias} = {};", self.name(&reference.shape))?
                    }
                }
            }
        }
        write!(
            out,
            "/// One request, decoded and validated.\n#[derive(Clone, Debug, PartialEq)]\npub enum Request {{ {requests} }}\n\n\
             impl Request {{\n/// The operation's name.\npub fn operation(&self) -> &'static str {{ match self {{ {names} }} }}\n}}\n\n\
             impl crate::OperationSet for Request {{\nfn service() -> &'static crate::schema::Service {{ &SERVICE }}\n\
             fn decode(operation: &str, input: Val) -> Option<Self> {{ Some(match operation {{ {decode} _ => return None }}) }}\n\
             fn operation(&self) -> &'static str {{ Request::operation(self) }}\n\
             fn to_val(self) -> Val {{ match self {{ {} }} }}\n}}\n\n\
             /// What an operation answers.\n#[derive(Clone, Debug, PartialEq)]\npub enum Response {{ {responses} }}\n\n\
             impl crate::ResponseSet for Response {{\nfn to_val(self) -> Val {{ match self {{ {encode} }} }}\n\
             fn decode(operation: &str, output: Val) -> Option<Self> {{ Some(match operation {{ {} _ => return None }}) }}\n}}\n\n{aliases}\n",
            encode.replace("(output) => output", "(input) => input"),
            decode.replace("(input)", "(output)"),
        )?;
        self.operation_impls(out)
    }

    fn operation_impls(&self, out: &mut String) -> std::fmt::Result {
        for op in self.model.operations.keys() {
            writeln!(
                out,
                "/// The operation `{op}`, for clients.\n#[derive(Clone, Copy, Debug)]\npub struct {op};\n\
                 impl crate::Operation for {op} {{ type Input = {op}Input; type Output = {op}Output; const NAME: &'static str = {op:?}; \
                 fn service() -> &'static crate::schema::Service {{ &SERVICE }} }}\n"
            )?;
        }
        Ok(())
    }

    fn name(&self, shape: &str) -> String {
        type_name(self.renamed.get(shape).map_or(shape, String::as_str))
    }

    fn structure(&self, out: &mut String, shape_name: &str, shape: &Shape) -> std::fmt::Result {
        let name = self.name(shape_name);
        let (mut fields, mut from, mut to) = (String::new(), String::new(), String::new());
        for (index, (member, reference)) in shape.members.iter().enumerate() {
            if reference.shape == "Unbuilt" {
                continue;
            }
            let required = shape.required.contains(member);
            let rust = self.rust_type(reference, shape_name);
            let rust = if required { rust } else { format!("Option<{rust}>") };
            let field = field(member);
            writeln!(fields, "pub {field}: {rust},")?;
            let some = if required { "FromVal::from_val(val)" } else { "Some(FromVal::from_val(val))" };
            writeln!(from, "{index} => out.{field} = {some},")?;
            writeln!(to, "out.push({index}, self.{field});")?;
        }
        let copies = if fields.is_empty() { ", Copy, Eq" } else { "" };
        write!(
            out,
            "#[derive(Clone, Debug, Default, PartialEq{copies})]\npub struct {name} {{ {fields} }}\n\n"
        )?;
        if fields.is_empty() {
            return write!(
                out,
                "impl FromVal for {name} {{ fn from_val(_: Val) -> Self {{ Self {{}} }} }}\n\
                 impl ToVal for {name} {{ fn to_val(self) -> Val {{ Val::Struct(Vec::new()) }} }}\n\n"
            );
        }
        write!(
            out,
            "impl FromVal for {name} {{ fn from_val(val: Val) -> Self {{ let mut out = Self::default(); \
             for (member, val) in val.into_members() {{ match member {{ {from} _ => {{}} }} }} out }} }}\n\
             impl ToVal for {name} {{ fn to_val(self) -> Val {{ let mut out = Members::default(); {to} out.finish() }} }}\n\n"
        )
    }

    fn rust_type(&self, reference: &Reference, within: &str) -> String {
        let shape = &self.model.shapes[&reference.shape];
        let inner = |part: &Option<Box<Reference>>| {
            part.as_deref().map_or_else(|| "Val".to_owned(), |part| self.rust_type(part, ""))
        };
        match shape.kind.as_str() {
            _ if shape.document => "Document".to_owned(),
            _ if self.raw.contains(&reference.shape) => "Val".to_owned(),
            "structure" if !within.is_empty() && self.holds(&reference.shape, within) => {
                format!("Box<{}>", self.name(&reference.shape))
            }
            "structure" => self.name(&reference.shape),
            "list" => format!("Vec<{}>", inner(&shape.member)),
            "map" => format!("BTreeMap<String, {}>", inner(&shape.value)),
            "blob" => "Bytes".to_owned(),
            "boolean" => "bool".to_owned(),
            "integer" | "long" => "i64".to_owned(),
            "float" | "double" => "f64".to_owned(),
            "timestamp" => "Timestamp".to_owned(),
            _ => "String".to_owned(),
        }
    }

    /// Whether a value of `shape` holds a value of `sought` in itself, lists and maps aside.
    fn holds(&self, shape: &str, sought: &str) -> bool {
        let (mut todo, mut seen) = (vec![shape], BTreeSet::new());
        while let Some(name) = todo.pop() {
            if name == sought {
                return true;
            }
            if seen.insert(name) && self.model.shapes[name].kind == "structure" {
                todo.extend(self.model.shapes[name].members.values().map(|member| member.shape.as_str()));
            }
        }
        false
    }
}

fn unit(out: &mut String, name: &str) -> std::fmt::Result {
    write!(
        out,
        "#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]\npub struct {name} {{}}\n\
         impl FromVal for {name} {{ fn from_val(_: Val) -> Self {{ Self {{}} }} }}\n\
         impl ToVal for {name} {{ fn to_val(self) -> Val {{ Val::Struct(Vec::new()) }} }}\n\n"
    )
}

/// The values of an enum as constants; the member itself stays a text, since AWS adds values without notice.
fn values(out: &mut String, name: &str, shape: &Shape) -> std::fmt::Result {
    writeln!(out, "/// Values of `{name}`.\npub mod {} {{", module(&snake(name)))?;
    let mut seen = BTreeSet::new();
    for value in &shape.values {
        let mut constant = snake(value).to_ascii_uppercase().replace('-', "_");
        if constant.is_empty() || constant.starts_with(|c: char| c.is_ascii_digit()) {
            constant.insert_str(0, "V_");
        }
        if seen.insert(constant.clone()) {
            writeln!(out, "pub const {constant}: &str = {value:?};")?;
        }
    }
    writeln!(out, "}}\n")
}
