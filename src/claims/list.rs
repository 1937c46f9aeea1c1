//! The list of all claims.

use super::claim::Claim;
use super::{loss_functions, model_structure};
use crate::error::Result;

/// All claims that are decided so far, in the order of the article.
pub const CLAIMS: [Claim; 7] = [
    model_structure::OPTIMAL_DISCRIMINATOR,
    model_structure::FEEDBACK_IS_STABLE,
    loss_functions::D_MINIMISES,
    loss_functions::LABELS,
    loss_functions::MAXIMUM_LIKELIHOOD,
    loss_functions::JENSEN_SHANNON,
    loss_functions::L_G_TRAINS,
];

impl Claim {
    /// The claim with this id.
    ///
    /// ```
    /// use ganscope::claims::{Claim, Verdict};
    /// let finding = Claim::named("3.2.d")?.decide()?;
    /// assert_eq!(finding.verdict, Verdict::Holds);
    /// assert!(Claim::named("3.2.x").unwrap_err().to_string().contains("unknown claim"));
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) for an unknown id; it names the most similar one.
    pub fn named(id: &str) -> Result<Claim> {
        let known = CLAIMS.map(|claim| claim.id);
        let found = CLAIMS.into_iter().find(|claim| claim.id == id);
        found.ok_or_else(|| crate::error::unknown("claim", id, &known))
    }
}
