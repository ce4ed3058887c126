"""A refund decided by a plain script.

Where the service is comes from the environment: ``DG_API_URL``, ``DG_TOKEN``, ``DG_TENANT``.
"""

from __future__ import annotations

from decimal import Decimal

from decisiongraph import Actor, Client, Entity, Fact, InputSource, Policy, Source, Violation

REFUND_WINDOW = Policy("refund-window", "3")


def refund(client: Client, order: dict[str, str]) -> str:
    """Decides one refund and returns the id of the trace."""
    entity = Entity("order", order["id"], "shop")
    with client.trace("refund", f"Refund of order {order['id']}", entity) as trace:
        facts = [Fact("amount_eur", Decimal(order["amount"])), Fact("days_since_delivery", int(order["days"]))]
        trace.observe_input("order", InputSource("shop", "order", order["id"]), facts)
        if int(order["days"]) > 30:
            late = Violation("window_passed", f"{order['days']} days since delivery, 30 allowed")
            trace.evaluate_policy(REFUND_WINDOW, ["order"], "deny", [late])
            trace.finish_trace("success", "Refused: too late.")
        else:
            trace.evaluate_policy(REFUND_WINDOW, ["order"], "allow")
            trace.propose_action(f"refund-{order['id']}", "refund", entity, "payments")
            trace.commit_action(f"refund-{order['id']}", external_reference="tx-4711")
    return trace.trace_id


def main() -> None:
    with Client(actor=Actor("agent", "refund-agent"), source=Source("refund-script", "shop")) as client:
        for order in ({"id": "17", "amount": "389.00", "days": "12"}, {"id": "18", "amount": "20.00", "days": "41"}):
            trace_id = refund(client, order)
            client.wait_visible()
            summary = client.get_trace(trace_id).summary
            assert summary is not None
            print(f"{summary.title}: {summary.outcome}, {trace_id}")
        for precedent in client.find_precedents("refund-window").precedents:
            print(f"precedent: {precedent.title}")


if __name__ == "__main__":
    main()
