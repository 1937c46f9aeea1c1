//! The tangents of the operations against the same composed of dfdx's own, which is what runs with the
//! feature `cuda`; what they are, `network_tests` holds to plain f64 loops.

use dfdx::tensor_ops::SumTo;
use ganscope::Result;
use ganscope::random::{Stream, standard_normal};
use ganscope::tensor::activation::Activation;
use ganscope::tensor::{Batch, Gradients, Needs, Parameter, Recording, Tensor, composed, tangent};

fn numbers(stream: u64, n: usize) -> Vec<f32> {
    standard_normal(stream, Stream::Data, 0, n)
}

fn batch(stream: u64, rows: usize, columns: usize) -> Batch {
    Batch::new(numbers(stream, rows * columns), rows, columns).unwrap()
}

#[track_caller]
fn close(what: &str, ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let scale = theirs.iter().fold(1.0f32, |a, b| a.max(b.abs()));
    for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
        let error = (a - b).abs() / scale;
        assert!(error < 3e-6, "{what}[{i}]: {a} against {b}");
    }
}

/// ẏ and its gradients on (x, ẋ, γ), x being whatever the tangent depends on.
struct Found {
    dy: Vec<f32>,
    on_x: Vec<f32>,
    on_dx: Vec<f32>,
    on_gamma: Vec<f32>,
}

/// The loss Σ ẏ², so that every output counts differently.
fn squared(dy: Tensor<Recording>) -> Gradients {
    Gradients::of(dy.square().sum::<(), _>().into()).unwrap()
}

type Ours<'a> = &'a dyn Fn(&Batch, Batch<Recording>, &Parameter) -> Result<Batch<Recording>>;
type Theirs<'a> = &'a dyn Fn(Tensor, Tensor<Recording>, Tensor) -> Result<Tensor<Recording>>;

fn ours(x: &Batch, dx: &Batch, gamma: &[f32], f: Ours) -> Found {
    let gamma = Parameter::new(gamma.to_vec(), &[gamma.len()]).unwrap();
    let dy = f(x, dx.clone().record(), &gamma).unwrap();
    let values = dy.values().to_vec();
    let mut gradients = squared(dy.into_tensor().unwrap());
    Found {
        dy: values,
        on_x: gradients.take_input(x).unwrap(),
        on_dx: gradients.take_input(dx).unwrap(),
        on_gamma: gradients.take(&gamma).unwrap(),
    }
}

fn theirs(x: &Batch, dx: &Batch, gamma: &[f32], f: Theirs) -> Found {
    let tensor = |batch: &Batch| batch.clone().into_tensor().unwrap();
    let gamma = Batch::new(gamma.to_vec(), gamma.len(), 1).unwrap();
    let (x, gamma) = (tensor(x), tensor(&gamma));
    let dx_tensor = dx.clone().record().into_tensor().unwrap();
    let dy = f(x.clone(), dx_tensor, gamma.clone()).unwrap();
    let values = dy.as_vec();
    let mut gradients = squared(dy);
    Found {
        dy: values,
        on_x: gradients.take_tensor(&x).unwrap(),
        on_dx: gradients.take_input(dx).unwrap(),
        on_gamma: gradients.take_tensor(&gamma).unwrap(),
    }
}

#[track_caller]
fn same(what: &str, (x, dx): (&Batch, &Batch), gamma: &[f32], f: Ours, g: Theirs) {
    let (a, b) = (ours(x, dx, gamma, f), theirs(x, dx, gamma, g));
    close(&format!("ẏ of {what}"), &a.dy, &b.dy);
    close(&format!("∇x of {what}"), &a.on_x, &b.on_x);
    close(&format!("∇ẋ of {what}"), &a.on_dx, &b.on_dx);
    close(&format!("∇γ of {what}"), &a.on_gamma, &b.on_gamma);
    assert!(b.on_dx.iter().any(|g| g.abs() > 0.1), "{what}");
}

#[test]
fn of_activations() {
    for activation in [
        Activation::Linear,
        Activation::Relu,
        Activation::LeakyRelu { slope: 0.2 },
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Softplus,
        Activation::Elu { alpha: 1.3 },
    ] {
        let mut y = numbers(1, 24);
        activation.apply(&mut y);
        let (y, da) = (Batch::new(y, 4, 6).unwrap(), batch(2, 4, 6));
        same(
            &format!("{activation:?}"),
            (&y, &da),
            &[1.0], // nobody's
            &|y, da, _| tangent::activate(y, da, activation),
            &|y, da, _| composed::tangent::activate(y, da, activation),
        );
    }
}

#[test]
fn of_norms() {
    // A plane of 1, planes whose size does and does not divide by the lanes of the sums.
    for (n, channels, plane) in [(6, 3, 1), (4, 2, 8), (3, 5, 7)] {
        let features = channels * plane;
        let (x, dx) = (batch(3, n, features), batch(4, n, features));
        same(
            "batch norm",
            (&x, &dx),
            &numbers(5, channels),
            &|x, dx, gamma| tangent::batch_norm(x, dx, gamma, 1e-2, None, Needs::ALL),
            &|x, dx, gamma| composed::tangent::batch_norm(x.retaped(), dx, gamma, 1e-2),
        );
        same(
            "layer norm",
            (&x, &dx),
            &numbers(6, features),
            &|x, dx, gamma| tangent::layer_norm(x, dx, gamma, 1e-2, Needs::ALL),
            &|x, dx, gamma| composed::tangent::layer_norm(x.retaped(), dx, gamma, 1e-2),
        );
    }
}

/// max(x₁, x₂) moves as the larger does; where both are largest, with both, as its gradient goes to both.
#[test]
fn of_maxout_by_hand() {
    let x = Batch::new(vec![1.0, 5.0, -2.0, -3.0, 0.0, 0.0], 1, 6).unwrap();
    let dx = Batch::new(vec![10.0, 20.0, 30.0, 40.0, 50.0, 60.0], 1, 6).unwrap();
    let dy = tangent::maxout(&x, dx.clone().record(), 2).unwrap();
    assert_eq!(*dy.values(), [20.0, 30.0, 110.0]);
    let mut gradients = Gradients::of(dy.into_tensor().unwrap().sum::<(), _>().into()).unwrap();
    let on_dx = gradients.take_input(&dx).unwrap();
    assert_eq!(on_dx, [0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
}

/// Each group is one task, each sum has one order: bit for bit the same.
#[cfg(not(feature = "cuda"))]
#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let (x, dx) = (batch(7, 37, 96), batch(8, 37, 96));
    let run = || {
        let f = |gamma: Vec<f32>, f: Ours| {
            let found = ours(&x, &dx, &gamma, f);
            (found.dy, found.on_x, found.on_dx, found.on_gamma)
        };
        let by_batch = f(numbers(9, 6), &|x, dx, gamma| {
            tangent::batch_norm(x, dx, gamma, 1e-5, None, Needs::ALL)
        });
        let by_layer = f(numbers(10, 96), &|x, dx, gamma| {
            tangent::layer_norm(x, dx, gamma, 1e-5, Needs::ALL)
        });
        (by_batch, by_layer)
    };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(run)
    };
    let one = with(1);
    for threads in [2, 3, 7] {
        assert!(one == with(threads), "{threads} threads differ from one");
    }
}
