//! Reading how projections stand.

use crate::{Client, ClientError, Digests, Fresh, Health};

impl Client {
    /// How far each projection of the tenant has come, and what failed.
    ///
    /// # Errors
    /// The service's refusals.
    pub async fn health(&self) -> Result<Health, ClientError> {
        self.get("/projections/health".to_owned(), Vec::new()).await
    }

    /// The four digests of the tenant's projections, computed from one snapshot.
    ///
    /// # Errors
    /// The service's refusals.
    pub async fn digests(&self) -> Result<Fresh<Digests>, ClientError> {
        self.get_fresh("/digests".to_owned(), Vec::new()).await
    }
}
