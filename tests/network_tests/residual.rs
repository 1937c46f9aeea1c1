//! Residual blocks: their names, their parts, their errors, and values computed with PyTorch.

use crate::common::{batch, close, image, network, parse, spec, vector};
use ganscope::gan::PenaltyConfig;
use ganscope::nn::{LayerSpec, Network, NetworkSpec, Pass, StateDict};
use ganscope::random::Stream;
use ganscope::tensor::{Batch, Gradients, Parameter};

/// Two blocks, the second with a block in its shortcut.
const BLOCKS: &str = r#"
    {"type":"residual","main":[{"type":"batch_norm","features":2}, {"type":"relu"},
      {"type":"conv2d","in":2,"out":2,"kernel":3,"padding":1}]},
    {"type":"residual","main":[{"type":"conv2d","in":2,"out":3,"kernel":1}],
      "shortcut":[{"type":"residual","main":[{"type":"tanh"}]}, {"type":"conv2d","in":2,"out":3,"kernel":1}]},
    {"type":"flatten"}, {"type":"dense","in":48,"out":1}, {"type":"sigmoid"}"#;

fn blocks() -> Network {
    network(&image(2, 4, 4), BLOCKS)
}

#[test]
fn tensors_have_the_names_of_nested_modules() {
    let mut state = StateDict::default();
    state.add("d", &blocks());
    let names: Vec<&str> = state.iter().map(|(name, _)| name).collect();
    let expected = [
        "d.0.main.0.bias",
        "d.0.main.0.num_batches_tracked",
        "d.0.main.0.running_mean",
        "d.0.main.0.running_var",
        "d.0.main.0.weight",
        "d.0.main.2.bias",
        "d.0.main.2.weight",
        "d.1.main.0.bias",
        "d.1.main.0.weight",
        "d.1.shortcut.1.bias",
        "d.1.shortcut.1.weight",
        "d.3.bias",
        "d.3.weight",
    ];
    assert_eq!(names, expected);
    let spec = spec(&image(2, 4, 4), BLOCKS);
    let mut other = Network::new("d", &spec, 99, Stream::DiscriminatorInit).unwrap();
    state.load("d", &mut other).unwrap();
    let x = batch(1, 3, 32);
    let [ours, read] = [&blocks(), &other].map(|d| d.infer(x.clone()).unwrap().values().to_vec());
    assert_eq!(ours, read);
}

#[test]
fn descriptions_survive_toml_and_json() {
    let spec = spec(&image(2, 4, 4), BLOCKS);
    let text = toml::to_string(&spec).unwrap();
    assert_eq!(toml::from_str::<NetworkSpec>(&text).unwrap(), spec);
    let text = serde_json::to_string(&spec).unwrap();
    assert_eq!(serde_json::from_str::<NetworkSpec>(&text).unwrap(), spec);
    assert_eq!(spec.layers[1].to_string(), "residual 1+2");
    let is_tanh = |layer: &LayerSpec| matches!(layer, LayerSpec::Tanh(_));
    assert_eq!(spec.find(&is_tanh).unwrap().0, "1.shortcut.0.main.0");
}

#[test]
fn every_layer_of_a_block_is_examined() {
    let d = blocks();
    let names: Vec<&str> = d.layer_names().collect();
    assert_eq!(names.len(), 9);
    assert_eq!(names[..3], ["0.main.0", "0.main.1", "0.main.2"]);
    assert_eq!(
        d.describe("0.main.2.weight"),
        "0.main.2 (conv2d 2→2 3×3 /1)"
    );
    assert_eq!(d.describe("1"), "1 (residual 1+2)");
    assert_eq!(d.describe("10.weight"), "10.weight");
    let norms = d.spectral_norms().unwrap();
    let of: Vec<&str> = norms.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(of, ["0.main.2", "1.main.0", "1.shortcut.1", "3"]);
    // A convolution of 1 × 1 is a matrix that is applied to each pixel.
    let (_, weight) = d
        .parameters()
        .into_iter()
        .find(|(name, _)| name == "1.main.0.weight")
        .unwrap();
    let w = nalgebra::DMatrix::from_row_slice(3, 2, &weight.values());
    assert!((norms[1].1 / f64::from(w.singular_values()[0]) - 1.0).abs() < 1e-3);
    let saturated = d.saturation(batch(1, 3, 32), Pass::INFERENCE).unwrap();
    let of: Vec<&str> = saturated.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(of, ["0.main.1", "1.shortcut.0.main.0", "4"]);
    let mut broken = blocks();
    broken.parameters_mut()[3].1.update(|w| w[0] = f32::NAN);
    let found = broken.first_not_finite(batch(1, 3, 32)).unwrap();
    assert_eq!(
        found,
        Some(("0.main.2 (conv2d 2→2 3×3 /1)".into(), "a weight"))
    );
}

