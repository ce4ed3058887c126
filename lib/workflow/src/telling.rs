//! What is told to whom outside of the console, by which way, and when.
//!
//! Everybody a notification is for finds it in their inbox at once; that is no matter of choice. What goes further, by e-mail, to
//! a chat or to a program, is planned here: by category, at once or collected for an hour or a day, and not in quiet hours. An
//! escalation knows no quiet hours.

mod audience;
mod preferences;
mod quiet;

use dg_domain::Micros;
use serde::{Deserialize, Serialize};

pub use self::{
    audience::{Member, Told, audience},
    preferences::{Choice, Preferences},
};
use crate::{Category, Notice};

/// What happened longer ago is no news: it is in the inbox and goes no further. A history that is taken over tells nobody.
const STALE_US: i64 = 3 * 24 * 3_600 * 1_000_000;

/// A way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A message to an address.
    Email,
    /// A signed message to a program.
    Webhook,
    /// A line in a chat.
    Chat,
}

impl Channel {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Email, Self::Webhook, Self::Chat];

    /// The word on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Webhook => "webhook",
            Self::Chat => "chat",
        }
    }

    /// The way of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == name)
    }
}

/// How soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Never: it stays in the inbox.
    Off,
    /// At once.
    Immediate,
    /// Together with others when the hour is full.
    Hourly,
    /// Together with others once a day.
    Daily,
}

impl Mode {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Off, Self::Immediate, Self::Hourly, Self::Daily];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Immediate => "immediate",
            Self::Hourly => "hourly",
            Self::Daily => "daily",
        }
    }

    /// The mode of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

/// Where something can go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outlet {
    /// The way.
    pub channel: Channel,
    /// Which of the tenant's channels; none for a person's own address.
    pub channel_id: Option<String>,
}

/// Who is told: a person, or a channel of the tenant that stands for many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The person; none for a channel.
    pub account_id: Option<String>,
    /// Where they can be told.
    pub outlets: Vec<Outlet>,
    /// Whoever is away is told nothing outside of the inbox: their substitute is.
    pub is_away: bool,
}

/// One message to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Where to.
    pub outlet: Outlet,
    /// Not before.
    pub at: Micros,
    /// Goes out together with others for the same place that are due.
    pub is_bundled: bool,
}

/// What goes out about a notification to one recipient. `now` is the database's time.
#[must_use]
pub fn plan(notice: &Notice, recipient: &Recipient, preferences: &Preferences, now: Micros) -> Vec<Delivery> {
    let is_stale = now.get().saturating_sub(notice.created_at.get()) > STALE_US;
    if is_stale || recipient.is_away {
        return Vec::new();
    }
    let choice = preferences.choice(notice.category);
    let planned = match choice.mode {
        Mode::Off => return Vec::new(),
        Mode::Immediate => now,
        Mode::Hourly => preferences.next_hour(now),
        Mode::Daily => preferences.next_day(now),
    };
    let at = if notice.category == Category::Escalation { planned } else { preferences.after_quiet(planned) };
    // What quiet hours held back comes in one message when they end.
    let is_bundled = matches!(choice.mode, Mode::Hourly | Mode::Daily) || at > planned;
    let wanted = |outlet: &&Outlet| recipient.account_id.is_none() || choice.channels.contains(&outlet.channel);
    let outlets = recipient.outlets.iter().filter(wanted);
    outlets.map(|outlet| Delivery { outlet: outlet.clone(), at, is_bundled }).collect()
}

#[cfg(test)]
mod tests;
