//! PNG images embedded in a page as `data:` URIs.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::{ExtendedColorType, ImageEncoder as _, codecs::png::PngEncoder};

use super::canvas::failed;
use crate::error::AtPath;
use crate::{Error, Result};

/// A PNG as the value of a `src` attribute.
#[derive(Debug, Clone)]
pub(super) struct Embedded {
    /// `data:` URI of the image.
    pub(super) uri: String,
    /// Width in pixels.
    pub(super) width: u32,
    /// Height in pixels.
    pub(super) height: u32,
}

/// Embeds a PNG file without changing it.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read, [`Error::Data`] when it is not a PNG.
pub(super) fn file(path: &Path) -> Result<Embedded> {
    let bytes = std::fs::read(path).at(path)?;
    let reader =
        image::ImageReader::with_format(std::io::Cursor::new(&bytes), image::ImageFormat::Png);
    let (width, height) = reader
        .into_dimensions()
        .map_err(|problem| Error::data(path, format!("this is not a PNG file: {problem}")))?;
    Ok(Embedded {
        uri: uri(&bytes),
        width,
        height,
    })
}

/// Encodes pixels [height, width] of red, green, blue and opacity, top row first, as PNG.
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

/// Encodes bytes in base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Returns the `data:` URI of a PNG file's bytes.
pub(super) fn uri(bytes: &[u8]) -> String {
    format!("data:image/png;base64,{}", base64(bytes))
}
