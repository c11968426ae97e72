//! What stands between `{{` and `}}`: the helpers of faker.js that the Kinesis Data Generator's templates use.
//!
//! Names and arguments are those of faker.js 3 and 4 (`random.number` includes its bounds; `weightedArrayElement` is
//! the Kinesis Data Generator's own). Documented: the generator's help page, as in `kdg.rs`; words are the crate `fake`'s.

use std::fmt::Write as _;

use fake::locales::{Data, EN};
use rand::{Rng, RngExt};
use serde_json::Value;
use wavetank_types::{Stream, Timestamp};

use super::moment::Format;

/// How dates are written unless a pattern is given. Assumed: ISO 8601 as `Date` prints in JSON.
const DATE_FORMAT_DEFAULT: &str = "YYYY-MM-DDTHH:mm:ss.SSS[Z]";
/// Numbers go up to this unless a bound is given. Documented: faker.js.
const NUMBER_MAX_DEFAULT: f64 = 99_999.0;

/// One call, with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Call {
    /// Both bounds included, in steps.
    Number {
        min: f64,
        step: f64,
        steps: u64,
    },
    /// One of these.
    Element(Vec<String>),
    /// One of these; the first whose running sum of weights exceeds the draw.
    Weighted {
        sums: Vec<f64>,
        data: Vec<String>,
    },
    /// The instant at which the record is sent.
    Date(Format),
    Uuid,
    Boolean,
    Alphanumeric(u64),
    /// One of a vocabulary's words.
    Word(&'static [&'static str]),
    /// Several words with one space between.
    Words(Vec<&'static [&'static str]>),
    Email,
    Ip,
    Mac,
    Digits(&'static [&'static str]),
    Coordinate(f64),
    Price,
}

type Words = &'static [&'static str];

const PRODUCT_ADJECTIVES: Words =
    &["Small", "Ergonomic", "Rustic", "Sleek", "Practical", "Handcrafted", "Light", "Durable"];
const PRODUCT_MATERIALS: Words = &["Steel", "Wooden", "Concrete", "Plastic", "Cotton", "Granite", "Rubber"];
const PRODUCTS: Words = &["Chair", "Car", "Computer", "Keyboard", "Mouse", "Bike", "Ball", "Gloves", "Shirt"];
const DEPARTMENTS: Words = &["Books", "Movies", "Music", "Games", "Electronics", "Home", "Garden", "Toys"];
const COLORS: Words = &["red", "green", "blue", "yellow", "purple", "orange", "teal", "black", "white"];

/// The calls that take no argument but a vocabulary.
const WORDS: [(&str, &[Words]); 22] = [
    ("address.city", &[EN::ADDRESS_CITY_PREFIX, EN::NAME_LAST_NAME]),
    ("address.country", &[EN::ADDRESS_COUNTRY]),
    ("address.countryCode", &[EN::ADDRESS_COUNTRY_CODE]),
    ("address.state", &[EN::ADDRESS_STATE]),
    ("address.stateAbbr", &[EN::ADDRESS_STATE_ABBR]),
    ("address.streetName", &[EN::NAME_LAST_NAME, EN::ADDRESS_STREET_SUFFIX]),
    ("commerce.color", &[COLORS]),
    ("commerce.department", &[DEPARTMENTS]),
    ("commerce.product", &[PRODUCTS]),
    ("commerce.productName", &[PRODUCT_ADJECTIVES, PRODUCT_MATERIALS, PRODUCTS]),
    ("company.companyName", &[EN::NAME_LAST_NAME, EN::COMPANY_SUFFIX]),
    ("finance.currencyCode", &[EN::CURRENCY_CODE]),
    ("internet.domainWord", &[EN::LOREM_WORD]),
    ("internet.userAgent", &[EN::INTERNET_USER_AGENT]),
    ("internet.userName", &[EN::NAME_FIRST_NAME]),
    ("lorem.word", &[EN::LOREM_WORD]),
    ("name.findName", &[EN::NAME_FIRST_NAME, EN::NAME_LAST_NAME]),
    ("name.firstName", &[EN::NAME_FIRST_NAME]),
    ("name.jobTitle", &[EN::JOB_SENIORITY, EN::JOB_FIELD, EN::JOB_POSITION]),
    ("name.lastName", &[EN::NAME_LAST_NAME]),
    ("name.prefix", &[EN::NAME_TITLE]),
    ("random.word", &[EN::LOREM_WORD]),
];

impl Call {
    /// Reads a call after its `{{`; answers also where the text after its `}}` begins.
    pub(super) fn parse(text: &str) -> Result<(Self, usize), String> {
        let name_end = text.find(['(', '}']).ok_or("this call is not closed: `}}` is missing")?;
        let name = text[..name_end].trim();
        let (argument, end) = match text[name_end..].strip_prefix('(') {
            Some(inner) => argument(inner).map(|(argument, end)| (argument, name_end + 1 + end))?,
            None => (None, name_end),
        };
        if !text[end..].starts_with("}}") {
            return Err(format!("`{name}` is not closed: `}}}}` is missing"));
        }
        Ok((Self::named(name, argument)?, end + 2))
    }

