//! Tiles (C2SP tlog-tiles, height 8): which there are, what they are called, and where to look one up.

use std::{collections::BTreeMap, fmt};

use dg_domain::Hash32;

use crate::spelling;

/// How many hashes a full tile has.
pub const TILE_WIDTH: u16 = 256;

/// One tile. A partial tile is named by how much of it there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// 0 for leaf hashes; at level n each hash stands for a full tile of level n - 1.
    pub level: u8,
    /// Counted from 0 within the level.
    pub index: u64,
    /// 1 to 256 hashes.
    pub width: u16,
}

impl TileId {
    /// The tile `index` of `level` in a tree of `size`; none where that tree has no such tile.
    #[must_use]
    pub fn in_tree(size: u64, level: u8, index: u64) -> Option<Self> {
        let hashes = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
        let before = index.checked_mul(u64::from(TILE_WIDTH))?;
        let width = hashes.checked_sub(before)?.min(u64::from(TILE_WIDTH));
        let width = u16::try_from(width).ok().filter(|width| *width > 0)?;
        Some(Self { level, index, width })
    }

    /// The partial tiles of a tree of `size`, lowest level first.
    pub fn partial_in_tree(size: u64) -> impl Iterator<Item = Self> {
        (0..8).filter_map(move |level| {
            let index = size.checked_shr(8 * (u32::from(level) + 1)).unwrap_or(0);
            Self::in_tree(size, level, index)
        })
    }

    /// Whether nothing can be added to it any more.
    #[must_use]
    pub const fn is_full(self) -> bool {
        self.width == TILE_WIDTH
    }

    /// Reads what [`fmt::Display`] writes, and no other spelling.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let level = spelling::decimal(level).and_then(|level| u8::try_from(level).ok()).filter(|level| *level < 64)?;
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, u16::try_from(spelling::decimal(width)?).ok()?),
            None => (rest, TILE_WIDTH),
        };
        let digits: String = number.split('/').map(|part| part.trim_start_matches('x')).collect();
        let id = Self { level, index: digits.parse().ok()?, width };
        ((1..=TILE_WIDTH).contains(&width) && id.to_string() == path).then_some(id)
    }
}

/// The path below the log's prefix: `tile/0/x001/234.p/17`.
impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.index.to_string();
        let digits = format!("{}{digits}", "0".repeat((3 - digits.len() % 3) % 3));
        write!(f, "tile/{}/", self.level)?;
        for at in (0..digits.len()).step_by(3) {
            let last = at + 3 == digits.len();
            write!(f, "{}{}{}", if last { "" } else { "x" }, &digits[at..at + 3], if last { "" } else { "/" })?;
        }
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

/// A tile with its hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Level and number.
    pub level: u8,
    /// Counted from 0 within the level.
    pub index: u64,
    /// 1 to 256 of them, left to right.
    pub hashes: Vec<Hash32>,
}

impl Tile {
    /// Reads the bytes of a stored or served tile; none unless they are as many as its name says.
    #[must_use]
    pub fn from_bytes(id: TileId, bytes: &[u8]) -> Option<Self> {
        if bytes.len() != 32 * usize::from(id.width) {
            return None;
        }
        let hashes = bytes.chunks_exact(32).filter_map(|hash| Hash32::from_slice(hash).ok()).collect();
        Some(Self { level: id.level, index: id.index, hashes })
    }

    /// What it is called; none for one without hashes or with too many.
    #[must_use]
    pub fn id(&self) -> Option<TileId> {
        let width = u16::try_from(self.hashes.len()).ok().filter(|width| (1..=TILE_WIDTH).contains(width))?;
        Some(TileId { level: self.level, index: self.index, width })
    }

    /// Its hashes, one after the other: 32 bytes each.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
    }
}

/// Where tiles that were read before are looked up.
pub trait Tiles {
    /// The first `tile.width` hashes of it or more; none when it was not read.
    fn hashes(&self, tile: TileId) -> Option<&[Hash32]>;
}

/// Tiles in memory. Of one tile in two widths the wider is kept, because it begins with the narrower.
#[derive(Clone, Debug, Default)]
pub struct TileSet(BTreeMap<(u8, u64), Vec<Hash32>>);

impl TileSet {
    /// Adds a tile.
    pub fn insert(&mut self, tile: Tile) {
        let kept = self.0.entry((tile.level, tile.index)).or_default();
        if kept.len() < tile.hashes.len() {
            *kept = tile.hashes;
        }
    }
}

impl Extend<Tile> for TileSet {
    fn extend<T: IntoIterator<Item = Tile>>(&mut self, tiles: T) {
        tiles.into_iter().for_each(|tile| self.insert(tile));
    }
}

impl Tiles for TileSet {
    fn hashes(&self, tile: TileId) -> Option<&[Hash32]> {
        let hashes = self.0.get(&(tile.level, tile.index))?;
        (hashes.len() >= usize::from(tile.width)).then_some(hashes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the specification.
    #[test]
    fn tiles_are_named_as_specified() {
        let id = |level, index, width| TileId { level, index, width };
        for (id, path) in [
            (id(0, 1_234_067, 256), "tile/0/x001/x234/067"),
            (id(0, 0, 256), "tile/0/000"),
            (id(1, 999, 17), "tile/1/999.p/17"),
            (id(2, 1000, 255), "tile/2/x001/000.p/255"),
        ] {
            assert_eq!((id.to_string().as_str(), TileId::parse(path)), (path, Some(id)));
        }
        for wrong in [
            "tile/64/000",
            "tile/00/000",
            "tile/0/0",
            "tile/0/x000/000",
            "tile/0/001/000",
            "tile/0/x001",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/017",
            "tile/0/000/",
            "tile/0/",
            "0/000",
            "tile/0/+01",
            "tile/0/xx01/000",
        ] {
            assert_eq!(TileId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_tree_of_70_000_has_the_tiles_of_the_specification() {
        let partial: Vec<_> = TileId::partial_in_tree(70_000).map(|tile| tile.to_string()).collect();
        assert_eq!(partial, ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
        assert_eq!(TileId::in_tree(70_000, 0, 272).map(TileId::is_full), Some(true));
        assert_eq!(TileId::in_tree(70_000, 0, 274), None);
        let partial: Vec<_> = TileId::partial_in_tree(256).map(|tile| tile.to_string()).collect();
        assert_eq!(partial, ["tile/1/000.p/1"]);
        assert_eq!(TileId::partial_in_tree(0).count(), 0);
    }
}
