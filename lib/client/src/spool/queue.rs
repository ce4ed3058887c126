//! What a spool knows about its files: which events wait where, which traces are blocked, what still fits. No disk here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value};

use super::{
    letter::{DeadLetter, Line},
    record::Record,
};

/// The file is not rewritten for fewer bytes than that.
pub(super) const REWRITE_ABOVE: usize = 1 << 20;

/// Where a record lies in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) position: u64,
    pub(super) offset: usize,
    pub(super) size: usize,
}

/// Bounds of a spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) max_bytes: usize,
    pub(super) max_events: usize,
}

/// What to do with the file after events have left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Space {
    Keep,
    /// Nothing waits: it ends behind its first record.
    Empty,
    /// More than half of it is done with: these parts of it, one after the other, are the new file.
    Rewrite(Vec<(usize, usize)>),
}

#[derive(Debug)]
pub(super) struct Queue {
    bounds: Bounds,
    pub(super) waiting: VecDeque<Place>,
    waiting_bytes: usize,
    /// Bytes of the file of dead letters.
    pub(super) letters_end: usize,
    pub(super) letters: Vec<DeadLetter>,
    buried: BTreeSet<u64>,
    /// By trace, position and error of the event that was refused.
    blocked: BTreeMap<String, (u64, Map<String, Value>)>,
    /// Of the events in their file, behind its first record.
    begin: usize,
    pub(super) end: usize,
    pub(super) last: u64,
}

impl Queue {
    /// As the files say it: `records` from the beginning, everything up to `mark` answered for.
    pub(super) fn new(bounds: Bounds, records: &[(usize, Record<'_>)], end: usize, mark: u64) -> Self {
        let begin = records.first().map_or(0, |(_, record)| record.size());
        let mut queue = Self {
            bounds,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            letters_end: 0,
            letters: Vec::new(),
            buried: BTreeSet::new(),
            blocked: BTreeMap::new(),
            begin,
            end: begin,
            last: mark,
        };
        for (offset, record) in records.iter().skip(1) {
            if record.position > mark {
                queue.took(Place { position: record.position, offset: *offset, size: record.size() });
            }
        }
        queue.end = end;
        queue
    }

    pub(super) fn read_letters(&mut self, lines: Vec<Line>, end: usize) {
        for line in lines {
            match line {
                Line::Letter(letter) => self.keep(letter),
                Line::Released(trace_id) => self.forget(&trace_id),
            }
        }
        self.letters_end = end;
    }

    /// The bound that a record of this size would break, with its value.
    pub(super) fn no_room(&self, size: usize) -> Option<(&'static str, usize)> {
        if self.waiting.len() >= self.bounds.max_events {
            return Some(("max_events", self.bounds.max_events));
        }
        (self.used() + size > self.bounds.max_bytes).then_some(("max_bytes", self.bounds.max_bytes))
    }

    /// What is taken of `max_bytes`.
    pub(super) fn used(&self) -> usize {
        self.waiting_bytes + self.letters_end
    }

    pub(super) fn took(&mut self, place: Place) {
        self.waiting.push_back(place);
        self.waiting_bytes += place.size;
        self.end = place.offset + place.size;
        self.last = place.position;
    }

    /// The oldest waiting events within bounds; at least one if there is any.
    pub(super) fn oldest(&self, max_events: usize, max_bytes: usize) -> Vec<Place> {
        let mut size = 0;
        let within = |(at, place): &(usize, &Place)| {
            size += place.size;
            *at == 0 || *at < max_events && size <= max_bytes
        };
        self.waiting.iter().enumerate().take_while(within).map(|(_, place)| *place).collect()
    }

    /// Everything up to `position` has been answered for.
    pub(super) fn acknowledge(&mut self, position: u64) {
        while let Some(place) = self.waiting.front().copied().filter(|place| place.position <= position) {
            self.waiting.pop_front();
            self.waiting_bytes -= place.size;
        }
    }

    pub(super) fn space(&self) -> Space {
        let Some(first) = self.waiting.front() else { return Space::Empty };
        if first.offset - self.begin <= self.waiting_bytes.max(REWRITE_ABOVE) {
            return Space::Keep;
        }
        let waiting = self.waiting.iter().map(|place| (place.offset, place.size));
        Space::Rewrite(std::iter::once((0, self.begin)).chain(waiting).collect())
    }

    pub(super) fn emptied(&mut self) {
        self.end = self.begin;
    }

    pub(super) fn rewritten(&mut self) {
        self.end = self.begin;
        for place in &mut self.waiting {
            place.offset = self.end;
            self.end += place.size;
        }
    }

    /// The error of the refused event that keeps this one of the trace from being sent; none when it may go.
    pub(super) fn refusal_before(&self, trace_id: &str, position: u64) -> Option<&Map<String, Value>> {
        self.blocked.get(trace_id).filter(|(refused, _)| *refused <= position).map(|(_, error)| error)
    }

    pub(super) fn blocked(&self, trace_id: &str) -> Option<&Map<String, Value>> {
        self.blocked.get(trace_id).map(|(_, error)| error)
    }

    pub(super) fn blocked_traces(&self) -> Vec<String> {
        self.blocked.keys().cloned().collect()
    }

    pub(super) fn is_buried(&self, position: u64) -> bool {
        self.buried.contains(&position)
    }

    pub(super) fn keep(&mut self, letter: DeadLetter) {
        self.buried.insert(letter.position);
        self.blocked.entry(letter.trace_id()).or_insert_with(|| (letter.position, letter.error.clone()));
        self.letters.push(letter);
    }

    pub(super) fn forget(&mut self, trace_id: &str) {
        self.letters.retain(|letter| letter.trace_id() != trace_id);
        self.blocked.remove(trace_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(sizes: &[usize]) -> Queue {
        let mut queue = Queue::new(Bounds { max_bytes: 4 << 20, max_events: 4 }, &[], 0, 0);
        for (size, position) in sizes.iter().zip(1..) {
            queue.took(Place { position, offset: queue.end, size: *size });
        }
        queue
    }

    #[test]
    fn a_batch_is_bounded_and_never_empty() {
        let queue = queue(&[10, 20, 30]);
        let sizes = |events, bytes| queue.oldest(events, bytes).iter().map(|place| place.size).collect::<Vec<_>>();
        assert_eq!(sizes(2, 100), [10, 20]);
        assert_eq!(sizes(9, 30), [10, 20]);
        assert_eq!(sizes(9, 1), [10]);
        assert_eq!(sizes(0, 0), [10]);
        assert_eq!(self::queue(&[]).oldest(9, 9), []);
    }

    #[test]
    fn bounds_are_named() {
        assert_eq!(queue(&[1, 1, 1, 1]).no_room(1), Some(("max_events", 4)));
        assert_eq!(queue(&[4 << 20]).no_room(1), Some(("max_bytes", 4 << 20)));
        assert_eq!(queue(&[1]).no_room((4 << 20) - 1), None);
    }

    #[test]
    fn space_is_given_back_when_it_pays() {
        let mut queue = queue(&[REWRITE_ABOVE, 5, 6]);
        queue.acknowledge(1);
        assert_eq!(queue.space(), Space::Keep);
        queue.acknowledge(2);
        let place = queue.waiting[0];
        assert_eq!(queue.space(), Space::Rewrite(vec![(0, 0), (place.offset, 6)]));
        queue.rewritten();
        assert_eq!((queue.waiting[0].offset, queue.end, queue.waiting[0].position), (0, 6, 3));
        queue.acknowledge(3);
        assert_eq!((queue.space(), queue.used(), queue.last), (Space::Empty, 0, 3));
    }
}
