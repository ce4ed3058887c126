//! Telling people: inboxes, preferences, absences, calendars, channels, and what went out.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Params;
use crate::{
    Client, ClientError,
    client::Repeat,
    path::segment,
    rows::telling::{
        Absence, Calendar, Channel, NewChannelAnswer, Notification, NotificationDeliveryPage, Preferences,
    },
};

/// Which notifications; what is absent lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the parameters of docs/api/http.md")]
pub struct NotificationQuery {
    pub unread: Option<bool>,
    pub category: Vec<String>,
    pub workflow_id: Option<String>,
    pub limit: Option<u32>,
    pub cursor: Option<String>,
}

/// A page of what the caller was told, what came last first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NotificationPage {
    /// The notifications.
    pub notifications: Vec<Notification>,
    /// Of all that the caller has in the tenant.
    pub unread_count: i64,
    /// For the next page; none at the end.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// These.
    Some(Vec<String>),
    /// This one, and all that came before it.
    UpTo(String),
}

/// Which absences: the caller's, unless an account or everybody is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the parameters of docs/api/http.md")]
pub struct AbsenceQuery {
    pub account_id: Option<String>,
    pub everybody: bool,
    pub past: bool,
}

/// An absence to keep: the caller's, unless an account is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct NewAbsence {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub substitute_id: Option<String>,
    pub from: String,
    pub until: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Which deliveries; what is absent lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the parameters of docs/api/http.md")]
pub struct DeliveriesQuery {
    pub state: Option<String>,
    pub channel_id: Option<String>,
    pub account_id: Option<String>,
    pub notification_id: Option<String>,
    pub limit: Option<u32>,
    pub cursor: Option<String>,
}

#[derive(Deserialize)]
struct Absences {
    absences: Vec<Absence>,
}

#[derive(Deserialize)]
struct OneAbsence {
    absence: Absence,
}

#[derive(Deserialize)]
struct Calendars {
    calendars: Vec<Calendar>,
}

#[derive(Deserialize)]
struct OneCalendar {
    calendar: Calendar,
}

#[derive(Deserialize)]
struct Channels {
    channels: Vec<Channel>,
}

#[derive(Deserialize)]
struct OneChannel {
    channel: Channel,
}

#[derive(Deserialize)]
struct Retried {
    retried: u64,
}

impl Client {
    /// A page of what the caller was told in the tenant.
    ///
    /// # Errors
    /// The service's refusals.
    pub async fn notifications(&self, query: &NotificationQuery) -> Result<NotificationPage, ClientError> {
        let params = Params::default()
            .set("unread", query.unread)
            .each("category", &query.category)
            .set("workflow_id", query.workflow_id.as_ref())
            .set("limit", query.limit)
            .set("cursor", query.cursor.as_ref());
        self.get("/notifications".to_owned(), params.0).await
    }

    /// Notes what the caller has seen; answers `read`, for how many that is new, and `unread_count`.
    ///
    /// # Errors
    /// `not_found` when the caller was never told of the one that [`Seen::UpTo`] names.
    pub async fn read_notifications(&self, seen: &Seen) -> Result<Map<String, Value>, ClientError> {
        let body = match seen {
            Seen::Some(ids) => json!({"notification_ids": ids}),
            Seen::UpTo(last) => json!({"up_to": last}),
        };
        self.post("/notifications/read".to_owned(), Vec::new(), &body, Repeat::Safe).await
    }

    /// What the caller wants to be told outside of the console.
    ///
    /// # Errors
    /// The service's refusals.
    pub async fn notification_preferences(&self) -> Result<Preferences, ClientError> {
        self.get("/notifications/preferences".to_owned(), Vec::new()).await
    }

    /// Says what the caller wants to be told.
    ///
    /// # Errors
    /// `invalid_argument` with everything that is wrong.
    pub async fn put_notification_preferences(
        &self,
        email: Option<&str>,
        preferences: &Value,
    ) -> Result<Preferences, ClientError> {
        let body = json!({"email": email, "preferences": preferences});
        self.put("/notifications/preferences".to_owned(), &body).await
    }

    /// Absences, the earliest first.
    ///
    /// # Errors
    /// `forbidden` for those of others without the permission `workflow_configure`.
    pub async fn absences(&self, query: &AbsenceQuery) -> Result<Vec<Absence>, ClientError> {
        let flag = |given: bool| given.then_some(true);
        let params = Params::default()
            .set("account_id", query.account_id.as_ref())
            .set("everybody", flag(query.everybody))
            .set("past", flag(query.past));
        let found: Absences = self.get("/absences".to_owned(), params.0).await?;
        Ok(found.absences)
    }

    /// Keeps an absence under an id, a UUID, of the caller's choice.
    ///
    /// # Errors
    /// `conflict` when somebody would stand in for themselves, with the `chain`, or when the account is away then already.
    pub async fn put_absence(&self, absence_id: &str, absence: &NewAbsence) -> Result<Absence, ClientError> {
        let path = format!("/absences/{}", segment("an absence id", absence_id)?);
        let kept: OneAbsence = self.put(path, absence).await?;
        Ok(kept.absence)
    }

