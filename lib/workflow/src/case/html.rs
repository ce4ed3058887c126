//! A case as a page for people: one file, nothing loaded from anywhere, no scripts, made of the lines of the bundle.

use std::fmt::Write as _;

use dg_domain::json::{self, Json};

use super::read;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1a1a1a;\
background:#fff}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;break-after:avoid}table{border-collapse:collapse;\
width:100%}th,td{border:1px solid #bbb;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}\
th{background:#f1f1f1}tr{break-inside:avoid}pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0;font-size:.85rem}\
@media print{body{margin:0;max-width:none}}";

/// Actions and notifications as columns of a table.
const ACTIONS: [&str; 7] =
    ["log_seq", "created_at", "action_type", "actor_account_id", "resulting_status", "round", "note"];
const NOTICES: [&str; 5] = ["created_at", "category", "status", "recipient_account_id", "message"];
const EVENTS: [&str; 7] = ["log_seq", "recorded_at", "event_type", "role", "trace_id", "payload_hash", "entry_hash"];
const EVIDENCE: [&str; 4] = ["action_id", "number", "evidence", "sha256"];

/// The page of one case, of the lines that [`super::write`] made.
#[must_use]
pub fn html(lines: &str) -> String {
    let rows: Vec<(&str, Json<'_>)> = lines
        .lines()
        .filter_map(read::split)
        .filter_map(|(part, row)| Some((part, json::parse(row.as_bytes(), &read::LIMITS).ok()?)))
        .collect();
    let all = |part: &'static str| rows.iter().filter(move |(found, _)| *found == part).map(|(_, row)| row);
    let one = |part| all(part).next().unwrap_or(&Json::Null);
    let (item, manifest) = (one("workflow"), one("manifest"));
    let mut out = String::with_capacity(lines.len() * 2);
    out.push_str("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.push_str(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
    );
    let title = shown(item.get("title"));
    let _ = write!(out, "<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n");
    let facts = [
        "workflow_id",
        "workflow_kind",
        "status",
        "priority",
        "round",
        "trace_id",
        "requested_at",
        "resolved_at",
        "current_reason",
        "request",
        "decision",
        "policy",
        "assigned",
        "terms",
    ];
    pairs("The item", item, &facts, &mut out);
    table("What was done", all("workflow_actions"), &ACTIONS, &mut out);
    table("What was put on record", all("evidence"), &EVIDENCE, &mut out);
    table("What was told", all("workflow_notifications"), &NOTICES, &mut out);
    table("Events of the log", all("events"), &EVENTS, &mut out);
    let digests = ["workflow_digest", "workflow_log_seq", "head_log_seq", "template_id", "template_version"];
    pairs("Proof", one("digests"), &digests, &mut out);
    let taken = ["profile", "exported_at", "requested_by", "request_id", "generator", "tenant_id", "export_version"];
    pairs("This export", manifest, &taken, &mut out);
    table(
        "Parts",
        manifest.get("parts").and_then(Json::as_list).unwrap_or_default().iter(),
        &["part", "lines", "sha256"],
        &mut out,
    );
    out.push_str("</body>\n</html>\n");
    out
}

fn pairs(heading: &str, of: &Json<'_>, keys: &[&str], out: &mut String) {
    let _ = write!(out, "<h2>{heading}</h2>\n<table>\n");
    for key in keys {
        let _ = writeln!(out, "<tr><th scope=\"row\">{}</th><td>{}</td></tr>", heading_of(key), shown(of.get(key)));
    }
    out.push_str("</table>\n");
}

fn table<'a, 'b: 'a>(heading: &str, rows: impl Iterator<Item = &'a Json<'b>>, keys: &[&str], out: &mut String) {
    let _ = write!(out, "<h2>{heading}</h2>\n<table>\n<thead><tr>");
    for key in keys {
        let _ = write!(out, "<th scope=\"col\">{}</th>", heading_of(key));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for key in keys {
            let _ = write!(out, "<td>{}</td>", shown(row.get(key)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
}

fn heading_of(key: &str) -> String {
    key.replace('_', " ")
}

/// A value as text of the page.
fn shown(value: Option<&Json<'_>>) -> String {
    match value {
        None | Some(Json::Null) => "–".to_owned(),
        Some(Json::Text(text)) => escaped(text),
        Some(Json::Int(digits)) => (*digits).to_owned(),
        Some(other) => format!("<pre>{}</pre>", escaped(&read::canonical(other).unwrap_or_default())),
    }
}

/// Text that is nothing but text: also what would turn the reading order around, or not be seen.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '`' => out.push_str("&#96;"),
            '\n' | '\t' => out.push(sign),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => out.push('\u{fffd}'),
            sign if sign.is_control() => out.push('\u{fffd}'),
            sign => out.push(sign),
        }
    }
    out
}
