//! Reads a place from the service and turns the answer into a view.
//!
//! Everything is read with the person's token. A part that fails becomes a panel that says so; the others are shown.

mod accounts;
mod around;
mod audit;
mod compare;
mod environment;
mod event;
mod events;
mod failures;
mod graph;
mod inbox;
mod notifications;
mod overview;
mod people;
mod policy_path;
mod precedents;
mod projections;
mod review;
mod runs;
mod studio;
mod tabs;
mod tenant;
mod trace;
mod traces;

use dg_client::{Client, ClientError, Meta, TraceQuery};
use dg_domain::TenantId;

use crate::{
    model::{
        Body, Entity, Failure, Freshness, Notice, Panel, TracePage, TracesPage,
        accounts::{AccountPage, AccountsPage},
        audit::AuditPage,
        environment::EnvironmentPage,
        events::EventsPage,
        failures::FailuresPage,
        graph::GraphPage,
        inbox::InboxPage,
        notifications::NotificationsPage,
        overview::OverviewPage,
        people::{PeoplePage, PersonPage},
        precedents::{ComparePage, PrecedentsPage},
        projections::{DigestsPage, ProjectionsPage},
        review::ReviewPage,
        runs::{ReplaysPage, RunPage},
        studio::StudioPage,
        tabs::TabView,
        tenant::TenantPage,
    },
    people::{Person, tenants_of},
    place::{Place, Screen},
};

/// What was found at a place.
#[derive(Debug)]
pub(crate) struct Found {
    /// The place itself, or the one it leads to.
    pub(crate) place: Place,
    /// What to call the window.
    pub(crate) title: String,
    /// What to show.
    pub(crate) body: Body,
    /// How current that is.
    pub(crate) freshness: Freshness,
    /// Set when the service could not be asked: what is shown may be missing or old.
    pub(crate) outage: Option<Failure>,
}

/// The token is not valid any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SignedOut;

impl Found {
    /// A place whose data could not be asked for.
    fn without(place: &Place, failure: Failure) -> Self {
        let mut body = Body::outline(place);
        body.fail(&failure);
        let outage = failure.transient.then_some(failure);
        Self { place: place.clone(), title: "Not available".to_owned(), body, freshness: Freshness::Unknown, outage }
    }

    fn says(place: &Place, notice: Notice) -> Self {
        let (title, outage) = match &notice {
            Notice::NotFound => ("Not found", None),
            Notice::NoTenant => ("No tenant", None),
            Notice::Failed(failure) => ("Not available", failure.transient.then(|| failure.clone())),
        };
        let (title, freshness) = (title.to_owned(), Freshness::Unknown);
        Self { place: place.clone(), title, body: Body::Notice(notice), freshness, outage }
    }
}

