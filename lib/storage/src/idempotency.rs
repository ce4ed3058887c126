//! Requests that name a key, and what became of them.

use dg_domain::{Hash32, TenantId};
use tokio_postgres::{Row, types::ToSql};

use crate::{error::StoreError, store::Store};

const CLAIM: &str = include_str!("../../../sql/queries/idempotency/claim.sql");
const HELD: &str = include_str!("../../../sql/queries/idempotency/held.sql");
const KEEP: &str = include_str!("../../../sql/queries/idempotency/keep.sql");
const RELEASE: &str = include_str!("../../../sql/queries/idempotency/release.sql");
const FORGET: &str = include_str!("../../../sql/queries/idempotency/forget.sql");

/// For so long a repeat is answered as the request was.
const KEPT_S: f64 = 86_400.0;
/// Answers larger than this are not kept.
pub const LARGEST_BODY: usize = 1 << 20;

/// A request with its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedRequest {
    /// The tenant that the request concerns, if it does one.
    pub tenant: Option<TenantId>,
    /// Who asks.
    pub account_id: String,
    /// SHA-256 of the key.
    pub key: Hash32,
    /// SHA-256 of what is asked.
    pub request: Hash32,
}

/// What a key stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nobody had it: the request is to be carried out.
    Taken,
    /// The same request is under way.
    UnderWay,
    /// The same request was carried out; the answer is missing when it is not kept.
    Done {
        /// Its status, 200 to 299.
        status: u16,
        /// What was answered.
        body: Option<Vec<u8>>,
    },
    /// Another request.
    Another,
}

impl KeyedRequest {
    /// How its tenant stands in the table.
    fn tenant_id(&self) -> &str {
        self.tenant.as_ref().map_or("", TenantId::as_str)
    }
}

impl Store {
    /// Takes the key of a request, or says what it stands for. One that has been under way for `abandoned_s` seconds counts
    /// as never begun.
    ///
    /// # Errors
    /// The database's.
    pub async fn claim_key(&self, asked: &KeyedRequest, abandoned_s: f64) -> Result<Claim, StoreError> {
        let (tenant_id, key, request) = (asked.tenant_id(), &asked.key.as_bytes()[..], &asked.request.as_bytes()[..]);
        self.about(asked, "idempotency.forget", FORGET, &[&tenant_id, &KEPT_S]).await?;
        let whose: [&(dyn ToSql + Sync); 3] = [&tenant_id, &asked.account_id, &key];
        loop {
            let params = [&whose[..], &[&request, &abandoned_s, &KEPT_S]].concat();
            if !self.about(asked, "idempotency.claim", CLAIM, &params).await?.is_empty() {
                return Ok(Claim::Taken);
            }
            let failed = StoreError::of("idempotency.held");
            let rows = self.about(asked, "idempotency.held", HELD, &whose).await?;
            // Released in between: it is free now.
            let Some(row) = rows.first() else { continue };
            let same = row.try_get::<_, &[u8]>("request_sha256").map_err(failed)? == request;
            let status: Option<i16> = row.try_get("status").map_err(failed)?;
            return Ok(match (same, status.and_then(|status| u16::try_from(status).ok())) {
                (false, _) => Claim::Another,
                (true, None) => Claim::UnderWay,
                (true, Some(status)) => Claim::Done { status, body: row.try_get("body").map_err(failed)? },
            });
        }
    }

    /// Writes down what became of a request; `None` for an answer that is not to be kept.
    ///
    /// # Errors
    /// The database's.
    pub async fn keep_answer(&self, asked: &KeyedRequest, status: u16, body: Option<&[u8]>) -> Result<(), StoreError> {
        let (tenant_id, key, request) = (asked.tenant_id(), &asked.key.as_bytes()[..], &asked.request.as_bytes()[..]);
        let status = i16::try_from(status).unwrap_or_default();
        let body = body.filter(|body| body.len() <= LARGEST_BODY);
        let params: [&(dyn ToSql + Sync); 6] = [&tenant_id, &asked.account_id, &key, &request, &status, &body];
        self.about(asked, "idempotency.keep", KEEP, &params).await.map(drop)
    }

    /// Gives the key of a request back that changed nothing.
    ///
    /// # Errors
    /// The database's.
    pub async fn release_key(&self, asked: &KeyedRequest) -> Result<(), StoreError> {
        let (tenant_id, key, request) = (asked.tenant_id(), &asked.key.as_bytes()[..], &asked.request.as_bytes()[..]);
        self.about(asked, "idempotency.release", RELEASE, &[&tenant_id, &asked.account_id, &key, &request])
            .await
            .map(drop)
    }

    async fn about(
        &self,
        asked: &KeyedRequest,
        name: &'static str,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        match &asked.tenant {
            Some(tenant) => self.of(tenant).query(name, sql, params).await,
            None => self.query(name, sql, params).await,
        }
    }
}
