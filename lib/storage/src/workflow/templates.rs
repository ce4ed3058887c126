//! Templates and rules of routing: every version is kept, the newest counts.

use dg_domain::{Micros, TenantId};
use dg_workflow::{
    routing::Routing,
    template::{self, BUILT_IN, Template, Versioned},
};
use serde::de::DeserializeOwned;
use tokio_postgres::{Row, types::ToSql};

use crate::{
    audit::{self, By},
    error::StoreError,
    projections::columns::Columns,
    store::Store,
    work::Work,
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../sql/queries/workflow/", $name, ".sql"))
    };
}

/// When a version was made, by whom and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns")]
pub struct Made {
    pub reason: String,
    pub created_at: Micros,
    pub created_by: String,
}

/// A version of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateRow {
    /// What it says.
    pub template: Versioned,
    /// None for what is built in.
    pub made: Option<Made>,
}

/// A version of what a tenant says about new items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoutingRow {
    /// 0 where nothing was said yet.
    pub version: i64,
    /// What it says.
    pub routing: Routing,
    /// None where nothing was said yet.
    pub made: Option<Made>,
}

impl Store {
    /// The templates of a tenant: what is built in, but where the tenant has its own under the same id, then its others.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_templates(&self, tenant: &TenantId) -> Result<Vec<TemplateRow>, StoreError> {
        let name = "workflow.templates";
        let rows = self.of(tenant).query(name, sql!("templates"), &[&tenant.as_str()]).await?;
        let own: Vec<TemplateRow> =
            rows.iter().map(|row| TemplateRow::read(name, row)).collect::<Result<_, StoreError>>()?;
        let all = template::of_tenant(own.iter().map(|row| row.template.clone()).collect());
        let made = |template: &Versioned| own.iter().find(|row| row.template == *template)?.made.clone();
        Ok(all.into_iter().map(|template| TemplateRow { made: made(&template), template }).collect())
    }

    /// A version of a template, the newest where none is named. Version 0 is what is built in.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_template(
        &self,
        tenant: &TenantId,
        template_id: &str,
        version: Option<i64>,
    ) -> Result<Option<TemplateRow>, StoreError> {
        let work = Work::snapshot_of(self, tenant).await?;
        let found = find(&work, tenant, template_id, version).await?;
        work.roll_back().await?;
        Ok(found)
    }

    /// Makes the next version of a template, whose definition was checked before. `seen` is the version that the caller saw.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when another version is the newest, or the database's.
    pub async fn put_workflow_template(
        &self,
        tenant: &TenantId,
        (template_id, enabled): (&str, bool),
        template: &Template,
        seen: Option<i64>,
        reason: &str,
        by: &By,
    ) -> Result<TemplateRow, StoreError> {
        let name = "workflow.put_template";
        let work = Work::begin_of(self, tenant).await?;
        let text = serde_json::to_string(template).map_err(|source| StoreError::corrupt(name, source))?;
        let params: [&(dyn ToSql + Sync); 7] =
            [&tenant.as_str(), &template_id, &enabled, &text, &reason, &by.name(), &seen];
        let row = work.query_opt(name, sql!("put_template"), &params).await?;
        let row = TemplateRow::read(name, &row.ok_or(StoreError::Changed { what: "template" })?)?;
        let entry = by.did("workflow_template.put").tenant(tenant.as_str()).subject(template_id);
        let entry = entry.with("version", row.template.version).with("enabled", enabled).with("reason", reason);
        audit::append(&work, vec![entry]).await?;
        work.commit().await?;
        Ok(row)
    }

    /// What a tenant says about new items: a version, the newest where none is named; `None` for a version that is not there.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_routing(
        &self,
        tenant: &TenantId,
        version: Option<i64>,
    ) -> Result<Option<RoutingRow>, StoreError> {
        let name = "workflow.routing";
        let row = self.of(tenant).query_opt(name, sql!("routing"), &[&tenant.as_str(), &version]).await?;
        let found = row.map(|row| RoutingRow::read(name, &row)).transpose()?;
        Ok(found.or_else(|| version.is_none_or(|version| version == BUILT_IN).then(RoutingRow::default)))
    }

    /// Says something else about new items; it was checked before. `seen` is the version that the caller saw.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when another version is the newest, or the database's.
    pub async fn put_workflow_routing(
        &self,
        tenant: &TenantId,
        routing: &Routing,
        seen: Option<i64>,
        reason: &str,
        by: &By,
    ) -> Result<RoutingRow, StoreError> {
        let name = "workflow.put_routing";
        let work = Work::begin_of(self, tenant).await?;
        let text = serde_json::to_string(routing).map_err(|source| StoreError::corrupt(name, source))?;
        let params: [&(dyn ToSql + Sync); 5] = [&tenant.as_str(), &text, &reason, &by.name(), &seen];
        let row = work.query_opt(name, sql!("put_routing"), &params).await?;
        let row = RoutingRow::read(name, &row.ok_or(StoreError::Changed { what: "routing" })?)?;
        let entry = by.did("workflow_routing.put").tenant(tenant.as_str());
        audit::append(&work, vec![entry.with("version", row.version).with("reason", reason)]).await?;
        work.commit().await?;
        Ok(row)
    }
}

