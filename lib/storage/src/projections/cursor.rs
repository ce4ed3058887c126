//! Where each projection of a tenant stands.

use dg_domain::{LogSeq, Micros, TenantId};
use dg_projections::Projection;
use tokio_postgres::Row;

use crate::{error::StoreError, store::Store, values::PgMicros};

pub(super) const CURSORS: &str = include_str!("../../../../sql/queries/projections/cursors.sql");
const BEHIND: &str = include_str!("../../../../sql/queries/projections/behind.sql");

/// Whether a projection moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CursorState {
    /// It follows the log.
    Live,
    /// It stands before an event that cannot be folded; see its open failures.
    Failed,
}

impl CursorState {
    /// The name in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Failed => "failed",
        }
    }

    pub(super) fn read(text: &str) -> Self {
        if text == "failed" { Self::Failed } else { Self::Live }
    }
}

/// The cursor of one projection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Which projection.
    pub projection: Projection,
    /// The generation that readers see.
    pub generation: i64,
    /// Which of the two slots holds its rows.
    pub slot: i16,
    /// The last event that is in its rows.
    pub applied: LogSeq,
    /// How often the scope was taken.
    pub epoch: i64,
    /// Whether it moves.
    pub state: CursorState,
    /// When it moved last. `None` when nobody has taken the scope yet.
    pub updated_at: Option<Micros>,
    /// Events that cannot be folded.
    pub open_failures: i64,
}

/// The end of a tenant's log and every projection's cursor, in [`Projection::ALL`] order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantCursors {
    /// The last event of the log.
    pub head: LogSeq,
    /// One per projection; a projection that was never taken stands at 0.
    pub cursors: Vec<Cursor>,
}

impl TenantCursors {
    /// The cursor of one projection.
    #[must_use]
    pub fn of(&self, projection: Projection) -> &Cursor {
        self.cursors
            .iter()
            .find(|cursor| cursor.projection == projection)
            .expect("cursors holds every projection by construction")
    }

    /// Reads the rows of `CURSORS`. No row means that there is no such tenant.
    pub(super) fn read(rows: &[Row]) -> Result<Self, StoreError> {
        let error = StoreError::of("projections.cursors");
        let Some(first) = rows.first() else { return Err(StoreError::NotFound { what: "tenant" }) };
        let head = position(first.try_get("head_seq").map_err(error)?)?;
        let mut cursors: Vec<Cursor> = Projection::ALL
            .into_iter()
            .map(|projection| Cursor {
                projection,
                generation: 1,
                slot: 0,
                applied: LogSeq::START,
                epoch: 0,
                state: CursorState::Live,
                updated_at: None,
                open_failures: 0,
            })
            .collect();
        for row in rows {
            let name: Option<&str> = row.try_get("projection_name").map_err(error)?;
            let known = name.and_then(Projection::from_name);
            let Some(cursor) = cursors.iter_mut().find(|cursor| Some(cursor.projection) == known) else { continue };
            cursor.generation = row.try_get("generation").map_err(error)?;
            cursor.slot = row.try_get("slot").map_err(error)?;
            cursor.applied = position(row.try_get("last_log_seq").map_err(error)?)?;
            cursor.epoch = row.try_get("epoch").map_err(error)?;
            cursor.state = CursorState::read(row.try_get("state").map_err(error)?);
            cursor.updated_at = row.try_get::<_, Option<PgMicros>>("updated_at").map_err(error)?.map(|at| at.0);
            cursor.open_failures = row.try_get("open_failures").map_err(error)?;
        }
        Ok(Self { head, cursors })
    }
}

/// A stored position.
pub(super) fn position(raw: i64) -> Result<LogSeq, StoreError> {
    LogSeq::new(raw).map_err(|error| StoreError::corrupt("projections.position", error))
}

impl Store {
    /// Head and cursors of a tenant, from one statement.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown tenant, or as [`Store::ping`].
    pub async fn cursors(&self, tenant: &TenantId) -> Result<TenantCursors, StoreError> {
        TenantCursors::read(&self.of(tenant).query("projections.cursors", CURSORS, &[&tenant.as_str()]).await?)
    }

    /// The tenants whose log goes beyond one of their projections, by name.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn tenants_behind(&self) -> Result<Vec<Behind>, StoreError> {
        let name = "projections.behind";
        let names: Vec<&str> = Projection::ALL.iter().map(|projection| projection.as_str()).collect();
        let rows = self.query(name, BEHIND, &[&names]).await?;
        let read = |row: &Row| {
            let error = StoreError::of(name);
            let id: &str = row.try_get("tenant_id").map_err(error)?;
            Ok(Behind {
                tenant: TenantId::new(id).map_err(|source| StoreError::corrupt(name, source))?,
                can_move: row.try_get("can_move").map_err(error)?,
                retries_asked: row.try_get("retries_asked").map_err(error)?,
            })
        };
        rows.iter().map(read).collect()
    }
}

/// A tenant with events that some projection has not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// Which.
    pub tenant: TenantId,
    /// Whether one of the projections that are behind is not halted.
    pub can_move: bool,
    /// How often operators asked for a try at once.
    pub retries_asked: i64,
}
