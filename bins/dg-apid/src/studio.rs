//! `/workflow-studio`: what a review of a trace would be, and starting it.

pub(crate) mod traces;
