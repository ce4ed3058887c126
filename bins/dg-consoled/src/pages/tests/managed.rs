//! The screens about accounts, people, a tenant and the environment, in each of their states, and a secret at its one moment.

use dg_client::Secret;
use dg_domain::Micros;

use super::{NOW, check, failure, html, shell, tenant};
use crate::{
    model::{
        Body, Failure, Fields, Panel, Said, Shell, Viewer,
        accounts::{AccountPage, AccountRow, AccountsPage, Grants, TokenRow},
        environment::{Environment, EnvironmentPage},
        once::{OnceKind, OncePage},
        people::{LinkRow, PeoplePage, PersonPage, PersonRow, SessionRow},
        tenant::{About, Limit, Log, PolicyRow, Reviews, TenantPage, Traces},
    },
    place::{ManagedAt, Place, Screen},
};

const MAY: [&str; 3] = ["accounts_manage", "tenants_manage", "workflow_review"];

fn admin(permissions: &[&str]) -> Shell {
    let permissions = permissions.iter().map(|one| (*one).to_owned()).collect();
    shell(|shell| {
        let (account_id, roles) = ("ada".to_owned(), vec!["admin".to_owned()]);
        shell.viewer = Some(Viewer { account_id, roles, permissions, development: false });
    })
}

fn forbidden() -> Failure {
    let (code, message) = ("forbidden".to_owned(), "the role admin is needed".to_owned());
    Failure { code, message, request_id: None, transient: false }
}

fn grants() -> Grants {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Grants { roles: owned(&["writer"]), permissions: owned(&["workflow_review"]), tenants: owned(&["*"]) }
}

fn row() -> AccountRow {
    AccountRow {
        account_id: "bot/1".to_owned(),
        display_name: Some("<b>Bot</b>".to_owned()),
        owner: Some("maya".to_owned()),
        grants: grants(),
        disabled: false,
        created: Some(NOW),
        created_by: "ada".to_owned(),
    }
}

fn token(status: &str) -> TokenRow {
    TokenRow {
        token_id: "0123456789ab".to_owned(),
        label: Some("second machine".to_owned()),
        status: status.to_owned(),
        created: Some(NOW),
        revoked: (status == "revoked").then(|| (NOW, "ada".to_owned())),
        replaces: Some("ffffffffffff".to_owned()),
        ..TokenRow::default()
    }
}

fn accounts(asking: bool, list: Panel<Vec<AccountRow>>) -> Body {
    Body::Accounts(Box::new(AccountsPage { tenant: tenant(), asking, list }))
}

fn account(doing: Option<&str>, status: &str) -> Body {
    let at = match doing {
        Some(doing) => ManagedAt::of("bot/1").doing(doing, Some("0123456789ab")),
        None => ManagedAt::of("bot/1"),
    };
    Body::Account(Box::new(AccountPage { tenant: tenant(), at, account: Panel::Ready((row(), vec![token(status)])) }))
}

fn person() -> PersonRow {
    PersonRow {
        user_id: "maya".to_owned(),
        grants: grants(),
        has_password: true,
        must_change: true,
        created_by: "ada".to_owned(),
        ..PersonRow::default()
    }
}

fn one_person(doing: Option<&str>, on: Option<&str>, sessions: Panel<Vec<SessionRow>>) -> Body {
    let at = ManagedAt { id: "maya".to_owned(), doing: doing.map(str::to_owned), on: on.map(str::to_owned) };
    let link = LinkRow {
        issuer: "https://id.example".to_owned(),
        subject: "s-1".to_owned(),
        since: None,
        by: "ada".to_owned(),
    };
    let (person, links) = (Panel::Ready(person()), Panel::Ready(vec![link]));
    Body::Person(Box::new(PersonPage { tenant: tenant(), at, person, sessions, links }))
}

fn once(kind: OnceKind, secret: Option<&str>, back: Place) -> Body {
    Body::Once(Box::new(OncePage {
        kind,
        whose: "bot/1".to_owned(),
        secret: secret.map(Secret::from),
        public: Some("0123456789ab".to_owned()),
        expires: None,
        replaces: Some(("ffffffffffff".to_owned(), Some(Micros::new(NOW.get() + 86_400_000_000)))),
        back,
    }))
}

#[test]
fn accounts_are_listed_and_nothing_is_markup() {
    let told = html(admin(&MAY), accounts(false, Panel::Ready(vec![row()])));
    let present = [
        "/t/acme/accounts/bot%2F1",
        "maya answers for it",
        "every tenant",
        "workflow_review",
        "/t/acme/accounts?do=create",
    ];
    check(&told, &present, &["<b>Bot</b>", "id=\"do\"", "<script"]);
    check(&html(admin(&MAY), accounts(false, Panel::Loading)), &["Reading …"], &["<table"]);
    check(&html(admin(&MAY), accounts(false, Panel::Ready(Vec::new()))), &["no account that you may see"], &["<table"]);
    check(&html(admin(&MAY), accounts(false, Panel::Failed(forbidden()))), &["Only for administrators."], &[]);
    check(&html(admin(&MAY), accounts(false, Panel::Failed(failure(true)))), &["req-7"], &[]);
}

