//! The text of a search: one sorted list per condition, merged.

use std::fmt::Write;

use dg_projections::search::{Condition, Conditions};

const ANY: &str = include_str!("../../../../../sql/queries/projections/search_any.sql");
const TERM: &str = include_str!("../../../../../sql/queries/projections/search_term.sql");
const NUMBER: &str = include_str!("../../../../../sql/queries/projections/search_number.sql");

/// Names every parameter with its type, used or not.
const ASKED: &str = "WITH asked AS (SELECT $3::text[], $4::timestamptz, $5::bigint, $6::timestamptz, $7::text[], \
    $8::bigint[], $9::bigint[])";

/// The statement that answers start and first position of the traces for which the conditions hold, latest start first. Its
/// text depends on the kinds of the conditions only; what they are is in its parameters, `all` before `none`.
pub(crate) fn of(conditions: &Conditions) -> String {
    let mut sql = format!("{ASKED}\nSELECT DISTINCT started_instant, first_log_seq\nFROM ");
    // OFFSET 0 keeps the order of each list and the lists apart.
    let mut put = |text: std::fmt::Arguments<'_>| sql.write_fmt(text).expect("a String takes any text");
    if conditions.all.is_empty() {
        put(format_args!("({ANY}OFFSET 0) AS c1\n"));
    }
    for (at, condition) in (1..).zip(&conditions.all) {
        let list = list(condition, at);
        if at == 1 {
            put(format_args!("({list}OFFSET 0) AS c1\n"));
        } else {
            put(format_args!("JOIN ({list}OFFSET 0) AS c{at} USING (started_instant, first_log_seq)\n"));
        }
    }
    for (at, condition) in (1..).zip(&conditions.none) {
        let list = list(condition, conditions.all.len() + at);
        put(format_args!(
            "{} NOT EXISTS (\nSELECT FROM ({list}OFFSET 0) AS n{at}\n\
             WHERE n{at}.started_instant = c1.started_instant AND n{at}.first_log_seq = c1.first_log_seq)\n",
            if at == 1 { "WHERE" } else { "AND" }
        ));
    }
    put(format_args!("ORDER BY started_instant DESC, first_log_seq DESC\nLIMIT $10\n"));
    sql
}

fn list(condition: &Condition, at: usize) -> String {
    let place = at.to_string();
    let (term, number) = (|| TERM.replace("{at}", &place), || NUMBER.replace("{at}", &place));
    match (&condition.term, &condition.number) {
        (Some(_), None) => term(),
        (None, _) => number(),
        (Some(_), Some(_)) => format!(
            "SELECT started_instant, first_log_seq\nFROM (({})\nUNION ALL\n({})) AS either\n\
             ORDER BY started_instant DESC, first_log_seq DESC\n",
            term(),
            number()
        ),
    }
}
