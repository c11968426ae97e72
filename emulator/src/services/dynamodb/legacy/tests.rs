//! The old parameters as data: what they say of an item, what they make of one, and what is refused.

use std::collections::BTreeMap;

use super::super::expression::KeyQuery;
use super::super::value::{AttributeValue as V, Item, item};
use super::*;

fn n(number: i64) -> V {
    V::N(number.into())
}

fn list<const N: usize>(all: [V; N]) -> V {
    V::L(all.to_vec())
}

fn numbers(all: &[i64]) -> V {
    V::Ns(all.iter().map(|number| (*number).into()).collect())
}

fn one() -> Item {
    item([
        ("a", V::s("hello")),
        ("b", n(5)),
        ("c", numbers(&[1, 2])),
        ("d", list([n(1), V::s("x")])),
        ("nil", V::Null),
    ])
}

fn entry(operator: &str, arguments: &[V]) -> FilterEntry {
    let list = arguments.iter().map(V::to_wire).collect::<Vec<_>>();
    FilterEntry {
        comparison_operator: operator.to_owned(),
        attribute_value_list: (!list.is_empty()).then_some(list),
    }
}

fn filtered(entries: &[(&str, FilterEntry)], operator: Option<&str>) -> Result<bool, String> {
    let entries = entries.iter().map(|(name, entry)| ((*name).to_owned(), entry.clone())).collect();
    let condition = filter(entries, operator).map_err(|error| error.to_string())?;
    Ok(condition.is_none_or(|condition| condition.holds(&one())))
}

#[test]
fn comparisons_hold_of_attributes() {
    for (attribute, operator, arguments, expected) in [
        ("a", "EQ", &[V::s("hello")][..], true),
        ("d", "EQ", &[list([n(1), V::s("x")])], true),
        ("absent", "EQ", &[n(1)], false),
        ("a", "NE", &[n(1)], true),
        ("absent", "NE", &[n(1)], true),
        ("b", "LT", &[n(6)], true),
        ("b", "LE", &[n(5)], true),
        ("b", "GT", &[n(5)], false),
        ("b", "GE", &[n(5)], true),
        ("d", "GE", &[n(5)], false),
        ("b", "BETWEEN", &[n(5), n(6)], true),
        ("absent", "BETWEEN", &[n(5), n(6)], false),
        ("a", "IN", &[V::s("x"), V::s("hello")], true),
        ("c", "IN", &[n(1)], false),
        ("nil", "NULL", &[], false),
        ("absent", "NULL", &[], true),
        ("nil", "NOT_NULL", &[], true),
        ("a", "CONTAINS", &[V::s("ell")], true),
        ("c", "CONTAINS", &[n(2)], true),
        ("d", "CONTAINS", &[V::s("x")], true),
        ("absent", "CONTAINS", &[n(1)], false),
        ("a", "NOT_CONTAINS", &[V::s("dog")], true),
        ("d", "NOT_CONTAINS", &[n(1)], false),
        ("absent", "NOT_CONTAINS", &[n(1)], false),
        ("a", "BEGINS_WITH", &[V::s("he")], true),
        ("b", "BEGINS_WITH", &[V::s("he")], false),
    ] {
        let found = filtered(&[(attribute, entry(operator, arguments))], None);
        assert_eq!(found, Ok(expected), "{attribute} {operator} {arguments:?}");
    }
}

#[test]
fn conditions_are_all_to_hold_or_any() {
    let (yes, no) = (("a", entry("EQ", &[V::s("hello")])), ("b", entry("EQ", &[n(1)])));
    let both = [yes.clone(), no.clone()];
    assert_eq!(filtered(&both, None), Ok(false));
    assert_eq!(filtered(&both, Some("AND")), Ok(false));
    assert_eq!(filtered(&both, Some("OR")), Ok(true));
    assert_eq!(filtered(&[], None), Ok(true));
    assert_eq!(
        filtered(&[], Some("OR")),
        Err("ConditionalOperator cannot be used without Filter or Expected".to_owned())
    );
    assert_eq!(
        filtered(&[yes], Some("OR")),
        Err("ConditionalOperator can only be used when Filter or Expected has two or more elements"
            .to_owned())
    );
}

