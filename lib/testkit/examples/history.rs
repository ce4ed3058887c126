//! Prints a generated history as JSON: `cargo run -p dg-testkit --example history -- SEED TRACES`.

use std::io::Write;

use dg_testkit::history::{Shape, generate};

fn main() -> std::io::Result<()> {
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse::<u64>().ok());
    let seed = numbers.next().unwrap_or(1);
    let traces = numbers.next().and_then(|number| usize::try_from(number).ok()).unwrap_or(12);
    let events = generate(seed, Shape { traces, ..Shape::default() });
    writeln!(std::io::stdout().lock(), "{}", serde_json::json!({ "events": events }))
}
