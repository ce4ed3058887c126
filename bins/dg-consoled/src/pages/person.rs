//! One person: what they may do, where they are signed in, and who they are at issuers.

use dioxus::prelude::*;

use super::{accounts::MANAGE, forms, grants, managed::Form, parts, people, steering};
use crate::{
    acts::managed::{disable_phrase, reset_phrase},
    model::{
        Panel, Shell,
        people::{LinkRow, PersonPage, PersonRow, SessionRow},
    },
    place::{ManagedAt, Place, Screen},
};

const SWITCH: &str = "switch-person";

pub(super) fn page(page: &PersonPage, shell: &Shell) -> Element {
    let all = Place::of(&page.tenant, Screen::People { asking: false }).href();
    let content = match &page.person {
        Panel::Ready(person) => rsx! {
            {facts(person, shell)}
            {doings(page, person)}
            {doing(page, person, shell)}
            section { "aria-labelledby": "sessions-title",
                h2 { id: "sessions-title", "Where they are signed in" }
                {sessions(page, shell)}
            }
            section { "aria-labelledby": "links-title",
                h2 { id: "links-title", "Who they are at issuers" }
                {links(page, shell)}
            }
        },
        unready => steering::unready(unready, "They could not be read.", shell),
    };
    rsx! {
        nav { class: "crumbs", "aria-label": "Where this is",
            a { href: "{all}", "People" }
            span { "aria-hidden": "true", "›" }
            span { "aria-current": "page", "{page.at.id}" }
        }
        div { class: "page-head", h1 { "{page.at.id}" } }
        {content}
    }
}

fn facts(person: &PersonRow, shell: &Shell) -> Element {
    let password = match (person.has_password, person.must_change) {
        (false, _) => "none: only an issuer lets them in",
        (true, true) => "a first one, which they change at the next sign-in",
        (true, false) => "one of their own",
    };
    rsx! {
        dl { class: "panel facts-panel", id: "facts",
            {parts::fact("State", grants::switched(person.disabled))}
            if let Some(name) = &person.display_name { {parts::fact("What people call them", rsx! { "{name}" })} }
            {parts::fact("Password", rsx! {
                "{password}"
                if person.has_password { span { class: "quiet block", "since " {parts::instant(person.password_since, shell)} } }
            })}
            {parts::fact("Last here", people::seen(person, shell))}
            {parts::fact("Added", rsx! { {parts::instant(person.created, shell)} span { class: "quiet", " by {person.created_by}" } })}
            {grants::facts(&person.grants)}
        }
    }
}

fn to(page: &PersonPage, step: &str, on: Option<&str>) -> String {
    Place::of(&page.tenant, Screen::Person(page.at.doing(step, on))).href()
}

fn doings(page: &PersonPage, person: &PersonRow) -> Element {
    let switch = if person.disabled { ("enable", "Enable") } else { ("disable", "Disable") };
    let steps = [("change", "Change"), ("password", "Reset the password"), ("link", "Link to an issuer"), switch];
    let links = steps.map(|(step, word)| {
        let href = to(page, step, None);
        let current = (page.at.doing.as_deref() == Some(step)).then_some("true");
        rsx! { a { key: "{step}", class: "button", id: "to-{step}", href: "{href}", "aria-current": current, "{word}" } }
    });
    rsx! { nav { class: "doings", "aria-label": "What can be done", {links.into_iter()} } }
}

