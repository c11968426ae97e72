//! What conditions say of an item.

use super::*;

/// Whether a condition holds of [`everything`], at hand and at rest.
fn holds(text: &str, with: &[(&str, V)]) -> bool {
    let placeholders = [("#r", "grade"), ("#and", "and")];
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
            ("grade = :a", &[n("5.0")]),
            ("tags = :a", &[strings(&["b", "a"])]),
            ("map1.a = list1[0]", &[]),
            ("map1.b.c = title", &[]),
            ("title <> :a", &[V::s("other")]),
            ("title <> :a", &[n("5")]),
            ("absent <> :a", &[n("5")]),
            ("absent <> missing1", &[]),
            ("grade < price", &[]),
            ("grade <= :a", &[n("5")]),
            ("#r > :a", &[n("-17")]),
            ("grade >= :a", &[n("5")]),
            (":a < title", &[V::s("ZZZ")]),
            ("data1 > :a", &[blob(b"hi")]),
            ("grade BETWEEN :a AND :b", &[n("5"), n("6")]),
            ("grade between map1.a and price", &[]),
            ("(grade) BETWEEN (:a) AND (:b)", &[n("4"), n("5")]),
            ("title IN (:a, :b)", &[V::s("x"), V::s("hello")]),
            ("flag in (flag1, :a)", &[V::Bool(true)]),
            ("size(title) = grade", &[]),
            ("size(primes) = :a", &[n("3")]),
            ("size(list1) = :a", &[n("3")]),
            ("size(map1) > :a", &[n("1")]),
            ("size(data1) = :a", &[n("8")]),
            ("size(:a) = grade", &[V::s("abcdÿ")]),
            ("size(grade) <> :a", &[n("1")]),
        ],
    );
    check_holds(
        false,
        &[
            ("grade = :a", &[V::s("5")]),
            ("absent = missing1", &[]),
            ("absent < :a", &[n("1")]),
            ("grade < title", &[]),
            ("list1 < grade", &[]),
            ("grade BETWEEN :a AND :b", &[n("6"), n("7")]),
            ("grade BETWEEN price AND map1.a", &[]),
            ("absent BETWEEN :a AND :b", &[n("1"), n("2")]),
            ("title IN (:a)", &[n("1")]),
            ("absent IN (missing1)", &[]),
            ("size(grade) = :a", &[n("1")]),
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
            ("attribute_exists (nil)", &[]),
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
            ("begins_with(grade, :a)", &[V::s("5")]),
            ("begins_with(title, data1)", &[]),
            ("contains(title, grade)", &[]),
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
            ("grade = :a AND title <> :a", &[five()]),
            ("grade <> :a OR title <> :a", &[five()]),
            ("grade = :a OR grade <> :a AND grade <> :a", &[five()]),
            ("NOT grade <> :a AND grade = :a", &[five()]),
            ("not not grade = :a", &[five()]),
            ("NOT NOT NOT grade <> :a", &[five()]),
            ("grade between :a and :a aNd title <> :a", &[five()]),
            ("(grade = :a OR grade = :a) AND (grade = :a AND (grade <> :a OR grade = :a))", &[five()]),
            ("NOT (grade <> :a)", &[five()]),
            ("(grade = :a)", &[five()]),
        ],
    );
    check_holds(
        false,
        &[
            ("(grade = :a OR grade <> :a) AND grade <> :a", &[five()]),
            ("NOT grade = :a AND grade = :a", &[five()]),
            ("NOT (grade = :a OR grade <> :a)", &[five()]),
        ],
    );
}
