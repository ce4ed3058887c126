//! The growing edge of a tree: all that is needed to append, to know the root and to finish tiles.

use dg_domain::Hash32;

use super::{TILE_WIDTH, Tile, TileId, Tiles, complete_root, empty_root, fold_peaks};

/// The partial tiles of a tree, one for each level: at most 255 hashes per level, 8 levels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    edge: Vec<Vec<Hash32>>,
}

/// A frontier cannot be taken up from what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrontierError {
    /// A tile that the size needs was not there.
    #[error("{0} is missing")]
    Missing(TileId),
}

impl Frontier {
    /// The tiles to read for [`Self::load`].
    pub fn needs(size: u64) -> impl Iterator<Item = TileId> {
        TileId::partial_in_tree(size)
    }

    /// Takes up a tree of `size` at its partial tiles. What the tiles hold is believed: compare the root.
    ///
    /// # Errors
    /// [`FrontierError::Missing`] names the tile that was not read.
    pub fn load(size: u64, tiles: &impl Tiles) -> Result<Self, FrontierError> {
        let mut edge = Vec::new();
        for tile in Self::needs(size) {
            let hashes = tiles.hashes(tile).and_then(|hashes| hashes.get(..usize::from(tile.width)));
            edge.resize_with(usize::from(tile.level), Vec::new);
            edge.push(hashes.ok_or(FrontierError::Missing(tile))?.to_vec());
        }
        Ok(Self { size, edge })
    }

    /// How many leaves the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf, given as its leaf hash. Tiles that became full by it are added to `full`, the lowest level first.
    pub fn append(&mut self, leaf: Hash32, full: &mut Vec<Tile>) {
        self.size += 1;
        let mut carried = Some(leaf);
        let mut level = 0;
        while let Some(hash) = carried {
            if self.edge.len() == level {
                self.edge.push(Vec::new());
            }
            let hashes = &mut self.edge[level];
            hashes.push(hash);
            carried = None;
            if hashes.len() == usize::from(TILE_WIDTH) {
                let hashes = std::mem::take(hashes);
                carried = complete_root(&hashes);
                full.push(Tile { level: Self::level(level), index: self.tile_index(level) - 1, hashes });
            }
            level += 1;
        }
    }

    /// The partial tiles as they are now, the lowest level first.
    pub fn partial_tiles(&self) -> impl Iterator<Item = Tile> {
        self.edge.iter().enumerate().filter(|(_, hashes)| !hashes.is_empty()).map(|(level, hashes)| Tile {
            level: Self::level(level),
            index: self.tile_index(level),
            hashes: hashes.clone(),
        })
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash32 {
        fold_peaks(&self.peaks()).unwrap_or_else(empty_root)
    }

    /// The roots of the complete subtrees that the tree consists of, the largest first: a compact range.
    #[must_use]
    pub fn peaks(&self) -> Vec<Hash32> {
        let mut peaks = Vec::new();
        for hashes in self.edge.iter().rev() {
            let mut rest = hashes.as_slice();
            while !rest.is_empty() {
                let (peak, after) = rest.split_at(1 << rest.len().ilog2());
                peaks.extend(complete_root(peak));
                rest = after;
            }
        }
        peaks
    }

    /// How many full tiles the level has: the number of the partial one.
    fn tile_index(&self, level: usize) -> u64 {
        u32::try_from(8 * (level + 1)).ok().and_then(|bits| self.size.checked_shr(bits)).unwrap_or(0)
    }

    fn level(level: usize) -> u8 {
        u8::try_from(level).unwrap_or(u8::MAX)
    }
}
