//! Directions in the latent space of a generator.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::data::{SampleShape, Samples};
use crate::error::{Error, Result, counted};

/// A direction v in the latent space, along which G(z + αv) is examined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Direction {
    /// What the direction is, such as `component 1` or `digit 3`.
    pub name: String,
    /// Unit vector, as long as z.
    pub vector: Vec<f64>,
    /// The quantity by which the method ranks its directions, such as a singular value.
    pub strength: f64,
}

impl Direction {
    /// Makes a direction of `vector`, which is scaled to norm 1.
    ///
    /// ```
    /// use ganscope::interpret::Direction;
    /// let direction = Direction::new("diagonal", vec![3.0, 4.0], 1.0)?;
    /// assert_eq!(direction.vector, [0.6, 0.8]);
    /// assert!(Direction::new("none", vec![0.0, 0.0], 1.0).is_err());
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] for a vector of norm 0 or with numbers that are not finite.
    pub fn new(name: impl Into<String>, mut vector: Vec<f64>, strength: f64) -> Result<Direction> {
        let name = name.into();
        let norm = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
        if !(norm > 0.0 && norm.is_finite()) {
            return Err(Error::Usage(format!(
                "\"{name}\" is not a direction: the norm of its vector is {norm}"
            )));
        }
        vector.iter_mut().for_each(|v| *v /= norm);
        Ok(Direction {
            name,
            vector,
            strength,
        })
    }

    /// Returns z + αv for each row of z, row-major [n, latent].
    ///
    /// ```
    /// use ganscope::interpret::Direction;
    /// let right = Direction::new("right", vec![1.0, 0.0], 1.0)?;
    /// assert_eq!(right.walk(&[0.0, 5.0, 1.0, 6.0], 2.0), [2.0, 5.0, 3.0, 6.0]);
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    pub fn walk(&self, z: &[f32], alpha: f64) -> Vec<f32> {
        let v = self.vector.iter().cycle();
        let step = |(z, v): (&f32, &f64)| (f64::from(*z) + alpha * v) as f32;
        z.iter().zip(v).map(step).collect()
    }

    /// Returns |cos| of the angle to another direction: 1 for the same line, 0 for a perpendicular one.
    pub fn similarity(&self, other: &Direction) -> f64 {
        let products = self.vector.iter().zip(&other.vector);
        products.map(|(a, b)| a * b).sum::<f64>().abs()
    }
}

/// The directions that a method finds, in the order of its ranking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Directions {
    /// Name of the method, such as `closed form`.
    pub method: String,
    /// What [`strength`](Direction::strength) is, such as `singular value`.
    pub quantity: String,
    /// How the directions were found: sample size, seed, layer.
    pub protocol: String,
    /// The directions, the strongest first.
    pub all: Vec<Direction>,
}

impl Directions {
    /// Writes the vectors to a `.npy` file of shape \[directions, latent\], atomically.
    ///
    /// # Errors
    /// [`Error::Usage`] if there is no direction; [`Error::Io`].
    pub fn write(&self, path: &Path) -> Result<()> {
        let Some(first) = self.all.first() else {
            return Err(Error::Usage(format!(
                "the method \"{}\" found no direction, so there is nothing to write",
                self.method
            )));
        };
        let values = self.all.iter().flat_map(|d| &d.vector);
        let samples = Samples {
            shape: SampleShape::Vector {
                len: first.vector.len(),
            },
            columns: Vec::new(),
            values: values.map(|v| *v as f32).collect(),
        };
        samples.write(path)
    }
}

/// Reads one of the directions in a `.npy` file of shape \[directions, latent\] or in a `.csv` file with one direction per
/// row. `index` counts from 1.
///
/// ```
/// use ganscope::interpret::{Direction, Directions, read_direction};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("directions.npy");
/// let all = vec![Direction::new("a", vec![1.0, 0.0], 2.0)?, Direction::new("b", vec![0.0, 1.0], 1.0)?];
/// let found = Directions { method: "by hand".into(), quantity: "strength".into(), protocol: "none".into(), all };
/// found.write(&path)?;
/// assert_eq!(read_direction(&path, 2, 2)?.vector, [0.0, 1.0]);
/// assert!(read_direction(&path, 3, 2).unwrap_err().to_string().contains("has 2 directions"));
/// assert!(read_direction(&path, 1, 64).unwrap_err().to_string().contains("z has 64"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Data`] for a file that does not have so many directions, or whose directions are not as long as z; those of
/// [`Samples::read`] and [`Direction::new`].
pub fn read_direction(path: &Path, index: usize, latent: usize) -> Result<Direction> {
    let samples = Samples::read(path)?;
    if samples.shape.numel() != latent {
        return Err(Error::data(
            path,
            format!(
                "its directions have {}, but z has {latent}; use a direction that was found for this generator",
                counted(samples.shape.numel(), "number")
            ),
        ));
    }
    let row = index.checked_sub(1).and_then(|row| samples.row(row));
    let Some(row) = row else {
        return Err(Error::data(
            path,
            format!(
                "has {}, so there is no direction {index} (directions are counted from 1)",
                counted(samples.len(), "direction")
            ),
        ));
    };
    let vector = row.iter().map(|v| f64::from(*v)).collect();
    Direction::new(
        format!("direction {index} of {}", path.display()),
        vector,
        0.0,
    )
}

impl fmt::Display for Directions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} by {} ({})",
            counted(self.all.len(), "direction"),
            self.method,
            self.protocol
        )?;
        for direction in &self.all {
            let (name, quantity) = (&direction.name, &self.quantity);
            write!(f, "\n{name:<16} {quantity} {:.4}", direction.strength)?;
        }
        Ok(())
    }
}