impl Body {
    /// The layout of a place before its data.
    pub(crate) fn outline(place: &Place) -> Self {
        let Place::Of { tenant, screen, .. } = place else { return Self::Notice(Notice::NotFound) };
        let tenant = tenant.clone();
        match screen {
            Screen::Overview => Self::Overview(Box::new(OverviewPage {
                tenant,
                reviews: Panel::Loading,
                projections: Panel::Loading,
                traces: Panel::Loading,
            })),
            Screen::Notifications { unread, cursor } => Self::Notifications(Box::new(NotificationsPage {
                tenant,
                unread: *unread,
                cursor: cursor.clone(),
                list: Panel::Loading,
            })),
            Screen::Inbox { filter, cursor } => Self::Inbox(Box::new(InboxPage {
                tenant,
                filter: (**filter).clone(),
                cursor: cursor.clone(),
                counts: Panel::Loading,
                list: Panel::Loading,
            })),
            Screen::Review { workflow_id, doing } => Self::Review(Box::new(ReviewPage {
                tenant,
                workflow_id: workflow_id.clone(),
                doing: doing.clone(),
                item: Panel::Loading,
                form: None,
                effect: None,
            })),
            Screen::Studio { trace_id, template_id } => Self::Studio(Box::new(StudioPage {
                tenant,
                trace_id: trace_id.clone(),
                template_id: template_id.clone(),
                templates: Panel::Loading,
                trial: trace_id.as_ref().map(|_| Panel::Loading),
            })),
            Screen::Audit { filter, cursor } => Self::Audit(Box::new(AuditPage {
                tenant,
                filter: filter.clone(),
                cursor: cursor.clone(),
                list: Panel::Loading,
            })),
            Screen::Traces { filter, cursor } => Self::Traces(Box::new(TracesPage {
                tenant,
                filter: (**filter).clone(),
                cursor: cursor.clone(),
                list: Panel::Loading,
                waiting: 0,
            })),
            Screen::Trace { trace_id, tab, .. } => Self::Trace(Box::new(TracePage {
                tenant,
                trace_id: trace_id.clone(),
                head: Panel::Loading,
                timeline: Panel::Loading,
                neighbours: Panel::Loading,
                tab: TabView::outline(*tab, trace_id),
            })),
            Screen::Graph(ask) => Self::Graph(Box::new(GraphPage {
                tenant,
                ask: (**ask).clone(),
                begin: Panel::Loading,
                content: Panel::Loading,
            })),
            Screen::Precedents(ask) => {
                Self::Precedents(Box::new(PrecedentsPage { tenant, ask: (**ask).clone(), hits: Panel::Loading }))
            }
            Screen::Compare { a, b, only } => Self::Compare(Box::new(ComparePage {
                tenant,
                a: a.clone(),
                b: b.clone(),
                only: *only,
                content: Panel::Loading,
            })),
            Screen::Events(at) => {
                Self::Events(Box::new(EventsPage { tenant, at: at.clone(), list: Panel::Loading, waiting: 0 }))
            }
            Screen::Projections => Self::Projections(Box::new(ProjectionsPage { tenant, health: Panel::Loading })),
            Screen::Digests(at) => {
                let now = at.now.then_some(Panel::Loading);
                Self::Digests(Box::new(DigestsPage { tenant, at: at.clone(), now, history: Panel::Loading }))
            }
            Screen::Failures(at) => {
                let chosen = at.act.is_some().then_some(Panel::Loading);
                Self::Failures(Box::new(FailuresPage { tenant, at: at.clone(), list: Panel::Loading, chosen }))
            }
            Screen::Replays(at) => {
                let (state, list) = (Panel::Loading, Panel::Loading);
                Self::Replays(Box::new(ReplaysPage { tenant, at: at.clone(), state, list }))
            }
            Screen::Run(at) => Self::Run(Box::new(RunPage { tenant, at: at.clone(), run: Panel::Loading })),
            Screen::Accounts { asking } => {
                Self::Accounts(Box::new(AccountsPage { tenant, asking: *asking, list: Panel::Loading }))
            }
            Screen::Account(at) => {
                Self::Account(Box::new(AccountPage { tenant, at: at.clone(), account: Panel::Loading }))
            }
            Screen::People { asking } => {
                Self::People(Box::new(PeoplePage { tenant, asking: *asking, list: Panel::Loading }))
            }
            Screen::Person(at) => Self::Person(Box::new(PersonPage {
                tenant,
                at: at.clone(),
                person: Panel::Loading,
                sessions: Panel::Loading,
                links: Panel::Loading,
            })),
            Screen::Tenant { doing } => Self::Tenant(Box::new(TenantPage {
                tenant,
                doing: doing.clone(),
                about: Panel::Loading,
                log: Panel::Loading,
                traces: Panel::Loading,
                reviews: Panel::Loading,
                policies: Panel::Loading,
            })),
            Screen::Environment => Self::Environment(Box::new(EnvironmentPage { tenant, found: Panel::Loading })),
        }
    }