    fn named(name: &str, argument: Option<Value>) -> Result<Self, String> {
        let refuse = |what: &str| Err(format!("`{name}` takes {what}"));
        Ok(match (name, argument) {
            ("random.number", argument) => number(argument, 1.0).ok_or_else(|| {
                "`random.number` takes a greatest number or {\"min\":..,\"max\":..}, min not above max"
                    .to_owned()
            })?,
            ("random.float", argument) => number(argument, 0.01).ok_or_else(|| {
                "`random.float` takes a greatest number or {\"min\":..,\"max\":..,\"precision\":..}"
                    .to_owned()
            })?,
            ("random.arrayElement", Some(Value::Array(data))) if !data.is_empty() => {
                Self::Element(data.iter().map(plain).collect())
            }
            ("random.arrayElement", _) => return refuse("a list with something in it"),
            ("random.weightedArrayElement", argument) => match argument.as_ref().and_then(weighted) {
                Some(call) => call,
                None => {
                    return refuse("{\"weights\":[..],\"data\":[..]}, one weight of at least 0 for each");
                }
            },
            ("date.now" | "date.utc", argument) => match argument {
                None => Self::Date(Format::parse(DATE_FORMAT_DEFAULT)?),
                Some(Value::String(pattern)) => Self::Date(Format::parse(&pattern)?),
                Some(_) => return refuse("a pattern such as \"YYYY-MM-DD HH:mm:ss.SSS\""),
            },
            ("random.alphaNumeric", argument) => match argument {
                None => Self::Alphanumeric(1),
                Some(count) => match count.as_u64().filter(|count| *count <= 10_000) {
                    Some(count) => Self::Alphanumeric(count),
                    None => return refuse("a count up to 10000"),
                },
            },
            (_, Some(_)) if Self::without_argument(name).is_some() => return refuse("no argument"),
            (name, _) => Self::without_argument(name).ok_or_else(|| unknown(name))?,
        })
    }

    fn without_argument(name: &str) -> Option<Self> {
        Some(match name {
            "random.uuid" => Self::Uuid,
            "random.boolean" => Self::Boolean,
            "internet.email" => Self::Email,
            "internet.ip" => Self::Ip,
            "internet.mac" => Self::Mac,
            "phone.phoneNumber" => Self::Digits(EN::PHONE_NUMBER_FORMATS),
            "address.zipCode" => Self::Digits(EN::ADDRESS_POSTCODE_FORMATS),
            "finance.account" => Self::Digits(&["########"]),
            "address.latitude" => Self::Coordinate(90.0),
            "address.longitude" => Self::Coordinate(180.0),
            "commerce.price" => Self::Price,
            name => {
                let (_, words) = WORDS.iter().find(|(known, _)| *known == name)?;
                if let [words] = words { Self::Word(words) } else { Self::Words(words.to_vec()) }
            }
        })
    }

    /// Appends one draw.
    pub(super) fn write(&self, out: &mut String, stream: &mut Stream, at: Timestamp) {
        let pick = |stream: &mut Stream, words: Words| words[stream.random_range(0..words.len())];
        match self {
            Self::Number { min, step, steps } => {
                push_number(out, min + step * stream.random_range(0..=*steps) as f64, *step);
            }
            Self::Element(data) => out.push_str(&data[stream.random_range(0..data.len())]),
            Self::Weighted { sums, data } => {
                let draw = stream.random::<f64>() * sums.last().copied().unwrap_or_default();
                let at = sums.partition_point(|sum| *sum <= draw).min(data.len() - 1);
                out.push_str(&data[at]);
            }
            Self::Date(format) => format.write(out, at),
            Self::Uuid => push_uuid(out, stream.next_u64(), stream.next_u64()),
            Self::Boolean => out.push_str(if stream.random() { "true" } else { "false" }),
            Self::Alphanumeric(count) => {
                const LETTERS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
                out.extend((0..*count).map(|_| char::from(LETTERS[stream.random_range(0..LETTERS.len())])));
            }
            Self::Word(words) => out.push_str(pick(stream, words)),
            Self::Words(parts) => {
                for (at, words) in parts.iter().enumerate() {
                    out.push_str(if at > 0 { " " } else { "" });
                    out.push_str(pick(stream, words));
                }
            }
            Self::Email => {
                // A domain that reaches no one: RFC 2606.
                let (first, last) = (pick(stream, EN::NAME_FIRST_NAME), pick(stream, EN::NAME_LAST_NAME));
                let number = stream.random_range(0..100);
                push(out, format_args!("{first}.{}{number}@example.com", last.replace('\'', "")));
            }
            Self::Ip => {
                let [a, b, c, d] = stream.next_u32().to_be_bytes();
                push(out, format_args!("{a}.{b}.{c}.{d}"));
            }
            Self::Mac => {
                let [a, b, c, d, e, f, ..] = stream.next_u64().to_be_bytes();
                push(out, format_args!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}"));
            }
            Self::Digits(formats) => {
                for c in pick(stream, formats).chars() {
                    out.push(match c {
                        '#' => char::from(b'0' + stream.random_range(0..10u8)),
                        '^' => char::from(b'1' + stream.random_range(0..9u8)),
                        other => other,
                    });
                }
            }
            Self::Coordinate(limit) => {
                push(out, format_args!("{:.4}", stream.random_range(-*limit..=*limit)));
            }
            Self::Price => push(out, format_args!("{}.00", stream.random_range(1..=1_000))),
        }
    }
}

