//! The bound on the weights of a network.

use ganscope::data::SampleShape;
use ganscope::gan::{NonSaturating, Objective};
use ganscope::nn::presets;
use ganscope::optim::OptimizerConfig;
use ganscope::random::{Stream, standard_normal};
use ganscope::tensor::Batch;
use ganscope::train::Player;

/// All weights and biases of a critic of points after `steps` steps.
fn weights(limit: Option<f64>, steps: u64) -> Vec<f32> {
    let spec = presets::discriminator(&SampleShape::Vector { len: 2 }).unwrap();
    let (stream, rmsprop) = (Stream::DiscriminatorInit, OptimizerConfig::rmsprop(1e-3));
    let d = Player::new("discriminator", &spec, 1, stream, &rmsprop).unwrap();
    let mut d = d.bounded(limit);
    for step in 0..steps {
        let mut scores = |stream, shift: f32| {
            let x = standard_normal(2, stream, step, 64);
            let x = x.into_iter().map(|x| x + shift).collect();
            d.scores(Batch::new(x, 32, 2).unwrap()).unwrap()
        };
        let (real, fake) = (scores(Stream::Data, 1.0), scores(Stream::Latent, -1.0));
        d.descend(NonSaturating::default().discriminator(real, fake))
            .unwrap();
        if let Some(limit) = limit {
            let inside = |w: &f32| w.abs() <= limit as f32;
            for (name, parameter) in d.network.parameters() {
                assert!(
                    parameter.values().iter().all(inside),
                    "{name} at step {step}"
                );
            }
        }
    }
    let parameters = d.network.parameters();
    let all = parameters.iter().flat_map(|(_, p)| p.values().to_vec());
    all.collect()
}

#[test]
fn every_weight_stays_in_the_interval() {
    let limit = 0.01;
    let bounded = weights(Some(limit), 30);
    let on_the_edge = bounded.iter().filter(|w| w.abs() == limit as f32).count();
    // Some weights and biases are at the bound, and some are not.
    assert!(on_the_edge > bounded.len() / 100 && on_the_edge < bounded.len());
    let free = weights(None, 30);
    assert!(free.iter().any(|w| w.abs() > 0.1));
}
