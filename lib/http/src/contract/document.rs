//! The OpenAPI document: every operation with what all of its kind share.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Operation, Schemas};
use crate::code::Code;
use crate::gate::Role;

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Whoever reaches the service.
    Nobody,
    /// An account, of any role when none is named.
    Account(Option<Role>),
    /// An account of a role, for the tenant that `x-tenant-id` names.
    Tenant(Role),
}

/// What stands at the top.
#[derive(Clone, Copy, Debug)]
pub struct Info<'a> {
    /// The service.
    pub title: &'a str,
    /// The release.
    pub version: &'a str,
    /// What to know before reading.
    pub description: &'a str,
}

/// The document as it grows.
#[derive(Debug, Default)]
pub struct Document {
    paths: Map<String, Value>,
    schemas: Schemas,
    refusals: BTreeMap<String, Value>,
    ids: BTreeSet<&'static str>,
}

/// What the answer to any request of the service carries. Headers that every answer gets are added here, and to
/// [`shared_headers`] of the document.
const EVERY_ANSWER: [(&str, bool); 3] = [("x-request-id", true), ("cache-control", true), ("server-timing", true)];

/// What answers behind the gate carry while limits are in force.
const BEHIND_THE_GATE_ANSWERS: [(&str, bool); 2] = [("ratelimit", false), ("ratelimit-policy", false)];

/// What any operation behind the gate may refuse. A status that every operation can give is added here.
const BEHIND_THE_GATE: [Code; 8] = [
    Code::InvalidArgument,
    Code::Unauthorized,
    Code::SessionEnded,
    Code::Forbidden,
    Code::NotAcceptable,
    Code::RateLimited,
    Code::InternalError,
    Code::Storage,
];

impl Document {
    /// Adds one operation.
    ///
    /// # Panics
    /// When two operations have one id, or two schemas one name.
    pub fn add(&mut self, method: &str, path: &str, caller: Caller, operation: Operation) {
        assert!(self.ids.insert(operation.id), "two operations are named {}", operation.id);
        let tag = tag_of(path);
        let mut shown = json!({"operationId": operation.id, "summary": operation.summary, "tags": [tag]});
        let mut description = operation.description;
        for permission in &operation.permissions {
            let says = format!("Needs the permission `{permission}`.");
            description = if description.is_empty() { says } else { format!("{description} {says}") };
        }
        if !description.is_empty() {
            shown["description"] = description.into();
        }
        if !operation.permissions.is_empty() {
            shown["x-permissions"] = json!(operation.permissions);
        }
        if let Some(deprecation) = operation.deprecation {
            shown["deprecated"] = true.into();
            shown["x-sunset"] = deprecation.sunset.into();
        }
        let mut parameters: Vec<Value> = segments(path);
        let mut refusals = operation.refusals;
        match caller {
            Caller::Nobody => shown["security"] = json!([]),
            Caller::Account(role) => {
                refusals.extend(BEHIND_THE_GATE);
                shown["x-role"] = role.map(Role::as_str).into();
            }
            Caller::Tenant(role) => {
                refusals.extend(BEHIND_THE_GATE);
                refusals.insert(Code::NotFound);
                parameters.push(json!({"$ref": "#/components/parameters/TenantId"}));
                shown["x-role"] = role.as_str().into();
            }
        }
        if caller != Caller::Nobody {
            let session = json!([{"token": [], "session": []}]);
            let either = json!([{"token": []}, {"token": [], "session": []}]);
            shown["security"] = if operation.needs_session { session } else { either };
        }
        if path.contains('{') {
            refusals.insert(Code::NotFound);
        }
        parameters.extend(operation.parameters);
        let conditional =
            method == "get" && caller != Caller::Nobody && (operation.tagged || is_enveloped(&operation.answers));
        if conditional {
            parameters.push(json!({"$ref": "#/components/parameters/IfNoneMatch"}));
        }
        if method == "post" {
            parameters.push(json!({"$ref": "#/components/parameters/IdempotencyKey"}));
            refusals.extend([Code::Conflict, Code::IdempotencyConflict, Code::PayloadTooLarge, Code::RequestTimeout]);
        }
        if !parameters.is_empty() {
            shown["parameters"] = parameters.into();
        }
        if let Some(body) = operation.body {
            shown["requestBody"] = body;
        }
        let mut responses = Map::new();
        for (status, mut answer) in operation.answers {
            for (name, _) in EVERY_ANSWER {
                answer["headers"][name] = json!({"$ref": format!("#/components/headers/{name}")});
            }
            if operation.deprecation.is_some() {
                for name in ["deprecation", "sunset", "link"] {
                    answer["headers"][name] = json!({"required": true, "schema": {"type": "string"}});
                }
            }
            if caller != Caller::Nobody {
                for (name, _) in BEHIND_THE_GATE_ANSWERS {
                    answer["headers"][name] = json!({"$ref": format!("#/components/headers/{name}")});
                }
            }
            if conditional && status == 200 {
                answer["headers"]["etag"] = json!({"$ref": "#/components/headers/etag"});
            }
            if method == "post" {
                answer["headers"]["idempotent-replayed"] = json!({"$ref": "#/components/headers/idempotent-replayed"});
            }
            responses.insert(status.to_string(), answer);
        }
        if conditional {
            responses.insert("304".to_owned(), not_modified());
        }
        for (status, codes) in by_status(&refusals) {
            let name = codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join("-or-");
            self.refusals.entry(name.clone()).or_insert_with(|| refusal(status, &codes));
            responses.insert(status.to_string(), json!({"$ref": format!("#/components/responses/{name}")}));
        }
        shown["responses"] = responses.into();
        self.schemas.merge(operation.schemas);
        let entry = self.paths.entry(path.to_owned()).or_insert_with(|| json!({}));
        entry[method] = shown;
    }

