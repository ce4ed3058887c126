//! What a trace observed, by key, with the comparisons that rules make with it.

use std::collections::BTreeMap;

use dg_domain::{
    Problem,
    json::{self, Json},
};
use dg_projections::search::number::millionths;
use serde::{Deserialize, Serialize};

use crate::problems::Problems;

/// The last value that was observed of each key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    known: BTreeMap<String, String>,
}

impl Facts {
    /// Takes in the payload of the trace's next event; whatever holds no list of facts leaves them as they are.
    pub fn observe(&mut self, payload_json: &str) {
        let limits = dg_domain::Limits::SERVICE;
        let Ok(document) = json::parse(payload_json.as_bytes(), &limits) else { return };
        for fact in document.get("facts").and_then(Json::as_list).unwrap_or_default() {
            if let Some((key, value)) = read(fact) {
                self.known.insert(key.to_owned(), value);
            }
        }
    }

    /// Takes in one value, numbers as decimals.
    pub fn insert(&mut self, key: &str, value: &str) {
        self.known.insert(key.to_owned(), value.to_owned());
    }

    /// The value under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.known.get(key).map(String::as_str)
    }
}

/// Key and value of a fact of the contract, typed or plain.
fn read<'f>(fact: &'f Json<'_>) -> Option<(&'f str, String)> {
    let value = fact.get("value")?;
    let value = if value.get("type").is_some() { value.get("value")? } else { value };
    let text = match value {
        Json::Text(text) => text.as_ref(),
        Json::Int(digits) => digits,
        Json::Bool(true) => "true",
        Json::Bool(false) => "false",
        Json::Null | Json::Float(_) | Json::List(_) | Json::Object(_) => return None,
    };
    Some((fact.get("key")?.as_str()?, text.to_owned()))
}

/// How a fact is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Operator {
    Eq,
    Ne,
    Lt,
    Lte,
    Gt,
    Gte,
}

/// One comparison with a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The key of the fact.
    pub fact: String,
    /// How.
    pub operator: Operator,
    /// With what: a text, or a decimal where order matters.
    pub value: String,
}

impl Comparison {
    /// Checks it: only numbers have an order.
    ///
    /// # Errors
    /// What is wrong, with pointers into the comparison.
    pub fn validate(&self) -> Result<(), Vec<Problem>> {
        let mut problems = Problems::default();
        problems.text(&self.fact, 200, "/fact");
        let ordered = !matches!(self.operator, Operator::Eq | Operator::Ne);
        let good = self.value.len() <= 1_000 && !self.value.contains('\0');
        problems.need(good, "/value", "text", "needs at most 1000 bytes without U+0000");
        if ordered && millionths(&self.value).is_none() {
            problems.add("/value", "number", "needs a decimal such as 12.5: only numbers have an order");
        }
        problems.none()
    }

    /// Whether it holds; `None` where the fact is not known, or is no number and would have to be one.
    ///
    /// Equal is the same text, or the same number of millionths.
    #[must_use]
    pub fn holds(&self, facts: &Facts) -> Option<bool> {
        let found = facts.get(&self.fact)?;
        let numbers = millionths(found).zip(millionths(&self.value));
        let equal = found == self.value || numbers.is_some_and(|(found, value)| found == value);
        match self.operator {
            Operator::Eq => Some(equal),
            Operator::Ne => Some(!equal),
            Operator::Lt => numbers.map(|(found, value)| found < value),
            Operator::Lte => numbers.map(|(found, value)| found <= value),
            Operator::Gt => numbers.map(|(found, value)| found > value),
            Operator::Gte => numbers.map(|(found, value)| found >= value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_counts() {
        let mut facts = Facts::default();
        facts.observe(r#"{"facts":[{"key":"pct","value":{"type":"number","value":"18"}},{"key":"a","value":7}]}"#);
        facts.observe(r#"{"facts":[{"key":"pct","value":{"type":"number","value":"20.50"}},{"key":"b","value":true},{"value":1},3]}"#);
        facts.observe("[]");
        facts.observe("no JSON");
        assert_eq!((facts.get("pct"), facts.get("a"), facts.get("b")), (Some("20.50"), Some("7"), Some("true")));
    }

    #[test]
    fn compares() {
        let mut facts = Facts::default();
        facts.insert("pct", "20.50");
        facts.insert("region", "EU");
        let check = |fact: &str, operator, value: &str, expected| {
            let comparison = Comparison { fact: fact.to_owned(), operator, value: value.to_owned() };
            assert_eq!(comparison.holds(&facts), expected, "{comparison:?}");
        };
        check("pct", Operator::Eq, "20.5", Some(true));
        check("pct", Operator::Ne, "20.5", Some(false));
        check("pct", Operator::Gt, "20", Some(true));
        check("pct", Operator::Gte, "20.5", Some(true));
        check("pct", Operator::Lt, "20.5", Some(false));
        check("pct", Operator::Lte, "20.5", Some(true));
        check("region", Operator::Eq, "EU", Some(true));
        check("region", Operator::Eq, "eu", Some(false));
        check("region", Operator::Gt, "1", None);
        check("other", Operator::Ne, "1", None);
        let bad = Comparison { fact: " ".to_owned(), operator: Operator::Gt, value: "ten".to_owned() };
        let places: Vec<_> = bad.validate().unwrap_err().into_iter().map(|problem| problem.pointer).collect();
        assert_eq!(places, ["/fact", "/value"]);
    }
}
