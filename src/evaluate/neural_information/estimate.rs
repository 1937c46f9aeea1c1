//! An estimate of mutual information, with the notes that belong to it.

use super::calibration::Calibration;
use super::settings::{NeuralBound, NeuralInformation};
use crate::error::Result;
use crate::info::{Estimate, Sample};

impl NeuralInformation {
    /// A lower bound on I(X; Y), with its bias on a Gaussian.
    ///
    /// The standard error is that of the rows on which the bound is evaluated; it does not include the randomness of
    /// training. Takes O(`steps` · `batch`) evaluations of the network, O(`steps` · `batch`²) for InfoNCE, and the same
    /// again for each of at most five Gaussians. The information of each is the estimate for the data, corrected by
    /// the bias on the one before.
    ///
    /// ```
    /// use ganscope::evaluate::{NeuralBound, NeuralInformation};
    /// use ganscope::info::Sample;
    /// use ganscope::random::{Stream, standard_normal};
    /// let normal = |step| standard_normal(1, Stream::Data, step, 4000).into_iter().map(f64::from);
    /// let x = Sample::new(normal(0).collect(), 1)?;
    /// let y = Sample::new(normal(0).zip(normal(1)).map(|(x, own)| 0.8 * x + 0.6 * own).collect(), 1)?;
    /// for bound in [NeuralBound::Nwj, NeuralBound::BarberAgakov] {
    ///     let found = NeuralInformation { bound, steps: 500, ..Default::default() }.of(&x, &y)?;
    ///     // −½ ln(1 − 0.8²), within three standard errors
    ///     assert!((found.value.0 - 0.510_826).abs() < 0.1, "{found}");
    ///     assert!(found.parameters["bias_on_gaussian"].as_f64().is_some_and(|bias| bias.abs() < 0.1));
    /// }
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// The other bounds, for the same variables:
    ///
    /// ```
    /// # use ganscope::evaluate::{NeuralBound, NeuralInformation};
    /// # use ganscope::info::Sample;
    /// # use ganscope::random::{Stream, standard_normal};
    /// # let normal = |step| standard_normal(1, Stream::Data, step, 4000).into_iter().map(f64::from);
    /// # let x = Sample::new(normal(0).collect(), 1)?;
    /// # let y = Sample::new(normal(0).zip(normal(1)).map(|(x, own)| 0.8 * x + 0.6 * own).collect(), 1)?;
    /// for bound in [NeuralBound::Mine, NeuralBound::InfoNce] {
    ///     let found = NeuralInformation { bound, steps: 500, ..Default::default() }.of(&x, &y)?;
    ///     assert!((found.value.0 - 0.510_826).abs() < 0.1, "{found}");
    /// }
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) for settings of 0, for samples of different lengths, of fewer than four batches, or with a
    /// constant variable, and for a network that diverged or memorised its training rows; with the bound of Barber
    /// and Agakov also for an x whose values repeat or whose columns are nearly functions of each other.
    /// [`Error::Diverged`](crate::Error::Diverged) when a gradient is not finite; [`Error::Device`](crate::Error::Device).
    pub fn of(&self, x: &Sample, y: &Sample) -> Result<Estimate> {
        self.validate()?;
        let estimate = self.evaluate_bound(x, y)?;
        let (n, d) = (x.len(), [x.dimension(), y.dimension()]);
        let calibration = self.calibrate(&estimate, n, d)?;
        let Calibration {
            information, bias, ..
        } = calibration;
        let entropy_is_estimated = self.bound == NeuralBound::BarberAgakov && x.dimension() > 1;
        let kind = if entropy_is_estimated {
            "not a bound, since the entropy of x is an estimate too"
        } else {
            "a lower bound"
        };
        let mut estimate = estimate
            .with("bias_on_gaussian", bias)
            .with("gaussian", information)
            .with("steps", self.steps)
            .with("batch", self.batch)
            .with("units", self.units)
            .with("lr", self.lr)
            .with("seed", self.seed)
            .noting(format!("{kind}; {calibration}"));
        let error = estimate.standard_error.map_or(0.0, |error| error.0);
        if estimate.value.0 < -3.0 * error {
            estimate = estimate.noting(if entropy_is_estimated {
                "the value is negative, although information never is: columns of x may be nearly functions of each other, \
                 which the entropy by nearest neighbours does not detect; leave one out, or use another bound"
            } else {
                "the value is negative, although information never is: the network learnt nothing that generalises to \
                 held-out rows; \
                 more rows, fewer steps or a smaller lr may help"
            });
        } else if estimate.value.0 < 0.0 {
            estimate = estimate
                .noting("the value is negative but within three standard errors of 0, which is consistent with \
                    independent variables");
        }
        let largest = (self.batch as f64).ln();
        if self.bound == NeuralBound::InfoNce && estimate.value.0 > 0.8 * largest {
            estimate = estimate.noting(format!(
                "with batches of {} InfoNCE cannot exceed {largest:.4} nats; use a larger batch, or NWJ",
                self.batch
            ));
        }
        Ok(estimate)
    }
}
