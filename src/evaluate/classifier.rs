//! The classifier whose features are used to compare images.
//!
//! Measures of image quality usually compare features from an Inception network, which was trained on
//! ImageNet, would have to be downloaded, and has never seen a digit. The classifier here is small and is
//! trained on the training images of the dataset: two convolutions, a dense layer whose outputs are the
//! features, and a dense layer for the logits of the classes.
//!
//! $$ \phi(x) = \mathrm{ReLU}(W_3\,c_2(c_1(x)) + b_3), \qquad p(y \mid x) = \mathrm{softmax}(W_4\,\phi(x) + b_4) $$
//!
//! Results that were measured with these features cannot be compared with those of another classifier, so
//! the accuracy of the classifier is reported with every result.

use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::Features;
use crate::data::{Dataset, SampleShape};
use crate::error::{Error, Result};
use crate::nn::layers::{BatchNorm, Conv2d, Dense, Flatten, Relu};
use crate::nn::{Initializer, LayerSpec, Network, NetworkSpec, Pass};
use crate::optim::{Decay, Optimizer, OptimizerConfig, ScheduleConfig};
use crate::random::{Stream, rng};
use crate::tensor::{Batch, Gradients, softmax};

/// Number of images that are evaluated at a time.
const CHUNK: usize = 250;

/// Everything besides the data that determines a trained classifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassifierRecipe {
    /// Version of the training procedure; increased when it changes in a way that no other field shows.
    pub version: u32,
    /// Network from an image to its features.
    pub features: NetworkSpec,
    /// Network from the features to a logit for each class.
    pub head: NetworkSpec,
    /// Optimiser; its learning rate decays to 0 along a half cosine.
    pub optimizer: OptimizerConfig,
    /// Number of images in each step.
    pub batch: usize,
    /// Number of times that each training image is seen.
    pub epochs: u64,
    /// Largest random shift of a training image in pixels, horizontally and vertically.
    pub shift: usize,
    /// Random seed for the initial weights, the order of the images and their shifts.
    pub seed: u64,
}

impl ClassifierRecipe {
    /// The recipe for images of this shape.
    ///
    /// # Errors
    /// [`Error::Usage`] for samples that are not images, and for images with a side of fewer than 4 pixels.
    pub fn of(shape: &SampleShape, classes: usize) -> Result<Self> {
        const FEATURES: usize = 128;
        let SampleShape::Image {
            channels,
            height: height @ 4..,
            width: width @ 4..,
        } = *shape
        else {
            return Err(Error::Usage(format!(
                "the classifier needs images of at least 4×4 pixels, not samples of {shape}"
            )));
        };
        let halving = |inputs, outputs| {
            let convolution = Conv2d {
                inputs,
                outputs,
                kernel: 5,
                stride: 2,
                padding: 2,
                bias: true,
            };
            let norm = BatchNorm::new(outputs);
            [convolution.into(), norm.into(), Relu {}.into()]
        };
        let flattened = 64 * height.div_ceil(4) * width.div_ceil(4);
        let mut layers: Vec<LayerSpec> = [halving(channels, 32), halving(32, 64)].concat();
        let rest = [
            Flatten {}.into(),
            Dense::new(flattened, FEATURES).into(),
            Relu {}.into(),
        ];
        layers.extend(rest);
        Ok(ClassifierRecipe {
            version: 1,
            features: NetworkSpec {
                input: shape.clone(),
                init: Initializer::He,
                spectral_norm: false,
                layers,
            },
            head: NetworkSpec {
                input: SampleShape::Vector { len: FEATURES },
                init: Initializer::Xavier,
                spectral_norm: false,
                layers: vec![Dense::new(FEATURES, classes).into()],
            },
            optimizer: OptimizerConfig::adam(2e-3, 0.9, 0.999),
            batch: 100,
            epochs: 6,
            shift: 2,
            seed: 1,
        })
    }
}

