//! `/admin/users`: people who sign in.

pub(crate) mod contract;

use axum::extract::{Request, State};
use dg_domain::Micros;
use dg_http::gate::{AccountCaller, Admin, Principal};
use dg_http::params::NoParams;
use dg_http::path::Segments;
use dg_http::{ApiError, Code, Reply, body, etag, password};
use dg_storage::accounts::NewAccount;
use dg_storage::oidc::Link;
use dg_storage::people::{NewPassword, Person};
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;

use super::accounts::{Change, apply};
use super::grants::{self, ACCOUNTS_MANAGE, Grants};
use crate::app::App;
use crate::words;

/// Bytes of an issuer's name, and of a person's there.
pub(crate) const LONGEST_ISSUER: usize = 1_000;
pub(crate) const LONGEST_SUBJECT: usize = 255;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[schema(schema_with = words::name)]
    user_id: String,
    #[schema(schema_with = words::nullable_title)]
    display_name: Option<String>,
    #[serde(default)]
    #[schema(schema_with = words::roles)]
    roles: Vec<String>,
    #[serde(default)]
    #[schema(schema_with = words::permissions)]
    permissions: Vec<String>,
    #[serde(default)]
    #[schema(schema_with = words::tenants)]
    tenant_ids: Vec<String>,
    /// Left out, one is drawn and shown in the answer.
    #[schema(schema_with = words::nullable_password)]
    password: Option<String>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AskedPassword {
    #[schema(schema_with = words::nullable_password)]
    password: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = User)]
struct UserJson {
    user_id: String,
    display_name: Option<String>,
    roles: Vec<String>,
    permissions: Vec<String>,
    tenant_ids: Vec<String>,
    disabled: bool,
    has_password: bool,
    #[schema(format = DateTime)]
    password_changed_at: Option<String>,
    must_change_password: bool,
    #[schema(format = DateTime)]
    last_seen_at: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    created_by: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AskedUserLink)]
struct AskedLink {
    #[schema(schema_with = words::issuer)]
    issuer: String,
    #[schema(schema_with = words::subject)]
    subject: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AskedUserUnlink)]
struct AskedUnlink {
    #[schema(schema_with = words::issuer)]
    issuer: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = UserLink)]
struct LinkJson {
    issuer: String,
    subject: String,
    #[schema(format = DateTime)]
    linked_at: String,
    linked_by: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = UserLinks)]
struct Links {
    links: Vec<LinkJson>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OneUserLink)]
struct OneLink {
    link: LinkJson,
}

#[derive(Serialize, ToSchema)]
struct OneUser {
    user: UserJson,
}

