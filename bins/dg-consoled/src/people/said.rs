//! What is to be said about the forms that somebody sent, until the page that says it was drawn and reloaded.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use super::random_id;
use crate::model::Said;

/// Beyond this many the oldest is forgotten.
const MOST: usize = 16;

/// The last sayings of one person. They are named at random, so that no address can put words into a page.
#[derive(Debug, Default)]
pub(super) struct Saids(Mutex<VecDeque<(String, Said)>>);

impl Saids {
    /// Keeps one; the answer is its name.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub(super) fn keep(&self, said: Said) -> Result<String, getrandom::Error> {
        let mut name = random_id()?;
        name.truncate(16);
        let mut saids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        saids.truncate(MOST - 1);
        saids.push_front((name.clone(), said));
        Ok(name)
    }

    pub(super) fn find(&self, name: &str) -> Option<Said> {
        let saids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        saids.iter().find(|(known, _)| known == name).map(|(_, said)| said.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_kept() {
        let saids = Saids::default();
        let names: Vec<String> = (0..=MOST).map(|nth| saids.keep(Said::Done(nth.to_string())).unwrap()).collect();
        assert_eq!(saids.find(&names[0]), None);
        assert_eq!(saids.find(&names[1]), Some(Said::Done("1".to_owned())));
        assert_eq!(saids.find("anything"), None);
    }
}
