//! Hashes of the keys that came lately: a caller sends the same key with every call, and on a processor without
//! instructions for SHA-256 its hash is a sixth of what a call costs.

use std::cell::RefCell;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;

use siphasher::sip128::SipHasher24;

use crate::store::KeyHash;

/// How many hashes a thread remembers: a few kilobytes.
const SLOTS: usize = 64;

/// The longest key whose hash is remembered, in bytes: ours have 54. Those that nobody made, or nobody will send again, are to
/// cost no more than their hash.
const LONGEST: usize = 128;

/// A key, as far as this process needs to know it again: 128 bits of a keyed hash whose secret nobody knows, so that
/// nobody can make two keys that are taken for each other, and no key is in memory longer than its call.
type Tag = u128;

/// [`KeyHash::of`], from memory where this thread has just computed it. Whether the key counts is not remembered: that is
/// looked up with the hash, for every call.
pub(super) fn hash_of(key: &[u8]) -> KeyHash {
    thread_local! {
        static RECENT: RefCell<[Option<(Tag, KeyHash)>; SLOTS]> = const { RefCell::new([None; SLOTS]) };
    }
    if key.len() > LONGEST {
        return KeyHash::of(key);
    }
    let tag = tag(key);
    RECENT.with_borrow_mut(|slots| {
        let slot = &mut slots[tag as usize % SLOTS];
        match *slot {
            Some((known, hash)) if known == tag => hash,
            _ => slot.insert((tag, KeyHash::of(key))).1,
        }
    })
}

fn tag(key: &[u8]) -> Tag {
    static SECRET: LazyLock<(u64, u64)> = LazyLock::new(|| {
        let random = RandomState::new();
        (random.hash_one(0), random.hash_one(1))
    });
    let (first, second) = *SECRET;
    SipHasher24::new_with_keys(first, second).hash(key).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_right(key: &str) -> bool {
        hash_of(key.as_bytes()).same(&KeyHash::of(key)).into()
    }

    #[test]
    fn a_key_has_its_own_hash_however_many_came_before() {
        let keys: Vec<String> = (0..3 * SLOTS)
            .map(|number| format!("key-{number}"))
            .chain((0..3).map(|more| "x".repeat(LONGEST - 1 + more)))
            .chain([String::new()])
            .collect();
        for _ in 0..2 {
            for key in &keys {
                assert!(is_right(key), "{key}");
                assert!(is_right(key), "{key}, again");
            }
        }
    }

    #[test]
    fn tags_differ_where_keys_do() {
        let key = b"runnerconf_0000000000000000000000000000000000000000000";
        assert_eq!(tag(key), tag(key));
        for place in 0..key.len() {
            let mut other = *key;
            other[place] = b'~';
            assert_ne!(tag(key), tag(&other));
        }
    }
}
