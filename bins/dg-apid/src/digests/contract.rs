//! The contract of `GET /digests` and `GET /digests/history`.

use dg_http::contract::{Operation, Query};

use super::{DigestsJson, Listed, NAMES};
use crate::keyset;

pub(crate) fn now() -> Operation {
    Operation::new("get_digests", "Compute the digests")
        .says("SHA-256 over the canonical rows, of one moment. Takes time in proportion to the rows.")
        .fresh()
        .answers::<DigestsJson>(200, "The digests.")
}

pub(crate) fn history() -> Operation {
    keyset::paged(
        Operation::new("list_digests", "List the digests that were written down")
            .says("Newest first.")
            .query(Query::words("projection", NAMES).says("Of one projection only.")),
    )
    .answers::<Listed<'_>>(200, "A page of digests.")
    .leads_to(200, "list_digests", keyset::NEXT)
}
