//! `/absences`: when somebody is away, and who stands in.

pub(crate) mod contract;

use axum::extract::{RawQuery, Request, State};
use dg_http::gate::{Principal, Reader, TenantCaller};
use dg_http::params::{NoParams, Params};
use dg_http::path::Segments;
use dg_http::{ApiError, Code, Reply, body};
use dg_storage::workflow::{AbsenceRefusal, AbsenceRow, NewAbsence};
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{CONFIGURE, bad, instant};
use crate::app::App;
use crate::words;

/// Absences that are listed: nobody has more.
const MOST: i64 = 1_000;
const LONGEST_REASON: usize = 2_000;

#[derive(Serialize, ToSchema)]
#[schema(as = Absence)]
struct AbsenceJson {
    absence_id: String,
    account_id: String,
    /// Who stands in; none for nobody.
    substitute_id: Option<String>,
    #[schema(format = DateTime)]
    from: String,
    /// Exclusive.
    #[schema(format = DateTime)]
    until: String,
    reason: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    updated_by: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Absences)]
struct Listed {
    absences: Vec<AbsenceJson>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OneAbsence)]
struct One {
    absence: AbsenceJson,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DeletedAbsence)]
struct Deleted {
    absence_id: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AskedAbsence)]
struct Asked {
    /// Who is away: the caller unless somebody else is named.
    #[serde(default)]
    #[schema(schema_with = words::nullable_name)]
    account_id: Option<String>,
    #[serde(default)]
    #[schema(schema_with = words::nullable_name)]
    substitute_id: Option<String>,
    #[schema(schema_with = dg_http::contract::instant)]
    from: String,
    #[schema(schema_with = dg_http::contract::instant)]
    until: String,
    #[serde(default)]
    #[schema(schema_with = words::nullable_reason)]
    reason: Option<String>,
}

/// Lists absences that are not over, the earliest first: the caller's, those of another, or everybody's.
pub(crate) async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[&["account_id", "everybody", "past"]])?;
    let flag = |name: &str| given.choice(name, &[("true", true), ("false", false)]).map(Option::unwrap_or_default);
    let (everybody, past) = (flag("everybody")?, flag("past")?);
    let own = caller.principal.account_id.as_str();
    let account = given.text("account_id").unwrap_or(own);
    if everybody || account != own {
        caller.principal.require(CONFIGURE)?;
    }
    let account = (!everybody).then_some(account);
    let rows = app.store.absences(caller.tenant(), account, past, MOST).await?;
    Reply::ok(&Listed { absences: rows.into_iter().map(AbsenceJson::of).collect() })
}

/// Makes an absence under an id of the caller's choice, or gives the one with this id another form: sent twice, it is one.
pub(crate) async fn put(
    State(app): State<App>,
    Segments([absence_id]): Segments<1>,
    caller: TenantCaller<Reader>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let asked = body::command::<Asked>(request).await?;
    let principal = &caller.principal;
    let new = asked.read(parse(&absence_id)?, &principal.account_id)?;
    if new.account_id != principal.account_id {
        principal.require(CONFIGURE)?;
    }
    let kept = app.store.put_absence(caller.tenant(), &new, only_of(principal), &principal.by()).await?;
    let absence = kept.map_err(refused)?;
    info!(tenant = %caller.tenant(), account = principal.account_id, %absence_id, "kept an absence");
    Reply::ok(&One { absence: AbsenceJson::of(absence) })
}

/// Removes an absence.
pub(crate) async fn delete(
    State(app): State<App>,
    Segments([absence_id]): Segments<1>,
    caller: TenantCaller<Reader>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    let principal = &caller.principal;
    let id = parse(&absence_id)?;
    app.store.delete_absence(caller.tenant(), id, only_of(principal), &principal.by()).await?;
    Reply::ok(&Deleted { absence_id: id.to_string() })
}

/// Whose absences alone somebody may change; none for whoever may change all.
fn only_of(principal: &Principal) -> Option<&str> {
    principal.require(CONFIGURE).is_err().then_some(principal.account_id.as_str())
}

fn refused(refusal: AbsenceRefusal) -> ApiError {
    match refusal {
        AbsenceRefusal::Stranger { account_id, is_substitute } => {
            let pointer = if is_substitute { "/substitute_id" } else { "/account_id" };
            bad("there is no such account that may use the tenant", pointer).with("account_id", account_id)
        }
        AbsenceRefusal::Overlaps { absence_id } => {
            ApiError::new(Code::Conflict, "the account is away at that time already")
                .with("reason", "overlaps")
                .with("absence_id", absence_id)
        }
        AbsenceRefusal::Ring { chain } => {
            let message = format!("somebody would stand in for themselves: {}", chain.join(" → "));
            ApiError::new(Code::Conflict, message).with("reason", "cycle").with("chain", chain)
        }
    }
}

fn parse(absence_id: &str) -> Result<Uuid, ApiError> {
    let unknown = || ApiError::new(Code::NotFound, "an absence is named by a UUID").with("absence_id", absence_id);
    Uuid::parse_str(absence_id).map_err(|_| unknown())
}

impl Asked {
    fn read(self, absence_id: Uuid, own: &str) -> Result<NewAbsence, ApiError> {
        let (from, until) = (instant(&self.from, "/from")?, instant(&self.until, "/until")?);
        if from >= until {
            return Err(bad("ends before it begins", "/until"));
        }
        let reason = self.reason.filter(|reason| !reason.trim().is_empty());
        if reason.as_deref().is_some_and(|text| text.contains('\0') || text.chars().count() > LONGEST_REASON) {
            return Err(bad("the reason is longer than 2000 characters", "/reason"));
        }
        let account_id = self.account_id.unwrap_or_else(|| own.to_owned());
        if self.substitute_id.as_deref() == Some(account_id.as_str()) {
            return Err(bad("nobody stands in for themselves", "/substitute_id"));
        }
        for (name, pointer) in [(Some(&account_id), "/account_id"), (self.substitute_id.as_ref(), "/substitute_id")] {
            if name.is_some_and(|name| name.contains('\0') || name.len() > 200) {
                return Err(bad("there is no such account that may use the tenant", pointer));
            }
        }
        Ok(NewAbsence { absence_id, account_id, substitute_id: self.substitute_id, from, until, reason })
    }
}

impl AbsenceJson {
    fn of(row: AbsenceRow) -> Self {
        Self {
            absence_id: row.absence_id.to_string(),
            account_id: row.account_id,
            substitute_id: row.substitute_id,
            from: row.from.rfc3339(),
            until: row.until.rfc3339(),
            reason: row.reason,
            created_at: row.created_at.rfc3339(),
            updated_at: row.updated_at.rfc3339(),
            updated_by: row.updated_by,
        }
    }
}
