//! The secret guard: refuses text that looks like a credential before it can enter an append-only log.
//!
//! Two modes. [`GuardMode::Reference`] is the frozen substring list of the contract (semantics, section 6), kept for parity:
//! it also refuses `task-42` and `Asia-Pacific`. [`GuardMode::Precise`] looks for the shapes that real credentials
//! have: a prefix at a word boundary and enough of the right characters after it.

use std::{fmt, str::FromStr, sync::LazyLock};

use regex::RegexSet;

use crate::{
    event::NewEvent,
    json::Json,
    violation::{ErrorCode, Violation},
};

/// How the guard looks, a setting of the tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GuardMode {
    /// Token-shaped patterns, anchored and with lengths.
    #[default]
    Precise,
    /// The frozen substring list.
    Reference,
}

impl GuardMode {
    /// The name in the tenant registry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Precise => "precise",
            Self::Reference => "reference",
        }
    }
}

/// A guard mode nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownGuardMode;

impl fmt::Display for UnknownGuardMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("secret_guard is 'precise' or 'reference'")
    }
}

impl std::error::Error for UnknownGuardMode {}

impl FromStr for GuardMode {
    type Err = UnknownGuardMode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "precise" => Ok(Self::Precise),
            "reference" => Ok(Self::Reference),
            _ => Err(UnknownGuardMode),
        }
    }
}

/// The frozen list, in the order in which a match is reported, each with its lowercased form.
const REFERENCE: [(&str, &str); 25] = [
    ("-----BEGIN", "-----begin"),
    ("-----BEGIN EC PRIVATE KEY", "-----begin ec private key"),
    ("-----BEGIN OPENSSH PRIVATE KEY", "-----begin openssh private key"),
    ("-----BEGIN PRIVATE KEY", "-----begin private key"),
    ("-----BEGIN RSA PRIVATE KEY", "-----begin rsa private key"),
    ("AKIA", "akia"),
    ("ASIA", "asia"),
    ("Bearer ", "bearer "),
    ("api-key:", "api-key:"),
    ("api_key=", "api_key="),
    ("apikey=", "apikey="),
    ("gho_", "gho_"),
    ("ghp_", "ghp_"),
    ("ghr_", "ghr_"),
    ("ghs_", "ghs_"),
    ("ghu_", "ghu_"),
    ("passwd=", "passwd="),
    ("password=", "password="),
    ("secret=", "secret="),
    ("sk-", "sk-"),
    ("token=", "token="),
    ("xoxa-", "xoxa-"),
    ("xoxb-", "xoxb-"),
    ("xoxp-", "xoxp-"),
    ("xoxr-", "xoxr-"),
];

/// What real credentials look like: a name for the message, and the shape.
const PRECISE: [(&str, &str); 13] = [
    ("a private key block", r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY"),
    ("an AWS access key id", r"(?-u:\b)(?:AKIA|ASIA)[A-Z0-9]{16}(?-u:\b)"),
    ("a GitHub token", r"(?-u:\b)gh[pousr]_[A-Za-z0-9]{30,}"),
    ("a GitHub token", r"(?-u:\b)github_pat_[A-Za-z0-9_]{22,}"),
    ("a Slack token", r"(?-u:\b)xox[abeprs]-[A-Za-z0-9-]{10,}"),
    ("an API secret key", r"(?-u:\b)sk-[A-Za-z0-9_-]{20,}"),
    ("an API secret key", r"(?-u:\b)[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("a Google API key", r"(?-u:\b)AIza[A-Za-z0-9_-]{35}"),
    ("a signed web token", r"(?-u:\b)eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ("a DecisionGraph token", r"(?-u:\b)dg_[a-z0-9]{8,32}_[0-9a-f]{64}(?-u:\b)"),
    ("a bearer credential", r"(?i-u)\bbearer[ \t]+[a-z0-9._~+/=-]*[0-9][a-z0-9._~+/=-]*"),
    ("a password in clear", r"(?i-u)\b(?:[a-z0-9]+[_-])?(?:password|passwd|pwd)[ \t]?[=:][ \t]?[!-~]{8,}"),
    ("a secret in clear", r"(?i-u)\b(?:[a-z0-9]+[_-])?(?:secret|token|api[_-]?key)[ \t]?[=:][ \t]?[a-z0-9._~+/-]{16,}"),
];

/// A bearer value is judged by its length too; shorter ones are words such as `bearer b2b`.
const BEARER: usize = 10;
const BEARER_VALUE_BYTES: usize = 20;

static SHAPES: LazyLock<RegexSet> = LazyLock::new(|| {
    RegexSet::new(PRECISE.map(|(_, shape)| shape)).expect("the patterns are constants that the tests compile")
});

/// Finds the first pattern of the frozen list in `text`. Lowercasing is full Unicode: U+212A lowers to `k`.
#[must_use]
pub(crate) fn reference_match(text: &str) -> Option<&'static str> {
    let lowered = text.to_lowercase();
    REFERENCE.iter().find(|(_, needle)| lowered.contains(needle)).map(|(pattern, _)| *pattern)
}

/// Names what the text seems to hold.
fn precise_match(text: &str) -> Option<&'static str> {
    if text.len() < 12 {
        return None;
    }
    let hits = SHAPES.matches(text);
    hits.iter().find(|at| *at != BEARER || has_long_bearer_value(text)).map(|at| PRECISE[at].0)
}

fn has_long_bearer_value(text: &str) -> bool {
    let lowered = text.to_ascii_lowercase();
    lowered.match_indices("bearer").any(|(at, word)| {
        let value = lowered[at + word.len()..].trim_start_matches([' ', '\t']);
        let length = value.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"._~+/=-".contains(b)).count();
        length >= BEARER_VALUE_BYTES
    })
}

