//! dg-apid: serves the HTTP API.

fn main() {}
