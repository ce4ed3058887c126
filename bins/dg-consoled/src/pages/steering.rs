//! Pieces of the pages about read models and runs: chips, progress, and who may do what.

use std::time::Duration;

use dg_domain::TenantId;
use dioxus::prelude::*;

use super::parts;
use crate::{
    model::{
        Failure, Panel, Shell,
        runs::{RunLine, Verdict, mode_name},
    },
    moment,
    place::{Place, Screen},
};

/// How a read model stands.
pub(super) fn health(status: &str) -> Element {
    match status {
        "ok" => parts::chip("good", "✓", status),
        "failed" | "stalled" => parts::chip("alert", "✕", status),
        _ => parts::chip("warn", "…", status),
    }
}

/// How a run stands.
pub(super) fn status(status: &str) -> Element {
    match status {
        "completed" => parts::chip("good", "✓", status),
        "failed" => parts::chip("alert", "✕", status),
        "queued" => parts::chip("info", "○", status),
        "running" => parts::chip("info", "▶", status),
        "cancelled" => parts::chip("neutral", "–", status),
        _ => parts::chip("warn", "…", status),
    }
}

/// What a comparison said.
pub(super) fn verdict(verdict: Verdict) -> Element {
    match verdict {
        Verdict::Equal => parts::chip("good", "=", "equal"),
        Verdict::Different => parts::chip("alert", "≠", "different"),
        Verdict::NotComparable => parts::chip("neutral", "?", "not comparable"),
    }
}

/// How far a run is, as a bar and in words.
pub(super) fn progress(line: &RunLine) -> Element {
    let Some(target) = line.target.filter(|target| *target > 0) else {
        return rsx! { span { class: "quiet", "not begun" } };
    };
    let reached = line.reached.clamp(0, target);
    let words = far(line, reached, target);
    rsx! {
        div { class: "far",
            progress { "aria-label": "Progress of run {line.job_id}", "value": "{reached}", "max": "{target}" }
            span { class: "small", "{words}" }
        }
    }
}

fn far(line: &RunLine, reached: i64, target: i64) -> String {
    let percent = reached * 100 / target;
    let mut words = format!("{} of {} ({percent} %)", parts::grouped(reached), parts::counted(target, "event"));
    if line.has_ended() {
        return words;
    }
    if line.per_second > 0.0 {
        words.push_str(&format!(", {:.0} events/s", line.per_second));
    }
    if let Some(left) = line.left.and_then(|left| Duration::try_from_secs_f64(left).ok()) {
        let micros = i64::try_from(left.as_micros()).unwrap_or(i64::MAX);
        words.push_str(&format!(", {} left", moment::stretch(micros)));
    }
    words
}

/// Runs that are under way, each with its page and how far it is.
pub(super) fn under_way(tenant: &TenantId, lines: &[RunLine]) -> Element {
    if lines.is_empty() {
        return rsx! { p { class: "panel quiet", "No run is under way." } };
    }
    let rows = lines.iter().map(|line| {
        let href = Place::of(tenant, Screen::run(&line.job_id)).href();
        let name = mode_name(&line.mode);
        rsx! {
            li { key: "{line.job_id}", "data-run": "{line.job_id}",
                {status(&line.status)}
                a { href: "{href}", "{name} of {line.projection}" }
                {progress(line)}
                span { class: "quiet small", "{line.by}: {line.reason}" }
            }
        }
    });
    rsx! { ul { class: "panel rows", "aria-label": "Runs under way", {rows} } }
}

/// Why the viewer may not do what needs `permission`; none where they may. The service decides again.
pub(super) fn barred(shell: &Shell, permission: &str) -> Option<String> {
    not_admin(shell)
        .or_else(|| (!shell.may(permission)).then(|| "You may not do this yet.".to_owned()))
        .map(|reason| format!("{reason} It needs the permission {permission}. Whoever manages accounts can grant it."))
}

/// Why the viewer may not do what needs the role `admin`; none where they may.
pub(super) fn not_admin(shell: &Shell) -> Option<String> {
    let Some(viewer) = shell.viewer.as_ref().filter(|viewer| !viewer.development) else {
        return Some("The development reader only reads; sign in to do this.".to_owned());
    };
    let roles = if viewer.roles.is_empty() { "no role".to_owned() } else { viewer.roles.join(", ") };
    let admin = viewer.roles.iter().any(|role| role == "admin");
    (!admin).then(|| format!("This is for the role admin, and {} has {roles}.", viewer.account_id))
}

/// Says why a form cannot be used, if it cannot.
pub(super) fn why_barred(reason: Option<&str>) -> Element {
    let Some(reason) = reason else { return rsx! {} };
    rsx! { p { class: "barred", {parts::chip("warn", "!", "not allowed")} " {reason}" } }
}

/// A part that is not ready: its skeleton, which permission is missing, or why it could not be read.
pub(super) fn unready<T>(panel: &Panel<T>, what: &str, shell: &Shell) -> Element {
    match panel {
        Panel::Failed(failure) if failure.code == "forbidden" => forbidden(failure),
        Panel::Failed(failure) => parts::failure(what, failure, shell),
        Panel::Loading | Panel::Ready(_) => rsx! {
            div { class: "panel quiet", role: "status",
                "Reading …"
                noscript { " Reload the page in a moment." }
                span { class: "bone", "aria-hidden": "true" }
            }
        },
    }
}

fn forbidden(failure: &Failure) -> Element {
    rsx! {
        div { class: "panel forbidden",
            p { class: "lead", "Only for administrators." }
            p { "This needs the role admin. Whoever manages accounts can grant it. {parts::sentence(failure)}" }
        }
    }
}

/// The first characters of a digest; all of it is in the title and on the pages about digests.
pub(super) fn short_digest(digest: &str) -> Element {
    let short: String = digest.chars().take(20).collect();
    let more = if digest.chars().count() > 20 { "…" } else { "" };
    rsx! { code { class: "nowrap", title: "{digest}", "{short}{more}" } }
}

/// The phrase that somebody has to type, and where.
pub(super) fn phrase(shell: &Shell, form: &str, phrase: &str) -> Element {
    let (id, typed) = (format!("{form}-phrase"), shell.typed(form, "phrase").to_owned());
    rsx! {
        div { class: "field wide",
            label { r#for: "{id}",
                "To confirm, type "
                code { class: "selectable", "{phrase}" }
            }
            input { id: "{id}", name: "phrase", "value": "{typed}", required: true, autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: "128" }
        }
    }
}

/// Who does it, where: said wherever something dangerous is about to be done.
pub(super) fn in_whose_name(shell: &Shell) -> Element {
    let who = shell.viewer.as_ref().map(|viewer| viewer.account_id.clone()).unwrap_or_default();
    let tenant = shell.place.tenant().map(ToString::to_string).unwrap_or_default();
    rsx! {
        p { class: "small",
            "As "
            strong { "{who}" }
            ", in the tenant "
            strong { "{tenant}" }
            ", environment "
            strong { "{shell.environment}" }
            "."
        }
    }
}
