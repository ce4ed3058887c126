//! Which colours somebody wants, kept in their browser.

use std::sync::Arc;

use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    cookies, same_origin,
    sign_in::{next_of, see_other, with_cookie},
};
use crate::{app::App, document::Theme};

/// What the form sends. It changes nothing but the browser's own cookie, so that it has to come from this console's pages is enough.
#[derive(Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    theme: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn submit(State(app): State<Arc<App>>, headers: HeaderMap, Form(sent): Form<Choice>) -> Response {
    if !same_origin(&app, &headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    with_cookie(see_other(&next_of(&sent.next)), cookies::set_theme(Theme::named(&sent.theme), app.secure))
}
