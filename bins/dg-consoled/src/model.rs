//! The view model: everything a page shows, as values that compare.
//!
//! Pages are functions of [`View`]; loading fills it, a live session replaces it, and the difference goes to
//! the browser. Nothing here fetches and nothing here knows HTML.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod environment;
pub(crate) mod events;
pub(crate) mod failures;
pub(crate) mod graph;
pub(crate) mod inbox;
pub(crate) mod notifications;
pub(crate) mod once;
pub(crate) mod overview;
pub(crate) mod people;
pub(crate) mod precedents;
pub(crate) mod projections;
pub(crate) mod review;
pub(crate) mod runs;
mod shell;
pub(crate) mod studio;
pub(crate) mod tabs;
pub(crate) mod tenant;
mod trace;
mod traces;

use std::time::Duration;

pub(crate) use shell::{Fields, Freshness, Said, Shell, Viewer};
pub(crate) use trace::{EventRow, Neighbour, Neighbours, Timeline, TraceHead, TracePage};
pub(crate) use traces::{Entity, Standing, TraceList, TraceRow, TracesPage};

/// One screen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    /// What the window is called, without the product's name.
    pub(crate) title: String,
    /// The frame around every screen.
    pub(crate) shell: Shell,
    /// The screen itself.
    pub(crate) body: Body,
}

/// Something that could not be had, in words for the person and for whoever helps them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Stable, as in the error pages of the documentation.
    pub(crate) code: String,
    /// One sentence.
    pub(crate) message: String,
    /// Finds the log lines of the failed call.
    pub(crate) request_id: Option<String>,
    /// Whether it may work later with nobody changing anything.
    pub(crate) transient: bool,
}

/// A part of a screen that is fetched on its own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Panel<T> {
    /// Not there yet; the final layout is shown empty.
    Loading,
    /// The content.
    Ready(T),
    /// Why there is none.
    Failed(Failure),
}

impl<T> Panel<T> {
    /// The content, if it is there.
    pub(crate) fn ready(&self) -> Option<&T> {
        if let Self::Ready(content) = self { Some(content) } else { None }
    }
}

/// The screens.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    /// The start page of a tenant.
    Overview(Box<overview::OverviewPage>),
    /// What the viewer was told.
    Notifications(Box<notifications::NotificationsPage>),
    /// What waits for people.
    Inbox(Box<inbox::InboxPage>),
    /// One item.
    Review(Box<review::ReviewPage>),
    /// Templates of reviews.
    Studio(Box<studio::StudioPage>),
    /// Who did what.
    Audit(Box<audit::AuditPage>),
    /// The list of traces.
    Traces(Box<TracesPage>),
    /// One trace.
    Trace(Box<TracePage>),
    /// The graph around a node.
    Graph(Box<graph::GraphPage>),
    /// The search for precedents.
    Precedents(Box<precedents::PrecedentsPage>),
    /// Two decisions side by side.
    Compare(Box<precedents::ComparePage>),
    /// The log itself.
    Events(Box<events::EventsPage>),
    /// How the read models stand.
    Projections(Box<projections::ProjectionsPage>),
    /// What the read models amount to.
    Digests(Box<projections::DigestsPage>),
    /// Events that were set aside.
    Failures(Box<failures::FailuresPage>),
    /// Runs over the read models.
    Replays(Box<runs::ReplaysPage>),
    /// One of them.
    Run(Box<runs::RunPage>),
    /// The sign-in form.
    SignIn(SignInPage),
    /// The form of the first run.
    Setup(SetupPage),
    /// The form for another password.
    Password(PasswordPage),
    /// A page that leads on.
    Passage(PassagePage),
    /// A screen that only says something.
    Notice(Notice),
    /// The accounts of programs.
    Accounts(Box<accounts::AccountsPage>),
    /// One of them.
    Account(Box<accounts::AccountPage>),
    /// People who sign in.
    People(Box<people::PeoplePage>),
    /// One of them.
    Person(Box<people::PersonPage>),
    /// A secret at the one moment at which it is shown.
    Once(Box<once::OncePage>),
    /// What a tenant holds.
    Tenant(Box<tenant::TenantPage>),
    /// What runs here.
    Environment(Box<environment::EnvironmentPage>),
}

/// While something is under way.
const SOON: Duration = Duration::from_secs(1);
/// What changes seldom, and not with the log.
const LATER: Duration = Duration::from_secs(5);

impl Body {
    /// How soon an open page reads this again although the log did not move; `None` where the log tells all.
    pub(crate) fn again(&self) -> Option<Duration> {
        let busy = |busy: bool| Some(if busy { SOON } else { LATER });
        match self {
            Self::Projections(page) => busy(page.health.ready().is_some_and(|health| !health.open.is_empty())),
            Self::Replays(page) => busy(page.state.ready().is_some_and(|state| !state.open.is_empty())),
            Self::Run(page) => page.run.ready().is_some_and(|run| !run.line.has_ended()).then_some(SOON),
            Self::Failures(_) | Self::Account(_) | Self::Person(_) | Self::Environment(_) => Some(LATER),
            _ => None,
        }
    }

    /// Whether it costs too much to be read again whenever the log moves.
    pub(crate) fn is_still(&self) -> bool {
        matches!(self, Self::Digests(page) if page.now.as_ref().is_some_and(|now| now.ready().is_some()))
    }
}

/// Screens that only say something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// No such page, or nothing the person may see there: the same words for both.
    NotFound,
    /// The account sees no tenant that exists.
    NoTenant,
    /// The service answered no to the first question.
    Failed(Failure),
}

/// The sign-in form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignInPage {
    /// Where to go afterwards.
    pub(crate) next: String,
    /// What was wrong with the last attempt.
    pub(crate) problem: Option<String>,
    /// Whether people sign in with name and password.
    pub(crate) people: bool,
    /// What the button to the issuer says, if there is one.
    pub(crate) issuer: Option<String>,
    /// Whether nobody can sign in yet, and the first person can be made.
    pub(crate) setup: bool,
    /// The name of the last attempt.
    pub(crate) user_id: String,
}

/// The form of the first run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SetupPage {
    /// What was wrong with the last attempt.
    pub(crate) problem: Option<String>,
    /// The name of the last attempt.
    pub(crate) user_id: String,
    /// How people call them.
    pub(crate) display_name: String,
}

/// A page that leads on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PassagePage {
    /// Where to.
    pub(crate) to: String,
    /// What happens.
    pub(crate) title: String,
}

/// The form for another password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PasswordPage {
    /// Where to go afterwards.
    pub(crate) next: String,
    /// What was wrong with the last attempt.
    pub(crate) problem: Option<String>,
    /// Whether nothing else can be done before.
    pub(crate) required: bool,
}