#[test]
fn an_account_is_made_with_what_one_has_oneself() {
    let told = html(admin(&MAY), accounts(true, Panel::Ready(Vec::new())));
    let present = [
        "action=\"/t/acme/issue/create-account\"",
        "value=\"workflow_review\"",
        "value=\"acme\"",
        "value=\"7776000\" selected",
    ];
    check(&told, &present, &["value=\"audit_read\"", "value=\"*\"", "disabled=true"]);
    check(&html(admin(&["*"]), accounts(true, Panel::Loading)), &["value=\"audit_read\"", "value=\"*\""], &[]);
    check(&html(admin(&[]), accounts(true, Panel::Loading)), &["It needs the permission accounts_manage"], &[]);
    let mut again = admin(&MAY);
    let fields = [("form", "create-account"), ("account_id", "bot 2"), ("role", "admin"), ("tenants", "beta")];
    let fields = Fields(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
    again.said = Some(Said::Refused { failure: failure(false), fields });
    let told = html(again, accounts(true, Panel::Ready(Vec::new())));
    check(&told, &["value=\"bot 2\"", "value=\"admin\" checked", "value=\"beta\""], &["value=\"reader\" checked"]);
}

#[test]
fn a_token_is_named_and_what_is_dangerous_asks_for_a_phrase() {
    let told = html(admin(&MAY), account(None, "active"));
    check(&told, &["dg_0123456789ab_…", "in place of ffffffffffff", "do=rotate&#38;on=0123456789ab"], &["id=\"do\""]);
    check(&html(admin(&MAY), account(None, "revoked")), &["revoked by ada"], &["do=rotate"]);
    let revoke = html(admin(&MAY), account(Some("revoke"), "active"));
    check(&revoke, &["REVOKE BOT/1", "action=\"/t/acme/do/revoke-token\"", "do danger"], &[]);
    let rotate = html(admin(&MAY), account(Some("rotate"), "active"));
    check(&rotate, &["action=\"/t/acme/issue/rotate-token\"", "value=\"86400\" selected"], &["danger"]);
    // What has ended is not rotated.
    check(&html(admin(&MAY), account(Some("rotate"), "expired")), &["dg_0123456789ab_…"], &["id=\"do\""]);
    check(&html(admin(&MAY), account(Some("disable"), "active")), &["DISABLE BOT/1"], &[]);
    let change = html(admin(&MAY), account(Some("change"), "active"));
    check(&change, &["value=\"workflow_review\" checked", "value=\"writer\" checked", "value=\"*\""], &[]);
    check(&html(admin(&MAY), account(Some("token"), "active")), &["/t/acme/issue/create-token"], &[]);
}

#[test]
fn a_secret_is_on_its_page_and_a_second_time_it_is_not() {
    let back = Place::of(&tenant(), Screen::Account(ManagedAt::of("bot/1")));
    let shown = html(admin(&MAY), once(OnceKind::Token, Some("dg_secret"), back.clone()));
    check(&shown, &["dg_secret", "nowhere else", "href=\"/t/acme/accounts/bot%2F1\"", "ffffffffffff"], &[]);
    let again = html(admin(&MAY), once(OnceKind::Password, None, back));
    check(&again, &["This password was shown once.", "reset the password"], &["id=\"secret\""]);
}

#[test]
fn people_are_listed_and_one_is_looked_after() {
    let list = |asking, list| html(admin(&MAY), Body::People(Box::new(PeoplePage { tenant: tenant(), asking, list })));
    check(&list(false, Panel::Ready(vec![person()])), &["/t/acme/people/maya", "has a first password", "never"], &[]);
    check(&list(false, Panel::Ready(Vec::new())), &["There is nobody that you may see."], &[]);
    check(&list(false, Panel::Failed(forbidden())), &["Only for administrators."], &[]);
    check(&list(true, Panel::Loading), &["/t/acme/issue/create-person", "value=\"reader\" checked"], &[]);
    let session = SessionRow {
        session_id: "s-9".to_owned(),
        method: "oidc".to_owned(),
        agent: "console".to_owned(),
        ..SessionRow::default()
    };
    let sessions = || Panel::Ready(vec![session.clone()]);
    let told = html(admin(&MAY), one_person(None, None, sessions()));
    let present = ["/t/acme/do/end-session", "value=\"s-9\"", "at an issuer", "https://id.example", "do=unlink"];
    check(&told, &present, &["id=\"do\""]);
    check(&html(admin(&[]), one_person(None, None, sessions())), &["disabled"], &[]);
    check(&html(admin(&MAY), one_person(None, None, Panel::Ready(Vec::new()))), &["Nowhere."], &[]);
    check(
        &html(admin(&MAY), one_person(None, None, Panel::Failed(failure(true)))),
        &["The sessions could not be read."],
        &[],
    );
    for (doing, on, present) in [
        ("password", None, "RESET MAYA"),
        ("disable", None, "DISABLE MAYA"),
        ("change", None, "/t/acme/do/change-person"),
        ("link", None, "/t/acme/do/link-person"),
        ("unlink", Some("https://id.example"), "/t/acme/do/unlink-person"),
    ] {
        check(&html(admin(&MAY), one_person(Some(doing), on, sessions())), &[present, "id=\"do\""], &[]);
    }
    check(&html(admin(&MAY), one_person(Some("unlink"), Some("other"), sessions())), &[], &["id=\"do\""]);
}

fn of_tenant(doing: Option<&str>) -> TenantPage {
    let limit = Limit { field: "reads_per_second", words: "Reads a second", range: (1, 1_000_000), value: Some(50) };
    let about =
        About { status: "active".to_owned(), guard: "precise".to_owned(), limits: vec![limit], ..About::default() };
    let policy = PolicyRow {
        policy: Some("cap".to_owned()),
        decisions: 4,
        approved: Some(0.75),
        median: Some(90.0),
        suggestion: Some("loosen it".to_owned()),
        ..PolicyRow::default()
    };
    TenantPage {
        tenant: tenant(),
        doing: doing.map(str::to_owned),
        about: Panel::Ready(about),
        log: Panel::Ready(Log { head: 12_000, status: "lagging".to_owned(), behind: 7, per_second: 3.5, failures: 2 }),
        traces: Panel::Ready(Traces { all: (10_000, true), open: (4, false) }),
        reviews: Panel::Ready(Reviews { all: 9, overdue: 1, ..Reviews::default() }),
        policies: Panel::Ready(vec![policy]),
    }
}

#[test]
fn a_tenant_is_counted_and_bounded() {
    let told = |page| html(admin(&MAY), Body::Tenant(Box::new(page)));
    let present = [
        "12,000",
        "3.5 a second now",
        "7 events behind",
        "10,000+",
        "75 %",
        "1 min 30 s",
        "loosen it",
        "precise: refuses",
    ];
    check(&told(of_tenant(None)), &present, &["id=\"do\""]);
    check(&told(of_tenant(Some("limits"))), &["value=\"50\"", "Reads a second, 1 to 1,000,000"], &[]);
    let status = told(of_tenant(Some("status")));
    check(&status, &["SUSPEND ACME", "CLOSE ACME", "value=\"suspended\""], &["value=\"active\""]);
    let page = TenantPage {
        about: Panel::Failed(forbidden()),
        policies: Panel::Ready(Vec::new()),
        ..of_tenant(Some("limits"))
    };
    check(&told(page), &["Only for administrators.", "12,000", "Nothing was asked for"], &["id=\"do\""]);
    let loading = TenantPage { log: Panel::Loading, traces: Panel::Failed(failure(true)), ..of_tenant(None) };
    check(&told(loading), &["Reading …", "The traces could not be counted."], &["12,000"]);
    let mut barred = admin(&[]);
    barred.place = Place::of(&tenant(), Screen::Tenant { doing: None });
    check(
        &html(barred, Body::Tenant(Box::new(of_tenant(Some("limits"))))),
        &["It needs the permission tenants_manage"],
        &[],
    );
}

#[test]
fn the_environment_says_what_is_not_right() {
    let told = |found| html(admin(&MAY), Body::Environment(Box::new(EnvironmentPage { tenant: tenant(), found })));
    let found = Environment {
        api: "9.9.9".to_owned(),
        database: "17.2".to_owned(),
        bytes: 3 << 20,
        connections: (90, 100),
        ahead: -2.5,
        schema: (20, 21),
        migrations: vec![(20, "workflow_files".to_owned(), Some(NOW))],
        programs: vec![("dg_apid".to_owned(), 12), ("psql".to_owned(), 1)],
        leases: vec![("projection".to_owned(), "dg_projectord".to_owned(), 3, 1)],
        ..Environment::default()
    };
    let present = [
        "another one than the service",
        "version 20, and 21 is needed",
        "nearly full",
        "2.500 s behind",
        "too far apart",
        "3.0 MiB",
        "not connected",
        "psql",
        "held 3 times by dg_projectord",
        "workflow_files",
    ];
    check(&told(Panel::Ready(found)), &present, &[]);
    check(&told(Panel::Failed(forbidden())), &["Only for administrators."], &["PostgreSQL"]);
    check(&told(Panel::Loading), &["Reading …"], &[]);
}

#[test]
fn only_those_who_may_are_led_there() {
    let body = || accounts(false, Panel::Loading);
    let areas = ["data-name=\"Accounts\"", "data-name=\"People\"", "data-name=\"Tenant\"", "data-name=\"Environment\""];
    check(&html(admin(&MAY), body()), &areas, &[]);
    check(&html(admin(&[]), body()), &areas[2..], &areas[..2]);
    check(&html(shell(|_| ()), body()), &["data-name=\"Traces\""], &areas);
}
