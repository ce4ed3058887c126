//! What messages say, by each way.

use dg_domain::{Micros, TenantId};
use dg_storage::workflow::{Due, Sent};
use dg_webhooks::Message;
use serde_json::{Value, json};

/// The most that a chat or a subject is told of one notification, in characters.
const LONGEST_LINE: usize = 250;
const LONGEST_SUBJECT: usize = 150;
const TEST: &str = "This is a test of a channel, asked for by an administrator.";

/// A message for a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mail {
    /// The same at every attempt.
    pub(super) message_id: String,
    /// When it was made.
    pub(super) at: Micros,
    pub(super) subject: String,
    pub(super) text: String,
}

/// Where people find an item: `{tenant_id}` and `{workflow_id}` stand for what they say; empty for nowhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Links(pub(super) String);

impl Links {
    fn to(&self, tenant: &TenantId, workflow_id: &str) -> Option<String> {
        let link = self.0.replace("{tenant_id}", &encoded(tenant.as_str()));
        (!link.is_empty()).then(|| link.replace("{workflow_id}", &encoded(workflow_id)))
    }
}

/// For a program: `notification`, with everything there is to know; `notification.test` for a test.
pub(super) fn for_webhook(tenant: &TenantId, due: &Due, links: &Links) -> Message {
    let notifications: Vec<Value> = due.notices.iter().map(|sent| shown(tenant, sent, links)).collect();
    let mut data = json!({"tenant_id": tenant.as_str(), "account_id": due.account_id, "notifications": notifications});
    let kind = if due.notices.is_empty() { "notification.test" } else { "notification" };
    if due.notices.is_empty() {
        data["message"] = Value::from(TEST);
    }
    Message::new(due.message_id, kind, due.created_at, &data.to_string())
}

fn shown(tenant: &TenantId, sent: &Sent, links: &Links) -> Value {
    json!({
        "notification_id": sent.notification_id.to_string(),
        "workflow_id": sent.workflow_id,
        "trace_id": sent.trace_id,
        "category": sent.category,
        "message": sent.message,
        "payload": serde_json::from_str::<Value>(&sent.payload_json).unwrap_or(Value::Null),
        "created_at": sent.created_at.rfc3339(),
        "url": links.to(tenant, &sent.workflow_id),
    })
}

/// For a chat: `{"text": …}`, as Slack, Mattermost and others take it.
pub(super) fn for_chat(tenant: &TenantId, due: &Due, links: &Links) -> String {
    let line = |sent: &Sent| {
        let link = links.to(tenant, &sent.workflow_id).map(|link| format!(" {link}")).unwrap_or_default();
        format!("{}{link}", said_in_chat(&sent.message))
    };
    let to = due.account_id.as_ref().map(|account| format!("{}: ", said_in_chat(account))).unwrap_or_default();
    let text = match due.notices.as_slice() {
        [] => TEST.to_owned(),
        [one] => line(one),
        many => many.iter().map(|sent| format!("• {}", line(sent))).collect::<Vec<_>>().join("\n"),
    };
    let separator = if due.notices.len() > 1 && !to.is_empty() { "\n" } else { "" };
    json!({"text": format!("{to}{separator}{text}")}).to_string()
}

/// For a mailbox.
pub(super) fn for_mail(tenant: &TenantId, due: &Due, links: &Links) -> Mail {
    let subject = match due.notices.as_slice() {
        [] => format!("[{tenant}] Test"),
        [one] => format!("[{tenant}] {}", one.message),
        many => format!("[{tenant}] {} notifications", many.len()),
    };
    let paragraph = |sent: &Sent| {
        let link = links.to(tenant, &sent.workflow_id).map(|link| format!("{link}\n")).unwrap_or_default();
        format!("{}\n{} · {} · {}\n{link}", sent.message, sent.category, sent.workflow_id, sent.created_at.rfc3339())
    };
    let text = match due.notices.as_slice() {
        [] => format!("{TEST}\n"),
        some => some.iter().map(paragraph).collect::<Vec<_>>().join("\n"),
    };
    let why = due.account_id.as_ref().map_or_else(
        || format!("This mailbox is a channel of the tenant {tenant}; its administrators can change that."),
        |account| {
            format!(
                "You get this as {account} of the tenant {tenant}; `dg notifications preferences` changes what you get."
            )
        },
    );
    Mail {
        message_id: due.message_id.to_string(),
        at: due.created_at,
        subject: line(&subject, LONGEST_SUBJECT),
        text: format!("{text}\n-- \n{why}\n"),
    }
}

