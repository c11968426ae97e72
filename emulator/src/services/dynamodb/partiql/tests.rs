//! Statements as data: what they become, where they look, and what is refused.

use super::super::expression::{KeyAttribute, KeyQuery, KeySchema, SortCondition};
use super::super::value::{AttributeValue as V, Item, KeyValue, Type, item};
use super::*;

fn n(number: i64) -> V {
    V::N(number.into())
}

fn strings(all: &[&str]) -> V {
    V::Ss(all.iter().map(|text| (*text).to_owned()).collect())
}

fn numbers(all: &[i64]) -> V {
    V::Ns(all.iter().map(|number| (*number).into()).collect())
}

const KEY: KeySchema<'static> = KeySchema {
    partition: KeyAttribute { name: "pk", kind: Type::S },
    sort: Some(KeyAttribute { name: "sk", kind: Type::N }),
};

fn one() -> Item {
    item([
        ("pk", V::s("a")),
        ("sk", n(1)),
        ("data", V::s("hello")),
        ("count", n(5)),
        ("tags", strings(&["x", "y"])),
        ("list", V::L(vec![n(1), V::s("two")])),
        ("map", V::M(item([("inner", V::s("deep")), ("other", n(2))]))),
        ("nil", V::Null),
    ])
}

fn parse(text: &str, parameters: &[V]) -> Result<Statement, String> {
    Statement::parse(text, parameters.to_vec()).map_err(|error| error.to_string())
}

fn select(text: &str, parameters: &[V]) -> Select {
    match parse(text, parameters) {
        Ok(Statement::Select(select)) => select,
        other => panic!("`{text}` is {other:?}"),
    }
}

#[test]
fn conditions_hold_of_an_item() {
    let check = |expected: bool, cases: &[(&str, &[V])]| {
        for (clause, parameters) in cases {
            let select = select(&format!("SELECT * FROM t WHERE {clause}"), parameters);
            assert_eq!(select.filter.expect(clause).holds(&one()), expected, "{clause}");
        }
    };
    check(
        true,
        &[
            ("data = 'hello'", &[]),
            ("\"data\" = ?", &[V::s("hello")]),
            ("'hello' = data", &[]),
            ("count <> 4 and count != -5", &[]),
            ("count >= 5 AND count < 5.5e0", &[]),
            ("count BETWEEN 5 AND 6", &[]),
            ("count NOT BETWEEN 6 AND 7", &[]),
            ("count IN [1, 5]", &[]),
            ("count IN (1, 5)", &[]),
            ("count NOT IN [1, 2]", &[]),
            ("map.inner = 'deep'", &[]),
            ("map['inner'] = 'deep'", &[]),
            ("list[1] = 'two'", &[]),
            ("absent IS MISSING", &[]),
            ("nil IS NOT MISSING AND nil IS NULL", &[]),
            ("data IS NOT NULL", &[]),
            ("begins_with(\"data\", 'he')", &[]),
            ("BEGINS_WITH(data, ?)", &[V::s("hell")]),
            ("contains(tags, 'x') AND NOT contains(tags, 'z')", &[]),
            ("attribute_type(list, 'L')", &[]),
            ("size(list) = 2", &[]),
            ("SIZE(data) > 4", &[]),
            ("tags = <<'y', 'x'>>", &[]),
            ("list = [1, 'two']", &[]),
            ("map = {'inner': 'deep', 'other': 2}", &[]),
            ("nil = NULL", &[]),
            ("(data = 'no' OR count = 5) AND (pk = 'a')", &[]),
            ("data = 'no' OR count = 5 AND pk = 'a'", &[]),
            ("NOT (data = 'no')", &[]),
            ("NOT NOT data = 'hello'", &[]),
            ("(count) = (5)", &[]),
        ],
    );
    check(
        false,
        &[
            ("data = 'it''s'", &[]),
            ("absent = 1", &[]),
            ("data IS MISSING", &[]),
            ("count IS NULL", &[]),
            ("count IN []", &[]),
            ("NOT data = 'hello' OR count = 4", &[]),
            ("tags = ?", &[numbers(&[1])]),
        ],
    );
}

#[test]
fn a_select_answers_places_by_their_last_name() {
    for (columns, expected) in [
        ("data, absent", item([("data", V::s("hello"))])),
        ("map.inner, \"count\"", item([("inner", V::s("deep")), ("count", n(5))])),
        ("list[1]", item([("list", V::s("two"))])),
    ] {
        let select = select(&format!("SELECT {columns} FROM \"my-table\".\"by-count\" WHERE pk = 'a'"), &[]);
        assert_eq!((select.table.as_str(), select.index.as_deref()), ("my-table", Some("by-count")));
        assert_eq!(select.columns.expect("columns").of(&one()), expected, "{columns}");
    }
    assert_eq!(select("select * from t", &[]).columns, None);
}

