//! What updates make of an item, and those that are refused.

use super::*;

/// What an update makes of [`everything`], as far as it changed or was changed from.
fn updated(text: &str, with: &[(&str, V)]) -> Result<(Item, Item, Item), String> {
    let known = [("#g", "grade"), ("#dot", "a.b")];
    let used: Vec<_> = known.into_iter().filter(|(key, _)| text.contains(key)).collect();
    let mut placeholders = Placeholders::read(names(&used), values(with)).expect(text);
    let update = Update::parse(text, &mut placeholders).map_err(|error| error.to_string())?;
    placeholders.check_all_used().map_err(|error| error.to_string())?;
    let old = everything();
    let new = update.apply(&old).map_err(|error| error.to_string())?;
    let touched = update.touched();
    Ok((touched.of(&old), touched.of(&new), new))
}

fn check_updates(cases: &[(&str, &[V], Item, Item)]) {
    for (text, with, old, new) in cases {
        let with: Vec<_> = [":a", ":b", ":c", ":d"].into_iter().zip(with.iter().cloned()).collect();
        let found = updated(text, &with).map(|(before, after, _)| (before, after));
        assert_eq!(found, Ok((old.clone(), new.clone())), "{text}");
    }
}

#[test]
fn set_changes_what_the_old_item_gives() {
    let map1 = |a: V| ("map1", map([("a", a)]));
    check_updates(&[
        ("SET fresh = :a", &[n("1")], item([]), item([("fresh", n("1"))])),
        ("set title = :a", &[n("1")], item([("title", V::s("hello"))]), item([("title", n("1"))])),
        ("SET copy1 = title", &[], item([]), item([("copy1", V::s("hello"))])),
        ("SET grade = grade + :a", &[n("0.5")], item([("grade", n("5"))]), item([("grade", n("5.5"))])),
        ("SET #g = :a - grade", &[n("1")], item([("grade", n("5"))]), item([("grade", n("-4"))])),
        ("SET grade = (grade - :a)", &[n("1")], item([("grade", n("5"))]), item([("grade", n("4"))])),
        ("SET grade = (grade) - (:a)", &[n("1")], item([("grade", n("5"))]), item([("grade", n("4"))])),
        // Both right sides see the old item.
        (
            "SET grade = price, price = grade",
            &[],
            item([("grade", n("5")), ("price", n("19.95"))]),
            item([("grade", n("19.95")), ("price", n("5"))]),
        ),
        (
            "SET title = if_not_exists(title, :a)",
            &[n("1")],
            item([("title", V::s("hello"))]),
            item([("title", V::s("hello"))]),
        ),
        (
            "SET z = if_not_exists(y, if_not_exists(title, :a))",
            &[n("1")],
            item([]),
            item([("z", V::s("hello"))]),
        ),
        ("SET z = if_not_exists(z, :a) + :b", &[n("0"), n("7")], item([]), item([("z", n("7"))])),
        (
            "SET z = list_append(:a, :b)",
            &[list([n("1")]), list([n("2")])],
            item([]),
            item([("z", list([n("1"), n("2")]))]),
        ),
        (
            "SET z = list_append(if_not_exists(z, :a), :b)",
            &[list([]), list([n("2")])],
            item([]),
            item([("z", list([n("2")]))]),
        ),
        ("SET map1.a = :a", &[n("9")], item([map1(n("1"))]), item([map1(n("9"))])),
        ("SET map1.fresh = :a", &[n("9")], item([]), item([("map1", map([("fresh", n("9"))]))])),
        (
            "SET list1[1] = :a",
            &[n("9")],
            item([("list1", list([V::s("dog")]))]),
            item([("list1", list([n("9")]))]),
        ),
        (
            "SET list1[2].deep[0] = :a",
            &[n("9")],
            item([("list1", list([map([("deep", list([V::s("x")]))])]))]),
            item([("list1", list([map([("deep", list([n("9")]))])]))]),
        ),
        ("SET #dot = :a", &[n("9")], item([]), item([("a.b", n("9"))])),
        (
            "SET nil = :a REMOVE flag",
            &[V::s("")],
            item([("flag", V::Bool(true)), ("nil", V::Null)]),
            item([("nil", V::s(""))]),
        ),
    ]);
}

