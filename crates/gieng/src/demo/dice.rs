//! Repeatable chance: the same province on every machine.

/// A number that looks like chance and depends only on `parts` (SplitMix64).
pub fn dice(parts: &[u64]) -> u64 {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    for part in parts {
        state = state
            .wrapping_add(*part)
            .wrapping_mul(0xBF58_476D_1CE4_E5B9);
        state ^= state >> 30;
        state = state.wrapping_mul(0x94D0_49BB_1331_11EB);
        state ^= state >> 31;
    }
    state
}

/// True in `percent` of 100 cases.
pub fn chance(percent: u64, parts: &[u64]) -> bool {
    dice(parts) % 100 < percent
}
