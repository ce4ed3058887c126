use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::template;

fn item() -> RoutingFacts {
    let mut facts = Facts::default();
    facts.insert("discount_pct", "22.5");
    facts.insert("region", "EU");
    RoutingFacts {
        kind: Kind::ExceptionReview,
        policy_id: Some("discount-cap".to_owned()),
        workflow_name: "renewal".to_owned(),
        entity: Some(("account".to_owned(), "acme".to_owned())),
        facts,
        requester: "agent-7".to_owned(),
        payload_priority: None,
        people: [
            ("bea", "admin", 3),
            ("ada", "admin", 3),
            ("cyd", "admin", 1),
            ("agent-7", "admin", 0),
            ("wim", "writer", 0),
        ]
        .map(|(account, role, open_items)| Person {
            account_id: account.to_owned(),
            roles: vec![role.to_owned()],
            open_items,
        })
        .into(),
        turns: BTreeMap::new(),
        demo: false,
    }
}

fn settings(routing: Value) -> RoutingSettings {
    let routing: Routing = serde_json::from_value(routing).unwrap();
    routing.validate(&template::built_in()).unwrap();
    RoutingSettings { routing, templates: template::built_in() }
}

fn rules(rules: &Value) -> RoutingSettings {
    settings(json!({ "rules": rules }))
}

fn rule_of(settings: &RoutingSettings, item: &RoutingFacts) -> Option<String> {
    decide(settings, item)?.rule_id
}

#[test]
fn without_settings_nothing_differs() {
    assert_eq!(decide(&RoutingSettings::default(), &item()), None);
    assert_eq!(decide(&rules(&json!([{"rule_id": "a", "when": {"policy_ids": ["x"]}, "then": {}}])), &item()), None);
    assert_eq!(decide(&rules(&json!([{"rule_id": "a", "enabled": false, "then": {}}])), &item()), None);
}

#[test]
fn every_part_has_to_hold() {
    let matches =
        |when: Value| rule_of(&rules(&json!([{"rule_id": "a", "when": when, "then": {}}])), &item()).is_some();
    for holds in [
        json!({}),
        json!({"kinds": ["exception_review"]}),
        json!({"policy_ids": ["x", "discount-cap"], "workflow_names": ["renewal"]}),
        json!({"entity_types": ["account"], "entity_ids": ["acme"], "requesters": ["agent-7"]}),
        json!({"facts": [{"fact": "discount_pct", "operator": "gte", "value": "22.5"},
                         {"fact": "region", "operator": "eq", "value": "EU"}]}),
    ] {
        assert!(matches(holds.clone()), "{holds}");
    }
    for fails in [
        json!({"kinds": ["incident_review"]}),
        json!({"policy_ids": ["discount-cap"], "workflow_names": ["refund"]}),
        json!({"entity_types": ["order"]}),
        json!({"entity_ids": ["acm"]}),
        json!({"requesters": ["agent-8"]}),
        json!({"priorities": ["urgent"]}),
        json!({"facts": [{"fact": "discount_pct", "operator": "gt", "value": "22.5"}]}),
        json!({"facts": [{"fact": "unknown", "operator": "ne", "value": "1"}]}),
    ] {
        assert!(!matches(fails.clone()), "{fails}");
    }
    let bare = RoutingFacts { policy_id: None, entity: None, ..item() };
    assert_eq!(
        rule_of(&rules(&json!([{"rule_id": "a", "when": {"entity_types": ["account"]}, "then": {}}])), &bare),
        None
    );
}

#[test]
fn priority_comes_from_the_request_the_rule_the_template_in_this_order() {
    let by = |then: Value, asked: Option<Priority>| {
        let item = RoutingFacts { payload_priority: asked, ..item() };
        decide(&rules(&json!([{"rule_id": "a", "then": then}])), &item).unwrap().priority
    };
    let (template, rule) = (
        json!({"template_id": "exception_follow_up"}),
        json!({"template_id": "exception_follow_up", "priority": "low"}),
    );
    assert_eq!(by(rule.clone(), Some(Priority::Normal)), Priority::Normal);
    assert_eq!(by(rule, None), Priority::Low);
    assert_eq!(by(template, None), Priority::Urgent);
    assert_eq!(by(json!({}), None), Priority::High);
}

