//! Events, validation, canonical JSON, hashes and append rules, without any I/O.
