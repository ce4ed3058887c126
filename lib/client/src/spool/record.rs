//! The record file under a spool, as bytes: framing, checksums, and what to do after a crash.
//!
//! A record is `magic, crc32, length, position, body`, numbers big-endian; the checksum covers everything behind it. Record
//! 0 holds what the file is, the others count up without a hole, also across the times the file is emptied. Bodies are
//! ASCII and the magic is not, so it can be searched for.
//!
//! Every record is on the disk before the next one is written. A crash can therefore damage the last record and no
//! other: damage with nothing intact behind it is a *torn tail* and is cut, damage in front of an intact record was done
//! by other hands and is refused.

pub(super) const MAGIC: [u8; 4] = [0xd6, 0x05, 0xff, 0x01];
/// Bytes in front of a body.
pub(super) const HEAD: usize = 20;

/// A record as it lies in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) position: u64,
    pub(super) body: &'a [u8],
}

impl Record<'_> {
    pub(super) fn size(&self) -> usize {
        HEAD + self.body.len()
    }
}

/// Damage that no crash of ours explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Damage {
    #[error("damage at byte {0}, in front of intact records")]
    InFront(usize),
    #[error("position {position} at byte {offset} follows {before}")]
    OutOfOrder { position: u64, offset: usize, before: u64 },
    #[error("the file events does not begin as it should")]
    Beginning,
    #[error("line {0} of dead-letters.ndjson is not one of ours")]
    Letter(usize),
}

/// A record as its bytes.
pub(super) fn frame(position: u64, body: &[u8]) -> Vec<u8> {
    let mut rest = Vec::with_capacity(HEAD + body.len());
    // A body is at most 1 MiB, which is looked at where events are encoded.
    rest.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
    rest.extend_from_slice(&position.to_be_bytes());
    rest.extend_from_slice(body);
    let mut record = Vec::with_capacity(8 + rest.len());
    record.extend_from_slice(&MAGIC);
    record.extend_from_slice(&crc32fast::hash(&rest).to_be_bytes());
    record.extend_from_slice(&rest);
    record
}

/// The record that begins at `offset`; none when there is no intact one.
pub(super) fn read(bytes: &[u8], offset: usize) -> Option<Record<'_>> {
    let (head, rest) = bytes.get(offset..)?.split_at_checked(HEAD)?;
    let number = |at: usize| head.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    if head.get(..4)? != MAGIC {
        return None;
    }
    let body = rest.get(..usize::try_from(number(8)?).ok()?)?;
    let mut crc = crc32fast::Hasher::new();
    crc.update(head.get(8..)?);
    crc.update(body);
    let position = u64::from_be_bytes(head.get(12..20)?.try_into().ok()?);
    (crc.finalize() == number(4)?).then_some(Record { position, body })
}

/// Every record from the start to the last intact one, each with its offset, and where the file has to end.
///
/// # Errors
/// See the top of the module; also when positions do not count up.
pub(super) fn recover(bytes: &[u8]) -> Result<(Vec<(usize, Record<'_>)>, usize), Damage> {
    let (mut found, mut offset, mut before) = (Vec::new(), 0, 0);
    while let Some(record) = read(bytes, offset) {
        let position = record.position;
        if before > 0 && position != before + 1 {
            return Err(Damage::OutOfOrder { position, offset, before });
        }
        found.push((offset, record));
        (before, offset) = (position, offset + record.size());
    }
    let behind = bytes.get(offset + 1..).unwrap_or_default().windows(MAGIC.len()).enumerate();
    for (at, window) in behind {
        if window == MAGIC && read(bytes, offset + 1 + at).is_some() {
            return Err(Damage::InFront(offset));
        }
    }
    Ok((found, offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bodies: &[&[u8]]) -> Vec<u8> {
        bodies.iter().zip(0..).flat_map(|(body, position)| frame(position, body)).collect()
    }

    #[test]
    fn a_record_is_what_the_python_client_writes() {
        let python = "d605ff016ee77b3f0000000200000000000000077b7d";
        assert_eq!(hex::encode(frame(7, b"{}")), python);
        let bytes = hex::decode(python).unwrap();
        assert_eq!(read(&bytes, 0), Some(Record { position: 7, body: b"{}" }));
    }

    #[test]
    fn a_torn_tail_is_cut_wherever_it_is_torn() {
        let whole = file(&[b"head", b"one", b"two", b"three"]);
        let ends: Vec<usize> = recover(&whole).unwrap().0.iter().map(|(at, record)| at + record.size()).collect();
        for cut in 0..=whole.len() {
            let (found, end) = recover(&whole[..cut]).unwrap();
            assert_eq!(end, ends.iter().copied().filter(|end| *end <= cut).max().unwrap_or(0), "{cut}");
            assert_eq!(found.len(), ends.iter().filter(|end| **end <= cut).count(), "{cut}");
        }
    }

    #[test]
    fn a_last_record_of_zeros_or_of_noise_is_a_torn_tail_too() {
        let kept = file(&[b"head", b"one"]);
        let last = frame(2, b"two").len();
        for filler in [0_u8, 0xd6, 0xff] {
            let torn = [kept.clone(), vec![filler; last]].concat();
            assert_eq!(recover(&torn).unwrap().1, kept.len());
        }
    }

    #[test]
    fn any_byte_changed_in_front_of_an_intact_record_is_refused() {
        let whole = file(&[b"head", b"one", b"two"]);
        let last = frame(2, b"two").len();
        for at in 0..whole.len() - last {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x41;
            assert!(recover(&bytes).is_err(), "{at}");
        }
    }

    #[test]
    fn positions_count_up_without_a_hole() {
        let gap = [frame(0, b"head"), frame(4, b"a"), frame(6, b"b")].concat();
        let first = frame(0, b"head").len() + frame(4, b"a").len();
        assert_eq!(recover(&gap), Err(Damage::OutOfOrder { position: 6, offset: first, before: 4 }));
        assert_eq!(recover(&[frame(0, b"head"), frame(4, b"a")].concat()).unwrap().0.len(), 2, "after it was emptied");
    }
}
