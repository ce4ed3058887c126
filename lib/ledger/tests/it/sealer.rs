//! The sealer: its refusals, and a model of processes that are killed between any two of its steps.

use std::collections::BTreeMap;

use dg_domain::Hash32;
use dg_ledger::{
    checkpoint::{Checkpoint, Origin},
    note::{KeyKind, Note},
    sealer::{Proposal, Refusal, Sealer, Step},
    tree::{Frontier, Tile, TileSet, verify_consistency},
};
use proptest::prelude::*;

use crate::{naive, note::signer};

const LOG: &str = "dg.example.com/t/acme";

fn origin() -> Origin {
    Origin::new(LOG).unwrap()
}

fn head(size: u64) -> Checkpoint {
    Checkpoint::new(origin(), size, naive::mth(&naive::leaves(size)))
}

fn frontier(size: u64) -> Frontier {
    naive::grow(&naive::leaves(size)).0
}

#[test]
fn it_reads_and_proposes_what_is_new_and_nothing_else() {
    let mut sealer = Sealer::resume(origin(), None, Frontier::default(), &[]).unwrap();
    assert_eq!(sealer.next(0, 100), Ok(Step::Nothing));
    assert_eq!(sealer.propose([]).unwrap().map(|proposal| proposal.previous()), None);
    assert_eq!(sealer.next(300, 290), Ok(Step::Read { after: 0, upto: 290 }));
    let proposal = sealer.propose((0..290).map(naive::leaf)).unwrap().unwrap();
    assert_eq!((proposal.previous(), proposal.checkpoint()), (0, &head(290)));
    assert_eq!((proposal.full_tiles().len(), proposal.partial_tiles().count()), (1, 2));
    // Dropped and proposed again, it is the same; settled twice, it is refused.
    let again = sealer.propose((0..290).map(naive::leaf)).unwrap().unwrap();
    assert_eq!(again.checkpoint(), proposal.checkpoint());
    sealer.settle(proposal).unwrap();
    assert_eq!(sealer.settle(again), Err(Refusal::OtherSize { tree: 290, published: 0 }));
    assert_eq!(sealer.next(300, 290), Ok(Step::Read { after: 290, upto: 300 }));
    assert_eq!(sealer.next(300, 0), Ok(Step::Read { after: 290, upto: 291 }));
    assert_eq!((sealer.size(), sealer.next(290, 1)), (290, Ok(Step::Nothing)));
}

#[test]
fn what_does_not_fit_together_is_refused_by_name() {
    let resume = |published: Option<&Checkpoint>, size, known: &[Checkpoint]| {
        Sealer::resume(origin(), published, frontier(size), known).map(|sealer| sealer.size())
    };
    assert_eq!(resume(Some(&head(5)), 5, &[head(3), head(5)]), Ok(5));
    assert_eq!(resume(Some(&head(5)), 4, &[]), Err(Refusal::OtherSize { tree: 4, published: 5 }));
    assert_eq!(resume(None, 4, &[]), Err(Refusal::OtherSize { tree: 4, published: 0 }));
    let forged = Checkpoint::new(origin(), 5, Hash32::of(b"x"));
    assert_eq!(resume(Some(&forged), 5, &[]), Err(Refusal::Diverged { size: 5 }));
    assert_eq!(resume(Some(&head(5)), 5, std::slice::from_ref(&forged)), Err(Refusal::Diverged { size: 5 }));
    assert_eq!(resume(Some(&head(5)), 5, &[head(6)]), Err(Refusal::SetBack { known: 6, stored: 5 }));
    assert_eq!(resume(None, 0, &[head(1)]), Err(Refusal::SetBack { known: 1, stored: 0 }));
    let other = Checkpoint::new(Origin::new("other").unwrap(), 5, head(5).root);
    let refused = Refusal::OtherOrigin { expected: origin(), found: other.origin.clone() };
    assert_eq!(resume(Some(&other), 5, &[]), Err(refused));
    let sealer = Sealer::resume(origin(), Some(&head(5)), frontier(5), &[]).unwrap();
    assert_eq!(sealer.next(4, 1), Err(Refusal::LogShrank { head: 4, published: 5 }));
}

/// What outlives a process: the log, and what it stored in one transaction.
#[derive(Clone, Default)]
struct Disk {
    log: Vec<Hash32>,
    notes: BTreeMap<u64, Note>,
    tiles: BTreeMap<(u8, u64), Tile>,
}

impl Disk {
    fn newest(&self) -> Option<Checkpoint> {
        self.notes.values().next_back().map(|note| Checkpoint::parse(note.text()).unwrap())
    }

    fn resume(&self, known: &[Checkpoint]) -> Result<Sealer, Refusal> {
        let newest = self.newest();
        let mut tiles = TileSet::default();
        tiles.extend(self.tiles.values().cloned());
        let frontier = Frontier::load(newest.as_ref().map_or(0, |head| head.size), &tiles).unwrap();
        Sealer::resume(origin(), newest.as_ref(), frontier, known)
    }

