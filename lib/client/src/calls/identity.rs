//! Who one is, and administration of tenants, accounts and tokens.

use serde::{Deserialize, Serialize};

use super::Params;
use crate::{
    Account, BegunSignIn, Client, ClientError, Imported, IssuedToken, Link, Me, NewAccountAnswer, OwnToken,
    RotatedToken, Session, SignInMethods, SignedIn, Tenant, User, UserAnswer, client::Repeat, path::segment,
};

/// A tenant to create.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewTenant {
    /// 1 to 128 of `A-Z a-z 0-9 . _ : @ -`, beginning with a letter or digit.
    pub tenant_id: String,
    /// `precise` (default) or `reference`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_guard: Option<String>,
    /// Whether it is a demonstration: reviews take its history as it is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
}

/// An account to create.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewAccount {
    /// Its name, recorded with everything it does.
    pub account_id: String,
    /// Of `reader`, `writer`, `admin`.
    pub roles: Vec<String>,
    /// Of the permissions of the API; `*` for all.
    pub permissions: Vec<String>,
    /// Tenants it may use; `*` for all.
    pub tenant_ids: Vec<String>,
}

/// A person to make.
#[derive(Clone, Default, Serialize)]
pub struct NewUser {
    /// Their name, recorded with everything they do.
    pub user_id: String,
    /// How people call them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Of `reader`, `writer`, `admin`.
    pub roles: Vec<String>,
    /// Of the permissions of the API; `*` for all.
    pub permissions: Vec<String>,
    /// Tenants they may use; `*` for all.
    pub tenant_ids: Vec<String>,
    /// For signing in once; the service draws one when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

/// What becomes different about an account or a person; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AccountChange {
    /// How people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Its roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// What it may do beyond its roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<String>>,
    /// Where; `*` for everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_ids: Option<Vec<String>>,
    /// Whether it may do nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

/// What becomes different about a tenant; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TenantChange {
    /// `active`, `suspended` or `closed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `precise` or `reference`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_guard: Option<String>,
    /// `Some(None)` gives a limit up.
    pub limits: LimitsChange,
    /// Why, for the audit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Limits to set, and to give up with `Some(None)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LimitsChange {
    /// Bytes of one event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_event_bytes: Option<Option<i64>>,
    /// Events of one batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_batch_events: Option<Option<i64>>,
    /// Reads a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reads_per_second: Option<Option<i64>>,
    /// Events a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes_per_second: Option<Option<i64>>,
}

/// Which sessions to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionQuery {
    /// Only those of this person.
    pub user_id: Option<String>,
    /// Also those that have ended.
    pub all: bool,
    /// At most so many.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// A page of sessions, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionPage {
    /// For the next page; none at the end.
    #[serde(default)]
    pub next_cursor: Option<String>,
    /// The sessions.
    pub sessions: Vec<Session>,
}

#[derive(Deserialize)]
struct OneLink {
    link: Link,
}

#[derive(Deserialize)]
struct OneUser {
    user: User,
}

#[derive(Deserialize)]
struct OneSession {
    session: Session,
}

#[derive(Deserialize)]
struct OneTenant {
    tenant: Tenant,
}

#[derive(Deserialize)]
struct OneAccount {
    account: Account,
}

#[derive(Deserialize)]
struct OneToken {
    token: IssuedToken,
}

impl Client {
    /// The account behind the token. Needs no tenant.
    ///
    /// # Errors
    /// `unauthorized` for a token that is not valid.
    pub async fn me(&self) -> Result<Me, ClientError> {
        self.get("/me".to_owned(), Vec::new()).await
    }