    /// Removes an absence.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn delete_absence(&self, absence_id: &str) -> Result<(), ClientError> {
        let path = format!("/absences/{}", segment("an absence id", absence_id)?);
        self.delete::<Value>(path).await.map(drop)
    }

    /// The newest version of each business calendar.
    ///
    /// # Errors
    /// `forbidden` without the permission `workflow_configure`.
    pub async fn calendars(&self) -> Result<Vec<Calendar>, ClientError> {
        let found: Calendars = self.get("/admin/workflow-calendars".to_owned(), Vec::new()).await?;
        Ok(found.calendars)
    }

    /// A version of a business calendar, the newest unless one is named.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn calendar(&self, calendar_id: &str, version: Option<i64>) -> Result<Calendar, ClientError> {
        let found: OneCalendar =
            self.get(calendar(calendar_id, "")?, Params::default().set("version", version).0).await?;
        Ok(found.calendar)
    }

    /// Makes the next version of a business calendar. `seen` is the version that the caller saw, 0 for none.
    ///
    /// # Errors
    /// `invalid_argument` with everything that is wrong; `precondition_failed` when another version is the newest.
    pub async fn put_calendar(
        &self,
        calendar_id: &str,
        definition: &Value,
        reason: &str,
        seen: Option<i64>,
    ) -> Result<Calendar, ClientError> {
        let body = json!({"definition": definition, "reason": reason, "version": seen});
        let kept: OneCalendar = self.put(calendar(calendar_id, "")?, &body).await?;
        Ok(kept.calendar)
    }

    /// When so many minutes of open time will have passed, from an RFC 3339 instant or from now on.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn calendar_deadline(
        &self,
        calendar_id: &str,
        minutes: u32,
        from: Option<&str>,
    ) -> Result<Map<String, Value>, ClientError> {
        let params = Params::default().set("minutes", Some(minutes)).set("from", from);
        self.get(calendar(calendar_id, "/deadline")?, params.0).await
    }

    /// The channels of the tenant, oldest first.
    ///
    /// # Errors
    /// `forbidden` without the permission `workflow_configure`.
    pub async fn channels(&self) -> Result<Vec<Channel>, ClientError> {
        let found: Channels = self.get("/admin/workflow-channels".to_owned(), Vec::new()).await?;
        Ok(found.channels)
    }

    /// Makes a channel; the fields are those of docs/api/http.md.
    ///
    /// # Errors
    /// `invalid_argument` with what is wrong.
    pub async fn create_channel(&self, new: &Value) -> Result<NewChannelAnswer, ClientError> {
        self.post("/admin/workflow-channels".to_owned(), Vec::new(), new, Repeat::Unsent).await
    }

    /// Changes what is named about a channel.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn change_channel(&self, channel_id: &str, change: &Value) -> Result<Channel, ClientError> {
        let changed: OneChannel = self.patch(channel(channel_id, "")?, change).await?;
        Ok(changed.channel)
    }

    /// Removes a channel with everything that was to go there.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn delete_channel(&self, channel_id: &str) -> Result<(), ClientError> {
        self.delete::<Value>(channel(channel_id, "")?).await.map(drop)
    }

    /// Gives a webhook another secret, which is in this answer and nowhere else.
    ///
    /// # Errors
    /// `conflict` for a channel that signs nothing.
    pub async fn rotate_channel_secret(
        &self,
        channel_id: &str,
        overlap_s: Option<u32>,
    ) -> Result<crate::RotatedSecret, ClientError> {
        let body = overlap_s.map_or_else(|| json!({}), |overlap_s| json!({"overlap_s": overlap_s}));
        self.post(channel(channel_id, "/secret/rotate")?, Vec::new(), &body, Repeat::Unsent).await
    }

    /// Sends a test to a channel; answers the id of its delivery.
    ///
    /// # Errors
    /// `conflict` for one that is paused.
    pub async fn test_channel(&self, channel_id: &str) -> Result<Map<String, Value>, ClientError> {
        self.post(channel(channel_id, "/test")?, Vec::new(), &json!({}), Repeat::Unsent).await
    }

    /// A page of what went out about notifications.
    ///
    /// # Errors
    /// `forbidden` without the permission `workflow_configure`.
    pub async fn notification_deliveries(
        &self,
        query: &DeliveriesQuery,
    ) -> Result<NotificationDeliveryPage, ClientError> {
        let params = Params::default()
            .set("state", query.state.as_ref())
            .set("channel_id", query.channel_id.as_ref())
            .set("account_id", query.account_id.as_ref())
            .set("notification_id", query.notification_id.as_ref())
            .set("limit", query.limit)
            .set("cursor", query.cursor.as_ref());
        self.get("/admin/workflow-deliveries".to_owned(), params.0).await
    }

    /// Sends a message again, or everything that was given up; answers how many deliveries are tried again.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn retry_notification_deliveries(&self, delivery_id: Option<&str>) -> Result<u64, ClientError> {
        let path = match delivery_id {
            Some(id) => format!("/admin/workflow-deliveries/{}/retry", segment("a delivery id", id)?),
            None => "/admin/workflow-deliveries:retry".to_owned(),
        };
        let answer: Retried = self.post(path, Vec::new(), &json!({}), Repeat::Unsent).await?;
        Ok(answer.retried)
    }
}

fn calendar(calendar_id: &str, rest: &str) -> Result<String, ClientError> {
    Ok(format!("/admin/workflow-calendars/{}{rest}", segment("a calendar id", calendar_id)?))
}

fn channel(channel_id: &str, rest: &str) -> Result<String, ClientError> {
    Ok(format!("/admin/workflow-channels/{}{rest}", segment("a channel id", channel_id)?))
}
