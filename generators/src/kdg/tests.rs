//! Templates as people write them, the places of mistakes, and rates.

use std::time::Duration;

use expect_test::{Expect, expect};

use super::*;

const DEVICES: &str = r#"{
 "uuid": "{{random.uuid}}",
 "device_ts": "{{date.utc("YYYY-MM-DD HH:mm:ss.SSS")}}",
 "device_id": {{random.number(50)}},
 "device_temp": {{random.weightedArrayElement({"weights":[0.30, 0.30, 0.20, 0.20],"data":[32, 34, 28, 40]})}},
 "track_id": {{random.number({"min":0, "max":30})}},
 "activity_type": {{random.arrayElement(["\"Running\"", "\"Walking\""])}}
}"#;

fn record(template: &str, number: u64) -> String {
    Template::parse(template).expect("a template").record(Seed(7), number, Timestamp::TANK_EPOCH)
}

#[test]
fn a_record_is_one_line_and_depends_on_seed_and_number_only() {
    let check = |number, expected: Expect| expected.assert_eq(&record(DEVICES, number));
    check(
        0,
        expect![[r#"
        { "uuid": "bc138d5e-720c-40a9-8d65-fd02e6808b4c", "device_ts": "2026-01-05 00:00:00.000", "device_id": 46, "device_temp": 40, "track_id": 19, "activity_type": "Running"}
    "#]],
    );
    check(
        1,
        expect![[r#"
        { "uuid": "8acbf551-69af-4256-bdf3-674355275100", "device_ts": "2026-01-05 00:00:00.000", "device_id": 18, "device_temp": 34, "track_id": 10, "activity_type": "Walking"}
    "#]],
    );
    assert_eq!(record(DEVICES, 5), record(DEVICES, 5));
}

#[test]
fn every_record_of_a_json_template_is_json_within_its_bounds() {
    let template = Template::parse(DEVICES).expect("a template");
    let (mut tracks, mut temperatures) = ([0u32; 31], std::collections::BTreeMap::<i64, u32>::new());
    for number in 0..2_000 {
        let line = template.record(Seed(1), number, Timestamp::TANK_EPOCH);
        let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert!((0..=50).contains(&value["device_id"].as_i64().expect("a number")));
        tracks[usize::try_from(value["track_id"].as_u64().expect("a number")).expect("small")] += 1;
        *temperatures.entry(value["device_temp"].as_i64().expect("a number")).or_default() += 1;
        assert!(matches!(value["activity_type"].as_str(), Some("Running" | "Walking")));
    }
    assert!(tracks.iter().all(|count| *count > 0), "both bounds are included: {tracks:?}");
    // Weights 0.3, 0.3, 0.2, 0.2.
    let near = |degrees: i64, expected: u32| temperatures[&degrees].abs_diff(expected) < 80;
    assert!(near(32, 600) && near(34, 600) && near(28, 400) && near(40, 400), "{temperatures:?}");
}

#[test]
fn helpers_write_what_their_names_say() {
    let check = |template: &str, expected: Expect| expected.assert_eq(record(template, 3).trim_end());
    check("{{random.float({\"min\":0,\"max\":1,\"precision\":0.25})}}", expect!["1"]);
    check("{{random.number({\"min\":-3,\"max\":-3})}}", expect!["-3"]);
    check("{{random.boolean}} {{random.alphaNumeric(8)}}", expect!["false xx9jymuc"]);
    check("{{name.firstName}} {{name.lastName}}, {{address.city}}", expect!["Deon Walter, Port Funk"]);
    check(
        "{{internet.email}} {{internet.ip}} {{internet.mac}}",
        expect!["Deon.Walter93@example.com 64.219.168.82 f1:f9:c4:7b:8c:73"],
    );
    check(
        "{{phone.phoneNumber}} {{commerce.price}} {{commerce.productName}}",
        expect!["1-992-596-8358 x710 720.00 Practical Plastic Gloves"],
    );
    check(
        "{{date.now(DD/MMM/YYYY:HH:mm:ss ZZ)}} {{date.now}} {{date.now(\"X x\")}}",
        expect!["05/Jan/2026:00:00:00 +0000 2026-01-05T00:00:00.000Z 1767571200 1767571200000"],
    );
}

#[test]
fn mistakes_are_named_with_their_place() {
    let check = |template: &str, expected: Expect| {
        expected.assert_eq(&Template::parse(template).expect_err("a mistake").to_string());
    };
    check(
        "a\n b {{random.numbr(3)}}",
        expect![[r#"
        line 2, column 4: there is no helper `random.numbr`
        hint: there are address.city, address.country, address.countryCode, address.latitude, address.longitude, address.state, address.stateAbbr, address.streetName, address.zipCode, commerce.color, commerce.department, commerce.price, commerce.product, commerce.productName, company.companyName, date.now, date.utc, finance.account, finance.currencyCode, internet.domainWord, internet.email, internet.ip, internet.mac, internet.userAgent, internet.userName, lorem.word, name.findName, name.firstName, name.jobTitle, name.lastName, name.prefix, phone.phoneNumber, random.alphaNumeric, random.arrayElement, random.boolean, random.float, random.number, random.uuid, random.weightedArrayElement, random.word"#]],
    );
    check("{{random.uuid", expect!["line 1, column 1: this call is not closed: `}}` is missing"]);
    check("{{random.number(", expect!["line 1, column 1: the arguments are not closed: `)}}` is missing"]);
    check(
        "{{random.number({\"min\":9,\"max\":1})}}",
        expect![[
            r#"line 1, column 1: `random.number` takes a greatest number or {"min":..,"max":..}, min not above max"#
        ]],
    );
    check("{{random.arrayElement([1,)}}", expect!["line 1, column 1: `[1,` is not JSON"]);
    check(
        "{{random.arrayElement([])}}",
        expect!["line 1, column 1: `random.arrayElement` takes a list with something in it"],
    );
    check(
        "{{random.weightedArrayElement({\"weights\":[1],\"data\":[1,2]})}}",
        expect![[
            r#"line 1, column 1: `random.weightedArrayElement` takes {"weights":[..],"data":[..]}, one weight of at least 0 for each"#
        ]],
    );
    check("{{random.uuid(3)}}", expect!["line 1, column 1: `random.uuid` takes no argument"]);
    check(
        "{{date.utc(\"YYYY-QQ\")}}",
        expect![[r#"
        line 1, column 1: `YYYY-QQ`: `Q` is no token of a date
        hint: put plain text into [..]"#]],
    );
}

#[test]
fn rates_add_up_and_swing() {
    let check = |rate: &str, secs: &[(f64, u64)]| {
        let rate: Rate = rate.parse().expect(rate);
        for (secs, records) in secs {
            assert_eq!(rate.records(Duration::from_secs_f64(*secs)), *records, "{rate:?} after {secs}");
        }
    };
    check("2000/s", &[(0.0, 0), (0.0005, 1), (1.0, 2_000), (60.0, 120_000)]);
    check("0.5/s", &[(1.0, 0), (2.0, 1)]);
    check("100/s..300/s@10s", &[(0.0, 0), (10.0, 2_000), (20.0, 4_000)]);
    let swing: Rate = "0/s..10/s@60s".parse().expect("a rate");
    let first = swing.records(Duration::from_secs(15));
    let second = swing.records(Duration::from_secs(30)) - first;
    assert!(first < second, "slow at the start: {first}, {second}");
    for wrong in ["2000", "x/s", "-1/s", "5/s..1/s@1m", "1/s..5/s@0s", "1/s..5/s"] {
        assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
    }
}
