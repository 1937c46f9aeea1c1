//! Estimators of information against closed forms, brute force, and SciPy.

mod closed_forms;
