//! The spool on a real disk: reopened, torn, bounded, refused.

use std::{collections::VecDeque, fs};

use tempfile::TempDir;

use super::*;

fn at(dir: &TempDir) -> Spool {
    bounded(dir, SpoolOptions::default()).unwrap()
}

fn bounded(dir: &TempDir, options: SpoolOptions) -> Result<Spool, SpoolError> {
    Spool::open(dir.path().join("s"), "t", options)
}

fn body(trace: &str, number: usize) -> Vec<u8> {
    json!({"trace_id": trace, "n": number}).to_string().into_bytes()
}

fn waiting(spool: &Spool) -> Vec<Vec<u8>> {
    spool.peek(usize::MAX, usize::MAX).unwrap().into_iter().map(|waiting| waiting.body).collect()
}

fn refusal() -> Map<String, Value> {
    let Value::Object(refusal) = json!({"code": "schema_violation", "message": "no"}) else { panic!("an object") };
    refusal
}

#[test]
fn what_was_taken_is_there_after_reopening() {
    let dir = TempDir::new().unwrap();
    let spool = at(&dir);
    for number in 1..=5 {
        assert_eq!(spool.take(&body("a", number), "a").unwrap(), number as u64);
    }
    spool.acknowledge(2).unwrap();
    assert!(matches!(bounded(&dir, SpoolOptions::default()), Err(SpoolError::Locked { .. })));
    drop(spool);
    let spool = at(&dir);
    assert_eq!(waiting(&spool), [body("a", 3), body("a", 4), body("a", 5)]);
    spool.acknowledge(5).unwrap();
    assert!(spool.is_empty());
    drop(spool);
    let spool = at(&dir);
    assert_eq!((spool.is_empty(), spool.last_position()), (true, 5), "positions count on over an empty file");
    assert_eq!(spool.take(&body("a", 6), "a").unwrap(), 6);
    drop(spool);
    let other = Spool::open(dir.path().join("s"), "u", SpoolOptions::default()).unwrap_err();
    assert!(matches!(&other, SpoolError::OtherTenant { found, asked, .. } if (&found[..], &asked[..]) == ("t", "u")));
}

#[test]
fn a_crash_anywhere_leaves_what_was_promised() {
    let dir = TempDir::new().unwrap();
    let spool = at(&dir);
    let sizes: Vec<u64> = (0..4)
        .map(|number| {
            if number > 0 {
                spool.take(&body("a", number), "a").unwrap();
            }
            fs::metadata(dir.path().join("s/events")).unwrap().len()
        })
        .collect();
    drop(spool);
    let whole = fs::read(dir.path().join("s/events")).unwrap();
    for cut in 0..=whole.len() {
        fs::write(dir.path().join("s/events"), &whole[..cut]).unwrap();
        let spool = at(&dir);
        let kept = sizes.iter().filter(|size| **size <= cut as u64).count().saturating_sub(1);
        let expected: Vec<_> = (1..=kept).map(|number| body("a", number)).collect();
        assert_eq!(waiting(&spool), expected, "{cut}");
        spool.take(&body("a", 9), "a").unwrap();
        drop(spool);
        assert_eq!(waiting(&at(&dir)).len(), kept + 1, "{cut}");
    }
}

