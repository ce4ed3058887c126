//! Reads the envelope of an event and checks what can be said without its payload.

use super::{Actor, NewEvent, Source, problems::Problems};
use crate::{
    event_type::EventType,
    hash::Hash32,
    ids::TraceSeq,
    json::Json,
    limits::{Profile, Rules, UnknownFields},
    time::Micros,
    violation::{ErrorCode, Violation},
};

const FIELDS: [&str; 13] = [
    "actor",
    "causation_event_id",
    "correlation_id",
    "event_id",
    "event_type",
    "idempotency_key",
    "occurred_at",
    "payload",
    "schema_version",
    "source",
    "tags",
    "trace_id",
    "trace_seq",
];
const SOURCE_FIELDS: [&str; 3] = ["producer_id", "subsystem", "system"];
const ACTOR_FIELDS: [&str; 2] = ["actor_id", "actor_type"];
const ACTOR_TYPES: [&str; 4] = ["agent", "person", "role", "system"];
const KEY_BYTES: usize = 200;

/// Stands where an object or payload is missing, so that reading can go on.
const NOTHING: &Json<'static> = &Json::Null;

/// Answers the envelope with an empty payload, the type when it is known, and the payload beside them. What is wrong is in
/// `problems`, and then the event is good for nothing.
///
/// # Errors
/// What is no object is no event at all.
pub(super) fn read<'j, 'a>(
    value: &'j Json<'a>,
    rules: &Rules,
    problems: &mut Problems,
) -> Result<(NewEvent, Option<EventType>, &'j Json<'a>), Violation> {
    let reader = Reader { rules };
    let root = value.as_object().ok_or_else(|| Violation::argument("an event must be a JSON object").at(""))?;
    let event_id = problems.take(reader.id(value, "event_id", "/event_id"));
    let trace_id = problems.take(reader.id(value, "trace_id", "/trace_id"));
    let type_name = problems.take(reader.text(value, "event_type", "/event_type", ErrorCode::SchemaViolation));
    let trace_seq = problems.take(reader.trace_seq(value.get("trace_seq")));
    let occurred_at = problems.take(reader.text(value, "occurred_at", "/occurred_at", ErrorCode::InvalidArgument));
    let idempotency_key =
        problems.take(reader.text(value, "idempotency_key", "/idempotency_key", ErrorCode::InvalidArgument));
    let schema_version = match value.get("schema_version") {
        None => 1,
        Some(version) => version.as_i64().unwrap_or_else(|| {
            problems.add(Violation::schema("schema_version must be an integer").at("/schema_version"));
            1
        }),
    };
    let tags = reader.tags(value.get("tags"), problems);
    let actor = reader.object(value, "actor", "/actor", problems);
    let source = reader.object(value, "source", "/source", problems);
    let payload = value.get("payload").unwrap_or_else(|| {
        problems.add(Violation::argument("payload is required").at("/payload"));
        NOTHING
    });
    let event_type = type_name.parse::<EventType>().ok();
    if event_type.is_none() {
        problems.add(Violation::schema("event_type is not one of the known types").at("/event_type"));
    }
    let event = NewEvent {
        event_type: event_type.unwrap_or(EventType::TraceStarted),
        event_id,
        trace_id,
        trace_seq,
        occurred_instant: Micros::parse_rfc3339(&occurred_at).unwrap_or_default(),
        occurred_at,
        source: Source {
            producer_id: problems.take(reader.id(source, "producer_id", "/source/producer_id")),
            system: problems.take(reader.id(source, "system", "/source/system")),
            subsystem: problems.take(reader.optional_id(source, "subsystem", "/source/subsystem")),
        },
        actor: Actor {
            actor_type: problems.take(reader.id(actor, "actor_type", "/actor/actor_type")),
            actor_id: problems.take(reader.id(actor, "actor_id", "/actor/actor_id")),
        },
        correlation_id: problems.take(reader.optional_id(value, "correlation_id", "/correlation_id")),
        causation_event_id: problems.take(reader.optional_id(value, "causation_event_id", "/causation_event_id")),
        idempotency_key,
        schema_version,
        tags,
        payload_json: String::new(),
        payload_hash: Hash32::from_bytes([0; 32]),
    };
    if rules.unknown_fields == UnknownFields::Refuse {
        refuse_unknown(root, &FIELDS, "", problems);
        refuse_unknown(source.as_object().unwrap_or_default(), &SOURCE_FIELDS, "/source", problems);
        refuse_unknown(actor.as_object().unwrap_or_default(), &ACTOR_FIELDS, "/actor", problems);
    }
    match rules.profile {
        Profile::Strict => check_strict(&event, problems),
        Profile::Reference => problems.take(check_key(&event.idempotency_key)),
    }
    Ok((event, event_type, payload))
}

