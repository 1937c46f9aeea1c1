//! Random directions, random weights and resamples have the distributions that they are documented to have.

use ganscope::interpret::{halves, random_directions, randomized, resample_rows};
use ganscope::nn::{Network, NetworkSpec};
use ganscope::random::Stream;

#[test]
fn random_directions_are_uniform_on_the_sphere() {
    let (d, n) = (10, 2000);
    let found = random_directions(d, n, 1).unwrap();
    for axis in 0..d {
        let values: Vec<f64> = found
            .all
            .iter()
            .map(|direction| direction.vector[axis])
            .collect();
        let mean = values.iter().sum::<f64>() / n as f64;
        let square = values.iter().map(|v| v * v).sum::<f64>() / n as f64;
        // v² ~ Beta(½, (d − 1)/2) has the mean 1/d and the variance 2 (d − 1)/(d² (d + 2)).
        let variance = 2.0 * 9.0 / (100.0 * 12.0);
        assert!(mean.abs() < 4.5 * (0.1 / n as f64).sqrt(), "{mean}");
        assert!(
            (square - 0.1).abs() < 4.5 * (variance / n as f64).sqrt(),
            "{square}"
        );
    }
    assert_eq!(found, random_directions(d, n, 1).unwrap());
    assert_ne!(found.all[0], random_directions(d, n, 2).unwrap().all[0]);
    // More directions do not change the first ones.
    assert_eq!(found.all[..3], random_directions(d, 3, 1).unwrap().all);
    for (latent, n) in [(0, 1), (1, 0), (usize::MAX, 2)] {
        assert!(random_directions(latent, n, 1).is_err());
    }
}

#[test]
fn random_weights_are_as_initialised() {
    let spec: NetworkSpec = serde_json::from_str(
        r#"{ "input": { "kind": "vector", "len": 50 }, "init": "he",
             "layers": [{ "type": "dense", "in": 50, "out": 400 }, { "type": "relu" },
                        { "type": "dense", "in": 400, "out": 3 }] }"#,
    )
    .unwrap();
    let mut trained = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    for (_, parameter) in trained.parameters_mut() {
        parameter.update(|w| w.fill(7.0));
    }
    let random = randomized(&trained, 1).unwrap();
    assert_eq!((random.name(), random.spec()), ("generator", &spec));
    let weight = |g: &Network| g.parameters()[0].1.values().to_vec();
    let squares: f64 = weight(&random).iter().map(|w| f64::from(*w).powi(2)).sum();
    // Variance 2/50 with the relative standard error √(2/20000) = 0.01.
    assert!((squares / 20_000.0 / 0.04 - 1.0).abs() < 0.045, "{squares}");
    assert!(random.parameters()[1].1.values().iter().all(|b| *b == 0.0));
    assert_eq!(weight(&random), weight(&randomized(&trained, 1).unwrap()));
    assert_ne!(weight(&random), weight(&randomized(&trained, 2).unwrap()));
    // Not the initial weights of the training run with the same seed.
    let initial = Network::new("generator", &spec, 1, Stream::GeneratorInit).unwrap();
    assert_ne!(weight(&random), weight(&initial));
}

#[test]
fn resamples_draw_rows_with_replacement() {
    let n = 5000u16;
    let values: Vec<f32> = (0..n).flat_map(|i| [f32::from(i), -f32::from(i)]).collect();
    let drawn = resample_rows(&values, 2, 1).unwrap();
    assert_eq!(drawn.len(), values.len());
    assert!(drawn.chunks(2).all(|row| row[1] == -row[0]));
    let mut rows: Vec<u16> = drawn.chunks(2).map(|row| row[0] as u16).collect();
    rows.sort_unstable();
    rows.dedup();
    // The fraction of the rows that occur is 1 − 1/e = 0.632, with a standard deviation of about 0.31/√n.
    let fraction = rows.len() as f64 / f64::from(n);
    assert!((fraction - 0.632).abs() < 0.02, "{fraction}");
    // The same rows of another matrix.
    let labels: Vec<f32> = (0..n).map(f32::from).collect();
    let drawn_labels = resample_rows(&labels, 1, 1).unwrap();
    assert!(
        drawn
            .chunks(2)
            .zip(&drawn_labels)
            .all(|(row, label)| row[0] == *label)
    );
    assert!(resample_rows(&[], 2, 1).is_err() && resample_rows(&[1.0; 3], 2, 1).is_err());
    assert!(resample_rows(&[1.0], 0, 1).is_err());
}

#[test]
fn halves_have_no_row_in_common() {
    let values: Vec<f32> = (0..101u8)
        .flat_map(|i| [f32::from(i), -f32::from(i)])
        .collect();
    let (first, second) = halves(&values, 2, 1).unwrap();
    assert_eq!((first.len(), second.len()), (100, 102));
    let mut rows: Vec<u8> = first
        .chunks(2)
        .chain(second.chunks(2))
        .map(|row| row[0] as u8)
        .collect();
    // The division is random: the sum of 50 of the numbers 0 to 100 is 2500, with a standard deviation of 146.
    let sum: f32 = first.iter().step_by(2).sum();
    assert!((sum - 2500.0).abs() < 700.0 && !rows.is_sorted(), "{sum}");
    rows.sort_unstable();
    assert!(rows.into_iter().eq(0..101));
    assert_ne!(first, halves(&values, 2, 2).unwrap().0);
    assert!(halves(&values[..2], 2, 1).is_err() && halves(&[], 2, 1).is_err());
}
