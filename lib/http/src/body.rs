//! Request bodies: bounded in size and time, and never left half read.

use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use tokio::time::{Instant, timeout, timeout_at};

use crate::code::Code;
use crate::error::ApiError;
use crate::gate;
use crate::media::{self, Media};

/// How long a body may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(30);
/// How much of a body that nobody wants is read before the connection is given up, and how long that may take.
const LINGER_BYTES: usize = 64 << 20;
const LINGER: Duration = Duration::from_secs(5);
/// Bodies of administrative requests are small.
const COMMAND_BYTES: usize = 64 << 10;

/// Reads a whole body of at most `limit` bytes.
///
/// # Errors
/// `payload_too_large` beyond the limit, at once when the length was announced; `request_timeout` when it does not arrive;
/// `invalid_argument` when the connection breaks off.
pub async fn read(request: Request, limit: usize) -> Result<Bytes, ApiError> {
    read_until(request, limit, Instant::now() + ARRIVAL).await
}

async fn read_until(request: Request, limit: usize, deadline: Instant) -> Result<Bytes, ApiError> {
    // What could be unpacked has been, and is bounded here as it comes.
    if let Some(coding) = request.headers().get(header::CONTENT_ENCODING) {
        let coding = String::from_utf8_lossy(coding.as_bytes()).into_owned();
        let message = "the body is packed in a way that is not understood; send it as it is, or with gzip or zstd";
        return Err(ApiError::new(Code::UnsupportedMediaType, message).with("content_encoding", coding));
    }
    let announced = announced_length(request.headers());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let mut body = request.into_body();
    let mut whole = BytesMut::new();
    loop {
        let frame = timeout_at(deadline, body.frame())
            .await
            .map_err(|_| ApiError::new(Code::RequestTimeout, "the body did not arrive in time"))?;
        let data = match frame {
            None => return Ok(whole.freeze()),
            Some(Err(source)) => return Err(broken(source)),
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
        };
        if whole.len() + data.len() > limit {
            return Err(too_large(limit));
        }
        if whole.is_empty() {
            if body.is_end_stream() {
                return Ok(data);
            }
            whole.reserve(announced.unwrap_or(data.len()));
        }
        whole.extend_from_slice(&data);
    }
}

/// Reads the JSON body of an administrative request.
///
/// # Errors
/// As [`read`]; `unsupported_media_type`; `invalid_argument` for anything but the expected object.
pub async fn command<T: DeserializeOwned>(request: Request) -> Result<T, ApiError> {
    media::of_body(request.headers(), &[Media::Json])?;
    parse(&read(request, COMMAND_BYTES).await?)
}

/// The same for a body that may be larger than most of its kind.
///
/// # Errors
/// As [`command`].
pub async fn command_within<T: DeserializeOwned>(request: Request, limit: usize) -> Result<T, ApiError> {
    media::of_body(request.headers(), &[Media::Json])?;
    parse(&read(request, limit).await?)
}

/// Reads the JSON body of an administrative request that may come without one.
///
/// # Errors
/// As [`command`].
pub async fn command_if_any<T: DeserializeOwned + Default>(request: Request) -> Result<T, ApiError> {
    media::of_body(request.headers(), &[Media::Json])?;
    match read(request, COMMAND_BYTES).await? {
        body if body.is_empty() => Ok(T::default()),
        body => parse(&body),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    // serde would take an array for an object without names.
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(ApiError::invalid("the body is not as expected: it is an object, not an array"));
    }
    let unlike = |source: &serde_json::Error| ApiError::invalid(format!("the body is not as expected: {source}"));
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| match pointer(error.path()) {
        Some(pointer) => unlike(error.inner()).with("pointer", pointer),
        None => unlike(error.inner()),
    })?;
    reader.end().map_err(|source| unlike(&source))?;
    Ok(read)
}

/// Where it went wrong; `None` for the body itself, and within what has no names.
fn pointer(path: &Path) -> Option<String> {
    let mut pointer = String::new();
    for segment in path {
        let step = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { .. } | Segment::Unknown => return None,
        };
        pointer.push('/');
        pointer.push_str(&step);
    }
    Some(pointer).filter(|pointer| !pointer.is_empty())
}

fn broken(source: axum::Error) -> ApiError {
    let mut cause = source.source();
    while let Some(next) = cause {
        if let Some(gate::Ended(code)) = next.downcast_ref() {
            return gate::ended(*code);
        }
        cause = next.source();
    }
    ApiError::invalid("the body broke off").caused_by(source)
}

fn announced_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(limit: usize) -> ApiError {
    ApiError::new(Code::PayloadTooLarge, format!("the body is larger than {limit} bytes")).with("limit_bytes", limit)
}

/// A second handle on a request body.
///
/// Answering while the client still sends makes many clients report a broken connection instead of the answer, so what a
/// refused request has left over is read and dropped.
pub(crate) struct Leftover {
    body: SharedBody,
    /// The client asked before sending: no answer but the final one is owed, and it sends nothing on a refusal.
    asked_first: bool,
}