#[test]
fn arguments_fit_their_operator() {
    let count = |operator: &str| {
        format!("{INVALID} Invalid number of argument(s) for the {operator} ComparisonOperator")
    };
    for operator in ["EQ", "NE", "LE", "LT", "GE", "GT", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH"] {
        for arguments in [&[][..], &[V::s("a"), V::s("a")]] {
            assert_eq!(filtered(&[("a", entry(operator, arguments))], None), Err(count(operator)));
        }
    }
    for (operator, arguments) in [
        ("IN", &[][..]),
        ("BETWEEN", &[n(1)]),
        ("BETWEEN", &[n(1), n(2), n(3)]),
        ("NULL", &[n(1)]),
        ("NOT_NULL", &[n(1)]),
    ] {
        assert_eq!(filtered(&[("a", entry(operator, arguments))], None), Err(count(operator)));
    }
    let kind = |operator: &str, kind: &str| {
        format!("{INVALID} ComparisonOperator {operator} is not valid for {kind} AttributeValue type")
    };
    for (operator, argument, name) in [
        ("LT", V::Bool(true), "BOOL"),
        ("LE", V::Null, "NULL"),
        ("GT", list([]), "L"),
        ("GE", V::M(item([])), "M"),
        ("IN", numbers(&[1]), "NS"),
        ("CONTAINS", numbers(&[1]), "NS"),
        ("NOT_CONTAINS", list([]), "L"),
        ("BEGINS_WITH", n(1), "N"),
    ] {
        assert_eq!(filtered(&[("a", entry(operator, &[argument]))], None), Err(kind(operator, name)));
    }
    for (operator, arguments, expected) in [
        ("BETWEEN", [list([]), list([])], kind("BETWEEN", "L")),
        (
            "BETWEEN",
            [n(4), V::s("x")],
            format!("{INVALID} AttributeValues inside AttributeValueList must be of same type"),
        ),
        (
            "IN",
            [n(4), V::s("x")],
            format!("{INVALID} AttributeValues inside AttributeValueList must be of same type"),
        ),
        (
            "BETWEEN",
            [n(4), n(3)],
            "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
                .to_owned(),
        ),
    ] {
        assert_eq!(filtered(&[("a", entry(operator, &arguments))], None), Err(expected));
    }
}

fn expectation(
    value: Option<V>,
    exists: Option<bool>,
    operator: Option<&str>,
    arguments: Option<&[V]>,
) -> Result<bool, String> {
    let entry = ExpectedEntry {
        value: value.map(|value| value.to_wire()),
        exists,
        comparison_operator: operator.map(str::to_owned),
        attribute_value_list: arguments.map(|all| all.iter().map(V::to_wire).collect()),
    };
    let condition = expected(BTreeMap::from([("a".to_owned(), entry)]), None);
    let condition = condition.map_err(|error| error.to_string())?.expect("one entry");
    Ok(condition.holds(&one()))
}

#[test]
fn expectations_hold() {
    let hello = || Some(V::s("hello"));
    for (value, exists, operator, arguments, expected) in [
        (hello(), None, None, None, true),
        (hello(), Some(true), None, None, true),
        (Some(n(1)), Some(true), None, None, false),
        (None, Some(false), None, None, false),
        (hello(), None, Some("EQ"), None, true),
        (None, None, Some("EQ"), Some(&[V::s("hello")][..]), true),
        (None, None, Some("NOT_NULL"), None, true),
        (None, None, Some("NULL"), Some(&[]), false),
    ] {
        assert_eq!(expectation(value, exists, operator, arguments), Ok(expected), "{operator:?} {exists:?}");
    }
}

#[test]
fn expectations_that_contradict_themselves_are_refused() {
    let x = || Some(V::s("x"));
    let all = [V::s("x")];
    for (value, exists, operator, arguments, expected) in [
        (
            x(),
            None,
            Some("EQ"),
            Some(&all[..]),
            "Value and AttributeValueList cannot be used together for Attribute: a",
        ),
        (
            None,
            Some(true),
            Some("LT"),
            None,
            "Exists and ComparisonOperator cannot be used together for Attribute: a",
        ),
        (
            None,
            None,
            Some("LT"),
            None,
            "Value or AttributeValueList must be used with ComparisonOperator: LT for Attribute: a",
        ),
        (
            None,
            None,
            None,
            Some(&all),
            "AttributeValueList can only be used with a ComparisonOperator for Attribute: a",
        ),
        (
            None,
            Some(true),
            None,
            Some(&all),
            "AttributeValueList can only be used with a ComparisonOperator for Attribute: a",
        ),
        (None, None, None, None, "Value must be provided when Exists is null for Attribute: a"),
        (None, Some(true), None, None, "Value must be provided when Exists is true for Attribute: a"),
        (x(), Some(false), None, None, "Value cannot be used when Exists is false for Attribute: a"),
        (None, None, Some("EQ"), Some(&[]), "Invalid number of argument(s) for the EQ ComparisonOperator"),
        (
            x(),
            None,
            Some("BETWEEN"),
            None,
            "Invalid number of argument(s) for the BETWEEN ComparisonOperator",
        ),
        (x(), None, Some("NULL"), None, "Invalid number of argument(s) for the NULL ComparisonOperator"),
    ] {
        let found = expectation(value, exists, operator, arguments);
        assert_eq!(found, Err(format!("{INVALID} {expected}")), "{operator:?} {exists:?}");
    }
}

