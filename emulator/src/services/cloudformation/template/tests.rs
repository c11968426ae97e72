//! Templates by example: what is read, what functions answer, and what is refused with which words.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::parameters::assign;
use super::resolve::{Environment, Lookup, Resolver};
use super::{Template, graph, yaml};

/// A bucket named `Made` exists; `shared` is exported.
struct One;

impl Lookup for One {
    fn reference(&self, logical: &str) -> Option<Value> {
        (logical == "Made").then(|| "made-1".into())
    }
    fn attribute(&self, logical: &str, attribute: &str) -> Option<Value> {
        (logical == "Made" && attribute == "Arn").then(|| "arn:aws:s3:::made-1".into())
    }
    fn import(&self, name: &str) -> Option<String> {
        (name == "shared").then(|| "from-afar".to_owned())
    }
}

const FRAME: &str = "
Parameters:
  Name: {Type: String, Default: lake}
  Sizes: {Type: CommaDelimitedList, Default: 'a, b'}
Mappings:
  Zones: {us-east-1: {Letter: e, Many: [x, y]}}
Conditions:
  Big: !Equals [!Ref Name, lake]
  Small: !Not [!Condition Big]
  Both: !And [Condition: Big, !Equals [1, '1']]
Resources:
  Made: {Type: AWS::S3::Bucket}
  Probe:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: ";

fn resolve(value: &str) -> Result<Value, String> {
    let template = Template::parse(&format!("{FRAME}{value}")).map_err(|error| error.to_string())?;
    let parameters = assign(&template.parameters, &BTreeMap::new()).expect("all have defaults");
    let pseudo =
        BTreeMap::from([("AWS::Region", json!("us-east-1")), ("AWS::AccountId", json!("123456789012"))]);
    let environment = Environment::new(&template, parameters, pseudo).map_err(|error| error.to_string())?;
    let resolver = Resolver { template: &template, environment: &environment, lookup: &One };
    let value = &template.resources["Probe"].properties["BucketName"];
    let value = resolver.resolve(value).map_err(|error| error.to_string())?;
    Ok(value.unwrap_or_else(|| json!("no value")))
}

#[test]
fn functions_answer_as_documented() {
    let check = |value: &str, expected: Value| assert_eq!(resolve(value), Ok(expected), "{value}");
    check("plain", json!("plain"));
    check("!Ref Name", json!("lake"));
    check("!Ref Sizes", json!(["a", "b"]));
    check("!Ref AWS::Region", json!("us-east-1"));
    check("!Ref AWS::NoValue", json!("no value"));
    check("!Ref Made", json!("made-1"));
    check("!GetAtt Made.Arn", json!("arn:aws:s3:::made-1"));
    check("{Fn::GetAtt: [Made, Arn]}", json!("arn:aws:s3:::made-1"));
    check("!Sub '${Name}-${AWS::AccountId}-${Made.Arn}'", json!("lake-123456789012-arn:aws:s3:::made-1"));
    check("!Sub ['${Own}-${Name}${!Literal}', {Own: !Ref Made}]", json!("made-1-lake${Literal}"));
    check("!Join ['/', [a, !Ref Name, 3]]", json!("a/lake/3"));
    check("!Split [',', 'a,b,,c']", json!(["a", "b", "", "c"]));
    check("!Select [1, !Ref Sizes]", json!("b"));
    check("!Select ['0', !Split ['-', x-y]]", json!("x"));
    check("!If [Big, yes-it-is, no]", json!("yes-it-is"));
    check("!If [Small, 1, !Ref AWS::NoValue]", json!("no value"));
    check("!If [Both, 1, 2]", json!(1));
    check("!FindInMap [Zones, !Ref AWS::Region, Letter]", json!("e"));
    check("!ImportValue shared", json!("from-afar"));
    check("!Base64 hi", json!("aGk="));
    check("!GetAZs ''", json!(["us-east-1a", "us-east-1b", "us-east-1c"]));
    check("[a, !If [Small, b, !Ref AWS::NoValue]]", json!(["a"]));
    check(
        "{Version: 2012-10-17, Condition: {StringEquals: {a: !Ref Name}}}",
        json!({"Version": "2012-10-17", "Condition": {"StringEquals": {"a": "lake"}}}),
    );
    check(
        "{Condition: {StringEquals: {a: !Ref Name}}}",
        json!({"Condition": {"StringEquals": {"a": "lake"}}}),
    );
}

