//! Signed notes: the examples of the specifications, each rule of the form, forged and foreign signatures.

use dg_ledger::{
    note::{KeyError, KeyKind, KeyName, MAX_SIGNATURES, Note, NoteError, Signature, SignerKey, VerifierKey},
    signing::Seed,
};

/// Of C2SP signed-note.
const FOO: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const FOO_NOTE: &str = "This is an example message.\n\n\
    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

/// Of the Go package golang.org/x/mod/sumdb/note.
const PETER_PRIVATE: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_LINE: &str =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";

pub(crate) fn signer(name: &str, kind: KeyKind, seed: u8) -> SignerKey {
    SignerKey::new(KeyName::new(name).unwrap(), kind, Seed::new([seed; 32]))
}

fn signed(text: &str, signers: &[&SignerKey]) -> Note {
    let mut note = Note::new(text.to_owned()).unwrap();
    signers.iter().for_each(|signer| note.add(signer.sign(text, 1_700_000_000)));
    note
}

#[test]
fn the_example_of_the_specification_verifies() {
    let key = VerifierKey::parse(FOO).unwrap();
    assert_eq!((key.to_string().as_str(), key.name().as_str(), key.kind()), (FOO, "example.com/foo", KeyKind::Log));
    let note = Note::parse(FOO_NOTE.as_bytes()).unwrap();
    assert_eq!((note.text(), note.to_string().as_str()), ("This is an example message.\n", FOO_NOTE));
    let keys = [key];
    assert_eq!(note.verify(&keys).unwrap()[0].key, &keys[0]);
}

#[test]
fn the_signature_is_the_one_that_go_makes() {
    let key = SignerKey::parse(PETER_PRIVATE).unwrap();
    assert_eq!((key.expose().as_str(), key.verifier().to_string().as_str()), (PETER_PRIVATE, PETER));
    assert_eq!(format!("{key:?}"), "SignerKey(PeterNeumann+c74f20a3+…)");
    let note = signed(PETER_TEXT, &[&key]);
    assert_eq!(note.to_string(), format!("{PETER_TEXT}\n{PETER_LINE}\n"));
}

#[test]
fn a_key_that_was_changed_is_refused() {
    for at in 0..FOO.len() {
        for flip in [1, 2, 0x20] {
            let mut bytes = FOO.as_bytes().to_vec();
            bytes[at] ^= flip;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            assert!(VerifierKey::parse(&text).is_err(), "{text}");
        }
    }
    let check = |text: &str| VerifierKey::parse(text).unwrap_err();
    assert_eq!(check(""), KeyError::Form);
    assert_eq!(check(&FOO[..FOO.len() - 1]), KeyError::Form);
    assert_eq!(check(&FOO.replace("530d903a", "530D903A")), KeyError::Id);
    assert_eq!(check(&FOO.replace("530d903a", "530d903b")), KeyError::Id);
    assert_eq!(check(&FOO.replace("+AekyeRrm", "+BukyeRrm")), KeyError::Kind(6));
    assert_eq!(check(&FOO.replace("example", "ex ample")), KeyError::Name);
    assert_eq!(SignerKey::parse(PETER).unwrap_err(), KeyError::Form);
    assert_eq!(KeyName::new("a\u{2003}b"), Err(KeyError::Name));
}

#[test]
fn the_form_of_a_note_is_exact() {
    let line = PETER_LINE;
    let form = |text: &str| Note::parse(text.as_bytes()).unwrap_err();
    assert_eq!(form(""), NoteError::NoSignatures);
    assert_eq!(form("text\n"), NoteError::NoSignatures);
    assert_eq!(form("text\n\n"), NoteError::NoSignatures);
    assert_eq!(form(&format!("text\n{line}\n")), NoteError::NoSignatures);
    assert_eq!(form(&format!("text\n\n{line}")), NoteError::NoSignatures);
    assert_eq!(form(&format!("text\n\n{line}\n\n")), NoteError::NoSignatures);
    assert_eq!(form(&format!("text\r\n\n{line}\n")), NoteError::NotText);
    assert_eq!(form(&format!("text\t\n\n{line}\n")), NoteError::NotText);
    assert_eq!(Note::parse(b"\xff\n\n"), Err(NoteError::NotText));
    for wrong in [
        "",
        "— name",
        "- name AAAAAAA=",
        "— name AAAAAAA",
        "— name AAAAAA==",
        " — name AAAAAAA=",
        "— n+m AAAAAAA=",
        "—  AAAAAAA=",
        "— name  AAAAAAA=",
        "— name AAAAAAA= ",
        "— name AAAAAAB=",
    ] {
        let second = if wrong.is_empty() { "x" } else { wrong };
        assert_eq!(form(&format!("text\n\n{line}\n{second}\n")), NoteError::SignatureLine { line: 2 }, "{wrong}");
    }
    // The last blank line divides; blank lines of the text are its own.
    let note = Note::parse(format!("a\n\nb\n\n{line}\n").as_bytes()).unwrap();
    assert_eq!((note.text(), note.signatures().len()), ("a\n\nb\n", 1));
    let many = |number| format!("text\n\n{}", format!("{line}\n").repeat(number));
    assert_eq!(Note::parse(many(MAX_SIGNATURES).as_bytes()).unwrap().signatures().len(), MAX_SIGNATURES);
    assert_eq!(form(&many(MAX_SIGNATURES + 1)), NoteError::TooLarge);
    assert_eq!(form(&"x".repeat(1 << 21)), NoteError::TooLarge);
    for wrong in ["", "no newline", "tab\t\n"] {
        assert_eq!(Note::new(wrong.to_owned()), Err(NoteError::Text));
    }
}

