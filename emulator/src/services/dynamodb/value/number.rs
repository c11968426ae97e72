//! [`Number`]: a decimal of up to 38 significant digits, as DynamoDB keeps them.
//!
//! Zero, or a magnitude from 1E-130 to 9.9999999999999999999999999999999999999E+125, either sign. No binary fraction ever
//! touches it. Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// Significant digits, at most.
pub(crate) const DIGITS_MAX: u32 = 38;
/// The power of ten of the first digit, at most and at least.
const MAGNITUDE_MAX: i32 = 125;
const MAGNITUDE_MIN: i32 = -130;

/// A decimal: `digits * 10^exponent`, negated if `negative`.
///
/// Kept in one form: `digits` has no trailing zero, and zero is `0 * 10^0`, not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Number {
    negative: bool,
    digits: u128,
    exponent: i16,
}

/// Why a text or a sum is no number that DynamoDB keeps.
///
/// Recorded, for the sentences: dynalite's tests (github.com/mhart/dynalite, `test/`), which run against AWS too.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NumberError {
    #[error("The parameter cannot be converted to a numeric value")]
    Empty,
    #[error("The parameter cannot be converted to a numeric value: {0}")]
    NotANumber(String),
    #[error("Attempting to store more than 38 significant digits in a Number")]
    TooManyDigits,
    #[error("Number overflow. Attempting to store a number with magnitude larger than supported range")]
    Overflow,
    #[error("Number underflow. Attempting to store a number with magnitude smaller than supported range")]
    Underflow,
}

impl Number {
    /// Nothing.
    pub(crate) const ZERO: Self = Self { negative: false, digits: 0, exponent: 0 };

    /// In the one form, or refused.
    fn normal(negative: bool, mut digits: u128, mut exponent: i32) -> Result<Self, NumberError> {
        if digits == 0 {
            return Ok(Self::ZERO);
        }
        if let Ok(mut small) = u64::try_from(digits) {
            // Most numbers are small, and division of 128 bits is slow.
            while small.is_multiple_of(10) {
                small /= 10;
                exponent += 1;
            }
            digits = small.into();
        }
        while digits.is_multiple_of(10) {
            digits /= 10;
            exponent += 1;
        }
        let count = digits.ilog10() + 1;
        let magnitude = exponent + count.cast_signed() - 1;
        if magnitude > MAGNITUDE_MAX {
            return Err(NumberError::Overflow);
        }
        if magnitude < MAGNITUDE_MIN {
            return Err(NumberError::Underflow);
        }
        if count > DIGITS_MAX {
            return Err(NumberError::TooManyDigits);
        }
        let exponent = i16::try_from(exponent).expect("between the magnitudes, less 38");
        Ok(Self { negative, digits, exponent })
    }

    /// Its parts: sign, significant digits, power of ten of the last of them.
    pub(super) const fn parts(&self) -> (bool, u128, i16) {
        (self.negative, self.digits, self.exponent)
    }

    /// The same, for forms that keep the digits.
    pub(crate) const fn decimal(&self) -> (bool, u128, i16) {
        self.parts()
    }

    /// From what `parts` gave.
    pub(super) const fn of_parts(negative: bool, digits: u128, exponent: i16) -> Self {
        Self { negative, digits, exponent }
    }

    /// How many significant digits it has; none if it is zero.
    pub(crate) const fn significant_digits(&self) -> u32 {
        match self.digits {
            0 => 0,
            digits => digits.ilog10() + 1,
        }
    }

    /// Whether it is below zero.
    pub(crate) const fn is_negative(&self) -> bool {
        self.negative
    }

    /// The power of ten of its first digit.
    pub(super) fn magnitude(&self) -> i32 {
        i32::from(self.exponent) + self.significant_digits().cast_signed() - 1
    }

    /// The integer it is, if it is one that fits.
    pub(crate) fn as_i64(&self) -> Option<i64> {
        let exponent = u32::try_from(self.exponent).ok()?;
        let digits = i128::try_from(self.digits).ok()?.checked_mul(10_i128.checked_pow(exponent)?)?;
        i64::try_from(if self.negative { -digits } else { digits }).ok()
    }

    /// With the other sign.
    pub(crate) const fn negated(self) -> Self {
        Self { negative: !self.negative && self.digits != 0, ..self }
    }

    /// The sum, exactly, or refused: DynamoDB does not round.
    ///
    /// Assumed: that a sum of more than 38 digits is refused with the words for a number that is too long.
    pub(crate) fn plus(self, other: Self) -> Result<Self, NumberError> {
        if self.digits == 0 {
            return Ok(other);
        }
        if other.digits == 0 {
            return Ok(self);
        }
        let (high, low) = if self.exponent >= other.exponent { (self, other) } else { (other, self) };
        // The last digit of `low` is not zero, so that digits which do not fit here would not fit a number either.
        let shift = u32::from((high.exponent - low.exponent).unsigned_abs());
        let raised = 10_u128
            .checked_pow(shift)
            .and_then(|power| high.digits.checked_mul(power))
            .ok_or_else(|| Self::too_wide(high, low))?;
        let exponent = i32::from(low.exponent);
        if high.negative == low.negative {
            let sum = raised.checked_add(low.digits).ok_or(NumberError::TooManyDigits)?;
            return Self::normal(high.negative, sum, exponent);
        }
        match raised.cmp(&low.digits) {
            Ordering::Less => Self::normal(low.negative, low.digits - raised, exponent),
            _ => Self::normal(high.negative, raised - low.digits, exponent),
        }
    }

