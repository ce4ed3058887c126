//! What an operation of the API takes and answers, said beside its handler, and the OpenAPI document made of it.
//!
//! An [`Operation`] says what is its own: parameters, body, answer, refusals. What every operation of its kind shares (who may
//! come in, the tenant's header, the refusals of the gate, the headers of every answer) is added by the [`Document`], which goes
//! through the one table of routes. Shapes of bodies come from the types that are read and written (`utoipa::ToSchema`).

pub mod compare;
mod document;
mod query;
mod schema;

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

pub use document::{Caller, Document, Info};
pub use query::Query;
pub use schema::{
    Schemas, asked_instant, digest, instant, nullable_digest, nullable_instant, nullable_position, object, position,
    text, words,
};

use crate::code::Code;
use crate::freshness;
use crate::reply::Meta;

/// The successor and the end of an operation that goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deprecation {
    /// Since when, in seconds since 1970 (RFC 9745).
    pub since: i64,
    /// From when on it may be gone, as an HTTP date (RFC 8594).
    pub sunset: &'static str,
    /// Where to read what to use instead.
    pub instead: &'static str,
}

impl Deprecation {
    /// Says it on an answer: `Deprecation`, `Sunset`, and a `Link` to what comes instead.
    pub fn mark(self, response: &mut Response) {
        let (since, link) =
            (format!("@{}", self.since), format!("<{}>; rel=\"deprecation\"; type=\"text/html\"", self.instead));
        let headers = response.headers_mut();
        for (name, text) in [(DEPRECATION, since.as_str()), (SUNSET, self.sunset), (header::LINK, link.as_str())] {
            headers.insert(name, HeaderValue::from_str(text).expect("what the table says is a header value"));
        }
    }
}

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// One operation, as its handler keeps to it.
#[derive(Clone, Debug)]
pub struct Operation {
    id: &'static str,
    summary: &'static str,
    description: String,
    parameters: Vec<Value>,
    body: Option<Value>,
    answers: BTreeMap<u16, Value>,
    refusals: BTreeSet<Code>,
    permissions: Vec<&'static str>,
    needs_session: bool,
    tagged: bool,
    meta: Option<Value>,
    schemas: Schemas,
    deprecation: Option<Deprecation>,
}

impl Operation {
    /// An operation by the name that generated clients call it by, for ever, and in a few words.
    #[must_use]
    pub fn new(id: &'static str, summary: &'static str) -> Self {
        Self {
            id,
            summary,
            description: String::new(),
            parameters: Vec::new(),
            body: None,
            answers: BTreeMap::new(),
            refusals: BTreeSet::new(),
            permissions: Vec::new(),
            needs_session: false,
            tagged: false,
            meta: None,
            schemas: Schemas::default(),
            deprecation: None,
        }
    }

    /// What the summary does not say.
    #[must_use]
    pub fn says(mut self, text: &str) -> Self {
        if !self.description.is_empty() {
            self.description.push_str("\n\n");
        }
        self.description.push_str(text);
        self
    }

    /// One more query parameter.
    #[must_use]
    pub fn query(mut self, query: Query) -> Self {
        self.parameters.push(query.parameter());
        self
    }

    /// One more header of the request.
    #[must_use]
    pub fn header(mut self, name: &str, schema: &Value, description: &str) -> Self {
        self.parameters.push(
            json!({"name": name, "in": "header", "required": false, "schema": schema, "description": description}),
        );
        self
    }

    /// The page of a list in an order of time: `limit` and an opaque `cursor`.
    #[must_use]
    pub fn paged(self, most: i64, usual: i64) -> Self {
        self.query(Query::integer("limit", 1..=most).default(usual).says("How many at most."))
            .query(Query::text("cursor").says("`next_cursor` of the page before; good for the list that gave it."))
    }

    /// A read of a projection: how fresh the answer must be, and how fresh it is.
    #[must_use]
    pub fn fresh(mut self) -> Self {
        let meta = self.schemas.answered::<Meta>();
        self.schemas.add("Meta", meta);
        self.meta = Some(json!({"$ref": "#/components/schemas/Meta"}));
        let longest = i64::try_from(freshness::LONGEST_WAIT.as_millis()).unwrap_or(i64::MAX);
        self.query(
            Query::words("freshness", ["default", "strict"])
                .says("`strict` refuses while any event of the tenant is missing."),
        )
        .query(Query::integer("min_log_seq", 0..=i64::MAX).says("The answer must contain this event."))
        .query(Query::integer("wait_ms", 0..=longest).says("How long to wait for `min_log_seq`, which it needs."))
        .refuses([Code::ProjectionOutOfDate])
    }

