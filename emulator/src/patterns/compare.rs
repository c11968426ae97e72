//! What patterns and SNS's filter policies compare alike: numbers with bounds, addresses with networks.
//!
//! The languages differ around it (what a path is, what `anything-but` takes, when two numbers are equal, how refusals read),
//! so each keeps its own rules.

use std::net::IpAddr;

/// How a number stands to a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// As patterns spell it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "=" => Some(Self::Equal),
            "<" => Some(Self::Less),
            "<=" => Some(Self::LessOrEqual),
            ">" => Some(Self::Greater),
            ">=" => Some(Self::GreaterOrEqual),
            _ => None,
        }
    }

    /// Whether it holds, where numbers are the same if `same` says so.
    pub(crate) fn holds(self, number: f64, bound: f64, same: impl Fn(f64, f64) -> bool) -> bool {
        match self {
            Self::Equal => same(number, bound),
            Self::Less => number < bound,
            Self::LessOrEqual => number <= bound,
            Self::Greater => number > bound,
            Self::GreaterOrEqual => number >= bound,
        }
    }
}

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// None if an address has fewer bits than that.
    pub(crate) fn new(address: IpAddr, bits: u8) -> Option<Self> {
        (bits <= width(address)).then_some(Self { address, bits })
    }

    /// Whether the text is an address of it.
    pub(crate) fn has(self, text: &str) -> bool {
        let number = |address: IpAddr| match address {
            IpAddr::V4(address) => u128::from(u32::from(address)),
            IpAddr::V6(address) => u128::from(address),
        };
        let host_bits = u32::from(width(self.address) - self.bits);
        let network = |address| number(address).checked_shr(host_bits);
        text.parse().is_ok_and(|given: IpAddr| {
            given.is_ipv4() == self.address.is_ipv4() && network(given) == network(self.address)
        })
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}
