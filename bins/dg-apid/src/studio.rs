//! `/workflow-studio`: what a review of a trace would be, starting it, and what another policy would have said.

pub(crate) mod policies;
pub(crate) mod traces;
