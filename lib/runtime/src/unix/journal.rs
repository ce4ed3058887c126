//! Finds out whether the journal reads what we write.

use std::os::fd::AsFd;

use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

/// Whether standard error goes to the journal. `JOURNAL_STREAM` names the device and inode of that stream; a child whose
/// output was redirected inherits the variable but not the stream, so both are compared.
pub(crate) fn connected() -> bool {
    let Ok(expected) = std::env::var("JOURNAL_STREAM") else { return false };
    nix::sys::stat::fstat(std::io::stderr().as_fd())
        .is_ok_and(|stat| expected == format!("{}:{}", stat.st_dev, stat.st_ino))
}

/// A layer that keeps fields as journal fields, `TENANT=` for `tenant`, without the prefix that would set them apart: that
/// is what people type after `journalctl`. `None` when the journal's socket is not there.
pub(crate) fn layer<S>() -> Option<Box<dyn Layer<S> + Send + Sync>>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    Some(Box::new(tracing_journald::layer().ok()?.with_field_prefix(None)))
}
