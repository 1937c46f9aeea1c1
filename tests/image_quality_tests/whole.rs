//! Comparison of images with real ones, from opening a dataset to the image of the neighbours.

use ganscope::data::{DataConfig, Dataset, SampleShape, Samples, Split};
use ganscope::evaluate::{FeatureSpace, ImageBenchmark, NEIGHBOURS, image_quality};

use crate::common::{bars, bars_config, write_bars};

#[test]
fn labelled_images_are_compared_in_features_of_a_classifier() {
    let at = tempfile::tempdir().unwrap();
    write_bars(at.path(), 500);
    let (train, test) = bars(at.path());
    let config = bars_config(at.path(), Split::Train);
    let benchmark = ImageBenchmark::open(&config, 400, &mut |_| {}).unwrap();
    let FeatureSpace::Classifier(classifier) = benchmark.space() else {
        panic!("{}", benchmark.space())
    };
    assert!(classifier.accuracy > 0.95);

    // Unseen real images are as good as possible; a single class has a low classifier score and recall.
    let unseen = benchmark.compare(&test.rows(0..400).unwrap()).unwrap();
    let good = &unseen.generated;
    assert!(good.classifier_score.unwrap() > 3.5, "{unseen}");
    assert!(
        good.precision > 0.8 && good.recall > 0.8 && good.coverage > 0.95,
        "{unseen}"
    );
    assert_eq!((good.n, good.n_real, good.splits), (400, 400, 10));
    assert_eq!(good.classifier_accuracy, Some(classifier.accuracy));
    let of_class = |class: u8| -> Vec<f32> {
        let labels = test.labels().unwrap().iter().enumerate();
        let rows = labels.filter(|(_, label)| **label == class);
        rows.flat_map(|(i, _)| test.rows(i..i + 1).unwrap())
            .collect()
    };
    let one = benchmark.compare(&of_class(2)).unwrap().generated;
    assert!(one.classifier_score.unwrap() < 1.3, "{one}");
    assert!(
        one.precision > 0.8 && one.recall < 0.4 && one.coverage < 0.4,
        "{one}"
    );
    let grey = benchmark.compare(&vec![0.0; 64 * 50]).unwrap().generated;
    assert_eq!(
        (grey.precision, grey.density, grey.coverage),
        (0.0, 0.0, 0.0)
    );
    assert!(5.0 * good.frechet < one.frechet && 5.0 * good.frechet < grey.frechet);
    // Real training images are near the unseen images, but not equal to them.
    assert!(unseen.real.frechet < one.frechet && unseen.real.frechet > 0.0);

    // The same result by image_quality.
    let direct = image_quality(
        &test.rows(0..400).unwrap(),
        &test.sample(0, 400).unwrap(),
        benchmark.space(),
    );
    assert_eq!(direct.unwrap(), *good);
    for (part, text) in [
        ("classifier score", unseen.to_string()),
        ("n = 400 against 400 real", good.to_string()),
        ("% on 500 test images", good.to_string()),
        ("test split, unseen", unseen.to_string()),
    ] {
        assert!(text.contains(part), "{text}");
    }
    let json = serde_json::to_string(&unseen).unwrap();
    assert_eq!(
        serde_json::from_str::<ganscope::evaluate::Comparison>(&json).unwrap(),
        unseen
    );
    assert!(
        benchmark
            .compare(&[0.0; 63])
            .unwrap_err()
            .to_string()
            .contains("63 numbers")
    );
    assert!(benchmark.compare(&[0.0; 64 * 9]).is_err());
    let message = benchmark
        .compare(&[f32::NAN; 64 * 20])
        .unwrap_err()
        .to_string();
    assert!(message.contains("sample 0"), "{message}");

    // A training image is its own nearest neighbour.
    let neighbours = benchmark
        .neighbours(&train.rows(123..126).unwrap())
        .unwrap();
    for nearest in [&neighbours.features, &neighbours.pixels] {
        let first: Vec<usize> = nearest
            .indices
            .chunks(NEIGHBOURS)
            .map(|row| row[0])
            .collect();
        assert_eq!(first, [123, 124, 125]);
        assert!(nearest.squared[0] < 1e-9 && nearest.squared[1] > 0.0);
    }
    let path = at.path().join("nearest.png");
    neighbours.write(&path).unwrap();
    // Images of 8 pixels are drawn 8 times as large, with margins of 2.
    let side = 8 * 8 + 2;
    assert_eq!(
        image::image_dimensions(&path).unwrap(),
        (13 * side + 2, 3 * side + 2)
    );
}

#[test]
fn images_without_labels_are_compared_in_principal_components() {
    let at = tempfile::tempdir().unwrap();
    let sprites = Dataset::open(&DataConfig::named("sprites")).unwrap();
    for i in 0..60 {
        let samples = Samples {
            shape: sprites.description().shape.clone(),
            columns: vec![],
            values: sprites.rows(i * 1000..i * 1000 + 1).unwrap(),
        };
        samples
            .write(&at.path().join(format!("{i:02}.png")))
            .unwrap();
    }
    let config = DataConfig::named(format!("images:{}", at.path().display()));
    // Sixty images are divided into two halves of 30.
    let benchmark = ImageBenchmark::open(&config, 1000, &mut |_| {}).unwrap();
    let SampleShape::Image {
        channels: 1,
        height: 32,
        width: 32,
    } = benchmark.shape()
    else {
        panic!("{}", benchmark.shape())
    };
    let data = Dataset::open(&config).unwrap();
    let compared = benchmark.compare(&data.rows(0..60).unwrap()).unwrap();
    assert_eq!(
        (
            compared.generated.classifier_score,
            compared.generated.n_real
        ),
        (None, 30)
    );
    assert_eq!(
        (compared.generated.recall, compared.generated.coverage),
        (1.0, 1.0)
    );
    assert!(compared.sprites.is_none());
    let text = compared.to_string();
    assert!(
        text.contains("principal components") && !text.contains("score"),
        "{text}"
    );
    assert!(text.contains("no test split"), "{text}");

    let message = ImageBenchmark::open(&DataConfig::named("ring8"), 9, &mut |_| {});
    assert!(message.unwrap_err().to_string().contains("no images"));
}
