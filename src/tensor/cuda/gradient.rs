//! The memory of gradients.

/// Frees the memory of a gradient.
pub fn recycle(gradient: Vec<f32>) {
    drop(gradient);
}
