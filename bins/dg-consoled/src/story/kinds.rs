//! The sentence of each event type.

use dg_domain::{EventType, json::Json};

use super::{Part, Story, Tone, Value, payload::in_one_line};

/// Tells an event of a known type.
pub(super) fn tell(event_type: EventType, payload: &Json<'_>) -> Story {
    let read = Payload(payload);
    match event_type {
        EventType::TraceStarted => started(&read),
        EventType::InputObserved => input(&read),
        EventType::EntityObserved => entity(&read),
        EventType::PolicyEvaluated => policy(&read),
        EventType::ExceptionRequested => exception(&read),
        EventType::ApprovalRecorded => approval(&read),
        EventType::PrecedentCited => precedent(&read),
        EventType::ActionProposed => proposal(&read),
        EventType::ActionCommitted => commit(&read),
        EventType::TraceFinished => finish(&read),
        EventType::WorkflowReviewRequested => review(&read),
        EventType::WorkflowActionRecorded => handling(&read),
    }
}

fn started(read: &Payload<'_>) -> Story {
    let mut told = Telling::new("Opened ");
    match read.text(&["title"]) {
        Some(title) => told.strong(&format!("“{title}”")),
        None => told.say("a decision"),
    };
    if let Some(id) = read.text(&["primary_entity", "entity_id"]) {
        told.say(" for ").thing(read.text(&["primary_entity", "entity_type"]), id);
        told.opt(" in ", read.text(&["primary_entity", "system"]));
    }
    told.opt(", workflow ", read.text(&["workflow"]));
    told.done(Tone::Neutral)
}

fn input(read: &Payload<'_>) -> Story {
    let mut told = Telling::new("Read ");
    match read.text(&["source", "object_id"]) {
        Some(id) => told.thing(read.text(&["source", "object_type"]), id),
        None => told.say("an input"),
    };
    told.opt(" from ", read.text(&["source", "system"]));
    told.values(facts(read)).done(Tone::Neutral)
}

fn entity(read: &Payload<'_>) -> Story {
    let mut told = Telling::new("Saw the ");
    if let Some(role) = read.text(&["role"]) {
        told.say(role).say(" ");
    }
    match read.text(&["entity", "entity_id"]) {
        Some(id) => told.thing(read.text(&["entity", "entity_type"]), id),
        None => told.say("entity"),
    };
    told.opt(" in ", read.text(&["entity", "system"]));
    told.values(facts(read)).done(Tone::Neutral)
}

fn policy(read: &Payload<'_>) -> Story {
    let mut told = Telling::new("Policy ");
    told.policy(read);
    let (verdict, tone) = match read.text(&["decision"]) {
        Some("allow") => (" allows it", Tone::Good),
        Some("deny") => (" denies it", Tone::Alert),
        Some("require_exception") => (" requires an exception", Tone::Warn),
        _ => (" was evaluated", Tone::Neutral),
    };
    told.say(verdict);
    let codes: Vec<&str> = read.list(&["violations"]).iter().filter_map(|one| one.get("code")?.as_str()).collect();
    if !codes.is_empty() {
        told.say(": ").id(&codes.join(", "));
    }
    told.quote(read.text(&["explanation", "summary"])).done(tone)
}

fn exception(read: &Payload<'_>) -> Story {
    let mut told = Telling::new("Asked for an exception");
    if read.text(&["policy", "policy_id"]).is_some() {
        told.say(" to ").policy(read);
    }
    told.quote(read.text(&["reason"])).done(Tone::Warn)
}

fn approval(read: &Payload<'_>) -> Story {
    let mut told = Telling::new("");
    match read.text(&["approver", "actor_id"]) {
        Some(who) => told.strong(who),
        None => told.say("Somebody"),
    };
    let (verb, tone) = match read.text(&["decision"]) {
        Some("approved") => (" approved", Tone::Good),
        Some("rejected") => (" rejected", Tone::Alert),
        _ => (" recorded a decision", Tone::Neutral),
    };
    told.say(verb);
    if let Some(id) = read.text(&["subject", "subject_id"]) {
        told.say(" ").thing(read.text(&["subject", "subject_type"]), id);
    }
    told.quote(read.text(&["reason"])).done(tone)
}

fn precedent(read: &Payload<'_>) -> Story {
    let mut told = Telling::new("Cited ");
    match read.text(&["cited_trace_id"]) {
        Some(id) => told.part(Part::Trace(id.to_owned())),
        None => told.say("a trace"),
    };
    told.say(" as a precedent").opt(", similarity ", read.text(&["similarity_score"]));
    told.quote(read.text(&["reason"])).done(Tone::Neutral)
}

fn proposal(read: &Payload<'_>) -> Story {
    let mut told = Telling::new("Proposed to ");
    told.say(&spaced(read.text(&["action_type"]).unwrap_or("act")));
    if let Some(id) = read.text(&["target_entity", "entity_id"]) {
        told.say(" ").thing(read.text(&["target_entity", "entity_type"]), id);
    }
    told.opt(" in ", read.text(&["target_system"]));
    let changes = read.list(&["changes"]).iter().filter_map(|change| {
        Some(Value {
            key: change.get("path")?.as_str()?.to_owned(),
            was: change.get("old_value").filter(|old| !old.is_null()).map(in_one_line),
            now: change.get("new_value").map(in_one_line)?,
        })
    });
    told.values(changes.collect()).done(Tone::Neutral)
}

