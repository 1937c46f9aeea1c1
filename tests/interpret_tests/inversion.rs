//! Inversion of networks. (Linear maps in double precision are tested in the source file.)

use ganscope::interpret::{InversionSettings, Inversions, invert};
use ganscope::nn::{Network, NetworkSpec};
use ganscope::random::{Stream, standard_normal};
use ganscope::tensor::Batch;

/// A random tanh network from 6 latent variables to 40 pixels.
fn generator() -> Network {
    let spec: NetworkSpec = serde_json::from_str(
        r#"{"input": {"kind": "vector", "len": 6}, "layers": [
            {"type": "dense", "in": 6, "out": 48}, {"type": "tanh"},
            {"type": "dense", "in": 48, "out": 40}, {"type": "tanh"}]}"#,
    )
    .unwrap();
    let mut g = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    let scales = [0.3, 0.1, 0.15, 0.1];
    for (place, (_, parameter)) in g.parameters_mut().into_iter().enumerate() {
        let n = parameter.values().len();
        let values = standard_normal(5, Stream::RandomWeights, place as u64, n);
        let scaled = values.iter().map(|v| scales[place] * v);
        parameter.update(|w| w.iter_mut().zip(scaled).for_each(|(w, v)| *w = v));
    }
    g
}

fn images(g: &Network, z: &[f32]) -> Vec<f32> {
    let z = Batch::new(z.to_vec(), z.len() / 6, 6).unwrap();
    g.infer(z).unwrap().values().to_vec()
}

#[test]
fn generated_images_are_inverted_and_foreign_ones_are_not() {
    let g = generator();
    let z = standard_normal(2, Stream::Exploration, 0, 30 * 6);
    let settings = InversionSettings::default();
    let generated = invert(&g, &images(&g, &z), &settings).unwrap();
    assert_eq!(
        (generated.all.len(), generated.latent, generated.width),
        (30, 6, 40)
    );
    for (found, z) in generated.all.iter().zip(z.chunks(6)) {
        assert!(
            found.psnr_db > 40.0 && found.psnr_db > found.start_psnr_db + 10.0,
            "{found:?}"
        );
        for (found, z) in found.z.iter().zip(z) {
            assert!((found - z).abs() < 1e-2, "{found} {z}");
        }
        assert_eq!(found.undetermined, 0);
    }
    let foreign: Vec<f32> = standard_normal(3, Stream::Data, 0, 30 * 40)
        .iter()
        .map(|v| v.tanh())
        .collect();
    let foreign = invert(&g, &foreign, &settings).unwrap();
    let (a, b) = (
        generated.summary("generated images", 200, 1).unwrap(),
        foreign.summary("noise images", 200, 1).unwrap(),
    );
    assert!(a.psnr_db.median > b.psnr_db.median + 20.0, "{a}\n{b}");
    assert!(b.psnr_db.median > b.start_psnr_db);
    let difference = generated
        .compare("generated images", &foreign, "noise images", 200, 1)
        .unwrap();
    assert_eq!(
        difference.difference_db,
        a.psnr_db.median - b.psnr_db.median
    );
    let (low, high) = difference.interval;
    assert!(low > 20.0 && low < difference.difference_db && difference.difference_db < high);
    let text = difference.to_string();
    assert!(
        text.starts_with("generated images are inverted better than noise images"),
        "{text}"
    );
    let text = foreign
        .compare("noise images", &generated, "generated images", 200, 1)
        .unwrap()
        .to_string();
    assert!(
        text.starts_with("noise images are inverted worse"),
        "{text}"
    );
    let text = foreign
        .compare("noise images", &foreign, "the same", 200, 1)
        .unwrap()
        .to_string();
    assert!(text.starts_with("no difference was found"), "{text}");
}

#[test]
fn reported_values_are_those_of_the_reported_latent() {
    let g = generator();
    let x: Vec<f32> = standard_normal(3, Stream::Data, 0, 4 * 40)
        .iter()
        .map(|v| 0.3 * v)
        .collect();
    let settings = InversionSettings {
        lambda: 1e-3,
        range: 1.0,
        ..InversionSettings::default()
    };
    let inversions = invert(&g, &x, &settings).unwrap();
    for (found, x) in inversions.all.iter().zip(x.chunks(40)) {
        let y = images(&g, &found.z);
        let error = |y: &[f32]| {
            let squares = y.iter().zip(x).map(|(y, x)| f64::from(y - x).powi(2));
            squares.sum::<f64>() / 40.0
        };
        assert!((error(&y) / found.mean_squared_error - 1.0).abs() < 1e-5);
        assert!((error(&found.reconstruction) / found.mean_squared_error - 1.0).abs() < 1e-5);
        // With a range of 1, PSNR = −10 log₁₀ of the mean squared error.
        assert!((found.psnr_db + 10.0 * error(&y).log10()).abs() < 1e-4);
        let norm = found.z.iter().map(|z| f64::from(*z).powi(2)).sum::<f64>();
        assert!((found.relative_norm - (norm / 6.0).sqrt()).abs() < 1e-6);
        // A stationary point: no change of one latent variable by 0.01 lowers the objective.
        let objective = |z: &[f32]| {
            let norm = z.iter().map(|z| f64::from(*z).powi(2)).sum::<f64>();
            error(&images(&g, z)) + 1e-3 * norm
        };
        let value = objective(&found.z);
        for j in 0..6 {
            for change in [-0.01, 0.01] {
                let mut z = found.z.clone();
                z[j] += change;
                assert!(objective(&z) > value, "{j} {change}");
            }
        }
        assert!(found.restart < 3);
    }
}

