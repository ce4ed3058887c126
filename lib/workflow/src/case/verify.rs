//! Checking a bundle with nothing but the bundle.

use std::collections::{BTreeMap, HashMap, HashSet};

use dg_domain::{
    EventType, Hash32, LogSeq, StoredEvent,
    json::{self, Json},
};

use super::{EXPORT_VERSION, PARTS, Profile, mask, read, write};
use crate::{
    Item, digest,
    fold::{self, Fold, Recorded, TraceFacts},
    ids,
};

/// What was checked, and held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Cases.
    pub cases: u64,
    /// Lines.
    pub lines: u64,
    /// Events.
    pub events: u64,
    /// Payloads that were hashed again.
    pub payloads: u64,
    /// Entries that were hashed again.
    pub entries: u64,
    /// Items that were folded again and came out the same.
    pub folded: u64,
    /// Events of which something was removed or erased, so that a hash in them could not be computed again.
    pub masked: u64,
}

/// What does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, {part}: {reason}")]
pub struct Fault {
    /// The item, once the manifest said which.
    pub workflow_id: Option<String>,
    /// The part of the bundle.
    pub part: String,
    /// From 1. Of a document, the line that it would be in the other form.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// Checks a bundle: lines of one case or of many, or the document of one case.
///
/// # Errors
/// The first [`Fault`]. A bundle without a fault is what its maker wrote; who the maker was, only a signature could say.
pub fn verify(bytes: &[u8]) -> Result<Verdict, Fault> {
    let outside = |line, part: &str, reason: &str| Fault {
        workflow_id: None,
        part: part.to_owned(),
        line,
        reason: reason.to_owned(),
    };
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if let Ok(document) = json::parse(bytes, &read::LIMITS)
        && document.get("workflow_actions").or_else(|| document.get("data")).is_some()
    {
        let lines = read::lines_of(&document).ok_or_else(|| outside(1, "document", "a part is missing"))?;
        return verify(lines.as_bytes());
    }
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let mut verdict = Verdict::default();
    let begins = |line: &[u8], part: &str| line.starts_with(format!("{{\"part\":\"{part}\",").as_bytes());
    let ends_as_set = lines.last().is_some_and(|last| begins(last, "end_of_set"));
    let set = begins(first, "set") || ends_as_set;
    let mut at = usize::from(set);
    let mut ends = String::new();
    while at < lines.len() && !(set && begins(lines[at], "end_of_set")) {
        let rest = &lines[at..];
        let is_next = |line: &[u8]| begins(line, "manifest") || begins(line, "end_of_set");
        let next = rest.iter().skip(1).position(|line| is_next(line)).map_or(rest.len(), |found| found + 1);
        let length = rest[..next].iter().position(|line| begins(line, "end")).map_or(next, |found| found + 1);
        verify_case(&rest[..length], at, &mut verdict)?;
        let last = rest[length - 1];
        ends.push_str(&Hash32::of(last.strip_suffix(b"\n").unwrap_or(last)).hex());
        at += length;
    }
    if set {
        let begin = read::text(lines[0]).filter(|_| begins(lines[0], "set"));
        let begin = begin.ok_or_else(|| outside(1, "set", "the first line of a set is not what it was"))?;
        let row = read::split(begin.trim_end()).map(|(_, row)| row).and_then(read::parsed);
        row.ok_or_else(|| outside(1, "set", "the line is no canonical JSON"))?;
        let sha256 = Hash32::of(format!("{begin}{ends}").as_bytes()).prefixed();
        let mut end = String::new();
        write::line("end_of_set", &format!("{{\"cases\":{},\"sha256\":\"{sha256}\"}}", verdict.cases), &mut end);
        if lines.get(at) != Some(&end.as_bytes()) {
            return Err(outside(
                at + 1,
                "end_of_set",
                "the set does not end with as many cases as it has, or its first line was changed",
            ));
        }
        if at + 1 != lines.len() {
            return Err(outside(at + 2, "end_of_set", "something follows the end"));
        }
        verdict.lines += 2;
    } else if verdict.cases != 1 {
        return Err(outside(1, "manifest", "a bundle outside a set has exactly one case"));
    }
    Ok(verdict)
}

/// One case: its lines from the manifest to the end.
struct Reader<'a> {
    rows: HashMap<&'static str, Vec<(usize, Json<'a>)>>,
    workflow_id: Option<String>,
    profile: Profile,
}

