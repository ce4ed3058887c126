//! Events that could not be folded into a generation under construction, as its row keeps them.

use dg_domain::{ErrorCode, Violation};
use dg_projections::{FoldError, Projection};
use serde::{Deserialize, Serialize};

use super::cursor::position;
use crate::error::StoreError;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Aside {
    log_seq: i64,
    trace_id: String,
    event_id: String,
    projections: Vec<String>,
    code: String,
    message: String,
}

impl Aside {
    /// As far as it concerns some projections; `None` when it does not.
    pub(super) fn of(error: &FoldError, projections: &[Projection]) -> Option<Self> {
        let concerned = error.projections.iter().filter(|projection| projections.contains(projection));
        let projections: Vec<String> = concerned.map(|projection| projection.as_str().to_owned()).collect();
        (!projections.is_empty()).then(|| Self {
            log_seq: error.log_seq.get(),
            trace_id: error.trace_id.clone(),
            event_id: error.event_id.clone(),
            projections,
            code: error.violation.code.as_str().to_owned(),
            message: error.violation.message.clone(),
        })
    }

    pub(super) fn log_seq(&self) -> i64 {
        self.log_seq
    }

    pub(super) fn concerns(&self, projection: Projection) -> bool {
        self.projections.iter().any(|name| name == projection.as_str())
    }

    /// The error as it was.
    pub(super) fn error(&self) -> Result<FoldError, StoreError> {
        let code = ErrorCode::ALL.into_iter().find(|code| code.as_str() == self.code).unwrap_or(ErrorCode::Storage);
        Ok(FoldError {
            log_seq: position(self.log_seq)?,
            event_id: self.event_id.clone(),
            trace_id: self.trace_id.clone(),
            projections: self.projections.iter().filter_map(|name| Projection::from_name(name)).collect(),
            violation: Violation::new(code, self.message.clone()),
        })
    }
}

pub(super) fn read(text: &str) -> Result<Vec<Aside>, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::corrupt("builds.aside", source))
}

pub(super) fn write(aside: &[Aside]) -> String {
    serde_json::to_string(aside).expect("texts and numbers serialise")
}
