//! A classifier is trained once, has the accuracy that it reports, and is trained again if its file is damaged.

use std::fs::{read, read_dir, write};
use std::path::PathBuf;

use ganscope::data::Dataset;
use ganscope::evaluate::{Classifier, ClassifierRecipe};

use crate::common::{bars, write_bars};

/// On a GPU sums are computed in no fixed order.
const ON_GPU: bool = cfg!(feature = "cuda");

fn small(data: &Dataset) -> ClassifierRecipe {
    ClassifierRecipe {
        batch: 40,
        epochs: 3,
        shift: 0,
        ..ClassifierRecipe::of(&data.description().shape, 4).unwrap()
    }
}

#[test]
fn a_classifier_learns_and_reports_its_accuracy() {
    let at = tempfile::tempdir().unwrap();
    write_bars(at.path(), 600);
    let (train, test) = bars(at.path());
    let recipe = small(&train);
    let mut epochs = Vec::new();
    let classifier = Classifier::train(&train, &test, &recipe, &mut |e| epochs.push(e)).unwrap();
    assert_eq!(epochs, [1, 2, 3]);
    assert!(classifier.accuracy > 0.97, "{}", classifier.accuracy);
    assert_eq!((classifier.classes(), classifier.tested_on), (4, 600));
    // The accuracy by the predictions for all test images.
    let features = classifier.features(&test.rows(0..600).unwrap()).unwrap();
    let p = classifier.probabilities(&features).unwrap();
    let labels = test.labels().unwrap();
    let right = p.chunks(4).zip(labels).filter(|(p, label)| {
        let sum: f64 = p.iter().sum();
        assert!((sum - 1.0).abs() < 1e-9);
        p.iter().all(|q| *q <= p[usize::from(**label)])
    });
    assert_eq!(right.count() as f64 / 600.0, classifier.accuracy);
    assert_eq!(features.dimension(), 128);
    assert!(features.values().iter().all(|v| *v >= 0.0));
    // The same seed gives the same bits, and another seed gives another result.
    let again = Classifier::train(&train, &test, &recipe, &mut |_| {}).unwrap();
    let of = |c: &Classifier| c.features(&test.rows(0..9).unwrap()).unwrap();
    assert!(ON_GPU || of(&again) == of(&classifier));
    let other = ClassifierRecipe { seed: 2, ..recipe };
    let other = Classifier::train(&train, &test, &other, &mut |_| {}).unwrap();
    assert_ne!(of(&other), of(&classifier));
}

#[test]
fn random_shifts_make_training_harder() {
    let at = tempfile::tempdir().unwrap();
    write_bars(at.path(), 400);
    let (train, test) = bars(at.path());
    let accuracy = |shift, epochs| {
        let recipe = ClassifierRecipe {
            shift,
            epochs,
            ..small(&train)
        };
        Classifier::train(&train, &test, &recipe, &mut |_| {})
            .unwrap()
            .accuracy
    };
    // With this shift a bar may be anywhere, so that only its direction can be learned.
    assert!(accuracy(8, 3) < 0.8);
    assert!(accuracy(1, 6) > 0.9);
    assert!((accuracy(0, 0) - 0.25).abs() < 0.25);
}

#[test]
fn a_classifier_is_saved_found_again_and_replaced_if_damaged() {
    let at = tempfile::tempdir().unwrap();
    write_bars(at.path(), 200);
    let (train, test) = bars(at.path());
    let recipe = small(&train);
    // The first directory cannot be written to, since it is a file.
    let file = at.path().join("file");
    write(&file, "in the way").unwrap();
    let folders = [file, at.path().join("cache")];
    let open = |recipe: &ClassifierRecipe, train: &Dataset| {
        let mut notes = Vec::new();
        let note = &mut |line: &str| notes.push(line.to_string());
        let classifier = Classifier::cached(train, &test, recipe, &folders, note).unwrap();
        (classifier, notes.join("\n"))
    };
    let kept = || -> Vec<PathBuf> {
        let entries = read_dir(at.path().join("cache/classifiers")).unwrap();
        entries.map(|e| e.unwrap().path()).collect()
    };
    let images = test.rows(0..5).unwrap();
    let (first, notes) = open(&recipe, &train);
    assert!(
        notes.contains("epoch 3 of 3") && notes.contains("saved in"),
        "{notes}"
    );
    let (found, notes) = open(&recipe, &train);
    assert_eq!(notes, "");
    assert_eq!(
        found.features(&images).unwrap(),
        first.features(&images).unwrap()
    );
    assert_eq!((found.accuracy, found.tested_on), (first.accuracy, 200));

    // A changed bit of a weight, a truncated file, an empty file, and a changed accuracy.
    let [path] = &kept()[..] else {
        panic!("{:?}", kept())
    };
    let whole = read(path).unwrap();
    let mut bit = whole.clone();
    *bit.last_mut().unwrap() ^= 1;
    let text = String::from_utf8_lossy(&whole).into_owned();
    let place = text.find("\"accuracy\":\"").unwrap() + "\"accuracy\":\"".len();
    let mut better = whole.clone();
    better[place] = if better[place] == b'0' { b'1' } else { b'0' };
    for damaged in [&bit[..], &whole[..whole.len() - 1], b"", &better] {
        write(path, damaged).unwrap();
        let (again, notes) = open(&recipe, &train);
        assert!(
            notes.contains("warning") && notes.contains("trained again"),
            "{notes}"
        );
        let [again, first] = [&again, &first].map(|c| c.features(&images).unwrap());
        assert!(ON_GPU || again == first);
        assert_eq!(open(&recipe, &train).1, "");
    }

    // Another recipe and other data have files of their own.
    let more = ClassifierRecipe {
        epochs: 4,
        ..recipe.clone()
    };
    assert!(open(&more, &train).1.contains("epoch 4 of 4"));
    let elsewhere = tempfile::tempdir().unwrap();
    write_bars(elsewhere.path(), 201);
    assert!(
        open(&recipe, &bars(elsewhere.path()).0)
            .1
            .contains("epoch 3 of 3")
    );
    assert_eq!(kept().len(), 3);
    assert_eq!(open(&recipe, &train).1, "");
}

#[test]
fn data_without_classes_is_refused() {
    use ganscope::data::{DataConfig, SampleShape};
    let sprites = Dataset::open(&DataConfig::named("sprites")).unwrap();
    let recipe = ClassifierRecipe::of(&sprites.description().shape, 3).unwrap();
    let train = |recipe| Classifier::train(&sprites, &sprites, recipe, &mut |_| {});
    let message = train(&recipe).unwrap_err().to_string();
    assert!(message.contains("sprites has no classes"), "{message}");
    let message = ClassifierRecipe::of(&SampleShape::Vector { len: 2 }, 3)
        .unwrap_err()
        .to_string();
    assert!(message.contains("2 numbers"), "{message}");
    let message = Classifier::of(&DataConfig::named("grid25"), &mut |_| {})
        .unwrap_err()
        .to_string();
    assert!(message.contains("grid25"), "{message}");
}
