//! Sends events in batches and keeps account of what became of them.

use std::io::BufRead;

use dg_client::{BatchMode, Client, ClientError, ItemStatus};
use serde::Serialize;

use super::{
    item::Item,
    reader::{FormatError, Reader},
};

/// A batch ends before it would be larger; the service takes 8 MiB.
const BATCH_BYTES: usize = 4 << 20;

/// How many rejections are named.
const NAMED: usize = 10;

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    /// Events found in the file.
    pub(crate) events: usize,
    /// Stored events whose payload hash is not the one the file names.
    pub(crate) hash_differences: usize,
    /// Last position of the tenant's log after the last batch.
    pub(crate) last_log_seq: i64,
    pub(crate) rejected: usize,
    /// The first of them.
    pub(crate) rejections: Vec<Rejection>,
    pub(crate) replayed: usize,
    pub(crate) stored: usize,
}

/// Why one event was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Rejection {
    pub(crate) code: String,
    pub(crate) event_id: Option<String>,
    pub(crate) message: String,
    /// Line of NDJSON, or place in the list, from 1.
    pub(crate) number: usize,
}

/// Why sending ended early. What was stored before stays stored.
#[derive(Debug)]
pub(crate) enum SendError {
    Format(FormatError),
    Client(Box<ClientError>),
}

/// Sends everything `reader` yields, in its order, at most `batch` events at a time. `progress` hears how many bytes of
/// the file are done.
///
/// # Errors
/// When the file breaks off or the service cannot be reached; the report says how far it came.
pub(crate) async fn send<R: BufRead>(
    client: &Client,
    reader: &mut Reader<R>,
    batch: usize,
    report: &mut Report,
    mut progress: impl FnMut(&Report, u64),
) -> Result<(), SendError> {
    let mut items: Vec<Item> = Vec::new();
    let mut bytes = 0;
    while let Some(entry) = reader.next().map_err(SendError::Format)? {
        report.events += 1;
        match entry {
            Ok(item) => {
                if items.len() == batch || (bytes > 0 && bytes + item.line.len() > BATCH_BYTES) {
                    send_batch(client, &items, report).await?;
                    progress(report, reader.read_bytes());
                    items.clear();
                    bytes = 0;
                }
                bytes += item.line.len() + 1;
                items.push(item);
            }
            Err((number, why)) => report.reject(number, None, "invalid_argument", why),
        }
    }
    send_batch(client, &items, report).await?;
    progress(report, reader.read_bytes());
    Ok(())
}

async fn send_batch(client: &Client, items: &[Item], report: &mut Report) -> Result<(), SendError> {
    if items.is_empty() {
        return Ok(());
    }
    let lines: Vec<&str> = items.iter().map(|item| item.line.as_str()).collect();
    let answer = match client.append_ndjson(lines.join("\n").into_bytes(), BatchMode::Independent).await {
        Ok(answer) => answer,
        // The request as a whole was refused, and one event is all there is to blame.
        Err(error) if items.len() == 1 && matches!(error.status, Some(400 | 413 | 422)) => {
            report.reject(items[0].number, None, &error.code, error.message);
            return Ok(());
        }
        Err(error) => return Err(SendError::Client(Box::new(error))),
    };
    report.stored += answer.stored;
    report.replayed += answer.replayed;
    report.last_log_seq = report.last_log_seq.max(answer.last_log_seq);
    for result in answer.results {
        let Some(item) = items.get(result.index) else { continue };
        match (result.status, result.error) {
            (ItemStatus::Rejected, Some(error)) => {
                let event_id = result.event_id.or_else(|| event_id(&item.line));
                report.reject(item.number, event_id, &error.code, error.message);
            }
            (ItemStatus::Rejected, None) => report.reject(item.number, None, "rejected", "no reason given".to_owned()),
            (ItemStatus::Stored | ItemStatus::Replayed, _) => {
                let differs = item.payload_hash.is_some() && item.payload_hash != result.payload_hash;
                report.hash_differences += usize::from(differs);
            }
        }
    }
    Ok(())
}

fn event_id(line: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Named {
        event_id: String,
    }
    serde_json::from_str::<Named>(line).ok().map(|named| named.event_id)
}

impl Report {
    fn reject(&mut self, number: usize, event_id: Option<String>, code: &str, message: String) {
        self.rejected += 1;
        if self.rejections.len() < NAMED {
            self.rejections.push(Rejection { code: code.to_owned(), event_id, message, number });
        }
    }
}
