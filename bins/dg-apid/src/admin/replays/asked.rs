//! What a run is asked for with.

use std::collections::BTreeMap;

use dg_domain::{LogSeq, TenantId};
use dg_http::gate::Principal;
use dg_http::{ApiError, Code};
use dg_projections::{RunMode, RunTarget};
use dg_storage::projections::{Asker, NewRuns};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::words;

const LONGEST_REASON: usize = 2_000;
const LARGEST_METADATA: usize = 8 << 10;
/// What may be asked for; one event is projected after all through its failure.
pub(crate) const MODES: [RunMode; 3] = [RunMode::CatchUp, RunMode::Rebuild, RunMode::Verify];

/// The body of `POST /admin/replays`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[schema(schema_with = words::run_target)]
    projection: String,
    #[schema(schema_with = words::nullable_asked_mode)]
    mode: Option<String>,
    #[schema(schema_with = words::nullable_reason)]
    reason: Option<String>,
    #[schema(minimum = 0, maximum = 0)]
    since_log_seq: Option<i64>,
    #[schema(minimum = 0)]
    until_log_seq: Option<i64>,
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
}

/// The body of `POST /admin/replays:batch`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedOfMany {
    #[schema(min_items = 1)]
    tenant_ids: Vec<String>,
    #[schema(schema_with = words::run_target)]
    projection: String,
    #[schema(schema_with = words::nullable_asked_mode)]
    mode: Option<String>,
    #[schema(schema_with = words::nullable_reason)]
    reason: Option<String>,
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
}

/// A run as it is wanted, whoever wants it and for whom.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) target: RunTarget,
    pub(crate) mode: RunMode,
    until_log_seq: Option<LogSeq>,
    reason: String,
    metadata: Map<String, Value>,
    /// The item of review that asks.
    workflow_id: Option<String>,
}

/// For which tenants.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tenants {
    All,
    Named(Vec<String>),
}

impl Asked {
    /// # Errors
    /// `invalid_argument` with the place in `details.pointer`.
    pub(super) fn read(self) -> Result<Wanted, ApiError> {
        let (target, mode) = what(&self.projection, self.mode.as_deref())?;
        if self.since_log_seq.is_some_and(|since| since != 0) {
            return Err(bad(
                "every run begins at the start of the log, or where it stands: since_log_seq is 0",
                "/since_log_seq",
            ));
        }
        if self.until_log_seq.is_some() && mode != RunMode::CatchUp {
            return Err(bad("until_log_seq goes with the mode catch_up only", "/until_log_seq"));
        }
        let until_log_seq = self.until_log_seq.map(LogSeq::new).transpose();
        let until_log_seq =
            until_log_seq.map_err(|_| bad("until_log_seq must be an integer of at least 0", "/until_log_seq"))?;
        let said = self.metadata.get("reason").and_then(Value::as_str).map(str::to_owned);
        let reason = reason(self.reason.or(said).as_deref())?;
        if Value::Object(self.metadata.clone()).to_string().len() > LARGEST_METADATA {
            return Err(bad("metadata is larger than 8192 bytes", "/metadata"));
        }
        Ok(Wanted { target, mode, until_log_seq, reason, metadata: self.metadata, workflow_id: None })
    }
}

fn what(projection: &str, mode: Option<&str>) -> Result<(RunTarget, RunMode), ApiError> {
    let target = RunTarget::from_name(projection)
        .ok_or_else(|| bad("projection is the name of a projection, or all", "/projection"))?;
    let mode = match mode {
        None => RunMode::CatchUp,
        Some(name) => RunMode::from_name(name)
            .filter(|mode| MODES.contains(mode))
            .ok_or_else(|| bad("mode is catch_up, rebuild or verify", "/mode"))?,
    };
    Ok((target, mode))
}

impl AskedOfMany {
    /// # Errors
    /// As [`Asked::read`].
    pub(super) fn read(self) -> Result<(Wanted, Tenants), ApiError> {
        let tenants = if self.tenant_ids.iter().any(|name| name == "*") {
            Tenants::All
        } else if self.tenant_ids.is_empty() {
            return Err(bad("tenant_ids names tenants, or * for all", "/tenant_ids"));
        } else {
            Tenants::Named(self.tenant_ids)
        };
        let Self { projection, mode, reason, metadata, .. } = self;
        let asked = Asked { projection, mode, reason, since_log_seq: None, until_log_seq: None, metadata };
        Ok((asked.read()?, tenants))
    }
}

