//! Directions of InfoGAN's codes (Chen et al. 2016), which a generator is trained to make visible.
//!
//! z ends with the codes: first the categorical codes as unit vectors, then the continuous codes. A continuous code is
//! one axis of z. The direction of value k of a categorical code with K values leads from the mean of all values to k:
//!
//! $$ v_k \propto e_k - \frac1K \sum_j e_j, \qquad \lVert e_k - \tfrac1K \textstyle\sum_j e_j \rVert = \sqrt{1 - 1/K} $$
//!
//! The K directions of a code have the sum 0, and the angle between two of them has the cosine −1/(K − 1).

use crate::error::{Error, Result};
use crate::gan::Codes;
use crate::interpret::{Direction, Directions};

/// Returns the directions of all codes in a z of `latent` numbers.
///
/// The strength is the distance from the mean of the code that it can reach: 1 for a continuous code, which is uniform
/// in [−1, 1], and √(1 − 1/K) for a value of a categorical code. Codes are counted from 1, values from 0, the position
/// of the 1 in the unit vector.
///
/// ```
/// use ganscope::interpret::code_directions;
/// use ganscope::gan::Codes;
/// let codes = Codes { categorical: vec![2], continuous: 1, ..Codes::default() };
/// let found = code_directions(&codes, 4)?; // one number of noise, two for the categorical code, one for the other
/// let names: Vec<&str> = found.all.iter().map(|d| d.name.as_str()).collect();
/// assert_eq!(names, ["continuous 1", "categorical 1 = 0", "categorical 1 = 1"]);
/// assert_eq!(found.all[0].vector, [0.0, 0.0, 0.0, 1.0]);
/// assert!((found.all[1].vector[1] - 0.5f64.sqrt()).abs() < 1e-12);
/// assert!((found.all[1].vector[2] + 0.5f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] if there is no code; [`Error::Config`] if z cannot hold the codes.
pub fn code_directions(codes: &Codes, latent: usize) -> Result<Directions> {
    codes.validate(latent)?;
    if codes.width() == 0 {
        return Err(Error::Usage(
            "z has no codes, so there is no direction of a code; train an InfoGAN, or use another method".into(),
        ));
    }
    let mut all = Vec::new();
    let mut first = latent - codes.width();
    for (code, &k) in (1..).zip(&codes.categorical) {
        let distance = (1.0 - 1.0 / k as f64).sqrt();
        for value in 0..k {
            let mut vector = vec![0.0; latent];
            vector[first..first + k].fill(-1.0 / k as f64);
            vector[first + value] += 1.0;
            let name = format!("categorical {code} = {value}");
            all.push(Direction::new(name, vector, distance)?);
        }
        first += k;
    }
    for code in 0..codes.continuous {
        let mut vector = vec![0.0; latent];
        vector[first + code] = 1.0;
        all.push(Direction::new(
            format!("continuous {}", code + 1),
            vector,
            1.0,
        )?);
    }
    // A stable sort keeps the order of z among equal strengths.
    all.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    Ok(Directions {
        method: "codes (InfoGAN)".into(),
        quantity: "distance from the mean".into(),
        protocol: format!("last {} of {latent} latent variables", codes.width()),
        all,
    })
}
