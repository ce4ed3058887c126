//! Folds from the log to read models and their digests, without any I/O.
