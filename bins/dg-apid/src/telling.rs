//! Telling people: what they were told, what they want to be told and by which ways, who stands in for whom, and when anybody is
//! there.

pub(crate) mod absences;
pub(crate) mod calendars;
pub(crate) mod channels;
pub(crate) mod deliveries;
pub(crate) mod inbox;
pub(crate) mod preferences;

use dg_domain::Micros;
use dg_http::ApiError;
use dg_storage::Channel;

use crate::app::App;

/// The permission to change how a tenant's reviews work.
const CONFIGURE: &str = "workflow_configure";

/// The longest e-mail address.
const LONGEST_ADDRESS: usize = 254;

/// A field that cannot be used.
fn bad(message: impl Into<String>, pointer: &str) -> ApiError {
    ApiError::invalid(message.into()).with("pointer", pointer)
}

/// One e-mail address, and nothing that could be more.
///
/// # Errors
/// `invalid_argument` with the pointer.
fn address(text: &str, pointer: &str) -> Result<String, ApiError> {
    let local = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c);
    let domain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    let fits = text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && name.chars().all(local) && !host.is_empty() && host.chars().all(domain)
    });
    if fits && text.len() <= LONGEST_ADDRESS {
        return Ok(text.to_owned());
    }
    Err(bad("it needs to be one e-mail address of at most 254 characters", pointer))
}

/// An instant of a body.
///
/// # Errors
/// `invalid_argument` with the pointer.
fn instant(text: &str, pointer: &str) -> Result<Micros, ApiError> {
    Micros::parse_rfc3339(text).ok_or_else(|| bad("must be an RFC 3339 timestamp with an offset", pointer))
}

/// Tells whoever delivers, and whoever waits for news.
fn told(app: &App) {
    app.notifier.nudge(Channel::Workflow);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_address() {
        for good in ["ana@example.org", "a.b+c@mail.example.org", "o'neil@x"] {
            assert_eq!(address(good, "/email").unwrap(), good);
        }
        let long = format!("{}@example.org", "a".repeat(250));
        for bad in [
            "",
            "ana",
            "@example.org",
            "ana@",
            "a b@example.org",
            "ana@example.org\r\nBcc: eve@example.org",
            "ana@example.org,eve@example.org",
            "Ana <ana@example.org>",
            "a@b@c",
            "änne@example.org",
            &long,
        ] {
            assert!(address(bad, "/email").is_err(), "{bad}");
        }
    }
}