    /// Adds a named schema that no operation brings along.
    ///
    /// # Panics
    /// When the name has another shape already.
    pub fn schema(&mut self, name: &str, schema: Value) {
        self.schemas.add(name, schema);
    }

    /// The whole document. `tags` are the areas in the order to read them in, each with what it is about.
    #[must_use]
    pub fn finish(mut self, info: Info<'_>, tags: &[(&str, &str)]) -> Value {
        self.schemas.add("RequestId", request_id());
        self.schemas.add("ErrorDetails", details());
        let paths = self.paths.into_iter().map(|(path, item)| (path, self.schemas.whole(item)));
        let paths: Map<String, Value> = paths.collect();
        let tags: Vec<Value> = tags.iter().map(|(name, says)| json!({"name": name, "description": says})).collect();
        let mut document = json!({
            "openapi": "3.1.0",
            "info": {
                "title": info.title, "version": info.version, "description": info.description,
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
            "servers": [{"url": "/", "description": "The service that gave this document"}],
            "tags": tags,
            "security": [{"token": []}],
            "paths": paths,
            "components": {
                "schemas": self.schemas.finish(),
                "responses": self.refusals,
                "parameters": {
                    "TenantId": tenant_id(), "IfNoneMatch": if_none_match(), "IdempotencyKey": idempotency_key(),
                },
                "headers": shared_headers(),
                "securitySchemes": {
                    "token": {
                        "type": "http", "scheme": "bearer", "bearerFormat": "dg_<id>_<secret>",
                        "description": "The token of an account.",
                    },
                    "session": {
                        "type": "apiKey", "in": "header", "name": "x-dg-session",
                        "description": "The session of the person in whose name a program with the permission `principal_assert` asks.",
                    },
                },
            },
        });
        // What was flattened into another object has a name that nothing refers to.
        let text = document.to_string();
        if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
            schemas.retain(|name, _| text.contains(&format!("\"#/components/schemas/{name}\"")));
        }
        document
    }
}

