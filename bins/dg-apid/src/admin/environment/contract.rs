//! The contract of `/admin/environment`.

use dg_http::contract::Operation;

use super::Found;

pub(crate) fn show() -> Operation {
    Operation::new("get_environment", "Show what runs, and on what")
        .says("Versions, the database, applied migrations, connected programs and held leases. Names no host and no tenant.")
        .answers::<Found>(200, "The environment.")
}
