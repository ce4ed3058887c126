//! Receipts: verified offline, and refused by name when forged, cut off, mixed up or of another log.

use dg_domain::{Hash32, LogSeq};
use dg_ledger::{
    checkpoint::{Checkpoint, Origin},
    entry_leaf,
    note::{KeyKind, Note, NoteError, SignerKey, VerifierKey},
    receipt::{Policy, PolicyError, Receipt, ReceiptError},
    tree::{ProofError, inclusion},
};

use crate::{naive, note::signer};

const LOG: &str = "dg.example.com/t/acme";

/// The entries are their numbers in words of no meaning.
fn entry(index: u64) -> Vec<u8> {
    format!("{{\"log_seq\":{}}}", index + 1).into_bytes()
}

fn key() -> SignerKey {
    signer(LOG, KeyKind::Log, 1)
}

fn witness(number: u8) -> SignerKey {
    signer(&format!("witness{number}.example"), KeyKind::Witness, 10 + number)
}

fn checkpoint(size: u64, signers: &[&SignerKey]) -> Note {
    let leaves: Vec<_> = (0..size).map(|index| entry_leaf(&Hash32::of(&entry(index)))).collect();
    let head = Checkpoint::new(Origin::new(LOG).unwrap(), size, naive::grow(&leaves).0.root());
    let mut note = head.to_note().unwrap();
    let text = note.text().to_owned();
    signers.iter().for_each(|signer| note.add(signer.sign(&text, 1_700_000_000)));
    note
}

fn receipt(index: u64, size: u64, signers: &[&SignerKey]) -> Receipt {
    let leaves: Vec<_> = (0..size).map(|index| entry_leaf(&Hash32::of(&entry(index)))).collect();
    let tiles = naive::set(naive::grow(&leaves).1);
    let path = inclusion(index, size).unwrap().prove(&tiles).unwrap();
    Receipt { extra: Some(entry(index)), index, path, checkpoint: checkpoint(size, signers) }
}

fn policy(witnesses: &[u8], quorum: usize) -> Policy {
    let witnesses: Vec<_> = witnesses.iter().map(|number| witness(*number).verifier().clone()).collect();
    Policy::new(Origin::new(LOG).unwrap(), vec![key().verifier().clone()], witnesses, quorum).unwrap()
}

#[test]
fn a_receipt_proves_its_entry_and_comes_back_as_it_was() {
    for (index, size) in [(0, 1), (0, 2), (5, 8), (299, 300), (256, 300), (77, 300)] {
        let receipt = receipt(index, size, &[&key()]);
        let text = receipt.to_string();
        let read = Receipt::parse(text.as_bytes()).unwrap();
        assert_eq!((&read, read.to_string()), (&receipt, text));
        let proven = read.verify(&Hash32::of(&entry(index)), &policy(&[], 0)).unwrap();
        assert_eq!((proven.log_seq, proven.checkpoint.size), (index + 1, size));
        assert_eq!(read.verify_carried(&policy(&[], 0)), Ok(proven));
    }
    let bare = Receipt { extra: None, ..receipt(5, 8, &[&key()]) };
    assert_eq!(Receipt::parse(bare.to_string().as_bytes()).unwrap(), bare);
    assert_eq!(bare.verify_carried(&policy(&[], 0)), Err(ReceiptError::NoEntry));
}

/// Every byte, changed in one bit; with `DG_DRILL=long` in each. Where the entry is known apart from the receipt, the format lets two things change unseen: the line
/// `extra`, which nobody signs, and signature lines whose name or key id is then unknown, which have to be ignored; those
/// of the witness, which the policy does not ask for. Where the receipt carries its entry, `extra` is seen as well.
#[test]
fn drill_every_changed_byte_is_refused() {
    let (log, w1) = (key(), witness(1));
    let long = std::env::var_os("DG_DRILL").is_some_and(|kind| kind == "long");
    let whole = receipt(5, 13, &[&log, &w1]).to_string();
    let (entry_hash, policy) = (Hash32::of(&entry(5)), policy(&[1], 0));
    let extra = whole.find("extra ").unwrap()..whole.find("index ").unwrap();
    let name_and_id =
        whole.find("— witness1").unwrap()..whole.find("— witness1").unwrap() + "— witness1.example AAAAAA".len();
    let mut refused = 0;
    for at in 0..whole.len() {
        // Bits 6 and 7 change letters into what is no text of any kind, so they say least.
        for bit in (0..8).filter(|bit| long || *bit == at % 6) {
            let mut bytes = whole.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(read) = Receipt::parse(&bytes) else {
                refused += 1;
                continue;
            };
            assert_eq!(read.to_string().into_bytes(), bytes, "byte {at}");
            let Ok(proven) = read.verify(&entry_hash, &policy) else {
                refused += 1;
                continue;
            };
            // What is ignored makes the witness unknown, and nothing else.
            assert!(extra.contains(&at) || (name_and_id.contains(&at) && proven.witnesses.is_empty()), "byte {at}");
            if extra.contains(&at) {
                assert!(read.verify_carried(&policy).is_err(), "carried, byte {at}");
                refused += 1;
            }
        }
    }
    assert!(refused >= whole.len() - name_and_id.len(), "{refused}");
}

