use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

/// A whole answer of one GET, headers and body.
async fn get_path(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn probes_follow_the_readiness_of_the_moment() {
    let up = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&up);
    let readiness = Readiness::new(move || {
        let up = seen.load(Ordering::SeqCst);
        async move { if up { Ok(()) } else { Err(vec![Reason::new("storage", "the \"database\" is away")]) } }
    });
    let admin = Admin::bind(&AdminConfig::default(), "dg-test").await.unwrap();
    let address = admin.address().to_owned();
    let stop = CancellationToken::new();
    let server = tokio::spawn(admin.serve(readiness, Metrics::new("dg-test", "1"), stop.clone()));

    assert!(get_path(&address, "/livez").await.starts_with("HTTP/1.1 200"));
    let unready = get_path(&address, "/readyz").await;
    assert!(unready.starts_with("HTTP/1.1 503"), "{unready}");
    assert!(
        unready.contains(r#"{"status":"unready","reasons":[{"code":"storage","message":"the \"database\" is away"}]}"#)
    );
    up.store(true, Ordering::SeqCst);
    assert!(get_path(&address, "/readyz").await.starts_with("HTTP/1.1 200"));
    assert!(get_path(&address, "/metrics").await.contains("dg_build_info"));
    stop.cancel();
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_check_that_hangs_is_not_ready() {
    let readiness = Readiness::new(std::future::pending);
    assert_eq!(readiness.check_within(Duration::from_millis(1)).await.unwrap_err()[0].code, "deadline");
}

#[cfg(unix)]
#[tokio::test]
async fn a_dead_socket_file_is_taken_over_and_a_live_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let config = AdminConfig { listen: format!("unix:{}/{{daemon}}.sock", directory.path().display()) };
    let first = Admin::bind(&config, "dg-test").await.unwrap();
    assert!(first.address().ends_with("/dg-test.sock"));
    assert!(Admin::bind(&config, "dg-test").await.is_err());
    drop(first);
    Admin::bind(&config, "dg-test").await.unwrap();
}
