//! Numbers against strings of digits, order against the bytes of keys, items against their packed form and the wire.

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

use super::*;

/// Numbers of every length and magnitude, as texts.
fn number_text() -> impl Strategy<Value = String> {
    ("-?[1-9][0-9]{0,36}(\\.[0-9]{0,1})?", -80_i32..80)
        .prop_map(|(digits, power)| format!("{digits}e{power}"))
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        number_text().prop_map(|text| text.parse().expect("in range")),
        any::<i32>().prop_map(|value| Number::from(i64::from(value))),
        (-20_i64..20).prop_map(Number::from),
    ]
}

/// Values of every type, some levels deep.
pub(crate) fn attribute_value() -> impl Strategy<Value = AttributeValue> {
    let blob = || vec(any::<u8>(), 0..6).prop_map(Bytes::from);
    let leaf = prop_oneof![
        ".{0,6}".prop_map(AttributeValue::S),
        number().prop_map(AttributeValue::N),
        blob().prop_map(AttributeValue::B),
        btree_set("[a-e]{1,2}", 1..4).prop_map(AttributeValue::Ss),
        btree_set(number(), 1..4).prop_map(AttributeValue::Ns),
        btree_set(blob(), 1..4).prop_map(AttributeValue::Bs),
        Just(AttributeValue::Null),
        any::<bool>().prop_map(AttributeValue::Bool),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(AttributeValue::L),
            btree_map("[a-e]{1,2}", inner, 0..4).prop_map(AttributeValue::M),
        ]
    })
}

fn encoded(value: &KeyValue) -> Vec<u8> {
    let mut out = Vec::new();
    value.encode(&mut out);
    out
}

/// As GetItem's body has it.
fn json_of(item: &wavetank_wire::Val) -> Vec<u8> {
    let output = wavetank_wire::dynamodb::SERVICE.operation("GetItem").expect("it is served").output;
    let member = output.members().iter().find(|member| member.name == "Item").expect("it has one");
    wavetank_wire::codec::json_document(member.shape, item)
}

proptest! {
    #[test]
    fn a_number_is_the_same_when_it_comes_back(one in number()) {
        prop_assert_eq!(one.to_string().parse::<Number>(), Ok(one));
    }

    #[test]
    fn small_numbers_add_and_compare_as_integers(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000) {
        let (x, y) = (Number::from(a), Number::from(b));
        prop_assert_eq!(x.plus(y), Ok(Number::from(a + b)));
        prop_assert_eq!(x.minus(y), Ok(Number::from(a - b)));
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        prop_assert_eq!(x.as_i64(), Some(a));
    }

    #[test]
    fn what_is_added_can_be_taken_away(a in number(), b in number()) {
        if let Ok(sum) = a.plus(b) {
            prop_assert_eq!(sum.minus(b), Ok(a));
        }
    }

    #[test]
    fn numbers_sort_as_their_bytes(a in number(), b in number()) {
        prop_assert_eq!(a.cmp(&b), encoded(&KeyValue::N(a)).cmp(&encoded(&KeyValue::N(b))));
    }

    #[test]
    fn binaries_sort_as_their_bytes(a in vec(0_u8..4, 0..6), b in vec(0_u8..4, 0..6)) {
        let of = |bytes: &Vec<u8>| encoded(&KeyValue::B(Bytes::from(bytes.clone())));
        prop_assert_eq!(a.cmp(&b), of(&a).cmp(&of(&b)));
    }

    #[test]
    fn an_item_survives_rest_and_wire(item in btree_map("[a-z]{1,4}", attribute_value(), 0..6)) {
        let packed = Packed::of(&item);
        prop_assert_eq!(&packed.unpack(), &item);
        for (name, value) in &item {
            prop_assert_eq!(packed.attribute(name), Some(value.clone()));
        }
        prop_assert_eq!(packed.attribute("~"), None);
        prop_assert_eq!(packed.item_bytes(), item_bytes(&item));
        prop_assert_eq!(&packed.to_wire(), &item_to_val(&item));
        prop_assert_eq!(json_of(&packed.to_wire()), json_of(&item_to_val(&item)), "the same JSON, byte by byte");
        prop_assert_eq!(&Packed::from_wire(packed.to_wire()).expect("an item"), &packed);
        prop_assert_eq!(&Packed::from_wire(item_to_val(&item)).expect("an item"), &packed);
        prop_assert_eq!(item_from_wire(item_to_wire(&item)), Ok(item));
    }
}

#[test]
fn numbers_are_read_and_shown_as_dynamodb_does() {
    let shown = |text: &str| text.parse::<Number>().map(|number| number.to_string());
    for (text, expected) in [
        ("0", "0"),
        ("-0", "0"),
        ("00012.500", "12.5"),
        ("1e3", "1000"),
        ("-1.5E-3", "-0.0015"),
        (".5", "0.5"),
        ("+7.", "7"),
        ("123456789012345678901234567890.12345678", "123456789012345678901234567890.12345678"),
    ] {
        assert_eq!(shown(text).as_deref(), Ok(expected), "{text}");
    }
    for (text, expected) in [
        ("", NumberError::Empty),
        ("1a", NumberError::NotANumber("1a".to_owned())),
        ("1e", NumberError::NotANumber("1e".to_owned())),
        ("1.2.3", NumberError::NotANumber("1.2.3".to_owned())),
        ("123456789012345678901234567890123456789", NumberError::TooManyDigits),
        ("1e126", NumberError::Overflow),
        ("-1e126", NumberError::Overflow),
        ("1e-131", NumberError::Underflow),
        ("1e99999999999999999999", NumberError::Overflow),
    ] {
        assert_eq!(shown(text), Err(expected), "{text}");
    }
    assert_eq!(shown("9.9999999999999999999999999999999999999E+125").map(|text| text.len()), Ok(126));
    assert_eq!(shown("1e-130").map(|text| text.len()), Ok(132));
}

#[test]
fn sums_keep_38_digits_or_are_refused() {
    let of = |text: &str| text.parse::<Number>().expect("a number");
    assert_eq!(of("1e38").plus(of("-1")).map(|sum| sum.to_string()), Ok("9".repeat(38)));
    assert_eq!(of("1e38").plus(of("1")), Err(NumberError::TooManyDigits));
    assert_eq!(of("1e125").plus(of("1e-130")), Err(NumberError::TooManyDigits));
    assert_eq!(of("9e125").plus(of("1e125")), Err(NumberError::Overflow));
}
