"""What the runs of schemathesis need to know about this API, and no document can say."""

import os

import schemathesis
from schemathesis.core import NotSet
from schemathesis.generation import GenerationMode

#: Nobody waits half a minute for an answer that a made-up position is not there.
LONGEST_WAIT_MS = 20
#: A search has at most 16 conditions, and each of these can be many.
MANY = {"tag": 2, "fact": 2, "q": 6}
#: What the run itself stands on. An administrator who takes their own token back, or closes the tenant that they work in,
#: is answered 401 and 403 from then on, and the rest of the run would test nothing but that. Such requests go to the stand-ins.
OWN = {
    "tenant_id": (os.environ.get("CONTRACT_TENANT"), "stand-in"),
    "account_id": (os.environ.get("CONTRACT_ACCOUNT"), "stand-in"),
    "user_id": (os.environ.get("CONTRACT_ACCOUNT"), "stand-in-person"),
    "token_id": (os.environ.get("CONTRACT_TOKEN_ID"), os.environ.get("CONTRACT_STAND_IN_TOKEN_ID")),
}
#: Webhooks go where nobody listens, and nothing leaves the machine.
NOBODY = "http://127.0.0.1:9/hook"
#: Cursors that the service gave. Others are refused, and OpenAPI cannot tell them apart.
cursors: set[str] = set()


@schemathesis.hook
def filter_case(context, case):
    # Whatever is no text is no body of lines.
    if case.media_type == "application/x-ndjson" and not isinstance(case.body, str):
        return False
    # A body that may be left out and is left out is drawn as a bad one too, and is none.
    optional = case.operation.definition.raw.get("requestBody", {}).get("required") is False
    return not (optional and isinstance(case.body, NotSet) and is_negative(case))


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.method.upper() != "GET":
        for name, (own, stand_in) in OWN.items():
            if own and (case.path_parameters or {}).get(name) == own:
                case.path_parameters[name] = stand_in
    if isinstance(case.body, dict) and str(case.body.get("url")).startswith("http"):
        case.body["url"] = NOBODY
    query = case.query
    if query and LONGEST_WAIT_MS < number(query.get("wait_ms")) <= 30_000:
        query["wait_ms"] = LONGEST_WAIT_MS
    if case.meta is not None and not is_negative(case):
        if query:
            keep_together(query, case)
        if case.media_type == "application/json":
            case.body = plain(case.body)
            if isinstance(case.body, dict) and "service_accounts" in case.body:
                case.body["service_accounts"] = distinct(case.body["service_accounts"])


def is_negative(case):
    return case.meta is not None and case.meta.generation.mode is GenerationMode.NEGATIVE


def keep_together(query, case):
    """Rules between parameters, for which OpenAPI has no words; what breaks one is left out."""

    def without(name, condition):
        if name in query and condition:
            del query[name]

    without("cursor", query.get("cursor") not in cursors)
    without("cursor_edge_key", True)
    without("cursor_log_seq", True)
    without(
        "freshness", query.get("freshness") == "strict" and {"min_log_seq", "as_of_log_seq", "wait_ms"} & query.keys()
    )
    without("wait_ms", not {"min_log_seq", "as_of_log_seq"} & query.keys())
    without("entity_id", "entity_type" not in query)
    without("policy_version", "policy_id" not in query)
    without("until", number(query.get("until")) < number(query.get("after")))
    for name, most in MANY.items():
        if isinstance(query.get(name), list | str):
            query[name] = query[name][:most]
    without("mode", isinstance(case.body, dict) and "mode" in case.body)


def number(value):
    """Some phases write numbers as they stand in a URL."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def plain(value):
    """1130.0 is an integer to JSON Schema, and a fraction to a service that hashes what it is sent."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def distinct(accounts):
    """One name stands in the file once."""
    return list({account["account_id"]: account for account in accounts}.values())


@schemathesis.hook
def after_call(context, case, response):
    try:
        cursor = response.json()["data"]["next_cursor"]
    except (ValueError, KeyError, TypeError):
        return
    if isinstance(cursor, str):
        cursors.add(cursor)


# Lines of JSON are text here: what a line holds is up to the service to judge.
@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else str(value).encode()
