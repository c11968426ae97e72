//! What somebody may have meant: the known name that is most like the one that was written.

/// How many letters may differ.
const DISTANCE_MAX: usize = 3;

/// A hint: the known name that is most like `name`, or all of them.
pub fn nearest(name: &str, known: &[&str]) -> String {
    let near = known.iter().min_by_key(|other| distance(name, other));
    match near {
        Some(near) if distance(name, near) <= DISTANCE_MAX => format!("did you mean `{near}`?"),
        Some(_) => format!("there are {}", known.join(", ")),
        None => "there are none".to_owned(),
    }
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let substituted = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = substituted.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_meant_and_else_all_are_shown() {
        let check = |name: &str, known: &[&str], expected: &str| assert_eq!(nearest(name, known), expected);
        check("lat", &["late", "dirty"], "did you mean `late`?");
        check("producer_duplicate", &["producer-duplicate", "late"], "did you mean `producer-duplicate`?");
        check("malformed", &["late", "dirty"], "there are late, dirty");
        check("late", &[], "there are none");
    }
}