/// Partitions, the range of the sort key in all of them, and whether its values ascend.
type Looked = (Vec<String>, Option<SortCondition>, bool);

/// Where a SELECT looks; nothing, if everywhere.
fn access(rest: &str) -> Result<Option<Looked>, String> {
    match select(&format!("SELECT * FROM t {rest}"), &[]).access(&KEY) {
        Ok(Access::Scan) => Ok(None),
        Ok(Access::Queries { queries, forward }) => {
            let sort = queries.first().and_then(|query| query.sort.clone());
            assert!(queries.iter().all(|query| query.sort == sort));
            let partition = |query: KeyQuery| match query.partition {
                KeyValue::S(text) => text,
                other => panic!("{other:?}"),
            };
            Ok(Some((queries.into_iter().map(partition).collect(), sort, forward)))
        }
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn a_select_looks_in_partitions_if_it_names_them() {
    use SortCondition as C;
    let three = || KeyValue::N(3.into());
    let of = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    for (rest, partitions, sort, forward) in [
        ("WHERE pk = 'a'", &["a"][..], None, true),
        ("WHERE pk = 'a' AND data = 'x'", &["a"], None, true),
        ("WHERE 'a' = pk AND sk > 3", &["a"], Some(C::Greater(three())), true),
        ("WHERE (3 >= sk AND data = 'x') AND pk = 'a'", &["a"], Some(C::LessOrEqual(three())), true),
        ("WHERE pk = 'a' AND sk BETWEEN 3 AND 3", &["a"], Some(C::Between(three(), three())), true),
        ("WHERE pk = 'a' AND sk <> 3 ORDER BY sk DESC", &["a"], None, false),
        ("WHERE pk = 'a' ORDER BY pk DESC, sk ASC", &["a"], None, true),
        ("WHERE pk IN ['b', 'a', 'b'] AND sk = 3", &["b", "a"], Some(C::Equal(three())), true),
        ("WHERE pk = 'a' OR pk = 'b'", &["a", "b"], None, true),
        ("WHERE (pk = 'a' AND sk = 3) OR (pk = 'b' AND data = 'x')", &["a", "b"], None, true),
    ] {
        assert_eq!(access(rest), Ok(Some((of(partitions), sort, forward))), "{rest}");
    }
    for rest in [
        "",
        "WHERE pk > 'a'",
        "WHERE pk <> 'a'",
        "WHERE data = 'x'",
        "WHERE pk = 'a' OR data = 'x'",
        "WHERE NOT pk = 'a'",
        "WHERE begins_with(pk, 'a')",
        "WHERE pk.a = 'a'",
        "WHERE pk = data",
        "WHERE pk NOT IN ['a']",
    ] {
        assert_eq!(access(rest), Ok(None), "{rest}");
    }
    for (rest, expected) in [
        ("ORDER BY sk", "Must have WHERE clause in the statement when using ORDER BY clause."),
        (
            "WHERE data = 'x' ORDER BY sk",
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.",
        ),
        (
            "WHERE pk = 'a' ORDER BY data",
            "Variable reference data in ORDER BY clause must be part of the primary key",
        ),
        (
            "WHERE pk = 1",
            "One or more parameter values were invalid: Condition parameter type does not match schema type",
        ),
    ] {
        assert_eq!(access(rest), Err(expected.to_owned()), "{rest}");
    }
}

#[test]
fn an_insert_has_values_of_every_type() {
    let text = "INSERT INTO \"my-table\" VALUE {'pk': 'it''s', 'n': -1.50, 'b': TRUE, 'nil': null, 'l': [1, 'a', ?], \
                'm': {'in': {}}, 'ns': <<1, 34, 4.5>>, 'ss': <<'a'>>, 'bin': ?}";
    let blob = V::B(b"x".to_vec().into());
    let Ok(Statement::Insert(insert)) = parse(text, &[numbers(&[7]), blob.clone()]) else {
        panic!("an insert")
    };
    assert_eq!(insert.table, "my-table");
    let number = |text: &str| text.parse().expect("a number");
    assert_eq!(
        insert.item,
        item([
            ("pk", V::s("it's")),
            ("n", V::N(number("-1.5"))),
            ("b", V::Bool(true)),
            ("nil", V::Null),
            ("l", V::L(vec![n(1), V::s("a"), numbers(&[7])])),
            ("m", V::M(item([("in", V::M(item([])))]))),
            ("ns", V::Ns([number("1"), number("34"), number("4.5")].into())),
            ("ss", strings(&["a"])),
            ("bin", blob),
        ])
    );
}

fn updated(changes: &str, parameters: &[V]) -> Result<Item, String> {
    match parse(&format!("UPDATE t {changes} WHERE pk = 'a' AND sk = 1"), parameters)? {
        Statement::Update(update) => {
            assert_eq!(update.key(&KEY), Ok(item([("pk", V::s("a")), ("sk", n(1))])));
            let new = update.update.apply(&one()).map_err(|error| error.to_string())?;
            Ok(update.update.touched().of(&new))
        }
        other => panic!("`{changes}` is {other:?}"),
    }
}

#[test]
fn an_update_sets_removes_and_changes_sets() {
    let map = |inner: V| item([("map", V::M(item([("inner", inner)])))]);
    for (changes, parameters, expected) in [
        ("SET data = 'x'", &[][..], item([("data", V::s("x"))])),
        ("SET data = ?", &[n(7)], item([("data", n(7))])),
        ("SET a = 1 SET b = data", &[], item([("a", n(1)), ("b", V::s("hello"))])),
        (
            "set a = 1, b = 2 remove data, list[0]",
            &[],
            item([("a", n(1)), ("b", n(2)), ("list", V::L(vec![V::s("two")]))]),
        ),
        ("SET count = count + 100", &[], item([("count", n(105))])),
        ("SET count = count - 1", &[], item([("count", n(4))])),
        ("SET count = -1", &[], item([("count", n(-1))])),
        ("SET map.inner = [1]", &[], map(V::L(vec![n(1)]))),
        ("SET list = LIST_APPEND(list, [3])", &[], item([("list", V::L(vec![n(1), V::s("two"), n(3)]))])),
        ("SET tags = set_add(tags, <<'z'>>)", &[], item([("tags", strings(&["x", "y", "z"]))])),
        ("SET tags = SET_DELETE(tags, <<'x'>>)", &[], item([("tags", strings(&["y"]))])),
        ("SET fresh = set_add(fresh, <<1>>)", &[], item([("fresh", numbers(&[1]))])),
        ("REMOVE data", &[], item([])),
    ] {
        assert_eq!(updated(changes, parameters), Ok(expected), "{changes}");
    }
    for (changes, expected) in [
        ("SET absent.a = 1", "The document path provided in the update expression is invalid for update"),
        ("SET a = absent", "The provided expression refers to an attribute that does not exist in the item"),
        ("SET tags = set_add(tags, 'z')", "An operand in the update expression has an incorrect data type"),
        (
            "SET a = 1, a.b = 2",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b]",
        ),
    ] {
        assert_eq!(updated(changes, &[]), Err(expected.to_owned()), "{changes}");
    }
}

#[test]
fn writes_name_one_item_and_what_they_answer() {
    let returning = |text: &str| match parse(text, &[]) {
        Ok(Statement::Update(update)) => Ok(update.returning),
        Ok(other) => panic!("{other:?}"),
        Err(message) => Err(message),
    };
    for (words, expected) in [
        ("", None),
        ("RETURNING ALL OLD *", Some(Returning::AllOld)),
        ("returning modified old *", Some(Returning::ModifiedOld)),
        ("RETURNING ALL NEW *", Some(Returning::AllNew)),
        ("RETURNING MODIFIED NEW *", Some(Returning::ModifiedNew)),
    ] {
        assert_eq!(returning(&format!("UPDATE t SET a = 1 WHERE pk = 'a' {words}")), Ok(expected));
    }
    let deleted = |text: &str| match parse(text, &[]) {
        Ok(Statement::Delete(delete)) => match delete.key(&KEY) {
            Ok(key) => Ok((key, delete.returns_old)),
            Err(error) => Err(error.to_string()),
        },
        Ok(other) => panic!("{other:?}"),
        Err(message) => Err(message),
    };
    let key = || item([("pk", V::s("a")), ("sk", n(1))]);
    let missing = "Where clause does not contain a mandatory equality on all key attributes";
    for (rest, expected) in [
        ("WHERE pk = 'a' AND sk = 1", Ok((key(), false))),
        ("WHERE (sk = 1 AND data = 'x') AND pk = 'a' RETURNING ALL OLD *", Ok((key(), true))),
        ("", Err(missing.to_owned())),
        ("WHERE pk = 'a'", Err(missing.to_owned())),
        ("WHERE pk = 'a' AND sk > 1", Err(missing.to_owned())),
        ("WHERE pk = 'a' AND sk = 1 OR pk = 'b' AND sk = 1", Err(missing.to_owned())),
        ("WHERE pk = 'a' AND sk = 'x'", Err("The provided key element does not match the schema".to_owned())),
        (
            "WHERE pk = 'a' AND sk = 1 RETURNING MODIFIED OLD *",
            Err("Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE statements."
                .to_owned()),
        ),
    ] {
        assert_eq!(deleted(&format!("DELETE FROM \"t\" {rest}")), expected, "{rest}");
    }
    let exists = parse("EXISTS(SELECT * FROM \"t\" WHERE pk = 'a' AND sk = 1 AND data = 'x')", &[]);
    let Ok(Statement::Exists(select)) = exists else { panic!("{exists:?}") };
    assert_eq!(select.key(&KEY), Ok(key()));
}

#[test]
fn statements_that_cannot_be_are_refused() {
    let malformed = |detail: &str| format!("Statement wasn't well formed, can't be processed: {detail}");
    for (text, expected) in [
        ("", malformed("Expected data manipulation")),
        ("SELECTT * FROMM t", malformed("Expected data manipulation")),
        ("UPDATE Payment-x SET active = 1 WHERE id = 'a'", malformed("Expected data manipulation")),
        ("INSERT INTO urls (key) VALUES (1)", malformed("Unexpected term")),
        ("SELECT * FROM t WHERE key = 1", malformed("Unexpected keyword")),
        ("SELECT payload.size FROM t", malformed("Invalid path dot component")),
        ("SELECT payload. FROM t", malformed("Invalid path dot component")),
        ("SELECT * FROM t WHERE", malformed("Unexpected term")),
        ("SELECT * FROM t WHERE pk", malformed("Unexpected term")),
        ("SELECT * FROM t WHERE pk = 'a' LIMIT 5", malformed("Unexpected term")),
        ("SELECT * FROM \"abc", malformed("")),
        ("SELECT * FROM t WHERE pk = 'oops", malformed("")),
        ("SELECT * FROM \"\"", "Path component cannot be an empty string".to_owned()),
        ("SELECT * FROM t.\"i\".\"more\"", malformed("Unexpected term")),
        ("SELECT COUNT(*) FROM t", "Unexpected path component at 1:8:5".to_owned()),
        ("SELECT pk,\n count(pk) FROM t", "Unexpected path component at 2:2:5".to_owned()),
        ("INSERT INTO \"t\".\"i\" VALUE {'pk': 'a'}", "Unexpected path component at 1:13:3".to_owned()),
        ("INSERT INTO t VALUE 'a'", malformed("Unexpected term")),
        ("INSERT INTO t VALUE {'a': <<1, 'a'>>}", malformed("Unexpected term")),
        ("INSERT INTO t VALUE {'a': <<1, 1.0>>}", "Input collection contains duplicates".to_owned()),
        (
            "INSERT INTO t VALUE {'a': <<'x', 'x'>>}",
            "One or more parameter values were invalid: Input collection [x, x] contains duplicates.".to_owned(),
        ),
        (
            "INSERT INTO t VALUE {'a': 1e126}",
            "Number overflow. Attempting to store a number with magnitude larger than supported range".to_owned(),
        ),
        ("UPDATE t.\"i\" SET a = 1 WHERE pk = 'a'", "This operation is not supported on an index".to_owned()),
        ("DELETE FROM t.\"i\" WHERE pk = 'a'", "This operation is not supported on an index".to_owned()),
        ("UPDATE t SET a = set_add(b, <<1>>) WHERE pk = 'a'", malformed("Unexpected term")),
        ("SELECT * FROM t WHERE pk = ?", "Number of parameters in request and statement don't match.".to_owned()),
        (
            "SELECT * FROM t WHERE a < TRUE",
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL".to_owned(),
        ),
        (
            "SELECT * FROM t WHERE a BETWEEN 1 AND NULL",
            "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: NULL"
                .to_owned(),
        ),
        (
            "SELECT * FROM t WHERE begins_with(a, 1)",
            "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"
                .to_owned(),
        ),
        (
            "SELECT * FROM t WHERE attribute_type(a, 'X')",
            "Invalid attribute type name found; type: X, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}".to_owned(),
        ),
        (&format!("SELECT * FROM t WHERE {}a = 1", "(".repeat(500)), malformed("Unexpected term")),
        (
            &format!("INSERT INTO t VALUE {{'a': {}", "[".repeat(500)),
            "Nesting Levels have exceeded supported limits: Attributes can be nested up to 32 levels deep".to_owned(),
        ),
    ] {
        assert_eq!(parse(text, &[]), Err(expected), "{text}");
    }
    let many = |count| format!("SELECT * FROM t WHERE pk IN [{}]", vec!["'a'"; count].join(", "));
    let of_101 = "The IN operator is provided with too many operands; number of operands: 101".to_owned();
    assert_eq!(parse(&many(101), &[]), Err(of_101));
    let too_many = parse("SELECT * FROM t WHERE pk = ?", &[n(1), n(2)]);
    assert_eq!(too_many, Err("Number of parameters in request and statement don't match.".to_owned()));
}