/// Scans every string value of the payload and the free-text fields of the envelope, in contract order.
///
/// # Errors
/// `pii_policy_violation` with the pointer of the first hit. The message names the kind, never the text.
pub(crate) fn scan(event: &NewEvent, payload: &Json<'_>, mode: GuardMode) -> Result<(), Violation> {
    let check = |text: &str, pointer: &dyn Fn() -> String| {
        let hit = match mode {
            GuardMode::Reference => reference_match(text),
            GuardMode::Precise => precise_match(text),
        };
        hit.map_or(Ok(()), |kind| Err(refusal(kind, mode, pointer())))
    };
    scan_value(payload, &mut Vec::new(), &check)?;
    for (at, tag) in event.tags.iter().enumerate() {
        check(tag, &|| format!("/tags/{at}"))?;
    }
    let fields = [
        ("/actor/actor_type", Some(event.actor.actor_type.as_str())),
        ("/actor/actor_id", Some(event.actor.actor_id.as_str())),
        ("/source/producer_id", Some(event.source.producer_id.as_str())),
        ("/source/system", Some(event.source.system.as_str())),
        ("/source/subsystem", event.source.subsystem.as_deref()),
        ("/correlation_id", event.correlation_id.as_deref()),
        ("/causation_event_id", event.causation_event_id.as_deref()),
        ("/idempotency_key", Some(event.idempotency_key.as_str())),
    ];
    for (pointer, text) in fields {
        check(text.unwrap_or_default(), &|| pointer.to_owned())?;
    }
    Ok(())
}

fn refusal(kind: &str, mode: GuardMode, pointer: String) -> Violation {
    let message = match mode {
        GuardMode::Reference => format!("forbidden content '{kind}' found at '{pointer}'"),
        GuardMode::Precise => format!("'{pointer}' looks like {kind}; secrets may not enter the log"),
    };
    Violation::new(ErrorCode::PiiPolicyViolation, message).at(pointer)
}

enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

type Check<'c> = dyn Fn(&str, &dyn Fn() -> String) -> Result<(), Violation> + 'c;

fn scan_value<'a>(value: &'a Json<'_>, path: &mut Vec<Step<'a>>, check: &Check<'_>) -> Result<(), Violation> {
    match value {
        Json::Text(text) => check(text, &|| pointer(path)),
        Json::List(items) => items.iter().enumerate().try_for_each(|(at, item)| {
            path.push(Step::Index(at));
            let answer = scan_value(item, path, check);
            path.pop();
            answer
        }),
        Json::Object(entries) => entries.iter().try_for_each(|(key, item)| {
            path.push(Step::Key(key));
            let answer = scan_value(item, path, check);
            path.pop();
            answer
        }),
        Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) => Ok(()),
    }
}

fn pointer(path: &[Step<'_>]) -> String {
    path.iter().fold("/payload".to_owned(), |text, step| match step {
        Step::Key(key) => format!("{text}/{}", key.replace('~', "~0").replace('/', "~1")),
        Step::Index(at) => format!("{text}/{at}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_list_matches_like_the_contract() {
        for (text, expected) in [
            ("Bearer abc", Some("Bearer ")),
            ("BEARER\tabc", None),
            ("task-42", Some("sk-")),
            ("A\u{212a}IA", Some("AKIA")),
            ("Malaysia", None),
            ("Eurasia", Some("ASIA")),
            ("-----BEGIN RSA PRIVATE KEY", Some("-----BEGIN")),
            ("\u{130}", None),
            ("", None),
        ] {
            assert_eq!(reference_match(text), expected, "{text}");
        }
    }

    #[test]
    fn precise_mode_passes_ordinary_words() {
        for text in [
            "task-42",
            "risk-score",
            "desk-lead-and-a-very-long-identifier-2026",
            "Asia-Pacific",
            "fantasia",
            "the bearer of good news 2026-01-01",
            "Bearer token required",
            "password reset requested",
            "tokens=12",
            "secret santa: 2026",
            "-----BEGIN CERTIFICATE-----",
            "api-key:rotate",
            "AKIA",
            "sk-abc",
            "token=abc",
            "https://x/?token=abc",
            "ghp_x",
            "xoxb-1",
            "password=",
            "ask-for-a-very-long-hyphenated-thing",
        ] {
            assert_eq!(precise_match(text), None, "{text}");
        }
    }

    #[test]
    fn precise_mode_refuses_real_shapes() {
        let hex = "0123456789abcdef".repeat(4);
        for text in [
            "AKIAIOSFODNN7EXAMPLE".to_owned(),
            "key ASIAIOSFODNN7EXAMPLE.".to_owned(),
            format!("ghp_{}", "a1B2".repeat(9)),
            format!("see sk-{}", "proj-aB3dE5".repeat(3)),
            "xoxb-123456789012-abcdef".to_owned(),
            "-----BEGIN RSA PRIVATE KEY-----".to_owned(),
            "-----BEGIN PRIVATE KEY-----".to_owned(),
            "Authorization: Bearer abcdefghij0123456789xyz".to_owned(),
            "password=hunter2!x".to_owned(),
            "DB_PASSWORD: correct-horse".to_owned(),
            "client_secret=Zm9vYmFyYmF6cXV4MTIzNA".to_owned(),
            format!("dg_0a1b2c3d4e5f_{hex}"),
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN".to_owned(),
        ] {
            assert!(precise_match(&text).is_some(), "{text}");
        }
    }
}