    /// Says in the main part of the page why it could not be read.
    fn fail(&mut self, failure: &Failure) {
        match self {
            Self::Overview(page) => page.traces = Panel::Failed(failure.clone()),
            Self::Notifications(page) => page.list = Panel::Failed(failure.clone()),
            Self::Inbox(page) => page.list = Panel::Failed(failure.clone()),
            Self::Review(page) => page.item = Panel::Failed(failure.clone()),
            Self::Studio(page) => page.templates = Panel::Failed(failure.clone()),
            Self::Audit(page) => page.list = Panel::Failed(failure.clone()),
            Self::Traces(page) => page.list = Panel::Failed(failure.clone()),
            Self::Trace(page) => page.timeline = Panel::Failed(failure.clone()),
            Self::Graph(page) => {
                page.content = Panel::Failed(failure.clone());
                page.begin = Panel::Failed(failure.clone());
            }
            Self::Precedents(page) => page.hits = Panel::Failed(failure.clone()),
            Self::Compare(page) => page.content = Panel::Failed(failure.clone()),
            Self::Events(page) => page.list = Panel::Failed(failure.clone()),
            Self::Projections(page) => page.health = Panel::Failed(failure.clone()),
            Self::Digests(page) => page.history = Panel::Failed(failure.clone()),
            Self::Failures(page) => page.list = Panel::Failed(failure.clone()),
            Self::Replays(page) => page.list = Panel::Failed(failure.clone()),
            Self::Run(page) => page.run = Panel::Failed(failure.clone()),
            Self::Notice(notice) => *notice = Notice::Failed(failure.clone()),
            Self::SignIn(_) | Self::Setup(_) | Self::Password(_) | Self::Passage(_) | Self::Once(_) => {}
            Self::Accounts(page) => page.list = Panel::Failed(failure.clone()),
            Self::Account(page) => page.account = Panel::Failed(failure.clone()),
            Self::People(page) => page.list = Panel::Failed(failure.clone()),
            Self::Person(page) => page.person = Panel::Failed(failure.clone()),
            Self::Tenant(page) => page.about = Panel::Failed(failure.clone()),
            Self::Environment(page) => page.found = Panel::Failed(failure.clone()),
        }
    }
}

/// Reads `place`.
///
/// # Errors
/// [`SignedOut`] when the service does not know the token; everything else is part of what was found.
pub(crate) async fn read(person: &Person, place: &Place) -> Result<Found, SignedOut> {
    let tenants = match person.me(false).await {
        Ok(me) => tenants_of(&me),
        Err(error) if signed_out(&error) => return Err(SignedOut),
        // The next question would wait just as long.
        Err(error) => return Ok(Found::without(place, failure(&error))),
    };
    let place = match (place, tenants.first()) {
        (Place::Home, Some(first)) => Place::of(first, Screen::Overview),
        (Place::Home, None) => return Ok(Found::says(place, Notice::NoTenant)),
        _ => place.clone(),
    };
    let Place::Of { tenant, screen, .. } = &place else { return Ok(Found::says(&place, Notice::NotFound)) };
    if !may_see(person, &tenants, tenant).await {
        return Ok(Found::says(&place, Notice::NotFound));
    }
    match screen {
        Screen::Overview => overview::read(person, &place, tenant).await,
        Screen::Notifications { unread, cursor } => {
            notifications::read(person, &place, tenant, *unread, cursor.as_deref()).await
        }
        Screen::Inbox { filter, cursor } => inbox::read(person, &place, tenant, filter, cursor.as_deref()).await,
        Screen::Review { workflow_id, doing } => {
            review::read(person, &place, tenant, workflow_id, doing.as_deref()).await
        }
        Screen::Studio { trace_id, template_id } => {
            studio::read(person, &place, tenant, trace_id.as_deref(), template_id.as_deref()).await
        }
        Screen::Audit { filter, cursor } => audit::read(person, &place, tenant, filter, cursor.as_deref()).await,
        Screen::Traces { filter, cursor } => traces::read(person, &place, tenant, filter, cursor.as_deref()).await,
        Screen::Trace { trace_id, from, tab } => trace::read(person, &place, tenant, trace_id, *from, *tab).await,
        Screen::Graph(ask) => graph::read(person, &place, tenant, ask).await,
        Screen::Precedents(ask) => precedents::read(person, &place, tenant, ask).await,
        Screen::Compare { .. } => match Body::outline(&place) {
            Body::Compare(page) => compare::read(person, &place, tenant, *page).await,
            _ => Ok(Found::says(&place, Notice::NotFound)),
        },
        Screen::Events(at) => events::read(person, &place, tenant, at).await,
        Screen::Projections => projections::read(person, &place, tenant).await,
        Screen::Digests(at) => projections::digests(person, &place, tenant, at).await,
        Screen::Failures(at) => failures::read(person, &place, tenant, at).await,
        Screen::Replays(at) => runs::list(person, &place, tenant, at).await,
        Screen::Run(at) => runs::one(person, &place, tenant, at).await,
        Screen::Accounts { asking } => accounts::list(person, &place, tenant, *asking).await,
        Screen::Account(at) => accounts::one(person, &place, tenant, at).await,
        Screen::People { asking } => people::list(person, &place, tenant, *asking).await,
        Screen::Person(at) => people::one(person, &place, tenant, at).await,
        Screen::Tenant { doing } => tenant::read(person, &place, tenant, doing.as_deref()).await,
        Screen::Environment => environment::read(person, &place, tenant).await,
    }
}

