//! Batches are functions of (seed, step), and contain each sample once per epoch.

use std::collections::{HashMap, HashSet};

use ganscope::data::{DataConfig, Dataset, Factors, Split};

use crate::common::*;

#[test]
fn a_dataset_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Dataset>();
}

#[test]
fn a_batch_depends_on_seed_and_step_and_not_on_what_was_asked_before() {
    let (_data, finite) = digits(50);
    let table = folder();
    let csv = table.path().join("t.csv");
    std::fs::write(
        &csv,
        (0..40)
            .map(|i| format!("{i},{}\n", i * i))
            .collect::<String>(),
    )
    .unwrap();
    let open = |name: &str| Dataset::open(&DataConfig::named(name)).unwrap();
    let table = open(&format!("csv:{}", csv.display()));
    for dataset in [
        finite,
        table,
        open("ring8"),
        open("grid25"),
        open("sprites"),
    ] {
        let name = &dataset.description().name;
        let size = 7 * dataset.description().shape.numel();
        let forwards: Vec<_> = (0..20).map(|s| dataset.batch(3, s, 7).unwrap()).collect();
        let mut backwards: Vec<_> = (0..20)
            .rev()
            .map(|s| dataset.batch(3, s, 7).unwrap())
            .collect();
        backwards.reverse();
        assert_eq!(forwards, backwards, "{name}");
        assert!(forwards.iter().all(|b| b.len() == size));
        assert_ne!(forwards[0], forwards[1], "{name}");
        assert_ne!(forwards[0], dataset.batch(4, 0, 7).unwrap(), "{name}");
        assert_ne!(forwards[0], dataset.sample(3, 7).unwrap(), "{name}");
        assert_eq!(dataset.sample(3, 7).unwrap(), dataset.sample(3, 7).unwrap());
    }
}

#[test]
fn threads_can_request_different_epochs_at_the_same_time() {
    let (_data, dataset) = digits(50);
    let alone: Vec<_> = (0..40).map(|s| dataset.batch(1, s, 25).unwrap()).collect();
    std::thread::scope(|scope| {
        for thread in 0..4usize {
            let (dataset, alone) = (&dataset, &alone);
            scope.spawn(move || {
                for s in (0..40).map(|i| (i * 7 + thread * 11) % 40) {
                    assert_eq!(dataset.batch(1, s as u64, 25).unwrap(), alone[s]);
                }
            });
        }
    });
}

#[test]
fn an_epoch_visits_every_sample_once_and_drops_the_remainder() {
    let (_data, dataset) = digits(50);
    let mut orders = Vec::new();
    for epoch in 0..3 {
        let visited: Vec<_> = (0..10)
            .flat_map(|b| which(&dataset.batch(9, epoch * 10 + b, 5).unwrap()))
            .collect();
        let mut sorted = visited.clone();
        sorted.sort();
        assert_eq!(sorted, (0..50).collect::<Vec<_>>());
        orders.push(visited);
    }
    assert_ne!(orders[0], orders[1]);
    assert_ne!(orders[1], orders[2]);

    // 50 = 3 · 16 + 2, so an epoch of three steps contains 48 different samples.
    let mut visited: Vec<_> = (0..3)
        .flat_map(|s| which(&dataset.batch(9, s, 16).unwrap()))
        .collect();
    visited.sort();
    visited.dedup();
    assert_eq!(visited.len(), 48);
    // The largest step number works too.
    assert_eq!(dataset.batch(9, u64::MAX, 16).unwrap().len(), 16 * 12);
}

#[test]
fn impossible_batch_sizes_are_refused_with_both_numbers() {
    let (_data, dataset) = digits(50);
    says(dataset.batch(1, 0, 51), &["51", "50"]);
    says(dataset.batch(1, 0, 0), &["batch of 0"]);
    says(dataset.sample(1, 51), &["51", "50"]);
    says(dataset.rows(49..51), &["49 to 51", "only 50"]);
    assert_eq!(dataset.batch(1, 0, 50).unwrap().len(), 600);
    for name in ["ring8", "sprites"] {
        let drawn = Dataset::open(&DataConfig::named(name)).unwrap();
        says(drawn.batch(1, 0, 0), &["batch of 0"]);
        says(drawn.batch(1, 0, usize::MAX), &["do not fit into memory"]);
    }
    let ring = Dataset::open(&DataConfig::named("ring8")).unwrap();
    says(ring.rows(0..1), &["ring8", "no stored rows"]);
}

