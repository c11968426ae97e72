//! Products: the rows of RDS's table, the rows of the public catalogue, and the dirt of its file.
//!
//! A dirty row is one of four in turn: a name with a comma that nothing quotes, `NA` for the usage, no year, empty columns
//! at the end. All of them can be read: what must come out is the product, without what the row does not say.

use rand::Rng as _;
use wavetank_types::Permutation;

use super::catalogue::{BRANDS, COLOURS, KINDS, Kind, SEASONS, USAGES, Wearer, YEAR_FIRST, YEARS};
use super::{NAME, Store};
use crate::defects::Share;
use crate::table::{
    Break, CHUNK_RECORDS, Chunk, Column, FileStyle, Table, TextColumns, chunk_len, chunks_of,
};
use crate::text::push_number;

/// The columns of RDS's table.
pub const PRODUCT_COLUMNS: [Column; 11] = [
    Column::number("id"),
    Column::text("gender"),
    Column::text("master_category"),
    Column::text("sub_category"),
    Column::text("article_type"),
    Column::text("base_colour"),
    Column::text("season"),
    Column::number("year"),
    Column::text("usage"),
    Column::text("product_display_name"),
    Column::number("price"),
];

/// The columns of the public catalogue, which knows no price.
pub const CATALOGUE_COLUMNS: [Column; 10] = [
    Column::number("id"),
    Column::text("gender"),
    Column::text("masterCategory"),
    Column::text("subCategory"),
    Column::text("articleType"),
    Column::text("baseColour"),
    Column::text("season"),
    Column::number("year"),
    Column::text("usage"),
    Column::text("productDisplayName"),
];

const NAME_COLUMN: usize = 9;

/// What is wrong with a row of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dirt {
    /// The name has a comma, and no quotes are around it: one field too many.
    BareComma,
    /// The usage is the text `NA`.
    NotAvailable,
    /// There is no year.
    NoYear,
    /// Two empty fields follow the last.
    Trailing,
}

impl Dirt {
    /// Every kind, in the order in which they take turns.
    pub const ALL: [Self; 4] = [Self::BareComma, Self::NotAvailable, Self::NoYear, Self::Trailing];

    /// The label in truth files.
    pub fn label(self) -> &'static str {
        match self {
            Self::BareComma => "bare-comma",
            Self::NotAvailable => "not-available",
            Self::NoYear => "no-year",
            Self::Trailing => "trailing-columns",
        }
    }
}

/// What is known of a product without drawing it: what orders and oracles need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// Such as `Apparel`.
    pub master_category: &'static str,
    /// Such as `Topwear`.
    pub sub_category: &'static str,
    /// Such as `Tshirts`.
    pub article_type: &'static str,
    /// A whole number.
    pub price: u64,
}

/// A product as it must be read from its row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns' names")]
pub struct Product {
    pub id: u64,
    pub gender: &'static str,
    pub item: Item,
    pub base_colour: &'static str,
    pub season: &'static str,
    /// `None` where the row is dirty.
    pub year: Option<u32>,
    /// `None` where the row says `NA`.
    pub usage: Option<&'static str>,
    pub product_display_name: String,
    /// What is wrong with its row.
    pub dirt: Option<Dirt>,
}

impl Store {
    /// A product's kind and price, by its id from 1 to `products`.
    pub fn item(&self, product_id: u64) -> Item {
        let kept = self.catalogue.kept[product_id as usize - 1];
        let Kind { master_category, sub_category, article_type, .. } = KINDS[usize::from(kept.kind)];
        Item { master_category, sub_category, article_type, price: u64::from(kept.price) }
    }

    /// A product, by its id from 1 to `products`.
    pub fn product(&self, id: u64) -> Product {
        let chunk = (id - 1) / CHUNK_RECORDS;
        self.product_with(id, Dirty::of(self, chunk).dirt((id - 1) % CHUNK_RECORDS))
    }

