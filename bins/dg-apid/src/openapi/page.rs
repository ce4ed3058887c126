//! The document as one page of HTML, for people without anything but a browser.

use std::fmt::Write;

use axum::http::HeaderValue;
use data_encoding::BASE64;
use serde_json::Value;
use sha2::{Digest, Sha256};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
const STYLE: &str = include_str!("page.css");

/// The page and what a browser may do with it.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) html: String,
    pub(super) policy: HeaderValue,
}

impl Page {
    /// Writes it.
    pub(super) fn of(document: &Value) -> Self {
        let hash = BASE64.encode(&Sha256::digest(STYLE));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        let mut html = Html(String::with_capacity(512 << 10));
        html.page(document);
        Self {
            html: html.0,
            policy: HeaderValue::from_str(&policy).expect("a hash and fixed words are a header value"),
        }
    }
}

/// What is written so far. Texts go through [`escaped`], nothing else does.
struct Html(String);

impl Html {
    fn page(&mut self, document: &Value) {
        let info = &document["info"];
        let title = escaped(text(&info["title"]));
        let version = escaped(text(&info["version"]));
        self.raw(&format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width,initial-scale=1\"><title>{title} API</title><style>{STYLE}</style></head><body>\
             <header><h1>{title} API</h1><p>Release {version}, OpenAPI {}. <a href=\"/openapi.json\">openapi.json</a> is the \
             same for programs.</p>",
            escaped(text(&document["openapi"]))
        ));
        self.prose(&info["description"]);
        self.raw("</header>");
        let operations = operations(document);
        self.contents(document, &operations);
        self.raw("<main>");
        for tag in list(&document["tags"]) {
            let name = text(&tag["name"]);
            let _ = write!(self.0, "<section><h2 id=\"tag-{}\">{}</h2>", anchor(name), escaped(name));
            self.prose(&tag["description"]);
            for (method, path, operation) in operations.iter().filter(|(.., operation)| operation["tags"][0] == name) {
                self.operation(document, method, path, operation);
            }
            self.raw("</section>");
        }
        self.raw("<section><h2 id=\"schemas\">Schemas</h2>");
        for (name, schema) in entries(&document["components"]["schemas"]) {
            let _ = write!(self.0, "<h3 id=\"schema-{}\">{}</h3>", anchor(name), escaped(name));
            self.schema(schema);
        }
        self.raw("</section></main></body></html>");
    }

    fn contents(&mut self, document: &Value, operations: &[(&str, &str, &Value)]) {
        self.raw("<nav aria-label=\"Contents\"><ul>");
        for tag in list(&document["tags"]) {
            let name = text(&tag["name"]);
            let _ = write!(self.0, "<li><a href=\"#tag-{}\">{}</a><ul>", anchor(name), escaped(name));
            for (_, _, operation) in operations.iter().filter(|(.., operation)| operation["tags"][0] == name) {
                let (id, summary) = (text(&operation["operationId"]), text(&operation["summary"]));
                let _ = write!(self.0, "<li><a href=\"#{}\">{}</a></li>", anchor(id), escaped(summary));
            }
            self.raw("</ul></li>");
        }
        self.raw("<li><a href=\"#schemas\">Schemas</a></li></ul></nav>");
    }

    fn operation(&mut self, document: &Value, method: &str, path: &str, operation: &Value) {
        let (id, summary) = (text(&operation["operationId"]), text(&operation["summary"]));
        let gone = if operation["deprecated"] == true { " <strong>deprecated</strong>" } else { "" };
        let _ = write!(
            self.0,
            "<article id=\"{}\"><h3>{}{gone}</h3><p class=\"route\"><b>{}</b> <code>{}</code></p>",
            anchor(id),
            escaped(summary),
            method.to_uppercase(),
            escaped(path)
        );
        self.prose(&operation["description"]);
        let who = match (&operation["security"], &operation["x-role"]) {
            (security, _) if list(security).is_empty() => "Needs no token.".to_owned(),
            (_, Value::String(role)) => format!("Role <code>{}</code>.", escaped(role)),
            _ => "Any account.".to_owned(),
        };
        let _ = write!(self.0, "<p>{who}</p>");
        let parameters = list(&operation["parameters"]);
        if !parameters.is_empty() {
            self.raw("<table><caption>Parameters</caption><tr><th>name<th>in<th>type<th>meaning</tr>");
            for parameter in parameters.iter().map(|parameter| resolved(document, parameter)) {
                let needed = if parameter["required"] == true { ", required" } else { "" };
                let _ = write!(
                    self.0,
                    "<tr><td><code>{}</code><td>{}{needed}<td>",
                    escaped(text(&parameter["name"])),
                    escaped(text(&parameter["in"]))
                );
                self.kind(&parameter["schema"]);
                self.raw("<td>");
                self.inline(text(&parameter["description"]));
                self.raw("</tr>");
            }
            self.raw("</table>");
        }
        for (media, body) in entries(&operation["requestBody"]["content"]) {
            let optional = if operation["requestBody"]["required"] == true { "" } else { " (may be left out)" };
            let _ = write!(self.0, "<details><summary>Body <code>{}</code>{optional}</summary>", escaped(media));
            self.schema(&body["schema"]);
            self.example(&body["example"]);
            self.raw("</details>");
        }
        for (status, response) in entries(&operation["responses"]) {
            let response = resolved(document, response);
            let _ = write!(self.0, "<details><summary><b>{}</b> ", escaped(status));
            self.inline(text(&response["description"]));
            self.raw("</summary>");
            self.headers(document, &response["headers"]);
            for (media, body) in entries(&response["content"]) {
                let _ = write!(self.0, "<p><code>{}</code></p>", escaped(media));
                self.schema(&body["schema"]);
            }
            self.raw("</details>");
        }
        self.raw("</article>");
    }

    fn headers(&mut self, document: &Value, headers: &Value) {
        self.raw("<p>Headers: ");
        for (at, (name, header)) in entries(headers).enumerate() {
            let says = text(&resolved(document, header)["description"]);
            let comma = if at > 0 { ", " } else { "" };
            let _ = write!(self.0, "{comma}<code title=\"{}\">{}</code>", escaped(says), escaped(name));
        }
        self.raw("</p>");
    }

    /// An object as a list of its members, anything else in a line.
    fn schema(&mut self, schema: &Value) {
        self.prose(&schema["description"]);
        if schema["properties"].as_object().is_none_or(|members| members.is_empty()) {
            self.raw("<p>");
            self.kind(schema);
            self.raw("</p>");
            return;
        }
        self.members(schema);
        if schema["additionalProperties"] == false {
            self.raw("<p>Other members are refused.</p>");
        }
    }

    fn members(&mut self, schema: &Value) {
        let required = list(&schema["required"]);
        self.raw("<ul class=\"members\">");
        for (name, member) in entries(&schema["properties"]) {
            let optional = if required.iter().any(|one| one == name) { "" } else { "?" };
            let _ = write!(self.0, "<li><code>{}{optional}</code> ", escaped(name));
            self.kind(member);
            let says = text(&member["description"]);
            if !says.is_empty() {
                self.raw(" — ");
                self.inline(says);
            }
            self.inner(member);
            self.raw("</li>");
        }
        self.raw("</ul>");
    }

    fn inner(&mut self, schema: &Value) {
        for inner in [schema, &schema["items"]] {
            if inner["properties"].as_object().is_some_and(|members| !members.is_empty()) {
                self.members(inner);
            }
        }
    }

    /// What a value may be, in a line.
    fn kind(&mut self, schema: &Value) {
        if let Some(name) = text(&schema["$ref"]).rsplit('/').next().filter(|name| !name.is_empty()) {
            let _ = write!(self.0, "<a href=\"#schema-{}\">{}</a>", anchor(name), escaped(name));
            return;
        }
        for key in ["oneOf", "anyOf"] {
            for (at, one) in list(&schema[key]).iter().enumerate() {
                self.raw(if at > 0 { " or " } else { "" });
                self.kind(one);
            }
        }
        let words: Vec<String> = match (&schema["enum"], &schema["const"]) {
            (Value::Array(words), _) => words.iter().map(Value::to_string).collect(),
            (_, Value::Null) => Vec::new(),
            (_, word) => vec![word.to_string()],
        };
        if !words.is_empty() {
            let _ = write!(self.0, "<code>{}</code>", escaped(&words.join(" ")));
            return;
        }
        let kinds = match &schema["type"] {
            Value::String(kind) => kind.clone(),
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
            _ => return,
        };
        self.raw(&escaped(&kinds));
        if schema["items"].is_object() {
            self.raw(" of ");
            self.kind(&schema["items"]);
        }
        for (key, word) in [
            ("format", ""),
            ("minimum", "from "),
            ("maximum", "to "),
            ("minLength", "from "),
            ("maxLength", "to "),
            ("maxItems", "at most "),
            ("default", "default "),
            ("pattern", ""),
        ] {
            match &schema[key] {
                Value::Null => {}
                // What every position and text is held to says nothing about this one.
                says if *says == i64::MAX || says == "^[^\\u0000]*$" => {}
                Value::String(text) => drop(write!(self.0, ", {word}<code>{}</code>", escaped(text))),
                other => drop(write!(self.0, ", {word}{}", escaped(&other.to_string()))),
            }
        }
    }

    fn example(&mut self, example: &Value) {
        let shown = match example {
            Value::Null => return,
            Value::String(text) => text.clone(),
            other => format!("{other:#}"),
        };
        let _ = write!(self.0, "<pre><code>{}</code></pre>", escaped(&shown));
    }

    fn prose(&mut self, value: &Value) {
        for paragraph in text(value).split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
            self.raw("<p>");
            self.inline(paragraph);
            self.raw("</p>");
        }
    }

    /// A sentence, with what stands in backticks as code.
    fn inline(&mut self, sentence: &str) {
        for (at, part) in sentence.split('`').enumerate() {
            let (open, close) = if at % 2 == 1 { ("<code>", "</code>") } else { ("", "") };
            let _ = write!(self.0, "{open}{}{close}", escaped(part));
        }
    }

    fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }
}

