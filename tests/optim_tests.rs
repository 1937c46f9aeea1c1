//! Compares optimisers with sequences made by PyTorch (`tests/reference/optim.json`, written by the `optim.py`
//! beside it) and with loops in f64, and schedules with their closed forms.

use std::collections::BTreeMap;

use ganscope::optim::clip::{clip_norm, global_norm};
use ganscope::optim::{Clip, Decay, Optimizer, OptimizerConfig, ScheduleConfig, ScheduleState};
use ganscope::random::{Stream, standard_normal};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    start: Vec<Vec<f32>>,
    gradients: Vec<Vec<Vec<f32>>>,
    lr_factors: Vec<f64>,
    cases: Vec<Case>,
    clip: ClipCase,
}

#[derive(Deserialize)]
struct Case {
    config: OptimizerConfig,
    /// Parameters after each step.
    parameters: Vec<Vec<Vec<f64>>>,
    moments: BTreeMap<String, Vec<f64>>,
}

#[derive(Deserialize)]
struct ClipCase {
    limit: f64,
    norm: f64,
    clipped: Vec<Vec<f64>>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/optim.json")).unwrap()
}

/// Compares f32 with f64. The tolerance is a millionth of the value, plus a few ulp of 1 for values near 0.
#[track_caller]
fn assert_close(got: &[f32], want: &[f64], what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (i, (&got, &want)) in got.iter().zip(want).enumerate() {
        let error = (f64::from(got) - want).abs();
        assert!(
            error <= 1e-6 * want.abs() + 2e-7,
            "{what}[{i}]: {got}, not {want}"
        );
    }
}

/// Does one step of all parameters.
fn step(optimizer: &mut Optimizer, lr_factor: f64, theta: &mut [Vec<f32>], g: &[Vec<f32>]) {
    optimizer.begin_step();
    for (i, (theta, g)) in theta.iter_mut().zip(g).enumerate() {
        optimizer.update(i, lr_factor, theta, g).unwrap();
    }
}

#[test]
fn optimizers_compute_the_same_sequences_as_pytorch() {
    let reference = reference();
    for case in &reference.cases {
        let mut optimizer = case.config.init().unwrap();
        let mut theta = reference.start.clone();
        let steps = reference.gradients.iter().zip(&reference.lr_factors);
        for (t, (gradients, &lr_factor)) in steps.enumerate() {
            step(&mut optimizer, lr_factor, &mut theta, gradients);
            for (i, theta) in theta.iter().enumerate() {
                let what = format!("{:?} step {t} parameter {i}", case.config);
                assert_close(theta, &case.parameters[t][i], &what);
            }
        }
        assert_eq!(optimizer.step(), 7);
        let names: Vec<String> = optimizer.moments().map(|(name, _)| name).collect();
        let expected: Vec<&String> = case.moments.keys().collect();
        assert_eq!(names.iter().collect::<Vec<_>>(), expected);
        for (name, moment) in optimizer.moments() {
            let want = &case.moments[&name];
            assert_close(moment, want, &format!("{:?} {name}", case.config));
        }
    }
}

/// The equations once more, as plainly as they can be written, on parameters that are large
/// enough to be shared between threads.
#[test]
fn large_parameters_agree_with_a_plain_loop_in_f64() {
    type Rule = fn(f64, f64, &mut f64, &mut f64, i32) -> f64;
    let cases: [(OptimizerConfig, Rule); 5] = [
        (OptimizerConfig::sgd(0.1), |p, g, _, _, _| p - 0.1 * g),
        (
            OptimizerConfig::Sgd {
                lr: 0.1,
                momentum: 0.8,
            },
            |p, g, v, _, _| {
                *v = 0.8 * *v + g;
                p - 0.1 * *v
            },
        ),
        (OptimizerConfig::rmsprop(0.01), |p, g, v, _, _| {
            *v = 0.99 * *v + 0.01 * g * g;
            p - 0.01 * g / (v.sqrt() + 1e-8)
        }),
        (OptimizerConfig::adam(0.01, 0.5, 0.999), |p, g, m, v, t| {
            *m = 0.5 * *m + 0.5 * g;
            *v = 0.999 * *v + 0.001 * g * g;
            let m_hat = *m / (1.0 - 0.5_f64.powi(t));
            let v_hat = *v / (1.0 - 0.999_f64.powi(t));
            p - 0.01 * m_hat / (v_hat.sqrt() + 1e-8)
        }),
        (OptimizerConfig::adagrad(0.01), |p, g, s, _, _| {
            *s += g * g;
            p - 0.01 * g / (s.sqrt() + 1e-10)
        }),
    ];
    let n = 50_001;
    for (config, rule) in cases {
        let mut optimizer = config.init().unwrap();
        let mut theta = vec![standard_normal(1, Stream::GeneratorInit, 0, n)];
        let mut want: Vec<f64> = theta[0].iter().map(|&x| x.into()).collect();
        let (mut a, mut b) = (vec![0.0; n], vec![0.0; n]);
        for t in 1..=6 {
            let g = standard_normal(1, Stream::Data, t as u64, n);
            for i in 0..n {
                want[i] = rule(want[i], g[i].into(), &mut a[i], &mut b[i], t);
            }
            step(&mut optimizer, 1.0, &mut theta, &[g]);
        }
        assert_close(&theta[0], &want, config.kind());
    }
}

