//! Conditions that are written and read again say what a plain model says; so do updates; and no text makes a parser panic.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use wavetank_wire::Val;

use super::super::partiql;
use super::super::value::props::attribute_value;
use super::super::value::{AttributeValue as V, Item, KeyValue, Number, Packed, Type};
use super::*;

/// Few attributes, so that conditions often meet one.
fn items() -> impl Strategy<Value = Item> {
    btree_map("[a-e]", attribute_value(), 0..5)
}

fn scalars() -> impl Strategy<Value = V> {
    prop_oneof![
        "[a-c]{0,2}".prop_map(V::S),
        (-3_i64..3).prop_map(|number| V::N(number.into())),
        vec(0_u8..3, 0..2).prop_map(|bytes| V::B(bytes.into())),
    ]
}

/// Three values of one type that a key may have.
fn keys() -> impl Strategy<Value = [V; 3]> {
    let texts = || "[a-c]{1,3}".prop_map(V::S);
    let numbers = || (-3_i64..3).prop_map(|number| V::N(number.into()));
    let blobs = || vec(0_u8..3, 1..3).prop_map(|bytes| V::B(bytes.into()));
    prop_oneof![[texts(), texts(), texts()], [numbers(), numbers(), numbers()], [blobs(), blobs(), blobs()],]
}

fn paths() -> impl Strategy<Value = Path> {
    let step = prop_oneof![
        3 => "[a-e]".prop_map(Step::Member),
        1 => (0_usize..3).prop_map(Step::Element),
    ];
    ("[a-e]", vec(step, 0..3)).prop_map(|(attribute, steps)| Path { attribute, steps })
}

fn operands() -> impl Strategy<Value = Operand> {
    prop_oneof![
        4 => paths().prop_map(Operand::Path),
        2 => scalars().prop_map(Operand::Value),
        1 => paths().prop_map(|path| Operand::Size(Box::new(Operand::Path(path)))),
    ]
}

/// Two operands that may stand beside each other.
fn pairs() -> impl Strategy<Value = (Operand, Operand)> {
    (operands(), operands()).prop_filter("a path is not compared with itself", |(one, two)| {
        one != two || !matches!(one, Operand::Path(_))
    })
}

fn conditions() -> impl Strategy<Value = Condition> {
    let comparators = prop::sample::select(Comparator::ALL.to_vec());
    let kinds = prop::sample::select(Type::ALL.to_vec());
    let any_value = || attribute_value().prop_map(Operand::Value);
    let start = || "[a-c]{0,2}".prop_map(|text| Operand::Value(V::S(text)));
    let leaf = prop_oneof![
        (comparators, pairs()).prop_map(|(how, (one, two))| Condition::Compare(how, one, two)),
        (paths(), any_value()).prop_map(|(path, value)| Condition::Compare(
            Comparator::Equal,
            Operand::Path(path),
            value
        )),
        (operands(), paths(), operands())
            .prop_map(|(first, lower, upper)| { Condition::Between(first, Operand::Path(lower), upper) }),
        (operands(), vec(operands(), 1..4)).prop_map(|(first, others)| Condition::In(first, others)),
        paths().prop_map(Condition::Exists),
        paths().prop_map(Condition::NotExists),
        (paths(), kinds).prop_map(|(path, kind)| Condition::IsType(Operand::Path(path), kind)),
        (paths(), start()).prop_map(|(path, start)| Condition::BeginsWith(Operand::Path(path), start)),
        (paths(), any_value()).prop_map(|(path, part)| Condition::Contains(Operand::Path(path), part)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Condition::All),
            vec(inner.clone(), 2..4).prop_map(Condition::Any),
            inner
                .prop_filter("one NOT is enough", |it| !matches!(it, Condition::Not(_)))
                .prop_map(|it| Condition::Not(Box::new(it))),
        ]
    })
}

/// Writes trees as texts, with placeholders for all names and values.
#[derive(Default)]
struct Writer {
    names: BTreeMap<String, String>,
    values: BTreeMap<String, Val>,
}

impl Writer {
    fn placeholders(self) -> Placeholders {
        let some = |given: bool| given.then_some(());
        let names = some(!self.names.is_empty()).map(|()| self.names);
        let values = some(!self.values.is_empty()).map(|()| self.values);
        Placeholders::read(names, values).expect("proper")
    }

