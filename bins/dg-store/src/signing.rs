//! The key that checkpoints will be signed with: there from the first start on.

use dg_ledger::signing::Seed;
use dg_storage::{Store, StoreError};
use tracing::info;

/// Makes the key when there is none, and sees that it is whole.
///
/// # Errors
/// [`StoreError::Corrupt`] for a key whose halves do not belong together, or the database's.
pub(crate) async fn ensure(store: &Store) -> Result<(), StoreError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system has a source of randomness");
    let key = store.signing_key(&Seed::new(bytes)).await?;
    if key.is_new {
        info!(key_id = key.known.key_id, "made the signing key {}", key.known.key_id);
    }
    Ok(())
}
