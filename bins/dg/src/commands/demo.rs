//! `dg demo`: fills a demo tenant, and keeps it going.

mod live;
mod people;
mod seed;

use std::time::Duration;

use clap::{Args, ValueEnum};
use dg_client::{Client, NewTenant, RetryPolicy};
use dg_domain::Micros;
use dg_runtime::signals;

use crate::{
    cli::Global,
    connection,
    failure::{Exit, Failure},
    output::Output,
};

pub(crate) use seed::small;

/// What to fill, and whether to go on.
#[derive(Debug, Args)]
#[command(after_help = "\
Profiles: release_demo_large has 2,000 traces of the thirty days before --start under five policies, 120 open reviews, comments, claims, \
and one event that no review could take; its tenant is release-demo-large. release_demo is the small one that `dg up` loads into release-demo.

The same --seed and --start give the same history. A tenant that is filled stays as it is; one that was filled in part is filled \
to the end, from the seed and the start it was begun with. A tenant with a history of another kind is refused.

With --live one event follows the other until Ctrl-C, of a few traces at a time, so that streams, the inbox and projections move. \
Needs the admin role.

Examples:
  dg demo
  dg demo --live --interval-ms 1500
  dg demo --seed 7 --start 2026-03-31T18:00:00Z -t another-demo
  dg demo --profile release_demo --live")]
pub(crate) struct DemoArgs {
    /// Which history.
    #[arg(long, value_enum, default_value_t = Profile::ReleaseDemoLarge)]
    profile: Profile,
    /// Tenant to fill; made as a demonstration when it is not there. The one of the profile without it.
    // Not DG_TENANT: what somebody works in all day is not what they want filled.
    #[arg(short, long)]
    tenant: Option<String>,
    /// Decides what happens in the large history, and in --live. 1 without it.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// When the large history ends, RFC 3339; now without it.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    start: Option<i64>,
    /// Go on with new events until Ctrl-C.
    #[arg(long)]
    live: bool,
    /// Between two events of --live, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 3_000, requires = "live", value_parser = clap::value_parser!(u64).range(50..=3_600_000))]
    interval_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Profile {
    ReleaseDemo,
    ReleaseDemoLarge,
}

/// The tenant of the small demo.
pub(crate) const SMALL_TENANT: &str = "release-demo";
const LARGE_TENANT: &str = "release-demo-large";

pub(crate) async fn run(global: &Global, args: DemoArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let service = connection::service(global)?.retry(RetryPolicy::PATIENT);
    let of_profile = match args.profile {
        Profile::ReleaseDemo => SMALL_TENANT,
        Profile::ReleaseDemoLarge => LARGE_TENANT,
    };
    let tenant = args.tenant.as_deref().unwrap_or(of_profile);
    let wanted = seed::Wanted { seed: args.seed, start: args.start };
    let client = demonstration(&service, tenant).await?;
    let seeded = match args.profile {
        Profile::ReleaseDemo => seed::Seeded::of_small(&small(&client).await?),
        Profile::ReleaseDemoLarge => Box::pin(seed::large(&client, wanted, out)).await?,
    };
    if !args.live {
        return seeded.tell(tenant, out);
    }
    // From here on Ctrl-C is the end and no failure.
    let stop = signals::stop_token()?;
    if !out.is_json() {
        seeded.tell(tenant, out)?;
    }
    let interval = Duration::from_millis(args.interval_ms);
    let done = live::go_on(&client, args.seed.unwrap_or(seed::SEED), interval, &stop, out).await?;
    live::tell(&done, &seeded, tenant, out)
}

/// The tenant, made when it is not there.
async fn demonstration(service: &Client, tenant: &str) -> Result<Client, Failure> {
    let new = NewTenant { tenant_id: tenant.to_owned(), secret_guard: None, demo: true };
    match service.create_tenant(&new).await {
        Err(error) if error.code == "conflict" => {}
        made => return made.map(|_| service.tenant(tenant)).map_err(Failure::from),
    }
    if service.tenant_details(tenant).await?.demo {
        return Ok(service.tenant(tenant));
    }
    let message = format!("the tenant {tenant} is no demonstration");
    Err(Failure::new(Exit::Data, "demo_rejected", message)
        .advise("give --tenant the name of one that is not there yet"))
}

fn instant(text: &str) -> Result<i64, String> {
    let at = Micros::parse_rfc3339(text).ok_or("it has to be RFC 3339, like 2026-03-31T18:00:00Z")?;
    Ok(at.get().div_euclid(1_000_000))
}