    fn name(&mut self, name: &str) -> String {
        self.names.insert(format!("#{name}"), name.to_owned());
        format!("#{name}")
    }

    fn path(&mut self, path: &Path) -> String {
        let mut text = self.name(&path.attribute);
        for step in &path.steps {
            text += &match step {
                Step::Member(name) => format!(".{}", self.name(name)),
                Step::Element(at) => format!("[{at}]"),
            };
        }
        text
    }

    fn value(&mut self, value: &V) -> String {
        let key = format!(":v{}", self.values.len());
        self.values.insert(key.clone(), value.to_wire());
        key
    }

    fn operand(&mut self, operand: &Operand) -> String {
        match operand {
            Operand::Path(path) => self.path(path),
            Operand::Value(value) => self.value(value),
            Operand::Size(operand) => format!("size({})", self.operand(operand)),
        }
    }

    fn joined(&mut self, conditions: &[Condition], word: &str) -> String {
        let texts: Vec<String> = conditions
            .iter()
            .map(|condition| match condition {
                Condition::All(_) | Condition::Any(_) => format!("({})", self.condition(condition)),
                condition => self.condition(condition),
            })
            .collect();
        texts.join(word)
    }

    fn condition(&mut self, condition: &Condition) -> String {
        match condition {
            Condition::All(all) => self.joined(all, " AND "),
            Condition::Any(all) => self.joined(all, " or "),
            Condition::Not(inner) => format!("NOT {}", self.joined(std::slice::from_ref(inner), "")),
            Condition::Compare(how, one, two) => {
                format!("{}{}{}", self.operand(one), how.symbol(), self.operand(two))
            }
            Condition::Between(first, lower, upper) => {
                let [first, lower, upper] = [first, lower, upper].map(|operand| self.operand(operand));
                format!("{first} between {lower} And ({upper})")
            }
            Condition::In(first, others) => {
                let first = self.operand(first);
                let others: Vec<_> = others.iter().map(|operand| self.operand(operand)).collect();
                format!("{first} IN ( {} )", others.join(" , "))
            }
            Condition::Exists(path) => format!("attribute_exists({})", self.path(path)),
            Condition::NotExists(path) => format!("attribute_not_exists({})", self.path(path)),
            Condition::IsType(operand, kind) => {
                let operand = self.operand(operand);
                format!("attribute_type({operand},{})", self.value(&V::s(kind.name())))
            }
            Condition::BeginsWith(one, two) => {
                format!("begins_with({}, {})", self.operand(one), self.operand(two))
            }
            Condition::Contains(one, two) => {
                format!("contains({}, {})", self.operand(one), self.operand(two))
            }
        }
    }
}

/// The model: values are looked up by copying, and compared by what a person would write down.
fn model_value(operand: &Operand, item: &Item) -> Option<V> {
    match operand {
        Operand::Value(value) => Some(value.clone()),
        Operand::Path(path) => {
            let mut value = item.get(&path.attribute)?.clone();
            for step in &path.steps {
                value = match (value, step) {
                    (V::M(mut entries), Step::Member(name)) => entries.remove(name)?,
                    (V::L(mut entries), Step::Element(at)) if *at < entries.len() => entries.remove(*at),
                    _ => return None,
                };
            }
            Some(value)
        }
        Operand::Size(operand) => {
            let size = match model_value(operand, item)? {
                V::S(text) => text.chars().map(char::len_utf16).sum(),
                V::B(bytes) => bytes.len(),
                V::M(entries) => entries.len(),
                V::L(entries) => entries.len(),
                V::Ss(set) => set.len(),
                V::Ns(set) => set.len(),
                V::Bs(set) => set.len(),
                V::N(_) | V::Bool(_) | V::Null => return None,
            };
            Some(V::N(Number::from(size as i64)))
        }
    }
}

/// Less is -1, equal 0, greater 1; nothing for what has no order.
fn model_order(one: &Option<V>, two: &Option<V>) -> Option<i8> {
    let one = KeyValue::of(one.as_ref()?)?;
    let two = KeyValue::of(two.as_ref()?)?;
    let kind = |key: &KeyValue| key.to_value().kind();
    (kind(&one) == kind(&two)).then(|| one.cmp(&two) as i8)
}

