//! What single fields may be, as schemas: words out of the lists that the code checks against, forms as it checks them.

use dg_domain::GuardMode;
use dg_http::contract::words;
pub(crate) use dg_http::event_json::event_type;
use dg_http::gate::Role;
use dg_projections::{HealthStatus, Projection, RunMode, RunStatus, RunTarget};
use dg_storage::audit::{AuditKind, Outcome};
use dg_storage::locks::LockClass;
use dg_storage::projections::FailureStatus;
use dg_storage::tenants::TenantStatus;
use dg_storage::webhooks::{DeliveryState, WebhookStatus};
use dg_storage::workflow::DELIVERY_STATES;
use dg_workflow::evidence::MediaType;
use dg_workflow::policy_what_if::{MOST_COMPARISONS, MOST_RULES, PolicyDecision};
use dg_workflow::studio::Signal;
use dg_workflow::telling::{Channel, Mode};
use dg_workflow::{Category, Kind, Priority};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    AdditionalProperties, AnyOfBuilder, Array, ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type,
};

use crate::admin::grants::PERMISSIONS;
use crate::admin::replays::MODES;
use crate::admin::tokens::{LONGEST_OVERLAP_S, LONGEST_S};
use crate::digests;

/// What [`char::is_whitespace`] takes for white space, as a part of a character class.
pub(crate) const SPACE: &str = r"\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
/// The name of a tenant or account.
const NAME: &str = "[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}";
const ROLES: [Role; 3] = [Role::Reader, Role::Writer, Role::Admin];
const GUARDS: [GuardMode; 2] = [GuardMode::Precise, GuardMode::Reference];

macro_rules! vocabularies {
    ($($name:ident: $words:expr;)*) => {$(
        pub(crate) fn $name() -> Schema {
            words($words)
        }
    )*};
}

vocabularies! {
    kept: ["stored", "replayed"];
    rejected: ["rejected"];
    valid: ["valid"];
    invalid: ["invalid"];
    relation: ["eq", "gte"];
    trace_status: ["open", "finished"];
    projection: Projection::ALL.map(Projection::as_str);
    digested: digests::NAMES;
    digest_source: ["self_check", "run"];
    failure_status: FailureStatus::ALL.map(FailureStatus::as_str);
    health: HealthStatus::ALL.map(HealthStatus::as_str);
    scope_state: ["starting", "catching_up", "idle", "retrying", "replaying", "rebuilding", "paused", "failed"];
    scope_mode: ["live", "replaying", "rebuilding", "verifying", "paused"];
    account_kind: ["service", "person"];
    token_status: ["active", "expired", "revoked"];
    session_status: ["open", "expired", "ended"];
    lock_class: LockClass::ALL.map(LockClass::as_str);
    tenant_status: TenantStatus::ALL.map(TenantStatus::as_str);
    guard: GUARDS.map(GuardMode::as_str);
    policy_decision: PolicyDecision::ALL.map(PolicyDecision::as_str);
    run_target: run_targets();
    run_mode: RunMode::ALL.map(RunMode::as_str);
    run_status: RunStatus::ALL.map(RunStatus::as_str);
    webhook_status: WebhookStatus::ALL.iter().map(|status| status.as_str());
    delivery_state: DeliveryState::ALL.iter().map(|state| state.as_str());
    secret_kind: SECRET_KINDS;
    workflow_status: crate::workflows::list::STATUSES;
    workflow_kind: Kind::ALL.map(Kind::as_str);
    workflow_signal: Signal::ALL.map(Signal::as_str);
    workflow_act: crate::workflows::asked::WORDS;
    priority: Priority::ALL.map(Priority::as_str);
    file_type: MediaType::ALL.map(MediaType::as_str);
    notification_category: Category::ALL.map(Category::as_str);
    telling_channel: Channel::ALL.map(Channel::as_str);
    telling_state: DELIVERY_STATES;
    channel_status: CHANNEL_STATUSES;
    bulk_outcome: ["done", "refused"];
    audit_kind: AuditKind::ALL.iter().map(|kind| kind.as_str());
    audit_outcome: Outcome::ALL.iter().map(|outcome| outcome.as_str());
}

