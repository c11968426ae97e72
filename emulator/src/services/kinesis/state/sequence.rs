//! Sequence numbers of AWS's shape: 56 digits that hold when the shard was made, the record's place, its second and the shard.
//!
//! Recorded: the layout, by kinesalite's `db/index.js`, whose tests run against AWS. As hexadecimal digits: `2`, 9 of the
//! shard's creation in seconds, 1 of the shard's number, 16 of the place, 2 zeros, 9 of the record's second, 8 of the shard's
//! number, `2` for the version. Two older versions are read and never written.
//! Assumed: places count per shard (AWS counts them for a few shards together).

/// What a sequence number of today's version holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Sequence {
    /// When the shard was made, in seconds since the epoch.
    pub(in super::super) created: u64,
    /// The record's place in its shard. The first is 1; 0 is where the shard begins.
    pub(in super::super) place: u64,
    /// When the record came, in seconds since the epoch.
    pub(in super::super) second: u64,
    /// The shard's number.
    pub(in super::super) shard: u32,
}

/// The place of a closed shard's last sequence number.
pub(in super::super) const PLACE_MAX: u64 = 0x7fff_ffff_ffff_ffff;

/// 10^19: three of these digits make a sequence number.
const BASE: u64 = 10_000_000_000_000_000_000;

/// As many as a digit of base 10^19 has in base 10.
const ZEROS: &str = "0000000000000000000";

/// What one place more adds: 2^80.
const NEXT: [u64; 3] = [0, 120_892, 5_819_614_629_174_706_176];

/// A sequence number as three digits of base 10^19, the first the greatest.
///
/// A batch's numbers differ by one place each: adding that is cheaper than dividing anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Digits([u64; 3]);

impl Digits {
    /// The number one place further in the same shard and second.
    pub(in super::super) fn next(self) -> Self {
        let mut sum = [0; 3];
        let mut carry = 0;
        for at in (0..3).rev() {
            // Both digits are below 10^19, but their sum need not fit.
            let room = BASE - NEXT[at] - carry;
            let over = self.0[at] >= room;
            sum[at] = if over { self.0[at] - room } else { self.0[at] + NEXT[at] + carry };
            carry = u64::from(over);
        }
        Self(sum)
    }

    pub(in super::super) fn text(self) -> String {
        let mut text = String::with_capacity(57);
        for value in self.0 {
            let mut buffer = itoa::Buffer::new();
            let digits = buffer.format(value);
            if !text.is_empty() {
                text.push_str(&ZEROS[digits.len()..]);
            }
            // Numbers begin with a digit that is not 0.
            if !text.is_empty() || value > 0 {
                text.push_str(digits);
            }
        }
        text
    }
}

impl Sequence {
    /// The whole number, 64 bits each, the first the greatest.
    fn limbs(self) -> [u64; 3] {
        let shard = u64::from(self.shard);
        let second = self.second & 0xf_ffff_ffff;
        [
            (2 << 56) | ((self.created & 0xf_ffff_ffff) << 20) | ((shard & 0xf) << 16) | (self.place >> 48),
            (self.place << 16) | (second >> 28),
            (second << 36) | (shard << 4) | 2,
        ]
    }

    pub(in super::super) fn digits(self) -> Digits {
        let mut limbs = self.limbs();
        let mut digits = [0; 3];
        for digit in digits.iter_mut().rev() {
            let mut rest = 0_u64;
            for limb in &mut limbs {
                let whole = (u128::from(rest) << 64) | u128::from(*limb);
                *limb = (whole / u128::from(BASE)) as u64;
                rest = (whole % u128::from(BASE)) as u64;
            }
            *digit = rest;
        }
        Digits(digits)
    }

    pub(in super::super) fn text(self) -> String {
        self.digits().text()
    }
}

/// What a client's sequence number holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Parsed {
    pub(in super::super) version: u8,
    pub(in super::super) created: u64,
    pub(in super::super) place: u64,
    pub(in super::super) second: u64,
    /// Below 0 when its first bit is set.
    pub(in super::super) shard: i64,
}

/// The latest second that AWS accepts. Recorded: kinesalite, as above.
const SECOND_MAX: u64 = 16_025_175_000;

