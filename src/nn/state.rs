//! Weights by PyTorch's names, in a `.safetensors` file.

use super::Network;
use crate::error::{AtPath, Error, Result};
use crate::files::write_atomically;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// The numbers of one saved tensor.
#[derive(Debug, Clone, PartialEq)]
pub enum StateValues {
    F32(Vec<f32>),
    I64(Vec<i64>),
}

/// One saved tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct StateTensor {
    pub shape: Vec<usize>,
    pub values: StateValues,
}

impl StateTensor {
    /// Numbers of a given shape.
    pub fn f32(values: Vec<f32>, shape: &[usize]) -> Self {
        StateTensor {
            shape: shape.to_vec(),
            values: StateValues::F32(values),
        }
    }
}

/// Named tensors: what PyTorch calls a state dict.
///
/// ```
/// use ganscope::nn::{StateDict, StateTensor};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("weights.safetensors");
/// let mut state = StateDict::default();
/// state.insert("0.weight", StateTensor::f32(vec![1.0, 2.0], &[1, 2]));
/// state.write(&path, &[("step".into(), "7".into())].into())?;
/// let (again, metadata) = StateDict::read(&path)?;
/// assert_eq!(again, state);
/// assert_eq!(metadata["step"], "7");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StateDict {
    tensors: BTreeMap<String, StateTensor>,
}

impl StateDict {
    /// Adds or replaces a tensor.
    pub fn insert(&mut self, name: impl Into<String>, tensor: StateTensor) {
        self.tensors.insert(name.into(), tensor);
    }

    /// The tensor of that name.
    pub fn get(&self, name: &str) -> Option<&StateTensor> {
        self.tensors.get(name)
    }

