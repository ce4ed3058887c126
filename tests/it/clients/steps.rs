//! The calls of a script, by the names they have in every client.

use std::time::Duration;

use dg_client::{
    ApprovalRecorded, BatchMode, Client, ClientError, DecisionQuery, EdgeQuery, Event, EventOptions, EventQuery,
    FollowQuery, Fresh, Freshness, GraphQuery, PrecedentQuery, Record, RecordError, Recorded, SpoolError, StoredEvent,
    TraceQuery,
};
use futures_util::TryStreamExt;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::conformance::{Failure, Runner};

type Answer = Result<Value, Failure>;

/// The arguments of a step.
struct Arguments(Map<String, Value>);

impl Arguments {
    fn take<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        self.0.remove(name).filter(|value| !value.is_null()).map(|value| serde_json::from_value(value).unwrap())
    }

    fn text(&mut self, name: &str) -> String {
        self.take(name).unwrap_or_default()
    }

    fn seconds(&mut self, name: &str, usual: f64) -> Duration {
        Duration::from_secs_f64(self.take(name).unwrap_or(usual))
    }

    fn options(&mut self) -> EventOptions {
        EventOptions {
            actor: self.take("actor"),
            source: self.take("source"),
            occurred_at: self.take("occurred_at"),
            idempotency_key: self.take("idempotency_key"),
            event_id: self.take("event_id"),
            correlation_id: self.take("correlation_id"),
            causation_event_id: self.take("causation_event_id"),
            schema_version: self.take("schema_version"),
            tags: self.take("tags").unwrap_or_default(),
        }
    }

    /// What is left, once it was looked at all.
    fn done(self) {
        assert!(self.0.is_empty(), "the runner does not know {:?}", self.0.keys());
    }
}

impl Runner {
    pub(super) async fn call(&mut self, step: &Value, arguments: Value) -> Answer {
        let arguments = arguments.as_object().unwrap().clone();
        let (call, arguments) = (step["call"].as_str().unwrap(), Arguments(arguments));
        match call.strip_prefix("trace.").unwrap_or(call) {
            "$link" => self.link(arguments),
            "start_trace" => self.start_trace(step, arguments).await,
            "follow_events" => self.follow(step, arguments).await,
            "flush" | "spool.status" | "spool.dead_letters" | "spool.release" => self.spool(call, arguments).await,
            name if event_type(name).is_some() => self.record(step, name, arguments).await,
            _ => self.read(step, call, arguments).await,
        }
    }

    fn link(&self, mut arguments: Arguments) -> Answer {
        match arguments.text("state").as_str() {
            "up" => self.link.up(),
            "down" => self.link.down(),
            "cut" => self.link.cut(),
            other => assert_eq!(other, ""),
        }
        if let Some(answers) = arguments.take("lose") {
            self.link.lose(answers);
        }
        arguments.done();
        Ok(Value::Null)
    }

    async fn start_trace(&mut self, step: &Value, mut arguments: Arguments) -> Answer {
        let (trace_id, repeatable): (Option<String>, Option<bool>) =
            (arguments.take("trace_id"), arguments.take("repeatable"));
        let options = arguments.options();
        let started = serde_json::from_value(Value::Object(arguments.0)).unwrap();
        let mut start = self.recorder.start_trace(started).options(options);
        if let Some(trace_id) = trace_id {
            start = start.trace_id(trace_id);
        }
        if repeatable == Some(true) {
            start = start.repeatable();
        }
        let trace = start.await?;
        let answer = json!({"trace_id": trace.trace_id()});
        self.traces.insert(step["trace"].as_str().unwrap().to_owned(), trace);
        Ok(answer)
    }

