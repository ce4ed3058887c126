//! Cases taken out, and what reviews look like in figures.

pub(crate) mod export;
pub(crate) mod figures;