impl Parsed {
    /// Reads a number. `None` if it is of no version that AWS knows.
    pub(in super::super) fn read(text: &str) -> Option<Self> {
        let mut limbs = [0_u64; 3];
        for digit in text.bytes() {
            let mut carry = u64::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?);
            for limb in limbs.iter_mut().rev() {
                let whole = u128::from(*limb) * 10 + u128::from(carry);
                *limb = whole as u64;
                carry = (whole >> 64) as u64;
            }
            if carry > 0 {
                return None;
            }
        }
        let low = (u128::from(limbs[1]) << 64) | u128::from(limbs[2]);
        if limbs[0] < 2 {
            let low = if limbs[0] == 0 && low < 1 << 124 { low + (1 << 124) } else { low };
            return Self::version_0(low);
        }
        if limbs[0] >> 56 != 2 {
            return None;
        }
        match limbs[2] & 0xf {
            1 => Some(Self::version_1(limbs)),
            2 => Self::version_2(limbs),
            _ => None,
        }
    }

    fn version_0(low: u128) -> Option<Self> {
        let created = ((low >> 88) & 0xf_ffff_ffff) as u64;
        let shard = (low & 0xffff) as i64;
        (created < SECOND_MAX).then_some(Self { version: 0, created, place: 0, second: 0, shard })
    }

    fn version_1(limbs: [u64; 3]) -> Self {
        let second = ((limbs[0] & 0xff) << 28) | (limbs[1] >> 36);
        let created = (limbs[0] >> 20) & 0xf_ffff_ffff;
        let shard = ((limbs[2] >> 4) & 0xffff_ffff) as i64;
        Self { version: 1, created, place: (limbs[2] >> 36) & 0xff, second, shard }
    }

    fn version_2(limbs: [u64; 3]) -> Option<Self> {
        let place = (limbs[0] << 48) | (limbs[1] >> 16);
        let created = (limbs[0] >> 20) & 0xf_ffff_ffff;
        let bits = ((limbs[2] >> 4) & 0xffff_ffff) as u32;
        // As AWS tells it: the number without its first bit, with a minus before it.
        let shard = if bits >> 31 == 1 { -i64::from(bits) } else { i64::from(bits) };
        let second = ((limbs[1] & 0xff) << 28) | (limbs[2] >> 36);
        let fits = place <= PLACE_MAX && created < SECOND_MAX;
        fits.then_some(Self { version: 2, created, place, second, shard })
    }
}

/// A shard's name.
pub(in super::super) fn shard_id(number: i64) -> String {
    if number < 0 { format!("shardId--{:011}", -number) } else { format!("shardId-{number:012}") }
}

/// The number in a shard's name: what follows its first dash, or all of it. `None` if that is no number of AWS's.
///
/// Recorded: `shard-0` and `0` are taken for `shardId-000000000000` (kinesalite's tests, which run against AWS).
pub(in super::super) fn shard_number(id: &str) -> Option<u32> {
    let digits = id.split('-').nth(1).filter(|part| !part.is_empty()).unwrap_or(id);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = is_number.then(|| digits.parse().ok()).flatten()?;
    (number <= 0x7fff_ffff).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_from_aws_is_read_and_written_again() {
        // Recorded: public reports of AWS's answers.
        for text in [
            "49594189147623985939251953501666965394405037144469929986",
            "49674026002850188218576229259473476449429298564223254594",
            "49670023483232461788730612813735157811693693431491592722",
        ] {
            let parsed = Parsed::read(text).expect("a number of today's version");
            let sequence = Sequence {
                created: parsed.created,
                place: parsed.place,
                second: parsed.second,
                shard: u32::try_from(parsed.shard).expect("a shard"),
            };
            // AWS fills the two digits that are zeros here.
            let ours = sequence.text();
            assert_eq!((ours.len(), Parsed::read(&ours)), (56, Some(parsed)), "{text}");
            assert_eq!(ours[..20], text[..20]);
        }
    }

    #[test]
    fn the_next_place_is_one_addition_away() {
        let at = |place| Sequence { created: 1_767_571_200, place, second: 1_767_571_209, shard: 11 };
        for place in [0, 1, 15, 4_095, 0xffff_ffff, 0xffff_ffff_ffff, PLACE_MAX - 1] {
            assert_eq!(at(place).digits().next(), at(place + 1).digits(), "{place}");
        }
        assert_eq!(at(77).text().len(), 56);
    }

    #[test]
    fn small_numbers_hold_a_shard_and_large_ones_nothing() {
        assert_eq!(Parsed::read("5").map(|parsed| (parsed.version, parsed.shard)), Some((0, 5)));
        for text in ["3".repeat(57), "9".repeat(129), "26227199374822427428162556223570313216".to_owned()] {
            assert_eq!(Parsed::read(&text), None, "{text}");
        }
    }

    #[test]
    fn a_shards_name_may_be_short() {
        for (id, number) in [("shardId-000000000005", Some(5)), ("shard-0", Some(0)), ("7", Some(7))] {
            assert_eq!(shard_number(id), number);
        }
        for id in ["ABKLFD8", "shard-2147483648", "2.14E4", "shardId-"] {
            assert_eq!(shard_number(id), None, "{id}");
        }
    }
}