fn changed(action: Option<&str>, attribute: &str, value: Option<V>) -> Result<Option<V>, String> {
    let entry = UpdateEntry { value: value.map(|value| value.to_wire()), action: action.map(str::to_owned) };
    let update =
        update(BTreeMap::from([(attribute.to_owned(), entry)])).map_err(|error| error.to_string())?;
    let new = update.apply(&one()).map_err(|error| error.to_string())?;
    Ok(new.get(attribute).cloned())
}

#[test]
fn attribute_updates_put_add_and_delete() {
    for (action, attribute, value, expected) in [
        (None, "a", Some(n(1)), Some(n(1))),
        (Some("PUT"), "fresh", Some(n(1)), Some(n(1))),
        (Some("DELETE"), "a", None, None),
        (Some("DELETE"), "absent", None, None),
        (Some("DELETE"), "c", Some(numbers(&[2, 3])), Some(numbers(&[1]))),
        (Some("DELETE"), "c", Some(numbers(&[1, 2])), None),
        (Some("ADD"), "b", Some(n(-7)), Some(n(-2))),
        (Some("ADD"), "fresh", Some(n(-7)), Some(n(-7))),
        (Some("ADD"), "c", Some(numbers(&[3])), Some(numbers(&[1, 2, 3]))),
        (Some("ADD"), "d", Some(list([n(2)])), Some(list([n(1), V::s("x"), n(2)]))),
    ] {
        assert_eq!(changed(action, attribute, value), Ok(expected), "{action:?} {attribute}");
    }
    let mismatch = "Type mismatch for attribute to update".to_owned();
    for (action, attribute, value, expected) in [
        (
            None,
            "a",
            None,
            format!("{INVALID} Only DELETE action is allowed when no attribute value is specified"),
        ),
        (
            Some("ADD"),
            "a",
            None,
            format!("{INVALID} Only DELETE action is allowed when no attribute value is specified"),
        ),
        (
            Some("DELETE"),
            "a",
            Some(V::s("x")),
            format!("{INVALID} DELETE action with value is not supported for the type S"),
        ),
        (
            Some("ADD"),
            "a",
            Some(V::Bool(true)),
            format!("{INVALID} ADD action is not supported for the type BOOL"),
        ),
        (Some("ADD"), "a", Some(n(1)), mismatch.clone()),
        (Some("ADD"), "c", Some(list([n(1)])), mismatch.clone()),
        (Some("DELETE"), "c", Some(V::Ss(["1".to_owned()].into())), mismatch),
    ] {
        assert_eq!(changed(action, attribute, value), Err(expected), "{action:?} {attribute}");
    }
}

#[test]
fn key_conditions_are_one_or_two_comparisons() {
    use super::super::expression::{KeyAttribute, KeySchema, SortCondition};
    use super::super::value::KeyValue;
    let key = |name, kind| KeyAttribute { name, kind };
    let schema = KeySchema { partition: key("pk", Type::S), sort: Some(key("sk", Type::N)) };
    let query = |entries: &[(&str, FilterEntry)]| -> Result<KeyQuery, String> {
        let entries = entries.iter().map(|(name, entry)| ((*name).to_owned(), entry.clone())).collect();
        let conditions = key_conditions(entries).map_err(|error| error.to_string())?;
        let query = conditions.and_then(|conditions| conditions.query(&schema));
        query.map_err(|error| error.to_string())
    };
    let pk = || ("pk", entry("EQ", &[V::s("one")]));
    assert_eq!(
        query(&[pk(), ("sk", entry("BETWEEN", &[n(1), n(2)]))]),
        Ok(KeyQuery {
            partition: KeyValue::S("one".to_owned()),
            sort: Some(SortCondition::Between(KeyValue::N(1.into()), KeyValue::N(2.into()))),
        })
    );
    for (entries, expected) in [
        (vec![("z", entry("NULL", &[]))], "Query condition missed key schema element: pk"),
        (vec![], "Conditions can be of length 1 or 2 only"),
        (vec![("pk", entry("LT", &[V::s("x")]))], "Query key condition not supported"),
        (
            vec![pk(), ("sk", entry("NE", &[n(1)]))],
            "Attempted conditional constraint is not an indexable operation",
        ),
        (
            vec![("pk", entry("IN", &[V::s("x")]))],
            "Attempted conditional constraint is not an indexable operation",
        ),
    ] {
        assert_eq!(query(&entries), Err(expected.to_owned()));
    }
}

#[test]
fn attributes_are_asked_for_once() {
    let taken = attributes(vec!["a".to_owned(), "absent".to_owned()]).map(|projection| projection.of(&one()));
    assert_eq!(taken, Ok(item([("a", V::s("hello"))])));
    let twice = attributes(vec!["a".to_owned(), "b".to_owned(), "a".to_owned()]);
    assert_eq!(twice, Err(LegacyError::DuplicateAttribute("a".to_owned())));
}
