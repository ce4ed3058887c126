//! `dg graph`: the neighbourhood of a node.

use clap::Args;
use dg_client::{GraphQuery, Meta, Subgraph};
use serde::Serialize;

use super::tell_lag;
use crate::{
    cli::{AsOfFlag, FreshnessFlags, Global, TenantFlag},
    connection,
    failure::Failure,
    output::{Output, Table},
};

/// Which neighbourhood.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dg graph trace trace-live-renewal-002 --depth 2 -t release-demo
  dg graph entity account:acct-1                the id of an entity is its type, a colon, its id
  dg graph policy discount-cap:2026.03 --edge-type trace_evaluated_policy --json")]
pub(crate) struct GraphArgs {
    /// Type of the node, for example trace, entity, policy.
    node_type: String,
    /// Its id, without the type.
    node_id: String,
    #[command(flatten)]
    tenant: TenantFlag,
    /// How many steps to go.
    #[arg(short, long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=10))]
    depth: u32,
    /// How many nodes to answer at most.
    #[arg(long, value_name = "N")]
    max_nodes: Option<u32>,
    /// How many edges to answer at most.
    #[arg(long, value_name = "N")]
    max_edges: Option<u32>,
    /// Only edges of this type; may be repeated.
    #[arg(long = "edge-type", value_name = "TYPE")]
    edge_types: Vec<String>,
    /// Only nodes of this type; may be repeated.
    #[arg(long = "node-type", value_name = "TYPE")]
    node_types: Vec<String>,
    #[command(flatten)]
    freshness: FreshnessFlags,
    #[command(flatten)]
    as_of: AsOfFlag,
}

#[derive(Serialize)]
struct Shown {
    meta: Meta,
    center: dg_client::Center,
    edges: Vec<dg_client::Edge>,
    nodes: Vec<dg_client::Node>,
    truncated: bool,
}

pub(crate) async fn run(global: &Global, args: GraphArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = connection::tenant(global, args.tenant.tenant.as_deref())?
        .freshness(args.freshness.back_to(args.as_of.as_of))
        .as_of(args.as_of.as_of);
    let query = GraphQuery {
        max_depth: Some(args.depth),
        max_nodes: args.max_nodes,
        max_edges: args.max_edges,
        edge_types: args.edge_types,
        node_types: args.node_types,
    };
    let found = client.graph(&args.node_type, &args.node_id, &query).await?;
    let Subgraph { center, edges, nodes, truncated } = found.data;
    if out.is_json() {
        return out.document(&Shown { meta: found.meta, center, edges, nodes, truncated });
    }
    if nodes.is_empty() {
        out.line(format!("There is no node {} {}.", args.node_type, crate::output::printable(&args.node_id)))?;
        return Ok(tell_lag(out, found.meta)?);
    }
    let mut table = Table::new(&["NODE", "LOG", "TRACE"]);
    for node in &nodes {
        table.row([node.node_id.clone(), node.log_seq.to_string(), super::or_dash(node.trace_id.clone())]);
    }
    out.table(&table)?;
    out.line("")?;
    let mut table = Table::new(&["FROM", "EDGE", "TO", "LOG"]);
    for edge in &edges {
        let ends = (edge.from_node_id.clone(), edge.to_node_id.clone());
        table.row([ends.0, edge.edge_type.clone(), ends.1, edge.log_seq.to_string()]);
    }
    out.table(&table)?;
    let cut = if truncated { "; cut at a limit, see --max-nodes and --max-edges" } else { "" };
    out.line(format!("\n{} nodes, {} edges{cut}", nodes.len(), edges.len()))?;
    Ok(tell_lag(out, found.meta)?)
}
