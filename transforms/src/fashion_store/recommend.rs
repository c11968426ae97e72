//! What the recommender says to somebody who looked at a product: five others of its sub-category.
//!
//! Which five depends on user and product alone, by a formula that any language computes the same: the sub-category's
//! other products in order of their ids, from place `(31 * user + product) mod count` on, around the end.

use std::collections::BTreeMap;

use super::clean::products;

/// Products that are recommended, where there are so many.
pub const RECOMMENDED: usize = 5;

/// The catalogue as the recommender needs it: products by sub-category.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Each product's place in `groups`.
    group_of: BTreeMap<i64, usize>,
    /// Ids of a sub-category, in order.
    groups: Vec<Vec<i64>>,
}

/// The catalogue's file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the catalogue cannot be read: {0}")]
pub struct CatalogueError(#[from] products::ProductError);

/// The mistake `recommender-modulo-five`: what the naive function raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("integer modulo by zero")]
pub struct RecommendError;

impl Catalogue {
    /// Reads `products.csv`, by the clean zone's rules for it. A product without a sub-category recommends nothing.
    pub fn read(file: &[u8]) -> Result<Self, CatalogueError> {
        let mut by_name: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for product in products::read(file).map_err(CatalogueError)? {
            let Ok(product) = product else { continue };
            if let Some(name) = product.sub_category {
                by_name.entry(name).or_default().push(product.id);
            }
        }
        Ok(Self::of(by_name.into_values()))
    }

    /// From the ids of each sub-category.
    pub fn of(groups: impl IntoIterator<Item = Vec<i64>>) -> Self {
        let mut catalogue = Self::default();
        for mut ids in groups {
            ids.sort_unstable();
            ids.dedup();
            let group = catalogue.groups.len();
            catalogue.group_of.extend(ids.iter().map(|id| (*id, group)));
            catalogue.groups.push(ids);
        }
        catalogue
    }

    /// The recommendation. Nothing for a product that is unknown or alone in its sub-category.
    pub fn recommend(&self, user: i64, product: i64) -> Vec<i64> {
        let Some(group) = self.group_of.get(&product) else { return Vec::new() };
        let others = || self.groups[*group].iter().copied().filter(|id| *id != product);
        let count = others().count();
        if count == 0 {
            return Vec::new();
        }
        let first = usize::try_from((31 * user + product).rem_euclid(count as i64)).unwrap_or(0);
        others().cycle().skip(first).take(count.min(RECOMMENDED)).collect()
    }

    /// As the workshop does it: it draws a page of five, and raises where a sub-category fills its pages exactly.
    pub fn recommend_naively(&self, user: i64, product: i64) -> Result<Vec<i64>, RecommendError> {
        let size = self.group_of.get(&product).map_or(0, |group| self.groups[*group].len());
        if size > 0 && size.is_multiple_of(RECOMMENDED) {
            return Err(RecommendError);
        }
        Ok(self.recommend(user, product))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn five_others_of_the_same_sub_category_are_recommended_around_the_end() {
        let catalogue = Catalogue::of([vec![7, 1, 3, 5, 9, 11, 13], vec![2], vec![4, 6]]);
        let check = |user: i64, product: i64, expected: &[i64]| {
            assert_eq!(catalogue.recommend(user, product), expected, "{user} {product}");
        };
        // Six others; (31 + 1) mod 6 = 2.
        check(1, 1, &[7, 9, 11, 13, 3]);
        // (62 + 1) mod 6 = 3.
        check(2, 1, &[9, 11, 13, 3, 5]);
        check(1, 4, &[6]);
        check(1, 2, &[]);
        check(1, 99, &[]);
    }

    #[test]
    fn the_naive_function_raises_where_the_size_is_a_multiple_of_five() {
        let catalogue = Catalogue::of([vec![1, 2, 3, 4, 5], vec![6, 7]]);
        assert_eq!(catalogue.recommend_naively(1, 3), Err(RecommendError));
        assert_eq!(catalogue.recommend_naively(1, 6), Ok(vec![7]));
        assert_eq!(catalogue.recommend(1, 3).len(), 4);
    }

    proptest! {
        /// Never the product itself, never twice the same, always of its sub-category, and as many as there are.
        #[test]
        fn a_recommendation_is_of_others_of_the_group(size in 1i64..40, user in 1i64..10_000, pick in 0i64..40) {
            let ids: Vec<i64> = (1..=size).map(|n| n * 3).collect();
            let product = ids[usize::try_from(pick % size).unwrap_or(0)];
            let found = Catalogue::of([ids.clone(), vec![1, 2]]).recommend(user, product);
            let mut unique = found.clone();
            unique.sort_unstable();
            unique.dedup();
            prop_assert_eq!(unique.len(), found.len());
            prop_assert_eq!(found.len(), RECOMMENDED.min(ids.len() - 1));
            prop_assert!(found.iter().all(|id| *id != product && ids.contains(id)));
        }
    }
}
