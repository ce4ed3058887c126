//! What holds for every input, whatever it is. The fuzz targets look for one where it does not; `lib/domain/tests/corpus.rs`
//! replays what they have found worth keeping.

use dg_domain::{GuardMode, Hash32, Limits, NewEvent, Profile, Rules, UnknownFields, Violation, json};

/// A document that is taken has one canonical form, which is read back as itself and means what the document means.
pub(crate) fn canonical(bytes: &[u8]) {
    let value = match json::parse(bytes, &Limits::SERVICE) {
        Ok(value) => value,
        Err(violation) => return well_formed(&violation),
    };
    let (mut text, mut ascii) = (String::new(), String::new());
    if let Err(violation) = json::write_canonical(&value, &mut text) {
        assert!(json::write_digest_form(&value, &mut ascii).is_err(), "both forms refuse the same");
        return well_formed(&violation);
    }
    json::write_digest_form(&value, &mut ascii).expect("both forms take the same");
    assert!(ascii.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{ascii}");
    for form in [&text, &ascii] {
        let again = json::parse(form.as_bytes(), &Limits::SERVICE).expect("a canonical form is taken");
        let mut written = String::new();
        json::write_canonical(&again, &mut written).expect("and has a canonical form");
        assert_eq!(written, text);
    }
    // Another parser takes it too, and sees the same in both. It rounds large integers, alike, and takes -0 for a float.
    match serde_json::from_slice::<serde_json::Value>(bytes) {
        Ok(seen) => {
            let form = serde_json::from_str(&text).expect("so is the canonical form");
            assert!(alike(&seen, &form), "{seen} {form}");
        }
        // A number beyond the largest float: an integer, or what a later value of the same key replaced.
        Err(error) => assert!(error.to_string().starts_with("number out of range"), "what we take is JSON: {error}"),
    }
}

fn alike(seen: &serde_json::Value, form: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (seen, form) {
        (Array(seen), Array(form)) => {
            seen.len() == form.len() && seen.iter().zip(form).all(|(seen, form)| alike(seen, form))
        }
        (Object(seen), Object(form)) => {
            seen.len() == form.len()
                && seen.iter().all(|(key, seen)| form.get(key).is_some_and(|form| alike(seen, form)))
        }
        (Number(seen), Number(form)) if seen.as_f64() == Some(0.0) => form.as_u64() == Some(0),
        _ => seen == form,
    }
}

/// An event that is taken is hashed over its canonical payload; one that is refused is told why; stricter rules take less.
pub(crate) fn event(bytes: &[u8]) {
    let rules = |profile, guard, unknown_fields| Rules { profile, guard, limits: Limits::SERVICE, unknown_fields };
    for guard in [GuardMode::Precise, GuardMode::Reference] {
        let open = read(bytes, &rules(Profile::Strict, guard, UnknownFields::Ignore));
        let closed = read(bytes, &rules(Profile::Strict, guard, UnknownFields::Refuse));
        if let Some(closed) = closed {
            assert_eq!(open, Some(closed), "unknown fields are the only difference");
        }
        read(bytes, &rules(Profile::Reference, guard, UnknownFields::Ignore));
    }
}

fn read(bytes: &[u8], rules: &Rules) -> Option<NewEvent> {
    let event = match NewEvent::parse(bytes, rules) {
        Ok(event) => event,
        Err(violation) => {
            well_formed(&violation);
            return None;
        }
    };
    assert_eq!(event.payload_hash, Hash32::of(event.payload_json.as_bytes()));
    let payload = json::parse(event.payload_json.as_bytes(), &rules.limits).expect("a stored payload is taken");
    let mut again = String::new();
    json::write_canonical(&payload, &mut again).expect("and has a canonical form");
    assert_eq!(again, event.payload_json);
    assert!((1..=200).contains(&event.idempotency_key.len()));
    Some(event)
}

fn well_formed(violation: &Violation) {
    assert!(!violation.message.is_empty());
    assert!(violation.details.pointer.as_deref().is_none_or(|pointer| pointer.is_empty() || pointer.starts_with('/')));
}
