//! Reads the PNG and JPEG files of a directory as square images of one size.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageDecoder, ImageReader, Rgba, RgbaImage};
use rayon::prelude::*;

use crate::error::{AtPath, Error, Result};

/// Extensions of the files that are read, in lower case.
const EXTENSIONS: [&str; 3] = ["png", "jpg", "jpeg"];
/// Largest size of the images in pixels.
const MAXIMUM_SIZE: usize = 1024;

/// The images of a directory, all square and of one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderImages {
    /// Number of channels: 1 for greyscale, 3 for RGB.
    pub channels: usize,
    /// Height and width in pixels.
    pub size: usize,
    /// Pixels, row-major [n, channels, size, size]; 0 is black.
    pub pixels: Vec<u8>,
    /// File that each image was read from, in the order of `pixels`.
    pub paths: Vec<PathBuf>,
}

impl FolderImages {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// Whether there is no image. [`read_folder`] returns at least one.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }
}

/// Reads every PNG and JPEG file in a directory and its subdirectories, in the order of their paths.
///
/// Hidden files and directories and files of other types are skipped. Each image is rotated according to
/// its EXIF orientation, drawn on white where it is transparent, cropped to its central square and scaled
/// to `size` × `size` pixels (with a Lanczos filter when it gets smaller, linearly when it gets larger).
/// When no image has any colour, or with `grey`, there is one channel; otherwise there are three.
///
/// # Errors
/// [`Error::Config`] for a size of 0 or over 1024; [`Error::Data`] for a directory without images and for
/// a file that cannot be decoded; [`Error::Io`] when the directory cannot be read.
pub fn read_folder(folder: &Path, size: usize, grey: bool) -> Result<FolderImages> {
    if !(1..=MAXIMUM_SIZE).contains(&size) {
        return Err(Error::setting(
            "image_size",
            format!("image_size is {size}, but must be from 1 to {MAXIMUM_SIZE}"),
        ));
    }
    let mut paths = Vec::new();
    walk(folder, &mut paths)?;
    if paths.is_empty() {
        return Err(Error::data(
            folder,
            "contains no images; put PNG or JPEG files (.png, .jpg, .jpeg) into it",
        ));
    }
    let images: Vec<Vec<u8>> = paths
        .par_iter()
        .map(|path| Ok(square(open(path)?, size as u32)))
        .collect::<Result<_>>()?;
    let grey = grey || images.par_iter().all(|image| is_grey(image));
    let planes = |image: &Vec<u8>| {
        if grey {
            luminance(image)
        } else {
            channels_first(image)
        }
    };
    Ok(FolderImages {
        channels: if grey { 1 } else { 3 },
        size,
        pixels: images.iter().flat_map(planes).collect(),
        paths,
    })
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder).at(folder)?;
    let mut paths = entries
        .map(|entry| entry.map(|e| e.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .at(folder)?;
    paths.sort();
    for path in paths {
        let hidden = path
            .file_name()
            .is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        if path.is_dir() {
            // A link to a directory could lead back to one of its parents.
            if !path.is_symlink() {
                walk(&path, found)?;
            }
        } else if is_image(&path) {
            found.push(path);
        }
    }
    Ok(())
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str());
    extension.is_some_and(|e| EXTENSIONS.contains(&e.to_ascii_lowercase().as_str()))
}

fn open(path: &Path) -> Result<DynamicImage> {
    let unreadable = |e| {
        Error::data(
            path,
            format!("cannot be read as an image: {e}; repair or remove it"),
        )
    };
    let bytes = std::fs::read(path).at(path)?;
    if is_truncated_jpeg(&bytes) {
        return Err(Error::data(
            path,
            "is a truncated JPEG, whose end is missing; repair or remove it",
        ));
    }
    let reader = ImageReader::new(Cursor::new(bytes));
    // The format is guessed from the content: JPEG files named .png are common.
    let mut decoder = reader
        .with_guessed_format()
        .at(path)?
        .into_decoder()
        .map_err(unreadable)?;
    let orientation = decoder.orientation().map_err(unreadable)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    image.apply_orientation(orientation);
    Ok(image)
}

/// Whether this is a JPEG whose last scan is incomplete. The decoder would fill the rest with grey.
///
/// No marker occurs within a scan, since an FF is followed by a 00 there. A preview, which has an end
/// marker of its own, comes before the scans.
fn is_truncated_jpeg(bytes: &[u8]) -> bool {
    let last = |marker: [u8; 2]| bytes.windows(2).rposition(|pair| pair == marker);
    bytes.starts_with(&[0xff, 0xd8, 0xff]) && last([0xff, 0xd9]) < last([0xff, 0xda])
}

/// The central square as interleaved RGB, `size` × `size`.
fn square(image: DynamicImage, size: u32) -> Vec<u8> {
    let side = image.width().min(image.height());
    let (left, top) = ((image.width() - side) / 2, (image.height() - side) / 2);
    let image = on_white(image).crop_imm(left, top, side, side);
    if side == size {
        return image.into_rgb8().into_raw();
    }
    let filter = if side > size {
        FilterType::Lanczos3
    } else {
        FilterType::Triangle
    };
    image
        .resize_exact(size, size, filter)
        .into_rgb8()
        .into_raw()
}

fn on_white(image: DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return image;
    }
    let mut white = RgbaImage::from_pixel(image.width(), image.height(), Rgba([255; 4]));
    imageops::overlay(&mut white, &image.into_rgba8(), 0, 0);
    white.into()
}

fn is_grey(rgb: &[u8]) -> bool {
    rgb.as_chunks::<3>()
        .0
        .iter()
        .all(|[r, g, b]| r == g && g == b)
}

/// Rec. 709 luma, rounded like in the `image` crate.
fn luminance(rgb: &[u8]) -> Vec<u8> {
    let luma = |[r, g, b]: &[u8; 3]| {
        let [r, g, b] = [*r, *g, *b].map(u32::from);
        ((2126 * r + 7152 * g + 722 * b + 5000) / 10_000) as u8
    };
    rgb.as_chunks().0.iter().map(luma).collect()
}

fn channels_first(rgb: &[u8]) -> Vec<u8> {
    let pixels = rgb.as_chunks::<3>().0;
    (0..3)
        .flat_map(|c| pixels.iter().map(move |p| p[c]))
        .collect()
}
