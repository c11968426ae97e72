//! Partition expressions: which partitions they let through.

use super::{column, values};
use crate::services::glue::expression::Expression;

const PARTITIONS: [[&str; 3]; 5] = [
    ["2023", "12", "ha noi"],
    ["2024", "1", "hue"],
    ["2024", "2", "da_nang"],
    ["2024", "10", "o'hare"],
    ["2025", "1", "__HIVE_DEFAULT_PARTITION__"],
];

/// Compares the positions of the partitions that pass; `Err` is the refusal.
fn check(text: &str, expected: Result<&[usize], &str>) {
    let keys = [column("year", "string"), column("month", "int"), column("city", "string")];
    let found = Expression::read(text, &keys).map_err(|error| error.to_string()).map(|expression| {
        let passes = |at: &usize| expression.admits(&values(&PARTITIONS[*at]));
        (0..PARTITIONS.len()).filter(passes).collect::<Vec<_>>()
    });
    assert_eq!(found, expected.map(<[usize]>::to_vec).map_err(str::to_owned), "{text}");
}

#[test]
fn numbers_are_compared_as_numbers_and_text_as_text() {
    check("month > 2", Ok(&[0, 3]));
    check("month > '2'", Ok(&[0, 3]));
    check("month = '01'", Ok(&[1, 4]));
    check("month >= 1.5", Ok(&[0, 2, 3]));
    check("city < 'e'", Ok(&[2, 4]));
    check("year = 2024", Ok(&[1, 2, 3]));
    check("'2024' < year", Ok(&[4]));
    check("1 = month", Ok(&[1, 4]));
}

#[test]
fn and_binds_before_or_and_not_before_both() {
    check("year='2024' AND month>='02'", Ok(&[2, 3]));
    check("year='2023' or year='2024' and month=1", Ok(&[0, 1]));
    check("(year='2023' or year='2024') and month=1", Ok(&[1]));
    check("not year='2024' and not month=12", Ok(&[4]));
    check("NOT (year='2024' OR month=12)", Ok(&[4]));
}

#[test]
fn sets_ranges_patterns_and_absence() {
    check("month in (1, '12')", Ok(&[0, 1, 4]));
    check("month NOT IN (1)", Ok(&[0, 2, 3]));
    check("month between 2 and 10 and year = '2024'", Ok(&[2, 3]));
    check("month not between 2 and 12", Ok(&[1, 4]));
    check("city like 'h%'", Ok(&[0, 1]));
    check("city like 'da_n%g'", Ok(&[2]));
    check("city not like '%a%'", Ok(&[1, 4]));
    check("city is null", Ok(&[4]));
    check("city is not null and year > '2024'", Ok(&[]));
    check("city = 'o''hare'", Ok(&[3]));
    check("`city` = 'hue' or \"year\" <> '2024' and city != 'hue'", Ok(&[0, 1, 4]));
}

#[test]
fn a_malformed_expression_is_refused() {
    for text in
        ["year", "year =", "= 1", "year = '2024", "year = '1' year", "(year = '1'", "month in ()", "year ! 1"]
    {
        check(text, Err(&format!("Unsupported expression '{text}'")));
    }
    check("day = 1", Err("Column 'day' is not a partition key"));
    check("month = 'may'", Err("'may' is not a value of partition key 'month' of type int"));
    let deep = format!("{}year=1{}", "(".repeat(900), ")".repeat(900));
    check(&deep, Err(&format!("Unsupported expression '{deep}'")));
}
