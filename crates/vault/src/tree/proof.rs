//! Inclusion and consistency proofs, RFC 6962 §2.1.1 and §2.1.2.

use super::{Hash, node_hash};

/// Where the roots of perfect subtrees come from.
pub(crate) trait Oracle {
    type Error;
    /// The root over the leaves `index << level .. (index + 1) << level`.
    fn node(&mut self, level: u32, index: u64) -> Result<Hash, Self::Error>;
}

/// The largest power of two below `n`, for `n` of 2 or more.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

fn range_root<O: Oracle>(oracle: &mut O, low: u64, high: u64) -> Result<Hash, O::Error> {
    let n = high - low;
    if n.is_power_of_two() {
        let level = n.ilog2();
        return oracle.node(level, low >> level);
    }
    let middle = low + split(n);
    let left = range_root(oracle, low, middle)?;
    let right = range_root(oracle, middle, high)?;
    Ok(node_hash(&left, &right))
}

/// The audit path of leaf `index` in the tree of the first `size` leaves, from the
/// leaf's sibling to the root's child. `index` must be below `size`.
pub(crate) fn inclusion_path<O: Oracle>(
    oracle: &mut O,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, O::Error> {
    let (mut low, mut high) = (0, size);
    let mut path = Vec::new();
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            path.push(range_root(oracle, middle, high)?);
            high = middle;
        } else {
            path.push(range_root(oracle, low, middle)?);
            low = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of the first `old` leaves is the beginning of that of
/// the first `new`. `old` must not be above `new`.
pub(crate) fn consistency_path<O: Oracle>(
    oracle: &mut O,
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, O::Error> {
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let (mut low, mut high) = (0, new);
    let mut path = Vec::new();
    // Whether the subtree looked at begins the old tree's own root.
    let mut whole = true;
    while high != old {
        let middle = low + split(high - low);
        if old <= middle {
            path.push(range_root(oracle, middle, high)?);
            high = middle;
        } else {
            path.push(range_root(oracle, low, middle)?);
            low = middle;
            whole = false;
        }
    }
    if !whole {
        path.push(range_root(oracle, low, high)?);
    }
    path.reverse();
    Ok(path)
}

/// Whether `path` shows that `leaf` is number `index` of the `size` leaves under
/// `root` (RFC 9162 §2.1.3.2).
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `path` shows that the tree of `old` leaves with `old_root` is the
/// beginning of that of `new` leaves with `new_root` (RFC 9162 §2.1.4.2).
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    path: &[Hash],
) -> bool {
    if old > new {
        return false;
    }
    if old == new || old == 0 {
        return path.is_empty() && (old == 0 || old_root == new_root);
    }
    let mut hashes = path.iter();
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let first = if old.is_power_of_two() {
        Some(old_root)
    } else {
        hashes.next()
    };
    let Some(first) = first else { return false };
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in hashes {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::tree::{Frontier, leaf_hash};

    struct Leaves(Vec<Hash>);

    impl Oracle for Leaves {
        type Error = Infallible;
        fn node(&mut self, level: u32, index: u64) -> Result<Hash, Infallible> {
            let start = usize::try_from(index << level).unwrap();
            let mut row = self.0[start..start + (1 << level)].to_vec();
            while row.len() > 1 {
                row = row.chunks(2).map(|p| node_hash(&p[0], &p[1])).collect();
            }
            Ok(row[0])
        }
    }

    /// The definition of RFC 6962 §2.1, word for word.
    fn definition(leaves: &[Hash]) -> Hash {
        match leaves.len() {
            0 => super::super::empty_root(),
            1 => leaves[0],
            n => {
                let k = usize::try_from(split(n as u64)).unwrap();
                node_hash(&definition(&leaves[..k]), &definition(&leaves[k..]))
            }
        }
    }

    #[test]
    fn every_proof_of_every_small_tree() {
        let mut leaves = Leaves(Vec::new());
        let mut frontier = Frontier::default();
        let mut roots = vec![frontier.root()];
        for i in 0..70u64 {
            let leaf = leaf_hash(&i.to_be_bytes());
            leaves.0.push(leaf);
            frontier.push(leaf, |_, _| {});
            assert_eq!(frontier.root(), definition(&leaves.0));
            roots.push(frontier.root());
        }
        for size in 1..=70u64 {
            let root = roots[usize::try_from(size).unwrap()];
            for index in 0..size {
                let leaf = leaves.0[usize::try_from(index).unwrap()];
                let path = inclusion_path(&mut leaves, index, size).unwrap();
                assert!(
                    verify_inclusion(&leaf, index, size, &path, &root),
                    "{index} of {size}"
                );
                assert!(!verify_inclusion(&leaf, index + 1, size, &path, &root));
                assert!(!verify_inclusion(
                    &leaf_hash(b"other"),
                    index,
                    size,
                    &path,
                    &root
                ));
            }
            for old in 0..=size {
                let path = consistency_path(&mut leaves, old, size).unwrap();
                let old_root = roots[usize::try_from(old).unwrap()];
                assert!(
                    verify_consistency(old, &old_root, size, &root, &path),
                    "{old} in {size}"
                );
                if old > 0 {
                    assert!(!verify_consistency(
                        old,
                        &leaf_hash(b"other"),
                        size,
                        &root,
                        &path
                    ));
                }
            }
        }
    }
}
