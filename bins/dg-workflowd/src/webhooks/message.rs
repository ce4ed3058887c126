//! What messages say.

use std::collections::HashMap;

use dg_domain::StoredEvent;
use dg_http::event_json::EventJson;
use dg_storage::{
    Store, StoreError,
    webhooks::courier::{Due, Served},
};
use dg_webhooks::Message;
use tracing::error;

/// Puts messages together; `None` in the place of one whose event cannot be shown.
///
/// # Errors
/// The database's.
pub(super) async fn compose(store: &Store, served: &Served, due: &[Due]) -> Result<Vec<Option<Message>>, StoreError> {
    let positions: Vec<i64> = due.iter().filter_map(|due| due.log_seq).map(dg_domain::LogSeq::get).collect();
    let events = if positions.is_empty() { Vec::new() } else { store.events_at(&served.tenant, &positions).await? };
    let events: HashMap<i64, &StoredEvent> = events.iter().map(|event| (event.log_seq.get(), event)).collect();
    Ok(due.iter().map(|due| message(due, &events)).collect())
}

fn message(due: &Due, events: &HashMap<i64, &StoredEvent>) -> Option<Message> {
    let Some(log_seq) = due.log_seq else {
        let data = due.data_json.as_deref().unwrap_or("{}");
        return Some(Message::new(due.delivery_id, &due.message_type, due.created_at, data));
    };
    let stored = events.get(&log_seq.get())?;
    let json = EventJson::of(stored).map_err(|error| error.message().to_owned());
    match json.and_then(|json| serde_json::to_string(&json).map_err(|error| error.to_string())) {
        Ok(data) => Some(Message::new(due.delivery_id, &due.message_type, stored.recorded_at, &data)),
        Err(cause) => {
            // Altered by other hands.
            error!(log_seq = log_seq.get(), cause, "a stored event cannot be sent");
            None
        }
    }
}
