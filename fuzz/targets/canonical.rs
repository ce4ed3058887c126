//! See `properties::canonical`.

#![no_main]

#[path = "../properties.rs"]
#[allow(dead_code, reason = "each target looks at some of them")]
mod properties;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| properties::canonical(bytes));
