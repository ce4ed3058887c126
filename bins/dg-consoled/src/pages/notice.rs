//! Pages that only say something.

use dioxus::prelude::*;

use super::parts;
use crate::model::{Notice, Shell};

pub(super) fn page(notice: &Notice, shell: &Shell) -> Element {
    match notice {
        Notice::NotFound => rsx! {
            h1 { "Not found" }
            p { "There is no such page, or your account may not see it. Access is granted per tenant by an administrator." }
            p { a { class: "button", href: "/", "Go to the start page" } }
        },
        Notice::NoTenant => rsx! {
            h1 { "No tenant" }
            p { "Your account may not see any registered tenant. An administrator can grant one, or register the first:" }
            pre { code { "dg tenants create NAME" } }
        },
        Notice::Failed(failure) => rsx! {
            h1 { "Not available" }
            {parts::failure("The start page could not be read.", failure, shell)}
        },
    }
}