    /// A read that can show what was.
    #[must_use]
    pub fn looks_back(self) -> Self {
        let says = "The answer is what it was when the log ended here; not with `freshness=strict`.";
        self.query(Query::integer("as_of_log_seq", 0..=i64::MAX).says(says))
    }

    /// A JSON body.
    #[must_use]
    pub fn body<T: ToSchema>(mut self, example: &Value) -> Self {
        let schema = self.schemas.asked::<T>();
        self.body = Some(json!({
            "required": true,
            "content": {"application/json": {"schema": schema, "example": example}},
        }));
        self.refuses(BODY)
    }

    /// A JSON body with what its type alone does not say: keywords that are added to its schema.
    #[must_use]
    pub fn body_that<T: ToSchema>(self, also: Value, example: &Value) -> Self {
        let mut operation = self.body::<T>(example);
        if let (Some(body), Value::Object(also)) = (&mut operation.body, also) {
            let schema = &mut body["content"]["application/json"]["schema"];
            // What must be there of the type stays; the rest says nothing twice.
            let kept: Vec<Value> = schema["required"].as_array().cloned().unwrap_or_default();
            for (key, value) in also {
                match key.as_str() {
                    "required" => {
                        schema[key] = kept.iter().chain(value.as_array().into_iter().flatten()).cloned().collect()
                    }
                    "properties" => value.as_object().into_iter().flatten().for_each(|(name, value)| {
                        value.as_object().into_iter().flatten().for_each(|(word, value)| {
                            schema["properties"][name][word] = value.clone();
                        });
                    }),
                    _ => schema[key] = value,
                }
            }
        }
        operation
    }

    /// A JSON body that may be left out.
    #[must_use]
    pub fn optional_body<T: ToSchema>(self, example: &Value) -> Self {
        let mut operation = self.body::<T>(example);
        if let Some(body) = &mut operation.body {
            body["required"] = false.into();
        }
        operation
    }

    /// A body by media types, each with its schema and an example; null where bytes are no example.
    #[must_use]
    pub fn bodies(mut self, content: &[(&str, Value, Value)]) -> Self {
        let content: Map<String, Value> = content
            .iter()
            .map(|(media, schema, example)| {
                let mut shown = json!({"schema": schema});
                if !example.is_null() {
                    shown["example"] = example.clone();
                }
                ((*media).to_owned(), shown)
            })
            .collect();
        self.body = Some(json!({"required": true, "content": content}));
        self.refuses(BODY)
    }

    /// An answer in the envelope.
    #[must_use]
    pub fn answers<T: ToSchema>(mut self, status: u16, says: &str) -> Self {
        let data = self.schemas.answered::<T>();
        let mut properties = json!({"data": data, "request_id": {"$ref": "#/components/schemas/RequestId"}});
        let mut required = vec!["data", "request_id"];
        if let Some(meta) = &self.meta {
            properties["meta"] = meta.clone();
            required.push("meta");
        }
        let envelope = json!({"type": "object", "required": required, "properties": properties});
        self.answer(status, says, "application/json", &envelope)
    }

    /// An answer in the envelope that is one of two shapes.
    #[must_use]
    pub fn answers_either<A: ToSchema, B: ToSchema>(mut self, status: u16, says: &str) -> Self {
        let data = json!({"anyOf": [self.schemas.answered::<A>(), self.schemas.answered::<B>()]});
        let properties = json!({"data": data, "request_id": {"$ref": "#/components/schemas/RequestId"}});
        let envelope = json!({"type": "object", "required": ["data", "request_id"], "properties": properties});
        self.answer(status, says, "application/json", &envelope)
    }

    /// An answer that is no envelope.
    #[must_use]
    pub fn answer(mut self, status: u16, says: &str, media: &str, schema: &Value) -> Self {
        let answer = json!({"description": says, "headers": {}, "content": {media: {"schema": schema}}});
        self.answers.insert(status, answer);
        self
    }

