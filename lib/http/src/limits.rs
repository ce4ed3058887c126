//! How much one account, one tenant and one address may ask for.
//!
//! Requests are counted per account and tenant, and per tenant, in three scopes: reads, writes (by event) and administration.
//! Each has a bucket of tokens, and a request that finds too few in one of them is refused with 429 and takes none. Answers
//! carry what is left (`RateLimit` and `RateLimit-Policy`, draft-ietf-httpapi-ratelimit-headers).

mod bucket;

use std::collections::HashMap;
use std::fmt::Write;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use dg_runtime::config::Problems;
use dg_storage::tenants::TenantLimits;
use serde::Deserialize;
use tokio::time::Instant;

use self::bucket::{Bucket, Rate};
use crate::code::Code;
use crate::error::ApiError;
use crate::peer::neighbourhood;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// Full buckets are dropped when there are more than this.
const BUCKETS: usize = 20_000;
const MINUTE: Duration = Duration::from_secs(60);

/// `[api.limits]`. A rate of 0 is no limit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    /// Reads of one account in one tenant.
    pub reads_per_second: u32,
    /// Events of one account in one tenant.
    pub writes_per_second: u32,
    /// Administrative requests of one account.
    pub admin_per_second: u32,
    /// Reads of one tenant, whoever asks; a tenant can be registered with its own.
    pub tenant_reads_per_second: u32,
    /// Events of one tenant.
    pub tenant_writes_per_second: u32,
    /// For how long what was not used is saved up.
    pub burst_s: u32,
    /// Requests of one account at the same time, streams not counted.
    pub concurrent: u32,
    /// Tokens that turned out wrong, from one address.
    pub failures_per_minute: u32,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            reads_per_second: 2_000,
            writes_per_second: 20_000,
            admin_per_second: 200,
            tenant_reads_per_second: 4_000,
            tenant_writes_per_second: 40_000,
            burst_s: 10,
            concurrent: 1_024,
            failures_per_minute: 600,
        }
    }
}

impl LimitSettings {
    /// No limit at all.
    #[must_use]
    pub fn none() -> Self {
        Self {
            reads_per_second: 0,
            writes_per_second: 0,
            admin_per_second: 0,
            tenant_reads_per_second: 0,
            tenant_writes_per_second: 0,
            concurrent: 0,
            failures_per_minute: 0,
            ..Self::default()
        }
    }

    /// Names what makes no sense.
    pub fn check(&self, problems: &mut Problems) {
        problems.require((1..=3_600).contains(&self.burst_s), "api.limits.burst_s", "from 1 to 3600");
    }
}

/// What a request does, as far as limits are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// It reads.
    Read,
    /// It appends; each event counts.
    Write,
    /// It administers.
    Admin,
}

impl Scope {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// Who asks, for which tenant, and to do what.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What it does.
    pub scope: Scope,
    /// The account.
    pub account: &'a str,
    /// The tenant with its own limits, where there is one.
    pub tenant: Option<(&'a str, TenantLimits)>,
}

/// The limits of this process.
#[derive(Debug)]
pub struct Limits {
    settings: LimitSettings,
    /// By the hash of whose they are: nobody can choose names that collide.
    buckets: Mutex<HashMap<u64, (Rate, Bucket)>>,
    at_work: Arc<AtWork>,
    hasher: RandomState,
}

impl Limits {
    /// Everything is full.
    #[must_use]
    pub fn new(settings: LimitSettings) -> Self {
        let at_work = Arc::new(AtWork::default());
        Self { settings, buckets: Mutex::default(), at_work, hasher: RandomState::new() }
    }

