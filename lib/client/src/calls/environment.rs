//! What runs, and on what.

use serde::Deserialize;

use crate::{Client, ClientError, Environment};

impl Client {
    /// Versions, the database, applied migrations, connected programs and held leases.
    ///
    /// # Errors
    /// `forbidden` without the admin role.
    pub async fn environment(&self) -> Result<Environment, ClientError> {
        #[derive(Deserialize)]
        struct Found {
            environment: Environment,
        }
        Ok(self.get::<Found>("/admin/environment".to_owned(), Vec::new()).await?.environment)
    }
}
