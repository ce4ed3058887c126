//! Nudges: heard, coalesced, lost and made up for.

use std::time::Duration;

use dg_storage::{
    Channel,
    listener::{Listener, Nudges, Wake},
    notifier::Notifier,
};
use tokio_util::sync::CancellationToken;

use crate::{
    events::{request, trace},
    scratch::{DEADLINE, Scratch},
};

/// A follower that only a nudge wakes, past the one that every listener gives once it hears.
async fn follower(listener: &Listener, channel: Channel) -> Nudges {
    let mut nudges = listener.follow(&[channel]).poll_every(DEADLINE);
    assert_eq!(nudges.changed().await, Wake::Nudge);
    nudges
}

#[tokio::test]
async fn nudges_arrive_on_their_channel_and_survive_a_lost_connection() {
    let scratch = Scratch::new().await;
    let stop = CancellationToken::new();
    let notifier = Notifier::start(scratch.config("dg_apid"), stop.child_token());
    let listener = Listener::start(scratch.config("dg_projectord"), &[Channel::Log, Channel::Jobs], stop.child_token());
    let mut log = follower(&listener, Channel::Log).await;

    for _ in 0..2 {
        assert_eq!(scratch.terminate("dg_projectord").await, 1);
        // Coming back counts as a nudge: something may have been said meanwhile.
        assert_eq!(log.changed().await, Wake::Nudge);
        dg_testkit::wait_for(DEADLINE, "a nudge after the reconnect", async || {
            notifier.nudge(Channel::Log);
            let heard = tokio::time::timeout(Duration::from_millis(200), log.changed()).await;
            heard.is_ok_and(|wake| wake == Wake::Nudge).then_some(())
        })
        .await
        .unwrap();
    }

    let mut jobs = listener.follow(&[Channel::Jobs]).poll_every(Duration::from_millis(50));
    notifier.nudge(Channel::Log);
    assert_eq!(log.changed().await, Wake::Nudge);
    assert_eq!(jobs.changed().await, Wake::Poll, "that was for another channel");

    stop.cancel();
    tokio::time::timeout(DEADLINE, async { (listener.stopped().await, notifier.stopped().await) }).await.unwrap();
    assert_eq!(jobs.changed().await, Wake::Poll, "polling goes on");
}

#[tokio::test]
async fn the_notifier_finds_its_way_back() {
    let scratch = Scratch::new().await;
    let stop = CancellationToken::new();
    let notifier = Notifier::start(scratch.config("dg_apid"), stop.child_token());
    let listener = Listener::start(scratch.config("dg_projectord"), &Channel::ALL, stop.child_token());
    let mut log = follower(&listener, Channel::Log).await;
    notifier.nudge(Channel::Log);
    assert_eq!(log.changed().await, Wake::Nudge);
    assert_eq!(scratch.terminate("dg_apid").await, 1);
    dg_testkit::wait_for(DEADLINE, "a nudge", async || {
        notifier.nudge(Channel::Log);
        let heard = tokio::time::timeout(Duration::from_millis(200), log.changed()).await;
        heard.is_ok_and(|wake| wake == Wake::Nudge).then_some(())
    })
    .await
    .unwrap();
    stop.cancel();
}

#[tokio::test]
async fn an_append_nudges_the_log_channel() {
    let scratch = Scratch::new().await;
    let tenant = scratch.tenant("t").await;
    let (stage, stop) = scratch.stage();
    let listener = Listener::start(scratch.config("dg_projectord"), &[Channel::Log], stop.child_token());
    let mut log = follower(&listener, Channel::Log).await;
    stage.append(request(&tenant, trace("a", 0))).await.unwrap();
    assert_eq!(log.changed().await, Wake::Nudge);
    stop.cancel();
}
