//! Reads the templates, and what a review of a trace would be.

use dg_client::{Template, TraceDryRun};
use dg_domain::TenantId;
use serde_json::{Map, Value};

use super::{Found, SignedOut, outage, panel};
use crate::{
    model::{
        Body, Freshness,
        studio::{StudioPage, TemplateRow, Trial},
    },
    people::Person,
    place::Place,
    story,
};

pub(super) async fn read(
    person: &Person,
    place: &Place,
    tenant: &TenantId,
    trace_id: Option<&str>,
    template_id: Option<&str>,
) -> Result<Found, SignedOut> {
    let client = person.client.tenant(tenant.as_str());
    let trial = async {
        match trace_id {
            Some(trace_id) => Some(client.dry_run_trace(trace_id, template_id).await),
            None => None,
        }
    };
    let (templates, trial) = tokio::join!(client.workflow_templates(), trial);
    let templates = panel(templates.map(|all| all.into_iter().map(row).collect()))?;
    let outage = outage(&templates);
    let page = StudioPage {
        tenant: tenant.clone(),
        trace_id: trace_id.map(str::to_owned),
        template_id: template_id.map(str::to_owned),
        templates,
        trial: trial.map(|found| panel(found.map(trial_of))).transpose()?,
    };
    let (title, body) = ("Studio".to_owned(), Body::Studio(Box::new(page)));
    Ok(Found { place: place.clone(), title, body, freshness: Freshness::Unknown, outage })
}

fn row(template: Template) -> TemplateRow {
    let title = template.definition.get("title").and_then(Value::as_str).unwrap_or_default().to_owned();
    TemplateRow {
        title,
        version: template.version,
        enabled: template.enabled,
        definition: story::laid_out(&template.definition.to_string()),
        template_id: template.template_id,
    }
}

fn trial_of(run: TraceDryRun) -> Trial {
    let text =
        |row: &Map<String, Value>, name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Trial {
        signals: run.signals.into_iter().map(|signal| signal.text).collect(),
        workflow_id: run.draft.workflow_id,
        exists: run.draft.exists,
        title: run.draft.title,
        reason: run.draft.reason,
        priority: run.draft.priority,
        sla_hours: run.draft.sla_hours,
        account: run.draft.assigned_account_id,
        role: run.draft.assigned_role,
        existing: run.existing_workflows.into_iter().map(|item| (item.workflow_id, item.status)).collect(),
        precedents: run.precedent_preview.iter().map(|row| (text(row, "trace_id"), text(row, "outcome"))).collect(),
        as_of: run.as_of_log_seq,
    }
}
