//! Reading and writing what stands behind the `?`, and escaping.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stays readable in an address; all of it is harmless in a path segment and in a query value.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'@');

/// Names and values of a query that is being written.
pub(crate) type Pairs = Vec<(&'static str, String)>;

/// Text as it may stand in a path segment or a query value.
pub(crate) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, KEPT).to_string()
}

/// The query, with its `?`; nothing where there are no pairs.
pub(super) fn query_of(pairs: &Pairs) -> String {
    let joined: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}={}", escaped(value))).collect();
    if joined.is_empty() { String::new() } else { format!("?{}", joined.join("&")) }
}

/// Those of the pairs that have a value.
pub(super) fn given<const N: usize>(pairs: [(&'static str, Option<String>); N]) -> Pairs {
    pairs.into_iter().filter_map(|(key, value)| value.map(|value| (key, value))).collect()
}

/// The first non-blank value of `key`, trimmed; a form sends empty fields for filters left alone.
pub(crate) fn value_of(query: &str, key: &str) -> Option<String> {
    each_of(query, key).next()
}

fn each_of<'q>(query: &'q str, key: &'q str) -> impl Iterator<Item = String> + 'q {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(move |(name, _)| *name == key)
        .filter_map(|(_, value)| decoded(&value.replace('+', " ")))
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}

/// Every value of `key`, trimmed: of repeated keys and of lists with commas, each once, in order.
pub(super) fn values_of(query: &str, key: &str) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for text in each_of(query, key) {
        values.extend(text.split(',').map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned));
    }
    values.sort_unstable();
    values.dedup();
    values
}

/// What an escaped piece says; `None` where it is no text.
pub(super) fn decoded(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?.into_owned();
    (!text.contains('\0')).then_some(text)
}

/// A value that has to be one of `allowed`; others say nothing.
pub(super) fn one_of(query: &str, key: &str, allowed: &[&str]) -> Option<String> {
    value_of(query, key).filter(|value| allowed.contains(&value.as_str()))
}

/// A number that is not negative.
pub(super) fn number_of(query: &str, key: &str) -> Option<i64> {
    value_of(query, key).and_then(|text| text.parse().ok()).filter(|number| *number >= 0)
}
