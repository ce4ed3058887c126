//! dg-supervisor: starts, watches and restarts the suite where there is no systemd.

fn main() {}
