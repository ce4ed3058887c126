//! The keys that checkpoints are signed with. Their secret halves are for dg-store's role alone.

use dg_domain::Micros;
use dg_ledger::signing::{PublicKey, Seed};
use tokio_postgres::Row;

use crate::{
    error::StoreError,
    locks::{LockClass, LockKey},
    store::Store,
    values::PgMicros,
    work::Work,
};

const LOCK: &str = include_str!("../../../sql/queries/audit/lock.sql");
const FIRST: &str = include_str!("../../../sql/queries/signing/first.sql");
const NEWEST: &str = include_str!("../../../sql/queries/signing/newest.sql");
const ALL: &str = include_str!("../../../sql/queries/signing/all.sql");

/// The public half of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownKey {
    /// Its name.
    pub key_id: String,
    /// What signatures are verified with.
    pub public_key: PublicKey,
    /// Since when there is it.
    pub created_at: Micros,
}

/// The key to sign with.
#[derive(Debug)]
pub struct OwnKey {
    /// What everybody may know of it.
    pub known: KnownKey,
    /// What nobody else may.
    pub seed: Seed,
    /// Whether it was made just now.
    pub is_new: bool,
}

impl Store {
    /// The key to sign with, made from `seed` when there is none yet. Of several processes that come at once, one makes it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the two halves that are stored do not belong together, or the database's.
    pub async fn signing_key(&self, seed: &Seed) -> Result<OwnKey, StoreError> {
        let name = "signing.newest";
        let lock = LockKey::new(LockClass::Seal, &["", "signing key"]);
        let public_key = seed.public_key();
        let work = Work::begin(self).await?;
        work.query("signing.lock", LOCK, &[&lock.class(), &lock.hash()]).await?;
        let bytes = (&public_key.as_bytes()[..], &seed.expose()[..]);
        let made = work.query_opt("signing.first", FIRST, &[&public_key.key_id(), &bytes.0, &bytes.1]).await?;
        let row = work.query_opt(name, NEWEST, &[]).await?.ok_or(StoreError::NotFound { what: "signing key" })?;
        work.commit().await?;
        let (known, seed) = (known(name, &row)?, Seed::new(half(name, &row, "seed")?));
        if seed.public_key() != known.public_key || known.public_key.key_id() != known.key_id {
            return Err(StoreError::corrupt(name, Mismatch));
        }
        Ok(OwnKey { known, seed, is_new: made.is_some() })
    }

    /// The public halves of all keys, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn signing_keys(&self) -> Result<Vec<KnownKey>, StoreError> {
        let name = "signing.all";
        self.query(name, ALL, &[]).await?.iter().map(|row| known(name, row)).collect()
    }
}

fn known(name: &'static str, row: &Row) -> Result<KnownKey, StoreError> {
    Ok(KnownKey {
        key_id: row.try_get("key_id").map_err(StoreError::of(name))?,
        public_key: PublicKey::from_bytes(half(name, row, "public_key")?),
        created_at: row.try_get::<_, PgMicros>("created_at").map_err(StoreError::of(name))?.0,
    })
}

fn half(name: &'static str, row: &Row, column: &str) -> Result<[u8; 32], StoreError> {
    let bytes: &[u8] = row.try_get(column).map_err(StoreError::of(name))?;
    bytes.try_into().map_err(|source| StoreError::corrupt(name, source))
}

/// A seed of another key.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the two halves of the signing key do not belong together")]
struct Mismatch;
