//! What breaks clients when one OpenAPI document takes the place of another.
//!
//! A client of the old one goes on sending what it sent, and reading what it read. So requests may only be taken more widely, and
//! answers may only say more: new operations, statuses, members of answers, optional parameters and words break nobody.
//! (Clients have to expect members and words that they do not know.)

use std::collections::BTreeSet;

use serde_json::Value;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
const ROLES: [&str; 4] = ["", "reader", "writer", "admin"];

/// What a client of `old` could miss or be refused with `new`, one line each; empty when `new` is compatible.
#[must_use]
pub fn breaking(old: &Value, new: &Value) -> Vec<String> {
    let mut compared = Compared { old, new, found: Vec::new(), open: BTreeSet::new() };
    for (path, item) in members(&old["paths"]) {
        for method in METHODS.into_iter().filter(|method| item[*method].is_object()) {
            let at = format!("{} {path}", method.to_uppercase());
            match &new["paths"][path][method] {
                Value::Null => compared.say(&at, "is gone"),
                operation => compared.operation(&at, &item[method], operation),
            }
        }
    }
    compared.found
}

/// Which way a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// From the client: what was taken has to be taken.
    Asked,
    /// To the client: what could be relied upon has to hold.
    Answered,
}

struct Compared<'d> {
    old: &'d Value,
    new: &'d Value,
    found: Vec<String>,
    /// Pairs of references that are being compared or were.
    open: BTreeSet<(String, String, bool)>,
}

impl<'d> Compared<'d> {
    fn say(&mut self, at: &str, what: &str) {
        let line = format!("{at}: {what}");
        if !self.found.contains(&line) {
            self.found.push(line);
        }
    }

    fn operation(&mut self, at: &str, old: &'d Value, new: &'d Value) {
        if old["operationId"] != new["operationId"] {
            self.say(at, "has another operationId");
        }
        if list(&old["security"]).is_empty() && !list(&new["security"]).is_empty() {
            self.say(at, "needs a token now");
        }
        let rank = |operation: &Value| {
            let role = operation["x-role"].as_str().unwrap_or_default();
            ROLES.iter().position(|known| *known == role)
        };
        if rank(new) > rank(old) {
            self.say(at, "needs a higher role now");
        }
        self.parameters(at, &old["parameters"], &new["parameters"]);
        self.body(&format!("{at} body"), &old["requestBody"], &new["requestBody"]);
        for (status, answer) in members(&old["responses"]) {
            let at = format!("{at} {status}");
            match &new["responses"][status] {
                Value::Null => self.say(&at, "is not answered any more"),
                other => self.answer(&at, answer, other),
            }
        }
    }

