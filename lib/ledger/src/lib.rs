//! Entry hashes of the log, without any I/O.
