//! A Mandelbrot result as a picture beside its text.
//!
//! The text is JSON with `width`, `rows` and `data`, base64 of u16 escape counts. Anything
//! else is no picture, which is no error.

use js_sys::JSON;
use leptos::html::Canvas;
use leptos::prelude::*;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::browser::property;
use super::kept::kept;
use crate::{base64, palette};

/// Pixels of one picture.
#[derive(Clone, PartialEq)]
struct Pixels {
    width: u32,
    height: u32,
    /// Red, green, blue, alpha.
    bytes: Vec<u8>,
}

/// The picture, while the text is one.
pub(super) fn picture(put_out: Memo<String>) -> impl IntoView {
    let pixels = kept(move || put_out.with(|text| read(text)));
    let canvas = NodeRef::<Canvas>::new();
    Effect::new(move |_| {
        pixels.with(|pixels| draw(canvas.get().as_ref()?, pixels.as_ref()?));
    });
    view! {
        <canvas
            class="picture"
            node_ref=canvas
            hidden=kept(move || pixels.with(Option::is_none))
            role="img"
            aria-label="The result as a picture"
        ></canvas>
    }
}

/// Draws the pixels, one to one; none if the browser has no place for them.
fn draw(canvas: &HtmlCanvasElement, pixels: &Pixels) -> Option<()> {
    canvas.set_width(pixels.width);
    canvas.set_height(pixels.height);
    let bytes = Clamped(pixels.bytes.as_slice());
    let image = ImageData::new_with_u8_clamped_array(bytes, pixels.width).ok()?;
    let context = canvas.get_context("2d").ok()??;
    let context: CanvasRenderingContext2d = context.dyn_into().ok()?;
    context.put_image_data(&image, 0.0, 0.0).ok()
}

/// Reads a picture; none if the text is something else.
fn read(text: &str) -> Option<Pixels> {
    if !text.starts_with('{') || !text.contains("\"data\"") {
        return None;
    }
    let value = JSON::parse(text).ok()?;
    let number = |name| format!("{:.0}", property(&value, name)?.as_f64()?).parse::<u32>().ok();
    let (width, height) = (number("width")?, number("rows")?);
    let counts = base64::decode(&property(&value, "data")?.as_string()?)?;
    let bytes = palette::paint(&counts, None);
    let is_whole = width > 0
        && u64::try_from(bytes.len()).ok() == Some(4 * u64::from(width) * u64::from(height));
    is_whole.then_some(Pixels { width, height, bytes })
}