/// A person whose password was chosen for them, with that password if the service chose it.
#[derive(Serialize, ToSchema)]
struct WithPassword {
    user: UserJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    password: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Listed {
    users: Vec<UserJson>,
}

/// Lists the people that the caller sees, by name.
pub(crate) async fn list(State(app): State<App>, caller: AccountCaller<Admin>, _: NoParams) -> Result<Reply, ApiError> {
    let people = app.store.people().await?.into_iter();
    let people = people.filter(|person| grants::sees(&caller.principal, &person.account));
    Reply::ok(&Listed { users: people.map(UserJson::of).collect() })
}

/// Makes a person. Their first password is for signing in once: they have to choose their own.
pub(crate) async fn create(
    State(app): State<App>,
    caller: AccountCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let who = &caller.principal;
    who.require(ACCOUNTS_MANAGE)?;
    let asked = body::command::<Asked>(request).await?;
    let chosen = chosen(asked.password.as_deref())?;
    let new = asked.into_account(who)?;
    let password = first(&app, chosen.clone()).await?;
    app.store.create_person(&new, Some(&password), &who.by()).await?;
    app.directory_changed().await;
    info!(made = new.account_id, account = who.account_id, "made a user");
    let person = find(&app, &new.account_id).await?;
    Ok(Reply::created(&WithPassword { user: UserJson::of(person), password: chosen.drawn() })?.unkept())
}

/// Describes one person.
pub(crate) async fn show(
    State(app): State<App>,
    Segments([user_id]): Segments<1>,
    caller: AccountCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    let person = find(&app, &user_id).await?;
    if !grants::sees(&caller.principal, &person.account) {
        return Err(unknown(&user_id));
    }
    Reply::ok(&OneUser { user: UserJson::of(person) })
}

/// Changes what a person may do, or switches them off and on. Counts from the next request on.
pub(crate) async fn change(
    State(app): State<App>,
    Segments([user_id]): Segments<1>,
    caller: AccountCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    caller.principal.require(ACCOUNTS_MANAGE)?;
    let conditions = request.headers().clone();
    let change = body::command::<Change>(request).await?.read(&caller.principal)?;
    let person = find(&app, &user_id).await?;
    let conditional = etag::check_match(&conditions, &OneUser { user: UserJson::of(person.clone()) })?;
    apply(&app, &caller.principal, &person.account, &change, conditional).await?;
    Reply::ok(&OneUser { user: UserJson::of(find(&app, &user_id).await?) })
}

/// Gives a person another first password, and ends their sessions.
pub(crate) async fn reset_password(
    State(app): State<App>,
    Segments([user_id]): Segments<1>,
    caller: AccountCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let who = &caller.principal;
    who.require(ACCOUNTS_MANAGE)?;
    let chosen = chosen(body::command_if_any::<AskedPassword>(request).await?.password.as_deref())?;
    grants::over(who, &find(&app, &user_id).await?.account)?;
    let password = first(&app, chosen.clone()).await?;
    app.store.set_password(&user_id, &password, None, &who.by()).await?;
    app.directory_changed().await;
    info!(of = user_id, account = who.account_id, "set a first password");
    let user = UserJson::of(find(&app, &user_id).await?);
    Ok(Reply::ok(&WithPassword { user, password: chosen.drawn() })?.unkept())
}

/// Says who a person is at issuers.
pub(crate) async fn links(
    State(app): State<App>,
    Segments([user_id]): Segments<1>,
    caller: AccountCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    if !grants::sees(&caller.principal, &find(&app, &user_id).await?.account) {
        return Err(unknown(&user_id));
    }
    let links = app.store.links(&user_id).await?;
    Reply::ok(&Links { links: links.into_iter().map(LinkJson::of).collect() })
}

/// Says that a subject of an issuer is this person: from then on they sign in there.
pub(crate) async fn link(
    State(app): State<App>,
    Segments([user_id]): Segments<1>,
    caller: AccountCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let who = &caller.principal;
    who.require(ACCOUNTS_MANAGE)?;
    let asked = body::command::<AskedLink>(request).await?;
    bounded(&asked.issuer, LONGEST_ISSUER, "/issuer")?;
    bounded(&asked.subject, LONGEST_SUBJECT, "/subject")?;
    grants::over(who, &find(&app, &user_id).await?.account)?;
    let link = app.store.link_person(&user_id, &asked.issuer, &asked.subject, &who.by()).await?;
    info!(of = user_id, account = who.account_id, "linked a user");
    Reply::created(&OneLink { link: LinkJson::of(link) })
}

/// Says that a person is nobody at an issuer any more, and ends their sessions.
pub(crate) async fn unlink(
    State(app): State<App>,
    Segments([user_id]): Segments<1>,
    caller: AccountCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let who = &caller.principal;
    who.require(ACCOUNTS_MANAGE)?;
    let asked = body::command::<AskedUnlink>(request).await?;
    bounded(&asked.issuer, LONGEST_ISSUER, "/issuer")?;
    grants::over(who, &find(&app, &user_id).await?.account)?;
    let link = app.store.unlink_person(&user_id, &asked.issuer, &who.by()).await?;
    app.directory_changed().await;
    info!(of = user_id, account = who.account_id, "unlinked a user");
    Reply::ok(&OneLink { link: LinkJson::of(link) })
}

/// Names of issuers and subjects are printable ASCII.
fn bounded(text: &str, most: usize, pointer: &'static str) -> Result<(), ApiError> {
    if (1..=most).contains(&text.len()) && text.bytes().all(|byte| (32..127).contains(&byte)) {
        return Ok(());
    }
    Err(ApiError::invalid(format!("it needs 1 to {most} printable characters of ASCII")).with("pointer", pointer))
}

/// The person of that name.
///
/// # Errors
/// `not_found`, or the store's.
pub(super) async fn find(app: &App, user_id: &str) -> Result<Person, ApiError> {
    app.store.person(user_id).await?.ok_or_else(|| unknown(user_id))
}

fn unknown(user_id: &str) -> ApiError {
    ApiError::new(Code::NotFound, "there is no such user").with("user_id", user_id)
}

#[derive(Clone)]
enum Chosen {
    Given(String),
    Drawn(String),
}

impl Chosen {
    fn drawn(self) -> Option<String> {
        match self {
            Self::Given(_) => None,
            Self::Drawn(password) => Some(password),
        }
    }
}

fn chosen(given: Option<&str>) -> Result<Chosen, ApiError> {
    match given {
        Some(password) => {
            password::check_new(password, "/password")?;
            Ok(Chosen::Given(password.to_owned()))
        }
        None => Ok(Chosen::Drawn(password::draw())),
    }
}

async fn first(app: &App, chosen: Chosen) -> Result<NewPassword, ApiError> {
    let (Chosen::Given(password) | Chosen::Drawn(password)) = chosen;
    Ok(NewPassword { phc: app.passwords.hash(password).await?, must_change: true })
}

impl Asked {
    fn into_account(self, who: &Principal) -> Result<NewAccount, ApiError> {
        grants::name(&self.user_id, "/user_id")?;
        grants::title(self.display_name.as_deref(), "/display_name")?;
        let grants = Grants { roles: self.roles, permissions: self.permissions, tenant_ids: self.tenant_ids };
        grants.check(who, "")?;
        Ok(NewAccount {
            account_id: self.user_id,
            display_name: self.display_name,
            roles: grants.roles,
            permissions: grants.permissions,
            tenant_ids: grants.tenant_ids,
            ..NewAccount::default()
        })
    }
}

impl LinkJson {
    fn of(link: Link) -> Self {
        let Link { issuer, subject, linked_at, linked_by, .. } = link;
        Self { issuer, subject, linked_at: linked_at.rfc3339(), linked_by }
    }
}

impl UserJson {
    fn of(person: Person) -> Self {
        let account = person.account;
        Self {
            user_id: account.account_id,
            display_name: account.display_name,
            roles: account.roles,
            permissions: account.permissions,
            tenant_ids: account.tenant_ids,
            disabled: account.disabled,
            has_password: person.password_changed_at.is_some(),
            password_changed_at: person.password_changed_at.map(Micros::rfc3339),
            must_change_password: person.must_change,
            last_seen_at: person.last_seen_at.map(Micros::rfc3339),
            created_at: account.created_at.rfc3339(),
            created_by: account.created_by,
        }
    }
}
