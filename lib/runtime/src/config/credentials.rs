//! Reads settings out of the service's credentials, so that a secret is in no file that the daemons' group can read.
//!
//! systemd loads them (`LoadCredential=dg:/etc/decisiongraph/credentials/dg-apid`) from files that root alone reads, and
//! names each `dg_` and the file. A file is called as the key that it sets.

use std::fs;
use std::io;
use std::path::Path;

use super::Problems;
use crate::secret::Secret;

const PREFIX: &str = "dg_";

/// Key and value of each. The value of a key that ends in `_file` is the credential's path, of any other its text.
pub(super) fn read(directory: &Path, problems: &mut Problems) -> Vec<(String, String)> {
    let names = match names(directory) {
        Ok(names) => names,
        Err(error) => {
            problems.add("credentials", error);
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    for name in names {
        let Some(key) = name.strip_prefix(PREFIX) else { continue };
        let path = directory.join(&name);
        if key.ends_with("_file") {
            found.push((key.to_owned(), path.display().to_string()));
            continue;
        }
        match Secret::read(&path) {
            Ok(secret) => found.push((key.to_owned(), secret.expose().to_owned())),
            Err(error) => problems.add(key, format!("the credential cannot be read: {error}")),
        }
    }
    found
}

fn names(directory: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        // A name that is not UTF-8 is no key.
        names.extend(entry?.file_name().into_string().ok());
    }
    names.sort();
    Ok(names)
}
