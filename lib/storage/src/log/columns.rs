//! Accepted events as the columns of the log.
//!
//! One table, so that the array insert, the binary copy and the order in `sql/queries/log/insert.sql` cannot drift apart.

use std::borrow::Cow;

use dg_domain::json;
use tokio_postgres::types::{ToSql, Type};

use super::Accepted;
use crate::values::{PgHash, PgKey, PgMicros};

macro_rules! columns {
    ($stored:ident, $event:ident, $keys:ident, $($name:ident: $kind:ty, $sql:ident = $value:expr;)+) => {
        /// One list per column, one entry per event.
        pub(crate) struct Columns<'a> {
            $($name: Vec<$kind>,)+
        }

        /// The type of each column, in order.
        pub(crate) const COLUMN_TYPES: [Type; 26] = [$(Type::$sql),+];

        impl<'a> Columns<'a> {
            /// Takes accepted events apart and computes their entry hashes.
            pub(crate) fn of(accepted: &'a [Accepted]) -> Self {
                let mut columns = Self { $($name: Vec::with_capacity(accepted.len()),)+ };
                for Accepted { stored: $stored, keys: $keys } in accepted {
                    let $event = &$stored.event;
                    $(columns.$name.push($value);)+
                }
                columns
            }

            /// The parameters of `insert.sql`.
            pub(crate) fn params(&self) -> [&(dyn ToSql + Sync); 26] {
                [$(&self.$name),+]
            }

            /// One event's values, for a binary copy.
            pub(crate) fn row(&self, at: usize) -> [&(dyn ToSql + Sync); 26] {
                [$(&self.$name[at]),+]
            }
        }
    };
}

columns! { stored, event, keys,
    tenant_id: &'a str, TEXT = stored.tenant_id.as_str();
    log_seq: i64, INT8 = stored.log_seq.get();
    trace_seq: i64, INT8 = stored.trace_seq.get();
    schema_version: i64, INT8 = event.schema_version;
    occurred_instant: PgMicros, TIMESTAMPTZ = PgMicros(event.occurred_instant);
    recorded_at: PgMicros, TIMESTAMPTZ = PgMicros(stored.recorded_at);
    event_key: PgKey, UUID = PgKey(keys.event);
    trace_key: PgKey, UUID = PgKey(keys.trace);
    idempotency_hash: PgKey, UUID = PgKey(keys.idempotency);
    event_id: &'a str, TEXT = event.event_id.as_str();
    trace_id: &'a str, TEXT = event.trace_id.as_str();
    event_type: &'a str, TEXT = event.event_type.as_str();
    occurred_at: &'a str, TEXT = event.occurred_at.as_str();
    recorded_by: &'a str, TEXT = stored.recorded_by.as_str();
    producer_id: &'a str, TEXT = event.source.producer_id.as_str();
    source_system: &'a str, TEXT = event.source.system.as_str();
    source_subsystem: Option<&'a str>, TEXT = event.source.subsystem.as_deref();
    actor_type: &'a str, TEXT = event.actor.actor_type.as_str();
    actor_id: &'a str, TEXT = event.actor.actor_id.as_str();
    correlation_id: Option<&'a str>, TEXT = event.correlation_id.as_deref();
    causation_event_id: Option<&'a str>, TEXT = event.causation_event_id.as_deref();
    idempotency_key: &'a str, TEXT = event.idempotency_key.as_str();
    tags_json: Cow<'static, str>, TEXT = tags_json(&event.tags);
    payload_hash: PgHash, BYTEA = PgHash(event.payload_hash);
    entry_hash: PgHash, BYTEA = PgHash(dg_ledger::entry_hash(stored));
    payload_json: &'a str, TEXT = event.payload_json.as_str();
}

/// Tags as canonical JSON text.
fn tags_json(tags: &[String]) -> Cow<'static, str> {
    if tags.is_empty() {
        return Cow::Borrowed("[]");
    }
    let mut text = String::from("[");
    for (at, tag) in tags.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        json::write_text(tag, &mut text);
    }
    text.push(']');
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_canonical_json() {
        let tags =
            |tags: &[&str]| tags_json(&tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>()).into_owned();
        assert_eq!(tags(&[]), "[]");
        assert_eq!(tags(&["b", "a\"", "ä"]), "[\"b\",\"a\\\"\",\"ä\"]");
    }

    /// The statements name the columns in the order of the table here.
    #[test]
    fn the_statements_name_the_same_columns() {
        let table: Vec<&str> = include_str!("columns.rs")
            .lines()
            .skip_while(|line| !line.starts_with("columns! {"))
            .skip(1)
            .take_while(|line| *line != "}")
            .filter_map(|line| line.split_once(':').map(|(name, _)| name.trim()))
            .collect();
        for sql in [
            include_str!("../../../../sql/queries/log/insert.sql"),
            include_str!("../../../../sql/queries/log/copy_in.sql"),
        ] {
            let (_, list) = sql.split_once("dg_event_log (").unwrap();
            let (list, _) = list.split_once(')').unwrap();
            assert_eq!(list.split(',').map(str::trim).collect::<Vec<_>>(), table);
        }
    }
}
