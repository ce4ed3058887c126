//! The contract of files.

use dg_http::contract::Operation;
use dg_workflow::evidence::MediaType;
use serde_json::{Value, json};

use super::FileJson;

pub(crate) fn put() -> Operation {
    let types = MediaType::ALL.map(|media_type| {
        let media = media_type.as_str();
        let example = match media_type {
            MediaType::Json => json!({"invoice": "7", "amount": "12.50"}),
            _ => Value::Null,
        };
        (media, bytes(media), example)
    });
    Operation::new("put_workflow_file", "Keep a file for evidence")
        .says(
            "The body is the file, of at most 10 MiB; `content-type` says what it is, and its first bytes have to agree. Evidence names \
             it by the `sha256` of the answer. The same bytes again are the same file, and 200. What nobody names within a day is removed.",
        )
        .bodies(&types)
        .answers::<FileJson>(201, "The file, which was not there.")
        .answers::<FileJson>(200, "The file, which was there.")
        .leads_to(201, "get_workflow_file", &[("sha256", "/data/sha256")])
}

pub(crate) fn show() -> Operation {
    let [first, rest @ ..] = MediaType::ALL.map(MediaType::as_str);
    let operation = Operation::new("get_workflow_file", "Get a file")
        .says(
            "The bytes as they were put. They are hashed again before they are sent: where they are other bytes by now, the answer is 500 \
             with reason `file_altered`.",
        )
        .answer(200, "The file.", first, &bytes(first));
    let operation = rest.iter().fold(operation, |operation, media| operation.answer_or(200, media, &bytes(media)));
    let fixed = |word: &str| json!({"type": "string", "enum": [word]});
    operation
        .answer_header(200, "content-disposition", true, &json!({"type": "string"}), "`attachment`, with a file name.")
        .answer_header(200, "x-content-type-options", true, &fixed("nosniff"), "It is what `content-type` says.")
        .tagged()
}

fn bytes(media: &str) -> Value {
    json!({"contentMediaType": media})
}
