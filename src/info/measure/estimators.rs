//! The list of estimators.

use crate::error::{Error, Result, unknown};
use crate::info::estimator::{Descriptor, Quantity};
use crate::info::{
    conditional, discrete, discrete_continuous, gaussian, histogram, kernel, knn_divergence,
    knn_entropy, ksg, local_nonuniformity, mixed,
};

/// All estimators. `auto` takes the first whose [condition](super::Auto) holds.
pub fn estimators() -> impl Iterator<Item = &'static Descriptor> {
    let others = [
        &knn_entropy::DESCRIPTOR,
        &knn_divergence::DESCRIPTOR,
        &local_nonuniformity::DESCRIPTOR,
        &ksg::KSG_1,
        &ksg::KSG_2,
        &discrete_continuous::DESCRIPTOR,
        &mixed::GAO_MIXTURE,
        &conditional::DESCRIPTOR,
        &mixed::MESNER_SHALIZI,
        &gaussian::DESCRIPTOR,
        &histogram::DESCRIPTOR,
        &kernel::DESCRIPTOR,
    ];
    discrete::DESCRIPTORS.iter().chain(others)
}

/// The estimators of a quantity.
pub(super) fn estimators_of(quantity: Quantity) -> impl Iterator<Item = &'static Descriptor> {
    estimators().filter(move |estimator| estimator.measures(quantity))
}

/// The estimator of this name, if it measures the quantity.
///
/// ```
/// use ganscope::info::measure::{Quantity, named};
/// assert_eq!(named("ksg-1", Quantity::Mi)?.name, "ksg-1");
/// let message = named("ksg-1", Quantity::Entropy).unwrap_err().to_string();
/// assert!(message.starts_with("ksg-1 does not measure entropy; the estimators that do: auto, plug-in"), "{message}");
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] with the nearest name, and the names of all estimators of the quantity.
pub fn named(name: &str, quantity: Quantity) -> Result<&'static Descriptor> {
    if let Some(found) = estimators_of(quantity).find(|estimator| estimator.name == name) {
        return Ok(found);
    }
    let mut names = vec!["auto"];
    names.extend(estimators_of(quantity).map(|estimator| estimator.name));
    let exists = estimators().find(|estimator| estimator.name == name);
    Err(match exists {
        Some(other) => Error::Usage(format!(
            "{}; the estimators that do: {}",
            other.does_not_measure(quantity),
            names.join(", ")
        )),
        None => unknown(&format!("estimator of {}", quantity.name()), name, &names),
    })
}

/// A Markdown table of all estimators.
///
/// ```
/// use ganscope::info::measure::{estimators, markdown};
/// let table = markdown();
/// assert!(table.starts_with("| estimator | method | quantities | columns | assumes |"));
/// assert_eq!(table.lines().count(), 2 + estimators().count());
/// ```
pub fn markdown() -> String {
    let mut table =
        "| estimator | method | quantities | columns | assumes | cost | chosen by `auto` for |\n\
                     |---|---|---|---|---|---|---|\n"
            .to_string();
    for estimator in estimators() {
        let quantities: Vec<&str> = estimator.quantities().map(Quantity::name).collect();
        table += &format!(
            "| `{}` | {} | {} | {} | {} | {} | {} |\n",
            estimator.name,
            estimator.summary,
            quantities.join(", "),
            estimator.columns,
            estimator.assumes,
            estimator.cost,
            estimator.auto.as_ref().map_or("–", |auto| auto.when),
        );
    }
    table
}