#[test]
fn time_comes_from_the_rule_the_template_the_profile_in_this_order() {
    let profile = json!({"urgent_minutes": 60, "high_minutes": 241, "normal_minutes": 1440, "low_minutes": 4320});
    let by = |then: Value| {
        let settings = settings(json!({"rules": [{"rule_id": "a", "then": then}], "sla_profile": profile}));
        decide(&settings, &item()).unwrap().sla_minutes
    };
    assert_eq!(by(json!({"sla_minutes": 15, "template_id": "precedent_gap_review"})), 15);
    assert_eq!(by(json!({"template_id": "precedent_gap_review"})), 360);
    assert_eq!(by(json!({"priority": "low"})), 4_320);
    assert_eq!(by(json!({})), 241);
    let only_profile = decide(&settings(json!({ "sla_profile": profile })), &item()).unwrap();
    assert_eq!((only_profile.rule_id, only_profile.sla_minutes), (None, 241));
    let alike = RoutingFacts { payload_priority: Some(Priority::High), ..item() };
    let suggested = serde_json::to_value(SlaProfile::SUGGESTED).unwrap();
    assert_eq!(decide(&settings(json!({ "sla_profile": suggested })), &alike), None, "four hours are four hours");
    let review = RoutingFacts { kind: Kind::IncidentReview, ..item() };
    assert_eq!(decide(&rules(&json!([{"rule_id": "a", "then": {}}])), &review).unwrap().sla_minutes, 120);
}

#[test]
fn terms_come_from_the_rule_before_the_template() {
    let then = json!({"template_id": "incident_triage", "required_approvals": 2, "four_eyes": false, "allow_override": false,
                      "warning_minutes": 5, "calendar_id": "office",
                      "escalation_ladder": [{"after_percent": 50, "assigned": {"account_id": null, "role": "admin"}, "priority": "urgent"}]});
    let settings = settings(json!({"rules": [{"rule_id": "a", "then": then}], "calendar_id": "all"}));
    let terms = decide(&settings, &item()).unwrap().terms;
    assert_eq!((terms.template_id.as_deref(), terms.template_version), (Some("incident_triage"), Some(0)));
    assert_eq!((terms.required_approvals, terms.four_eyes, terms.allow_override), (2, false, false));
    assert_eq!((terms.warning_minutes, terms.ladder.len(), terms.calendar_id.as_deref()), (5, 1, Some("office")));
}

#[test]
fn one_of_a_role_is_chosen() {
    let chosen = |strategy: &str, turns: i64, four_eyes: bool, role: &str| {
        let then =
            json!({"assigned": {"account_id": null, "role": role}, "strategy": strategy, "four_eyes": four_eyes});
        let item = RoutingFacts { turns: BTreeMap::from([("rule:a".to_owned(), turns)]), ..item() };
        let route = decide(&rules(&json!([{"rule_id": "a", "then": then}])), &item).unwrap();
        (route.assigned.account_id.unwrap_or_default(), route.turn)
    };
    let turn = Some("rule:a".to_owned());
    assert_eq!(chosen("pool", 0, true, "admin"), (String::new(), None));
    assert_eq!(chosen("least_open", 0, true, "admin"), ("cyd".to_owned(), None), "the requester is never asked");
    assert_eq!(chosen("least_open", 0, false, "admin").0, "agent-7");
    let round: Vec<_> = (0..4).map(|turns| chosen("round_robin", turns, true, "admin").0).collect();
    assert_eq!(round, ["ada", "bea", "cyd", "ada"]);
    assert_eq!(chosen("round_robin", -1, true, "admin"), ("cyd".to_owned(), turn.clone()));
    assert_eq!(chosen("round_robin", 7, true, "writer"), ("wim".to_owned(), turn));
    let nobody = RoutingFacts { people: Vec::new(), ..item() };
    let then = json!({"assigned": {"account_id": null, "role": "admin"}, "strategy": "round_robin"});
    let route = decide(&rules(&json!([{"rule_id": "a", "then": then}])), &nobody).unwrap();
    assert_eq!((route.assigned.role.as_deref(), route.assigned.account_id, route.turn), (Some("admin"), None, None));
}

