//! Escape counts as colours: darker far out, lighter towards the edge, dark inside.
//!
//! Lightness rises evenly along the stops, so equal steps look equal, in print and to
//! colour-blind readers too. Counts grow fast near the edge; a root spreads them.

/// Red, green, blue, 0..=255.
type Rgb = [u8; 3];

/// What does not escape.
const INSIDE: Rgb = [9, 12, 18];

/// Up to this share of the way everything is as dark as the first stop: few steps, far out.
const DARKEST: f64 = 0.2;

/// From the first step to the last.
const STOPS: [Rgb; 7] = [
    [16, 28, 52],
    [22, 58, 96],
    [14, 103, 121],
    [48, 154, 136],
    [142, 198, 118],
    [236, 226, 138],
    [255, 252, 236],
];

/// Paints counts as rows of red, green, blue, alpha, four bytes a pixel.
///
/// `counts` are u16, little-endian. `most` is how many steps were tried: a count that high
/// is inside; none takes the highest count there is.
pub fn paint(counts: &[u8], most: Option<u16>) -> Vec<u8> {
    let (pairs, _) = counts.as_chunks::<2>();
    let highest = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).max().unwrap_or(0);
    let most = most.unwrap_or(highest).max(1);
    let colours: Vec<Rgb> = (0..=highest).map(|count| colour(count, most)).collect();
    let mut pixels = Vec::with_capacity(4 * pairs.len());
    for pair in pairs {
        let count = usize::from(u16::from_le_bytes(*pair));
        pixels.extend_from_slice(colours.get(count).unwrap_or(&INSIDE));
        pixels.push(255);
    }
    pixels
}

/// The colour of one count.
fn colour(count: u16, most: u16) -> Rgb {
    if count >= most {
        return INSIDE;
    }
    let share = (f64::from(count) / f64::from(most)).sqrt().sqrt();
    let share = ((share - DARKEST) / (1.0 - DARKEST)).max(0.0);
    let last = STOPS.len() - 1;
    let mut from = 0;
    let mut place = share * 6.0;
    while place >= 1.0 && from + 1 < last {
        place -= 1.0;
        from += 1;
    }
    let (low, high) = (STOPS.get(from).unwrap_or(&INSIDE), STOPS.get(from + 1).unwrap_or(&INSIDE));
    std::array::from_fn(|channel| {
        let (low, high) = (low.get(channel), high.get(channel));
        mix(*low.unwrap_or(&0), *high.unwrap_or(&0), place)
    })
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between two bytes lies a byte, and `as` saturates"
)]
fn mix(low: u8, high: u8, share: f64) -> u8 {
    (f64::from(low) + (f64::from(high) - f64::from(low)) * share).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_is_dark_and_lightness_rises() {
        let light = |rgb: Rgb| 3 * u32::from(rgb[0]) + 6 * u32::from(rgb[1]) + u32::from(rgb[2]);
        for count in 1..300 {
            assert!(light(colour(count, 300)) >= light(colour(count - 1, 300)), "{count}");
        }
        assert_eq!(colour(300, 300), INSIDE);
        assert_eq!(colour(0, 300), STOPS[0]);
    }

    #[test]
    fn paints_four_bytes_a_pixel() {
        assert_eq!(paint(&[0, 0, 44, 1], Some(300)), [16, 28, 52, 255, 9, 12, 18, 255]);
        assert!(paint(&[7], None).is_empty());
    }
}
