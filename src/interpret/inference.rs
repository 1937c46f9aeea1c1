//! Networks applied to many rows, a few hundred at a time.

use crate::error::{Error, Result, counted};
use crate::nn::{LayerSpec, Network};
use crate::tensor::Batch;

/// Largest number of rows that are computed at a time.
pub(crate) const MAXIMUM_ROWS: usize = 256;

/// Largest number of activations of all layers that are computed at a time: 32 MB.
const MAXIMUM_ACTIVATIONS: usize = 1 << 23;

/// Largest amount of memory for the values that a function keeps for all samples: 268 MB.
const MAXIMUM_BYTES: usize = 1 << 28;

/// Number of rows of which the activations of all layers fit into a moderate amount of memory.
pub(crate) fn rows_at_a_time(network: &Network) -> Result<usize> {
    let shapes = network.spec().shapes(network.name())?;
    let input = network.spec().input.numel();
    let numbers = shapes
        .iter()
        .fold(input, |sum, shape| sum.saturating_add(shape.numel()));
    Ok((MAXIMUM_ACTIVATIONS / numbers.max(1)).clamp(1, MAXIMUM_ROWS))
}

/// Refuses a network in which the output for one sample depends on the other samples of the batch.
pub(crate) fn check_rows_are_independent(network: &Network) -> Result<()> {
    let is_dependent = |layer: &LayerSpec| matches!(layer, LayerSpec::MinibatchStddev(_));
    let Some((index, layer)) = network.spec().find(&is_dependent) else {
        return Ok(());
    };
    Err(Error::Usage(format!(
        "layer {index} of {} ({}) makes the output for a sample depend on the other samples of its batch, so the output \
         of a single sample is not defined; use a network without this layer",
        network.name(),
        layer
    )))
}

/// Applies `network` to the rows of `x` and calls `visit(first, outputs)` for every block of rows, where `first` is the
/// index of its first row.
///
/// Returns an error if an output is not finite.
pub(crate) fn infer(
    network: &Network,
    x: &[f32],
    mut visit: impl FnMut(usize, &[f32]) -> Result<()>,
) -> Result<()> {
    let width = network.spec().input.numel();
    let rows = rows_at_a_time(network)?;
    for (block, x) in x.chunks(rows * width).enumerate() {
        let y = network.infer(Batch::new(x.to_vec(), x.len() / width, width)?)?;
        let y = y.values();
        check_finite(&y, network.name())?;
        visit(block * rows, &y)?;
    }
    Ok(())
}

/// The outputs of `network` for all rows of `x`, row-major.
pub(crate) fn infer_all(network: &Network, x: &[f32]) -> Result<Vec<f32>> {
    let n = x.len() / network.spec().input.numel().max(1);
    check_kept(
        n,
        network.output().numel(),
        size_of::<f32>(),
        network.name(),
    )?;
    let mut all = Vec::with_capacity(n * network.output().numel());
    infer(network, x, |_, y| {
        all.extend_from_slice(y);
        Ok(())
    })?;
    Ok(all)
}

/// Refuses to keep `width` values of `bytes` bytes for each of `n` samples if they take too much memory. `what` is what
/// has these values.
pub(crate) fn check_kept(n: usize, width: usize, bytes: usize, what: &str) -> Result<()> {
    let bytes = width.saturating_mul(bytes);
    if n.saturating_mul(bytes) <= MAXIMUM_BYTES {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "{what}: {} with {} each do not fit into {} MB of memory; use at most {}",
        counted(n, "sample"),
        counted(width, "value"),
        MAXIMUM_BYTES / 1_000_000,
        counted(MAXIMUM_BYTES / bytes.max(1), "sample")
    )))
}

/// Refuses values of a network that are not finite.
fn check_finite(values: &[f32], network: &str) -> Result<()> {
    if values.iter().all(|v| v.is_finite()) {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "an output of {network} is not finite; check its weights with `Network::first_not_finite`"
    )))
}
