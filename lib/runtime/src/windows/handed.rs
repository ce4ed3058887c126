//! Nobody hands over listeners here.

use std::io;

use crate::handed::Handed;

pub(crate) fn take() -> io::Result<Option<Handed>> {
    Ok(None)
}
