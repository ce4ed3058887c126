//! Everything that is wrong with the shape of an event, in the order in which it is looked at.

use crate::violation::{Problem, Violation};

/// How many are named; whoever sends more than that has sent something else than an event.
const NAMED: usize = 50;

/// What was found so far. Reading goes on with something in the place of what could not be read, so what stands at or below a
/// place that was refused already is not refused once more.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<Violation>,
    left_out: usize,
}

impl Problems {
    /// One more.
    pub(super) fn add(&mut self, violation: Violation) {
        if self.found.len() >= NAMED {
            self.left_out += 1;
        } else if !violation.details.pointer.as_deref().is_some_and(|pointer| self.covers(pointer)) {
            self.found.push(violation);
        }
    }

    /// What was read, or something in its place.
    pub(super) fn take<T: Default>(&mut self, read: Result<T, Violation>) -> T {
        read.unwrap_or_else(|violation| {
            self.add(violation);
            T::default()
        })
    }

    fn covers(&self, pointer: &str) -> bool {
        let refused = self.found.iter().filter_map(|violation| violation.details.pointer.as_deref());
        refused
            .into_iter()
            .any(|above| pointer.strip_prefix(above).is_some_and(|below| below.is_empty() || below.starts_with('/')))
    }

    /// Nothing, or the first one with all of them in its details.
    pub(super) fn none(self) -> Result<(), Violation> {
        let errors = self.found.iter().filter_map(Problem::of).collect();
        let Some(mut first) = self.found.into_iter().next() else { return Ok(()) };
        first.details.errors = errors;
        first.details.errors_left_out = self.left_out;
        Err(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pointers: &[&str], expected: &[&str]) {
        let mut problems = Problems::default();
        pointers.iter().for_each(|pointer| problems.add(Violation::schema("bad").at(*pointer)));
        let told = problems.none().err().map(|first| first.details.errors).unwrap_or_default();
        assert_eq!(told.iter().map(|problem| problem.pointer.as_str()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_place_is_refused_once() {
        check(&[], &[]);
        check(&["/a", "/b", "/a", "/a/c", "/ab"], &["/a", "/b", "/ab"]);
        check(&["/a/c", "/a"], &["/a/c", "/a"]);
        check(&["", "/a"], &[""]);
    }

    #[test]
    fn the_number_is_bounded() {
        let mut problems = Problems::default();
        (0..NAMED + 7).for_each(|at| problems.add(Violation::schema("bad").at(format!("/{at}"))));
        let first = problems.none().unwrap_err();
        assert_eq!((first.details.errors.len(), first.details.errors_left_out), (NAMED, 7));
        assert_eq!(first.details.pointer.as_deref(), Some("/0"));
    }
}
