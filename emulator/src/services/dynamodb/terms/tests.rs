//! A request's parameters together: which do not mix, what is said of placeholders, and what is refused once the table is known.

use super::super::expression::{KeyAttribute, KeySchema};
use super::super::value::{AttributeValue as V, Item, Type, item};
use super::*;

fn some<T>(entries: &[(&str, T)]) -> Option<BTreeMap<String, T>>
where
    T: Clone,
{
    Some(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn names(entries: &[(&str, &str)]) -> Option<BTreeMap<String, String>> {
    Some(entries.iter().map(|(key, name)| ((*key).to_owned(), (*name).to_owned())).collect())
}

fn values(entries: &[(&str, V)]) -> Option<BTreeMap<String, Val>> {
    Some(entries.iter().map(|(key, value)| ((*key).to_owned(), value.to_wire())).collect())
}

fn equals(value: V) -> FilterEntry {
    FilterEntry { comparison_operator: "EQ".to_owned(), attribute_value_list: Some(vec![value.to_wire()]) }
}

fn refused(operation: Operation, parameters: Parameters) -> String {
    parameters.read(operation).expect_err("refused").to_string()
}

#[test]
fn expressions_do_not_mix_with_what_was_before_them() {
    let mixed = "Can not use both expression and non-expression parameters in the same request: ";
    let expected = || some(&[("a", ExpectedEntry::default())]);
    let filter = || some(&[("a", FilterEntry::default())]);
    for (operation, parameters, message) in [
        (
            Operation::Get,
            Parameters {
                projection_expression: text(""),
                attributes_to_get: Some(vec!["a".to_owned()]),
                ..Parameters::default()
            },
            "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}",
        ),
        (
            Operation::Put,
            Parameters { condition_expression: text(""), expected: expected(), ..Parameters::default() },
            "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}",
        ),
        (
            Operation::Update,
            Parameters {
                update_expression: text(""),
                condition_expression: text(""),
                attribute_updates: some(&[("a", UpdateEntry::default())]),
                expected: expected(),
                ..Parameters::default()
            },
            "Non-expression parameters: {AttributeUpdates, Expected} Expression parameters: {UpdateExpression, ConditionExpression}",
        ),
        (
            Operation::Query,
            Parameters {
                projection_expression: text(""),
                filter_expression: text(""),
                key_condition_expression: text(""),
                attributes_to_get: Some(vec!["a".to_owned()]),
                query_filter: filter(),
                conditional_operator: text("OR"),
                key_conditions: filter(),
                ..Parameters::default()
            },
            "Non-expression parameters: {AttributesToGet, QueryFilter, ConditionalOperator, KeyConditions} Expression parameters: {ProjectionExpression, FilterExpression, KeyConditionExpression}",
        ),
        (
            Operation::Query,
            Parameters {
                filter_expression: text(""),
                query_filter: filter(),
                key_conditions: filter(),
                ..Parameters::default()
            },
            "Non-expression parameters: {QueryFilter} Expression parameters: {FilterExpression}",
        ),
        (
            Operation::Scan,
            Parameters { filter_expression: text(""), scan_filter: filter(), ..Parameters::default() },
            "Non-expression parameters: {ScanFilter} Expression parameters: {FilterExpression}",
        ),
    ] {
        assert_eq!(refused(operation, parameters), format!("{mixed}{message}"), "{operation:?}");
    }
}

#[test]
fn placeholders_come_with_expressions() {
    let no_names = "ExpressionAttributeNames can only be specified when using expressions";
    let no_values = "ExpressionAttributeValues can only be specified when using expressions: ";
    for operation in [Operation::Get, Operation::Put, Operation::Update, Operation::Query, Operation::Scan] {
        let parameters = Parameters { expression_attribute_names: names(&[]), ..Parameters::default() };
        assert_eq!(refused(operation, parameters), no_names, "{operation:?}");
    }
    for (operation, missing) in [
        (Operation::Put, "ConditionExpression is null"),
        (Operation::Update, "UpdateExpression and ConditionExpression are null"),
        (Operation::Query, "FilterExpression and KeyConditionExpression are null"),
        (Operation::Scan, "FilterExpression is null"),
    ] {
        let parameters = Parameters { expression_attribute_values: values(&[]), ..Parameters::default() };
        assert_eq!(refused(operation, parameters), format!("{no_values}{missing}"));
    }
}

#[test]
fn placeholders_serve_all_expressions_of_a_request() {
    let update = || Parameters {
        update_expression: text("SET #a = :a"),
        condition_expression: text("#b = :b"),
        expression_attribute_names: names(&[("#a", "a"), ("#b", "b")]),
        expression_attribute_values: values(&[(":a", V::Null), (":b", V::s("x"))]),
        ..Parameters::default()
    };
    let terms = update().read(Operation::Update).expect("two expressions");
    assert!(terms.condition.expect("a condition").holds(&item([("b", V::s("x"))])));
    assert_eq!(terms.update.expect("an update").apply(&Item::new()), Ok(item([("a", V::Null)])));

    let unused = Parameters { condition_expression: None, ..update() };
    assert_eq!(
        refused(Operation::Update, unused),
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"
    );
    // What is wrong with one expression is said before what is left over, and the update is read first.
    let two_faults = Parameters { update_expression: text(""), condition_expression: text(""), ..update() };
    assert_eq!(
        refused(Operation::Update, two_faults),
        "Invalid UpdateExpression: The expression can not be empty;"
    );
}

#[test]
fn a_query_needs_key_conditions_of_either_kind() {
    let missing =
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.";
    assert_eq!(refused(Operation::Query, Parameters::default()), missing);
    let schema = KeySchema { partition: KeyAttribute { name: "pk", kind: Type::S }, sort: None };
    let old = Parameters { key_conditions: some(&[("pk", equals(V::s("x")))]), ..Parameters::default() };
    let new = Parameters {
        key_condition_expression: text("pk = :x"),
        expression_attribute_values: values(&[(":x", V::s("x"))]),
        ..Parameters::default()
    };
    let query = |parameters: Parameters| {
        parameters.read(Operation::Query).expect("read").key.expect("a key").query(&schema)
    };
    assert_eq!(query(old), query(new));
}

#[test]
fn the_old_parameters_say_the_same() {
    let old = Parameters {
        expected: some(&[("a", ExpectedEntry { exists: Some(false), ..ExpectedEntry::default() })]),
        attribute_updates: some(&[(
            "b",
            UpdateEntry { value: Some(V::s("x").to_wire()), action: text("PUT") },
        )]),
        ..Parameters::default()
    };
    let terms = old.read(Operation::Update).expect("read");
    assert!(terms.condition.expect("a condition").holds(&Item::new()));
    assert_eq!(terms.update.expect("an update").apply(&Item::new()), Ok(item([("b", V::s("x"))])));

    let old = Parameters {
        scan_filter: some(&[("a", equals(V::s("x"))), ("b", equals(V::s("y")))]),
        conditional_operator: text("OR"),
        attributes_to_get: Some(vec!["b".to_owned()]),
        ..Parameters::default()
    };
    let terms = old.read(Operation::Scan).expect("read");
    let found = item([("a", V::s("z")), ("b", V::s("y"))]);
    assert!(terms.filter.expect("a filter").holds(&found));
    assert_eq!(terms.projection.expect("a projection").of(&found), item([("b", V::s("y"))]));
}
