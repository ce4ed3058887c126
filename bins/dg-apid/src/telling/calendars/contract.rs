//! The contract of `/admin/workflow-calendars`.

use dg_http::Code;
use dg_http::contract::{Operation, Query};
use serde_json::json;

use super::{Asked, CONFIGURE, Deadline, LONGEST_MINUTES, Listed, One};

pub(crate) fn list() -> Operation {
    Operation::new("list_workflow_calendars", "List business calendars")
        .permission(CONFIGURE)
        .answers::<Listed>(200, "The newest version of each.")
        .leads_to(200, "get_workflow_calendar", &[("calendar_id", "/data/calendars/0/calendar_id")])
}

pub(crate) fn show() -> Operation {
    Operation::new("get_workflow_calendar", "Show a business calendar")
        .permission(CONFIGURE)
        .query(Query::integer("version", 1..=i64::MAX).says("Another one than the newest."))
        .answers::<One>(200, "The calendar.")
}

pub(crate) fn put() -> Operation {
    Operation::new("put_workflow_calendar", "Make the next version of a business calendar")
        .says("A time zone, hours by weekday, holidays with a year or without one, and days that are different. Everything that is wrong with it is said at once. Deadlines that were made stay as they are.")
        .permission(CONFIGURE)
        .body_that::<Asked>(
            json!({"required": ["reason"], "properties": {"reason": {"type": "string"}}}),
            &json!({
                "definition": {
                    "time_zone": "Europe/Berlin",
                    "weekly": {"monday": [["09:00", "12:30"], ["13:15", "17:30"]], "friday": [["09:00", "14:00"]]},
                    "holidays": ["12-25", "2026-04-03"],
                    "exceptions": {"2026-12-24": [["09:00", "12:00"]]},
                },
                "reason": "summer hours",
            }),
        )
        .answers::<One>(200, "The version that counts now.")
        .refuses([Code::PreconditionFailed])
}

pub(crate) fn deadline() -> Operation {
    Operation::new("get_workflow_deadline", "Ask a business calendar for a deadline")
        .permission(CONFIGURE)
        .query(Query::integer("minutes", 0..=LONGEST_MINUTES).required().says("Of open time."))
        .query(Query::instant("from").says("Since then; now unless said."))
        .answers::<Deadline>(200, "When that many minutes have passed.")
}