    /// Why two numbers whose digits lie far apart have no sum here.
    fn too_wide(high: Self, low: Self) -> NumberError {
        let carries = high.magnitude() == MAGNITUDE_MAX && high.negative == low.negative;
        if carries && high.digits == 10_u128.pow(high.significant_digits()) - 1 {
            return NumberError::Overflow;
        }
        NumberError::TooManyDigits
    }

    /// The difference, by the rules of the sum.
    pub(crate) fn minus(self, other: Self) -> Result<Self, NumberError> {
        self.plus(other.negated())
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::normal(value < 0, u128::from(value.unsigned_abs()), 0).expect("19 digits at most")
    }
}

impl FromStr for Number {
    type Err = NumberError;

    /// Digits with an optional sign, point and exponent: `-1.5e3`. Zeros before and after do not count.
    fn from_str(text: &str) -> Result<Self, NumberError> {
        if text.is_empty() {
            return Err(NumberError::Empty);
        }
        // Most numbers are a few digits and nothing else.
        if text.len() < 19 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let digits = text.bytes().fold(0_u64, |digits, byte| digits * 10 + u64::from(byte - b'0'));
            return Self::normal(false, digits.into(), 0);
        }
        let wrong = || NumberError::NotANumber(text.to_owned());
        let (negative, rest) = match text.as_bytes()[0] {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, power) = match rest.find(['e', 'E']) {
            Some(at) => (&rest[..at], power(&rest[at + 1..]).ok_or_else(wrong)?),
            None => (rest, 0),
        };
        let (mut digits, mut exponent, mut seen) = (0_u128, power, false);
        let (mut zeros, mut after_point) = (0_u32, false);
        for byte in mantissa.bytes() {
            match byte {
                b'0'..=b'9' => {
                    seen = true;
                    exponent -= i64::from(after_point);
                    if byte == b'0' {
                        zeros += u32::from(digits != 0);
                        continue;
                    }
                    // Zeros between digits count only once a digit follows.
                    let raise = zeros + 1;
                    zeros = 0;
                    let power = 10_u128.checked_pow(raise).ok_or(NumberError::TooManyDigits)?;
                    let raised = digits.checked_mul(power).ok_or(NumberError::TooManyDigits)?;
                    digits = raised.checked_add(u128::from(byte - b'0')).ok_or(NumberError::TooManyDigits)?;
                }
                b'.' if !after_point => after_point = true,
                _ => return Err(wrong()),
            }
        }
        if !seen {
            return Err(wrong());
        }
        let exponent = exponent.saturating_add(i64::from(zeros)).clamp(-100_000, 100_000);
        Self::normal(negative, digits, i32::try_from(exponent).expect("clamped"))
    }
}

/// An exponent's digits. One too long for 32 bits stands for one that is far out of range.
fn power(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let power = digits.parse::<i64>().unwrap_or(i64::MAX).min(1_000_000);
    Some(if text.starts_with('-') { -power } else { power })
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.cmp_magnitude(other),
            (true, true) => other.cmp_magnitude(self),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Number {
    fn cmp_magnitude(&self, other: &Self) -> Ordering {
        match (self.digits, other.digits) {
            (0, 0) => return Ordering::Equal,
            (0, _) => return Ordering::Less,
            (_, 0) => return Ordering::Greater,
            _ => {}
        }
        let aligned = |number: &Self| number.digits * 10_u128.pow(DIGITS_MAX - number.significant_digits());
        self.magnitude().cmp(&other.magnitude()).then_with(|| aligned(self).cmp(&aligned(other)))
    }
}

impl Number {
    /// Appends its text: without an exponent, whatever the size, as DynamoDB answers.
    pub(super) fn push_to(&self, out: &mut Vec<u8>) {
        if self.negative {
            out.push(b'-');
        }
        // Most numbers are small, and division of 128 bits is slow.
        let (mut small, mut large) = (itoa::Buffer::new(), itoa::Buffer::new());
        let text = match u64::try_from(self.digits) {
            Ok(digits) => small.format(digits),
            Err(_) => large.format(self.digits),
        };
        let text = text.as_bytes();
        let exponent = usize::from(self.exponent.unsigned_abs());
        if self.exponent >= 0 {
            out.extend_from_slice(text);
            out.resize(out.len() + exponent, b'0');
            return;
        }
        match text.len().checked_sub(exponent) {
            Some(whole) if whole > 0 => {
                out.extend_from_slice(&text[..whole]);
                out.push(b'.');
                out.extend_from_slice(&text[whole..]);
            }
            _ => {
                out.extend_from_slice(b"0.");
                out.resize(out.len() + exponent - text.len(), b'0');
                out.extend_from_slice(text);
            }
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(24);
        self.push_to(&mut text);
        f.write_str(std::str::from_utf8(&text).expect("digits, a sign and a point"))
    }
}