fn verify_case(lines: &[&[u8]], before: usize, verdict: &mut Verdict) -> Result<(), Fault> {
    let mut case = Reader { rows: HashMap::new(), workflow_id: None, profile: Profile::Full };
    let fault = |case: &Reader<'_>, at: usize, part: &str, reason: &str| case.fault(before + at, part, reason);
    let manifest = row_of(lines[0], "manifest")
        .ok_or_else(|| fault(&case, 0, "manifest", "the line is no canonical JSON of this part"))?;
    let last = lines.len() - 1;
    let named_end = row_of(lines[last], "end")
        .and_then(|end| end.get("manifest").and_then(Json::as_str).map(str::to_owned))
        .filter(|named| write::end(named).as_bytes() == lines[last]);
    if named_end.as_ref().is_some_and(|named| Hash32::of(lines[0]).prefixed() != *named) {
        return Err(fault(&case, 0, "manifest", "the manifest is not the one that the end names"));
    }
    let word = |key: &str| manifest.get(key).and_then(Json::as_str);
    let workflow_id = word("workflow_id").map(str::to_owned);
    let tenant_id = word("tenant_id").unwrap_or_default();
    case.workflow_id = workflow_id;
    if manifest.get("export_version").and_then(Json::as_i64) != Some(EXPORT_VERSION) {
        return Err(fault(&case, 0, "manifest", "the version is not one that is known here"));
    }
    let profile = word("profile").and_then(|word| word.parse().ok());
    case.profile = profile.ok_or_else(|| fault(&case, 0, "manifest", "the profile is none"))?;
    let parts = manifest.get("parts").and_then(Json::as_list).unwrap_or_default();
    if parts.len() != PARTS.len() {
        return Err(fault(&case, 0, "manifest", "not every part is named"));
    }
    let mut at = 1_usize;
    for ((part, single), named) in PARTS.into_iter().zip(parts) {
        let count = named.get("lines").and_then(Json::as_i64).and_then(|count| usize::try_from(count).ok());
        let count = count.filter(|count| !single || *count == 1);
        let is_this = named.get("part").and_then(Json::as_str) == Some(part);
        let count = count.filter(|_| is_this).ok_or_else(|| fault(&case, 0, "manifest", "a part is out of place"))?;
        // The line that is damaged is known before the hash of the whole part is compared.
        let mut rows = Vec::with_capacity(count.min(lines.len()));
        for number in at..at.saturating_add(count) {
            let line = lines.get(number).filter(|_| number < last || named_end.is_none());
            let line = line.ok_or_else(|| {
                fault(&case, last, if named_end.is_some() { part } else { "end" }, "lines are missing")
            })?;
            let row = row_of(line, part)
                .ok_or_else(|| fault(&case, number, part, "the line is no canonical JSON of this part"))?;
            rows.push((before + number, row));
        }
        let found = Hash32::of(&lines[at..at + count].concat()).prefixed();
        if named.get("sha256").and_then(Json::as_str) != Some(&found) {
            return Err(fault(&case, at, part, "the part is not what the manifest names"));
        }
        case.rows.insert(part, rows);
        at += count;
    }
    // A line of a part that ran into the end is the part's fault, and was found before.
    if named_end.is_none() {
        return Err(fault(&case, last, "end", "the end of the case is missing or was changed"));
    }
    if at != last {
        return Err(fault(&case, at, "end", "there are lines that the manifest does not name"));
    }
    let events = case.events(tenant_id, verdict)?;
    case.counts()?;
    case.evidence()?;
    case.actions(&events)?;
    if case.profile == Profile::Full && events.values().all(|event| !event.event.payload_json.is_empty()) {
        case.fold(&events)?;
        verdict.folded += 1;
    }
    verdict.cases += 1;
    verdict.lines += u64::try_from(lines.len()).unwrap_or(u64::MAX);
    Ok(())
}

/// The row of a line, if the line is the one that this part and this row have.
fn row_of<'a>(line: &'a [u8], part: &str) -> Option<Json<'a>> {
    let (found, row) = read::split(read::text(line)?.strip_suffix('\n')?)?;
    if found == part { read::parsed(row) } else { None }
}

impl<'a> Reader<'a> {
    fn fault(&self, at: usize, part: &str, reason: &str) -> Fault {
        Fault { workflow_id: self.workflow_id.clone(), part: part.to_owned(), line: at + 1, reason: reason.to_owned() }
    }

