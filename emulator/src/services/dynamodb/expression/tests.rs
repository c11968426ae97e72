//! Expressions as data: what holds, what an update makes, what is answered, what is refused and in which words.

use std::collections::BTreeMap;

use wavetank_wire::Val;

use super::super::value::{AttributeValue as V, Item, Packed, Type, item};
use super::*;

/// Placeholders of a test: `:name` has the value beside it.
fn values(entries: &[(&str, V)]) -> Option<BTreeMap<String, Val>> {
    let all = entries.iter().map(|(key, value)| ((*key).to_owned(), value.to_wire())).collect();
    if entries.is_empty() { None } else { Some(all) }
}

fn names(entries: &[(&str, &str)]) -> Option<BTreeMap<String, String>> {
    let all = entries.iter().map(|(key, name)| ((*key).to_owned(), (*name).to_owned())).collect();
    if entries.is_empty() { None } else { Some(all) }
}

fn n(text: &str) -> V {
    V::N(text.parse().expect("a number"))
}

fn strings(all: &[&str]) -> V {
    V::Ss(all.iter().map(|text| (*text).to_owned()).collect())
}

fn numbers(all: &[i64]) -> V {
    V::Ns(all.iter().map(|number| (*number).into()).collect())
}

fn blob(bytes: &[u8]) -> V {
    V::B(bytes.to_vec().into())
}

fn list<const N: usize>(all: [V; N]) -> V {
    V::L(all.to_vec())
}

fn map<const N: usize>(entries: [(&str, V); N]) -> V {
    V::M(item(entries))
}

/// An item with something of everything.
fn everything() -> Item {
    item([
        ("id", V::s("one")),
        ("rank", n("5")),
        ("price", n("19.95")),
        ("title", V::s("hello")),
        ("data1", blob(b"hi there")),
        ("tags", strings(&["a", "b"])),
        ("primes", numbers(&[2, 3, 5])),
        ("blobs", V::Bs([b"x".to_vec().into()].into())),
        ("flag", V::Bool(true)),
        ("none", V::Null),
        ("list1", list([n("1"), V::s("dog"), map([("deep", list([V::s("x"), n("7")]))])])),
        ("map1", map([("a", n("1")), ("b", map([("c", V::s("hello"))]))])),
    ])
}

const UNUSED: &str = "Value provided in ExpressionAttribute";

fn condition(kind: Kind, text: &str, placeholders: &mut Placeholders) -> Result<Condition, String> {
    let parsed = Condition::parse(kind, text, placeholders).map_err(|error| error.to_string())?;
    placeholders.check_all_used().map_err(|error| error.to_string())?;
    Ok(parsed)
}

/// Whether a condition holds of [`everything`], at hand and at rest.
fn holds(text: &str, with: &[(&str, V)]) -> bool {
    let placeholders = [("#r", "rank"), ("#and", "and")];
    let used: Vec<_> = placeholders.into_iter().filter(|(key, _)| text.contains(key)).collect();
    let mut placeholders = Placeholders::read(names(&used), values(with)).expect(text);
    let condition = condition(Kind::Condition, text, &mut placeholders).expect(text);
    let item = everything();
    let holds = condition.holds(&item);
    assert_eq!(condition.holds(&Packed::of(&item)), holds, "at rest: {text}");
    holds
}

fn check_holds(expected: bool, cases: &[(&str, &[V])]) {
    for (text, with) in cases {
        let keys = [":a", ":b", ":c"];
        let with: Vec<_> = keys.into_iter().zip(with.iter().cloned()).collect();
        assert_eq!(holds(text, &with), expected, "{text}");
    }
}

