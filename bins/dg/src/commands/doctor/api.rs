//! The service, seen through its API.

use dg_client::{Client, Health, Me};

use super::{Check, State};
use crate::{cli::Global, connection, failure::Failure};

/// Behind by fewer events than this is the normal state of a busy tenant.
const LAG: i64 = 10_000;

pub(super) async fn checks(global: &Global, tenant: Option<&str>) -> Vec<Check> {
    let client = match connection::service(global) {
        Ok(client) => client,
        Err(failure) => return vec![Check::failed("settings", &failure)],
    };
    let mut checks = Vec::new();
    match reachable(&client).await {
        Ok(found) => checks.extend(found),
        Err(check) => return vec![check],
    }
    match client.me().await {
        Ok(me) => {
            checks.push(token(&me));
            let tenants = tenant.map_or_else(|| me.tenants.clone(), |tenant| vec![tenant.to_owned()]);
            if tenants.is_empty() {
                checks.push(Check::warn(
                    "tenants",
                    "none that this account may use",
                    "make one with `dg tenants create NAME`",
                ));
            }
            for tenant in tenants {
                checks.push(of_tenant(&client, &tenant).await);
            }
        }
        Err(error) => checks.push(Check::failed("token", &Failure::from(error))),
    }
    checks
}

async fn reachable(client: &Client) -> Result<Vec<Check>, Check> {
    let live = client.probe("livez").await.map_err(|error| Check::failed("API", &Failure::from(error)))?;
    let base = client.base_url();
    if !live.0 {
        return Err(Check::fail(
            "API",
            format!("something answers at {base}, but it is not dg-apid"),
            "check --api-url",
        ));
    }
    let ready = match client.probe("readyz").await {
        Ok((true, _)) => Check::ok("ready", "the API can work"),
        Ok((false, body)) => {
            let advice =
                "the reason is usually the database: see the checks of postgres and database, and dg-apid's log";
            Check::fail("ready", format!("the API is not ready: {}", body.trim()), advice)
        }
        Err(error) => Check::failed("ready", &Failure::from(error)),
    };
    Ok(vec![Check::ok("API", format!("answers at {base}")), ready])
}

fn token(me: &Me) -> Check {
    let found = format!("valid, account {}, {}", me.account_id, super::super::joined(&me.roles));
    if me.roles.is_empty() {
        return Check::fail("token", found, "the account has no role; an administrator makes one that has");
    }
    match me.token.as_ref().and_then(|token| token.expires_at.as_deref()) {
        Some(at) => Check { found: format!("{found}, until {at}"), ..Check::ok("token", "") },
        None => Check::ok("token", found),
    }
}

async fn of_tenant(client: &Client, tenant: &str) -> Check {
    let name = format!("tenant {tenant}");
    match client.tenant(tenant).health().await {
        Ok(health) => judge(name, &health),
        Err(error) => Check::failed(name, &Failure::from(error)),
    }
}

fn judge(name: String, health: &Health) -> Check {
    let failing: Vec<&str> = health
        .projections
        .iter()
        .filter(|projection| projection.open_failures > 0 || projection.status == "failed")
        .map(|projection| projection.projection_name.as_str())
        .collect();
    if !failing.is_empty() {
        let found = format!("failing: {}", failing.join(", "));
        return Check::fail(
            name,
            found,
            "`dg status` shows which and `dg failures list` why; then `dg failures retry` or `dg quarantine`",
        );
    }
    let behind = health.projections.iter().map(|projection| projection.pending_events).max().unwrap_or(0);
    let found = format!("log at {}, projections {behind} behind", health.event_log_last_seq);
    let state = if behind >= LAG { State::Warn } else { State::Ok };
    let advice =
        (state == State::Warn).then(|| "is dg-projectord running? it catches up by itself; look again".to_owned());
    Check { advice, state, ..Check::ok(name, found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(pending: i64, failures: i64) -> Health {
        let text = format!(
            r#"{{"event_log_last_seq":9,"projections":[{{"projection_name":"trace_summary","last_log_seq":1,
               "is_stale":true,"pending_events":{pending},"open_failures":{failures}}}]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_lag_is_a_warning_and_a_failure_a_failure() {
        assert_eq!(judge("t".into(), &health(5, 0)).state, State::Ok);
        assert_eq!(judge("t".into(), &health(LAG, 0)).state, State::Warn);
        let check = judge("t".into(), &health(0, 1));
        assert_eq!((check.state, check.found.as_str()), (State::Fail, "failing: trace_summary"));
    }
}