impl Tenants {
    /// Those of `usable` that are meant, by name and each once, and the reasons why others are not.
    pub(super) fn among(
        self,
        usable: &[TenantId],
        principal: &Principal,
    ) -> (Vec<TenantId>, BTreeMap<String, ApiError>) {
        let names = match self {
            Self::All => return (usable.to_vec(), BTreeMap::new()),
            Self::Named(names) => names,
        };
        let (mut meant, mut refused) = (Vec::new(), BTreeMap::new());
        for name in names {
            match usable.iter().find(|tenant| tenant.as_str() == name) {
                Some(tenant) if meant.contains(tenant) => {}
                Some(tenant) => meant.push(tenant.clone()),
                None => drop(refused.insert(name.clone(), why_not(&name, principal))),
            }
        }
        (meant, refused)
    }
}

fn why_not(name: &str, principal: &Principal) -> ApiError {
    if principal.may_use(name) {
        ApiError::new(Code::NotFound, "the tenant is not registered")
    } else {
        ApiError::new(Code::Forbidden, "the account may not use the tenant")
    }
}

impl Wanted {
    /// A run that an item of review asks for.
    ///
    /// # Errors
    /// `invalid_argument` with the place in `details.pointer`.
    pub(crate) fn of_review(projection: &str, mode: Option<&str>, why: Option<&str>) -> Result<Self, ApiError> {
        let (target, mode) = what(projection, mode)?;
        let reason = reason(why)?;
        Ok(Self { target, mode, until_log_seq: None, reason, metadata: Map::new(), workflow_id: None })
    }

    /// Has the item told how the run ends.
    pub(crate) fn for_item(mut self, workflow_id: &str, trace_id: &str) -> Self {
        self.metadata.insert("workflow_id".to_owned(), json!(workflow_id));
        self.metadata.insert("trace_id".to_owned(), json!(trace_id));
        self.workflow_id = Some(workflow_id.to_owned());
        self
    }

    /// The runs, asked for by `principal`.
    pub(super) fn into_runs(
        self,
        tenants: Vec<(TenantId, Uuid)>,
        batch_id: Option<Uuid>,
        principal: &Principal,
    ) -> NewRuns {
        NewRuns {
            tenants,
            batch_id,
            target: self.target,
            mode: self.mode,
            until_log_seq: self.until_log_seq,
            workflow_id: self.workflow_id,
            asker: asker(principal, self.reason, self.metadata),
        }
    }
}

/// Who asks. What the metadata says about that is replaced: nobody asks in another's name.
pub(in crate::admin) fn asker(principal: &Principal, reason: String, mut metadata: Map<String, Value>) -> Asker {
    let request_id = dg_http::request_id().as_str().to_owned();
    for (key, value) in [
        ("reason", json!(reason)),
        ("request_id", json!(request_id)),
        ("requested_by_account_id", json!(principal.account_id)),
        ("requested_by_roles", json!(principal.roles)),
    ] {
        metadata.insert(key.to_owned(), value);
    }
    Asker {
        account_id: principal.account_id.clone(),
        roles: principal.roles.clone(),
        request_id,
        reason,
        metadata_json: Value::Object(metadata).to_string(),
    }
}

/// Why something is done: given, not blank, not too long.
///
/// # Errors
/// `invalid_argument`.
pub(crate) fn reason(given: Option<&str>) -> Result<String, ApiError> {
    let reason = given.unwrap_or_default().trim();
    if reason.is_empty() || reason.contains('\0') {
        return Err(bad("a reason is required: why is this done?", "/reason"));
    }
    if reason.chars().count() > LONGEST_REASON {
        return Err(bad("the reason is longer than 2000 characters", "/reason"));
    }
    Ok(reason.to_owned())
}

