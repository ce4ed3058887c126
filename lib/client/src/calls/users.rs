//! People: their accounts, passwords, and who they are at issuers.

use serde::{Deserialize, Serialize};

use crate::{AccountChange, Client, ClientError, Link, User, UserAnswer, client::Repeat, path::segment};

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

#[derive(Deserialize)]
struct OneLink {
    link: Link,
}

#[derive(Deserialize)]
struct OneUser {
    user: User,
}

impl Client {
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
}
