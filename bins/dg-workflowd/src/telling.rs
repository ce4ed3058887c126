//! Tells people what concerns them, outside of the console.
//!
//! The [`teller`] finds tenants with something to deliver and owns them, by lock and epoch like every scope. Each tenant has a turn
//! of its own ([`turn`]), which sends what is due and writes down how that ended. Killed anywhere, the next turn sends again what
//! it cannot know to have been taken, under the same id. What is said is a [`message`]; how it goes is a [`mail`], or a call like
//! those of webhooks.

mod mail;
mod message;
mod metrics;
mod teller;
mod turn;

pub(crate) use mail::{Encryption, MailConfig, Mailer, is_loopback};
pub(crate) use metrics::Metrics;
pub(crate) use teller::{Teller, Tools};
