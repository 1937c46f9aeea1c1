//! Estimate of a network's memory, so that one that cannot fit is refused before anything is allocated.

use super::layers::LayerSpec;
use super::plan::{Role, misfit};
use super::spec::NetworkSpec;
use crate::data::SampleShape;
use crate::error::Result;

/// Bytes of a value and its gradient: what training keeps of every weight and of every value of a layer's
/// output. The moments of an optimiser are not counted, so the estimate is a lower bound.
const BYTES: f64 = 8.0;

/// Bytes of a GiB.
const GIB: f64 = (1u64 << 30) as f64;

/// Memory that is assumed where the system does not say how much it has.
const ASSUMED_MEMORY: f64 = 64.0 * GIB;

impl NetworkSpec {
    /// Refuses a network that cannot be trained on `batch` samples at a time in the memory of this machine.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) with the layer that takes most memory; the errors of [`shapes`](Self::shapes).
    pub(crate) fn check_memory(&self, network: &str, batch: usize) -> Result<()> {
        let steps = self.plan(network)?;
        let mut bytes: Vec<f64> = (steps.iter())
            .map(|step| match step.role {
                Role::Layer | Role::Join => {
                    layer_bytes(step.layer, &step.input, &step.output, batch as f64)
                }
                Role::Fork | Role::Switch => 0.0,
            })
            .collect();
        if let Some(first) = bytes.first_mut() {
            *first += self.input.numel() as f64 * batch as f64 * BYTES;
        }
        let total: f64 = bytes.iter().sum();
        let largest = bytes.iter().zip(&steps).max_by(|a, b| a.0.total_cmp(b.0));
        let available = available_memory();
        match largest {
            Some((largest, step)) if total > available => Err(misfit(
                network,
                &step.name,
                step.layer,
                format!(
                    "a network that fits into the {} of memory of this machine",
                    gib(available)
                ),
                format!(
                    "one that needs {} for {batch} samples at a time, of which this layer needs {}; choose \
                     smaller layers, a smaller latent or a smaller batch",
                    gib(total),
                    gib(*largest)
                ),
            )),
            _ => Ok(()),
        }
    }
}

/// Bytes that a layer takes in training.
fn layer_bytes(layer: &LayerSpec, input: &SampleShape, output: &SampleShape, batch: f64) -> f64 {
    let memory = layer.memory(input, output);
    // A convolution's workspace holds one image at a time and has no gradient.
    (memory.parameters + memory.activations * batch) * BYTES + memory.workspace * (BYTES / 2.0)
}

/// Bytes of memory of this machine, but not more than a program can address.
fn available_memory() -> f64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("MemTotal:"));
    let kib = line.and_then(|l| l.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    let bytes = kib.map_or(ASSUMED_MEMORY, |kib| kib * 1024.0);
    bytes.min(usize::MAX as f64)
}

fn gib(bytes: f64) -> String {
    match bytes / GIB {
        gib @ ..10_000.0 => format!("{gib:.1} GiB"),
        gib => format!("{gib:.1e} GiB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_the_sum_over_weights_and_outputs() {
        let spec: NetworkSpec = serde_json::from_str(
            r#"{ "input": { "kind": "vector", "len": 1024 }, "layers": [
                { "type": "dense", "in": 1024, "out": 2048 }, { "type": "relu" },
                { "type": "layer_norm" } ] }"#,
        )
        .unwrap();
        let shapes = spec.shapes("g").unwrap();
        let bytes = |i: usize| layer_bytes(&spec.layers[i], &shapes[0], &shapes[i], 4.0);
        assert_eq!(bytes(0), 8.0 * (1024.0 * 2048.0 + 4.0 * 2048.0));
        assert_eq!((bytes(1), bytes(2)), (0.0, 8.0 * 5.0 * 2048.0));
        assert!(spec.check_memory("g", 4).is_ok());
        let message = spec.check_memory("g", usize::MAX).unwrap_err().to_string();
        for part in ["g layer 0 (dense 1024→2048)", "GiB", "batch"] {
            assert!(message.contains(part), "{message}");
        }
    }
}