fn model_holds(condition: &Condition, item: &Item) -> bool {
    let value = |operand: &Operand| model_value(operand, item);
    match condition {
        Condition::All(all) => !all.iter().any(|one| !model_holds(one, item)),
        Condition::Any(all) => !all.iter().all(|one| !model_holds(one, item)),
        Condition::Not(one) => !model_holds(one, item),
        Condition::Compare(how, one, two) => {
            let (one, two) = (value(one), value(two));
            let equal = one.is_some() && one == two;
            let order = model_order(&one, &two);
            match how {
                Comparator::Equal => equal,
                Comparator::NotEqual => !equal,
                Comparator::Less => order == Some(-1),
                Comparator::LessOrEqual => matches!(order, Some(-1 | 0)),
                Comparator::Greater => order == Some(1),
                Comparator::GreaterOrEqual => matches!(order, Some(0 | 1)),
            }
        }
        Condition::Between(first, lower, upper) => {
            let [first, lower, upper] = [first, lower, upper].map(value);
            matches!(model_order(&lower, &first), Some(-1 | 0))
                && matches!(model_order(&first, &upper), Some(-1 | 0))
        }
        Condition::In(first, others) => {
            value(first).is_some() && others.iter().any(|other| value(other) == value(first))
        }
        Condition::Exists(path) => value(&Operand::Path(path.clone())).is_some(),
        Condition::NotExists(path) => value(&Operand::Path(path.clone())).is_none(),
        Condition::IsType(operand, kind) => value(operand).map(|value| value.kind()) == Some(*kind),
        Condition::BeginsWith(one, two) => match (value(one), value(two)) {
            (Some(V::S(whole)), Some(V::S(start))) => whole.find(&start) == Some(0),
            (Some(V::B(whole)), Some(V::B(start))) => whole.get(..start.len()) == Some(&start[..]),
            _ => false,
        },
        Condition::Contains(one, two) => match (value(one), value(two)) {
            (Some(V::S(whole)), Some(V::S(part))) => whole.split(&part).count() > 1,
            (Some(V::B(whole)), Some(V::B(part))) => {
                (0..=whole.len()).any(|from| whole[from..].starts_with(&part))
            }
            (Some(V::Ss(set)), Some(V::S(part))) => set.into_iter().any(|element| element == part),
            (Some(V::Ns(set)), Some(V::N(part))) => set.into_iter().any(|element| element == part),
            (Some(V::Bs(set)), Some(V::B(part))) => set.into_iter().any(|element| element == part),
            (Some(V::L(list)), Some(part)) => list.into_iter().any(|element| element == part),
            _ => false,
        },
    }
}

/// One change of a whole attribute, for which a map is model enough.
#[derive(Clone, Debug)]
enum Change {
    Set(V),
    Copy(String),
    Increase(i64),
    AddTo(Vec<String>),
    TakeFrom(Vec<String>),
    Remove,
}

fn changes() -> impl Strategy<Value = Change> {
    let elements = || btree_set("[a-e]", 1..3).prop_map(|set| set.into_iter().collect());
    prop_oneof![
        attribute_value().prop_map(Change::Set),
        "[a-e]".prop_map(Change::Copy),
        (-3_i64..3).prop_map(Change::Increase),
        elements().prop_map(Change::AddTo),
        elements().prop_map(Change::TakeFrom),
        Just(Change::Remove),
    ]
}

/// What a change makes of an attribute; nothing where AWS refuses.
fn model_change(old: &Item, attribute: &str, change: &Change) -> Option<Option<V>> {
    let value = old.get(attribute).cloned();
    let set = |elements: &Vec<String>| V::Ss(elements.iter().cloned().collect());
    match (change, value) {
        (Change::Set(value), _) => Some(Some(value.clone())),
        (Change::Copy(from), _) => old.get(from).cloned().map(Some),
        (Change::Increase(by), Some(V::N(number))) => number.plus((*by).into()).ok().map(V::N).map(Some),
        (Change::Increase(by), None) => Some(Some(V::N((*by).into()))),
        (Change::AddTo(more), Some(V::Ss(mut set))) => {
            set.extend(more.iter().cloned());
            Some(Some(V::Ss(set)))
        }
        (Change::AddTo(more), None) => Some(Some(set(more))),
        (Change::TakeFrom(some), Some(V::Ss(mut set))) => {
            set.retain(|element| !some.contains(element));
            Some((!set.is_empty()).then_some(V::Ss(set)))
        }
        (Change::TakeFrom(_), None) | (Change::Remove, _) => Some(None),
        (Change::Increase(_) | Change::AddTo(_) | Change::TakeFrom(_), Some(_)) => None,
    }
}

