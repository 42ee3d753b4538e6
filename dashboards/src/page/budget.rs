//! Which pieces of a page fit into a given room: the important ones first.

/// A piece of a page that may be left out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    /// Its size in bytes.
    pub(crate) size: usize,
    /// Lower is kept first; among equals, the earlier.
    pub(crate) rank: u8,
}

/// For each piece whether it is kept, and the bytes that the kept ones take: never more than `room`.
///
/// A piece that is too large does not keep out a smaller one after it.
pub(crate) fn keep(pieces: &[Piece], room: usize) -> (Vec<bool>, usize) {
    let mut order: Vec<usize> = (0..pieces.len()).collect();
    order.sort_by_key(|index| pieces[*index].rank);
    let (mut kept, mut used) = (vec![false; pieces.len()], 0);
    for index in order {
        let size = pieces[index].size;
        if size <= room - used {
            kept[index] = true;
            used += size;
        }
    }
    (kept, used)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(pieces: &[(usize, u8)], room: usize) -> Vec<bool> {
        let pieces: Vec<Piece> =
            pieces.iter().map(|(size, rank)| Piece { size: *size, rank: *rank }).collect();
        let (kept, used) = keep(&pieces, room);
        let sum: usize = pieces.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(p, _)| p.size).sum();
        assert_eq!(used, sum);
        assert!(used <= room);
        kept
    }

    #[test]
    fn the_important_ones_stay_and_order_breaks_ties() {
        assert_eq!(kept(&[(5, 1), (5, 1), (5, 0)], 10), [true, false, true]);
        assert_eq!(kept(&[(50, 0), (5, 1)], 10), [false, true]);
        assert_eq!(kept(&[], 10), Vec::<bool>::new());
        assert_eq!(kept(&[(0, 0), (1, 0)], 0), [true, false]);
    }
}
