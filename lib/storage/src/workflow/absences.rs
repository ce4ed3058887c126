//! Who is away, and who stands in.

use dg_domain::{Micros, TenantId};
use dg_workflow::absence::{self, Absence};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use crate::{
    audit::{self, By},
    error::StoreError,
    locks::{LockClass, LockKey},
    projections::columns::Columns,
    store::Store,
    values::PgMicros,
    work::Work,
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../sql/queries/telling/", $name, ".sql"))
    };
}

/// An absence to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAbsence {
    /// Its id: that of an absence that is there gives it another form.
    pub absence_id: Uuid,
    /// Who is away.
    pub account_id: String,
    /// Who stands in.
    pub substitute_id: Option<String>,
    /// Since when.
    pub from: Micros,
    /// Until when, exclusive.
    pub until: Micros,
    /// Why, for people.
    pub reason: Option<String>,
}

/// An absence as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_workflow_absences")]
pub struct AbsenceRow {
    pub absence_id: Uuid,
    pub account_id: String,
    pub substitute_id: Option<String>,
    pub from: Micros,
    pub until: Micros,
    pub reason: Option<String>,
    pub created_at: Micros,
    pub updated_at: Micros,
    pub updated_by: String,
}

/// Why an absence is not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AbsenceRefusal {
    /// The account, or the substitute, may not use the tenant.
    #[error("the account {account_id} may not use the tenant")]
    Stranger {
        /// Which.
        account_id: String,
        /// Whether it is the substitute.
        is_substitute: bool,
    },
    /// The account has another absence at that time.
    #[error("the account is away at that time already")]
    Overlaps {
        /// Which absence.
        absence_id: String,
    },
    /// Somebody would stand in for themselves.
    #[error("somebody would stand in for themselves")]
    Ring {
        /// From the account back to it.
        chain: Vec<String>,
    },
}

impl Store {
    /// Absences of an account, or of all, the earliest first; those that are over too, if asked for.
    ///
    /// # Errors
    /// As every statement.
    pub async fn absences(
        &self,
        tenant: &TenantId,
        account_id: Option<&str>,
        past_too: bool,
        limit: i64,
    ) -> Result<Vec<AbsenceRow>, StoreError> {
        let name = "telling.absences";
        let params: [&(dyn ToSql + Sync); 4] = [&tenant.as_str(), &account_id, &past_too, &limit];
        let rows = self.of(tenant).query(name, sql!("absences"), &params).await?;
        rows.iter().map(|row| AbsenceRow::read(name, row)).collect()
    }

    /// Keeps an absence. `only_of` is the one account whose absences may be changed, for whoever may change no others.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an absence of another account than `only_of`, or the database's; the inner one says why
    /// it is not kept.
    pub async fn put_absence(
        &self,
        tenant: &TenantId,
        new: &NewAbsence,
        only_of: Option<&str>,
        by: &By,
    ) -> Result<Result<AbsenceRow, AbsenceRefusal>, StoreError> {
        let work = Work::begin_of(self, tenant).await?;
        lock(&work, tenant).await?;
        owned(&work, tenant, new.absence_id, only_of).await?;
        if let Some(refusal) = refusal(&work, tenant, new).await? {
            work.roll_back().await?;
            return Ok(Err(refusal));
        }
        let name = "telling.put_absence";
        let params: [&(dyn ToSql + Sync); 8] = [
            &tenant.as_str(),
            &new.absence_id,
            &new.account_id,
            &new.substitute_id,
            &PgMicros(new.from),
            &PgMicros(new.until),
            &new.reason,
            &by.name(),
        ];
        let row = work.query_opt(name, sql!("put_absence"), &params).await?;
        let row = AbsenceRow::read(name, &row.ok_or(MISSING)?)?;
        let entry = by.did("absence.put").tenant(tenant.as_str()).subject(&new.absence_id.to_string());
        let entry = entry.with("account_id", new.account_id.clone()).with("substitute_id", new.substitute_id.clone());
        let entry = entry.with("from", new.from.rfc3339()).with("until", new.until.rfc3339());
        audit::append(&work, vec![entry]).await?;
        work.commit().await?;
        Ok(Ok(row))
    }

    /// Removes an absence.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also for one of another account than `only_of`, or the database's.
    pub async fn delete_absence(
        &self,
        tenant: &TenantId,
        absence_id: Uuid,
        only_of: Option<&str>,
        by: &By,
    ) -> Result<(), StoreError> {
        let work = Work::begin_of(self, tenant).await?;
        lock(&work, tenant).await?;
        let account_id = owned(&work, tenant, absence_id, only_of).await?.ok_or(MISSING)?;
        work.count("telling.delete_absence", sql!("delete_absence"), &[&tenant.as_str(), &absence_id]).await?;
        let entry = by.did("absence.delete").tenant(tenant.as_str()).subject(&absence_id.to_string());
        audit::append(&work, vec![entry.with("account_id", account_id)]).await?;
        work.commit().await
    }
}

