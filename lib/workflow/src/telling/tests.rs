use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::Audience;

const HOUR: i64 = 3_600_000_000;

fn at(text: &str) -> Micros {
    Micros::parse_rfc3339(text).unwrap()
}

fn preferences(definition: &Value) -> Preferences {
    Preferences::read(definition).unwrap()
}

fn notice(category: Category, created_at: Micros) -> Notice {
    Notice {
        workflow_id: "t:exception:e".to_owned(),
        trace_id: "t".to_owned(),
        category,
        message: "To review".to_owned(),
        payload: Map::new(),
        dedupe_key: "k".to_owned(),
        audience: Audience::default(),
        recipient_account_id: None,
        recipient_role: None,
        created_at,
    }
}

fn outlet(channel: Channel) -> Outlet {
    Outlet { channel, channel_id: (channel != Channel::Email).then(|| "c".to_owned()) }
}

fn ana() -> Recipient {
    let outlets = Channel::ALL.map(outlet).to_vec();
    Recipient { account_id: Some("ana".to_owned()), outlets, is_away: false }
}

/// What of a comment, or of another category, goes out at a time: by which ways, when, and whether with others.
fn planned(definition: &Value, category: Category, now: &str) -> Option<(Vec<Channel>, String, bool)> {
    let plan = plan(&notice(category, at(now)), &ana(), &preferences(definition), at(now));
    let first = plan.first()?;
    assert!(plan.iter().all(|one| one.at == first.at && one.is_bundled == first.is_bundled));
    let ways = plan.iter().map(|one| one.outlet.channel).collect();
    Some((ways, first.at.rfc3339(), first.is_bundled))
}

#[test]
fn a_category_goes_by_its_own_ways_or_the_usual_ones() {
    let definition = || {
        json!({"channels": ["email", "chat"], "categories": {
            "comment": {"mode": "off"}, "mention": {"channels": ["webhook"]}, "approval": {"mode": "hourly"}}})
    };
    let now = "2026-11-25T10:20:30Z";
    let check = |category: Category, expected: Option<(&[Channel], &str, bool)>| {
        let found = planned(&definition(), category, now);
        let found = found.as_ref().map(|(ways, at, bundled)| (ways.as_slice(), &at[..16], *bundled));
        assert_eq!(found, expected, "{category:?}");
    };
    check(Category::Assignment, Some((&[Channel::Email, Channel::Chat], "2026-11-25T10:20", false)));
    check(Category::Comment, None);
    check(Category::Mention, Some((&[Channel::Webhook], "2026-11-25T10:20", false)));
    check(Category::Approval, Some((&[Channel::Email, Channel::Chat], "2026-11-25T11:00", true)));
}

#[test]
fn a_channel_of_the_tenant_takes_what_it_takes_whatever_people_prefer() {
    let recipient = Recipient { account_id: None, outlets: vec![outlet(Channel::Chat)], is_away: false };
    let only =
        preferences(&json!({"mode": "off", "channels": [], "categories": {"escalation": {"mode": "immediate"}}}));
    let now = at("2026-11-25T10:20:30Z");
    assert_eq!(plan(&notice(Category::Escalation, now), &recipient, &only, now).len(), 1);
    assert_eq!(plan(&notice(Category::Comment, now), &recipient, &only, now), []);
}

#[test]
fn who_is_away_and_what_is_old_is_told_nothing() {
    let now = at("2026-11-25T10:00:00Z");
    let all = Preferences::default();
    let away = Recipient { is_away: true, ..ana() };
    assert_eq!(plan(&notice(Category::Escalation, now), &away, &all, now), []);
    let old =
        |hours: i64| plan(&notice(Category::Approval, Micros::new(now.get() - hours * HOUR)), &ana(), &all, now).len();
    assert_eq!((old(72), old(73)), (3, 0));
}

#[test]
fn digests_come_when_the_wall_of_the_reader_says_so() {
    let check = |zone: &str, mode: &str, now: &str, expected: &str| {
        let definition = json!({"time_zone": zone, "mode": mode, "digest_at": "08:30"});
        let (_, at_, bundled) = planned(&definition, Category::Comment, now).unwrap();
        assert!(bundled);
        assert_eq!(at(&at_), at(expected), "{zone} {mode} {now}");
    };
    check("UTC", "hourly", "2026-11-25T10:59:59.999Z", "2026-11-25T11:00:00Z");
    check("UTC", "hourly", "2026-11-25T11:00:00Z", "2026-11-25T12:00:00Z");
    // A zone that is off by three quarters of an hour.
    check("Asia/Kathmandu", "hourly", "2026-11-25T10:00:00Z", "2026-11-25T10:15:00Z");
    check("Europe/Berlin", "daily", "2026-11-25T07:29:00Z", "2026-11-25T07:30:00Z");
    check("Europe/Berlin", "daily", "2026-11-25T07:30:00Z", "2026-11-26T07:30:00Z");
    // The night of the change: half past eight is an hour earlier for the rest of the world.
    check("Europe/Berlin", "daily", "2026-03-28T12:00:00Z", "2026-03-29T06:30:00Z");
    // A day that never was is the moment at which it was left out.
    check("Pacific/Apia", "daily", "2011-12-29T20:00:00Z", "2011-12-30T10:00:00Z");
}

