//! Files that are shown as evidence.

use sha2::{Digest, Sha256};

use crate::{Client, ClientError, client::Repeat, path::segment, rows::workflow_files::WorkflowFile};

impl Client {
    /// Keeps a file of at most 10 MiB, of the media type that it is said to have. The same bytes again are the same file. What no
    /// evidence names within a day is removed.
    ///
    /// # Errors
    /// `unsupported_media_type`; `payload_too_large`; `invalid_argument` when it is empty, or not what its type says.
    pub async fn put_workflow_file(&self, media_type: &str, content: Vec<u8>) -> Result<WorkflowFile, ClientError> {
        let media_type = media_type.to_owned();
        self.post_bytes("/workflow-files".to_owned(), Vec::new(), media_type, content, Repeat::Safe).await
    }

    /// The bytes of a file, by their SHA-256 in hexadecimal digits; they are what it says.
    ///
    /// # Errors
    /// `not_found`; `internal_error` when the service holds other bytes by now, and `invalid_response` when others came.
    pub async fn workflow_file(&self, sha256: &str) -> Result<Vec<u8>, ClientError> {
        let path = format!("/workflow-files/{}", segment("a hash", sha256)?);
        let (content, _) = self.lines(path, Vec::new(), "x-dg-next").await?;
        let found = hex::encode(Sha256::digest(&content));
        if found != sha256.strip_prefix("sha256:").unwrap_or(sha256) {
            return Err(ClientError::local("invalid_response", format!("the service sent other bytes: {found}")));
        }
        Ok(content)
    }
}
