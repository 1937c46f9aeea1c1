//! Estimators of information against closed forms, brute force, and SciPy.

mod bad_densities;
mod checks;
mod closed_forms;
mod counts;
mod densities;
mod draws;
mod external;
mod knn_bad_input;
mod knn_brute_force;
mod knn_closed_forms;
mod notes;
mod resampling;