#[test]
fn comparisons_hold() {
    check_holds(
        true,
        &[
            ("title = :a", &[V::s("hello")]),
            ("rank = :a", &[n("5.0")]),
            ("tags = :a", &[strings(&["b", "a"])]),
            ("map1.a = list1[0]", &[]),
            ("map1.b.c = title", &[]),
            ("title <> :a", &[V::s("other")]),
            ("title <> :a", &[n("5")]),
            ("absent <> :a", &[n("5")]),
            ("absent <> missing1", &[]),
            ("rank < price", &[]),
            ("rank <= :a", &[n("5")]),
            ("#r > :a", &[n("-17")]),
            ("rank >= :a", &[n("5")]),
            (":a < title", &[V::s("ZZZ")]),
            ("data1 > :a", &[blob(b"hi")]),
            ("rank BETWEEN :a AND :b", &[n("5"), n("6")]),
            ("rank between map1.a and price", &[]),
            ("(rank) BETWEEN (:a) AND (:b)", &[n("4"), n("5")]),
            ("title IN (:a, :b)", &[V::s("x"), V::s("hello")]),
            ("flag in (flag1, :a)", &[V::Bool(true)]),
            ("size(title) = rank", &[]),
            ("size(primes) = :a", &[n("3")]),
            ("size(list1) = :a", &[n("3")]),
            ("size(map1) > :a", &[n("1")]),
            ("size(data1) = :a", &[n("8")]),
            ("size(:a) = rank", &[V::s("abcde")]),
            ("size(rank) <> :a", &[n("1")]),
        ],
    );
    check_holds(
        false,
        &[
            ("rank = :a", &[V::s("5")]),
            ("absent = missing1", &[]),
            ("absent < :a", &[n("1")]),
            ("rank < title", &[]),
            ("list1 < rank", &[]),
            ("rank BETWEEN :a AND :b", &[n("6"), n("7")]),
            ("rank BETWEEN price AND map1.a", &[]),
            ("absent BETWEEN :a AND :b", &[n("1"), n("2")]),
            ("title IN (:a)", &[n("1")]),
            ("absent IN (missing1)", &[]),
            ("size(rank) = :a", &[n("1")]),
            ("size(title) = :a", &[V::s("5")]),
            ("list1[7] = :a", &[n("1")]),
            ("list1.a = :a", &[n("1")]),
            ("map1[0] = :a", &[n("1")]),
        ],
    );
}

#[test]
fn functions_hold() {
    check_holds(
        true,
        &[
            ("attribute_exists(map1.b.c)", &[]),
            ("attribute_exists (none)", &[]),
            ("attribute_not_exists(map1.z)", &[]),
            ("attribute_type(primes, :a)", &[V::s("NS")]),
            ("attribute_type(:a, :b)", &[n("1"), V::s("N")]),
            ("begins_with(title, :a)", &[V::s("he")]),
            ("begins_with(data1, :a)", &[blob(b"hi")]),
            ("begins_with(:a, title)", &[V::s("hello world")]),
            ("contains(title, :a)", &[V::s("ell")]),
            ("contains(data1, :a)", &[blob(b"the")]),
            ("contains(tags, :a)", &[V::s("b")]),
            ("contains(primes, :a)", &[n("3.0")]),
            ("contains(blobs, :a)", &[blob(b"x")]),
            ("contains(list1, :a)", &[V::s("dog")]),
            ("contains(list1, :a)", &[map([("deep", list([V::s("x"), n("7")]))])]),
        ],
    );
    check_holds(
        false,
        &[
            ("attribute_exists(list1[3])", &[]),
            ("attribute_type(absent, :a)", &[V::s("S")]),
            ("begins_with(rank, :a)", &[V::s("5")]),
            ("begins_with(title, data1)", &[]),
            ("contains(title, rank)", &[]),
            ("contains(tags, :a)", &[strings(&["a"])]),
            ("contains(map1, :a)", &[V::s("a")]),
            ("contains(absent, :a)", &[V::s("a")]),
        ],
    );
}

#[test]
fn not_binds_before_and_and_that_before_or() {
    let five = || n("5");
    check_holds(
        true,
        &[
            ("rank = :a AND title <> :a", &[five()]),
            ("rank <> :a OR title <> :a", &[five()]),
            ("rank = :a OR rank <> :a AND rank <> :a", &[five()]),
            ("NOT rank <> :a AND rank = :a", &[five()]),
            ("not not rank = :a", &[five()]),
            ("NOT NOT NOT rank <> :a", &[five()]),
            ("rank between :a and :a aNd title <> :a", &[five()]),
            ("(rank = :a OR rank = :a) AND (rank = :a AND (rank <> :a OR rank = :a))", &[five()]),
            ("NOT (rank <> :a)", &[five()]),
            ("(rank = :a)", &[five()]),
        ],
    );
    check_holds(
        false,
        &[
            ("(rank = :a OR rank <> :a) AND rank <> :a", &[five()]),
            ("NOT rank = :a AND rank = :a", &[five()]),
            ("NOT (rank = :a OR rank <> :a)", &[five()]),
        ],
    );
}

