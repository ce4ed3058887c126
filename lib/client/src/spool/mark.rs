//! A number on the disk that is either the old or the new one, whatever happens while it is written.
//!
//! Two slots take turns; the intact one with the higher number counts. Both exist from the beginning, so that a full disk
//! can still be told that events have left.

use super::record::MAGIC;

/// Distance between the slots: two sectors are never torn by one write.
pub(super) const SLOT: usize = 512;

/// What the file says, and which slot the next number goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) value: u64,
    pub(super) next: usize,
}

impl Mark {
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut mark = Self { value: 0, next: 0 };
        for slot in [0, 1] {
            if let Some(value) = bytes.get(slot * SLOT..).and_then(number)
                && value >= mark.value
            {
                mark = Self { value, next: 1 - slot };
            }
        }
        mark
    }

    /// The bytes of a slot that says `value`.
    pub(super) fn slot(value: u64) -> [u8; 16] {
        let number = value.to_be_bytes();
        let mut slot = [0; 16];
        slot[..4].copy_from_slice(&MAGIC);
        slot[4..8].copy_from_slice(&crc32fast::hash(&number).to_be_bytes());
        slot[8..].copy_from_slice(&number);
        slot
    }

    /// After `value` was written to the next slot.
    pub(super) fn moved(self, value: u64) -> Self {
        Self { value, next: 1 - self.next }
    }
}

fn number(bytes: &[u8]) -> Option<u64> {
    let slot: [u8; 16] = bytes.get(..16)?.try_into().ok()?;
    let value = u64::from_be_bytes(slot[8..].try_into().ok()?);
    (Mark::slot(value) == slot).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_write_leaves_the_old_number() {
        let mut file = vec![0; 2 * SLOT];
        let mut mark = Mark::read(&file);
        for value in [3, 4, 900] {
            let slot = Mark::slot(value);
            for torn in 0..=slot.len() {
                let mut half = file.clone();
                half[mark.next * SLOT..mark.next * SLOT + torn].copy_from_slice(&slot[..torn]);
                let seen = Mark::read(&half).value;
                assert!(seen == mark.value || seen == value && torn == slot.len(), "{value} {torn}: {seen}");
            }
            file[mark.next * SLOT..mark.next * SLOT + slot.len()].copy_from_slice(&slot);
            mark = mark.moved(value);
            assert_eq!(Mark::read(&file), mark);
        }
    }

    #[test]
    fn nothing_is_zero() {
        assert_eq!(Mark::read(b""), Mark { value: 0, next: 0 });
        assert_eq!(hex::encode(Mark::slot(5)), "d605ff0115482be60000000000000005");
    }
}
