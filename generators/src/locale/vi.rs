//! Vietnamese for `fake`: names, provinces, phones, and the way dong are written. All text is NFC.
//!
//! `fake` picks uniformly from a list, so frequencies are made by repeating entries: the lists below are weights out of
//! a hundred, written out at compile time. A name is family, middle, given; `fake` knows no middle names, so the whole
//! person is [`Person`] with the faker [`PersonVi`].
//! Source: frequencies of family names after Lê Trung Hoa, "Họ và tên người Việt Nam" (2005), rounded; operators' phone
//! prefixes as of the 2018 renumbering; provinces after the reform of July 2025, weights assumed.

use fake::faker::name::raw::{FirstName, LastName};
use fake::locales::Data;
use fake::{Dummy, Fake, RngExt};

/// The locale, as `fake`'s fakers take it: `FirstName(VI)`.
#[derive(Clone, Copy, Debug)]
pub struct VI;

/// Writes each entry as often as its weight says.
const fn weighted<const N: usize>(entries: &[(&'static str, usize)]) -> [&'static str; N] {
    let mut out = [""; N];
    let (mut filled, mut entry) = (0, 0);
    while entry < entries.len() {
        let mut left = entries[entry].1;
        while left > 0 {
            out[filled] = entries[entry].0;
            filled += 1;
            left -= 1;
        }
        entry += 1;
    }
    assert!(filled == N, "the weights add up to the length");
    out
}

const FAMILY_NAMES: [&str; 100] = weighted(&[
    ("Nguyễn", 38),
    ("Trần", 11),
    ("Lê", 10),
    ("Phạm", 7),
    ("Hoàng", 3),
    ("Huỳnh", 3),
    ("Phan", 4),
    ("Vũ", 2),
    ("Võ", 2),
    ("Đặng", 3),
    ("Bùi", 3),
    ("Đỗ", 3),
    ("Hồ", 2),
    ("Ngô", 2),
    ("Dương", 2),
    ("Lý", 1),
    ("Đinh", 1),
    ("Trịnh", 1),
    ("Mai", 1),
    ("Tô", 1),
]);

const MIDDLE_NAMES_MALE: [&str; 50] = weighted(&[
    ("Văn", 16),
    ("Hữu", 5),
    ("Đức", 5),
    ("Minh", 6),
    ("Quang", 4),
    ("Quốc", 4),
    ("Thanh", 3),
    ("Xuân", 3),
    ("Ngọc", 2),
    ("Anh", 2),
]);

const MIDDLE_NAMES_FEMALE: [&str; 50] = weighted(&[
    ("Thị", 20),
    ("Ngọc", 6),
    ("Thu", 5),
    ("Thanh", 4),
    ("Kim", 3),
    ("Thùy", 3),
    ("Phương", 3),
    ("Hồng", 3),
    ("Minh", 2),
    ("Quỳnh", 1),
]);

const GIVEN_NAMES_MALE: [&str; 24] = [
    "Anh", "Bảo", "Cường", "Dũng", "Đạt", "Đức", "Hải", "Hiếu", "Hùng", "Huy", "Khánh", "Khoa", "Kiên",
    "Long", "Minh", "Nam", "Phúc", "Quân", "Sơn", "Thắng", "Thành", "Trung", "Tuấn", "Việt",
];

const GIVEN_NAMES_FEMALE: [&str; 24] = [
    "Anh", "Châu", "Chi", "Dung", "Giang", "Hà", "Hạnh", "Hiền", "Hoa", "Hương", "Huyền", "Lan", "Linh",
    "Mai", "My", "Nga", "Ngọc", "Nhung", "Quỳnh", "Thảo", "Thư", "Trang", "Vân", "Yến",
];

/// Both lists, for `fake`'s own `FirstName`, which knows no gender.
const GIVEN_NAMES: [&str; 48] = {
    let mut all = [""; 48];
    let mut n = 0;
    while n < 24 {
        all[n] = GIVEN_NAMES_MALE[n];
        all[24 + n] = GIVEN_NAMES_FEMALE[n];
        n += 1;
    }
    all
};

const PROVINCES: [&str; 100] = weighted(&[
    ("Thành phố Hồ Chí Minh", 13),
    ("Hà Nội", 8),
    ("Hải Phòng", 5),
    ("An Giang", 4),
    ("Đồng Nai", 4),
    ("Đồng Tháp", 4),
    ("Cần Thơ", 4),
    ("Vĩnh Long", 4),
    ("Phú Thọ", 4),
    ("Ninh Bình", 4),
    ("Thanh Hóa", 4),
    ("Bắc Ninh", 3),
    ("Hưng Yên", 3),
    ("Lâm Đồng", 3),
    ("Nghệ An", 3),
    ("Gia Lai", 3),
    ("Đắk Lắk", 3),
    ("Đà Nẵng", 3),
    ("Tây Ninh", 3),
    ("Cà Mau", 2),
    ("Khánh Hòa", 2),
    ("Quảng Ngãi", 2),
    ("Quảng Trị", 1),
    ("Quảng Ninh", 1),
    ("Hà Tĩnh", 1),
    ("Huế", 1),
    ("Thái Nguyên", 1),
    ("Lào Cai", 1),
    ("Tuyên Quang", 1),
    ("Sơn La", 1),
    ("Lạng Sơn", 1),
    ("Điện Biên", 1),
    ("Cao Bằng", 1),
    ("Lai Châu", 1),
]);

/// Mobile prefixes by operator: Viettel, VinaPhone, MobiFone, Vietnamobile, Gmobile.
pub const MOBILE_PREFIXES: [(&str, &[&str]); 5] = [
    ("Viettel", &["032", "033", "034", "035", "036", "037", "038", "039", "086", "096", "097", "098"]),
    ("VinaPhone", &["081", "082", "083", "084", "085", "088", "091", "094"]),
    ("MobiFone", &["070", "076", "077", "078", "079", "089", "090", "093"]),
    ("Vietnamobile", &["052", "056", "058", "092"]),
    ("Gmobile", &["059", "099"]),
];

/// Ten digits; an operator's share follows from how many of its prefixes stand here.
const MOBILE_FORMATS: [&str; 50] = weighted(&[
    ("032#######", 2),
    ("033#######", 2),
    ("034#######", 2),
    ("035#######", 2),
    ("036#######", 2),
    ("037#######", 2),
    ("038#######", 2),
    ("039#######", 2),
    ("086#######", 2),
    ("096#######", 2),
    ("097#######", 3),
    ("098#######", 3),
    ("081#######", 1),
    ("082#######", 1),
    ("083#######", 1),
    ("084#######", 1),
    ("085#######", 1),
    ("088#######", 1),
    ("091#######", 2),
    ("094#######", 2),
    ("070#######", 1),
    ("076#######", 1),
    ("077#######", 1),
    ("078#######", 1),
    ("079#######", 1),
    ("089#######", 1),
    ("090#######", 2),
    ("093#######", 1),
    ("052#######", 1),
    ("056#######", 1),
    ("058#######", 1),
    ("059#######", 1),
    ("092#######", 1),
]);

impl Data for VI {
    const NAME_FIRST_NAME: &'static [&'static str] = &GIVEN_NAMES;
    const NAME_LAST_NAME: &'static [&'static str] = &FAMILY_NAMES;
    const NAME_TITLE: &'static [&'static str] = &["Ông", "Bà", "Anh", "Chị"];
    const NAME_TPL: &'static str = "{LastName} {FirstName}";
    const NAME_WITH_TITLE_TPL: &'static str = "{Title} {LastName} {FirstName}";
    const ADDRESS_COUNTRY: &'static [&'static str] = &["Việt Nam"];
    const ADDRESS_COUNTRY_CODE: &'static [&'static str] = &["VN"];
    const ADDRESS_STATE: &'static [&'static str] = &PROVINCES;
    const ADDRESS_TIME_ZONE: &'static [&'static str] = &["Asia/Ho_Chi_Minh"];
    const PHONE_NUMBER_FORMATS: &'static [&'static str] = &MOBILE_FORMATS;
    const PHONE_CELL_NUMBER_FORMATS: &'static [&'static str] = &MOBILE_FORMATS;
    /// Domains that RFC 2606 reserves: no generated address reaches anyone.
    const INTERNET_FREE_EMAIL_PROVIDER: &'static [&'static str] =
        &["example.com", "example.net", "example.org"];
    const CURRENCY_CODE: &'static [&'static str] = &["VND"];
    const CURRENCY_NAME: &'static [&'static str] = &["Đồng"];
    const CURRENCY_SYMBOL: &'static [&'static str] = &["₫"];
}

