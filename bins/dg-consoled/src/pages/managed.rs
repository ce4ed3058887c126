//! The form that is open on the page of an account, a person or a tenant.

use dioxus::prelude::*;

use super::{forms, steering};
use crate::model::Shell;

/// What distinguishes one such form from another.
pub(super) struct Form {
    act: &'static str,
    title: &'static str,
    button: &'static str,
    issues: bool,
    danger: bool,
}

impl Form {
    /// One whose answer is the way back to the page.
    pub(super) fn plain(act: &'static str, title: &'static str, button: &'static str) -> Self {
        Self { act, title, button, issues: false, danger: false }
    }

    /// One whose answer is the page that shows a secret.
    pub(super) fn issues(act: &'static str, title: &'static str, button: &'static str) -> Self {
        Self { issues: true, ..Self::plain(act, title, button) }
    }

    /// One that asks for a phrase.
    pub(super) fn danger(self) -> Self {
        Self { danger: true, ..self }
    }

    /// The form about `(field, id)`, which leads back to `back`; `permission` is what it needs beside the role admin.
    pub(super) fn draw(
        &self,
        shell: &Shell,
        permission: &str,
        (field, id): (&str, &str),
        back: &str,
        about: Element,
        fields: Element,
    ) -> Element {
        let barred = steering::barred(shell, permission);
        let action = if self.issues { forms::issuing(shell, self.act) } else { forms::action(shell, self.act) };
        let class = if self.danger { "panel do danger" } else { "panel do" };
        rsx! {
            form { id: "do", class: "{class}", method: "post", action: "{action}", "aria-labelledby": "do-title",
                {forms::carried(shell, self.act)}
                if !field.is_empty() {
                    input { r#type: "hidden", name: "{field}", value: "{id}" }
                }
                h2 { id: "do-title", "{self.title}" }
                {about}
                {steering::why_barred(barred.as_deref())}
                fieldset { disabled: barred.is_some(),
                    legend { class: "hidden", "{self.title}" }
                    {fields}
                    div { class: "field actions",
                        button { class: "button primary", r#type: "submit", "{self.button}" }
                        a { class: "button", href: "{back}", "Leave it" }
                    }
                }
            }
        }
    }
}
