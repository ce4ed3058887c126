//! What runs here, and on what.

use dioxus::prelude::*;

use super::{parts, steering};
use crate::model::{
    Panel, Shell,
    environment::{Environment, EnvironmentPage},
};

/// Clocks that are further apart than this, in seconds, make times of events misleading.
const APART: f64 = 2.0;
/// Who should be connected, each with what it does.
const PROGRAMS: [(&str, &str); 4] = [
    ("dg_apid", "answers programs and this console"),
    ("dg_projectord", "makes the read models"),
    ("dg_workflowd", "looks after reviews, notifications and webhooks"),
    ("dg_store", "looks after the schema"),
];

pub(super) fn page(page: &EnvironmentPage, shell: &Shell) -> Element {
    rsx! {
        div { class: "page-head",
            h1 { "Environment" }
            p { class: "quiet", "What runs here, and on what. It is the same for every tenant." }
        }
        match &page.found {
            Panel::Ready(found) => whole(found, shell),
            unready => steering::unready(unready, "The environment could not be read.", shell),
        }
    }
}

fn whole(found: &Environment, shell: &Shell) -> Element {
    rsx! {
        section { "aria-labelledby": "versions-title",
            h2 { id: "versions-title", "Versions" }
            {versions(found, shell)}
        }
        section { "aria-labelledby": "database-title",
            h2 { id: "database-title", "Database" }
            {database(found, shell)}
        }
        section { "aria-labelledby": "programs-title",
            h2 { id: "programs-title", "Connected programs" }
            {programs(found)}
        }
        section { "aria-labelledby": "leases-title",
            h2 { id: "leases-title", "Leases" }
            {leases(found)}
        }
        section { "aria-labelledby": "migrations-title",
            h2 { id: "migrations-title", "Migrations" }
            {migrations(found, shell)}
        }
    }
}

fn versions(found: &Environment, shell: &Shell) -> Element {
    let (has, needs) = found.schema;
    let schema = if has == needs {
        parts::chip("good", "✓", &format!("version {has}"))
    } else {
        parts::chip("alert", "✕", &format!("version {has}, and {needs} is needed"))
    };
    let console = env!("CARGO_PKG_VERSION");
    rsx! {
        dl { class: "panel facts-panel", id: "versions",
            {parts::fact("dg-apid", rsx! { "{found.api}" })}
            {parts::fact("dg-consoled", rsx! {
                "{console}"
                if console != found.api { " " {parts::chip("warn", "!", "another one than the service's")} }
            })}
            {parts::fact("Schema", schema)}
            {parts::fact("Environment", rsx! { "{shell.environment}" })}
        }
    }
}

fn database(found: &Environment, shell: &Shell) -> Element {
    let (connections, most) = found.connections;
    let full = most > 0 && connections * 10 >= most * 8;
    let apart = found.ahead.abs() > APART;
    let direction = if found.ahead < 0.0 { "behind" } else { "ahead of" };
    let clock = format!("{:.3} s {direction} the service's", found.ahead.abs());
    rsx! {
        dl { class: "panel facts-panel", id: "database",
            {parts::fact("Server", rsx! { "PostgreSQL {found.database}" })}
            {parts::fact("Running since", parts::instant(found.since, shell))}
            {parts::fact("Size", rsx! { "{size(found.bytes)}" })}
            {parts::fact("Connections", rsx! {
                "{parts::grouped(connections)} of {parts::grouped(most)}"
                if full { " " {parts::chip("warn", "!", "nearly full")} }
            })}
            {parts::fact("Oldest transaction of the service", match found.oldest {
                Some(at) => parts::instant(Some(at), shell),
                None => rsx! { span { class: "quiet", "none is under way" } },
            })}
            {parts::fact("Its clock", rsx! {
                "{clock}"
                if apart { " " {parts::chip("alert", "✕", "too far apart")} }
            })}
        }
    }
}

fn programs(found: &Environment) -> Element {
    let known = PROGRAMS.iter().map(|(name, does)| {
        let connections = found.programs.iter().find(|(one, _)| one == name).map_or(0, |(_, count)| *count);
        (*name, *does, connections)
    });
    let others = found.programs.iter().filter(|(name, _)| PROGRAMS.iter().all(|(one, _)| one != name));
    let rows = known.chain(others.map(|(name, count)| (name.as_str(), "", *count))).map(|(name, does, count)| {
        let chip = if count > 0 { parts::chip("good", "✓", "connected") } else { parts::chip("neutral", "–", "not connected") };
        rsx! {
            li { key: "{name}", "data-program": "{name}",
                {chip}
                code { "{name}" }
                span { class: "quiet small", if !does.is_empty() { "{does}; " } "{parts::counted(count, \"connection\")}" }
            }
        }
    });
    rsx! { ul { class: "panel rows", id: "programs", {rows} } }
}

fn leases(found: &Environment) -> Element {
    if found.leases.is_empty() {
        return rsx! { p { class: "panel quiet", "Nobody holds any at this moment. A daemon takes the lease of a tenant while there is something to do for it." } };
    }
    let rows = found.leases.iter().map(|(kind, holder, held, waiting)| {
        rsx! {
            li { key: "{kind}-{holder}",
                code { "{kind}" }
                span { "held {parts::counted(*held, \"time\")} by {holder}" }
                if *waiting > 0 { span { class: "quiet small", "waited for {parts::counted(*waiting, \"time\")}" } }
            }
        }
    });
    rsx! { ul { class: "panel rows", id: "leases", {rows} } }
}

fn migrations(found: &Environment, shell: &Shell) -> Element {
    let rows = found.migrations.iter().map(|(version, name, at)| {
        rsx! {
            li { key: "{version}",
                code { "{version}" }
                span { "{name}" }
                span { class: "quiet small", {parts::instant(*at, shell)} }
            }
        }
    });
    rsx! { ol { class: "panel rows", id: "migrations", reversed: true, {rows} } }
}

#[expect(clippy::cast_precision_loss, reason = "three digits for people")]
fn size(bytes: i64) -> String {
    let (mut left, mut unit) = (bytes as f64, "bytes");
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if left < 1024.0 {
            break;
        }
        (left, unit) = (left / 1024.0, next);
    }
    if unit == "bytes" { format!("{bytes} bytes") } else { format!("{left:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_by_people() {
        for (bytes, words) in [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (5 << 30, "5.0 GiB")] {
            assert_eq!(size(bytes), words);
        }
    }
}
