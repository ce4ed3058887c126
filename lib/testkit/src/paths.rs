//! Where things are: the repository, the target directory, the reference data.

use std::env;
use std::path::{Path, PathBuf};

/// The root of the repository this crate was built in.
#[must_use]
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// The directory that holds the built daemons (`target/debug` or `target/release`): beside the running test binary.
#[must_use]
pub fn binary_dir() -> Option<PathBuf> {
    let exe = env::current_exe().ok()?;
    let dir = exe.parent()?;
    let dir = if dir.ends_with("deps") || dir.ends_with("examples") { dir.parent()? } else { dir };
    Some(dir.to_owned())
}

/// Cargo's target directory.
#[must_use]
pub fn target_dir() -> Option<PathBuf> {
    Some(binary_dir()?.parent()?.to_owned())
}

/// The published reference data, when it is there: `DG_REFERENCE_DIR`, else `shared/reference` beside the repository
/// or beside one of its parents.
#[must_use]
pub fn reference() -> Option<PathBuf> {
    if let Some(named) = env::var_os("DG_REFERENCE_DIR") {
        return Some(PathBuf::from(named)).filter(|dir| dir.is_dir());
    }
    repository().ancestors().map(|dir| dir.join("shared/reference")).find(|dir| dir.is_dir())
}