    /// All tensors, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &StateTensor)> {
        self.tensors
            .iter()
            .map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// Adds a network's weights and moments under `prefix.`; and what weights with spectral norm are made
    /// from under `spectral.prefix.`, since PyTorch knows only the weights as they are applied.
    pub fn add(&mut self, prefix: &str, network: &Network) {
        for (name, parameter) in network.parameters() {
            let tensor = StateTensor::f32(parameter.values().to_vec(), parameter.shape());
            self.insert(format!("{prefix}.{name}"), tensor);
        }
        for (index, running) in network.running() {
            let vector = |v: &[f32]| StateTensor::f32(v.to_vec(), &[v.len()]);
            let at = |name: &str| format!("{prefix}.{index}.{name}");
            self.insert(at("running_mean"), vector(&running.moments.mean));
            self.insert(at("running_var"), vector(&running.moments.variance));
            let batches = StateValues::I64(vec![running.batches]);
            self.insert(
                at("num_batches_tracked"),
                StateTensor {
                    shape: vec![],
                    values: batches,
                },
            );
        }
        for (index, weight, spectral) in network.spectral() {
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

    /// Sets a network's weights and moments from what stands under `prefix.`, and under
    /// `spectral.prefix.`. Where nothing at all stands there, as for weights that PyTorch made, those with
    /// spectral norm are applied as they are, and learn on from there.
    ///
    /// # Errors
    /// What is missing, or has another shape or type than the network's description says.
    pub fn load(&self, prefix: &str, network: &mut Network) -> Result<(), String> {
        for (name, parameter) in network.parameters_mut() {
            let values = self.floats(&format!("{prefix}.{name}"), parameter.shape())?;
            parameter.update(|v| v.copy_from_slice(&values));
        }
        for (index, running) in network.running_mut() {
            let shape = [running.moments.mean.len()];
            let at = |name: &str| format!("{prefix}.{index}.{name}");
            running.moments.mean = self.floats(&at("running_mean"), &shape)?;
            running.moments.variance = self.floats(&at("running_var"), &shape)?;
            let name = at("num_batches_tracked");
            match self.find(&name, &[])? {
                StateValues::I64(batches) => running.batches = batches[0],
                StateValues::F32(_) => return Err(format!("tensor {name} holds no integer")),
            }
        }
        let made = format!("spectral.{prefix}.");
        let has_made = self.tensors.keys().any(|name| name.starts_with(&made));
        for (index, weight, spectral) in network.spectral_mut() {
            if !has_made {
                spectral.adopt(weight).map_err(|e| e.to_string())?;
                continue;
            }
            let at = |name: &str| format!("{made}{index}.{name}");
            spectral.w = self.floats(&at("weight"), weight.shape())?;
            spectral.u = self.floats(&at("u"), &[spectral.u.len()])?;
            spectral.v = self.floats(&at("v"), &[spectral.v.len()])?;
            spectral.sigma = self.floats(&at("sigma"), &[])?[0];
        }
        Ok(())
    }

    fn find(&self, name: &str, shape: &[usize]) -> Result<&StateValues, String> {
        match self.tensors.get(name) {
            None => Err(format!("tensor {name} is missing")),
            Some(t) if t.shape != shape => Err(format!(
                "tensor {name} has shape {:?}, the network needs {shape:?}",
                t.shape
            )),
            Some(t) => Ok(&t.values),
        }
    }

    fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        match self.find(name, shape)? {
            StateValues::F32(values) => Ok(values.clone()),
            StateValues::I64(_) => Err(format!("tensor {name} holds integers")),
        }
    }

    /// Writes the tensors and `metadata` to a `.safetensors` file, atomically.
    ///
    /// # Errors
    /// [`Error::Io`]; what was there before is kept then.
    pub fn write(&self, path: &Path, metadata: &HashMap<String, String>) -> Result<()> {
        let bytes: Vec<(&str, Dtype, &[usize], Vec<u8>)> = self
            .tensors
            .iter()
            .map(|(name, tensor)| {
                let (dtype, bytes) = match &tensor.values {
                    StateValues::F32(v) => {
                        (Dtype::F32, v.iter().flat_map(|v| v.to_le_bytes()).collect())
                    }
                    StateValues::I64(v) => {
                        (Dtype::I64, v.iter().flat_map(|v| v.to_le_bytes()).collect())
                    }
                };
                (name.as_str(), dtype, tensor.shape.as_slice(), bytes)
            })
            .collect();
        let refuse = |e: safetensors::SafeTensorError| Error::Checkpoint {
            path: path.into(),
            problem: format!("cannot be written: {e}"),
        };
        let views = bytes
            .iter()
            .map(|(name, dtype, shape, bytes)| {
                Ok((*name, TensorView::new(*dtype, shape.to_vec(), bytes)?))
            })
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(refuse)?;
        let data = safetensors::serialize(views, Some(metadata.clone())).map_err(refuse)?;
        write_atomically(path, |w| w.write_all(&data))
    }

    /// Reads a `.safetensors` file: tensors and metadata.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Checkpoint`] for a file that is truncated or not of this format.
    pub fn read(path: &Path) -> Result<(Self, HashMap<String, String>)> {
        let data = std::fs::read(path).at(path)?;
        let refuse = |e: safetensors::SafeTensorError| Error::Checkpoint {
            path: path.into(),
            problem: format!(
                "is truncated or no safetensors file ({} bytes: {e})",
                data.len()
            ),
        };
        let (_, header) = SafeTensors::read_metadata(&data).map_err(refuse)?;
        let file = SafeTensors::deserialize(&data).map_err(refuse)?;
        let mut state = StateDict::default();
        for (name, view) in file.tensors() {
            let (fours, _) = view.data().as_chunks::<4>();
            let (eights, _) = view.data().as_chunks::<8>();
            let values = match view.dtype() {
                Dtype::F32 => {
                    StateValues::F32(fours.iter().map(|b| f32::from_le_bytes(*b)).collect())
                }
                Dtype::I64 => {
                    StateValues::I64(eights.iter().map(|b| i64::from_le_bytes(*b)).collect())
                }
                other => {
                    return Err(Error::Checkpoint {
                        path: path.into(),
                        problem: format!("tensor {name} is {other:?}; only F32 and I64 are used"),
                    });
                }
            };
            state.insert(
                name,
                StateTensor {
                    shape: view.shape().to_vec(),
                    values,
                },
            );
        }
        Ok((state, header.metadata().clone().unwrap_or_default()))
    }
}
