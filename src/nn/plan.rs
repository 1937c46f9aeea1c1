//! The order in which the layers of a network are applied, with those inside of residual blocks.
//!
//! A residual block `main(x) + shortcut(x)` becomes steps in one flat list:
//!
//! | step | effect |
//! |---|---|
//! | fork | remembers x |
//! | the layers of `main` | |
//! | switch | remembers main(x), and goes back to x |
//! | the layers of `shortcut` | |
//! | join | adds main(x) |
//!
//! So there is one list of layers with weights, and whatever visits every layer (parameters, spectral norm, saturation,
//! memory) needs no special case for layers in a block.

use super::layers::LayerSpec;
use super::limits::{MAX_OUTPUT, MAX_SIZE};
use super::spec::NetworkSpec;
use crate::data::SampleShape;
use crate::error::{Error, Result};

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Applies a layer.
    Layer,
    /// Begins a residual block.
    Fork,
    /// Goes from the main branch of a block to its shortcut.
    Switch,
    /// Ends a block with the sum of both branches.
    Join,
}

/// One step of applying a network.
#[derive(Debug)]
pub(super) struct Step<'a> {
    /// Name of the layer, such as `3`, or `3.main.0` for the first layer in the main branch of block 3.
    pub name: String,
    pub role: Role,
    /// The layer, or the residual block that begins, changes to its shortcut, or ends.
    pub layer: &'a LayerSpec,
    /// Shape of an input sample.
    pub input: SampleShape,
    /// Shape of an output sample.
    pub output: SampleShape,
}

impl NetworkSpec {
    /// Returns the shape of a sample after each layer. Errors call the network `network`.
    ///
    /// # Errors
    /// [`Error::Shape`] with the layer, what it expects and what it got; [`Error::Config`] for a layer
    /// that cannot be combined with spectral norm.
    pub fn shapes(&self, network: &str) -> Result<Vec<SampleShape>> {
        let steps = self.plan(network)?.into_iter();
        let outermost = steps.filter(|step| {
            let completes = matches!(step.role, Role::Layer | Role::Join);
            completes && !step.name.contains('.')
        });
        Ok(outermost.map(|step| step.output).collect())
    }

    /// Returns all steps in order. Errors call the network `network`.
    ///
    /// # Errors
    /// Those of [`shapes`](Self::shapes).
    pub(super) fn plan(&self, network: &str) -> Result<Vec<Step<'_>>> {
        let input = &self.input;
        if !(1..=MAX_SIZE).contains(&input.numel()) {
            return Err(Error::Shape {
                network: network.into(),
                index: 0,
                layer: "input".into(),
                expected: format!("sizes of at least 1, and at most {MAX_SIZE} numbers"),
                got: input.to_string(),
            });
        }
        let mut steps = Vec::with_capacity(self.layers.len());
        self.extend(&mut steps, &self.layers, "", input, network)?;
        Ok(steps)
    }

    /// Appends the steps of `layers`, whose names begin with `prefix`, and returns the shape of their output.
    fn extend<'a>(
        &self,
        steps: &mut Vec<Step<'a>>,
        layers: &'a [LayerSpec],
        prefix: &str,
        input: &SampleShape,
        network: &str,
    ) -> Result<SampleShape> {
        let mut shape = input.clone();
        for (index, layer) in layers.iter().enumerate() {
            let name = format!("{prefix}{index}");
            if self.spectral_norm
                && let Some(reason) = layer.spectral_norm_conflict()
            {
                return Err(Error::setting(
                    format!("{network}.spectral_norm"),
                    format!(
                        "{network}: \"spectral_norm\" cannot be combined with layer {name} ({layer}), which \
                         {reason}; remove the layer or spectral_norm"
                    ),
                ));
            }
            if let Some(branches) = layer.branches() {
                let step = |role, input: &SampleShape, output: &SampleShape| Step {
                    name: name.clone(),
                    role,
                    layer,
                    input: input.clone(),
                    output: output.clone(),
                };
                steps.push(step(Role::Fork, &shape, &shape));
                let [main, shortcut] = branches;
                let inside = format!("{name}.main.");
                let main = self.extend(steps, main, &inside, &shape, network)?;
                steps.push(step(Role::Switch, &main, &shape));
                let inside = format!("{name}.shortcut.");
                let short = self.extend(steps, shortcut, &inside, &shape, network)?;
                // The block itself compares the shapes of its branches.
                let output = output_of(layer, &name, &shape, network)?;
                debug_assert_eq!((&main, &short), (&output, &output));
                steps.push(step(Role::Join, &short, &output));
                shape = output;
                continue;
            }
            let output = output_of(layer, &name, &shape, network)?;
            steps.push(Step {
                name,
                role: Role::Layer,
                layer,
                input: std::mem::replace(&mut shape, output.clone()),
                output,
            });
        }
        Ok(shape)
    }
}

/// Returns the shape of a layer's output; the error names the layer.
fn output_of(
    layer: &LayerSpec,
    name: &str,
    input: &SampleShape,
    network: &str,
) -> Result<SampleShape> {
    let refusal = |expected: String, got: String| misfit(network, name, layer, expected, got);
    let output = layer.output_shape(input).map_err(|mismatch| {
        let got = match mismatch.setting {
            Some(setting) => format!("{setting} (input: {input})"),
            None => input.to_string(),
        };
        refusal(mismatch.expected, got)
    })?;
    if output.numel() > MAX_OUTPUT {
        return Err(refusal(
            format!("an output of at most {MAX_OUTPUT} numbers per sample"),
            output.to_string(),
        ));
    }
    Ok(output)
}

/// Returns the error of the layer called `name`, which may be inside of a block.
pub(super) fn misfit(
    network: &str,
    name: &str,
    layer: &LayerSpec,
    expected: String,
    got: String,
) -> Error {
    let (index, inside) = name.split_once('.').unwrap_or((name, ""));
    Error::Shape {
        network: network.into(),
        index: index.parse().unwrap_or_default(),
        layer: match inside {
            "" => layer.to_string(),
            inside => format!("residual, {inside}: {layer}"),
        },
        expected,
        got,
    }
}
