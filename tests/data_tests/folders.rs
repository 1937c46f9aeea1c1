//! Directories of images.

use std::path::Path;

use ganscope::data::{DataConfig, Dataset};
use ganscope::{Error, Result};

use crate::common::*;

fn paint(path: &Path, width: u32, height: u32, colour: [u8; 3]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    image::RgbImage::from_pixel(width, height, image::Rgb(colour))
        .save(path)
        .unwrap();
}

fn open_images(folder: &Path, change: impl FnOnce(&mut DataConfig)) -> Result<Dataset> {
    let mut config = DataConfig {
        image_size: 8,
        ..DataConfig::named(format!("images:{}", folder.display()))
    };
    change(&mut config);
    Dataset::open(&config)
}

#[test]
fn images_are_read_in_the_order_of_their_paths_and_other_files_skipped() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    paint(&at("b.png"), 20, 10, [10, 20, 30]);
    paint(&at("a/z.jpeg"), 4, 9, [200, 200, 200]);
    paint(&at(".hidden/c.png"), 9, 9, [1, 2, 3]);
    paint(&at("._d.png"), 9, 9, [1, 2, 3]);
    std::fs::write(at("notes.txt"), "not an image").unwrap();
    // The format is determined by the content of a file.
    std::fs::rename(at("a/z.jpeg"), at("a/z.png")).unwrap();

    let dataset = open_images(folder.path(), |_| ()).unwrap();
    assert_eq!((dataset.len(), dataset.labels()), (Some(2), None));
    assert_eq!(dataset.description().shape.to_string(), "3×8×8 image");
    let rows = dataset.rows(0..2).unwrap();
    let byte = |i: usize| (rows[i] + 1.0) * 127.5;
    assert!((byte(0) - 200.0).abs() < 2.0);
    for channel in 0..3 {
        assert!((byte(192 + channel * 64 + 63) - 10.0 * (channel + 1) as f32).abs() < 0.01);
    }
    let grey = open_images(folder.path(), |c| c.grey = true).unwrap();
    assert_eq!(grey.description().shape.to_string(), "1×8×8 image");
}

#[test]
fn greyscale_images_have_one_channel_and_are_cropped_at_the_centre() {
    let folder = folder();
    // A black image with a central square of 8 × 8 pixels whose left half is white.
    let mut wide = image::RgbaImage::from_pixel(24, 8, image::Rgba([0, 0, 0, 255]));
    for (x, y) in (8..12).flat_map(|x| (0..8).map(move |y| (x, y))) {
        wide.put_pixel(x, y, image::Rgba([77, 77, 77, 0])); // transparent, so white
    }
    wide.save(folder.path().join("wide.png")).unwrap();
    let dataset = open_images(folder.path(), |_| ()).unwrap();
    assert_eq!(dataset.description().shape.to_string(), "1×8×8 image");
    let expected = [1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0].repeat(8);
    assert_eq!(dataset.rows(0..1).unwrap(), expected);
}

#[test]
fn errors_name_the_directory_or_image() {
    let folder = folder();
    says(
        open_images(folder.path(), |_| ()),
        &["contains no images", ".png"],
    );
    says(
        open_images(&folder.path().join("nowhere"), |_| ()),
        &["nowhere"],
    );
    says(
        open_images(folder.path(), |c| c.image_size = 0),
        &["image_size is 0"],
    );
    says(
        open_images(folder.path(), |c| c.image_size = 5000),
        &["5000", "1024"],
    );
    paint(&folder.path().join("good.png"), 9, 9, [1, 2, 3]);
    let bad = folder.path().join("bad.png");
    let whole = std::fs::read(folder.path().join("good.png")).unwrap();
    std::fs::write(&bad, &whole[..whole.len() / 2]).unwrap();
    says(
        open_images(folder.path(), |_| ()),
        &["bad.png", "cannot be read as an image"],
    );
    paint(&folder.path().join("good.jpg"), 64, 64, [1, 200, 3]);
    let whole = std::fs::read(folder.path().join("good.jpg")).unwrap();
    // Complete with bytes after its end, as some cameras write it, and truncated at several positions.
    std::fs::write(&bad, [&whole[..], &[0; 9]].concat()).unwrap();
    assert_eq!(open_images(folder.path(), |_| ()).unwrap().len(), Some(3));
    for missing in [1, 2, 10, whole.len() / 2] {
        std::fs::write(&bad, &whole[..whole.len() - missing]).unwrap();
        let cut = open_images(folder.path(), |_| ());
        assert!(cut.is_err(), "{missing}");
        let message = cut.unwrap_err().to_string();
        assert!(message.contains("bad.png"), "{message}");
    }
    std::fs::write(&bad, &whole[..whole.len() - 2]).unwrap();
    says(
        open_images(folder.path(), |_| ()),
        &["bad.png", "truncated JPEG"],
    );
    std::fs::write(&bad, "text").unwrap();
    let error = open_images(folder.path(), |_| ()).unwrap_err();
    assert!(matches!(error, Error::Data { .. }), "{error}");
}
