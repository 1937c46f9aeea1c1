//! Weights of a network to and from a [`StateDict`], with PyTorch's names.

use super::layer::Layer;
use super::network::Network;
use super::state_dict::{StateDict, StateTensor, StateValues};
use std::collections::HashSet;

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
        for (name, tensor) in network.buffers() {
            self.insert(format!("{prefix}.{name}"), tensor);
        }
        for (layer, weight, spectral) in network.spectral_weights() {
            let tensors = [
                ("weight", &spectral.w[..], weight.shape()),
                ("u", &spectral.u, &[spectral.u.len()]),
                ("v", &spectral.v, &[spectral.v.len()]),
                ("sigma", &[spectral.sigma], &[]),
            ];
            for (name, values, shape) in tensors {
                let tensor = StateTensor::f32(values.to_vec(), shape);
                self.insert(format!("spectral.{prefix}.{layer}.{name}"), tensor);
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
        self.load_with_prefix(&format!("{prefix}."), network)?;
        let spectral_prefix = format!("spectral.{prefix}.");
        let has_spectral = self
            .iter()
            .any(|(name, _)| name.starts_with(&spectral_prefix));
        for (layer, weight, spectral) in network.spectral_weights_mut() {
            if !has_spectral {
                spectral.adopt(weight).map_err(|e| e.to_string())?;
                continue;
            }
            let name = |name: &str| format!("{spectral_prefix}{layer}.{name}");
            spectral.w = self.floats(&name("weight"), weight.shape())?.to_vec();
            spectral.u = self.floats(&name("u"), &[spectral.u.len()])?.to_vec();
            spectral.v = self.floats(&name("v"), &[spectral.v.len()])?.to_vec();
            spectral.sigma = self.floats(&name("sigma"), &[])?[0];
        }
        Ok(())
    }

    /// Sets the parameters and buffers of a network from the tensors whose names begin with `prefix`.
    fn load_with_prefix(&self, prefix: &str, network: &mut Network) -> Result<(), String> {
        for (name, parameter) in network.parameters_mut() {
            let values = self.floats(&format!("{prefix}{name}"), parameter.shape())?;
            parameter.update(|v| v.copy_from_slice(values));
        }
        for placed in &mut network.layers {
            let (layer, buffers) = (&placed.name, placed.layer.buffers().into_iter());
            let read = buffers
                .map(|(name, current)| self.like(&format!("{prefix}{layer}.{name}"), &current))
                .collect::<Result<Vec<_>, _>>()?;
            placed.layer.set_buffers(&read);
        }
        Ok(())
    }

    /// Sets the weights of `networks` from a file that holds nothing else, as PyTorch writes it.
    ///
    /// The names of the tensors begin with the name of their network (`generator.0.weight`). For a single network any
    /// other prefix is accepted, such as that of an attribute of a module (`main.0.weight`), or none.
    ///
    /// # Errors
    /// The names of tensors that are missing, that no network has, or that have another shape or type than the
    /// network's; the first tensor with a number that is not finite.
    pub fn load_all(&self, networks: &mut [Network]) -> Result<(), String> {
        if let Some(hint) = self.iter().find_map(|(name, _)| reparametrized(name)) {
            return Err(hint);
        }
        let mut used = HashSet::new();
        let single = networks.len() == 1;
        for network in networks {
            let prefix = if single {
                self.common_prefix()
            } else {
                format!("{}.", network.name())
            };
            let names = network.state_names();
            let names: Vec<String> = names.iter().map(|name| format!("{prefix}{name}")).collect();
            let missing = names.iter().filter(|name| self.get(name).is_none());
            let missing: Vec<&str> = missing.map(String::as_str).collect();
            if !missing.is_empty() {
                return Err(format!(
                    "has no tensor {}, which the description of the {} needs; the file has {}",
                    missing.join(", "),
                    network.name(),
                    self.first_names()
                ));
            }
            self.load_with_prefix(&prefix, network)?;
            used.extend(names);
        }
        let extra = self
            .iter()
            .map(|(name, _)| name)
            .filter(|name| !used.contains(*name));
        let extra: Vec<&str> = extra.collect();
        if !extra.is_empty() {
            return Err(format!(
                "has tensors that the description has no layer for: {}; add their layers, or save only the weights of \
                 the described network",
                extra.join(", ")
            ));
        }
        let is_bad = |tensor: &StateTensor| match &tensor.values {
            StateValues::F32(values) => values.iter().any(|v| !v.is_finite()),
            StateValues::I64(_) => false,
        };
        match self.iter().find(|(_, tensor)| is_bad(tensor)) {
            None => Ok(()),
            Some((name, _)) => Err(format!(
                "tensor {name} has a number that is not finite; the training of this network has diverged"
            )),
        }
    }

    /// Returns what stands before the index of the layer in the name of every tensor, such as `main.`.
    fn common_prefix(&self) -> String {
        let before_index = |name: &str| {
            let index = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            let parts: Vec<&str> = name.split('.').take_while(|part| !index(part)).collect();
            parts
                .iter()
                .map(|part| format!("{part}."))
                .collect::<String>()
        };
        let mut prefixes = self.iter().map(|(name, _)| before_index(name));
        let first = prefixes.next().unwrap_or_default();
        if prefixes.all(|prefix| prefix == first) {
            first
        } else {
            String::new()
        }
    }

    /// The first names of tensors, for an error.
    fn first_names(&self) -> String {
        const SHOWN: usize = 6;
        let names: Vec<&str> = self.iter().map(|(name, _)| name).collect();
        let shown = names
            .iter()
            .take(SHOWN)
            .copied()
            .collect::<Vec<_>>()
            .join(", ");
        match names.len() {
            0 => "no tensors".into(),
            n if n > SHOWN => format!("{shown} and {} more", n - SHOWN),
            _ => shown,
        }
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

impl Network {
    /// Returns the names of all parameters and buffers.
    fn state_names(&self) -> Vec<String> {
        let parameters = self.parameters().into_iter().map(|(name, _)| name);
        parameters
            .chain(self.buffers().map(|(name, _)| name))
            .collect()
    }

    /// Returns the buffers with PyTorch's names (`1.running_mean`), in order.
    fn buffers(&self) -> impl Iterator<Item = (String, StateTensor)> {
        self.layers.iter().flat_map(|placed| {
            let (layer, buffers) = (&placed.name, placed.layer.buffers().into_iter());
            buffers.map(move |(name, tensor)| (format!("{layer}.{name}"), tensor))
        })
    }
}

/// Says what to do about a weight that PyTorch computes from others, if this tensor belongs to one.
fn reparametrized(name: &str) -> Option<String> {
    let (layer, remedy) = if let Some((layer, _)) = name.split_once(".parametrizations.") {
        let remedy = "torch.nn.utils.parametrize.remove_parametrizations(layer, \"weight\")";
        (layer, remedy)
    } else if let Some(layer) = name.strip_suffix(".weight_orig") {
        (layer, "torch.nn.utils.remove_spectral_norm(layer)")
    } else if let Some(layer) = name.strip_suffix(".weight_g") {
        (layer, "torch.nn.utils.remove_weight_norm(layer)")
    } else {
        return None;
    };
    Some(format!(
        "tensor {name}: the weight of layer {layer} is computed from other tensors (spectral or weight norm); call \
         {remedy} in Python before saving, which stores the weight itself"
    ))
}

fn not_floats(name: &str) -> String {
    format!("tensor {name} holds integers; the network needs numbers in single precision")
}
