//! Applies the layers of a network one after the other.

use super::layer::Layer;
use super::network::Network;
use super::pass::Pass;
use super::plan::Role;
use crate::error::{Error, Result};
use crate::tensor::normalize::Moments;
use crate::tensor::sum::sum;
use crate::tensor::{Batch, Tape};

/// The moments that a layer took from a batch (batch norm).
pub(super) struct BatchMoments {
    /// Index of the layer among all steps.
    pub index: usize,
    /// Number of values per channel.
    pub count: usize,
    pub moments: Moments,
}

/// Receives the index of a step and its output.
type Observer<'a> = &'a mut dyn FnMut(usize, Batch);

/// What is remembered while a branch of a residual block is computed: the input of the block, and then the output of
/// its main branch.
struct Remembered<X> {
    x: X,
    /// Whether the gradient with respect to x is read.
    needs_input: bool,
}

/// The branches that are being computed, the innermost last.
pub(super) struct Branches<X>(Vec<Remembered<X>>);

impl<X> Branches<X> {
    pub fn new() -> Self {
        Branches(Vec::new())
    }

    /// Remembers the input of a block.
    pub fn fork(&mut self, x: X, pass: Pass) {
        let needs_input = pass.needs.input;
        self.0.push(Remembered { x, needs_input });
    }

    /// Remembers the output of the main branch, and returns the input of the block.
    pub fn switch(&mut self, main: X, pass: &mut Pass) -> X {
        let Some(remembered) = self.0.last_mut() else {
            return main;
        };
        std::mem::swap(&mut pass.needs.input, &mut remembered.needs_input);
        std::mem::replace(&mut remembered.x, main)
    }

    /// Returns the output of the main branch.
    pub fn join(&mut self, pass: &mut Pass) -> Option<X> {
        let remembered = self.0.pop()?;
        pass.needs.input |= remembered.needs_input;
        Some(remembered.x)
    }
}

impl Network {
    /// Refuses a batch that does not have the width of the input.
    pub(super) fn check_width<T>(&self, x: &Batch<T>) -> Result<()> {
        if x.columns() == self.spec.input.numel() {
            return Ok(());
        }
        Err(Error::Shape {
            network: self.name.clone(),
            index: 0,
            layer: "input".into(),
            expected: self.spec.input.to_string(),
            got: format!("{} numbers", x.columns()),
        })
    }

    /// Applies the layers, calls `observe(index, output)` after each step, and returns the output with
    /// the moments that batch norms took from the batch.
    pub(super) fn run<T: Tape>(
        &self,
        x: Batch<T>,
        pass: Pass,
        mut observe: Option<Observer<'_>>,
    ) -> Result<(Batch<T>, Vec<BatchMoments>)> {
        self.check_width(&x)?;
        let mut all_moments = Vec::new();
        let mut branches = Branches::new();
        let (mut y, mut pass) = (x, pass);
        for (index, placed) in self.layers.iter().enumerate() {
            pass.layer = index;
            y = match placed.role {
                Role::Layer => {
                    let numbers = y.rows() * y.columns();
                    let (output, moments) = placed.layer.forward_with_moments(y, pass)?;
                    all_moments.extend(moments.map(|moments| BatchMoments {
                        index,
                        count: numbers / moments.mean.len(),
                        moments,
                    }));
                    output
                }
                Role::Fork => {
                    let (x, tape) = y.split();
                    branches.fork(x.clone(), pass);
                    x.with_tape(tape)
                }
                Role::Switch => {
                    let (main, tape) = y.split();
                    branches.switch(main, &mut pass).with_tape(tape)
                }
                Role::Join => match branches.join(&mut pass) {
                    Some(main) => sum(y, &main)?,
                    None => y,
                },
            };
            // Before the first layer with parameters, a gradient is needed only if the input's is read.
            pass.needs.input |= pass.needs.weights && placed.has_parameters();
            if let Some(observe) = &mut observe {
                observe(index, y.detached());
            }
        }
        Ok((y, all_moments))
    }
}