struct Reader<'r> {
    rules: &'r Rules,
}

impl Reader<'_> {
    fn text(&self, holder: &Json<'_>, key: &str, pointer: &str, code: ErrorCode) -> Result<String, Violation> {
        let missing = || Violation::new(code, format!("missing or invalid string for '{pointer}'")).at(pointer);
        let text = holder.get(key).and_then(Json::as_str).ok_or_else(missing)?;
        if key != "idempotency_key" {
            refuse_nul(text, pointer)?;
        }
        Ok(text.to_owned())
    }

    /// A string that ends up in an index or a graph id: bounded, without U+0000.
    fn id(&self, holder: &Json<'_>, key: &str, pointer: &str) -> Result<String, Violation> {
        let text = self.text(holder, key, pointer, ErrorCode::SchemaViolation)?;
        bounded(&text, pointer, self.rules)?;
        Ok(text)
    }

    fn optional_id(&self, holder: &Json<'_>, key: &str, pointer: &str) -> Result<Option<String>, Violation> {
        match holder.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Text(text)) => {
                refuse_nul(text, pointer)?;
                bounded(text, pointer, self.rules)?;
                Ok(Some(text.clone().into_owned()))
            }
            Some(_) => Err(Violation::schema(format!("'{pointer}' must be a string or null")).at(pointer)),
        }
    }

    fn object<'j, 'a>(&self, holder: &'j Json<'a>, key: &str, pointer: &str, problems: &mut Problems) -> &'j Json<'a> {
        holder.get(key).filter(|value| value.as_object().is_some()).unwrap_or_else(|| {
            problems.add(Violation::schema(format!("'{pointer}' must be an object")).at(pointer));
            NOTHING
        })
    }

    /// The strict profile lets the log assign the number; the reference needs it from the caller.
    fn trace_seq(&self, value: Option<&Json<'_>>) -> Result<Option<TraceSeq>, Violation> {
        let refuse = |what: &str| Violation::argument(format!("trace_seq {what}")).at("/trace_seq");
        match value {
            None | Some(Json::Null) if self.rules.profile == Profile::Strict => Ok(None),
            Some(value @ Json::Int(_)) => match value.as_i64() {
                None => Err(refuse("does not fit 64 bits")),
                Some(number) => match TraceSeq::new(number) {
                    Ok(position) => Ok(Some(position)),
                    Err(_) if self.rules.profile == Profile::Strict => Err(refuse("must not be negative")),
                    // The reference meets a negative number only when it compares it with the next one.
                    Err(_) => Err(Violation::new(
                        ErrorCode::EventSequenceInvalid,
                        format!("trace_seq {number} is not the next one"),
                    )
                    .at("/trace_seq")),
                },
            },
            _ => Err(refuse("must be an integer")),
        }
    }

    /// Every tag; an empty text stands where one cannot be read, so that the others keep their places.
    fn tags(&self, value: Option<&Json<'_>>, problems: &mut Problems) -> Vec<String> {
        let Some(value) = value else { return Vec::new() };
        let Some(items) = value.as_list() else {
            problems.add(Violation::schema("tags must be a list of strings").at("/tags"));
            return Vec::new();
        };
        if items.len() > self.rules.limits.tags {
            problems.add(Violation::argument(format!("more than {} tags", self.rules.limits.tags)).at("/tags"));
            return Vec::new();
        }
        items.iter().enumerate().map(|(at, item)| problems.take(self.tag(item, &format!("/tags/{at}")))).collect()
    }

    fn tag(&self, item: &Json<'_>, pointer: &str) -> Result<String, Violation> {
        let tag = item.as_str().ok_or_else(|| Violation::schema("tags must be a list of strings").at("/tags"))?;
        refuse_nul(tag, pointer)?;
        bounded(tag, pointer, self.rules)?;
        Ok(tag.to_owned())
    }
}

