//! How generated sprites cover the factors of the real ones.
//!
//! All images of the dataset are known, so no classifier is needed: each sample x is compared with all of
//! them, pixel by pixel, and gets the factors of the nearest one, s. The sample is *recognised* when s
//! explains most of what is not black in it,
//!
//! $$ \lVert x - s\rVert^2 \le \tfrac15\,\lVert s - b\rVert^2, $$
//!
//! where b is the black image. This is true for a sprite between the positions, sizes and rotations of the
//! dataset, but not for noise, a black image, or two sprites in one image. Among the recognised samples all
//! levels of a factor should occur equally often.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::modes::kl_from_uniform;
use super::{Features, Nearest};
use crate::data::sprites::{SPRITE_SIZE, combinations};
use crate::data::{Factors, SPRITE_FACTORS, render};
use crate::error::{Error, Result, thousands};

/// Largest fraction of a recognised sample that its nearest sprite leaves unexplained.
pub const UNEXPLAINED: f64 = 0.2;

/// How the samples cover the levels of one factor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactorCoverage {
    /// Name of the factor.
    pub factor: String,
    /// Levels that occur in the data.
    pub levels: Vec<usize>,
    /// Number of recognised samples at each of these levels.
    pub counts: Vec<usize>,
    /// KL(counts ‖ uniform) in nats, 0 when all levels are equally frequent; `None` when no sample is recognised.
    pub reverse_kl_nats: Option<f64>,
}

/// How many samples are sprites, and how they cover the factors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpriteCoverage {
    /// Number of samples.
    pub n: usize,
    /// Fraction of the samples that are recognised, 0 to 1.
    pub recognised: f64,
    /// Median fraction of a sample that its nearest sprite leaves unexplained.
    pub unexplained: f64,
    /// Coverage of each factor except rotation, which cannot be determined completely for two of the shapes.
    pub factors: Vec<FactorCoverage>,
    /// Number of different sprites with which the samples were compared.
    pub sprites: usize,
}

impl fmt::Display for SpriteCoverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "recognised         {:.1} % of samples (squared distance to the nearest sprite at most {UNEXPLAINED} \
             of that sprite's squared norm); median of this ratio {:.3}",
            100.0 * self.recognised,
            self.unexplained
        )?;
        for factor in &self.factors {
            let covered = factor.counts.iter().filter(|c| **c > 0).count();
            let kl = factor.reverse_kl_nats;
            let kl = kl.map_or(String::new(), |kl| format!(", reverse KL {kl:.3} nats"));
            let levels = factor.levels.len();
            writeln!(f, "{:<18} {covered} of {levels} levels{kl}", factor.factor)?;
        }
        write!(
            f,
            "sprites            n = {}, each compared pixel by pixel with all {} different sprites",
            thousands(self.n as u64),
            thousands(self.sprites as u64)
        )
    }
}

/// The sprite that is nearest to an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NearestSprite {
    /// Factors of the sprite s.
    pub factors: Factors,
    /// ‖x − s‖² / ‖s − b‖², the fraction of the sprite that differs from the image.
    pub unexplained: f64,
}

impl NearestSprite {
    /// Whether the image is recognised as this sprite.
    pub fn is_recognised(&self) -> bool {
        self.unexplained <= UNEXPLAINED
    }
}

/// Returns the nearest sprite of each image [n, 1024] among those whose factors are restricted to `levels`.
///
/// ```
/// use ganscope::data::{Factors, render};
/// use ganscope::evaluate::nearest_sprites;
/// let heart = Factors { shape: 2, scale: 5, rotation: 0, x: 3, y: 12 };
/// let levels = [("scale".to_string(), vec![5]), ("rotation".to_string(), vec![0])].into();
/// let found = nearest_sprites(&render(&heart), &levels)?;
/// assert!(found[0].factors == heart && found[0].is_recognised());
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// The errors of [`sprite_coverage`].
pub fn nearest_sprites(
    images: &[f32],
    levels: &BTreeMap<String, Vec<usize>>,
) -> Result<Vec<NearestSprite>> {
    nearest_of(images, &distinct(levels)?)
}

