//! The Vietnamese vocabulary: normal form, prefixes, weights, and the writing of dong.

use icu_normalizer::ComposingNormalizerBorrowed;
use wavetank_types::Seed;

use super::*;

#[test]
fn every_word_of_the_vocabulary_is_in_normal_form_c() {
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let lists: [&[&str]; 8] = [
        &FAMILY_NAMES,
        &MIDDLE_NAMES_MALE,
        &MIDDLE_NAMES_FEMALE,
        &GIVEN_NAMES,
        &PROVINCES,
        VI::NAME_TITLE,
        VI::ADDRESS_COUNTRY,
        VI::CURRENCY_NAME,
    ];
    for word in lists.into_iter().flatten() {
        assert!(nfc.is_normalized(word), "{word}");
        assert_eq!(word.trim(), *word);
    }
}

#[test]
fn every_phone_has_ten_digits_and_an_operators_prefix() {
    use fake::faker::phone_number::raw::CellNumber;
    let mut stream = Seed(7).stream("phones");
    let known: Vec<&str> =
        MOBILE_PREFIXES.iter().flat_map(|(_, prefixes)| prefixes.iter().copied()).collect();
    for _ in 0..2_000 {
        let phone: String = CellNumber(VI).fake_with_rng(&mut stream);
        assert!(phone.len() == 10 && phone.bytes().all(|b| b.is_ascii_digit()), "{phone}");
        assert!(known.contains(&&phone[..3]), "{phone}");
    }
    let written = MOBILE_FORMATS.iter().map(|format| &format[..3]);
    assert!(written.into_iter().all(|prefix| known.contains(&prefix)));
}

#[test]
fn two_in_five_people_are_called_nguyen() {
    let mut stream = Seed(7).stream("names");
    let people = (0..10_000).map(|_| PersonVi.fake_with_rng::<Person, _>(&mut stream));
    let nguyen = people.filter(|person| person.family_name == "Nguyễn").count();
    assert!((3_600..4_000).contains(&nguyen), "{nguyen} of 10000");
}

#[test]
fn dong_are_written_with_dots_and_the_sign_last() {
    let check = |dong: i64, text: &str| assert_eq!(format_vnd(dong), text);
    check(0, "0 ₫");
    check(999, "999 ₫");
    check(39_847_495, "39.847.495 ₫");
    check(-1_000, "-1.000 ₫");
}
