//! Files that appear whole or not at all.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Writes beside the file first, so that a run that ends half-way leaves nothing that looks whole.
pub(crate) fn create<T>(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let part = PathBuf::from(format!("{}.part", path.display()));
    let failed = |cause: std::io::Error| Failure::file(path, &cause);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&part).map_err(failed)?);
    let done = fill(&mut out).and_then(|done| out.flush().map(|()| done).map_err(failed));
    if done.is_err() {
        drop(std::fs::remove_file(&part));
        return done;
    }
    std::fs::rename(&part, path).map_err(failed)?;
    done
}