/// Runs `work` on pools of one and of two threads.
fn on_one_and_two_threads<T: Send>(work: impl Fn() -> T + Sync) -> [T; 2] {
    [1, 2].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(&work)
    })
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let n = 100_003;
    let [one, two] = on_one_and_two_threads(|| {
        let mut optimizer = OptimizerConfig::default().init().unwrap();
        let mut theta = vec![standard_normal(2, Stream::GeneratorInit, 0, n)];
        let mut norms = Vec::new();
        for t in 0..3 {
            let mut g = standard_normal(2, Stream::Data, t, n);
            norms.push(clip_norm(&mut [&mut g], 1.0).to_bits());
            step(&mut optimizer, 1.0, &mut theta, &[g]);
        }
        let bits: Vec<u32> = theta[0].iter().map(|x| x.to_bits()).collect();
        (bits, norms)
    });
    assert!(one == two);
}

#[test]
fn a_restored_optimizer_continues_exactly() {
    let reference = reference();
    for case in &reference.cases {
        let mut unbroken = case.config.init().unwrap();
        let mut theta = reference.start.clone();
        for g in &reference.gradients[..3] {
            step(&mut unbroken, 1.0, &mut theta, g);
        }
        let mut restored = case.config.init().unwrap();
        restored.set_step(unbroken.step());
        for (name, moment) in unbroken.moments() {
            restored.set_moments(&name, moment.to_vec()).unwrap();
        }
        let mut theta_restored = theta.clone();
        for g in &reference.gradients[3..] {
            step(&mut unbroken, 1.0, &mut theta, g);
            step(&mut restored, 1.0, &mut theta_restored, g);
        }
        assert_eq!(theta, theta_restored, "{:?}", case.config);
    }
}

#[test]
fn misuse_is_an_error_that_names_the_problem() {
    let mut adam = OptimizerConfig::default().init().unwrap();
    let message = adam.update(0, 1.0, &mut [0.0], &[0.0]).unwrap_err();
    assert!(message.to_string().contains("begin_step"), "{message}");

    adam.begin_step();
    let message = adam.update(3, 1.0, &mut [0.0; 2], &[0.0]).unwrap_err();
    let expected = "optimizer: parameter 3 has 2 elements, but its gradient has 1";
    assert_eq!(message.to_string(), expected);

    // With only half of a checkpoint's moments, zeros in place of the other half would go unnoticed.
    adam.set_moments("3.exp_avg", vec![0.0; 2]).unwrap();
    let message = adam.update(3, 1.0, &mut [0.0; 2], &[0.0; 2]).unwrap_err();
    assert!(message.to_string().contains("3.exp_avg_sq"), "{message}");

    for name in ["exp_avg", "x.exp_avg", "0.sum", "-1.exp_avg", "0.exp_avg.1"] {
        let message = adam.set_moments(name, vec![]).unwrap_err().to_string();
        assert!(message.contains("<parameter>.exp_avg_sq"), "{message}");
    }
}

