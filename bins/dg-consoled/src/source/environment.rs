//! Reads what runs here.

use dg_domain::TenantId;

use super::{Found, SignedOut, accounts::time, outage, panel};
use crate::{
    model::{
        Body, Freshness,
        environment::{Environment, EnvironmentPage},
    },
    people::Person,
    place::Place,
};

pub(super) async fn read(person: &Person, place: &Place, tenant: &TenantId) -> Result<Found, SignedOut> {
    let found = panel(person.client.environment().await.map(environment))?;
    let outage = outage(&found);
    let body = Body::Environment(Box::new(EnvironmentPage { tenant: tenant.clone(), found }));
    Ok(Found { place: place.clone(), title: "Environment".to_owned(), body, freshness: Freshness::Unknown, outage })
}

fn environment(found: dg_client::Environment) -> Environment {
    let (database, schema) = (found.database, found.schema);
    let migrations = schema.migrations.into_iter().rev();
    Environment {
        api: found.api_version,
        since: time(database.started_at.as_deref()),
        bytes: database.size_bytes,
        connections: (database.connections, database.max_connections),
        oldest: time(database.oldest_transaction_at.as_deref()),
        ahead: database.clock_ahead_seconds,
        database: database.version,
        schema: (schema.version, schema.needed_version),
        migrations: migrations.map(|one| (one.version, one.name, time(one.applied_at.as_deref()))).collect(),
        programs: found.programs.into_iter().map(|one| (one.name, one.connections)).collect(),
        leases: found.leases.into_iter().map(|one| (one.kind, one.holder, one.held, one.waiting)).collect(),
    }
}
