//! Query parameters: known by name, read by type, refused otherwise.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::error::ApiError;

/// The parameters of one request.
#[derive(Debug, Default)]
pub struct Params {
    pairs: Vec<(String, String)>,
}

impl Params {
    /// Reads a query string. `known` holds the names that the route understands, in any grouping; a name that ends in `[]` is a
    /// list, given as repeated keys, with commas, as `name[]=`, or any mixture.
    ///
    /// # Errors
    /// `invalid_argument`, with the name in `details.parameter`: a name that is not known, a single value given twice, a NUL
    /// character, or bytes that are not UTF-8.
    pub fn read(query: Option<&str>, known: &[&[&str]]) -> Result<Self, ApiError> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for part in query.unwrap_or_default().split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            let bare = name.strip_suffix("[]").unwrap_or(&name);
            let known = || known.iter().copied().flatten();
            let is_list = known().any(|known| known.strip_suffix("[]") == Some(bare));
            if !is_list && !known().any(|known| *known == name) {
                let names: Vec<&str> = known().map(|known| known.strip_suffix("[]").unwrap_or(known)).collect();
                return Err(bad(&name, format!("the parameter {name} is not known here")).with("known", names));
            }
            if !is_list && pairs.iter().any(|(seen, _)| *seen == name) {
                return Err(bad(&name, format!("the parameter {name} is given twice")));
            }
            if value.contains('\0') {
                return Err(bad(&name, format!("the parameter {name} contains a NUL character")));
            }
            pairs.push((bare.to_owned(), value.into_owned()));
        }
        Ok(Self { pairs })
    }

    /// The text of a parameter; `None` when it was not given, `Some("")` when it was given empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The text of a parameter that must be given and must not be empty.
    ///
    /// # Errors
    /// `invalid_argument`.
    pub fn required(&self, name: &str) -> Result<&str, ApiError> {
        match self.text(name) {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(bad(name, format!("the parameter {name} is required"))),
        }
    }

    /// An integer within `range`.
    ///
    /// # Errors
    /// `invalid_argument` for anything else, an empty text included.
    pub fn integer(&self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let plain = !text.starts_with('+');
        match text.parse::<i64>() {
            Ok(value) if plain && range.contains(&value) => Ok(Some(value)),
            _ if *range.end() == i64::MAX => {
                Err(bad(name, format!("the parameter {name} must be an integer of at least {}", range.start())))
            }
            _ => {
                let (low, high) = range.into_inner();
                Err(bad(name, format!("the parameter {name} must be an integer from {low} to {high}")))
            }
        }
    }

    /// One of a few words.
    ///
    /// # Errors
    /// `invalid_argument` for any other text.
    pub fn choice<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => Ok(Some(*value)),
            None => {
                let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                Err(bad(name, format!("the parameter {name} must be one of: {}", words.join(", "))))
            }
        }
    }

    /// The values of a list whose items may contain commas: each given key is one item, in the order given.
    ///
    /// # Errors
    /// `invalid_argument` for an empty item.
    pub fn each(&self, name: &str) -> Result<Vec<&str>, ApiError> {
        let items: Vec<&str> =
            self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect();
        if items.contains(&"") {
            return Err(bad(name, format!("the list {name} contains an empty item")));
        }
        Ok(items)
    }

    /// The items of a list, in the order given; `None` when it was not given.
    ///
    /// # Errors
    /// `invalid_argument` when it was given and holds an empty item or none.
    pub fn list(&self, name: &str) -> Result<Option<Vec<String>>, ApiError> {
        let mut given = self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value).peekable();
        if given.peek().is_none() {
            return Ok(None);
        }
        let items: Vec<String> = given.flat_map(|value| value.split(',')).map(|item| item.trim().to_owned()).collect();
        if items.iter().any(String::is_empty) {
            return Err(bad(name, format!("the list {name} contains an empty item")));
        }
        Ok(Some(items))
    }
}

/// The parameters of a route that has none.
#[derive(Debug)]
pub struct NoParams;

impl<S: Send + Sync> FromRequestParts<S> for NoParams {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Params::read(parts.uri.query(), &[]).map(|_| Self)
    }
}

/// A parameter that cannot be used.
pub fn bad(name: &str, message: String) -> ApiError {
    ApiError::invalid(message).with("parameter", name)
}

fn decode(text: &str) -> Result<Cow<'_, str>, ApiError> {
    let spaced = text.replace('+', " ");
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(decoded) => Ok(Cow::Owned(decoded.into_owned())),
        Err(_) => Err(ApiError::invalid("the query string is not UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&[&str]] = &[&["limit", "title"], &["types[]"]];

    fn read(query: &str) -> Params {
        Params::read(Some(query), KNOWN).unwrap()
    }

    fn refuse(query: &str) -> String {
        Params::read(Some(query), KNOWN).unwrap_err().message().to_owned()
    }

    #[test]
    fn reads_lists_in_every_spelling() {
        for query in ["types=a,b", "types=a&types=b", "types[]=a&types[]=b", "types%5B%5D=a&types=b", "types=a%2Cb"] {
            assert_eq!(read(query).list("types").unwrap().unwrap(), ["a", "b"], "{query}");
        }
        assert_eq!(read("limit=1").list("types").unwrap(), None);
        assert!(read("types=").list("types").is_err());
        assert!(read("types=a,,b").list("types").is_err());
        assert_eq!(read("types=a,b&types=c").each("types").unwrap(), ["a,b", "c"]);
        assert!(read("types=").each("types").is_err());
        assert!(read("").each("types").unwrap().is_empty());
    }

    #[test]
    fn decodes_text() {
        assert_eq!(read("title=a+b%2Bc%C3%A9").text("title"), Some("a b+cé"));
        assert_eq!(read("title").text("title"), Some(""));
        assert_eq!(read("&&title=x&").text("title"), Some("x"));
        assert!(read("title=").required("title").is_err());
        assert!(read("").required("title").is_err());
    }

    #[test]
    fn bounds_integers() {
        let check = |query: &str| read(query).integer("limit", 1..=10).map_err(|error| error.message().to_owned());
        assert_eq!(check("limit=10").unwrap(), Some(10));
        assert_eq!(check("").unwrap(), None);
        for bad in ["limit=0", "limit=11", "limit=", "limit=x", "limit=%2B1", "limit=1.0", "limit=99999999999999999999"]
        {
            assert_eq!(check(bad).unwrap_err(), "the parameter limit must be an integer from 1 to 10", "{bad}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert_eq!(refuse("limits=1"), "the parameter limits is not known here");
        assert_eq!(refuse("limit[]=1"), "the parameter limit[] is not known here");
        assert_eq!(refuse("limit=1&limit=2"), "the parameter limit is given twice");
        assert_eq!(refuse("title=a%00"), "the parameter title contains a NUL character");
        assert_eq!(refuse("title=%ff"), "the query string is not UTF-8");
    }

    #[test]
    fn knows_the_words_of_a_choice() {
        let words = [("open", 1), ("finished", 2)];
        assert_eq!(read("title=open").choice("title", &words).unwrap(), Some(1));
        let message = read("title=x").choice("title", &words).unwrap_err().message().to_owned();
        assert_eq!(message, "the parameter title must be one of: open, finished");
    }
}