pub(crate) fn run_targets() -> impl Iterator<Item = &'static str> {
    let single = Projection::ALL.into_iter().map(RunTarget::One);
    single.chain([RunTarget::Reference, RunTarget::All]).map(RunTarget::as_str)
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn or_null(schema: ObjectBuilder) -> Schema {
    schema.schema_type(SchemaType::from_iter([Type::String, Type::Null])).into()
}

/// Words or null, for a field that may be left out.
fn words_or_null<'w>(words: impl IntoIterator<Item = &'w str>) -> Schema {
    let all = words.into_iter().map(Some).chain([None]);
    let kinds = SchemaType::from_iter([Type::String, Type::Null]);
    ObjectBuilder::new().schema_type(kinds).enum_values(Some(all)).into()
}

pub(crate) fn nullable_priority() -> Schema {
    words_or_null(Priority::ALL.map(Priority::as_str))
}

/// Any object.
pub(crate) fn any_object() -> Schema {
    dg_http::contract::object()
}

/// Any objects.
pub(crate) fn any_objects() -> Array {
    ArrayBuilder::new().items(RefOr::T(any_object())).build()
}

/// An object or null; what is in it is checked where it is used.
pub(crate) fn nullable_object() -> Schema {
    ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::Object, Type::Null])).into()
}

/// A SHA-256 as evidence names it.
pub(crate) fn sha256() -> Schema {
    text().pattern(Some("^[0-9a-f]{64}$")).into()
}

/// A list of anything, or null.
pub(crate) fn nullable_list() -> Schema {
    let kinds = SchemaType::from_iter([Type::Array, Type::Null]);
    let any = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
    Schema::Array(ArrayBuilder::new().schema_type(kinds).items(RefOr::T(any.into())).max_items(Some(50)).build())
}

/// A list of texts, or null.
pub(crate) fn nullable_texts() -> Schema {
    let kinds = SchemaType::from_iter([Type::Array, Type::Null]);
    Schema::Array(ArrayBuilder::new().schema_type(kinds).items(RefOr::T(text().into())).build())
}

/// Any text or null.
pub(crate) fn nullable_text() -> Schema {
    or_null(text())
}

/// A reason or note of at most 4,000 characters.
pub(crate) fn nullable_long_text() -> Schema {
    or_null(text().max_length(Some(dg_workflow::command::LONGEST_TEXT)))
}

const CHANNEL_STATUSES: [&str; 2] = ["active", "paused"];

pub(crate) fn nullable_channel_status() -> Schema {
    words_or_null(CHANNEL_STATUSES)
}

/// Some ids, or null.
pub(crate) fn nullable_ids() -> Schema {
    let kinds = SchemaType::from_iter([Type::Array, Type::Null]);
    Schema::Array(ArrayBuilder::new().schema_type(kinds).items(RefOr::T(text().into())).max_items(Some(500)).build())
}

pub(crate) fn nullable_flag() -> Schema {
    ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::Boolean, Type::Null])).into()
}

/// A text that people read.
pub(crate) fn title() -> Schema {
    title_of(text()).into()
}

/// An address of a mailbox.
pub(crate) fn nullable_email() -> Schema {
    let pattern = r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+$";
    or_null(text().pattern(Some(pattern)).max_length(Some(254)))
}

/// Where a channel leads: what else is refused is told by the answer.
pub(crate) fn channel_target() -> Schema {
    text().min_length(Some(1)).max_length(Some(2_048)).into()
}

pub(crate) fn nullable_channel_target() -> Schema {
    or_null(text().min_length(Some(1)).max_length(Some(2_048)))
}

/// The version of something that a caller saw; 0 for none.
pub(crate) fn nullable_seen_version() -> Schema {
    seconds(0, i64::MAX)
}

