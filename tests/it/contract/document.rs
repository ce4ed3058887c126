//! The service's OpenAPI document, and whether an answer is what it says.

use std::collections::HashMap;
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex};

use dg_testkit::daemon;
use jsonschema::Validator;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::api::encoded;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::read);

/// What the service promises.
pub(crate) struct Contract {
    document: Value,
    /// The same with every answer closed: clients take members that they do not know, the service has no undocumented ones.
    closed: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// One operation, for making requests.
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) media: String,
    /// One per body media type; null for none.
    pub(crate) examples: Vec<Value>,
    pub(crate) has_body: bool,
    pub(crate) open: bool,
    pub(crate) for_a_person: bool,
    parameters: Vec<Value>,
}

impl Contract {
    /// The document of the built service.
    pub(crate) fn get() -> &'static Self {
        &CONTRACT
    }

    fn read() -> Self {
        let output = Command::new(daemon("dg-apid").unwrap()).arg("--openapi").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let closed = closed(document.clone());
        Self { document, closed, validators: Mutex::default() }
    }

    pub(crate) fn whole(&self) -> &Value {
        &self.document
    }

    /// Every path with its methods.
    pub(crate) fn paths(&self) -> impl Iterator<Item = (String, Vec<String>)> {
        let paths = self.document["paths"].as_object().unwrap().iter();
        paths.map(|(path, item)| {
            (path.clone(), item.as_object().unwrap().keys().map(|name| name.to_uppercase()).collect())
        })
    }

    /// Every operation.
    pub(crate) fn operations(&self) -> impl Iterator<Item = Operation> {
        let paths = self.document["paths"].as_object().unwrap().iter();
        let all = paths.flat_map(|(path, item)| METHODS.iter().map(move |method| (path, *method, &item[*method])));
        all.filter(|(.., operation)| operation.is_object()).map(|(path, method, operation)| {
            let content = operation["requestBody"]["content"].as_object();
            let json = content.and_then(|content| content.get("application/json"));
            let security = operation["security"].as_array().unwrap();
            Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase(),
                path: path.clone(),
                media: "application/json".to_owned(),
                examples: vec![json.map_or(Value::Null, |body| body["example"].clone())],
                has_body: content.is_some(),
                open: security.is_empty(),
                for_a_person: !security.is_empty() && security.iter().all(|one| one.get("session").is_some()),
                parameters: operation["parameters"].as_array().cloned().unwrap_or_default(),
            }
        })
    }

    /// Checks an answer: its status is one of the operation's, its headers are there, and its body has the shape.
    #[track_caller]
    pub(crate) fn check(&self, method: &str, path: &str, status: u16, headers: &HeaderMap, text: &str) {
        let path = path.split('?').next().unwrap_or_default();
        let what = format!("{method} {path} answered {status}");
        let body: Value = serde_json::from_str(text).unwrap_or(Value::Null);
        let method = if method == "HEAD" { "get" } else { &method.to_lowercase() };
        let template = self.template(path);
        let operation =
            template.as_ref().map(|template| &self.closed["paths"][template][method]).filter(|found| found.is_object());
        let Some(operation) = operation else {
            let expected = if template.is_some() { 405 } else { 404 };
            assert!(status == expected, "{what}, and no operation is there: {text}");
            return;
        };
        let id = operation["operationId"].as_str().unwrap();
        let documented = &operation["responses"][status.to_string()];
        assert!(documented.is_object(), "{what}, which {id} does not document: {text}");
        let answer = self.resolved(documented);
        for (name, header) in answer["headers"].as_object().unwrap() {
            let required = self.resolved(header)["required"] == true;
            assert!(!required || headers.contains_key(name), "{what} without the header {name}");
        }
        let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let media = kind.split(';').next().unwrap_or_default();
        let Some(content) = answer["content"].as_object() else {
            assert!(text.is_empty(), "{what} with a body, which {id} does not document: {text}");
            return;
        };
        assert!(content.contains_key(media), "{what} as {media:?}, which {id} does not document");
        if media == "application/json" && !text.is_empty() {
            self.validate(&format!("{id} {status}"), &content[media]["schema"], &body, &what);
        }
        if media == "application/x-ndjson" && id == "export_audit" {
            let entry = json!({"$ref": "#/components/schemas/AuditEntry"});
            for line in text.lines() {
                self.validate("audit line", &entry, &serde_json::from_str(line).unwrap(), &what);
            }
        }
    }

    #[track_caller]
    fn validate(&self, key: &str, schema: &Value, body: &Value, what: &str) {
        let mut known = self.validators.lock().unwrap();
        let make = || {
            let mut schema = schema.clone();
            schema["$schema"] = DIALECT.into();
            schema["components"] = self.closed["components"].clone();
            Arc::new(jsonschema::options().should_validate_formats(true).build(&schema).unwrap())
        };
        let validator = known.entry(key.to_owned()).or_insert_with(make).clone();
        drop(known);
        let errors: Vec<String> =
            validator.iter_errors(body).map(|error| format!("{} at {}", error, error.instance_path())).collect();
        assert!(errors.is_empty(), "{what} in another shape than {key}: {errors:#?}\n{body}");
    }

    fn resolved<'d>(&'d self, value: &'d Value) -> &'d Value {
        let target = value["$ref"].as_str().and_then(|target| self.closed.pointer(target.strip_prefix('#')?));
        target.unwrap_or(value)
    }

    /// The path of the document that a path of a request is one of; a fixed segment goes before a variable one.
    fn template(&self, path: &str) -> Option<String> {
        let asked: Vec<&str> = path.split('/').collect();
        let variables = |template: &&String| template.matches('{').count();
        let fits = |template: &&String| {
            let parts: Vec<&str> = template.split('/').collect();
            parts.len() == asked.len()
                && parts
                    .iter()
                    .zip(&asked)
                    .all(|(part, asked)| part == asked || part.starts_with('{') && !asked.is_empty())
        };
        self.closed["paths"].as_object().unwrap().keys().filter(fits).min_by_key(variables).cloned()
    }
}