#[test]
fn quiet_hours_hold_everything_back_but_an_escalation() {
    let definition = || {
        json!({"time_zone": "Europe/Berlin", "quiet_hours": {"from": "22:00", "to": "07:00"},
               "quiet_days": ["saturday", "sunday"]})
    };
    let check = |category: Category, now: &str, expected: &str, held: bool| {
        let (_, at_, bundled) = planned(&definition(), category, now).unwrap();
        assert_eq!((at(&at_), bundled), (at(expected), held), "{now}");
    };
    let (noon, night) = ("2026-11-25T12:00:00+01:00", "2026-11-25T23:10:00+01:00");
    check(Category::Comment, noon, noon, false);
    check(Category::Comment, night, "2026-11-26T07:00:00+01:00", true);
    check(Category::Comment, "2026-11-26T06:59:59+01:00", "2026-11-26T07:00:00+01:00", true);
    check(Category::Comment, "2026-11-26T07:00:00+01:00", "2026-11-26T07:00:00+01:00", false);
    check(Category::Escalation, night, night, false);
    // Friday night to Monday morning; and the nights when the clock is changed, which are nights of the week elsewhere.
    check(Category::Comment, "2026-11-27T22:30:00+01:00", "2026-11-30T07:00:00+01:00", true);
    check(Category::Comment, "2026-11-29T12:00:00+01:00", "2026-11-30T07:00:00+01:00", true);
    let spring = json!({"time_zone": "Europe/Berlin", "quiet_hours": {"from": "01:00", "to": "02:30"}});
    let (_, end, _) = planned(&spring, Category::Comment, "2026-03-29T01:15:00+01:00").unwrap();
    assert_eq!(at(&end), at("2026-03-29T03:00:00+02:00"), "half past two is skipped");
}

#[test]
fn everything_that_is_wrong_is_said() {
    let check = |definition: Value, expected: &[&str]| {
        let wrong = Preferences::read(&definition).unwrap_err();
        let found: Vec<&str> = wrong.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(found, expected, "{definition}");
    };
    check(json!(7), &[""]);
    check(
        json!({"zone": "UTC", "time_zone": "Mars", "quiet_hours": {"from": "22:00", "to": "22:00"}, "quiet_days": ["someday"],
               "digest_at": "24:00", "mode": "soon", "channels": ["pigeon"],
               "categories": {"comment": {"mode": 1, "at": 2}, "gossip": {}, "mention": "off"}}),
        &[
            "/zone",
            "/time_zone",
            "/quiet_hours",
            "/quiet_days",
            "/digest_at",
            "/mode",
            "/channels",
            "/categories/comment/at",
            "/categories/comment/mode",
            "/categories/gossip",
            "/categories/mention",
        ],
    );
    let all = json!(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]);
    check(json!({"quiet_days": all}), &["/quiet_days"]);
    check(json!({"categories": []}), &["/categories"]);
}

#[test]
fn what_is_written_is_read_again() {
    let given = json!({"time_zone": "Asia/Kathmandu", "quiet_hours": {"from": "22:15", "to": "07:00"}, "quiet_days": ["sunday"],
        "digest_at": "06:05", "mode": "daily", "channels": ["chat"], "categories": {"comment": {"mode": "off", "channels": []}}});
    assert_eq!(preferences(&given).to_json(), given);
    assert_eq!(preferences(&json!({})), Preferences::default());
    assert_eq!(preferences(&Preferences::default().to_json()), Preferences::default());
}

/// Whether it is quiet, by asking the wall and nothing else.
fn is_quiet(zone: &str, at: Micros) -> bool {
    let zone = jiff::tz::TimeZoneDatabase::bundled().get(zone).unwrap();
    let wall = zone.to_datetime(jiff::Timestamp::from_microsecond(at.get()).unwrap());
    let minute = i32::from(wall.hour()) * 60 + i32::from(wall.minute());
    wall.weekday() == jiff::civil::Weekday::Sunday || !(6 * 60 + 45..21 * 60 + 30).contains(&minute)
}

proptest! {
    /// A message never comes in quiet hours, comes at once when it is not quiet, and else at the first minute that is not.
    #[test]
    fn nothing_comes_in_quiet_hours(minutes in 0..(366 * 24 * 60_i64), zone in prop::sample::select(vec![
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia",
    ])) {
        let now = Micros::new(at("2027-12-31T00:00:00Z").get() + minutes * 60_000_000);
        let definition = json!({"time_zone": zone, "quiet_hours": {"from": "21:30", "to": "06:45"}, "quiet_days": ["sunday"]});
        let found = plan(&notice(Category::Comment, now), &ana(), &preferences(&definition), now)[0].at;
        let mut expected = now;
        while is_quiet(zone, expected) {
            expected = Micros::new(expected.get() + 60_000_000);
        }
        prop_assert_eq!(found, expected);
    }
}