/// What somebody wants to be told. Which names of zones and which times there are is told by the answer.
fn preferences_of(kinds: SchemaType) -> Schema {
    let choice = || {
        let channels = ArrayBuilder::new()
            .schema_type(SchemaType::from_iter([Type::Array, Type::Null]))
            .items(RefOr::T(words(Channel::ALL.map(Channel::as_str))));
        ObjectBuilder::new()
            .property("mode", words_or_null(Mode::ALL.map(Mode::as_str)))
            .property("channels", channels.build())
    };
    let hour = || or_null(text().pattern(Some("^([01][0-9]|2[0-3]):[0-5][0-9]$")));
    let hours = ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .property("from", hour())
        .property("to", hour());
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let days = ArrayBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Array, Type::Null]))
        .items(RefOr::T(words(days)))
        .build();
    let categories = ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .property_names(Some(words(Category::ALL.map(Category::as_str))))
        .additional_properties(Some(RefOr::T(choice().into())));
    choice()
        .schema_type(kinds)
        .property("time_zone", nullable_text())
        .property("quiet_hours", hours)
        .property("quiet_days", days)
        .property("digest_at", hour())
        .property("categories", categories)
        .into()
}

pub(crate) fn preferences() -> Schema {
    preferences_of(SchemaType::new(Type::Object))
}

pub(crate) fn nullable_preferences() -> Schema {
    preferences_of(SchemaType::from_iter([Type::Object, Type::Null]))
}

pub(crate) fn nullable_policy_decision() -> Schema {
    words_or_null(PolicyDecision::ALL.map(PolicyDecision::as_str))
}

/// Anything but white space.
pub(crate) fn name_of_a_policy() -> Schema {
    text().pattern(Some(format!("[^{SPACE}]"))).into()
}

/// A policy to try.
pub(crate) fn policy_candidate() -> Schema {
    let comparison = |operators: &[&str], value: ObjectBuilder| {
        ObjectBuilder::new()
            .property("fact", lines_of(text(), 200))
            .property("operator", words(operators.iter().copied()))
            .property("value", value)
            .required("fact")
            .required("operator")
            .required("value")
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
    };
    let equal = comparison(&["eq", "ne"], text().pattern(Some(r"^[^\u0000]*$".to_owned())).max_length(Some(250)));
    let number = text().pattern(Some("^[+-]?[0-9]{1,100}(\\.[0-9]{1,100})?$"));
    let ordered = comparison(&["lt", "lte", "gt", "gte"], number);
    let comparisons = ArrayBuilder::new()
        .items(RefOr::T(Schema::from(AnyOfBuilder::new().item(equal).item(ordered))))
        .min_items(Some(1))
        .max_items(Some(MOST_COMPARISONS));
    let rule = ObjectBuilder::new()
        .property("when", comparisons)
        .property("decision", policy_decision())
        .required("when")
        .required("decision")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)));
    let rules = ArrayBuilder::new().items(RefOr::T(Schema::from(rule))).max_items(Some(MOST_RULES));
    ObjectBuilder::new()
        .property("rules", rules)
        .property("otherwise", policy_decision())
        .required("rules")
        .required("otherwise")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .into()
}

/// Which traces a policy is tried on.
pub(crate) fn policy_simulation_traces() -> Schema {
    ObjectBuilder::new()
        .property("workflow", nullable_text())
        .property("started_after", dg_http::contract::nullable_instant())
        .property("started_before", dg_http::contract::nullable_instant())
        .property("limit", seconds(1, crate::studio::policies::MOST))
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .into()
}

/// A version of an item, at least 1.
pub(crate) fn nullable_version() -> Schema {
    seconds(1, i64::MAX)
}

pub(crate) fn nullable_guard() -> Schema {
    words_or_null(GUARDS.map(GuardMode::as_str))
}

