//! What the findings of a method are compared with: random directions, a network with random weights, and resamples of
//! the data.

use rand::RngExt;
use rand::seq::SliceRandom;

use crate::error::{Error, Result, counted};
use crate::interpret::rows::count_rows;
use crate::interpret::{Direction, Directions};
use crate::nn::Network;
use crate::random::{Stream, rng, standard_normal};

/// Draws `n` random directions, independent and uniform on the sphere in `latent` dimensions.
///
/// ```
/// use ganscope::interpret::random_directions;
/// let found = random_directions(64, 5, 1)?;
/// assert_eq!((found.all.len(), found.all[4].vector.len()), (5, 64));
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for no latent variable, no direction, or more than 100 million numbers.
pub fn random_directions(latent: usize, n: usize, seed: u64) -> Result<Directions> {
    if latent == 0 || n == 0 || latent.saturating_mul(n) > 100_000_000 {
        return Err(Error::Usage(format!(
            "{} in {} cannot be drawn: at least one of each is needed, and at most 100 million numbers",
            counted(n, "random direction"),
            counted(latent, "dimension")
        )));
    }
    let mut all = Vec::with_capacity(n);
    for i in 0..n {
        let noise = standard_normal(seed, Stream::RandomDirection, i as u64, latent);
        let vector = noise.into_iter().map(f64::from).collect();
        all.push(Direction::new(format!("random {}", i + 1), vector, 1.0)?);
    }
    Ok(Directions {
        method: "random directions".into(),
        quantity: "norm".into(),
        protocol: format!("uniform on the sphere in {latent} dimensions, seed {seed}"),
        all,
    })
}

/// Makes a network with the same layers as `network` and random weights, drawn as its description initialises them. The
/// result is a function of the description and `seed`.
///
/// Directions that a method also finds in this network are not a result of training. The moving averages of batch norm
/// are those of a new network, mean 0 and variance 1.
///
/// ```
/// use ganscope::interpret::randomized;
/// use ganscope::nn::{Network, NetworkSpec};
/// use ganscope::random::Stream;
/// let spec: NetworkSpec = serde_json::from_str(r#"{
///     "input": { "kind": "vector", "len": 2 },
///     "layers": [{ "type": "dense", "in": 2, "out": 2 }]
/// }"#)?;
/// let trained = Network::new("generator", &spec, 1, Stream::GeneratorInit)?;
/// let random = randomized(&trained, 1)?;
/// assert_eq!(random.spec(), trained.spec());
/// assert_ne!(random.parameters()[0].1.values(), trained.parameters()[0].1.values());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The errors of [`Network::new`].
pub fn randomized(network: &Network, seed: u64) -> Result<Network> {
    Network::new(network.name(), network.spec(), seed, Stream::RandomWeights)
}

/// Draws as many rows with replacement as `values` [n, width] has, for a bootstrap. Two matrices with the same number of
/// rows and the same seed give corresponding rows.
///
/// ```
/// use ganscope::interpret::resample_rows;
/// let drawn = resample_rows(&[1.0, 10.0, 2.0, 20.0, 3.0, 30.0], 2, 1)?;
/// assert!(drawn.len() == 6 && drawn.chunks(2).all(|row| row[1] == 10.0 * row[0]));
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] if there is no row, if the last row is incomplete, and for values that are not finite.
pub fn resample_rows(values: &[f32], width: usize, seed: u64) -> Result<Vec<f32>> {
    let n = count_rows(values, width, "the matrix to resample")?;
    let mut rng = rng(seed, Stream::Bootstrap, 0);
    let mut drawn = Vec::with_capacity(values.len());
    for _ in 0..n {
        let row = rng.random_range(0..n);
        drawn.extend_from_slice(&values[row * width..][..width]);
    }
    Ok(drawn)
}

/// Divides the rows of `values` [n, width] at random into two halves. Two matrices with the same number of rows and the
/// same seed are divided in the same way. If n is odd, the second half has one row more.
///
/// Directions of the first half can be compared with those of [resamples](resample_rows) of the second: they have no
/// sample in common.
///
/// ```
/// use ganscope::interpret::halves;
/// let (first, second) = halves(&[1.0, 10.0, 2.0, 20.0, 3.0, 30.0], 2, 1)?;
/// assert_eq!((first.len(), second.len()), (2, 4));
/// assert!(first.chunks(2).chain(second.chunks(2)).all(|row| row[1] == 10.0 * row[0]));
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] if there are fewer than two rows, if the last row is incomplete, and for values that are not finite.
pub fn halves(values: &[f32], width: usize, seed: u64) -> Result<(Vec<f32>, Vec<f32>)> {
    let n = count_rows(values, width, "the matrix to divide")?;
    if n < 2 {
        return Err(Error::Usage(
            "a matrix with a single row cannot be divided into halves; give at least two rows"
                .into(),
        ));
    }
    let mut places: Vec<usize> = (0..n).collect();
    places.shuffle(&mut rng(seed, Stream::Split, 0));
    let rows = |places: &[usize]| {
        let rows = places.iter().map(|&i| &values[i * width..][..width]);
        rows.flatten().copied().collect()
    };
    let (first, second) = places.split_at(n / 2);
    Ok((rows(first), rows(second)))
}