#[test]
fn a_receipt_that_was_cut_off_is_refused_at_every_length() {
    let whole = receipt(77, 300, &[&key()]).to_string();
    for length in 0..whole.len() {
        let read = Receipt::parse(&whole.as_bytes()[..length]);
        assert!(read.is_err(), "{length}");
    }
    let cut = |at: &str| Receipt::parse(&whole.as_bytes()[..whole.find(at).unwrap()]).unwrap_err();
    assert_eq!(cut("extra"), ReceiptError::Index);
    assert_eq!(cut("index"), ReceiptError::Index);
    assert_eq!(cut("\ndg.example.com"), ReceiptError::NoCheckpoint);
    assert_eq!(cut("dg.example.com"), ReceiptError::NoCheckpoint);
    assert_eq!(cut("— "), ReceiptError::Note(NoteError::NoSignatures));
    assert_eq!(cut("c2sp"), ReceiptError::Header);
    let more = Receipt::parse(format!("{whole}x").as_bytes());
    assert_eq!(more, Err(ReceiptError::Note(NoteError::NoSignatures)));
}

#[test]
fn the_form_is_exact() {
    let whole = receipt(5, 8, &[&key()]).to_string();
    let check = |from: &str, to: &str| {
        assert!(whole.contains(from), "{from}");
        Receipt::parse(whole.replacen(from, to, 1).as_bytes()).unwrap_err()
    };
    assert_eq!(check("@v1", "@v2"), ReceiptError::Header);
    assert_eq!(check("c2sp", " c2sp"), ReceiptError::Header);
    assert_eq!(check("extra ", "extra  "), ReceiptError::Extra);
    assert_eq!(check("extra ", "Extra "), ReceiptError::Index);
    assert_eq!(check("index 5", "index 05"), ReceiptError::Index);
    assert_eq!(check("index 5", "index -5"), ReceiptError::Index);
    assert_eq!(check("index 5", "index 5\r"), ReceiptError::Index);
    assert_eq!(check("index 5\n", "index 5\nAAAA\n"), ReceiptError::Path { line: 1 });
    let long = format!("index 5\n{}", format!("{}=\n", "A".repeat(43)).repeat(64));
    assert_eq!(check("index 5\n", &long), ReceiptError::Path { line: 64 });
    assert_eq!(Receipt::parse(b"\xff\xfe"), Err(ReceiptError::NotText));
    assert_eq!(Receipt::parse(&vec![b'x'; 3 << 20]), Err(ReceiptError::TooLarge));
}

#[test]
fn mixed_up_parts_are_refused_by_name() {
    let (log, policy) = (key(), policy(&[], 0));
    let (five, six) = (receipt(5, 8, &[&log]), receipt(6, 8, &[&log]));
    let hash = |index| Hash32::of(&entry(index));
    let check = |receipt: &Receipt| receipt.verify(&hash(5), &policy).unwrap_err();
    let other_root = ReceiptError::Proof(ProofError::OtherRoot);
    assert_eq!(check(&six), other_root);
    assert_eq!(check(&Receipt { index: 4, ..five.clone() }), other_root);
    assert_eq!(check(&Receipt { path: six.path.clone(), ..five.clone() }), other_root);
    let swapped = vec![five.path[1], five.path[0], five.path[2]];
    assert_eq!(check(&Receipt { path: swapped, ..five.clone() }), other_root);
    let short = five.path[..2].to_vec();
    assert_eq!(check(&Receipt { path: short, ..five.clone() }), ReceiptError::Proof(ProofError::TooShort));
    // The checkpoint of another size, and one that does not reach the entry.
    let larger = Receipt { checkpoint: checkpoint(9, &[&log]), ..five.clone() };
    assert_eq!(check(&larger), ReceiptError::Proof(ProofError::TooShort));
    let same_depth = Receipt { checkpoint: checkpoint(7, &[&log]), ..five.clone() };
    assert_eq!(check(&same_depth), other_root);
    let smaller = Receipt { checkpoint: checkpoint(5, &[&log]), ..five.clone() };
    assert_eq!(check(&smaller), ReceiptError::Proof(ProofError::OutsideTree { index: 5, size: 5 }));
    // Another event's receipt, though it is whole.
    let at = |log_seq| six.verify_at(LogSeq::new(log_seq).unwrap(), &hash(6), &policy);
    assert!(at(7).is_ok());
    assert_eq!(at(6), Err(ReceiptError::WrongPosition { expected: 6, found: 7 }));
    assert_eq!(at(0), Err(ReceiptError::WrongPosition { expected: 0, found: 7 }));
}