#[test]
fn elements_beyond_the_end_are_appended_as_they_are_numbered() {
    let with = [(":a", V::s("a")), (":b", V::s("b")), (":c", V::s("c")), (":d", V::s("d"))];
    let (_, _, new) =
        updated("SET list1[84] = :a, list1[37] = :b, list1[7] = :c, list1[50] = :d", &with).expect("made");
    let V::L(made) = &new["list1"] else { panic!("a list") };
    assert_eq!(made[3..], [V::s("c"), V::s("b"), V::s("d"), V::s("a")]);
}

#[test]
fn elements_are_removed_by_their_old_numbers() {
    let left = |text: &str, with: &[(&str, V)]| updated(text, with).expect(text).2["list1"].clone();
    let V::L(old) = everything()["list1"].clone() else { panic!("a list") };
    let [one, dog, deep]: [V; 3] = old.try_into().expect("three");
    let nine = [(":a", n("9"))];
    for (text, with, expected) in [
        ("REMOVE list1[0], list1[2]", &[][..], list([dog.clone()])),
        ("REMOVE list1[0] SET list1[2] = :a", &nine, list([dog.clone(), n("9")])),
        ("SET list1[9] = :a REMOVE list1[3]", &nine, list([one.clone(), dog.clone(), deep.clone(), n("9")])),
        ("REMOVE list1[7]", &[], list([one.clone(), dog.clone(), deep])),
        ("REMOVE list1[2].deep", &[], list([one.clone(), dog.clone(), map([])])),
        (
            "REMOVE list1[2].absent, list1[2].deep[1]",
            &[],
            list([one, dog, map([("deep", list([V::s("x")]))])]),
        ),
    ] {
        assert_eq!(left(text, with), expected, "{text}");
    }
}

#[test]
fn add_and_delete_change_numbers_and_sets() {
    check_updates(&[
        ("ADD grade :a", &[n("-7")], item([("grade", n("5"))]), item([("grade", n("-2"))])),
        ("ADD fresh :a", &[n("-7")], item([]), item([("fresh", n("-7"))])),
        (
            "ADD map1.a :a",
            &[n("1")],
            item([("map1", map([("a", n("1"))]))]),
            item([("map1", map([("a", n("2"))]))]),
        ),
        (
            "ADD tags :a",
            &[strings(&["b", "c"])],
            item([("tags", strings(&["a", "b"]))]),
            item([("tags", strings(&["a", "b", "c"]))]),
        ),
        ("ADD fresh :a", &[numbers(&[1])], item([]), item([("fresh", numbers(&[1]))])),
        (
            "DELETE primes :a",
            &[numbers(&[2, 7])],
            item([("primes", numbers(&[2, 3, 5]))]),
            item([("primes", numbers(&[3, 5]))]),
        ),
        ("DELETE tags :a", &[strings(&["a", "b"])], item([("tags", strings(&["a", "b"]))]), item([])),
        ("DELETE absent :a", &[strings(&["a"])], item([]), item([])),
        (
            "delete tags :a add primes :b remove flag set title = :c",
            &[strings(&["a"]), numbers(&[7]), n("1")],
            item([
                ("tags", strings(&["a", "b"])),
                ("primes", numbers(&[2, 3, 5])),
                ("flag", V::Bool(true)),
                ("title", V::s("hello")),
            ]),
            item([("tags", strings(&["b"])), ("primes", numbers(&[2, 3, 5, 7])), ("title", n("1"))]),
        ),
    ]);
}