/// A person's gender, as it shapes a Vietnamese name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gender {
    /// `Nam`
    Male,
    /// `Nữ`
    Female,
}

impl Gender {
    /// `M` or `F`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Male => "M",
            Self::Female => "F",
        }
    }
}

/// A Vietnamese name with its three parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// Họ.
    pub family_name: &'static str,
    /// Tên đệm.
    pub middle_name: &'static str,
    /// Tên.
    pub given_name: &'static str,
    /// Decides middle and given name.
    pub gender: Gender,
}

impl Person {
    /// Family, middle and given name, in this order.
    pub fn full_name(&self) -> String {
        [self.family_name, self.middle_name, self.given_name].join(" ")
    }
}

/// The faker of [`Person`]: `PersonVi.fake_with_rng(&mut stream)`.
#[derive(Clone, Copy, Debug)]
pub struct PersonVi;

impl Dummy<PersonVi> for Person {
    fn dummy_with_rng<R: RngExt + ?Sized>(_: &PersonVi, rng: &mut R) -> Self {
        let gender = if rng.random_bool(0.5) { Gender::Male } else { Gender::Female };
        Self {
            family_name: LastName(VI).fake_with_rng(rng),
            middle_name: match gender {
                Gender::Male => LastName(Gendered::<true>).fake_with_rng(rng),
                Gender::Female => LastName(Gendered::<false>).fake_with_rng(rng),
            },
            given_name: match gender {
                Gender::Male => FirstName(Gendered::<true>).fake_with_rng(rng),
                Gender::Female => FirstName(Gendered::<false>).fake_with_rng(rng),
            },
            gender,
        }
    }
}

/// The names of one gender as a locale of its own, since `fake` has one list of given names per locale. Its list of
/// family names holds the middle names.
#[derive(Clone, Copy)]
struct Gendered<const MALE: bool>;

impl Data for Gendered<true> {
    const NAME_FIRST_NAME: &'static [&'static str] = &GIVEN_NAMES_MALE;
    const NAME_LAST_NAME: &'static [&'static str] = &MIDDLE_NAMES_MALE;
}

impl Data for Gendered<false> {
    const NAME_FIRST_NAME: &'static [&'static str] = &GIVEN_NAMES_FEMALE;
    const NAME_LAST_NAME: &'static [&'static str] = &MIDDLE_NAMES_FEMALE;
}

/// Dong as Vietnamese texts write them: dots between thousands, the sign last. `39.847.495 ₫`
pub fn format_vnd(dong: i64) -> String {
    let digits = dong.unsigned_abs().to_string();
    let mut out = String::from(if dong < 0 { "-" } else { "" });
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    out + " ₫"
}

#[cfg(test)]
mod tests;