    /// Takes `cost` from the account's and the tenant's bucket, or from neither.
    ///
    /// # Errors
    /// `rate_limited`, with the time to wait, and `details.limit` naming the bucket.
    pub fn take(&self, asked: Asked<'_>, cost: usize) -> Result<Standing, ApiError> {
        let now = Instant::now();
        let cost = f64::from(u32::try_from(cost).unwrap_or(u32::MAX));
        let policies = self.policies(asked);
        let mut buckets = self.buckets();
        make_room(&mut buckets, now);
        for policy in policies.iter().flatten() {
            let bucket = buckets.entry(policy.key).or_insert_with(|| (policy.rate, Bucket::full(policy.rate, now)));
            // A tenant's own rate may have changed since.
            bucket.0 = policy.rate;
            let wait = bucket.1.wait(policy.rate, cost, now);
            if !wait.is_zero() {
                return Err(refused(policy, asked.scope, wait));
            }
        }
        let mut standing = Standing::default();
        for (policy, left) in policies.into_iter().flatten().zip(&mut standing.left) {
            let Some((_, bucket)) = buckets.get_mut(&policy.key) else { continue };
            bucket.take(policy.rate, cost, now);
            let (tokens, refill) = (bucket.tokens(policy.rate, now), bucket.refill(policy.rate, now));
            *left = Some(Left { policy, scope: asked.scope, tokens, refill });
        }
        Ok(standing)
    }

    /// Counts a request of the account until what comes back is dropped.
    ///
    /// # Errors
    /// `rate_limited` when it has too many under way.
    pub fn begin(&self, account: &str) -> Result<Seat, ApiError> {
        let (key, most) = (self.hasher.hash_one(account), self.settings.concurrent);
        let mut seats = self.at_work.seats();
        let taken = seats.entry(key).or_insert(0);
        if most > 0 && *taken >= most {
            let message = format!("the account has {most} requests under way; wait for one to end");
            return Err(ApiError::new(Code::RateLimited, message).with("limit", "concurrent"));
        }
        *taken += 1;
        drop(seats);
        Ok(Seat { key, at_work: self.at_work.clone() })
    }

    /// Notes that a token from this address was wrong. The same token counts once a minute: an agent that goes on with a token
    /// that was taken back is no guesser, and must not keep its neighbours out.
    pub(crate) fn failed(&self, address: Option<IpAddr>, token: &[u8; 32]) {
        let Some((key, rate)) = self.failures(address) else { return };
        let (again, once) = (self.hasher.hash_one(("again", key, token)), Rate { per_second: 1.0 / 60.0, most: 1.0 });
        let now = Instant::now();
        let mut buckets = self.buckets();
        make_room(&mut buckets, now);
        for (key, rate) in [(again, once), (key, rate)] {
            if !buckets.contains_key(&key) && buckets.len() >= BUCKETS {
                continue;
            }
            let (_, bucket) = buckets.entry(key).or_insert_with(|| (rate, Bucket::full(rate, now)));
            if !bucket.wait(rate, 1.0, now).is_zero() {
                return;
            }
            bucket.take(rate, 1.0, now);
        }
    }

    /// Whether tokens from this address may still be looked up.
    ///
    /// # Errors
    /// `rate_limited`.
    pub(crate) fn may_try(&self, address: Option<IpAddr>) -> Result<(), ApiError> {
        let Some((key, rate)) = self.failures(address) else { return Ok(()) };
        let now = Instant::now();
        let wait = self.buckets().get(&key).map_or(Duration::ZERO, |(_, bucket)| bucket.wait(rate, 1.0, now));
        if wait.is_zero() {
            return Ok(());
        }
        let message = "too many wrong tokens came from this address; wait before the next one";
        Err(ApiError::new(Code::RateLimited, message).with("limit", "failures").retry_after(wait))
    }

    fn failures(&self, address: Option<IpAddr>) -> Option<(u64, Rate)> {
        let per_minute = f64::from(self.settings.failures_per_minute);
        let rate = Rate { per_second: per_minute / MINUTE.as_secs_f64(), most: per_minute };
        let key = || self.hasher.hash_one(("failures", address.map(neighbourhood)));
        (address.is_some() && per_minute > 0.0).then(|| (key(), rate))
    }

