//! The part of the help below the options, in which the lists of quantities and estimators are those of the library.

use crate::info::measure::{Quantity, estimators};

const EXAMPLES: &str = "\
Examples:
  ganscope measure mi heights.csv --x father --y son --bootstrap 200
  ganscope measure entropy weather.csv --x sky --estimator nsb
  ganscope measure conditional-entropy weather.csv --x wind --y sky --json
  ganscope measure kl real.csv generated.csv --x 1-2 --unit nats

An example table, coins.csv, and three results (± is the standard error, if a formula for it is known):
  first,second      $ ganscope measure mi coins.csv --estimator plug-in
  0,0               mi          0.1887 ± 0.2426 bits
  0,0               estimator   plug-in: selected by the user
  0,0
  0,1               $ ganscope measure entropy coins.csv --x first --estimator plug-in
  1,0               entropy     1.0000 bits
  1,1
  1,1               $ ganscope measure conditional-entropy coins.csv --estimator plug-in
  1,1               conditional-entropy 0.8113 ± 0.2426 bits";

const REMARKS: &str = "\
An estimator that does not fit the columns is rejected with an error. Estimators based on neural networks \
(MINE, NWJ, InfoNCE and InfoGAN's bound) are in the library: ganscope::evaluate::NeuralInformation.

Columns are divided by their standard deviations before distances are measured. If a parameter of an \
estimator is itself an amount of information, it is printed in nats, even with --unit bits.";

pub(super) fn after_help() -> String {
    let mut quantities = "Quantities:\n".to_string();
    for quantity in Quantity::ALL {
        quantities += &format!("  {:<19}  {}\n", quantity.name(), quantity.description());
    }
    let mut list = "Estimators, and the cases in which auto chooses each one:\n".to_string();
    for estimator in estimators() {
        list += &format!("  {:<19}  {}\n", estimator.name, estimator.summary);
        list += &match &estimator.auto {
            Some(auto) => format!("  {:19}  auto: {}\n", "", auto.when),
            None => format!("  {:19}  never chosen by auto\n", ""),
        };
    }
    format!("{EXAMPLES}\n\n{quantities}\n{list}\n{REMARKS}")
}