fn nearest_of(images: &[f32], sprites: &[Factors]) -> Result<Vec<NearestSprite>> {
    let pixels = SPRITE_SIZE * SPRITE_SIZE;
    if !images.len().is_multiple_of(pixels) {
        return Err(Error::Usage(format!(
            "{} numbers cannot be divided into sprites of {pixels} pixels",
            images.len()
        )));
    }
    let to_f64 = |values: &[f32]| values.iter().map(|v| f64::from(*v)).collect::<Vec<f64>>();
    let samples = Features::new(to_f64(images), pixels)?;
    let nearest = Nearest::in_pieces(&samples, sprites.len(), 1, |range| {
        let rendered = sprites[range].par_iter().map(|s| to_f64(&render(s)));
        Features::new(rendered.flatten().collect(), pixels)
    })?;
    let found = nearest.indices.iter().zip(&nearest.squared);
    Ok(found
        .map(|(&i, &d)| {
            let white = render(&sprites[i]);
            let energy: f64 = white.iter().map(|v| (f64::from(*v) + 1.0).powi(2)).sum();
            NearestSprite {
                factors: sprites[i],
                unexplained: d / energy,
            }
        })
        .collect())
}

/// Compares `images` [n, 1024] with the sprites whose factors are restricted to `levels`, as in
/// [`DataConfig::factors`](crate::data::DataConfig).
///
/// ```
/// use ganscope::data::{Factors, render};
/// use ganscope::evaluate::sprite_coverage;
/// let levels = [("scale".to_string(), vec![5]), ("rotation".to_string(), vec![0])].into();
/// let heart = Factors { shape: 2, scale: 5, rotation: 0, x: 3, y: 12 };
/// let black = [-1.0; 1024];
/// let measured = sprite_coverage(&[render(&heart), black].concat(), &levels)?;
/// assert_eq!(measured.recognised, 0.5);
/// assert_eq!((measured.factors[0].factor.as_str(), &measured.factors[0].counts), ("shape", &vec![0, 0, 1]));
/// assert_eq!(measured.factors[1].levels, [5]);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] when there is no image or the last image is incomplete; [`Error::Config`] for unknown factors or
/// levels.
pub fn sprite_coverage(
    images: &[f32],
    levels: &BTreeMap<String, Vec<usize>>,
) -> Result<SpriteCoverage> {
    let sprites = distinct(levels)?;
    let nearest = nearest_of(images, &sprites)?;
    let recognised = nearest.iter().filter(|found| found.is_recognised());
    let recognised: Vec<[usize; 5]> = recognised.map(|found| found.factors.indices()).collect();
    let mut unexplained: Vec<f64> = nearest.iter().map(|found| found.unexplained).collect();
    unexplained.sort_by(f64::total_cmp);
    let factor = |(position, (name, count)): (usize, (&str, usize))| {
        let mut levels_of_data = levels.get(name).cloned().unwrap_or((0..count).collect());
        levels_of_data.sort_unstable();
        levels_of_data.dedup();
        let count_at = |level: &usize| {
            let at_level = recognised.iter().filter(|f| f[position] == *level);
            at_level.count()
        };
        let counts: Vec<usize> = levels_of_data.iter().map(count_at).collect();
        FactorCoverage {
            factor: name.into(),
            reverse_kl_nats: (!recognised.is_empty()).then(|| kl_from_uniform(&counts)),
            levels: levels_of_data,
            counts,
        }
    };
    let factors = SPRITE_FACTORS.into_iter().enumerate();
    let factors = factors.filter(|(_, (name, _))| *name != "rotation");
    Ok(SpriteCoverage {
        n: nearest.len(),
        recognised: recognised.len() as f64 / nearest.len() as f64,
        unexplained: unexplained[unexplained.len() / 2],
        factors: factors.map(factor).collect(),
        sprites: sprites.len(),
    })
}