    fn all(&self, part: &str) -> &[(usize, Json<'a>)] {
        self.rows.get(part).map(Vec::as_slice).unwrap_or_default()
    }

    /// The row of a part that has one, with its line.
    fn one(&self, part: &str) -> Result<(usize, &Json<'a>), Fault> {
        self.all(part).first().map(|(at, row)| (*at, row)).ok_or_else(|| self.fault(0, part, "the part is empty"))
    }

    /// Hashes payloads and entries again, and looks at positions.
    fn events(&self, tenant_id: &str, verdict: &mut Verdict) -> Result<BTreeMap<LogSeq, StoredEvent>, Fault> {
        let mut events = BTreeMap::new();
        let mut traces: HashMap<String, i64> = HashMap::new();
        let (_, digests) = self.one("digests")?;
        let head = digests.get("head_log_seq").and_then(Json::as_i64).unwrap_or(0);
        let mut before = 0;
        for (at, row) in self.all("events") {
            let wrong = |reason: &str| self.fault(*at, "events", reason);
            let event = read::event(row).ok_or_else(|| wrong("the row is no stored event"))?;
            let payload = row.get("payload").unwrap_or(&Json::Null);
            let removed = self.profile != Profile::Full;
            let payload_masked = payload.is_null() || (removed && mask::is_masked(payload));
            let envelope_masked = removed
                && row
                    .as_object()
                    .unwrap_or_default()
                    .iter()
                    .any(|(key, value)| key != "payload" && mask::is_masked(value));
            if !payload_masked {
                if Hash32::of(event.event.payload_json.as_bytes()) != event.event.payload_hash {
                    return Err(wrong("the payload is not what was hashed"));
                }
                verdict.payloads += 1;
            }
            if !envelope_masked {
                if Some(dg_ledger::entry_hash(&event)) != read::hash(row.get("entry_hash")) {
                    return Err(wrong("the entry is not what was hashed"));
                }
                verdict.entries += 1;
            }
            verdict.events += 1;
            verdict.masked += u64::from(payload_masked || envelope_masked);
            if event.tenant_id.as_str() != tenant_id {
                return Err(wrong("the event belongs to another tenant"));
            }
            let (log_seq, trace_seq) = (event.log_seq.get(), event.trace_seq.get());
            if log_seq <= before || log_seq > head {
                return Err(wrong("the position is not after the one before, or beyond the end of the log"));
            }
            before = log_seq;
            if traces.insert(event.event.trace_id.clone(), trace_seq).is_some_and(|last| last >= trace_seq) {
                return Err(wrong("the position in the trace is not after the one before"));
            }
            events.insert(event.log_seq, event);
        }
        Ok(events)
    }

    /// The summary says what the parts have.
    fn counts(&self) -> Result<(), Fault> {
        let (at, summary) = self.one("audit_summary")?;
        let (_, item) = self.one("workflow")?;
        for (key, part) in [("action_count", "workflow_actions"), ("notification_count", "workflow_notifications")] {
            let found = i64::try_from(self.all(part).len()).ok();
            if summary.get(key).and_then(Json::as_i64) != found {
                return Err(self.fault(at, "audit_summary", &format!("{key} is not how many there are")));
            }
        }
        if item.get("workflow_id").and_then(Json::as_str) != self.workflow_id.as_deref() {
            return Err(self.fault(at, "workflow", "the item is not the one of the manifest"));
        }
        let decision = item.get("decision").and_then(|decision| decision.get("decision")).unwrap_or(&Json::Null);
        let kind = item.get("workflow_kind");
        if summary.get("current_decision") != Some(decision) || summary.get("workflow_kind") != kind {
            return Err(self.fault(at, "audit_summary", "the summary does not say what the item says"));
        }
        Ok(())
    }

    /// What was put on record is what was hashed.
    fn evidence(&self) -> Result<(), Fault> {
        for (at, row) in self.all("evidence") {
            let value = row.get("evidence").unwrap_or(&Json::Null);
            let found = if self.profile != Profile::Full && mask::is_masked(value) {
                value.get("redacted").and_then(Json::as_str).map(str::to_owned)
            } else {
                read::canonical(value).map(|text| Hash32::of(text.as_bytes()).prefixed())
            };
            if found.as_deref() != row.get("sha256").and_then(Json::as_str) {
                return Err(self.fault(*at, "evidence", "the evidence is not what was hashed"));
            }
        }
        Ok(())
    }

    /// Every action has its event.
    fn actions(&self, events: &BTreeMap<LogSeq, StoredEvent>) -> Result<(), Fault> {
        for (at, row) in self.all("workflow_actions") {
            let position = row.get("log_seq").and_then(Json::as_i64).and_then(|seq| LogSeq::new(seq).ok());
            let event = position.and_then(|position| events.get(&position));
            let id = row.get("source_event_id").and_then(Json::as_str);
            if event.is_none_or(|event| Some(event.event.event_id.as_str()) != id) {
                return Err(self.fault(*at, "workflow_actions", "the event of the action is not in the bundle"));
            }
        }
        Ok(())
    }

    /// Folds the item again.
    fn fold(&self, events: &BTreeMap<LogSeq, StoredEvent>) -> Result<(), Fault> {
        let (_, digests) = self.one("digests")?;
        let (at, kept) = self.one("workflow")?;
        let fold = Fold { demo: digests.get("demo") == Some(&Json::Bool(true)) };
        let trace_id = kept.get("trace_id").and_then(Json::as_str).unwrap_or_default();
        let first = events.values().find(|event| event.event.trace_id == trace_id && event.trace_seq.get() == 0);
        let facts = first.map(|event| TraceFacts::read(&event.event.payload_json)).unwrap_or_default();
        let mut item: Option<Item> = None;
        let mut steps: Vec<(LogSeq, Recorded)> = Vec::new();
        for event in events.values() {
            let concerned = fold::concerns(event).ok().flatten();
            if concerned.is_none() || concerned != self.workflow_id {
                continue;
            }
            // One that could not be applied was set aside then, too.
            if let Ok(Some(step)) = fold.apply(item.as_ref(), event, &facts) {
                steps.push((event.log_seq, step.action));
                item = Some(step.item);
            }
        }
        let folded = item.and_then(|item| digest::canonical(&item).ok());
        if folded.is_none() || folded != read::canonical(kept) {
            return Err(self.fault(at, "workflow", "the events do not fold to this item"));
        }
        let rows = self.all("workflow_actions");
        if rows.len() != steps.len() {
            return Err(self.fault(at, "workflow_actions", "the events do not fold to these actions"));
        }
        for ((at, row), (log_seq, action)) in rows.iter().zip(&steps) {
            let text = |key: &str| row.get(key).and_then(Json::as_str);
            let is_same = row.get("log_seq").and_then(Json::as_i64) == Some(log_seq.get())
                && text("action_id") == Some(&action.action_id)
                && text("action_type") == Some(&action.action_type)
                && text("resulting_status") == Some(action.resulting_status.as_str())
                && text("note") == action.note.as_deref().map(|note| note.replace('\0', "\u{fffd}")).as_deref()
                && row.get("round").and_then(Json::as_i64) == Some(action.round);
            if !is_same {
                return Err(self.fault(*at, "workflow_actions", "the events do not fold to this action"));
            }
        }
        self.companions(events)
    }

    /// The traces that record the review are whole: from their first event, without a gap.
    fn companions(&self, events: &BTreeMap<LogSeq, StoredEvent>) -> Result<(), Fault> {
        let (_, item) = self.one("workflow")?;
        let round = item.get("round").and_then(Json::as_i64).unwrap_or(1);
        let own: HashSet<String> = ids::traces_of(self.workflow_id.as_deref().unwrap_or_default(), round).collect();
        let mut next: HashMap<&str, i64> = HashMap::new();
        let mut finished: HashSet<&str> = HashSet::new();
        for event in events.values().filter(|event| own.contains(&event.event.trace_id)) {
            let expected = next.entry(&event.event.trace_id).or_default();
            let opens = event.trace_seq.get() != 0 || event.event.event_type == EventType::TraceStarted;
            if event.trace_seq.get() != *expected || !opens {
                return Err(self.fault(0, "events", "a trace of the review has a gap"));
            }
            *expected += 1;
            finished.extend((event.event.event_type == EventType::TraceFinished).then_some(&*event.event.trace_id));
        }
        let ended = matches!(item.get("companion").and_then(Json::as_str), Some("finished" | "continued"));
        for number in 1..=round {
            let trace = ids::companion_trace(self.workflow_id.as_deref().unwrap_or_default(), number);
            let is_over = number < round || ended;
            if is_over && next.contains_key(&*trace) && !finished.contains(&*trace) {
                return Err(self.fault(0, "events", "a trace of the review lacks its end"));
            }
        }
        Ok(())
    }
}