#[test]
fn damage_is_refused_and_left_alone() {
    let dir = TempDir::new().unwrap();
    let spool = at(&dir);
    for number in 1..=3 {
        spool.take(&body("a", number), "a").unwrap();
    }
    drop(spool);
    let path = dir.path().join("s/events");
    let mut bytes = fs::read(&path).unwrap();
    bytes[60] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let error = bounded(&dir, SpoolOptions::default()).unwrap_err();
    assert_eq!(error.code(), "spool_corrupt");
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn bounds_say_no() {
    let dir = TempDir::new().unwrap();
    let spool = bounded(&dir, SpoolOptions { max_events: 2, max_bytes: 1000 }).unwrap();
    spool.take(&body("a", 1), "a").unwrap();
    spool.take(&body("a", 2), "a").unwrap();
    let error = spool.take(&body("a", 3), "a").unwrap_err();
    assert_eq!(error.code(), "spool_full");
    assert_eq!(error.details()["max_events"], 2);
    spool.acknowledge(1).unwrap();
    let error = spool.take(&[b'x'; 1000], "a").unwrap_err();
    assert_eq!(error.details()["limit"], "max_bytes");
    assert_eq!(spool.take(&body("a", 3), "a").unwrap(), 3);
}

#[test]
fn dead_letters_block_their_trace_until_released() {
    let dir = TempDir::new().unwrap();
    let spool = at(&dir);
    for number in 1..=3 {
        spool.take(&body("bad", number), "bad").unwrap();
    }
    let all = spool.peek(9, 9999).unwrap();
    spool.bury(&all[1], refusal(), LetterReason::Refused).unwrap();
    spool.bury(&all[1], refusal(), LetterReason::Refused).unwrap(); // told twice, kept once
    assert_eq!(spool.refusal_before(&all[0]), None);
    spool.bury(&all[2], spool.refusal_before(&all[2]).unwrap(), LetterReason::Follows).unwrap();
    assert_eq!(spool.take(&body("bad", 4), "bad").unwrap_err().code(), "trace_blocked");
    assert!(spool.take(&body("good", 1), "good").is_ok());
    assert!(matches!(spool.release("bad"), Err(SpoolError::StillWaiting { .. })));
    spool.acknowledge(3).unwrap();
    drop(spool);
    let spool = at(&dir);
    let status = spool.status();
    assert_eq!((status.dead_letters, &status.blocked_traces[..]), (2, &["bad".to_owned()][..]));
    let letters = spool.release("bad").unwrap();
    assert_eq!(letters.iter().map(|letter| letter.position).collect::<Vec<_>>(), [2, 3]);
    assert_eq!((letters[0].reason, letters[1].reason), (LetterReason::Refused, LetterReason::Follows));
    drop(spool);
    let spool = at(&dir);
    assert!(spool.dead_letters(None).is_empty() && spool.check("bad").is_ok());
    assert!(
        spool.status().waiting_bytes as u64 > fs::metadata(dir.path().join("s/dead-letters.ndjson")).unwrap().len()
    );
}

/// A spool behaves as a queue would, whatever is done to it in whatever order, and reopened at any moment.
#[test]
fn like_a_queue_across_everything() {
    for seed in 0..5_u64 {
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut below = |limit: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % limit
        };
        let dir = TempDir::new().unwrap();
        let (mut spool, mut model, mut last) = (at(&dir), VecDeque::new(), 0);
        for _ in 0..120 {
            match below(10) {
                0..=4 => {
                    let filler = "x".repeat(usize::try_from(below(200_000)).unwrap());
                    let body = json!({"trace_id": "t", "filler": filler}).to_string().into_bytes();
                    last += 1;
                    assert_eq!(spool.take(&body, "t").unwrap(), last);
                    model.push_back((last, body));
                }
                5..=7 if !model.is_empty() => {
                    let (position, _) = model[usize::try_from(below(model.len() as u64)).unwrap()];
                    spool.acknowledge(position).unwrap();
                    model.retain(|(at, _)| *at > position);
                }
                8 => {
                    drop(spool);
                    spool = at(&dir);
                }
                _ => {}
            }
            assert_eq!(spool.last_position(), last);
            let found = spool.peek(usize::MAX, usize::MAX).unwrap();
            let found: VecDeque<_> = found.into_iter().map(|waiting| (waiting.position, waiting.body)).collect();
            assert_eq!(found, model);
            let length = fs::metadata(dir.path().join("s/events")).unwrap().len();
            let used: usize = model.iter().map(|(_, body)| body.len() + record::HEAD).sum();
            assert!(length <= 2 * used.max(queue::REWRITE_ABOVE) as u64 + 300_000, "{length} for {used}");
        }
    }
}

/// The files that the Python client wrote are read as they are, and the other way round in `lib/python/tests/test_spool.py`.
#[test]
fn the_files_of_the_other_client_are_read() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/client-conformance/spool");
    let expected: Value = serde_json::from_slice(&fs::read(fixture.join("expected.json")).unwrap()).unwrap();
    let dir = TempDir::new().unwrap();
    fs::create_dir(dir.path().join("s")).unwrap();
    for name in ["events", "position", "dead-letters.ndjson"] {
        fs::copy(fixture.join(name), dir.path().join("s").join(name)).unwrap();
    }
    let spool = Spool::open(dir.path().join("s"), "conformance", SpoolOptions::default()).unwrap();
    let found: Vec<Value> = spool
        .peek(usize::MAX, usize::MAX)
        .unwrap()
        .iter()
        .map(|waiting| json!({"position": waiting.position, "event": serde_json::from_slice::<Value>(&waiting.body).unwrap()}))
        .collect();
    assert_eq!(Value::Array(found), expected["waiting"]);
    assert_eq!(serde_json::to_value(spool.dead_letters(None)).unwrap(), expected["dead_letters"]);
    assert_eq!(json!(spool.status().blocked_traces), expected["blocked_traces"]);
    assert_eq!(json!(spool.last_position()), expected["last_position"]);
}
