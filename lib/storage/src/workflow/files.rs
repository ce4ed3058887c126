//! Files that are shown as evidence: bytes under their SHA-256.

use std::collections::{BTreeMap, BTreeSet};

use dg_domain::{Hash32, Problem, TenantId};
use dg_workflow::evidence::{self, KeptFile};
use serde_json::Value;
use tokio_postgres::types::ToSql;

use crate::{error::StoreError, projections::columns::Columns, store::Store, work::Work};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../sql/queries/workflow/", $name, ".sql"))
    };
}

/// Files that one statement removes: with the largest, some hundred megabytes.
const AT_ONCE: i64 = 20;

/// A file to keep; what it is was checked before.
#[derive(Clone, Copy, Debug)]
pub struct NewFile<'a> {
    /// The hash of its bytes.
    pub sha256: Hash32,
    /// What it holds.
    pub media_type: &'a str,
    /// The bytes, 1 to 10 MiB.
    pub content: &'a [u8],
    /// Who brings it.
    pub put_by: &'a str,
}

/// A file as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutFile {
    /// What is known of it. The type is that of who brought it first.
    pub file: KeptFile,
    /// Whether it was not there.
    pub is_new: bool,
}

/// A file with its bytes. Whether they still are what their hash says is for the caller to look at.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns")]
pub struct FileContent {
    pub media_type: String,
    pub content: Vec<u8>,
}

impl Store {
    /// Keeps a file. The same bytes again are the same file.
    ///
    /// # Errors
    /// As every statement.
    pub async fn put_workflow_file(&self, tenant: &TenantId, new: &NewFile<'_>) -> Result<PutFile, StoreError> {
        let name = "workflow.put_file";
        let sha256 = &new.sha256.as_bytes()[..];
        let params: [&(dyn ToSql + Sync); 5] = [&tenant.as_str(), &sha256, &new.media_type, &new.content, &new.put_by];
        let row = self.of(tenant).query_opt(name, sql!("put_file"), &params).await?;
        let row = row.ok_or(StoreError::NotFound { what: "file" })?;
        let columns = Columns { name, row: &row };
        Ok(PutFile { file: kept(columns)?, is_new: columns.get("is_new")? })
    }

    /// A file with its bytes, if the tenant has it.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_file(&self, tenant: &TenantId, sha256: Hash32) -> Result<Option<FileContent>, StoreError> {
        let name = "workflow.file";
        let params: [&(dyn ToSql + Sync); 2] = [&tenant.as_str(), &&sha256.as_bytes()[..]];
        let Some(row) = self.of(tenant).query_opt(name, sql!("file"), &params).await? else { return Ok(None) };
        let columns = Columns { name, row: &row };
        Ok(Some(FileContent { media_type: columns.get("media_type")?, content: columns.get("content")? }))
    }

    /// Removes files that nobody named for a day, of every tenant; how many.
    ///
    /// # Errors
    /// As every statement; what was removed before stays removed.
    pub async fn remove_unnamed_files(&self) -> Result<u64, StoreError> {
        let name = "workflow.files_left";
        let mut removed = 0;
        for row in &self.query(name, sql!("files_left"), &[]).await? {
            let tenant = Columns { name, row }.tenant("tenant_id")?;
            loop {
                let params: [&(dyn ToSql + Sync); 2] = [&tenant.as_str(), &AT_ONCE];
                match self.of(&tenant).count("workflow.remove_files", sql!("remove_files"), &params).await? {
                    0 => break,
                    more => removed += more,
                }
            }
        }
        Ok(removed)
    }
}

/// Names the files of evidence for good, once the transaction is committed; the entries with what is known of the files.
///
/// # Errors
/// As every statement; the inner one as [`evidence::filled`].
pub(super) async fn name(
    work: &Work,
    tenant: &TenantId,
    entries: &[Value],
) -> Result<Result<Vec<Value>, Vec<Problem>>, StoreError> {
    let named = evidence::named(entries);
    if named.is_empty() {
        return Ok(Ok(entries.to_vec()));
    }
    let (name, named) = ("workflow.name_files", Vec::from_iter(named));
    let mut found = BTreeMap::new();
    for row in &work.query(name, sql!("name_files"), &[&tenant.as_str(), &named]).await? {
        let columns = Columns { name, row };
        found.insert(columns.get("sha256")?, kept(columns)?);
    }
    Ok(evidence::filled(entries, &found))
}

/// Notes that files are named, where they are there: what was asked for from outside says what it likes.
pub(super) async fn note(work: &Work, tenant: &TenantId, named: BTreeSet<String>) -> Result<(), StoreError> {
    if named.is_empty() {
        return Ok(());
    }
    let params = (tenant.as_str(), Vec::from_iter(named));
    work.count("workflow.note_files", sql!("note_files"), &[&params.0, &params.1]).await.map(drop)
}

fn kept(columns: Columns<'_>) -> Result<KeptFile, StoreError> {
    Ok(KeptFile { media_type: columns.get("media_type")?, size_bytes: columns.get("size_bytes")? })
}

impl std::fmt::Debug for FileContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileContent({}, {} bytes)", self.media_type, self.content.len())
    }
}