    /// One transaction: only on top of the checkpoint that was the newest when it was proposed.
    fn store(&mut self, proposal: &Proposal, note: Note) -> bool {
        if self.newest().map_or(0, |head| head.size) != proposal.previous() {
            return false;
        }
        for tile in proposal.full_tiles().iter().cloned().chain(proposal.partial_tiles()) {
            self.tiles.insert((tile.level, tile.index), tile);
        }
        self.notes.insert(proposal.checkpoint().size, note);
        true
    }
}

/// What a process has in its hands between two steps.
#[derive(Default)]
struct Process {
    sealer: Option<Sealer>,
    proposal: Option<Proposal>,
    signed: Option<Note>,
    stored: bool,
}

#[derive(Clone, Debug)]
enum Act {
    Append(u16),
    Step(usize, u16),
    Kill(usize),
    Publish,
    /// The disk is kept aside; later it is what the machine finds after a restore, with another future.
    Backup,
    Restore,
    ChangeLog(u16),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => prop_oneof![9 => 1_u16..20, 1 => 200_u16..300].prop_map(Act::Append),
        12 => (0_usize..2, 1_u16..500).prop_map(|(who, limit)| Act::Step(who, limit)),
        2 => (0_usize..2).prop_map(Act::Kill),
        3 => Just(Act::Publish),
        1 => Just(Act::Backup),
        1 => Just(Act::Restore),
        1 => any::<u16>().prop_map(Act::ChangeLog),
    ]
}

impl Process {
    /// The next step of its work. Any refusal ends the process, as it stops dg-store's sealing.
    fn step(&mut self, disk: &mut Disk, known: &[Checkpoint], limit: u64) -> Result<(), Refusal> {
        let Some(sealer) = &mut self.sealer else {
            self.sealer = Some(disk.resume(known)?);
            return Ok(());
        };
        match (self.proposal.take(), self.signed.take()) {
            (None, _) => {
                let Step::Read { after, upto } = sealer.next(u64::try_from(disk.log.len()).unwrap(), limit)? else {
                    return Ok(());
                };
                let range = usize::try_from(after).unwrap()..usize::try_from(upto).unwrap();
                self.proposal = sealer.propose(disk.log[range].iter().copied())?;
            }
            (Some(proposal), None) => {
                let mut note = proposal.checkpoint().to_note().unwrap();
                let text = note.text().to_owned();
                note.add(signer(LOG, KeyKind::Log, 1).sign(&text, 0));
                (self.proposal, self.signed) = (Some(proposal), Some(note));
            }
            (Some(proposal), Some(note)) if self.stored => {
                drop(note);
                self.stored = false;
                sealer.settle(proposal)?;
            }
            (Some(proposal), Some(note)) => {
                if disk.store(&proposal, note.clone()) {
                    self.stored = true;
                    (self.proposal, self.signed) = (Some(proposal), Some(note));
                } else {
                    *self = Self::default();
                }
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// Two processes, killed between any two steps, on a disk that is set back and a log that is changed: whatever the world
    /// was shown, of one size there is one checkpoint, to the last byte, and all of them are of one history.
    #[test]
    fn the_world_never_sees_two_checkpoints_of_one_size(acts in prop::collection::vec(act(), 1..120)) {
        let (mut disk, mut backup, mut salt) = (Disk::default(), Disk::default(), 0_u64);
        let mut processes = [Process::default(), Process::default()];
        let mut world: BTreeMap<u64, Note> = BTreeMap::new();
        for act in acts {
            let known: Vec<_> = world.values().next_back().map(|note| Checkpoint::parse(note.text()).unwrap()).into_iter().collect();
            match act {
                Act::Append(number) => disk.log.extend((0..number).map(|_| {
                    salt += 1;
                    naive::leaf(salt)
                })),
                Act::Step(who, limit) => {
                    if processes[who].step(&mut disk, &known, u64::from(limit)).is_err() {
                        processes[who] = Process::default();
                    }
                }
                Act::Kill(who) => processes[who] = Process::default(),
                Act::Publish => {
                    if let Some((size, note)) = disk.notes.iter().next_back() {
                        let shown = world.entry(*size).or_insert_with(|| note.clone());
                        prop_assert_eq!(shown.to_string(), note.to_string());
                    }
                }
                Act::Backup => backup = disk.clone(),
                Act::Restore => {
                    // A machine that is restored is a machine whose processes are gone.
                    disk = backup.clone();
                    processes = [Process::default(), Process::default()];
                }
                Act::ChangeLog(at) => {
                    let length = disk.log.len();
                    if let Some(leaf) = disk.log.get_mut(usize::from(at) % length.max(1)) {
                        salt += 1;
                        *leaf = naive::leaf(salt);
                    }
                }
            }
        }
        // All that was shown is of one history: each is the beginning of the newest, by a proof out of the stored tiles.
        let heads: Vec<_> = world.values().map(|note| Checkpoint::parse(note.text()).unwrap()).collect();
        if let (Some(newest), Some(stored)) = (heads.last(), disk.newest())
            && stored.size >= newest.size
        {
            let mut tiles = TileSet::default();
            tiles.extend(disk.tiles.values().cloned());
            for head in &heads {
                let proof = dg_ledger::tree::consistency(head.size, stored.size).unwrap().prove(&tiles).unwrap();
                prop_assert!(verify_consistency((head.size, &head.root), (stored.size, &stored.root), &proof).is_ok());
            }
        }
    }
}