    fn parameters(&mut self, at: &str, old: &'d Value, new: &'d Value) {
        let read = |document: &'d Value, all: &'d Value| -> Vec<&'d Value> {
            list(all).iter().map(|parameter| resolved(document, parameter)).collect()
        };
        let (before, after) = (read(self.old, old), read(self.new, new));
        let same = |one: &Value, other: &Value| one["name"] == other["name"] && one["in"] == other["in"];
        for parameter in &before {
            let at = format!("{at} parameter {}", name(parameter));
            match after.iter().find(|other| same(parameter, other)) {
                None => self.say(&at, "is gone"),
                Some(other) => {
                    if other["required"] == true && parameter["required"] != true {
                        self.say(&at, "is required now");
                    }
                    self.schema(&at, Way::Asked, &parameter["schema"], &other["schema"]);
                }
            }
        }
        for parameter in after.iter().filter(|parameter| parameter["required"] == true) {
            if !before.iter().any(|other| same(parameter, other)) {
                self.say(&format!("{at} parameter {}", name(parameter)), "is new and required");
            }
        }
    }

    fn body(&mut self, at: &str, old: &'d Value, new: &'d Value) {
        if new["required"] == true && old["required"] != true {
            self.say(at, "is required now");
        }
        self.content(at, Way::Asked, &old["content"], &new["content"]);
    }

    fn answer(&mut self, at: &str, old: &'d Value, new: &'d Value) {
        let (old, new) = (resolved(self.old, old), resolved(self.new, new));
        for (header, described) in members(&old["headers"]) {
            let other = resolved(self.new, &new["headers"][header]);
            if other.is_null() {
                self.say(at, &format!("does not have the header {header} any more"));
            } else if resolved(self.old, described)["required"] == true && other["required"] != true {
                self.say(at, &format!("does not always have the header {header} any more"));
            }
        }
        self.content(at, Way::Answered, &old["content"], &new["content"]);
    }

    fn content(&mut self, at: &str, way: Way, old: &'d Value, new: &'d Value) {
        for (media, body) in members(old) {
            match &new[media] {
                Value::Null => self.say(at, &format!("is not in {media} any more")),
                other => self.schema(at, way, &body["schema"], &other["schema"]),
            }
        }
    }

    fn schema(&mut self, at: &str, way: Way, old: &'d Value, new: &'d Value) {
        if let (Some(before), Some(after)) = (old["$ref"].as_str(), new["$ref"].as_str())
            && !self.open.insert((before.to_owned(), after.to_owned(), way == Way::Asked))
        {
            return;
        }
        let (old, new) = (resolved(self.old, old), resolved(self.new, new));
        if self.is_other_kind(at, way, old, new) {
            return;
        }
        self.words(at, way, old, new);
        if way == Way::Asked {
            self.bounds(at, old, new);
        }
        self.object(at, way, old, new);
        if old["items"].is_object() {
            self.schema(&format!("{at}[]"), way, &old["items"], &new["items"]);
        }
        for key in ["oneOf", "anyOf"] {
            self.alternatives(at, way, &old[key], &new[key]);
        }
    }

    fn is_other_kind(&mut self, at: &str, way: Way, old: &Value, new: &Value) -> bool {
        let (before, after) = (kinds(old), kinds(new));
        let (from, to) = if way == Way::Asked { (&before, &after) } else { (&after, &before) };
        // Who says nothing takes, or may answer, anything.
        let narrower = match (from.is_empty(), to.is_empty()) {
            (_, true) => false,
            (true, false) => true,
            (false, false) => !from.iter().all(|kind| to.contains(kind) || kind == "integer" && to.contains("number")),
        };
        if narrower {
            self.say(at, &format!("was {before:?} and is {after:?}"));
        }
        narrower
    }

    fn words(&mut self, at: &str, way: Way, old: &Value, new: &Value) {
        let words = |schema: &Value| -> Option<BTreeSet<String>> {
            let one = (!schema["const"].is_null()).then(|| BTreeSet::from([schema["const"].to_string()]));
            one.or_else(|| Some(schema["enum"].as_array()?.iter().map(Value::to_string).collect()))
        };
        match (words(old), words(new), way) {
            (Some(before), Some(after), Way::Asked) => {
                for word in before.difference(&after) {
                    self.say(at, &format!("does not take {word} any more"));
                }
            }
            (None, Some(after), Way::Asked) => self.say(at, &format!("takes only {after:?} now")),
            (Some(_), None, Way::Answered) => self.say(at, "is not one of a few words any more"),
            _ => {}
        }
    }

    fn bounds(&mut self, at: &str, old: &Value, new: &Value) {
        for (key, low) in [
            ("minimum", true),
            ("minLength", true),
            ("minItems", true),
            ("minProperties", true),
            ("maximum", false),
            ("maxLength", false),
            ("maxItems", false),
        ] {
            let narrower = match (old[key].as_i64(), new[key].as_i64()) {
                (Some(before), Some(after)) => {
                    if low {
                        after > before
                    } else {
                        after < before
                    }
                }
                (None, Some(_)) => true,
                _ => false,
            };
            if narrower {
                self.say(at, &format!("has another {key}: {} and not {}", new[key], old[key]));
            }
        }
        for key in ["pattern", "if", "then", "else", "not", "allOf"] {
            // Which of two patterns takes more is not to be told; that one is new or another one is.
            if !new[key].is_null() && new[key] != old[key] {
                self.say(at, &format!("has another {key}"));
            }
        }
    }

    fn object(&mut self, at: &str, way: Way, old: &'d Value, new: &'d Value) {
        let required = |schema: &Value| -> BTreeSet<String> {
            list(&schema["required"]).iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let (before, after) = (required(old), required(new));
        match way {
            Way::Asked => {
                after.difference(&before).for_each(|name| self.say(&format!("{at}.{name}"), "is required now"))
            }
            Way::Answered => before
                .difference(&after)
                .filter(|name| !new["properties"][name.as_str()].is_null())
                .for_each(|name| self.say(&format!("{at}.{name}"), "is not always there any more")),
        }
        let closed = new["additionalProperties"] == false;
        if way == Way::Asked && closed && old["additionalProperties"] != false {
            self.say(at, "does not take other members any more");
        }
        for (name, schema) in members(&old["properties"]) {
            let at = format!("{at}.{name}");
            match &new["properties"][name] {
                Value::Null if way == Way::Answered || closed => self.say(&at, "is gone"),
                Value::Null => {}
                other => self.schema(&at, way, schema, other),
            }
        }
    }

    /// Alternatives are known by their reference, or by their place.
    fn alternatives(&mut self, at: &str, way: Way, old: &'d Value, new: &'d Value) {
        let (before, after) = (list(old), list(new));
        if before.is_empty() && after.is_empty() {
            return;
        }
        if before.is_empty() || after.is_empty() {
            if (way == Way::Asked) == before.is_empty() {
                self.say(at, "has other alternatives");
            }
            return;
        }
        let (mine, theirs) = if way == Way::Asked { (before, after) } else { (after, before) };
        for (place, one) in mine.iter().enumerate() {
            let by_name = theirs.iter().find(|other| one["$ref"].is_string() && other["$ref"] == one["$ref"]);
            let by_place = theirs.get(place).filter(|other| one["$ref"].is_null() && other["$ref"].is_null());
            match (by_name.or(by_place), way) {
                (None, Way::Asked) => self.say(at, &format!("does not take the alternative {} any more", shown(one))),
                (None, Way::Answered) => self.say(at, &format!("has a new alternative {}", shown(one))),
                (Some(other), Way::Asked) => self.schema(at, way, one, other),
                (Some(other), Way::Answered) => self.schema(at, way, other, one),
            }
        }
    }
}

fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let target = value["$ref"].as_str().and_then(|target| document.pointer(target.strip_prefix('#')?));
    target.unwrap_or(value)
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn kinds(schema: &Value) -> BTreeSet<String> {
    let one = schema["type"].as_str().into_iter();
    one.chain(list(&schema["type"]).iter().filter_map(Value::as_str)).map(str::to_owned).collect()
}

fn name(parameter: &Value) -> &str {
    parameter["name"].as_str().unwrap_or_default()
}

fn shown(schema: &Value) -> String {
    schema["$ref"].as_str().map_or_else(|| schema.to_string().chars().take(80).collect(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document() -> Value {
        json!({
            "paths": {"/a/{id}": {
                "get": {
                    "operationId": "get_a", "security": [], "x-role": "reader",
                    "parameters": [
                        {"$ref": "#/components/parameters/Id"},
                        {"name": "q", "in": "query", "required": false, "schema": {"type": "string", "enum": ["x", "y"]}},
                        {"name": "n", "in": "query", "required": false, "schema": {"type": "integer", "minimum": 0, "maximum": 9}},
                        {"name": "t", "in": "query", "required": false, "schema": {"type": "string", "minLength": 1, "maxLength": 5}},
                    ],
                    "responses": {
                        "200": {"headers": {"x-h": {"required": true}}, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
                        "404": {"$ref": "#/components/responses/Gone"},
                    },
                },
                "post": {
                    "operationId": "post_a", "security": [],
                    "requestBody": {"required": false, "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Asked"}},
                        "text/plain": {"schema": {"type": "string"}}}},
                    "responses": {"201": {"content": {"application/json": {"schema": {"type": "object"}}}}},
                },
            }},
            "components": {
                "parameters": {"Id": {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}},
                "responses": {"Gone": {"content": {"application/json": {"schema": {"type": "object",
                    "properties": {"code": {"type": "string", "enum": ["gone"]}}}}}}},
                "schemas": {
                    "B": {"type": "object"},
                    "A": {"type": "object", "required": ["id", "more"], "properties": {
                        "id": {"type": "string"}, "more": {"type": ["string", "null"]}, "word": {"type": "string", "enum": ["u"]},
                        "inner": {"type": "array", "items": {"$ref": "#/components/schemas/A"}},
                        "either": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/A"}]}}},
                    "Asked": {"type": "object", "required": ["id"], "additionalProperties": false, "properties": {
                        "id": {"type": ["string", "null"], "pattern": "^a"}, "kind": {"type": "string", "enum": ["p", "q"]},
                        "number": {"type": "number"}, "list": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
                        "either": {"oneOf": [{"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/Asked"}]},
                        "free": {"type": "object", "properties": {}}}},
                },
            },
        })
    }

    /// One place changed (`None` takes it away), and a part of the one line that says so; none when it breaks nobody.
    fn check(pointer: &str, value: impl Into<Option<Value>>, expected: Option<&str>) {
        let (old, mut new) = (document(), document());
        let (holder, key) = pointer.rsplit_once('/').unwrap();
        let value = value.into();
        match (new.pointer_mut(holder).unwrap(), value) {
            (Value::Object(holder), Some(value)) => drop(holder.insert(key.replace("~1", "/"), value)),
            (Value::Object(holder), None) => drop(holder.remove(&key.replace("~1", "/")).unwrap()),
            (Value::Array(holder), Some(value)) if key == "-" => holder.push(value),
            (Value::Array(holder), Some(value)) => holder[key.parse::<usize>().unwrap()] = value,
            (Value::Array(holder), None) => drop(holder.remove(key.parse().unwrap())),
            other => unreachable!("{other:?}"),
        }
        assert_ne!(old, new, "{pointer}");
        let found = breaking(&old, &new);
        match expected {
            None => assert!(found.is_empty(), "{pointer}: {found:?}"),
            Some(part) => {
                assert!(found.len() == 1 && found[0].contains(part), "{pointer}: {part:?} is not in {found:?}")
            }
        }
    }

    const GET: &str = "/paths/~1a~1{id}/get";
    const POST: &str = "/paths/~1a~1{id}/post";
    const A: &str = "/components/schemas/A";
    const ASKED: &str = "/components/schemas/Asked";

    fn at(base: &str, rest: &str) -> String {
        format!("{base}{rest}")
    }

    #[test]
    fn the_same_breaks_nobody() {
        assert!(breaking(&document(), &document()).is_empty());
    }

    #[test]
    fn what_is_gone_is_seen() {
        let (old, mut new) = (document(), document());
        new["paths"] = json!({});
        assert_eq!(breaking(&old, &new), ["GET /a/{id}: is gone", "POST /a/{id}: is gone"]);
        check(POST, None, Some("POST /a/{id}: is gone"));
        check(&at(GET, "/operationId"), json!("other"), Some("another operationId"));
        check(&at(GET, "/parameters/1"), None, Some("parameter q: is gone"));
        check(&at(GET, "/responses/404"), None, Some("404: is not answered any more"));
        check(&at(GET, "/responses/200/headers/x-h"), None, Some("does not have the header x-h any more"));
        check(&at(GET, "/responses/200/headers/x-h"), json!({}), Some("does not always have the header x-h"));
        check(&at(GET, "/responses/200/content/application~1json"), None, Some("is not in application/json any more"));
        check(&at(POST, "/requestBody/content/text~1plain"), None, Some("body: is not in text/plain any more"));
        check(&at(A, "/properties/word"), None, Some(".word: is gone"));
        check(&at(ASKED, "/properties/number"), None, Some(".number: is gone"));
        check(
            "/components/responses/Gone/content/application~1json/schema/properties/code",
            None,
            Some(".code: is gone"),
        );
    }

    #[test]
    fn what_is_newly_asked_for_is_seen() {
        let parameter =
            |required: bool| json!({"name": "z", "in": "query", "required": required, "schema": {"type": "string"}});
        check(&at(GET, "/parameters/-"), parameter(true), Some("parameter z: is new and required"));
        check(&at(GET, "/parameters/-"), parameter(false), None);
        check(&at(GET, "/parameters/1/required"), json!(true), Some("parameter q: is required now"));
        check(&at(GET, "/security"), json!([{"token": []}]), Some("needs a token now"));
        check(&at(GET, "/x-role"), json!("writer"), Some("needs a higher role now"));
        check(&at(POST, "/requestBody/required"), json!(true), Some("body: is required now"));
        check(&at(ASKED, "/required/-"), json!("kind"), Some(".kind: is required now"));
        check(&at(ASKED, "/properties/more"), json!({"type": "string"}), None);
        check(&at(ASKED, "/properties/free/additionalProperties"), json!(false), Some("does not take other members"));
    }

    #[test]
    fn what_is_taken_less_widely_is_seen() {
        check(&at(GET, "/parameters/1/schema/enum/0"), None, Some("does not take \"x\" any more"));
        check(&at(GET, "/parameters/1/schema/enum/-"), json!("z"), None);
        check(&at(GET, "/parameters/2/schema/maximum"), json!(8), Some("another maximum"));
        check(&at(GET, "/parameters/2/schema/maximum"), json!(10), None);
        check(&at(GET, "/parameters/2/schema/minimum"), json!(1), Some("another minimum"));
        check(&at(GET, "/parameters/3/schema/minLength"), json!(2), Some("another minLength"));
        check(&at(GET, "/parameters/3/schema/maxLength"), json!(4), Some("another maxLength"));
        check(&at(GET, "/parameters/3/schema/enum"), json!(["w"]), Some("takes only"));
        check(&at(GET, "/parameters/2/schema/type"), json!("string"), Some("was {\"integer\"} and is {\"string\"}"));
        check(&at(ASKED, "/properties/id/type"), json!("string"), Some(".id: was"));
        check(&at(ASKED, "/properties/number/type"), json!("integer"), Some(".number: was"));
        check(&at(ASKED, "/properties/id/pattern"), json!("^ab"), Some(".id: has another pattern"));
        check(&at(ASKED, "/properties/id/pattern"), None, None);
        check(&at(ASKED, "/properties/list/maxItems"), json!(2), Some(".list: has another maxItems"));
        check(&at(ASKED, "/properties/list/items/type"), json!("integer"), Some(".list[]: was"));
        check(&at(ASKED, "/properties/either/oneOf/0"), None, Some("does not take the alternative"));
        check(&at(ASKED, "/properties/kind/enum/1"), None, Some(".kind: does not take \"q\" any more"));
    }

    #[test]
    fn what_is_answered_less_surely_is_seen() {
        check(&at(A, "/required/0"), None, Some(".id: is not always there any more"));
        check(&at(A, "/properties/id/type"), json!(["string", "null"]), Some(".id: was"));
        check(&at(A, "/properties/more/type"), json!("string"), None);
        check(&at(A, "/properties/word/enum"), None, Some(".word: is not one of a few words any more"));
        check(&at(A, "/properties/word/enum/-"), json!("v"), None);
        check(&at(A, "/properties/new"), json!({"type": "string"}), None);
        check(&at(A, "/properties/inner/items"), json!({"type": "string"}), Some(".inner[]"));
        check(
            &at(A, "/properties/either/oneOf/-"),
            json!({"$ref": "#/components/schemas/Asked"}),
            Some("a new alternative"),
        );
        check(&at(GET, "/responses/503"), json!({"description": "new"}), None);
        check("/paths/~1b", json!({"get": {}}), None);
    }
}
