//! Reads a projection as fresh as the caller asked, out of one snapshot.

use dg_domain::{LogSeq, TenantId};
use dg_http::freshness::Freshness;
use dg_http::{ApiError, Meta};
use dg_projections::Projection;
use dg_storage::projections::Snapshot;

use crate::app::App;

/// Waits as asked, then runs `ask` on a snapshot that is checked to be fresh enough.
///
/// # Errors
/// `projection_out_of_date`, or what the database and `ask` fail with.
pub(crate) async fn read<T, F>(
    app: &App,
    tenant: &TenantId,
    asked: Freshness,
    projections: &[Projection],
    ask: F,
) -> Result<(T, Meta), ApiError>
where
    F: AsyncFnOnce(&Snapshot) -> Result<T, ApiError>,
{
    read_as_of(app, tenant, asked, None, projections, ask).await
}

/// The same, on a snapshot that looks back from a position; `asked` makes sure that the projections have come so far.
///
/// # Errors
/// As [`read`].
pub(crate) async fn read_as_of<T, F>(
    app: &App,
    tenant: &TenantId,
    asked: Freshness,
    as_of: Option<i64>,
    projections: &[Projection],
    ask: F,
) -> Result<(T, Meta), ApiError>
where
    F: AsyncFnOnce(&Snapshot) -> Result<T, ApiError>,
{
    let progress = || async { Ok(of(&app.store.cursors(tenant).await?, projections)) };
    asked.settle(progress, app.projection_moved.clone()).await?;
    let turn = app.turns.take(tenant).await?;
    let mut snapshot = app.store.snapshot(tenant).await?;
    if let Some(log_seq) = as_of {
        snapshot.look_back(LogSeq::new(log_seq).map_err(ApiError::internal)?);
    }
    let meta = Meta { as_of_log_seq: as_of, ..of(snapshot.cursors(), projections) };
    let answer = match asked.check(meta) {
        Ok(()) => ask(&snapshot).await,
        Err(behind) => Err(behind),
    };
    // Gives the connection back also when the answer is a refusal; the caller need not wait for that.
    tokio::spawn(async move {
        let _turn = turn;
        snapshot.close().await
    });
    Ok((answer?, meta))
}

/// The positions of the slowest of `projections`.
fn of(cursors: &dg_storage::projections::TenantCursors, projections: &[Projection]) -> Meta {
    let asked = || projections.iter().map(|projection| cursors.of(*projection));
    Meta {
        applied_seq: asked().map(|cursor| cursor.applied.get()).min().unwrap_or_else(|| cursors.head.get()),
        head_seq: cursors.head.get(),
        generation: asked().map(|cursor| cursor.generation).next().unwrap_or(1),
        as_of_log_seq: None,
    }
}
