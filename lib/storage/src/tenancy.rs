//! Whose rows a transaction may touch: the setting that the policies of row-level security compare with.
//!
//! It is made with `SET LOCAL` right behind `BEGIN`, in one message with it, so that it is forgotten with the transaction and
//! costs no round trip: whoever begins sends the first statement along. Without it no row of a tenant is there.

use futures_util::future::join3;
use tokio_postgres::{Client, Row, Statement, types::ToSql};

/// The tenants of a transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tenancy<'t> {
    /// Of one tenant.
    One(&'t str),
    /// Of several, where one statement serves many.
    Many(&'t [&'t str]),
}

impl Tenancy<'_> {
    /// The setting as a command for the transaction that is open.
    pub(crate) fn setting(self) -> String {
        match self {
            Self::One(tenant) | Self::Many(&[tenant]) => format!("SET LOCAL dg.tenant = {}", literal(tenant)),
            Self::Many(tenants) => format!("SET LOCAL dg.tenants = {}", literal(&tenants.join(","))),
        }
    }

    /// `begin`, a command that begins a transaction, and the setting.
    pub(crate) fn begin(self, begin: &str) -> String {
        format!("{begin}; {}", self.setting())
    }

    /// Runs one statement in a transaction of its own, all in one round trip.
    pub(crate) async fn query(
        self,
        client: &Client,
        statement: &Statement,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        let begin = self.begin("BEGIN");
        // Polled in order, and each sends when first polled; dropped half-way, the rest has been sent all the same.
        let sent = join3(client.batch_execute(&begin), client.query(statement, params), client.batch_execute("COMMIT"));
        let (begun, rows, committed) = sent.await;
        begun?;
        let rows = rows?;
        committed.map(|()| rows)
    }

    /// The same, answering how many rows were changed.
    pub(crate) async fn execute(
        self,
        client: &Client,
        statement: &Statement,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, tokio_postgres::Error> {
        let begin = self.begin("BEGIN");
        let sent =
            join3(client.batch_execute(&begin), client.execute(statement, params), client.batch_execute("COMMIT"));
        let (begun, count, committed) = sent.await;
        begun?;
        let count = count?;
        committed.map(|()| count)
    }
}

/// A text as SQL. Names of tenants hold neither quotes nor commas; this does not rely on it.
fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_tenant_and_many_are_different_settings() {
        let check = |tenancy: Tenancy<'_>, expected: &str| assert_eq!(tenancy.setting(), expected);
        check(Tenancy::One("a"), "SET LOCAL dg.tenant = 'a'");
        check(Tenancy::Many(&["a"]), "SET LOCAL dg.tenant = 'a'");
        check(Tenancy::Many(&["a", "b"]), "SET LOCAL dg.tenants = 'a,b'");
        check(Tenancy::Many(&[]), "SET LOCAL dg.tenants = ''");
        assert_eq!(Tenancy::One("a").begin("BEGIN READ ONLY"), "BEGIN READ ONLY; SET LOCAL dg.tenant = 'a'");
    }

    #[test]
    fn no_name_ends_the_text_it_stands_in() {
        assert_eq!(literal("a'; DROP TABLE x; --"), "'a''; DROP TABLE x; --'");
        assert_eq!(literal(r"a\'b"), r"E'a\\''b'");
    }
}
