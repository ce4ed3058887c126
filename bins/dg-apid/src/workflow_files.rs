//! `/workflow-files`: what is shown as evidence and is no text, under the hash of its bytes.

pub(crate) mod contract;

use axum::extract::{Request, State};
use axum::http::header;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use dg_domain::Hash32;
use dg_http::download::Download;
use dg_http::gate::{Reader, TenantCaller, Writer};
use dg_http::params::NoParams;
use dg_http::path::Segments;
use dg_http::{ApiError, Code, Reply, body};
use dg_storage::workflow::{FileContent, NewFile};
use dg_workflow::evidence::{BadFile, LARGEST_FILE, MediaType};
use serde::Serialize;
use serde_json::json;
use tracing::info;
use utoipa::ToSchema;

use crate::app::App;
use crate::words;

/// Where files are put.
pub(crate) const PATH: &str = "/workflow-files";
/// So many bytes count as one thing that is written.
const COUNTED: usize = 64 << 10;

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowFile)]
struct FileJson {
    /// What names it: the SHA-256 of its bytes, 64 hexadecimal digits.
    #[schema(schema_with = words::sha256)]
    sha256: String,
    /// What it holds; where the same bytes were put before, what was said then.
    #[schema(schema_with = words::file_type)]
    media_type: String,
    #[schema(minimum = 1, maximum = 10_485_760)]
    size_bytes: i64,
}

/// Keeps a file. The same bytes again are the same file.
pub(crate) async fn put(
    State(app): State<App>,
    caller: TenantCaller<Writer>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    if MediaType::parse(&content_type).is_none() {
        return Err(refused(BadFile::MediaType));
    }
    let content = body::read(request, LARGEST_FILE).await?;
    caller.charge_all(content.len().div_ceil(COUNTED))?;
    let (media_type, sha256, content) = looked_at(content_type, content).await?;
    let tenant = caller.tenant();
    let account = caller.principal.account_id.as_str();
    let new = NewFile { sha256, media_type: media_type.as_str(), content: &content, put_by: account };
    let _turn = app.turns.take(tenant).await?;
    let put = app.store.put_workflow_file(tenant, &new).await?;
    let (sha256, size_bytes) = (sha256.hex(), put.file.size_bytes);
    info!(%tenant, sha256, size_bytes, is_new = put.is_new, account, "kept a file");
    let file = FileJson { sha256, media_type: put.file.media_type, size_bytes };
    if put.is_new { Reply::created(&file) } else { Reply::ok(&file) }
}

/// Gives a file back, as long as its bytes are what they were.
pub(crate) async fn show(
    State(app): State<App>,
    Segments([sha256]): Segments<1>,
    caller: TenantCaller<Reader>,
    _: NoParams,
) -> Result<Download, ApiError> {
    let unknown = || ApiError::new(Code::NotFound, "there is no such file").with("sha256", sha256.as_str());
    let wanted = hash(&sha256).ok_or_else(unknown)?;
    let tenant = caller.tenant();
    let _turn = app.turns.take(tenant).await?;
    let FileContent { media_type, content } = app.store.workflow_file(tenant, wanted).await?.ok_or_else(unknown)?;
    let (found, content) = hashed(content.into()).await?;
    if found != wanted {
        let cause = format!("the file {} of tenant {tenant} holds other bytes now: {}", wanted.hex(), found.hex());
        return Err(ApiError::internal(cause).with("reason", "file_altered").with("sha256", wanted.hex()));
    }
    let hex = wanted.hex();
    let known = MediaType::parse(&media_type);
    let name = known.map_or_else(|| hex.clone(), |known| format!("{hex}.{}", known.extension()));
    // Texts were taken as UTF-8 and nothing else.
    let shown = if media_type.starts_with("text/") { format!("{media_type}; charset=utf-8") } else { media_type };
    Download::new(&shown, &name, &hex, content)
}

/// What it is by its first bytes, and its hash; not on a thread that others wait for.
async fn looked_at(content_type: String, content: Bytes) -> Result<(MediaType, Hash32, Bytes), ApiError> {
    let look = move || {
        let media_type = MediaType::check(&content_type, &content)?;
        Ok((media_type, Hash32::of(&content), content))
    };
    tokio::task::spawn_blocking(look).await.map_err(ApiError::internal)?.map_err(refused)
}

async fn hashed(content: Bytes) -> Result<(Hash32, Bytes), ApiError> {
    tokio::task::spawn_blocking(move || (Hash32::of(&content), content)).await.map_err(ApiError::internal)
}

fn refused(bad: BadFile) -> ApiError {
    let refusal = |code| ApiError::new(code, bad.to_string());
    match bad {
        BadFile::MediaType => {
            refusal(Code::UnsupportedMediaType).with("allowed", json!(MediaType::ALL.map(MediaType::as_str)))
        }
        BadFile::TooLarge => refusal(Code::PayloadTooLarge).with("limit_bytes", LARGEST_FILE),
        BadFile::Empty => refusal(Code::InvalidArgument).with("reason", "empty"),
        BadFile::Content => refusal(Code::InvalidArgument).with("reason", "content"),
    }
}

/// A hash as evidence names it: 64 hexadecimal digits, also behind `sha256:`.
fn hash(text: &str) -> Option<Hash32> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    HEXLOWER.decode(digits.as_bytes()).ok().and_then(|bytes| Hash32::from_slice(&bytes).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let known = Hash32::of(b"x");
        for good in [known.hex(), known.prefixed()] {
            assert_eq!(hash(&good), Some(known), "{good}");
        }
        for bad in
            [String::new(), "x".to_owned(), known.hex().to_uppercase(), format!("{}0", known.hex()), "ü".repeat(32)]
        {
            assert_eq!(hash(&bad), None, "{bad}");
        }
    }
}
