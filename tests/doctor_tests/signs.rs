//! Measurements of layers and of both networks, against closed forms.

use crate::common::{changed, close, each, settings, trainer};
use ganscope::nn::{Network, NetworkSpec, Pass};
use ganscope::random::Stream;
use ganscope::tensor::Batch;
use ganscope::train::LayerSigns;

/// G is a product of `depth` rotations, each times `gain`; D is the product with a fixed vector.
fn chain(depth: usize, gain: f32) -> (String, ganscope::train::Trainer) {
    let dense = r#"{ type = "dense", in = 2, out = 2, bias = false }"#;
    let text = format!(
        "data = 'ring8'\nbatch = 64\ngan = 'wgan'\nweight_clip = 0.0\nn_critic = 1\n\
         optimizer.generator = {{ kind = 'sgd', lr = 1e-9 }}\noptimizer.discriminator = {{ kind = 'sgd', lr = 1e-9 }}\n\
         generator = {{ init = 'orthogonal', layers = [{}] }}\n\
         discriminator = {{ layers = [{{ type = 'dense', in = 2, out = 1, bias = false }}] }}",
        vec![dense; depth].join(", ")
    );
    let trainer = changed(&text, &[], |state| {
        for layer in 0..depth {
            each(state, &format!("generator.{layer}.weight"), |w| gain * w);
        }
    });
    (text, trainer)
}

/// L_G = −E[w·G(z)] with G(z) = W_L … W_1 z and W_l = g Q_l: ‖∂L/∂W_l‖ = g^{L−1} ‖w‖ ‖E[z]‖ for every l.
#[test]
fn gradients_through_a_chain_are_a_power_of_its_gain() {
    for gain in [0.5f32, 1.0, 3.0] {
        for depth in [2, 3, 6] {
            let (text, trainer) = chain(depth, gain);
            let (config, _) = settings(&text, &[]).resolve().unwrap();
            let z = config.latents(1, Stream::Latent, 1, 64);
            let mean = |i: usize| {
                z.iter()
                    .skip(i)
                    .step_by(2)
                    .map(|z| f64::from(*z))
                    .sum::<f64>()
                    / 64.0
            };
            let w = trainer.discriminator().parameters()[0].1.values();
            let of_w = f64::from(w[0]).hypot(f64::from(w[1]));
            let expected = f64::from(gain).powi(depth as i32 - 1) * of_w * mean(0).hypot(mean(1));
            let layers = trainer.examine(&[]).unwrap().layers;
            let g: Vec<&LayerSigns> = layers.iter().filter(|l| l.network == "generator").collect();
            assert_eq!(g.len(), depth);
            for layer in g {
                close(layer.gradient.unwrap(), expected, 1e-4);
                // g Q has one singular value, and norm g √2.
                close(layer.spectral_norm.unwrap(), gain.into(), 1e-3);
                close(layer.weight.unwrap(), f64::from(gain) * 2f64.sqrt(), 1e-4);
                assert_eq!(layer.saturation, None);
            }
        }
    }
}

/// Plain gradient descent changes W by lr ‖∂L/∂W‖.
#[test]
fn an_update_of_gradient_descent_is_its_rate_times_the_gradient() {
    let over = [
        "optimizer.generator.kind=sgd",
        "optimizer.generator.lr=0.01",
        "optimizer.discriminator.kind=sgd",
        "optimizer.discriminator.lr=0.02",
    ];
    let layers = trainer("data = 'ring8'", &over)
        .examine(&[])
        .unwrap()
        .layers;
    let dense: Vec<_> = layers.iter().filter(|l| l.gradient.is_some()).collect();
    assert_eq!(dense.len(), 8);
    for layer in dense {
        let rate = if layer.network == "generator" {
            0.01
        } else {
            0.02
        };
        let expected = rate * layer.gradient.unwrap() / layer.weight.unwrap();
        close(layer.update.unwrap(), expected, 2e-3);
    }
}

