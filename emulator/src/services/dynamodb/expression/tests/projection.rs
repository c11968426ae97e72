//! What projections take of an item.

use super::*;

#[test]
fn projections_take_places_and_leave_the_rest() {
    let project = |text: &str| {
        let projection = Projection::parse(text, &mut Placeholders::default()).expect(text);
        let taken = projection.of(&everything());
        assert_eq!(projection.of(&Packed::of(&everything())), taken, "at rest: {text}");
        taken
    };
    let list1 = |entries: V| item([("list1", entries)]);
    for (text, expected) in [
        ("title", item([("title", V::s("hello"))])),
        (" title ,  grade ", item([("title", V::s("hello")), ("grade", n("5"))])),
        ("absent", item([])),
        ("map1.a", item([("map1", map([("a", n("1"))]))])),
        ("map1.b.c, map1.a", item([("map1", map([("a", n("1")), ("b", map([("c", V::s("hello"))]))]))])),
        ("map1.z, title.a, list1.a", item([])),
        ("map1[0], list1[9]", item([])),
        ("list1[1]", list1(list([V::s("dog")]))),
        ("list1[1], list1[0]", list1(list([n("1"), V::s("dog")]))),
        ("list1[2].deep[1], list1[0]", list1(list([n("1"), map([("deep", list([n("7")]))])]))),
    ] {
        assert_eq!(project(text), expected, "{text}");
    }
}

#[test]
fn projections_are_refused() {
    let refused = |text: &str| {
        let mut placeholders = Placeholders::read(names(&[("#a", "a")]), None).expect("placeholders");
        Projection::parse(text, &mut placeholders).expect_err(text).to_string()
    };
    let overlap = "Two document paths overlap with each other; must remove or rewrite one of these paths; ";
    let conflict = "Two document paths conflict with each other; must remove or rewrite one of these paths; ";
    for (text, expected) in [
        ("", "The expression can not be empty;".to_owned()),
        ("!!!", "Syntax error; token: \"!\", near: \"!!\"".to_owned()),
        ("a,", "Syntax error; token: \"<EOF>\", near: \",\"".to_owned()),
        (",a", "Syntax error; token: \",\", near: \",a\"".to_owned()),
        ("a, :b", "Syntax error; token: \":b\", near: \", :b\"".to_owned()),
        ("a, a, zone", "Attribute name is a reserved keyword; reserved keyword: zone".to_owned()),
        (
            "a, a, #z",
            "An expression attribute name used in the document path is not defined; attribute name: #z"
                .to_owned(),
        ),
        ("a, #a", format!("{overlap}path one: [a], path two: [a]")),
        ("a.b, a[1], b.c[1], b.c", format!("{overlap}path one: [b, c, [1]], path two: [b, c]")),
        ("a.b, a[1]", format!("{conflict}path one: [a, b], path two: [a, [1]]")),
        (
            &format!("a{}", ".b".repeat(32)),
            "The document path has too many nesting levels; nesting levels: 33".to_owned(),
        ),
    ] {
        assert_eq!(refused(text), format!("Invalid ProjectionExpression: {expected}"), "{text}");
    }
}