#[test]
fn functions_that_cannot_be_answered_say_why() {
    let check = |value: &str, expected: &str| {
        assert_eq!(resolve(value), Err(expected.to_owned()), "{value}");
    };
    let block = "in the Resources block of the template";
    check(
        "!Ref Nobody",
        &format!("Template format error: Unresolved resource dependencies [Nobody] {block}"),
    );
    check(
        "!Sub '${Nobody}'",
        &format!("Template format error: Unresolved resource dependencies [Nobody] {block}"),
    );
    check(
        "!GetAtt Nobody.Arn",
        "Template error: instance of Fn::GetAtt references undefined resource Nobody",
    );
    check(
        "!GetAtt Made.Nothing",
        "Template error: resource Made does not support attribute type Nothing in Fn::GetAtt",
    );
    check(
        "!If [Never, 1, 2]",
        &format!("Template format error: Unresolved condition dependency Never {block}"),
    );
    check("!FindInMap [Zones, eu, Letter]", "Template error: Unable to get mapping for Zones::eu::Letter");
    check(
        "!FindInMap [Nowhere, eu, Letter]",
        "Template error: Mapping named 'Nowhere' is not present in the 'Mappings' section of template.",
    );
    check("!ImportValue hidden", "No export named hidden found.");
    check("!Select [2, [a, b]]", "Template error: Fn::Select cannot select nonexistent value at index 2");
    check("!Cidr [10.0.0.0/16, 2, 8]", "wavetank does not implement the function Fn::Cidr.");
    check(
        "'{{resolve:ssm:name:1}}'",
        "wavetank does not implement the dynamic reference {{resolve:ssm:name:1}}.",
    );
}

#[test]
fn a_template_that_is_none_is_refused_with_line_and_column() {
    let check = |text: &str, expected: &str| {
        let refused = Template::parse(text).expect_err(text);
        assert_eq!(refused.to_string(), expected, "{text}");
    };
    check("Resources: [", "Template format error: YAML not well-formed. (line 2, column 1)");
    check("Resources:\n  A:\n\tType: x", "Template format error: YAML not well-formed. (line 3, column 2)");
    check("{\"Resources\":\n  oops}", "Template format error: JSON not well-formed. (line 2, column 3)");
    check(
        "Resources:\n  A: &a\n    Type: x\n  B: *a",
        "Template format error: YAML aliases are not allowed in CloudFormation templates. (line 4, column 6)",
    );
    check("Resources:\n  A: !Bad x", "Template format error: unknown tag !Bad. (line 2, column 6)");
    check(
        "Resources:\n  A: {Type: x}\n  A: {Type: y}",
        "Template format error: the key A stands twice. (line 3, column 3)",
    );
    check("just text", "Template format error: unsupported structure.");
    check("Resources: {}", "Template format error: At least one Resources member must be defined.");
    check("Resources:\n  A:", "[/Resources/A] 'null' values are not allowed in templates");
    check("Wrong: 1\nResources: {A: {Type: x}}", "Invalid template property or properties [Wrong]");
    check(
        "Resources: {A: {Properties: {}}}",
        "Template format error: [/Resources/A] Every Resources object must contain a Type member.",
    );
    check("Resources: {A-b: {Type: x}}", "Template format error: Resource name A-b is non alphanumeric.");
    check("Resources: {A: {Type: x, Wrong: 1}}", "Invalid template resource property 'Wrong'");
    check(
        "Resources: {A: {Type: x, DependsOn: [B, C]}}",
        "Template format error: Unresolved resource dependencies [B, C] in the Resources block of the template",
    );
    check(
        "Resources: {A: {Type: x}}\nOutputs: {O: {Value: !Ref B}}",
        "Template format error: Unresolved resource dependencies [B] in the Outputs block of the template",
    );
    check(
        "Transform: AWS::Serverless-2016-10-31\nResources: {A: {Type: x}}",
        "wavetank does not implement the transform AWS::Serverless-2016-10-31.",
    );
    let deep = format!("Resources: {}", "[".repeat(200));
    check(&deep, "Template format error: maps and lists are nested more than 100 deep. (line 1, column 111)");
}

