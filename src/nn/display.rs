//! How errors and tables name a layer.

use super::LayerSpec;

impl std::fmt::Display for LayerSpec {
    /// `dense 784→512`, `conv2d 1→64 4×4 /2`: how errors name a layer.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LayerSpec::Dense {
                inputs, outputs, ..
            } => write!(f, "dense {inputs}→{outputs}"),
            LayerSpec::Conv2d {
                inputs,
                outputs,
                kernel,
                stride,
                ..
            } => {
                write!(f, "conv2d {inputs}→{outputs} {kernel}×{kernel} /{stride}")
            }
            LayerSpec::ConvTranspose2d {
                inputs,
                outputs,
                kernel,
                stride,
                ..
            } => {
                write!(
                    f,
                    "conv_transpose2d {inputs}→{outputs} {kernel}×{kernel} ·{stride}"
                )
            }
            LayerSpec::BatchNorm { features, .. } => write!(f, "batch_norm {features}"),
            LayerSpec::LayerNorm { .. } => write!(f, "layer_norm"),
            LayerSpec::Relu {} => write!(f, "relu"),
            LayerSpec::LeakyRelu { slope } => write!(f, "leaky_relu {slope}"),
            LayerSpec::Tanh {} => write!(f, "tanh"),
            LayerSpec::Sigmoid {} => write!(f, "sigmoid"),
            LayerSpec::Softplus {} => write!(f, "softplus"),
            LayerSpec::Elu { alpha } => write!(f, "elu {alpha}"),
            LayerSpec::Maxout { pieces } => write!(f, "maxout {pieces}"),
            LayerSpec::Flatten {} => write!(f, "flatten"),
            LayerSpec::Reshape {
                channels,
                height,
                width,
            } => {
                write!(f, "reshape {channels}×{height}×{width}")
            }
            LayerSpec::UpsampleNearest { factor } => write!(f, "upsample_nearest {factor}"),
            LayerSpec::Dropout { p } => write!(f, "dropout {p}"),
            LayerSpec::RandomAffine(_) => write!(f, "random_affine"),
            LayerSpec::MinibatchStddev {} => write!(f, "minibatch_stddev"),
        }
    }
}