fn bad(message: &'static str, pointer: &'static str) -> ApiError {
    ApiError::invalid(message).with("pointer", pointer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: Value) -> Result<Wanted, String> {
        let asked: Asked = serde_json::from_value(body).map_err(|error| error.to_string())?;
        asked.read().map_err(|error| error.message().to_owned())
    }

    fn principal(tenants: &[&str]) -> Principal {
        Principal {
            account_id: "ops".to_owned(),
            roles: vec!["admin".to_owned()],
            tenant_ids: tenants.iter().map(|name| (*name).to_owned()).collect(),
            ..Principal::default()
        }
    }

    #[test]
    fn reads_what_is_wanted() {
        let wanted = read(json!({"projection": "all", "reason": "  a look "})).unwrap();
        assert_eq!((wanted.target, wanted.mode, wanted.reason.as_str()), (RunTarget::All, RunMode::CatchUp, "a look"));
        let wanted =
            read(json!({"projection": "trace_index", "mode": "rebuild", "metadata": {"reason": "why"}})).unwrap();
        assert_eq!((wanted.mode, wanted.reason.as_str()), (RunMode::Rebuild, "why"));
        let wanted = read(json!({"projection": "all", "reason": "r", "until_log_seq": 7, "since_log_seq": 0})).unwrap();
        assert_eq!(wanted.until_log_seq.unwrap().get(), 7);
    }

    #[test]
    fn refuses_the_rest() {
        for bad in [
            json!({"reason": "r"}),
            json!({"projection": "everything", "reason": "r"}),
            json!({"projection": "full_projection", "reason": "r"}),
            json!({"projection": "all", "reason": "r", "mode": "reproject"}),
            json!({"projection": "all", "reason": "r", "mode": "in_place"}),
            json!({"projection": "all"}),
            json!({"projection": "all", "reason": " \t"}),
            json!({"projection": "all", "reason": "x".repeat(2_001)}),
            json!({"projection": "all", "reason": "a\u{0}b"}),
            json!({"projection": "all", "reason": "r", "since_log_seq": 5}),
            json!({"projection": "all", "reason": "r", "since_log_seq": -1}),
            json!({"projection": "all", "reason": "r", "until_log_seq": -1}),
            json!({"projection": "all", "reason": "r", "until_log_seq": 1, "mode": "verify"}),
            json!({"projection": "all", "reason": "r", "metadata": "text"}),
            json!({"projection": "all", "reason": "r", "metadata": {"x": "y".repeat(8_192)}}),
            json!({"projection": "all", "reason": "r", "in_place": true}),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
        assert!(read(json!({"projection": "all", "reason": "é".repeat(2_000)})).is_ok());
    }

    #[test]
    fn nobody_asks_in_anothers_name() {
        let forged = json!({"requested_by_account_id": "boss", "requested_by_roles": ["*"], "request_id": "x",
                            "reason": "another", "ticket": "T-1"});
        let Value::Object(forged) = forged else { unreachable!() };
        let asker = asker(&principal(&["*"]), "a look".to_owned(), forged);
        let kept: Value = serde_json::from_str(&asker.metadata_json).unwrap();
        assert_eq!(kept["requested_by_account_id"], "ops");
        assert_eq!(kept["requested_by_roles"], json!(["admin"]));
        assert_eq!((&kept["reason"], &kept["ticket"]), (&json!("a look"), &json!("T-1")));
        assert_eq!(kept["request_id"], asker.request_id);
    }

    #[test]
    fn tenants_are_meant_once_or_refused() {
        let usable = ["a", "b"].map(|name| TenantId::new(name).unwrap());
        let (meant, refused) = Tenants::All.among(&usable, &principal(&["a", "b"]));
        assert_eq!((meant.as_slice(), refused.len()), (&usable[..], 0));
        let named = ["b", "a", "b", "c", "d"].map(str::to_owned).to_vec();
        let (meant, refused) = Tenants::Named(named).among(&usable, &principal(&["a", "b", "c"]));
        assert_eq!(meant, [usable[1].clone(), usable[0].clone()]);
        assert_eq!((refused["c"].code(), refused["d"].code()), (Code::NotFound, Code::Forbidden));
        let none: AskedOfMany =
            serde_json::from_value(json!({"tenant_ids": [], "projection": "all", "reason": "r"})).unwrap();
        assert!(none.read().is_err());
    }
}