/// What is said of a filter. Names `#a` and `#d`, and the values given, are defined.
fn refused(text: &str, with: &[(&str, V)]) -> String {
    let mut placeholders =
        Placeholders::read(names(&[("#a", "a"), ("#d", "[3]")]), values(with)).expect("placeholders");
    match condition(Kind::Filter, text, &mut placeholders) {
        Ok(condition) => panic!("`{text}` is taken as {condition:?}"),
        Err(message) if message.starts_with(UNUSED) => panic!("`{text}` is well formed: {message}"),
        Err(message) => message.strip_prefix("Invalid FilterExpression: ").unwrap_or(&message).to_owned(),
    }
}

fn check_refused(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(refused(text, &[]), *expected, "{text}");
    }
}

#[test]
fn syntax_errors_show_the_token_between_its_neighbours() {
    for text in [
        "things are not gonna be ok",
        "attribute_exists(Pictures-RearView)",
        "attribute_exists(\"Pictures.RearView\")",
        "attribute_exists(Pictures..RearView)",
        "attribute_exists(Pi#ctures.RearView)",
        "attribute_exists(asdf[a])",
        "a in b, c",
        "a > between",
        "a in b",
        "a in (b,c,)",
        "a in ()",
        "(a)between(b.(c.d))and(c)",
        "(a)between(b.c.d)and((c)",
        "#$.b > a",
        "a > :things.stuff",
        "b[:a] > a",
        "b[#_] > a",
        "ü > a",
        "(a)between(b.c[4.5].#d)and(:a)",
        "size(a).b > a",
        "(size(a)).b > a",
        "size(a)[0] > a",
        "(size(a))[0] > a",
        "a",
        ":a",
        "a = b = c",
        "a = b AND",
        "NOT",
        "a = (b = c)",
        "_a = b",
    ] {
        let message = refused(text, &[]);
        assert!(message.starts_with("Syntax error; token: \""), "{text}: {message}");
    }
    check_refused(&[
        ("", "The expression can not be empty;"),
        ("a > 4", "Syntax error; token: \"4\", near: \"> 4\""),
        ("a != b", "Syntax error; token: \"!\", near: \"a !=\""),
        ("a =", "Syntax error; token: \"<EOF>\", near: \"=\""),
        ("a = b c = d", "Syntax error; token: \"c\", near: \"b c =\""),
        ("!!!", "Syntax error; token: \"!\", near: \"!!\""),
    ]);
}

#[test]
fn a_condition_is_checked_in_the_passes_of_aws() {
    check_refused(&[
        // Parentheses.
        ("a=a and a > ((views))", "The expression has redundant parentheses;"),
        ("(a)between(((b.c)).d)and(c)", "The expression has redundant parentheses;"),
        ("a > whatever((:things), ((a)))", "The expression has redundant parentheses;"),
        ("a=a AND ((a=a AND a=a)) AND a=a", "The expression has redundant parentheses;"),
        ("a=a OR ((a=a OR (a=a OR a=a)))", "The expression has redundant parentheses;"),
        // Functions: their names, then their use.
        ("a=a and whatever((:things)) > a", "Invalid function name; function: whatever"),
        ("attRIbute_exIsts((views), #a)", "Invalid function name; function: attRIbute_exIsts"),
        (
            "a=a and attribute_exists((views), (#a)) > b",
            "The function is not allowed to be used this way in an expression; function: attribute_exists",
        ),
        (
            "size(contains(a, b)) > a",
            "The function is not allowed to be used this way in an expression; function: contains",
        ),
        ("size(things)", "The function is not allowed to be used this way in an expression; function: size"),
        (
            "a in (b, attribute_exists(things))",
            "The function is not allowed to be used this way in an expression; function: attribute_exists",
        ),
        (
            "list_append(a, a) = b",
            "The function is not allowed to be used this way in an expression; function: list_append",
        ),
        // Reserved words.
        ("attribute_exists(views, #a)", "Attribute name is a reserved keyword; reserved keyword: views"),
        (":a < abOrT", "Attribute name is a reserved keyword; reserved keyword: abOrT"),
        ("a.hash = b", "Attribute name is a reserved keyword; reserved keyword: hash"),
    ]);
}

