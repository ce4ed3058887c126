//! Pages of a list in the order of a time and an id, newest first.

use dg_domain::Micros;
use dg_http::contract::Operation;
use dg_http::params::{self, Params};
use dg_http::{ApiError, cursor};
use uuid::Uuid;

/// Where a page ended.
pub(crate) type Place = (Micros, Uuid);

const PAGE: i64 = 50;
const LARGEST_PAGE: i64 = 200;

/// The parameters of every such list.
pub(crate) const NAMES: &[&str] = &["limit", "cursor"];

/// Where an answer has what leads to the next page.
pub(crate) const NEXT: &[(&str, &str)] = &[("cursor", "/data/next_cursor")];

/// The parameters as a contract says them.
pub(crate) fn paged(operation: Operation) -> Operation {
    operation.paged(LARGEST_PAGE, PAGE)
}

/// Which page of the list named `list` is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    list: &'static str,
    limit: i64,
    /// The end of the page before.
    pub(crate) after: Option<Place>,
}

impl Asked {
    /// Reads [`NAMES`].
    ///
    /// # Errors
    /// `invalid_argument`, also for a cursor of another list.
    pub(crate) fn read(list: &'static str, given: &Params) -> Result<Self, ApiError> {
        let limit = given.integer("limit", 1..=LARGEST_PAGE)?.unwrap_or(PAGE);
        let foreign = || params::bad("cursor", "the parameter cursor is not one that this service gave".to_owned());
        let after = given.text("cursor").map(|text| place(list, text).ok_or_else(foreign)).transpose()?;
        Ok(Self { list, limit, after })
    }

    /// How many rows to fetch: one more than asked for tells whether there are more.
    pub(crate) fn fetch(self) -> i64 {
        self.limit + 1
    }

    /// Cuts what was fetched to a page, and answers the cursor of the next one.
    pub(crate) fn cut<T>(self, rows: &mut Vec<T>, place: impl Fn(&T) -> Place) -> Option<String> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let (at, id) = rows.last().filter(|_| more).map(place)?;
        Some(cursor::write(self.list, &[&at.get().to_string(), &id.to_string()]))
    }
}

fn place(list: &str, text: &str) -> Option<Place> {
    let parts = cursor::read(list, text)?;
    let [at, id] = parts.as_slice() else { return None };
    Some((Micros::new(at.parse().ok()?), id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &'static str, query: &str) -> Result<Asked, String> {
        let given = Params::read(Some(query), &[NAMES]).unwrap();
        Asked::read(list, &given).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_cursor_leads_to_the_next_page_of_its_list() {
        let rows: Vec<Place> = (0..4).map(|at| (Micros::new(at), Uuid::from_u128(7))).collect();
        let asked = read("runs", "limit=2").unwrap();
        assert_eq!((asked.fetch(), asked.after), (3, None));
        let mut page = rows.clone();
        let cursor = asked.cut(&mut page, |row| *row).unwrap();
        assert_eq!(page, rows[..2]);
        assert_eq!(read("runs", &format!("cursor={cursor}")).unwrap().after, Some(rows[1]));
        let foreign = "the parameter cursor is not one that this service gave";
        assert_eq!(read("failures", &format!("cursor={cursor}")).unwrap_err(), foreign);
        for bad in ["cursor=", "cursor=17", &format!("cursor={}", cursor::write("runs", &["1", "x"]))] {
            assert_eq!(read("runs", bad).unwrap_err(), foreign, "{bad}");
        }
        assert_eq!(asked.cut(&mut rows[..2].to_vec(), |row| *row), None);
    }

    #[test]
    fn a_page_is_bounded() {
        assert_eq!(read("runs", "").unwrap().limit, 50);
        assert!(read("runs", "limit=200").is_ok());
        assert!(read("runs", "limit=201").is_err());
        assert!(read("runs", "limit=0").is_err());
    }
}
