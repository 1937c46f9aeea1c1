//! The three sums of which a convolution, a transposed convolution and their gradients consist.
//!
//! With an *image* side X `[channels, height, width]`, a *map* side Y `[filters, out_height,
//! out_width]` and weights W `[filters, channels·kernel²]`, they are
//!
//! - W · gather(X), which belongs to Y,
//! - scatter(Wᵀ · Y), which belongs to X,
//! - Y · gather(X)ᵀ, which belongs to W,
//!
//! where gather writes the patch under each output position into a column, and scatter is its adjoint.
//! A convolution is the first sum and its gradients are the other two; a transposed convolution is the
//! second sum and its gradients are the first and the third.

/// Where to add the sums. Those without a place are not computed.
pub struct Sums<'a> {
    /// For W · gather(X).
    pub maps: Option<&'a mut [f32]>,
    /// For scatter(Wᵀ · Y).
    pub images: Option<&'a mut [f32]>,
    /// For Y · gather(X)ᵀ, summed over the batch.
    pub weights: Option<&'a mut [f32]>,
}

/// The sums of one geometry.
pub trait Correlation {
    /// Adds the sums of images X, weights W and maps Y. What no sum needs may be empty.
    fn add(&self, x: &[f32], w: &[f32], y: &[f32], sums: Sums<'_>);
}