/// A trained classifier with its accuracy.
#[derive(Debug, Clone)]
pub struct Classifier {
    pub(super) features: Network,
    pub(super) head: Network,
    /// Name of the dataset on which it was trained.
    pub data: String,
    /// Fraction of the test images that are classified correctly.
    pub accuracy: f64,
    /// Number of test images.
    pub tested_on: usize,
}

impl Classifier {
    /// The classifier before training.
    pub(super) fn untrained(data: &str, recipe: &ClassifierRecipe) -> Result<Self> {
        let stream = Stream::ClassifierInit;
        Ok(Classifier {
            features: Network::new("features", &recipe.features, recipe.seed, stream)?,
            head: Network::new("head", &recipe.head, recipe.seed, stream)?,
            data: data.into(),
            accuracy: 0.0,
            tested_on: 0,
        })
    }

    /// Trains a classifier on `train` and measures its accuracy on `test`. The result is a function of these
    /// and of `recipe`. `after_epoch` is called after every epoch with the number of epochs so far.
    ///
    /// # Errors
    /// [`Error::Usage`] for data without class labels; [`Error::Shape`] for data of another shape than that of
    /// the recipe; [`Error::Diverged`] when a gradient is not finite.
    pub fn train(
        train: &Dataset,
        test: &Dataset,
        recipe: &ClassifierRecipe,
        after_epoch: &mut dyn FnMut(u64),
    ) -> Result<Self> {
        let mut classifier = Self::untrained(&train.description().name, recipe)?;
        let &ClassifierRecipe {
            batch,
            epochs,
            shift,
            seed,
            ..
        } = recipe;
        let steps_per_epoch = (train.len().unwrap_or(0) / batch.max(1)) as u64;
        let steps = steps_per_epoch * epochs;
        let schedule = ScheduleConfig {
            warmup: 0,
            decay: Decay::Cosine {
                over: steps.max(1),
                floor: 0.0,
            },
        };
        let schedule = schedule.init()?;
        let mut optimizer = recipe.optimizer.init()?;
        let shape = &train.description().shape;
        for step in 0..steps {
            let (mut images, classes) = train.labelled_batch(seed, step, batch)?;
            shift_each(&mut images, shape, shift, seed, step);
            let x = Batch::new(images, batch, shape.numel())?;
            classifier.step(x, &classes, &mut optimizer, schedule.factor(step), step)?;
            if (step + 1) % steps_per_epoch == 0 {
                after_epoch((step + 1) / steps_per_epoch);
            }
        }
        classifier.measure_accuracy(test)?;
        Ok(classifier)
    }

    /// Makes one step that minimises the cross-entropy.
    fn step(
        &mut self,
        x: Batch,
        classes: &[u8],
        optimizer: &mut Optimizer,
        lr_factor: f64,
        step: u64,
    ) -> Result<()> {
        let classes: Vec<usize> = classes.iter().map(|&c| c.into()).collect();
        let pass = Pass::training(0, step);
        let features = self.features.forward(x.record(), pass)?;
        let logits = self.head.forward(features, pass.through())?;
        let loss = softmax::cross_entropy(logits, &classes)?;
        let mut gradients = Gradients::of(loss)?;
        optimizer.begin_step();
        let parameters = self.features.parameters_mut().into_iter();
        let parameters = parameters.chain(self.head.parameters_mut());
        for (index, (name, parameter)) in parameters.enumerate() {
            let gradient = gradients.take(parameter)?;
            if gradient.iter().any(|g| !g.is_finite()) {
                return Err(Error::Diverged {
                    step,
                    network: "classifier".into(),
                    layer: name,
                    what: "a gradient".into(),
                    remedy: "lower the learning rate in the training settings of this classifier"
                        .into(),
                });
            }
            let mut outcome = Ok(());
            parameter.update(|values| {
                outcome = optimizer.update(index, lr_factor, values, &gradient);
            });
            outcome?;
            Gradients::done_with(gradient);
        }
        Ok(())
    }

