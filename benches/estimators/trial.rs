//! Runs methods on tasks and compares the estimates with the exact values.

use std::time::Instant;

use ganscope::Result;
use ganscope::info::Estimate;
use ganscope::study::Mean;
use serde::{Deserialize, Serialize};

/// Number of seeds; they are 1 to this.
pub const SEEDS: u64 = 10;

/// A distribution whose exact value is known.
pub struct Task<D> {
    /// Group of similar tasks.
    pub group: &'static str,
    /// Name within the group.
    pub name: String,
    /// Exact value, in nats.
    pub truth: f64,
    /// Draws a sample for a seed.
    pub draw: Box<dyn Fn(u64) -> D>,
}

/// An estimator with its settings.
pub struct Method<D> {
    /// Name in the CSV file.
    pub name: &'static str,
    /// Heading of its column.
    pub heading: &'static str,
    /// Returns the estimate; `None` if the method does not apply to the data.
    pub estimate: fn(&D) -> Option<Result<Estimate>>,
    /// Number of seeds; fewer where the method is slow.
    pub seeds: fn(&D) -> u64,
}

/// Tasks with the methods that are compared on them.
pub struct Family {
    /// Name of the family and of its files.
    pub name: &'static str,
    /// Title of the heat map.
    pub title: &'static str,
    /// Name and heading of each method.
    pub methods: Vec<[&'static str; 2]>,
    /// Runs all methods on all tasks.
    pub measure: Box<dyn Fn() -> Vec<Row>>,
}

/// Errors of a method on a task, in nats. The fields are the columns of the CSV file.
#[derive(Clone, Serialize, Deserialize)]
pub struct Row {
    /// Name of the family.
    pub family: String,
    /// Group of the task.
    pub group: String,
    /// Name of the task.
    pub task: String,
    /// Exact value.
    pub truth: f64,
    /// Name of the method.
    pub estimator: String,
    /// Sample size.
    pub n: usize,
    /// Number of seeds.
    pub seeds: usize,
    /// Mean of estimate − truth over the seeds; `None` if the method returned an error.
    pub mean_error: Option<f64>,
    /// Standard deviation of estimate − truth over the seeds.
    pub sd: Option<f64>,
    /// Mean of |estimate − truth|.
    pub mean_size: Option<f64>,
    /// Median time of an estimate.
    pub seconds: Option<f64>,
    /// Error message of the method, if it returned one.
    pub refused: String,
}

impl Family {
    /// Creates a family from its name and title, its tasks and its methods.
    pub fn new<D: 'static>(
        [name, title]: [&'static str; 2],
        tasks: fn() -> Vec<Task<D>>,
        methods: &'static [Method<D>],
    ) -> Family {
        let measure = move || {
            let of_task = |task: Task<D>| {
                let data: Vec<D> = (1..=SEEDS).map(&task.draw).collect();
                let rows = methods
                    .iter()
                    .filter_map(|method| row(name, &task, method, &data));
                let rows: Vec<Row> = rows.collect();
                eprintln!("{name}: {}, {}", task.group, task.name);
                rows
            };
            tasks().into_iter().flat_map(of_task).collect()
        };
        Family {
            name,
            title,
            methods: methods.iter().map(|m| [m.name, m.heading]).collect(),
            measure: Box::new(measure),
        }
    }
}

/// Runs a method on the samples of a task; `None` if it does not apply to them.
fn row<D>(family: &str, task: &Task<D>, method: &Method<D>, data: &[D]) -> Option<Row> {
    let (mut errors, mut seconds, mut n, mut refused) = (vec![], vec![], 0, String::new());
    for data in &data[..(method.seeds)(&data[0]) as usize] {
        let start = Instant::now();
        match (method.estimate)(data)? {
            Ok(found) => {
                seconds.push(start.elapsed().as_secs_f64());
                errors.push(found.value.0 - task.truth);
                n = found.n;
            }
            Err(why) => {
                refused = why.to_string();
                errors.clear();
                break;
            }
        }
    }
    seconds.sort_by(f64::total_cmp);
    let error = Mean::of(&errors);
    let size = |error: Mean| errors.iter().map(|e| e.abs()).sum::<f64>() / error.runs as f64;
    Some(Row {
        family: family.into(),
        group: task.group.into(),
        task: task.name.clone(),
        truth: rounded(task.truth),
        estimator: method.name.into(),
        n,
        seeds: errors.len(),
        mean_error: error.map(|error| rounded(error.mean)),
        sd: error.and_then(|error| error.sd).map(rounded),
        mean_size: error.map(|error| rounded(size(error))),
        seconds: error.map(|_| rounded(seconds[seconds.len() / 2])),
        refused,
    })
}

/// Rounds to 10⁻⁶, so that the result is the same on every machine.
fn rounded(value: f64) -> f64 {
    // The sum turns −0 into 0.
    (value * 1e6).round() / 1e6 + 0.0
}