const MISSING: StoreError = StoreError::NotFound { what: "absence" };

/// Who is away at a moment.
pub(crate) async fn at(work: &Work, tenant: &TenantId, now: Micros) -> Result<Vec<Absence>, StoreError> {
    let name = "telling.absences_at";
    let rows = work.query(name, sql!("absences_at"), &[&tenant.as_str(), &PgMicros(now)]).await?;
    rows.iter().map(|row| read(name, row)).collect()
}

/// Two absences that are harmless alone may close a ring together: they are made one after the other.
async fn lock(work: &Work, tenant: &TenantId) -> Result<(), StoreError> {
    let key = LockKey::new(LockClass::Absences, &[tenant.as_str()]);
    work.query("telling.lock", sql!("lock"), &[&key.class(), &key.hash()]).await.map(drop)
}

/// Whose absence it is, if it is there.
async fn owned(
    work: &Work,
    tenant: &TenantId,
    absence_id: Uuid,
    only_of: Option<&str>,
) -> Result<Option<String>, StoreError> {
    let name = "telling.absence";
    let row = work.query_opt(name, sql!("absence"), &[&tenant.as_str(), &absence_id]).await?;
    let Some(row) = row else { return Ok(None) };
    let found = AbsenceRow::read(name, &row)?;
    // Whoever may not change it is not told that it is there.
    if only_of.is_some_and(|only| only != found.account_id) { Err(MISSING) } else { Ok(Some(found.account_id)) }
}

async fn refusal(work: &Work, tenant: &TenantId, new: &NewAbsence) -> Result<Option<AbsenceRefusal>, StoreError> {
    let name = "telling.members";
    let named: Vec<&str> = std::iter::once(&new.account_id).chain(&new.substitute_id).map(String::as_str).collect();
    let rows = work.query(name, sql!("members"), &[&tenant.as_str(), &named]).await?;
    let members: Result<Vec<String>, _> = rows.iter().map(|row| row.try_get(0).map_err(StoreError::of(name))).collect();
    let members = members?;
    if let Some(stranger) = named.iter().find(|account| !members.iter().any(|member| member == *account)) {
        let is_substitute = *stranger != new.account_id;
        return Ok(Some(AbsenceRefusal::Stranger { account_id: (*stranger).to_owned(), is_substitute }));
    }
    let name = "telling.absences_within";
    let params: [&(dyn ToSql + Sync); 4] =
        [&tenant.as_str(), &new.absence_id, &PgMicros(new.from), &PgMicros(new.until)];
    let rows = work.query(name, sql!("absences_within"), &params).await?;
    let others: Vec<Absence> = rows.iter().map(|row| read(name, row)).collect::<Result<_, _>>()?;
    if let Some(other) = others.iter().find(|other| other.account_id == new.account_id) {
        return Ok(Some(AbsenceRefusal::Overlaps { absence_id: other.absence_id.clone() }));
    }
    Ok(absence::cycle(&new.as_absence(), &others).map(|chain| AbsenceRefusal::Ring { chain }))
}

fn read(name: &'static str, row: &Row) -> Result<Absence, StoreError> {
    let row = Columns { name, row };
    let absence_id: Uuid = row.get("absence_id")?;
    Ok(Absence {
        absence_id: absence_id.to_string(),
        account_id: row.get("account_id")?,
        substitute_id: row.get("substitute_id")?,
        from: row.at("from_at")?,
        until: row.at("until_at")?,
    })
}

impl NewAbsence {
    fn as_absence(&self) -> Absence {
        Absence {
            absence_id: self.absence_id.to_string(),
            account_id: self.account_id.clone(),
            substitute_id: self.substitute_id.clone(),
            from: self.from,
            until: self.until,
        }
    }
}

impl AbsenceRow {
    fn read(name: &'static str, row: &Row) -> Result<Self, StoreError> {
        let row = Columns { name, row };
        Ok(Self {
            absence_id: row.get("absence_id")?,
            account_id: row.get("account_id")?,
            substitute_id: row.get("substitute_id")?,
            from: row.at("from_at")?,
            until: row.at("until_at")?,
            reason: row.get("reason")?,
            created_at: row.at("created_at")?,
            updated_at: row.at("updated_at")?,
            updated_by: row.get("updated_by")?,
        })
    }
}
