//! An account's tokens: made, changed over, taken back.

use serde::{Deserialize, Serialize};

use crate::{Client, ClientError, IssuedToken, OwnToken, RotatedToken, client::Repeat, path::segment};

#[derive(Deserialize)]
struct OneToken {
    token: IssuedToken,
}

impl Client {
    /// The tokens of an account, oldest first, named and not shown.
    ///
    /// # Errors
    /// `not_found` for an unknown account.
    pub async fn tokens(&self, account_id: &str) -> Result<Vec<OwnToken>, ClientError> {
        #[derive(Deserialize)]
        struct Found {
            tokens: Vec<OwnToken>,
        }
        let path = format!("/admin/accounts/{}/tokens", segment("an account id", account_id)?);
        Ok(self.get::<Found>(path, Vec::new()).await?.tokens)
    }

    /// Issues one more token, so that a rotation can overlap.
    ///
    /// # Errors
    /// `not_found` for an unknown account.
    pub async fn create_token(
        &self,
        account_id: &str,
        expires_in_s: Option<u64>,
        label: Option<&str>,
    ) -> Result<IssuedToken, ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            expires_in_s: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            label: Option<&'a str>,
        }
        let path = format!("/admin/accounts/{}/tokens", segment("an account id", account_id)?);
        Ok(self.post::<OneToken>(path, Vec::new(), &Body { expires_in_s, label }, Repeat::Unsent).await?.token)
    }

    /// Issues a token in the place of another one, which goes on for `overlap_s` seconds, a day unless said.
    ///
    /// # Errors
    /// `not_found` for an unknown account or token, `conflict` for one that has ended.
    pub async fn rotate_token(
        &self,
        account_id: &str,
        token_id: &str,
        overlap_s: Option<u64>,
        expires_in_s: Option<u64>,
    ) -> Result<RotatedToken, ClientError> {
        #[derive(Serialize)]
        struct Body {
            #[serde(skip_serializing_if = "Option::is_none")]
            overlap_s: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            expires_in_s: Option<u64>,
        }
        let path = format!(
            "/admin/accounts/{}/tokens/{}/rotate",
            segment("an account id", account_id)?,
            segment("a token id", token_id)?
        );
        self.post(path, Vec::new(), &Body { overlap_s, expires_in_s }, Repeat::Unsent).await
    }

    /// Revokes a token; it is refused from the next request on.
    ///
    /// # Errors
    /// `not_found` for an unknown account or token.
    pub async fn revoke_token(&self, account_id: &str, token_id: &str) -> Result<(), ClientError> {
        let path = format!(
            "/admin/accounts/{}/tokens/{}/revoke",
            segment("an account id", account_id)?,
            segment("a token id", token_id)?
        );
        let _: serde_json::Value = self.post(path, Vec::new(), &serde_json::Map::new(), Repeat::Safe).await?;
        Ok(())
    }
}
