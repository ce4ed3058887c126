//! What all requests and all open pages share.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dg_client::{Client, ClientError, Options, RetryPolicy, SignInMethods};
use dg_domain::Micros;
use dg_runtime::{CancellationToken, clock, config::Environment, metrics::Metrics};
use tokio::runtime::Handle;

use crate::{
    assets::Assets,
    config::ConsoledConfig,
    live::Lives,
    model::{Freshness, Shell, View},
    people::{Csrf, Development, Person, Sessions, random_id},
    place::Place,
    pulse::Pulses,
    source::Found,
};

/// Pages answer quickly or say that they cannot; nothing waits longer than this for the service.
const PATIENCE: Duration = Duration::from_secs(10);
/// The sign-in page is drawn without the button when the service takes longer.
const ASIDE: Duration = Duration::from_millis(1500);
/// For how long the service is believed about how people sign in, in microseconds.
const BELIEVED: i64 = 5_000_000;

/// The console's state. Everything in it is bounded and gone after a restart.
pub(crate) struct App {
    /// Connections to the service, with nobody's token.
    pub(crate) api: Client,
    /// Signed-in people.
    pub(crate) sessions: Sessions,
    /// Where the console's own token is, with which it signs people in.
    service_token: Option<PathBuf>,
    /// By what people sign in, and when the service said so.
    methods: Mutex<Option<(Micros, SignInMethods)>>,
    /// Who reads while nobody has signed in, in development.
    pub(crate) development: Option<Development>,
    /// Form tokens.
    pub(crate) csrf: Csrf,
    /// Files for browsers.
    pub(crate) assets: Assets,
    /// Positions of the tenants being looked at.
    pub(crate) pulses: Pulses,
    /// Open pages.
    pub(crate) lives: Lives,
    /// Only loopback names may be asked for: nobody else can have meant this listener.
    pub(crate) loopback_only: bool,
    /// Cookies are for https.
    pub(crate) secure: bool,
    /// Cancelled when the daemon stops.
    pub(crate) stop: CancellationToken,
    environment: &'static str,
}

/// Why the console cannot start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// The address of the service cannot be used.
    #[error("console.api_url cannot be used")]
    Api(#[from] ClientError),
    /// No form token can be made.
    #[error("the system gives no randomness")]
    Randomness(#[from] getrandom::Error),
}

impl App {
    /// Puts the parts together; must be called on the runtime that serves.
    ///
    /// # Errors
    /// What is wrong with the address of the service or with the system.
    pub(crate) fn new(
        config: &ConsoledConfig,
        metrics: &Metrics,
        stop: CancellationToken,
    ) -> Result<Arc<Self>, StartError> {
        let console = &config.console;
        let options = Options { timeout: PATIENCE, connect_timeout: Duration::from_secs(2), retry: RetryPolicy::NEVER };
        let pulses = Pulses::new(Handle::current());
        let app = Self {
            api: Client::with_options(&console.api_url, "", options)?,
            sessions: Sessions::default(),
            service_token: Some(console.service_token_file.clone()).filter(|file| !file.as_os_str().is_empty()),
            methods: Mutex::default(),
            development: config.development_token().map(Development::new),
            csrf: Csrf::new()?,
            assets: Assets::embedded(),
            lives: Lives::new(console.max_live, console.max_live_per_person, metrics),
            pulses,
            loopback_only: console.listen.ip().is_loopback() && !console.behind_proxy,
            secure: console.behind_proxy,
            stop,
            environment: match config.environment {
                Environment::Dev => "dev",
                Environment::Production => "production",
            },
        };
        Ok(Arc::new(app))
    }

    /// The frame for a page at `place`, seen by `person`.
    pub(crate) fn shell(&self, person: Option<&Person>, place: Place, now: Micros) -> Shell {
        Shell {
            viewer: person.map(Person::viewer),
            tenants: person.map(Person::tenants).unwrap_or_default(),
            place,
            environment: self.environment.to_owned(),
            csrf: person.map(|person| person.csrf.clone()).unwrap_or_default(),
            freshness: Freshness::Unknown,
            outage: None,
            refreshing: false,
            live: false,
            now,
            // Without randomness no form is taken: the service refuses an empty name.
            key: person.and_then(|_| random_id().ok()).unwrap_or_default(),
            said: None,
        }
    }

    /// Whether people sign in with name and password here.
    pub(crate) fn knows_people(&self) -> bool {
        self.service_token.is_some()
    }

    /// The console in its own name. Its token is read anew each time, so that it may be put in place or replaced later.
    pub(crate) fn service(&self) -> Option<Client> {
        let token = std::fs::read_to_string(self.service_token.as_ref()?).ok()?;
        self.api.with_token(token.trim()).ok().filter(|_| !token.trim().is_empty())
    }

    /// By what people sign in; nothing but tokens where the service does not say.
    pub(crate) async fn sign_in_methods(&self) -> SignInMethods {
        let nothing = SignInMethods { oidc: None, password: true, setup: false };
        let now = clock::now();
        if let Some((at, methods)) = &*self.methods.lock().unwrap_or_else(PoisonError::into_inner)
            && now.get() - at.get() < BELIEVED
        {
            return methods.clone();
        }
        let Some(service) = self.service() else { return nothing };
        let methods = match tokio::time::timeout(ASIDE, service.sign_in_methods()).await {
            Ok(Ok(methods)) => methods,
            Ok(Err(error)) if error.status == Some(404) => nothing,
            _ => return nothing,
        };
        *self.methods.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, methods.clone()));
        methods
    }

    /// Asks again at the next sign-in.
    pub(crate) fn forget_sign_in_methods(&self) {
        *self.methods.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether the first person can be made.
    pub(crate) async fn setup_is_open(&self) -> bool {
        self.knows_people() && self.sign_in_methods().await.setup
    }

    /// A page as it was found.
    pub(crate) fn view(&self, person: &Person, found: Found) -> View {
        let mut shell = self.shell(Some(person), found.place, clock::now());
        shell.freshness = found.freshness;
        shell.outage = found.outage;
        if let Place::Of { said: Some(name), .. } = &shell.place {
            shell.said = person.said(name);
        }
        View { title: found.title, shell, body: found.body }
    }
}