    /// All registered tenants.
    ///
    /// # Errors
    /// `forbidden` without the admin role.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, ClientError> {
        #[derive(Deserialize)]
        struct Found {
            tenants: Vec<Tenant>,
        }
        Ok(self.get::<Found>("/admin/tenants".to_owned(), Vec::new()).await?.tenants)
    }

    /// Registers a tenant.
    ///
    /// # Errors
    /// `conflict` when it exists, `invalid_argument` for an id that is not one.
    pub async fn create_tenant(&self, tenant: &NewTenant) -> Result<Tenant, ClientError> {
        // Repeating is not safe: the answer "exists" would hide that this very call created it.
        Ok(self.post::<OneTenant>("/admin/tenants".to_owned(), Vec::new(), tenant, Repeat::Unsent).await?.tenant)
    }

    /// One tenant.
    ///
    /// # Errors
    /// `not_found` for one that is not registered.
    pub async fn tenant_details(&self, tenant_id: &str) -> Result<Tenant, ClientError> {
        let path = format!("/admin/tenants/{}", segment("a tenant id", tenant_id)?);
        Ok(self.get::<OneTenant>(path, Vec::new()).await?.tenant)
    }

    /// Changes a tenant.
    ///
    /// # Errors
    /// `not_found` for one that is not registered, `invalid_argument` for a change that is none.
    pub async fn change_tenant(&self, tenant_id: &str, change: &TenantChange) -> Result<Tenant, ClientError> {
        let path = format!("/admin/tenants/{}", segment("a tenant id", tenant_id)?);
        Ok(self.patch::<OneTenant>(path, change).await?.tenant)
    }

    /// All accounts.
    ///
    /// # Errors
    /// `forbidden` without the admin role.
    pub async fn accounts(&self) -> Result<Vec<Account>, ClientError> {
        #[derive(Deserialize)]
        struct Found {
            accounts: Vec<Account>,
        }
        Ok(self.get::<Found>("/admin/accounts".to_owned(), Vec::new()).await?.accounts)
    }

    /// One account with its tokens, which are named and not shown.
    ///
    /// # Errors
    /// `not_found` for an unknown account.
    pub async fn account(&self, account_id: &str) -> Result<Account, ClientError> {
        let path = format!("/admin/accounts/{}", segment("an account id", account_id)?);
        Ok(self.get::<OneAccount>(path, Vec::new()).await?.account)
    }

    /// Creates an account with its first token, which is in this answer and nowhere else.
    ///
    /// # Errors
    /// `conflict` when it exists, `invalid_argument` for roles or permissions that are none.
    pub async fn create_account(&self, account: &NewAccount) -> Result<NewAccountAnswer, ClientError> {
        self.post("/admin/accounts".to_owned(), Vec::new(), account, Repeat::Unsent).await
    }

    /// Changes an account.
    ///
    /// # Errors
    /// `not_found`, `forbidden` for what the caller does not have.
    pub async fn change_account(&self, account_id: &str, change: &AccountChange) -> Result<Account, ClientError> {
        let path = format!("/admin/accounts/{}", segment("an account id", account_id)?);
        Ok(self.patch::<OneAccount>(path, change).await?.account)
    }

    /// Makes the accounts of a `service-accounts.json` as the reference writes it, all or none. `file` is its content, with
    /// `skip_existing` added when accounts that are there already should stay as they are.
    ///
    /// # Errors
    /// `conflict` when one exists, `invalid_argument` with a pointer for what cannot be read.
    pub async fn import_accounts(&self, file: &serde_json::Value) -> Result<Imported, ClientError> {
        self.post("/admin/accounts:import".to_owned(), Vec::new(), file, Repeat::Unsent).await
    }

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

    /// All people.
    ///
    /// # Errors
    /// `forbidden` without the admin role.
    pub async fn users(&self) -> Result<Vec<User>, ClientError> {
        #[derive(Deserialize)]
        struct Found {
            users: Vec<User>,
        }
        Ok(self.get::<Found>("/admin/users".to_owned(), Vec::new()).await?.users)
    }

    /// One person.
    ///
    /// # Errors
    /// `not_found` for somebody unknown.
    pub async fn user(&self, user_id: &str) -> Result<User, ClientError> {
        let path = format!("/admin/users/{}", segment("a user id", user_id)?);
        Ok(self.get::<OneUser>(path, Vec::new()).await?.user)
    }

    /// Makes a person. A password that the service drew is in this answer and nowhere else.
    ///
    /// # Errors
    /// `conflict` when an account has the name, `forbidden` for what the caller does not have.
    pub async fn create_user(&self, user: &NewUser) -> Result<UserAnswer, ClientError> {
        self.post("/admin/users".to_owned(), Vec::new(), user, Repeat::Unsent).await
    }

    /// Changes a person.
    ///
    /// # Errors
    /// `not_found`, `forbidden` for what the caller does not have.
    pub async fn change_user(&self, user_id: &str, change: &AccountChange) -> Result<User, ClientError> {
        let path = format!("/admin/users/{}", segment("a user id", user_id)?);
        Ok(self.patch::<OneUser>(path, change).await?.user)
    }

    /// Gives a person another first password, and ends their sessions; the service draws one when none is given.
    ///
    /// # Errors
    /// `not_found`, `invalid_argument` for a password that is too short.
    pub async fn reset_password(&self, user_id: &str, password: Option<&str>) -> Result<UserAnswer, ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            password: Option<&'a str>,
        }
        let path = format!("/admin/users/{}/password", segment("a user id", user_id)?);
        self.post(path, Vec::new(), &Body { password }, Repeat::Unsent).await
    }

    /// Who a person is at issuers.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn links(&self, user_id: &str) -> Result<Vec<Link>, ClientError> {
        #[derive(Deserialize)]
        struct Listed {
            links: Vec<Link>,
        }
        let path = format!("/admin/users/{}/links", segment("a user id", user_id)?);
        Ok(self.get::<Listed>(path, Vec::new()).await?.links)
    }

    /// Says that a subject of an issuer is this person.
    ///
    /// # Errors
    /// `not_found`; `conflict` when the subject is somebody already, or the person another subject of the issuer.
    pub async fn link_user(&self, user_id: &str, issuer: &str, subject: &str) -> Result<Link, ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            issuer: &'a str,
            subject: &'a str,
        }
        let path = format!("/admin/users/{}/links", segment("a user id", user_id)?);
        Ok(self.post::<OneLink>(path, Vec::new(), &Body { issuer, subject }, Repeat::Unsent).await?.link)
    }

    /// Says that a person is nobody at an issuer any more, and ends their sessions.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn unlink_user(&self, user_id: &str, issuer: &str) -> Result<Link, ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            issuer: &'a str,
        }
        let path = format!("/admin/users/{}/unlink", segment("a user id", user_id)?);
        Ok(self.post::<OneLink>(path, Vec::new(), &Body { issuer }, Repeat::Unsent).await?.link)
    }

    /// One page of sessions.
    ///
    /// # Errors
    /// `forbidden` without the admin role.
    pub async fn sessions(&self, query: &SessionQuery) -> Result<SessionPage, ClientError> {
        let params = Params::default()
            .set("user_id", query.user_id.as_deref())
            .set("status", query.all.then_some("all"))
            .set("limit", query.limit)
            .set("cursor", query.cursor.as_deref());
        self.get("/admin/sessions".to_owned(), params.0).await
    }

    /// Ends somebody's session.
    ///
    /// # Errors
    /// `not_found` for an unknown one.
    pub async fn revoke_session(&self, session_id: &str) -> Result<Session, ClientError> {
        let path = format!("/admin/sessions/{}/revoke", segment("a session id", session_id)?);
        Ok(self.post::<OneSession>(path, Vec::new(), &serde_json::Map::new(), Repeat::Safe).await?.session)
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
