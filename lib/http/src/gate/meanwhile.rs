//! Whether somebody who was let in may still be there when it comes to it.
//!
//! A request is let in by its head. Its body may take long to arrive, and its answer long to be ready; a token that was taken
//! back meanwhile must neither change nor learn anything. A body that kept us waiting therefore ends with another look, and so
//! does a read that took longer than what is known may be old.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

use super::{Gate, MAX_AGE};
use crate::code::Code;
use crate::error::ApiError;
use crate::token::X_DG_SESSION;

type Look = Pin<Box<dyn Future<Output = Result<(), Ended>> + Send>>;

/// The caller's token or session ended while the request was under way. Nothing was changed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the token or session ended while the request was under way")]
pub(crate) struct Ended(pub(crate) Code);

/// Serves a request, and looks again whether its caller may be there when that took long.
pub async fn look_again(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let credentials: HeaderMap = [header::AUTHORIZATION, X_DG_SESSION]
        .into_iter()
        .filter_map(|name| request.headers().get(&name).map(|value| (name, value.clone())))
        .collect();
    if reads {
        let response = next.run(request).await;
        if began.elapsed() < MAX_AGE || !response.status().is_success() {
            return response;
        }
        return match look(gate, credentials).await {
            Ok(()) => response,
            Err(Ended(code)) => ended(code).into_response(),
        };
    }
    let look = Some(Box::pin(look(gate, credentials)) as Look);
    next.run(request.map(|body| Body::new(Watched { body, waited: false, look }))).await
}

/// What somebody is told whose token or session ended meanwhile.
pub(crate) fn ended(code: Code) -> ApiError {
    ApiError::new(code, Ended(code).to_string())
}

async fn look(gate: Arc<Gate>, credentials: HeaderMap) -> Result<(), Ended> {
    match gate.enter(&credentials, None, dg_runtime::clock::now()).await {
        // Who was never let in has been told so, and a database that is away says nothing about a token.
        Err(error) if matches!(error.code(), Code::Unauthorized | Code::SessionEnded) => Err(Ended(error.code())),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// A body that ends with a look when it kept us waiting.
struct Watched {
    body: Body,
    waited: bool,
    look: Option<Look>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Pending => {
                self.waited = true;
                return Poll::Pending;
            }
            Poll::Ready(frame) => frame,
        };
        if frame.is_some() || !self.waited {
            return Poll::Ready(frame);
        }
        let Some(look) = &mut self.look else { return Poll::Ready(None) };
        let seen = ready!(look.as_mut().poll(cx));
        self.look = None;
        Poll::Ready(seen.err().map(|ended| Err(axum::Error::new(ended))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream() && !(self.waited && self.look.is_some())
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
