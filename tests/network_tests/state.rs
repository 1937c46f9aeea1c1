//! Writing and reading weights.

use crate::common::{batch, image, network, spec};
use ganscope::nn::{Network, Pass, StateDict, StateTensor, StateValues};
use ganscope::random::Stream;
use ganscope::tensor::Batch;
use std::collections::HashMap;

const LAYERS: &str = r#"
    {"type":"conv2d","in":1,"out":3,"kernel":3,"bias":false}, {"type":"batch_norm","features":3},
    {"type":"relu"}, {"type":"layer_norm"}, {"type":"flatten"}, {"type":"dense","in":12,"out":2}"#;

fn trained() -> Network {
    let mut net = network(&image(1, 4, 4), LAYERS);
    for step in 0..3 {
        net.forward(batch(step, 4, 16), Pass::training(1, step))
            .unwrap();
    }
    net
}

fn fresh() -> Network {
    let spec = spec(&image(1, 4, 4), LAYERS);
    Network::new("net", &spec, 12, Stream::DiscriminatorInit).unwrap()
}

fn bits(batch: &Batch) -> Vec<u32> {
    batch.values().iter().map(|v| v.to_bits()).collect()
}

#[test]
fn saved_state_is_read_back_bit_by_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.safetensors");
    let net = trained();
    let mut state = StateDict::default();
    state.add("critic", &net);
    state.write(&path, &HashMap::new()).unwrap();
    let (read, _) = StateDict::read(&path).unwrap();
    assert_eq!(read, state);
    let mut again = fresh();
    read.load("critic", &mut again).unwrap();
    let x = batch(77, 5, 16);
    assert_eq!(
        bits(&again.infer(x.clone()).unwrap()),
        bits(&net.infer(x).unwrap())
    );
    let mut twice = StateDict::default();
    twice.add("critic", &again);
    assert_eq!(twice, state);
    let names: Vec<&str> = state.iter().map(|(name, _)| name).collect();
    // The names of `nn.Sequential(...).state_dict()`, sorted.
    let expected = [
        "critic.0.weight",
        "critic.1.bias",
        "critic.1.num_batches_tracked",
        "critic.1.running_mean",
        "critic.1.running_var",
        "critic.1.weight",
        "critic.3.bias",
        "critic.3.weight",
        "critic.5.bias",
        "critic.5.weight",
    ];
    assert_eq!(names, expected);
    assert_eq!(state.get("critic.0.weight").unwrap().shape, [3, 1, 3, 3]);
    assert_eq!(state.get("critic.3.weight").unwrap().shape, [3, 2, 2]);
    let tracked = state.get("critic.1.num_batches_tracked").unwrap();
    assert_eq!(
        (tracked.shape.as_slice(), &tracked.values),
        (&[][..], &StateValues::I64(vec![3]))
    );
}

#[test]
fn missing_and_wrong_tensors_are_refused() {
    let mut whole = StateDict::default();
    whole.add("critic", &trained());
    for (missing, _) in whole.iter() {
        let mut state = StateDict::default();
        for (name, tensor) in whole.iter().filter(|(name, _)| *name != missing) {
            state.insert(name, tensor.clone());
        }
        let problem = state.load("critic", &mut fresh()).unwrap_err();
        assert!(
            problem.contains(missing) && problem.contains("missing"),
            "{problem}"
        );
    }
    let with = |name: &str, tensor: StateTensor| {
        let mut state = whole.clone();
        state.insert(name, tensor);
        state.load("critic", &mut fresh()).unwrap_err()
    };
    let problem = with("critic.5.weight", StateTensor::f32(vec![0.0; 24], &[12, 2]));
    for part in ["critic.5.weight", "[12, 2]", "[2, 12]"] {
        assert!(problem.contains(part), "{problem}");
    }
    let problem = with(
        "critic.1.running_mean",
        StateTensor::f32(vec![0.0; 4], &[4]),
    );
    assert!(
        problem.contains("[4]") && problem.contains("[3]"),
        "{problem}"
    );
    let integers = StateTensor {
        shape: vec![2],
        values: StateValues::I64(vec![1, 2]),
    };
    assert!(with("critic.5.bias", integers).contains("holds integers"));
    let tracked = StateTensor::f32(vec![3.0], &[]);
    assert!(with("critic.1.num_batches_tracked", tracked).contains("needs integers"));
    assert!(
        whole
            .load("generator", &mut fresh())
            .unwrap_err()
            .contains("generator.0.weight")
    );
}
