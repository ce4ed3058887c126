//! The two cookies: whose session it is, and which browser a sign-in form was drawn for.

use axum::http::{HeaderMap, HeaderValue, header};

const SESSION: &str = "dg_session";
const VISIT: &str = "dg_visit";

/// The id of the session, if the browser has one.
pub(super) fn session(headers: &HeaderMap, secure: bool) -> Option<&str> {
    read(headers, &named(SESSION, secure))
}

/// The id of the visit, if the browser has one.
pub(super) fn visit(headers: &HeaderMap, secure: bool) -> Option<&str> {
    read(headers, &named(VISIT, secure))
}

/// Sets the session's id.
pub(super) fn set_session(id: &str, secure: bool) -> Option<HeaderValue> {
    write(SESSION, id, "", secure)
}

/// Sets the visit's id.
pub(super) fn set_visit(id: &str, secure: bool) -> Option<HeaderValue> {
    write(VISIT, id, "", secure)
}

/// Forgets the session's id.
pub(super) fn clear_session(secure: bool) -> Option<HeaderValue> {
    write(SESSION, "", "; Max-Age=0", secure)
}

fn write(name: &str, value: &str, more: &str, secure: bool) -> Option<HeaderValue> {
    let lock = if secure { "; Secure" } else { "" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Strict{lock}{more}", named(name, secure));
    HeaderValue::from_str(&text).ok()
}

/// Over https the name itself forbids that another host or an unprotected page sets it.
fn named(name: &str, secure: bool) -> String {
    if secure { format!("__Host-{name}") } else { name.to_owned() }
}

fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, value)| *found == name && !value.is_empty())
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_read() {
        for secure in [false, true] {
            let set = set_session("abc", secure).unwrap();
            let set = set.to_str().unwrap();
            assert!(set.contains("HttpOnly; SameSite=Strict") && set.contains("Secure") == secure, "{set}");
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, format!("x=1; {}", set.split(';').next().unwrap()).parse().unwrap());
            assert_eq!(session(&headers, secure), Some("abc"));
            assert_eq!(session(&headers, !secure), None);
            assert_eq!(visit(&headers, secure), None);
        }
    }
}