    async fn record(&mut self, step: &Value, name: &str, mut arguments: Arguments) -> Answer {
        let trace = step["call"].as_str().unwrap().starts_with("trace.").then(|| step["trace"].as_str().unwrap());
        let trace_id = arguments.text("trace_id");
        let options = arguments.options();
        let mut payload = arguments.0;
        if let Some(source) = payload.remove("input_source") {
            payload.insert("source".to_owned(), source);
        }
        let payload = Value::Object(payload);
        /// The typed call where the arguments can be said with types, else the event with its payload as it is.
        macro_rules! recorded {
            ($($call:ident)*) => {
                match (name, trace) {
                    $((stringify!($call), Some(trace)) => match serde_json::from_value(payload.clone()) {
                        Ok(typed) => self.traces[trace].$call(typed),
                        Err(_) => self.traces[trace].record(event_type(name).unwrap(), payload),
                    },
                    (stringify!($call), None) => match serde_json::from_value(payload.clone()) {
                        Ok(typed) => self.recorder.$call(&trace_id, typed),
                        Err(_) => self.recorder.record(&trace_id, event_type(name).unwrap(), payload),
                    },)*
                    _ => unreachable!("{name}"),
                }
            };
        }
        let record: Record<'_> = recorded!(observe_input observe_entity evaluate_policy request_exception record_approval
            cite_precedent propose_action commit_action finish_trace);
        Ok(recorded(&record.options(options).await?))
    }

    async fn follow(&mut self, step: &Value, mut arguments: Arguments) -> Answer {
        let name = step["stream"].as_str().unwrap().to_owned();
        let query = FollowQuery {
            after: arguments.take("after"),
            event_types: arguments.take("event_type").unwrap_or_default(),
            trace_id: arguments.take("trace_id"),
        };
        arguments.done();
        let client = self.client(step);
        let follower = self.followers.entry(name).or_insert_with(|| client.follow_events(query));
        let mut seen = Vec::new();
        while (seen.len() as u64) < step["take"].as_u64().unwrap() {
            seen.push(plain(&follower.next().await.unwrap()?));
        }
        Ok(seen.into())
    }

    async fn spool(&mut self, call: &str, mut arguments: Arguments) -> Answer {
        let spool = self.recorder.spool().unwrap();
        let answer = match call {
            "flush" => {
                self.recorder.flush(arguments.seconds("timeout", 30.0)).await?;
                Value::Null
            }
            "spool.status" => {
                let status = spool.status();
                json!({"waiting_events": status.waiting_events, "dead_letters": status.dead_letters,
                    "blocked_traces": status.blocked_traces})
            }
            "spool.dead_letters" => plain(&spool.dead_letters(arguments.take::<String>("trace_id").as_deref())),
            _ => plain(&spool.release(&arguments.text("trace_id"))?),
        };
        arguments.done();
        Ok(answer)
    }

    /// The client a step is made with: the script's own, or one that is somebody else.
    fn client(&self, step: &Value) -> Client {
        let mut client = self.client.clone();
        let other = &step["client"];
        if let Some(token) = other["token"].as_str() {
            client = client.with_token(token).unwrap();
        }
        if let Some(tenant) = other["tenant_id"].as_str() {
            client = client.tenant(tenant);
        }
        if let Some(session) = other["session"].as_str() {
            client = client.in_the_name_of(session).unwrap();
        }
        let fresh = &step["fresh"];
        client = client.as_of(fresh["as_of_log_seq"].as_i64());
        if fresh["strict"] == true {
            client = client.freshness(Freshness::Strict);
        } else if let Some(log_seq) = fresh["min_log_seq"].as_i64() {
            let wait = Duration::from_secs_f64(fresh["wait_s"].as_f64().unwrap_or(5.0));
            client =
                client.freshness(Freshness::AtLeast { log_seq, wait_ms: u32::try_from(wait.as_millis()).unwrap() });
        }
        client
    }

    async fn read(&mut self, step: &Value, call: &str, mut arguments: Arguments) -> Answer {
        let client = self.client(step);
        let answer = match call {
            "append_event" => {
                let event: Event = arguments.take("event").unwrap();
                recorded(&client.recorder(event.actor.clone(), event.source.clone()).append_event(&event).await?)
            }
            "append_events" => {
                let events: Vec<Event> = arguments.take("events").unwrap();
                let mode = match arguments.text("mode").as_str() {
                    "atomic" => BatchMode::Atomic,
                    _ => BatchMode::Independent,
                };
                plain(&self.recorder.append_events(&events, mode).await?)
            }
            "get_trace" => fresh(&client.trace(&arguments.text("trace_id")).await?),
            "iter_events" => {
                let query = EventQuery {
                    after: arguments.take("after"),
                    until: arguments.take("until"),
                    event_type: arguments.take("event_type"),
                    trace_id: arguments.take("trace_id"),
                    limit: arguments.take("page_size"),
                };
                plain(&client.event_pages(query).into_stream().try_collect::<Vec<StoredEvent>>().await?)
            }
            "iter_trace_events" => {
                let (after, size) = (arguments.take("after_trace_seq"), arguments.take("page_size"));
                let pages = client.trace_event_pages(arguments.text("trace_id"), after, size);
                plain(&pages.into_stream().try_collect::<Vec<_>>().await?)
            }
            "list_traces" => fresh(&client.traces(&search(&mut arguments)).await?),
            "iter_traces" => {
                plain(&client.trace_pages(search(&mut arguments)).into_stream().try_collect::<Vec<_>>().await?)
            }
            "get_context_subgraph" => {
                let query = GraphQuery {
                    max_depth: arguments.take("max_depth"),
                    max_nodes: arguments.take("max_nodes"),
                    max_edges: arguments.take("max_edges"),
                    edge_types: arguments.take("edge_types").unwrap_or_default(),
                    node_types: arguments.take("node_types").unwrap_or_default(),
                };
                fresh(&client.graph(&arguments.text("node_type"), &arguments.text("node_id"), &query).await?)
            }
            "iter_node_edges" => {
                let query = EdgeQuery {
                    direction: arguments.take("direction").unwrap_or_default(),
                    limit: arguments.take("page_size"),
                    cursor: None,
                };
                let pages = client.edge_pages(arguments.text("node_type"), arguments.text("node_id"), query);
                plain(&pages.into_stream().try_collect::<Vec<_>>().await?)
            }
            "find_precedents" => {
                let query = PrecedentQuery {
                    policy_id: arguments.take("policy_id"),
                    policy_version: arguments.take("policy_version"),
                    entity_type: arguments.take("entity_type"),
                    entity_id: arguments.take("entity_id"),
                    outcome: arguments.take("outcome"),
                    limit: arguments.take("limit"),
                };
                let found = client.precedents(&query).await?;
                json!({"precedents": plain(&found.data), "meta": plain(&found.meta)})
            }
            "get_projection_health" => plain(&client.health().await?),
            "get_digests" => fresh(&client.digests().await?),
            "get_me" => plain(&client.me().await?),
            "sign_in" => {
                let address: Option<String> = arguments.take("address");
                let (user_id, password) = (arguments.text("user_id"), arguments.text("password"));
                plain(&client.sign_in(&user_id, &password, address.as_deref()).await?)
            }
            "wait_visible" => {
                let timeout = arguments.seconds("timeout", 30.0);
                plain(&match arguments.take("upto") {
                    Some(log_seq) => client.wait_visible(log_seq, timeout).await?,
                    None => self.recorder.wait_visible(timeout).await?,
                })
            }
            "wait_for_decision" => {
                let mut query = DecisionQuery::new(arguments.text("subject_id"));
                query.subject_type = arguments.take("subject_type");
                query.recorded_by = arguments.take("recorded_by");
                let timeout = arguments.seconds("timeout", 5.0);
                plain(&client.wait_for_decision(&arguments.text("trace_id"), &query, timeout).await?)
            }
            _ => unreachable!("the runner does not know {call}"),
        };
        arguments.done();
        Ok(answer)
    }
}