    /// Another form that the same answer may have.
    #[must_use]
    pub fn answer_or(mut self, status: u16, media: &str, schema: &Value) -> Self {
        if let Some(answer) = self.answers.get_mut(&status) {
            answer["content"][media] = json!({"schema": schema});
        }
        self
    }

    /// An answer without a body.
    #[must_use]
    pub fn answers_nothing(mut self, status: u16, says: &str) -> Self {
        self.answers.insert(status, json!({"description": says, "headers": {}}));
        self
    }

    /// A header that an answer may have, or always has.
    #[must_use]
    pub fn answer_header(mut self, status: u16, name: &str, required: bool, schema: &Value, says: &str) -> Self {
        if let Some(answer) = self.answers.get_mut(&status) {
            answer["headers"][name] = json!({"required": required, "schema": schema, "description": says});
        }
        self
    }

    /// A GET whose answer is no envelope and has a tag all the same.
    #[must_use]
    pub fn tagged(mut self) -> Self {
        self.tagged = true;
        self
    }

    /// What an answer leads to: another operation, and where in this answer its parameters are (JSON Pointers; what starts with
    /// `$` is an expression of OpenAPI).
    #[must_use]
    pub fn leads_to(mut self, status: u16, operation: &str, parameters: &[(&str, &str)]) -> Self {
        let expression = |at: &str| if at.starts_with('$') { at.to_owned() } else { format!("$response.body#{at}") };
        let parameters: Map<String, Value> =
            parameters.iter().map(|(name, at)| ((*name).to_owned(), expression(at).into())).collect();
        if let Some(answer) = self.answers.get_mut(&status) {
            answer["links"][operation] = json!({"operationId": operation, "parameters": parameters});
        }
        self
    }

    /// Codes that this operation gives beside those of its kind.
    #[must_use]
    pub fn refuses(mut self, codes: impl IntoIterator<Item = Code>) -> Self {
        self.refusals.extend(codes);
        self
    }

    /// A change that can be made to depend on the thing being as the caller saw it.
    #[must_use]
    pub fn if_match(self) -> Self {
        let says = "The `etag` of the thing as the caller saw it; when it has changed since, nothing is done.";
        self.header("if-match", &json!({"type": "string"}), says).refuses([Code::PreconditionFailed])
    }

    /// The permission that it asks for.
    #[must_use]
    pub fn permission(mut self, name: &'static str) -> Self {
        self.permissions.push(name);
        self
    }

    /// It is for a person, so the session has to be there.
    #[must_use]
    pub fn for_a_person(mut self) -> Self {
        self.needs_session = true;
        self
    }

    /// It goes away.
    #[must_use]
    pub fn deprecated(mut self, deprecation: Deprecation) -> Self {
        self.deprecation = Some(deprecation);
        self
    }

    /// A schema by name, for operations that describe a body by hand.
    #[must_use]
    pub fn schema(mut self, name: &str, schema: Value) -> Self {
        self.schemas.add(name, schema);
        self
    }

    /// How it goes away, if it does.
    pub const fn deprecation(&self) -> Option<Deprecation> {
        self.deprecation
    }
}

/// What every operation with a body may refuse.
const BODY: [Code; 3] = [Code::RequestTimeout, Code::PayloadTooLarge, Code::UnsupportedMediaType];

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    #[test]
    fn what_goes_away_says_so() {
        let gone = Deprecation { since: 1_796_083_200, sunset: "Tue, 01 Jun 2027 00:00:00 GMT", instead: "/docs#new" };
        let mut response = "x".into_response();
        gone.mark(&mut response);
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("deprecation"), "@1796083200");
        assert_eq!(header("sunset"), "Tue, 01 Jun 2027 00:00:00 GMT");
        assert_eq!(header("link"), "</docs#new>; rel=\"deprecation\"; type=\"text/html\"");
        let operation = Operation::new("old", "Old").deprecated(gone);
        assert_eq!(operation.deprecation(), Some(gone));
        let info = Info { title: "T", version: "1", description: "" };
        let mut document = Document::default();
        document.add("get", "/old", Caller::Nobody, operation);
        let shown = document.finish(info, &[]);
        assert_eq!(shown["paths"]["/old"]["get"]["deprecated"], true);
    }
}
