//! Says what the domain makes of inputs, for comparing it with other implementations (`.ci/corpus`).
//!
//! A line of standard input is `canonical` or `event` and an input in hexadecimal digits. A line of output is `taken`, the canonical
//! form in hexadecimal digits and its hash; or `refused`, the code and the reason.

use std::{
    error::Error,
    io::{self, BufRead, Write},
};

use dg_domain::{GuardMode, Hash32, Limits, NewEvent, Profile, Rules, UnknownFields, Violation, json};

/// What the independent implementation of the semantics has, too.
const RULES: Rules = Rules {
    profile: Profile::Strict,
    guard: GuardMode::Reference,
    limits: Limits::SERVICE,
    unknown_fields: UnknownFields::Ignore,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (kind, digits) = line.split_once(' ').ok_or("a line is a word and an input")?;
        let input = hex::decode(digits)?;
        let canonical = if kind == "event" { event(&input) } else { document(&input) };
        match canonical {
            Ok(text) => writeln!(out, "taken {} {}", hex::encode(&text), Hash32::of(text.as_bytes()).prefixed())?,
            Err(violation) => {
                let reason = violation.details.reason.unwrap_or("-");
                writeln!(out, "refused {} {reason}", violation.code.reference_code())?;
            }
        }
    }
    Ok(out.flush()?)
}

fn event(input: &[u8]) -> Result<String, Violation> {
    NewEvent::parse(input, &RULES).map(|event| event.payload_json)
}

fn document(input: &[u8]) -> Result<String, Violation> {
    let mut text = String::new();
    json::write_canonical(&json::parse(input, &Limits::SERVICE)?, &mut text)?;
    Ok(text)
}