#[test]
fn settings_out_of_range_are_refused_with_their_name() {
    for (field, text) in [
        ("sgd.lr", "kind = 'sgd'\nlr = 0.0"),
        ("sgd.lr", "kind = 'sgd'\nlr = nan"),
        ("sgd.momentum", "kind = 'sgd'\nmomentum = 1.0"),
        ("rmsprop.lr", "kind = 'rmsprop'\nlr = inf"),
        ("rmsprop.alpha", "kind = 'rmsprop'\nalpha = -0.1"),
        ("adam.lr", "kind = 'adam'\nlr = -1"),
        ("adam.beta1", "kind = 'adam'\nbeta1 = 1.5"),
        ("adam.beta2", "kind = 'adam'\nbeta2 = nan"),
        ("adam.eps", "kind = 'adam'\neps = -1e-8"),
        ("adagrad.eps", "kind = 'adagrad'\neps = 0.0"),
    ] {
        let config: OptimizerConfig = toml::from_str(text).unwrap();
        let message = config.init().unwrap_err().to_string();
        assert!(message.starts_with(field), "{text}: {message}");
    }
    let unknown = toml::from_str::<OptimizerConfig>("kind = 'adam'\nbeta3 = 0.9").unwrap_err();
    assert!(unknown.to_string().contains("beta3"), "{unknown}");
}

#[test]
fn a_config_is_written_out_with_every_default() {
    let config: OptimizerConfig = toml::from_str("kind = 'adam'").unwrap();
    assert_eq!(config, OptimizerConfig::default());
    let expected = "kind = \"adam\"\nlr = 0.0002\nbeta1 = 0.5\nbeta2 = 0.999\neps = 0.00000001\n";
    assert_eq!(toml::to_string(&config).unwrap(), expected);
    for kind in ["sgd", "rmsprop", "adagrad"] {
        let config: OptimizerConfig = toml::from_str(&format!("kind = '{kind}'")).unwrap();
        assert_eq!(config.kind(), kind);
        config.validate().unwrap();
        let again = toml::from_str(&toml::to_string(&config).unwrap()).unwrap();
        assert_eq!(config, again);
    }
}

#[test]
fn norm_clipping_agrees_with_pytorch() {
    let Reference {
        mut gradients,
        clip,
        ..
    } = reference();
    let mut slices: Vec<&mut [f32]> = gradients[0].iter_mut().map(Vec::as_mut_slice).collect();
    let norm = clip_norm(&mut slices, clip.limit);
    assert!((norm - clip.norm).abs() < 1e-12 * clip.norm, "{norm}");
    for (got, want) in gradients[0].iter().zip(&clip.clipped) {
        assert_close(got, want, "clipped");
    }
}

#[test]
fn clipping_does_not_change_values_within_the_limit() {
    let (a, b) = (vec![3.0, 0.0, -0.0], vec![4.0]);
    assert_eq!(global_norm(&[&a, &b]), 5.0);
    for clip in [
        Clip::None {},
        Clip::Norm { limit: 5.1 },
        Clip::Value { limit: 4.0 },
    ] {
        clip.validate().unwrap();
        let (mut a_clipped, mut b_clipped) = (a.clone(), b.clone());
        assert_eq!(clip.apply(&mut [&mut a_clipped, &mut b_clipped]), 5.0);
        assert_eq!((&a_clipped, &b_clipped), (&a, &b), "{clip:?}");
    }
    let mut values = [-7.0, 0.25, f32::NAN, f32::INFINITY];
    Clip::Value { limit: 0.5 }.apply(&mut [&mut values]);
    assert_eq!(values[..2], [-0.5, 0.25]);
    assert!(values[2].is_nan() && values[3] == 0.5);

    let message = Clip::Norm { limit: 0.0 }.validate().unwrap_err();
    assert!(message.to_string().starts_with("clip.limit"), "{message}");
}

#[test]
fn a_norm_over_many_chunks_agrees_with_a_plain_sum() {
    let x = standard_normal(3, Stream::Data, 0, 100_003);
    let plain: f64 = x.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    let norm = global_norm(&[&x[..50_000], &x[50_000..]]);
    assert!((norm / plain.sqrt() - 1.0).abs() < 1e-13);
}

fn schedule(text: &str) -> ganscope::optim::Schedule {
    let config: ScheduleConfig = toml::from_str(text).unwrap();
    config.init().unwrap()
}