/// The area an operation belongs to: the first segment behind the version, or behind `admin`.
fn tag_of(path: &str) -> String {
    let Some(path) = path.strip_prefix("/api/v1/") else { return "service".to_owned() };
    let admin = path.strip_prefix("admin/");
    let first = admin.unwrap_or(path).split(['/', ':']).next().unwrap_or_default();
    if admin.is_some() { format!("admin/{first}") } else { first.to_owned() }
}

fn segments(path: &str) -> Vec<Value> {
    let names = path.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    names
        .map(|(name, _)| {
            json!({"name": name, "in": "path", "required": true,
                   "schema": {"type": "string", "minLength": 1, "pattern": "^[^\\u0000]+$"},
                   "description": "Percent-encoded."})
        })
        .collect()
}

fn by_status(codes: &BTreeSet<Code>) -> BTreeMap<u16, Vec<Code>> {
    let mut found: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        found.entry(code.status().as_u16()).or_default().push(*code);
    }
    found
}

fn refusal(status: u16, codes: &[Code]) -> Value {
    let words: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let mut headers: Map<String, Value> = EVERY_ANSWER
        .iter()
        .map(|(name, _)| ((*name).to_owned(), json!({"$ref": format!("#/components/headers/{name}")})))
        .collect();
    headers.insert("x-error-code".to_owned(), json!({"$ref": "#/components/headers/x-error-code"}));
    if status == 401 {
        headers.insert("www-authenticate".to_owned(), json!({"$ref": "#/components/headers/www-authenticate"}));
    }
    let always = codes.iter().all(|code| code.is_transient());
    if always {
        headers.insert("retry-after".to_owned(), json!({"$ref": "#/components/headers/retry-after"}));
    } else if codes.iter().any(|code| code.is_transient()) {
        headers.insert(
            "retry-after".to_owned(),
            json!({"description": RETRY, "schema": {"type": "integer", "minimum": 1}}),
        );
    }
    let description: Vec<String> = codes.iter().map(|code| format!("`{}`: {}", code.as_str(), code.about())).collect();
    let example = json!({
        "error": {"code": words[0], "message": codes[0].about(), "details": {}}, "request_id": "6a0f31c2d9b84e7758fa0c1d",
    });
    json!({
        "description": description.join("; "),
        "headers": headers,
        "content": {"application/json": {"schema": failure(&words), "example": example}},
    })
}

/// The envelope of a failure.
fn failure(words: &[&str]) -> Value {
    json!({
        "type": "object",
        "required": ["error", "request_id"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message", "details"],
                "properties": {
                    "code": {"type": "string", "enum": words},
                    "message": {"type": "string", "minLength": 1, "description": "For people; may change."},
                    "details": {"$ref": "#/components/schemas/ErrorDetails"},
                },
            },
            "request_id": {"$ref": "#/components/schemas/RequestId"},
        },
    })
}

fn request_id() -> Value {
    json!({"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,128}$",
           "description": "What ties the answer to the log lines of the service; also in `x-request-id`."})
}

/// What failures say beside their code. Which of it is there depends on the failure.
fn details() -> Value {
    let text = |says: &str| json!({"type": "string", "description": says});
    let position = |says: &str| json!({"type": "integer", "description": says});
    let list = |says: &str, items: Value| json!({"type": "array", "items": items, "description": says});
    json!({
        "type": "object",
        "description": "For programs. Which keys are there depends on the failure; more may come.",
        "properties": {
            "pointer": text("Where in the body: a JSON Pointer (RFC 6901)."),
            "errors": list("Everything that is wrong with the shape of the body, the first being the one of the failure itself.", json!({
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": {
                    "pointer": text("Where in the body or event."), "code": text("As it would be alone."),
                    "message": text("For people."), "reason": text("A finer reason."),
                },
            })),
            "errors_left_out": position("How many more there are."),
            "parameter": text("Which query parameter."),
            "known": list("The query parameters that the route knows.", json!({"type": "string"})),
            "header": text("Which header."),
            "permission": text("The permission that is missing."),
            "reason": text("A finer reason within the code."),
            "expected_trace_seq": position("The number the trace expects next."),
            "mismatches": list("In what a reused idempotency key differs.", json!({"type": "string"})),
            "constraint": text("What would have been there twice."),
            "results": list("The refusals of an atomic batch, by index.", json!({"type": "object"})),
            "applied_seq": position("How far the projection is."),
            "head_seq": position("The last event of the tenant."),
            "wanted_seq": position("The event that was asked for."),
            "limit": text("Which limit."),
            "limit_bytes": position("The most that is taken."),
            "content_encoding": text("The packing that is not understood."),
            "limit_events": position("The most that is taken."),
            "status": text("What state the thing is in."),
        },
        "additionalProperties": true,
    })
}

