//! The first run, as a plain form: whoever has the code that `dg init` showed makes themselves the first person.

use std::sync::Arc;

use axum::{
    Extension, Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use dg_client::{ClientError, FirstPerson};
use serde::Deserialize;
use tracing::{info, warn};

use super::{
    cookies,
    page::to_sign_in,
    peer::{Peer, address_of},
    same_origin,
    sign_in::{AWAY, draw, enter},
};
use crate::{
    app::App,
    model::{Body, SetupPage},
};

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct SetUp {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    user_id: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

impl SetUp {
    fn page(&self, problem: Option<String>) -> SetupPage {
        SetupPage { problem, user_id: self.user_id.clone(), display_name: self.display_name.clone() }
    }
}

/// Draws the form, while it can be used.
pub(super) async fn form(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    if !app.setup_is_open().await {
        return to_sign_in("/");
    }
    draw(&app, &headers, StatusCode::OK, "First run", Body::Setup(SetupPage::default()))
}

/// Makes the person and lets them in.
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Form(sent): Form<SetUp>,
) -> Response {
    let refuse =
        |status, problem: String| draw(&app, &headers, status, "First run", Body::Setup(sent.page(Some(problem))));
    let refuse_form = |problem: &str| refuse(StatusCode::UNPROCESSABLE_ENTITY, problem.to_owned());
    if !same_origin(&app, &headers) || !app.csrf.holds(cookies::visit(&headers, app.secure), &sent.csrf) {
        return refuse(StatusCode::FORBIDDEN, "The form was too old. Please try again.".to_owned());
    }
    if sent.password != sent.again {
        return refuse_form("The password was not written the same way twice.");
    }
    let Some(service) = app.service() else { return to_sign_in("/") };
    let address = address_of(peer.map(|Extension(peer)| peer), &headers, app.secure).map(|address| address.to_string());
    let first = FirstPerson {
        code: sent.code.trim(),
        user_id: sent.user_id.trim(),
        display_name: Some(sent.display_name.trim()).filter(|name| !name.is_empty()),
        password: &sent.password,
        address: address.as_deref(),
    };
    let made = service.set_up(&first).await;
    app.forget_sign_in_methods();
    let made = match made {
        Ok(made) => made,
        Err(error) => {
            let (status, problem) = told(&error);
            return refuse(status, problem);
        }
    };
    info!(account_id = %made.user.user_id, "{} set the installation up", made.user.user_id);
    let session = made.session.session;
    match service.in_the_name_of(session.clone()) {
        Ok(client) => enter(&app, &headers, client, session, "/").await,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What somebody can do about a refusal.
fn told(error: &ClientError) -> (StatusCode, String) {
    let refused = |problem: &str| (StatusCode::UNPROCESSABLE_ENTITY, problem.to_owned());
    match error.code.as_str() {
        "sign_in_refused" => refused(
            "The setup code is wrong, used or older than a day. `dg init` shows another one while nobody can sign in.",
        ),
        "conflict" => refused("A program has that name already. Choose another one."),
        "invalid_argument" => (StatusCode::UNPROCESSABLE_ENTITY, format!("Please change this: {}.", error.message)),
        "rate_limited" => (
            StatusCode::TOO_MANY_REQUESTS,
            "Too many tries failed. Please wait a quarter of an hour before the next one.".to_owned(),
        ),
        code => {
            warn!(code, "the installation could not be set up: {error}");
            (StatusCode::OK, AWAY.to_owned())
        }
    }
}
