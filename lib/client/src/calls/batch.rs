//! Appending many events in one request.

use serde::{Deserialize, Serialize};

use crate::{Client, ClientError, ItemResult, client::Repeat};

/// What a rejected item does to the others of its batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BatchMode {
    /// Nothing: each item has its own result.
    #[default]
    Independent,
    /// All are stored or none.
    Atomic,
}

impl BatchMode {
    fn as_str(self) -> &'static str {
        match self {
            Self::Independent => "independent",
            Self::Atomic => "atomic",
        }
    }
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BatchResult {
    /// Last position of the tenant's log after the batch.
    #[serde(default)]
    pub last_log_seq: i64,
    /// How many were refused.
    pub rejected: usize,
    /// How many had been stored before.
    pub replayed: usize,
    /// One per item, in the order they were sent.
    pub results: Vec<ItemResult>,
    /// How many are new.
    pub stored: usize,
}

impl Client {
    /// Appends up to 1,000 events or 8 MiB. The answer has one result per event, also when some are rejected.
    ///
    /// # Errors
    /// Refusals of the request as a whole, for example `payload_too_large`; with [`BatchMode::Atomic`] also the first
    /// rejection, with `details.results`, and then nothing is stored.
    pub async fn append_batch<E: Serialize>(&self, events: &[E], mode: BatchMode) -> Result<BatchResult, ClientError> {
        #[derive(Serialize)]
        struct Body<'a, E> {
            events: &'a [E],
        }
        let query = vec![("mode", mode.as_str().to_owned())];
        self.post("/events:batch".to_owned(), query, &Body { events }, Repeat::Safe).await
    }

    /// Appends events that are already encoded.
    pub(crate) async fn append_bodies(
        &self,
        bodies: impl Iterator<Item = &[u8]>,
        mode: BatchMode,
    ) -> Result<BatchResult, ClientError> {
        let mut document = br#"{"events":["#.to_vec();
        for (index, body) in bodies.enumerate() {
            document.extend_from_slice(if index > 0 { b"," } else { b"" });
            document.extend_from_slice(body);
        }
        document.extend_from_slice(b"]}");
        let query = vec![("mode", mode.as_str().to_owned())];
        self.post_bytes("/events:batch".to_owned(), query, "application/json", document, Repeat::Safe).await
    }

    /// Appends a batch given as NDJSON, one event per line; a malformed line is that item's rejection.
    ///
    /// # Errors
    /// As [`Client::append_batch`].
    pub async fn append_ndjson(&self, lines: Vec<u8>, mode: BatchMode) -> Result<BatchResult, ClientError> {
        let query = vec![("mode", mode.as_str().to_owned())];
        self.post_bytes("/events:batch".to_owned(), query, "application/x-ndjson", lines, Repeat::Safe).await
    }
}