    /// The table of RDS.
    pub fn products(&self) -> Products<'_> {
        Products { store: self, columns: &PRODUCT_COLUMNS }
    }

    /// The public catalogue's file.
    pub fn catalogue(&self) -> Products<'_> {
        Products { store: self, columns: &CATALOGUE_COLUMNS }
    }

    fn product_with(&self, id: u64, dirt: Option<Dirt>) -> Product {
        let word = self.stream("products", id).next_u64();
        let pick = |at: u32, among: usize| (((word >> (at * 8)) & 0xFF) as usize * among) >> 8;
        let item = self.item(id);
        let wearer = KINDS[usize::from(self.catalogue.kept[id as usize - 1].kind)].wearer;
        let gender = match wearer {
            Wearer::Women => "Women",
            Wearer::Men => "Men",
            Wearer::Unisex => "Unisex",
            Wearer::Anybody => ["Men", "Men", "Men", "Women", "Women", "Boys", "Girls", "Unisex"][pick(0, 8)],
        };
        let base_colour = COLOURS[pick(1, COLOURS.len())];
        let comma = if dirt == Some(Dirt::BareComma) { ", " } else { " " };
        let brand = BRANDS[pick(2, BRANDS.len())];
        let product_display_name = [brand, " ", gender, comma, base_colour, " ", item.article_type].concat();
        let year = YEAR_FIRST + pick(4, YEARS as usize) as u32;
        let usage = USAGES[pick(5, USAGES.len())];
        Product {
            id,
            gender,
            item,
            base_colour,
            season: SEASONS[pick(3, SEASONS.len())],
            year: (dirt != Some(Dirt::NoYear)).then_some(year),
            usage: (dirt != Some(Dirt::NotAvailable)).then_some(usage),
            product_display_name,
            dirt,
        }
    }
}

/// Which rows of a chunk are dirty.
struct Dirty {
    shuffle: Permutation,
    count: u64,
}

impl Dirty {
    fn of(store: &Store, chunk: u64) -> Self {
        let len = chunk_len(store.plan.products, chunk);
        let first = chunk * CHUNK_RECORDS;
        let share = store.plan.defects.dirty;
        let count = share.of_first(first + len) - share.of_first(first);
        Self { shuffle: Permutation::new(store.plan.seed, &format!("{NAME}/dirt/{chunk}"), len), count }
    }

    fn dirt(&self, row: u64) -> Option<Dirt> {
        if self.count == 0 {
            return None;
        }
        let rank = self.shuffle.invert(row)?;
        (rank < self.count).then(|| Dirt::ALL[(rank % 4) as usize])
    }
}

/// The products as a table.
#[derive(Clone, Copy, Debug)]
pub struct Products<'a> {
    store: &'a Store,
    columns: &'static [Column],
}

impl Products<'_> {
    /// The products of one chunk, in order.
    pub fn of_chunk(&self, chunk: u64) -> impl Iterator<Item = Product> + use<'_> {
        let dirty = Dirty::of(self.store, chunk);
        let first = chunk * CHUNK_RECORDS;
        (0..chunk_len(self.store.plan.products, chunk))
            .map(move |row| self.store.product_with(first + row + 1, dirty.dirt(row)))
    }
}

impl Table for Products<'_> {
    fn columns(&self) -> &'static [Column] {
        self.columns
    }

    fn chunks(&self) -> u64 {
        chunks_of(self.store.plan.products)
    }

    fn chunk(&self, index: u64) -> Chunk {
        let mut columns = TextColumns::new(self.columns, chunk_len(self.store.plan.products, index));
        let mut breaks = Vec::new();
        for (row, product) in self.of_chunk(index).enumerate() {
            match product.dirt {
                Some(Dirt::BareComma) => breaks.push((row, Break::Bare { column: NAME_COLUMN })),
                Some(Dirt::Trailing) => breaks.push((row, Break::Trailing { fields: 2 })),
                _ => {}
            }
            columns.put(|text| push_number(text, product.id));
            columns.put_text(product.gender);
            columns.put_text(product.item.master_category);
            columns.put_text(product.item.sub_category);
            columns.put_text(product.item.article_type);
            columns.put_text(product.base_colour);
            columns.put_text(product.season);
            match product.year {
                Some(year) => columns.put(|text| push_number(text, u64::from(year))),
                None => columns.put_null(),
            }
            columns.put_text(product.usage.unwrap_or("NA"));
            columns.put_text(&product.product_display_name);
            if self.columns.len() == PRODUCT_COLUMNS.len() {
                columns.put(|text| self.store.push_price(text, product.item.price));
            }
        }
        Chunk { batch: columns.finish(), breaks }
    }

    fn file_style(&self) -> FileStyle {
        let breaks = self.store.plan.defects.dirty != Share::NONE;
        FileStyle { breaks, ..FileStyle::default() }
    }
}
