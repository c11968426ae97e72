//! Conditions that AWS refuses, in its words.

use super::*;

const UNUSED: &str = "Value provided in ExpressionAttribute";

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
        "a = b AND OR c = d",
        "a = b OR AND c = d",
        "AND a = b",
        "(a = b",
        "a = b)",
        "(a = b) c = d",
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
            "The expression contains too many operators; operator count: 301".to_owned(),
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