#[test]
fn a_network_can_be_split_before_and_after_a_block() {
    let d = blocks();
    let x = batch(1, 3, 32);
    let whole = d.infer(x.clone()).unwrap().values().to_vec();
    for layers in 0..=5 {
        let (first, second) = d.split_at(layers).unwrap();
        assert_eq!(first.spec().layers.len(), layers);
        let y = second.infer(first.infer(x.clone()).unwrap()).unwrap();
        assert_eq!(*y.values(), whole, "{layers}");
    }
    let (_, second) = d.split_at(1).unwrap();
    assert_eq!(second.parameters()[0].0, "0.main.0.weight");
    assert!(d.split_at(6).unwrap_err().to_string().contains("5 layers"));
}

#[test]
fn weights_of_blocks_have_norm_1_with_spectral_norm() {
    let mut spec = spec(
        &vector(3),
        r#"{"type":"residual","main":[{"type":"dense","in":3,"out":3}, {"type":"relu"}, {"type":"dense","in":3,"out":3}],
           "shortcut":[{"type":"dense","in":3,"out":3}]}"#,
    );
    spec.spectral_norm = true;
    let mut d = Network::new("d", &spec, 1, Stream::DiscriminatorInit).unwrap();
    d.update(|_, values| {
        values.iter_mut().for_each(|v| *v *= 3.0);
        Ok(())
    })
    .unwrap();
    for (name, norm) in d.spectral_norms().unwrap() {
        assert!((norm - 1.0).abs() < 1e-2, "{name}: {norm}");
    }
    let mut state = StateDict::default();
    state.add("d", &d);
    assert!(state.get("spectral.d.0.shortcut.0.sigma").is_some());
    let mut again = Network::new("d", &spec, 2, Stream::DiscriminatorInit).unwrap();
    state.load("d", &mut again).unwrap();
    let [ours, read] = [d, again].map(|d| {
        let mut state = StateDict::default();
        state.add("d", &d);
        state
    });
    assert_eq!(ours, read);
    spec.layers.push(
        serde_json::from_str(r#"{"type":"residual","main":[{"type":"batch_norm","features":3}]}"#)
            .unwrap(),
    );
    let message = spec.shapes("d").unwrap_err().to_string();
    assert!(
        message.contains("layer 1.main.0 (batch_norm 3)"),
        "{message}"
    );
}