fn event_type(call: &str) -> Option<&'static str> {
    Some(match call {
        "observe_input" => "InputObserved",
        "observe_entity" => "EntityObserved",
        "evaluate_policy" => "PolicyEvaluated",
        "request_exception" => "ExceptionRequested",
        "record_approval" => <ApprovalRecorded as dg_client::Payload>::EVENT_TYPE,
        "cite_precedent" => "PrecedentCited",
        "propose_action" => "ActionProposed",
        "commit_action" => "ActionCommitted",
        "finish_trace" => "TraceFinished",
        _ => return None,
    })
}

fn search(arguments: &mut Arguments) -> TraceQuery {
    TraceQuery {
        workflow: arguments.take("workflow"),
        outcome: arguments.take("outcome"),
        status: arguments.take("status"),
        entity_type: arguments.take("entity_type"),
        entity_id: arguments.take("entity_id"),
        policy: arguments.take("policy"),
        actor: arguments.take("actor"),
        tags: arguments.take("tag").unwrap_or_default(),
        facts: arguments.take("fact").unwrap_or_default(),
        text: arguments.take("q"),
        order: arguments.take("order"),
        count: arguments.take("count").unwrap_or_default(),
        limit: arguments.take("limit"),
        ..TraceQuery::default()
    }
}

fn plain(value: &impl Serialize) -> Value {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

fn fresh<T: Serialize>(answer: &Fresh<T>) -> Value {
    let mut value = plain(&answer.data);
    value["meta"] = plain(&answer.meta);
    value
}

fn recorded(recorded: &Recorded) -> Value {
    json!({
        "event_id": recorded.event_id, "trace_id": recorded.trace_id, "idempotency_key": recorded.idempotency_key,
        "event": plain(&recorded.event), "replayed": recorded.replayed, "spool_position": recorded.spool_position,
    })
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        RecordError::from(error).into()
    }
}

impl From<SpoolError> for Failure {
    fn from(error: SpoolError) -> Self {
        RecordError::from(error).into()
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        Self { code: error.code().to_owned(), status: error.status(), details: Value::Object(error.details()) }
    }
}
