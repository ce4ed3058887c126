//! dg-consoled: serves the operator console.

fn main() {}
