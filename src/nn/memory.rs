//! What a network takes in memory: one that cannot fit is refused before anything is allocated.

use super::{LayerSpec, NetworkSpec};
use crate::data::SampleShape;
use crate::error::{Error, Result};

/// A value and its gradient, of four bytes each: what learning keeps of every weight and of every
/// number that a layer puts out. An optimiser's moments come on top, so this is the least.
const BYTES: f64 = 8.0;

const GIB: f64 = (1u64 << 30) as f64;

/// What a machine that does not say is taken to have.
const UNKNOWN: f64 = 64.0 * GIB;

impl NetworkSpec {
    /// Refuses a network that cannot learn from `batch` samples at a time in this machine's memory.
    ///
    /// # Errors
    /// [`Error::Shape`] naming the layer that takes most; as [`shapes`](Self::shapes).
    pub(crate) fn fits(&self, network: &str, batch: usize) -> Result<()> {
        let outputs = self.shapes(network)?;
        let inputs = std::iter::once(&self.input).chain(&outputs);
        let mut bytes: Vec<f64> = (self.layers.iter().zip(inputs).zip(&outputs))
            .map(|((layer, input), output)| layer.bytes(input, output, batch as f64))
            .collect();
        if let Some(first) = bytes.first_mut() {
            *first += self.input.numel() as f64 * batch as f64 * BYTES;
        }
        let total: f64 = bytes.iter().sum();
        let most = bytes.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        match most {
            Some((index, most)) if total > memory() => Err(Error::Shape {
                network: network.into(),
                index,
                layer: self.layers[index].to_string(),
                expected: format!(
                    "a network that fits into the {} of this machine",
                    gib(memory())
                ),
                got: format!(
                    "one of {}, {} of them here, for {batch} samples at a time; choose smaller layers, \
                     latent or batch",
                    gib(total),
                    gib(*most)
                ),
            }),
            _ => Ok(()),
        }
    }
}

impl LayerSpec {
    fn bytes(&self, input: &SampleShape, output: &SampleShape, batch: f64) -> f64 {
        let (mut weights, mut workspace) = (0.0, 0.0);
        let mut activations = output.numel() as f64;
        match *self {
            LayerSpec::Dense {
                inputs, outputs, ..
            } => weights = inputs as f64 * outputs as f64,
            LayerSpec::Conv2d { .. } | LayerSpec::ConvTranspose2d { .. } => {
                if let SampleShape::Image { height, width, .. } = *input
                    && let Ok(g) = self.geometry(height, width)
                {
                    weights = g.filters as f64 * g.channels as f64 * (g.kernel as f64).powi(2);
                    workspace = g.workspace();
                }
            }
            LayerSpec::LayerNorm { .. } => weights = activations,
            // They change nothing, or are part of the layer before them.
            LayerSpec::Flatten {} | LayerSpec::Reshape { .. } => activations = 0.0,
            _ if self.activation().is_some() => activations = 0.0,
            _ => {}
        }
        // A patch matrix is made image by image, and has no gradient.
        (weights + activations * batch) * BYTES + workspace * (BYTES / 2.0)
    }
}

/// Bytes of memory of this machine.
fn memory() -> f64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("MemTotal:"));
    let kib = line.and_then(|l| l.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.map_or(UNKNOWN, |kib| kib * 1024.0)
}

fn gib(bytes: f64) -> String {
    match bytes / GIB {
        small @ ..10_000.0 => format!("{small:.1} GiB"),
        large => format!("{large:.1e} GiB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_as_large_as_its_parts() {
        let spec: NetworkSpec = serde_json::from_str(
            r#"{ "input": { "kind": "vector", "len": 1024 }, "layers": [
                { "type": "dense", "in": 1024, "out": 2048 }, { "type": "relu" },
                { "type": "layer_norm" } ] }"#,
        )
        .unwrap();
        let shapes = spec.shapes("g").unwrap();
        let bytes = |i: usize| spec.layers[i].bytes(&shapes[0], &shapes[i], 4.0);
        assert_eq!(bytes(0), 8.0 * (1024.0 * 2048.0 + 4.0 * 2048.0));
        assert_eq!((bytes(1), bytes(2)), (0.0, 8.0 * 5.0 * 2048.0));
        assert!(spec.fits("g", 4).is_ok());
        let message = spec.fits("g", 1 << 50).unwrap_err().to_string();
        for part in ["g layer 0 (dense 1024→2048)", "GiB", "batch"] {
            assert!(message.contains(part), "{message}");
        }
    }
}
