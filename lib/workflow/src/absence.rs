//! Who stands in for whom, and when.
//!
//! Whoever is away names somebody else, who may be away as well: the chain is followed to somebody who is there. That it never
//! leads back to its beginning is checked when an absence is made ([`cycle`]), for every moment at which it would.

use dg_domain::Micros;

/// Somebody is away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// Which absence.
    pub absence_id: String,
    /// Who.
    pub account_id: String,
    /// Who stands in; nobody where there is none.
    pub substitute_id: Option<String>,
    /// Since when.
    pub from: Micros,
    /// Until when, exclusive.
    pub until: Micros,
}

/// Who stands in for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandIn {
    /// Somebody who is there.
    pub account_id: String,
    /// From whoever was asked for to [`Self::account_id`], both included.
    pub chain: Vec<String>,
}

impl Absence {
    /// Whether it is in force.
    #[must_use]
    pub fn covers(&self, at: Micros) -> bool {
        self.from <= at && at < self.until
    }

    /// Whether some moment is in both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.from < other.until && other.from < self.until
    }
}

/// Whether somebody is away.
#[must_use]
pub fn is_away(account_id: &str, now: Micros, absences: &[Absence]) -> bool {
    of(account_id, now, absences).is_some()
}

/// Who stands in for somebody who is away. `None` for somebody who is there, and where the chain ends with nobody.
#[must_use]
pub fn resolve(account_id: &str, now: Micros, absences: &[Absence]) -> Option<StandIn> {
    let mut chain = vec![account_id.to_owned()];
    loop {
        let last = chain.last()?;
        let Some(absence) = of(last, now, absences) else { break };
        let next = absence.substitute_id.clone()?;
        // Nothing that was checked leads back; what other hands wrote ends here.
        if chain.contains(&next) {
            return None;
        }
        chain.push(next);
    }
    let found = chain.last()?.clone();
    (chain.len() > 1).then_some(StandIn { account_id: found, chain })
}

/// The chain that an absence would close to a ring, from its account back to it; `None` when it closes none. `absences` are the
/// others, of which no two of one account overlap.
#[must_use]
pub fn cycle(new: &Absence, absences: &[Absence]) -> Option<Vec<String>> {
    let substitute = new.substitute_id.clone()?;
    let others: Vec<&Absence> = absences.iter().filter(|other| other.absence_id != new.absence_id).collect();
    let mut chain = vec![new.account_id.clone(), substitute];
    closes(&mut chain, (new.from, new.until), &others).then_some(chain)
}

/// Whether the chain leads back to its first within some part of the time; then it is the whole ring.
fn closes(chain: &mut Vec<String>, (from, until): (Micros, Micros), absences: &[&Absence]) -> bool {
    let Some(last) = chain.last() else { return false };
    if chain.first() == Some(last) {
        return true;
    }
    let of_last: Vec<&Absence> = absences
        .iter()
        .filter(|absence| absence.account_id == *last && absence.from < until && from < absence.until)
        .copied()
        .collect();
    for absence in of_last {
        let Some(next) = &absence.substitute_id else { continue };
        if chain.iter().skip(1).any(|name| name == next) {
            continue;
        }
        chain.push(next.clone());
        if closes(chain, (from.max(absence.from), until.min(absence.until)), absences) {
            return true;
        }
        chain.pop();
    }
    false
}

fn of<'a>(account_id: &str, now: Micros, absences: &'a [Absence]) -> Option<&'a Absence> {
    absences.iter().find(|absence| absence.account_id == account_id && absence.covers(now))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn away(account: &str, substitute: &str, from: i64, until: i64) -> Absence {
        Absence {
            absence_id: format!("{account}-{from}"),
            account_id: account.to_owned(),
            substitute_id: Some(substitute.to_owned()).filter(|name| !name.is_empty()),
            from: Micros::new(from),
            until: Micros::new(until),
        }
    }

    #[test]
    fn the_chain_is_followed_to_somebody_who_is_there() {
        let absences = [away("ana", "ben", 10, 20), away("ben", "cem", 15, 30), away("dea", "", 0, 50)];
        let check = |account: &str, at: i64, expected: Option<&[&str]>| {
            let found = resolve(account, Micros::new(at), &absences);
            assert_eq!(
                found.as_ref().map(|found| found.chain.iter().map(String::as_str).collect::<Vec<_>>()).as_deref(),
                expected
            );
            assert!(found.is_none_or(|found| found.chain.last() == Some(&found.account_id)));
        };
        check("ana", 9, None);
        check("ana", 10, Some(&["ana", "ben"]));
        check("ana", 15, Some(&["ana", "ben", "cem"]));
        check("ana", 20, None);
        check("cem", 15, None);
        check("dea", 15, None);
        assert!(is_away("dea", Micros::new(15), &absences) && !is_away("cem", Micros::new(15), &absences));
    }

    #[test]
    fn a_ring_is_named_and_only_where_times_meet() {
        let absences = [away("ben", "cem", 10, 20), away("cem", "ana", 15, 30)];
        let check = |new: Absence, expected: Option<&[&str]>| {
            let found = cycle(&new, &absences);
            assert_eq!(
                found.as_ref().map(|ring| ring.iter().map(String::as_str).collect::<Vec<_>>()).as_deref(),
                expected
            );
        };
        check(away("ana", "ben", 0, 15), None);
        check(away("ana", "ben", 0, 16), Some(&["ana", "ben", "cem", "ana"]));
        check(away("ana", "cem", 29, 31), Some(&["ana", "cem", "ana"]));
        check(away("ana", "cem", 30, 31), None);
        check(away("ana", "dea", 0, 100), None);
        check(away("ana", "", 0, 100), None);
        check(away("ana", "ana", 0, 1), Some(&["ana", "ana"]));
        // Its earlier form does not count against it.
        let again = Absence { absence_id: "ben-10".to_owned(), ..away("ben", "dea", 10, 20) };
        assert_eq!(cycle(&again, &absences), None);
    }

    proptest! {
        /// Absences are made one after the other, and those that close a ring are refused. Then nobody ever stands in for
        /// themselves, asked moment by moment; and what was refused would have made it so.
        #[test]
        fn nobody_ever_stands_in_for_themselves(
            asked in prop::collection::vec((0..6_usize, 0..6_usize, 0..40_i64, 1..20_i64), 1..25),
        ) {
            let name = |at: usize| format!("p{at}");
            let ring = |account: &str, at: i64, absences: &[Absence]| {
                let mut current = account.to_owned();
                for _ in 0..10 {
                    let Some(absence) = of(&current, Micros::new(at), absences) else { return false };
                    current = absence.substitute_id.clone().unwrap();
                    if current == account {
                        return true;
                    }
                }
                false
            };
            let mut kept: Vec<Absence> = Vec::new();
            for (number, (account, substitute, from, length)) in asked.into_iter().enumerate() {
                let mut new = away(&name(account), &name(substitute), from, from + length);
                new.absence_id = number.to_string();
                if kept.iter().any(|other| other.account_id == new.account_id && other.overlaps(&new)) {
                    continue;
                }
                let refused = cycle(&new, &kept);
                let account = new.account_id.clone();
                kept.push(new);
                let rings = (0..60).any(|at| ring(&account, at, &kept));
                prop_assert_eq!(refused.is_some(), rings);
                if rings {
                    kept.pop();
                }
            }
            for at in 0..60 {
                for account in 0..6 {
                    let found = resolve(&name(account), Micros::new(at), &kept);
                    prop_assert!(found.is_none_or(|found| !is_away(&found.account_id, Micros::new(at), &kept)));
                }
            }
        }
    }
}