impl Leftover {
    /// Takes a handle on the body of `request`, if it has one.
    pub(crate) fn of(request: &mut Request) -> Option<Self> {
        if request.body().is_end_stream() {
            return None;
        }
        let body = SharedBody(Arc::new(Mutex::new(std::mem::take(request.body_mut()))));
        *request.body_mut() = Body::new(body.clone());
        Some(Self { body, asked_first: request.headers().contains_key(header::EXPECT) })
    }

    /// Reads and drops the rest, within bounds.
    pub(crate) async fn discard(mut self) {
        if self.asked_first {
            return;
        }
        let all = async {
            let mut dropped = 0;
            while let Some(Ok(frame)) = self.body.frame().await {
                dropped += frame.data_ref().map_or(0, Bytes::len);
                if dropped > LINGER_BYTES {
                    break;
                }
            }
        };
        // Out of time: the connection will be closed under the client, as it deserves.
        let _ = timeout(LINGER, all).await;
    }
}

#[derive(Clone)]
struct SharedBody(Arc<Mutex<Body>>);

impl SharedBody {
    fn with<T>(&self, use_it: impl FnOnce(&mut Body) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl HttpBody for SharedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.with(|body| Pin::new(body).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.with(|body| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.with(|body| body.size_hint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: Body) -> Request {
        Request::new(body)
    }

    async fn check(body: Body, limit: usize) -> Result<Bytes, Code> {
        read(request(body), limit).await.map_err(|error| error.code())
    }

    fn chunks(chunks: &'static [&'static str]) -> Body {
        let frames = chunks.iter().map(|chunk| Ok::<_, axum::Error>(chunk.as_bytes()));
        Body::from_stream(futures_util::stream::iter(frames))
    }

    #[tokio::test]
    async fn reads_up_to_the_limit() {
        assert_eq!(check(Body::empty(), 0).await.unwrap(), "");
        assert_eq!(check(Body::from("abc"), 3).await.unwrap(), "abc");
        assert_eq!(check(chunks(&["ab", "", "cd"]), 4).await.unwrap(), "abcd");
        assert_eq!(check(Body::from("abcd"), 3).await, Err(Code::PayloadTooLarge));
        assert_eq!(check(chunks(&["ab", "cd"]), 3).await, Err(Code::PayloadTooLarge));
    }

    #[tokio::test]
    async fn refuses_an_announced_length_without_reading() {
        let mut request = request(Body::from_stream(futures_util::stream::pending::<Result<Bytes, axum::Error>>()));
        request.headers_mut().insert(header::CONTENT_LENGTH, 10.into());
        assert_eq!(read(request, 9).await.unwrap_err().code(), Code::PayloadTooLarge);
    }

    #[tokio::test]
    async fn a_command_may_come_without_a_body_where_that_is_said() {
        type Given = std::collections::BTreeMap<String, i64>;
        assert_eq!(command_if_any::<Given>(request(Body::empty())).await.unwrap(), Given::new());
        let given = command_if_any::<Given>(request(Body::from(r#"{"a":1}"#))).await.unwrap();
        assert_eq!(given["a"], 1);
        assert!(command_if_any::<Given>(request(Body::from("x"))).await.is_err());
        assert!(command::<Given>(request(Body::empty())).await.is_err());
    }

    #[test]
    fn a_refusal_names_the_place() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Given {
            #[expect(dead_code, reason = "only its shape matters")]
            list: Vec<i64>,
        }
        let check = |text: &str| {
            let error = parse::<Given>(text.as_bytes()).unwrap_err();
            let shown = serde_json::to_value(error.json()).unwrap();
            assert!(shown["message"].as_str().unwrap().starts_with("the body is not as expected: "), "{shown}");
            shown["details"]["pointer"].as_str().map(str::to_owned)
        };
        assert_eq!(check(r#"{"list": [1, "x"]}"#).as_deref(), Some("/list/1"));
        assert_eq!(check(r#"{"list": [], "a/b": 1}"#).as_deref(), Some("/a~1b"));
        assert_eq!(check(r#"{"list": 7}"#).as_deref(), Some("/list"));
        for whole in ["[]", "{}", "", "{", r#"{"list": []} x"#] {
            assert_eq!(check(whole), None, "{whole}");
        }
    }

    #[tokio::test]
    async fn gives_up_on_a_body_that_does_not_come() {
        let body = Body::from_stream(futures_util::stream::pending::<Result<Bytes, axum::Error>>());
        let error = read_until(request(body), 9, Instant::now()).await.unwrap_err();
        assert_eq!(error.code(), Code::RequestTimeout);
    }

    #[tokio::test]
    async fn discards_what_was_not_read() {
        let mut request = request(chunks(&["ab", "cd", "ef"]));
        let leftover = Leftover::of(&mut request).unwrap();
        drop(request);
        let body = leftover.body.clone();
        leftover.discard().await;
        assert!(body.collect().await.unwrap().to_bytes().is_empty());
        assert!(Leftover::of(&mut Request::new(Body::empty())).is_none());
    }
}
