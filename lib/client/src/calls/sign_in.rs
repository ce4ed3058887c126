//! Signing in and out, and who one is.

use serde::Serialize;

use crate::{BegunSignIn, Client, ClientError, Me, SignInMethods, SignedIn, client::Repeat};

/// The first person of an installation.
#[derive(Clone, Copy, Serialize)]
pub struct FirstPerson<'a> {
    /// What `dg init` showed.
    pub code: &'a str,
    /// The name to sign in with.
    pub user_id: &'a str,
    /// How people call them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<&'a str>,
    /// Of at least 12 characters.
    pub password: &'a str,
    /// Where they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<&'a str>,
}

impl Client {
    /// The account behind the token. Needs no tenant.
    ///
    /// # Errors
    /// `unauthorized` for a token that is not valid.
    pub async fn me(&self) -> Result<Me, ClientError> {
        self.get("/me".to_owned(), Vec::new()).await
    }

    /// Signs a person in. For a program that acts for people: its token needs the permission `principal_assert`.
    ///
    /// # Errors
    /// `sign_in_refused`, `rate_limited` after too many of these.
    pub async fn sign_in(&self, user_id: &str, password: &str, address: Option<&str>) -> Result<SignedIn, ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            user_id: &'a str,
            password: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            address: Option<&'a str>,
        }
        let body = Body { user_id, password, address };
        self.post("/sessions".to_owned(), Vec::new(), &body, Repeat::Unsent).await
    }

    /// By what people can sign in. For a program that acts for people, as what follows.
    ///
    /// # Errors
    /// `forbidden` without `principal_assert`.
    pub async fn sign_in_methods(&self) -> Result<SignInMethods, ClientError> {
        self.get("/sessions/methods".to_owned(), Vec::new()).await
    }

    /// Begins a sign-in at the issuer, which sends the browser back to `redirect_uri`.
    ///
    /// # Errors
    /// `not_found` without an issuer, `invalid_argument` for an address that is not configured, `sign_in_unavailable`.
    pub async fn begin_sign_in(&self, redirect_uri: &str) -> Result<BegunSignIn, ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            redirect_uri: &'a str,
        }
        self.post("/sessions/oidc".to_owned(), Vec::new(), &Body { redirect_uri }, Repeat::Unsent).await
    }

    /// Signs a person in with what the issuer sent the browser back with.
    ///
    /// # Errors
    /// `sign_in_refused`, `sign_in_unavailable`, `rate_limited` after too many refusals.
    pub async fn finish_sign_in(
        &self,
        state: &str,
        code: &str,
        iss: Option<&str>,
        address: Option<&str>,
    ) -> Result<SignedIn, ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            state: &'a str,
            code: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            iss: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            address: Option<&'a str>,
        }
        let body = Body { state, code, iss, address };
        self.post("/sessions/oidc/finish".to_owned(), Vec::new(), &body, Repeat::Unsent).await
    }

    /// Makes the first person of an installation and signs them in.
    ///
    /// # Errors
    /// `sign_in_refused` when the code is not good or there is anybody who can sign in, `conflict` when a program has the name,
    /// `invalid_argument`, `rate_limited` after too many refusals.
    pub async fn set_up(&self, first: &FirstPerson<'_>) -> Result<SignedIn, ClientError> {
        self.post("/sessions/setup".to_owned(), Vec::new(), first, Repeat::Unsent).await
    }

    /// Ends the session of [`Client::in_the_name_of`].
    ///
    /// # Errors
    /// `session_ended` when it has ended already.
    pub async fn sign_out(&self) -> Result<(), ClientError> {
        let path = "/sessions/end".to_owned();
        let _: serde_json::Value = self.post(path, Vec::new(), &serde_json::Map::new(), Repeat::Safe).await?;
        Ok(())
    }

    /// Changes the password of the person of [`Client::in_the_name_of`].
    ///
    /// # Errors
    /// `sign_in_refused` when `current` is not it, `invalid_argument` when `new` is too short.
    pub async fn change_password(&self, current: &str, new: &str) -> Result<(), ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            current: &'a str,
            new: &'a str,
        }
        let path = "/me/password".to_owned();
        let _: serde_json::Value = self.post(path, Vec::new(), &Body { current, new }, Repeat::Unsent).await?;
        Ok(())
    }
}