#[test]
fn signatures_of_unknown_keys_are_ignored_and_of_known_ones_are_not() {
    let (log, other) = (signer("log", KeyKind::Log, 1), signer("other", KeyKind::Log, 2));
    let (known, text) = ([log.verifier().clone()], "text\n");
    assert_eq!(signed(text, &[&other]).verify(&known), Err(NoteError::Unsigned));
    assert_eq!(signed(text, &[&other, &log]).verify(&known).unwrap().len(), 1);
    // A name alone, or an id alone, is not the key.
    let namesake = signer("log", KeyKind::Log, 3);
    assert_eq!(signed(text, &[&namesake]).verify(&known), Err(NoteError::Unsigned));
    let id_only = Signature::new(KeyName::new("x").unwrap(), log.verifier().id(), vec![0; 64]);
    let mut note = signed(text, &[&log]);
    note.add(id_only);
    assert_eq!(note.verify(&known).unwrap().len(), 1);
    // Both are, and then the signature has to hold, though another one of the key does.
    let mut note = signed(text, &[&log]);
    note.add(Signature::new(KeyName::new("log").unwrap(), log.verifier().id(), vec![0; 64]));
    assert_eq!(note.verify(&known), Err(NoteError::Forged { name: "log".to_owned() }));
    // Twice the same counts once.
    assert_eq!(signed(text, &[&log, &log]).verify(&known).unwrap().len(), 1);
    // A signature of another text.
    let mut note = Note::new("other text\n".to_owned()).unwrap();
    note.add(log.sign(text, 0));
    assert_eq!(note.verify(&known), Err(NoteError::Forged { name: "log".to_owned() }));
}

#[test]
fn a_witness_signs_a_time_and_is_no_log() {
    let (witness, text) = (signer("w", KeyKind::Witness, 9), "o\n0\nx\n");
    let note = signed(text, &[&witness]);
    let known = [witness.verifier().clone()];
    assert_eq!(VerifierKey::parse(&known[0].to_string()).unwrap(), known[0]);
    assert_eq!(note.verify(&known).unwrap()[0].unix_seconds, Some(1_700_000_000));
    let bytes = note.signatures()[0].bytes();
    assert_eq!(bytes.len(), 72);
    let message = format!("cosignature/v1\ntime 1700000000\n{text}");
    let signature: [u8; 64] = bytes[8..].try_into().unwrap();
    assert!(known[0].public().verifies(message.as_bytes(), &signature));
    // Another time than the signed one, one beyond 2^63 - 1, and too few bytes.
    let name = || KeyName::new("w").unwrap();
    for forged in [
        [&1_700_000_001_u64.to_be_bytes()[..], &signature].concat(),
        [&u64::MAX.to_be_bytes()[..], &signature].concat(),
        signature.to_vec(),
        vec![0; 3],
    ] {
        let mut note = Note::new(text.to_owned()).unwrap();
        note.add(Signature::new(name(), known[0].id(), forged));
        assert_eq!(note.verify(&known), Err(NoteError::Forged { name: "w".to_owned() }));
    }
    // The same key as a log's has another id.
    let as_log = signer("w", KeyKind::Log, 9);
    assert_ne!(as_log.verifier().id(), known[0].id());
    assert_eq!(note.verify(&[as_log.verifier().clone()]), Err(NoteError::Unsigned));
}
