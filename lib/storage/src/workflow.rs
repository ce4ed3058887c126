//! Items of human review: the fold of the log in tables, and the one way to change them.
//!
//! Whoever changes an item takes a *turn*: a transaction that locks the tenant's log and its items, applies what the log has
//! and the items have not, and then appends events of its own and applies those too. Commands, timers and routing differ in what
//! they append, and in nothing else; so the tables are the fold of the log after each of them. What is in no log (who holds an
//! item, what was read) has statements of its own.
//!
//! Not taken: commands that write tables first and tell the log later (two truths for a while), and a queue of commands for
//! dg-workflowd (a reviewer would wait for a daemon).

mod absences;
mod act;
mod calendars;
mod case;
mod channels;
mod claims;
mod dead_letters;
mod deliveries;
mod figures;
mod files;
mod inbox;
mod list;
mod news;
mod notices;
mod preferences;
mod read;
mod rebuild;
mod replays;
mod route;
mod row;
mod start;
mod studio;
mod sync;
mod templates;
mod turn;

pub use absences::{AbsenceRefusal, AbsenceRow, NewAbsence};
pub use act::{Act, Acted, Declined, Preview};
pub use calendars::CalendarRow;
pub use channels::{ChannelChange, ChannelRow, MOST_CHANNELS, NewChannel, Place};
pub use claims::{Claim, Claimed};
pub use dead_letters::DeadLetter;
pub use deliveries::{
    Attempted, DELIVERY_STATES, DeliveriesFilter, DeliveryRow, Due, Seal, Sent, TellingScope, TellingTotals,
};
pub use figures::{Figures, FiguresOf, PolicyFigures};
pub use files::{FileContent, NewFile, PutFile};
pub use inbox::{InboxFilter, InboxRow, Seen};
pub use list::{Buckets, ItemFilter, ItemOrder, ItemPage, ItemPosition, Summary};
pub use news::{News, NewsFilter};
pub use preferences::PreferencesRow;
pub use read::{ActionRow, NoticeRow, Shown};
pub use rebuild::Rebuilt;
pub use start::{Begun, ToStart};
pub use studio::TraceLooked;
pub use sync::{Standing, Synced};
pub use templates::{Made, RoutingRow, TemplateRow};
pub(crate) use turn::Turn;