    fn policies(&self, asked: Asked<'_>) -> [Option<Policy>; 2] {
        let of = &self.settings;
        let saved = Duration::from_secs(of.burst_s.into());
        let own = |limit: Option<i64>, usual: u32| limit.map_or(usual, |limit| u32::try_from(limit).unwrap_or(usual));
        let tenant = asked.tenant.map(|(name, _)| name);
        let limits = asked.tenant.map(|(_, limits)| limits).unwrap_or_default();
        let (account_rate, tenant_rate) = match asked.scope {
            Scope::Read => (of.reads_per_second, own(limits.reads_per_second, of.tenant_reads_per_second)),
            Scope::Write => (of.writes_per_second, own(limits.writes_per_second, of.tenant_writes_per_second)),
            Scope::Admin => (of.admin_per_second, 0),
        };
        let policy =
            |name, rate, key: &dyn Fn() -> u64| Some(Policy { name, rate: Rate::new(rate, saved)?, key: key() });
        [
            policy("account", account_rate, &|| self.hasher.hash_one((asked.scope, asked.account, tenant))),
            tenant.and_then(|name| policy("tenant", tenant_rate, &|| self.hasher.hash_one((asked.scope, name)))),
        ]
    }

    fn buckets(&self) -> MutexGuard<'_, HashMap<u64, (Rate, Bucket)>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room(buckets: &mut HashMap<u64, (Rate, Bucket)>, now: Instant) {
    if buckets.len() >= BUCKETS {
        buckets.retain(|_, (rate, bucket)| !bucket.is_full(*rate, now));
    }
}

fn refused(policy: &Policy, scope: Scope, wait: Duration) -> ApiError {
    let (whose, scope) = (policy.name, scope.as_str());
    let message = format!("the {whose} has used up what it may {scope} for now; try again later");
    ApiError::new(Code::RateLimited, message).with("limit", format!("{whose}-{scope}")).retry_after(wait)
}

#[derive(Clone, Copy, Debug)]
struct Policy {
    name: &'static str,
    rate: Rate,
    key: u64,
}

#[derive(Clone, Copy, Debug)]
struct Left {
    policy: Policy,
    scope: Scope,
    tokens: f64,
    refill: Duration,
}

/// What was left after a request took its share.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing {
    left: [Option<Left>; 2],
}

impl Standing {
    /// Tells the caller.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let (mut limit, mut policy) = (String::new(), String::new());
        for left in self.left.iter().flatten() {
            let (name, scope) = (left.policy.name, left.scope.as_str());
            let comma = if limit.is_empty() { "" } else { ", " };
            let (tokens, refill) = (left.tokens.max(0.0).floor(), left.refill.as_secs_f64().ceil());
            let (most, window) = (left.policy.rate.most, (left.policy.rate.most / left.policy.rate.per_second).ceil());
            // Writing to a string does not fail.
            let _ = write!(limit, "{comma}\"{name}-{scope}\";r={tokens};t={refill}");
            let _ = write!(policy, "{comma}\"{name}-{scope}\";q={most};w={window}");
        }
        if let (false, Ok(limit), Ok(policy)) =
            (limit.is_empty(), HeaderValue::from_str(&limit), HeaderValue::from_str(&policy))
        {
            headers.insert(RATE_LIMIT, limit);
            headers.insert(RATE_LIMIT_POLICY, policy);
        }
    }
}

/// Requests under way, by the hash of whose they are.
#[derive(Debug, Default)]
struct AtWork(Mutex<HashMap<u64, u32>>);

