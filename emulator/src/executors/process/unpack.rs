//! Unpacks a function's zip into a folder: bounded, and nowhere else.
//!
//! Links are refused, although AWS allows them: one that points outside would give the code's author our files.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::services::lambda::limits::UNZIPPED_BYTES_MAX;

/// Files and folders in one zip. Ours: AWS names no number.
const ENTRIES_MAX: usize = 50_000;

/// How much larger content may be than its zip, beyond [`RATIO_FREE_BYTES`]. Text shrinks to a tenth; bombs to a thousandth.
const RATIO_MAX: u64 = 200;

/// Content that may be of any ratio.
const RATIO_FREE_BYTES: u64 = 10 * 1_024 * 1_024;

/// Why a zip is not unpacked.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnpackError {
    #[error("the zip has more than {ENTRIES_MAX} entries")]
    TooManyEntries,
    #[error("the zip's content is over {UNZIPPED_BYTES_MAX} bytes")]
    TooLarge,
    #[error("the zip's content is over {RATIO_MAX} times as large as the zip")]
    TooDense,
    #[error("entry `{0}` is a link; hint: zip the files themselves (without `zip -y`)")]
    Link(String),
    #[error("entry `{0}` leads out of the function's folder")]
    Outside(String),
    #[error("the zip cannot be read: {0}")]
    Unreadable(#[from] zip::result::ZipError),
    #[error("the code cannot be written: {0}")]
    Unwritable(#[from] std::io::Error),
}

/// Unpacks `zip` into `folder`, which exists and is empty.
pub(super) fn unpack(zip: &Bytes, folder: &Path) -> Result<(), UnpackError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip.clone()))?;
    if archive.len() > ENTRIES_MAX {
        return Err(UnpackError::TooManyEntries);
    }
    let zipped = u64::try_from(zip.len()).unwrap_or(u64::MAX);
    let bytes_max = UNZIPPED_BYTES_MAX.min(RATIO_FREE_BYTES.max(zipped.saturating_mul(RATIO_MAX)));
    let mut left = bytes_max;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let name = entry.name()?.into_owned();
        if entry.is_symlink() {
            return Err(UnpackError::Link(name));
        }
        let path = folder.join(inside(&name).ok_or(UnpackError::Outside(name))?);
        if entry.is_dir() {
            fs::create_dir_all(&path)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mode = entry.unix_mode();
        // What the headers say of sizes is not believed: what comes out is counted.
        let written = copy(&mut (&mut entry).take(left + 1), &path)?;
        left = left.checked_sub(written).ok_or(match bytes_max {
            UNZIPPED_BYTES_MAX => UnpackError::TooLarge,
            _ => UnpackError::TooDense,
        })?;
        set_mode(&path, mode)?;
    }
    Ok(())
}

/// The path, if it is relative and made of plain names only.
fn inside(name: &str) -> Option<PathBuf> {
    let plain =
        |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', '\0', ':']);
    let trimmed = name.trim_end_matches('/');
    let path: PathBuf = trimmed.split('/').filter(|part| *part != ".").collect();
    let parts_are_plain = trimmed.split('/').all(|part| part == "." || plain(part));
    (parts_are_plain && !path.as_os_str().is_empty()).then_some(path)
}

fn copy(from: &mut impl Read, path: &Path) -> std::io::Result<u64> {
    let mut file = fs::File::create(path)?;
    let written = std::io::copy(from, &mut file)?;
    file.flush()?;
    Ok(written)
}

/// The zip's permissions, but always readable and writable by us, and without special bits.
#[cfg(unix)]
fn set_mode(path: &Path, mode: Option<u32>) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = mode.unwrap_or(0o644) & 0o777 | 0o600;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: Option<u32>) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::lambda::tests::zip_of;

    fn check(zip: &Bytes, expected: &str) {
        let folder = tempfile::tempdir().expect("a temp dir can be made");
        let said = match unpack(zip, folder.path()) {
            Ok(()) => "unpacked".to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(said, expected);
    }

    fn link_zip() -> Bytes {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        writer.add_symlink("link", "/etc/passwd", options).expect("a name of our own");
        Bytes::from(writer.finish().expect("memory can be written").into_inner())
    }

    #[test]
    fn a_zip_is_unpacked_into_its_folder_and_nowhere_else() {
        check(&zip_of(&[("a/b.py", 0o644, "x"), ("./c.py", 0o644, "x")]), "unpacked");
        check(&zip_of(&[("../b.py", 0o644, "x")]), "entry `../b.py` leads out of the function's folder");
        check(&zip_of(&[("a/../../b", 0o644, "x")]), "entry `a/../../b` leads out of the function's folder");
        check(&zip_of(&[("/etc/x", 0o644, "x")]), "entry `/etc/x` leads out of the function's folder");
        check(&zip_of(&[("a\\..\\b", 0o644, "x")]), "entry `a\\..\\b` leads out of the function's folder");
        let hint = "entry `link` is a link; hint: zip the files themselves (without `zip -y`)";
        check(&link_zip(), hint);
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let zeros = "\0".repeat(30 * 1_024 * 1_024);
        let zip = zip_of(&[("zeros", 0o644, &zeros)]);
        check(&zip, "the zip's content is over 200 times as large as the zip");
    }

    #[cfg(unix)]
    #[test]
    fn an_executable_stays_one_and_nothing_more() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a temp dir can be made");
        let zip = zip_of(&[("bootstrap", 0o4755, "#!/bin/sh\n"), ("data", 0o444, "x")]);
        unpack(&zip, folder.path()).expect("it is harmless");
        let mode = |name: &str| {
            let found = fs::metadata(folder.path().join(name)).expect("it was unpacked");
            found.permissions().mode() & 0o7777
        };
        assert_eq!((mode("bootstrap"), mode("data")), (0o755, 0o644));
    }
}