#[test]
fn an_update_that_does_not_fit_the_item_is_refused() {
    let path = "The document path provided in the update expression is invalid for update";
    let kind = "An operand in the update expression has an incorrect data type";
    let absent = "The provided expression refers to an attribute that does not exist in the item";
    for (text, with, expected) in [
        ("SET title.a = :a", &[n("1")][..], path),
        ("SET list1.a = :a", &[n("1")], path),
        ("SET absent.a = :a", &[n("1")], path),
        ("SET map1[0] = :a", &[n("1")], path),
        ("SET map1.z.y = :a", &[n("1")], path),
        ("SET absent[0] = :a", &[n("1")], path),
        ("REMOVE title.a", &[], path),
        ("REMOVE absent.a", &[], path),
        ("REMOVE map1[0]", &[], path),
        ("ADD absent.a :a", &[n("1")], path),
        ("DELETE absent.a :a", &[numbers(&[1])], path),
        ("SET c = absent", &[], absent),
        ("SET e = list_append(absent, title)", &[], absent),
        ("SET e = absent + :a", &[n("1")], absent),
        ("SET e = title + :a", &[n("1")], kind),
        ("SET e = map1 - :a", &[n("1")], kind),
        ("SET e = list_append(primes, if_not_exists(f, :a))", &[list([])], kind),
        ("ADD title :a", &[n("1")], kind),
        ("ADD grade :a", &[numbers(&[1])], kind),
        ("ADD primes :a", &[n("1")], kind),
        ("DELETE primes :a", &[strings(&["1"])], kind),
        ("DELETE grade :a", &[numbers(&[1])], kind),
        (
            "SET grade = grade + :a",
            &[n("1e125")],
            "Attempting to store more than 38 significant digits in a Number",
        ),
    ] {
        let with: Vec<_> = [":a"].into_iter().zip(with.iter().cloned()).collect();
        assert_eq!(updated(text, &with), Err(expected.to_owned()), "{text}");
    }
}

/// What is said of an update. Names `#a` to `#d` and values `:a`, `:b` are defined.
fn update_refused(text: &str, value: V) -> String {
    let names = names(&[("#a", "a"), ("#b", "b"), ("#c", "c"), ("#d", "[3]")]);
    let mut placeholders =
        Placeholders::read(names, values(&[(":a", value), (":b", V::s("a"))])).expect("placeholders");
    match Update::parse(text, &mut placeholders) {
        Ok(update) => panic!("`{text}` is taken as {update:?}"),
        Err(error) => {
            let message = error.to_string();
            message.strip_prefix("Invalid UpdateExpression: ").expect(&message).to_owned()
        }
    }
}

#[test]
fn updates_are_checked_in_the_passes_of_aws() {
    for text in [
        "whatever",
        "set a",
        "add a",
        "delete a",
        "set a=set",
        "remove a = b",
        "add a = b",
        "delete a b",
        "delete a if_not_exist(b)",
        "add abort b",
        "remove a b",
        "set a b",
        "set :a = b",
        "add :a b",
        "remove :a",
        "set a = b / c",
        "set a = b * c",
        "set a[1] = \"eight\"",
        "set a[1] = 1",
        "SET a = if_not_exist(a, 100)",
        "SET if_not_exist(a, b) = a",
        "set (a = (b + c))",
        "set a = (b.c)[0]) + e",
        "set a = b + c + d",
        "set a = f(b + c)",
        "set a = b,",
        "SET _a = b",
        "set",
        "set a = (b + c",
    ] {
        let message = update_refused(text, V::s("a"));
        assert!(message.starts_with("Syntax error; token: \""), "{text}: {message}");
    }
    let overlap = |one: &str, two: &str| {
        format!(
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
        )
    };
    let conflict = |one: &str, two: &str| {
        format!(
            "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
        )
    };
    for (text, expected) in [
        ("", "The expression can not be empty;".to_owned()),
        ("INVALID SYNTAX HERE", "Syntax error; token: \"INVALID\", near: \"INVALID SYNTAX\"".to_owned()),
        ("ADD hits : incr", "Syntax error; token: \":\", near: \"hits : incr\"".to_owned()),
        ("SET _123 = b", "Syntax error; token: \"_\", near: \"SET _123\"".to_owned()),
        (
            " set #z = :z set abOrt = true ",
            "Attribute name is a reserved keyword; reserved keyword: abOrt".to_owned(),
        ),
        (" remove Absolute ", "Attribute name is a reserved keyword; reserved keyword: Absolute".to_owned()),
        ("set #z = if_not_exist(:z) set c = d", "Invalid function name; function: if_not_exist".to_owned()),
        ("set a = #z set c = :d", "The \"SET\" section can only be used once in an update expression;".to_owned()),
        ("add #d :e set a = b add e :f", "The \"ADD\" section can only be used once in an update expression;".to_owned()),
        (
            "SET #z = if_not_exists(:z)",
            "An expression attribute name used in the document path is not defined; attribute name: #z".to_owned(),
        ),
        (
            "SET #a = if_not_exists(:z)",
            "An expression attribute value used in expression is not defined; attribute value: :z".to_owned(),
        ),
        ("set d[1] = a, d.b = a, c[1].a = a, #c = if_not_exists(a)", overlap("[c, [1], a]", "[c]")),
        ("set #c[3].#d = a, #c[3] = a", overlap("[c, [3], [3]]", "[c, [3]]")),
        ("set a = b remove a", overlap("[a]", "[a]")),
        ("set #c[3].#d = a, #c.#d[3] = if_not_exists(a)", conflict("[c, [3], [3]]", "[c, [3], [3]]")),
        ("remove a.#c set a[1] = #d", conflict("[a, c]", "[a, [1]]")),
        (
            "set a = if_not_exists(c)",
            "Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 1".to_owned(),
        ),
        (
            "set a = list_append(c, b, d)",
            "Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 3".to_owned(),
        ),
        (
            "set a = if_not_exists(if_not_exists(a, b), c)",
            "Operator or function requires a document path; operator or function: if_not_exists".to_owned(),
        ),
        (
            "set a = list_append(list_append(:a, :b), c)",
            "The function is not allowed to be used this way in an expression; function: list_append".to_owned(),
        ),
        ("set a = ((b))", "The expression has redundant parentheses;".to_owned()),
    ] {
        assert_eq!(update_refused(text, V::s("a")), expected, "{text}");
    }
}