#[test]
fn schedules_follow_their_closed_forms() {
    let constant = schedule("kind = 'constant'");
    assert_eq!([0, 1, 1_000_000].map(|t| constant.factor(t)), [1.0; 3]);

    let steps = schedule("kind = 'step'\nevery = 10\nfactor = 0.5");
    let factors = [0, 9, 10, 19, 20, 35].map(|t| steps.factor(t));
    assert_eq!(factors, [1.0, 1.0, 0.5, 0.5, 0.25, 0.125]);

    let cosine = schedule("kind = 'cosine'\nover = 300\nfloor = 0.2");
    for (t, want) in [
        (0, 1.0),
        (100, 0.8),
        (150, 0.6),
        (200, 0.4),
        (300, 0.2),
        (999, 0.2),
    ] {
        assert!((cosine.factor(t) - want).abs() < 1e-12, "step {t}");
    }

    let warm = schedule("warmup = 5\nkind = 'step'\nevery = 3\nfactor = 0.1");
    let factors = [0, 1, 4, 5, 7, 8].map(|t| warm.factor(t));
    assert_eq!(factors, [0.2, 0.4, 1.0, 1.0, 1.0, 0.1]);
}

/// The factors follow torch's `ReduceLROnPlateau(patience=2, factor=0.5, threshold=0.1)`.
#[test]
fn a_plateau_lowers_the_learning_rate_after_its_patience() {
    let mut plateau = schedule(
        "kind = 'plateau'\nmetric = 'g_loss'\npatience = 2\nfactor = 0.5\nmin_factor = 0.2\nthreshold = 0.1",
    );
    assert_eq!(plateau.metric(), Some("g_loss"));
    // Neither 0.95 nor NaN is 10 % better than 1.
    let sequence = [
        (1.0, 1.0),
        (0.95, 1.0),
        (f64::NAN, 1.0),
        (1.5, 0.5),
        (0.85, 0.5),
        (2.0, 0.5),
        (2.0, 0.5),
        (2.0, 0.25),
        (2.0, 0.25),
        (2.0, 0.25),
        (2.0, 0.2),
    ];
    for (i, (metric, factor)) in sequence.into_iter().enumerate() {
        plateau.observe(metric);
        assert_eq!(plateau.factor(0), factor, "observation {i}");
    }
    let state = ScheduleState {
        best: Some(0.85),
        bad: 0,
        factor: 0.2,
    };
    assert_eq!(plateau.state(), &state);

    // The state survives a checkpoint.
    let text = serde_json::to_string(plateau.state()).unwrap();
    let mut restored = schedule("kind = 'plateau'");
    restored.set_state(serde_json::from_str(&text).unwrap());
    assert_eq!(restored.state(), &state);

    // A negative metric that does not change is a plateau, too.
    let mut negative = schedule("kind = 'plateau'\npatience = 0");
    negative.observe(-1.0);
    negative.observe(-1.0);
    assert_eq!(negative.factor(0), 0.1);
}

#[test]
fn schedule_settings_are_checked_and_written_out() {
    for (field, text) in [
        ("every", "kind = 'step'\nevery = 0"),
        ("factor", "kind = 'step'\nevery = 1\nfactor = 0.0"),
        ("over", "kind = 'cosine'\nover = 0"),
        ("floor", "kind = 'cosine'\nover = 1\nfloor = 1.5"),
        ("factor", "kind = 'plateau'\nfactor = 1.0"),
        ("min_factor", "kind = 'plateau'\nmin_factor = -1.0"),
        ("threshold", "kind = 'plateau'\nthreshold = nan"),
    ] {
        let config: ScheduleConfig = toml::from_str(text).unwrap();
        let message = config.init().unwrap_err().to_string();
        assert!(
            message.starts_with(&format!("schedule.{field} ")),
            "{message}"
        );
    }
    for text in [
        "kind = 'constant'\nevery = 3",
        "kind = 'step'\nevery = 3\nwarm_up = 2",
    ] {
        toml::from_str::<ScheduleConfig>(text).unwrap_err();
    }

    assert_eq!(ScheduleConfig::default().decay, Decay::Constant {});
    let config: ScheduleConfig = toml::from_str("warmup = 3\nkind = 'plateau'").unwrap();
    let written = toml::to_string(&config).unwrap();
    let expected = "warmup = 3\nkind = \"plateau\"\nmetric = \"d_loss\"\npatience = 10\n\
                    factor = 0.1\nmin_factor = 0.0\nthreshold = 0.0001\n";
    assert_eq!(written, expected);
    assert_eq!(toml::from_str::<ScheduleConfig>(&written).unwrap(), config);
}
