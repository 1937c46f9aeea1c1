//! Weights of a network to and from a [`StateDict`], with PyTorch's names.

use super::layer::Layer;
use super::network::Network;
use super::state_dict::{StateDict, StateTensor, StateValues};

impl StateDict {
    /// Adds the parameters and buffers of a network under `prefix.`.
    ///
    /// With spectral norm these are the normalised weights, the only ones that PyTorch needs. The weights
    /// before normalisation, with u, v and σ, are added under `spectral.prefix.`.
    pub fn add(&mut self, prefix: &str, network: &Network) {
        for (name, parameter) in network.parameters() {
            let tensor = StateTensor::f32(parameter.values().to_vec(), parameter.shape());
            self.insert(format!("{prefix}.{name}"), tensor);
        }
        for (index, placed) in network.layers.iter().enumerate() {
            for (name, tensor) in placed.layer.buffers() {
                self.insert(format!("{prefix}.{index}.{name}"), tensor);
            }
        }
        for (index, weight, spectral) in network.spectral_weights() {
            let tensors = [
                ("weight", &spectral.w[..], weight.shape()),
                ("u", &spectral.u, &[spectral.u.len()]),
                ("v", &spectral.v, &[spectral.v.len()]),
                ("sigma", &[spectral.sigma], &[]),
            ];
            for (name, values, shape) in tensors {
                let tensor = StateTensor::f32(values.to_vec(), shape);
                self.insert(format!("spectral.{prefix}.{index}.{name}"), tensor);
            }
        }
    }

    /// Sets the parameters and buffers of a network from the tensors under `prefix.` and
    /// `spectral.prefix.`.
    ///
    /// If there are none under `spectral.prefix.`, as in a file of PyTorch's, weights with spectral norm
    /// are taken as they are, with σ = 1.
    ///
    /// # Errors
    /// The name of a tensor that is missing, or that has another shape or type than the network's.
    pub fn load(&self, prefix: &str, network: &mut Network) -> Result<(), String> {
        for (name, parameter) in network.parameters_mut() {
            let values = self.floats(&format!("{prefix}.{name}"), parameter.shape())?;
            parameter.update(|v| v.copy_from_slice(values));
        }
        for (index, placed) in network.layers.iter_mut().enumerate() {
            let buffers = placed.layer.buffers().into_iter();
            let read = buffers
                .map(|(name, current)| self.like(&format!("{prefix}.{index}.{name}"), &current))
                .collect::<Result<Vec<_>, _>>()?;
            placed.layer.set_buffers(&read);
        }
        let spectral_prefix = format!("spectral.{prefix}.");
        let has_spectral = self
            .iter()
            .any(|(name, _)| name.starts_with(&spectral_prefix));
        for (index, weight, spectral) in network.spectral_weights_mut() {
            if !has_spectral {
                spectral.adopt(weight).map_err(|e| e.to_string())?;
                continue;
            }
            let name = |name: &str| format!("{spectral_prefix}{index}.{name}");
            spectral.w = self.floats(&name("weight"), weight.shape())?.to_vec();
            spectral.u = self.floats(&name("u"), &[spectral.u.len()])?.to_vec();
            spectral.v = self.floats(&name("v"), &[spectral.v.len()])?.to_vec();
            spectral.sigma = self.floats(&name("sigma"), &[])?[0];
        }
        Ok(())
    }

    /// Returns the tensor of that name, which must have the shape and the type of `current`.
    fn like(&self, name: &str, current: &StateTensor) -> Result<StateTensor, String> {
        let tensor = self.with_shape(name, &current.shape)?;
        match (&current.values, &tensor.values) {
            (StateValues::F32(_), StateValues::I64(_)) => Err(not_floats(name)),
            (StateValues::I64(_), StateValues::F32(_)) => Err(format!(
                "tensor {name} holds numbers in single precision; the network needs integers"
            )),
            _ => Ok(tensor.clone()),
        }
    }

    fn floats(&self, name: &str, shape: &[usize]) -> Result<&[f32], String> {
        match &self.with_shape(name, shape)?.values {
            StateValues::F32(values) => Ok(values),
            StateValues::I64(_) => Err(not_floats(name)),
        }
    }

    fn with_shape(&self, name: &str, shape: &[usize]) -> Result<&StateTensor, String> {
        match self.get(name) {
            None => Err(format!("tensor {name} is missing")),
            Some(tensor) if tensor.shape != shape => Err(format!(
                "tensor {name} has shape {:?}, the network needs {shape:?}",
                tensor.shape
            )),
            Some(tensor) => Ok(tensor),
        }
    }
}

fn not_floats(name: &str) -> String {
    format!("tensor {name} holds integers; the network needs numbers in single precision")
}
