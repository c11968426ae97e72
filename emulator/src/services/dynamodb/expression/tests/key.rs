//! Key conditions: the part of a table that they name, and those that no key can serve.

use super::*;

/// The part of a table that a Query reads, or why it is refused.
fn query(text: &str, schema: &KeySchema<'_>, with: &[(&str, V)]) -> Result<KeyQuery, String> {
    let mut placeholders = Placeholders::read(None, values(with)).expect(text);
    let condition = Condition::parse(Kind::KeyCondition, text, &mut placeholders);
    let condition = condition.map_err(|error| error.to_string())?;
    let conditions = KeyConditions::of_condition(&condition).map_err(|error| error.to_string())?;
    conditions.query(schema).map_err(|error| error.to_string())
}

#[test]
fn a_key_condition_is_a_partition_and_a_range() {
    use SortCondition as C;
    let with = [(":p", V::s("one")), (":a", n("3")), (":b", n("5")), (":s", V::s("x"))];
    let key = |value: &V| KeyValue::of(value).expect("a key's");
    let (a, b) = (key(&n("3")), key(&n("5")));
    for (text, sort) in [
        ("pk = :p", None),
        (" :p=pk ", None),
        ("pk=:p AND sk = :a", Some(C::Equal(a.clone()))),
        ("sk < :a AND pk = :p", Some(C::Less(a.clone()))),
        ("pk=:p AND sk <= :a", Some(C::LessOrEqual(a.clone()))),
        ("pk=:p AND :a < sk", Some(C::Greater(a.clone()))),
        ("pk=:p AND :a <= sk", Some(C::GreaterOrEqual(a.clone()))),
        ("((pk=:p) AND (sk >= :a))", Some(C::GreaterOrEqual(a.clone()))),
        ("pk=:p AnD sk BeTwEeN :a aNd :b", Some(C::Between(a, b))),
    ] {
        let found = query(text, &TABLE, &with);
        assert_eq!(found, Ok(KeyQuery { partition: key(&V::s("one")), sort }), "{text}");
    }
    let texts = KeySchema { sort: Some(KeyAttribute { name: "sk", kind: Type::S }), ..TABLE };
    let sort = query("pk = :p AND begins_with(sk, :s)", &texts, &with).map(|query| query.sort);
    assert_eq!(sort, Ok(Some(C::BeginsWith(key(&V::s("x"))))));
}

#[test]
fn key_conditions_that_no_key_can_serve_are_refused() {
    let with = [(":p", V::s("one")), (":a", n("3")), (":b", n("5")), (":empty", V::s(""))];
    let alone = KeySchema { sort: None, ..TABLE };
    let condition = "Invalid condition in KeyConditionExpression: ";
    for (text, expected) in [
        ("pk > b and size(b) > c or pk > c", "Invalid operator used in KeyConditionExpression: OR".to_owned()),
        ("pk in (b, size(c), d)", "Invalid operator used in KeyConditionExpression: IN".to_owned()),
        ("attribute_exists(pk)", "Invalid operator used in KeyConditionExpression: attribute_exists".to_owned()),
        ("contains(pk.d, b)", "Invalid operator used in KeyConditionExpression: contains".to_owned()),
        ("not pk > b", "Invalid operator used in KeyConditionExpression: NOT".to_owned()),
        ("not not pk > b", "Invalid operator used in KeyConditionExpression: NOT".to_owned()),
        ("pk <> b", "Invalid operator used in KeyConditionExpression: <>".to_owned()),
        (
            ":a between size(b) and size(a) and b > :b",
            format!("{condition}BETWEEN operator must have the key attribute as its first operand"),
        ),
        (
            "begins_with(:p, b) and a > :b",
            format!("{condition}begins_with operator must have the key attribute as its first operand"),
        ),
        ("size(b) > a AND a.b > b AND b > c", "KeyConditionExpressions cannot contain nested operations".to_owned()),
        ("a > size(b.d)", "KeyConditionExpressions cannot contain nested operations".to_owned()),
        ("a between size(b) and size(a)", "KeyConditionExpressions cannot contain nested operations".to_owned()),
        ("b > a.b", format!("{condition}Multiple attribute names used in one condition")),
        ("a between b and size(a)", format!("{condition}Multiple attribute names used in one condition")),
        ("begins_with(a, b)", format!("{condition}Multiple attribute names used in one condition")),
        ("b.d > a AND c.d > e.f", "KeyConditionExpressions cannot have conditions on nested attributes".to_owned()),
        ("b[0] > a", "KeyConditionExpressions cannot have conditions on nested attributes".to_owned()),
        (":b > :a AND a < :b", format!("{condition}No key attribute specified")),
        (
            "b > :a AND b < :a and c = :a and d = :a",
            "KeyConditionExpressions must only contain one condition per key".to_owned(),
        ),
        ("pk = :p AND sk = :a AND c = :a", "Conditions can be of length 1 or 2 only".to_owned()),
        ("sk = :a", "Query condition missed key schema element: pk".to_owned()),
        ("c1 between :a and :b", "Query condition missed key schema element: pk".to_owned()),
        ("pk = :p AND c1 = :a", "Query condition missed key schema element: sk".to_owned()),
        ("pk > :p", "Query key condition not supported".to_owned()),
        (
            "pk = :a",
            "One or more parameter values were invalid: Condition parameter type does not match schema type"
                .to_owned(),
        ),
        (
            "pk = :p AND sk = :p",
            "One or more parameter values were invalid: Condition parameter type does not match schema type"
                .to_owned(),
        ),
        (
            "pk = :empty",
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"
                .to_owned(),
        ),
        (
            "pk = :undefined",
            "Invalid KeyConditionExpression: An expression attribute value used in expression is not defined; attribute value: :undefined"
                .to_owned(),
        ),
    ] {
        assert_eq!(query(text, &TABLE, &with), Err(expected), "{text}");
    }
    let refused = query("pk = :p AND c1 = :a", &alone, &with);
    assert_eq!(refused, Err("Query key condition not supported".to_owned()));
}
