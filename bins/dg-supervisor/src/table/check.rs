//! Finds what is wrong with a table beyond its shape.

use std::collections::HashSet;

use dg_runtime::config::Problems;

use super::{Kind, Ready, Table};

pub(super) fn check(table: &Table, problems: &mut Problems) {
    let mut names = HashSet::new();
    for child in &table.children {
        let key = format!("child {}", child.name);
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        problems.require(
            !child.name.is_empty() && child.name.chars().all(plain),
            &key,
            "a name has letters, digits, - and _",
        );
        problems.require(names.insert(child.name.as_str()), &key, "the name is taken twice");
        let needs_command = child.kind != Kind::Postgres;
        problems.require(
            child.command.is_empty() != needs_command,
            &key,
            "daemon and oneshot have a command, postgres has none",
        );
        let fits = match child.ready() {
            Ready::Exit => child.kind == Kind::Oneshot,
            Ready::Postgres => child.kind == Kind::Postgres,
            Ready::Notify | Ready::Spawned => child.kind == Kind::Daemon,
        };
        problems.require(fits, &key, "`ready` does not fit the kind");
        for before in &child.after {
            let known = table.children.iter().any(|other| other.name == *before);
            problems.require(known, &key, &format!("comes after {before}, which is not in the table"));
        }
    }
    problems.require(!table.children.is_empty(), "child", "the table has no children");
    if has_cycle(table) {
        problems.add("child", "`after` goes in a circle");
    }
    let servers = table.children.iter().filter(|child| child.kind == Kind::Postgres).count();
    problems.require(servers <= 1, "child", "only one child can be the private server");
    problems.require(servers == 0 || table.postgres.is_some(), "postgres", "the section is missing");
    let absolute = |path: &std::path::Path| path.is_absolute();
    if let Some(postgres) = &table.postgres {
        problems.require(absolute(&postgres.data_dir), "postgres.data_dir", "must be absolute");
        problems.require(absolute(&postgres.socket_dir), "postgres.socket_dir", "must be absolute");
        problems.require(postgres.port > 0, "postgres.port", "must not be 0");
    }
    problems.require(table.log_dir.as_deref().is_none_or(absolute), "log_dir", "must be absolute");
}

/// Takes away children whose predecessors are all gone, until nothing changes.
fn has_cycle(table: &Table) -> bool {
    let predecessors = table.predecessors();
    let mut left: Vec<usize> = (0..predecessors.len()).collect();
    loop {
        let kept: Vec<usize> = left
            .iter()
            .copied()
            .filter(|child| predecessors[*child].iter().any(|before| left.contains(before)))
            .collect();
        if kept.len() == left.len() {
            return !left.is_empty();
        }
        left = kept;
    }
}
