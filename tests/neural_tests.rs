//! Neural bounds on mutual information, against Gaussians whose information is known.

use ganscope::evaluate::{NeuralBound, NeuralInformation};
use ganscope::info::{Estimate, Sample};
use ganscope::random::{Stream, standard_normal};

const BOUNDS: [NeuralBound; 3] = [NeuralBound::Mine, NeuralBound::Nwj, NeuralBound::InfoNce];

/// `d` pairs of variables, each of correlation `rho`: I = −d/2 ln(1 − ρ²).
fn gaussian(n: usize, d: usize, rho: f64) -> (Sample, Sample) {
    let draw = |step| -> Vec<f64> {
        let values = standard_normal(3, Stream::Data, step, n * d);
        values.into_iter().map(f64::from).collect()
    };
    let (x, own) = (draw(0), draw(1));
    let mixed = x
        .iter()
        .zip(&own)
        .map(|(x, own)| rho * x + (1.0 - rho * rho).sqrt() * own);
    let y = Sample::new(mixed.collect(), d).unwrap();
    (Sample::new(x, d).unwrap(), y)
}

fn truth(d: usize, rho: f64) -> f64 {
    -0.5 * d as f64 * (1.0 - rho * rho).ln()
}

fn found(bound: NeuralBound, (x, y): &(Sample, Sample)) -> Estimate {
    let settings = NeuralInformation {
        bound,
        steps: 1000,
        ..NeuralInformation::default()
    };
    settings.of(x, y).unwrap()
}

#[test]
fn a_gaussian_has_the_information_it_has() {
    for (d, rho) in [(1, 0.0), (1, 0.9), (3, 0.5)] {
        let pairs = gaussian(10_000, d, rho);
        for bound in BOUNDS {
            let estimate = found(bound, &pairs);
            let error = estimate.value.0 - truth(d, rho);
            // Bounds are low; NWJ by 0.08 of 0.83 nats.
            assert!(error.abs() < 0.1, "{bound:?} {d} {rho}: {error} {estimate}");
            // What it says of its own bias is of that size, too, and the data are Gaussian indeed.
            let bias = estimate.parameters["bias_on_gaussian"].as_f64().unwrap();
            assert!(
                (bias - error).abs() < 0.06,
                "{bound:?} {d} {rho}: {bias} {error}"
            );
            let se = estimate.standard_error.unwrap().0;
            assert!((0.0..0.05).contains(&se), "{se}");
        }
    }
}

/// ln 16 = 2.77, and there are 3.11 nats.
#[test]
fn info_nce_cannot_exceed_the_logarithm_of_its_batch() {
    let pairs = gaussian(4000, 1, 0.999);
    let settings = NeuralInformation {
        batch: 16,
        steps: 1000,
        ..NeuralInformation::default()
    };
    let estimate = settings.of(&pairs.0, &pairs.1).unwrap();
    let most = 16f64.ln();
    assert!((0.7 * most..most).contains(&estimate.value.0), "{estimate}");
    assert!(truth(1, 0.999) > most);
    let said = estimate
        .notes
        .iter()
        .any(|note| note.contains("cannot exceed 2.7726"));
    assert!(said, "{:?}", estimate.notes);
}

#[test]
#[cfg_attr(feature = "cuda", ignore = "a GPU adds in no fixed order")]
fn the_same_seed_gives_the_same_estimate() {
    let pairs = gaussian(2000, 1, 0.5);
    let settings = NeuralInformation {
        steps: 50,
        ..NeuralInformation::default()
    };
    let of = |settings: NeuralInformation| settings.of(&pairs.0, &pairs.1).unwrap();
    assert_eq!(of(settings), of(settings));
    let other = NeuralInformation {
        seed: 2,
        ..settings
    };
    assert_ne!(of(settings).value, of(other).value);
}

#[test]
fn what_cannot_be_is_refused() {
    let (x, y) = gaussian(2000, 1, 0.5);
    let usual = NeuralInformation::default();
    let constant = Sample::new(vec![2.0; 2000], 1).unwrap();
    let short = Sample::new(vec![1.0, 2.0], 1).unwrap();
    let cases = [
        (
            NeuralInformation { steps: 0, ..usual },
            &y,
            "steps must be at least 1",
        ),
        (
            NeuralInformation { units: 0, ..usual },
            &y,
            "units must be at least 1",
        ),
        (
            NeuralInformation { batch: 1, ..usual },
            &y,
            "batch must be at least 2",
        ),
        (
            NeuralInformation {
                batch: 501,
                ..usual
            },
            &y,
            "too few for batches of 501",
        ),
        (
            NeuralInformation {
                lr: f64::NAN,
                ..usual
            },
            &y,
            "lr",
        ),
        (usual, &constant, "variable 2 is 2 in every row"),
        (usual, &short, "2000 observations of one variable and 2"),
    ];
    for (settings, y, words) in cases {
        let message = settings.of(&x, y).unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    }
}
