//! Pages as documents: the first paint, and all there is without scripts.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{OriginalUri, State},
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Redirect, Response},
};
use dg_runtime::clock;

use super::{cookies, person};
use crate::{
    app::App,
    document::document,
    model::{Body, Failure, Notice, View},
    people::Person,
    place::{Place, escaped},
    source::{self, SignedOut},
};

/// A first paint waits this long for its data; then it shows the page's layout, and the session fills it.
const FIRST_PAINT: Duration = Duration::from_millis(1500);

pub(super) async fn page(State(app): State<Arc<App>>, OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Response {
    let address = uri.path_and_query().map_or("/", |address| address.as_str());
    let place = Place::parse(address);
    let Some(person) = person(&app, &headers) else {
        let next = if place == Place::Unknown { "/".to_owned() } else { place.href() };
        return to_sign_in(&next);
    };
    if person.must_change_password() {
        return super::password::to_form(&place.href());
    }
    match tokio::time::timeout(FIRST_PAINT, source::read(&person, &place)).await {
        Ok(Ok(found)) => {
            if place == Place::Home && found.place != place {
                return Redirect::to(&found.place.href()).into_response();
            }
            answer(&app, &headers, app.view(&person, found))
        }
        Ok(Err(SignedOut)) => signed_out(&app, &headers, &person, &place),
        Err(_) => {
            let mut view = outline(&app, &person, place);
            view.shell.refreshing = true;
            answer(&app, &headers, view)
        }
    }
}

/// The sign-in page, which leads back to `next`.
pub(super) fn to_sign_in(next: &str) -> Response {
    let target = if next == "/" { "/sign-in".to_owned() } else { format!("/sign-in?next={}", escaped(next)) };
    Redirect::to(&target).into_response()
}

fn signed_out(app: &App, headers: &HeaderMap, person: &Person, place: &Place) -> Response {
    if !person.development {
        person.gone.cancel();
        return to_sign_in(&place.href());
    }
    // Signing in would not help: without a session this same token would be used again.
    let failure = Failure {
        code: "unauthorized".to_owned(),
        message: "the token in console.token_file is not valid".to_owned(),
        request_id: None,
        transient: true,
    };
    let mut view = outline(app, person, place.clone());
    view.body = Body::Notice(Notice::Failed(failure));
    answer(app, headers, view)
}

fn answer(app: &App, headers: &HeaderMap, view: View) -> Response {
    let status = if view.body == Body::Notice(Notice::NotFound) { StatusCode::NOT_FOUND } else { StatusCode::OK };
    (status, Html(document(view, &app.assets, true, cookies::theme(headers, app.secure)))).into_response()
}

/// A page before its data.
fn outline(app: &App, person: &Person, place: Place) -> View {
    let body = match &place {
        Place::Home => Body::Notice(Notice::Failed(source::too_late())),
        place => Body::outline(place),
    };
    View { title: "Loading".to_owned(), shell: app.shell(Some(person), place, clock::now()), body }
}
