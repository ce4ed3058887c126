//! What reviews are made by: templates, and rules that say where new items go.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Params;
use crate::{
    Client, ClientError,
    path::segment,
    rows::workflow_settings::{Routing, Template},
};

#[derive(Deserialize)]
struct Templates {
    templates: Vec<Template>,
}

#[derive(Deserialize)]
struct OneTemplate {
    template: Template,
}

#[derive(Deserialize)]
struct OneRouting {
    routing: Routing,
}

impl Client {
    /// The newest version of each template of reviews.
    ///
    /// # Errors
    /// The service's refusals.
    pub async fn workflow_templates(&self) -> Result<Vec<Template>, ClientError> {
        let found: Templates = self.get("/workflow-studio/templates".to_owned(), Vec::new()).await?;
        Ok(found.templates)
    }

    /// A version of a template, the newest unless one is named; 0 is what is built in.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn workflow_template(&self, template_id: &str, version: Option<i64>) -> Result<Template, ClientError> {
        let path = format!("/workflow-studio/templates/{}", segment("a template id", template_id)?);
        let found: OneTemplate = self.get(path, Params::default().set("version", version).0).await?;
        Ok(found.template)
    }

    /// Makes the next version of a template. `seen` is the version that the caller saw, 0 for none of the tenant's own.
    ///
    /// # Errors
    /// `invalid_argument` with everything that is wrong; `precondition_failed` when another version is the newest.
    pub async fn put_workflow_template(
        &self,
        template_id: &str,
        definition: &Value,
        enabled: bool,
        reason: &str,
        seen: Option<i64>,
    ) -> Result<Template, ClientError> {
        let path = format!("/admin/workflow-templates/{}", segment("a template id", template_id)?);
        let body = json!({"definition": definition, "enabled": enabled, "reason": reason, "version": seen});
        let kept: OneTemplate = self.put(path, &body).await?;
        Ok(kept.template)
    }

    /// What is said about new items, now or in a version.
    ///
    /// # Errors
    /// `forbidden` without the permission `workflow_configure`; `not_found` for a version that is not there.
    pub async fn workflow_routing(&self, version: Option<i64>) -> Result<Routing, ClientError> {
        let params = Params::default().set("version", version);
        let found: OneRouting = self.get("/admin/workflow-routing".to_owned(), params.0).await?;
        Ok(found.routing)
    }

    /// Says something else about new items. `seen` is the version that the caller saw, 0 for none.
    ///
    /// # Errors
    /// `invalid_argument` with everything that is wrong; `precondition_failed` when another version is the newest.
    pub async fn put_workflow_routing(
        &self,
        definition: &Value,
        reason: &str,
        seen: Option<i64>,
    ) -> Result<Routing, ClientError> {
        let body = json!({"definition": definition, "reason": reason, "version": seen});
        let kept: OneRouting = self.put("/admin/workflow-routing".to_owned(), &body).await?;
        Ok(kept.routing)
    }
}