/// Every operation in the order of the document.
fn operations(document: &Value) -> Vec<(&'static str, &str, &Value)> {
    entries(&document["paths"])
        .flat_map(|(path, item)| METHODS.iter().map(move |method| (*method, path, &item[*method])))
        .filter(|(.., operation)| operation.is_object())
        .collect()
}

fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let target = value["$ref"].as_str().and_then(|target| document.pointer(target.strip_prefix('#')?));
    target.unwrap_or(value)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

fn anchor(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_texts() {
        let document = json!({
            "openapi": "3.1.0", "info": {"title": "<T>", "version": "1", "description": "a <b> & `c<d`"},
            "tags": [{"name": "x<y", "description": "\"quoted\""}],
            "paths": {"/a/{b}": {"get": {"operationId": "get_a", "summary": "<script>", "tags": ["x<y"],
                "parameters": [{"$ref": "#/components/parameters/P"}],
                "responses": {"200": {"description": "fine", "content": {"application/json": {"schema":
                    {"$ref": "#/components/schemas/S"}}}}}}}},
            "components": {"parameters": {"P": {"name": "p\"", "in": "query", "schema": {"enum": ["<u>"]}}},
                "schemas": {"S": {"type": "object", "properties": {"m<": {"type": "string"}}, "required": ["m<"]}}},
        });
        let html = Page::of(&document).html;
        for bad in ["<script>", "<u>", "<T>", "x<y", "m<\"", "<b> &"] {
            assert!(!html.contains(bad), "{bad}");
        }
        for good in
            ["&lt;script&gt;", "<code>c&lt;d</code>", "href=\"#schema-S\"", "p&quot;", "&lt;u&gt;", "id=\"get_a\""]
        {
            assert!(html.contains(good), "{good}: {html}");
        }
    }

    #[test]
    fn every_link_within_the_page_leads_somewhere() {
        let html = &super::super::PAGE.html;
        let mut links = 0;
        for target in html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(html.contains(&format!("id=\"{target}\"")), "{target}");
            links += 1;
        }
        assert!(links > 100, "{links}");
        assert!(
            !html.contains("<script") && !html.contains("src=") && !html.contains("href=\"http"),
            "nothing of other hosts"
        );
        assert!(super::super::PAGE.policy.to_str().unwrap().starts_with("default-src 'none'; style-src 'sha256-"));
    }
}
