//! Shapes after every layer, and errors that name the network, the layer and both shapes.

use crate::common::{image, parse, spec, vector};
use ganscope::Error;
use ganscope::data::SampleShape;
use ganscope::nn::{Network, presets};
use ganscope::random::Stream;
use ganscope::tensor::Batch;

#[test]
fn every_layer_builds_and_has_its_shape() {
    let v = |len| SampleShape::Vector { len };
    let i = |channels, height, width| SampleShape::Image {
        channels,
        height,
        width,
    };
    let square = image(2, 6, 6);
    let cases = [
        (vector(5), r#"{"type":"dense","in":5,"out":3}"#, v(3)),
        (
            vector(5),
            r#"{"type":"dense","in":5,"out":3,"bias":false}"#,
            v(3),
        ),
        (
            square.clone(),
            r#"{"type":"conv2d","in":2,"out":3,"kernel":3}"#,
            i(3, 4, 4),
        ),
        (
            image(2, 6, 7),
            r#"{"type":"conv2d","in":2,"out":3,"kernel":4,"stride":2,"padding":1,"bias":false}"#,
            i(3, 3, 3),
        ),
        (
            image(2, 3, 5),
            r#"{"type":"conv_transpose2d","in":2,"out":3,"kernel":4,"stride":2,"padding":1}"#,
            i(3, 6, 10),
        ),
        (
            square.clone(),
            r#"{"type":"conv_transpose2d","in":2,"out":1,"kernel":3}"#,
            i(1, 8, 8),
        ),
        (
            square.clone(),
            r#"{"type":"conv_transpose2d","in":2,"out":1,"kernel":5,"stride":2,"padding":2,"output_padding":1}"#,
            i(1, 12, 12),
        ),
        (
            image(2, 6, 7),
            r#"{"type":"avg_pool2d","kernel":2}"#,
            i(2, 3, 3),
        ),
        (
            square.clone(),
            r#"{"type":"avg_pool2d","kernel":3,"stride":1}"#,
            i(2, 4, 4),
        ),
        (
            square.clone(),
            r#"{"type":"residual","main":[{"type":"conv2d","in":2,"out":3,"kernel":3,"padding":1}],"shortcut":[{"type":"conv2d","in":2,"out":3,"kernel":1}]}"#,
            i(3, 6, 6),
        ),
        (
            square.clone(),
            r#"{"type":"batch_norm","features":2}"#,
            i(2, 6, 6),
        ),
        (
            vector(5),
            r#"{"type":"batch_norm","features":5,"eps":1e-3,"momentum":0.2}"#,
            v(5),
        ),
        (square.clone(), r#"{"type":"layer_norm"}"#, i(2, 6, 6)),
        (vector(5), r#"{"type":"layer_norm"}"#, v(5)),
        (vector(5), r#"{"type":"relu"}"#, v(5)),
        (vector(5), r#"{"type":"leaky_relu","slope":0.1}"#, v(5)),
        (square.clone(), r#"{"type":"tanh"}"#, i(2, 6, 6)),
        (vector(5), r#"{"type":"sigmoid"}"#, v(5)),
        (vector(5), r#"{"type":"softplus"}"#, v(5)),
        (vector(5), r#"{"type":"scale","factor":2.5}"#, v(5)),
        (vector(5), r#"{"type":"elu"}"#, v(5)),
        (vector(6), r#"{"type":"maxout","pieces":3}"#, v(2)),
        (square.clone(), r#"{"type":"flatten"}"#, v(72)),
        (
            vector(72),
            r#"{"type":"reshape","channels":2,"height":4,"width":9}"#,
            i(2, 4, 9),
        ),
        (
            square.clone(),
            r#"{"type":"upsample_nearest","factor":3}"#,
            i(2, 18, 18),
        ),
        (square.clone(), r#"{"type":"dropout","p":0.5}"#, i(2, 6, 6)),
        (
            square.clone(),
            r#"{"type":"random_affine","rotation":0.3,"shift":1.0}"#,
            i(2, 6, 6),
        ),
        (square, r#"{"type":"minibatch_stddev"}"#, i(3, 6, 6)),
        (vector(5), r#"{"type":"minibatch_stddev"}"#, v(6)),
    ];
    for (input, layer, expected) in cases {
        let spec = spec(&input, layer);
        let network = Network::new("net", &spec, 1, Stream::GeneratorInit).unwrap();
        assert_eq!(network.output(), &expected, "{layer}");
        let rows = spec.input.numel();
        let x = Batch::new(vec![0.5; 3 * rows], 3, rows).unwrap();
        let y = network.infer(x).unwrap();
        assert_eq!((y.rows(), y.columns()), (3, expected.numel()), "{layer}");
        assert!(y.values().iter().all(|y| y.is_finite()), "{layer}");
        // The description is the same after writing and reading it.
        let text = serde_json::to_string(&spec).unwrap();
        assert_eq!(
            serde_json::from_str::<ganscope::nn::NetworkSpec>(&text).unwrap(),
            spec
        );
    }
}

/// Checks that a wrong layer 1 gives an error that contains all of `parts`.
#[track_caller]
fn assert_refused(input: &str, layer: &str, parts: &[&str]) {
    let spec = spec(input, &format!(r#"{{"type":"relu"}}, {layer}"#));
    let error = Network::new("critic", &spec, 1, Stream::GeneratorInit).unwrap_err();
    let message = error.to_string();
    assert!(
        matches!(error, Error::Shape { ref network, index: 1, .. } if network == "critic"),
        "{message}"
    );
    for part in [&["critic layer 1"][..], parts].concat() {
        assert!(message.contains(part), "\"{part}\" is not in: {message}");
    }
}

#[test]
fn errors_of_shapes_name_both_shapes() {
    let conv = |rest: &str| format!(r#"{{"type":"conv2d","in":2,"out":3,{rest}}}"#);
    let transposed = |rest: &str| format!(r#"{{"type":"conv_transpose2d","in":2,"out":3,{rest}}}"#);
    let square = image(2, 6, 6);
    let dense = r#"{"type":"dense","in":72,"out":3}"#;
    assert_refused(&square, dense, &["dense 72→3", "72 numbers", "2×6×6 image"]);
    assert_refused(&vector(71), dense, &["72 numbers", "71 numbers"]);
    for layer in [conv(r#""kernel":3"#), transposed(r#""kernel":3"#)] {
        let parts = ["2→3 3×3", "an image of 2 channels"];
        assert_refused(&vector(72), &layer, &[parts[0], parts[1], "72 numbers"]);
        assert_refused(
            &image(3, 6, 6),
            &layer,
            &[parts[0], parts[1], "3×6×6 image"],
        );
    }
    assert_refused(
        &square,
        r#"{"type":"reshape","channels":2,"height":6,"width":5}"#,
        &["60 numbers", "2×6×5 image", "2×6×6 image"],
    );
    assert_refused(
        &square,
        &conv(r#""kernel":7"#),
        &["at least 7×7", "2×6×6 image"],
    );
    assert_refused(
        &image(2, 9, 4),
        &conv(r#""kernel":5"#),
        &["at least 5×5", "2×9×4 image"],
    );
    for layer in [conv, transposed] {
        let wrong = layer(r#""kernel":3,"padding":3"#);
        assert_refused(
            &square,
            &wrong,
            &[
                "\"padding\" to be less than \"kernel\"",
                "padding = 3",
                "2×6×6 image",
            ],
        );
        assert_refused(&square, &layer(r#""kernel":0"#), &["at least 1"]);
        assert_refused(&square, &layer(r#""kernel":3,"stride":0"#), &["at least 1"]);
    }
    assert_refused(
        &image(2, 1, 1),
        &transposed(r#""kernel":4,"padding":2"#),
        &["what the padding removes", "2×1×1 image"],
    );
    assert_refused(
        &vector(5),
        r#"{"type":"dense","in":5,"out":0}"#,
        &["at least 1"],
    );
    assert_refused(
        &square,
        r#"{"type":"conv2d","in":2,"out":0,"kernel":3}"#,
        &["at least 1"],
    );
    assert_refused(
        &vector(7),
        r#"{"type":"maxout","pieces":3}"#,
        &["multiple of 3", "7 numbers"],
    );
    assert_refused(
        &vector(7),
        r#"{"type":"maxout","pieces":0}"#,
        &["at least 1"],
    );
    assert_refused(&square, r#"{"type":"maxout","pieces":2}"#, &["2×6×6 image"]);
    assert_refused(
        &square,
        r#"{"type":"batch_norm","features":6}"#,
        &["6 channels", "2×6×6 image"],
    );
    assert_refused(
        &vector(5),
        r#"{"type":"batch_norm","features":6}"#,
        &["6 channels", "5 numbers"],
    );
    assert_refused(
        &vector(4),
        r#"{"type":"upsample_nearest","factor":2}"#,
        &["an image", "4 numbers"],
    );
    assert_refused(
        &square,
        r#"{"type":"upsample_nearest","factor":0}"#,
        &["at least 1"],
    );
    assert_refused(
        &square,
        r#"{"type":"dropout","p":1.0}"#,
        &["[0, 1)", "p = 1"],
    );
    let affine = r#"{"type":"random_affine","shear":-0.1}"#;
    assert_refused(
        &square,
        affine,
        &["\"shear\" to be finite and at least 0", "shear = -0.1"],
    );
    let affine = r#"{"type":"random_affine","stretch":1000}"#;
    assert_refused(
        &square,
        affine,
        &["\"stretch\" to be at most 4", "stretch = 1000"],
    );
    let affine = r#"{"type":"random_affine","shear":0.1}"#;
    assert_refused(&vector(4), affine, &["an image", "4 numbers"]);
}

#[test]
fn settings_with_wrong_gradients_are_refused() {
    let five = vector(5);
    assert_refused(
        &five,
        r#"{"type":"leaky_relu","slope":-0.1}"#,
        &["\"slope\" to be at least 0", "slope = -0.1"],
    );
    assert_refused(
        &five,
        r#"{"type":"elu","alpha":-1.0}"#,
        &["\"alpha\" to be at least 0", "alpha = -1"],
    );
    assert_refused(
        &five,
        r#"{"type":"batch_norm","features":5,"eps":-1.0}"#,
        &["\"eps\" to be above 0", "eps = -1"],
    );
    assert_refused(
        &five,
        r#"{"type":"batch_norm","features":5,"momentum":1.5}"#,
        &["\"momentum\" to be in [0, 1]", "momentum = 1.5"],
    );
    assert_refused(
        &five,
        r#"{"type":"layer_norm","eps":0.0}"#,
        &["\"eps\" to be above 0", "eps = 0"],
    );
}

#[test]
fn an_empty_input_is_refused() {
    for (input, layer) in [
        (vector(0), r#"{"type":"dense","in":0,"out":1}"#),
        (
            image(2, 0, 3),
            r#"{"type":"conv_transpose2d","in":2,"out":1,"kernel":3}"#,
        ),
        (
            image(0, 3, 3),
            r#"{"type":"conv2d","in":0,"out":1,"kernel":3}"#,
        ),
    ] {
        let spec = spec(&input, layer);
        let error = Network::new("net", &spec, 1, Stream::GeneratorInit).unwrap_err();
        assert!(matches!(error, Error::Shape { .. }), "{error}");
        assert!(error.to_string().contains("at least 1"), "{error}");
    }
}

#[test]
fn errors_name_unknown_layers_and_fields() {
    let problem = |layer: &str| parse(&vector(2), layer).unwrap_err().to_string();
    let message = problem(r#"{"type":"densee","in":2,"out":2}"#);
    assert!(
        message.contains("densee") && message.contains("dense`"),
        "{message}"
    );
    let message = problem(r#"{"type":"dense","in":2,"out":2,"bais":false}"#);
    assert!(
        message.contains("bais") && message.contains("`bias`"),
        "{message}"
    );
    let message = problem(r#"{"type":"relu","slope":0.2}"#);
    assert!(message.contains("slope"), "{message}");
    assert!(problem(r#"{"type":"dense","in":2}"#).contains("out"));
    let json = r#"{"input":{"kind":"vector","len":2},"layers":[],"inti":"he"}"#;
    let message = serde_json::from_str::<ganscope::nn::NetworkSpec>(json).unwrap_err();
    assert!(message.to_string().contains("inti"), "{message}");
}

#[test]
fn a_batch_of_the_wrong_width_is_refused() {
    let spec = spec(&vector(3), r#"{"type":"dense","in":3,"out":1}"#);
    let network = Network::new("critic", &spec, 1, Stream::GeneratorInit).unwrap();
    let x = Batch::new(vec![0.0; 8], 2, 4).unwrap();
    let message = network.infer(x).unwrap_err().to_string();
    for part in ["critic", "3 numbers", "4 numbers"] {
        assert!(message.contains(part), "{message}");
    }
}

/// A bounded output would saturate at the median of the pixels and stop learning.
#[test]
fn the_output_of_an_image_autoencoder_is_not_bounded() {
    let image = SampleShape::Image {
        channels: 1,
        height: 28,
        width: 28,
    };
    let spec = presets::autoencoder(&image, 64).unwrap();
    assert_eq!(spec.shapes("discriminator").unwrap().last(), Some(&image));
    let mut d = Network::new("discriminator", &spec, 1, Stream::DiscriminatorInit).unwrap();
    for (_, parameter) in d.parameters_mut() {
        parameter.update(|w| w.iter_mut().for_each(|w| *w *= 8.0));
    }
    let ones = Batch::new(vec![1.0; image.numel()], 1, image.numel()).unwrap();
    let restored = d.infer(ones).unwrap();
    let largest = restored
        .values()
        .iter()
        .fold(0.0, |most: f32, v| most.max(v.abs()));
    assert!(largest > 2.0, "{largest}");
}

#[test]
fn presets_fit_the_data() {
    let image = |channels, side| SampleShape::Image {
        channels,
        height: side,
        width: side,
    };
    let table = SampleShape::Vector { len: 7 };
    for shape in [
        image(1, 3),
        image(1, 28),
        image(1, 30),
        image(1, 32),
        image(1, 63),
        image(1, 64),
        image(3, 32),
        image(3, 64),
        table,
    ] {
        let g = presets::generator(&shape, 16).unwrap();
        assert_eq!(g.input, SampleShape::Vector { len: 16 });
        assert_eq!(g.shapes("generator").unwrap().last(), Some(&shape));
        let d = presets::discriminator(&shape).unwrap();
        assert_eq!(d.input, shape);
        assert_eq!(
            d.shapes("discriminator").unwrap().last(),
            Some(&SampleShape::Vector { len: 1 })
        );
    }
    // Height and width are halved together, so one must not be odd where the other is even.
    let oblong = SampleShape::Image {
        channels: 1,
        height: 28,
        width: 20,
    };
    let mixed = SampleShape::Image {
        channels: 1,
        height: 28,
        width: 26,
    };
    let g = presets::generator(&oblong, 16).unwrap();
    assert_eq!(g.shapes("generator").unwrap().last(), Some(&oblong));
    for problem in [
        presets::generator(&mixed, 16).unwrap_err(),
        presets::discriminator(&mixed).unwrap_err(),
    ] {
        let message = problem.to_string();
        for part in ["28×26", "14×13", "odd", "image_size"] {
            assert!(message.contains(part), "{message}");
        }
    }
}