#[test]
fn clauses_are_checked_one_after_the_other() {
    let undefined = "An expression attribute name used in the document path is not defined; attribute name: ";
    let no_value = "An expression attribute value used in expression is not defined; attribute value: ";
    let count = "Incorrect number of operands for operator or function; operator or function: ";
    let same =
        "The first operand must be distinct from the remaining operands for this operator or function; ";
    for (text, start, end) in [
        ("attribute_exists(#Pictures.RearView, :a) and a=a", undefined, "#Pictures"),
        ("(#P between :lo and :hi) and (#PC in (:cat1, :cat2))", undefined, "#P"),
        ("#4g > a", undefined, "#4g"),
        ("#_ > a", undefined, "#_"),
        ("begins_with(:hello, #a, #b)", no_value, ":hello"),
        (":_ > a", no_value, ":_"),
        ("attribute_exists(things, a) and a=a", count, "attribute_exists, number of operands: 2"),
        ("attribute_type(things)", count, "attribute_type, number of operands: 1"),
        ("begins_with(things, size(a), b)", count, "begins_with, number of operands: 3"),
        ("size(things, a) > b", count, "size, number of operands: 2"),
        ("a = a AND #a = b AND :views > a", same, "operator: =, first operand: [a]"),
        ("#a <> a", same, "operator: <>, first operand: [a]"),
        ("contains(ab.bc[1].a, ab.bc[1].#a)", same, "operator: contains, first operand: [ab, bc, [1], a]"),
        ("a.b.c = b.#zz.#a OR a = a", undefined, "#zz"),
    ] {
        assert_eq!(refused(text, &[]), format!("{start}{end}"), "{text}");
    }
}

#[test]
fn operands_of_the_wrong_type_are_refused_where_the_request_gives_them() {
    let all = [
        V::s("x"),
        n("1"),
        blob(b"a"),
        V::Bool(true),
        V::Null,
        list([]),
        map([]),
        strings(&["1"]),
        numbers(&[1]),
        V::Bs([b"x".to_vec().into()].into()),
    ];
    let kinds = |taken: &'static [Type]| all.iter().filter(|value| !taken.contains(&value.kind()));
    for (text, function, taken) in [
        ("attribute_type(a, :a)", "attribute_type", &[Type::S][..]),
        ("begins_with(a, :a)", "begins_with", &[Type::S, Type::B]),
        ("begins_with(:a, a)", "begins_with", &[Type::S, Type::B]),
        ("a < :a", "<", &[Type::S, Type::N, Type::B]),
        (":a >= a", ">=", &[Type::S, Type::N, Type::B]),
        ("a BETWEEN :a AND b", "BETWEEN", &[Type::S, Type::N, Type::B]),
        ("size(:a) > a", "size", &[Type::S, Type::B, Type::L, Type::M, Type::Ss, Type::Ns, Type::Bs]),
    ] {
        for value in kinds(taken) {
            assert_eq!(
                refused(text, &[(":a", value.clone())]),
                format!(
                    "Incorrect operand type for operator or function; operator or function: {function}, operand type: {}",
                    value.kind().name()
                ),
                "{text}"
            );
        }
    }
    let type_of = |name: &str, kind: &str| {
        format!(
            "Incorrect operand type for operator or function; operator or function: {name}, operand type: {kind}"
        )
    };
    assert_eq!(refused("attribute_type(a, size(a)) and a = b", &[]), type_of("attribute_type", "N"));
    assert_eq!(refused("begins_with(a, size(a))", &[]), type_of("begins_with", "N"));
    assert_eq!(refused("size(size(a)) > b", &[]), type_of("size", "N"));
    assert_eq!(
        refused("attribute_type(ab.bc[1].a, SS)", &[]),
        type_of("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
    );
    assert_eq!(
        refused("attribute_type(a, :a)", &[(":a", V::s("1"))]),
        "Invalid attribute type name found; type: 1, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
    );
    for text in ["attribute_exists(:a) and a=a", "attribute_exists(size(b))"] {
        assert_eq!(
            refused(text, &[(":a", V::s("1"))]),
            "Operator or function requires a document path; operator or function: attribute_exists"
        );
    }
    assert_eq!(
        refused("a between :b and :a", &[(":a", V::s("a")), (":b", n("1"))]),
        "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}"
    );
    assert_eq!(
        refused("a between :b and :a", &[(":a", V::s("a")), (":b", V::s("b"))]),
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}"
    );
}

