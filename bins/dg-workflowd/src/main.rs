//! dg-workflowd: human review: items, timers and notifications.

fn main() {}