/// A network with a single layer.
fn single_layer(input: &str, layers: &str) -> Network {
    let text = format!(r#"{{ "input": {input}, "layers": [{layers}] }}"#);
    let spec: NetworkSpec = serde_json::from_str(&text).unwrap();
    Network::new("net", &spec, 1, Stream::GeneratorInit).unwrap()
}

#[test]
fn saturated_values_and_dead_units_are_counted() {
    let vector = |len: usize| format!(r#"{{ "kind": "vector", "len": {len} }}"#);
    let share = |layer: &str, x: &[f32], units: usize| {
        let network = single_layer(&vector(units), &format!(r#"{{ "type": {layer} }}"#));
        let x = Batch::new(x.to_vec(), x.len() / units, units).unwrap();
        let found = network.saturation(x, Pass::INFERENCE).unwrap();
        let shares = found
            .into_iter()
            .map(|(layer, share)| (layer.parse::<usize>().unwrap(), share));
        shares.collect::<Vec<_>>()
    };
    // artanh √0.9 = 1.8184, and ln(0.97434/0.02566) = 3.6369.
    assert_eq!(
        share("\"tanh\"", &[1.81, -1.81, 1.82, -1.82, 9.0], 1),
        [(0, 0.6)]
    );
    assert_eq!(
        share("\"sigmoid\"", &[3.63, -3.63, 3.65, -3.65, 0.0], 1),
        [(0, 0.4)]
    );
    // Of three units the first is never on, the second once.
    let x = [-1.0, -1.0, 1.0, -2.0, 0.5, 1.0];
    assert_eq!(share("\"relu\"", &x, 3), [(0, 1.0 / 3.0)]);
    assert_eq!(share("\"leaky_relu\"", &x, 3), []);
    assert_eq!(share("\"leaky_relu\", \"slope\": 0.01", &x, 3), []);
    // Softplus and ELU have slope 1/(1 + e^{−x}) and e^x on the left: a tenth at −2.197 and −2.303.
    assert_eq!(share("\"softplus\"", &[-2.19, -2.21], 2), [(0, 0.5)]);
    assert_eq!(share("\"elu\"", &[-2.29, -2.31], 2), [(0, 0.5)]);
}

#[test]
fn a_unit_of_an_image_is_a_channel() {
    let image = r#"{ "kind": "image", "channels": 2, "height": 1, "width": 2 }"#;
    let network = single_layer(image, r#"{ "type": "relu" }"#);
    // The first channel is on in one pixel of one image, the second in none.
    let x = Batch::new(vec![-1.0, -1.0, -1.0, -1.0, -1.0, 2.0, -1.0, -1.0], 2, 4).unwrap();
    assert_eq!(
        network.saturation(x, Pass::INFERENCE).unwrap(),
        [("0".to_string(), 0.5)]
    );
}

/// A D of zeros: P(real) = ½ everywhere, and every other score is 0.
#[test]
fn measurements_of_a_discriminator_of_zeros() {
    for (gan, share, slope) in [
        ("gan", Some(1.0), 0.5),
        ("nsgan", Some(1.0), 0.5),
        // ½(0 − 1)² of ¼, and |0 − 1|.
        ("lsgan", Some(2.0), 1.0),
        ("wgan", None, 1.0),
        ("hinge", Some(1.0), 1.0),
        ("relativistic-r1r2", Some(1.0), 0.5),
    ] {
        let over = format!("gan={gan}");
        let over = [over.as_str(), "discriminator.spectral_norm=false"];
        let trainer = changed("data = 'ring8'\nbatch = 64", &over, |state| {
            for layer in [0, 2, 4, 6] {
                each(state, &format!("discriminator.{layer}.weight"), |_| 0.0);
                each(state, &format!("discriminator.{layer}.bias"), |_| 0.0);
            }
        });
        let game = trainer.examine(&[]).unwrap().game;
        assert_eq!(game.d_loss_share.is_some(), share.is_some(), "{gan}");
        if let (Some(found), Some(share)) = (game.d_loss_share, share) {
            close(found, share, 1e-5);
        }
        close(game.slope, slope, 1e-5);
    }
}

/// Samples half as large have half the diversity, and equal samples have none.
#[test]
fn diversity_is_a_ratio_of_distances() {
    let linear = "data = 'ring8'\nbatch = 64\noptimizer.generator = { kind = 'sgd', lr = 1e-12 }\n\
                  generator = { layers = [{ type = 'dense', in = 2, out = 2 }] }";
    let with = |size: f32| {
        let trainer = changed(linear, &[], |state| {
            each(state, "generator.0.weight", |w| size * w);
        });
        trainer.examine(&[]).unwrap().game
    };
    let (whole, half, none) = (with(1.0), with(0.5), with(0.0));
    close(half.diversity, 0.5 * whole.diversity, 1e-4);
    assert_eq!(none.diversity, 0.0);
    // No sample is near a mode, so modes are not counted.
    assert_eq!((whole.modes, none.modes), (None, None));
}

/// The gap is the decrease of L_D by further training: large for an untrained D, close to 0 for a trained one.
#[test]
fn the_optimality_gap_closes_during_training() {
    let over = ["optimizer.generator.lr=1e-12", "generator.init=dcgan"];
    let mut trainer = trainer("data = 'ring8'\nbatch = 128", &over);
    let fresh = trainer.examine(&[]).unwrap().game;
    crate::common::run(&mut trainer, 300);
    let learnt = trainer.examine(&[]).unwrap().game;
    assert!(fresh.optimality_gap > 0.1, "{fresh:?}");
    assert!(learnt.optimality_gap.abs() < 0.01, "{learnt:?}");
    assert!(learnt.d_loss_share < fresh.d_loss_share);
}

/// Weights three times as large as at first have moved by twice their norm; an update counts with the factor of its
/// schedule.
#[test]
fn distance_is_measured_from_the_initial_weights() {
    let fresh = trainer("data = 'ring8'", &[]).examine(&[]).unwrap();
    for travel in fresh.game.travel {
        assert_eq!((travel.distance, travel.updates), (0.0, 0.0));
    }
    let over = [
        "n_critic=3",
        "optimizer.generator.lr=1e-12",
        "optimizer.discriminator.lr=1e-12",
        // A tenth of the rate in the first step, two tenths in the second.
        "schedule.generator.warmup=10",
    ];
    let mut threefold = changed("data = 'ring8'", &over, |state| {
        for layer in [0, 2, 4, 6] {
            each(state, &format!("generator.{layer}.weight"), |w| 3.0 * w);
        }
    });
    crate::common::run(&mut threefold, 1);
    let [d, g] = threefold.examine(&[]).unwrap().game.travel;
    close(g.distance, 2.0, 1e-6);
    assert!(d.distance < 1e-9, "{d:?}");
    close(g.updates, 0.3, 1e-9);
    close(d.updates, 6.0, 1e-6);
}

/// With several starts, the initial weights are those of the start that was continued.
#[test]
fn distance_of_a_start_is_measured_from_its_own_initial_weights() {
    use ganscope::train::{Run, Starts, Trainer, train};
    let folder = tempfile::tempdir().unwrap();
    let text = "data = 'ring8'\ngan = 'infogan'\nsteps = 20\nbatch = 64\nseed = 4\n\
                codes = { starts = 3, weight_real = 1.0 }";
    let (config, data) = settings(text, &[]).resolve().unwrap();
    let run = Run::create(folder.path(), &config, false).unwrap();
    let mut trainer = Trainer::new(config, data).unwrap();
    let never = std::sync::atomic::AtomicBool::new(false);
    train(&run, &mut trainer, 0.0, &never, &mut |_| ()).unwrap();
    let chosen = std::fs::read_to_string(folder.path().join("starts.json")).unwrap();
    let chosen: Starts = serde_json::from_str(&chosen).unwrap();
    assert_ne!(chosen.chosen, 0, "take another seed");
    for travel in trainer.examine(&[]).unwrap().game.travel {
        assert!(0.0 < travel.distance && travel.distance < 0.2, "{travel:?}");
    }
}