pub(crate) fn nullable_tenant_status() -> Schema {
    words_or_null(TenantStatus::ALL.map(TenantStatus::as_str))
}

pub(crate) fn nullable_asked_mode() -> Schema {
    words_or_null(MODES.map(RunMode::as_str))
}

/// The name of a tenant or account.
pub(crate) fn name() -> Schema {
    text().pattern(Some(format!("^{NAME}$"))).into()
}

pub(crate) fn nullable_name() -> Schema {
    or_null(text().min_length(Some(1)).max_length(Some(200)))
}

/// A text that people read: 1 to 200 characters, none of them for control, not blank.
pub(crate) fn nullable_title() -> Schema {
    or_null(title_of(text()))
}

fn title_of(builder: ObjectBuilder) -> ObjectBuilder {
    let other = r"[^\u0000-\u001f\u007f-\u009f]";
    let shown = format!(r"[^\u0000-\u001f\u007f-\u009f{SPACE}]");
    let pattern = format!("^{other}*{shown}{other}*$");
    builder.pattern(Some(pattern)).min_length(Some(1)).max_length(Some(200))
}

/// A text that people read, perhaps of several lines: not blank, no characters for control but line ends and tabs.
fn lines_of(builder: ObjectBuilder, most: usize) -> ObjectBuilder {
    let control = r"\u0000-\u0008\u000b-\u001f\u007f-\u009f";
    let pattern = format!("^[^{control}]*[^{control}{SPACE}][^{control}]*$");
    builder.pattern(Some(pattern)).min_length(Some(1)).max_length(Some(most))
}

/// A reason that stands in a free object.
pub(crate) fn reason_text() -> serde_json::Value {
    serde_json::json!({"type": "string", "minLength": 1, "maxLength": 2_000, "pattern": reason_pattern()})
}

fn reason_pattern() -> String {
    format!(r"^[^\u0000]*[^\u0000{SPACE}][^\u0000]*$")
}

/// Why something is done: not blank, without U+0000, at most 2,000 characters.
pub(crate) fn nullable_reason() -> Schema {
    or_null(text().pattern(Some(reason_pattern())).min_length(Some(1)).max_length(Some(2_000)))
}

fn password_of(builder: ObjectBuilder) -> ObjectBuilder {
    let says = "From 12 characters to 256 bytes of UTF-8, not blank.";
    let builder = builder.min_length(Some(12)).max_length(Some(256)).description(Some(says));
    builder.pattern(Some(format!("[^{SPACE}]")))
}

pub(crate) fn password() -> Schema {
    password_of(text()).into()
}

pub(crate) fn nullable_password() -> Schema {
    or_null(password_of(text()))
}

fn seconds(from: i64, to: i64) -> Schema {
    let kinds = SchemaType::from_iter([Type::Integer, Type::Null]);
    ObjectBuilder::new().schema_type(kinds).minimum(Some(from)).maximum(Some(to)).into()
}

/// For how many seconds a token is good; for ever when null or left out.
pub(crate) fn life() -> Schema {
    seconds(1, LONGEST_S)
}

/// For how many seconds the token before goes on.
pub(crate) fn overlap() -> Schema {
    seconds(0, LONGEST_OVERLAP_S)
}

pub(crate) fn nullable_event_bytes() -> Schema {
    seconds(1_024, 1 << 20)
}

pub(crate) fn nullable_batch_events() -> Schema {
    seconds(1, 1_000)
}

const SECRET_KINDS: [&str; 2] = ["hmac", "ed25519"];
const WHATS: [&str; 2] = ["events", "projections"];

pub(crate) fn nullable_secret_kind() -> Schema {
    words_or_null(SECRET_KINDS)
}

pub(crate) fn nullable_asked_webhook_status() -> Schema {
    words_or_null(["active", "paused"])
}

/// Where webhooks may go: what else is refused is told by the answer.
fn endpoint_of(builder: ObjectBuilder) -> ObjectBuilder {
    builder.pattern(Some(r"^https?://[^\s/?#@]+(/[^\s#]*)?$")).max_length(Some(2_048))
}

