//! dg-projectord: keeps the read projections caught up with the event log.

fn main() {}