#[test]
fn scalars_keep_what_json_would_lose() {
    let check = |text: &str, expected: Value| assert_eq!(yaml::parse(text).expect(text), expected, "{text}");
    check("30", json!(30));
    check("1.5", json!(1.5));
    check("1.10", json!("1.10"));
    check("012345678901", json!("012345678901"));
    check("2012-10-17", json!("2012-10-17"));
    check("yes", json!("yes"));
    check("true", json!(true));
    check("'true'", json!("true"));
    check("!Sub a", json!({"Fn::Sub": "a"}));
    check("!GetAtt A.Outputs.B", json!({"Fn::GetAtt": ["A", "Outputs.B"]}));
    check("|\n  a\n  b\n", json!("a\nb\n"));
}

#[test]
fn parameters_are_checked_in_awss_words() {
    let check = |spec: &str, given: &[(&str, &str)], expected: Result<&str, &str>| {
        let text = format!("Parameters: {{P: {spec}}}\nResources: {{A: {{Type: x}}}}");
        let result = Template::parse(&text).and_then(|template| {
            let given = given.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            assign(&template.parameters, &given)
        });
        let result = result.map(|values| values["P"].value.to_string()).map_err(|error| error.to_string());
        assert_eq!(result, expected.map(str::to_owned).map_err(str::to_owned), "{spec}");
    };
    check("{Type: String}", &[("P", "v")], Ok("\"v\""));
    check("{Type: String}", &[], Err("Parameters: [P] must have values"));
    check("{Type: String, Default: d}", &[("Q", "v")], Err("Parameters: [Q] do not exist in the template"));
    check("{Type: Number}", &[("P", "x")], Err("Parameter 'P' must be a number"));
    check(
        "{Type: Number, MaxValue: 5}",
        &[("P", "6")],
        Err("Parameter 'P' must be a number not greater than 5"),
    );
    check("{Type: List<Number>}", &[("P", "1, 2")], Ok("[\"1\",\"2\"]"));
    check(
        "{Type: String, AllowedValues: [a, b]}",
        &[("P", "c")],
        Err("Parameter 'P' must be one of AllowedValues"),
    );
    check(
        "{Type: String, AllowedPattern: '[a-z]+'}",
        &[("P", "a1")],
        Err("Parameter 'P' must match pattern [a-z]+"),
    );
    check(
        "{Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: only letters}",
        &[("P", "a1")],
        Err("Parameter 'P' failed to satisfy constraint: only letters"),
    );
    check(
        "{Type: 'AWS::SSM::Parameter::Value<String>'}",
        &[("P", "x")],
        Err(
            "wavetank does not implement the parameter type AWS::SSM::Parameter::Value<String> (parameter P).",
        ),
    );
}

#[test]
fn resources_come_after_what_they_need_and_circles_are_named() {
    let order = |text: &str| {
        let template = Template::parse(text).expect(text);
        let live = template.resources.keys().cloned().collect();
        graph::order(&template, &live).map_err(|error| error.to_string())
    };
    let sample = "Resources:
  A: {Type: x, DependsOn: C, Properties: {p: !Sub '${B.Arn}'}}
  B: {Type: x}
  C: {Type: x, Properties: {p: !Ref B}}";
    assert_eq!(order(sample), Ok(["B", "C", "A"].map(str::to_owned).to_vec()));
    let circle = "Resources:
  A: {Type: x, DependsOn: B}
  B: {Type: x, DependsOn: A}
  C: {Type: x, DependsOn: A}";
    assert_eq!(order(circle), Err("Circular dependency between resources: [A, B]".to_owned()));
}

#[test]
fn conditions_that_name_each_other_in_a_circle_are_refused() {
    let text = "Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}\nResources: {R: {Type: x}}";
    let template = Template::parse(text).expect("it is well formed");
    assert!(Environment::new(&template, BTreeMap::new(), BTreeMap::new()).is_err());
}

proptest! {
    /// Whatever the bytes, reading them ends, and without a panic.
    #[test]
    fn any_bytes_as_a_template_never_panic(bytes: Vec<u8>) {
        drop(Template::parse(&String::from_utf8_lossy(&bytes)));
    }

    /// The same for text that looks like YAML, and for what its functions make of each other.
    #[test]
    fn any_text_of_yamls_own_letters_never_panics(text in "[-a-c:{}\\[\\]!&*|>'\"#%,\n \tRefSub$.]{0,60}") {
        drop(Template::parse(&text));
        drop(resolve(&text));
    }
}

#[test]
fn a_name_that_is_a_map_keeps_its_members() {
    assert_eq!(
        yaml::parse("{a: {b: 1}}").expect("yaml"),
        Value::Object(Map::from_iter([("a".to_owned(), json!({"b": 1}))]))
    );
}