#[test]
fn mixtures_are_drawn_without_end_around_their_centres() {
    let grid = Dataset::open(&DataConfig::named("grid25")).unwrap();
    assert_eq!(grid.len(), None);
    assert_eq!(grid.description().columns, ["x", "y"]);
    let mixture = grid.mixture().unwrap();
    let batch = grid.batch(5, 3, 5000).unwrap();
    let mut hits = HashMap::new();
    for point in batch.chunks(2) {
        let (mode, distance) = mixture.nearest([point[0].into(), point[1].into()]);
        // 6 σ: the probability of a larger distance is 2 · 10⁻⁸.
        assert!(distance < 0.3);
        *hits.entry(mode).or_insert(0) += 1;
    }
    // Each mode is expected 200 times, with a standard deviation of 14; the bounds are five of them.
    assert_eq!(hits.len(), 25);
    assert!(hits.values().all(|n| (130..270).contains(n)), "{hits:?}");
}

#[test]
fn rows_of_sprites_are_in_the_order_of_their_factors() {
    let sprites = Dataset::open(&DataConfig::named("sprites")).unwrap();
    assert_eq!(sprites.len(), Some(73_728));
    let rows = sprites.rows(70_000..70_002).unwrap();
    let expected = ganscope::data::render(&Factors::from_index(70_001).unwrap());
    assert_eq!(rows[1024..], expected);
    let indices = sprites.sample_indices(1, 3).unwrap().unwrap();
    let sampled = sprites.sample(1, 3).unwrap();
    for (i, index) in indices.into_iter().enumerate() {
        assert_eq!(
            sampled[i * 1024..][..1024],
            sprites.rows(index..index + 1).unwrap()
        );
    }
}

#[test]
fn sprites_can_be_restricted_to_some_levels() {
    let open = |text: &str| {
        let config: DataConfig = toml::from_str(text).unwrap();
        Dataset::open(&config)
    };
    let few = open("name = \"sprites\"\nfactors = { rotation = [0], scale = [5, 3] }").unwrap();
    assert_eq!(few.len(), Some(3 * 2 * 256));
    let indices = few.sample_indices(1, 1536).unwrap().unwrap();
    let distinct: HashSet<usize> = indices.iter().copied().collect();
    assert_eq!(distinct.len(), 1536);
    for &index in &indices {
        let factors = Factors::from_index(index).unwrap();
        assert_eq!(factors.rotation, 0);
        assert!([3, 5].contains(&factors.scale));
    }
    let first = ganscope::data::render(&Factors::from_index(indices[0]).unwrap());
    assert_eq!(few.sample(1, 1).unwrap(), first);
    // Every image of a batch is one of the rows.
    let rows = few.rows(0..1536).unwrap();
    for image in few.batch(2, 0, 8).unwrap().chunks(1024) {
        assert!(rows.chunks(1024).any(|row| row == image));
    }

    let wrong = |text: &str| open(&format!("name = \"sprites\"\n[factors]\n{text}"));
    says(
        wrong("rotaton = [0]"),
        &["factor of sprites \"rotaton\"", "nearest is \"rotation\""],
    );
    says(wrong("scale = [6]"), &["levels 0 to 5, not 6"]);
    says(wrong("x = []"), &["empty list of levels", "all 16"]);
    says(
        open("name = \"ring8\"\nfactors = { x = [1] }"),
        &["ring8 has no factors"],
    );
}

#[test]
fn an_error_for_an_unknown_name_suggests_the_nearest() {
    let open = |name: &str| Dataset::open(&DataConfig::named(name));
    says(
        open("mnits"),
        &[
            "unknown dataset \"mnits\"",
            "nearest is \"mnist\"",
            "csv:FILE",
        ],
    );
    says(open("images:"), &["needs a path"]);
    says(open("csv:"), &["needs a path"]);
    assert_eq!(open("mnits").unwrap_err().exit_code(), 2);
    let test = DataConfig {
        split: Split::Test,
        ..DataConfig::named("ring8")
    };
    says(Dataset::open(&test), &["ring8 has no test split"]);
}
