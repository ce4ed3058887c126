//! Delivers webhooks.
//!
//! The [`courier`] finds endpoints with something to do and owns their tenants, by lock and epoch like every scope. Each endpoint
//! has a turn of its own ([`turn`]): it queues what is new, sends what is due, and writes down how that ended. So an
//! endpoint that is slow or away keeps nobody waiting but itself. One attempt is a [`call`].

mod call;
mod courier;
mod message;
mod metrics;
mod turn;

pub(crate) use call::{Caller, Letter, Outcome};
pub(crate) use courier::{Courier, Tools};
pub(crate) use metrics::Metrics;
