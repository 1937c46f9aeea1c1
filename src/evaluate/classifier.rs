//! The classifier whose features images are compared in.
//!
//! Metrics of image quality look at images through a classifier: usually an Inception network trained
//! on ImageNet, which one would have to download, and which has never seen a digit. This one is small
//! and is trained here, on the training images of the data set itself: two convolutions, a dense layer
//! whose outputs are the features, and the classes' logits on top of them.
//!
//! $$ \phi(x) = \mathrm{ReLU}(W_3\,c_2(c_1(x)) + b_3), \qquad p(y \mid x) = \mathrm{softmax}(W_4\,\phi(x) + b_4) $$
//!
//! Numbers measured in these features can be compared with each other, never with those of another
//! classifier, so each stands beside the accuracy of this one.

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

/// Images that go through the network at a time.
const CHUNK: usize = 250;

/// All that decides what a classifier becomes, besides the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassifierRecipe {
    /// Goes up when training changes in a way that no other field says.
    pub version: u32,
    /// From an image to its features.
    pub features: NetworkSpec,
    /// From the features to a logit for each class.
    pub head: NetworkSpec,
    /// Its learning rate falls to 0 along half a cosine.
    pub optimizer: OptimizerConfig,
    /// Images a step.
    pub batch: usize,
    /// How often each training image is seen.
    pub epochs: u64,
    /// Each time by up to so many pixels further left or right, up or down.
    pub shift: usize,
    /// Weights, order and shifts follow from it.
    pub seed: u64,
}

impl ClassifierRecipe {
    /// The recipe for images of this shape.
    ///
    /// # Errors
    /// [`Error::Usage`] for samples that are no images, and for images with a side below 4.
    pub fn of(shape: &SampleShape, classes: usize) -> Result<Self> {
        const FEATURES: usize = 128;
        let (channels, height, width) = match *shape {
            SampleShape::Image {
                channels,
                height: height @ 4..,
                width: width @ 4..,
            } => (channels, height, width),
            _ => {
                return Err(Error::Usage(format!(
                    "the classifier takes images of at least 4×4 pixels, not samples of {shape}"
                )));
            }
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
        let flat = 64 * height.div_ceil(4) * width.div_ceil(4);
        let mut layers: Vec<LayerSpec> = [halving(channels, 32), halving(32, 64)].concat();
        let rest = [
            Flatten {}.into(),
            Dense::new(flat, FEATURES).into(),
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

/// A trained classifier, with how good it is.
#[derive(Debug, Clone)]
pub struct Classifier {
    pub(super) features: Network,
    pub(super) head: Network,
    /// Name of the data set that it was trained on.
    pub data: String,
    /// Share of the test images that it names rightly.
    pub accuracy: f64,
    /// How many test images there were.
    pub tested_on: usize,
}

impl Classifier {
    /// Before any training.
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

    /// Trains by `recipe` on `train` and measures the accuracy on `test`; a function of these three.
    /// `watch` is called after every epoch with their number so far.
    ///
    /// # Errors
    /// [`Error::Usage`] for data without classes; [`Error::Shape`] for data of another shape than the
    /// recipe is for; [`Error::Diverged`] when the loss is no longer finite.
    pub fn train(
        train: &Dataset,
        test: &Dataset,
        recipe: &ClassifierRecipe,
        watch: &mut dyn FnMut(u64),
    ) -> Result<Self> {
        let mut classifier = Self::untrained(&train.description().name, recipe)?;
        let &ClassifierRecipe {
            batch,
            epochs,
            shift,
            seed,
            ..
        } = recipe;
        let an_epoch = (train.len().unwrap_or(0) / batch.max(1)) as u64;
        let steps = an_epoch * epochs;
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
            if (step + 1) % an_epoch == 0 {
                watch((step + 1) / an_epoch);
            }
        }
        classifier.examine(test)?;
        Ok(classifier)
    }

    /// One step down the cross-entropy.
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
                    remedy: "lower the learning rate of its recipe".into(),
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

    /// Measures the accuracy.
    fn examine(&mut self, test: &Dataset) -> Result<()> {
        let (Some(n), Some(labels)) = (test.len(), test.labels()) else {
            return Err(Error::Usage(format!(
                "{} has no classes to examine a classifier on",
                test.description().name
            )));
        };
        let p = self.probabilities(&self.features(&test.rows(0..n)?)?)?;
        let named = p.chunks_exact(self.classes()).map(most_likely);
        let right = named
            .zip(labels)
            .filter(|(named, label)| *named == usize::from(**label));
        (self.accuracy, self.tested_on) = (right.count() as f64 / n as f64, n);
        Ok(())
    }

    /// How many classes it tells apart.
    pub fn classes(&self) -> usize {
        self.head.output().numel()
    }

    /// Features of an image.
    pub fn dimension(&self) -> usize {
        self.features.output().numel()
    }

    /// φ(x) for images in [−1, 1], row-major [n, numel].
    ///
    /// # Errors
    /// [`Error::Usage`] for no or no whole images; [`Error::Device`].
    pub fn features(&self, images: &[f32]) -> Result<Features> {
        let (numel, dimension) = (self.features.spec().input.numel(), self.dimension());
        if !images.len().is_multiple_of(numel) {
            return Err(Error::Usage(format!(
                "{} numbers are not whole images of {}",
                images.len(),
                self.features.spec().input
            )));
        }
        // A ReLU would make 0 of NaN, and nobody would see it.
        if let Some(at) = images.iter().position(|v| !v.is_finite()) {
            return Err(Error::Usage(format!(
                "sample {} (counted from 0) has a pixel that is {}; nothing can be measured on it",
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

    /// p(y|x) from the features of x, row-major [n, classes].
    ///
    /// # Errors
    /// [`Error::Shape`] for features of another space; [`Error::Device`].
    pub fn probabilities(&self, features: &Features) -> Result<Vec<f64>> {
        let values = features.values().iter().map(|v| *v as f32).collect();
        let x = Batch::new(values, features.len(), features.dimension())?;
        let logits = self.head.infer(x)?;
        let probabilities = softmax::probabilities(&logits.values(), self.classes());
        Ok(probabilities)
    }
}

fn most_likely(p: &[f64]) -> usize {
    let best = p.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or(0, |(class, _)| class)
}

/// Moves each image by up to `most` pixels along either side; what comes in is black.
fn shift_each(images: &mut [f32], shape: &SampleShape, most: usize, seed: u64, step: u64) {
    let SampleShape::Image { height, width, .. } = *shape else {
        return;
    };
    let mut rng = rng(seed, Stream::ClassifierShift, step);
    let mut moved = vec![0.0; shape.numel()];
    for image in images.chunks_exact_mut(shape.numel()) {
        let [down, right] = [0; 2].map(|_: usize| rng.random_range(0..=2 * most));
        // A pixel of the moved image comes from (y, x) + most − (down, right).
        for (to, from) in moved
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
        image.copy_from_slice(&moved);
    }
}