#[test]
fn a_template_that_is_not_enabled_says_nothing() {
    let mut settings = rules(&json!([{"rule_id": "a", "then": {"template_id": "incident_triage"}}]));
    settings.templates[0].enabled = false;
    let route = decide(&settings, &item()).unwrap();
    assert_eq!((route.terms, route.sla_minutes), (Terms::standard(false), 240));
    let found = settings.routing.validate(&settings.templates).unwrap_err();
    assert_eq!(found[0].pointer, "/rules/0/then/template_id");
}

#[test]
fn everything_wrong_is_told_at_once() {
    let routing: Routing = serde_json::from_value(json!({
        "rules": [
            {"rule_id": "A", "when": {"policy_ids": [""], "facts": [{"fact": "x", "operator": "lt", "value": "y"}]},
             "then": {"assigned": {"account_id": null, "role": "reader"}, "sla_minutes": 0, "template_id": "none",
                      "required_approvals": 0, "warning_minutes": -1,
                      "escalation_ladder": [{"after_percent": 10, "assigned": {"account_id": "a", "role": null}, "priority": null},
                                            {"after_percent": 10, "assigned": {"account_id": null, "role": null}, "priority": null}]}},
            {"rule_id": "b", "then": {"strategy": "least_open"}},
            {"rule_id": "b", "then": {}}
        ],
        "sla_profile": {"urgent_minutes": 0, "high_minutes": 1, "normal_minutes": 1, "low_minutes": 1}
    }))
    .unwrap();
    let places: Vec<_> =
        routing.validate(&template::built_in()).unwrap_err().into_iter().map(|problem| problem.pointer).collect();
    assert_eq!(
        places,
        [
            "/rules/0/rule_id",
            "/rules/0/when/policy_ids/0",
            "/rules/0/when/facts/0/value",
            "/rules/0/then/assigned/role",
            "/rules/0/then/sla_minutes",
            "/rules/0/then/template_id",
            "/rules/0/then/required_approvals",
            "/rules/0/then/warning_minutes",
            "/rules/0/then/escalation_ladder/1/after_percent",
            "/rules/0/then/escalation_ladder/1/assigned/role",
            "/rules/1/then/strategy",
            "/rules/2/rule_id",
            "/sla_profile/urgent_minutes",
        ]
    );
    assert!(serde_json::from_value::<Routing>(json!({"rules": [], "rule": 1})).is_err());
}

/// Rules that match or not by their position, on a fact that the item has.
fn some_rules() -> impl proptest::strategy::Strategy<Value = Vec<(bool, i64)>> {
    proptest::collection::vec((any::<bool>(), 1..10_000_i64), 0..12)
}

proptest! {
    #[test]
    fn the_first_match_wins_and_the_same_is_the_same(rules in some_rules()) {
        let rule = |(at, (matches, minutes)): (usize, &(bool, i64))| json!({
            "rule_id": format!("r{at}"),
            "when": {"entity_types": [if *matches { "account" } else { "order" }]},
            "then": {"sla_minutes": minutes},
        });
        let settings = super::tests::rules(&Value::Array(rules.iter().enumerate().map(rule).collect()));
        let first = rules.iter().position(|(matches, _)| *matches);
        let route = decide(&settings, &item());
        prop_assert_eq!(route.as_ref().and_then(|route| route.rule_id.clone()), first.map(|at| format!("r{at}")));
        prop_assert_eq!(route.as_ref().map(|route| route.sla_minutes), first.map(|at| rules[at].1));
        prop_assert_eq!(route, decide(&settings, &item()));
    }

    #[test]
    fn turns_are_taken_evenly(people in 1..9_usize, rounds in 1..4_usize) {
        let then = json!({"assigned": {"account_id": null, "role": "writer"}, "strategy": "round_robin"});
        let settings = super::tests::rules(&json!([{"rule_id": "a", "then": then}]));
        let mut counts = BTreeMap::<String, usize>::new();
        for turn in 0..people * rounds {
            let person = |at: usize| Person { account_id: format!("p{at}"), roles: vec!["writer".to_owned()], open_items: 0 };
            let turns = BTreeMap::from([("rule:a".to_owned(), i64::try_from(turn).unwrap())]);
            let item = RoutingFacts { people: (0..people).map(person).collect(), turns, ..item() };
            *counts.entry(decide(&settings, &item).unwrap().assigned.account_id.unwrap()).or_default() += 1;
        }
        prop_assert_eq!(counts.len(), people);
        prop_assert!(counts.values().all(|count| *count == rounds));
    }
}