#[test]
fn operands_of_updates_have_the_types_that_their_operators_take() {
    for (section, value, kind) in [
        ("ADD", V::s("a"), "STRING"),
        ("DELETE", V::s("a"), "STRING"),
        ("ADD", V::Null, "NULL"),
        ("ADD", V::Bool(true), "BOOLEAN"),
        ("DELETE", blob(b"a"), "BINARY"),
        ("ADD", map([]), "MAP"),
        ("DELETE", list([]), "LIST"),
        ("DELETE", n("1"), "NUMBER"),
    ] {
        let text = format!("set b = list_append(:a, a), c = if_not_exists(a) {section} a.b :a");
        assert_eq!(
            update_refused(&text, value),
            format!(
                "Incorrect operand type for operator or function; operator: {section}, operand type: {kind}"
            )
        );
    }
    for (text, operator, value) in [
        ("set a = list_append(:a, a)", "list_append", V::s("a")),
        ("set a = list_append(a, :a)", "list_append", n("1")),
        ("set a = a + :a", "+", V::s("a")),
        ("set a = :a + :b", "+", list([])),
        ("set a = :a - a", "-", V::Null),
    ] {
        let kind = value.kind().name();
        assert_eq!(
            update_refused(text, value),
            format!(
                "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {kind}"
            )
        );
    }
}

#[test]
fn it_is_known_what_an_update_will_do_before_there_is_an_item() {
    let parse = |text: &str| {
        let mut placeholders = Placeholders::read(None, values(&[(":a", numbers(&[1]))])).expect(text);
        Update::parse(text, &mut placeholders).expect(text)
    };
    for (text, key) in [
        ("add pk.b :a", Some("pk")),
        ("delete b :a remove sk", Some("sk")),
        ("set sk = a, pk = a", Some("pk")),
        ("set a = pk", None),
    ] {
        let expected = key.map(|key| {
            format!("One or more parameter values were invalid: Cannot update attribute {key}. This attribute is part of the key")
        });
        assert_eq!(parse(text).check_keys(&TABLE).err().map(|error| error.to_string()), expected, "{text}");
    }
    for (text, creates) in
        [("set a = b", true), ("add a :a", true), ("remove a", false), ("delete a :a remove b", false)]
    {
        assert_eq!(parse(text).creates(), creates, "{text}");
    }
}
