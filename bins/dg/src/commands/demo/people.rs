//! The reviewers of the large demo, for as long as they are at work.

use dg_client::{Client, ClientError, IssuedToken, NewAccount};

use crate::{
    demo::{self, Large, REVIEWERS},
    failure::Failure,
};

/// A token outlives the work by little, also when nobody comes to revoke it.
const TOKEN_S: u64 = 900;

/// Each with a token of its own.
pub(super) struct People<'c> {
    client: &'c Client,
    tenant: String,
    seed: u64,
    at_work: Vec<(String, IssuedToken)>,
}

impl<'c> People<'c> {
    /// Makes their accounts where they are not there, and gives each a token.
    ///
    /// # Errors
    /// The service's.
    pub(super) async fn gather(client: &'c Client, seed: u64) -> Result<Self, Failure> {
        let tenant = client.tenant_id().unwrap_or_default().to_owned();
        let mut people = Self { client, tenant, seed, at_work: Vec::new() };
        for reviewer in &REVIEWERS {
            let account_id = demo::account(&people.tenant, reviewer);
            match people.token(&account_id, reviewer.permissions).await {
                Ok(token) => people.at_work.push((account_id, token)),
                Err(error) => {
                    // The first refusal counts; the tokens end by themselves.
                    let _ = people.part().await;
                    return Err(error.into());
                }
            }
        }
        Ok(people)
    }

    async fn token(&self, account_id: &str, permissions: &[&str]) -> Result<IssuedToken, ClientError> {
        let new = NewAccount {
            account_id: account_id.to_owned(),
            roles: vec!["writer".to_owned()],
            permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
            tenant_ids: vec![self.tenant.clone()],
            ..NewAccount::default()
        };
        match self.client.create_account(&new).await {
            // The first token of an account does not end.
            Ok(made) => self.client.revoke_token(account_id, &made.token.token_id).await?,
            Err(error) if error.code == "conflict" => {}
            Err(error) => return Err(error),
        }
        self.client.create_token(account_id, Some(TOKEN_S), Some("dg demo")).await
    }

    /// Does what there is to do, and takes the tokens back. Answers how many things were done.
    ///
    /// # Errors
    /// The service's.
    pub(super) async fn work(self, history: &Large) -> Result<usize, Failure> {
        let worked = self.act(history).await;
        let parted = self.part().await;
        let done = worked?;
        parted?;
        Ok(done)
    }

    async fn act(&self, history: &Large) -> Result<usize, ClientError> {
        let mut done = 0;
        for act in demo::acts(history, &self.tenant, self.seed) {
            let Some((_, token)) = self.at_work.get(act.by) else { continue };
            // A repeat after an interruption is the same act.
            let request_id = format!("demo-{}-{done}", self.seed);
            let client = self.client.with_token(token.token.clone())?.request_id(request_id);
            client.act_on_workflow(&act.workflow_id, &act.action).await?;
            done += 1;
        }
        Ok(done)
    }

    async fn part(&self) -> Result<(), ClientError> {
        for (account_id, token) in &self.at_work {
            self.client.revoke_token(account_id, &token.token_id).await?;
        }
        Ok(())
    }
}