#[test]
fn another_log_or_signer_is_refused_by_name() {
    let (log, hash) = (key(), Hash32::of(&entry(5)));
    let elsewhere = Origin::new("dg.example.com/t/other").unwrap();
    let other_key = signer("dg.example.com/t/other", KeyKind::Log, 2).verifier().clone();
    let other = Policy::new(elsewhere, vec![other_key], vec![], 0).unwrap();
    let wrong = ReceiptError::WrongOrigin { expected: "dg.example.com/t/other".to_owned(), found: LOG.to_owned() };
    assert_eq!(receipt(5, 8, &[&log]).verify(&hash, &other), Err(wrong));
    let stranger = signer(LOG, KeyKind::Log, 99);
    let unsigned = receipt(5, 8, &[&stranger]).verify(&hash, &policy(&[], 0));
    assert_eq!(unsigned, Err(ReceiptError::Note(NoteError::Unsigned)));
    let no_log = receipt(5, 8, &[&witness(1)]).verify(&hash, &policy(&[1], 0));
    assert_eq!(no_log, Err(ReceiptError::NotOfLog));
}

#[test]
fn witnesses_count_once_each() {
    let (log, hash) = (key(), Hash32::of(&entry(5)));
    let (one, two, three) = (witness(1), witness(2), witness(3));
    let check = |signers: &[&SignerKey]| receipt(5, 8, signers).verify(&hash, &policy(&[1, 2], 2));
    let proven = check(&[&log, &two, &three, &one]).unwrap();
    let expected = ["witness2.example", "witness1.example"].map(|name| (name.to_owned(), 1_700_000_000));
    assert_eq!(proven.witnesses, expected);
    let few = |found| Err(ReceiptError::TooFewWitnesses { needed: 2, found });
    assert_eq!(check(&[&log]), few(0));
    assert_eq!(check(&[&log, &one, &one, &three]), few(1));
}

/// While a log changes its key, its checkpoints carry the signatures of both, and either is enough.
#[test]
fn keys_change_with_an_overlap() {
    let (old, new, hash) = (key(), signer(LOG, KeyKind::Log, 5), Hash32::of(&entry(5)));
    let trusts = |keys: &[&SignerKey]| {
        let keys: Vec<VerifierKey> = keys.iter().map(|key| key.verifier().clone()).collect();
        Policy::new(Origin::new(LOG).unwrap(), keys, vec![], 0).unwrap()
    };
    let both = receipt(5, 8, &[&old, &new]);
    for policy in [trusts(&[&old]), trusts(&[&new]), trusts(&[&old, &new])] {
        assert!(both.verify(&hash, &policy).is_ok());
    }
    assert!(receipt(5, 8, &[&new]).verify(&hash, &trusts(&[&old])).is_err());
    assert!(receipt(5, 8, &[&old]).verify(&hash, &trusts(&[&old, &new])).is_ok());
}

#[test]
fn a_policy_that_makes_no_sense_is_refused() {
    let origin = || Origin::new(LOG).unwrap();
    let (log, witness) = (key().verifier().clone(), witness(1).verifier().clone());
    let check = |keys: &[&VerifierKey], witnesses: &[&VerifierKey], quorum| {
        let own = |keys: &[&VerifierKey]| keys.iter().map(|key| (*key).clone()).collect();
        Policy::new(origin(), own(keys), own(witnesses), quorum).unwrap_err()
    };
    assert_eq!(check(&[], &[&witness], 0), PolicyError::NoLogKey);
    assert_eq!(check(&[&log], &[&witness], 2), PolicyError::Quorum { needed: 2, known: 1 });
    assert_eq!(check(&[&witness], &[], 0), PolicyError::Kind(witness.to_string()));
    assert_eq!(check(&[&log], &[&log], 0), PolicyError::Kind(log.to_string()));
    let other = signer("other", KeyKind::Log, 1).verifier().clone();
    assert_eq!(check(&[&log, &other], &[], 0), PolicyError::Name(other.to_string()));
    // One witness under two names would be two of a quorum.
    let alias = signer("alias", KeyKind::Witness, 11).verifier().clone();
    assert_eq!(check(&[&log], &[&witness, &alias], 2), PolicyError::Twice(alias.to_string()));
}
