//! Checkpoints: the example of the specification, each line's rules, and how a tenant's log is named.

use dg_domain::TenantId;
use dg_ledger::{
    checkpoint::{Checkpoint, CheckpointError, Origin},
    note::Note,
};

/// Of C2SP tlog-cosignature.
const SOFA: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
    — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

#[test]
fn the_example_of_the_specification_is_read_and_written() {
    let note = Note::parse(SOFA.as_bytes()).unwrap();
    let checkpoint = Checkpoint::parse(note.text()).unwrap();
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(checkpoint.to_string(), note.text());
    assert_eq!(checkpoint.to_note().unwrap().text(), note.text());
    assert_eq!(note.to_string(), SOFA);
    // 1679315147, as the specification says; the id and the time stand before the signature.
    assert_eq!(note.signatures()[1].bytes()[..8], 1_679_315_147_u64.to_be_bytes());
}

#[test]
fn each_line_is_exact() {
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    let whole = Checkpoint::parse(&format!("o\n1\n{root}\nmore\nand more\n")).unwrap();
    assert_eq!(whole.extensions(), ["more", "and more"]);
    assert_eq!(whole.to_string(), format!("o\n1\n{root}\nmore\nand more\n"));
    for (text, expected) in [
        (String::new(), CheckpointError::Lines),
        ("o".to_owned(), CheckpointError::Lines),
        ("o\n1\n".to_owned(), CheckpointError::Lines),
        (format!("o\n1\n{root}"), CheckpointError::Lines),
        (format!("\n1\n{root}\n"), CheckpointError::Origin),
        (format!("o\t\n1\n{root}\n"), CheckpointError::Origin),
        (format!("o\n01\n{root}\n"), CheckpointError::Size),
        (format!("o\n-1\n{root}\n"), CheckpointError::Size),
        (format!("o\n\n{root}\n"), CheckpointError::Size),
        (format!("o\n18446744073709551616\n{root}\n"), CheckpointError::Size),
        ("o\n1\n\n".to_owned(), CheckpointError::Root),
        (format!("o\n1\n{}\n", &root[1..]), CheckpointError::Root),
        (format!("o\n1\n{} \n", root), CheckpointError::Root),
        (format!("o\n1\n{}\n", root.replace("q2I=", "q2J=")), CheckpointError::Root),
        (format!("o\n1\n{root}\n\n"), CheckpointError::Extension),
        (format!("o\n1\n{root}\nx\n\ny\n"), CheckpointError::Extension),
    ] {
        assert_eq!(Checkpoint::parse(&text), Err(expected), "{text:?}");
    }
}

#[test]
fn a_tenants_log_is_named_after_the_installation_and_the_tenant() {
    let tenant = TenantId::new("acme:eu@2").unwrap();
    assert_eq!(Origin::of_tenant("dg.example.com", &tenant).unwrap().as_str(), "dg.example.com/t/acme:eu@2");
    assert_eq!(Origin::of_tenant("dg.example.com/", &tenant).unwrap().as_str(), "dg.example.com/t/acme:eu@2");
    for wrong in ["", "a b", "a+b", "a\nb"] {
        assert_eq!(Origin::of_tenant(wrong, &tenant), Err(CheckpointError::Origin), "{wrong:?}");
    }
}