#[test]
fn errors_name_the_layer_inside_of_the_block() {
    let refused = |layers: &str, parts: &[&str]| {
        let message = spec(&vector(3), layers)
            .shapes("d")
            .unwrap_err()
            .to_string();
        for part in parts {
            assert!(message.contains(part), "\"{part}\" is not in: {message}");
        }
    };
    let dense = r#"{"type":"dense","in":3,"out":3}"#;
    refused(
        &format!(
            r#"{dense}, {{"type":"residual","main":[{dense}, {{"type":"dense","in":4,"out":3}}]}}"#
        ),
        &[
            "d layer 1 (residual, main.1: dense 4→3)",
            "expected 4 numbers, got 3 numbers",
        ],
    );
    refused(
        r#"{"type":"residual","main":[{"type":"dense","in":3,"out":2}]}"#,
        &[
            "d layer 0 (residual 1+0)",
            "equal output shapes",
            "main → 2 numbers, shortcut → 3 numbers",
        ],
    );
    refused(
        r#"{"type":"residual","main":[]}"#,
        &["at least one layer in \"main\""],
    );
    let parsed = |layers: &str| parse(&vector(3), layers).unwrap_err().to_string();
    assert!(parsed(r#"{"type":"residual"}"#).contains("main"));
    assert!(parsed(r#"{"type":"residual","main":[{"type":"dens"}]}"#).contains("dens"));
    assert!(
        parsed(&format!(
            r#"{{"type":"residual","main":[{dense}],"skip":[]}}"#
        ))
        .contains("skip")
    );
}

/// The critic with which the values below were computed, in double precision:
///
/// ```python
/// net = nn.Sequential(
///     Residual(nn.Sequential(nn.Tanh(), nn.Linear(2, 3), nn.Softplus(), nn.Linear(3, 2)),
///              nn.Sequential(nn.Linear(2, 2, bias=False))),
///     nn.Linear(2, 1))
/// k = 0
/// for p in net.parameters():
///     n = p.numel()
///     p.data = (((torch.arange(n) + k) * 7 % 11 - 5) / 8).reshape(p.shape)
///     k += n
/// x = torch.tensor([[0.5, -1.0], [0.25, 2.0]], requires_grad=True)
/// y = net(x)
/// g, = torch.autograd.grad(y.sum(), x, create_graph=True)
/// penalty = ((g.norm(dim=1) - 1) ** 2).mean()
/// torch.autograd.grad(y.sum(), net.parameters())
/// torch.autograd.grad(penalty, net.parameters())
/// ```
fn critic() -> (Network, Batch) {
    let mut net = network(
        &vector(2),
        r#"{"type":"residual","main":[{"type":"tanh"}, {"type":"dense","in":2,"out":3}, {"type":"softplus"},
             {"type":"dense","in":3,"out":2}],"shortcut":[{"type":"dense","in":2,"out":2,"bias":false}]},
           {"type":"dense","in":2,"out":1}"#,
    );
    let mut k = 0;
    for (_, parameter) in net.parameters_mut() {
        parameter.update(|values| {
            for value in values {
                *value = ((k * 7 % 11) as f32 - 5.0) / 8.0;
                k += 1;
            }
        });
    }
    (net, Batch::new(vec![0.5, -1.0, 0.25, 2.0], 2, 2).unwrap())
}

fn taken(net: &Network, gradients: &mut Gradients) -> Vec<f32> {
    let parameters = net.parameters().into_iter();
    let mut take = |parameter: &Parameter| gradients.take(parameter).unwrap();
    parameters
        .flat_map(|(_, parameter)| take(parameter))
        .collect()
}

#[test]
fn outputs_and_gradients_are_those_of_pytorch() {
    let (mut net, x) = critic();
    let pass = Pass::training(1, 0).through();
    let y = net.forward(x.clone().record(), pass).unwrap();
    close(
        "y",
        &y.values(),
        &[0.567_827_684_579_878_9, -0.087_797_055_941_774_67],
        1e-6,
    );
    let ones = Batch::new(vec![1.0; 2], 2, 1).unwrap();
    let mut gradients = Gradients::of(y.dot(&ones).unwrap()).unwrap();
    let dx = [
        0.274_240_035_210_615_8,
        -0.206_391_056_697_480_5,
        0.290_046_684_149_056_9,
        -0.229_371_715_371_617_2,
    ];
    close("dx", &gradients.take_input(&x).unwrap(), &dx, 1e-6);
    let expected = [
        -0.079404591,
        -0.047736662,
        0.054907420,
        0.058098702,
        -0.089787887,
        0.018279572,
        -0.233204775,
        0.169880694,
        -0.238867573,
        -0.216662948,
        -0.180059430,
        -0.122439518,
        -1.083314740,
        -0.900297151,
        -0.612197594,
        -0.25,
        -1.25,
        -0.09375,
        -0.125,
        -0.46875,
        -0.625,
        0.482731819,
        -0.064595369,
        2.0,
    ];
    close("weights", &taken(&net, &mut gradients), &expected, 1e-6);
}

#[test]
fn the_gradient_of_the_gradient_penalty_is_that_of_pytorch() {
    let (net, x) = critic();
    let config = PenaltyConfig::Gradient {
        weight: 1.0,
        target: 1.0,
    };
    // Between a sample and itself lies only the sample.
    let penalty = config.of(&net, &x, &x, 1, 0).unwrap().unwrap();
    assert!(
        (penalty.value - 0.414_262_888_407_645).abs() < 1e-6,
        "{}",
        penalty.value
    );
    let mut gradients = Gradients::of(penalty.surrogate).unwrap();
    let expected = [
        0.092609518,
        -0.022415638,
        -0.070682456,
        0.012089096,
        0.108699432,
        -0.028880168,
        -0.029067878,
        0.013486404,
        0.013355975,
        -0.042800589,
        -0.019754540,
        0.009151885,
        -0.214002948,
        -0.098772700,
        0.045759428,
        0.0,
        0.0,
        0.127386334,
        -0.098231481,
        0.636931670,
        -0.491157408,
        -0.355138679,
        0.804572451,
        0.0,
    ];
    close("weights", &taken(&net, &mut gradients), &expected, 2e-6);
}
