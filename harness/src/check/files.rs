//! File health: not too many, none too large, none empty.

use std::collections::BTreeSet;

use wavetank_types::Said;

use super::Finding;
use crate::observe::Object;

/// Checks the files under a prefix.
pub fn check(objects: &[Object], count_max: u64, bytes_max: u64, bytes_mean_min: Option<u64>) -> Finding {
    let count = objects.len() as u64;
    let bytes: u64 = objects.iter().map(|object| object.size).sum();
    let is_bad = |object: &&Object| object.size == 0 || object.size > bytes_max;
    let bad: Vec<Said> = objects
        .iter()
        .filter(is_bad)
        .map(|object| Said::plain(format!("{}: {} bytes", object.uri(), object.size)))
        .collect();
    // A folder with something in it has one file at least.
    let folders: BTreeSet<&str> =
        objects.iter().map(|object| object.key.rsplit_once('/').map_or("", |(folder, _)| folder)).collect();
    let is_small = count > folders.len() as u64 && bytes / count < bytes_mean_min.unwrap_or(0);
    let holds = count > 0 && count <= count_max && bad.is_empty() && !is_small;
    let detail = Said::new(
        format!("{count} files (at most {count_max}), {bytes} bytes in all"),
        format!("{count} tệp (nhiều nhất {count_max}), tổng cộng {bytes} byte"),
    );
    let finding = Finding::new("files", holds, detail).with_examples(bad);
    match count {
        0 => finding.with_cause(Said::new(
            "nothing was written there; a path without its trailing slash is another path",
            "không có gì được ghi ở đó; đường dẫn thiếu dấu / ở cuối là một đường dẫn khác",
        )),
        _ if count > count_max || is_small => finding.with_cause(Said::new(
            "many small files make every query slow; write fewer, larger ones",
            "nhiều tệp nhỏ làm mọi truy vấn chậm; hãy ghi ít tệp hơn và lớn hơn",
        )),
        _ => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wavetank_types::Timestamp;

    #[test]
    fn too_many_too_large_empty_and_missing_files_are_found() {
        let object = |size| Object {
            bucket: "b".to_owned(),
            key: format!("k{size}"),
            size,
            modified: Timestamp::TANK_EPOCH,
        };
        let check = |sizes: &[u64], holds: bool| {
            let objects: Vec<Object> = sizes.iter().map(|size| object(*size)).collect();
            assert_eq!(!super::check(&objects, 2, 100, Some(1)).is_failed(), holds, "{sizes:?}");
        };
        check(&[1, 100], true);
        check(&[1, 1, 1], false);
        check(&[101], false);
        check(&[0], false);
        check(&[], false);
        let in_folder = |folder: &str| Object { key: format!("{folder}/k"), ..object(9) };
        assert!(!super::check(&[in_folder("1"), in_folder("2")], 2, 100, Some(10)).is_failed());
        let small = [object(9), object(10)];
        assert!(super::check(&small, 2, 100, Some(10)).is_failed());
        assert!(!super::check(&small, 2, 100, Some(9)).is_failed());
    }
}
