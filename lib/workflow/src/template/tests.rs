use serde_json::{Value, json};

use super::*;

fn places(template: &Value) -> Vec<String> {
    let template: Template = serde_json::from_value(template.clone()).unwrap();
    template.validate().err().unwrap_or_default().into_iter().map(|problem| problem.pointer).collect()
}

fn small() -> Value {
    json!({"title": "T", "description": "D", "workflow_kind": "exception_review", "reviewer_role": "admin",
           "default_priority": "high"})
}

#[test]
fn built_in_templates_are_those_of_the_reference() {
    let told: Vec<_> = built_in()
        .iter()
        .map(|known| {
            known.template.validate().unwrap();
            let template = &known.template;
            (
                known.template_id.clone(),
                template.reviewer_role.clone().unwrap(),
                template.default_priority,
                template.sla_hours,
            )
        })
        .collect();
    let row = |id: &str, role: &str, priority, hours| (id.to_owned(), role.to_owned(), priority, Some(hours));
    assert_eq!(
        told,
        [
            row("incident_triage", "admin", Priority::High, 2),
            row("exception_follow_up", "admin", Priority::Urgent, 1),
            row("precedent_gap_review", "writer", Priority::Normal, 6),
        ]
    );
}

#[test]
fn little_has_to_be_said() {
    assert_eq!(places(&small()), Vec::<String>::new());
    let template: Template = serde_json::from_value(small()).unwrap();
    assert_eq!((template.required_approvals, template.four_eyes, template.sla_hours), (1, true, None));
    let again: Template = serde_json::from_str(&serde_json::to_string(&template).unwrap()).unwrap();
    assert_eq!(again, template);
    let mut unknown = small();
    unknown["sla"] = json!(1);
    assert!(serde_json::from_value::<Template>(unknown).is_err());
}

#[test]
fn everything_wrong_is_told_at_once() {
    let mut bad = small();
    let news = json!({
        "title": " ", "reviewer_role": "reader", "routing": "least_open", "reviewer_account_id": "-", "sla_hours": 0,
        "required_approvals": 21, "warning_minutes": -1, "tags": ["a", "a"],
        "escalation_ladder": [{"after_percent": -1, "assigned": {"account_id": null, "role": "admin"}, "priority": null}],
        "form": {
            "fields": [{"key": "N", "label": "x", "kind": "integer", "min": 2, "max": 1, "choices": [{"value": "a", "label": "a"}]},
                       {"key": "c", "label": "x", "kind": "choice", "max_length": 3, "on": ["comment"]},
                       {"key": "c", "label": "x", "kind": "text", "min": 1}],
            "checklist": [{"key": "k", "label": ""}],
            "decision_options": [{"key": "o", "label": "O", "action": "comment", "conditions": ["none"]}],
            "required_evidence": ["file", "file"]
        }
    });
    bad.as_object_mut().unwrap().extend(news.as_object().unwrap().clone());
    assert_eq!(
        places(&bad),
        [
            "/title",
            "/reviewer_role",
            "/reviewer_account_id",
            "/routing",
            "/sla_hours",
            "/required_approvals",
            "/warning_minutes",
            "/escalation_ladder/0/after_percent",
            "/tags/1",
            "/form/fields/0/key",
            "/form/fields/0/max",
            "/form/fields/0/choices",
            "/form/fields/1/on",
            "/form/fields/1/max_length",
            "/form/fields/1/choices",
            "/form/fields/2/min",
            "/form/fields/2/key",
            "/form/checklist/0/label",
            "/form/decision_options/0/action",
            "/form/decision_options/0/conditions/0",
            "/form/required_evidence/1",
        ]
    );
}

#[test]
fn terms_are_the_templates() {
    let mut said = small();
    said.as_object_mut().unwrap().extend(
        json!({"required_approvals": 3, "four_eyes": false, "allow_override": false, "warning_minutes": 0, "calendar_id": "c"})
            .as_object()
            .unwrap()
            .clone(),
    );
    let template = serde_json::from_value(said).unwrap();
    let terms = Versioned { template_id: "t".to_owned(), version: 4, enabled: true, template }.terms(true);
    assert_eq!((terms.template_id.as_deref(), terms.template_version), (Some("t"), Some(4)));
    assert_eq!((terms.required_approvals, terms.four_eyes, terms.allow_override), (3, false, false));
    assert_eq!((terms.warning_minutes, terms.calendar_id.as_deref()), (0, Some("c")));
    assert_eq!(terms.ladder, Terms::standard(true).ladder);
}

#[test]
fn a_tenants_own_take_the_place_of_what_is_built_in() {
    let own = |id: &str| Versioned { template_id: id.to_owned(), version: 2, ..built_in().remove(2) };
    let all = of_tenant(vec![own("zeta"), own(EXCEPTION_FOLLOW_UP), own("alpha")]);
    let told: Vec<_> = all.iter().map(|template| (template.template_id.as_str(), template.version)).collect();
    assert_eq!(
        told,
        [("incident_triage", 0), ("exception_follow_up", 2), ("precedent_gap_review", 0), ("alpha", 2), ("zeta", 2)]
    );
}

#[test]
fn the_priority_that_counts() {
    let mut template: Template = serde_json::from_value(small()).unwrap();
    let mut check = |mode, simulated, expected| {
        template.priority_mode = mode;
        assert_eq!(template.priority(simulated), expected, "{mode:?}");
    };
    check(PriorityMode::Template, Priority::Urgent, Priority::High);
    check(PriorityMode::Simulated, Priority::Normal, Priority::Normal);
    check(PriorityMode::Max, Priority::Normal, Priority::High);
    check(PriorityMode::Max, Priority::Urgent, Priority::Urgent);
}