/// One line of at most so many characters.
fn line(text: &str, longest: usize) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if plain.chars().count() <= longest {
        return plain;
    }
    plain.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
}

/// Text as a chat shows it: no markup of its own, and nobody is called by it.
fn said_in_chat(text: &str) -> String {
    let escaped = line(text, LONGEST_LINE).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.replace('@', "@\u{200b}")
}

/// A part of a path.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use dg_storage::workflow::Seal;
    use dg_workflow::telling::Channel;
    use uuid::Uuid;

    use super::*;

    fn due(messages: &[&str], account: Option<&str>) -> Due {
        let sent = |message: &&str| Sent {
            notification_id: Uuid::from_u128(7),
            workflow_id: "t/1:exception:e".to_owned(),
            trace_id: "t/1".to_owned(),
            category: "comment".to_owned(),
            message: (*message).to_owned(),
            payload_json: "{\"a\":1}".to_owned(),
            created_at: Micros::new(0),
        };
        Due {
            message_id: Uuid::from_u128(9),
            channel: Channel::Chat,
            channel_id: None,
            account_id: account.map(str::to_owned),
            target: None,
            seal: Seal::default(),
            tries: 0,
            created_at: Micros::new(0),
            notices: messages.iter().map(sent).collect(),
        }
    }

    fn links() -> Links {
        Links("https://dg.example.org/{tenant_id}/reviews/{workflow_id}".to_owned())
    }

    fn tenant() -> TenantId {
        TenantId::new("acme").unwrap()
    }

    #[test]
    fn a_program_is_told_everything() {
        let message = for_webhook(&tenant(), &due(&["To review"], None), &links());
        let body: Value = serde_json::from_str(&message.body).unwrap();
        assert_eq!(body["type"], "notification");
        let one = &body["data"]["notifications"][0];
        assert_eq!((&one["message"], &one["payload"]["a"]), (&json!("To review"), &json!(1)));
        assert_eq!(one["url"], "https://dg.example.org/acme/reviews/t%2F1%3Aexception%3Ae");
        assert_eq!(message.message_id, Uuid::from_u128(9).to_string());
        let test: Value = serde_json::from_str(&for_webhook(&tenant(), &due(&[], None), &links()).body).unwrap();
        assert_eq!((&test["type"], &test["data"]["message"]), (&json!("notification.test"), &json!(TEST)));
    }

    #[test]
    fn nobody_is_called_and_nothing_is_marked_up_by_what_a_chat_is_told() {
        let text = |messages: &[&str], account| {
            let body: Value =
                serde_json::from_str(&for_chat(&tenant(), &due(messages, account), &Links::default())).unwrap();
            body["text"].as_str().unwrap().to_owned()
        };
        assert_eq!(text(&["a <!channel> & @all\nb"], None), "a &lt;!channel&gt; &amp; @\u{200b}all b");
        assert_eq!(text(&["a", "b"], Some("ana")), "ana: \n• a\n• b");
        assert_eq!(text(&["a"], Some("ana")), "ana: a");
        assert!(text(&[&"x".repeat(999)], None).chars().count() == LONGEST_LINE);
    }

    #[test]
    fn a_mailbox_gets_one_subject_and_links() {
        let one = for_mail(&tenant(), &due(&["To review:\r\nBcc: x"], Some("ana")), &links());
        assert_eq!(one.subject, "[acme] To review:  Bcc: x");
        assert!(one.text.contains("https://dg.example.org/acme/reviews/t%2F1%3Aexception%3Ae\n"), "{}", one.text);
        let many = for_mail(&tenant(), &due(&["a", "b"], None), &Links::default());
        assert_eq!(many.subject, "[acme] 2 notifications");
        assert!(
            many.text.starts_with("a\ncomment · t/1:exception:e · 1970-01-01T00:00:00.000000Z\n\nb\n"),
            "{}",
            many.text
        );
    }
}
