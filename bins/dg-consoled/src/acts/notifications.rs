//! What is done with notifications.

use dg_client::{Client, Seen};

use super::{Done, NotDone};
use crate::model::Fields;

/// Notes that those named were read, or one and all that came before it.
pub(super) async fn read(client: &Client, fields: &Fields) -> Result<Done, NotDone> {
    let seen = match fields.get("up_to") {
        Some(last) => Seen::UpTo(last.to_owned()),
        None => Seen::Some(fields.all("notification_id").map(str::to_owned).collect()),
    };
    let answer = client.read_notifications(&seen).await?;
    let read = answer.get("read").and_then(serde_json::Value::as_i64).unwrap_or_default();
    Ok(Done::here(if read == 1 {
        "One notification is read now.".to_owned()
    } else {
        format!("{read} notifications are read now.")
    }))
}
