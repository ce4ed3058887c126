//! Reading files of events and sending them in batches.

mod item;
mod reader;
mod send;

pub(crate) use reader::{FormatError, Reader};
pub(crate) use send::{Report, SendError, send};