fn tenant_id() -> Value {
    json!({
        "name": "x-tenant-id", "in": "header", "required": true, "description": "For which tenant.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$"}, "example": "docs",
    })
}

fn if_none_match() -> Value {
    json!({
        "name": "if-none-match", "in": "header", "required": false, "schema": {"type": "string"},
        "description": "The `etag` of an answer that the caller has; the same answer is 304 then.",
    })
}

fn idempotency_key() -> Value {
    json!({
        "name": "idempotency-key", "in": "header", "required": false,
        "schema": {"type": "string", "pattern": "^(\"[!#-~]{1,255}\"|[!#-~]{1,255})$"},
        "description": "Under this key the request is carried out once; a repeat within a day gets the same answer.",
    })
}

/// Whether the answer is always one in the envelope, which gets a tag.
fn is_enveloped(answers: &BTreeMap<u16, Value>) -> bool {
    answers.get(&200).is_some_and(|answer| {
        let only = answer["content"].as_object().is_some_and(|forms| forms.len() == 1);
        only && answer["content"]["application/json"]["schema"]["properties"].get("request_id").is_some()
    })
}

fn not_modified() -> Value {
    let shared = EVERY_ANSWER.iter().chain(&BEHIND_THE_GATE_ANSWERS).map(|(name, _)| *name).chain(["etag"]);
    let headers = shared.map(|name| (name.to_owned(), json!({"$ref": format!("#/components/headers/{name}")})));
    json!({
        "description": "Nothing has changed since the answer that `if-none-match` names.",
        "headers": headers.collect::<Map<String, Value>>(),
    })
}

const RETRY: &str = "In how many seconds to try again.";

fn shared_headers() -> Value {
    let required = |name: &str| EVERY_ANSWER.iter().any(|(known, always)| *known == name && *always);
    json!({
        "x-request-id": {"required": required("x-request-id"), "schema": {"$ref": "#/components/schemas/RequestId"},
            "description": "As sent, or drawn."},
        "cache-control": {"required": required("cache-control"), "schema": {"type": "string"},
            "description": "`no-store`, where nothing else is said."},
        "server-timing": {"required": required("server-timing"), "schema": {"type": "string"},
            "description": "How long the answer took at the service, in milliseconds (`total;dur=…`)."},
        "ratelimit": {"required": required("ratelimit"), "schema": {"type": "string"},
            "description": "What is left of each bucket (`r`), and in how many seconds all of it is back (`t`)."},
        "ratelimit-policy": {"required": required("ratelimit-policy"), "schema": {"type": "string"},
            "description": "What each bucket holds (`q`), and in how many seconds it fills (`w`)."},
        "etag": {"required": true, "schema": {"type": "string"}, "description": "The tag of `data`, or of the bytes of a file."},
        "idempotent-replayed": {"required": false, "schema": {"type": "string", "enum": ["true"]},
            "description": "The answer is that of an earlier request."},
        "x-error-code": {"required": true, "schema": {"type": "string"}, "description": "The code of the failure again."},
        "www-authenticate": {"required": true, "schema": {"type": "string"}, "description": "`Bearer`."},
        "retry-after": {"required": true, "schema": {"type": "integer", "minimum": 1}, "description": RETRY},
    })
}