fn refuse_unknown<K: AsRef<str>>(entries: &[(K, Json<'_>)], known: &[&str], below: &str, problems: &mut Problems) {
    for key in entries.iter().map(|(key, _)| key.as_ref()).filter(|key| !known.contains(key)) {
        let shown: String = key.chars().take(80).collect();
        let pointer = format!("{below}/{}", shown.replace('~', "~0").replace('/', "~1"));
        let message = format!("unknown field '{pointer}'; free data belongs into payload");
        problems.add(Violation::schema(message).because("unknown_field").at(pointer));
    }
}

/// U+0000 cannot be kept in a text column of PostgreSQL.
pub(super) fn refuse_nul(text: &str, pointer: &str) -> Result<(), Violation> {
    if text.contains('\0') {
        return Err(Violation::argument(format!("'{pointer}' must not contain U+0000")).at(pointer));
    }
    Ok(())
}

/// Joined ids must fit a B-tree entry.
pub(super) fn bounded(text: &str, pointer: &str, rules: &Rules) -> Result<(), Violation> {
    if text.len() > rules.limits.id_bytes {
        return Err(
            Violation::argument(format!("'{pointer}' is longer than {} bytes", rules.limits.id_bytes)).at(pointer)
        );
    }
    Ok(())
}

fn check_key(key: &str) -> Result<(), Violation> {
    let refuse = |what: String| Err(Violation::argument(format!("idempotency_key {what}")).at("/idempotency_key"));
    if key.is_empty() {
        return refuse("must not be empty".to_owned());
    }
    if key.contains('\0') {
        return refuse("must not contain U+0000".to_owned());
    }
    if key.len() > KEY_BYTES {
        return refuse(format!("is longer than {KEY_BYTES} bytes (it has {})", key.len()));
    }
    Ok(())
}

/// The envelope checks of the service, in its order (semantics, section 5.4). Domains are compared untrimmed.
fn check_strict(event: &NewEvent, problems: &mut Problems) {
    let not_blank = |text: &str, pointer: &str, problems: &mut Problems| {
        if text.trim().is_empty() {
            problems.add(Violation::schema(format!("'{pointer}' must not be blank")).at(pointer));
        }
    };
    not_blank(&event.event_id, "/event_id", problems);
    not_blank(&event.trace_id, "/trace_id", problems);
    if Micros::parse_rfc3339(&event.occurred_at).is_none() {
        let message = "occurred_at must be an RFC 3339 timestamp with an offset";
        problems.add(Violation::argument(message).at("/occurred_at"));
    }
    problems.take(check_key(&event.idempotency_key));
    if event.schema_version <= 0 {
        problems.add(Violation::schema("schema_version must be a positive integer").at("/schema_version"));
    }
    for (at, tag) in event.tags.iter().enumerate().filter(|(_, tag)| tag.trim().is_empty()) {
        not_blank(tag, &format!("/tags/{at}"), problems);
    }
    not_blank(&event.actor.actor_id, "/actor/actor_id", problems);
    if !ACTOR_TYPES.contains(&event.actor.actor_type.as_str()) {
        let message = "actor_type must be agent, person, role or system";
        problems.add(Violation::schema(message).at("/actor/actor_type"));
    }
    not_blank(&event.source.producer_id, "/source/producer_id", problems);
    not_blank(&event.source.system, "/source/system", problems);
}
