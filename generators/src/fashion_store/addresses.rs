//! Addresses as one value: a line in Viet Nam, two lines in the United States, and those of the armed forces.

use rand::{Rng as _, RngExt as _};
use wavetank_types::Stream;

const STREETS_VI: [&str; 16] = [
    "Nguyễn Trãi",
    "Lê Lợi",
    "Trần Hưng Đạo",
    "Hai Bà Trưng",
    "Lý Thường Kiệt",
    "Nguyễn Huệ",
    "Điện Biên Phủ",
    "Cách Mạng Tháng Tám",
    "Phan Đình Phùng",
    "Quang Trung",
    "Lê Duẩn",
    "Võ Văn Kiệt",
    "Kim Mã",
    "Cầu Giấy",
    "Bạch Đằng",
    "Hùng Vương",
];

const WARDS_VI: [&str; 12] = [
    "Bến Thành",
    "Hoàn Kiếm",
    "Cầu Kho",
    "Tân Định",
    "Hải Châu",
    "Ninh Kiều",
    "Thủ Đức",
    "Ba Đình",
    "Đống Đa",
    "Gò Vấp",
    "Bình Thạnh",
    "Hồng Bàng",
];

const STREETS_US: [&str; 16] = [
    "Maple",
    "Oak",
    "Cedar",
    "Walnut",
    "Lake View",
    "Hillcrest",
    "Jefferson",
    "Madison",
    "River",
    "Sunset",
    "Chestnut",
    "Park",
    "Spring",
    "Franklin",
    "Highland",
    "Meadow",
];

const STREET_ENDINGS_US: [&str; 8] =
    ["Street", "Avenue", "Road", "Lane", "Drive", "Court", "Village", "Parkways"];

const CITIES_US: [&str; 16] = [
    "Port Anna",
    "Lake Michael",
    "New Carol",
    "East Brian",
    "South Linda",
    "Northville",
    "West Tina",
    "Jonesbury",
    "Smithtown",
    "Davisshire",
    "Millerport",
    "Walkerside",
    "Bakerfort",
    "Hallstad",
    "Youngmouth",
    "Kinghaven",
];

const STATES_US: [&str; 16] =
    ["CA", "TX", "NY", "FL", "WA", "IL", "OH", "GA", "NC", "PA", "AZ", "CO", "VA", "OR", "MN", "WI"];

/// Every eighth address: 12.5 %; the workshop's file has about 13 %.
const MILITARY_ONE_IN: u64 = 8;

fn one_of<T: Copy>(stream: &mut Stream, options: &[T]) -> T {
    options[stream.random_range(0..options.len())]
}

/// `12 Nguyễn Trãi, Phường Bến Thành, Thành phố Hồ Chí Minh`
pub(super) fn vietnamese(stream: &mut Stream, province: &str) -> String {
    let number = stream.random_range(1..400);
    let (street, ward) = (one_of(stream, &STREETS_VI), one_of(stream, &WARDS_VI));
    format!("{number} {street}, Phường {ward}, {province}")
}

/// Two lines; those of the armed forces have neither a city nor a state that a map knows.
pub(super) fn american(stream: &mut Stream) -> String {
    let zip = stream.random_range(501..99_951);
    if stream.next_u64().is_multiple_of(MILITARY_ONE_IN) {
        let (unit, number) = (stream.random_range(1..10_000), stream.random_range(1..10_000));
        let first = match stream.random_range(0..3) {
            0 => format!("PSC {unit:04}, Box {number:04}"),
            1 => format!("Unit {unit:04} Box {number:04}"),
            _ => format!("USNS {}", one_of(stream, &CITIES_US)),
        };
        let (post, area) = (one_of(stream, &["APO", "FPO"]), one_of(stream, &["AA", "AE", "AP"]));
        return format!("{first}\n{post} {area} {zip:05}");
    }
    let number = stream.random_range(1..10_000);
    let (street, ending) = (one_of(stream, &STREETS_US), one_of(stream, &STREET_ENDINGS_US));
    let suite = match stream.random_range(0..3) {
        0 => format!(" Suite {:03}", stream.random_range(1..1_000)),
        1 => format!(" Apt. {:03}", stream.random_range(1..1_000)),
        _ => String::new(),
    };
    let (city, state) = (one_of(stream, &CITIES_US), one_of(stream, &STATES_US));
    format!("{number} {street} {ending}{suite}\n{city}, {state} {zip:05}")
}