impl Operation {
    fn query(&self) -> impl Iterator<Item = (&str, &Value, bool)> {
        let parameters = self.parameters.iter().filter(|parameter| parameter["in"] == "query");
        parameters.map(|parameter| {
            let schema = &parameter["schema"];
            let item = if schema["type"] == "array" { &schema["items"] } else { schema };
            (parameter["name"].as_str().unwrap(), item, parameter["required"] == true)
        })
    }

    pub(crate) fn required_query(&self) -> Vec<(String, String)> {
        self.query()
            .filter(|(.., required)| *required)
            .map(|(name, schema, _)| {
                let value = schema["minimum"].as_i64().map_or_else(|| "trace".to_owned(), |least| least.to_string());
                (name.to_owned(), value)
            })
            .collect()
    }

    /// Each parameter at its bounds and with each of its words.
    pub(crate) fn good_values(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for (name, schema, _) in self.query() {
            let bounds = [&schema["minimum"], &schema["maximum"], &schema["default"], &schema["examples"][0]];
            let words = schema["enum"].as_array().into_iter().flatten();
            let values = bounds.into_iter().chain(words).filter(|value| !value.is_null());
            found.extend(
                values.map(|value| (name.to_owned(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))),
            );
        }
        found
    }

    /// Each parameter with what it must not be, and one that nobody knows.
    pub(crate) fn bad_values(&self) -> Vec<(String, String)> {
        let mut found = vec![("no_such_parameter".to_owned(), "1".to_owned())];
        for (name, schema, required) in self.query() {
            let mut add = |value: String| found.push((name.to_owned(), value));
            add("a\u{0}b".to_owned());
            if schema["type"] == "integer" {
                for bad in ["x", "", "1.0", "+1", "99999999999999999999"] {
                    add(bad.to_owned());
                }
                for (bound, beyond) in [("minimum", -1), ("maximum", 1)] {
                    if let Some(beyond) = schema[bound].as_i64().and_then(|bound| bound.checked_add(beyond)) {
                        add(beyond.to_string());
                    }
                }
            }
            if schema["enum"].is_array() || schema["examples"].is_array() {
                add("no such word".to_owned());
            }
            if required || schema["minLength"] == 1 {
                add(String::new());
            }
        }
        found
    }

    pub(crate) fn query_text(&self, query: &[(String, String)]) -> String {
        query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
    }
}

/// Closes every object that says which members it has.
fn closed(schema: Value) -> Value {
    match schema {
        Value::Object(entries) => {
            let mut closed: serde_json::Map<String, Value> =
                entries.into_iter().map(|(key, inner)| (key, self::closed(inner))).collect();
            let says_all = closed.get("type").is_some_and(|kind| kind == "object") && closed.contains_key("properties");
            if says_all && !closed.contains_key("additionalProperties") {
                closed.insert("additionalProperties".to_owned(), false.into());
            }
            Value::Object(closed)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(closed).collect()),
        other => other,
    }
}
