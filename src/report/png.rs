//! Pictures inside a page: PNG as `data:` URIs.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::{ExtendedColorType, ImageEncoder as _, codecs::png::PngEncoder};

use super::figure::failed;
use crate::error::AtPath;
use crate::{Error, Result};

/// A PNG ready to be put into `src`.
#[derive(Debug, Clone)]
pub(super) struct Embedded {
    pub(super) uri: String,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// Embeds a PNG file as it is.
///
/// # Errors
/// [`Error::Io`] when it cannot be read, [`Error::Data`] when it is not a PNG.
pub(super) fn file(path: &Path) -> Result<Embedded> {
    let bytes = std::fs::read(path).at(path)?;
    let reader =
        image::ImageReader::with_format(std::io::Cursor::new(&bytes), image::ImageFormat::Png);
    let (width, height) = reader
        .into_dimensions()
        .map_err(|problem| Error::data(path, format!("not a PNG: {problem}")))?;
    Ok(Embedded {
        uri: uri(&bytes),
        width,
        height,
    })
}

/// Encodes pixels [height, width] of red, green, blue and opacity, top row first.
pub(super) fn pixels(rgba: &[[u8; 4]], width: u32) -> Result<Embedded> {
    let height = rgba.len() as u32 / width.max(1);
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(rgba.as_flattened(), width, height, ExtendedColorType::Rgba8)
        .map_err(failed)?;
    Ok(Embedded {
        uri: uri(&bytes),
        width,
        height,
    })
}

pub(crate) fn uri(bytes: &[u8]) -> String {
    format!("data:image/png;base64,{}", STANDARD.encode(bytes))
}
