//! Comparisons with facts: `amount>=100`, `region=EU`.

use super::{
    filter::{Condition, Conditions},
    number::millionths,
    term,
};

/// How a fact is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// In the order in which they are tried: the longer ones first.
const OPERATORS: [(&str, Operator); 6] = [
    ("!=", Operator::NotEqual),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// One comparison.
///
/// A trace may have many facts of one key. `=`, `<`, `<=`, `>` and `>=` hold when one of them does; `!=` holds when there are
/// some and none is equal. Equal is the same text, or the same number of millionths; the others compare numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactFilter {
    key: String,
    operator: Operator,
    value: String,
    number: Option<i64>,
}

/// Why a text is no comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoComparison {
    /// There is no key in front of `=`, `!=`, `<`, `<=`, `>` or `>=`.
    Shape,
    /// Only numbers have an order.
    NotANumber,
}

impl FactFilter {
    /// Reads `<key><operator><value>`. The key ends at the first operator, so it contains none.
    ///
    /// # Errors
    /// [`NoComparison`].
    pub fn read(text: &str) -> Result<Self, NoComparison> {
        let at = text.find(['=', '!', '<', '>']).filter(|at| *at > 0).ok_or(NoComparison::Shape)?;
        let (key, rest) = text.split_at(at);
        let found = OPERATORS.iter().find_map(|(sign, operator)| Some((*operator, rest.strip_prefix(sign)?)));
        let (operator, value) = found.ok_or(NoComparison::Shape)?;
        let number = millionths(value);
        if number.is_none() && !matches!(operator, Operator::Equal | Operator::NotEqual) {
            return Err(NoComparison::NotANumber);
        }
        Ok(Self { key: key.to_owned(), operator, value: value.to_owned(), number })
    }

    pub(super) fn require(&self, conditions: &mut Conditions) {
        let between =
            |low: i64, high: i64| Condition { term: None, number: Some((term::fact_key(&self.key), low, high)) };
        let equal = || Condition {
            term: Some(term::fact(&self.key, &self.value)),
            number: self.number.map(|number| (term::fact_key(&self.key), number, number)),
        };
        // Below the least number there is none: an empty range, which no number is in.
        let (below, above) = self.number.map_or((None, None), |at| (at.checked_sub(1), at.checked_add(1)));
        let at = self.number.unwrap_or_default();
        conditions.all.push(match self.operator {
            Operator::Equal => equal(),
            Operator::NotEqual => {
                conditions.none.push(equal());
                Condition::term(term::fact_known(&self.key))
            }
            Operator::Less => below.map_or_else(|| between(0, -1), |high| between(i64::MIN, high)),
            Operator::AtMost => between(i64::MIN, at),
            Operator::Greater => above.map_or_else(|| between(0, -1), |low| between(low, i64::MAX)),
            Operator::AtLeast => between(at, i64::MAX),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::SearchTerms;

    fn trace() -> SearchTerms {
        let mut found = SearchTerms::default();
        for (key, value) in [("amount", "250"), ("amount", "99.50"), ("region", "EU"), ("zip", "0123"), ("big", "9e9")]
        {
            found.terms.insert(term::fact_known(key));
            found.terms.insert(term::fact(key, value));
            if key == "amount" {
                found.facts.insert((key.to_owned(), millionths(value).unwrap()));
            }
        }
        found.facts.insert(("low".to_owned(), i64::MIN));
        found
    }

    fn check(text: &str, expected: bool) {
        let mut conditions = Conditions::default();
        FactFilter::read(text).unwrap().require(&mut conditions);
        assert_eq!(conditions.hold(&trace()), expected, "{text}");
    }

    #[test]
    fn compares() {
        for holds in [
            "amount=250",
            "amount=250.0",
            "amount=99.5",
            "amount!=100",
            "amount<100",
            "amount<=99.5",
            "amount>249.999999",
            "amount>=250",
            "region=EU",
            "region!=US",
            "zip=0123",
            "big=9e9",
            "low<=-99999999999999999999",
        ] {
            check(holds, true);
        }
        for fails in [
            "amount=251",
            "amount!=250",
            "amount!=99.5",
            "amount<99.5",
            "amount>250",
            "region=eu",
            "region!=EU",
            "zip=123",
            "unknown!=1",
            "region>1",
            "low<-99999999999999999999",
        ] {
            check(fails, false);
        }
    }

    #[test]
    fn refuses_what_is_no_comparison() {
        for text in ["", "amount", "=1", "!=1", "amount!1", ">=2"] {
            assert_eq!(FactFilter::read(text), Err(NoComparison::Shape), "{text}");
        }
        for text in ["amount>", "amount<=ten", "amount>1e3"] {
            assert_eq!(FactFilter::read(text), Err(NoComparison::NotANumber), "{text}");
        }
        assert_eq!(FactFilter::read("a=").unwrap().value, "");
        assert_eq!(FactFilter::read("a==b").unwrap().value, "=b");
    }
}
