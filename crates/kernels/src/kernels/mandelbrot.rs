//! The function `mandelbrot`: escape counts of a picture, or of some of its rows.
//!
//! The picture is `width` × `height` square pixels around the centre `re` + `im` i and is
//! `width_re` wide on the real axis. Row 0 is the top, where the imaginary part is largest. Each
//! point is the middle of its pixel. Rows `row_from`..`row_to` are computed, so that a picture can
//! be split over many calls: every row is the same bits however it is split.
//!
//! A count is the number of steps z -> z² + c from 0 until |z| > 2, and `max_iterations` for a
//! point that stays. Output: `width`, `height`, `row_from`, `rows` (how many were computed), and
//! `data`: their counts, row-major, as base64 of u16, little-endian.
//!
//! Limits: at most 2^22 pixels a call (8 MiB of counts, 11 MiB of base64). Only + - * /.
//! Below a `width_re` of about 1e-13 neighbouring pixels fall on the same f64.

use super::{Kernel, Kind, LocalBoxFuture, Param};
use crate::number::{to_f64, to_usize};
use crate::{Args, Context, Error, Field, Output};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::ops::{Range, RangeInclusive};

const MOST_PIXELS: u64 = 1 << 22;
const LONGEST_SIDE: u64 = 65_535;
const PLANE: RangeInclusive<f64> = -100.0..=100.0;
const WIDTHS: RangeInclusive<f64> = 1e-15..=100.0;
/// A multiple of 2, the size of a count, and of 3, so that base64 pads at the very end only.
const BYTES_AT_ONCE: usize = 6 << 10;
const STEPS_PER_BREATH: u32 = 200_000;

pub(super) const KERNEL: Kernel = Kernel {
    name: "mandelbrot",
    description: "Computes escape counts of the Mandelbrot set",
    params: &[
        Param::required("re", Kind::Number, "real part of the centre, -100..=100"),
        Param::required("im", Kind::Number, "imaginary part of the centre, -100..=100"),
        Param::required("width_re", Kind::Number, "width on the real axis, 1e-15..=100"),
        Param::required("width", Kind::Integer, "pixels in a row, 1..=65535"),
        Param::required("height", Kind::Integer, "rows of the picture, 1..=65535"),
        Param::required("max_iterations", Kind::Integer, "steps to try, 1..=65535"),
        Param::optional("row_from", Kind::Integer, "first row to compute; 0 unless given"),
        Param::optional("row_to", Kind::Integer, "row to stop before; height unless given"),
    ],
    run,
};

fn run<'a>(args: &'a Args, context: &'a Context<'a>) -> LocalBoxFuture<'a> {
    Box::pin(async {
        let picture = Picture::from_args(args)?;
        let data = compute(&picture, context).await;
        Ok(Output::object(&[
            ("width", Field::Whole(picture.width)),
            ("height", Field::Whole(picture.height)),
            ("row_from", Field::Whole(picture.rows.start)),
            ("rows", Field::Whole(picture.rows.end - picture.rows.start)),
            ("data", Field::Text(&data)),
        ]))
    })
}

struct Picture {
    re: f64,
    im: f64,
    width_re: f64,
    width: u64,
    height: u64,
    max_iterations: u16,
    rows: Range<u64>,
}

impl Picture {
    fn from_args(args: &Args) -> Result<Self, Error> {
        let height = args.integer("height", 1..=LONGEST_SIDE)?;
        let max_iterations = args.integer("max_iterations", 1..=u64::from(u16::MAX))?;
        let picture = Self {
            re: args.number_in("re", PLANE)?,
            im: args.number_in("im", PLANE)?,
            width_re: args.number_in("width_re", WIDTHS)?,
            width: args.integer("width", 1..=LONGEST_SIDE)?,
            height,
            max_iterations: u16::try_from(max_iterations).unwrap_or(u16::MAX),
            rows: rows(args, height)?,
        };
        let (width, rows) = (picture.width, picture.rows.end - picture.rows.start);
        if width * rows > MOST_PIXELS {
            return Err(Error::Pixels { rows, width, limit: MOST_PIXELS });
        }
        Ok(picture)
    }

    /// The middle of pixel (`column`, `row`): one rounding per operation, the same on every target.
    fn point(&self, column: u64, row: u64) -> (f64, f64) {
        let pixel = self.width_re / to_f64(self.width);
        let right = to_f64(column) + 0.5 - to_f64(self.width) / 2.0;
        let up = to_f64(self.height) / 2.0 - 0.5 - to_f64(row);
        (self.re + right * pixel, self.im + up * pixel)
    }
}

fn rows(args: &Args, height: u64) -> Result<Range<u64>, Error> {
    let from = if args.has("row_from") { args.integer("row_from", 0..=height - 1)? } else { 0 };
    let to = if args.has("row_to") { args.integer("row_to", from + 1..=height)? } else { height };
    Ok(from..to)
}

/// Returns the counts of the picture's rows as base64.
async fn compute(picture: &Picture, context: &Context<'_>) -> String {
    let pixels = picture.width * (picture.rows.end - picture.rows.start);
    let mut data = String::with_capacity(to_usize(2 * pixels).div_ceil(3) * 4);
    let mut counts = Vec::with_capacity(BYTES_AT_ONCE);
    let mut steps = 0_u32;
    for row in picture.rows.clone() {
        for column in 0..picture.width {
            let count = escape(picture.point(column, row), picture.max_iterations);
            counts.extend_from_slice(&count.to_le_bytes());
            if counts.len() == BYTES_AT_ONCE {
                STANDARD.encode_string(&counts, &mut data);
                counts.clear();
            }
            steps += u32::from(count) + 1;
            if steps > STEPS_PER_BREATH {
                steps = 0;
                let done = picture.width * (row - picture.rows.start) + column;
                context.breathe(to_f64(done) / to_f64(pixels)).await;
            }
        }
    }
    STANDARD.encode_string(&counts, &mut data);
    data
}

/// Returns after how many steps the point leaves the disc of radius 2.
///
/// Never inlined: see the registry on hot loops.
#[inline(never)]
fn escape((re, im): (f64, f64), max_iterations: u16) -> u16 {
    let (mut x, mut y) = (0.0, 0.0);
    for count in 0..max_iterations {
        let (xx, yy) = (x * x, y * y);
        if xx + yy > 4.0 {
            return count;
        }
        y = 2.0 * x * y + im;
        x = xx - yy + re;
    }
    max_iterations
}

#[cfg(test)]
mod tests;
