//! Estimates beside the truth.

use std::time::Instant;

use ganscope::Result;
use ganscope::info::Estimate;
use ganscope::study::Mean;
use serde::{Deserialize, Serialize};

/// Seeds are 1 to this.
pub const SEEDS: u64 = 10;

/// Data whose information is known.
pub struct Task<D> {
    pub group: &'static str,
    pub name: String,
    /// In nats.
    pub truth: f64,
    /// By seed.
    pub draw: Box<dyn Fn(u64) -> D>,
}

/// An estimator with its settings.
pub struct Method<D> {
    /// In the CSV.
    pub name: &'static str,
    /// Above its column.
    pub heading: &'static str,
    /// Nothing where it does not fit the data.
    pub estimate: fn(&D) -> Option<Result<Estimate>>,
    /// Fewer where it is slow.
    pub seeds: fn(&D) -> u64,
}

/// Tasks × methods.
pub struct Family {
    pub name: &'static str,
    pub title: &'static str,
    /// Name and heading of each method.
    pub methods: Vec<[&'static str; 2]>,
    pub measure: Box<dyn Fn() -> Vec<Row>>,
}

/// What a method found of a task, in nats.
#[derive(Clone, Serialize, Deserialize)]
pub struct Row {
    pub family: String,
    pub group: String,
    pub task: String,
    pub truth: f64,
    pub estimator: String,
    pub n: usize,
    pub seeds: usize,
    /// Of estimate − truth over the seeds; nothing where the method refused.
    pub mean_error: Option<f64>,
    pub sd: Option<f64>,
    /// Mean of |estimate − truth|.
    pub mean_size: Option<f64>,
    /// Median of an estimate.
    pub seconds: Option<f64>,
    /// Why.
    pub refused: String,
}

impl Family {
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

/// To 10⁻⁶, which is the same on every machine.
fn rounded(value: f64) -> f64 {
    // Not −0.
    (value * 1e6).round() / 1e6 + 0.0
}
