//! Directions in the latent space: ways to find them.

mod closed_form;
mod codes;
mod components;
mod conditional;
mod direction;
mod jacobian;
mod linear_models;
mod part;
mod principal;
mod ranked;
mod supervised;

pub use closed_form::{SefaVariant, sefa};
pub use codes::code_directions;
pub use conditional::conditional_direction;
pub use direction::{Direction, Directions, read_direction};
pub use jacobian::{average_jacobian_directions, average_metric, jacobian_directions};
pub use principal::{PrincipalDirections, PrincipalSettings, ganspace, ganspace_of_activations};
pub(super) use ranked::check_count;
pub use supervised::{
    FactorDirection, LabelDirection, SupervisedSettings, factor_direction, label_direction,
};