/// Texts of the right words in any order.
fn word_salad() -> impl Strategy<Value = String> {
    let words = [
        "a",
        "b.c",
        "a[0]",
        "#n",
        ":v",
        "?",
        "'x'",
        "\"t\"",
        "1",
        "-1.5e3",
        "(",
        "((",
        ")",
        "[",
        "]",
        "{",
        "}",
        "<<",
        ">>",
        ",",
        ".",
        "=",
        "<>",
        "<",
        ">=",
        "+",
        "-",
        "*",
        "AND",
        "OR",
        "NOT",
        "BETWEEN",
        "IN",
        "size",
        "contains(",
        "begins_with(",
        "attribute_type(",
        "if_not_exists(",
        "list_append(",
        "SET",
        "REMOVE",
        "ADD",
        "DELETE",
        "SELECT",
        "FROM",
        "WHERE",
        "INSERT",
        "INTO",
        "VALUE",
        "UPDATE",
        "IS",
        "MISSING",
        "NULL",
        "RETURNING",
        "ALL",
        "OLD",
        "ORDER",
        "BY",
        "EXISTS",
        "COUNT",
        "_",
        "!",
        "é",
        "\n",
    ];
    vec(prop::sample::select(words.to_vec()), 0..24).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn a_condition_says_what_the_model_says(condition in conditions(), item in items()) {
        let mut writer = Writer::default();
        let text = writer.condition(&condition);
        let mut placeholders = writer.placeholders();
        let read = Condition::parse(Kind::Filter, &text, &mut placeholders);
        let read = read.map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        prop_assert_eq!(&read, &condition, "{}", text);
        prop_assert_eq!(placeholders.check_all_used(), Ok(()));
        prop_assert_eq!(read.holds(&item), model_holds(&condition, &item), "{} of {:?}", text, item);
        prop_assert_eq!(read.holds(&Packed::of(&item)), read.holds(&item));
    }

    #[test]
    fn an_update_makes_what_the_model_makes(old in items(), changes in btree_map("[a-g]", changes(), 1..5)) {
        let mut writer = Writer::default();
        let mut sections: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (attribute, change) in &changes {
            let name = writer.name(attribute);
            let (section, text) = match change {
                Change::Set(value) => ("SET", format!("{name} = {}", writer.value(value))),
                Change::Copy(from) => ("SET", format!("{name} = {}", writer.name(from))),
                Change::Increase(by) => ("ADD", format!("{name} {}", writer.value(&V::N((*by).into())))),
                Change::AddTo(more) => {
                    ("ADD", format!("{name} {}", writer.value(&V::Ss(more.iter().cloned().collect()))))
                }
                Change::TakeFrom(some) => {
                    ("DELETE", format!("{name} {}", writer.value(&V::Ss(some.iter().cloned().collect()))))
                }
                Change::Remove => ("REMOVE", name),
            };
            sections.entry(section).or_default().push(text);
        }
        let sections: Vec<_> = sections.into_iter().map(|(word, all)| format!("{word} {}", all.join(", "))).collect();
        let text = sections.join(" ");
        let update = Update::parse(&text, &mut writer.placeholders());
        let update = update.map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;

        let mut model = Some(old.clone());
        for (attribute, change) in &changes {
            model = match (model, model_change(&old, attribute, change)) {
                (Some(mut item), Some(Some(value))) => {
                    item.insert(attribute.clone(), value);
                    Some(item)
                }
                (Some(mut item), Some(None)) => {
                    item.remove(attribute);
                    Some(item)
                }
                _ => None,
            };
        }
        let made = update.apply(&old).ok();
        prop_assert_eq!(&made, &model, "{} of {:?}", text, old);
        if let Some(made) = made {
            let untouched = |item: &Item| -> Item {
                item.iter().filter(|(name, _)| !changes.contains_key(*name)).map(|(n, v)| (n.clone(), v.clone())).collect()
            };
            let touched: Item =
                made.iter().filter(|(name, _)| changes.contains_key(*name)).map(|(n, v)| (n.clone(), v.clone())).collect();
            prop_assert_eq!(untouched(&made), untouched(&old));
            prop_assert_eq!(update.touched().of(&made), touched);
        }
    }

    #[test]
    fn a_place_that_was_set_holds_what_it_was_set_to(old in items(), path in paths(), value in scalars()) {
        let update = Update { sets: vec![(path.clone(), Source::Value(value.clone()))], ..Update::default() };
        if let Ok(new) = update.apply(&old) {
            let beyond = path.find(&old).is_none() && matches!(path.steps.last(), Some(Step::Element(_)));
            if !beyond {
                prop_assert_eq!(path.find(&new).map(std::borrow::Cow::into_owned), Some(value));
            }
            let removed = Update { removes: vec![path.clone()], ..Update::default() }.apply(&new);
            prop_assert!(removed.is_ok());
        } else {
            prop_assert!(path.is_nested());
        }
    }

    #[test]
    fn a_projection_keeps_its_places(item in items(), paths in vec(paths(), 1..4)) {
        prop_assume!(check_paths(&paths).is_ok());
        let projection = Projection::of_paths(&paths);
        let taken = projection.of(&item);
        prop_assert_eq!(&projection.of(&Packed::of(&item)), &taken);
        for path in &paths {
            // Elements of lists close up, so that only the others can be looked up again.
            if path.steps.iter().all(|step| matches!(step, Step::Member(_))) {
                prop_assert_eq!(path.find(&taken), path.find(&item));
            }
        }
    }

    #[test]
    fn a_range_of_a_sort_key_is_what_its_condition_says([sort, a, b] in keys(), which in 0_usize..7) {
        let key = |value: &V| KeyValue::of(value).expect("a scalar");
        let (a, b) = if key(&a) <= key(&b) { (a, b) } else { (b, a) };
        prop_assume!(which != 6 || sort.kind() != Type::N);
        let range = ["sk = :a", "sk < :a", "sk <= :a", ":a < sk", "sk >= :a", "sk BETWEEN :a AND :b", "begins_with(sk, :a)"][which];
        let text = format!("pk = :p AND {range}");
        let values = [(":a", &a), (":b", &b), (":p", &V::s("p"))].map(|(key, value)| (key.to_owned(), value.to_wire()));
        let mut placeholders = Placeholders::read(None, Some(values.into())).expect("proper");
        let condition = Condition::parse(Kind::KeyCondition, &text, &mut placeholders).expect("a condition");
        let schema = KeySchema {
            partition: KeyAttribute { name: "pk", kind: Type::S },
            sort: Some(KeyAttribute { name: "sk", kind: sort.kind() }),
        };
        let query = KeyConditions::of_condition(&condition).and_then(|conditions| conditions.query(&schema));
        let query = query.expect("one equality and a range");
        let item = Item::from([("pk".to_owned(), V::s("p")), ("sk".to_owned(), sort.clone())]);
        prop_assert_eq!(query.sort.expect("a range").holds(&key(&sort)), condition.holds(&item));
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in prop_oneof![word_salad(), ".{0,60}"]) {
        let placeholders = || {
            let names = BTreeMap::from([("#n".to_owned(), "n".to_owned())]);
            let values = BTreeMap::from([(":v".to_owned(), V::N(1.into()).to_wire())]);
            Placeholders::read(Some(names), Some(values)).expect("proper")
        };
        let item = Item::from([("a".to_owned(), V::L(vec![V::Null]))]);
        if let Ok(condition) = Condition::parse(Kind::Condition, &text, &mut placeholders()) {
            condition.holds(&item);
            drop(KeyConditions::of_condition(&condition));
        }
        if let Ok(update) = Update::parse(&text, &mut placeholders()) {
            drop(update.apply(&item));
        }
        drop(Projection::parse(&text, &mut placeholders()).map(|projection| projection.of(&item)));
        drop(partiql::Statement::parse(&text, Vec::new()));
        drop(partiql::Statement::parse(&format!("SELECT * FROM t WHERE {text}"), vec![V::Null]));
        drop(partiql::Statement::parse(&format!("UPDATE t SET {text}"), vec![V::Null]));
    }
}