/// The templates of a tenant as they are now.
pub(crate) async fn all(work: &Work, tenant: &TenantId) -> Result<Vec<Versioned>, StoreError> {
    let name = "workflow.templates";
    let rows = work.query(name, sql!("templates"), &[&tenant.as_str()]).await?;
    let own: Result<Vec<Versioned>, StoreError> =
        rows.iter().map(|row| TemplateRow::read(name, row).map(|row| row.template)).collect();
    Ok(template::of_tenant(own?))
}

/// A version of a template, the newest where none is named.
pub(crate) async fn find(
    work: &Work,
    tenant: &TenantId,
    template_id: &str,
    version: Option<i64>,
) -> Result<Option<TemplateRow>, StoreError> {
    let name = "workflow.template";
    let row = work.query_opt(name, sql!("template"), &[&tenant.as_str(), &template_id, &version]).await?;
    if let Some(row) = row {
        return TemplateRow::read(name, &row).map(Some);
    }
    let built_in = template::built_in().into_iter().find(|template| template.template_id == template_id);
    let wanted = built_in.filter(|_| version.is_none_or(|version| version == BUILT_IN));
    Ok(wanted.map(|template| TemplateRow { template, made: None }))
}

/// What a tenant says about new items now; `None` where nothing was said.
pub(crate) async fn routing(work: &Work, tenant: &TenantId) -> Result<Option<Routing>, StoreError> {
    let (name, newest): (_, Option<i64>) = ("workflow.routing", None);
    let row = work.query_opt(name, sql!("routing"), &[&tenant.as_str(), &newest]).await?;
    Ok(row.map(|row| RoutingRow::read(name, &row)).transpose()?.map(|row| row.routing))
}

impl TemplateRow {
    fn read(name: &'static str, row: &Row) -> Result<Self, StoreError> {
        let columns = Columns { name, row };
        let template = Versioned {
            template_id: columns.get("template_id")?,
            version: columns.get("version")?,
            enabled: columns.get("enabled")?,
            template: document(name, columns.get("definition_json")?)?,
        };
        Ok(Self { template, made: Some(made(&columns)?) })
    }
}

impl RoutingRow {
    fn read(name: &'static str, row: &Row) -> Result<Self, StoreError> {
        let columns = Columns { name, row };
        let routing = document(name, columns.get("routing_json")?)?;
        Ok(Self { version: columns.get("version")?, routing, made: Some(made(&columns)?) })
    }
}

fn made(columns: &Columns<'_>) -> Result<Made, StoreError> {
    Ok(Made {
        reason: columns.get("reason")?,
        created_at: columns.at("created_at")?,
        created_by: columns.get("created_by")?,
    })
}

fn document<T: DeserializeOwned>(name: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::corrupt(name, source))
}
