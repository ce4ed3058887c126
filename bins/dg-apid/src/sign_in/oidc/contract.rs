//! The contract of `/sessions/oidc`.

use dg_http::Code;
use dg_http::contract::Operation;
use serde_json::json;

use super::super::Opened;
use super::{Beginning, Begun, Methods, Return};

const PERMISSION: &str = "principal_assert";

pub(crate) fn methods() -> Operation {
    Operation::new("list_sign_in_methods", "Show by what people can sign in")
        .permission(PERMISSION)
        .answers::<Methods<'_>>(200, "The methods.")
}

pub(crate) fn begin() -> Operation {
    Operation::new("begin_oidc_sign_in", "Begin to sign a person in at the issuer")
        .says("404 where nobody signs in by OpenID Connect.")
        .permission(PERMISSION)
        .body::<Beginning>(&json!({"redirect_uri": "https://console.example.org/sign-in/oidc/callback"}))
        .answers::<Begun>(201, "Where the browser goes.")
        .refuses([Code::NotFound, Code::SignInUnavailable])
}

pub(crate) fn finish() -> Operation {
    Operation::new("finish_oidc_sign_in", "Sign a person in whom the issuer sent back")
        .says("The session is in this answer and nowhere else. 404 where nobody signs in by OpenID Connect.")
        .permission(PERMISSION)
        .body::<Return>(&json!({"state": "as-it-came-back", "code": "as-it-came-back"}))
        .answers::<Opened<'_>>(201, "The session.")
        .refuses([Code::NotFound, Code::SignInRefused, Code::SignInUnavailable])
}