    /// Measures the accuracy on test images.
    fn measure_accuracy(&mut self, test: &Dataset) -> Result<()> {
        let (Some(n), Some(labels)) = (test.len(), test.labels()) else {
            return Err(Error::Usage(format!(
                "{} has no classes, so a classifier cannot be tested on it",
                test.description().name
            )));
        };
        let p = self.probabilities(&self.features(&test.rows(0..n)?)?)?;
        let predicted = p.chunks_exact(self.classes()).map(most_likely);
        let correct = predicted
            .zip(labels)
            .filter(|(class, label)| *class == usize::from(**label));
        (self.accuracy, self.tested_on) = (correct.count() as f64 / n as f64, n);
        Ok(())
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.head.output().numel()
    }

    /// Number of features of an image.
    pub fn dimension(&self) -> usize {
        self.features.output().numel()
    }

    /// The features φ(x) of images in [−1, 1], row-major [n, numel].
    ///
    /// # Errors
    /// [`Error::Usage`] when there is no image, the last image is incomplete, or a pixel is not finite;
    /// [`Error::Device`].
    pub fn features(&self, images: &[f32]) -> Result<Features> {
        let (numel, dimension) = (self.features.spec().input.numel(), self.dimension());
        if !images.len().is_multiple_of(numel) {
            return Err(Error::Usage(format!(
                "{} numbers cannot be divided into images of {}",
                images.len(),
                self.features.spec().input
            )));
        }
        // A ReLU would turn NaN into 0, so that it would go unnoticed.
        if let Some(at) = images.iter().position(|v| !v.is_finite()) {
            return Err(Error::Usage(format!(
                "sample {} (counted from 0) has a pixel that is {}; only finite pixels can be measured",
                at / numel,
                images[at]
            )));
        }
        let mut values = Vec::with_capacity(images.len() / numel * dimension);
        for chunk in images.chunks(CHUNK * numel) {
            let x = Batch::new(chunk.to_vec(), chunk.len() / numel, numel)?;
            let y = self.features.infer(x)?;
            values.extend(y.values().iter().map(|v| f64::from(*v)));
        }
        Features::new(values, dimension)
    }

    /// The class probabilities p(y|x) from the features of x, row-major [n, classes].
    ///
    /// # Errors
    /// [`Error::Shape`] for features of another dimension; [`Error::Device`].
    pub fn probabilities(&self, features: &Features) -> Result<Vec<f64>> {
        let values = features.values().iter().map(|v| *v as f32).collect();
        let x = Batch::new(values, features.len(), features.dimension())?;
        let logits = self.head.infer(x)?;
        let probabilities = softmax::probabilities(&logits.values(), self.classes());
        Ok(probabilities)
    }
}

/// The class with the highest probability.
fn most_likely(p: &[f64]) -> usize {
    let best = p.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or(0, |(class, _)| class)
}

/// Shifts each image by up to `most` pixels in each direction; pixels from outside are black.
fn shift_each(images: &mut [f32], shape: &SampleShape, most: usize, seed: u64, step: u64) {
    let SampleShape::Image { height, width, .. } = *shape else {
        return;
    };
    let mut rng = rng(seed, Stream::ClassifierShift, step);
    let mut shifted = vec![0.0; shape.numel()];
    for image in images.chunks_exact_mut(shape.numel()) {
        let [down, right] = [0; 2].map(|_: usize| rng.random_range(0..=2 * most));
        // A pixel of the shifted image comes from (y, x) + most − (down, right).
        for (to, from) in shifted
            .chunks_exact_mut(height * width)
            .zip(image.chunks_exact(height * width))
        {
            for y in 0..height {
                for x in 0..width {
                    let source = |at: usize, by: usize, size: usize| {
                        (at + most).checked_sub(by).filter(|at| *at < size)
                    };
                    to[y * width + x] = match (source(y, down, height), source(x, right, width)) {
                        (Some(y), Some(x)) => from[y * width + x],
                        _ => -1.0,
                    };
                }
            }
        }
        image.copy_from_slice(&shifted);
    }
}