fn commit(read: &Payload<'_>) -> Story {
    let mut told = Telling::new("Action");
    if let Some(id) = read.text(&["action_id"]) {
        told.say(" ").id(id);
    }
    let (verb, tone) = match read.text(&["status"]) {
        Some("success") => (" succeeded", Tone::Good),
        Some("failure") => (" failed", Tone::Alert),
        Some("partial") => (" was carried out in part", Tone::Warn),
        _ => (" was carried out", Tone::Neutral),
    };
    told.say(verb).opt(", reference ", read.text(&["external_reference"]));
    told.quote(read.text(&["error"])).done(tone)
}

fn finish(read: &Payload<'_>) -> Story {
    let mut told = Telling::new("Finished");
    let outcome = read.text(&["outcome"]);
    if let Some(outcome) = outcome {
        told.say(": ").strong(outcome);
    }
    let tone = match outcome {
        Some("success") => Tone::Good,
        Some("failure") => Tone::Alert,
        Some("abandoned") => Tone::Warn,
        _ => Tone::Neutral,
    };
    told.quote(read.text(&["summary"])).done(tone)
}

fn review(read: &Payload<'_>) -> Story {
    let mut told = Telling::new("Asked for a review");
    if let Some(title) = read.text(&["title"]) {
        told.say(", ").strong(&format!("“{title}”"));
    }
    told.opt(", priority ", read.text(&["priority"]));
    if let Some(hours) = read.at(&["sla_hours"]).and_then(Json::as_i64) {
        told.say(&format!(", within {hours} h"));
    }
    told.quote(read.text(&["reason"])).done(Tone::Warn)
}

fn handling(read: &Payload<'_>) -> Story {
    let mut told = Telling::new("Review");
    if let Some(id) = read.text(&["workflow_id"]) {
        told.say(" ").id(id);
    }
    told.say(": ").strong(&spaced(read.text(&["action_type"]).unwrap_or("handled")));
    told.quote(read.text(&["reason"])).done(Tone::Neutral)
}

fn facts(read: &Payload<'_>) -> Vec<Value> {
    let facts = read.list(&["facts"]).iter().filter_map(|fact| {
        let key = fact.get("key")?.as_str()?.to_owned();
        Some(Value { key, was: None, now: in_one_line(fact.get("value")?) })
    });
    facts.collect()
}

fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

/// Tolerant access to what a payload should hold.
struct Payload<'p>(&'p Json<'p>);

impl<'p> Payload<'p> {
    fn at(&self, path: &[&str]) -> Option<&'p Json<'p>> {
        path.iter().try_fold(self.0, |holder, key| holder.get(key))
    }

    fn text(&self, path: &[&str]) -> Option<&'p str> {
        self.at(path)?.as_str().filter(|text| !text.trim().is_empty())
    }

    fn list(&self, path: &[&str]) -> &'p [Json<'p>] {
        self.at(path).and_then(Json::as_list).unwrap_or_default()
    }
}

/// A story in the making.
struct Telling(Story);

impl Telling {
    fn new(opening: &str) -> Self {
        let mut told = Self(Story::default());
        told.say(opening);
        told
    }

    fn part(&mut self, part: Part) -> &mut Self {
        self.0.parts.push(part);
        self
    }

    fn say(&mut self, words: &str) -> &mut Self {
        if words.is_empty() {
            return self;
        }
        if let Some(Part::Text(last)) = self.0.parts.last_mut() {
            last.push_str(words);
            return self;
        }
        self.part(Part::Text(words.to_owned()))
    }

    fn strong(&mut self, words: &str) -> &mut Self {
        self.part(Part::Strong(words.to_owned()))
    }

    fn id(&mut self, id: &str) -> &mut Self {
        self.part(Part::Id(id.to_owned()))
    }

    fn opt(&mut self, before: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.say(before).say(value);
        }
        self
    }

    fn thing(&mut self, kind: Option<&str>, id: &str) -> &mut Self {
        if let Some(kind) = kind {
            self.say(&spaced(kind)).say(" ");
        }
        self.id(id)
    }

    fn policy(&mut self, read: &Payload<'_>) -> &mut Self {
        self.strong(read.text(&["policy", "policy_id"]).unwrap_or("unnamed"));
        self.opt(" ", read.text(&["policy", "policy_version"]))
    }

    fn quote(&mut self, words: Option<&str>) -> &mut Self {
        self.0.quote = words.map(str::to_owned);
        self
    }

    fn values(&mut self, values: Vec<Value>) -> &mut Self {
        self.0.values = values;
        self
    }

    fn done(&mut self, tone: Tone) -> Story {
        self.0.tone = tone;
        std::mem::take(&mut self.0)
    }
}
