//! The rules of webhooks: what is sent where, signed how, tried how often.
//!
//! Pure: time and randomness are arguments, and nothing here talks to anybody. dg-apid checks with it what an operator asks
//! for, dg-workflowd sends by it. Headers, secrets and signatures are those of [Standard Webhooks][spec].
//!
//! [spec]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

mod message;
mod schedule;
mod secret;
mod standing;
mod target;
mod wants;

pub use message::{Message, advance_id, event_id, event_type};
pub use schedule::{BadSchedule, Next, Schedule, retry_after};
pub use secret::{BadSecret, Secret, SecretKind, signatures};
pub use standing::{Policy, Verdict};
pub use target::{BadTarget, Reach, Target};
pub use wants::Wants;