/// What stands in the parentheses, and where the text after `)` begins. What is no JSON is text, as in faker.js.
fn argument(text: &str) -> Result<(Option<Value>, usize), String> {
    let ends = || text.match_indices(")}}").map(|(end, _)| end);
    // Text in the arguments may hold what closes them: the first end that makes JSON is meant.
    let json = |end| serde_json::from_str::<Value>(&text[..end]).ok().map(|value| (Some(value), end + 1));
    if let Some(found) = ends().find_map(json) {
        return Ok(found);
    }
    let end = ends().next().ok_or("the arguments are not closed: `)}}` is missing")?;
    let plain = text[..end].trim();
    if plain.starts_with(['{', '[']) {
        return Err(format!("`{plain}` is not JSON"));
    }
    Ok((Some(plain).filter(|plain| !plain.is_empty()).map(Value::from), end + 1))
}

fn number(argument: Option<Value>, step_default: f64) -> Option<Call> {
    let (min, max, step) = match argument {
        None => (0.0, NUMBER_MAX_DEFAULT, step_default),
        Some(Value::Object(bounds)) => {
            let bound = |name: &str, default: f64| bounds.get(name).map_or(Some(default), Value::as_f64);
            let min = bound("min", 0.0)?;
            (min, bound("max", min + NUMBER_MAX_DEFAULT)?, bound("precision", step_default)?)
        }
        Some(max) => (0.0, max.as_f64()?, step_default),
    };
    let steps = ((max - min) / step + 1e-9).floor();
    let fits = min <= max && step > 0.0 && steps < 9e15;
    fits.then_some(Call::Number { min, step, steps: steps as u64 })
}

fn weighted(argument: &Value) -> Option<Call> {
    let weights: Option<Vec<f64>> = argument.get("weights")?.as_array()?.iter().map(Value::as_f64).collect();
    let (weights, data) = (weights?, argument.get("data")?.as_array()?);
    let sums: Vec<f64> = weights
        .iter()
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect();
    let fits = weights.len() == data.len() && weights.iter().all(|weight| *weight >= 0.0);
    let fits = fits && sums.last().is_some_and(|sum| *sum > 0.0);
    fits.then(|| Call::Weighted { sums, data: data.iter().map(plain).collect() })
}

/// A datum as it stands in a record: text without its quotes, the rest as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn unknown(name: &str) -> String {
    let others = ["random.number", "random.float", "random.arrayElement", "random.weightedArrayElement"];
    let others = others.iter().chain(&["random.alphaNumeric", "date.now", "date.utc", "random.uuid"]);
    let others = others.chain(&["random.boolean", "internet.email", "internet.ip", "internet.mac"]);
    let others = others.chain(&["phone.phoneNumber", "address.zipCode", "finance.account", "commerce.price"]);
    let others = others.chain(&["address.latitude", "address.longitude"]).copied();
    let mut known: Vec<&str> = others.chain(WORDS.iter().map(|(known, _)| *known)).collect();
    known.sort_unstable();
    format!("there is no helper `{name}`\nhint: there are {}", known.join(", "))
}

/// A whole number without a fraction, another with the digits that its step has.
fn push_number(out: &mut String, number: f64, step: f64) {
    if step.fract() == 0.0 && number.fract() == 0.0 {
        push(out, format_args!("{number:.0}"));
    } else {
        // Sums of steps such as 0.1 end in noise; their digits are those of the step.
        let digits = (0..12).find(|digits| (step * 10f64.powi(*digits)).fract().abs() < 1e-9).unwrap_or(12);
        let text = format!("{number:.*}", digits as usize);
        out.push_str(text.trim_end_matches('0').trim_end_matches('.'));
    }
}

fn push_uuid(out: &mut String, high: u64, low: u64) {
    let high = (high & !0xF000) | 0x4000;
    let low = (low & !(0b11 << 62)) | (0b10 << 62);
    let (a, b, c) = (high >> 32, (high >> 16) & 0xFFFF, high & 0xFFFF);
    push(out, format_args!("{a:08x}-{b:04x}-{c:04x}-{:04x}-{:012x}", low >> 48, low & 0xFFFF_FFFF_FFFF));
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a String takes what is written");
}
