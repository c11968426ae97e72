//! The catalogue's words, and the columns of every product that are kept in memory: its kind and its price.
//!
//! The columns and categories are those of the public data set "Fashion Product Images"; brands and frequencies are ours.

use rand::Rng as _;
use wavetank_types::Seed;

use super::NAME;
use super::popularity::Popularity;

/// Who wears a kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wearer {
    Anybody,
    Women,
    Men,
    Unisex,
}

/// A kind of thing that is sold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) master_category: &'static str,
    pub(super) sub_category: &'static str,
    pub(super) article_type: &'static str,
    pub(super) wearer: Wearer,
    /// How many of [`SHARES`] products are of this kind.
    share: u32,
}

const fn kind(
    master_category: &'static str,
    sub_category: &'static str,
    article_type: &'static str,
    wearer: Wearer,
    share: u32,
) -> Kind {
    Kind { master_category, sub_category, article_type, wearer, share }
}

use Wearer::{Anybody, Men, Unisex, Women};

/// Every kind.
pub(super) const KINDS: [Kind; 44] = [
    kind("Apparel", "Topwear", "Tshirts", Anybody, 160),
    kind("Apparel", "Topwear", "Shirts", Anybody, 72),
    kind("Apparel", "Topwear", "Tops", Women, 42),
    kind("Apparel", "Topwear", "Kurtas", Women, 34),
    kind("Apparel", "Topwear", "Sweatshirts", Anybody, 10),
    kind("Apparel", "Topwear", "Jackets", Anybody, 10),
    kind("Apparel", "Topwear", "Sweaters", Anybody, 8),
    kind("Apparel", "Bottomwear", "Jeans", Anybody, 18),
    kind("Apparel", "Bottomwear", "Shorts", Anybody, 14),
    kind("Apparel", "Bottomwear", "Trousers", Anybody, 16),
    kind("Apparel", "Bottomwear", "Track Pants", Anybody, 9),
    kind("Apparel", "Bottomwear", "Skirts", Women, 5),
    kind("Apparel", "Bottomwear", "Leggings", Women, 6),
    kind("Apparel", "Dress", "Dresses", Women, 14),
    kind("Apparel", "Innerwear", "Bra", Women, 14),
    kind("Apparel", "Innerwear", "Briefs", Anybody, 18),
    kind("Apparel", "Innerwear", "Innerwear Vests", Anybody, 8),
    kind("Apparel", "Loungewear and Nightwear", "Night suits", Women, 6),
    kind("Apparel", "Saree", "Sarees", Women, 10),
    kind("Apparel", "Socks", "Socks", Unisex, 12),
    kind("Accessories", "Watches", "Watches", Anybody, 58),
    kind("Accessories", "Bags", "Handbags", Women, 42),
    kind("Accessories", "Bags", "Backpacks", Unisex, 17),
    kind("Accessories", "Bags", "Laptop Bag", Unisex, 5),
    kind("Accessories", "Belts", "Belts", Anybody, 19),
    kind("Accessories", "Eyewear", "Sunglasses", Unisex, 25),
    kind("Accessories", "Jewellery", "Earrings", Women, 10),
    kind("Accessories", "Jewellery", "Pendant", Women, 8),
    kind("Accessories", "Wallets", "Wallets", Anybody, 21),
    kind("Accessories", "Ties", "Ties", Men, 6),
    kind("Accessories", "Headwear", "Caps", Unisex, 7),
    kind("Accessories", "Scarves", "Scarves", Women, 4),
    kind("Footwear", "Shoes", "Casual Shoes", Anybody, 64),
    kind("Footwear", "Shoes", "Sports Shoes", Anybody, 46),
    kind("Footwear", "Shoes", "Formal Shoes", Men, 14),
    kind("Footwear", "Shoes", "Heels", Women, 30),
    kind("Footwear", "Sandal", "Sandals", Anybody, 21),
    kind("Footwear", "Flip Flops", "Flip Flops", Anybody, 20),
    kind("Personal Care", "Fragrance", "Perfume and Body Mist", Anybody, 14),
    kind("Personal Care", "Fragrance", "Deodorant", Anybody, 8),
    kind("Personal Care", "Lips", "Lipstick", Women, 7),
    kind("Personal Care", "Nails", "Nail Polish", Women, 7),
    kind("Free Items", "Free Gifts", "Free Gifts", Unisex, 3),
    kind("Sporting Goods", "Sports Equipment", "Water Bottle", Unisex, 2),
];

const SHARES: u32 = {
    let (mut sum, mut at) = (0, 0);
    while at < KINDS.len() {
        sum += KINDS[at].share;
        at += 1;
    }
    sum
};

/// The lowest price, and how many there are. The workshop's: 1000 to 2000.
const PRICE_MIN: u16 = 1_000;
const PRICES: u64 = 1_001;

#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub(super) kind: u8,
    pub(super) price: u16,
}

/// Kind and price of every product, and which are looked at.
#[derive(Clone, Debug)]
pub(super) struct Catalogue {
    pub(super) kept: Vec<Kept>,
    pub(super) popularity: Popularity,
}

impl Catalogue {
    pub(super) fn draw(seed: Seed, products: u64) -> Self {
        let mut stream = seed.stream(&format!("{NAME}/catalogue"));
        let mut draw = || {
            let word = stream.next_u64();
            let mut share = ((word >> 32) * u64::from(SHARES)) >> 32;
            let kind = KINDS.iter().position(|kind| {
                let is_it = share < u64::from(kind.share);
                share = share.saturating_sub(u64::from(kind.share));
                is_it
            });
            let price = PRICE_MIN + (((word & u64::from(u32::MAX)) * PRICES) >> 32) as u16;
            Kept { kind: kind.unwrap_or(0) as u8, price }
        };
        let kept = (0..products).map(|_| draw()).collect();
        Self { kept, popularity: Popularity::new(seed, products) }
    }
}

pub(super) const BRANDS: [&str; 16] = [
    "Sen Vang",
    "Ao Dai House",
    "Saigon Thread",
    "Trang An",
    "Hoi An Tailors",
    "Bamboo & Co",
    "Lotus Line",
    "Mekong Wear",
    "Cyclo",
    "Phin",
    "Red River",
    "Dong Xuan",
    "Ben Thanh Basics",
    "Halong Blue",
    "Sapa Mist",
    "Non La",
];

pub(super) const COLOURS: [&str; 20] = [
    "Black",
    "White",
    "Blue",
    "Brown",
    "Grey",
    "Red",
    "Green",
    "Pink",
    "Navy Blue",
    "Purple",
    "Silver",
    "Yellow",
    "Beige",
    "Gold",
    "Maroon",
    "Orange",
    "Olive",
    "Multi",
    "Cream",
    "Charcoal",
];

pub(super) const SEASONS: [&str; 4] = ["Summer", "Fall", "Winter", "Spring"];

/// Most things are for every day.
pub(super) const USAGES: [&str; 16] = [
    "Casual",
    "Casual",
    "Casual",
    "Casual",
    "Casual",
    "Casual",
    "Casual",
    "Casual",
    "Casual",
    "Casual",
    "Sports",
    "Sports",
    "Ethnic",
    "Formal",
    "Smart Casual",
    "Party",
];

pub(super) const YEAR_FIRST: u32 = 2_019;
pub(super) const YEARS: u32 = 7;
