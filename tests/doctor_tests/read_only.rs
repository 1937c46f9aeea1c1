//! An examination does not change the trainer.

use crate::common::{run, trainer};

/// Everything with a state: batch norm, dropout, spectral norm, moments of optimisers, a moving average, BEGAN's k.
const CASES: [(&str, &[&str]); 4] = [
    (
        r#"
data = "sprites"
batch = 8
latent = 4
[generator]
layers = [
    { type = "dense", in = 4, out = 512 }, { type = "reshape", channels = 8, height = 8, width = 8 },
    { type = "batch_norm", features = 8 }, { type = "relu" },
    { type = "conv_transpose2d", in = 8, out = 4, kernel = 4, stride = 2, padding = 1 },
    { type = "batch_norm", features = 4 }, { type = "relu" },
    { type = "conv_transpose2d", in = 4, out = 1, kernel = 4, stride = 2, padding = 1 }, { type = "tanh" },
]
[discriminator]
layers = [
    { type = "conv2d", in = 1, out = 4, kernel = 4, stride = 2, padding = 1 }, { type = "leaky_relu" },
    { type = "conv2d", in = 4, out = 8, kernel = 4, stride = 2, padding = 1 },
    { type = "batch_norm", features = 8 }, { type = "leaky_relu" },
    { type = "flatten" }, { type = "dropout", p = 0.2 }, { type = "dense", in = 512, out = 1 },
]
"#,
        &[],
    ),
    (
        "data = 'ring8'\nbatch = 32",
        &["gan=sngan", "penalty.kind=r1"],
    ),
    ("data = 'ring8'\nbatch = 32", &["gan=began"]),
    ("data = 'ring8'\nbatch = 32", &["gan=infogan", "n_critic=2"]),
];

#[test]
#[cfg_attr(feature = "cuda", ignore = "a GPU adds in no fixed order")]
fn the_next_steps_are_the_same_bit_for_bit() {
    for (text, over) in CASES {
        let (mut seen, mut unseen) = (trainer(text, over), trainer(text, over));
        let mut histories = [Vec::new(), Vec::new()];
        for _ in 0..4 {
            let first = seen.examine(&histories[0]).unwrap();
            let again = seen.examine(&histories[0]).unwrap();
            assert_eq!(format!("{first:?}"), format!("{again:?}"));
            histories[0].extend(run(&mut seen, 1));
            histories[1].extend(run(&mut unseen, 1));
        }
        seen.examine(&histories[0]).unwrap();
        // Debug formatting of a float is exact.
        assert_eq!(format!("{:?}", histories[0]), format!("{:?}", histories[1]));
        let weights = |t: &ganscope::train::Trainer| {
            let networks = [t.generator().clone(), t.discriminator().clone()];
            let all = networks.iter().flat_map(|n| n.parameters());
            all.map(|(_, p)| p.values().to_vec()).collect::<Vec<_>>()
        };
        assert_eq!(weights(&seen), weights(&unseen));
        // Batch norm's moments, too.
        let samples = |t: &ganscope::train::Trainer| t.sample(20, 5).unwrap().values;
        assert_eq!(samples(&seen), samples(&unseen));
    }
}
