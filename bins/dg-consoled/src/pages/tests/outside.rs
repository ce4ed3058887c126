//! What somebody sees whom the console does not know yet.

use super::*;
use crate::{
    assets::Assets,
    document::document,
    model::{SetupPage, SignInPage},
};

fn outside(body: Body) -> String {
    let shell = shell(|shell| {
        shell.viewer = None;
        shell.place = Place::Home;
    });
    html(shell, body)
}

fn sign_in(change: impl FnOnce(&mut SignInPage)) -> String {
    let mut page = SignInPage {
        next: "/t/acme/traces".to_owned(),
        problem: None,
        people: true,
        issuer: None,
        setup: false,
        user_id: String::new(),
    };
    change(&mut page);
    outside(Body::SignIn(page))
}

#[test]
fn the_first_run_is_offered_while_it_can_be_used() {
    assert!(sign_in(|page| page.setup = true).contains("href=\"/setup\""));
    assert!(!sign_in(|_| ()).contains("/setup"));
}

#[test]
fn people_tokens_and_issuers_each_have_a_form() {
    let html = sign_in(|page| page.issuer = Some("Sign in with <Example>".to_owned()));
    for part in ["action=\"/sign-in/oidc\"", "name=\"password\"", "name=\"token\"", "&#60;Example&#62;"] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!sign_in(|page| page.people = false).contains("name=\"password\""));
}

#[test]
fn a_refused_first_run_keeps_the_names_and_says_why() {
    let page = SetupPage {
        problem: Some("The setup code is wrong.".to_owned()),
        user_id: "ana".to_owned(),
        display_name: "Ana \"<b>".to_owned(),
    };
    let html = outside(Body::Setup(page));
    assert!(html.contains("role=\"alert\"") && html.contains("The setup code is wrong."), "{html}");
    assert!(html.contains("value=\"ana\"") && html.contains("form-token"), "{html}");
    assert!(!html.contains("<b>"), "{html}");
    assert!(!outside(Body::Setup(SetupPage::default())).contains("role=\"alert\""));
}

#[test]
fn a_page_without_its_data_comes_again_where_there_are_no_scripts() {
    for refreshing in [true, false] {
        let shell = shell(|shell| shell.refreshing = refreshing);
        let view = View { title: "Loading".to_owned(), shell, body: Body::Notice(Notice::NotFound) };
        let html = document(view, &Assets::embedded(), true, None);
        assert_eq!(html.contains("<noscript><meta http-equiv=\"refresh\""), refreshing, "{html}");
    }
}
