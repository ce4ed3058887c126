//! The cookies: whose session it is, which browser a sign-in form was drawn for, and which sign-in it has begun elsewhere.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::document::Theme;

/// Other sites never make the browser send it.
const STRICT: &str = "Strict";
const SESSION: &str = "dg_session";
const VISIT: &str = "dg_visit";
const SIGN_IN: &str = "dg_sign_in";
const THEME: &str = "dg_theme";

/// The id of the session, if the browser has one.
pub(super) fn session(headers: &HeaderMap, secure: bool) -> Option<&str> {
    read(headers, &named(SESSION, secure))
}

/// The id of the visit, if the browser has one.
pub(super) fn visit(headers: &HeaderMap, secure: bool) -> Option<&str> {
    read(headers, &named(VISIT, secure))
}

/// The sign-in that the browser has begun at the issuer, if any.
pub(super) fn sign_in(headers: &HeaderMap, secure: bool) -> Option<&str> {
    read(headers, &named(SIGN_IN, secure))
}

/// Sets the session's id.
pub(super) fn set_session(id: &str, secure: bool) -> Option<HeaderValue> {
    write(SESSION, id, STRICT, secure)
}

/// Sets the visit's id.
pub(super) fn set_visit(id: &str, secure: bool) -> Option<HeaderValue> {
    write(VISIT, id, STRICT, secure)
}

/// Forgets the session's id.
pub(super) fn clear_session(secure: bool) -> Option<HeaderValue> {
    write(SESSION, "", "Strict; Max-Age=0", secure)
}

/// Notes the sign-in, for as long as it may take. It has to be there when the issuer sends the browser back.
pub(super) fn set_sign_in(sign_in: &str, secure: bool) -> Option<HeaderValue> {
    write(SIGN_IN, sign_in, "Lax; Max-Age=600", secure)
}

/// Forgets the sign-in.
pub(super) fn clear_sign_in(secure: bool) -> Option<HeaderValue> {
    write(SIGN_IN, "", "Lax; Max-Age=0", secure)
}

/// The colours that were chosen in this browser, if any.
pub(super) fn theme(headers: &HeaderMap, secure: bool) -> Option<Theme> {
    read(headers, &named(THEME, secure)).and_then(Theme::named)
}

/// Keeps the choice of colours for a year, or forgets it.
pub(super) fn set_theme(theme: Option<Theme>, secure: bool) -> Option<HeaderValue> {
    let age = if theme.is_some() { "Lax; Max-Age=31536000" } else { "Lax; Max-Age=0" };
    write(THEME, theme.map_or("", Theme::name), age, secure)
}

fn write(name: &str, value: &str, same_site: &str, secure: bool) -> Option<HeaderValue> {
    let lock = if secure { "; Secure" } else { "" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite={same_site}{lock}", named(name, secure));
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
    fn only_the_sign_in_comes_along_from_another_site() {
        let text = |set: Option<HeaderValue>| set.unwrap().to_str().unwrap().to_owned();
        let set = text(set_sign_in("state.%2Ft", true));
        assert_eq!(set, "__Host-dg_sign_in=state.%2Ft; Path=/; HttpOnly; SameSite=Lax; Max-Age=600; Secure");
        assert!(
            text(clear_sign_in(false)).contains("dg_sign_in=;") && text(clear_sign_in(false)).contains("Max-Age=0")
        );
        assert!(text(clear_session(false)).contains("SameSite=Strict; Max-Age=0"));
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "__Host-dg_sign_in=state.%2Ft".parse().unwrap());
        assert_eq!((sign_in(&headers, true), sign_in(&headers, false)), (Some("state.%2Ft"), None));
    }

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
