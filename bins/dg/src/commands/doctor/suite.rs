//! The suite that `dg up` started here, by its supervisor's own words.

use super::Check;
use crate::{
    cli::Global,
    commands::up::{Child, ChildState, Layout, Status},
};

pub(super) fn checks(global: &Global) -> Vec<Check> {
    let layout = match Layout::find(&global.dir) {
        Ok(Some(layout)) => layout,
        Ok(None) => return Vec::new(),
        Err(failure) => return vec![Check::failed("suite", &failure)],
    };
    if !layout.is_running() {
        let found = format!("no suite runs in {}", layout.dir().display());
        return vec![Check::warn("suite", found, "start it with `dg up`, unless the daemons run elsewhere")];
    }
    let Some(status) = Status::read(&layout) else {
        let found = "dg up runs; its supervisor has said nothing yet";
        return vec![Check::warn("suite", found, "look again in a moment")];
    };
    let mut checks = vec![if status.ready {
        Check::ok("suite", format!("runs in {}", layout.dir().display()))
    } else {
        Check::warn("suite", format!("is {}", status.state), "the children below say why")
    }];
    checks.extend(status.children.iter().map(|child| of_child(&layout, child)));
    checks
}

fn of_child(layout: &Layout, child: &Child) -> Check {
    let name = child.name.clone();
    let last = child.last_exit.as_deref().unwrap_or("nothing");
    let said = child.status.as_deref().map(|text| format!(", says: {text}")).unwrap_or_default();
    let log = layout.log_of(&child.name);
    let look =
        if log.exists() { format!("look into {}", log.display()) } else { "look at what `dg up` printed".to_owned() };
    match child.state {
        ChildState::Ready | ChildState::Done => match child.restarts {
            0 if child.state == ChildState::Done => Check::ok(name, "done"),
            0 => Check::ok(name, format!("up{said}")),
            restarts => {
                let found = format!("up{said}; restarted {restarts} times, last end: {last}");
                Check::warn(name, found, format!("fine once; if it goes on, {look}"))
            }
        },
        ChildState::Down => {
            let found = format!("stays down, last end: {last}{said}");
            Check::fail(name, found, format!("{look}; correct its settings, then start `dg up` again"))
        }
        ChildState::Backoff => Check::fail(name, format!("died and is tried again, last end: {last}{said}"), look),
        ChildState::Waiting | ChildState::Starting => {
            Check::warn(name, format!("not up yet{said}"), format!("wait a moment, then {look}"))
        }
        ChildState::Stopping | ChildState::Stopped => Check::warn(name, "stopping", "the suite is being stopped"),
    }
}
