//! The projection runtime under everything that can go wrong: real dg-projectord processes against the pure model.

mod convergence;
mod ground;
mod histories;
mod idle;
mod outages;
mod poison;
mod poison_http;
mod rows;
mod runs;

/// Whether the long versions are asked for.
fn long() -> bool {
    std::env::var("DG_DRILL").is_ok_and(|value| value == "long")
}
