//! Addresses and subnets.
//!
//! Documented: CWL_QuerySyntax-operations-functions.html, IP address string functions.

use std::net::IpAddr;

/// Whether a text is an address of the family: 4, 6, or 0 for either.
pub(super) fn is_valid(text: &str, family: u8) -> bool {
    text.parse::<IpAddr>().is_ok_and(|address| is_of(address, family))
}

/// Whether an address is in a subnet such as `10.0.0.0/8`. Both must be of the family.
pub(super) fn is_in_subnet(address: &str, subnet: &str, family: u8) -> bool {
    let Some((base, length)) = subnet.split_once('/') else { return false };
    let (Ok(address), Ok(base)) = (address.parse::<IpAddr>(), base.parse::<IpAddr>()) else { return false };
    let Ok(length) = length.parse::<u32>() else { return false };
    if !is_of(address, family) {
        return false;
    }
    match (address, base) {
        (IpAddr::V4(address), IpAddr::V4(base)) => {
            let bits = u32::MAX.checked_shl(32_u32.saturating_sub(length)).unwrap_or(0);
            length <= 32 && address.to_bits() & bits == base.to_bits() & bits
        }
        (IpAddr::V6(address), IpAddr::V6(base)) => {
            let bits = u128::MAX.checked_shl(128_u32.saturating_sub(length)).unwrap_or(0);
            length <= 128 && address.to_bits() & bits == base.to_bits() & bits
        }
        _ => false,
    }
}

fn is_of(address: IpAddr, family: u8) -> bool {
    match family {
        4 => address.is_ipv4(),
        6 => address.is_ipv6(),
        _ => true,
    }
}