/// What an answer is on a page. Missing and foreign things are a panel that says so; a page about one thing says
/// [`Notice::NotFound`] before it comes here.
///
/// # Errors
/// [`SignedOut`] when the service does not know the token.
fn panel<T>(answer: Result<T, ClientError>) -> Result<Panel<T>, SignedOut> {
    match answer {
        Ok(content) => Ok(Panel::Ready(content)),
        Err(error) if signed_out(&error) => Err(SignedOut),
        Err(error) => Ok(Panel::Failed(failure(&error))),
    }
}

/// How far the projections of a tenant are, for pages whose own answers do not say.
async fn position(client: &Client) -> Result<Meta, ClientError> {
    let query = TraceQuery { limit: Some(1), companions: true, ..TraceQuery::default() };
    Ok(client.traces(&query).await?.meta)
}

/// The same, where a page does without.
async fn about_fresh(client: &Client) -> Freshness {
    position(client).await.map_or(Freshness::Unknown, freshness)
}

pub(crate) use around::neighbours;
pub(crate) use trace::has_news;

/// Saves a call that would be refused; a tenant registered a moment ago is asked for once more.
async fn may_see(person: &Person, tenants: &[TenantId], tenant: &TenantId) -> bool {
    tenants.contains(tenant) || person.me(true).await.is_ok_and(|me| tenants_of(&me).contains(tenant))
}

/// Set when the service could not be asked for `panel`.
fn outage<T>(panel: &Panel<T>) -> Option<Failure> {
    match panel {
        Panel::Failed(failure) if failure.transient => Some(failure.clone()),
        Panel::Failed(_) | Panel::Ready(_) | Panel::Loading => None,
    }
}

/// What the client says, for people.
pub(crate) fn failure(error: &ClientError) -> Failure {
    // The client's own words name the service's address, which is nothing for a page.
    let message = match (error.status, error.code.as_str()) {
        (None, "unavailable") => "the service cannot be reached".to_owned(),
        (None, "timeout") => too_late().message,
        (None, "invalid_response") => "what answered is not the service".to_owned(),
        _ => error.message.clone(),
    };
    Failure { code: error.code.clone(), message, request_id: error.request_id.clone(), transient: error.is_transient() }
}

/// The service took too long.
pub(crate) fn too_late() -> Failure {
    let (code, message) = ("timeout".to_owned(), "the service did not answer in time".to_owned());
    Failure { code, message, request_id: None, transient: true }
}

fn signed_out(error: &ClientError) -> bool {
    error.status == Some(401)
}

/// Missing and foreign look alike.
fn is_nothing(error: &ClientError) -> bool {
    matches!(error.status, Some(403 | 404))
}

fn freshness(meta: Meta) -> Freshness {
    Freshness::of(meta.applied_seq, meta.head_seq)
}

fn entity(system: Option<&str>, kind: Option<&str>, id: Option<&str>) -> Entity {
    let kind = kind.unwrap_or_default().replace('_', " ");
    let kind = match system.filter(|system| !system.is_empty()) {
        Some(system) => format!("{kind} in {system}"),
        None => kind,
    };
    Entity { id: id.unwrap_or_default().to_owned(), kind: kind.trim().to_owned() }
}