#[test]
fn a_penalty_on_the_norm_gives_shorter_latents() {
    let g = generator();
    let x: Vec<f32> = standard_normal(3, Stream::Data, 1, 5 * 40)
        .iter()
        .map(|v| v.tanh())
        .collect();
    let norms = |lambda| {
        let settings = InversionSettings {
            lambda,
            ..InversionSettings::default()
        };
        let all = invert(&g, &x, &settings).unwrap().all;
        all.iter().map(|i| i.relative_norm).sum::<f64>()
    };
    let (none, some, much) = (norms(0.0), norms(0.01), norms(1.0));
    assert!(
        none > some && some > much && much < 0.5,
        "{none} {some} {much}"
    );
}

#[test]
fn an_image_is_inverted_the_same_way_among_other_images_and_on_any_number_of_threads() {
    let g = generator();
    let x: Vec<f32> = standard_normal(3, Stream::Data, 2, 12 * 40)
        .iter()
        .map(|v| v.tanh())
        .collect();
    let settings = InversionSettings::default();
    let all = invert(&g, &x, &settings).unwrap();
    let first = invert(&g, &x[..40], &settings).unwrap();
    assert!((all.all[0].psnr_db - first.all[0].psnr_db).abs() < 1e-3);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| invert(&g, &x, &settings).unwrap())
    };
    assert_eq!(on(1), on(3));
    assert_eq!(on(1), all);
}

#[test]
fn summaries_have_intervals_and_are_written_as_json() {
    let g = generator();
    let x = standard_normal(3, Stream::Data, 3, 20 * 40);
    let settings = InversionSettings {
        restarts: 1,
        evaluations: 30,
        ..InversionSettings::default()
    };
    let found = invert(&g, &x, &settings).unwrap();
    assert!(
        found
            .all
            .iter()
            .all(|i| i.disagreement.is_none() && i.second_psnr_db.is_none())
    );
    let summary = found.summary("noise", 200, 4).unwrap();
    let (low, high) = summary.interval;
    assert!(low < summary.psnr_db.median && summary.psnr_db.median < high);
    assert_eq!(
        (summary.n, summary.disagreement, summary.resamples),
        (20, None, 200)
    );
    let text = summary.to_string();
    assert!(
        text.starts_with("noise: PSNR") && text.contains("20 images"),
        "{text}"
    );
    assert!(text.contains("best of 1 random latent without"), "{text}");

    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Inversions>(&json).unwrap(), found);
    let json = serde_json::to_string(&summary).unwrap();
    assert_eq!(
        serde_json::from_str::<ganscope::interpret::InversionSummary>(&json).unwrap(),
        summary
    );

    assert!(
        found
            .summary("noise", 1, 4)
            .unwrap_err()
            .to_string()
            .contains("resamples")
    );
    let none = Inversions {
        all: vec![],
        ..found.clone()
    };
    assert!(
        none.summary("noise", 200, 4)
            .unwrap_err()
            .to_string()
            .contains("no image")
    );
    assert!(none.compare("none", &found, "noise", 200, 4).is_err());
}

#[test]
fn images_and_settings_that_do_not_fit_are_refused() {
    let g = generator();
    let settings = InversionSettings::default();
    let refused = |x: &[f32]| invert(&g, x, &settings).unwrap_err().to_string();
    assert!(refused(&[]).contains("rows of 40"));
    assert!(refused(&[0.0; 41]).contains("41 numbers"));
    assert!(refused(&[f32::NAN; 40]).contains("finite"));
    let with = |change: &dyn Fn(&mut InversionSettings)| {
        let mut settings = settings;
        change(&mut settings);
        invert(&g, &[0.0; 40], &settings).unwrap_err().to_string()
    };
    assert!(with(&|s| s.restarts = 0).contains("restarts must be"));
    assert!(with(&|s| s.restarts = usize::MAX).contains("restarts must be"));
    assert!(with(&|s| s.evaluations = 0).contains("evaluations must be"));
    assert!(with(&|s| s.lambda = -1.0).contains("lambda must be"));
    assert!(with(&|s| s.lambda = f64::NAN).contains("lambda must be"));
    assert!(with(&|s| s.null_fraction = 0.0).contains("null_fraction must be"));
    assert!(with(&|s| s.range = 0.0).contains("range must be"));
    let mut broken = generator();
    broken.parameters_mut()[0].1.update(|w| w[0] = f32::NAN);
    let found = invert(&broken, &[0.0; 40], &settings)
        .unwrap_err()
        .to_string();
    assert!(found.contains("not finite"), "{found}");
}
