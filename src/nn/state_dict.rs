//! Named tensors in a `.safetensors` file.

use crate::error::{AtPath, Error, Result};
use crate::files::write_atomically;
use half::{bf16, f16};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// The numbers of a saved tensor, row-major.
#[derive(Debug, Clone, PartialEq)]
pub enum StateValues {
    /// Numbers in single precision.
    F32(Vec<f32>),
    /// Integers of 64 bits.
    I64(Vec<i64>),
}

/// A saved tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct StateTensor {
    /// Size of each dimension; empty for a single number.
    pub shape: Vec<usize>,
    /// The numbers, as many as the product of the sizes.
    pub values: StateValues,
}

impl StateTensor {
    /// A tensor of numbers in single precision.
    pub fn f32(values: Vec<f32>, shape: &[usize]) -> Self {
        StateTensor {
            shape: shape.to_vec(),
            values: StateValues::F32(values),
        }
    }

    /// A single integer.
    pub fn i64(value: i64) -> Self {
        StateTensor {
            shape: Vec::new(),
            values: StateValues::I64(vec![value]),
        }
    }
}

/// Tensors by name (PyTorch's state dict), to be written to a file and read from one.
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
    /// Names of the tensors that were read in another precision than `F32`.
    converted: Vec<String>,
}

impl StateDict {
    /// Adds a tensor, or replaces the one of that name.
    pub fn insert(&mut self, name: impl Into<String>, tensor: StateTensor) {
        self.tensors.insert(name.into(), tensor);
    }

    /// Returns the tensor of that name.
    pub fn get(&self, name: &str) -> Option<&StateTensor> {
        self.tensors.get(name)
    }

    /// Iterates over all tensors, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &StateTensor)> {
        self.tensors
            .iter()
            .map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// Returns the names of the tensors that were converted to single precision when the file was read.
    pub fn converted(&self) -> &[String] {
        &self.converted
    }

    /// Writes the tensors and `metadata` to a `.safetensors` file, atomically.
    ///
    /// # Errors
    /// [`Error::Io`]; an older file at `path` is then left as it was.
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
            problem: format!("the file cannot be written: {e}"),
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

    /// Reads the tensors and the metadata of a `.safetensors` file. Numbers in half and in double precision are
    /// [converted](Self::converted) to single precision.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Checkpoint`] for a file that is truncated, has another format, or holds
    /// tensors of another type than `F32`, `F16`, `BF16`, `F64` and `I64`.
    pub fn read(path: &Path) -> Result<(Self, HashMap<String, String>)> {
        let data = std::fs::read(path).at(path)?;
        let refuse = |e: safetensors::SafeTensorError| Error::Checkpoint {
            path: path.into(),
            problem: format!(
                "the file is truncated or is not a safetensors file ({} bytes: {e})",
                data.len()
            ),
        };
        let (_, header) = SafeTensors::read_metadata(&data).map_err(refuse)?;
        let file = SafeTensors::deserialize(&data).map_err(refuse)?;
        let mut state = StateDict::default();
        for (name, view) in file.tensors() {
            let data = view.data();
            let floats = |values: Vec<f32>| StateValues::F32(values);
            let halves = || data.as_chunks::<2>().0.iter();
            let values = match view.dtype() {
                Dtype::F32 => floats(
                    data.as_chunks()
                        .0
                        .iter()
                        .map(|b| f32::from_le_bytes(*b))
                        .collect(),
                ),
                Dtype::F16 => floats(halves().map(|b| f16::from_le_bytes(*b).to_f32()).collect()),
                Dtype::BF16 => floats(halves().map(|b| bf16::from_le_bytes(*b).to_f32()).collect()),
                Dtype::F64 => floats(
                    data.as_chunks()
                        .0
                        .iter()
                        .map(|b| f64::from_le_bytes(*b) as f32)
                        .collect(),
                ),
                Dtype::I64 => {
                    let integers = data.as_chunks().0.iter();
                    StateValues::I64(integers.map(|b| i64::from_le_bytes(*b)).collect())
                }
                other => {
                    return Err(Error::Checkpoint {
                        path: path.into(),
                        problem: format!(
                            "tensor {name} has type {other:?}; only F32, F16, BF16, F64 and I64 can be read"
                        ),
                    });
                }
            };
            if matches!(view.dtype(), Dtype::F16 | Dtype::BF16 | Dtype::F64) {
                state.converted.push(name.clone());
            }
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