impl AtWork {
    fn seats(&self) -> MutexGuard<'_, HashMap<u64, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request under way.
#[derive(Debug)]
pub struct Seat {
    key: u64,
    at_work: Arc<AtWork>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.at_work.seats();
        if let Some(taken) = seats.get_mut(&self.key) {
            *taken -= 1;
            if *taken == 0 {
                seats.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(change: impl FnOnce(&mut LimitSettings)) -> Limits {
        let mut settings = LimitSettings { burst_s: 1, ..LimitSettings::none() };
        change(&mut settings);
        Limits::new(settings)
    }

    fn asked<'a>(account: &'a str, tenant: &'a str) -> Asked<'a> {
        Asked { scope: Scope::Write, account, tenant: Some((tenant, TenantLimits::default())) }
    }

    fn shown(standing: &Standing) -> (String, String) {
        let mut headers = HeaderMap::new();
        standing.write(&mut headers);
        let text = |name| headers.get(name).map_or("", |value: &HeaderValue| value.to_str().unwrap()).to_owned();
        (text(RATE_LIMIT), text(RATE_LIMIT_POLICY))
    }

    #[tokio::test(start_paused = true)]
    async fn accounts_and_tenants_have_their_own() {
        let limits = limits(|set| (set.writes_per_second, set.tenant_writes_per_second) = (10, 15));
        let standing = limits.take(asked("a", "t"), 9).unwrap();
        assert_eq!(
            shown(&standing),
            (
                r#""account-write";r=1;t=1, "tenant-write";r=6;t=1"#.to_owned(),
                r#""account-write";q=10;w=1, "tenant-write";q=15;w=1"#.to_owned()
            )
        );
        assert_eq!(limits.take(asked("a", "t"), 2).unwrap_err().code(), Code::RateLimited);
        limits.take(asked("a", "u"), 2).unwrap();
        limits.take(asked("b", "t"), 6).unwrap();
        let error = limits.take(asked("c", "t"), 1).unwrap_err();
        assert!(error.message().starts_with("the tenant"), "{}", error.message());
        limits.take(asked("c", "u"), 10).unwrap();
        limits.take(Asked { scope: Scope::Read, ..asked("c", "t") }, 1_000).unwrap();
        tokio::time::advance(Duration::from_millis(100)).await;
        limits.take(asked("c", "t"), 1).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_takes_nothing() {
        let limits = limits(|set| (set.writes_per_second, set.tenant_writes_per_second) = (10, 5));
        for _ in 0..5 {
            limits.take(asked("a", "t"), 1).unwrap();
            assert!(limits.take(asked("a", "t"), 9).is_err());
        }
        assert!(limits.take(asked("a", "t"), 1).is_err(), "the tenant's five are gone");
        assert_eq!(shown(&limits.take(asked("a", "u"), 5).unwrap()).0.split(';').nth(1), Some("r=5"));
    }

    #[test]
    fn a_tenant_can_be_held_to_less() {
        let limits = limits(|set| set.tenant_writes_per_second = 100);
        let own = TenantLimits { writes_per_second: Some(2), ..TenantLimits::default() };
        let held = Asked { tenant: Some(("t", own)), ..asked("a", "t") };
        limits.take(held, 2).unwrap();
        assert!(limits.take(held, 1).is_err());
    }

    #[test]
    fn without_limits_nothing_is_said() {
        let standing = limits(|_| ()).take(asked("a", "t"), 1_000_000).unwrap();
        assert_eq!(shown(&standing), (String::new(), String::new()));
    }

    #[test]
    fn counts_requests_under_way() {
        let limits = limits(|set| set.concurrent = 2);
        let (first, _second) = (limits.begin("a").unwrap(), limits.begin("a").unwrap());
        assert_eq!(limits.begin("a").unwrap_err().code(), Code::RateLimited);
        limits.begin("b").unwrap();
        drop(first);
        limits.begin("a").unwrap();
        assert_eq!(limits.at_work.seats().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn wrong_tokens_are_limited_by_address() {
        let limits = limits(|set| set.failures_per_minute = 2);
        let (here, there) = ("10.0.0.1".parse().ok(), "10.0.0.2".parse().ok());
        for _ in 0..9 {
            limits.failed(here, &[0; 32]);
            limits.failed(None, &[1; 32]);
        }
        limits.may_try(here).unwrap();
        limits.failed(here, &[1; 32]);
        assert_eq!(limits.may_try(here).unwrap_err().code(), Code::RateLimited);
        limits.may_try(there).unwrap();
        limits.may_try(None).unwrap();
        tokio::time::advance(Duration::from_secs(30)).await;
        limits.may_try(here).unwrap();
    }
}