pub(crate) fn endpoint() -> Schema {
    endpoint_of(text()).into()
}

pub(crate) fn nullable_endpoint() -> Schema {
    or_null(endpoint_of(text()))
}

/// Of at most 512 bytes, not blank.
pub(crate) fn nullable_trace_id() -> Schema {
    or_null(text().pattern(Some(reason_pattern())).min_length(Some(1)).max_length(Some(512)))
}

/// A reason that may be blank.
pub(crate) fn nullable_free_reason() -> Schema {
    or_null(text().pattern(Some(r"^[^\u0000]*$")).max_length(Some(2_000)))
}

/// For how many seconds a webhook's secrets go on.
pub(crate) fn webhook_overlap() -> Schema {
    seconds(0, crate::admin::webhooks::asked::LONGEST_OVERLAP_S)
}

fn webhook_what() -> Schema {
    words(WHATS)
}

pub(crate) fn nullable_webhook_whats() -> Schema {
    let kinds = SchemaType::from_iter([Type::Array, Type::Null]);
    Schema::Array(ArrayBuilder::new().schema_type(kinds).items(RefOr::T(webhook_what())).min_items(Some(1)).build())
}

fn printable(most: usize) -> Schema {
    text().pattern(Some("^[ -~]+$")).min_length(Some(1)).max_length(Some(most)).into()
}

pub(crate) fn issuer() -> Schema {
    printable(crate::admin::users::LONGEST_ISSUER)
}

pub(crate) fn subject() -> Schema {
    printable(crate::admin::users::LONGEST_SUBJECT)
}

/// So many a second.
pub(crate) fn nullable_rate() -> Schema {
    seconds(1, 1_000_000)
}

/// An object; a text where other hands made it one.
pub(crate) fn object_or_text() -> Schema {
    ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::Object, Type::String])).into()
}

/// An address of either family, or null.
pub(crate) fn nullable_address() -> Schema {
    let family = |format: &str| text().format(Some(utoipa::openapi::schema::SchemaFormat::Custom(format.to_owned())));
    AnyOfBuilder::new()
        .item(family("ipv4"))
        .item(family("ipv6"))
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .into()
}

fn role() -> Schema {
    words(ROLES.map(Role::as_str))
}

fn permission() -> Schema {
    words(PERMISSIONS)
}

fn tenant() -> Schema {
    text().pattern(Some(format!(r"^(\*|{NAME})$"))).description(Some("A tenant, or `*` for all.")).into()
}

macro_rules! grants {
    ($($list:ident $nullable:ident $one_or_many:ident: $item:ident;)*) => {$(
        pub(crate) fn $list() -> Array {
            ArrayBuilder::new().items(RefOr::T($item())).build()
        }

        pub(crate) fn $nullable() -> Schema {
            let kinds = SchemaType::from_iter([Type::Array, Type::Null]);
            Schema::Array(ArrayBuilder::new().schema_type(kinds).items(RefOr::T($item())).build())
        }

        pub(crate) fn $one_or_many() -> Schema {
            OneOfBuilder::new().item($item()).item($list()).into()
        }
    )*};
}

pub(crate) fn event_types() -> Array {
    ArrayBuilder::new().items(RefOr::T(event_type())).build()
}

pub(crate) fn nullable_event_types() -> Schema {
    let kinds = SchemaType::from_iter([Type::Array, Type::Null]);
    Schema::Array(ArrayBuilder::new().schema_type(kinds).items(RefOr::T(event_type())).build())
}

pub(crate) fn webhook_whats() -> Array {
    ArrayBuilder::new().items(RefOr::T(webhook_what())).build()
}

grants! {
    roles nullable_roles one_or_many_roles: role;
    permissions nullable_permissions one_or_many_permissions: permission;
    tenants nullable_tenants one_or_many_tenants: tenant;
}
