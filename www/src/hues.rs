//! Which of the eight hues stands for a function; the colours are in `style.css`.
//!
//! The functions that are seen most have a hue of their own, in an order that puts
//! neighbours far apart for colour-blind readers; others share by the sum of their letters.

/// How many hues there are.
pub const HUES: u32 = 8;

const OWN: [&str; 8] = [
    "mandelbrot",
    "count_primes",
    "monte_carlo_pi",
    "fibonacci",
    "burn",
    "echo",
    "add",
    "multiply",
];

/// The hue of a function, 0..=7; always the same for the same name.
pub fn of(function: &str) -> u32 {
    (0..HUES)
        .zip(OWN)
        .find_map(|(hue, name)| (name == function).then_some(hue))
        .unwrap_or_else(|| function.bytes().map(u32::from).sum::<u32>() % HUES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_functions_differ_and_all_have_one() {
        assert_eq!((of("mandelbrot"), of("multiply")), (0, 7));
        for name in ["", "greet", "Ünïcode", "a name that nobody has heard of"] {
            assert!(of(name) < HUES, "{name}");
        }
    }
}
