//! A text as a QR code: an SVG picture that stands in the document.
//!
//! Dark on light in either colour scheme, with the four modules of margin that readers need. There is
//! no style in it: the content security policy admits none.

use std::fmt::Write as _;

use maud::{Markup, html};
use qrcodegen::{QrCode, QrCodeEcc};

/// Modules of light around the code.
const MARGIN: i32 = 4;

/// Draws a text; nothing if it is too long for any code (over 2 kB).
pub(super) fn of(text: &str, label: &str) -> Markup {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return html! {} };
    let width = code.size() + 2 * MARGIN;
    html! {
        svg #qr .qr viewBox={ "0 0 " (width) " " (width) } role="img" aria-label=(label)
            shape-rendering="crispEdges" {
            rect width=(width) height=(width) fill="#ffffff" {}
            path d=(modules(&code)) fill="#000000" {}
        }
    }
}

/// The dark modules as one path, a rectangle for each run of them in a row.
fn modules(code: &QrCode) -> String {
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let run = (x..code.size()).take_while(|x| code.get_module(*x, y)).count();
            let run = i32::try_from(run).unwrap_or(i32::MAX);
            if run > 0 {
                // Writing to a string cannot fail.
                write!(path, "M{} {}h{run}v1h-{run}z", x + MARGIN, y + MARGIN).unwrap_or_default();
            }
            x += run.max(1);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dark modules of a path, margin aside.
    fn dark(path: &str) -> Vec<(i32, i32)> {
        let runs = path.split('M').skip(1).flat_map(|run| {
            let numbers: Vec<i32> = run
                .split(|char: char| !char.is_ascii_digit())
                .filter_map(|text| text.parse().ok())
                .collect();
            let (x, y, length) = (numbers[0], numbers[1], numbers[2]);
            (x..x + length).map(move |x| (x - MARGIN, y - MARGIN))
        });
        runs.collect()
    }

    #[test]
    fn every_dark_module_is_drawn_and_no_other() {
        let code = QrCode::encode_text("http://a.test/#invite=0", QrCodeEcc::Medium).unwrap();
        let drawn = dark(&modules(&code));
        let all = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
        let expected: Vec<_> = all.filter(|(x, y)| code.get_module(*x, *y)).collect();
        assert_eq!(drawn, expected);
        assert!(expected.len() > 100);
    }

    #[test]
    fn what_is_too_long_is_not_drawn() {
        assert_eq!(of(&"x".repeat(3000), "").into_string(), "");
    }
}