/// The combinations with different images: a square looks the same after a quarter turn, an ellipse after
/// half a turn.
fn distinct(levels: &BTreeMap<String, Vec<usize>>) -> Result<Vec<Factors>> {
    let mut seen = HashSet::new();
    let all = combinations(levels)?;
    let all = all.into_iter().filter_map(Factors::from_index);
    let is_new = |factors: &Factors| {
        let period = [4, 8, 16][factors.shape];
        let rotation = factors.rotation % period;
        seen.insert(
            Factors {
                rotation,
                ..*factors
            }
            .index(),
        )
    };
    Ok(all.filter(is_new).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::SPRITE_COUNT;
    use crate::random::{Stream, rng};
    use rand::RngExt;

    fn restricted(pairs: &[(&str, &[usize])]) -> BTreeMap<String, Vec<usize>> {
        let owned = |(name, levels): &(&str, &[usize])| (name.to_string(), levels.to_vec());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn the_number_of_distinct_images_is_as_documented() {
        assert_eq!(distinct(&BTreeMap::new()).unwrap().len(), 43_008);
        // A quarter turn changes the other shapes, but not a square.
        let quarter = restricted(&[
            ("rotation", &[0, 4]),
            ("x", &[3]),
            ("y", &[3]),
            ("scale", &[0]),
        ]);
        assert_eq!(distinct(&quarter).unwrap().len(), 1 + 2 + 2);
    }

    #[test]
    fn real_sprites_are_recognised_with_their_factors() {
        let mut rng = rng(3, Stream::Data, 0);
        let drawn: Vec<Factors> = (0..200)
            .map(|_| Factors::from_index(rng.random_range(0..SPRITE_COUNT)).unwrap())
            .collect();
        let images: Vec<f32> = drawn.iter().flat_map(render).collect();
        let measured = sprite_coverage(&images, &BTreeMap::new()).unwrap();
        assert_eq!((measured.n, measured.recognised), (200, 1.0));
        assert!(measured.unexplained < 1e-9, "{}", measured.unexplained);
        for (factor, place) in measured.factors.iter().zip([0, 1, 3, 4]) {
            for (level, count) in factor.levels.iter().zip(&factor.counts) {
                let expected = drawn
                    .iter()
                    .filter(|f| f.indices()[place] == *level)
                    .count();
                assert_eq!(*count, expected, "{} {level}", factor.factor);
            }
        }
    }

    #[test]
    fn sprites_between_the_levels_are_recognised_and_other_images_are_not() {
        let mut rng = rng(4, Stream::Data, 0);
        let mut between = Vec::new();
        for _ in 0..100 {
            let mut sprite = Factors::from_index(rng.random_range(0..SPRITE_COUNT))
                .unwrap()
                .sprite();
            // Half a step of all factors at once is the largest possible difference from the levels.
            sprite.x += if sprite.x < 16.0 { 0.4 } else { -0.4 };
            sprite.y += if sprite.y < 16.0 { 0.4 } else { -0.4 };
            sprite.scale += if sprite.scale < 0.75 { 0.05 } else { -0.05 };
            sprite.rotation += std::f32::consts::TAU / 32.0;
            let mut image = [0.0; 1024];
            sprite.render_into(&mut image);
            between.extend(image);
        }
        let measured = sprite_coverage(&between, &BTreeMap::new()).unwrap();
        assert_eq!(measured.recognised, 1.0, "{measured}");
        // Noise, black, white, and two sprites in one image.
        let mut none: Vec<f32> = (0..1024).map(|_| rng.random_range(-1.0..1.0)).collect();
        none.extend([-1.0; 1024]);
        none.extend([1.0; 1024]);
        let at = |x, y| {
            render(&Factors {
                shape: 0,
                scale: 2,
                rotation: 0,
                x,
                y,
            })
        };
        let pair = at(0, 0).into_iter().zip(at(15, 15));
        none.extend(pair.map(|(a, b)| a.max(b)));
        let measured = sprite_coverage(&none, &BTreeMap::new()).unwrap();
        assert_eq!(measured.recognised, 0.0, "{measured}");
        assert!(measured.factors[0].reverse_kl_nats.is_none());
        assert!(sprite_coverage(&none[1..], &BTreeMap::new()).is_err());
    }

    #[test]
    fn a_generator_of_one_shape_is_detected() {
        let squares = restricted(&[("shape", &[0]), ("rotation", &[0]), ("scale", &[5])]);
        let images: Vec<f32> = distinct(&squares)
            .unwrap()
            .iter()
            .flat_map(render)
            .collect();
        let of_all = restricted(&[("rotation", &[0]), ("scale", &[5])]);
        let measured = sprite_coverage(&images, &of_all).unwrap();
        assert_eq!((measured.recognised, measured.sprites), (1.0, 3 * 256));
        assert_eq!(measured.factors[0].counts, [256, 0, 0]);
        let kl = |factor: usize| measured.factors[factor].reverse_kl_nats.unwrap();
        assert!((kl(0) - 3f64.ln()).abs() < 1e-12 && kl(2) < 1e-12);
    }
}
