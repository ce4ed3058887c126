//! The rules of human review as plain functions from values to values.
//!
//! What is to be reviewed, and what became of it, is a [`fold`] of the log: an [`Item`] per exception or review that was asked
//! for. People act through a [`command`], which is decided against the item as it is and answers with the events that say so;
//! applied to the item, they are the change. So a table of items can be made again from the log at any time, and the [`digest`]
//! of it proves that it comes out the same. What is no fact about a decision (who looks at an item just now, what was read) is
//! not known here.
//!
//! Nothing here does I/O, reads a clock or draws randomness. Whatever depends on settings that may change (routing, calendars,
//! templates) is decided once, and written into an event; the fold reads the event and never the settings.

pub mod absence;
pub mod calendar;
mod canonical;
pub mod case;
pub mod command;
pub mod digest;
pub mod draft;
pub mod evidence;
pub mod facts;
pub mod fold;
pub mod form;
pub mod ids;
mod instant;
mod item;
pub mod notice;
pub mod policy_what_if;
mod problems;
pub mod routing;
mod status;
pub mod studio;
pub mod telling;
pub mod template;
pub mod timer;
mod wall;

pub use item::{
    Actor, Assignment, Ballot, Companion, Decision, External, Item, Policy, Request, Rung, Sla, Subject, Terms,
};
pub use notice::{Audience, Category, Notice};
pub use status::{Action, Kind, Priority, Status, UnknownWord};
