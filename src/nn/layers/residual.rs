//! Residual block (He et al. 2016): y = main(x) + shortcut(x).

use super::identity::Identity;
use crate::data::SampleShape;
use crate::error::Result;
use crate::nn::init::Initializer;
use crate::nn::layer::{LayerDescription, Memory, Mismatch};
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Residual block: y = main(x) + shortcut(x) (He et al. 2016). Without layers, the shortcut is the identity.
///
/// In PyTorch it is a module with two attributes `main` and `shortcut`, both an `nn.Sequential`, so the first weight of
/// block 3 is called `3.main.0.weight`. With spectral norm, each weight is divided by its norm, and the norm of the
/// block is at most 2 if both branches have norm 1 (Miyato et al. 2018 use blocks like this).
///
/// `L` is always [`LayerSpec`](super::LayerSpec): a block contains layers, which may be blocks.
///
/// ```
/// use ganscope::nn::{Network, NetworkSpec};
/// use ganscope::{random::Stream, tensor::Batch};
/// let spec: NetworkSpec = toml::from_str(r#"
///     input = { kind = "vector", len = 2 }
///     layers = [{ type = "residual", main = [{ type = "relu" }, { type = "dense", in = 2, out = 2 }] }]
/// "#)?;
/// let mut block = Network::new("block", &spec, 1, Stream::GeneratorInit)?;
/// assert_eq!(block.parameters()[0].0, "0.main.1.weight");
/// block.parameters_mut()[0].1.update(|w| w.copy_from_slice(&[1.0, 0.0, 0.0, 2.0]));
/// // (3, −1) + W · relu(3, −1)
/// let y = block.infer(Batch::new(vec![3.0, -1.0], 1, 2)?)?;
/// assert_eq!(*y.values(), [6.0, -1.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Residual<L> {
    /// Layers of the main branch, at least one.
    pub main: Vec<L>,
    /// Layers of the shortcut; default none, which makes it the identity.
    #[serde(default = "Vec::new")]
    pub shortcut: Vec<L>,
}

impl<L> Residual<L> {
    /// Returns the layers of main branch and shortcut.
    pub(in crate::nn) fn branches(&self) -> [&[L]; 2] {
        [&self.main, &self.shortcut]
    }
}

impl<L> fmt::Display for Residual<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [main, shortcut] = self.branches().map(<[L]>::len);
        write!(f, "residual {main}+{shortcut}")
    }
}

/// What a block asks of the layers that it contains.
pub(in crate::nn) trait BranchLayer {
    /// Returns the shape of an output sample.
    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch>;

    /// Whether the layer has parameters that are trained.
    fn has_parameters(&self) -> bool;
}

impl<L: BranchLayer> LayerDescription for Residual<L> {
    /// The layers of the branches are built and applied one by one, as [`plan`](crate::nn::plan) orders them. Nothing
    /// remains to be built of the block itself.
    type Built = Identity;

    fn output_shape(&self, input: &SampleShape) -> Result<SampleShape, Mismatch> {
        if self.main.is_empty() {
            return Err(Mismatch {
                expected: "at least one layer in \"main\"".into(),
                setting: Some("main = []".into()),
            });
        }
        let apply = |layers: &[L]| {
            let mut shapes = layers.iter();
            shapes.try_fold(input.clone(), |shape, layer| layer.output_shape(&shape))
        };
        let [main, shortcut] = self.branches().map(apply);
        let (main, shortcut) = (main?, shortcut?);
        if main == shortcut {
            return Ok(main);
        }
        Err(Mismatch {
            expected: "branches with equal output shapes".into(),
            setting: Some(format!("main → {main}, shortcut → {shortcut}")),
        })
    }

    fn build(&self, _: &SampleShape, _: Initializer, _: &mut impl Rng) -> Result<Self::Built> {
        Ok(Identity)
    }

    fn has_parameters(&self) -> bool {
        let mut layers = self.branches().into_iter().flatten();
        layers.any(BranchLayer::has_parameters)
    }

    /// The sum; the layers of the branches are counted by themselves.
    fn memory(&self, _: &SampleShape, output: &SampleShape) -> Memory {
        Memory::of_output(output)
    }
}
