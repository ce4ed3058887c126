//! Every SQL statement: log, projections, tenants, accounts, locks, listener.
