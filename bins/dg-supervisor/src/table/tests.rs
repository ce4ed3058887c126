use super::*;

fn problems(text: &str) -> String {
    Table::parse(text).unwrap_err().to_string()
}

#[test]
fn a_good_table_is_read() {
    let table = Table::parse(
        r#"
        log_dir = "/var/log/x"
        [postgres]
        data_dir = "/a/data"
        socket_dir = "/a/run"
        settings = { work_mem = "8MB" }
        [[child]]
        name = "postgres"
        kind = "postgres"
        [[child]]
        name = "dg-store"
        command = ["dg-store", "--config", "x"]
        after = ["postgres"]
        stop_signal = "INT"
        "#,
    )
    .unwrap();
    assert_eq!(table.predecessors(), [vec![], vec![0]]);
    assert_eq!(table.children[0].ready(), Ready::Postgres);
    assert_eq!(table.children[1].ready(), Ready::Notify);
    assert_eq!(table.children[1].stop_signal, StopSignal::Int);
    assert_eq!(table.postgres.unwrap().port, 5432);
}

#[test]
fn all_problems_are_named_at_once() {
    let found = problems(
        r#"
        [[child]]
        name = "a/b"
        [[child]]
        name = "c"
        command = ["x"]
        after = ["nobody"]
        ready = "exit"
        [[child]]
        name = "c"
        kind = "postgres"
        "#,
    );
    for part in ["letters, digits", "have a command", "nobody", "does not fit", "taken twice", "section is missing"] {
        assert!(found.contains(part), "{part} not in {found}");
    }
}

#[test]
fn circles_are_refused() {
    let found = problems(
        r#"
        [[child]]
        name = "a"
        command = ["x"]
        after = ["b"]
        [[child]]
        name = "b"
        command = ["x"]
        after = ["a"]
        "#,
    );
    assert!(found.contains("circle"), "{found}");
}

#[test]
fn unknown_keys_are_refused() {
    assert!(problems("[[child]]\nname = \"a\"\ncommnd = [\"x\"]\n").contains("commnd"));
}
