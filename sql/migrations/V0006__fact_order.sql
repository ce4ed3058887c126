-- Comparisons with facts in the order of search results: the numbers of one key, latest start first, so that a range that
-- most traces fall into needs no sorting. The primary key finds the few traces of a narrow range.

CREATE INDEX dg_trace_facts_started_idx ON dg_trace_facts
    (tenant_id, fact_key, started_instant, first_log_seq, millionths);
