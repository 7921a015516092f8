//! What the SDK's tests take from the crate `random_string`: names that nobody else has.

use webpool_colony::PrivateKey;

use crate::server;

/// `length` characters of `charset`, at random; a server runs from now on.
pub(crate) fn generate(length: usize, charset: &str) -> String {
    server::hold();
    let charset: Vec<char> = charset.chars().collect();
    let mut digits = String::new();
    while digits.len() < length {
        digits.push_str(PrivateKey::generate().to_hex());
    }
    let pick = |digit: char| {
        let at = digit.to_digit(16).and_then(|digit| usize::try_from(digit).ok());
        at.and_then(|at| charset.get(at % charset.len().max(1)).copied())
    };
    digits.chars().take(length).filter_map(pick).collect()
}
