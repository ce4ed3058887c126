//! The terms and numbers that traces are found by: rows beside the trace index.

use dg_domain::Micros;
use dg_projections::{Projection, TraceActivity, TraceRow, fact_hash, term_hash};
use tokio_postgres::{Row, types::ToSql};

use super::{
    tally::Tallies,
    target::Target,
    write::{Followed, Started, column},
};
use crate::{error::StoreError, values::PgMicros};

const INSERT_TERMS: &str = include_str!("../../../../sql/queries/projections/insert_terms.sql");
const INSERT_NEW_TERMS: &str = include_str!("../../../../sql/queries/projections/insert_new_terms.sql");
const INSERT_FACTS: &str = include_str!("../../../../sql/queries/projections/insert_facts.sql");

/// A term and the place of its trace.
pub(super) type Term<'c> = (&'c str, Micros, i64);
/// A fact, its number and the place of its trace.
pub(super) type Fact<'c> = (&'c str, i64, Micros, i64);

async fn run_terms(
    target: &Target<'_>,
    name: &'static str,
    sql: &'static str,
    terms: &[Term<'_>],
) -> Result<Vec<Row>, StoreError> {
    let columns: [&(dyn ToSql + Sync); 3] =
        [&column(terms, |term| term.0), &column(terms, |term| PgMicros(term.1)), &column(terms, |term| term.2)];
    target.run(Projection::TraceIndex, name, sql, &columns).await
}

/// What the traces of a batch are found by.
pub(super) fn found_by<'c>(
    traces: impl Iterator<Item = (&'c TraceRow, &'c TraceActivity)>,
) -> (Vec<Term<'c>>, Vec<Fact<'c>>) {
    let (mut terms, mut facts) = (Vec::new(), Vec::new());
    for (row, activity) in traces {
        let (started, first) = (row.started_instant, row.first_log_seq);
        terms.extend(activity.search.terms.iter().map(|term| (&**term, started, first)));
        facts.extend(activity.search.facts.iter().map(|(key, number)| (&**key, *number, started, first)));
    }
    (terms, facts)
}

/// Inserts what traces that begin are found by. Nothing of it can be there.
///
/// # Errors
/// The database's.
pub(super) async fn insert(
    target: &Target<'_>,
    traces: &[Started<'_>],
    tallies: &mut Tallies,
) -> Result<(), StoreError> {
    let (terms, facts) = found_by(traces.iter().map(|(row, activity)| (row, *activity)));
    if !terms.is_empty() {
        run_terms(target, "projections.insert_new_terms", INSERT_NEW_TERMS, &terms).await?;
        terms.iter().for_each(|term| tallies.add(Projection::TraceIndex, term_hash(term.0, term.1, term.2)));
    }
    merge_facts(target, &facts, tallies).await
}

/// Inserts what traces that go on are found by from now on.
///
/// # Errors
/// The database's.
pub(super) async fn merge_later(
    target: &Target<'_>,
    traces: &[Followed<'_>],
    tallies: &mut Tallies,
) -> Result<(), StoreError> {
    let (mut terms, mut facts) = (Vec::new(), Vec::new());
    for (before, row, activity) in traces {
        let (started, first) = (row.started_instant, row.first_log_seq);
        let known = before.known_terms();
        let new = activity.search.terms.iter().filter(|term| !known.contains(*term));
        terms.extend(new.map(|term| (&**term, started, first)));
        facts.extend(activity.search.facts.iter().map(|(key, number)| (&**key, *number, started, first)));
    }
    merge_terms(target, &terms, tallies).await?;
    merge_facts(target, &facts, tallies).await
}

/// Inserts what is not there.
///
/// # Errors
/// The database's.
pub(super) async fn merge<'c>(
    target: &Target<'_>,
    traces: impl Iterator<Item = (&'c TraceRow, &'c TraceActivity)>,
    tallies: &mut Tallies,
) -> Result<(), StoreError> {
    let (terms, facts) = found_by(traces);
    merge_terms(target, &terms, tallies).await?;
    merge_facts(target, &facts, tallies).await
}

async fn merge_terms(target: &Target<'_>, terms: &[Term<'_>], tallies: &mut Tallies) -> Result<(), StoreError> {
    if !terms.is_empty() {
        let name = "projections.insert_terms";
        let inserted = run_terms(target, name, INSERT_TERMS, terms).await?;
        for row in &inserted {
            let read = StoreError::of(name);
            let started: PgMicros = row.try_get(1).map_err(read)?;
            let term: &str = row.try_get(0).map_err(read)?;
            tallies.add(Projection::TraceIndex, term_hash(term, started.0, row.try_get(2).map_err(read)?));
        }
    }
    Ok(())
}

async fn merge_facts(target: &Target<'_>, facts: &[Fact<'_>], tallies: &mut Tallies) -> Result<(), StoreError> {
    if !facts.is_empty() {
        let name = "projections.insert_facts";
        let columns: [&(dyn ToSql + Sync); 4] = [
            &column(facts, |fact| fact.0),
            &column(facts, |fact| fact.1),
            &column(facts, |fact| PgMicros(fact.2)),
            &column(facts, |fact| fact.3),
        ];
        let inserted = target.run(Projection::TraceIndex, name, INSERT_FACTS, &columns).await?;
        for row in &inserted {
            let read = StoreError::of(name);
            let started: PgMicros = row.try_get(2).map_err(read)?;
            let (key, number): (&str, i64) = (row.try_get(0).map_err(read)?, row.try_get(1).map_err(read)?);
            let hash = fact_hash(key, number, started.0, row.try_get(3).map_err(read)?);
            tallies.add(Projection::TraceIndex, hash);
        }
    }
    Ok(())
}
