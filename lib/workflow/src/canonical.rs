//! Values as the canonical JSON that hashes are computed of.

use dg_domain::{Limits, Violation, json};
use serde::Serialize;

/// The payload form of the contract.
///
/// # Errors
/// `schema_violation` with reason `float`: decimals are strings. `invalid_argument` beyond the limits of one event.
pub(crate) fn canonical(value: &impl Serialize) -> Result<String, Violation> {
    let bytes = serde_json::to_vec(value).map_err(|_| Violation::argument("the value is no JSON"))?;
    let mut text = String::with_capacity(bytes.len());
    json::write_canonical(&json::parse(&bytes, &Limits::SERVICE)?, &mut text)?;
    Ok(text)
}