fn doing(page: &PersonPage, person: &PersonRow, shell: &Shell) -> Element {
    let back = Place::of(&page.tenant, Screen::Person(ManagedAt::of(&page.at.id))).href();
    let linked = page.links.ready().into_iter().flatten();
    let link = page.at.on.as_deref().and_then(|on| linked.into_iter().find(|link| link.issuer == on));
    let (form, about, fields) = match (page.at.doing.as_deref(), link) {
        (Some("change"), _) => change(person, shell),
        (Some("password"), _) => (
            Form::issues("reset-password", "Reset the password", "Reset it").danger(),
            rsx! { p { "Another first password is drawn and shown once, in the answer to this form. Theirs is refused from then on, and all of their sessions end." } },
            steering::phrase(shell, "reset-password", &reset_phrase(&person.user_id)),
        ),
        (Some("disable"), _) => (
            Form::plain(SWITCH, "Disable this person", "Disable them").danger(),
            rsx! { p { "They are refused from the next request on, until somebody enables them again." } },
            rsx! {
                input { r#type: "hidden", name: "switch", value: "disable" }
                {steering::phrase(shell, SWITCH, &disable_phrase(&person.user_id))}
            },
        ),
        (Some("enable"), _) => (
            Form::plain(SWITCH, "Enable this person", "Enable them"),
            rsx! { p { "They can sign in again." } },
            rsx! { input { r#type: "hidden", name: "switch", value: "enable" } },
        ),
        (Some("link"), _) => (
            Form::plain("link-person", "Link to an issuer", "Link them"),
            rsx! { p { "Whoever the issuer says this subject is, is this person from then on." } },
            rsx! {
                div { class: "filters",
                    {grants::line(shell, "link-person", "issuer", "Issuer, as its tokens name it", "", true)}
                    {grants::line(shell, "link-person", "subject", "Subject there", "", true)}
                }
            },
        ),
        (Some("unlink"), Some(link)) => (
            Form::plain("unlink-person", "Give up the link", "Give it up"),
            rsx! { p { "They are nobody at " code { "{link.issuer}" } " any more, and all of their sessions end." } },
            rsx! { input { r#type: "hidden", name: "issuer", value: "{link.issuer}" } },
        ),
        _ => return rsx! {},
    };
    form.draw(shell, MANAGE, ("user_id", &page.at.id), &back, about, fields)
}

fn change(person: &PersonRow, shell: &Shell) -> (Form, Element, Element) {
    let form = "change-person";
    let name = person.display_name.as_deref().unwrap_or_default();
    let fields = rsx! {
        div { class: "filters", {grants::line(shell, form, "display_name", "What people call them", name, false)} }
        {grants::fields(shell, form, &person.grants)}
    };
    let about = rsx! { p { "What they may do counts from their next page on." } };
    (Form::plain(form, "Change what they may do", "Change it"), about, fields)
}

fn sessions(page: &PersonPage, shell: &Shell) -> Element {
    let rows = match &page.sessions {
        Panel::Ready(rows) if rows.is_empty() => {
            return rsx! { p { class: "panel quiet", id: "no-sessions", "Nowhere." } };
        }
        Panel::Ready(rows) => rows,
        unready => return steering::unready(unready, "The sessions could not be read.", shell),
    };
    rsx! { ul { class: "panel rows", id: "sessions", {rows.iter().map(|row| session(row, shell))} } }
}

fn session(row: &SessionRow, shell: &Shell) -> Element {
    let form = format!("end-{}", row.session_id);
    let way = if row.method == "oidc" { "at an issuer" } else { "with a password" };
    let barred = steering::barred(shell, MANAGE);
    rsx! {
        li { key: "{row.session_id}", "data-session": "{row.session_id}",
            code { "{row.session_id}" }
            span { "through {row.agent}, {way}" if let Some(address) = &row.address { " from {address}" } }
            span { class: "quiet small",
                "since " {parts::instant(row.began, shell)} ", last used " {parts::instant(row.seen, shell)} ", ends " {parts::instant(row.expires, shell)}
            }
            form { method: "post", action: "{forms::action(shell, \"end-session\")}",
                {forms::carried(shell, &form)}
                input { r#type: "hidden", name: "session_id", value: "{row.session_id}" }
                button { class: "button small", r#type: "submit", disabled: barred.is_some(), title: barred, "aria-label": "End the session {row.session_id}", "End the session" }
            }
        }
    }
}

fn links(page: &PersonPage, shell: &Shell) -> Element {
    let rows = match &page.links {
        Panel::Ready(rows) if rows.is_empty() => {
            return rsx! { p { class: "panel quiet", "Nobody: they sign in with their password." } };
        }
        Panel::Ready(rows) => rows,
        unready => return steering::unready(unready, "The links could not be read.", shell),
    };
    rsx! { ul { class: "panel rows", id: "links", {rows.iter().map(|row| link(page, row, shell))} } }
}

fn link(page: &PersonPage, row: &LinkRow, shell: &Shell) -> Element {
    rsx! {
        li { key: "{row.issuer}",
            code { "{row.subject}" }
            span { "at {row.issuer}" }
            span { class: "quiet small", "since " {parts::instant(row.since, shell)} ", said {row.by}" }
            a { class: "button small", href: "{to(page, \"unlink\", Some(&row.issuer))}", "aria-label": "Give up the link to {row.issuer}", "Give up the link" }
        }
    }
}
