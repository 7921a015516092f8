//! A stream of random words from a seed: `ChaCha` with 8 rounds.
//!
//! The key is expanded from the 64-bit seed as `seed_from_u64` of `rand_core` 0.9 does (eight
//! steps of PCG32); the 64-bit block counter starts at 0, the stream number is 0. So the words
//! are those of `ChaCha8Rng::seed_from_u64` of `rand_chacha` 0.9, which a test holds. Written
//! out here because that crate, without SIMD, takes three times as long in wasm.
//!
//! Source: D. J. Bernstein, *`ChaCha`, a variant of Salsa20*, 2008.

type Row = [u32; 4];

/// Where a stream of random words stands, in blocks of 16 words.
pub(super) struct Stream {
    rows: [Row; 4],
    blocks: u64,
}

impl Stream {
    pub(super) fn new(seed: u64) -> Self {
        let mut state = seed;
        let mut key = || [(); 4].map(|()| next_key_word(&mut state));
        // The words of "expand 32-byte k".
        let constant = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];
        Self { rows: [constant, key(), key(), [0; 4]], blocks: 0 }
    }

    /// Returns the next 16 words.
    pub(super) fn next_block(&mut self) -> [Row; 4] {
        let mut rows = self.rows;
        for _ in 0..4 {
            double_round(&mut rows);
        }
        for (row, start) in rows.iter_mut().zip(&self.rows) {
            add(row, start);
        }
        self.blocks = self.blocks.wrapping_add(1);
        self.rows[3] = [low(self.blocks), low(self.blocks >> 32), 0, 0];
        rows
    }
}

/// One step of PCG32 (XSH RR) with the constants of `rand_core`.
fn next_key_word(state: &mut u64) -> u32 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(11_634_580_027_462_260_723);
    low(((*state >> 18) ^ *state) >> 27).rotate_right(low(*state >> 59))
}

fn low(word: u64) -> u32 {
    u32::try_from(word & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

fn double_round(rows: &mut [Row; 4]) {
    quarter_rounds(rows);
    let [_, b, c, d] = rows;
    *b = [b[1], b[2], b[3], b[0]];
    *c = [c[2], c[3], c[0], c[1]];
    *d = [d[3], d[0], d[1], d[2]];
    quarter_rounds(rows);
    let [_, b, c, d] = rows;
    *b = [b[3], b[0], b[1], b[2]];
    *c = [c[2], c[3], c[0], c[1]];
    *d = [d[1], d[2], d[3], d[0]];
}

fn quarter_rounds([a, b, c, d]: &mut [Row; 4]) {
    add(a, b);
    mix(d, a, 16);
    add(c, d);
    mix(b, c, 12);
    add(a, b);
    mix(d, a, 8);
    add(c, d);
    mix(b, c, 7);
}

fn add(row: &mut Row, other: &Row) {
    for (word, other) in row.iter_mut().zip(other) {
        *word = word.wrapping_add(*other);
    }
}

fn mix(row: &mut Row, other: &Row, bits: u32) {
    for (word, other) in row.iter_mut().zip(other) {
        *word = (*word ^ *other).rotate_left(bits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{RngCore, SeedableRng};

    #[test]
    fn words_are_those_of_rand_chacha() {
        for seed in [0, 1, 42, u64::MAX] {
            let mut stream = Stream::new(seed);
            let mut expected = ChaCha8Rng::seed_from_u64(seed);
            for _ in 0..100 {
                for word in stream.next_block().as_flattened() {
                    assert_eq!(*word, expected.next_u32(), "{seed}");
                }
            }
        }
    }

    #[test]
    fn the_counter_has_64_bits() {
        let mut stream = Stream::new(7);
        stream.blocks = u64::from(u32::MAX);
        let mut expected = ChaCha8Rng::seed_from_u64(7);
        stream.next_block();
        expected.set_word_pos(16 << 32);
        for word in stream.next_block().as_flattened() {
            assert_eq!(*word, expected.next_u32());
        }
    }
}