#[test]
fn limits_hold_and_no_depth_overflows() {
    let depth = |open: &str, inner: &str, levels| open.repeat(levels) + inner + &")".repeat(levels);
    let many = |operators: usize| format!("a<b {}", "or a<b ".repeat(operators / 2));
    let undefined =
        "An expression attribute name used in the document path is not defined; attribute name: #z";
    for (text, expected) in [
        (
            "a".repeat(4097),
            "Expression size has exceeded the maximum allowed size; expression size: 4097".to_owned(),
        ),
        (many(300), "The expression contains too many operators; operator count: 301".to_owned()),
        (
            "not ".repeat(1000) + "a<b",
            "The expression contains too many operators; operator count: 1001".to_owned(),
        ),
        (depth("(", "a<b", 2046), "The expression has redundant parentheses;".to_owned()),
        // Of 299 operators, in 149 levels: nothing is wrong but what we put there.
        (format!("#z<b {}{}", "or (a<b ".repeat(149), ")".repeat(149)), undefined.to_owned()),
        (depth("not (", "#z<b", 299), undefined.to_owned()),
        (
            format!("a{} = b", ".b".repeat(32)),
            "The document path has too many nesting levels; nesting levels: 33".to_owned(),
        ),
        (
            "a[99999999999] = b".to_owned(),
            "List index is not within the allowable range; index: [99999999999]".to_owned(),
        ),
    ] {
        assert_eq!(refused(&text, &[]), expected, "{}", &text[..20]);
    }
    for text in [depth("(", "", 1), "(".repeat(4096), depth("a < f(", "b", 600), depth("size(", "b", 800)] {
        refused(&text, &[]);
    }
    let in_operands = |count: usize| {
        let all: Vec<_> = (0..count).map(|at| format!("b{at}")).collect();
        format!("a IN ({}) AND #z = b", all.join(", "))
    };
    assert_eq!(refused(&in_operands(99), &[]), undefined);
    assert_eq!(
        refused(&in_operands(100), &[]),
        "The IN operator is provided with too many operands; number of operands: 101"
    );
}

#[test]
fn placeholders_are_proper_defined_and_used() {
    let refused = |with_names: Option<&[(&str, &str)]>, with_values: Option<&[(&str, V)]>| {
        let names = with_names.map(|entries| names(entries).unwrap_or_default());
        let values = with_values.map(|entries| values(entries).unwrap_or_default());
        let mut placeholders = match Placeholders::read(names, values) {
            Ok(placeholders) => placeholders,
            Err(error) => return error.to_string(),
        };
        condition(Kind::Filter, "a = b", &mut placeholders).expect_err("left over")
    };
    for (names, values, expected) in [
        (Some(&[][..]), None, "ExpressionAttributeNames must not be empty"),
        (None, Some(&[][..]), "ExpressionAttributeValues must not be empty"),
        (
            Some(&[("a", "a")]),
            None,
            "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\"",
        ),
        (
            Some(&[("#", "a")]),
            None,
            "ExpressionAttributeNames contains invalid key: Syntax error; key: \"#\"",
        ),
        (
            Some(&[("#va#l", "a")]),
            None,
            "ExpressionAttributeNames contains invalid key: Syntax error; key: \"#va#l\"",
        ),
        (
            Some(&[("#x", "x"), ("#y", "y")]),
            None,
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#x, #y}",
        ),
    ] {
        assert_eq!(refused(names, values), expected);
    }
    for (key, expected) in [
        ("b", "ExpressionAttributeValues contains invalid key: Syntax error; key: \"b\""),
        (":x", "Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}"),
    ] {
        assert_eq!(refused(None, Some(&[(key, V::Null)])), expected);
    }
    let empty = BTreeMap::from([(":b".to_owned(), Val::Struct(Vec::new()))]);
    assert_eq!(
        Placeholders::read(None, Some(empty)).expect_err("no type").to_string(),
        "ExpressionAttributeValues contains invalid value: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes for key :b"
    );
}

#[test]
fn all_573_words_are_reserved() {
    for word in ["ABORT", "zone", "Size", "flattern", "ttl", "year", "STATUS"] {
        assert!(reserved::is_reserved(word), "{word}");
    }
    for word in ["a", "title", "zones", "ABOR", "pk"] {
        assert!(!reserved::is_reserved(word), "{word}");
    }
}
